
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/warehouse/watchdog.h"
#include "agent/warehouse/wh_drivers.h"
#include "base/mz_str.h"


#define MZ_WH_DUCKDB_OPTIONS  10
#define MZ_WH_DUCKDB_NUMBER   32

typedef struct {
    mz_warehouse_t           wh;        /* first: the interface */
    mz_warehouse_limits_t    limits;
    const mz_duckdb_api_t   *api;
    mz_duckdb_database_t     db;
    mz_duckdb_connection_t   conn;
    mz_watchdog_t           *watchdog;
} mz_wh_duckdb_t;

/* DuckDB's messages begin with the kind of the error. */

typedef struct {
    const char  *prefix;
    mz_rc_t      rc;
    const char  *hint;
} mz_wh_duckdb_error_t;

static const mz_wh_duckdb_error_t  mz_wh_duckdb_errors[] = {
    { "Out of Memory Error", MZ_LIMIT,
      "the question needs more memory than the warehouse may use: ask about "
      "a shorter range or raise the memory limit; " },
    { "IO Error",            MZ_UNAVAILABLE, "the warehouse is away: " },
    { "Connection Error",    MZ_UNAVAILABLE, "the warehouse is away: " },
    { "FATAL Error",         MZ_UNAVAILABLE, "the warehouse is away: " },
    { "",                    MZ_INVALID,     "the warehouse refused: " },
};

/* Parts of the messages of an open that fails. */

static const mz_wh_duckdb_error_t  mz_wh_duckdb_open_errors[] = {
    { "Could not set lock",  MZ_UNAVAILABLE,
      "another process has the warehouse open for writing: close it, or load "
      "into a new file and rename it" },
    { "Conflicting lock",    MZ_UNAVAILABLE,
      "another process has the warehouse open for writing: close it, or load "
      "into a new file and rename it" },
    { "not a valid DuckDB",  MZ_INVALID,
      "the file is not a DuckDB database" },
    { "storage version",     MZ_INVALID,
      "the file was written by a DuckDB that this library cannot read" },
    { "",                    MZ_INVALID,
      "the warehouse does not open" },
};

static mz_rc_t mz_wh_duckdb_query(mz_warehouse_t *wh,
    const mz_statement_t *st, mz_rset_t **out, mz_err_t *err);
static void mz_wh_duckdb_interrupt(mz_warehouse_t *wh);
static void mz_wh_duckdb_close(mz_warehouse_t *wh);

static const mz_warehouse_ops_t  mz_wh_duckdb_ops = {
    "duckdb",
    MZ_DIALECT_DUCKDB,
    mz_wh_duckdb_query,
    mz_wh_duckdb_interrupt,
    mz_wh_duckdb_close
};

static mz_rc_t mz_wh_duckdb_find(const char *path, char real[PATH_MAX],
    mz_warehouse_stamp_t *stamp, mz_err_t *err);
static mz_rc_t mz_wh_duckdb_connect(mz_wh_duckdb_t *w, const char *path,
    mz_err_t *err);
static mz_rc_t mz_wh_duckdb_spill_dir(char path[PATH_MAX], mz_err_t *err);
static mz_rc_t mz_wh_duckdb_open_fail(const char *path, mz_err_t *err);
static void mz_wh_duckdb_stop(void *data);
static mz_rc_t mz_wh_duckdb_prepare(mz_wh_duckdb_t *w,
    const mz_statement_t *st, mz_duckdb_prepared_t *out, mz_err_t *err);
static mz_duckdb_state_t mz_wh_duckdb_bind(const mz_duckdb_api_t *api,
    mz_duckdb_prepared_t st, uint64_t i, const mz_param_t *p);
static mz_rc_t mz_wh_duckdb_execute(mz_wh_duckdb_t *w,
    mz_duckdb_prepared_t prepared, mz_rset_t **out, mz_err_t *err);
static mz_rc_t mz_wh_duckdb_stopped(const mz_wh_duckdb_t *w, mz_rc_t why,
    mz_err_t *err);
static mz_rc_t mz_wh_duckdb_fail(const char *msg, mz_err_t *err);
static void mz_wh_duckdb_words(const char *msg, char *out, size_t size);


mz_rc_t
mz_wh_duckdb_open(const char *path, const mz_warehouse_limits_t *limits,
    mz_warehouse_t **out, mz_err_t *err)
{
    char                   real[PATH_MAX];
    mz_rc_t                rc;
    sigset_t               all, before;
    mz_wh_duckdb_t        *w;
    mz_warehouse_stamp_t   stamp;

    *out = NULL;

    rc = mz_wh_duckdb_find(path, real, &stamp, err);
    if (rc != MZ_OK) {
        return rc;
    }

    w = calloc(1, sizeof(mz_wh_duckdb_t));
    if (w == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    w->wh.ops = &mz_wh_duckdb_ops;
    w->wh.stamp = stamp;
    w->limits = *limits;

    /* The library's threads must not take the program's signals. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);

    rc = mz_duckdb_load(&w->api, err);
    if (rc == MZ_OK) {
        rc = mz_wh_duckdb_connect(w, real, err);
    }

    pthread_sigmask(SIG_SETMASK, &before, NULL);

    if (rc != MZ_OK) {
        mz_wh_duckdb_close(&w->wh);
        return rc;
    }

    *out = &w->wh;

    return MZ_OK;
}


static mz_rc_t
mz_wh_duckdb_query(mz_warehouse_t *wh, const mz_statement_t *st,
    mz_rset_t **out, mz_err_t *err)
{
    mz_rc_t                rc, why;
    mz_wh_duckdb_t        *w;
    mz_duckdb_prepared_t   prepared;

    *out = NULL;
    prepared = NULL;
    w = (mz_wh_duckdb_t *) wh;

    if (mz_watchdog_begin(w->watchdog, w->limits.timeout_ms) != MZ_OK) {
        return mz_wh_duckdb_stopped(w, MZ_CANCELLED, err);
    }

    rc = mz_wh_duckdb_prepare(w, st, &prepared, err);
    if (rc == MZ_OK) {
        rc = mz_wh_duckdb_execute(w, prepared, out, err);
    }

    why = mz_watchdog_end(w->watchdog);

    if (prepared != NULL) {
        w->api->destroy_prepare(&prepared);
    }

    /* Rows that were complete before the stop came are good ones. */
    if (rc != MZ_OK && why != MZ_OK) {
        return mz_wh_duckdb_stopped(w, why, err);
    }

    return rc;
}


static void
mz_wh_duckdb_interrupt(mz_warehouse_t *wh)
{
    mz_watchdog_interrupt(((mz_wh_duckdb_t *) wh)->watchdog);
}


static void
mz_wh_duckdb_close(mz_warehouse_t *wh)
{
    mz_wh_duckdb_t  *w;

    if (wh == NULL) {
        return;
    }

    w = (mz_wh_duckdb_t *) wh;

    mz_watchdog_free(w->watchdog);

    if (w->api != NULL) {
        mz_duckdb_close(w->api, &w->db, &w->conn);
    }

    free(w);
}


/*
 * The real path, so that the engine sees a plain file name: a scheme such as
 * "md:" would make it look for an extension.  The stamp is taken before the
 * file is opened: if the file is replaced in between, the stamp is too old,
 * and never too new.
 */

static mz_rc_t
mz_wh_duckdb_find(const char *path, char real[PATH_MAX],
    mz_warehouse_stamp_t *stamp, mz_err_t *err)
{
    struct stat  st;

    if (realpath(path, real) == NULL || stat(real, &st) != 0) {
        if (errno == ENOENT || errno == ENOTDIR) {
            return mz_fail(err, MZ_NOT_FOUND, "there is no warehouse file "
                           "%.256s (`mitzu-agent sample` writes a sample "
                           "one)", path);
        }

        return mz_fail(err, MZ_UNAVAILABLE, "the warehouse file %.256s "
                       "cannot be reached: %s", path, strerror(errno));
    }

    if (!S_ISREG(st.st_mode)) {
        return mz_fail(err, MZ_INVALID, "the warehouse %.256s is not a file",
                       path);
    }

    if (access(real, R_OK) != 0) {
        return mz_fail(err, MZ_UNAVAILABLE, "the warehouse file %.256s "
                       "cannot be read: %s", path, strerror(errno));
    }

    stamp->inode = (int64_t) st.st_ino;
    stamp->size = (int64_t) st.st_size;
    stamp->mtime_ns = (int64_t) st.st_mtim.tv_sec * 1000000000
                      + st.st_mtim.tv_nsec;

    return MZ_OK;
}


static mz_rc_t
mz_wh_duckdb_connect(mz_wh_duckdb_t *w, const char *path, mz_err_t *err)
{
    char         spill[PATH_MAX], memory[MZ_WH_DUCKDB_NUMBER];
    char         threads[MZ_WH_DUCKDB_NUMBER];
    size_t       n;
    mz_rc_t      rc;
    const char  *options[2 * MZ_WH_DUCKDB_OPTIONS] = {
        "access_mode",                  "READ_ONLY",
        "temp_directory",               spill,
        "autoload_known_extensions",    "false",
        "autoinstall_known_extensions", "false",
        "enable_external_access",       "false",    /* the last to be set */
    };

    n = 5;

    rc = mz_wh_duckdb_spill_dir(spill, err);
    if (rc != MZ_OK) {
        return rc;
    }

    if (w->limits.memory_bytes > 0) {
        snprintf(memory, sizeof(memory), "%zuKiB",
                 w->limits.memory_bytes / 1024);
        options[2 * n] = "memory_limit";
        options[2 * n++ + 1] = memory;
    }

    if (w->limits.threads > 0) {
        snprintf(threads, sizeof(threads), "%d", w->limits.threads);
        options[2 * n] = "threads";
        options[2 * n++ + 1] = threads;
    }

    if (mz_duckdb_open(w->api, path, options, n, &w->db, &w->conn, err)
        != MZ_OK)
    {
        return mz_wh_duckdb_open_fail(path, err);
    }

    /* A build without time zones has only UTC and refuses this. */
    (void) mz_duckdb_exec(w->api, w->conn, "SET TimeZone = 'UTC'", NULL);

    rc = mz_duckdb_exec(w->api, w->conn, "SET lock_configuration = true",
                        err);
    if (rc != MZ_OK) {
        return rc;
    }

    w->watchdog = mz_watchdog_new(mz_wh_duckdb_stop, w);
    if (w->watchdog == NULL) {
        return mz_fail(err, MZ_NOMEM, "no memory for the watchdog thread");
    }

    return MZ_OK;
}


/*
 * The engine makes and removes the directory only when it must spill.  The
 * name cannot be guessed, so nobody can put a link there before.
 */

static mz_rc_t
mz_wh_duckdb_spill_dir(char path[PATH_MAX], mz_err_t *err)
{
    int          n;
    uint64_t     r[2];
    const char  *dir;

    dir = getenv("TMPDIR");
    if (dir == NULL || dir[0] != '/') {
        dir = "/tmp";
    }

    if (getrandom(r, sizeof(r), 0) != (ssize_t) sizeof(r)) {
        return mz_fail(err, MZ_INTERNAL, "no random bytes: %s",
                       strerror(errno));
    }

    n = snprintf(path, PATH_MAX, "%s/mitzu-%016" PRIx64 "%016" PRIx64, dir,
                 r[0], r[1]);
    if (n < 0 || n >= PATH_MAX) {
        return mz_fail(err, MZ_INVALID, "TMPDIR is too long");
    }

    return MZ_OK;
}


static mz_rc_t
mz_wh_duckdb_open_fail(const char *path, mz_err_t *err)
{
    char                         words[MZ_ERR_MAX / 2];
    const mz_wh_duckdb_error_t  *e;

    if (err == NULL) {
        return MZ_INVALID;
    }

    for (e = mz_wh_duckdb_open_errors;
         strstr(err->msg, e->prefix) == NULL;
         e++)
    {
        /* void */
    }

    mz_wh_duckdb_words(err->msg, words, sizeof(words));

    return mz_fail(err, e->rc, "%s: %.128s (%s)", e->hint, path, words);
}


static void
mz_wh_duckdb_stop(void *data)
{
    mz_wh_duckdb_t  *w;

    w = data;

    w->api->interrupt(w->conn);
}


static mz_rc_t
mz_wh_duckdb_prepare(mz_wh_duckdb_t *w, const mz_statement_t *st,
    mz_duckdb_prepared_t *out, mz_err_t *err)
{
    size_t    i;
    uint64_t  n;

    if (w->api->prepare(w->conn, st->sql.data, out) != MZ_DUCKDB_SUCCESS) {
        return mz_wh_duckdb_fail(w->api->prepare_error(*out), err);
    }

    n = w->api->nparams(*out);
    if (n != st->nparams) {
        return mz_fail(err, MZ_INVALID, "the statement wants %llu parameters "
                       "and has %zu", (unsigned long long) n, st->nparams);
    }

    for (i = 0; i < st->nparams; i++) {
        if (mz_wh_duckdb_bind(w->api, *out, i + 1, &st->params[i])
            != MZ_DUCKDB_SUCCESS)
        {
            return mz_fail(err, MZ_INVALID, "parameter %zu of the statement "
                           "has a value that the warehouse refuses", i + 1);
        }
    }

    return MZ_OK;
}


static mz_duckdb_state_t
mz_wh_duckdb_bind(const mz_duckdb_api_t *api, mz_duckdb_prepared_t st,
    uint64_t i, const mz_param_t *p)
{
    mz_duckdb_date_t       date;
    mz_duckdb_timestamp_t  ts;

    if (p->value.is_null) {
        return api->bind_null(st, i);
    }

    switch (p->dtype) {

    case MZ_DTYPE_STRING:
        return api->bind_varchar_length(st, i,
                                        p->value.s.data ? p->value.s.data
                                                        : "",
                                        p->value.s.len);

    case MZ_DTYPE_INT64:
        return api->bind_int64(st, i, p->value.i);

    case MZ_DTYPE_FLOAT64:
        return api->bind_double(st, i, p->value.d);

    case MZ_DTYPE_BOOL:
        return api->bind_boolean(st, i, p->value.i != 0);

    case MZ_DTYPE_TIMESTAMP:
        ts.micros = p->value.i;
        return api->bind_timestamp(st, i, ts);

    case MZ_DTYPE_DATE:
        if (p->value.i < INT32_MIN || p->value.i > INT32_MAX) {
            return MZ_DUCKDB_ERROR;
        }

        date.days = (int32_t) p->value.i;
        return api->bind_date(st, i, date);
    }

    return MZ_DUCKDB_ERROR;
}


static mz_rc_t
mz_wh_duckdb_execute(mz_wh_duckdb_t *w, mz_duckdb_prepared_t prepared,
    mz_rset_t **out, mz_err_t *err)
{
    mz_rc_t             rc;
    mz_duckdb_result_t  res;

    memset(&res, 0, sizeof(res));

    if (w->api->execute_prepared_streaming(prepared, &res)
        == MZ_DUCKDB_SUCCESS)
    {
        rc = mz_wh_duckdb_read(w->api, &res, w->limits.rows_max, out, err);

    } else {
        rc = MZ_UNAVAILABLE;
    }

    if (rc == MZ_UNAVAILABLE) {
        rc = mz_wh_duckdb_fail(w->api->result_error(&res), err);
    }

    w->api->destroy_result(&res);

    return rc;
}


static mz_rc_t
mz_wh_duckdb_stopped(const mz_wh_duckdb_t *w, mz_rc_t why, mz_err_t *err)
{
    if (why == MZ_CANCELLED) {
        return mz_fail(err, MZ_CANCELLED, "the query was cancelled");
    }

    return mz_fail(err, MZ_LIMIT, "the query took longer than %.3g s and was "
                   "stopped: ask about a shorter range or fewer groups",
                   (double) w->limits.timeout_ms / 1000);
}


static mz_rc_t
mz_wh_duckdb_fail(const char *msg, mz_err_t *err)
{
    char                         words[MZ_ERR_MAX / 2];
    const mz_wh_duckdb_error_t  *e;

    if (msg == NULL) {
        msg = "no reason given";
    }

    for (e = mz_wh_duckdb_errors;
         strncmp(msg, e->prefix, strlen(e->prefix)) != 0;
         e++)
    {
        /* void */
    }

    mz_wh_duckdb_words(msg, words, sizeof(words));

    return mz_fail(err, e->rc, "%s%s", e->hint, words);
}


/* DuckDB's message on one line, without the excerpt of the statement. */

static void
mz_wh_duckdb_words(const char *msg, char *out, size_t size)
{
    size_t       n;
    const char  *end;

    end = strstr(msg, "\nLINE ");
    if (end == NULL) {
        end = msg + strlen(msg);
    }

    for (n = 0; msg < end && n < size - 1; msg++) {
        if (*msg != '\n') {
            out[n++] = *msg;

        } else if (n > 0 && out[n - 1] != ' ') {
            out[n++] = ' ';
        }
    }

    while (n > 0 && (out[n - 1] == ' ' || out[n - 1] == '.')) {
        n--;
    }

    out[n] = '\0';
}
