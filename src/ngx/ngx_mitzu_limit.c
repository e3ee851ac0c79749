
/*
 * The directives that keep one from asking too much:
 *
 *     mitzu_mcp_run_limit [user | project] [rate=<n>r/s|r/m|r/h] [burst=n]
 *                         [concurrent=n];
 *     mitzu_mcp_run_limit off;
 *
 * What they mean is src/store/run.h; Redis keeps count, for all nodes.
 */

#include "ngx/ngx_mitzu.h"

#include "store/admit.h"


#define NGX_MITZU_LIMIT_MAX     1000000     /* runs in a period; burst */
#define NGX_MITZU_LIMIT_SECOND  1000000     /* microseconds */


typedef struct {
    ngx_str_t   name;
    int64_t     period_us;
} ngx_mitzu_rate_t;


static char *ngx_mitzu_limit_word(ngx_conf_t *cf, mz_run_limit_t *limit,
    ngx_str_t *value);
static char *ngx_mitzu_limit_rate(mz_run_limit_t *limit, u_char *text,
    size_t len);
static ngx_int_t ngx_mitzu_limit_number(ngx_str_t *value, size_t prefix,
    ngx_int_t max, int64_t *n);


static const ngx_mitzu_rate_t  ngx_mitzu_rates[] = {
    { ngx_string("r/s"), NGX_MITZU_LIMIT_SECOND },
    { ngx_string("r/m"), 60 * (int64_t) NGX_MITZU_LIMIT_SECOND },
    { ngx_string("r/h"), 3600 * (int64_t) NGX_MITZU_LIMIT_SECOND },
    { ngx_null_string,   0 }
};


char *
ngx_mitzu_limit_conf(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_mitzu_loc_conf_t  *mlcf = conf;

    char            *rv;
    ngx_str_t       *value;
    ngx_uint_t       i, which;
    mz_run_limit_t  *limit;

    value = cf->args->elts;
    which = NGX_MITZU_LIMIT_USER;
    i = 1;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        if (mlcf->has_limits || cf->args->nelts > 2) {
            return "takes \"off\" alone";
        }

        mlcf->has_limits = NGX_MITZU_LIMITS_ALL;
        return NGX_CONF_OK;
    }

    if (ngx_strcmp(value[1].data, "user") == 0) {
        i++;

    } else if (ngx_strcmp(value[1].data, "project") == 0) {
        which = NGX_MITZU_LIMIT_PROJECT;
        i++;
    }

    if (mlcf->has_limits & (1 << which)) {
        return "is duplicate";
    }

    mlcf->has_limits |= 1 << which;
    limit = &mlcf->limits[which];

    for ( /* void */ ; i < cf->args->nelts; i++) {
        rv = ngx_mitzu_limit_word(cf, limit, &value[i]);
        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    if (limit->interval_us == 0 && limit->concurrent == 0) {
        return "takes rate=, concurrent= or both";
    }

    if (limit->interval_us == 0 && limit->burst != 0) {
        return "has burst= but no rate=";
    }

    return NGX_CONF_OK;
}


void
ngx_mitzu_limit_merge(ngx_mitzu_loc_conf_t *conf, ngx_mitzu_loc_conf_t *prev)
{
    if (conf->has_limits == 0) {
        conf->has_limits = prev->has_limits;
        ngx_memcpy(conf->limits, prev->limits, sizeof(conf->limits));
    }
}


static char *
ngx_mitzu_limit_word(ngx_conf_t *cf, mz_run_limit_t *limit, ngx_str_t *value)
{
    if (ngx_strncmp(value->data, "rate=", 5) == 0) {
        return ngx_mitzu_limit_rate(limit, value->data + 5, value->len - 5);
    }

    if (ngx_strncmp(value->data, "burst=", 6) == 0) {
        return (ngx_mitzu_limit_number(value, 6, NGX_MITZU_LIMIT_MAX,
                                       &limit->burst) == NGX_OK)
               ? NGX_CONF_OK : "takes burst= once, from 1 to 1000000";
    }

    if (ngx_strncmp(value->data, "concurrent=", 11) == 0) {
        return (ngx_mitzu_limit_number(value, 11, MZ_ADMIT_PLACES_MAX,
                                       &limit->concurrent) == NGX_OK)
               ? NGX_CONF_OK : "takes concurrent= once, from 1 to 1000";
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\"",
                       value);

    return NGX_CONF_ERROR;
}


/* "10r/m": one every six seconds. */

static char *
ngx_mitzu_limit_rate(mz_run_limit_t *limit, u_char *text, size_t len)
{
    ngx_int_t                n;
    const ngx_mitzu_rate_t  *rate;

    for (rate = ngx_mitzu_rates; rate->name.len != 0; rate++) {
        if (len > rate->name.len
            && ngx_strncmp(text + len - rate->name.len, rate->name.data,
                           rate->name.len) == 0)
        {
            break;
        }
    }

    if (rate->name.len == 0) {
        return "takes a rate= like \"10r/m\", \"100r/h\" or \"1r/s\"";
    }

    n = ngx_atoi(text, len - rate->name.len);

    if (n < 1 || n > NGX_MITZU_LIMIT_MAX || limit->interval_us != 0) {
        return "takes rate= once, of 1 to 1000000 runs";
    }

    limit->interval_us = rate->period_us / n;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_mitzu_limit_number(ngx_str_t *value, size_t prefix, ngx_int_t max,
    int64_t *n)
{
    ngx_int_t  i;

    i = ngx_atoi(value->data + prefix, value->len - prefix);

    if (i < 1 || i > max || *n != 0) {
        return NGX_ERROR;
    }

    *n = i;

    return NGX_OK;
}
