
/*
 * control: what other nodes say on the channel mitzu:control (store/control.h)
 * and which calls of this worker it is for.  Calls are only told here: they
 * act on it in an event of their own, so that nothing is freed while the list
 * of calls is walked.
 */

#include "ngx/ngx_mitzu_call.h"


static void ngx_mitzu_control_cancel(ngx_mitzu_pool_t *pool,
    const mz_id_t *id);
static void ngx_mitzu_control_spread(ngx_mitzu_pool_t *pool, mz_str_t text);
static ngx_uint_t ngx_mitzu_control_concerns(ngx_mitzu_call_t *cs,
    const mz_control_t *message);


void
ngx_mitzu_control_message(ngx_mitzu_pool_t *pool, mz_str_t text)
{
    mz_control_t  message;

    if (mz_control_parse(text, &message) != MZ_OK) {
        ngx_log_error(NGX_LOG_INFO, pool->log, 0,
                      "mitzu mcp: a control message of %uz bytes is unknown "
                      "to this version", text.len);
        return;
    }

    switch (message.kind) {

    case MZ_CONTROL_CANCELLED:
        ngx_mitzu_control_cancel(pool, &message.request);
        return;

    case MZ_CONTROL_ENDED:
        ngx_mitzu_ended_add(&pool->ended, message.session,
                            message.expires_s);
        break;

    default:
        break;
    }

    ngx_mitzu_control_spread(pool, text);
}


/* One call at most: a request id is in flight once. */

static void
ngx_mitzu_control_cancel(ngx_mitzu_pool_t *pool, const mz_id_t *id)
{
    ngx_queue_t         *q;
    ngx_mitzu_call_t    *cs;
    ngx_mitzu_worker_t  *worker;

    worker = pool->worker;

    for (q = ngx_queue_head(&worker->calls);
         q != ngx_queue_sentinel(&worker->calls);
         q = ngx_queue_next(q))
    {
        cs = ngx_queue_data(q, ngx_mitzu_call_t, queue);

        if (cs->pool == pool && cs->request != NULL
            && cs->cancel_id.s[0] != '\0'
            && ngx_memcmp(cs->cancel_id.s, id->s, MZ_ID_LEN) == 0)
        {
            ngx_mitzu_call_cancel(cs);
            return;
        }
    }
}


static void
ngx_mitzu_control_spread(ngx_mitzu_pool_t *pool, mz_str_t text)
{
    mz_str_t             copy;
    ngx_queue_t         *q;
    ngx_mitzu_call_t    *cs;
    ngx_mitzu_news_t    *news;
    ngx_mitzu_worker_t  *worker;

    worker = pool->worker;

    news = ngx_calloc(sizeof(ngx_mitzu_news_t) + text.len, pool->log);
    if (news == NULL) {
        return;
    }

    ngx_memcpy(news->text, text.data, text.len);
    copy.data = (char *) news->text;
    copy.len = text.len;

    news->refs = 1;

    if (mz_control_parse(copy, &news->message) == MZ_OK) {

        for (q = ngx_queue_head(&worker->calls);
             q != ngx_queue_sentinel(&worker->calls);
             q = ngx_queue_next(q))
        {
            cs = ngx_queue_data(q, ngx_mitzu_call_t, queue);

            if (cs->pool == pool && cs->request != NULL
                && ngx_mitzu_control_concerns(cs, &news->message))
            {
                ngx_mitzu_call_tell(cs, news);
            }
        }
    }

    ngx_mitzu_news_release(news);
}


static ngx_uint_t
ngx_mitzu_control_concerns(ngx_mitzu_call_t *cs, const mz_control_t *message)
{
    if (!(cs->call.op->flags & MZ_OP_LISTENS)) {
        return 0;
    }

    if (message->kind == MZ_CONTROL_CHANGED
        || message->kind == MZ_CONTROL_UPDATED)
    {
        return mz_control_is_for(message,
                                 mz_str_from(cs->call.principal->scope));
    }

    return cs->call.session != NULL
           && mz_str_eq_c(message->session, cs->call.session->name);
}


void
ngx_mitzu_news_release(ngx_mitzu_news_t *news)
{
    if (--news->refs == 0) {
        ngx_free(news);
    }
}
