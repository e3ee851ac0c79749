
/*
 * ngx_mitzu_mcp_module: an MCP endpoint in nginx.
 *
 *     client ──HTTP──> handler ──> body ──> proto/ (what does it want?)
 *                         │                    │ tools/call
 *                         │                    v
 *                         │        call: one mz_call_t on nginx events
 *                         │          │ STORE      │ WAIT     │ WORK
 *                         │          v            v          v
 *                         │     redis pool       hub      thread pool
 *                         │     fast · bulk     notify
 *                         │          └─────┬─────┘
 *                         v                v
 *                  response · sse        Redis
 *
 *     proto/  what a message means        tools/  what a tool does
 *     store/  what is in Redis            query/  what is in a table
 *
 * This file holds the directives and the configuration; it does nothing at
 * run time.
 */

#include "ngx/ngx_mitzu.h"
#include "ngx/ngx_mitzu_auth.h"
#include "ngx/ngx_mitzu_redis.h"


static ngx_int_t ngx_mitzu_added(ngx_conf_t *cf, mz_rc_t rc,
    const mz_err_t *err);
static ngx_int_t ngx_mitzu_preconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_mitzu_postconfiguration(ngx_conf_t *cf);
static void *ngx_mitzu_create_main_conf(ngx_conf_t *cf);
static char *ngx_mitzu_init_main_conf(ngx_conf_t *cf, void *conf);
static void *ngx_mitzu_create_loc_conf(ngx_conf_t *cf);
static char *ngx_mitzu_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static void ngx_mitzu_registry_cleanup(void *data);
static char *ngx_mitzu_endpoint(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static ngx_mitzu_endpoint_t *ngx_mitzu_endpoint_add(ngx_conf_t *cf,
    ngx_mitzu_loc_conf_t *mlcf, ngx_http_core_loc_conf_t *clcf);
static ngx_int_t ngx_mitzu_endpoint_inherit(ngx_conf_t *cf,
    ngx_mitzu_loc_conf_t *prev, ngx_mitzu_loc_conf_t *conf);
static char *ngx_mitzu_thread_pool(ngx_conf_t *cf, ngx_mitzu_loc_conf_t *conf);


#define NGX_MITZU_CONF  (NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF                 \
                         |NGX_HTTP_LOC_CONF)

static ngx_conf_num_bounds_t  ngx_mitzu_attempts_bounds = {
    ngx_conf_check_num_bounds, 1, 100
};


static ngx_conf_num_bounds_t  ngx_mitzu_queued_bounds = {
    ngx_conf_check_num_bounds, 0, 1000000000
};


static ngx_conf_enum_t  ngx_mitzu_cancels[] = {
    { ngx_string("run"), NGX_MITZU_CANCEL_RUN },
    { ngx_string("wait"), NGX_MITZU_CANCEL_WAIT },
    { ngx_null_string, 0 }
};


static ngx_command_t  ngx_mitzu_commands[] = {

    { ngx_string("mitzu_mcp"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_mitzu_endpoint,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("mitzu_mcp_redis"),
      NGX_MITZU_CONF|NGX_CONF_1MORE,
      ngx_mitzu_redis_conf,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("mitzu_mcp_key"),
      NGX_MITZU_CONF|NGX_CONF_1MORE,
      ngx_mitzu_key_conf,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("mitzu_mcp_session_timeout"),
      NGX_MITZU_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_mitzu_loc_conf_t, session_timeout),
      NULL },

    { ngx_string("mitzu_mcp_auth"),
      NGX_MITZU_CONF|NGX_CONF_TAKE12,
      ngx_mitzu_auth_conf,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("mitzu_jwt"),
      NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_mitzu_jwt_conf,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("mitzu_jwt_keys"),
      NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_mitzu_jwt_keys_conf,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("mitzu_jwt_cache"),
      NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_mitzu_jwt_cache_conf,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("mitzu_mcp_auth_set"),
      NGX_MITZU_CONF|NGX_CONF_TAKE2,
      ngx_mitzu_auth_set_conf,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("mitzu_mcp_scopes"),
      NGX_MITZU_CONF|NGX_CONF_TAKE12,
      ngx_mitzu_scopes_conf,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("mitzu_mcp_resource_metadata"),
      NGX_MITZU_CONF|NGX_CONF_1MORE,
      ngx_mitzu_resource_conf,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("mitzu_mcp_conversation_url"),
      NGX_MITZU_CONF|NGX_CONF_TAKE1,
      ngx_http_set_complex_value_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_mitzu_loc_conf_t, conversation_url),
      NULL },

    { ngx_string("mitzu_mcp_origins"),
      NGX_MITZU_CONF|NGX_CONF_1MORE,
      ngx_mitzu_origin_conf,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("mitzu_mcp_hosts"),
      NGX_MITZU_CONF|NGX_CONF_1MORE,
      ngx_mitzu_host_conf,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("mitzu_mcp_zone"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_mitzu_zone_conf,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("mitzu_mcp_status"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_mitzu_status_conf,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("mitzu_mcp_wait"),
      NGX_MITZU_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_mitzu_loc_conf_t, wait),
      NULL },

    { ngx_string("mitzu_mcp_wait_max"),
      NGX_MITZU_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_mitzu_loc_conf_t, wait_max),
      NULL },

    { ngx_string("mitzu_mcp_heartbeat"),
      NGX_MITZU_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_mitzu_loc_conf_t, heartbeat),
      NULL },

    { ngx_string("mitzu_mcp_result_max"),
      NGX_MITZU_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_mitzu_loc_conf_t, result_max),
      NULL },

    { ngx_string("mitzu_mcp_body_max"),
      NGX_MITZU_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_mitzu_loc_conf_t, body_max),
      NULL },

    { ngx_string("mitzu_mcp_artifact_cache"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_size_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_mitzu_main_conf_t, cache_size),
      NULL },

    { ngx_string("mitzu_mcp_retention"),
      NGX_MITZU_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_mitzu_loc_conf_t, retention),
      NULL },

    { ngx_string("mitzu_mcp_attach"),
      NGX_MITZU_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_mitzu_loc_conf_t, attach),
      NULL },

    { ngx_string("mitzu_mcp_max_attempts"),
      NGX_MITZU_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_mitzu_loc_conf_t, max_attempts),
      &ngx_mitzu_attempts_bounds },

    { ngx_string("mitzu_mcp_run_limit"),
      NGX_MITZU_CONF|NGX_CONF_1MORE,
      ngx_mitzu_limit_conf,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("mitzu_mcp_max_queued"),
      NGX_MITZU_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_mitzu_loc_conf_t, max_queued),
      &ngx_mitzu_queued_bounds },

    { ngx_string("mitzu_mcp_lease"),
      NGX_MITZU_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_msec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_mitzu_loc_conf_t, lease),
      NULL },

    { ngx_string("mitzu_mcp_cancel"),
      NGX_MITZU_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_mitzu_loc_conf_t, cancel),
      &ngx_mitzu_cancels },

    { ngx_string("mitzu_mcp_thread_pool"),
      NGX_MITZU_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_mitzu_loc_conf_t, thread_pool_name),
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_mitzu_mcp_module_ctx = {
    ngx_mitzu_preconfiguration,            /* preconfiguration */
    ngx_mitzu_postconfiguration,           /* postconfiguration */

    ngx_mitzu_create_main_conf,            /* create main configuration */
    ngx_mitzu_init_main_conf,              /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_mitzu_create_loc_conf,             /* create location configuration */
    ngx_mitzu_merge_loc_conf               /* merge location configuration */
};


ngx_module_t  ngx_mitzu_mcp_module = {
    NGX_MODULE_V1,
    &ngx_mitzu_mcp_module_ctx,             /* module context */
    ngx_mitzu_commands,                    /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    ngx_mitzu_init_module,                 /* init module */
    ngx_mitzu_init_process,                /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_mitzu_exit_process,                /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


ngx_int_t
ngx_mitzu_mcp_add_tool(ngx_conf_t *cf, const mz_tool_t *tool)
{
    mz_err_t                err;
    ngx_mitzu_main_conf_t  *mmcf;

    mmcf = ngx_http_conf_get_module_main_conf(cf, ngx_mitzu_mcp_module);

    return ngx_mitzu_added(cf, mz_registry_add(&mmcf->registry, tool, &err),
                           &err);
}


ngx_int_t
ngx_mitzu_mcp_add_resource(ngx_conf_t *cf, const mz_resource_t *resource)
{
    mz_err_t                err;
    ngx_mitzu_main_conf_t  *mmcf;

    mmcf = ngx_http_conf_get_module_main_conf(cf, ngx_mitzu_mcp_module);

    return ngx_mitzu_added(cf, mz_registry_add_resource(&mmcf->registry,
                                                        resource, &err),
                           &err);
}


ngx_int_t
ngx_mitzu_mcp_add_prompt(ngx_conf_t *cf, const mz_prompt_t *prompt)
{
    mz_err_t                err;
    ngx_mitzu_main_conf_t  *mmcf;

    mmcf = ngx_http_conf_get_module_main_conf(cf, ngx_mitzu_mcp_module);

    return ngx_mitzu_added(cf, mz_registry_add_prompt(&mmcf->registry, prompt,
                                                      &err),
                           &err);
}


ngx_int_t
ngx_mitzu_mcp_add_task_kind(ngx_conf_t *cf, const mz_task_kind_t *kind)
{
    mz_err_t                err;
    ngx_mitzu_main_conf_t  *mmcf;

    mmcf = ngx_http_conf_get_module_main_conf(cf, ngx_mitzu_mcp_module);

    return ngx_mitzu_added(cf, mz_registry_add_kind(&mmcf->registry, kind,
                                                    &err),
                           &err);
}


static ngx_int_t
ngx_mitzu_added(ngx_conf_t *cf, mz_rc_t rc, const mz_err_t *err)
{
    if (rc == MZ_OK) {
        return NGX_OK;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "mitzu mcp: another module's addition is refused: %s",
                       err->msg);

    return NGX_ERROR;
}


static ngx_int_t
ngx_mitzu_preconfiguration(ngx_conf_t *cf)
{
    return ngx_mitzu_vars_add(cf);
}


static ngx_int_t
ngx_mitzu_postconfiguration(ngx_conf_t *cf)
{
    ngx_uint_t                  i;
    ngx_http_handler_pt        *h;
    ngx_mitzu_main_conf_t      *mmcf;
    ngx_mitzu_redis_conf_t    **rcfp;
    ngx_http_core_main_conf_t  *cmcf;

    mmcf = ngx_http_conf_get_module_main_conf(cf, ngx_mitzu_mcp_module);

    rcfp = mmcf->redises.elts;

    for (i = 0; i < mmcf->redises.nelts; i++) {
        if (ngx_mitzu_resolve_conf(cf, rcfp[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    if (ngx_mitzu_check_endpoints(cf, mmcf) != NGX_OK
        || ngx_mitzu_zone_add(cf, mmcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_ACCESS_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_mitzu_auth_handler;

    return ngx_mitzu_body_init(cf);
}


static void *
ngx_mitzu_create_main_conf(ngx_conf_t *cf)
{
    mz_err_t                err;
    ngx_pool_cleanup_t     *cln;
    ngx_mitzu_main_conf_t  *mmcf;

    mmcf = ngx_pcalloc(cf->pool, sizeof(ngx_mitzu_main_conf_t));
    if (mmcf == NULL) {
        return NULL;
    }

    mmcf->cache_size = NGX_CONF_UNSET_SIZE;

    if (ngx_array_init(&mmcf->endpoints, cf->pool, 4,
                       sizeof(ngx_mitzu_endpoint_t))
        != NGX_OK
        || ngx_array_init(&mmcf->redises, cf->pool, 4,
                          sizeof(ngx_mitzu_redis_conf_t *))
           != NGX_OK
        || ngx_array_init(&mmcf->key_sets, cf->pool, 2,
                          sizeof(ngx_mitzu_keys_t *))
           != NGX_OK)
    {
        return NULL;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    /* Now, so that other modules can add tools in their configuration. */

    if (mz_registry_init(&mmcf->registry, &err) != MZ_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "mitzu mcp: tools: %s", err.msg);
        return NULL;
    }

    cln->handler = ngx_mitzu_registry_cleanup;
    cln->data = &mmcf->registry;

    return mmcf;
}


static void
ngx_mitzu_registry_cleanup(void *data)
{
    mz_registry_deinit(data);
}


static char *
ngx_mitzu_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_mitzu_main_conf_t  *mmcf = conf;

    ngx_conf_init_size_value(mmcf->cache_size, 64 * 1024 * 1024);

    return NGX_CONF_OK;
}


static void *
ngx_mitzu_create_loc_conf(ngx_conf_t *cf)
{
    ngx_mitzu_loc_conf_t  *mlcf;

    mlcf = ngx_pcalloc(cf->pool, sizeof(ngx_mitzu_loc_conf_t));
    if (mlcf == NULL) {
        return NULL;
    }

    /*
     * set by ngx_pcalloc():
     *
     *     mlcf->enable = NGX_MITZU_OFF;
     *     mlcf->conversation_url = NULL;
     *     mlcf->thread_pool_name = { 0, NULL };
     *     mlcf->thread_pool = NULL;
     */

    mlcf->auth = NGX_CONF_UNSET_UINT;
    mlcf->redis = NGX_CONF_UNSET_PTR;
    mlcf->origins = NGX_CONF_UNSET_PTR;
    mlcf->hosts = NGX_CONF_UNSET_PTR;
    mlcf->keys = NGX_CONF_UNSET_PTR;
    mlcf->auth_sets = NGX_CONF_UNSET_PTR;
    mlcf->resource = NGX_CONF_UNSET_PTR;
    mlcf->session_timeout = NGX_CONF_UNSET;
    mlcf->wait = NGX_CONF_UNSET;
    mlcf->wait_max = NGX_CONF_UNSET;
    mlcf->heartbeat = NGX_CONF_UNSET_MSEC;
    mlcf->result_max = NGX_CONF_UNSET_SIZE;
    mlcf->body_max = NGX_CONF_UNSET_SIZE;
    mlcf->retention = NGX_CONF_UNSET;
    mlcf->attach = NGX_CONF_UNSET;
    mlcf->max_attempts = NGX_CONF_UNSET;
    mlcf->max_queued = NGX_CONF_UNSET;
    mlcf->lease = NGX_CONF_UNSET_MSEC;
    mlcf->cancel = NGX_CONF_UNSET_UINT;

    return mlcf;
}


static char *
ngx_mitzu_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_mitzu_loc_conf_t  *prev = parent;
    ngx_mitzu_loc_conf_t  *conf = child;

    if (conf->auth == NGX_CONF_UNSET_UINT) {
        conf->auth = prev->auth;
        conf->auth_uri = prev->auth_uri;
    }

    if (conf->scope_read.data == NULL && conf->scope_run.data == NULL) {
        conf->scope_read = prev->scope_read;
        conf->scope_run = prev->scope_run;
    }

    ngx_conf_merge_ptr_value(conf->auth_sets, prev->auth_sets, NULL);
    ngx_conf_merge_ptr_value(conf->resource, prev->resource, NULL);
    ngx_conf_merge_ptr_value(conf->redis, prev->redis, NULL);
    ngx_conf_merge_ptr_value(conf->origins, prev->origins, NULL);
    ngx_conf_merge_ptr_value(conf->hosts, prev->hosts, NULL);
    ngx_conf_merge_ptr_value(conf->keys, prev->keys, NULL);
    ngx_conf_merge_value(conf->session_timeout, prev->session_timeout,
                         7 * 24 * 3600);
    ngx_conf_merge_value(conf->wait, prev->wait, 25);
    ngx_conf_merge_value(conf->wait_max, prev->wait_max, 50);
    ngx_conf_merge_msec_value(conf->heartbeat, prev->heartbeat, 15000);
    ngx_conf_merge_size_value(conf->result_max, prev->result_max, 80 * 1024);
    ngx_conf_merge_size_value(conf->body_max, prev->body_max,
                              MZ_MCP_BODY_MAX);
    ngx_conf_merge_value(conf->retention, prev->retention, 30 * 24 * 3600);
    ngx_conf_merge_value(conf->attach, prev->attach, 60);
    ngx_conf_merge_value(conf->max_attempts, prev->max_attempts, 2);
    ngx_conf_merge_value(conf->max_queued, prev->max_queued, 0);
    ngx_mitzu_limit_merge(conf, prev);
    ngx_conf_merge_msec_value(conf->lease, prev->lease, 30000);
    ngx_conf_merge_uint_value(conf->cancel, prev->cancel,
                              NGX_MITZU_CANCEL_RUN);
    ngx_conf_merge_str_value(conf->thread_pool_name, prev->thread_pool_name,
                             "default");

    if (conf->conversation_url == NULL) {
        conf->conversation_url = prev->conversation_url;
    }

    if (ngx_mitzu_endpoint_inherit(cf, prev, conf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (ngx_mitzu_jwt_merge(cf, prev, conf) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    if (conf->enable == NGX_MITZU_OFF) {
        return NGX_CONF_OK;
    }

    if (ngx_mitzu_host_names(cf, conf) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    if (conf->enable == NGX_MITZU_ERRORS) {
        return NGX_CONF_OK;
    }

    if (conf->enable == NGX_MITZU_METADATA) {
        return (conf->resource != NULL) ? NGX_CONF_OK
               : "mitzu_mcp metadata needs \"mitzu_mcp_resource_metadata\"";
    }

    return ngx_mitzu_thread_pool(cf, conf);
}


static char *
ngx_mitzu_thread_pool(ngx_conf_t *cf, ngx_mitzu_loc_conf_t *conf)
{
    ngx_str_t  *name;

    name = &conf->thread_pool_name;

    if (name->len == 3 && ngx_strncmp(name->data, "off", 3) == 0) {
        return NGX_CONF_OK;
    }

#if (NGX_THREADS)

    conf->thread_pool = ngx_thread_pool_add(cf, name);

    return (conf->thread_pool == NULL) ? NGX_CONF_ERROR : NGX_CONF_OK;

#else

    return NGX_CONF_OK;

#endif
}


static char *
ngx_mitzu_endpoint(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_mitzu_loc_conf_t  *mlcf = conf;

    ngx_str_t                 *value;
    ngx_mitzu_endpoint_t      *ep;
    ngx_mitzu_main_conf_t     *mmcf;
    ngx_http_core_loc_conf_t  *clcf;

    if (mlcf->main != NULL) {
        return "is duplicate";
    }

    mmcf = ngx_http_conf_get_module_main_conf(cf, ngx_mitzu_mcp_module);
    mlcf->main = mmcf;

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        return NGX_CONF_OK;
    }

    mmcf->needs_zone = 1;
    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (ngx_strcmp(value[1].data, "errors") == 0) {
        mlcf->enable = NGX_MITZU_ERRORS;
        clcf->handler = ngx_mitzu_error_handler;
        return NGX_CONF_OK;
    }

    if (ngx_strcmp(value[1].data, "metadata") == 0) {
        mlcf->enable = NGX_MITZU_METADATA;
        clcf->handler = ngx_mitzu_metadata_handler;
        return NGX_CONF_OK;
    }

    if (ngx_strcmp(value[1].data, "on") == 0) {
        mlcf->enable = NGX_MITZU_ON;

    } else if (ngx_strcmp(value[1].data, "strict") == 0) {
        mlcf->enable = NGX_MITZU_STRICT;

    } else {
        return "takes \"on\", \"strict\", \"errors\", \"metadata\" or "
               "\"off\"";
    }

    ep = ngx_mitzu_endpoint_add(cf, mlcf, clcf);
    if (ep == NULL) {
        return NGX_CONF_ERROR;
    }

    ep->file = cf->conf_file->file.name;
    ep->line = cf->conf_file->line;

    return NGX_CONF_OK;
}


static ngx_mitzu_endpoint_t *
ngx_mitzu_endpoint_add(ngx_conf_t *cf, ngx_mitzu_loc_conf_t *mlcf,
    ngx_http_core_loc_conf_t *clcf)
{
    ngx_mitzu_endpoint_t  *ep;

    ep = ngx_array_push(&mlcf->main->endpoints);
    if (ep == NULL) {
        return NULL;
    }

    ngx_memzero(ep, sizeof(ngx_mitzu_endpoint_t));

    clcf->handler = ngx_mitzu_handler;

    ep->conf = mlcf;
    ep->location = clcf;
    ep->server = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);

    return ep;
}


/* "if" and "limit_except" make locations that are to go on as theirs. */

static ngx_int_t
ngx_mitzu_endpoint_inherit(ngx_conf_t *cf, ngx_mitzu_loc_conf_t *prev,
    ngx_mitzu_loc_conf_t *conf)
{
    ngx_mitzu_endpoint_t      *ep;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (prev->enable == NGX_MITZU_OFF || prev->enable == NGX_MITZU_ERRORS
        || !clcf->noname || clcf->handler != NULL)
    {
        return NGX_OK;
    }

    conf->enable = prev->enable;
    conf->main = prev->main;

    if (conf->enable == NGX_MITZU_METADATA) {
        clcf->handler = ngx_mitzu_metadata_handler;
        return NGX_OK;
    }

    if (conf->enable == NGX_MITZU_ERRORS) {
        clcf->handler = ngx_mitzu_error_handler;
        return NGX_OK;
    }

    ep = ngx_mitzu_endpoint_add(cf, conf, clcf);
    if (ep == NULL) {
        return NGX_ERROR;
    }

    ep->is_part = 1;

    return NGX_OK;
}
