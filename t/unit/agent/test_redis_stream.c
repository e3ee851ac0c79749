
#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/work/redis_io.h"
#include "agent/work/redis_tls.h"
#include "agent/work/work.h"
#include "base/mz_str.h"
#include "test.h"


#define WAIT_MS    10000                /* far more than anything takes */
#define BIG_BYTES  ((size_t) 8 << 20)

/* What the other side does with a connection. */

typedef void (*serve_t)(int fd, SSL *ssl);

static SSL_CTX          *server_ctx;
static char              ca_file[] = "/tmp/mz-ca-XXXXXX";
static pid_t             server;
static mz_redis_addr_t   addr;
static mz_redis_tls_t    trusted;

static void start(serve_t serve, bool is_tls);
static void stop(void);
static void put(SSL *ssl, const char *text);
static void get(SSL *ssl, const char *until);


/* --- servers --- */

static void
serve_echo(int fd, SSL *ssl)
{
    int   n;
    char  buf[4096];

    (void) fd;

    for ( ;; ) {
        n = SSL_read(ssl, buf, sizeof(buf));
        if (n <= 0 || SSL_write(ssl, buf, n) != n) {
            return;
        }
    }
}


static void
serve_record(int fd, SSL *ssl)
{
    (void) fd;

    put(ssl, "0123456789abcdefghijklmnopqrstuvwxyz");
    pause();
}


static void
serve_silence(int fd, SSL *ssl)
{
    (void) fd;
    (void) ssl;

    pause();
}


static void
serve_http(int fd, SSL *ssl)
{
    static const char  text[] = "HTTP/1.1 400 Bad Request\r\n\r\n";

    (void) ssl;

    if (write(fd, text, sizeof(text) - 1) < 0) {
        _exit(1);
    }

    usleep(200000);
}


static void
serve_cut(int fd, SSL *ssl)
{
    (void) fd;

    get(ssl, "SETNAME");
    put(ssl, "+OK\r\n");
    get(ssl, "PING");
    put(ssl, "$100\r\nhalf a rep");
}


static void
serve_swallow(int fd, SSL *ssl)
{
    int      n;
    char     buf[16384];
    char     text[32];
    size_t   sum;

    (void) fd;

    for (sum = 0; sum < BIG_BYTES; sum += (size_t) n) {
        n = SSL_read(ssl, buf, sizeof(buf));
        if (n <= 0) {
            return;
        }
    }

    snprintf(text, sizeof(text), "%zu", sum);
    put(ssl, text);
    pause();
}


/* Greets, then tells five things: three together, two apart. */

static void
serve_news(int fd, SSL *ssl)
{
    (void) fd;

    get(ssl, "SETNAME");
    put(ssl, "+OK\r\n");
    get(ssl, "SUBSCRIBE");
    put(ssl, "+one\r\n+two\r\n+three\r\n+fo");
    get(ssl, "MORE");
    put(ssl, "ur\r\n");
    put(ssl, "+five\r\n");
    pause();
}


/* --- tests --- */

static void
test_names(void)
{
    size_t              i;
    mz_rc_t             rc;
    mz_err_t            err;
    mz_redis_tls_t      tls;
    mz_redis_stream_t   s;

    static const struct {
        const char  *name;
        bool         has_ca;
        bool         is_insecure;
        mz_rc_t      rc;
        const char  *says;
    } rows[] = {
        { NULL,            true,  false, MZ_OK, "" },
        { "127.0.0.1",     true,  false, MZ_OK, "" },
        { "redis.test",    true,  false, MZ_OK, "" },
        { "a.wild.test",   true,  false, MZ_OK, "" },
        { "REDIS.test",    true,  false, MZ_OK, "" },
        { "other.test",    true,  false, MZ_DENIED, "--redis-tls-name" },
        { "127.0.0.2",     true,  false, MZ_DENIED, "--redis-tls-name" },
        { "::1",           true,  false, MZ_DENIED, "--redis-tls-name" },
        { "wild.test",     true,  false, MZ_DENIED, "--redis-tls-name" },
        { "a.b.wild.test", true,  false, MZ_DENIED, "--redis-tls-name" },
        { "xa.part.test",  true,  false, MZ_DENIED, "--redis-tls-name" },
        { "test-cn",       true,  false, MZ_DENIED, "--redis-tls-name" },
        { NULL,            false, false, MZ_DENIED, "--redis-tls-ca" },
        { "redis.test",    false, false, MZ_DENIED, "--redis-tls-ca" },
        { "other.test",    true,  true,  MZ_OK, "" },
        { NULL,            false, true,  MZ_OK, "" },
    };

    start(serve_echo, true);

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {

        memset(&tls, 0, sizeof(tls));
        memset(&err, 0, sizeof(err));
        tls.ca = rows[i].has_ca ? ca_file : NULL;
        tls.name = rows[i].name;
        tls.is_insecure = rows[i].is_insecure;

        mz_redis_stream_init(&s);
        rc = mz_redis_stream_open(&s, &addr, &tls, WAIT_MS, &err);

        CHECK_ROW(rc == rows[i].rc, "row %zu: %s", i, err.msg);
        CHECK_ROW(strstr(err.msg, rows[i].says) != NULL, "row %zu: %s", i,
                  err.msg);
        CHECK_ROW((s.fd >= 0) == (rc == MZ_OK), "row %zu", i);
        mz_redis_stream_close(&s);
    }

    stop();
}


static void
test_echo(void)
{
    char                buf[64];
    size_t              n;
    mz_err_t            err;
    mz_redis_stream_t   s;

    start(serve_echo, true);
    mz_redis_stream_init(&s);
    CHECK(mz_redis_stream_open(&s, &addr, &trusted, WAIT_MS, &err) == MZ_OK);
    CHECK(mz_redis_stream_read(&s, buf, sizeof(buf), &n, 0, &err)
          == MZ_AGAIN);
    CHECK(mz_redis_stream_read(&s, buf, sizeof(buf), &n, 50, &err)
          == MZ_AGAIN);
    CHECK(mz_redis_stream_write(&s, mz_str("hello"), WAIT_MS, &err)
          == MZ_OK);
    CHECK(mz_redis_stream_read(&s, buf, sizeof(buf), &n, WAIT_MS, &err)
          == MZ_OK);
    CHECK(n == 5 && memcmp(buf, "hello", 5) == 0);

    mz_redis_stream_close(&s);
    CHECK(s.fd == -1);
    mz_redis_stream_close(&s);
    stop();
}


/*
 * OpenSSL has the whole record once a part of it was read, and the socket is
 * silent from then on: who waited for it would never see the rest.
 */

static void
test_pending(void)
{
    char                buf[64];
    size_t              n, len;
    mz_err_t            err;
    struct pollfd       pfd;
    mz_redis_stream_t   s;

    start(serve_record, true);
    mz_redis_stream_init(&s);
    CHECK(mz_redis_stream_open(&s, &addr, &trusted, WAIT_MS, &err) == MZ_OK);
    CHECK(mz_redis_stream_read(&s, buf, 10, &len, WAIT_MS, &err) == MZ_OK);
    CHECK(len == 10);

    pfd = (struct pollfd) { s.fd, POLLIN, 0 };
    CHECK(poll(&pfd, 1, 100) == 0);

    while (len < 36
           && mz_redis_stream_read(&s, buf + len, 7, &n, 0, &err) == MZ_OK)
    {
        len += n;
    }

    CHECK(len == 36);
    CHECK(memcmp(buf, "0123456789abcdefghijklmnopqrstuvwxyz", 36) == 0);
    CHECK(mz_redis_stream_read(&s, buf, 7, &n, 0, &err) == MZ_AGAIN);

    mz_redis_stream_close(&s);
    stop();
}


/* As the keeper does it: poll, then all there is until MZ_AGAIN. */

static void
test_news(void)
{
    size_t            i;
    mz_rc_t           rc;
    mz_err_t          err;
    mz_str_t          subscribe[] = { mz_str("SUBSCRIBE"), mz_str("x") };
    mz_str_t          more[] = { mz_str("MORE") };
    mz_cmds_t         c;
    redisReply       *reply;
    mz_redis_t       *r;
    struct pollfd     pfd;
    mz_redis_url_t    u;

    static const char *const  words[] = {
        "one", "two", "three", NULL, "four", "five", NULL
    };

    start(serve_news, true);
    CHECK(mz_redis_url_parse(&u, mz_str("rediss://127.0.0.1"), &err)
          == MZ_OK);
    u.addrs[0] = addr;
    u.tls = trusted;
    r = mz_redis_new(&u, "test");

    mz_cmds_init(&c);
    mz_cmds_add(&c, 2, subscribe);
    CHECK(mz_redis_connect(r, &err) == MZ_OK);
    CHECK(mz_redis_receive(r, &reply, &err) == MZ_AGAIN);
    CHECK(mz_redis_send(r, &c, &err) == MZ_OK);
    mz_cmds_free(&c);

    pfd = (struct pollfd) { mz_redis_fd(r), POLLIN, 0 };
    CHECK(poll(&pfd, 1, WAIT_MS) == 1);

    for (i = 0; i < MZ_ARRAY_LEN(words); i++) {
        rc = mz_redis_receive(r, &reply, &err);

        /* the second half may be a moment behind */
        while (rc == MZ_AGAIN && words[i] != NULL
               && poll(&pfd, 1, WAIT_MS) == 1)
        {
            rc = mz_redis_receive(r, &reply, &err);
        }

        if (words[i] == NULL) {
            CHECK_ROW(rc == MZ_AGAIN, "%zu: %s", i, mz_rc_name(rc));

        } else if (rc != MZ_OK) {
            CHECK_ROW(false, "%s: %s", words[i], mz_rc_name(rc));

        } else {
            CHECK_STR(mz_reply_str(reply), words[i]);
        }

        mz_reply_free(reply);

        if (i == 3) {
            mz_cmds_init(&c);
            mz_cmds_add(&c, 1, more);
            CHECK(mz_redis_send(r, &c, &err) == MZ_OK);
            mz_cmds_free(&c);
        }
    }

    stop();
    CHECK(poll(&pfd, 1, WAIT_MS) == 1);
    CHECK(mz_redis_receive(r, &reply, &err) == MZ_UNAVAILABLE);
    CHECK(mz_redis_fd(r) == -1);
    mz_redis_free(r);
}


static void
test_broken(void)
{
    size_t              i;
    int64_t             began;
    mz_rc_t             rc;
    mz_err_t            err;
    mz_redis_stream_t   s;

    static const struct {
        serve_t      serve;
        bool         is_tls;
        const char  *says;
    } rows[] = {
        { serve_silence, false, "TLS: timed out" },
        { serve_http,    false, "speaks no TLS" },
        { NULL,          false, "Connection refused" },
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        memset(&err, 0, sizeof(err));

        if (rows[i].serve != NULL) {
            start(rows[i].serve, rows[i].is_tls);
        }

        mz_redis_stream_init(&s);
        began = mz_work_clock_ms();
        rc = mz_redis_stream_open(&s, &addr, &trusted, 500, &err);

        CHECK_ROW(rc == MZ_UNAVAILABLE, "row %zu", i);
        CHECK_ROW(strstr(err.msg, rows[i].says) != NULL, "row %zu: %s", i,
                  err.msg);
        CHECK_ROW(s.fd == -1, "row %zu", i);
        CHECK_ROW(mz_work_clock_ms() - began < WAIT_MS, "row %zu", i);
        stop();
    }
}


static void
test_cut(void)
{
    mz_err_t         err;
    mz_str_t         ping[] = { mz_str("PING") };
    mz_cmds_t        c;
    mz_redis_t      *r;
    mz_replies_t     out;
    mz_redis_url_t   u;

    start(serve_cut, true);
    CHECK(mz_redis_url_parse(&u, mz_str("rediss://127.0.0.1"), &err)
          == MZ_OK);
    u.addrs[0] = addr;
    u.tls = trusted;
    r = mz_redis_new(&u, "test");

    mz_cmds_init(&c);
    mz_cmds_add(&c, 1, ping);
    CHECK(mz_redis_run(r, &c, 0, &out, &err) == MZ_UNAVAILABLE);
    CHECK(out.n == 0 && out.replies == NULL);
    CHECK(strstr(err.msg, "closed") != NULL);
    CHECK(mz_redis_fd(r) == -1);

    mz_cmds_free(&c);
    mz_redis_free(r);
    stop();
}


/* More than the buffers of two kernels hold. */

static void
test_big(void)
{
    char                buf[64];
    char               *big;
    size_t              n;
    int64_t             began;
    mz_err_t            err;
    mz_redis_stream_t   s;

    big = calloc(1, BIG_BYTES);
    CHECK(big != NULL);

    start(serve_swallow, true);
    mz_redis_stream_init(&s);
    CHECK(mz_redis_stream_open(&s, &addr, &trusted, WAIT_MS, &err) == MZ_OK);
    CHECK(mz_redis_stream_write(&s, (mz_str_t) { big, BIG_BYTES }, WAIT_MS,
                                &err) == MZ_OK);
    CHECK(mz_redis_stream_read(&s, buf, sizeof(buf), &n, WAIT_MS, &err)
          == MZ_OK);
    CHECK_STR(((mz_str_t) { buf, n }), "8388608");
    mz_redis_stream_close(&s);
    stop();

    start(serve_record, true);
    CHECK(mz_redis_stream_open(&s, &addr, &trusted, WAIT_MS, &err) == MZ_OK);
    began = mz_work_clock_ms();
    CHECK(mz_redis_stream_write(&s, (mz_str_t) { big, BIG_BYTES }, 300, &err)
          == MZ_UNAVAILABLE);
    CHECK(strstr(err.msg, "timed out") != NULL);
    CHECK(mz_work_clock_ms() - began < WAIT_MS);
    mz_redis_stream_close(&s);
    stop();

    free(big);
}


/* --- the other side --- */

static void
start(serve_t serve, bool is_tls)
{
    int                 fd, client;
    SSL                *ssl;
    socklen_t           len;
    struct sockaddr_in  sa;

    memset(&sa, 0, sizeof(sa));
    sa.sin_family = AF_INET;
    sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    len = sizeof(sa);

    fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(fd >= 0);
    CHECK(bind(fd, (struct sockaddr *) &sa, len) == 0);
    CHECK(listen(fd, 16) == 0);
    CHECK(getsockname(fd, (struct sockaddr *) &sa, &len) == 0);

    snprintf(addr.host, sizeof(addr.host), "127.0.0.1");
    addr.port = ntohs(sa.sin_port);
    fflush(stdout);

    server = fork();

    if (server != 0) {
        close(fd);
        return;
    }

    prctl(PR_SET_PDEATHSIG, SIGKILL);

    for ( ;; ) {
        client = accept(fd, NULL, NULL);
        ssl = NULL;

        if (is_tls) {
            ssl = SSL_new(server_ctx);
            SSL_set_fd(ssl, client);
        }

        if (ssl == NULL || SSL_accept(ssl) == 1) {
            serve(client, ssl);
        }

        SSL_free(ssl);
        close(client);
    }
}


static void
stop(void)
{
    if (server > 0) {
        kill(server, SIGKILL);
        waitpid(server, NULL, 0);
        server = 0;
    }
}


static void
put(SSL *ssl, const char *text)
{
    if (SSL_write(ssl, text, (int) strlen(text)) <= 0) {
        _exit(1);
    }
}


static void
get(SSL *ssl, const char *until)
{
    int   n;
    char  buf[4096];

    do {
        n = SSL_read(ssl, buf, sizeof(buf) - 1);
        if (n <= 0) {
            _exit(1);
        }

        buf[n] = '\0';

        /* RESP has its strings between line ends: a NUL there is not ours */
    } while (strstr(buf, until) == NULL);
}


/* A certificate that signs itself is its own authority. */

static void
test_start(void)
{
    int              fd;
    BIO             *bio;
    X509            *cert;
    EVP_PKEY        *key;
    X509_NAME       *name;
    X509_EXTENSION  *names;

    signal(SIGPIPE, SIG_IGN);

    key = EVP_EC_gen("P-256");
    cert = X509_new();
    CHECK(key != NULL && cert != NULL);

    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_set_pubkey(cert, key);

    name = X509_get_subject_name(cert);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               (const unsigned char *) "test-cn", -1, -1, 0);
    X509_set_issuer_name(cert, name);

    names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name,
                                "DNS:redis.test,DNS:*.wild.test,"
                                "DNS:x*.part.test,IP:127.0.0.1");
    CHECK(names != NULL && X509_add_ext(cert, names, -1) == 1);
    X509_EXTENSION_free(names);
    CHECK(X509_sign(cert, key, EVP_sha256()) > 0);

    fd = mkstemp(ca_file);
    bio = BIO_new_fd(fd, BIO_CLOSE);
    CHECK(PEM_write_bio_X509(bio, cert) == 1);
    BIO_free(bio);

    server_ctx = SSL_CTX_new(TLS_server_method());
    CHECK(SSL_CTX_use_certificate(server_ctx, cert) == 1);
    CHECK(SSL_CTX_use_PrivateKey(server_ctx, key) == 1);
    X509_free(cert);
    EVP_PKEY_free(key);

    trusted.ca = ca_file;
}


static void
test_end(void)
{
    stop();
    SSL_CTX_free(server_ctx);
    unlink(ca_file);
    CHECK(mz_redis_tls_check(&trusted, &(mz_err_t) { 0 }) == MZ_INVALID);
}


static const mz_test_t  tests[] = {
    { "a certificate of our own", test_start },
    { "names and authorities", test_names },
    { "there and back", test_echo },
    { "what OpenSSL holds back is seen", test_pending },
    { "listening through TLS", test_news },
    { "no TLS there", test_broken },
    { "cut in a reply", test_cut },
    { "more than buffers hold", test_big },
    { "the end", test_end },
};

MZ_TEST_MAIN(tests)
