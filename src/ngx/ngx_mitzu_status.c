
/*
 * status: the counters of this node as a page for Prometheus (text format
 * 0.0.4).  One row of a table for each metric; nothing is kept here.
 */

#include "ngx/ngx_mitzu_redis.h"
#include "ngx/ngx_mitzu_response.h"


typedef const char *(*ngx_mitzu_metric_value_pt)(ngx_uint_t i);

typedef struct {
    const char                *name;
    const char                *help;
    const char                *label;
    const char  *const        *values;  /* NULL: value_of() says them */
    ngx_uint_t                 first;   /* counter */
    ngx_uint_t                 n;
    ngx_mitzu_metric_value_pt  value_of;
} ngx_mitzu_metric_t;


static ngx_int_t ngx_mitzu_status_handler(ngx_http_request_t *r);
static void ngx_mitzu_status_write(ngx_mitzu_main_conf_t *mmcf,
    mz_buf_t *out);
static void ngx_mitzu_status_metric(ngx_mitzu_main_conf_t *mmcf,
    const ngx_mitzu_metric_t *metric, mz_buf_t *out);
static void ngx_mitzu_status_redis(ngx_mitzu_main_conf_t *mmcf,
    mz_buf_t *out);
static void ngx_mitzu_status_label(ngx_str_t *value, mz_buf_t *out);
static const char *ngx_mitzu_status_tolerance(ngx_uint_t i);
static const char *ngx_mitzu_status_token(ngx_uint_t i);


static ngx_str_t  ngx_mitzu_status_type = ngx_string(
    "text/plain; version=0.0.4; charset=utf-8");

static const char *const  ngx_mitzu_status_eras[] = {
    "legacy", "modern", "unknown"
};

static const char *const  ngx_mitzu_status_classes[] = {
    "4xx", "5xx"
};

static const char *const  ngx_mitzu_status_sessions[] = {
    "created", "ended", "refused"
};

static const char *const  ngx_mitzu_status_audiences[] = {
    "resource", "client_id"
};

static const char *const  ngx_mitzu_status_cache[] = {
    "hit", "miss"
};

static const char *const  ngx_mitzu_status_keys[] = {
    "refreshed", "failed"
};


static const ngx_mitzu_metric_t  ngx_mitzu_metrics[] = {

    { "mitzu_mcp_requests_total",
      "Messages of clients, by era of the protocol; unknown: requests that "
      "were refused before a message was read.",
      "era", ngx_mitzu_status_eras,
      NGX_MITZU_COUNT_LEGACY, 3, NULL },

    { "mitzu_mcp_refused_total",
      "Requests answered with an HTTP error, by class.",
      "class", ngx_mitzu_status_classes,
      NGX_MITZU_COUNT_4XX, 2, NULL },

    { "mitzu_mcp_tolerated_total",
      "Mistakes of clients that were let pass, by kind.",
      "what", NULL,
      NGX_MITZU_COUNT_TOLERATED, MZ_MCP_TOLERANCES,
      ngx_mitzu_status_tolerance },

    { "mitzu_mcp_sessions_total",
      "Sessions of the handshake revisions, by what became of them.",
      "what", ngx_mitzu_status_sessions,
      NGX_MITZU_COUNT_SESSIONS_CREATED, 3, NULL },

    { "mitzu_mcp_tokens_total",
      "Access tokens of requests, by what came of them.",
      "result", NULL,
      NGX_MITZU_COUNT_TOKEN,
      NGX_MITZU_COUNT_TOKEN_UNAVAILABLE - NGX_MITZU_COUNT_TOKEN + 1,
      ngx_mitzu_status_token },

    { "mitzu_mcp_tokens_accepted_total",
      "Tokens that were let in, by the audience that fitted.",
      "audience", ngx_mitzu_status_audiences,
      NGX_MITZU_COUNT_BY_RESOURCE, 2, NULL },

    { "mitzu_mcp_token_cache_total",
      "Looks into the cache of verified tokens.",
      "what", ngx_mitzu_status_cache,
      NGX_MITZU_COUNT_CACHE_HIT, 2, NULL },

    { "mitzu_mcp_keys_total",
      "Looks for new keys, of all workers.",
      "what", ngx_mitzu_status_keys,
      NGX_MITZU_COUNT_KEYS_REFRESHED, 2, NULL }
};


char *
ngx_mitzu_status_conf(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_mitzu_main_conf_t     *mmcf;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_mitzu_status_handler;

    mmcf = ngx_http_conf_get_module_main_conf(cf, ngx_mitzu_mcp_module);
    mmcf->needs_zone = 1;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_mitzu_status_handler(ngx_http_request_t *r)
{
    mz_buf_t   text;
    ngx_int_t  rc;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    mz_buf_init(&text, 0);
    ngx_mitzu_status_write(
             ngx_http_get_module_main_conf(r, ngx_mitzu_mcp_module), &text);

    if (ngx_mitzu_response_common(r, "no-store") != NGX_OK) {
        mz_buf_free(&text);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_mitzu_response_send(r, NGX_HTTP_OK, &ngx_mitzu_status_type,
                                   &text);
}


static void
ngx_mitzu_status_write(ngx_mitzu_main_conf_t *mmcf, mz_buf_t *out)
{
    ngx_uint_t  i;

    for (i = 0; i < MZ_ARRAY_LEN(ngx_mitzu_metrics); i++) {
        ngx_mitzu_status_metric(mmcf, &ngx_mitzu_metrics[i], out);
    }

    mz_buf_addf(out, "# HELP mitzu_mcp_calls "
                     "Calls in flight, waiting ones included.\n"
                     "# TYPE mitzu_mcp_calls gauge\n"
                     "mitzu_mcp_calls %lu\n",
                (unsigned long) ngx_mitzu_gauged(mmcf,
                                                 NGX_MITZU_GAUGE_CALLS));

    ngx_mitzu_status_redis(mmcf, out);
}


/* As the worker sees it that answers. */

static void
ngx_mitzu_status_redis(ngx_mitzu_main_conf_t *mmcf, mz_buf_t *out)
{
    ngx_uint_t                i;
    ngx_mitzu_pool_t         *pool;
    ngx_mitzu_redis_conf_t  **rcfp;

    mz_buf_add_str(out, mz_str("# HELP mitzu_mcp_redis_up Whether all "
                               "connections of this worker are ready, and "
                               "to which address.\n"
                               "# TYPE mitzu_mcp_redis_up gauge\n"));

    rcfp = mmcf->redises.elts;

    for (i = 0; i < mmcf->redises.nelts; i++) {
        pool = rcfp[i]->pool;

        if (pool == NULL) {
            continue;
        }

        mz_buf_add_str(out, mz_str("mitzu_mcp_redis_up{redis=\""));
        ngx_mitzu_status_label(&rcfp[i]->url, out);
        mz_buf_add_str(out, mz_str("\",address=\""));
        ngx_mitzu_status_label(&pool->conns[NGX_MITZU_FAST].name, out);
        mz_buf_addf(out, "\"} %u\n", ngx_mitzu_pool_is_up(pool) ? 1u : 0u);
    }
}


static void
ngx_mitzu_status_label(ngx_str_t *value, mz_buf_t *out)
{
    size_t  i;

    for (i = 0; i < value->len; i++) {

        if (value->data[i] == '"' || value->data[i] == '\\') {
            mz_buf_add_char(out, '\\');
        }

        mz_buf_add_char(out, (char) value->data[i]);
    }
}


static void
ngx_mitzu_status_metric(ngx_mitzu_main_conf_t *mmcf,
    const ngx_mitzu_metric_t *metric, mz_buf_t *out)
{
    ngx_uint_t   i;
    const char  *value;

    mz_buf_addf(out, "# HELP %s %s\n# TYPE %s counter\n", metric->name,
                metric->help, metric->name);

    for (i = 0; i < metric->n; i++) {
        value = (metric->values != NULL) ? metric->values[i]
                                         : metric->value_of(i);

        mz_buf_addf(out, "%s{%s=\"%s\"} %lu\n", metric->name, metric->label,
                    value,
                    (unsigned long) ngx_mitzu_counted(mmcf,
                                                      metric->first + i));
    }
}


static const char *
ngx_mitzu_status_tolerance(ngx_uint_t i)
{
    return mz_mcp_tolerance_name((mz_mcp_tolerance_t) i);
}


static const char *
ngx_mitzu_status_token(ngx_uint_t i)
{
    switch (NGX_MITZU_COUNT_TOKEN + i) {

    case NGX_MITZU_COUNT_TOKEN_MISSING:
        return "missing";

    case NGX_MITZU_COUNT_TOKEN_REQUEST:
        return "request";

    case NGX_MITZU_COUNT_TOKEN_UNAVAILABLE:
        return "unavailable";

    default:
        return mz_jwt_reason_name((mz_jwt_reason_t) i);
    }
}
