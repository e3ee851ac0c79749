
/*
 * control: what other nodes say on the channel mitzu:control (store/control.h)
 * and which calls of this worker it is for.  Calls are only told here: they
 * act on it in an event of their own, so that nothing is freed while the list
 * of calls is walked.
 */

#include "ngx/ngx_mitzu_call.h"


static ngx_mitzu_call_t *ngx_mitzu_control_find(ngx_mitzu_pool_t *pool,
    const mz_id_t *id);
static void ngx_mitzu_control_cancel(ngx_mitzu_pool_t *pool,
    const mz_control_t *message);
static ngx_mitzu_news_t *ngx_mitzu_control_news(ngx_mitzu_pool_t *pool,
    mz_str_t text);
static void ngx_mitzu_control_spread(ngx_mitzu_pool_t *pool,
    ngx_mitzu_news_t *news);
static ngx_uint_t ngx_mitzu_control_concerns(ngx_mitzu_call_t *cs,
    const mz_control_t *message);


void
ngx_mitzu_control_message(ngx_mitzu_pool_t *pool, mz_str_t text)
{
    ngx_mitzu_news_t  *news;

    news = ngx_mitzu_control_news(pool, text);

    if (news == NULL) {
        return;
    }

    switch (news->message.kind) {

    case MZ_CONTROL_CANCELLED:
    case MZ_CONTROL_STOPPED:
        ngx_mitzu_control_cancel(pool, &news->message);
        break;

    case MZ_CONTROL_ENDED:
        ngx_mitzu_ended_add(&pool->ended, news->message.session,
                            news->message.expires_s);
        ngx_mitzu_control_spread(pool, news);
        break;

    default:
        ngx_mitzu_control_spread(pool, news);
        break;
    }

    ngx_mitzu_news_release(news);
}


/* A message with the text it points into; it may outlast the reply. */

static ngx_mitzu_news_t *
ngx_mitzu_control_news(ngx_mitzu_pool_t *pool, mz_str_t text)
{
    ngx_mitzu_news_t  *news;

    news = ngx_calloc(sizeof(ngx_mitzu_news_t) + text.len, pool->log);
    if (news == NULL) {
        return NULL;
    }

    ngx_memcpy(news->text, text.data, text.len);
    text.data = (char *) news->text;

    news->refs = 1;

    if (mz_control_parse(text, &news->message) != MZ_OK) {
        ngx_log_error(NGX_LOG_INFO, pool->log, 0,
                      "mitzu mcp: a control message of %uz bytes is unknown "
                      "to this version", text.len);

        ngx_mitzu_news_release(news);
        return NULL;
    }

    return news;
}


static void
ngx_mitzu_control_cancel(ngx_mitzu_pool_t *pool, const mz_control_t *message)
{
    ngx_uint_t         stops;
    ngx_mitzu_call_t  *cs;

    stops = (message->kind == MZ_CONTROL_STOPPED);
    cs = ngx_mitzu_control_find(pool, &message->request);

    if (cs != NULL) {
        if (stops) {
            ngx_mitzu_call_stop(cs);
        }

        ngx_mitzu_call_cancel(cs);

    } else if (stops) {
        ngx_mitzu_call_left_stop(pool, &message->request);
    }
}


/* One call at most: a request id is in flight once. */

static ngx_mitzu_call_t *
ngx_mitzu_control_find(ngx_mitzu_pool_t *pool, const mz_id_t *id)
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
            return cs;
        }
    }

    return NULL;
}


static void
ngx_mitzu_control_spread(ngx_mitzu_pool_t *pool, ngx_mitzu_news_t *news)
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
            && ngx_mitzu_control_concerns(cs, &news->message))
        {
            ngx_mitzu_call_tell(cs, news);
        }
    }
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
