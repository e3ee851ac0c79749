
/*
 * zone: the counters of a node, in memory that its workers share and that a
 * reload keeps.  What only grows is one word for all.  What goes up and down
 * (a gauge) has a word for each process, which only that process writes: the
 * words of one that was killed stop counting, because there is no such
 * process any more.
 */

#include "ngx/ngx_mitzu.h"

#include <signal.h>


#define NGX_MITZU_ZONE_SIZE  (64 * 1024)
#define NGX_MITZU_ZONE_MIN   (8 * ngx_pagesize)


typedef struct {
    ngx_pid_t            pid;           /* 0: never used */
    ngx_int_t            gauges[NGX_MITZU_GAUGES];
} ngx_mitzu_slot_t;


typedef struct {
    size_t               layout;        /* size of this structure */
    ngx_atomic_t         counters[NGX_MITZU_COUNTERS];
    ngx_mitzu_slot_t     slots[NGX_MAX_PROCESSES];
} ngx_mitzu_zone_t;


static ngx_int_t ngx_mitzu_zone_init(ngx_shm_zone_t *zone, void *data);
static ngx_int_t ngx_mitzu_zone_log(ngx_http_request_t *r);
static void ngx_mitzu_zone_log_status(ngx_mitzu_main_conf_t *mmcf,
    ngx_mitzu_ctx_t *ctx, ngx_uint_t status);
static ngx_mitzu_zone_t *ngx_mitzu_zone_get(ngx_mitzu_main_conf_t *mmcf);


static ngx_str_t  ngx_mitzu_zone_name = ngx_string("mitzu_mcp");


char *
ngx_mitzu_zone_conf(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_mitzu_main_conf_t  *mmcf = conf;

    u_char     *colon;
    ssize_t     size;
    ngx_str_t  *value, name, text;

    if (mmcf->zone != NULL) {
        return "is duplicate";
    }

    value = cf->args->elts;

    name = value[1];
    colon = (u_char *) ngx_strchr(name.data, ':');

    if (colon == NULL || colon == name.data) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid zone \"%V\": write it like "
                           "\"mitzu_mcp:64k\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    name.len = colon - name.data;

    text.data = colon + 1;
    text.len = value[1].data + value[1].len - text.data;
    size = ngx_parse_size(&text);

    if (size == NGX_ERROR || size < (ssize_t) NGX_MITZU_ZONE_MIN
        || size < NGX_MITZU_ZONE_SIZE)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid size of zone \"%V\": it takes 64k or "
                           "more", &value[1]);
        return NGX_CONF_ERROR;
    }

    mmcf->zone = ngx_shared_memory_add(cf, &name, size,
                                       &ngx_mitzu_mcp_module);
    if (mmcf->zone == NULL) {
        return NGX_CONF_ERROR;
    }

    mmcf->zone->init = ngx_mitzu_zone_init;

    return NGX_CONF_OK;
}


ngx_int_t
ngx_mitzu_zone_add(ngx_conf_t *cf, ngx_mitzu_main_conf_t *mmcf)
{
    size_t                      size;
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    if (!mmcf->needs_zone) {
        return NGX_OK;
    }

    if (mmcf->zone == NULL) {
        size = ngx_max((size_t) NGX_MITZU_ZONE_SIZE, NGX_MITZU_ZONE_MIN);

        mmcf->zone = ngx_shared_memory_add(cf, &ngx_mitzu_zone_name, size,
                                           &ngx_mitzu_mcp_module);
        if (mmcf->zone == NULL) {
            return NGX_ERROR;
        }

        mmcf->zone->init = ngx_mitzu_zone_init;
    }

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_LOG_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_mitzu_zone_log;

    return NGX_OK;
}


/*
 * data: what the zone held before a reload.  Another build of the module may
 * have come with the reload, and have other counters: it begins anew.
 */

static ngx_int_t
ngx_mitzu_zone_init(ngx_shm_zone_t *zone, void *data)
{
    ngx_slab_pool_t   *shpool;
    ngx_mitzu_zone_t  *z = data;

    if (z != NULL && z->layout == sizeof(ngx_mitzu_zone_t)) {
        zone->data = z;
        return NGX_OK;
    }

    shpool = (ngx_slab_pool_t *) zone->shm.addr;

    z = ngx_slab_calloc(shpool, sizeof(ngx_mitzu_zone_t));
    if (z == NULL) {
        return NGX_ERROR;
    }

    z->layout = sizeof(ngx_mitzu_zone_t);

    zone->data = z;
    shpool->data = z;

    return NGX_OK;
}


/* Each request that came to an endpoint, once, when it is over. */

static ngx_int_t
ngx_mitzu_zone_log(ngx_http_request_t *r)
{
    ngx_uint_t              status;
    ngx_mitzu_ctx_t        *ctx;
    ngx_mitzu_main_conf_t  *mmcf;

    ctx = (r == r->main) ? ngx_mitzu_ctx_get(r) : NULL;

    if (ctx == NULL) {
        return NGX_OK;
    }

    mmcf = ngx_http_get_module_main_conf(r, ngx_mitzu_mcp_module);

    if (!ctx->is_counted) {
        ngx_mitzu_count(mmcf, NGX_MITZU_COUNT_UNKNOWN, 1);
    }

    status = r->err_status ? r->err_status : r->headers_out.status;
    ngx_mitzu_zone_log_status(mmcf, ctx, status);

    return NGX_OK;
}


static void
ngx_mitzu_zone_log_status(ngx_mitzu_main_conf_t *mmcf, ngx_mitzu_ctx_t *ctx,
    ngx_uint_t status)
{
    if (status >= NGX_HTTP_INTERNAL_SERVER_ERROR) {
        ngx_mitzu_count(mmcf, NGX_MITZU_COUNT_5XX, 1);

    } else if (status >= NGX_HTTP_BAD_REQUEST
               && status != NGX_HTTP_CLIENT_CLOSED_REQUEST)
    {
        ngx_mitzu_count(mmcf, NGX_MITZU_COUNT_4XX, 1);
    }

    if (status == NGX_HTTP_NOT_FOUND
        && ctx->http.session.state == MZ_MCP_SESSION_GONE)
    {
        ngx_mitzu_count(mmcf, NGX_MITZU_COUNT_SESSIONS_REFUSED, 1);

    } else if (status < NGX_HTTP_SPECIAL_RESPONSE
               && ctx->mcp.what == MZ_MCP_DO_END_SESSION)
    {
        ngx_mitzu_count(mmcf, NGX_MITZU_COUNT_SESSIONS_ENDED, 1);
    }
}


static ngx_mitzu_zone_t *
ngx_mitzu_zone_get(ngx_mitzu_main_conf_t *mmcf)
{
    return (mmcf->zone == NULL) ? NULL : mmcf->zone->data;
}


void
ngx_mitzu_count(ngx_mitzu_main_conf_t *mmcf, ngx_uint_t counter, ngx_uint_t n)
{
    ngx_mitzu_zone_t  *z;

    z = ngx_mitzu_zone_get(mmcf);

    if (z != NULL) {
        (void) ngx_atomic_fetch_add(&z->counters[counter], n);
    }
}


void
ngx_mitzu_count_message(ngx_mitzu_ctx_t *ctx)
{
    ngx_mitzu_count(ctx->conf->main,
                    (ctx->mcp.era == MZ_MCP_MODERN) ? NGX_MITZU_COUNT_MODERN
                                                    : NGX_MITZU_COUNT_LEGACY,
                    1);
    ngx_mitzu_count_tolerated(ctx->conf->main, ctx->mcp.tolerated);

    ctx->tolerated |= ctx->mcp.tolerated;
    ctx->is_counted = 1;
}


void
ngx_mitzu_count_tolerated(ngx_mitzu_main_conf_t *mmcf, unsigned bits)
{
    ngx_uint_t  i;

    for (i = 0; bits != 0 && i < MZ_MCP_TOLERANCES; i++) {
        if (bits & 1u << i) {
            ngx_mitzu_count(mmcf, NGX_MITZU_COUNT_TOLERATED + i, 1);
        }
    }
}


ngx_uint_t
ngx_mitzu_counted(ngx_mitzu_main_conf_t *mmcf, ngx_uint_t counter)
{
    ngx_mitzu_zone_t  *z;

    z = ngx_mitzu_zone_get(mmcf);

    return (z == NULL) ? 0 : z->counters[counter];
}


/* A slot is taken over from a process that is gone, with whatever it left. */

void
ngx_mitzu_gauge(ngx_mitzu_main_conf_t *mmcf, ngx_uint_t gauge, ngx_int_t n)
{
    ngx_mitzu_slot_t  *slot;
    ngx_mitzu_zone_t  *z;

    z = ngx_mitzu_zone_get(mmcf);

    if (z == NULL) {
        return;
    }

    slot = &z->slots[ngx_process_slot];

    if (slot->pid != ngx_pid) {
        ngx_memzero(slot->gauges, sizeof(slot->gauges));
        slot->pid = ngx_pid;
    }

    slot->gauges[gauge] += n;
}


/* Processes of this master run as one user: one that we may not signal is
 * none of them. */

ngx_uint_t
ngx_mitzu_gauged(ngx_mitzu_main_conf_t *mmcf, ngx_uint_t gauge)
{
    ngx_int_t          sum;
    ngx_uint_t         i;
    ngx_mitzu_slot_t  *slot;
    ngx_mitzu_zone_t  *z;

    z = ngx_mitzu_zone_get(mmcf);
    sum = 0;

    for (i = 0; z != NULL && i < NGX_MAX_PROCESSES; i++) {
        slot = &z->slots[i];

        if (slot->gauges[gauge] > 0
            && (slot->pid == ngx_pid || kill(slot->pid, 0) == 0))
        {
            sum += slot->gauges[gauge];
        }
    }

    return (ngx_uint_t) sum;
}
