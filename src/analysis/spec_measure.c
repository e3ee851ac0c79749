
#include "analysis/spec_parse.h"
#include "base/mz_str.h"


/* What a measure takes; in the order of mz_measure_type_t. */

typedef struct {
    bool  has_property;
    bool  is_number;        /* of a property */
} mz_measure_rule_t;


static const mz_measure_rule_t  mz_measure_rules[] = {
    [MZ_MEASURE_SUM] = { true, true },
    [MZ_MEASURE_AVG] = { true, true },
    [MZ_MEASURE_MEDIAN] = { true, true },
    [MZ_MEASURE_MIN] = { true, true },
    [MZ_MEASURE_MAX] = { true, true },
    [MZ_MEASURE_PERCENTILE] = { true, true },
    [MZ_MEASURE_SUM_PER_USER] = { true, true },
    [MZ_MEASURE_DISTINCT] = { true, false },
    [MZ_MEASURE_FREQUENCY] = { false, false }
};


static mz_rc_t mz_measure_property(mz_spec_t *spec, json_t *obj,
    const char *path, const mz_str_t *events, size_t nevents,
    mz_spec_measure_t *m, mz_err_t *err);
static mz_rc_t mz_measure_stickiness(json_t *obj, const char *path,
    mz_spec_measure_t *m, mz_err_t *err);
static mz_rc_t mz_measure_only(json_t *obj, const char *path,
    const mz_spec_measure_t *m, mz_err_t *err);


mz_rc_t
mz_spec_parse_measure(mz_spec_t *spec, json_t *obj, const char *path,
    const mz_str_t *events, size_t nevents, mz_spec_measure_t *out,
    mz_err_t *err)
{
    int                       type;
    mz_rc_t                   rc;
    static const char *const  members[] = {
        "type", "property", "p", "num", "den", NULL
    };

    memset(out, 0, sizeof(mz_spec_measure_t));

    rc = mz_read_members(obj, path, members, err);
    if (rc == MZ_OK) {
        rc = mz_read_enum(obj, "type", path, mz_read_measures, -1, &type, err);
    }

    if (rc != MZ_OK) {
        return rc;
    }

    out->type = (mz_measure_type_t) type;

    rc = mz_measure_only(obj, path, out, err);

    if (rc == MZ_OK && mz_measure_rules[type].has_property) {
        rc = mz_measure_property(spec, obj, path, events, nevents, out, err);
    }

    if (rc == MZ_OK && out->type == MZ_MEASURE_STICKINESS) {
        rc = mz_measure_stickiness(obj, path, out, err);
    }

    if (rc == MZ_OK && out->type == MZ_MEASURE_PERCENTILE) {
        rc = mz_read_double(obj, "p", path, &out->p, err);

        if (rc == MZ_OK && (out->p < 0 || out->p > 100)) {
            rc = mz_fail(err, MZ_INVALID, "%s.p is not from 0 to 100", path);
        }
    }

    return rc;
}


static mz_rc_t
mz_measure_property(mz_spec_t *spec, json_t *obj, const char *path,
    const mz_str_t *events, size_t nevents, mz_spec_measure_t *m,
    mz_err_t *err)
{
    size_t          i;
    mz_rc_t         rc;
    mz_read_path_t  where;

    where = mz_read_path(path, "property", -1);

    if (json_object_get(obj, "property") == NULL) {
        return mz_fail(err, MZ_INVALID, "%s is missing: measure %s is of a"
                       " property", where.s, mz_read_measures[m->type]);
    }

    rc = mz_read_column(spec, json_object_get(obj, "property"), where.s,
                        &m->column, err);

    for (i = 0; i < nevents && rc == MZ_OK; i++) {
        rc = mz_read_carried(spec, events[i], &m->column, where.s, err);
    }

    if (rc == MZ_OK && mz_measure_rules[m->type].is_number
        && m->column.dtype != MZ_DTYPE_INT64
        && m->column.dtype != MZ_DTYPE_FLOAT64)
    {
        return mz_fail(err, MZ_INVALID, "%s: measure %s needs a number and %s"
                       " is %s", where.s, mz_read_measures[m->type],
                       mz_read_show(m->column.name).s,
                       mz_dtype_name(m->column.dtype));
    }

    return rc;
}


static mz_rc_t
mz_measure_stickiness(json_t *obj, const char *path, mz_spec_measure_t *m,
    mz_err_t *err)
{
    int                       num, den;
    mz_rc_t                   rc;
    static const int          days[] = { 1, 7, 30 };
    static const char *const  units[] = { "day", "week", "month", NULL };

    rc = mz_read_enum(obj, "num", path, units, 0, &num, err);
    if (rc == MZ_OK) {
        rc = mz_read_enum(obj, "den", path, units, 2, &den, err);
    }

    if (rc != MZ_OK) {
        return rc;
    }

    if (num >= den) {
        return mz_fail(err, MZ_INVALID, "%s.num must be shorter than den",
                       path);
    }

    m->num_days = days[num];
    m->den_days = days[den];

    rc = mz_spec_parse_set(obj, "num", json_string(units[num]), err);
    if (rc == MZ_OK) {
        rc = mz_spec_parse_set(obj, "den", json_string(units[den]), err);
    }

    return rc;
}


/* Members that this type of measure does not have. */

static mz_rc_t
mz_measure_only(json_t *obj, const char *path, const mz_spec_measure_t *m,
    mz_err_t *err)
{
    size_t       i;
    const char  *key;
    const struct {
        const char  *key;
        bool         is_ok;
    } rules[] = {
        { "property", mz_measure_rules[m->type].has_property },
        { "p", m->type == MZ_MEASURE_PERCENTILE },
        { "num", m->type == MZ_MEASURE_STICKINESS },
        { "den", m->type == MZ_MEASURE_STICKINESS }
    };

    for (i = 0; i < MZ_ARRAY_LEN(rules); i++) {
        key = rules[i].key;

        if (!rules[i].is_ok && json_object_get(obj, key) != NULL) {
            return mz_fail(err, MZ_INVALID, "%s.%s has no meaning for measure"
                           " %s", path, key, mz_read_measures[m->type]);
        }
    }

    return MZ_OK;
}
