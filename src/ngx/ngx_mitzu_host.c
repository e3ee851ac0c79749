
/*
 * host: which names of ourselves we answer to.  A page on evil.example.com
 * can make that name resolve to our address (DNS rebinding); then the
 * browser takes us for the page's own server and asks no CORS question.  But
 * it says in Host what it was told.  An IP address or a loopback name cannot
 * be rebound; any other name must be a server_name, if there is one, or
 * stand in mitzu_mcp_hosts.
 */

#include "ngx/ngx_mitzu.h"


static ngx_uint_t ngx_mitzu_host_is_literal(ngx_str_t *host);
static ngx_uint_t ngx_mitzu_host_matches(ngx_str_t *name, ngx_str_t *host);
static ngx_uint_t ngx_mitzu_host_has_suffix(ngx_str_t *host,
    ngx_str_t *suffix);
static ngx_uint_t ngx_mitzu_host_is_name(ngx_str_t *name);
static ngx_int_t ngx_mitzu_host_push(ngx_array_t *list, ngx_str_t *name);
static ngx_int_t ngx_mitzu_host_conf_name(ngx_conf_t *cf, ngx_str_t *name);
#if (NGX_PCRE)
static ngx_uint_t ngx_mitzu_host_in_regexes(ngx_array_t *regexes,
    ngx_str_t *host);
#endif


static ngx_str_t  ngx_mitzu_host_localhost = ngx_string("localhost");
static ngx_str_t  ngx_mitzu_host_below = ngx_string(".localhost");


/* nginx has checked the name, made it lower case and cut the port off. */

ngx_uint_t
ngx_mitzu_host_is_allowed(ngx_http_request_t *r, ngx_mitzu_loc_conf_t *mlcf)
{
    ngx_str_t  *host;

    host = &r->headers_in.server;

    if (host->len == 0 || ngx_mitzu_host_is_literal(host)
        || ngx_mitzu_host_is_loopback(host))
    {
        return 1;
    }

    if (mlcf->hosts != NULL) {
        return mlcf->hosts->nelts == 0
               || ngx_mitzu_host_in_list(mlcf->hosts, host);
    }

    if (!mlcf->has_server_names
        || ngx_mitzu_host_in_list(mlcf->server_names, host))
    {
        return 1;
    }

#if (NGX_PCRE)
    return ngx_mitzu_host_in_regexes(mlcf->server_regexes, host);
#else
    return 0;
#endif
}


static ngx_uint_t
ngx_mitzu_host_is_literal(ngx_str_t *host)
{
    return host->data[0] == '['
           || ngx_inet_addr(host->data, host->len) != INADDR_NONE;
}


ngx_uint_t
ngx_mitzu_host_is_loopback(ngx_str_t *host)
{
    in_addr_t  addr;

    if (host->len == ngx_mitzu_host_localhost.len
        && ngx_strncasecmp(host->data, ngx_mitzu_host_localhost.data,
                           host->len)
           == 0)
    {
        return 1;
    }

    if (ngx_mitzu_host_has_suffix(host, &ngx_mitzu_host_below)) {
        return 1;
    }

    if (host->len == 3 && ngx_strncmp(host->data, "::1", 3) == 0) {
        return 1;
    }

    addr = ngx_inet_addr(host->data, host->len);

    return addr != INADDR_NONE && (ntohl(addr) >> 24) == 127;
}


ngx_uint_t
ngx_mitzu_host_in_list(ngx_array_t *list, ngx_str_t *host)
{
    ngx_str_t   *name;
    ngx_uint_t   i;

    name = list->elts;

    for (i = 0; i < list->nelts; i++) {
        if (ngx_mitzu_host_matches(&name[i], host)) {
            return 1;
        }
    }

    return 0;
}


/* As server_name: "*.example.com", ".example.com", "www.example.*". */

static ngx_uint_t
ngx_mitzu_host_matches(ngx_str_t *name, ngx_str_t *host)
{
    ngx_str_t  part;

    part = *name;

    if (part.data[0] == '*') {
        part.data++;
        part.len--;

        return ngx_mitzu_host_has_suffix(host, &part);
    }

    if (part.data[0] == '.') {
        if (ngx_mitzu_host_has_suffix(host, &part)) {
            return 1;
        }

        part.data++;
        part.len--;

    } else if (part.data[part.len - 1] == '*') {
        part.len--;

        return host->len > part.len
               && ngx_strncasecmp(host->data, part.data, part.len) == 0;
    }

    return host->len == part.len
           && ngx_strncasecmp(host->data, part.data, part.len) == 0;
}


static ngx_uint_t
ngx_mitzu_host_has_suffix(ngx_str_t *host, ngx_str_t *suffix)
{
    return host->len > suffix->len
           && ngx_strncasecmp(host->data + host->len - suffix->len,
                              suffix->data, suffix->len)
              == 0;
}


#if (NGX_PCRE)

static ngx_uint_t
ngx_mitzu_host_in_regexes(ngx_array_t *regexes, ngx_str_t *host)
{
    ngx_uint_t    i;
    ngx_regex_t  **re;

    re = regexes->elts;

    for (i = 0; i < regexes->nelts; i++) {
        if (ngx_regex_exec(re[i], host, NULL, 0) >= 0) {
            return 1;
        }
    }

    return 0;
}

#endif


/*
 * nginx forgets the array of names when the configuration is read; the names
 * themselves stay.
 */

ngx_int_t
ngx_mitzu_host_names(ngx_conf_t *cf, ngx_mitzu_loc_conf_t *mlcf)
{
    ngx_uint_t                 i;
    ngx_http_server_name_t    *sn;
    ngx_http_core_srv_conf_t  *cscf;
#if (NGX_PCRE)
    ngx_regex_t              **re;
#endif

    cscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_core_module);
    sn = cscf->server_names.elts;

    mlcf->server_names = ngx_array_create(cf->pool, 1, sizeof(ngx_str_t));
    if (mlcf->server_names == NULL) {
        return NGX_ERROR;
    }

#if (NGX_PCRE)
    mlcf->server_regexes = ngx_array_create(cf->pool, 1,
                                            sizeof(ngx_regex_t *));
    if (mlcf->server_regexes == NULL) {
        return NGX_ERROR;
    }
#endif

    for (i = 0; i < cscf->server_names.nelts; i++) {

#if (NGX_PCRE)
        if (sn[i].regex) {
            re = ngx_array_push(mlcf->server_regexes);
            if (re == NULL) {
                return NGX_ERROR;
            }

            *re = sn[i].regex->regex;
            mlcf->has_server_names = 1;
            continue;
        }
#endif

        if (!ngx_mitzu_host_is_name(&sn[i].name)) {
            continue;
        }

        if (ngx_mitzu_host_push(mlcf->server_names, &sn[i].name) != NGX_OK) {
            return NGX_ERROR;
        }

        mlcf->has_server_names = 1;
    }

    return NGX_OK;
}


/* Not "" and none of the words for "any", such as "_" and "--". */

static ngx_uint_t
ngx_mitzu_host_is_name(ngx_str_t *name)
{
    u_char  *p, *last;

    last = name->data + name->len;

    for (p = name->data; p < last; p++) {
        if ((*p >= '0' && *p <= '9')
            || (ngx_tolower(*p) >= 'a' && ngx_tolower(*p) <= 'z'))
        {
            return 1;
        }
    }

    return 0;
}


static ngx_int_t
ngx_mitzu_host_push(ngx_array_t *list, ngx_str_t *name)
{
    ngx_str_t  *s;

    s = ngx_array_push(list);
    if (s == NULL) {
        return NGX_ERROR;
    }

    *s = *name;

    return NGX_OK;
}


/* mitzu_mcp_hosts: an empty list stands for "any". */

char *
ngx_mitzu_host_conf(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_mitzu_loc_conf_t  *mlcf = conf;

    ngx_str_t   *value;
    ngx_uint_t   i;

    if (mlcf->hosts != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    mlcf->hosts = ngx_array_create(cf->pool, cf->args->nelts - 1,
                                   sizeof(ngx_str_t));
    if (mlcf->hosts == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    if (cf->args->nelts == 2 && ngx_strcmp(value[1].data, "any") == 0) {
        return NGX_CONF_OK;
    }

    for (i = 1; i < cf->args->nelts; i++) {
        if (ngx_mitzu_host_conf_name(cf, &value[i]) != NGX_OK
            || ngx_mitzu_host_push(mlcf->hosts, &value[i]) != NGX_OK)
        {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


/* "example.com", "*.example.com"; a port says nothing and is cut off. */

static ngx_int_t
ngx_mitzu_host_conf_name(ngx_conf_t *cf, ngx_str_t *name)
{
    u_char     *colon;
    ngx_str_t   rest, port;

    rest = *name;
    colon = ngx_strlchr(rest.data, rest.data + rest.len, ':');

    if (colon != NULL) {
        port.data = colon + 1;
        port.len = rest.data + rest.len - port.data;
        rest.len = colon - rest.data;

        if (ngx_atoi(port.data, port.len) == NGX_ERROR) {
            rest.len = 0;
        }

        name->len = colon - name->data;
    }

    if (rest.len > 2 && rest.data[0] == '*' && rest.data[1] == '.') {
        rest.data++;
        rest.len--;
    }

    if (!ngx_mitzu_host_is_name(&rest)
        || ngx_strlchr(rest.data, rest.data + rest.len, '*') != NULL
        || ngx_strlchr(rest.data, rest.data + rest.len, '/') != NULL
        || (rest.len == 3 && ngx_strncmp(rest.data, "any", 3) == 0))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid host \"%s\": write it like "
                           "\"mcp.example.com\" or \"*.example.com\", or "
                           "\"any\" alone", name->data);
        return NGX_ERROR;
    }

    return NGX_OK;
}
