
/*
 * redis_tls: TLS to Redis and its sentinels, by nginx's own SSL: nothing
 * blocks, and the rest of the connection is the same.  Unless it is told not
 * to, it trusts the system's authorities and checks that the certificate is
 * for the host of the URL, or for the address that a sentinel gave.
 *
 * What OpenSSL says of a failure becomes the reason of that failure, so that
 * one outage is one line of the log.
 */

#include "ngx/ngx_mitzu_redis.h"

#if (NGX_SSL)
#include <openssl/x509v3.h>
#endif


#define NGX_MITZU_TLS_DEPTH      4
#define NGX_MITZU_TLS_PROTOCOLS  (NGX_SSL_TLSv1_2|NGX_SSL_TLSv1_3)
#define NGX_MITZU_TLS_POOL       512


#if (NGX_SSL)

static char *ngx_mitzu_tls_trust(ngx_conf_t *cf, ngx_mitzu_redis_conf_t *rcf);
static ngx_int_t ngx_mitzu_tls_create(ngx_mitzu_redis_t *rc);
static ngx_int_t ngx_mitzu_tls_set_name(ngx_mitzu_redis_t *rc);
static void ngx_mitzu_tls_handshake(ngx_connection_t *c);
static ngx_int_t ngx_mitzu_tls_verify(ngx_mitzu_redis_t *rc);
static void ngx_mitzu_tls_name(ngx_mitzu_redis_t *rc, ngx_str_t *name);
static ngx_uint_t ngx_mitzu_tls_is_address(ngx_str_t *name);
static ngx_int_t ngx_mitzu_tls_check_address(ngx_connection_t *c,
    ngx_str_t *name);
static void ngx_mitzu_tls_save(ngx_connection_t *c);
static void ngx_mitzu_tls_say(ngx_log_t *log, ngx_uint_t level, u_char *buf,
    size_t len);

#endif


char *
ngx_mitzu_tls_conf(ngx_conf_t *cf, ngx_mitzu_redis_conf_t *rcf)
{
#if (NGX_SSL)
    ngx_pool_cleanup_t  *cln;
#endif

    if (!rcf->is_tls) {
        return (rcf->ssl_trusted_certificate.len || rcf->ssl_certificate.len
                || rcf->ssl_certificate_key.len || rcf->ssl_name.len)
               ? "has parameters of TLS but a URL without: it begins with "
                 "\"rediss://\" or \"rediss+sentinel://\""
               : NGX_CONF_OK;
    }

    if (rcf->ssl_certificate.len == 0 && rcf->ssl_certificate_key.len) {
        return "has ssl_certificate_key= but no ssl_certificate=";
    }

    if (rcf->ssl_certificate_key.len == 0) {
        rcf->ssl_certificate_key = rcf->ssl_certificate;
    }

#if (NGX_SSL)

    rcf->ssl = ngx_pcalloc(cf->pool, sizeof(ngx_ssl_t));
    cln = ngx_pool_cleanup_add(cf->pool, 0);

    if (rcf->ssl == NULL || cln == NULL) {
        return NGX_CONF_ERROR;
    }

    rcf->ssl->log = cf->log;

    if (ngx_ssl_create(rcf->ssl, NGX_MITZU_TLS_PROTOCOLS, NULL) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    cln->handler = ngx_ssl_cleanup_ctx;
    cln->data = rcf->ssl;

    if (rcf->ssl_certificate.len
        && ngx_ssl_certificate(cf, rcf->ssl, &rcf->ssl_certificate,
                               &rcf->ssl_certificate_key, NULL)
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (ngx_ssl_client_session_cache(cf, rcf->ssl, 1) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return rcf->ssl_verify ? ngx_mitzu_tls_trust(cf, rcf) : NGX_CONF_OK;

#else

    return "cannot have TLS: this nginx has been built without SSL";

#endif
}


#if (NGX_SSL)

static char *
ngx_mitzu_tls_trust(ngx_conf_t *cf, ngx_mitzu_redis_conf_t *rcf)
{
    if (ngx_ssl_trusted_certificate(cf, rcf->ssl,
                                    &rcf->ssl_trusted_certificate,
                                    NGX_MITZU_TLS_DEPTH)
        != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    if (rcf->ssl_trusted_certificate.len == 0
        && SSL_CTX_set_default_verify_paths(rcf->ssl->ctx) != 1)
    {
        ngx_ssl_error(NGX_LOG_EMERG, cf->log, 0,
                      "SSL_CTX_set_default_verify_paths() failed");
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


void
ngx_mitzu_tls_init(ngx_mitzu_redis_t *rc)
{
    rc->said = rc->log;
    rc->said.log_level = NGX_LOG_ERR;
    rc->said.handler = NULL;
    rc->said.next = NULL;
    rc->said.writer = ngx_mitzu_tls_say;
    rc->said.wdata = rc;
}


void
ngx_mitzu_tls_start(ngx_mitzu_redis_t *rc)
{
    ngx_int_t          res;
    ngx_connection_t  *c;

    if (ngx_mitzu_tls_create(rc) != NGX_OK) {
        ngx_mitzu_redis_fail(rc, 0, "no memory for TLS");
        return;
    }

    c = rc->connection;
    res = ngx_ssl_handshake(c);

    if (res == NGX_AGAIN) {
        c->ssl->handler = ngx_mitzu_tls_handshake;
        return;
    }

    ngx_mitzu_tls_handshake(c);
}


static ngx_int_t
ngx_mitzu_tls_create(ngx_mitzu_redis_t *rc)
{
    ngx_connection_t  *c;

    c = rc->connection;

    c->pool = ngx_create_pool(NGX_MITZU_TLS_POOL, &rc->log);
    if (c->pool == NULL) {
        return NGX_ERROR;
    }

    rc->reason[0] = '\0';
    c->log = &rc->said;
    c->log_error = NGX_ERROR_ERR;

    if (ngx_ssl_create_connection(rc->conf->ssl, c,
                                  NGX_SSL_BUFFER|NGX_SSL_CLIENT)
        != NGX_OK
        || ngx_mitzu_tls_set_name(rc) != NGX_OK)
    {
        return NGX_ERROR;
    }

    c->ssl->save_session = ngx_mitzu_tls_save;

    /* One that cannot be resumed makes for a handshake in full. */

    if (rc->session != NULL) {
        (void) ngx_ssl_set_session(c, rc->session);
    }

    return NGX_OK;
}


/* SNI has names only, RFC 6066, 3. */

static ngx_int_t
ngx_mitzu_tls_set_name(ngx_mitzu_redis_t *rc)
{
    u_char     text[NGX_MITZU_HOST_MAX + 1];
    ngx_str_t  name;

    ngx_mitzu_tls_name(rc, &name);

    if (name.len == 0 || name.len > NGX_MITZU_HOST_MAX
        || ngx_mitzu_tls_is_address(&name))
    {
        return NGX_OK;
    }

    ngx_cpystrn(text, name.data, name.len + 1);

    return (SSL_set_tlsext_host_name(rc->connection->ssl->connection,
                                     (char *) text)
            == 1)
           ? NGX_OK : NGX_ERROR;
}


static void
ngx_mitzu_tls_handshake(ngx_connection_t *c)
{
    ngx_mitzu_redis_t  *rc;

    rc = c->data;

    if (c->close) {
        ngx_mitzu_redis_fail(rc, 0, "closed by the shutdown of this worker");
        return;
    }

    if (c->ssl->handshaked) {

        if (rc->conf->ssl_verify && ngx_mitzu_tls_verify(rc) != NGX_OK) {
            ngx_mitzu_tls_forget(rc);
            ngx_mitzu_redis_fail(rc, 0, (char *) rc->reason);
            return;
        }

        c->sendfile = 0;
        c->read->handler = ngx_mitzu_redis_read;
        c->write->handler = ngx_mitzu_redis_write;

        ngx_mitzu_redis_established(rc);
        return;
    }

    ngx_mitzu_tls_forget(rc);

    if (c->read->timedout) {
        ngx_mitzu_redis_fail(rc, NGX_ETIMEDOUT, "no TLS handshake in time");
        return;
    }

    ngx_mitzu_redis_fail(rc, 0, ngx_mitzu_tls_reason(rc,
                                                "the TLS handshake failed"));
}


const char *
ngx_mitzu_tls_reason(ngx_mitzu_redis_t *rc, const char *reason)
{
    return rc->reason[0] ? (const char *) rc->reason : reason;
}


static ngx_int_t
ngx_mitzu_tls_verify(ngx_mitzu_redis_t *rc)
{
    long               verdict;
    ngx_int_t          res;
    ngx_str_t          name;
    ngx_connection_t  *c;

    c = rc->connection;
    verdict = SSL_get_verify_result(c->ssl->connection);

    if (verdict != X509_V_OK) {
        (void) ngx_snprintf(rc->reason, sizeof(rc->reason) - 1,
                            "the certificate is not trusted: %s (%l)%Z",
                            X509_verify_cert_error_string(verdict), verdict);
        return NGX_ERROR;
    }

    ngx_mitzu_tls_name(rc, &name);

    res = ngx_mitzu_tls_is_address(&name)
          ? ngx_mitzu_tls_check_address(c, &name)
          : ngx_ssl_check_host(c, &name);

    if (res != NGX_OK) {
        (void) ngx_snprintf(rc->reason, sizeof(rc->reason) - 1,
                            "the certificate is not for \"%V\" (ssl_name= "
                            "says another name)%Z", &name);
    }

    return res;
}


/* Without the brackets of an IPv6 address. */

static void
ngx_mitzu_tls_name(ngx_mitzu_redis_t *rc, ngx_str_t *name)
{
    *name = rc->conf->ssl_name.len ? rc->conf->ssl_name : rc->server->host;

    if (name->len > 2 && name->data[0] == '[') {
        name->data++;
        name->len -= 2;
    }
}


static ngx_uint_t
ngx_mitzu_tls_is_address(ngx_str_t *name)
{
    return ngx_inet_addr(name->data, name->len) != INADDR_NONE
           || ngx_strlchr(name->data, name->data + name->len, ':') != NULL;
}


static ngx_int_t
ngx_mitzu_tls_check_address(ngx_connection_t *c, ngx_str_t *name)
{
    int     fits;
    X509   *cert;
    u_char  text[NGX_INET6_ADDRSTRLEN + 1];

    cert = SSL_get_peer_certificate(c->ssl->connection);

    if (cert == NULL || name->len > NGX_INET6_ADDRSTRLEN) {
        X509_free(cert);
        return NGX_ERROR;
    }

    ngx_cpystrn(text, name->data, name->len + 1);
    fits = X509_check_ip_asc(cert, (char *) text, 0);

    X509_free(cert);

    return (fits == 1) ? NGX_OK : NGX_ERROR;
}


void
ngx_mitzu_tls_close(ngx_mitzu_redis_t *rc)
{
    ngx_connection_t  *c;

    c = rc->connection;

    if (c->ssl != NULL) {
        c->ssl->no_wait_shutdown = 1;

        /* What cannot be sent now is not sent. */

        if (ngx_ssl_shutdown(c) == NGX_AGAIN) {
            c->timedout = 1;
            (void) ngx_ssl_shutdown(c);
        }
    }

    if (c->pool != NULL) {
        ngx_destroy_pool(c->pool);
        c->pool = NULL;
    }
}


void
ngx_mitzu_tls_forget(ngx_mitzu_redis_t *rc)
{
    if (rc->session != NULL) {
        ngx_ssl_free_session(rc->session);
        rc->session = NULL;
    }
}


/* TLS 1.3 brings sessions after the handshake, several maybe. */

static void
ngx_mitzu_tls_save(ngx_connection_t *c)
{
    ngx_mitzu_redis_t  *rc;
    ngx_ssl_session_t  *session;

    rc = c->data;
    session = ngx_ssl_get_session(c);

    if (session != NULL) {
        ngx_mitzu_tls_forget(rc);
        rc->session = session;
    }
}


/*
 * Takes the place of a log; the line is as nginx would have written it:
 * "<date> [level] <pid>#<tid>: <what was said>".
 */

static void
ngx_mitzu_tls_say(ngx_log_t *log, ngx_uint_t level, u_char *buf, size_t len)
{
    u_char             *p, *last;
    ngx_mitzu_redis_t  *rc;

    rc = log->wdata;

    last = buf + len;
    p = ngx_strlchr(buf, last, '#');

    if (p != NULL) {
        p = ngx_strlchr(p, last, ' ');
    }

    if (p == NULL || rc->reason[0] != '\0') {
        return;
    }

    p++;

    while (last > p && (last[-1] == LF || last[-1] == CR)) {
        last--;
    }

    len = ngx_min((size_t) (last - p), sizeof(rc->reason) - 1);
    ngx_cpystrn(rc->reason, p, len + 1);
}

#endif
