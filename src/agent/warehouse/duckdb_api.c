
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <unistd.h>

#include "agent/warehouse/duckdb_api.h"
#include "base/mz_str.h"


#ifndef MITZU_LIBDIR
#define MITZU_LIBDIR  "/usr/local/lib/mitzu"
#endif

#define MZ_DUCKDB_ENV     "MITZU_DUCKDB_LIB"
#define MZ_DUCKDB_HOWTO                                                       \
    "get libduckdb.so from https://duckdb.org/install (C/C++) or run "        \
    "`make setup`, then put it into " MITZU_LIBDIR " or set " MZ_DUCKDB_ENV   \
    " to its path"

typedef struct {
    const char  *name;
    size_t       offset;
} mz_duckdb_symbol_t;

#define MZ_DUCKDB_SYMBOL(type, name, args)                                    \
    { "duckdb_" #name, offsetof(mz_duckdb_api_t, name) },

static const mz_duckdb_symbol_t  mz_duckdb_symbols[] = {
    MZ_DUCKDB_API(MZ_DUCKDB_SYMBOL)
};

/* Loaded once and never unloaded: the library keeps threads of its own. */
static pthread_mutex_t  mz_duckdb_lock = PTHREAD_MUTEX_INITIALIZER;
static mz_duckdb_api_t  mz_duckdb_table;
static bool             mz_duckdb_is_loaded;

static mz_rc_t mz_duckdb_load_locked(mz_err_t *err);
static mz_rc_t mz_duckdb_find(void **handle, mz_err_t *err);
static void *mz_duckdb_beside(const char *relative);
static mz_rc_t mz_duckdb_resolve(void *handle, mz_duckdb_api_t *api,
    mz_err_t *err);
static mz_rc_t mz_duckdb_check_version(const char *version, mz_err_t *err);
static bool mz_duckdb_version_part(mz_str_t *rest, int64_t *out);
static mz_rc_t mz_duckdb_config(const mz_duckdb_api_t *api,
    const char *const *options, size_t n, mz_duckdb_config_t *out,
    mz_err_t *err);


mz_rc_t
mz_duckdb_load(const mz_duckdb_api_t **out, mz_err_t *err)
{
    mz_rc_t  rc;

    *out = NULL;

    pthread_mutex_lock(&mz_duckdb_lock);

    rc = mz_duckdb_is_loaded ? MZ_OK : mz_duckdb_load_locked(err);
    if (rc == MZ_OK) {
        mz_duckdb_is_loaded = true;
        *out = &mz_duckdb_table;
    }

    pthread_mutex_unlock(&mz_duckdb_lock);

    return rc;
}


mz_rc_t
mz_duckdb_open(const mz_duckdb_api_t *api, const char *path,
    const char *const *options, size_t n, mz_duckdb_database_t *db,
    mz_duckdb_connection_t *conn, mz_err_t *err)
{
    char                *error;
    mz_rc_t              rc;
    mz_duckdb_config_t   config;

    *db = NULL;
    *conn = NULL;
    error = NULL;

    rc = mz_duckdb_config(api, options, n, &config, err);
    if (rc != MZ_OK) {
        return rc;
    }

    if (api->open_ext(path, db, config, &error) != MZ_DUCKDB_SUCCESS) {
        rc = mz_fail(err, MZ_INVALID, "%s",
                     error != NULL ? error : "the database does not open");
        api->free(error);
        *db = NULL;

    } else if (api->connect(*db, conn) != MZ_DUCKDB_SUCCESS) {
        rc = mz_fail(err, MZ_INVALID, "no connection to the database");
        *conn = NULL;
        mz_duckdb_close(api, db, conn);
    }

    api->destroy_config(&config);

    return rc;
}


void
mz_duckdb_close(const mz_duckdb_api_t *api, mz_duckdb_database_t *db,
    mz_duckdb_connection_t *conn)
{
    if (*conn != NULL) {
        api->disconnect(conn);
    }

    if (*db != NULL) {
        api->close(db);
    }

    *conn = NULL;
    *db = NULL;
}


mz_rc_t
mz_duckdb_exec(const mz_duckdb_api_t *api, mz_duckdb_connection_t conn,
    const char *sql, mz_err_t *err)
{
    mz_rc_t              rc;
    const char          *msg;
    mz_duckdb_result_t   res;

    rc = MZ_OK;
    memset(&res, 0, sizeof(res));

    if (api->query(conn, sql, &res) != MZ_DUCKDB_SUCCESS) {
        msg = api->result_error(&res);
        rc = mz_fail(err, MZ_INVALID, "%s", msg != NULL ? msg : sql);
    }

    api->destroy_result(&res);

    return rc;
}


static mz_rc_t
mz_duckdb_load_locked(mz_err_t *err)
{
    void     *handle;
    mz_rc_t   rc;

    rc = mz_duckdb_find(&handle, err);
    if (rc != MZ_OK) {
        return rc;
    }

    rc = mz_duckdb_resolve(handle, &mz_duckdb_table, err);
    if (rc == MZ_OK) {
        rc = mz_duckdb_check_version(mz_duckdb_table.library_version(), err);
    }

    if (rc != MZ_OK) {
        dlclose(handle);
    }

    return rc;
}


static mz_rc_t
mz_duckdb_find(void **handle, mz_err_t *err)
{
    const char  *path, *why;

    path = getenv(MZ_DUCKDB_ENV);
    if (path != NULL && path[0] != '\0') {
        *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        if (*handle == NULL) {
            why = dlerror();
            return mz_fail(err, MZ_UNAVAILABLE, MZ_DUCKDB_ENV
                           " does not name a usable library: %s",
                           why != NULL ? why : path);
        }

        return MZ_OK;
    }

    *handle = mz_duckdb_beside("/../lib/mitzu/" MZ_DUCKDB_SONAME);
    if (*handle == NULL) {
        *handle = dlopen(MITZU_LIBDIR "/" MZ_DUCKDB_SONAME,
                         RTLD_NOW | RTLD_LOCAL);
    }
    if (*handle == NULL) {
        *handle = mz_duckdb_beside("/../lib/" MZ_DUCKDB_SONAME);
    }
    if (*handle == NULL) {
        *handle = mz_duckdb_beside("/" MZ_DUCKDB_SONAME);
    }
    if (*handle == NULL) {
        *handle = dlopen(MZ_DUCKDB_SONAME, RTLD_NOW | RTLD_LOCAL);
    }

    if (*handle == NULL) {
        return mz_fail(err, MZ_UNAVAILABLE, "the DuckDB library is not "
                       "installed: " MZ_DUCKDB_HOWTO);
    }

    return MZ_OK;
}


static void *
mz_duckdb_beside(const char *relative)
{
    int      n;
    char     exe[PATH_MAX], path[PATH_MAX];
    char    *slash;
    ssize_t  len;

    len = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
    if (len <= 0) {
        return NULL;
    }

    exe[len] = '\0';
    slash = strrchr(exe, '/');
    if (slash == NULL) {
        return NULL;
    }

    *slash = '\0';
    n = snprintf(path, sizeof(path), "%s%s", exe, relative);
    if (n < 0 || (size_t) n >= sizeof(path)) {
        return NULL;
    }

    return dlopen(path, RTLD_NOW | RTLD_LOCAL);
}


static mz_rc_t
mz_duckdb_resolve(void *handle, mz_duckdb_api_t *api, mz_err_t *err)
{
    void                      *p;
    size_t                     i;
    const mz_duckdb_symbol_t  *s;

    for (i = 0; i < MZ_ARRAY_LEN(mz_duckdb_symbols); i++) {
        s = &mz_duckdb_symbols[i];

        p = dlsym(handle, s->name);
        if (p == NULL) {
            return mz_fail(err, MZ_UNAVAILABLE, "the DuckDB library found "
                           "has no %s: it is not a release from "
                           MZ_DUCKDB_VERSION_MIN " on; " MZ_DUCKDB_HOWTO,
                           s->name);
        }

        /* An object pointer is no function pointer to C: copied instead. */
        memcpy((char *) api + s->offset, &p, sizeof(p));
    }

    return MZ_OK;
}


/* "v1.5.6", also "1.4.0-dev12". */

static mz_rc_t
mz_duckdb_check_version(const char *version, mz_err_t *err)
{
    int64_t   major, minor;
    mz_str_t  rest;

    rest = mz_str_from(version);
    if (rest.len > 0 && rest.data[0] == 'v') {
        rest.data++;
        rest.len--;
    }

    if (mz_duckdb_version_part(&rest, &major)
        && mz_duckdb_version_part(&rest, &minor)
        && (major > 1 || (major == 1 && minor >= 4)))
    {
        return MZ_OK;
    }

    return mz_fail(err, MZ_UNAVAILABLE, "the DuckDB library found is version "
                   "%.32s, at least " MZ_DUCKDB_VERSION_MIN " is needed: "
                   MZ_DUCKDB_HOWTO, version != NULL ? version : "unknown");
}


static bool
mz_duckdb_version_part(mz_str_t *rest, int64_t *out)
{
    mz_str_t  part;

    return mz_str_split(rest, '.', &part)
           && mz_str_to_int(part, out) == MZ_OK;
}


static mz_rc_t
mz_duckdb_config(const mz_duckdb_api_t *api, const char *const *options,
    size_t n, mz_duckdb_config_t *out, mz_err_t *err)
{
    size_t  i;

    *out = NULL;

    if (api->create_config(out) != MZ_DUCKDB_SUCCESS) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    for (i = 0; i < n; i++) {
        if (api->set_config(*out, options[2 * i], options[2 * i + 1])
            != MZ_DUCKDB_SUCCESS)
        {
            api->destroy_config(out);
            return mz_fail(err, MZ_INVALID, "DuckDB refuses the setting "
                           "%s = %s", options[2 * i], options[2 * i + 1]);
        }
    }

    return MZ_OK;
}
