
#include "agent/queue/ctl_find.h"
#include "agent/queue/ctl_page.h"
#include "agent/queue/ctl_text.h"
#include "base/mz_str.h"
#include "store/artifact.h"
#include "store/conv.h"


#define MZ_CTL_SHOW_EVENTS     1000     /* the first ones */
#define MZ_CTL_SHOW_TURNS      20       /* the newest ones */
#define MZ_CTL_SHOW_ARTIFACTS  100

enum {
    MZ_CTL_SHOW_EVENTS_AT,              /* replies; artifacts behind them */
    MZ_CTL_SHOW_CONV_AT,
    MZ_CTL_SHOW_TURNS_AT,
    MZ_CTL_SHOW_ARTIFACTS_AT
};

typedef struct {
    mz_ctl_found_t  *found;
    mz_str_t         job;               /* fields that mz_run_t has not */
    mz_str_t         artifacts;
    mz_replies_t     more;
} mz_ctl_show_t;

static mz_rc_t mz_ctl_show_read(mz_ctl_t *ctl, mz_ctl_show_t *s,
    mz_err_t *err);
static json_t *mz_ctl_show_root(const mz_ctl_show_t *s);
static mz_rc_t mz_ctl_show_run(const mz_ctl_show_t *s, json_t *root);
static json_t *mz_ctl_show_dead(const mz_ctl_found_t *f);
static json_t *mz_ctl_show_events(const redisReply *r);
static json_t *mz_ctl_show_event(const mz_run_event_t *ev);
static json_t *mz_ctl_show_artifacts(const mz_replies_t *replies);
static json_t *mz_ctl_show_artifact(const mz_artifact_meta_t *m);
static json_t *mz_ctl_show_conv(const mz_ctl_show_t *s);
static json_t *mz_ctl_show_turns(const redisReply *r);
static json_t *mz_ctl_show_turn(const mz_conv_turn_t *turn);
static mz_rc_t mz_ctl_show_append(json_t *list, json_t *v);


int
mz_ctl_show(mz_ctl_t *ctl, const mz_ctl_options_t *o, const mz_id_t *run)
{
    int             code;
    json_t         *root;
    mz_rc_t         rc;
    mz_buf_t        b;
    mz_err_t        err;
    mz_ctl_show_t   s;
    mz_ctl_found_t  found;

    rc = mz_ctl_find(ctl, run, &found, &err);
    if (rc != MZ_OK) {
        return mz_ctl_fail(&err);
    }

    memset(&s, 0, sizeof(s));
    s.found = &found;

    rc = mz_ctl_show_read(ctl, &s, &err);
    root = rc == MZ_OK ? mz_ctl_show_root(&s) : NULL;

    if (rc != MZ_OK) {
        code = mz_ctl_fail(&err);

    } else if (o->json || root == NULL) {
        code = mz_ctl_print_json(ctl, root);

    } else {
        mz_buf_init(&b, 0);
        mz_ctl_page(&b, root);
        json_decref(root);
        code = mz_ctl_print(ctl, &b);
    }

    mz_replies_free(&s.more);
    mz_ctl_find_free(&found);

    return code;
}


/* What lies beside the run: nothing is left of one that has expired. */

static mz_rc_t
mz_ctl_show_read(mz_ctl_t *ctl, mz_ctl_show_t *s, mz_err_t *err)
{
    size_t                 n;
    mz_id_t                id;
    mz_str_t               rest, part, scope;
    mz_cmds_t              c;
    const mz_run_t        *run;
    const mz_ctl_found_t  *f;

    f = s->found;
    run = &f->run;

    if (f->is_gone) {
        return MZ_OK;
    }

    scope = mz_str_from(f->who.scope);
    s->job = mz_reply_field(mz_replies_at(&f->replies, 0), "job");
    s->artifacts = mz_reply_field(mz_replies_at(&f->replies, 0), "artifacts");

    mz_cmds_init(&c);
    mz_run_events(&c, &ctl->store, scope, &f->who.run, 0,
                  MZ_CTL_SHOW_EVENTS);
    mz_conv_get(&c, &ctl->store, scope, &run->conv);
    mz_conv_turns(&c, &ctl->store, scope, &run->conv, MZ_CTL_SHOW_TURNS);

    rest = s->artifacts;
    n = 0;

    while (mz_str_split(&rest, ' ', &part) && n < MZ_CTL_SHOW_ARTIFACTS) {
        if (mz_id_parse(&id, MZ_ID_ARTIFACT, part) == MZ_OK) {
            mz_artifact_head(&c, &ctl->store, scope, &id);
            n++;
        }
    }

    return mz_ctl_run(ctl, &c, &s->more, err);
}


static json_t *
mz_ctl_show_root(const mz_ctl_show_t *s)
{
    json_t                *root;
    const mz_ctl_found_t  *f;

    f = s->found;
    root = json_object();

    if (mz_json_set_str(root, "run", mz_str_from(f->who.run.s)) != MZ_OK
        || mz_json_set_str(root, "scope", mz_str_from(f->who.scope)) != MZ_OK
        || mz_json_set(root, "partition", json_integer(f->part)) != MZ_OK
        || mz_json_set_str(root, "status", f->is_gone ? mz_str("expired")
                           : mz_str_from(mz_run_status_name(f->run.status)))
           != MZ_OK
        || mz_json_set(root, "dead", mz_ctl_show_dead(f)) != MZ_OK
        || (!f->is_gone && mz_ctl_show_run(s, root) != MZ_OK))
    {
        json_decref(root);
        return NULL;
    }

    return root;
}


static mz_rc_t
mz_ctl_show_run(const mz_ctl_show_t *s, json_t *root)
{
    const mz_run_t      *r;
    const mz_replies_t  *more;

    r = &s->found->run;
    more = &s->more;

    if (mz_json_set(root, "attempt", json_integer(r->attempt)) != MZ_OK
        || mz_json_set(root, "max_attempts", json_integer(r->max_attempts))
           != MZ_OK
        || mz_json_set(root, "seq", json_integer(r->seq)) != MZ_OK
        || mz_ctl_text_set_time(root, "created", r->created_ms) != MZ_OK
        || mz_ctl_text_set_time(root, "started", r->started_ms) != MZ_OK
        || mz_ctl_text_set_time(root, "updated", r->updated_ms) != MZ_OK
        || mz_ctl_text_set_time(root, "finished", r->finished_ms) != MZ_OK
        || mz_ctl_text_set_time(root, "lease", r->lease_ms) != MZ_OK
        || mz_json_set(root, "retention", json_integer(r->retention_s))
           != MZ_OK
        || mz_json_set(root, "cancelled", json_boolean(r->is_cancelled))
           != MZ_OK
        || mz_ctl_text_set(root, "worker", r->worker) != MZ_OK
        || mz_ctl_text_set(root, "phase", r->phase) != MZ_OK
        || mz_ctl_text_set(root, "project", r->project) != MZ_OK
        || mz_ctl_text_set(root, "trace", r->trace) != MZ_OK
        || mz_ctl_text_set(root, "wake_up", s->job) != MZ_OK
        || mz_ctl_text_set(root, "prompt", r->prompt) != MZ_OK
        || mz_ctl_text_set(root, "answer", r->answer) != MZ_OK
        || mz_ctl_text_set_json(root, "result", r->result) != MZ_OK
        || mz_ctl_text_set_json(root, "error", r->error) != MZ_OK)
    {
        return MZ_NOMEM;
    }

    if (mz_json_set(root, "events", mz_ctl_show_events(
                        mz_replies_at(more, MZ_CTL_SHOW_EVENTS_AT))) != MZ_OK
        || mz_json_set(root, "artifacts", mz_ctl_show_artifacts(more))
           != MZ_OK
        || mz_json_set(root, "conversation", mz_ctl_show_conv(s)) != MZ_OK)
    {
        return MZ_NOMEM;
    }

    return MZ_OK;
}


static json_t *
mz_ctl_show_dead(const mz_ctl_found_t *f)
{
    json_t  *v;

    if (!f->is_dead) {
        return json_null();
    }

    v = json_object();

    if (mz_json_set_str(v, "entry", mz_str_from(f->entry.s)) != MZ_OK
        || mz_ctl_text_set_time(v, "at", f->dead_ms) != MZ_OK
        || mz_json_set_str(v, "reason", mz_str_from(f->reason)) != MZ_OK)
    {
        json_decref(v);
        return NULL;
    }

    return v;
}


static json_t *
mz_ctl_show_events(const redisReply *r)
{
    size_t          i, n;
    json_t         *list;
    mz_run_event_t  ev;

    list = json_array();

    if (mz_run_events_decode(r, &n, NULL) != MZ_OK) {
        n = 0;
    }

    for (i = 0; i < n; i++) {
        if (mz_run_event_decode(r, i, &ev, NULL) == MZ_OK
            && mz_ctl_show_append(list, mz_ctl_show_event(&ev)) != MZ_OK)
        {
            json_decref(list);
            return NULL;
        }
    }

    return list;
}


static json_t *
mz_ctl_show_event(const mz_run_event_t *ev)
{
    json_t  *v;

    v = json_object();

    if (mz_json_set(v, "seq", json_integer(ev->seq)) != MZ_OK
        || mz_json_set(v, "attempt", json_integer(ev->attempt)) != MZ_OK
        || mz_ctl_text_set_time(v, "at", ev->at_ms) != MZ_OK
        || mz_ctl_text_set(v, "type", ev->type) != MZ_OK
        || mz_ctl_text_set(v, "phase", ev->phase) != MZ_OK
        || mz_ctl_text_set(v, "text", ev->text) != MZ_OK
        || mz_ctl_text_set_json(v, "data", ev->data) != MZ_OK)
    {
        json_decref(v);
        return NULL;
    }

    return v;
}


static json_t *
mz_ctl_show_artifacts(const mz_replies_t *replies)
{
    size_t              i;
    json_t             *list;
    mz_artifact_meta_t  m;

    list = json_array();

    for (i = MZ_CTL_SHOW_ARTIFACTS_AT; i < replies->n; i++) {
        if (mz_artifact_head_decode(mz_replies_at(replies, i), &m, NULL)
            == MZ_OK
            && mz_ctl_show_append(list, mz_ctl_show_artifact(&m)) != MZ_OK)
        {
            json_decref(list);
            return NULL;
        }
    }

    return list;
}


static json_t *
mz_ctl_show_artifact(const mz_artifact_meta_t *m)
{
    json_t  *v;

    v = json_object();

    if (mz_json_set_str(v, "id", mz_str_from(m->id.s)) != MZ_OK
        || mz_ctl_text_set(v, "kind", m->kind) != MZ_OK
        || mz_ctl_text_set(v, "name", m->name) != MZ_OK
        || mz_ctl_text_set(v, "title", m->title) != MZ_OK
        || mz_json_set(v, "rows", json_integer(m->rows)) != MZ_OK
        || mz_json_set(v, "bytes", json_integer(m->bytes)) != MZ_OK
        || mz_json_set(v, "attempt", json_integer(m->attempt)) != MZ_OK
        || mz_ctl_text_set_time(v, "created", m->created_ms) != MZ_OK
        || mz_ctl_text_set_time(v, "expires", m->expires_ms) != MZ_OK)
    {
        json_decref(v);
        return NULL;
    }

    return v;
}


static json_t *
mz_ctl_show_conv(const mz_ctl_show_t *s)
{
    json_t     *v;
    mz_conv_t   conv;

    if (mz_conv_decode(mz_replies_at(&s->more, MZ_CTL_SHOW_CONV_AT), &conv,
                       NULL) != MZ_OK)
    {
        memset(&conv, 0, sizeof(conv));
    }

    v = json_object();

    if (mz_json_set_str(v, "id", mz_str_from(s->found->run.conv.s)) != MZ_OK
        || mz_ctl_text_set(v, "title", conv.title) != MZ_OK
        || mz_ctl_text_set_time(v, "created", conv.created_ms) != MZ_OK
        || mz_ctl_text_set_time(v, "updated", conv.updated_ms) != MZ_OK
        || mz_ctl_text_set(v, "active", conv.active.s[0]
                           ? mz_str_from(conv.active.s) : mz_null_str)
           != MZ_OK
        || mz_ctl_text_set(v, "last_run", conv.last_run.s[0]
                           ? mz_str_from(conv.last_run.s) : mz_null_str)
           != MZ_OK
        || mz_json_set(v, "turns", json_integer(conv.turns)) != MZ_OK
        || mz_json_set(v, "newest_turns", mz_ctl_show_turns(
                mz_replies_at(&s->more, MZ_CTL_SHOW_TURNS_AT))) != MZ_OK)
    {
        json_decref(v);
        return NULL;
    }

    return v;
}


/* The oldest of the newest first, as a conversation is read. */

static json_t *
mz_ctl_show_turns(const redisReply *r)
{
    size_t           i, n;
    json_t          *list;
    mz_conv_turn_t   turn;

    list = json_array();

    if (mz_conv_turns_decode(r, &n, NULL) != MZ_OK) {
        n = 0;
    }

    for (i = n; i > 0; i--) {
        if (mz_conv_turn_decode(r, i - 1, &turn, NULL) == MZ_OK
            && mz_ctl_show_append(list, mz_ctl_show_turn(&turn)) != MZ_OK)
        {
            json_decref(list);
            return NULL;
        }
    }

    return list;
}


static json_t *
mz_ctl_show_turn(const mz_conv_turn_t *turn)
{
    json_t  *v;

    v = json_object();

    if (mz_json_set_str(v, "role", turn->role == MZ_CONV_USER
                        ? mz_str("user") : mz_str("assistant")) != MZ_OK
        || mz_json_set_str(v, "run", mz_str_from(turn->run.s)) != MZ_OK
        || mz_ctl_text_set_time(v, "at", turn->at_ms) != MZ_OK
        || mz_ctl_text_set(v, "text", turn->text) != MZ_OK)
    {
        json_decref(v);
        return NULL;
    }

    return v;
}


static mz_rc_t
mz_ctl_show_append(json_t *list, json_t *v)
{
    return json_array_append_new(list, v) == 0 ? MZ_OK : MZ_NOMEM;
}
