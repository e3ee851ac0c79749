
/*
 * resp: replies made by hand for the tests of decoders: from a short
 * notation to bytes, and by hiredis' reader to a reply, as it is in life.
 */

#ifndef MZ_RESP_H
#define MZ_RESP_H

#include "base/mz_buf.h"
#include "base/mz_str.h"
#include "store/store.h"
#include "test.h"


/*
 * A reply from a short notation: 'text' bulk string, +text status, -text
 * error, :12 integer, _ nil, ( .. ) array; words end at a space.
 */
static inline void
to_resp(const char **p, mz_buf_t *out)
{
    size_t       n;
    mz_buf_t     inner;
    const char  *start;

    while (**p == ' ') {
        (*p)++;
    }

    start = *p;

    if (*start == '(') {
        mz_buf_init(&inner, 0);
        (*p)++;

        for (n = 0; **p != ')'; n++) {
            to_resp(p, &inner);

            while (**p == ' ') {
                (*p)++;
            }
        }

        (*p)++;
        mz_buf_addf(out, "*%zu\r\n", n);
        mz_buf_add_str(out, mz_buf_view(&inner));
        mz_buf_free(&inner);

    } else if (*start == '\'') {
        n = strcspn(start + 1, "'");
        *p = start + n + 2;
        mz_buf_addf(out, "$%zu\r\n%.*s\r\n", n, (int) n, start + 1);

    } else if (*start == '_') {
        *p = start + 1;
        mz_buf_add_c(out, "$-1\r\n");

    } else if (*start == '-') {
        n = strlen(start);
        *p = start + n;
        mz_buf_addf(out, "%s\r\n", start);

    } else {
        n = strcspn(start, " )");
        *p = start + n;
        mz_buf_addf(out, "%.*s\r\n", (int) n, start);
    }
}


static inline redisReply *
parse(mz_str_t resp)
{
    void         *r;
    redisReader  *reader;

    r = NULL;
    reader = redisReaderCreate();
    redisReaderFeed(reader, resp.data, resp.len);

    if (redisReaderGetReply(reader, &r) != REDIS_OK) {
        r = NULL;
    }

    redisReaderFree(reader);

    return r;
}


static inline redisReply *
make(const char *text)
{
    mz_buf_t     resp;
    redisReply  *r;

    mz_buf_init(&resp, 0);
    to_resp(&text, &resp);
    r = parse(mz_buf_view(&resp));
    CHECK_ROW(r != NULL, "%s", text);
    mz_buf_free(&resp);

    return r;
}


#endif /* MZ_RESP_H */
