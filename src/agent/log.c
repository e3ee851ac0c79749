
#include <time.h>
#include <unistd.h>

#include "agent/log.h"
#include "base/mz_str.h"
#include "base/mz_utf8.h"


#define MZ_LOG_LINE_MAX  2048

static const char *const  mz_log_names[] = {
    "error", "warn", "info", "debug"
};

/* Set once at start, read by all threads. */
static mz_log_level_t  mz_log_level = MZ_LOG_INFO;

static size_t mz_log_escape(char *out, size_t size, mz_str_t in, char also);


void
mz_log_set_level(mz_log_level_t level)
{
    mz_log_level = level;
}


mz_rc_t
mz_log_parse_level(const char *name, mz_log_level_t *level)
{
    size_t  i;

    for (i = 0; i < MZ_ARRAY_LEN(mz_log_names); i++) {
        if (strcmp(name, mz_log_names[i]) == 0) {
            *level = (mz_log_level_t) i;
            return MZ_OK;
        }
    }

    return MZ_INVALID;
}


void
mz_log(mz_log_level_t level, const char *fmt, ...)
{
    int              n;
    char             msg[MZ_LOG_LINE_MAX], line[MZ_LOG_LINE_MAX * 2];
    size_t           len;
    va_list          ap;
    mz_str_t         text;
    struct tm        tm;
    struct timespec  ts;

    if (level > mz_log_level) {
        return;
    }

    va_start(ap, fmt);
    n = vsnprintf(msg, sizeof(msg), fmt, ap);
    va_end(ap);

    if (n < 0) {
        return;
    }

    clock_gettime(CLOCK_REALTIME, &ts);
    gmtime_r(&ts.tv_sec, &tm);

    len = strftime(line, sizeof(line), "%Y-%m-%dT%H:%M:%S", &tm);
    n = snprintf(line + len, sizeof(line) - len, ".%03ldZ %s %d ",
                 ts.tv_nsec / 1000000, mz_log_names[level], (int) getpid());
    len += (size_t) n;

    text = mz_str_from(msg);
    len += mz_log_escape(line + len, sizeof(line) - len - 1, text, '\0');
    line[len++] = '\n';

    if (write(STDERR_FILENO, line, len) < 0) {
        /* nowhere to complain */
        return;
    }
}


const char *
mz_log_quote(mz_log_quote_t *q, mz_str_t text)
{
    bool    is_cut;
    size_t  len;

    is_cut = text.len > MZ_LOG_QUOTE_MAX;
    if (is_cut) {
        text = mz_utf8_prefix_bytes(text, MZ_LOG_QUOTE_MAX);
    }

    q->s[0] = '"';
    len = 1 + mz_log_escape(q->s + 1, sizeof(q->s) - 6, text, '"');
    snprintf(q->s + len, sizeof(q->s) - len, "%s\"", is_cut ? "..." : "");

    return q->s;
}


/*
 * Printable UTF-8 as it is; other bytes, backslashes in quoted text and the
 * character also as \xNN.  Never splits an escape at the end of out.
 */

static size_t
mz_log_escape(char *out, size_t size, mz_str_t in, char also)
{
    char           hex[8];
    size_t         i, pos, len, need;
    uint32_t       c;
    const char    *from;

    len = 0;

    for (pos = 0; pos < in.len; /* void */) {
        i = pos;
        c = mz_utf8_next(in, &pos);
        from = in.data + i;
        need = pos - i;

        if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xfffd
            || c == 0x2028 || c == 0x2029
            || (also != '\0' && (c == (uint32_t) also || c == '\\')))
        {
            snprintf(hex, sizeof(hex), "\\x%02x",
                     (unsigned) (unsigned char) in.data[i]);
            from = hex;
            need = 4;
            pos = i + 1;
        }

        if (need > size - len) {
            break;
        }

        memcpy(out + len, from, need);
        len += need;
    }

    return len;
}
