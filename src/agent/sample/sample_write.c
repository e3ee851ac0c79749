
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/warehouse/duckdb_api.h"
#include "agent/sample/sample_model.h"


#define MZ_SAMPLE_TABLE     "events"
#define MZ_SAMPLE_SQL_MAX   4096
#define MZ_SAMPLE_ID_MAX    32
#define MZ_SAMPLE_DIGITS    12          /* of DECIMAL(12,2) */
#define MZ_SAMPLE_SCALE     2

typedef struct {
    const mz_duckdb_api_t   *api;
    mz_duckdb_database_t     db;
    mz_duckdb_connection_t   conn;
    mz_duckdb_appender_t     appender;
    mz_duckdb_data_chunk_t   chunk;
    uint64_t                 rows;      /* of a chunk */
    mz_duckdb_vector_t       vectors[MZ_SAMPLE_COLUMNS];
    void                    *data[MZ_SAMPLE_COLUMNS];
    uint64_t                *validity[MZ_SAMPLE_COLUMNS];
} mz_sample_writer_t;

/* By kind; an id is text too. */

typedef struct {
    const char        *sql;
    mz_duckdb_type_t   type;
} mz_sample_type_t;

static const mz_sample_type_t  mz_sample_types[] = {
    { "TIMESTAMP",     MZ_DUCKDB_TIMESTAMP },
    { "VARCHAR",       MZ_DUCKDB_VARCHAR },
    { "VARCHAR",       MZ_DUCKDB_VARCHAR },
    { "VARCHAR",       MZ_DUCKDB_VARCHAR },
    { "VARCHAR",       MZ_DUCKDB_VARCHAR },
    { "VARCHAR",       MZ_DUCKDB_VARCHAR },
    { "VARCHAR",       MZ_DUCKDB_VARCHAR },
    { "INTEGER",       MZ_DUCKDB_INTEGER },
    { "DECIMAL(12,2)", MZ_DUCKDB_DECIMAL },
};

static mz_rc_t mz_sample_write_file(const mz_sample_t *s, const char *tmp,
    mz_sample_progress_pt progress, void *data, mz_err_t *err);
static mz_rc_t mz_sample_place(const char *tmp, const char *path,
    bool is_forced, mz_err_t *err);
static mz_rc_t mz_sample_taken(const char *path, mz_err_t *err);
static mz_rc_t mz_sample_open(mz_sample_writer_t *w, const char *tmp,
    mz_err_t *err);
static mz_rc_t mz_sample_create_table(mz_sample_writer_t *w, mz_err_t *err);
static mz_rc_t mz_sample_create_chunk(mz_sample_writer_t *w, mz_err_t *err);
static void mz_sample_close(mz_sample_writer_t *w);
static mz_rc_t mz_sample_append(mz_sample_writer_t *w, const mz_sample_t *s,
    mz_sample_progress_pt progress, void *data, mz_err_t *err);
static void mz_sample_fill(mz_sample_writer_t *w,
    const mz_sample_event_t *events, uint64_t n);
static void mz_sample_fill_row(mz_sample_writer_t *w,
    const mz_sample_event_t *e, uint64_t row);
static void mz_sample_fill_own(mz_sample_writer_t *w,
    const mz_sample_own_t *o, int32_t v, uint64_t row);
static void mz_sample_put_text(mz_sample_writer_t *w, int column,
    uint64_t row, const char *text);
static void mz_sample_put_id(mz_sample_writer_t *w, int column, uint64_t row,
    int64_t id);
static void mz_sample_put_valid(mz_sample_writer_t *w, int column,
    uint64_t row);
static mz_rc_t mz_sample_appended(mz_sample_writer_t *w,
    mz_duckdb_state_t state, mz_err_t *err);


mz_rc_t
mz_sample_write(const mz_sample_t *s, const char *path, bool is_forced,
    mz_sample_progress_pt progress, void *data, mz_err_t *err)
{
    int          n;
    char         tmp[PATH_MAX], wal[PATH_MAX];
    mz_rc_t      rc;
    struct stat  st;

    if (!is_forced && stat(path, &st) == 0) {
        return mz_sample_taken(path, err);
    }

    n = snprintf(tmp, sizeof(tmp), "%s.%ld.tmp", path, (long) getpid());
    if (n < 0 || (size_t) n + 4 >= sizeof(tmp)) {
        return mz_fail(err, MZ_INVALID, "the name of the output is too long");
    }

    snprintf(wal, sizeof(wal), "%.*s.wal", n, tmp);

    /* Left by a process of the same number that was killed. */
    (void) unlink(tmp);
    (void) unlink(wal);

    rc = mz_sample_write_file(s, tmp, progress, data, err);
    if (rc == MZ_OK) {
        rc = mz_sample_place(tmp, path, is_forced, err);
    }

    if (rc != MZ_OK) {
        (void) unlink(tmp);
        (void) unlink(wal);
    }

    return rc;
}


static mz_rc_t
mz_sample_write_file(const mz_sample_t *s, const char *tmp,
    mz_sample_progress_pt progress, void *data, mz_err_t *err)
{
    mz_rc_t             rc;
    mz_sample_writer_t  w;

    memset(&w, 0, sizeof(w));

    rc = mz_duckdb_load(&w.api, err);
    if (rc != MZ_OK) {
        return rc;
    }

    rc = mz_sample_open(&w, tmp, err);
    if (rc == MZ_OK) {
        rc = mz_sample_append(&w, s, progress, data, err);
    }

    /* What goes wrong while closing cannot be told: so it is done before. */
    if (rc == MZ_OK) {
        rc = mz_duckdb_exec(w.api, w.conn, "CHECKPOINT", err);
    }

    mz_sample_close(&w);

    return rc;
}


static mz_rc_t
mz_sample_place(const char *tmp, const char *path, bool is_forced,
    mz_err_t *err)
{
    int  fd, rc;

    fd = open(tmp, O_RDONLY | O_CLOEXEC);
    if (fd != -1) {
        (void) fsync(fd);
        close(fd);
    }

    /* A link fails when somebody else was quicker; not all systems have it. */
    if (!is_forced && link(tmp, path) == 0) {
        (void) unlink(tmp);
        return MZ_OK;
    }

    if (!is_forced && errno == EEXIST) {
        return mz_sample_taken(path, err);
    }

    rc = rename(tmp, path);
    if (rc != 0) {
        return mz_fail(err, MZ_UNAVAILABLE, "cannot write %.256s: %s", path,
                       strerror(errno));
    }

    return MZ_OK;
}


static mz_rc_t
mz_sample_taken(const char *path, mz_err_t *err)
{
    return mz_fail(err, MZ_INVALID, "%.256s is already there: name another "
                   "file, or replace it with --force", path);
}


static mz_rc_t
mz_sample_open(mz_sample_writer_t *w, const char *tmp, mz_err_t *err)
{
    char                words[MZ_ERR_MAX / 2];
    mz_rc_t             rc;
    static const char  *const options[] = {
        "autoload_known_extensions",    "false",
        "autoinstall_known_extensions", "false",
    };

    rc = mz_duckdb_open(w->api, tmp, options, MZ_ARRAY_LEN(options) / 2,
                        &w->db, &w->conn, err);
    if (rc != MZ_OK) {
        snprintf(words, sizeof(words), "%.200s",
                 err != NULL ? err->msg : "");
        return mz_fail(err, MZ_UNAVAILABLE, "cannot make %.128s: %s", tmp,
                       words);
    }

    rc = mz_sample_create_table(w, err);
    if (rc != MZ_OK) {
        return rc;
    }

    if (w->api->appender_create(w->conn, NULL, MZ_SAMPLE_TABLE, &w->appender)
        != MZ_DUCKDB_SUCCESS)
    {
        return mz_sample_appended(w, MZ_DUCKDB_ERROR, err);
    }

    return mz_sample_create_chunk(w, err);
}


static mz_rc_t
mz_sample_create_table(mz_sample_writer_t *w, mz_err_t *err)
{
    int                        i, n;
    char                       sql[MZ_SAMPLE_SQL_MAX];
    const mz_sample_column_t  *c;

    n = snprintf(sql, sizeof(sql), "CREATE TABLE " MZ_SAMPLE_TABLE " (");

    for (i = 0; i < MZ_SAMPLE_COLUMNS && (size_t) n < sizeof(sql); i++) {
        c = &mz_sample_columns[i];
        n += snprintf(sql + n, sizeof(sql) - (size_t) n, "%s\"%s\" %s%s",
                      i == 0 ? "" : ", ", c->name,
                      mz_sample_types[c->kind].sql,
                      c->kind <= MZ_SAMPLE_KIND_SESSION ? " NOT NULL" : "");
    }

    if ((size_t) n + 2 > sizeof(sql)) {
        return mz_fail(err, MZ_INTERNAL, "the table has too many columns");
    }

    snprintf(sql + n, sizeof(sql) - (size_t) n, ")");

    return mz_duckdb_exec(w->api, w->conn, sql, err);
}


static mz_rc_t
mz_sample_create_chunk(mz_sample_writer_t *w, mz_err_t *err)
{
    int                        i;
    mz_duckdb_type_t           type;
    mz_duckdb_logical_type_t   types[MZ_SAMPLE_COLUMNS];

    for (i = 0; i < MZ_SAMPLE_COLUMNS; i++) {
        type = mz_sample_types[mz_sample_columns[i].kind].type;
        types[i] = type == MZ_DUCKDB_DECIMAL
                   ? w->api->create_decimal_type(MZ_SAMPLE_DIGITS,
                                                 MZ_SAMPLE_SCALE)
                   : w->api->create_logical_type(type);
    }

    w->chunk = w->api->create_data_chunk(types, MZ_SAMPLE_COLUMNS);
    w->rows = w->api->vector_size();

    for (i = 0; i < MZ_SAMPLE_COLUMNS; i++) {
        w->api->destroy_logical_type(&types[i]);
    }

    if (w->chunk == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    return MZ_OK;
}


static void
mz_sample_close(mz_sample_writer_t *w)
{
    if (w->chunk != NULL) {
        w->api->destroy_data_chunk(&w->chunk);
    }

    if (w->appender != NULL) {
        (void) w->api->appender_destroy(&w->appender);
    }

    mz_duckdb_close(w->api, &w->db, &w->conn);
}


static mz_rc_t
mz_sample_append(mz_sample_writer_t *w, const mz_sample_t *s,
    mz_sample_progress_pt progress, void *data, mz_err_t *err)
{
    size_t    i;
    mz_rc_t   rc;
    uint64_t  n;

    for (i = 0; i < s->n; i += n) {
        n = s->n - i < w->rows ? s->n - i : w->rows;

        w->api->data_chunk_reset(w->chunk);
        mz_sample_fill(w, s->events + i, n);
        w->api->data_chunk_set_size(w->chunk, n);

        rc = mz_sample_appended(w, w->api->append_data_chunk(w->appender,
                                                             w->chunk), err);
        if (rc != MZ_OK) {
            return rc;
        }

        if (progress != NULL) {
            progress(data, i + n, s->n);
        }
    }

    return mz_sample_appended(w, w->api->appender_close(w->appender), err);
}


/* All is null at first: most columns of a row are. */

static void
mz_sample_fill(mz_sample_writer_t *w, const mz_sample_event_t *events,
    uint64_t n)
{
    int       i;
    uint64_t  row;

    for (i = 0; i < MZ_SAMPLE_COLUMNS; i++) {
        w->vectors[i] = w->api->data_chunk_get_vector(w->chunk, (uint64_t) i);
        w->data[i] = w->api->vector_get_data(w->vectors[i]);
        w->api->vector_ensure_validity_writable(w->vectors[i]);
        w->validity[i] = w->api->vector_get_validity(w->vectors[i]);
        memset(w->validity[i], 0, (n + 63) / 64 * sizeof(uint64_t));
    }

    for (row = 0; row < n; row++) {
        mz_sample_fill_row(w, &events[row], row);
    }
}


static void
mz_sample_fill_row(mz_sample_writer_t *w, const mz_sample_event_t *e,
    uint64_t row)
{
    int                     i;
    const mz_sample_own_t  *o;

    mz_sample_put_valid(w, MZ_SAMPLE_COL_TIME, row);
    ((int64_t *) w->data[MZ_SAMPLE_COL_TIME])[row] = e->time_us;

    mz_sample_put_text(w, MZ_SAMPLE_COL_EVENT, row,
                       mz_sample_defs[e->name].name);
    mz_sample_put_id(w, MZ_SAMPLE_COL_USER, row, e->user);
    mz_sample_put_id(w, MZ_SAMPLE_COL_SESSION, row, e->session);

    for (i = 0; i < MZ_SAMPLE_COMMON; i++) {
        if (e->common[i] != MZ_SAMPLE_NULL) {
            mz_sample_put_text(w, MZ_SAMPLE_COL_COMMON + i, row,
                               mz_sample_commons[i].v[e->common[i]].text);
        }
    }

    for (i = 0; i < MZ_SAMPLE_OWN_MAX; i++) {
        o = &mz_sample_defs[e->name].own[i];

        if (o->column == 0) {
            break;
        }

        if (e->own[i] != MZ_SAMPLE_NULL) {
            mz_sample_fill_own(w, o, e->own[i], row);
        }
    }
}


static void
mz_sample_fill_own(mz_sample_writer_t *w, const mz_sample_own_t *o,
    int32_t v, uint64_t row)
{
    int  column;

    column = (int) o->column;

    switch (mz_sample_columns[column].kind) {

    case MZ_SAMPLE_KIND_SET:
        mz_sample_put_text(w, column, row, o->set->v[v].text);
        break;

    case MZ_SAMPLE_KIND_ID:
        mz_sample_put_id(w, column, row, v);
        break;

    case MZ_SAMPLE_KIND_INT:
        mz_sample_put_valid(w, column, row);
        ((int32_t *) w->data[column])[row] = v;
        break;

    default:    /* MZ_SAMPLE_KIND_MONEY */
        mz_sample_put_valid(w, column, row);
        ((int64_t *) w->data[column])[row] = v;
        break;
    }
}


static void
mz_sample_put_text(mz_sample_writer_t *w, int column, uint64_t row,
    const char *text)
{
    mz_sample_put_valid(w, column, row);
    w->api->vector_assign_string_element_len(w->vectors[column], row, text,
                                             strlen(text));
}


static void
mz_sample_put_id(mz_sample_writer_t *w, int column, uint64_t row, int64_t id)
{
    char  text[MZ_SAMPLE_ID_MAX];

    snprintf(text, sizeof(text), "%s%" PRId64,
             mz_sample_columns[column].prefix, id);
    mz_sample_put_text(w, column, row, text);
}


static void
mz_sample_put_valid(mz_sample_writer_t *w, int column, uint64_t row)
{
    w->validity[column][row / 64] |= (uint64_t) 1 << row % 64;
}


static mz_rc_t
mz_sample_appended(mz_sample_writer_t *w, mz_duckdb_state_t state,
    mz_err_t *err)
{
    const char  *msg;

    if (state == MZ_DUCKDB_SUCCESS) {
        return MZ_OK;
    }

    msg = w->appender != NULL ? w->api->appender_error(w->appender) : NULL;

    return mz_fail(err, MZ_UNAVAILABLE, "cannot write the sample: %s",
                   msg != NULL ? msg : "no reason given");
}
