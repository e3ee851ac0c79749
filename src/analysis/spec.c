
#include "analysis/spec_parse.h"
#include "base/mz_str.h"


struct mz_spec_block_s {
    mz_spec_block_t  *next;
    max_align_t       data[];
};

typedef struct {
    mz_rc_t  (*parse)(mz_spec_t *spec, mz_err_t *err);
} mz_spec_kind_ops_t;


/* In the order of mz_spec_kind_t. */

static const mz_spec_kind_ops_t  mz_spec_kinds[] = {
    { mz_spec_parse_segmentation },
    { mz_spec_parse_funnel },
    { mz_spec_parse_retention },
    { mz_spec_parse_discovery },
    { mz_spec_parse_lookup },
    { mz_spec_parse_journey }
};


static mz_rc_t mz_spec_copy(mz_spec_t *spec, const json_t *j, mz_err_t *err);
static mz_rc_t mz_spec_read_kind(mz_spec_t *spec, mz_err_t *err);
static mz_rc_t mz_spec_check(mz_spec_t *spec, mz_err_t *err);


mz_rc_t
mz_spec_parse(const json_t *j, const mz_catalog_t *cat, int64_t now_ms,
    mz_spec_t **out, mz_err_t *err)
{
    mz_rc_t     rc;
    mz_spec_t  *spec;

    *out = NULL;

    if (!json_is_object(j)) {
        return mz_fail(err, MZ_INVALID, "the spec is not a JSON object");
    }

    spec = calloc(1, sizeof(mz_spec_t));
    if (spec == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    spec->cat = cat;
    spec->now_ms = now_ms;
    spec->top = MZ_SPEC_TOP_DEFAULT;

    rc = mz_spec_copy(spec, j, err);
    if (rc == MZ_OK) {
        rc = mz_spec_read_kind(spec, err);
    }

    if (rc == MZ_OK) {
        rc = mz_spec_kinds[spec->kind].parse(spec, err);
    }

    if (rc == MZ_OK) {
        rc = mz_spec_check(spec, err);
    }

    if (rc != MZ_OK) {
        mz_spec_free(spec);
        return rc;
    }

    *out = spec;

    return MZ_OK;
}


void
mz_spec_free(mz_spec_t *spec)
{
    mz_spec_block_t  *b, *next;

    if (spec == NULL) {
        return;
    }

    for (b = spec->blocks; b != NULL; b = next) {
        next = b->next;
        free(b);
    }

    json_decref(spec->json);
    free(spec);
}


json_t *
mz_spec_to_json(const mz_spec_t *spec)
{
    return json_deep_copy(spec->json);
}


const char *
mz_spec_kind(const mz_spec_t *spec)
{
    return mz_read_kinds[spec->kind];
}


void
mz_spec_range(const mz_spec_t *spec, int64_t *from_ms, int64_t *to_ms)
{
    *from_ms = spec->has_range ? spec->range.from_ms : 0;
    *to_ms = spec->has_range ? spec->range.to_ms : 0;
}


void *
mz_spec_alloc(mz_spec_t *spec, size_t n, size_t size)
{
    mz_spec_block_t  *b;

    if (size != 0 && n > (SIZE_MAX - sizeof(mz_spec_block_t)) / size) {
        return NULL;
    }

    b = calloc(1, sizeof(mz_spec_block_t) + n * size);
    if (b == NULL) {
        return NULL;
    }

    b->next = spec->blocks;
    spec->blocks = b;

    return b->data;
}


void
mz_spec_note(mz_spec_t *spec, const char *fmt, ...)
{
    int      n;
    char    *text, line[MZ_ERR_MAX];
    size_t   i;
    va_list  args;

    va_start(args, fmt);
    n = vsnprintf(line, sizeof(line), fmt, args);
    va_end(args);

    if (n < 0 || spec->nnotes == MZ_SPEC_NOTES_MAX) {
        return;
    }

    for (i = 0; i < spec->nnotes; i++) {
        if (strcmp(spec->notes[i], line) == 0) {
            return;
        }
    }

    text = mz_spec_alloc(spec, strlen(line) + 1, 1);

    if (text != NULL) {
        memcpy(text, line, strlen(line) + 1);
        spec->notes[spec->nnotes++] = text;
    }
}


bool
mz_spec_measure_is_count(const mz_spec_measure_t *m)
{
    return mz_spec_measure_is_int(m) || m->type == MZ_MEASURE_SUM;
}


bool
mz_spec_measure_is_int(const mz_spec_measure_t *m)
{
    return m->type == MZ_MEASURE_USERS || m->type == MZ_MEASURE_EVENTS
           || m->type == MZ_MEASURE_DISTINCT
           || m->type == MZ_MEASURE_NEW_USERS
           || m->type == MZ_MEASURE_FREQUENCY;
}


/* A copy of our own, without the remarks. */

static mz_rc_t
mz_spec_copy(mz_spec_t *spec, const json_t *j, mz_err_t *err)
{
    json_t      *value;
    const char  *key;

    spec->json = json_object();
    if (spec->json == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    json_object_foreach((json_t *) j, key, value) {

        if (key[0] == '_' || strcmp(key, "or") == 0 || json_is_null(value)) {
            continue;
        }

        if (mz_json_set(spec->json, key, json_deep_copy(value)) != MZ_OK) {
            return mz_fail(err, MZ_NOMEM, "out of memory");
        }
    }

    return MZ_OK;
}


static mz_rc_t
mz_spec_read_kind(mz_spec_t *spec, mz_err_t *err)
{
    int                       kind;
    size_t                    i;
    mz_rc_t                   rc;
    mz_str_t                  name;
    static const char *const  answers[] = {
        "plan", "clarify", "unsupported"
    };

    name = mz_json_get_str(spec->json, "kind");

    for (i = 0; i < MZ_ARRAY_LEN(answers); i++) {
        if (mz_str_eq_c(name, answers[i])) {
            return mz_fail(err, MZ_INVALID, "kind \"%s\" is an answer of the"
                           " planner, not an analysis that can be run",
                           answers[i]);
        }
    }

    rc = mz_read_enum(spec->json, "kind", "", mz_read_kinds, -1, &kind, err);
    spec->kind = (mz_spec_kind_t) kind;

    return rc;
}


/* What only the whole spec shows: the number of buckets. */

static mz_rc_t
mz_spec_check(mz_spec_t *spec, mz_err_t *err)
{
    size_t     n;
    mz_unit_t  unit;

    if (spec->grain == MZ_GRAIN_TOTAL || !spec->has_range) {
        return MZ_OK;
    }

    unit = (mz_unit_t) spec->grain;
    n = mz_range_buckets(spec->range.from_ms, spec->range.to_ms, unit);

    if (n > MZ_RANGE_BUCKETS_MAX) {
        return mz_fail(err, MZ_INVALID, "the range has %zu %ss, more than %d:"
                       " take a coarser grain or a shorter range", n,
                       mz_unit_name(unit), MZ_RANGE_BUCKETS_MAX);
    }

    return MZ_OK;
}
