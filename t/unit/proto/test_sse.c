
#include "base/mz_str.h"
#include "proto/sse.h"
#include "test.h"


static void
test_frames(void)
{
    mz_buf_t  out;

    mz_buf_init(&out, 0);

    mz_sse_message(&out, mz_str("{\"a\":1}"));
    mz_sse_comment(&out, mz_str("keep-alive"));
    CHECK_STR(mz_buf_view(&out), "event: message\ndata: {\"a\":1}\n\n"
                                 ": keep-alive\n\n");

    /* A line break would end the event early. */

    mz_buf_reset(&out);
    mz_sse_message(&out, mz_str("{\r\n\"a\":\n1}"));
    mz_sse_comment(&out, mz_str("a\ndata: x"));
    mz_sse_comment(&out, mz_null_str);
    CHECK_STR(mz_buf_view(&out), "event: message\ndata: {  \"a\": 1}\n\n"
                                 ": a data: x\n\n: \n\n");
    mz_buf_free(&out);

    mz_buf_init(&out, 20);
    mz_sse_message(&out, mz_str("{\"a\":1}"));
    CHECK(out.rc == MZ_LIMIT);
    mz_buf_free(&out);
}


static void
test_ids(void)
{
    mz_buf_t  out;

    mz_buf_init(&out, 0);

    mz_sse_prime(&out, mz_str("e.0"), 3000);
    mz_sse_message_id(&out, mz_str("e.1"), mz_str("{}"));
    mz_sse_retry(&out, 500);
    CHECK_STR(mz_buf_view(&out),
              "id: e.0\nretry: 3000\ndata: \n\n"
              "id: e.1\nevent: message\ndata: {}\n\n"
              "retry: 500\n\n");

    mz_buf_reset(&out);
    mz_sse_message_id(&out, mz_str("a\nb"), mz_str("{}"));
    CHECK_STR(mz_buf_view(&out), "id: a b\nevent: message\ndata: {}\n\n");
    mz_buf_free(&out);
}


static const mz_test_t  tests[] = {
    { "events and comments", test_frames },
    { "ids, priming and retry", test_ids }
};

MZ_TEST_MAIN(tests)
