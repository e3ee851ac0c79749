
#include "tools/cursor.h"

#include "base/mz_str.h"
#include "base/mz_time.h"
#include "tools/tools.h"


static mz_rc_t mz_cursor_open(mz_call_t *call, const char *list,
    const json_t *cursor, int64_t *at, size_t n);
static mz_rc_t mz_cursor_parse(mz_str_t text, const char *list, int64_t *at,
    size_t n);


mz_step_t
mz_cursor_read(mz_call_t *call, const char *list, int64_t *at, size_t n)
{
    mz_rc_t        rc;
    const json_t  *cursor;

    cursor = json_object_get(call->args, "cursor");

    if (cursor == NULL) {
        return MZ_STEP_STORE;
    }

    rc = json_is_string(cursor) ? mz_cursor_open(call, list, cursor, at, n)
                                : MZ_INVALID;

    switch (rc) {

    case MZ_OK:
        return MZ_STEP_STORE;

    case MZ_UNAVAILABLE:
    case MZ_NOMEM:
        return mz_call_error(call, rc, "a cursor cannot be verified for now");

    default:
        return mz_call_fault(call, MZ_RPC_PARAMS, NULL, "Invalid cursor: "
                             "take nextCursor of the page before as it is, "
                             "or begin again without one");
    }
}


static mz_rc_t
mz_cursor_open(mz_call_t *call, const char *list, const json_t *cursor,
    int64_t *at, size_t n)
{
    int64_t   expires_s;
    mz_rc_t   rc;
    mz_buf_t  payload;

    mz_buf_init(&payload, MZ_SEAL_TOKEN_MAX);

    rc = mz_seal_open(call->conf->seal, MZ_SEAL_CURSOR, mz_tool_scope(call),
                      call->now_ms / MZ_SECOND_MS, mz_json_str(cursor),
                      &payload, &expires_s);

    if (rc == MZ_OK) {
        rc = mz_cursor_parse(mz_buf_view(&payload), list, at, n);
    }

    mz_buf_free(&payload);

    return rc;
}


/* The list and its numbers, between spaces; each is 0 or more. */

static mz_rc_t
mz_cursor_parse(mz_str_t text, const char *list, int64_t *at, size_t n)
{
    size_t    i;
    int64_t   numbers[MZ_CURSOR_AT_MAX];
    mz_str_t  word;

    if (n > MZ_CURSOR_AT_MAX || !mz_str_split(&text, ' ', &word)
        || !mz_str_eq_c(word, list))
    {
        return MZ_INVALID;
    }

    for (i = 0; i < n; i++) {
        if (!mz_str_split(&text, ' ', &word)
            || mz_str_to_int(word, &numbers[i]) != MZ_OK || numbers[i] < 0)
        {
            return MZ_INVALID;
        }
    }

    if (text.data != NULL) {
        return MZ_INVALID;
    }

    memcpy(at, numbers, n * sizeof(int64_t));

    return MZ_OK;
}


mz_rc_t
mz_cursor_write(mz_call_t *call, const char *list, const int64_t *at,
    size_t n, mz_buf_t *out)
{
    size_t    i;
    mz_rc_t   rc;
    mz_buf_t  payload, token;

    mz_buf_init(&payload, 0);
    mz_buf_init(&token, MZ_SEAL_TOKEN_MAX);

    mz_buf_add_c(&payload, list);

    for (i = 0; i < n; i++) {
        mz_buf_add_char(&payload, ' ');
        mz_buf_add_int(&payload, at[i]);
    }

    rc = (payload.rc != MZ_OK) ? payload.rc
         : mz_seal_make(call->conf->seal, MZ_SEAL_CURSOR,
                        mz_tool_scope(call),
                        call->now_ms / MZ_SECOND_MS + MZ_CURSOR_TTL_S,
                        mz_buf_view(&payload), &token);

    if (rc == MZ_OK) {
        mz_buf_add_c(out, ",\"nextCursor\":\"");
        mz_buf_add_str(out, mz_buf_view(&token));
        mz_buf_add_char(out, '"');
        rc = out->rc;
    }

    mz_buf_free(&token);
    mz_buf_free(&payload);

    return rc;
}
