
#include "store/store.h"


#define MZ_KEYS_HASH_DIGITS  8          /* of the scope make the partition */

typedef enum {
    MZ_KEYS_PREFIX,             /* <prefix> */
    MZ_KEYS_PART,               /* <prefix>:{P} */
    MZ_KEYS_SCOPE               /* <prefix>:{P}:S */
} mz_keys_base_t;

typedef struct {
    mz_keys_base_t   base;
    const char      *before;            /* the id */
    const char      *after;             /* the id */
} mz_keys_form_t;

static const mz_keys_form_t  mz_keys_forms[] = {
    [MZ_KEY_META]            = { MZ_KEYS_PREFIX, ":meta",      "" },
    [MZ_KEY_WORKERS]         = { MZ_KEYS_PREFIX, ":workers",   "" },
    [MZ_KEY_ENDED]           = { MZ_KEYS_PREFIX, ":ended",     "" },
    [MZ_KEY_PART_BASE]       = { MZ_KEYS_PART,   "",           "" },
    [MZ_KEY_JOBS]            = { MZ_KEYS_PART,   ":jobs",      "" },
    [MZ_KEY_LEASES]          = { MZ_KEYS_PART,   ":leases",    "" },
    [MZ_KEY_DEAD]            = { MZ_KEYS_PART,   ":dead",      "" },
    [MZ_KEY_QUEUE]           = { MZ_KEYS_PART,   ":queue",     "" },
    [MZ_KEY_QUEUE_OF]        = { MZ_KEYS_PART,   ":queue:",    "" },
    [MZ_KEY_SERVED]          = { MZ_KEYS_PART,   ":served",    "" },
    [MZ_KEY_PAUSED]          = { MZ_KEYS_PART,   ":paused",    "" },
    [MZ_KEY_PROJECT]         = { MZ_KEYS_PART,   ":project:",  "" },
    [MZ_KEY_SCOPE_BASE]      = { MZ_KEYS_SCOPE,  "",           "" },
    [MZ_KEY_CONVS]           = { MZ_KEYS_SCOPE,  ":convs",     "" },
    [MZ_KEY_CONV]            = { MZ_KEYS_SCOPE,  ":conv:",     "" },
    [MZ_KEY_TURNS]           = { MZ_KEYS_SCOPE,  ":conv:",     ":turns" },
    [MZ_KEY_RUN]             = { MZ_KEYS_SCOPE,  ":run:",      "" },
    [MZ_KEY_EVENTS]          = { MZ_KEYS_SCOPE,  ":run:",      ":events" },
    [MZ_KEY_RUNS]            = { MZ_KEYS_SCOPE,  ":runs",      "" },
    [MZ_KEY_LIMITS]          = { MZ_KEYS_SCOPE,  ":limits",    "" },
    [MZ_KEY_ARTIFACTS]       = { MZ_KEYS_SCOPE,  ":artifacts", "" },
    [MZ_KEY_ARTIFACT]        = { MZ_KEYS_SCOPE,  ":artifact:", "" },
    [MZ_KEY_CHUNK]           = { MZ_KEYS_SCOPE,  ":artifact:", ":" },
    [MZ_KEY_ASK]             = { MZ_KEYS_SCOPE,  ":ask:",      "" },
    [MZ_KEY_SESSION]         = { MZ_KEYS_SCOPE,  ":session:",  "" },
    [MZ_KEY_SUBS]            = { MZ_KEYS_SCOPE,  ":session:",  ":subs" },
    [MZ_KEY_CHANNEL_CONTROL] = { MZ_KEYS_PREFIX, ":control",   "" },
    [MZ_KEY_CHANNEL_RUN]     = { MZ_KEYS_PREFIX, ":run:",      "" },
    [MZ_KEY_CHANNEL_CANCEL]  = { MZ_KEYS_PREFIX, ":cancel:",   "" }
};


static void mz_keys_add(mz_key_t *key, mz_str_t s);
static void mz_keys_add_c(mz_key_t *key, const char *s);
static void mz_keys_add_part(mz_key_t *key, unsigned part);


void
mz_key(mz_key_t *key, const mz_store_conf_t *conf, mz_key_kind_t kind,
    unsigned part, mz_str_t scope, const char *id, unsigned n)
{
    char                   num[16];
    const mz_keys_form_t  *form;

    form = &mz_keys_forms[kind];
    key->len = 0;

    mz_keys_add_c(key, conf->prefix);

    if (form->base == MZ_KEYS_SCOPE) {
        part = mz_store_partition(conf, scope);
    }

    if (form->base != MZ_KEYS_PREFIX) {
        mz_keys_add_part(key, part);
    }

    if (form->base == MZ_KEYS_SCOPE) {
        mz_keys_add_c(key, ":");
        mz_keys_add(key, scope);
    }

    mz_keys_add_c(key, form->before);
    mz_keys_add_c(key, id);
    mz_keys_add_c(key, form->after);

    if (kind == MZ_KEY_CHUNK) {
        snprintf(num, sizeof(num), "%u", n);
        mz_keys_add_c(key, num);
    }

    key->s[key->len] = '\0';
}


mz_str_t
mz_key_str(const mz_key_t *key)
{
    return (mz_str_t) { key->s, key->len };
}


unsigned
mz_store_partition(const mz_store_conf_t *conf, mz_str_t scope)
{
    char      c;
    size_t    i;
    uint32_t  h;

    h = 0;

    for (i = 0; i < scope.len && i < MZ_KEYS_HASH_DIGITS; i++) {
        c = scope.data[i];
        h <<= 4;

        if (c >= '0' && c <= '9') {
            h |= (uint32_t) (c - '0');

        } else if (c >= 'a' && c <= 'f') {
            h |= (uint32_t) (c - 'a' + 10);
        }
    }

    return conf->partitions ? (unsigned) (h % conf->partitions) : 0;
}


bool
mz_store_is_scope(mz_str_t s)
{
    char    c;
    size_t  i;

    for (i = 0; i < s.len; i++) {
        c = s.data[i];

        if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
            return false;
        }
    }

    return s.len == MZ_SCOPE_LEN;
}


/* A name that does not fit is cut: it then names no key there is. */

static void
mz_keys_add(mz_key_t *key, mz_str_t s)
{
    size_t  room;

    room = sizeof(key->s) - 1 - key->len;

    if (s.len > room) {
        s.len = room;
    }

    if (s.len) {
        memcpy(key->s + key->len, s.data, s.len);
        key->len += s.len;
    }
}


static void
mz_keys_add_c(mz_key_t *key, const char *s)
{
    if (s) {
        mz_keys_add(key, (mz_str_t) { s, strlen(s) });
    }
}


static void
mz_keys_add_part(mz_key_t *key, unsigned part)
{
    char  s[8];

    snprintf(s, sizeof(s), ":{%02u}", part % MZ_STORE_PARTITIONS_MAX);
    mz_keys_add_c(key, s);
}
