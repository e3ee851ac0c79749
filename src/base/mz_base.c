
#include "base/mz_utf8.h"


static void mz_fail_clean(char *msg);


static const char *const  mz_rc_names[] = {
    [MZ_OK] = "ok",
    [MZ_AGAIN] = "again",
    [MZ_INVALID] = "invalid",
    [MZ_LIMIT] = "limit",
    [MZ_NOT_FOUND] = "not found",
    [MZ_DENIED] = "denied",
    [MZ_UNAVAILABLE] = "unavailable",
    [MZ_CANCELLED] = "cancelled",
    [MZ_NOMEM] = "out of memory",
    [MZ_INTERNAL] = "internal"
};


mz_rc_t
mz_fail(mz_err_t *err, mz_rc_t rc, const char *fmt, ...)
{
    int       n;
    va_list   args;
    mz_str_t  kept;

    if (err == NULL) {
        return rc;
    }

    va_start(args, fmt);
    n = vsnprintf(err->msg, sizeof(err->msg), fmt, args);
    va_end(args);

    err->rc = rc;

    if (n < 0) {
        err->msg[0] = '\0';

    } else if ((size_t) n >= sizeof(err->msg)) {
        kept = mz_utf8_prefix_bytes((mz_str_t) { err->msg,
                                                 sizeof(err->msg) - 1 },
                                    sizeof(err->msg) - 1);
        err->msg[kept.len] = '\0';
    }

    mz_fail_clean(err->msg);

    return rc;
}


/* Words of a library, or of a caller, may hold a character cut in half. */

static void
mz_fail_clean(char *msg)
{
    size_t    pos, from;
    mz_str_t  s;

    s = (mz_str_t) { msg, strlen(msg) };

    if (mz_utf8_is_valid(s)) {
        return;
    }

    for (pos = 0; pos < s.len; /* void */ ) {
        from = pos;

        if (mz_utf8_next(s, &pos) == 0xfffd && pos == from + 1) {
            msg[from] = '?';
        }
    }
}


const char *
mz_rc_name(mz_rc_t rc)
{
    if ((size_t) rc >= MZ_ARRAY_LEN(mz_rc_names)) {
        return "unknown";
    }

    return mz_rc_names[rc];
}
