
/*
 * mz_base: the words every layer shares: result codes, strings, errors.
 * Layer 0: no I/O, no clock, no randomness, no globals.
 *
 * Code shared by the nginx module and the agent lives below src/ngx and
 * src/agent; it gets time, randomness and limits as parameters.
 */

#ifndef MZ_BASE_H
#define MZ_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


typedef enum {
    MZ_OK = 0,
    MZ_AGAIN,           /* more input or another step is needed */
    MZ_INVALID,         /* input from outside breaks a rule: mz_err_t says it */
    MZ_LIMIT,           /* a named limit was reached */
    MZ_NOT_FOUND,
    MZ_DENIED,
    MZ_UNAVAILABLE,     /* a back end is away: try again later */
    MZ_CANCELLED,
    MZ_NOMEM,
    MZ_INTERNAL
} mz_rc_t;


/* A borrowed or owned run of bytes; never relies on a NUL behind it. */

typedef struct {
    const char  *data;
    size_t       len;
} mz_str_t;

#define mz_str(lit)       ((mz_str_t) { (lit), sizeof(lit) - 1 })
#define mz_null_str       ((mz_str_t) { NULL, 0 })


/* What went wrong, in words for the reader who can mend it. */

#define MZ_ERR_MAX  512

typedef struct {
    mz_rc_t  rc;
    char     msg[MZ_ERR_MAX];   /* UTF-8, NUL-terminated, no trailing stop */
} mz_err_t;


#define MZ_ARRAY_LEN(a)   (sizeof(a) / sizeof((a)[0]))

#if defined(__GNUC__)
#define MZ_PRINTF(f, a)   __attribute__((format(printf, f, a)))
#else
#define MZ_PRINTF(f, a)
#endif


/* Sets *err (err may be NULL) and returns rc: return mz_fail(err, MZ_X, ..) */
mz_rc_t mz_fail(mz_err_t *err, mz_rc_t rc, const char *fmt, ...)
    MZ_PRINTF(3, 4);

/* "ok", "invalid", .. for logs. */
const char *mz_rc_name(mz_rc_t rc);


#endif /* MZ_BASE_H */
