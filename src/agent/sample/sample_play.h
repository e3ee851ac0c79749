
/*
 * sample_play: the state of the play that makes the sample: the stage (all
 * users), one user, one session.  Shared by sample.c, sample_user.c and
 * sample_session.c.
 */

#ifndef MZ_SAMPLE_PLAY_H
#define MZ_SAMPLE_PLAY_H

#include "agent/sample/sample_model.h"


#define MZ_SAMPLE_SECOND  ((int64_t) 1000000)
#define MZ_SAMPLE_MINUTE  (60 * MZ_SAMPLE_SECOND)
#define MZ_SAMPLE_HOUR    (60 * MZ_SAMPLE_MINUTE)
#define MZ_SAMPLE_DAY     (24 * MZ_SAMPLE_HOUR)

#define MZ_SAMPLE_BEFORE_DAYS  150      /* some users were there before */
#define MZ_SAMPLE_RATE_ONE     1024

/*
 * Two things happen that an analyst can find: paid search is off in the last
 * calendar week before now, and for the last six weeks payments fail on iOS.
 */
#define MZ_SAMPLE_BROKEN_DAYS  42

typedef struct {
    uint64_t            seed;
    uint32_t            nusers;
    int64_t             rate;           /* of sessions, 1024: as tabled */
    int64_t             start_us;       /* events are in [start, end) */
    int64_t             end_us;
    int64_t             pause_us;       /* paid search is off: a week */
    int64_t             broken_us;      /* payments fail on iOS from then */

    int64_t            *arrivals;       /* cumulative weight by day */
    int                 narrivals;      /* from BEFORE_DAYS on */

    mz_sample_event_t  *events;         /* NULL: only count */
    size_t              n;
    size_t              cap;
    bool                is_full;        /* more than cap */
    uint32_t            nsessions;
    int32_t             norders;
} mz_sample_stage_t;

typedef struct {
    mz_sample_stage_t  *stage;
    mz_sample_rand_t    rand;
    uint32_t            id;
    int8_t              common[MZ_SAMPLE_COMMON];
    int                 class_of;
    int                 method;         /* of signup and login */
    bool                has_account;
    int64_t             leaves_us;      /* no session of its own after */
    int64_t             paid_from_us;
    int64_t             paid_to_us;
    int                 paid_plan;
    int                 version_lag;
    int                 visits;

    /* the cart, kept between sessions */
    int32_t             cart_cents;
    int32_t             cart_items;
    int                 cart_category;
} mz_sample_user_t;

typedef struct {
    mz_sample_user_t  *user;
    int64_t            time_us;         /* of the next event */
    uint32_t           id;
    int8_t             common[MZ_SAMPLE_COMMON];
} mz_sample_session_t;


/* One whole user. */
void mz_sample_user_play(mz_sample_stage_t *stage, uint32_t id);

/* A signup has happened: the plans of a user for money and time. */
void mz_sample_user_joins(mz_sample_user_t *u, int64_t time_us);

/* One session from time_us on; returns when it ended. */
int64_t mz_sample_session_play(mz_sample_user_t *u, int64_t time_us);

/* A session on the device and channel the user came by. */
void mz_sample_session_begin(mz_sample_session_t *s, mz_sample_user_t *u,
    int64_t time_us);

/* Some seconds pass: at least one, about mean. */
void mz_sample_session_pause(mz_sample_session_t *s, int mean_s);

/* An event at the session's time; own values in the definition's order. */
void mz_sample_session_event(mz_sample_session_t *s, mz_sample_name_t name,
    const int32_t own[MZ_SAMPLE_OWN_MAX]);

/* A page_visit, and one of the events whose values are only picked. */
void mz_sample_session_visit(mz_sample_session_t *s, int page);
void mz_sample_session_plain(mz_sample_session_t *s, mz_sample_name_t name);

/* The start of the day of t, and 0 = Monday .. 6. */
int64_t mz_sample_day(int64_t t_us);
int mz_sample_weekday(int64_t t_us);


#endif /* MZ_SAMPLE_PLAY_H */
