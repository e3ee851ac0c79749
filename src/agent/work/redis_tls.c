
#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>

#include "agent/work/redis_tls.h"


/* What mends it, by what OpenSSL found. */

typedef struct {
    int          code;
    const char  *advice;
} mz_redis_tls_verify_t;

typedef struct {
    int          code;
    mz_rc_t      rc;
    const char  *advice;
} mz_redis_tls_reason_t;

static const mz_redis_tls_verify_t  mz_redis_tls_verify[] = {
    { X509_V_ERR_HOSTNAME_MISMATCH,
      "it is for another name: see --redis-tls-name" },
    { X509_V_ERR_IP_ADDRESS_MISMATCH,
      "it is not for this address: see --redis-tls-name" },
    { X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
      "nobody trusted signed it: see --redis-tls-ca" },
    { X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,
      "nobody trusted signed it: see --redis-tls-ca" },
    { X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
      "nobody trusted signed it: see --redis-tls-ca" },
    { X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
      "it signed itself: see --redis-tls-ca" },
    { X509_V_ERR_CERT_HAS_EXPIRED, "renew it" },
};

static const mz_redis_tls_reason_t  mz_redis_tls_reasons[] = {
    { SSL_R_WRONG_VERSION_NUMBER, MZ_UNAVAILABLE,
      "what answers there speaks no TLS" },
    { SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, MZ_DENIED,
      "it wants our certificate: see --redis-tls-cert" },
    { SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE, MZ_DENIED,
      "it may want our certificate: see --redis-tls-cert" },
    { SSL_R_TLSV1_ALERT_UNKNOWN_CA, MZ_DENIED,
      "it does not trust our certificate: see --redis-tls-cert" },
    { SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, MZ_DENIED,
      "it does not accept our certificate: see --redis-tls-cert" },
    { SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED, MZ_DENIED,
      "our certificate has expired: see --redis-tls-cert" },
    { SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, MZ_DENIED,
      "it does not accept our certificate: see --redis-tls-cert" },
    { SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, MZ_DENIED,
      "it speaks no TLS 1.2 or later" },
};

static mz_rc_t mz_redis_tls_result(SSL *ssl, int ret, short *events,
    mz_err_t *err);
static mz_rc_t mz_redis_tls_failed(SSL *ssl, int kind, mz_err_t *err);
static mz_rc_t mz_redis_tls_refused(SSL *ssl, mz_err_t *err);
static SSL_CTX *mz_redis_tls_ctx(const mz_redis_tls_t *tls, mz_err_t *err);
static mz_rc_t mz_redis_tls_files(const mz_redis_tls_t *tls, SSL_CTX *ctx,
    mz_err_t *err);
static mz_rc_t mz_redis_tls_name(const mz_redis_tls_t *tls, const char *host,
    SSL *ssl, mz_err_t *err);
static int mz_redis_tls_no_passphrase(char *buf, int size, int rwflag,
    void *data);
static mz_rc_t mz_redis_tls_bad_file(const char *what, const char *file,
    mz_err_t *err);


mz_rc_t
mz_redis_tls_check(const mz_redis_tls_t *tls, mz_err_t *err)
{
    SSL_CTX  *ctx;

    ctx = mz_redis_tls_ctx(tls, err);
    if (ctx == NULL) {
        return err->rc;
    }

    SSL_CTX_free(ctx);

    return MZ_OK;
}


mz_rc_t
mz_redis_tls_new(const mz_redis_tls_t *tls, const char *host, int fd,
    SSL **out, mz_err_t *err)
{
    SSL      *ssl;
    mz_rc_t   rc;
    SSL_CTX  *ctx;

    *out = NULL;

    ctx = mz_redis_tls_ctx(tls, err);
    if (ctx == NULL) {
        return err->rc;
    }

    ssl = SSL_new(ctx);
    SSL_CTX_free(ctx);

    if (ssl == NULL || SSL_set_fd(ssl, fd) != 1) {
        SSL_free(ssl);
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    SSL_set_connect_state(ssl);

    rc = mz_redis_tls_name(tls, host, ssl, err);
    if (rc != MZ_OK) {
        SSL_free(ssl);
        return rc;
    }

    *out = ssl;

    return MZ_OK;
}


void
mz_redis_tls_free(SSL *ssl)
{
    SSL_free(ssl);
}


mz_rc_t
mz_redis_tls_handshake(SSL *ssl, short *events, mz_err_t *err)
{
    ERR_clear_error();
    errno = 0;

    return mz_redis_tls_result(ssl, SSL_do_handshake(ssl), events, err);
}


mz_rc_t
mz_redis_tls_write(SSL *ssl, mz_str_t data, size_t *n, short *events,
    mz_err_t *err)
{
    int      ret;
    char     c;
    size_t   got;
    mz_rc_t  rc;

    ERR_clear_error();
    errno = 0;

    ret = SSL_write_ex(ssl, data.data, data.len, n);
    rc = mz_redis_tls_result(ssl, ret, events, err);

    /* why it was closed may have come before */
    if (rc == MZ_UNAVAILABLE
        && mz_redis_tls_read(ssl, &c, 1, &got, events, err) != MZ_DENIED)
    {
        mz_fail(err, MZ_UNAVAILABLE, "the connection was closed");
    }

    return rc == MZ_UNAVAILABLE ? err->rc : rc;
}


mz_rc_t
mz_redis_tls_read(SSL *ssl, char *buf, size_t size, size_t *n, short *events,
    mz_err_t *err)
{
    ERR_clear_error();
    errno = 0;

    return mz_redis_tls_result(ssl, SSL_read_ex(ssl, buf, size, n), events,
                               err);
}


static mz_rc_t
mz_redis_tls_result(SSL *ssl, int ret, short *events, mz_err_t *err)
{
    int  kind;

    *events = 0;

    if (ret == 1) {
        return MZ_OK;
    }

    kind = SSL_get_error(ssl, ret);

    switch (kind) {

    case SSL_ERROR_WANT_READ:
        *events = POLLIN;
        return MZ_AGAIN;

    case SSL_ERROR_WANT_WRITE:
        *events = POLLOUT;
        return MZ_AGAIN;

    default:
        return mz_redis_tls_failed(ssl, kind, err);
    }
}


static mz_rc_t
mz_redis_tls_failed(SSL *ssl, int kind, mz_err_t *err)
{
    int            saved, reason;
    size_t         i;
    const char    *text;
    unsigned long  e;

    saved = errno;
    e = ERR_peek_error();
    reason = ERR_GET_REASON(e);

    if (e == 0 && saved != 0) {
        return mz_fail(err, MZ_UNAVAILABLE, "%s", strerror(saved));
    }

    if (e == 0 || kind == SSL_ERROR_ZERO_RETURN
        || reason == SSL_R_UNEXPECTED_EOF_WHILE_READING)
    {
        return mz_fail(err, MZ_UNAVAILABLE, "the connection was closed");
    }

    if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED) {
        return mz_redis_tls_refused(ssl, err);
    }

    for (i = 0; i < MZ_ARRAY_LEN(mz_redis_tls_reasons); i++) {
        if (mz_redis_tls_reasons[i].code == reason) {
            return mz_fail(err, mz_redis_tls_reasons[i].rc, "TLS: %s",
                           mz_redis_tls_reasons[i].advice);
        }
    }

    text = ERR_reason_error_string(e);

    return mz_fail(err, MZ_UNAVAILABLE, "TLS: %s",
                   text != NULL ? text : "unknown error");
}


static mz_rc_t
mz_redis_tls_refused(SSL *ssl, mz_err_t *err)
{
    long         code;
    size_t       i;
    const char  *advice;

    code = SSL_get_verify_result(ssl);
    advice = X509_verify_cert_error_string(code);

    for (i = 0; i < MZ_ARRAY_LEN(mz_redis_tls_verify); i++) {
        if (mz_redis_tls_verify[i].code == code) {
            advice = mz_redis_tls_verify[i].advice;
        }
    }

    return mz_fail(err, MZ_DENIED, "its certificate is refused: %s", advice);
}


static SSL_CTX *
mz_redis_tls_ctx(const mz_redis_tls_t *tls, mz_err_t *err)
{
    SSL_CTX  *ctx;

    ERR_clear_error();

    ctx = SSL_CTX_new(TLS_client_method());

    if (ctx == NULL
        || SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1)
    {
        SSL_CTX_free(ctx);
        mz_fail(err, MZ_NOMEM, "out of memory");
        return NULL;
    }

    SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE
                          | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
                          | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_default_passwd_cb(ctx, mz_redis_tls_no_passphrase);
    SSL_CTX_set_verify(ctx, tls->is_insecure ? SSL_VERIFY_NONE
                                             : SSL_VERIFY_PEER, NULL);

    if (mz_redis_tls_files(tls, ctx, err) != MZ_OK) {
        SSL_CTX_free(ctx);
        return NULL;
    }

    return ctx;
}


static mz_rc_t
mz_redis_tls_files(const mz_redis_tls_t *tls, SSL_CTX *ctx, mz_err_t *err)
{
    if (tls->ca != NULL) {

        if (SSL_CTX_load_verify_file(ctx, tls->ca) != 1) {
            return mz_redis_tls_bad_file("--redis-tls-ca", tls->ca, err);
        }

    } else if (!tls->is_insecure
               && SSL_CTX_set_default_verify_paths(ctx) != 1)
    {
        return mz_fail(err, MZ_INVALID, "the system's certificates cannot "
                       "be read: give --redis-tls-ca");
    }

    if (tls->cert == NULL) {
        return MZ_OK;
    }

    if (SSL_CTX_use_certificate_chain_file(ctx, tls->cert) != 1) {
        return mz_redis_tls_bad_file("--redis-tls-cert", tls->cert, err);
    }

    if (SSL_CTX_use_PrivateKey_file(ctx, tls->key, SSL_FILETYPE_PEM) == 1) {
        return MZ_OK;
    }

    if (ERR_GET_REASON(ERR_peek_error()) == X509_R_KEY_VALUES_MISMATCH) {
        return mz_fail(err, MZ_INVALID, "--redis-tls-key %s is not the key "
                       "of --redis-tls-cert %s", tls->key, tls->cert);
    }

    return mz_redis_tls_bad_file("--redis-tls-key", tls->key, err);
}


/* An address is looked for among the addresses of a certificate only. */

static mz_rc_t
mz_redis_tls_name(const mz_redis_tls_t *tls, const char *host, SSL *ssl,
    mz_err_t *err)
{
    bool               is_ip;
    const char        *name;
    unsigned char      ip[16];
    X509_VERIFY_PARAM  *param;

    name = tls->name != NULL ? tls->name : host;
    is_ip = inet_pton(AF_INET, name, ip) == 1
            || inet_pton(AF_INET6, name, ip) == 1;
    param = SSL_get0_param(ssl);

    X509_VERIFY_PARAM_set_hostflags(param,
                                    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);

    if (is_ip ? X509_VERIFY_PARAM_set1_ip_asc(param, name) != 1
              : X509_VERIFY_PARAM_set1_host(param, name, 0) != 1
                || SSL_set_tlsext_host_name(ssl, name) != 1)
    {
        return mz_fail(err, MZ_INVALID, "a certificate cannot be for %s: see "
                       "--redis-tls-name", name);
    }

    return MZ_OK;
}


/* Nobody is there to be asked. */

static int
mz_redis_tls_no_passphrase(char *buf, int size, int rwflag, void *data)
{
    (void) buf;
    (void) size;
    (void) rwflag;
    (void) data;

    return -1;
}


static mz_rc_t
mz_redis_tls_bad_file(const char *what, const char *file, mz_err_t *err)
{
    const char     *text;
    unsigned long   e;

    e = ERR_peek_error();
    text = ERR_reason_error_string(e);

    if (ERR_SYSTEM_ERROR(e)) {
        text = strerror(ERR_GET_REASON(e));

    } else if (text == NULL) {
        text = "no PEM in it";
    }

    return mz_fail(err, MZ_INVALID, "%s %s: %s", what, file, text);
}
