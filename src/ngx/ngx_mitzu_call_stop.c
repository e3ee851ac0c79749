
/*
 * call_stop: a client that cancels a request cancels what the request waits
 * for, as a user who presses stop means it.  The request may hang here; or
 * its stream broke, or was closed by the client just before it said so
 * (there are such), and then the commands that were kept of it are sent.
 * Nobody waits for the replies: a run that has ended stays as it is.
 */

#include "ngx/ngx_mitzu_call.h"
#include "ngx/ngx_mitzu_redis.h"


/* Calls whose clients left; of too many the oldest are forgotten. */
#define NGX_MITZU_LEFT_MAX   512
#define NGX_MITZU_LEFT_TIME  60000              /* ms; then they are void */

typedef struct {
    ngx_mitzu_pool_t   *pool;                   /* NULL: an empty slot */
    mz_id_t             request;
    mz_cmds_t           cmds;
    ngx_msec_t          at;
} ngx_mitzu_left_t;

struct ngx_mitzu_lefts_s {
    ngx_uint_t          next;
    ngx_mitzu_left_t    slots[NGX_MITZU_LEFT_MAX];
};


static void ngx_mitzu_call_stop_send(ngx_mitzu_pool_t *pool, mz_cmds_t *cmds);
static void ngx_mitzu_call_stop_sent(ngx_mitzu_op_t *op, mz_rc_t rc);
static void ngx_mitzu_call_left_clear(ngx_mitzu_left_t *left);


void
ngx_mitzu_call_stop(ngx_mitzu_call_t *cs)
{
    mz_cmds_t  cmds;

    mz_cmds_init(&cmds);

    if (mz_call_stop(&cs->call, &cmds) > 0) {
        ngx_mitzu_call_stop_send(cs->pool, &cmds);
    }

    mz_cmds_free(&cmds);
}


/* While the request is still there: whose it is belongs to it. */

void
ngx_mitzu_call_left(ngx_mitzu_call_t *cs)
{
    mz_cmds_t           cmds;
    ngx_mitzu_left_t   *left;
    ngx_mitzu_lefts_t  *lefts;

    if (cs->pool == NULL || cs->cancel_id.s[0] == '\0') {
        return;
    }

    lefts = cs->worker->lefts;

    if (lefts == NULL) {
        lefts = ngx_calloc(sizeof(ngx_mitzu_lefts_t), cs->worker->log);
        if (lefts == NULL) {
            return;
        }

        cs->worker->lefts = lefts;
    }

    mz_cmds_init(&cmds);

    if (mz_call_stop(&cs->call, &cmds) == 0 || cmds.buf.rc != MZ_OK) {
        mz_cmds_free(&cmds);
        return;
    }

    left = &lefts->slots[lefts->next];
    lefts->next = (lefts->next + 1) % NGX_MITZU_LEFT_MAX;

    ngx_mitzu_call_left_clear(left);

    left->pool = cs->pool;
    left->request = cs->cancel_id;
    left->cmds = cmds;
    left->at = ngx_current_msec;
}


void
ngx_mitzu_call_left_stop(ngx_mitzu_pool_t *pool, const mz_id_t *request)
{
    ngx_uint_t          i;
    ngx_mitzu_left_t   *left;
    ngx_mitzu_lefts_t  *lefts;

    lefts = pool->worker->lefts;

    if (lefts == NULL) {
        return;
    }

    for (i = 0; i < NGX_MITZU_LEFT_MAX; i++) {
        left = &lefts->slots[i];

        if (left->pool != pool
            || ngx_memcmp(left->request.s, request->s, MZ_ID_LEN) != 0)
        {
            continue;
        }

        if (ngx_current_msec - left->at <= NGX_MITZU_LEFT_TIME) {
            ngx_mitzu_call_stop_send(pool, &left->cmds);
        }

        ngx_mitzu_call_left_clear(left);
    }
}


void
ngx_mitzu_call_left_free(ngx_mitzu_worker_t *worker)
{
    ngx_uint_t  i;

    if (worker->lefts == NULL) {
        return;
    }

    for (i = 0; i < NGX_MITZU_LEFT_MAX; i++) {
        ngx_mitzu_call_left_clear(&worker->lefts->slots[i]);
    }

    ngx_free(worker->lefts);
    worker->lefts = NULL;
}


/* A handler makes the pool see to scripts that Redis does not know. */

static void
ngx_mitzu_call_stop_send(ngx_mitzu_pool_t *pool, mz_cmds_t *cmds)
{
    if (ngx_mitzu_pool_send(pool, cmds, ngx_mitzu_call_stop_sent, pool)
        == NULL)
    {
        ngx_log_error(NGX_LOG_WARN, pool->log, 0,
                      "mitzu mcp: what a cancelled request waits for is not "
                      "cancelled: redis is away");
    }
}


static void
ngx_mitzu_call_stop_sent(ngx_mitzu_op_t *op, mz_rc_t rc)
{
    ngx_uint_t         i;
    ngx_mitzu_pool_t  *pool;

    pool = op->data;

    if (rc != MZ_OK) {
        ngx_log_error(NGX_LOG_WARN, pool->log, 0,
                      "mitzu mcp: what a cancelled request waits for may not "
                      "be cancelled: redis went away");
        return;
    }

    for (i = 0; i < op->n; i++) {
        if (op->replies[i]->type == REDIS_REPLY_ERROR) {
            ngx_log_error(NGX_LOG_ERR, pool->log, 0,
                          "mitzu mcp: what a cancelled request waits for is "
                          "not cancelled: redis refused it");
            return;
        }
    }
}


static void
ngx_mitzu_call_left_clear(ngx_mitzu_left_t *left)
{
    mz_cmds_free(&left->cmds);
    ngx_memzero(left, sizeof(ngx_mitzu_left_t));
}
