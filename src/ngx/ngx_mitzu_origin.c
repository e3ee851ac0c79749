
/*
 * origin: which web pages may talk to the endpoint.  A browser names the
 * page in Origin; other clients send none.  By default a page of this server
 * or of this machine may.  "This server" means a configured server_name, not
 * whatever Host says: a page that rebinds its own name to our address sends
 * that name in both headers.
 */

#include "ngx/ngx_mitzu.h"


static ngx_uint_t ngx_mitzu_origin_in_list(ngx_array_t *list,
    ngx_str_t *origin);
static ngx_uint_t ngx_mitzu_origin_matches(ngx_str_t *pattern,
    ngx_str_t *origin);
static ngx_int_t ngx_mitzu_origin_host(ngx_str_t *origin, ngx_str_t *host);


ngx_uint_t
ngx_mitzu_origin_is_allowed(ngx_mitzu_loc_conf_t *mlcf, ngx_str_t *origin)
{
    ngx_str_t  host;

    if (origin->len == 0) {
        return 1;
    }

    if (mlcf->origins != NULL) {
        return ngx_mitzu_origin_in_list(mlcf->origins, origin);
    }

    if (ngx_mitzu_origin_host(origin, &host) != NGX_OK) {
        return 0;
    }

    return ngx_mitzu_host_is_loopback(&host)
           || ngx_mitzu_host_in_list(mlcf->server_names, &host);
}


static ngx_uint_t
ngx_mitzu_origin_in_list(ngx_array_t *list, ngx_str_t *origin)
{
    ngx_str_t   *pattern;
    ngx_uint_t   i;

    pattern = list->elts;

    for (i = 0; i < list->nelts; i++) {
        if (ngx_mitzu_origin_matches(&pattern[i], origin)) {
            return 1;
        }
    }

    return 0;
}


/* "any", "https://app.example.com" or "https://" "*.example.com". */

static ngx_uint_t
ngx_mitzu_origin_matches(ngx_str_t *pattern, ngx_str_t *origin)
{
    u_char  *star;
    size_t   head, tail;

    if (pattern->len == 3 && ngx_strncmp(pattern->data, "any", 3) == 0) {
        return 1;
    }

    star = ngx_strlchr(pattern->data, pattern->data + pattern->len, '*');

    if (star == NULL) {
        return pattern->len == origin->len
               && ngx_strncasecmp(pattern->data, origin->data, origin->len)
                  == 0;
    }

    head = star - pattern->data;
    tail = pattern->len - head - 1;

    return origin->len > head + tail
           && ngx_strncasecmp(pattern->data, origin->data, head) == 0
           && ngx_strncasecmp(star + 1, origin->data + origin->len - tail,
                              tail)
              == 0;
}


/* The host of "scheme://host[:port]", without the brackets of an IPv6 one. */

static ngx_int_t
ngx_mitzu_origin_host(ngx_str_t *origin, ngx_str_t *host)
{
    u_char  *p, *last, *end;

    p = ngx_strnstr(origin->data, "://", origin->len);
    if (p == NULL) {
        return NGX_DECLINED;
    }

    p += 3;
    last = origin->data + origin->len;

    if (p < last && *p == '[') {
        p++;
        end = ngx_strlchr(p, last, ']');

        if (end == NULL) {
            return NGX_DECLINED;
        }

    } else {
        end = ngx_strlchr(p, last, ':');

        if (end == NULL) {
            end = last;
        }
    }

    host->data = p;
    host->len = end - p;

    return NGX_OK;
}


char *
ngx_mitzu_origin_conf(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_mitzu_loc_conf_t  *mlcf = conf;

    ngx_str_t   *value, *origin;
    ngx_uint_t   i;

    if (mlcf->origins != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    mlcf->origins = ngx_array_create(cf->pool, cf->args->nelts - 1,
                                     sizeof(ngx_str_t));
    if (mlcf->origins == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strcmp(value[i].data, "any") != 0
            && ngx_strcmp(value[i].data, "null") != 0
            && ngx_strstr(value[i].data, "://") == NULL)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid origin \"%V\": write it like "
                               "\"https://app.example.com\", "
                               "\"https://*.example.com\" or \"any\"",
                               &value[i]);
            return NGX_CONF_ERROR;
        }

        if (value[i].data[value[i].len - 1] == '/') {
            value[i].len--;
        }

        origin = ngx_array_push(mlcf->origins);
        *origin = value[i];
    }

    return NGX_CONF_OK;
}
