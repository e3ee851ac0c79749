
#include <math.h>

#include "base/mz_str.h"
#include "base/mz_utf8.h"
#include "proto/schema.h"
#include "proto/schema_say.h"


typedef mz_rc_t (*mz_schema_rule_t)(const json_t *schema, const json_t *value,
    const mz_schema_at_t *at, mz_err_t *err);


static mz_rc_t mz_schema_check(const json_t *schema, const json_t *value,
    const mz_schema_at_t *at, mz_err_t *err);
static mz_rc_t mz_schema_type(const json_t *schema, const json_t *value,
    const mz_schema_at_t *at, mz_err_t *err);
static mz_rc_t mz_schema_enum(const json_t *schema, const json_t *value,
    const mz_schema_at_t *at, mz_err_t *err);
static mz_rc_t mz_schema_range(const json_t *schema, const json_t *value,
    const mz_schema_at_t *at, mz_err_t *err);
static mz_rc_t mz_schema_length(const json_t *schema, const json_t *value,
    const mz_schema_at_t *at, mz_err_t *err);
static mz_rc_t mz_schema_unknown(const json_t *schema, const json_t *value,
    const mz_schema_at_t *at, mz_err_t *err);
static mz_rc_t mz_schema_required(const json_t *schema, const json_t *value,
    const mz_schema_at_t *at, mz_err_t *err);
static mz_rc_t mz_schema_members(const json_t *schema, const json_t *value,
    const mz_schema_at_t *at, mz_err_t *err);
static mz_rc_t mz_schema_elements(const json_t *schema, const json_t *value,
    const mz_schema_at_t *at, mz_err_t *err);
static bool mz_schema_has_type(const json_t *value, mz_str_t type);


/* The misspelt member comes before the one that is missing for it. */

static const mz_schema_rule_t  mz_schema_rules[] = {
    mz_schema_type,
    mz_schema_enum,
    mz_schema_range,
    mz_schema_length,
    mz_schema_unknown,
    mz_schema_required,
    mz_schema_members,
    mz_schema_elements
};


mz_rc_t
mz_schema_validate(const json_t *schema, const json_t *value, mz_err_t *err)
{
    return mz_schema_check(schema, value, NULL, err);
}


/* As deep as the value, whose depth the loader bounds. */

static mz_rc_t
mz_schema_check(const json_t *schema, const json_t *value,
    const mz_schema_at_t *at, mz_err_t *err)
{
    size_t   i;
    mz_rc_t  rc;

    for (i = 0; i < MZ_ARRAY_LEN(mz_schema_rules); i++) {
        rc = mz_schema_rules[i](schema, value, at, err);

        if (rc != MZ_OK) {
            return rc;
        }
    }

    return MZ_OK;
}


static mz_rc_t
mz_schema_type(const json_t *schema, const json_t *value,
    const mz_schema_at_t *at, mz_err_t *err)
{
    size_t         i;
    mz_buf_t       rule;
    const json_t  *type;

    type = json_object_get(schema, "type");

    if (type == NULL
        || (json_is_string(type)
            && mz_schema_has_type(value, mz_json_str(type))))
    {
        return MZ_OK;
    }

    for (i = 0; i < json_array_size(type); i++) {
        if (mz_schema_has_type(value, mz_json_str(json_array_get(type, i)))) {
            return MZ_OK;
        }
    }

    mz_buf_init(&rule, 0);
    mz_buf_add_c(&rule, "must be of type ");

    if (json_is_string(type)) {
        mz_buf_add_str(&rule, mz_json_str(type));

    } else {
        mz_schema_say_values(&rule, type);
    }

    return mz_schema_say(err, at, value, &rule);
}


static mz_rc_t
mz_schema_enum(const json_t *schema, const json_t *value,
    const mz_schema_at_t *at, mz_err_t *err)
{
    size_t         i;
    mz_buf_t       rule;
    mz_str_t       nearest;
    const json_t  *allowed;

    allowed = json_object_get(schema, "enum");

    if (!json_is_array(allowed)) {
        return MZ_OK;
    }

    for (i = 0; i < json_array_size(allowed); i++) {
        if (mz_json_equal(json_array_get(allowed, i), value)) {
            return MZ_OK;
        }
    }

    mz_buf_init(&rule, 0);
    mz_buf_add_c(&rule, "must be one of ");
    mz_schema_say_values(&rule, allowed);

    nearest = mz_schema_say_nearest_value(allowed, mz_json_str(value));

    if (nearest.len > 0) {
        mz_buf_add_c(&rule, " (did you mean ");
        mz_buf_add_json_str(&rule, nearest);
        mz_buf_add_c(&rule, "?)");
    }

    return mz_schema_say(err, at, value, &rule);
}


static mz_rc_t
mz_schema_range(const json_t *schema, const json_t *value,
    const mz_schema_at_t *at, mz_err_t *err)
{
    bool           is_low, is_high;
    double         v;
    mz_buf_t       rule;
    const json_t  *min, *max;

    if (!json_is_number(value)) {
        return MZ_OK;
    }

    v = json_number_value(value);
    min = json_object_get(schema, "minimum");
    max = json_object_get(schema, "maximum");
    is_low = json_is_number(min) && v < json_number_value(min);
    is_high = json_is_number(max) && v > json_number_value(max);

    if (!is_low && !is_high) {
        return MZ_OK;
    }

    mz_buf_init(&rule, 0);
    mz_buf_add_c(&rule, is_low ? "must be at least " : "must be at most ");
    mz_json_dump(&rule, is_low ? min : max);

    return mz_schema_say(err, at, value, &rule);
}


/* Characters of a string, elements of an array. */

static mz_rc_t
mz_schema_length(const json_t *schema, const json_t *value,
    const mz_schema_at_t *at, mz_err_t *err)
{
    bool      is_string;
    int64_t   n, min, max, bound;
    mz_buf_t  rule;

    is_string = json_is_string(value);

    if (!is_string && !json_is_array(value)) {
        return MZ_OK;
    }

    min = mz_json_get_int(schema, is_string ? "minLength" : "minItems", 0);
    max = mz_json_get_int(schema, is_string ? "maxLength" : "maxItems",
                          INT64_MAX);

    if (min <= 0 && max == INT64_MAX) {
        return MZ_OK;
    }

    n = (int64_t) (is_string ? mz_utf8_count(mz_json_str(value))
                             : json_array_size(value));

    if (n >= min && n <= max) {
        return MZ_OK;
    }

    bound = n < min ? min : max;

    mz_buf_init(&rule, 0);
    mz_buf_addf(&rule, "must have at %s %lld %s%s, it has %lld",
                n < min ? "least" : "most", (long long) bound,
                is_string ? "character" : "item", bound == 1 ? "" : "s",
                (long long) n);

    return mz_schema_say(err, at, NULL, &rule);
}


static mz_rc_t
mz_schema_unknown(const json_t *schema, const json_t *value,
    const mz_schema_at_t *at, mz_err_t *err)
{
    void          *iter;
    json_t        *object;
    mz_buf_t       rule;
    mz_str_t       name, nearest;
    const json_t  *known;

    if (!json_is_object(value)
        || !json_is_false(json_object_get(schema, "additionalProperties"))
        || json_object_get(schema, "patternProperties") != NULL)
    {
        return MZ_OK;
    }

    object = (json_t *) value;
    known = json_object_get(schema, "properties");

    for (iter = json_object_iter(object); iter != NULL;
         iter = json_object_iter_next(object, iter))
    {
        if (json_object_get(known, json_object_iter_key(iter)) == NULL) {
            break;
        }
    }

    if (iter == NULL) {
        return MZ_OK;
    }

    name = mz_str_from(json_object_iter_key(iter));
    nearest = mz_schema_say_nearest_key(known, name);

    mz_buf_init(&rule, 0);
    mz_buf_add_c(&rule, "has no member ");
    mz_buf_add_json_str(&rule, mz_utf8_prefix(name, MZ_SCHEMA_SAY_NAME_MAX));

    if (nearest.len > 0) {
        mz_buf_add_c(&rule, "; did you mean ");
        mz_buf_add_json_str(&rule, nearest);
        mz_buf_add_char(&rule, '?');
    }

    mz_buf_add_c(&rule, nearest.len > 0 ? " Its members are: "
                                        : "; its members are: ");
    mz_schema_say_keys(&rule, known);

    return mz_schema_say(err, at, NULL, &rule);
}


static mz_rc_t
mz_schema_required(const json_t *schema, const json_t *value,
    const mz_schema_at_t *at, mz_err_t *err)
{
    size_t         i;
    mz_buf_t       rule;
    const json_t  *required, *name;

    required = json_object_get(schema, "required");

    if (!json_is_object(value)) {
        return MZ_OK;
    }

    for (i = 0; i < json_array_size(required); i++) {
        name = json_array_get(required, i);

        if (json_object_get(value, mz_json_str(name).data) == NULL) {
            mz_buf_init(&rule, 0);
            mz_buf_add_c(&rule, "needs the member ");
            mz_json_dump(&rule, name);
            mz_buf_add_c(&rule, "; given are: ");
            mz_schema_say_keys(&rule, value);

            return mz_schema_say(err, at, NULL, &rule);
        }
    }

    return MZ_OK;
}


static mz_rc_t
mz_schema_members(const json_t *schema, const json_t *value,
    const mz_schema_at_t *at, mz_err_t *err)
{
    void            *iter;
    json_t          *known;
    mz_rc_t          rc;
    const json_t    *member;
    mz_schema_at_t   here;

    known = json_object_get(schema, "properties");

    if (!json_is_object(value)) {
        return MZ_OK;
    }

    here.parent = at;
    here.index = 0;

    for (iter = json_object_iter(known); iter != NULL;
         iter = json_object_iter_next(known, iter))
    {
        here.key = json_object_iter_key(iter);
        member = json_object_get(value, here.key);

        if (member == NULL) {
            continue;
        }

        rc = mz_schema_check(json_object_iter_value(iter), member, &here, err);

        if (rc != MZ_OK) {
            return rc;
        }
    }

    return MZ_OK;
}


static mz_rc_t
mz_schema_elements(const json_t *schema, const json_t *value,
    const mz_schema_at_t *at, mz_err_t *err)
{
    mz_rc_t          rc;
    const json_t    *items;
    mz_schema_at_t   here;

    items = json_object_get(schema, "items");

    if (!json_is_object(items)) {
        return MZ_OK;
    }

    here.parent = at;
    here.key = NULL;
    here.index = json_array_size(json_object_get(schema, "prefixItems"));

    for ( /* void */ ; here.index < json_array_size(value); here.index++) {
        rc = mz_schema_check(items, json_array_get(value, here.index), &here,
                             err);

        if (rc != MZ_OK) {
            return rc;
        }
    }

    return MZ_OK;
}


/* A number without a fraction is an integer, however it is written. */

static bool
mz_schema_has_type(const json_t *value, mz_str_t type)
{
    double  d;

    if (mz_str_eq(type, mz_str("number"))) {
        return json_is_number(value);
    }

    if (mz_str_eq(type, mz_str("integer")) && json_is_real(value)) {
        d = json_real_value(value);
        return floor(d) == d;
    }

    return mz_str_eq_c(type, mz_schema_say_type(value));
}
