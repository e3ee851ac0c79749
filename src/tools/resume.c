
#include "tools/resume.h"

#include "base/mz_str.h"


#define MZ_RESUME_SINCE       "2025-11-25"
#define MZ_RESUME_SEQ_MAX     (INT64_C(1) << 53)
#define MZ_RESUME_SEQ_DIGITS  16

/* What is left of an event id for the token. */
#define MZ_RESUME_TOKEN_MAX   (MZ_RESUME_ID_MAX - 1 - MZ_RESUME_SEQ_DIGITS)


static mz_str_t mz_resume_session(const mz_session_t *session);
static int64_t mz_resume_began(const mz_call_t *call);
static void mz_resume_write(const mz_call_t *call, mz_buf_t *out);
static mz_rc_t mz_resume_split(mz_str_t id, mz_str_t *token, int64_t *seq);
static mz_rc_t mz_resume_read(mz_str_t payload, const mz_session_t *session,
    mz_mcp_request_t *req);


bool
mz_resume_is_possible(const mz_call_t *call)
{
    return call->req->era == MZ_MCP_LEGACY
           && call->req->id[0] != '\0'
           && (call->op->flags & MZ_OP_RESUMABLE)
           && mz_str_cmp(call->req->version, mz_str(MZ_RESUME_SINCE)) >= 0;
}


mz_rc_t
mz_resume_token(const mz_call_t *call, mz_buf_t *out)
{
    mz_rc_t   rc;
    mz_buf_t  payload, token;

    if (call->conf->seal == NULL) {
        return MZ_UNAVAILABLE;
    }

    mz_buf_init(&payload, MZ_RESUME_TOKEN_MAX);
    mz_buf_init(&token, MZ_RESUME_TOKEN_MAX);

    mz_resume_write(call, &payload);
    rc = payload.rc;

    if (rc == MZ_OK) {
        rc = mz_seal_make(call->conf->seal, MZ_SEAL_STREAM,
                          mz_str_from(call->principal->scope),
                          call->now_ms / 1000 + MZ_RESUME_TTL_S,
                          mz_buf_view(&payload), &token);
    }

    if (rc == MZ_OK) {
        rc = token.rc;
    }

    if (rc == MZ_OK) {
        mz_buf_add_str(out, mz_buf_view(&token));
        rc = out->rc;
    }

    mz_buf_free(&payload);
    mz_buf_free(&token);

    return rc;
}


mz_rc_t
mz_resume_open(const mz_tool_conf_t *conf, const mz_principal_t *principal,
    const mz_session_t *session, int64_t now_s, mz_str_t last_event_id,
    mz_mcp_request_t *req, int64_t *after)
{
    int64_t   expires_s;
    mz_rc_t   rc;
    mz_str_t  token;
    mz_buf_t  payload;

    memset(req, 0, sizeof(mz_mcp_request_t));
    *after = -1;

    if (conf->seal == NULL) {
        return MZ_UNAVAILABLE;
    }

    if (mz_resume_split(last_event_id, &token, after) != MZ_OK) {
        return MZ_INVALID;
    }

    mz_buf_init(&payload, MZ_RESUME_TOKEN_MAX);

    rc = mz_seal_open(conf->seal, MZ_SEAL_STREAM,
                      mz_str_from(principal->scope), now_s, token, &payload,
                      &expires_s);

    if (rc == MZ_OK) {
        rc = mz_resume_read(mz_buf_view(&payload), session, req);

    } else if (rc != MZ_UNAVAILABLE && rc != MZ_NOMEM) {
        rc = MZ_INVALID;
    }

    mz_buf_free(&payload);

    return rc;
}


static mz_str_t
mz_resume_session(const mz_session_t *session)
{
    return session ? mz_str_from(session->name) : mz_str("");
}


static int64_t
mz_resume_began(const mz_call_t *call)
{
    return call->req->began_ms > 0 ? call->req->began_ms : call->now_ms;
}


static void
mz_resume_write(const mz_call_t *call, mz_buf_t *out)
{
    mz_buf_add_c(out, "{\"i\":");
    mz_buf_add_json_str(out, mz_str_from(call->req->id));
    mz_buf_add_c(out, ",\"t\":");
    mz_buf_add_int(out, mz_resume_began(call));
    mz_buf_add_c(out, ",\"v\":");
    mz_buf_add_json_str(out, call->req->version);
    mz_buf_add_c(out, ",\"s\":");
    mz_buf_add_json_str(out, mz_resume_session(call->session));
    mz_buf_add_c(out, ",\"m\":");
    mz_buf_add_json_str(out, call->req->method);

    if (call->req->params != NULL) {
        mz_buf_add_c(out, ",\"p\":");
        mz_json_dump(out, call->req->params);
    }

    mz_buf_add_char(out, '}');
}


/* The number is written in one way only: no sign, no zeros in front. */

static mz_rc_t
mz_resume_split(mz_str_t id, mz_str_t *token, int64_t *seq)
{
    size_t    dot;
    mz_str_t  digits;

    if (id.len > MZ_RESUME_ID_MAX) {
        return MZ_INVALID;
    }

    for (dot = id.len; dot > 0 && id.data[dot - 1] != '.'; dot--) {
        /* void */
    }

    if (dot < 2) {
        return MZ_INVALID;
    }

    *token = (mz_str_t) { id.data, dot - 1 };
    digits = (mz_str_t) { id.data + dot, id.len - dot };

    if (digits.len == 0 || digits.len > MZ_RESUME_SEQ_DIGITS
        || digits.data[0] == '-'
        || (digits.data[0] == '0' && digits.len > 1)
        || mz_str_to_int(digits, seq) != MZ_OK
        || *seq > MZ_RESUME_SEQ_MAX)
    {
        *seq = -1;
        return MZ_INVALID;
    }

    return MZ_OK;
}


static mz_rc_t
mz_resume_read(mz_str_t payload, const mz_session_t *session,
    mz_mcp_request_t *req)
{
    json_t    *root, *old;
    mz_rc_t    rc;
    int64_t    began_ms;
    mz_str_t   id, version;

    if (mz_json_load(payload, NULL, &old, NULL) != MZ_OK) {
        return MZ_INVALID;
    }

    began_ms = mz_json_get_int(old, "t", 0);

    id = mz_json_get_str(old, "i");
    version = mz_json_get_str(old, "v");

    if (id.len == 0 || id.len > MZ_MCP_ID_MAX || version.len == 0
        || !mz_str_eq(mz_json_get_str(old, "s"), mz_resume_session(session)))
    {
        json_decref(old);
        return MZ_INVALID;
    }

    root = json_object();
    rc = mz_json_set_str(root, "method", mz_json_get_str(old, "m"));

    if (rc == MZ_OK && json_object_get(old, "p") != NULL) {
        rc = mz_json_set(root, "params",
                         json_incref(json_object_get(old, "p")));
    }

    if (rc == MZ_OK) {
        rc = mz_mcp_revive(root, id, version, req);

    } else {
        json_decref(root);
    }

    json_decref(old);

    if (rc == MZ_OK) {
        req->began_ms = began_ms;
        req->client = session ? session->client : 0;
        req->accepts_sse = true;        /* or it had not come by GET */
    }

    return rc;
}
