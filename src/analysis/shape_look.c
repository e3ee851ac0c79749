
/* Results of lookup and journey. */

#include <math.h>

#include "analysis/look.h"
#include "analysis/shape.h"
#include "analysis/spec_read.h"
#include "base/mz_str.h"


#define MZ_LOOK_COUNTS_MAX  64      /* kinds of events counted */


static mz_rc_t mz_lookup_table(mz_shape_t *s);
static bool mz_lookup_has_value(const mz_rset_t *rs, size_t col);
static mz_rc_t mz_lookup_facts(mz_shape_t *s);
static mz_rc_t mz_lookup_counts(mz_shape_t *s);
static mz_rc_t mz_journey_table(mz_shape_t *s, double total);
static mz_rc_t mz_journey_columns(mz_shape_t *s);
static size_t mz_journey_row(mz_shape_t *s, size_t row, mz_value_t *out);
static mz_rc_t mz_journey_facts(mz_shape_t *s, double total);
static json_t *mz_journey_path(mz_shape_t *s, size_t row, double total);
static mz_rc_t mz_journey_next(mz_shape_t *s, double total);


mz_rc_t
mz_shape_lookup(mz_shape_t *s)
{
    mz_rc_t  rc;

    if (s->nrows != 2) {
        return mz_fail(s->err, MZ_INTERNAL, "%zu results for 2 statements",
                       s->nrows);
    }

    rc = mz_lookup_table(s);
    if (rc == MZ_OK) {
        rc = mz_lookup_facts(s);
    }

    return rc == MZ_OK ? mz_lookup_counts(s) : rc;
}


mz_rc_t
mz_shape_journey(mz_shape_t *s)
{
    double   total;
    size_t   col;
    mz_rc_t  rc;

    if (s->nrows != 3) {
        return mz_fail(s->err, MZ_INTERNAL, "%zu results for 3 statements",
                       s->nrows);
    }

    col = mz_shape_col(s, s->rows[1], "n");

    if (col == SIZE_MAX || mz_rset_rows(s->rows[1]) != 1) {
        return mz_fail(s->err, MZ_INTERNAL, "the number of paths is missing");
    }

    total = mz_shape_number(s->rows[1], 0, col);
    s->is_truncated |= mz_rset_rows(s->rows[0]) == MZ_LOOK_PATHS_MAX;

    rc = mz_journey_table(s, total);
    if (rc == MZ_OK) {
        rc = mz_journey_facts(s, total);
    }

    return rc == MZ_OK ? mz_journey_next(s, total) : rc;
}


/* Columns without a value in these rows are left out. */

static mz_rc_t
mz_lookup_table(mz_shape_t *s)
{
    char                      name[24];
    size_t                    i, k, n, row, col, *cols;
    mz_rc_t                   rc;
    mz_value_t               *out;
    const mz_rset_t          *rs;
    mz_spec_column_t          c;
    static const char *const  taken[] = { "time", "event", NULL };

    rs = s->rows[0];
    n = s->spec->cat->nproperties + 2;
    cols = calloc(n, sizeof(size_t));
    out = calloc(n, sizeof(mz_value_t));

    rc = cols == NULL || out == NULL
         ? mz_fail(s->err, MZ_NOMEM, "out of memory")
         : mz_shape_column(s, "time", MZ_DTYPE_TIMESTAMP);
    if (rc == MZ_OK) {
        rc = mz_shape_column(s, "event", MZ_DTYPE_STRING);
    }

    if (rc == MZ_OK) {
        cols[0] = mz_shape_col(s, rs, "t");
        cols[1] = mz_shape_col(s, rs, "e");
        rc = cols[0] == SIZE_MAX || cols[1] == SIZE_MAX ? MZ_INTERNAL : rc;
    }

    n = 2;

    for (i = 0, k = 0; i < s->spec->cat->nproperties && rc == MZ_OK; i++) {
        if (!mz_look_column(s->spec, i, &c)) {
            continue;
        }

        snprintf(name, sizeof(name), "p%zu", ++k);
        col = mz_rset_find(rs, mz_str_from(name));

        if (col != SIZE_MAX && mz_lookup_has_value(rs, col)) {
            rc = mz_shape_property_column(s, &c, taken);
            cols[n++] = col;
        }
    }

    for (row = 0; row < mz_rset_rows(rs) && rc == MZ_OK; row++) {
        for (i = 0; i < n; i++) {
            mz_rset_get(rs, row, cols[i], &out[i]);
        }

        rc = mz_shape_row(s, out);
    }

    free(cols);
    free(out);

    return rc;
}


static bool
mz_lookup_has_value(const mz_rset_t *rs, size_t col)
{
    size_t      row;
    mz_value_t  v;

    for (row = 0; row < mz_rset_rows(rs); row++) {
        mz_rset_get(rs, row, col, &v);
        if (!v.is_null) {
            return true;
        }
    }

    return false;
}


static mz_rc_t
mz_lookup_facts(mz_shape_t *s)
{
    size_t            n, first, last;
    mz_rc_t           rc;
    const mz_rset_t  *rs;

    rs = s->rows[1];
    n = mz_shape_col(s, rs, "n");
    first = mz_shape_col(s, rs, "t_first");
    last = mz_shape_col(s, rs, "t_last");

    if (n == SIZE_MAX || first == SIZE_MAX || last == SIZE_MAX
        || mz_rset_rows(rs) != 1)
    {
        return mz_fail(s->err, MZ_INTERNAL, "the number of events is missing");
    }

    rc = mz_shape_set(s, s->facts, "user",
                      mz_json_str_new(s->spec->u.lookup.user));
    if (rc == MZ_OK) {
        rc = mz_shape_set(s, s->facts, "total",
                          json_integer(mz_shape_int(rs, 0, n)));
    }

    if (rc == MZ_OK) {
        rc = mz_shape_set(s, s->facts, "shown",
                 json_integer((json_int_t) mz_rset_rows(s->rows[0])));
    }

    if (rc == MZ_OK && mz_shape_int(rs, 0, n) > 0) {
        rc = mz_shape_set(s, s->facts, "first",
                 mz_shape_json_time(mz_shape_int(rs, 0, first) / 1000));
        if (rc == MZ_OK) {
            rc = mz_shape_set(s, s->facts, "last",
                     mz_shape_json_time(mz_shape_int(rs, 0, last) / 1000));
        }
    }

    return rc;
}


/* Events by kind, in the order in which they first appear. */

static mz_rc_t
mz_lookup_counts(mz_shape_t *s)
{
    size_t      i, row, n, counts[MZ_LOOK_COUNTS_MAX];
    json_t     *list, *obj;
    mz_str_t    names[MZ_LOOK_COUNTS_MAX];
    mz_value_t  v;

    n = 0;

    for (row = 0; row < mz_rset_rows(s->table); row++) {
        mz_rset_get(s->table, row, 1, &v);

        for (i = 0; i < n && !mz_str_eq(names[i], v.s); i++) {
            /* void */
        }

        if (i == MZ_LOOK_COUNTS_MAX) {
            continue;
        }

        if (i == n) {
            names[n] = v.s;
            counts[n++] = 0;
        }

        counts[i]++;
    }

    list = json_array();

    for (i = 0; i < n; i++) {
        obj = json_pack("{s:o, s:I}", "event", mz_json_str_new(names[i]),
                        "count", (json_int_t) counts[i]);

        if (obj == NULL || json_array_append_new(list, obj) != 0) {
            json_decref(list);
            return mz_fail(s->err, MZ_NOMEM, "out of memory");
        }
    }

    return mz_shape_set(s, s->facts, "events", list);
}


static mz_rc_t
mz_journey_table(mz_shape_t *s, double total)
{
    size_t       row, n, cols[2];
    mz_rc_t      rc;
    mz_value_t   out[MZ_SPEC_BREAKDOWN_MAX + MZ_SPEC_DEPTH_MAX + 3];

    cols[0] = mz_shape_col(s, s->rows[0], "n");
    cols[1] = mz_shape_col(s, s->rows[0], "users");
    rc = cols[0] == SIZE_MAX || cols[1] == SIZE_MAX
         ? MZ_INTERNAL : mz_journey_columns(s);

    for (row = 0; rc == MZ_OK && row < mz_rset_rows(s->rows[0]); row++) {
        n = mz_journey_row(s, row, out);
        mz_rset_get(s->rows[0], row, cols[0], &out[n]);
        mz_rset_get(s->rows[0], row, cols[1], &out[n + 1]);
        out[n + 2] = mz_shape_value(mz_shape_ratio((double) out[n].i, total));
        rc = mz_shape_row(s, out);
    }

    return rc;
}


static mz_rc_t
mz_journey_columns(mz_shape_t *s)
{
    int                       i;
    char                      name[16];
    mz_rc_t                   rc;
    static const char *const  taken[] = {
        "step_1", "step_2", "step_3", "step_4", "step_5", "step_6", "step_7",
        "step_8", "step_9", "step_10", "paths", "users", "share", NULL
    };

    rc = mz_shape_group_columns(s, taken);

    for (i = 1; i <= s->spec->u.journey.depth && rc == MZ_OK; i++) {
        snprintf(name, sizeof(name), "step_%d", i);
        rc = mz_shape_column(s, name, MZ_DTYPE_STRING);
    }

    if (rc == MZ_OK) {
        rc = mz_shape_column(s, "paths", MZ_DTYPE_INT64);
    }

    if (rc == MZ_OK) {
        rc = mz_shape_column(s, "users", MZ_DTYPE_INT64);
    }

    return rc == MZ_OK ? mz_shape_column(s, "share", MZ_DTYPE_FLOAT64) : rc;
}


/* Group values, then the steps; returns how many. */

static size_t
mz_journey_row(mz_shape_t *s, size_t row, mz_value_t *out)
{
    int     i;
    char    name[16];
    size_t  n, col;

    if (mz_groups_read(s->spec, s->rows[0], row, out, s->err) != MZ_OK) {
        memset(out, 0, MZ_SPEC_BREAKDOWN_MAX * sizeof(mz_value_t));
    }

    n = s->spec->nbreakdown;

    for (i = 1; i <= s->spec->u.journey.depth; i++) {
        snprintf(name, sizeof(name), "p%d", i);
        col = mz_rset_find(s->rows[0], mz_str_from(name));
        out[n] = mz_shape_text(mz_null_str);

        if (col != SIZE_MAX) {
            mz_rset_get(s->rows[0], row, col, &out[n]);
        }

        n++;
    }

    return n;
}


static mz_rc_t
mz_journey_facts(mz_shape_t *s, double total)
{
    size_t                    i, n, users, kinds;
    json_t                   *list, *obj;
    mz_rc_t                   rc;
    const mz_spec_journey_t  *j;

    j = &s->spec->u.journey;
    users = mz_shape_col(s, s->rows[1], "users");
    kinds = mz_shape_col(s, s->rows[1], "kinds");

    if (users == SIZE_MAX || kinds == SIZE_MAX) {
        return MZ_INTERNAL;
    }

    n = mz_rset_rows(s->rows[0]);
    n = n < s->spec->top ? n : s->spec->top;
    list = json_array();

    for (i = 0; i < n; i++) {
        obj = mz_journey_path(s, i, total);

        if (obj == NULL || json_array_append_new(list, obj) != 0) {
            json_decref(list);
            return mz_fail(s->err, MZ_NOMEM, "out of memory");
        }
    }

    rc = mz_shape_set(s, s->facts, "paths", list);

    obj = json_pack("{s:o, s:s, s:i, s:o, s:I, s:I, s:I}",
                    "event", mz_json_str_new(j->event),
                    "direction", mz_read_directions[j->direction],
                    "depth", j->depth,
                    "total", mz_shape_json(total),
                    "users", (json_int_t) mz_shape_int(s->rows[1], 0, users),
                    "groups", (json_int_t) mz_shape_int(s->rows[1], 0, kinds),
                    "shown", (json_int_t) n);

    if (obj == NULL || json_object_update(s->facts, obj) != 0) {
        rc = mz_fail(s->err, MZ_NOMEM, "out of memory");
    }

    json_decref(obj);

    if (rc == MZ_OK && j->to.data != NULL) {
        rc = mz_shape_set(s, s->facts, "to", mz_json_str_new(j->to));
    }

    return rc;
}


static json_t *
mz_journey_path(mz_shape_t *s, size_t row, double total)
{
    size_t      i, n, users, paths;
    json_t     *obj, *steps;
    mz_group_t  group;
    mz_value_t  out[MZ_SPEC_BREAKDOWN_MAX + MZ_SPEC_DEPTH_MAX];

    paths = mz_shape_col(s, s->rows[0], "n");
    users = mz_shape_col(s, s->rows[0], "users");
    n = mz_journey_row(s, row, out);
    steps = json_array();

    /* A path that ends early is as long as it is. */

    for (i = s->spec->nbreakdown; i < n && !out[i].is_null; i++) {
        if (json_array_append_new(steps, mz_json_str_new(out[i].s)) != 0) {
            json_decref(steps);
            return NULL;
        }
    }

    obj = json_pack("{s:o, s:I, s:I, s:o}", "steps", steps,
                    "paths", (json_int_t) mz_shape_int(s->rows[0], row, paths),
                    "users", (json_int_t) mz_shape_int(s->rows[0], row, users),
                    "share",
                    mz_shape_json(mz_shape_ratio(mz_shape_number(s->rows[0],
                                                                 row, paths),
                                                 total)));

    if (obj == NULL || s->spec->nbreakdown == 0) {
        return obj;
    }

    memcpy(group.values, out, sizeof(group.values));

    if (mz_shape_set(s, obj, "group", mz_groups_json(s->spec, &group))
        != MZ_OK)
    {
        json_decref(obj);
        return NULL;
    }

    return obj;
}


static mz_rc_t
mz_journey_next(mz_shape_t *s, double total)
{
    size_t            row, event, n;
    json_t           *list, *obj;
    mz_value_t        v;
    const mz_rset_t  *rs;

    rs = s->rows[2];
    event = mz_shape_col(s, rs, "p1");
    n = mz_shape_col(s, rs, "n");

    if (event == SIZE_MAX || n == SIZE_MAX) {
        return MZ_INTERNAL;
    }

    list = json_array();

    for (row = 0; row < mz_rset_rows(rs); row++) {
        mz_rset_get(rs, row, event, &v);
        obj = json_pack("{s:o, s:I, s:o}", "event",
                        mz_value_to_json(MZ_DTYPE_STRING, &v), "paths",
                        (json_int_t) mz_shape_int(rs, row, n), "share",
                        mz_shape_json(mz_shape_ratio(mz_shape_number(rs, row,
                                                                     n),
                                                     total)));

        if (obj == NULL || json_array_append_new(list, obj) != 0) {
            json_decref(list);
            return mz_fail(s->err, MZ_NOMEM, "out of memory");
        }
    }

    return mz_shape_set(s, s->facts, "next", list);
}
