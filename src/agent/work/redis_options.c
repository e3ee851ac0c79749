
#include "agent/cmd.h"
#include "agent/log.h"
#include "agent/work/redis_options.h"
#include "agent/work/redis_tls.h"
#include "base/mz_str.h"
#include "store/meta.h"


static mz_rc_t mz_redis_options_passwords(const mz_redis_options_t *o,
    mz_redis_url_t *url, mz_err_t *err);
static mz_rc_t mz_redis_options_password(char *out, const char *whose,
    const char *file, const char *env, mz_err_t *err);
static mz_rc_t mz_redis_options_tls(const mz_redis_options_t *o,
    mz_redis_url_t *url, mz_err_t *err);
static mz_rc_t mz_redis_options_sentinel(const mz_redis_options_t *o,
    mz_redis_url_t *url, mz_err_t *err);
static mz_rc_t mz_redis_options_store(const mz_redis_options_t *o,
    mz_store_conf_t *store, mz_err_t *err);


void
mz_redis_options_init(mz_redis_options_t *o)
{
    memset(o, 0, sizeof(*o));
    o->prefix = "mitzu";
    o->partitions = MZ_STORE_PARTITIONS;
}


mz_rc_t
mz_redis_options_take(const mz_redis_options_t *o, mz_redis_url_t *url,
    mz_store_conf_t *store, mz_err_t *err)
{
    mz_rc_t  rc;

    if (o->url == NULL) {
        return mz_fail(err, MZ_INVALID, "where is Redis? give --redis URL or "
                       "MITZU_REDIS_URL");
    }

    rc = mz_redis_url_parse(url, mz_str_from(o->url), err);

    if (rc == MZ_OK) {
        rc = mz_redis_options_passwords(o, url, err);
    }

    if (rc == MZ_OK) {
        rc = mz_redis_options_sentinel(o, url, err);
    }

    if (rc == MZ_OK) {
        rc = mz_redis_options_tls(o, url, err);
    }

    return rc == MZ_OK ? mz_redis_options_store(o, store, err) : rc;
}


static mz_rc_t
mz_redis_options_passwords(const mz_redis_options_t *o, mz_redis_url_t *url,
    mz_err_t *err)
{
    mz_rc_t  rc;

    rc = mz_redis_options_password(url->password, "Redis", o->password_file,
                                   "MITZU_REDIS_PASSWORD", err);
    if (rc != MZ_OK) {
        return rc;
    }

    if (url->user[0] != '\0' && url->password[0] == '\0') {
        return mz_fail(err, MZ_INVALID, "the Redis address has a user and no "
                       "password: give one in MITZU_REDIS_PASSWORD or "
                       "--redis-password-file");
    }

    return MZ_OK;
}


/* A file beats the URL, and the URL the environment. */

static mz_rc_t
mz_redis_options_password(char *out, const char *whose, const char *file,
    const char *env, mz_err_t *err)
{
    const char  *password;

    if (file != NULL) {
        return mz_redis_url_password_file(out, whose, file, err);
    }

    password = getenv(env);

    if (out[0] != '\0' || password == NULL || password[0] == '\0') {
        return MZ_OK;
    }

    return mz_redis_url_password(out, whose, mz_str_from(password), err);
}


static mz_rc_t
mz_redis_options_sentinel(const mz_redis_options_t *o, mz_redis_url_t *url,
    mz_err_t *err)
{
    mz_rc_t  rc;

    if (url->master[0] == '\0') {

        if (o->sentinel_user != NULL || o->sentinel_password_file != NULL) {
            return mz_fail(err, MZ_INVALID, "--sentinel-user and "
                           "--sentinel-password-file are for addresses like "
                           "redis+sentinel://host1,host2/master");
        }

        return MZ_OK;
    }

    rc = mz_redis_options_password(url->sentinel_password, "Sentinel",
                                   o->sentinel_password_file,
                                   "MITZU_SENTINEL_PASSWORD", err);
    if (rc != MZ_OK || o->sentinel_user == NULL) {
        return rc;
    }

    if (url->sentinel_password[0] == '\0') {
        return mz_fail(err, MZ_INVALID, "--sentinel-user needs a password: "
                       "give it in MITZU_SENTINEL_PASSWORD or "
                       "--sentinel-password-file");
    }

    if (strlen(o->sentinel_user) >= sizeof(url->sentinel_user)) {
        return mz_fail(err, MZ_INVALID, "--sentinel-user is longer than %d "
                       "bytes", MZ_REDIS_TEXT_MAX - 1);
    }

    snprintf(url->sentinel_user, sizeof(url->sentinel_user), "%s",
             o->sentinel_user);

    return MZ_OK;
}


static mz_rc_t
mz_redis_options_tls(const mz_redis_options_t *o, mz_redis_url_t *url,
    mz_err_t *err)
{
    if (!url->is_tls) {

        if (o->tls_ca != NULL || o->tls_cert != NULL || o->tls_key != NULL
            || o->tls_name != NULL || o->tls_insecure)
        {
            return mz_fail(err, MZ_INVALID, "--redis-tls-.. is for addresses "
                           "that begin with rediss: this one is not "
                           "encrypted");
        }

        return MZ_OK;
    }

    if ((o->tls_cert == NULL) != (o->tls_key == NULL)) {
        return mz_fail(err, MZ_INVALID, "--redis-tls-cert and "
                       "--redis-tls-key go together");
    }

    url->tls.ca = o->tls_ca;
    url->tls.cert = o->tls_cert;
    url->tls.key = o->tls_key;
    url->tls.name = o->tls_name;
    url->tls.is_insecure = o->tls_insecure;

    if (o->tls_insecure) {
        mz_log(MZ_LOG_WARN, "--redis-tls-insecure: whoever answers at the "
               "address of Redis is believed, and gets its password");
    }

    return mz_redis_tls_check(&url->tls, err);
}


static mz_rc_t
mz_redis_options_store(const mz_redis_options_t *o, mz_store_conf_t *store,
    mz_err_t *err)
{
    if (strlen(o->prefix) > MZ_STORE_PREFIX_MAX) {
        return mz_fail(err, MZ_INVALID, "--prefix is longer than %d",
                       MZ_STORE_PREFIX_MAX);
    }

    snprintf(store->prefix, sizeof(store->prefix), "%s", o->prefix);
    store->partitions = (unsigned) o->partitions;

    return mz_meta_conf_check(store, err);
}
