
/*
 * redis_options: how the subcommands that speak with Redis (work, queue) are
 * told where it is: their options are rows of one table, in a struct that
 * the subcommand embeds in its own:
 *
 *     typedef struct { mz_redis_options_t redis; .. } mz_cmd_work_t;
 *
 *     static const mz_option_t  options[] = {
 *         MZ_REDIS_OPTIONS(mz_cmd_work_t, redis),
 *         ..
 *     };
 */

#ifndef MZ_REDIS_OPTIONS_H
#define MZ_REDIS_OPTIONS_H

#include "agent/options.h"
#include "agent/work/redis_url.h"
#include "store/store.h"


typedef struct {
    const char  *url;
    const char  *password_file;
    const char  *tls_ca;
    const char  *tls_cert;
    const char  *tls_key;
    const char  *tls_name;
    const char  *sentinel_user;
    const char  *sentinel_password_file;
    const char  *prefix;
    int64_t      partitions;
    bool         tls_insecure;
} mz_redis_options_t;

#define mz_redis_option(type, member, field)                                 \
    (offsetof(type, member) + offsetof(mz_redis_options_t, field))

/* All but what only processes that may found a deployment are told. */

#define MZ_REDIS_OPTIONS_MET(type, member)                                   \
    { "redis", MZ_OPT_STRING, mz_redis_option(type, member, url),            \
      "MITZU_REDIS_URL", "URL", "where Redis is, see above", 0, 0 },         \
    { "redis-password-file", MZ_OPT_STRING,                                  \
      mz_redis_option(type, member, password_file),                          \
      "MITZU_REDIS_PASSWORD_FILE", "FILE", "password in its first line",     \
      0, 0 },                                                                \
    { "redis-tls-ca", MZ_OPT_STRING, mz_redis_option(type, member, tls_ca),  \
      "MITZU_REDIS_TLS_CA", "FILE",                                          \
      "PEM: who may sign its certificate (the system's)", 0, 0 },            \
    { "redis-tls-cert", MZ_OPT_STRING,                                       \
      mz_redis_option(type, member, tls_cert), "MITZU_REDIS_TLS_CERT",       \
      "FILE", "PEM: our certificate, for mutual TLS", 0, 0 },                \
    { "redis-tls-key", MZ_OPT_STRING,                                        \
      mz_redis_option(type, member, tls_key), "MITZU_REDIS_TLS_KEY",         \
      "FILE", "PEM: the key of it, without a passphrase", 0, 0 },            \
    { "redis-tls-name", MZ_OPT_STRING,                                       \
      mz_redis_option(type, member, tls_name), "MITZU_REDIS_TLS_NAME",       \
      "NAME", "in certificates (default: host of the address)", 0, 0 },      \
    { "redis-tls-insecure", MZ_OPT_FLAG,                                     \
      mz_redis_option(type, member, tls_insecure), NULL, NULL,               \
      "believe any certificate: for trials only", 0, 0 },                    \
    { "sentinel-user", MZ_OPT_STRING,                                        \
      mz_redis_option(type, member, sentinel_user), "MITZU_SENTINEL_USER",   \
      "NAME", "at Sentinels that have users", 0, 0 },                        \
    { "sentinel-password-file", MZ_OPT_STRING,                               \
      mz_redis_option(type, member, sentinel_password_file),                 \
      "MITZU_SENTINEL_PASSWORD_FILE", "FILE", "password of Sentinels",       \
      0, 0 },                                                                \
    { "prefix", MZ_OPT_STRING, mz_redis_option(type, member, prefix),        \
      "MITZU_PREFIX", "NAME", "of all keys in Redis (default mitzu)", 0, 0 }

#define MZ_REDIS_OPTIONS(type, member)                                       \
    MZ_REDIS_OPTIONS_MET(type, member),                                      \
    { "partitions", MZ_OPT_INT, mz_redis_option(type, member, partitions),   \
      "MITZU_PARTITIONS", "N", "of the deployment (default 16)", 1,          \
      MZ_STORE_PARTITIONS_MAX }

/* For the paragraph of --help: what a URL is, and where passwords go. */

#define MZ_REDIS_OPTIONS_ABOUT                                               \
    "The URL of Redis is one of\n"                                           \
    "  redis://[[user]:password@]host[:port][/db]   rediss:// for TLS\n"     \
    "  unix:/path[?db=N&user=NAME]\n"                                        \
    "  redis+sentinel://[[user]:password@]host1[:26379],host2,.../master"    \
    "[/db]\n"                                                                \
    "Its password may be in MITZU_REDIS_PASSWORD or a file instead, that of" \
    "\nSentinels in MITZU_SENTINEL_PASSWORD or a file."


/* Defaults, before the options are read. */
void mz_redis_options_init(mz_redis_options_t *o);

/*
 * After they were read: *url, which borrows from *o, and the prefix and the
 * partitions of *store.  MZ_INVALID is for MZ_EXIT_USAGE; files of TLS are
 * tried, so that one that cannot be used is found before anything runs.
 */
mz_rc_t mz_redis_options_take(const mz_redis_options_t *o,
    mz_redis_url_t *url, mz_store_conf_t *store, mz_err_t *err);


#endif /* MZ_REDIS_OPTIONS_H */
