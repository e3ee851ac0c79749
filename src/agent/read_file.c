
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "agent/read_file.h"


#define MZ_READ_FILE_BLOCK  65536
#define MZ_READ_SPEC_MAX    (1024 * 1024)

static mz_rc_t mz_read_file_all(int fd, mz_buf_t *b);


mz_rc_t
mz_read_file(const char *path, mz_buf_t *b, mz_err_t *err)
{
    int      fd;
    mz_rc_t  rc;

    if (strcmp(path, "-") == 0) {
        rc = mz_read_file_all(STDIN_FILENO, b);

    } else {
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd == -1) {
            return mz_fail(err, errno == ENOENT ? MZ_NOT_FOUND : MZ_INVALID,
                           "cannot read %.256s: %s", path, strerror(errno));
        }

        rc = mz_read_file_all(fd, b);
        close(fd);
    }

    switch (rc) {

    case MZ_OK:
        return MZ_OK;

    case MZ_LIMIT:
        return mz_fail(err, rc, "%.256s has more than %zu bytes", path,
                       b->max);

    case MZ_INVALID:
        return mz_fail(err, rc, "cannot read %.256s: %s", path,
                       strerror(errno));

    default:
        return mz_fail(err, rc, "out of memory");
    }
}


mz_rc_t
mz_read_json_file(const char *path, size_t max, json_t **out, mz_err_t *err)
{
    mz_rc_t   rc;
    mz_buf_t  b;

    *out = NULL;
    mz_buf_init(&b, max);

    rc = mz_read_file(path, &b, err);
    if (rc == MZ_OK) {
        rc = mz_json_load(mz_buf_view(&b), NULL, out, err);
    }

    mz_buf_free(&b);

    return rc;
}


mz_rc_t
mz_read_spec_file(const char *path, json_t **out, mz_err_t *err)
{
    json_t   *spec;
    mz_rc_t   rc;

    rc = mz_read_json_file(path, MZ_READ_SPEC_MAX, out, err);
    if (rc != MZ_OK) {
        return rc;
    }

    spec = json_object_get(*out, "spec");

    if (json_is_object(spec) && json_object_get(*out, "kind") == NULL) {
        json_incref(spec);
        json_decref(*out);
        *out = spec;
    }

    return MZ_OK;
}


static mz_rc_t
mz_read_file_all(int fd, mz_buf_t *b)
{
    char     block[MZ_READ_FILE_BLOCK];
    ssize_t  n;

    for ( ;; ) {
        n = read(fd, block, sizeof(block));

        if (n == 0) {
            return b->rc;
        }

        if (n == -1 && errno == EINTR) {
            continue;
        }

        if (n == -1) {
            return MZ_INVALID;
        }

        mz_buf_add(b, block, (size_t) n);
        if (b->rc != MZ_OK) {
            return b->rc;
        }
    }
}
