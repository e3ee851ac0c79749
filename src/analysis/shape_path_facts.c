
#include <math.h>

#include "analysis/shape_path.h"
#include "analysis/spec_read.h"


static mz_rc_t mz_shape_path_words(mz_shape_path_t *p);
static mz_rc_t mz_shape_path_steps(mz_shape_path_t *p);
static mz_rc_t mz_shape_path_drop(mz_shape_path_t *p);
static mz_rc_t mz_shape_path_numbers(mz_shape_path_t *p, json_t *obj,
    const mz_shape_cell_t *c, const char *rate);
static mz_rc_t mz_shape_path_compare(mz_shape_path_t *p);
static mz_rc_t mz_shape_path_series(mz_shape_path_t *p);
static mz_rc_t mz_shape_path_trend(mz_shape_path_t *p);


mz_rc_t
mz_shape_path_facts(mz_shape_path_t *p)
{
    mz_rc_t      rc;
    mz_shape_t  *s;

    s = p->s;

    rc = mz_shape_path_words(p);
    if (rc == MZ_OK) {
        rc = mz_shape_path_numbers(p, s->facts, &p->all[0], "overall_rate");
    }

    if (rc == MZ_OK) {
        rc = mz_shape_path_steps(p);
    }

    if (rc == MZ_OK) {
        rc = mz_shape_path_drop(p);
    }

    if (rc == MZ_OK && s->spec->compare != MZ_COMPARE_NONE) {
        rc = mz_shape_path_compare(p);
    }

    if (rc == MZ_OK && s->spec->nbreakdown > 0) {
        rc = mz_shape_path_series(p);
    }

    if (rc == MZ_OK) {
        rc = mz_shape_set_buckets(s, p->nbuckets);
    }

    if (rc == MZ_OK && s->spec->nbreakdown == 0 && p->nbuckets > 0) {
        rc = mz_shape_path_trend(p);
    }

    return rc;
}


static mz_rc_t
mz_shape_path_words(mz_shape_path_t *p)
{
    json_t      *window;
    mz_rc_t      rc;
    const char  *unit;
    mz_shape_t  *s;

    s = p->s;
    unit = p->funnel->measure == MZ_FUNNEL_USERS
           ? "users" : p->funnel->measure >= MZ_FUNNEL_MEDIAN_TIME
                       ? "seconds" : "rate";

    rc = mz_shape_set(s, s->facts, "measure",
             json_string(mz_read_funnel_measures[p->funnel->measure]));
    if (rc == MZ_OK) {
        rc = mz_shape_set(s, s->facts, "unit", json_string(unit));
    }

    if (rc == MZ_OK) {
        rc = mz_shape_set(s, s->facts, "order",
                          json_string(mz_read_orders[p->funnel->order]));
    }

    if (rc == MZ_OK) {
        rc = mz_shape_set(s, s->facts, "grain",
                          json_string(mz_read_grains[s->spec->grain]));
    }

    if (rc == MZ_OK) {
        window = json_object_get(s->spec->json, "window");
        rc = mz_shape_set(s, s->facts, "window", json_deep_copy(window));
    }

    return rc;
}


static mz_rc_t
mz_shape_path_steps(mz_shape_path_t *p)
{
    size_t         k;
    json_t        *list, *obj;
    mz_rc_t        rc;
    mz_buf_t       name;
    mz_shape_t    *s;
    const double  *users;

    s = p->s;
    users = p->all[0].users;
    list = json_array();
    rc = MZ_OK;

    for (k = 0; k < p->funnel->nsteps && rc == MZ_OK; k++) {
        mz_buf_init(&name, 0);
        mz_shape_path_step(p, k, &name);
        obj = json_pack("{s:i, s:o, s:o, s:o, s:o, s:o}",
                        "step", (int) k + 1,
                        "event", mz_json_str_new(mz_buf_view(&name)),
                        "users", mz_shape_json(users[k]),
                        "rate", mz_shape_json(mz_shape_ratio(users[k],
                                                             users[0])),
                        "step_rate",
                        mz_shape_json(k == 0 ? NAN
                                      : mz_shape_ratio(users[k],
                                                       users[k - 1])),
                        "drop_off",
                        mz_shape_json(k == 0 ? 0 : users[k - 1] - users[k]));
        mz_buf_free(&name);

        if (obj == NULL || json_array_append_new(list, obj) != 0) {
            rc = mz_fail(s->err, MZ_NOMEM, "out of memory");
        }
    }

    if (rc != MZ_OK) {
        json_decref(list);
        return rc;
    }

    return mz_shape_set(s, s->facts, "steps", list);
}


/* The step before which most users are lost; none when nobody is. */

static mz_rc_t
mz_shape_path_drop(mz_shape_path_t *p)
{
    size_t         k, worst;
    json_t        *obj;
    mz_rc_t        rc;
    mz_buf_t       from, to;
    const double  *users;

    users = p->all[0].users;
    worst = 0;

    for (k = 1; k < p->funnel->nsteps; k++) {
        if (users[k - 1] > users[k]
            && (worst == 0
                || users[k - 1] - users[k] > users[worst - 1] - users[worst]))
        {
            worst = k;
        }
    }

    if (worst == 0) {
        return MZ_OK;
    }

    mz_buf_init(&from, 0);
    mz_buf_init(&to, 0);
    mz_shape_path_step(p, worst - 1, &from);
    mz_shape_path_step(p, worst, &to);

    obj = json_pack("{s:i, s:o, s:o, s:o, s:o}", "step", (int) worst + 1,
                    "event", mz_json_str_new(mz_buf_view(&to)),
                    "from", mz_json_str_new(mz_buf_view(&from)),
                    "lost", mz_shape_json(users[worst - 1] - users[worst]),
                    "drop_rate",
                    mz_shape_json(mz_shape_ratio(users[worst - 1]
                                                 - users[worst],
                                                 users[worst - 1])));
    rc = mz_shape_set(p->s, p->s->facts, "biggest_drop", obj);

    mz_buf_free(&from);
    mz_buf_free(&to);

    return rc;
}


/* What is said of a cell: of all, of the period before, of a group. */

static mz_rc_t
mz_shape_path_numbers(mz_shape_path_t *p, json_t *obj,
    const mz_shape_cell_t *c, const char *rate)
{
    size_t        i;
    mz_rc_t       rc;
    const size_t  last = p->funnel->nsteps - 1;
    const struct {
        const char  *key;
        double       value;
    } numbers[] = {
        { "entered", c->users[0] },
        { "completed", c->users[last] },
        { rate, mz_shape_ratio(c->users[last], c->users[0]) },
        { "median_seconds", c->median },
        { "avg_seconds", c->avg },
        { "p90_seconds", c->p90 },
        { "value", mz_shape_path_value(p, c) }
    };

    rc = MZ_OK;

    for (i = 0; i < MZ_ARRAY_LEN(numbers) && rc == MZ_OK; i++) {
        rc = mz_shape_set(p->s, obj, numbers[i].key,
                          mz_shape_json(numbers[i].value));
    }

    return rc;
}


static mz_rc_t
mz_shape_path_compare(mz_shape_path_t *p)
{
    double   before;
    json_t  *obj;
    mz_rc_t  rc;

    obj = mz_shape_compare(p->s);
    before = mz_shape_path_value(p, &p->all[1]);

    rc = mz_shape_path_numbers(p, obj, &p->all[1], "overall_rate");
    if (rc == MZ_OK) {
        rc = mz_shape_set_change(p->s, obj,
                                 mz_shape_path_value(p, &p->all[0]), before);
    }

    if (rc != MZ_OK) {
        json_decref(obj);
        return rc;
    }

    json_object_del(obj, "previous");

    return mz_shape_set(p->s, p->s->facts, "compare", obj);
}


static mz_rc_t
mz_shape_path_series(mz_shape_path_t *p)
{
    size_t                  i, n;
    json_t                 *list, *obj;
    mz_rc_t                 rc;
    mz_shape_t             *s;
    const mz_shape_cell_t  *c, *b;

    s = p->s;
    n = p->groups.n < s->spec->top ? p->groups.n : s->spec->top;
    list = json_array();
    rc = MZ_OK;

    for (i = 0; i < n && rc == MZ_OK; i++) {
        c = mz_shape_path_total(p, p->order[i], 0);
        b = mz_shape_path_total(p, p->order[i], 1);
        obj = json_object();

        rc = mz_shape_set(s, obj, "group",
                          mz_groups_json(s->spec,
                                         &p->groups.items[p->order[i]]));
        if (rc == MZ_OK) {
            rc = mz_shape_path_numbers(p, obj, c, "rate");
        }

        if (rc == MZ_OK) {
            rc = mz_shape_set_change(s, obj, mz_shape_path_value(p, c),
                                     mz_shape_path_value(p, b));
        }

        if (rc != MZ_OK) {
            json_decref(obj);

        } else if (json_array_append_new(list, obj) != 0) {
            rc = mz_fail(s->err, MZ_NOMEM, "out of memory");
        }
    }

    if (rc != MZ_OK) {
        json_decref(list);
        return rc;
    }

    rc = mz_shape_set(s, s->facts, "series", list);

    return rc == MZ_OK ? mz_shape_set_groups(s, p->groups.n, n) : rc;
}


static mz_rc_t
mz_shape_path_trend(mz_shape_path_t *p)
{
    size_t   i;
    double  *trend;
    mz_rc_t  rc;

    trend = calloc(p->nbuckets, sizeof(double));
    if (trend == NULL) {
        return mz_fail(p->s->err, MZ_NOMEM, "out of memory");
    }

    for (i = 0; i < p->nbuckets; i++) {
        trend[i] = mz_shape_path_value(p, mz_shape_path_bucket(p, 0, 0, i));
    }

    rc = mz_shape_set_trend(p->s, p->s->facts, trend, p->nbuckets);
    free(trend);

    return rc;
}
