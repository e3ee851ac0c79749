
/*
 * sample: a made-up but plausible year and a half of a shop with a paid
 * service, for trying out and for tests.  The same options give the same
 * rows on every machine.  sample.c makes the events in memory (sample_user.c
 * and sample_session.c play the users, sample_model.c holds all names and
 * numbers), sample_write.c puts them into a DuckDB file.
 */

#ifndef MZ_SAMPLE_H
#define MZ_SAMPLE_H

#include "base/mz_base.h"


#define MZ_SAMPLE_EVENTS_MIN     100
#define MZ_SAMPLE_EVENTS_MAX     20000000
#define MZ_SAMPLE_USERS_MIN      10
#define MZ_SAMPLE_USERS_MAX      2000000
#define MZ_SAMPLE_PER_USER_MIN   10         /* events */
#define MZ_SAMPLE_PER_USER_MAX   500
#define MZ_SAMPLE_MONTHS         18

#define MZ_SAMPLE_OWN_MAX        6          /* own properties of an event */
#define MZ_SAMPLE_NULL           (-1)

/* Properties on every event; the order of mz_sample_event_t.common. */

typedef enum {
    MZ_SAMPLE_COUNTRY,
    MZ_SAMPLE_PLATFORM,
    MZ_SAMPLE_DEVICE,
    MZ_SAMPLE_BROWSER,
    MZ_SAMPLE_PLAN,
    MZ_SAMPLE_CHANNEL,
    MZ_SAMPLE_CAMPAIGN,
    MZ_SAMPLE_VERSION,
    MZ_SAMPLE_COMMON
} mz_sample_common_t;

typedef struct {
    int64_t   time_us;
    uint32_t  user;                         /* "u_1", .. */
    uint32_t  session;                      /* "s_1", .. */
    int32_t   own[MZ_SAMPLE_OWN_MAX];       /* by its definition */
    int8_t    common[MZ_SAMPLE_COMMON];     /* index of the value */
    uint8_t   name;                         /* index of the definition */
} mz_sample_event_t;

typedef struct {
    int64_t   now_ms;       /* the last event is of the day before */
    int64_t   events;       /* about so many */
    int64_t   users;        /* exactly */
    uint64_t  seed;
} mz_sample_conf_t;

typedef struct {
    mz_sample_event_t  *events;     /* by time, which is unique */
    size_t              n;
} mz_sample_t;

/* done of total events are written. */
typedef void (*mz_sample_progress_pt)(void *data, size_t done, size_t total);


/* MZ_INVALID: the options contradict each other. */
mz_rc_t mz_sample_make(const mz_sample_conf_t *conf, mz_sample_t *out,
    mz_err_t *err);
void mz_sample_free(mz_sample_t *s);

/*
 * Writes into a temporary file beside path, then renames.  MZ_INVALID: path
 * is taken and must not be replaced.  progress may be NULL.
 */
mz_rc_t mz_sample_write(const mz_sample_t *s, const char *path,
    bool is_forced, mz_sample_progress_pt progress, void *data,
    mz_err_t *err);


#endif /* MZ_SAMPLE_H */
