
#include "agent/sample/sample_play.h"
#include "base/mz_time.h"


#define MZ_SAMPLE_RATE_MAX    (MZ_SAMPLE_RATE_ONE * 1024)
#define MZ_SAMPLE_TRIALS      8
#define MZ_SAMPLE_GROWTH      1400      /* permille more at the end */
#define MZ_SAMPLE_PAUSE_SHARE 84        /* per cent that come without ads */

static mz_rc_t mz_sample_check(const mz_sample_conf_t *conf, mz_err_t *err);
static mz_rc_t mz_sample_stage_init(mz_sample_stage_t *stage,
    const mz_sample_conf_t *conf, mz_err_t *err);
static int64_t mz_sample_weight(const mz_sample_stage_t *stage, int day);
static void mz_sample_calibrate(mz_sample_stage_t *stage, int64_t target);
static int64_t mz_sample_play(mz_sample_stage_t *stage, int64_t rate);
static mz_rc_t mz_sample_collect(mz_sample_stage_t *stage, mz_err_t *err);
static int mz_sample_compare(const void *a, const void *b);
static void mz_sample_untie(mz_sample_stage_t *stage);


mz_rc_t
mz_sample_make(const mz_sample_conf_t *conf, mz_sample_t *out, mz_err_t *err)
{
    mz_rc_t            rc;
    mz_sample_stage_t  stage;

    out->events = NULL;
    out->n = 0;

    rc = mz_sample_check(conf, err);
    if (rc != MZ_OK) {
        return rc;
    }

    rc = mz_sample_stage_init(&stage, conf, err);
    if (rc != MZ_OK) {
        return rc;
    }

    mz_sample_calibrate(&stage, conf->events);
    rc = mz_sample_collect(&stage, err);
    free(stage.arrivals);

    if (rc != MZ_OK) {
        free(stage.events);
        return rc;
    }

    out->events = stage.events;
    out->n = stage.n;

    return MZ_OK;
}


void
mz_sample_free(mz_sample_t *s)
{
    free(s->events);
    s->events = NULL;
    s->n = 0;
}


static mz_rc_t
mz_sample_check(const mz_sample_conf_t *conf, mz_err_t *err)
{
    if (conf->users < MZ_SAMPLE_USERS_MIN
        || conf->users > MZ_SAMPLE_USERS_MAX)
    {
        return mz_fail(err, MZ_INVALID, "the sample has %d to %d users",
                       MZ_SAMPLE_USERS_MIN, MZ_SAMPLE_USERS_MAX);
    }

    if (conf->events < MZ_SAMPLE_EVENTS_MIN
        || conf->events > MZ_SAMPLE_EVENTS_MAX)
    {
        return mz_fail(err, MZ_INVALID, "the sample has %d to %d events",
                       MZ_SAMPLE_EVENTS_MIN, MZ_SAMPLE_EVENTS_MAX);
    }

    if (conf->events / conf->users < MZ_SAMPLE_PER_USER_MIN
        || conf->events / conf->users > MZ_SAMPLE_PER_USER_MAX)
    {
        return mz_fail(err, MZ_INVALID, "the sample has %d to %d events for "
                       "each user: change the number of events or of users",
                       MZ_SAMPLE_PER_USER_MIN, MZ_SAMPLE_PER_USER_MAX);
    }

    /* From 1980 on, and within what a civil date can say. */
    if (conf->now_ms < mz_time_days(1980, 1, 1) * MZ_DAY_MS
        || conf->now_ms > mz_time_days(9000, 1, 1) * MZ_DAY_MS)
    {
        return mz_fail(err, MZ_INVALID, "the sample ends between the years "
                       "1980 and 9000");
    }

    return MZ_OK;
}


static mz_rc_t
mz_sample_stage_init(mz_sample_stage_t *stage, const mz_sample_conf_t *conf,
    mz_err_t *err)
{
    int      i;
    int64_t  end_ms, start_ms, week_ms, total;

    memset(stage, 0, sizeof(mz_sample_stage_t));

    end_ms = mz_time_floor(conf->now_ms, MZ_UNIT_DAY);
    start_ms = mz_time_floor(mz_time_add(end_ms, MZ_UNIT_MONTH,
                                         -MZ_SAMPLE_MONTHS), MZ_UNIT_MONTH);
    week_ms = mz_time_floor(conf->now_ms, MZ_UNIT_WEEK);

    stage->seed = conf->seed;
    stage->nusers = (uint32_t) conf->users;
    stage->start_us = start_ms * 1000;
    stage->end_us = end_ms * 1000;
    stage->pause_us = week_ms * 1000 - 7 * MZ_SAMPLE_DAY;
    stage->broken_us = stage->end_us - MZ_SAMPLE_BROKEN_DAYS * MZ_SAMPLE_DAY;
    stage->narrivals = MZ_SAMPLE_BEFORE_DAYS
                       + (int) ((end_ms - start_ms) / MZ_DAY_MS);

    stage->arrivals = calloc((size_t) stage->narrivals, sizeof(int64_t));
    if (stage->arrivals == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    total = 0;
    for (i = 0; i < stage->narrivals; i++) {
        total += mz_sample_weight(stage, i);
        stage->arrivals[i] = total;
    }

    return MZ_OK;
}


/* How many arrive on a day: growth, week, season, and the pause of ads. */

static int64_t
mz_sample_weight(const mz_sample_stage_t *stage, int day)
{
    int64_t     t, w;
    mz_civil_t  c;

    t = stage->start_us + (day - MZ_SAMPLE_BEFORE_DAYS) * MZ_SAMPLE_DAY;
    mz_time_civil(t / 1000, &c);

    w = 1000 + (int64_t) MZ_SAMPLE_GROWTH * day / stage->narrivals;
    w = w * mz_sample_weekdays[c.weekday] / 100;
    w = w * mz_sample_months[c.month] / 100;

    if (t >= stage->pause_us && t < stage->pause_us + 7 * MZ_SAMPLE_DAY) {
        w = w * MZ_SAMPLE_PAUSE_SHARE / 100;
    }

    return w;
}


/*
 * The number of events is nearly a line over the rate of sessions: the line
 * through two trials, one below and one above, finds the rate.
 */

static void
mz_sample_calibrate(mz_sample_stage_t *stage, int64_t target)
{
    int      i;
    int64_t  n, low, n_low, high, n_high, rate;

    low = 0;
    n_low = 0;
    high = 0;
    n_high = 0;
    rate = MZ_SAMPLE_RATE_ONE;

    for (i = 0; i < MZ_SAMPLE_TRIALS; i++) {
        n = mz_sample_play(stage, rate);

        if (llabs(n - target) <= target / 100) {
            return;
        }

        if (n < target) {
            low = rate;
            n_low = n;

        } else {
            high = rate;
            n_high = n;
        }

        rate = high == 0 ? 2 * low * target / n_low
                         : low + (target - n_low) * (high - low)
                                 / (n_high - n_low);

        if (rate <= low || rate > MZ_SAMPLE_RATE_MAX) {
            return;
        }
    }
}


static int64_t
mz_sample_play(mz_sample_stage_t *stage, int64_t rate)
{
    uint32_t  i;

    stage->rate = rate;
    stage->n = 0;
    stage->nsessions = 0;
    stage->norders = 0;

    for (i = 0; i < stage->nusers; i++) {
        mz_sample_user_play(stage, i);
    }

    return (int64_t) stage->n;
}


/* The last trial has counted what there will be: the play repeats itself. */

static mz_rc_t
mz_sample_collect(mz_sample_stage_t *stage, mz_err_t *err)
{
    stage->cap = stage->n;

    stage->events = calloc(stage->cap, sizeof(mz_sample_event_t));
    if (stage->events == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory for %zu events",
                       stage->cap);
    }

    (void) mz_sample_play(stage, stage->rate);

    if (stage->is_full || stage->n != stage->cap) {
        return mz_fail(err, MZ_INTERNAL, "the sample is not deterministic");
    }

    qsort(stage->events, stage->n, sizeof(mz_sample_event_t),
          mz_sample_compare);
    mz_sample_untie(stage);

    return MZ_OK;
}


static int
mz_sample_compare(const void *a, const void *b)
{
    const mz_sample_event_t  *x, *y;

    x = a;
    y = b;

    if (x->time_us != y->time_us) {
        return x->time_us < y->time_us ? -1 : 1;
    }

    return x->session < y->session ? -1 : x->session > y->session;
}


/* No two events at once, so that every order by time is the same one. */

static void
mz_sample_untie(mz_sample_stage_t *stage)
{
    size_t              i;
    mz_sample_event_t  *e;

    e = stage->events;

    for (i = 1; i < stage->n; i++) {
        if (e[i].time_us <= e[i - 1].time_us) {
            e[i].time_us = e[i - 1].time_us + 1;
        }
    }

    /* In the last microsecond of all: nowhere to go. */
    while (stage->n > 0 && e[stage->n - 1].time_us >= stage->end_us) {
        stage->n--;
    }
}
