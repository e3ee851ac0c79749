
/* The life of one user: arrival, sessions, trial, subscription, leaving. */

#include "agent/sample/sample_play.h"
#include "base/mz_time.h"


#define MZ_SAMPLE_PAID_GAP_H   90       /* payers come at least so often */
#define MZ_SAMPLE_RENEWALS     64

typedef struct {
    int  days;
    int  percent;           /* of the usual activity, until that age */
} mz_sample_age_t;

static const mz_sample_age_t  mz_sample_ages[] = {
    { 3,   300 },
    { 14,  160 },
    { 60,  115 },
    { 200, 90 },
    { 0,   75 },
};

/* Permille that cancel before the n-th renewal; the last one repeats. */
static const int  mz_sample_cancels_monthly[] = { 150, 100, 70, 50, 45 };
static const int  mz_sample_cancels_yearly[] = { 230, 160 };

static void mz_sample_user_arrive(mz_sample_user_t *u, int64_t *time_us);
static int64_t mz_sample_user_day(mz_sample_user_t *u);
static void mz_sample_user_attributes(mz_sample_user_t *u, int64_t day_us);
static int64_t mz_sample_user_hour(mz_sample_user_t *u, int64_t day_us);
static int64_t mz_sample_user_next(mz_sample_user_t *u, int64_t arrived_us,
    int64_t last_us);
static void mz_sample_user_trial(mz_sample_user_t *u, int64_t time_us);
static void mz_sample_user_subscribe(mz_sample_user_t *u, int64_t time_us,
    int plan);
static int64_t mz_sample_user_renewals(mz_sample_user_t *u, int64_t time_us,
    int interval, int32_t mrr);
static void mz_sample_user_cancel(mz_sample_user_t *u, int64_t time_us,
    int interval, int32_t mrr);


void
mz_sample_user_play(mz_sample_stage_t *stage, uint32_t id)
{
    size_t            before;
    int64_t           t, arrived_us;
    mz_sample_user_t  u;

    memset(&u, 0, sizeof(u));
    u.stage = stage;
    u.id = id;
    mz_sample_rand_init(&u.rand, stage->seed, id);

    before = stage->n;
    mz_sample_user_arrive(&u, &t);
    arrived_us = t;

    while (t < stage->end_us && t < u.leaves_us) {
        t = mz_sample_session_play(&u, t);
        t = mz_sample_user_next(&u, arrived_us, t);
    }

    /* Who was there before the first day is seen at least once. */
    if (stage->n == before) {
        t = stage->start_us
            + mz_sample_rand_below(&u.rand, 14) * MZ_SAMPLE_DAY;
        mz_sample_session_play(&u, mz_sample_user_hour(&u, t));
    }
}


void
mz_sample_user_joins(mz_sample_user_t *u, int64_t time_us)
{
    int64_t                   stays;
    const mz_sample_class_t  *c;

    u->has_account = true;
    c = &mz_sample_classes[u->class_of];

    stays = mz_sample_rand_wait(&u->rand, c->life_d * MZ_SAMPLE_DAY);
    u->leaves_us = time_us + stays + MZ_SAMPLE_HOUR;

    if (mz_sample_rand_chance(&u->rand, c->trial)) {
        mz_sample_user_trial(u, time_us);
    }

    if (u->paid_to_us > u->leaves_us) {
        u->leaves_us = u->paid_to_us + MZ_SAMPLE_DAY;
    }
}


int64_t
mz_sample_day(int64_t t_us)
{
    return t_us - t_us % MZ_SAMPLE_DAY;
}


/* 1970-01-01 was a Thursday. */

int
mz_sample_weekday(int64_t t_us)
{
    return (int) ((t_us / MZ_SAMPLE_DAY + 3) % 7);
}


static void
mz_sample_user_arrive(mz_sample_user_t *u, int64_t *time_us)
{
    int64_t             day;
    mz_sample_stage_t  *stage;

    stage = u->stage;
    day = mz_sample_user_day(u);

    mz_sample_user_attributes(u, day);
    *time_us = mz_sample_user_hour(u, day);
    u->leaves_us = *time_us + MZ_SAMPLE_HOUR
                   + mz_sample_rand_wait(&u->rand, 5 * MZ_SAMPLE_DAY);

    if (day >= stage->start_us) {
        return;
    }

    /* Of those who came before only the ones that stayed are of interest. */
    u->class_of = MZ_SAMPLE_CASUAL
                  + (int) mz_sample_rand_below(&u->rand, 3);
    mz_sample_user_joins(u, *time_us);

    day = stage->start_us
          + mz_sample_rand_wait(&u->rand, 60 * MZ_SAMPLE_DAY);
    if (u->leaves_us < day) {
        u->leaves_us = day;
    }
}


/*
 * Users arrive in the order of their ids: each has its slice of the total
 * weight of all days.
 */

static int64_t
mz_sample_user_day(mz_sample_user_t *u)
{
    int                       lo, hi, mid;
    int64_t                   x, total;
    const mz_sample_stage_t  *stage;

    stage = u->stage;
    total = stage->arrivals[stage->narrivals - 1];
    x = ((int64_t) u->id * total
         + mz_sample_rand_below(&u->rand, total)) / stage->nusers;

    lo = 0;
    hi = stage->narrivals - 1;

    while (lo < hi) {
        mid = (lo + hi) / 2;

        if (x < stage->arrivals[mid]) {
            hi = mid;

        } else {
            lo = mid + 1;
        }
    }

    return stage->start_us + (lo - MZ_SAMPLE_BEFORE_DAYS) * MZ_SAMPLE_DAY;
}


static void
mz_sample_user_attributes(mz_sample_user_t *u, int64_t day_us)
{
    int      i, platform;
    int8_t  *c;

    c = u->common;

    for (i = 0; i < MZ_SAMPLE_COMMON; i++) {
        c[i] = (int8_t) mz_sample_pick(&u->rand, &mz_sample_commons[i]);
    }

    platform = c[MZ_SAMPLE_PLATFORM];
    c[MZ_SAMPLE_DEVICE] = (int8_t) mz_sample_pick(&u->rand,
                                          &mz_sample_devices[platform]);
    c[MZ_SAMPLE_BROWSER] = (int8_t) mz_sample_pick(&u->rand,
                                          &mz_sample_browsers[platform]);

    while (c[MZ_SAMPLE_CHANNEL] == MZ_SAMPLE_PAID_SEARCH
           && day_us >= u->stage->pause_us
           && day_us < u->stage->pause_us + 7 * MZ_SAMPLE_DAY)
    {
        c[MZ_SAMPLE_CHANNEL] = (int8_t) mz_sample_pick(&u->rand,
                                    &mz_sample_commons[MZ_SAMPLE_CHANNEL]);
    }

    u->class_of = mz_sample_pick(&u->rand, &mz_sample_classes_set);
    u->method = mz_sample_pick(&u->rand,
                               mz_sample_own_set(MZ_SAMPLE_SIGNUP,
                                                 MZ_SAMPLE_COL_METHOD));

    /* Most phones update at once, some never do. */
    u->version_lag = platform == MZ_SAMPLE_WEB ? 0
                     : (int) mz_sample_rand_below(&u->rand, 10) - 7;
    if (u->version_lag < 0) {
        u->version_lag = 0;
    }
}


/* A time of that day (UTC) by the rhythm of the user's own clock. */

static int64_t
mz_sample_user_hour(mz_sample_user_t *u, int64_t day_us)
{
    int  hour;

    hour = mz_sample_pick(&u->rand, &mz_sample_hours);
    hour -= mz_sample_countries[u->common[MZ_SAMPLE_COUNTRY]].offset_h;
    hour = (hour + 24) % 24;

    return mz_sample_day(day_us) + hour * MZ_SAMPLE_HOUR
           + mz_sample_rand_below(&u->rand, MZ_SAMPLE_HOUR);
}


static int64_t
mz_sample_user_next(mz_sample_user_t *u, int64_t arrived_us,
    int64_t last_us)
{
    int                     weekday;
    int64_t                 gap, t;
    const mz_sample_age_t  *age;

    gap = u->has_account ? mz_sample_classes[u->class_of].gap_h : 60;

    if (last_us >= u->paid_from_us && last_us < u->paid_to_us
        && gap > MZ_SAMPLE_PAID_GAP_H)
    {
        gap = MZ_SAMPLE_PAID_GAP_H;
    }

    for (age = mz_sample_ages;
         age->days != 0
         && last_us - arrived_us > age->days * MZ_SAMPLE_DAY;
         age++)
    {
        /* void */
    }

    gap = gap * MZ_SAMPLE_HOUR / u->stage->rate * MZ_SAMPLE_RATE_ONE
          / age->percent * 100;
    t = last_us + mz_sample_rand_wait(&u->rand, gap);

    /* A quiet day of the week is put off, as often as its weight says. */
    weekday = mz_sample_weekday(t);
    if (!mz_sample_rand_chance(&u->rand, mz_sample_weekdays[weekday] * 9)) {
        t += (1 + mz_sample_rand_below(&u->rand, 4)) * MZ_SAMPLE_DAY;
    }

    t = mz_sample_user_hour(u, t);
    if (t < last_us + 30 * MZ_SAMPLE_MINUTE) {
        t = last_us + 30 * MZ_SAMPLE_MINUTE
            + mz_sample_rand_wait(&u->rand, MZ_SAMPLE_HOUR);
    }

    return t;
}


static void
mz_sample_user_trial(mz_sample_user_t *u, int64_t time_us)
{
    int                  plan, pays;
    int64_t              t;
    int32_t              own[MZ_SAMPLE_OWN_MAX] = { 0 };
    mz_sample_session_t  s;

    t = time_us + MZ_SAMPLE_HOUR
        + mz_sample_rand_wait(&u->rand, 6 * MZ_SAMPLE_DAY);
    plan = mz_sample_pick(&u->rand, &mz_sample_trial_plans);
    pays = mz_sample_channels[u->common[MZ_SAMPLE_CHANNEL]].trial_pays;

    mz_sample_session_begin(&s, u, t);
    mz_sample_session_visit(&s, MZ_SAMPLE_PRICING);
    mz_sample_session_pause(&s, 120);
    own[0] = plan;
    mz_sample_session_event(&s, MZ_SAMPLE_TRIAL_START, own);

    /* Who tries stays for the trial at least. */
    if (u->leaves_us < t + 10 * MZ_SAMPLE_DAY) {
        u->leaves_us = t + 10 * MZ_SAMPLE_DAY;
    }

    if (mz_sample_rand_chance(&u->rand, pays)) {
        t += 2 * MZ_SAMPLE_DAY
             + mz_sample_rand_below(&u->rand, 12 * MZ_SAMPLE_DAY);
        mz_sample_user_subscribe(u, mz_sample_user_hour(u, t), plan);
    }
}


static void
mz_sample_user_subscribe(mz_sample_user_t *u, int64_t time_us, int plan)
{
    int                  interval;
    int32_t              mrr;
    int32_t              own[MZ_SAMPLE_OWN_MAX] = { 0 };
    mz_sample_session_t  s;

    interval = mz_sample_pick(&u->rand,
                   mz_sample_own_set(MZ_SAMPLE_SUBSCRIPTION_START,
                                     MZ_SAMPLE_COL_INTERVAL));

    /* A year costs as much as ten months. */
    mrr = mz_sample_plan_cents[plan];
    if (interval == MZ_SAMPLE_YEARLY) {
        mrr = mrr * 10 / 12;
    }

    mz_sample_session_begin(&s, u, time_us);
    mz_sample_session_visit(&s, MZ_SAMPLE_PRICING);
    mz_sample_session_pause(&s, 90);

    u->paid_plan = plan;
    u->paid_from_us = s.time_us;
    u->paid_to_us = INT64_MAX / 2;

    own[0] = interval;
    own[1] = mrr;
    mz_sample_session_event(&s, MZ_SAMPLE_SUBSCRIPTION_START, own);

    u->paid_to_us = mz_sample_user_renewals(u, s.time_us, interval, mrr);
}


/* Renewals until one is cancelled; returns when the paid time ends. */

static int64_t
mz_sample_user_renewals(mz_sample_user_t *u, int64_t time_us, int interval,
    int32_t mrr)
{
    int                  i, n, months;
    int64_t              t;
    int32_t              own[MZ_SAMPLE_OWN_MAX] = { 0 };
    const int           *cancels;
    mz_sample_session_t  s;

    months = interval == MZ_SAMPLE_YEARLY ? 12 : 1;
    cancels = interval == MZ_SAMPLE_YEARLY ? mz_sample_cancels_yearly
                                           : mz_sample_cancels_monthly;
    n = interval == MZ_SAMPLE_YEARLY
        ? (int) MZ_ARRAY_LEN(mz_sample_cancels_yearly)
        : (int) MZ_ARRAY_LEN(mz_sample_cancels_monthly);

    for (i = 0; i < MZ_SAMPLE_RENEWALS; i++) {
        t = mz_time_add(time_us / 1000, MZ_UNIT_MONTH, (i + 1) * months)
            * 1000 + time_us % 1000;

        if (mz_sample_rand_chance(&u->rand, cancels[i < n ? i : n - 1])) {
            t -= MZ_SAMPLE_HOUR
                 + mz_sample_rand_below(&u->rand, 6 * MZ_SAMPLE_DAY);
            mz_sample_user_cancel(u, t, interval, mrr);

            return t + MZ_SAMPLE_HOUR;
        }

        if (t >= u->stage->end_us) {
            break;
        }

        mz_sample_session_begin(&s, u, t);
        own[0] = interval;
        own[1] = mrr;
        mz_sample_session_event(&s, MZ_SAMPLE_SUBSCRIPTION_RENEW, own);
    }

    return INT64_MAX / 2;
}


/* What comes before a goodbye: the prices, the handbook, an error. */

static void
mz_sample_user_cancel(mz_sample_user_t *u, int64_t time_us, int interval,
    int32_t mrr)
{
    int32_t              own[MZ_SAMPLE_OWN_MAX] = { 0 };
    mz_sample_session_t  s;

    mz_sample_session_begin(&s, u, time_us);

    if (mz_sample_rand_chance(&u->rand, 400)) {
        mz_sample_session_plain(&s, MZ_SAMPLE_ERROR_SHOWN);
        mz_sample_session_pause(&s, 60);
    }

    if (mz_sample_rand_chance(&u->rand, 300)) {
        mz_sample_session_plain(&s, MZ_SAMPLE_SUPPORT_TICKET);
        mz_sample_session_pause(&s, 300);
    }

    if (mz_sample_rand_chance(&u->rand, 700)) {
        mz_sample_session_visit(&s, MZ_SAMPLE_PRICING);
        mz_sample_session_pause(&s, 80);
    }

    own[0] = interval;
    own[1] = mrr;
    own[2] = mz_sample_pick(&u->rand,
                            mz_sample_own_set(MZ_SAMPLE_SUBSCRIPTION_CANCEL,
                                              MZ_SAMPLE_COL_REASON));
    mz_sample_session_event(&s, MZ_SAMPLE_SUBSCRIPTION_CANCEL, own);
}
