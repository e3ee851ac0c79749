
#include "base/mz_str.h"
#include "base/mz_utf8.h"
#include "proto/schema_say.h"


#define MZ_SCHEMA_SAY_VALUE_MAX  60     /* code points of a given value */
#define MZ_SCHEMA_SAY_TEXT_MAX   4096   /* bytes of it that are written */
#define MZ_SCHEMA_SAY_LIST_MAX   250    /* bytes of a list, about */


static void mz_schema_say_at(mz_buf_t *b, const mz_schema_at_t *at);
static void mz_schema_say_given(mz_buf_t *b, const json_t *value);
static bool mz_schema_say_is_nearer(mz_str_t name, mz_str_t other,
    size_t *best);
static size_t mz_schema_say_distance(mz_str_t a, mz_str_t b);


mz_rc_t
mz_schema_say(mz_err_t *err, const mz_schema_at_t *at, const json_t *given,
    mz_buf_t *rule)
{
    mz_rc_t   rc;
    mz_buf_t  text;

    mz_buf_init(&text, 0);
    mz_schema_say_at(&text, at);
    mz_buf_add_char(&text, ' ');
    mz_buf_add_str(&text, mz_buf_view(rule));

    if (given != NULL) {
        mz_buf_add_c(&text, ", got ");
        mz_schema_say_given(&text, given);
    }

    if (text.rc == MZ_OK && rule->rc == MZ_OK) {
        rc = mz_fail(err, MZ_INVALID, "%s", mz_buf_cstr(&text));

    } else {
        rc = mz_fail(err, MZ_NOMEM, "out of memory");
    }

    mz_buf_free(&text);
    mz_buf_free(rule);

    return rc;
}


static void
mz_schema_say_at(mz_buf_t *b, const mz_schema_at_t *at)
{
    if (at == NULL) {
        mz_buf_add_c(b, "The arguments object");
        return;
    }

    if (at->parent != NULL) {
        mz_schema_say_at(b, at->parent);
    }

    if (at->key == NULL) {
        mz_buf_addf(b, "[%zu]", at->index);
        return;
    }

    if (at->parent != NULL) {
        mz_buf_add_char(b, '.');
    }

    mz_buf_add_c(b, at->key);
}


/* Its beginning is all that is shown: a whole one may be a megabyte. */

static void
mz_schema_say_given(mz_buf_t *b, const json_t *value)
{
    mz_buf_t  text;
    mz_str_t  head;

    mz_buf_init(&text, MZ_SCHEMA_SAY_TEXT_MAX);

    if (json_is_string(value)) {
        head = mz_utf8_prefix(mz_json_str(value), MZ_SCHEMA_SAY_VALUE_MAX);
        mz_buf_add_json_str(&text, head);

    } else {
        mz_json_dump(&text, value);
    }

    head = mz_utf8_prefix(mz_buf_view(&text), MZ_SCHEMA_SAY_VALUE_MAX);

    if (!json_is_null(value)) {
        mz_buf_add_c(b, mz_schema_say_type(value));
        mz_buf_add_char(b, ' ');
    }

    mz_buf_add_str(b, head);

    if (head.len < text.len || text.rc == MZ_LIMIT) {
        mz_buf_add_c(b, " ...");
    }

    mz_buf_free(&text);
}


void
mz_schema_say_values(mz_buf_t *b, const json_t *array)
{
    size_t  i;

    for (i = 0; i < json_array_size(array); i++) {
        if (b->len > MZ_SCHEMA_SAY_LIST_MAX) {
            mz_buf_add_c(b, ", ...");
            return;
        }

        mz_buf_add_c(b, i > 0 ? ", " : "");
        mz_json_dump(b, json_array_get(array, i));
    }
}


void
mz_schema_say_keys(mz_buf_t *b, const json_t *object)
{
    void        *iter;
    json_t      *obj;
    const char  *before;

    obj = (json_t *) object;
    before = "";

    if (json_object_size(object) == 0) {
        mz_buf_add_c(b, "none");
    }

    for (iter = json_object_iter(obj); iter != NULL;
         iter = json_object_iter_next(obj, iter))
    {
        mz_buf_add_c(b, before);
        before = ", ";

        if (b->len > MZ_SCHEMA_SAY_LIST_MAX) {
            mz_buf_add_c(b, "...");
            return;
        }

        mz_buf_add_json_str(b, mz_utf8_prefix(
                                   mz_str_from(json_object_iter_key(iter)),
                                   MZ_SCHEMA_SAY_NAME_MAX));
    }
}


mz_str_t
mz_schema_say_nearest_key(const json_t *object, mz_str_t name)
{
    void      *iter;
    json_t    *obj;
    size_t     best;
    mz_str_t   key, nearest;

    best = SIZE_MAX;
    nearest = mz_null_str;
    obj = (json_t *) object;

    for (iter = json_object_iter(obj); iter != NULL;
         iter = json_object_iter_next(obj, iter))
    {
        key = mz_str_from(json_object_iter_key(iter));

        if (mz_schema_say_is_nearer(name, key, &best)) {
            nearest = key;
        }
    }

    return nearest;
}


mz_str_t
mz_schema_say_nearest_value(const json_t *array, mz_str_t text)
{
    size_t    i, best;
    mz_str_t  value, nearest;

    best = SIZE_MAX;
    nearest = mz_null_str;

    for (i = 0; i < json_array_size(array); i++) {
        value = mz_json_str(json_array_get(array, i));

        if (mz_schema_say_is_nearer(text, value, &best)) {
            nearest = value;
        }
    }

    return nearest;
}


/*
 * Near is one edit in three characters, or one name within the other ("id"
 * for "artifact_id"), which counts as the farthest of the near ones.
 */

static bool
mz_schema_say_is_nearer(mz_str_t name, mz_str_t other, size_t *best)
{
    size_t  d, allowed;

    if (name.len == 0 || other.len == 0 || name.len > MZ_SCHEMA_SAY_NAME_MAX
        || other.len > MZ_SCHEMA_SAY_NAME_MAX)
    {
        return false;
    }

    allowed = 1 + (name.len < other.len ? other.len : name.len) / 3;
    d = mz_schema_say_distance(name, other);

    if (d > allowed
        && (mz_str_find(other, name, 0) != SIZE_MAX
            || mz_str_find(name, other, 0) != SIZE_MAX))
    {
        d = allowed;
    }

    if (d > allowed || d >= *best) {
        return false;
    }

    *best = d;

    return true;
}


/* Levenshtein, by bytes without case, in one row. */

static size_t
mz_schema_say_distance(mz_str_t a, mz_str_t b)
{
    size_t  row[MZ_SCHEMA_SAY_NAME_MAX + 1], i, j, corner, cost;

    for (j = 0; j <= b.len; j++) {
        row[j] = j;
    }

    for (i = 0; i < a.len; i++) {
        corner = row[0];
        row[0] = i + 1;

        for (j = 0; j < b.len; j++) {
            cost = corner + !mz_str_ieq((mz_str_t) { a.data + i, 1 },
                                        (mz_str_t) { b.data + j, 1 });
            corner = row[j + 1];
            cost = cost < corner + 1 ? cost : corner + 1;
            row[j + 1] = cost < row[j] + 1 ? cost : row[j] + 1;
        }
    }

    return row[b.len];
}


const char *
mz_schema_say_type(const json_t *value)
{
    switch (json_typeof(value)) {

    case JSON_OBJECT:
        return "object";

    case JSON_ARRAY:
        return "array";

    case JSON_STRING:
        return "string";

    case JSON_INTEGER:
        return "integer";

    case JSON_REAL:
        return "number";

    case JSON_NULL:
        return "null";

    default:
        return "boolean";
    }
}
