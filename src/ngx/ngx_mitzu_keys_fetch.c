
/*
 * keys_fetch: asks a location of this server, which proxies to where the
 * keys are: TLS, names, time-outs and a cache are those of nginx.
 *
 *     connection (a socket to nobody) ── request ── subrequest ── upstream
 *            ^                                          │
 *            └──────────── send_chain collects <────────┘
 *
 * The subrequest is not one of a client's request: it would hold that
 * client's connection (HTTP/1 reads the next request only when all
 * subrequests have ended, those in the background too), take the client's
 * headers along, its token with them, and end with the client, while others
 * wait for the same keys.  So the request it belongs to is one of our own,
 * on a connection whose other end we hold: nothing ever comes from there,
 * and what is written is collected.  Not NGX_HTTP_SUBREQUEST_IN_MEMORY, which
 * rules out proxy_cache_background_update and is bounded by a directive of
 * somebody else.
 *
 * The request and its connection live until nginx has ended all that belongs
 * to it; the one who asked hears of the answer, or of the end, once.
 */

#include "ngx/ngx_mitzu_keys.h"


static ngx_int_t ngx_mitzu_fetch_done(ngx_http_request_t *sr, void *data,
    ngx_int_t rc);
static void ngx_mitzu_fetch_end(ngx_http_request_t *r);
static void ngx_mitzu_fetch_kill(ngx_mitzu_fetch_t *fetch);
static void ngx_mitzu_fetch_report(ngx_mitzu_fetch_t *fetch);
static const char *ngx_mitzu_fetch_failure(ngx_mitzu_fetch_t *fetch);
static time_t ngx_mitzu_fetch_max_age(ngx_http_request_t *sr);
static void ngx_mitzu_fetch_timeout(ngx_event_t *ev);
static void ngx_mitzu_fetch_closed(void *data);


ngx_mitzu_fetch_t *
ngx_mitzu_fetch_start(ngx_mitzu_fetch_conf_t *conf)
{
    ngx_connection_t    *c;
    ngx_mitzu_fetch_t   *fetch;
    ngx_http_cleanup_t  *cln;

    fetch = ngx_mitzu_fetch_create();
    if (fetch == NULL) {
        return NULL;
    }

    c = fetch->connection;
    fetch->conf = *conf;
    fetch->hc.conf_ctx = conf->ctx;
    mz_buf_init(&fetch->body, conf->max);

    if (ngx_mitzu_fetch_request(fetch) != NGX_OK) {
        ngx_http_close_connection(c);
        return NULL;
    }

    cln = ngx_http_cleanup_add(fetch->request, 0);

    if (cln == NULL || ngx_mitzu_fetch_headers(fetch) != NGX_OK) {
        ngx_http_free_request(fetch->request, 0);
        ngx_http_close_connection(c);
        return NULL;
    }

    cln->handler = ngx_mitzu_fetch_closed;
    cln->data = fetch;

    fetch->timer.handler = ngx_mitzu_fetch_timeout;
    fetch->timer.data = fetch;
    fetch->timer.log = c->log;
    ngx_add_timer(&fetch->timer, conf->timeout);

    /* Who asks may be in the middle of a request: begin when it is through. */

    ngx_post_event(c->write, &ngx_posted_events);

    return fetch;
}


/* What ngx_http_request_handler() does, which is not exported. */

void
ngx_mitzu_fetch_event(ngx_event_t *ev)
{
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    c = ev->data;
    r = c->data;

    ngx_http_set_log_request(c->log, r);

    if (c->close) {
        ngx_mitzu_fetch_kill((ngx_mitzu_fetch_t *) r->main->http_connection);
        return;
    }

    if (ev->delayed && ev->timedout) {
        ev->delayed = 0;
        ev->timedout = 0;
    }

    if (ev->write) {
        r->write_event_handler(r);

    } else {
        r->read_event_handler(r);
    }

    ngx_http_run_posted_requests(c);
}


void
ngx_mitzu_fetch_begin(ngx_http_request_t *r)
{
    ngx_str_t                   *args;
    ngx_mitzu_fetch_t           *fetch;
    ngx_http_post_subrequest_t  *ps;

    fetch = (ngx_mitzu_fetch_t *) r->http_connection;
    args = fetch->conf.args.len ? &fetch->conf.args : NULL;

    r->write_event_handler = ngx_mitzu_fetch_end;

    ps = ngx_palloc(r->pool, sizeof(ngx_http_post_subrequest_t));

    if (ps != NULL) {
        ps->handler = ngx_mitzu_fetch_done;
        ps->data = fetch;

        if (ngx_http_subrequest(r, &fetch->conf.uri, args,
                                &fetch->subrequest, ps,
                                NGX_HTTP_SUBREQUEST_WAITED)
            == NGX_OK)
        {
            fetch->subrequest->filter_need_in_memory = 1;
            return;
        }
    }

    fetch->rc = NGX_ERROR;
    r->connection->error = 1;
    ngx_http_finalize_request(r, NGX_ERROR);
}


/*
 * Whatever came of it, the subrequest is to end as if it were well: else
 * nginx would write an error page to us, or end our request.
 */

static ngx_int_t
ngx_mitzu_fetch_done(ngx_http_request_t *sr, void *data, ngx_int_t rc)
{
    ngx_mitzu_fetch_t  *fetch = data;

    if (fetch->rc == NGX_OK) {
        fetch->rc = rc;
    }

    fetch->is_done = 1;

    return NGX_OK;
}


/* The subrequest has ended: our request goes on, to its end. */

static void
ngx_mitzu_fetch_end(ngx_http_request_t *r)
{
    ngx_mitzu_fetch_t  *fetch;

    fetch = (ngx_mitzu_fetch_t *) r->http_connection;

    if (!fetch->is_done) {
        return;
    }

    r->write_event_handler = ngx_http_request_empty_handler;

    /* The write filter keeps the last bytes, until there are more. */

    (void) ngx_mitzu_fetch_collect(r->connection, r->out, 0);

    ngx_mitzu_fetch_report(fetch);

    /* With an end of file it neither lingers nor waits for a request. */

    r->connection->read->eof = 1;

    ngx_http_finalize_request(r, NGX_DONE);
}


static void
ngx_mitzu_fetch_kill(ngx_mitzu_fetch_t *fetch)
{
    ngx_connection_t  *c;

    c = fetch->connection;
    c->error = 1;

    ngx_http_finalize_request(fetch->request, NGX_ERROR);
    ngx_http_run_posted_requests(c);
}


ngx_chain_t *
ngx_mitzu_fetch_collect(ngx_connection_t *c, ngx_chain_t *in, off_t limit)
{
    size_t               size;
    ngx_buf_t           *b;
    ngx_mitzu_fetch_t   *fetch;
    ngx_http_request_t  *r;

    r = c->data;
    fetch = (ngx_mitzu_fetch_t *) r->main->http_connection;

    for ( /* void */ ; in != NULL; in = in->next) {
        b = in->buf;

        if (ngx_buf_special(b)) {
            continue;
        }

        if (!ngx_buf_in_memory(b)) {
            return NGX_CHAIN_ERROR;
        }

        size = b->last - b->pos;
        mz_buf_add(&fetch->body, b->pos, size);

        b->pos = b->last;
        c->sent += size;

        if (b->in_file) {
            b->file_pos = b->file_last;
        }
    }

    return (fetch->body.rc == MZ_OK) ? NULL : NGX_CHAIN_ERROR;
}


static void
ngx_mitzu_fetch_report(ngx_mitzu_fetch_t *fetch)
{
    ngx_mitzu_fetch_pt   handler;
    ngx_mitzu_fetched_t  fetched;

    if (fetch->timer.timer_set) {
        ngx_del_timer(&fetch->timer);
    }

    handler = fetch->conf.handler;

    if (handler == NULL) {
        return;
    }

    fetch->conf.handler = NULL;

    fetched.failure = ngx_mitzu_fetch_failure(fetch);
    fetched.status = 0;
    fetched.max_age = -1;
    fetched.body = mz_buf_view(&fetch->body);

    if (fetched.failure == NULL) {
        fetched.status = (fetch->rc >= NGX_HTTP_SPECIAL_RESPONSE)
                         ? (ngx_uint_t) fetch->rc
                         : fetch->subrequest->headers_out.status;
        fetched.max_age = ngx_mitzu_fetch_max_age(fetch->subrequest);
    }

    handler(fetch->conf.data, &fetched);
}


static const char *
ngx_mitzu_fetch_failure(ngx_mitzu_fetch_t *fetch)
{
    if (fetch->is_late) {
        return "it took too long";
    }

    switch (fetch->body.rc) {

    case MZ_OK:
        break;

    case MZ_LIMIT:
        return "the answer is too large";

    default:
        return "out of memory";
    }

    if (!fetch->is_done) {
        return "it was ended";
    }

    return (fetch->rc == NGX_ERROR) ? "the answer broke off" : NULL;
}


/* Of its Cache-Control, unless that forbids to keep it. */

static time_t
ngx_mitzu_fetch_max_age(ngx_http_request_t *sr)
{
    u_char           *p, *last;
    ngx_int_t         n;
    ngx_uint_t        i;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    for (part = &sr->headers_out.headers.part; part != NULL; part = part->next)
    {
        h = part->elts;

        for (i = 0; i < part->nelts; i++) {
            if (h[i].hash == 0 || h[i].key.len != sizeof("Cache-Control") - 1
                || ngx_strncasecmp(h[i].key.data, (u_char *) "Cache-Control",
                                   h[i].key.len)
                   != 0)
            {
                continue;
            }

            last = h[i].value.data + h[i].value.len;
            p = ngx_strlcasestrn(h[i].value.data, last,
                                 (u_char *) "max-age=", 8 - 1);
            if (p == NULL) {
                continue;
            }

            p += sizeof("max-age=") - 1;

            for (n = 0; p + n < last && p[n] >= '0' && p[n] <= '9'; n++) {
                /* void */
            }

            return ngx_atotm(p, n);
        }
    }

    return -1;
}


static void
ngx_mitzu_fetch_timeout(ngx_event_t *ev)
{
    ngx_mitzu_fetch_t  *fetch;

    fetch = ev->data;
    fetch->is_late = 1;

    ngx_mitzu_fetch_kill(fetch);
}


void
ngx_mitzu_fetch_awaited(ngx_mitzu_fetch_t *fetch)
{
    fetch->connection->idle = 0;
}


void
ngx_mitzu_fetch_abort(ngx_mitzu_fetch_t *fetch)
{
    fetch->conf.handler = NULL;

    ngx_mitzu_fetch_kill(fetch);
}


/* The request ends, one way or another. */

static void
ngx_mitzu_fetch_closed(void *data)
{
    ngx_mitzu_fetch_report(data);
}
