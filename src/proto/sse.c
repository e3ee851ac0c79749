
#include "proto/sse.h"


static void mz_sse_add_id(mz_buf_t *out, mz_str_t id);
static void mz_sse_add_line(mz_buf_t *out, mz_str_t text);


void
mz_sse_message(mz_buf_t *out, mz_str_t json)
{
    mz_buf_add_c(out, "event: message\ndata: ");
    mz_sse_add_line(out, json);
    mz_buf_add(out, "\n\n", 2);
}


void
mz_sse_message_id(mz_buf_t *out, mz_str_t id, mz_str_t json)
{
    mz_sse_add_id(out, id);
    mz_sse_message(out, json);
}


/* Without data there would be no event, and the id be of none. */

void
mz_sse_prime(mz_buf_t *out, mz_str_t id, int64_t retry_ms)
{
    mz_sse_add_id(out, id);
    mz_buf_add_c(out, "retry: ");
    mz_buf_add_int(out, retry_ms);
    mz_buf_add_c(out, "\ndata: \n\n");
}


void
mz_sse_retry(mz_buf_t *out, int64_t retry_ms)
{
    mz_buf_add_c(out, "retry: ");
    mz_buf_add_int(out, retry_ms);
    mz_buf_add(out, "\n\n", 2);
}


void
mz_sse_comment(mz_buf_t *out, mz_str_t text)
{
    mz_buf_add(out, ": ", 2);
    mz_sse_add_line(out, text);
    mz_buf_add(out, "\n\n", 2);
}


static void
mz_sse_add_id(mz_buf_t *out, mz_str_t id)
{
    mz_buf_add_c(out, "id: ");
    mz_sse_add_line(out, id);
    mz_buf_add_char(out, '\n');
}


/*
 * A line break would end the field.  Outside of strings, and JSON has none
 * inside, it is white space like any other.
 */

static void
mz_sse_add_line(mz_buf_t *out, mz_str_t text)
{
    char    *p;
    size_t   i;

    p = mz_buf_reserve(out, text.len);
    if (p == NULL || text.len == 0) {
        return;
    }

    memcpy(p, text.data, text.len);
    out->len += text.len;

    if (memchr(p, '\n', text.len) == NULL
        && memchr(p, '\r', text.len) == NULL)
    {
        return;
    }

    for (i = 0; i < text.len; i++) {
        if (p[i] == '\n' || p[i] == '\r') {
            p[i] = ' ';
        }
    }
}
