
/*
 * lifecycle: what a worker has while it lives, and how it goes: on a
 * graceful quit (reload, upgrade) waiting calls are answered with what is
 * known, so that clients ask again and meet the new worker.
 */

#include "ngx/ngx_mitzu.h"
#include "ngx/ngx_mitzu_auth.h"
#include "ngx/ngx_mitzu_call.h"
#include "ngx/ngx_mitzu_redis.h"

#include <openssl/rand.h>
#include <sys/random.h>


static ngx_int_t ngx_mitzu_lists(ngx_cycle_t *cycle,
    const mz_registry_t *reg, mz_mcp_server_t *lists);
static ngx_int_t ngx_mitzu_list(ngx_cycle_t *cycle, mz_buf_t *json,
    mz_str_t *list);
static ngx_int_t ngx_mitzu_worker_init(ngx_cycle_t *cycle,
    ngx_mitzu_main_conf_t *mmcf);
static void ngx_mitzu_quit_listen(ngx_cycle_t *cycle, ngx_mitzu_worker_t *w);
static void ngx_mitzu_quit_handler(ngx_event_t *ev);
static void ngx_mitzu_quit_release(ngx_connection_t *c);


/* The configuration is read: other modules have added their tools. */

ngx_int_t
ngx_mitzu_init_module(ngx_cycle_t *cycle)
{
    unsigned                offers;
    ngx_uint_t              i;
    mz_mcp_server_t         lists;
    ngx_mitzu_endpoint_t   *ep;
    ngx_mitzu_main_conf_t  *mmcf;

    mmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_mitzu_mcp_module);

    if (mmcf == NULL || mmcf->endpoints.nelts == 0) {
        return NGX_OK;
    }

    if (ngx_mitzu_lists(cycle, &mmcf->registry, &lists) != NGX_OK) {
        return NGX_ERROR;
    }

    offers = mz_registry_offers(&mmcf->registry);
    ep = mmcf->endpoints.elts;

    for (i = 0; i < mmcf->endpoints.nelts; i++) {
        ep[i].conf->server.offers = offers;

        /* A list of tasks is for somebody: there must be somebody. */

        if (ep[i].conf->auth == NGX_MITZU_AUTH_URI
            && (offers & MZ_MCP_OFFERS_TASKS))
        {
            ep[i].conf->server.offers |= MZ_MCP_OFFERS_TASKS_LIST;
        }

        ep[i].conf->server.tools_json = lists.tools_json;
        ep[i].conf->server.tools_tasks_json = lists.tools_tasks_json;
        ep[i].conf->server.templates_json = lists.templates_json;
        ep[i].conf->server.prompts_json = lists.prompts_json;
        ep[i].conf->tools.random = ngx_mitzu_random;
    }

    return NGX_OK;
}


/* The lists that are the same for everybody are written once. */

static ngx_int_t
ngx_mitzu_lists(ngx_cycle_t *cycle, const mz_registry_t *reg,
    mz_mcp_server_t *lists)
{
    mz_buf_t   json;
    ngx_int_t  rc;

    mz_buf_init(&json, 0);

    rc = NGX_ERROR;

    if (mz_registry_tools_json(reg, false, &json) == MZ_OK
        && ngx_mitzu_list(cycle, &json, &lists->tools_json) == NGX_OK
        && mz_registry_tools_json(reg, true, &json) == MZ_OK
        && ngx_mitzu_list(cycle, &json, &lists->tools_tasks_json) == NGX_OK
        && mz_registry_templates_json(reg, &json) == MZ_OK
        && ngx_mitzu_list(cycle, &json, &lists->templates_json) == NGX_OK
        && mz_registry_prompts_json(reg, &json) == MZ_OK
        && ngx_mitzu_list(cycle, &json, &lists->prompts_json) == NGX_OK)
    {
        rc = NGX_OK;
    }

    mz_buf_free(&json);

    return rc;
}


/* Moves the text into the cycle's pool; json is empty afterwards. */

static ngx_int_t
ngx_mitzu_list(ngx_cycle_t *cycle, mz_buf_t *json, mz_str_t *list)
{
    u_char  *p;

    p = ngx_pnalloc(cycle->pool, json->len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(p, json->data, json->len);
    list->data = (char *) p;
    list->len = json->len;

    mz_buf_reset(json);

    return NGX_OK;
}


/*
 * Never fails: a worker that cannot start would be started again, and again.
 * Without its state an endpoint answers 500, and the log says why.
 */

ngx_int_t
ngx_mitzu_init_process(ngx_cycle_t *cycle)
{
    ngx_mitzu_main_conf_t  *mmcf;

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    json_object_seed(0);
    ngx_mitzu_keys_init(cycle);

    mmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_mitzu_mcp_module);

    if (mmcf == NULL || mmcf->endpoints.nelts == 0) {
        return NGX_OK;
    }

    if (ngx_mitzu_worker_init(cycle, mmcf) != NGX_OK) {
        ngx_log_error(NGX_LOG_CRIT, cycle->log, 0,
                      "mitzu mcp: no memory for this worker's state");
    }

    return NGX_OK;
}


static ngx_int_t
ngx_mitzu_worker_init(ngx_cycle_t *cycle, ngx_mitzu_main_conf_t *mmcf)
{
    ngx_uint_t                i;
    ngx_mitzu_worker_t       *w;
    ngx_mitzu_endpoint_t     *ep;
    ngx_mitzu_redis_conf_t  **rcfp;

    w = ngx_pcalloc(cycle->pool, sizeof(ngx_mitzu_worker_t));
    if (w == NULL) {
        return NGX_ERROR;
    }

    w->main = mmcf;
    w->log = cycle->log;
    ngx_queue_init(&w->calls);
    ngx_queue_init(&w->told);
    w->news.handler = ngx_mitzu_call_news;
    w->news.data = w;
    w->news.log = cycle->log;

    if (mmcf->cache_size) {
        w->cache = mz_cache_new(mmcf->cache_size);
    }

    ep = mmcf->endpoints.elts;

    for (i = 0; i < mmcf->endpoints.nelts; i++) {
        ep[i].conf->tools.cache = w->cache;
    }

    rcfp = mmcf->redises.elts;

    for (i = 0; i < mmcf->redises.nelts; i++) {
        rcfp[i]->pool = ngx_mitzu_pool_create(rcfp[i], w);
        if (rcfp[i]->pool == NULL) {
            return NGX_ERROR;
        }
    }

    mmcf->worker = w;
    ngx_mitzu_quit_listen(cycle, w);

    return NGX_OK;
}


void
ngx_mitzu_exit_process(ngx_cycle_t *cycle)
{
    ngx_uint_t                i;
    ngx_mitzu_worker_t       *w;
    ngx_mitzu_main_conf_t    *mmcf;
    ngx_mitzu_redis_conf_t  **rcfp;

    mmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_mitzu_mcp_module);

    if (mmcf == NULL) {
        return;
    }

    ngx_mitzu_keys_exit(cycle);

    w = mmcf->worker;

    if (w != NULL) {
        ngx_mitzu_call_free_all(w);

        if (w->news.posted) {
            ngx_delete_posted_event(&w->news);
        }

        if (w->quit != NULL) {
            ngx_mitzu_quit_release(w->quit);
            w->quit = NULL;
        }
    }

    rcfp = mmcf->redises.elts;

    for (i = 0; i < mmcf->redises.nelts; i++) {
        if (rcfp[i]->pool != NULL) {
            ngx_mitzu_pool_destroy(rcfp[i]->pool);
            rcfp[i]->pool = NULL;
        }
    }

    if (w != NULL && w->cache != NULL) {
        mz_cache_free(w->cache);
    }

    mmcf->worker = NULL;
}


/*
 * nginx has no hook for the beginning of a graceful quit, but it closes idle
 * connections first of all: so we have one, with a handler and no socket.
 */

static void
ngx_mitzu_quit_listen(ngx_cycle_t *cycle, ngx_mitzu_worker_t *w)
{
    ngx_connection_t  *c;

    c = ngx_get_connection(0, cycle->log);
    if (c == NULL) {
        return;
    }

    c->fd = (ngx_socket_t) -2;
    c->idle = 1;
    c->data = w;
    c->read->handler = ngx_mitzu_quit_handler;
    c->read->log = cycle->log;
    c->write->log = cycle->log;

    w->quit = c;
}


static void
ngx_mitzu_quit_handler(ngx_event_t *ev)
{
    ngx_connection_t    *c;
    ngx_mitzu_worker_t  *w;

    c = ev->data;
    w = c->data;

    if (!c->close) {
        return;
    }

    ngx_mitzu_quit_release(c);

    w->quit = NULL;

    ngx_mitzu_call_drain(w);
}


/* ngx_free_connection() forgets the file of c->fd: there must be one. */

static void
ngx_mitzu_quit_release(ngx_connection_t *c)
{
    ngx_connection_t  *saved;

    c->read->closed = 1;
    c->write->closed = 1;

    saved = NULL;

    if (ngx_cycle->files) {
        saved = ngx_cycle->files[0];
    }

    c->fd = 0;
    ngx_free_connection(c);
    c->fd = (ngx_socket_t) -1;

    if (ngx_cycle->files) {
        ngx_cycle->files[0] = saved;
    }
}


/*
 * Ids must be unguessable.  The kernel's generator does not block once it
 * has been seeded, and a machine that runs nginx has seeded it; should it
 * fail all the same, OpenSSL has its own.
 */

void
ngx_mitzu_random(void *buf, size_t n)
{
    if (RAND_bytes(buf, (int) n) == 1) {
        return;
    }

    if (getrandom(buf, n, GRND_NONBLOCK) == (ssize_t) n) {
        return;
    }

    ngx_log_error(NGX_LOG_EMERG, ngx_cycle->log, 0,
                  "mitzu mcp: no random bytes: this worker gives up");
    ngx_abort();
}
