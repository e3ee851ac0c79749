
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "agent/read_file.h"


#define MZ_READ_FILE_BLOCK  65536

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
            return mz_fail(err, errno == ENOENT ? MZ_NOT_FOUND
                                                : MZ_UNAVAILABLE,
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

    case MZ_UNAVAILABLE:
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
            return MZ_UNAVAILABLE;
        }

        mz_buf_add(b, block, (size_t) n);
        if (b->rc != MZ_OK) {
            return b->rc;
        }
    }
}
