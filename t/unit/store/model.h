
/*
 * model: what the scripts of src/store/scripts do, said once more in plain C
 * without Redis, for test_model.c.  One value, m, is all that Redis holds (a
 * struct, so that a copy of it is a backup), and w is what the workers know.
 * The transitions are in model_life.h and model_queue.h, and what Redis must
 * look like after them is written out by model_lines.h.
 */

#ifndef MZ_MODEL_H
#define MZ_MODEL_H

#include "store/fixture.h"


#define LEASE         100000        /* ms */
#define RETENTION     2592000       /* s; as all of these: no round hour */
#define ATTACH        60000
#define NEWCOMER      60000         /* ms */
#define COME_BACK     5000

#define PARTS         4
#define SCOPES        5
#define PROJECTS      3
#define PROMPTS       3
#define WORKERS       3
#define BELIEFS       4

#define RUNS_MAX      256
#define CONVS_MAX     128
#define TOKENS_MAX    1024
#define EVENTS_MAX    2048
#define TURNS_MAX     512
#define ARTS_MAX      256
#define DEADS_MAX     256
#define TAKENS_MAX    256
#define PLACES_MAX    128

#define NONE          (-1)

typedef struct {
    mz_id_t           id;
    int               scope;
    int               conv;
    int               prompt;
    int               worker;       /* NONE while queued */
    int               job;          /* token; NONE: no such field */
    mz_run_status_t   status;
    int64_t           attempt;
    int64_t           max;
    int64_t           seq;
    int64_t           created;
    int64_t           started;      /* these are 0 before they happen */
    int64_t           updated;
    int64_t           finished;
    int64_t           lease;
    int64_t           due;          /* score in leases; 0: not there */
    bool              took_over;
    int64_t           counted;      /* in limits, since when; 0: not there */
    char              phase[16];
    char              error[256];
    bool              is_gone;      /* expired */
    bool              is_listed;    /* in the zset of runs */
    bool              is_in_line;   /* in that of its project's queue */
    bool              is_cancelled;
    bool              is_answered;
} run_t;

typedef struct {
    mz_id_t           id;
    int               scope;
    int               active;       /* run, or NONE */
    int               last;
    int               turns;
    int64_t           created;
    int64_t           updated;
    int64_t           listed;       /* score in convs; 0: not there */
    bool              exists;
} conv_t;

typedef struct {                    /* an entry of jobs */
    int               part;
    int               run;
    int               reader;       /* worker; NONE: not pending */
    int64_t           read_at;
    char              id[48];       /* empty until it is learned */
    bool              exists;       /* in the stream */
} token_t;

typedef struct {
    int               run;
    int64_t           seq;
    int64_t           attempt;
    int64_t           at;
    const char       *type;
    char              phase[16];
    char              text[128];
    char              data[192];
} event_t;

typedef struct {
    int               conv;
    int               run;
    int64_t           at;
    bool              is_answer;
} turn_t;

typedef struct {
    mz_id_t           id;
    int               run;
    int64_t           attempt;
    int64_t           created;      /* 0: not committed */
    bool              has_chunk;
    bool              is_current;   /* among those of the run's attempt */
    bool              is_listed;
    bool              is_gone;
} art_t;

typedef struct {
    int               run;
    int64_t           at;
    char              reason[128];
} dead_t;

typedef struct {
    int               part;
    int               run;
    char              entry[48];
} taken_t;

typedef struct {                    /* among those of a project */
    int               scope;
    mz_id_t           run;
    int64_t           at;
} place_t;

typedef struct {
    run_t             runs[RUNS_MAX];
    conv_t            convs[CONVS_MAX];
    token_t           tokens[TOKENS_MAX];
    event_t           events[EVENTS_MAX];
    turn_t            turns[TURNS_MAX];
    art_t             arts[ARTS_MAX];
    dead_t            deads[DEADS_MAX];
    taken_t           takens[TAKENS_MAX];
    int               nruns, nconvs, ntokens, nevents, nturns, narts, ndeads,
                      ntakens;

    int               attach[SCOPES][PROMPTS];      /* run, or NONE */
    int64_t           tat[SCOPES];                  /* 0: none */

    bool              is_paused[PARTS];
    bool              has_jobs[PARTS];              /* the stream */
    bool              has_group[PARTS];
    int               delivered[PARTS];             /* token, or NONE */
    int64_t           queue[PARTS][PROJECTS];       /* score; NONE */
    int64_t           served[PARTS][PROJECTS];      /* score; NONE */

    place_t           places[PROJECTS][PLACES_MAX];
    int               nplaces[PROJECTS];
    int64_t           project_tat[PROJECTS];
} model_t;

typedef struct {
    mz_id_t           run;
    int               scope;
    int64_t           attempt;
} belief_t;

typedef struct {
    int               part;         /* of the entry in hand */
    char              entry[48];    /* empty: none */
    belief_t          beliefs[BELIEFS];
    int               nbeliefs;
} worker_t;

typedef struct {
    int64_t           interval_us;
    int64_t           burst;
    int64_t           concurrent;
} limit_t;

static model_t   m;
static worker_t  w[WORKERS];

static const struct {
    const char  *name;
    int          part;              /* by its first digits */
    int          project;
} scopes[SCOPES] = {
    { "0000000b0123456789abcdef01234567", 3, 0 },
    { "000000030123456789abcdef01234567", 3, 0 },
    { "000000070123456789abcdef01234567", 3, 1 },
    { "000000010123456789abcdef01234567", 1, 0 },
    { "000000050123456789abcdef01234567", 1, 2 }
};

static const struct {
    const char  *name;
    int          part;              /* of its limits */
} projects[PROJECTS] = {
    { "0000000a00000000000000000000000a", 2 },
    { "000000010000000000000000000000bb", 1 },
    { "000000050123456789abcdef01234567", 1 }       /* a scope of its own */
};

static const char *const  prompts[PROMPTS] = { "a?", "b?", "c?" };
static const char *const  worker_names[WORKERS] = { "w0", "w1", "w@2" };


/* --- what went wrong: the first finding, and what led to it --- */

static char    m_failed[16384];
static char    m_trace[32768];
static size_t  m_trace_len;


__attribute__((format(printf, 1, 2)))
static inline void
m_fail(const char *fmt, ...)
{
    va_list  ap;

    if (m_failed[0] != '\0') {
        return;
    }

    va_start(ap, fmt);
    vsnprintf(m_failed, sizeof(m_failed), fmt, ap);
    va_end(ap);
}


__attribute__((format(printf, 1, 2)))
static inline void
m_say(const char *fmt, ...)
{
    int      n;
    va_list  ap;

    va_start(ap, fmt);
    n = vsnprintf(m_trace + m_trace_len, sizeof(m_trace) - m_trace_len, fmt,
                  ap);
    va_end(ap);

    if (n > 0 && m_trace_len + (size_t) n < sizeof(m_trace)) {
        m_trace_len += (size_t) n;
    }
}


/* --- small things --- */

static inline int
m_new(int *n, int max)
{
    if (*n >= max) {
        fx_bail("the model is too small");
    }

    return (*n)++;
}


static inline int
m_part(const run_t *run)
{
    return scopes[run->scope].part;
}


static inline int
m_project(const run_t *run)
{
    return scopes[run->scope].project;
}


static inline bool
m_is_over(const run_t *run)
{
    return run->status >= MZ_RUN_COMPLETED;
}


static inline bool
m_is_alive(const run_t *run)
{
    return !run->is_gone && !m_is_over(run);
}


/* "<scope>:<run id>", as in the indexes. */
static inline const char *
m_member(const run_t *run)
{
    static char      buf[4][96];
    static unsigned  i;

    i = (i + 1) % 4;
    snprintf(buf[i], sizeof(buf[i]), "%s:%s", scopes[run->scope].name,
             run->id.s);

    return buf[i];
}


static inline run_t *
m_run(int scope, const mz_id_t *id)
{
    int  i;

    for (i = 0; i < m.nruns; i++) {
        if (m.runs[i].scope == scope && strcmp(m.runs[i].id.s, id->s) == 0) {
            return &m.runs[i];
        }
    }

    return NULL;
}


static inline int
m_index(const run_t *run)
{
    return (int) (run - m.runs);
}


static inline int64_t
m_max(int64_t a, int64_t b)
{
    return a > b ? a : b;
}


static inline void
m_reset(void)
{
    int  i, k;

    m.nruns = m.nconvs = m.ntokens = m.nevents = m.nturns = 0;
    m.narts = m.ndeads = m.ntakens = 0;
    memset(m.is_paused, 0, sizeof(m.is_paused));
    memset(m.has_jobs, 0, sizeof(m.has_jobs));
    memset(m.has_group, 0, sizeof(m.has_group));
    memset(m.nplaces, 0, sizeof(m.nplaces));
    memset(m.tat, 0, sizeof(m.tat));
    memset(m.project_tat, 0, sizeof(m.project_tat));
    memset(w, 0, sizeof(w));

    for (i = 0; i < SCOPES; i++) {
        for (k = 0; k < PROMPTS; k++) {
            m.attach[i][k] = NONE;
        }
    }

    for (i = 0; i < PARTS; i++) {
        m.delivered[i] = NONE;

        for (k = 0; k < PROJECTS; k++) {
            m.queue[i][k] = m.served[i][k] = NONE;
        }
    }

    m_failed[0] = '\0';
    m_trace[0] = '\0';
    m_trace_len = 0;
    fx.now = FX_T0;
    fx.ids = 0;
}


#endif /* MZ_MODEL_H */
