
/*
 * keys: the public keys that tokens are verified with, as each worker has
 * them by itself: a set that is replaced as a whole, and only by one that is
 * good.  A worker's own timer looks for a new one, so that no request waits
 * for that, and a key that was taken back is not used much longer.  Requests
 * wait when there is no set yet, or when a token names a key the set has not:
 * all for one fetch, with a bound on both.
 */

#include "ngx/ngx_mitzu_keys.h"


#define NGX_MITZU_KEYS_REFRESH      300000      /* ms */
#define NGX_MITZU_KEYS_REFRESH_MIN  60          /* s, if the source says it */
#define NGX_MITZU_KEYS_REFRESH_MAX  3600
#define NGX_MITZU_KEYS_RETRY_MIN    1000        /* without any set */
#define NGX_MITZU_KEYS_RETRY_MAX    10000
#define NGX_MITZU_KEYS_FIRST        100         /* workers begin within */


static ngx_mitzu_keys_t *ngx_mitzu_keys_create(ngx_conf_t *cf,
    ngx_mitzu_keys_conf_t *conf);
static ngx_int_t ngx_mitzu_keys_source(ngx_conf_t *cf,
    ngx_mitzu_keys_t *keys);
static ngx_mitzu_keys_t *ngx_mitzu_keys_find(ngx_conf_t *cf,
    ngx_mitzu_keys_conf_t *conf);
static void ngx_mitzu_keys_tick(ngx_event_t *ev);
static void ngx_mitzu_keys_look(ngx_mitzu_keys_t *keys);
static void ngx_mitzu_keys_start(ngx_mitzu_keys_t *keys, ngx_uint_t no_cache);
static void ngx_mitzu_keys_fetched(void *data, ngx_mitzu_fetched_t *fetched);
static mz_jwks_t *ngx_mitzu_keys_parse(ngx_mitzu_fetched_t *fetched,
    mz_err_t *err);
static void ngx_mitzu_keys_schedule(ngx_mitzu_keys_t *keys, ngx_msec_t delay);
static void ngx_mitzu_keys_stop(ngx_mitzu_keys_t *keys);
static void ngx_mitzu_keys_cleanup(void *data);


ngx_mitzu_keys_t *
ngx_mitzu_keys_add(ngx_conf_t *cf, ngx_mitzu_keys_conf_t *conf)
{
    ngx_mitzu_keys_t  *keys;

    keys = ngx_mitzu_keys_find(cf, conf);

    return (keys != NULL) ? keys : ngx_mitzu_keys_create(cf, conf);
}


/* Locations that name the same source in the same way share its keys. */

static ngx_mitzu_keys_t *
ngx_mitzu_keys_find(ngx_conf_t *cf, ngx_mitzu_keys_conf_t *conf)
{
    ngx_uint_t                 i;
    ngx_mitzu_keys_t         **sets;
    ngx_mitzu_main_conf_t     *mmcf;
    ngx_http_core_srv_conf_t  *cscf;

    mmcf = ngx_http_conf_get_module_main_conf(cf, ngx_mitzu_mcp_module);
    cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);
    sets = mmcf->key_sets.elts;

    for (i = 0; i < mmcf->key_sets.nelts; i++) {
        if (sets[i]->ctx == cscf->ctx
            && sets[i]->conf.refresh == conf->refresh
            && sets[i]->conf.throttle == conf->throttle
            && sets[i]->conf.timeout == conf->timeout
            && sets[i]->conf.source.len == conf->source.len
            && ngx_strncmp(sets[i]->conf.source.data, conf->source.data,
                           conf->source.len)
               == 0)
        {
            return sets[i];
        }
    }

    return NULL;
}


static ngx_mitzu_keys_t *
ngx_mitzu_keys_create(ngx_conf_t *cf, ngx_mitzu_keys_conf_t *conf)
{
    ngx_mitzu_keys_t          *keys, **slot;
    ngx_pool_cleanup_t        *cln;
    ngx_mitzu_main_conf_t     *mmcf;
    ngx_http_core_srv_conf_t  *cscf;

    mmcf = ngx_http_conf_get_module_main_conf(cf, ngx_mitzu_mcp_module);
    cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);

    keys = ngx_pcalloc(cf->pool, sizeof(ngx_mitzu_keys_t));
    cln = ngx_pool_cleanup_add(cf->pool, 0);
    slot = ngx_array_push(&mmcf->key_sets);

    if (keys == NULL || cln == NULL || slot == NULL) {
        return NULL;
    }

    *slot = keys;
    cln->handler = ngx_mitzu_keys_cleanup;
    cln->data = keys;

    keys->conf = *conf;
    keys->ctx = cscf->ctx;
    keys->main = mmcf;

    keys->timer.handler = ngx_mitzu_keys_tick;
    keys->timer.data = keys;
    keys->timer.log = &cf->cycle->new_log;
    keys->timer.cancelable = 1;

    keys->wake.handler = ngx_mitzu_keys_wake;
    keys->wake.data = keys;
    keys->wake.log = &cf->cycle->new_log;

    ngx_queue_init(&keys->waiting);
    ngx_queue_init(&keys->woken);

    return (ngx_mitzu_keys_source(cf, keys) == NGX_OK) ? keys : NULL;
}


static ngx_int_t
ngx_mitzu_keys_source(ngx_conf_t *cf, ngx_mitzu_keys_t *keys)
{
    u_char     *p, *last;
    mz_err_t    err;
    ngx_str_t  *source;

    source = &keys->conf.source;
    keys->path = *source;
    last = source->data + source->len;

    if (source->len && source->data[0] == '/') {
        p = ngx_strlchr(source->data, last, '?');

        if (p != NULL) {
            keys->path.len = p - source->data;
            keys->args.data = p + 1;
            keys->args.len = last - keys->args.data;
        }

        return NGX_OK;
    }

    if (source->len <= sizeof("file:") - 1
        || ngx_strncmp(source->data, "file:", sizeof("file:") - 1) != 0)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"mitzu_jwt_keys\" takes \"file:<path>\", or the "
                           "URI of an internal location that proxies to the "
                           "key set, not \"%V\"", source);
        return NGX_ERROR;
    }

    keys->is_file = 1;
    keys->path.data += sizeof("file:") - 1;
    keys->path.len -= sizeof("file:") - 1;

    if (ngx_conf_full_name(cf->cycle, &keys->path, 1) != NGX_OK) {
        return NGX_ERROR;
    }

    keys->set = ngx_mitzu_keys_file_read(keys, cf->log, &err);

    if (keys->set == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "\"mitzu_jwt_keys\" %V: %s",
                           &keys->path, err.msg);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* A worker begins.  Not all at once: the first may fill a cache. */

void
ngx_mitzu_keys_init(ngx_cycle_t *cycle)
{
    ngx_msec_t               delay;
    ngx_uint_t               i;
    ngx_mitzu_keys_t       **sets;
    ngx_mitzu_main_conf_t   *mmcf;

    mmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_mitzu_mcp_module);

    if (mmcf == NULL) {
        return;
    }

    sets = mmcf->key_sets.elts;

    for (i = 0; i < mmcf->key_sets.nelts; i++) {
        sets[i]->timer.log = cycle->log;
        sets[i]->wake.log = cycle->log;

        delay = sets[i]->is_file
                ? sets[i]->conf.refresh
                : (ngx_msec_t) (ngx_random() % NGX_MITZU_KEYS_FIRST) + 1;

        ngx_mitzu_keys_schedule(sets[i], delay);
    }
}


void
ngx_mitzu_keys_exit(ngx_cycle_t *cycle)
{
    ngx_uint_t               i;
    ngx_mitzu_keys_t       **sets;
    ngx_mitzu_main_conf_t   *mmcf;

    mmcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_mitzu_mcp_module);

    if (mmcf == NULL) {
        return;
    }

    sets = mmcf->key_sets.elts;

    for (i = 0; i < mmcf->key_sets.nelts; i++) {
        ngx_mitzu_keys_stop(sets[i]);
    }
}


static void
ngx_mitzu_keys_stop(ngx_mitzu_keys_t *keys)
{
    if (keys->timer.timer_set) {
        ngx_del_timer(&keys->timer);
    }

    if (keys->wake.posted) {
        ngx_delete_posted_event(&keys->wake);
    }

    if (keys->fetch != NULL) {
        ngx_mitzu_fetch_abort(keys->fetch);
        keys->fetch = NULL;
    }
}


static void
ngx_mitzu_keys_cleanup(void *data)
{
    ngx_mitzu_keys_t  *keys = data;

    ngx_mitzu_keys_stop(keys);

    mz_jwks_free(keys->set);
}


const mz_jwks_t *
ngx_mitzu_keys_get(ngx_mitzu_keys_t *keys)
{
    return keys->set;
}


ngx_int_t
ngx_mitzu_keys_fetch(ngx_http_request_t *r, ngx_mitzu_keys_t *keys,
    ngx_mitzu_keys_pt done)
{
    if (keys->is_file) {
        return NGX_DECLINED;
    }

    if (keys->fetch == NULL) {

        /* Without a set the timer tries by itself, again and again. */

        if (keys->set == NULL) {
            if (keys->is_tried) {
                return NGX_DECLINED;
            }

        } else if (keys->has_asked
                   && ngx_current_msec - keys->asked < keys->conf.throttle)
        {
            return NGX_DECLINED;

        } else {
            keys->has_asked = 1;
            keys->asked = ngx_current_msec;
        }

        ngx_mitzu_keys_start(keys, keys->set != NULL);

        if (keys->fetch == NULL) {
            return NGX_DECLINED;
        }
    }

    return ngx_mitzu_keys_park(r, keys, done);
}


static void
ngx_mitzu_keys_tick(ngx_event_t *ev)
{
    ngx_mitzu_keys_t  *keys;

    keys = ev->data;

    if (keys->is_file) {
        ngx_mitzu_keys_look(keys);
        ngx_mitzu_keys_schedule(keys, keys->conf.refresh);

    } else if (keys->fetch == NULL) {
        ngx_mitzu_keys_start(keys, 0);
    }
}


static void
ngx_mitzu_keys_look(ngx_mitzu_keys_t *keys)
{
    mz_err_t    err;
    mz_jwks_t  *set;

    switch (ngx_mitzu_keys_file_look(keys, &err)) {

    case NGX_OK:
        return;

    case NGX_DECLINED:
        set = ngx_mitzu_keys_file_read(keys, ngx_cycle->log, &err);

        if (set != NULL) {
            ngx_mitzu_keys_use(keys, set, -1);
            return;
        }

        break;

    default: /* NGX_ERROR: once it is back, it is read in any case */
        keys->mtime = -1;
        break;
    }

    ngx_mitzu_keys_fail(keys, &err);
}


static void
ngx_mitzu_keys_start(ngx_mitzu_keys_t *keys, ngx_uint_t no_cache)
{
    mz_err_t                err;
    ngx_mitzu_fetch_conf_t  conf;

    if (keys->timer.timer_set) {
        ngx_del_timer(&keys->timer);
    }

    keys->is_tried = 1;

    ngx_memzero(&conf, sizeof(ngx_mitzu_fetch_conf_t));
    conf.ctx = keys->ctx;
    conf.uri = keys->path;
    conf.args = keys->args;
    conf.timeout = keys->conf.timeout;
    conf.max = MZ_JWKS_BYTES_MAX;
    conf.handler = ngx_mitzu_keys_fetched;
    conf.data = keys;
    conf.no_cache = no_cache ? 1 : 0;

    keys->fetch = ngx_mitzu_fetch_start(&conf);

    if (keys->fetch == NULL) {
        (void) mz_fail(&err, MZ_NOMEM, "no memory or no connection for it");
        ngx_mitzu_keys_fail(keys, &err);
    }
}


static void
ngx_mitzu_keys_fetched(void *data, ngx_mitzu_fetched_t *fetched)
{
    ngx_mitzu_keys_t  *keys = data;

    mz_err_t    err;
    mz_jwks_t  *set;

    keys->fetch = NULL;

    set = ngx_mitzu_keys_parse(fetched, &err);

    if (set != NULL) {
        ngx_mitzu_keys_use(keys, set, fetched->max_age);

    } else {
        ngx_mitzu_keys_fail(keys, &err);
    }

    ngx_mitzu_keys_wake_all(keys);
}


static mz_jwks_t *
ngx_mitzu_keys_parse(ngx_mitzu_fetched_t *fetched, mz_err_t *err)
{
    mz_jwks_t  *set;

    if (fetched->failure != NULL) {
        (void) mz_fail(err, MZ_UNAVAILABLE, "%s", fetched->failure);
        return NULL;
    }

    if (fetched->status != NGX_HTTP_OK) {
        (void) mz_fail(err, MZ_UNAVAILABLE, "the location answered %lu",
                       (unsigned long) fetched->status);
        return NULL;
    }

    return (mz_jwks_parse(fetched->body, &set, err) == MZ_OK) ? set : NULL;
}


void
ngx_mitzu_keys_use(ngx_mitzu_keys_t *keys, mz_jwks_t *set, time_t max_age)
{
    ngx_msec_t  delay;
    ngx_uint_t  is_new;

    is_new = (keys->set == NULL
              || ngx_memcmp(mz_jwks_print(keys->set), mz_jwks_print(set),
                            MZ_JWKS_PRINT)
                 != 0);

    if (is_new || keys->is_failing) {
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "mitzu jwt: keys of \"%V\": %uz%s", &keys->conf.source,
                      mz_jwks_count(set), is_new ? ", new ones" : "");
    }

    mz_jwks_free(keys->set);

    keys->set = set;
    keys->is_failing = 0;
    keys->delay = 0;

    ngx_mitzu_count(keys->main, NGX_MITZU_COUNT_KEYS_REFRESHED, 1);

    if (keys->is_file) {
        return;
    }

    delay = keys->conf.refresh;

    if (delay == 0) {
        delay = NGX_MITZU_KEYS_REFRESH;

        if (max_age >= 0) {
            max_age = ngx_max(max_age, NGX_MITZU_KEYS_REFRESH_MIN);
            max_age = ngx_min(max_age, NGX_MITZU_KEYS_REFRESH_MAX);
            delay = (ngx_msec_t) max_age * 1000;
        }
    }

    ngx_mitzu_keys_schedule(keys, delay - ngx_random() % (delay / 10 + 1));
}


void
ngx_mitzu_keys_fail(ngx_mitzu_keys_t *keys, const mz_err_t *err)
{
    char        text[MZ_ERR_MAX], *p;
    ngx_uint_t  level;

    ngx_mitzu_count(keys->main, NGX_MITZU_COUNT_KEYS_FAILED, 1);

    /* It may quote what came. */

    ngx_memcpy(text, err->msg, MZ_ERR_MAX);

    for (p = text; *p != '\0'; p++) {
        if ((u_char) *p < 0x20 || *p == 0x7f) {
            *p = '?';
        }
    }

    level = (keys->is_failing || ngx_exiting) ? NGX_LOG_INFO : NGX_LOG_ERR;
    keys->is_failing = 1;

    ngx_log_error(level, ngx_cycle->log, 0,
                  "mitzu jwt: no new keys of \"%V\": %s; %s",
                  &keys->conf.source, text,
                  keys->set != NULL ? "those of before stay in use"
                                    : "no token can be verified");

    if (keys->is_file) {
        return;
    }

    if (keys->set != NULL) {
        keys->delay = keys->conf.throttle;

    } else if (keys->delay == 0) {
        keys->delay = NGX_MITZU_KEYS_RETRY_MIN;

    } else {
        keys->delay = ngx_min(keys->delay * 2, NGX_MITZU_KEYS_RETRY_MAX);
    }

    ngx_mitzu_keys_schedule(keys, keys->delay);
}


static void
ngx_mitzu_keys_schedule(ngx_mitzu_keys_t *keys, ngx_msec_t delay)
{
    if (!ngx_exiting) {
        ngx_add_timer(&keys->timer, delay);
    }
}
