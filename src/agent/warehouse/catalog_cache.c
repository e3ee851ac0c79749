
/* The catalog of a warehouse, scanned or from the file beside it. */

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/read_file.h"
#include "agent/warehouse/warehouse.h"
#include "base/mz_str.h"


#define MZ_CATALOG_CACHE_SUFFIX   ".catalog.json"
#define MZ_CATALOG_CACHE_MAX      ((size_t) 64 * 1024 * 1024)
#define MZ_CATALOG_CACHE_VERSION  1

/* {"version": 1, "stamp": {..}, "catalog": {..}} */

static json_t *mz_catalog_cache_load(const char *cache);
static bool mz_catalog_cache_is_current(const json_t *j,
    const mz_warehouse_stamp_t *stamp);
static void mz_catalog_cache_roles(const json_t *j,
    mz_catalog_roles_t *roles);
static mz_rc_t mz_catalog_cache_scan(mz_warehouse_t *wh,
    const char *address, const char *cache, const mz_catalog_roles_t *roles,
    mz_catalog_t **out, mz_err_t *err);
static void mz_catalog_cache_save(const char *address, const char *cache,
    const mz_warehouse_stamp_t *stamp, json_t *catalog);
static bool mz_catalog_cache_write(const char *path, mode_t mode,
    mz_str_t text);
static mz_rc_t mz_catalog_cache_fail(const char *address, mz_rc_t rc,
    mz_err_t *err);


mz_rc_t
mz_catalog_open(mz_warehouse_t *wh, const char *address, const char *cache,
    mz_catalog_t **out, mz_err_t *err)
{
    mz_rc_t              rc;
    json_t              *j;
    mz_catalog_roles_t   roles;

    *out = NULL;
    rc = MZ_INVALID;

    j = cache != NULL ? mz_catalog_cache_load(cache) : NULL;

    if (j != NULL) {
        if (mz_catalog_cache_is_current(j, &wh->stamp)) {
            rc = mz_catalog_from_json(json_object_get(j, "catalog"), out,
                                      err);
        }

        if (rc == MZ_INVALID) {
            mz_catalog_cache_roles(j, &roles);
            rc = mz_catalog_cache_scan(wh, address, cache, &roles, out,
                                       err);
        }

        json_decref(j);
    }

    if (rc == MZ_INVALID) {
        rc = mz_catalog_cache_scan(wh, address, cache, NULL, out, err);
    }

    return rc == MZ_OK ? MZ_OK : mz_catalog_cache_fail(address, rc, err);
}


mz_rc_t
mz_catalog_refresh(mz_warehouse_t *wh, const char *address,
    const char *cache, const mz_catalog_roles_t *roles, mz_catalog_t **out,
    mz_err_t *err)
{
    mz_rc_t  rc;

    *out = NULL;

    rc = mz_catalog_cache_scan(wh, address, cache, roles, out, err);

    return rc == MZ_OK ? MZ_OK : mz_catalog_cache_fail(address, rc, err);
}


char *
mz_catalog_cache_path(const char *address)
{
    char        *path;
    size_t       size;
    const char  *file;

    file = mz_warehouse_file(address);
    if (file == NULL) {
        return NULL;
    }

    size = strlen(file) + sizeof(MZ_CATALOG_CACHE_SUFFIX);

    path = malloc(size);
    if (path != NULL) {
        snprintf(path, size, "%s" MZ_CATALOG_CACHE_SUFFIX, file);
    }

    return path;
}


/* NULL: none, or not one of ours. */

static json_t *
mz_catalog_cache_load(const char *cache)
{
    json_t            *j;
    mz_buf_t           b;
    mz_json_limits_t   limits;

    j = NULL;
    limits.bytes_max = MZ_CATALOG_CACHE_MAX;
    limits.depth_max = MZ_JSON_DEPTH_MAX;
    mz_buf_init(&b, MZ_CATALOG_CACHE_MAX);

    if (mz_read_file(cache, &b, NULL) == MZ_OK) {
        (void) mz_json_load(mz_buf_view(&b), &limits, &j, NULL);
    }

    mz_buf_free(&b);

    if (mz_json_get_int(j, "version", 0) != MZ_CATALOG_CACHE_VERSION) {
        json_decref(j);
        return NULL;
    }

    return j;
}


static bool
mz_catalog_cache_is_current(const json_t *j,
    const mz_warehouse_stamp_t *stamp)
{
    const json_t  *s;

    s = json_object_get(j, "stamp");

    return stamp->size != 0
           && mz_json_get_int(s, "inode", -1) == stamp->inode
           && mz_json_get_int(s, "size", -1) == stamp->size
           && mz_json_get_int(s, "mtime_ns", -1) == stamp->mtime_ns;
}


/* Borrowed from j; what is not there is found again. */

static void
mz_catalog_cache_roles(const json_t *j, mz_catalog_roles_t *roles)
{
    const json_t  *c;

    c = json_object_get(j, "catalog");

    roles->table = json_string_value(json_object_get(c, "table"));
    roles->event_column =
        json_string_value(json_object_get(c, "event_column"));
    roles->time_column = json_string_value(json_object_get(c, "time_column"));
    roles->user_column = json_string_value(json_object_get(c, "user_column"));
}


static mz_rc_t
mz_catalog_cache_scan(mz_warehouse_t *wh, const char *address,
    const char *cache, const mz_catalog_roles_t *roles, mz_catalog_t **out,
    mz_err_t *err)
{
    mz_rc_t   rc;
    json_t   *j;

    rc = mz_catalog_scan(wh, roles, &j, err);
    if (rc != MZ_OK) {
        return rc;
    }

    rc = mz_catalog_from_json(j, out, err);

    if (rc == MZ_OK && cache != NULL && wh->stamp.size != 0) {
        mz_catalog_cache_save(address, cache, &wh->stamp, j);
    }

    json_decref(j);

    return rc;
}


/* Who may read the warehouse may read what is in it. */

static void
mz_catalog_cache_save(const char *address, const char *cache,
    const mz_warehouse_stamp_t *stamp, json_t *catalog)
{
    json_t       *j, *s;
    mz_buf_t      b;
    const char   *file;
    struct stat   st;

    file = mz_warehouse_file(address);
    if (file == NULL || stat(file, &st) != 0) {
        return;
    }

    s = json_object();
    j = json_object();
    mz_buf_init(&b, MZ_CATALOG_CACHE_MAX);

    if (mz_json_set(s, "inode", json_integer(stamp->inode)) == MZ_OK
        && mz_json_set(s, "size", json_integer(stamp->size)) == MZ_OK
        && mz_json_set(s, "mtime_ns", json_integer(stamp->mtime_ns)) == MZ_OK
        && mz_json_set(j, "version",
                       json_integer(MZ_CATALOG_CACHE_VERSION)) == MZ_OK
        && mz_json_set(j, "stamp", json_incref(s)) == MZ_OK
        && mz_json_set(j, "catalog", json_incref(catalog)) == MZ_OK)
    {
        mz_json_dump(&b, j);
        mz_buf_add_char(&b, '\n');

        if (b.rc == MZ_OK) {
            (void) mz_catalog_cache_write(cache, st.st_mode & 0666,
                                          mz_buf_view(&b));
        }
    }

    mz_buf_free(&b);
    json_decref(s);
    json_decref(j);
}


/* Beside the file, then renamed: a reader sees a whole one. */

static bool
mz_catalog_cache_write(const char *path, mode_t mode, mz_str_t text)
{
    int      fd, n;
    bool     is_done;
    char     tmp[PATH_MAX];
    size_t   at;
    ssize_t  w;

    n = snprintf(tmp, sizeof(tmp), "%s.XXXXXX", path);
    if (n < 0 || (size_t) n >= sizeof(tmp)) {
        return false;
    }

    fd = mkostemp(tmp, O_CLOEXEC);
    if (fd == -1) {
        return false;
    }

    w = 0;
    for (at = 0; at < text.len; at += (size_t) w) {
        w = write(fd, text.data + at, text.len - at);
        if (w <= 0) {
            break;
        }
    }

    is_done = at == text.len && fchmod(fd, mode) == 0;
    is_done = close(fd) == 0 && is_done && rename(tmp, path) == 0;

    if (!is_done) {
        (void) unlink(tmp);
    }

    return is_done;
}


static mz_rc_t
mz_catalog_cache_fail(const char *address, mz_rc_t rc, mz_err_t *err)
{
    char  words[MZ_ERR_MAX];

    if (err == NULL) {
        return rc;
    }

    snprintf(words, sizeof(words), "%s", err->msg);

    return mz_fail(err, rc, "%.128s: %.380s", address, words);
}
