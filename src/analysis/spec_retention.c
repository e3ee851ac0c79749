
#include "analysis/spec_parse.h"
#include "base/mz_str.h"


/* Periods shown and range analysed when nothing is said. */

typedef struct {
    int      periods;
    int64_t  range;
} mz_retention_default_t;


static const mz_retention_default_t  mz_retention_defaults[] = {
    { 14, 30 },             /* day */
    { 8, 12 },              /* week */
    { 6, 12 }               /* month */
};


static mz_rc_t mz_retention_step(mz_spec_t *spec, const char *key,
    mz_spec_step_t *step, mz_err_t *err);
static mz_rc_t mz_retention_options(mz_spec_t *spec, int *period,
    mz_err_t *err);
static mz_rc_t mz_retention_cells(mz_spec_t *spec, int period, mz_err_t *err);
static mz_rc_t mz_retention_periods(mz_spec_t *spec, int dflt, mz_err_t *err);
static mz_rc_t mz_retention_at(mz_spec_t *spec, mz_err_t *err);
static mz_rc_t mz_retention_brackets(mz_spec_t *spec, mz_err_t *err);
static mz_rc_t mz_retention_shared(mz_spec_t *spec, int period,
    mz_err_t *err);
static mz_rc_t mz_retention_grain(mz_spec_t *spec, mz_err_t *err);


mz_rc_t
mz_spec_parse_retention(mz_spec_t *spec, mz_err_t *err)
{
    int                       period;
    mz_rc_t                   rc;
    static const char *const  members[] = {
        "kind", "start", "return", "period", "periods", "at", "brackets",
        "mode", "scope", "range", "breakdown", "filters", "compare", "invert",
        "grain", NULL
    };

    rc = mz_read_members(spec->json, "", members, err);

    if (rc == MZ_OK && json_object_get(spec->json, "return") == NULL) {
        rc = mz_spec_parse_set(spec->json, "return",
                               json_pack("{s:s}", "event", "*"), err);
    }

    if (rc == MZ_OK) {
        rc = mz_retention_step(spec, "start", &spec->u.ret.start, err);
    }

    if (rc == MZ_OK) {
        rc = mz_retention_step(spec, "return", &spec->u.ret.ret, err);
    }

    if (rc == MZ_OK) {
        rc = mz_retention_options(spec, &period, err);
    }

    if (rc == MZ_OK) {
        rc = mz_retention_cells(spec, period, err);
    }

    return rc == MZ_OK ? mz_retention_shared(spec, period, err) : rc;
}


static mz_rc_t
mz_retention_step(mz_spec_t *spec, const char *key, mz_spec_step_t *step,
    mz_err_t *err)
{
    json_t                   *obj;
    static const char *const  members[] = { "event", "filters", NULL };

    obj = json_object_get(spec->json, key);

    if (obj == NULL) {
        return mz_fail(err, MZ_INVALID, "%s is missing: {\"event\":..}", key);
    }

    return mz_spec_parse_step(spec, obj, key, members, step, err);
}


static mz_rc_t
mz_retention_options(mz_spec_t *spec, int *period, mz_err_t *err)
{
    int                       mode, scope;
    mz_rc_t                   rc;
    mz_spec_retention_t      *r;
    static const char *const  periods[] = { "day", "week", "month", NULL };
    static const char *const  scopes[] = { "first", "every", NULL };

    r = &spec->u.ret;
    mode = json_object_get(spec->json, "brackets") != NULL
           ? MZ_RETENTION_BRACKET : MZ_RETENTION_ON;

    rc = mz_read_enum(spec->json, "period", "", periods, 1, period, err);
    if (rc == MZ_OK) {
        rc = mz_read_enum(spec->json, "mode", "", mz_read_modes, mode, &mode,
                          err);
    }

    if (rc == MZ_OK) {
        rc = mz_read_enum(spec->json, "scope", "", scopes, 0, &scope, err);
    }

    if (rc == MZ_OK) {
        rc = mz_read_bool(spec->json, "invert", "", &r->is_inverted, err);
    }

    if (rc != MZ_OK) {
        return rc;
    }

    r->period = *period == 0 ? MZ_UNIT_DAY
                : *period == 1 ? MZ_UNIT_WEEK : MZ_UNIT_MONTH;
    r->mode = (mz_retention_mode_t) mode;
    r->is_every = scope == 1;

    rc = mz_spec_parse_set(spec->json, "period",
                           json_string(periods[*period]), err);
    if (rc == MZ_OK) {
        rc = mz_spec_parse_set(spec->json, "mode",
                               json_string(mz_read_modes[mode]), err);
    }

    if (rc == MZ_OK) {
        rc = mz_spec_parse_set(spec->json, "scope",
                               json_string(scopes[scope]), err);
    }

    return rc;
}


static mz_rc_t
mz_retention_cells(mz_spec_t *spec, int period, mz_err_t *err)
{
    bool  has_periods, has_at, has_brackets;

    has_periods = json_object_get(spec->json, "periods") != NULL;
    has_at = json_object_get(spec->json, "at") != NULL;
    has_brackets = json_object_get(spec->json, "brackets") != NULL;

    if (has_periods + has_at + has_brackets > 1) {
        return mz_fail(err, MZ_INVALID, "give one of periods, at and brackets,"
                       " not several");
    }

    if (has_brackets != (spec->u.ret.mode == MZ_RETENTION_BRACKET)) {
        return mz_fail(err, MZ_INVALID, "mode \"bracket\" and brackets go"
                       " together");
    }

    if (has_at) {
        return mz_retention_at(spec, err);
    }

    if (has_brackets) {
        return mz_retention_brackets(spec, err);
    }

    return mz_retention_periods(spec, mz_retention_defaults[period].periods,
                                err);
}


static mz_rc_t
mz_retention_periods(mz_spec_t *spec, int dflt, mz_err_t *err)
{
    int                   k;
    int64_t               n;
    mz_rc_t               rc;
    mz_spec_retention_t  *r;

    r = &spec->u.ret;
    rc = MZ_OK;

    if (json_object_get(spec->json, "periods") == NULL) {
        rc = mz_spec_parse_set(spec->json, "periods", json_integer(dflt), err);
    }

    if (rc == MZ_OK) {
        rc = mz_read_int(spec->json, "periods", "", 0, MZ_SPEC_PERIOD_MAX, &n,
                         err);
    }

    for (k = 0; rc == MZ_OK && k <= n; k++) {
        r->cells[k].a = k;
        r->cells[k].b = k;
        r->ncells++;
    }

    return rc;
}


static mz_rc_t
mz_retention_at(mz_spec_t *spec, mz_err_t *err)
{
    size_t                i, k, n;
    json_t               *list, *v;
    mz_rc_t               rc;
    mz_spec_cell_t        cell;
    mz_spec_retention_t  *r;

    r = &spec->u.ret;

    rc = mz_read_list(spec->json, "at", "", 1, MZ_SPEC_CELLS_MAX, &list, &n,
                      err);

    for (i = 0; i < n && rc == MZ_OK; i++) {
        v = json_array_get(list, i);

        if (!json_is_integer(v) || json_integer_value(v) < 0
            || json_integer_value(v) > 366)
        {
            return mz_fail(err, MZ_INVALID, "at[%zu] is not a whole number"
                           " from 0 to 366", i);
        }

        cell.a = (int) json_integer_value(v);
        cell.b = cell.a;

        /* Kept in rising order. */

        for (k = r->ncells; k > 0 && r->cells[k - 1].a > cell.a; k--) {
            r->cells[k] = r->cells[k - 1];
        }

        if (k > 0 && r->cells[k - 1].a == cell.a) {
            return mz_fail(err, MZ_INVALID, "at[%zu] repeats %d", i, cell.a);
        }

        r->cells[k] = cell;
        r->ncells++;
    }

    return rc;
}


static mz_rc_t
mz_retention_brackets(mz_spec_t *spec, mz_err_t *err)
{
    size_t                i, n;
    json_t               *list, *pair, *a, *b;
    mz_rc_t               rc;
    json_int_t            after;
    mz_spec_retention_t  *r;

    r = &spec->u.ret;
    after = -1;

    rc = mz_read_list(spec->json, "brackets", "", 1, MZ_SPEC_CELLS_MAX, &list,
                      &n, err);

    for (i = 0; i < n && rc == MZ_OK; i++) {
        pair = json_array_get(list, i);
        a = json_array_get(pair, 0);
        b = json_array_get(pair, 1);

        if (json_array_size(pair) != 2 || !json_is_integer(a)
            || !json_is_integer(b)
            || json_integer_value(a) <= after
            || json_integer_value(b) < json_integer_value(a)
            || json_integer_value(b) > 366)
        {
            return mz_fail(err, MZ_INVALID, "brackets[%zu] is not [a,b] with a"
                           " <= b <= 366, after the bracket before", i);
        }

        r->cells[i].a = (int) json_integer_value(a);
        r->cells[i].b = (int) json_integer_value(b);
        after = json_integer_value(b);
        r->ncells++;
    }

    return rc;
}


static mz_rc_t
mz_retention_shared(mz_spec_t *spec, int period, mz_err_t *err)
{
    mz_rc_t    rc;
    mz_str_t  *event;

    event = &spec->u.ret.start.event;

    rc = mz_spec_parse_range(spec, mz_retention_defaults[period].range,
                             spec->u.ret.period, err);
    if (rc == MZ_OK) {
        rc = mz_spec_parse_filters(spec, spec->json, "", event, 1,
                                   MZ_CARRY_EACH, &spec->filters, err);
    }

    if (rc == MZ_OK) {
        rc = mz_spec_parse_breakdown(spec, event, 1, err);
    }

    if (rc == MZ_OK) {
        rc = mz_spec_parse_compare(spec, err);
    }

    return rc == MZ_OK ? mz_retention_grain(spec, err) : rc;
}


/* The default stays out of the JSON: it is a matter of the table only. */

static mz_rc_t
mz_retention_grain(mz_spec_t *spec, mz_err_t *err)
{
    if (json_object_get(spec->json, "grain") != NULL) {
        return mz_spec_parse_grain(spec, MZ_GRAIN_TOTAL, err);
    }

    spec->grain = MZ_GRAIN_TOTAL;

    if (spec->nbreakdown == 0
        && json_object_get(spec->json, "periods") != NULL
        && mz_range_buckets(spec->range.from_ms, spec->range.to_ms,
                            spec->u.ret.period) <= MZ_RANGE_BUCKETS_MAX)
    {
        spec->grain = (mz_grain_t) spec->u.ret.period;
    }

    return MZ_OK;
}
