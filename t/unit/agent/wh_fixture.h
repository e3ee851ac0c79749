
/*
 * wh_fixture: what the tests of the warehouse share: a directory of their
 * own, the DuckDB library of the build, databases made by statements.
 */

#ifndef MZ_WH_FIXTURE_H
#define MZ_WH_FIXTURE_H

#include <limits.h>
#include <unistd.h>

#include "agent/warehouse/duckdb_api.h"
#include "agent/warehouse/warehouse.h"
#include "base/mz_str.h"


/* Twice as long as the directory, for the names in it. */
static char  fixture_dir[PATH_MAX / 4];
static char  fixture_path[PATH_MAX / 2];


/*
 * The test program lies in BUILD/{rel,san}/unit/agent, the library in
 * BUILD/lib.
 */

static void
fixture_init(void)
{
    char         exe[PATH_MAX / 2], lib[PATH_MAX];
    ssize_t      n;
    const char  *tmp;

    tmp = getenv("TMPDIR");
    snprintf(fixture_dir, sizeof(fixture_dir), "%s/mitzu-wh-XXXXXX",
             tmp != NULL ? tmp : "/tmp");
    if (mkdtemp(fixture_dir) == NULL) {
        printf("Bail out! no temporary directory\n");
        exit(1);
    }

    n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
    if (n > 0 && getenv("MITZU_DUCKDB_LIB") == NULL) {
        exe[n] = '\0';
        snprintf(lib, sizeof(lib), "%.*s/../../../lib/libduckdb.so",
                 (int) (strrchr(exe, '/') - exe), exe);
        if (access(lib, R_OK) == 0) {
            setenv("MITZU_DUCKDB_LIB", lib, 1);
        }
    }
}


/* A path in the directory; good until the next call. */

static inline const char *
fixture_file(const char *name)
{
    snprintf(fixture_path, sizeof(fixture_path), "%s/%s", fixture_dir, name);

    return fixture_path;
}


/* Removes the directory with what the tests left in it (no directories). */

static void
fixture_done(void)
{
    char  cmd[PATH_MAX];

    snprintf(cmd, sizeof(cmd), "rm -rf -- '%s'", fixture_dir);
    if (system(cmd) != 0) {
        printf("# cannot remove %s\n", fixture_dir);
    }
}


/* Runs statements on a new or old database file, for writing. */

static inline bool
fixture_make(const char *path, const char *sql)
{
    mz_err_t                 err;
    mz_rc_t                  rc;
    const mz_duckdb_api_t   *api;
    mz_duckdb_database_t     db;
    mz_duckdb_connection_t   conn;

    rc = mz_duckdb_load(&api, &err);
    if (rc == MZ_OK) {
        rc = mz_duckdb_open(api, path, NULL, 0, &db, &conn, &err);
    }

    if (rc == MZ_OK) {
        rc = mz_duckdb_exec(api, conn, sql, &err);
        mz_duckdb_close(api, &db, &conn);
    }

    if (rc != MZ_OK) {
        printf("# %s\n", err.msg);
    }

    return rc == MZ_OK;
}


static inline mz_rc_t
fixture_query(mz_warehouse_t *wh, const char *sql, mz_param_t *params,
    size_t nparams, mz_rset_t **out, mz_err_t *err)
{
    mz_rc_t         rc;
    mz_statement_t  st;

    memset(&st, 0, sizeof(st));
    mz_buf_init(&st.sql, 0);
    mz_buf_add_c(&st.sql, sql);
    (void) mz_buf_cstr(&st.sql);
    st.params = params;
    st.nparams = nparams;

    err->msg[0] = '\0';
    rc = wh->ops->query(wh, &st, out, err);
    mz_buf_free(&st.sql);

    return rc;
}


#endif /* MZ_WH_FIXTURE_H */
