
/*
 * exact_segmentation: what a segmentation comes to, by brute force and from
 * the words of its definition.
 */

#ifndef MZ_EXACT_SEGMENTATION_H
#define MZ_EXACT_SEGMENTATION_H

#include "exact.h"


enum { USERS, EVENTS, PER_USER, SUM, AVG, MEDIAN, MIN, MAX, P90, SUM_PER_USER,
       DISTINCT, NEW_USERS, STICKINESS, FREQUENCY, MEASURES };

/* One operand, and the whole question, as small numbers. */

typedef struct {
    int   events[3];
    int   nevents;
    bool  is_any;
    bool  is_merged;
    int   measure;
    int   prop;             /* 0 num, 1 amt, 2 country */
    int   filter;           /* -1: none */
} operand_t;

typedef struct {
    const exact_set_t  *set;
    operand_t           op[2];
    bool                is_formula;
    int                 filter;
    int                 did;
    int                 having;     /* 0 none, 1 events >= n, 2 sum num > n */
    int                 having_n;
    int                 nbreakdown; /* 0, 1 country, 2 country and sess */
    int                 compare;    /* 0 none, 1 period, 2 year */
    int                 transform;  /* 0 none, 1 cumulative, 2 rolling */
    int                 rolling;
    const char         *grain;
    const char         *range;
} question_t;

/* The rows asked of: [lo, hi) of the period [from, to). */

typedef struct {
    int64_t  lo;
    int64_t  hi;
    int64_t  from;
    int64_t  to;
    int      series;        /* -1: all events of the operand */
    int      country;       /* -2: all groups */
    int      sess;
} part_t;


static bool
has_prop(int measure)
{
    return (measure >= SUM && measure <= DISTINCT);
}


static bool
is_event(const operand_t *o, int series, int event)
{
    int  i;

    if (series >= 0) {
        return o->events[series] == event;
    }

    for (i = 0; i < o->nevents; i++) {
        if (o->events[i] == event) {
            return true;
        }
    }

    return o->is_any;
}


/* Event, filters on the row and on the user; not time, group, having. */

static bool
is_row(const question_t *q, const operand_t *o, const part_t *p,
    const exact_event_t *e)
{
    return is_event(o, p->series, e->event)
           && (q->filter < 0 || exact_filters[q->filter].passes(e))
           && (o->filter < 0 || exact_filters[o->filter].passes(e))
           && (q->did < 0 || exact_did(q->set, &exact_dids[q->did], e->user,
                                       p->from, p->to));
}


static bool
is_kept(const question_t *q, const operand_t *o, const part_t *p, int user)
{
    int                   i, n, sum;
    const exact_event_t  *e;

    if (q->having == 0) {
        return true;
    }

    for (i = 0, n = 0, sum = 0; i < q->set->n; i++) {
        e = &q->set->e[i];

        if (e->user == user && e->t >= p->from && e->t < p->to
            && is_row(q, o, p, e))
        {
            n++;
            sum += e->num > 0 ? e->num : 0;
        }
    }

    return user != EXACT_NULL && n > 0
           && (q->having == 1 ? n >= q->having_n : sum > q->having_n);
}


static bool
is_first(const question_t *q, const operand_t *o, const part_t *p,
    const exact_event_t *row)
{
    int                   i;
    const exact_event_t  *e;

    for (i = 0; i < q->set->n; i++) {
        e = &q->set->e[i];

        if (e->user == row->user && is_event(o, p->series, e->event)
            && e->t < row->t)
        {
            return false;
        }
    }

    return row->user != EXACT_NULL;
}


/* The rows of a part; returns how many. */

static int
pick(const question_t *q, const operand_t *o, const part_t *p,
    const exact_event_t **out)
{
    int                   i, n;
    const exact_event_t  *e;

    for (i = 0, n = 0; i < q->set->n; i++) {
        e = &q->set->e[i];

        if (e->t >= p->lo && e->t < p->hi && is_row(q, o, p, e)
            && (p->country == -2 || q->nbreakdown < 1
                || e->country == p->country)
            && (p->country == -2 || q->nbreakdown < 2 || e->sess == p->sess)
            && is_kept(q, o, p, e->user)
            && (o->measure != NEW_USERS || is_first(q, o, p, e)))
        {
            out[n++] = e;
        }
    }

    return n;
}


static int
value_of(const exact_event_t *e, int prop)
{
    return prop == 0 ? e->num : prop == 1 ? e->amt : e->country;
}


/* Distinct values of users (prop -1) or of a property, null left out. */

static int
distinct(const exact_event_t **e, int n, int prop, bool with_value, int of)
{
    int  i, k, v, count;

    for (i = 0, count = 0; i < n; i++) {
        v = prop < 0 ? e[i]->user : value_of(e[i], prop);

        if (v == EXACT_NULL
            || (with_value && value_of(e[i], of) == EXACT_NULL))
        {
            continue;
        }

        for (k = 0; k < i; k++) {
            if (v == (prop < 0 ? e[k]->user : value_of(e[k], prop))
                && !(with_value && value_of(e[k], of) == EXACT_NULL))
            {
                break;
            }
        }

        count += k == i;
    }

    return count;
}


static double
quantile(double *v, int n, double p)
{
    int     i, k;
    double  t, pos;

    if (n == 0) {
        return NAN;
    }

    for (i = 1; i < n; i++) {
        for (k = i; k > 0 && v[k] < v[k - 1]; k--) {
            t = v[k];
            v[k] = v[k - 1];
            v[k - 1] = t;
        }
    }

    pos = p * (n - 1);
    k = (int) pos;

    return k + 1 < n ? v[k] + (pos - k) * (v[k + 1] - v[k]) : v[k];
}


static double
measure(const question_t *q, const operand_t *o, const part_t *p)
{
    int                   i, n, count, users;
    double                v, sum, user_sum, list[EXACT_EVENTS_MAX];
    const exact_event_t  *e[EXACT_EVENTS_MAX];

    n = pick(q, o, p, e);
    sum = 0;
    user_sum = 0;

    for (i = 0, count = 0, users = 0; i < n; i++) {
        users += e[i]->user != EXACT_NULL;

        if (!has_prop(o->measure)
            || value_of(e[i], o->prop) == EXACT_NULL)
        {
            continue;
        }

        v = value_of(e[i], o->prop) / (o->prop == 1 ? 4.0 : 1.0);
        list[count++] = v;
        sum += v;
        user_sum += e[i]->user != EXACT_NULL ? v : 0;
    }

    switch (o->measure) {
    case EVENTS:
        return n;
    case PER_USER:
        return users == 0 ? NAN : (double) users / distinct(e, n, -1, 0, 0);
    case SUM:
        return sum;
    case AVG:
        return count == 0 ? NAN : sum / count;
    case MEDIAN:
        return quantile(list, count, 0.5);
    case MIN:
        return quantile(list, count, 0);
    case MAX:
        return quantile(list, count, 1);
    case P90:
        return quantile(list, count, 0.9);
    case SUM_PER_USER:
        users = distinct(e, n, -1, true, o->prop);
        return users == 0 ? NAN : user_sum / users;
    case DISTINCT:
        return distinct(e, n, o->prop, 0, 0);
    default:
        return distinct(e, n, -1, 0, 0);
    }
}


/* Mean over the days of [lo, hi) of users of 1 day / users of 30 days. */

static double
sticky(const question_t *q, const operand_t *o, const part_t *p)
{
    int      n;
    double   sum, num, den;
    part_t   d;
    int64_t  day;

    sum = 0;
    n = 0;
    day = exact_floor(p->from, "day");
    day = p->lo > day ? exact_floor(p->lo, "day") : day;

    for ( /* void */ ; day < p->hi && day < p->to; day += EXACT_DAY) {
        d = *p;
        d.hi = day + EXACT_DAY < p->to ? day + EXACT_DAY : p->to;
        d.lo = day;
        num = measure(q, o, &d);
        d.lo = day - 29 * EXACT_DAY;
        den = measure(q, o, &d);

        if (den > 0) {
            sum += num / den;
            n++;
        }
    }

    return n == 0 ? NAN : sum / n;
}


static double
plain(const question_t *q, const part_t *p)
{
    double  a, b;

    if (!q->is_formula && q->op[0].measure == STICKINESS) {
        return sticky(q, &q->op[0], p);
    }

    a = measure(q, &q->op[0], p);

    if (!q->is_formula) {
        return a;
    }

    b = measure(q, &q->op[1], p);

    return b == 0 || isnan(b) ? NAN : a / b;
}


/* The i-th bucket of the period, transformed. */

static double
bucket(const question_t *q, const part_t *period, int i)
{
    int      k, n;
    double   v, sum;
    part_t   p;
    int64_t  start;

    p = *period;
    start = exact_floor(period->from, q->grain);

    for (k = 0; k < i; k++) {
        start = exact_next(start, q->grain);
    }

    if (start >= period->to) {
        return NAN;
    }

    p.lo = start > period->from ? start : period->from;
    p.hi = exact_next(start, q->grain);
    p.hi = p.hi < period->to ? p.hi : period->to;

    if (q->transform == 0 || q->op[0].measure == STICKINESS) {
        if (!q->is_formula && q->op[0].measure == STICKINESS) {
            p.lo = start;
        }
        return plain(q, &p);
    }

    if (q->transform == 1) {
        p.lo = period->from;
        return plain(q, &p);
    }

    sum = 0;
    n = 0;

    for (k = 0; k < q->rolling; k++) {
        p.lo = start;
        v = plain(q, &p);

        if (!isnan(v)) {
            sum += v;
            n++;
        }

        p.hi = start;
        start = exact_floor(start - 1, q->grain);
    }

    return n == 0 ? NAN : sum / n;
}


/* Whether a group turns up in a period at all. */

static bool
exists(const question_t *q, const part_t *p)
{
    int                   i;
    part_t                wide;
    const exact_event_t  *e[EXACT_EVENTS_MAX];

    wide = *p;

    if (q->transform == 2) {
        wide.lo = exact_floor(p->from, q->grain);
        for (i = 1; i < q->rolling; i++) {
            wide.lo = exact_floor(wide.lo - 1, q->grain);
        }
    }

    if (!q->is_formula && q->op[0].measure == STICKINESS) {
        wide.lo = exact_floor(p->from, "day") - 29 * EXACT_DAY;
    }

    if (!q->is_formula && (q->op[0].measure == STICKINESS)) {
        for (i = pick(q, &q->op[0], &wide, e); i > 0; i--) {
            if (e[i - 1]->user != EXACT_NULL) {
                return true;
            }
        }
        return false;
    }

    return pick(q, &q->op[0], &wide, e) > 0
           || (q->is_formula && pick(q, &q->op[1], &wide, e) > 0);
}


#endif /* MZ_EXACT_SEGMENTATION_H */
