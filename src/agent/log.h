
/*
 * log: one line per event to stderr, "time level pid message".  A line is
 * one write(2), so lines of several processes do not mix.  Control and
 * ill-formed bytes of the message are escaped; text from users goes through
 * mz_log_quote() first, secrets never come here.  Any thread may log.
 */

#ifndef MZ_LOG_H
#define MZ_LOG_H

#include "base/mz_base.h"


#define MZ_LOG_QUOTE_MAX  200       /* bytes of a quoted text that are kept */

typedef enum {
    MZ_LOG_ERROR,
    MZ_LOG_WARN,
    MZ_LOG_INFO,
    MZ_LOG_DEBUG
} mz_log_level_t;

typedef struct {
    char  s[MZ_LOG_QUOTE_MAX * 4 + 8];
} mz_log_quote_t;


/* Before the first thread is made; the default is info. */
void mz_log_set_level(mz_log_level_t level);

/* "error", "warn", "info", "debug". */
mz_rc_t mz_log_parse_level(const char *name, mz_log_level_t *level);

void mz_log(mz_log_level_t level, const char *fmt, ...) MZ_PRINTF(2, 3);

/* "text" in quotes, escaped and cut; returns q->s. */
const char *mz_log_quote(mz_log_quote_t *q, mz_str_t text);


#endif /* MZ_LOG_H */
