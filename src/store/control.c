
#include "store/control.h"
#include "store/cmd.h"
#include "store/reply.h"
#include "auth/principal.h"
#include "auth/session.h"
#include "base/mz_sha256.h"
#include "base/mz_str.h"


#define MZ_CONTROL_WORDS  4             /* of a message, the most */

typedef struct {
    const char  *word;
    unsigned     bit;
} mz_control_list_t;

static const mz_control_list_t  mz_control_lists[] = {
    { "tools",     MZ_CONTROL_TOOLS },
    { "prompts",   MZ_CONTROL_PROMPTS },
    { "resources", MZ_CONTROL_RESOURCES }
};

typedef struct {
    const char         *word;
    mz_control_kind_t   kind;
    bool              (*parse)(mz_str_t *rest, mz_control_t *out);
} mz_control_form_t;


static void mz_control_request(mz_cmds_t *c, const mz_store_conf_t *conf,
    mz_str_t word, const mz_id_t *request);
static void mz_control_publish(mz_cmds_t *c, const mz_store_conf_t *conf,
    size_t n, const mz_str_t *words);
static bool mz_control_parse_ended(mz_str_t *rest, mz_control_t *out);
static bool mz_control_parse_cancelled(mz_str_t *rest, mz_control_t *out);
static bool mz_control_parse_changed(mz_str_t *rest, mz_control_t *out);
static bool mz_control_parse_updated(mz_str_t *rest, mz_control_t *out);
static bool mz_control_parse_session(mz_str_t *rest, mz_control_t *out);
static bool mz_control_take_session(mz_str_t *rest, mz_str_t *out);
static bool mz_control_take_scope(mz_str_t *rest, mz_str_t *out);
static bool mz_control_take_lists(mz_str_t *rest, unsigned *out);
static bool mz_control_is_hex(mz_str_t s, size_t len);


static const mz_control_form_t  mz_control_forms[] = {
    { "ended",     MZ_CONTROL_ENDED,     mz_control_parse_ended },
    { "cancelled", MZ_CONTROL_CANCELLED, mz_control_parse_cancelled },
    { "stopped",   MZ_CONTROL_STOPPED,   mz_control_parse_cancelled },
    { "changed",   MZ_CONTROL_CHANGED,   mz_control_parse_changed },
    { "updated",   MZ_CONTROL_UPDATED,   mz_control_parse_updated },
    { "session",   MZ_CONTROL_SESSION,   mz_control_parse_session }
};


void
mz_control_channel(mz_key_t *key, const mz_store_conf_t *conf)
{
    mz_key(key, conf, MZ_KEY_CHANNEL_CONTROL, 0, mz_null_str, "", 0);
}


void
mz_control_cancelled(mz_cmds_t *c, const mz_store_conf_t *conf,
    const mz_id_t *request)
{
    mz_control_request(c, conf, mz_str("cancelled"), request);
}


void
mz_control_stopped(mz_cmds_t *c, const mz_store_conf_t *conf,
    const mz_id_t *request)
{
    mz_control_request(c, conf, mz_str("stopped"), request);
}


void
mz_control_changed(mz_cmds_t *c, const mz_store_conf_t *conf, unsigned lists,
    mz_str_t scope)
{
    int       len;
    char      what[32];
    size_t    i, n;
    mz_str_t  words[3];

    n = 0;
    what[0] = '\0';

    for (i = 0; i < MZ_ARRAY_LEN(mz_control_lists); i++) {
        if (lists & mz_control_lists[i].bit) {
            len = snprintf(what + n, sizeof(what) - n, "%s%s", n ? "," : "",
                           mz_control_lists[i].word);
            n += (size_t) len;
        }
    }

    words[0] = mz_str("changed");
    words[1] = (mz_str_t) { what, n };
    words[2] = scope;

    mz_control_publish(c, conf, 3, words);
}


void
mz_control_updated(mz_cmds_t *c, const mz_store_conf_t *conf, mz_str_t scope,
    mz_str_t uri)
{
    mz_str_t  words[3];

    words[0] = mz_str("updated");
    words[1] = scope;
    words[2] = uri;

    mz_control_publish(c, conf, 3, words);
}


void
mz_control_session(mz_cmds_t *c, const mz_store_conf_t *conf,
    mz_str_t session)
{
    mz_str_t  words[2];

    words[0] = mz_str("session");
    words[1] = session;

    mz_control_publish(c, conf, 2, words);
}


void
mz_control_end(mz_cmds_t *c, const mz_store_conf_t *conf, mz_str_t session,
    int64_t expires_s, int64_t now_s)
{
    int       n;
    char      expires[24];
    mz_key_t  key;
    mz_str_t  words[3];

    mz_key(&key, conf, MZ_KEY_ENDED, 0, mz_null_str, "", 0);

    mz_cmd_begin(c, 4);
    mz_cmd_arg(c, mz_str("ZADD"));
    mz_cmd_arg(c, mz_key_str(&key));
    mz_cmd_arg_int(c, expires_s);
    mz_cmd_arg(c, session);

    mz_cmd_begin(c, 4);
    mz_cmd_arg(c, mz_str("ZREMRANGEBYSCORE"));
    mz_cmd_arg(c, mz_key_str(&key));
    mz_cmd_arg(c, mz_str("-inf"));
    mz_cmd_arg_int(c, now_s);

    n = snprintf(expires, sizeof(expires), "%lld", (long long) expires_s);

    words[0] = mz_str("ended");
    words[1] = session;
    words[2] = (mz_str_t) { expires, (size_t) n };

    mz_control_publish(c, conf, 3, words);
}


void
mz_control_ended(mz_cmds_t *c, const mz_store_conf_t *conf, int64_t now_s)
{
    mz_key_t  key;

    mz_key(&key, conf, MZ_KEY_ENDED, 0, mz_null_str, "", 0);

    mz_cmd_begin(c, 8);
    mz_cmd_arg(c, mz_str("ZREVRANGEBYSCORE"));
    mz_cmd_arg(c, mz_key_str(&key));
    mz_cmd_arg(c, mz_str("+inf"));
    mz_cmd_arg_int(c, now_s + 1);
    mz_cmd_arg(c, mz_str("WITHSCORES"));
    mz_cmd_arg(c, mz_str("LIMIT"));
    mz_cmd_arg(c, mz_str("0"));
    mz_cmd_arg_int(c, MZ_CONTROL_ENDED_MAX);
}


mz_rc_t
mz_control_ended_decode(const redisReply *r, size_t *n, mz_err_t *err)
{
    mz_rc_t  rc;

    rc = mz_reply_array(r, "the list of ended sessions", n, err);
    *n /= 2;

    return rc;
}


mz_rc_t
mz_control_ended_at(const redisReply *r, size_t i, mz_str_t *session,
    int64_t *expires_s)
{
    *session = mz_reply_str(mz_reply_at(r, 2 * i));
    *expires_s = mz_reply_int(mz_reply_at(r, 2 * i + 1), -1);

    if (!mz_control_is_hex(*session, MZ_SESSION_HEX) || *expires_s < 0) {
        *session = mz_null_str;
        return MZ_INVALID;
    }

    return MZ_OK;
}


mz_rc_t
mz_control_parse(mz_str_t text, mz_control_t *out)
{
    size_t    i;
    mz_str_t  rest, word;

    memset(out, 0, sizeof(mz_control_t));

    rest = text;

    if (!mz_str_split(&rest, ' ', &word)) {
        return MZ_INVALID;
    }

    for (i = 0; i < MZ_ARRAY_LEN(mz_control_forms); i++) {
        if (!mz_str_eq_c(word, mz_control_forms[i].word)) {
            continue;
        }

        out->kind = mz_control_forms[i].kind;

        /* Nothing may follow what a form has. */

        return mz_control_forms[i].parse(&rest, out) && rest.data == NULL
               ? MZ_OK : MZ_INVALID;
    }

    return MZ_INVALID;
}


bool
mz_control_is_for(const mz_control_t *m, mz_str_t scope)
{
    return mz_str_eq_c(m->scope, "*") || mz_str_eq(m->scope, scope);
}


/*
 * The names of a scope and a session have no line feed in them, so no two
 * requests make the same text.
 */

mz_rc_t
mz_control_request_id(mz_str_t scope, mz_str_t session, mz_str_t id,
    mz_id_t *out)
{
    size_t         i;
    mz_rc_t        rc;
    mz_buf_t       b;
    unsigned char  digest[MZ_SHA256_LEN];
    mz_str_t       parts[3];

    parts[0] = scope;
    parts[1] = session;
    parts[2] = id;

    memset(out, 0, sizeof(mz_id_t));
    mz_buf_init(&b, 0);

    for (i = 0; i < MZ_ARRAY_LEN(parts); i++) {
        mz_buf_add_str(&b, parts[i]);
        mz_buf_add_char(&b, '\n');
    }

    rc = b.rc;

    if (rc == MZ_OK) {
        rc = mz_sha256(mz_buf_view(&b), digest);
    }

    if (rc == MZ_OK) {
        mz_id_make(out, MZ_ID_REQUEST, digest);
    }

    mz_buf_free(&b);

    return rc;
}


static void
mz_control_request(mz_cmds_t *c, const mz_store_conf_t *conf, mz_str_t word,
    const mz_id_t *request)
{
    mz_str_t  words[2];

    words[0] = word;
    words[1] = mz_str_from(request->s);

    mz_control_publish(c, conf, 2, words);
}


static void
mz_control_publish(mz_cmds_t *c, const mz_store_conf_t *conf, size_t n,
    const mz_str_t *words)
{
    char      text[MZ_CONTROL_URI_MAX + 128];
    size_t    i, len;
    mz_key_t  channel;

    len = 0;

    for (i = 0; i < n && i < MZ_CONTROL_WORDS; i++) {

        /* What does not fit makes a message that nobody takes for one. */

        if (words[i].len > sizeof(text) - 1 - len) {
            len = 0;
            break;
        }

        if (i > 0) {
            text[len++] = ' ';
        }

        if (words[i].len > 0) {
            memcpy(text + len, words[i].data, words[i].len);
            len += words[i].len;
        }
    }

    mz_control_channel(&channel, conf);

    mz_cmd_begin(c, 3);
    mz_cmd_arg(c, mz_str("PUBLISH"));
    mz_cmd_arg(c, mz_key_str(&channel));
    mz_cmd_arg(c, (mz_str_t) { text, len });
}


static bool
mz_control_parse_ended(mz_str_t *rest, mz_control_t *out)
{
    mz_str_t  word;

    return mz_control_take_session(rest, &out->session)
           && mz_str_split(rest, ' ', &word)
           && mz_str_to_int(word, &out->expires_s) == MZ_OK
           && out->expires_s >= 0;
}


static bool
mz_control_parse_cancelled(mz_str_t *rest, mz_control_t *out)
{
    mz_str_t  word;

    return mz_str_split(rest, ' ', &word)
           && mz_id_parse(&out->request, MZ_ID_REQUEST, word) == MZ_OK;
}


static bool
mz_control_parse_changed(mz_str_t *rest, mz_control_t *out)
{
    return mz_control_take_lists(rest, &out->lists)
           && mz_control_take_scope(rest, &out->scope);
}


static bool
mz_control_parse_updated(mz_str_t *rest, mz_control_t *out)
{
    size_t         i;
    unsigned char  ch;

    if (!mz_control_take_scope(rest, &out->scope)
        || !mz_str_split(rest, ' ', &out->uri)
        || out->uri.len == 0 || out->uri.len > MZ_CONTROL_URI_MAX)
    {
        return false;
    }

    for (i = 0; i < out->uri.len; i++) {
        ch = (unsigned char) out->uri.data[i];

        if (ch <= ' ' || ch == 0x7f) {
            return false;
        }
    }

    return true;
}


static bool
mz_control_parse_session(mz_str_t *rest, mz_control_t *out)
{
    return mz_control_take_session(rest, &out->session);
}


static bool
mz_control_take_session(mz_str_t *rest, mz_str_t *out)
{
    return mz_str_split(rest, ' ', out)
           && mz_control_is_hex(*out, MZ_SESSION_HEX);
}


static bool
mz_control_take_scope(mz_str_t *rest, mz_str_t *out)
{
    return mz_str_split(rest, ' ', out)
           && (mz_str_eq_c(*out, "*")
               || mz_control_is_hex(*out, MZ_SCOPE_LEN));
}


/* One list or several, between commas. */

static bool
mz_control_take_lists(mz_str_t *rest, unsigned *out)
{
    size_t    i;
    mz_str_t  words, word;

    if (!mz_str_split(rest, ' ', &words)) {
        return false;
    }

    while (mz_str_split(&words, ',', &word)) {
        for (i = 0; i < MZ_ARRAY_LEN(mz_control_lists); i++) {
            if (mz_str_eq_c(word, mz_control_lists[i].word)) {
                break;
            }
        }

        if (i == MZ_ARRAY_LEN(mz_control_lists)) {
            return false;
        }

        *out |= mz_control_lists[i].bit;
    }

    return *out != 0;
}


static bool
mz_control_is_hex(mz_str_t s, size_t len)
{
    size_t  i;

    if (s.len != len) {
        return false;
    }

    for (i = 0; i < len; i++) {
        if (!(s.data[i] >= '0' && s.data[i] <= '9')
            && !(s.data[i] >= 'a' && s.data[i] <= 'f'))
        {
            return false;
        }
    }

    return true;
}
