
/*
 * fuzz_control: messages of the channel that all nodes hear.  What is taken
 * for one has all that its kind promises, and is what we would have said.
 */

#include "auth/session.h"
#include "fuzz.h"
#include "store/control.h"


static void fuzz_said(const mz_control_t *m, mz_str_t text);
static void fuzz_hex(mz_str_t s, size_t len);


static const mz_store_conf_t  fuzz_conf = { "mitzu", 16 };


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mz_rc_t       rc;
    mz_str_t      text;
    mz_control_t  m;

    text = fuzz_copy((mz_str_t) { (const char *) data, size });
    rc = mz_control_parse(text, &m);

    FUZZ_HOLD(rc == MZ_OK || rc == MZ_INVALID, "%s", mz_rc_name(rc));

    if (rc == MZ_OK) {
        fuzz_said(&m, text);
        (void) mz_control_is_for(&m, m.scope);
        (void) mz_control_is_for(&m, mz_null_str);
    }

    fuzz_free(text);

    return 0;
}


/* The message is the last argument of the last command. */

static void
fuzz_said(const mz_control_t *m, mz_str_t text)
{
    mz_buf_t   tail;
    mz_cmds_t  cmds;

    mz_cmds_init(&cmds);

    switch (m->kind) {

    case MZ_CONTROL_ENDED:
        fuzz_hex(m->session, MZ_SESSION_HEX);
        FUZZ_HOLD(m->expires_s >= 0, "%lld", (long long) m->expires_s);
        mz_control_end(&cmds, &fuzz_conf, m->session, m->expires_s, 0);
        break;

    case MZ_CONTROL_CANCELLED:
        mz_control_cancelled(&cmds, &fuzz_conf, &m->request);
        break;

    case MZ_CONTROL_STOPPED:
        mz_control_stopped(&cmds, &fuzz_conf, &m->request);
        break;

    case MZ_CONTROL_CHANGED:
        FUZZ_HOLD(m->lists != 0, "no list");
        FUZZ_HOLD(mz_control_is_for(m, m->scope), "scope");
        mz_control_changed(&cmds, &fuzz_conf, m->lists, m->scope);
        break;

    case MZ_CONTROL_UPDATED:
        FUZZ_HOLD(m->uri.len > 0 && m->uri.len <= MZ_CONTROL_URI_MAX, "%zu",
                  m->uri.len);
        mz_control_updated(&cmds, &fuzz_conf, m->scope, m->uri);
        break;

    case MZ_CONTROL_SESSION:
        fuzz_hex(m->session, MZ_SESSION_HEX);
        mz_control_session(&cmds, &fuzz_conf, m->session);
        break;
    }

    /* Lists may be named in any order, and numbers have zeros in front. */

    if (m->kind != MZ_CONTROL_CHANGED && m->kind != MZ_CONTROL_ENDED) {
        mz_buf_init(&tail, 0);
        mz_buf_addf(&tail, "$%zu\r\n", text.len);
        mz_buf_add_str(&tail, text);
        mz_buf_add_c(&tail, "\r\n");
        FUZZ_HOLD(mz_str_has_suffix(mz_buf_view(&cmds.buf),
                                    mz_buf_view(&tail)), "%.*s",
                  (int) text.len, text.data);
        mz_buf_free(&tail);
    }

    mz_cmds_free(&cmds);
}


static void
fuzz_hex(mz_str_t s, size_t len)
{
    size_t  i;

    FUZZ_HOLD(s.len == len, "%zu", s.len);

    for (i = 0; i < len; i++) {
        FUZZ_HOLD(memchr("0123456789abcdef", s.data[i], 16) != NULL, "%c",
                  s.data[i]);
    }
}
