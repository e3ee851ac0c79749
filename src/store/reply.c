
#include "store/reply.h"
#include "base/mz_str.h"


#define MZ_REPLY_ERROR_MAX  200         /* bytes of Redis's words we repeat */

static const char *const  mz_reply_later[] = {
    "READONLY", "LOADING", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN", "OOM",
    "BUSY", "MISCONF", "NOREPLICAS", "UNBLOCKED"
};


static mz_str_t mz_reply_error(const redisReply *r);
static void mz_reply_set(const redisReply *v, const mz_reply_map_t *m,
    void *out);
static void mz_reply_quote(mz_str_t s, char *out, size_t size);


bool
mz_reply_is_noscript(const redisReply *r)
{
    return mz_str_has_prefix(mz_reply_error(r), mz_str("NOSCRIPT"));
}


/*
 * The word stands in front, and in Redis 6 with a dash somewhere behind when
 * a command in a script met it.
 */

bool
mz_reply_is_unavailable(const redisReply *r)
{
    char      word[24];
    size_t    i, n;
    mz_str_t  e;

    e = mz_reply_error(r);

    for (i = 0; i < MZ_ARRAY_LEN(mz_reply_later); i++) {
        n = (size_t) snprintf(word, sizeof(word), "-%s ", mz_reply_later[i]);

        if (mz_str_has_prefix(e, (mz_str_t) { word + 1, n - 1 })
            || mz_str_find(e, (mz_str_t) { word, n }, 0) != SIZE_MAX)
        {
            return true;
        }
    }

    return false;
}


void
mz_reply_free(redisReply *r)
{
    if (r) {
        freeReplyObject(r);
    }
}


mz_str_t
mz_reply_str(const redisReply *r)
{
    if (r == NULL || r->str == NULL
        || (r->type != REDIS_REPLY_STRING && r->type != REDIS_REPLY_STATUS))
    {
        return mz_null_str;
    }

    return (mz_str_t) { r->str, r->len };
}


int64_t
mz_reply_int(const redisReply *r, int64_t dflt)
{
    int64_t  v;

    if (r && r->type == REDIS_REPLY_INTEGER) {
        return r->integer;
    }

    return mz_str_to_int(mz_reply_str(r), &v) == MZ_OK ? v : dflt;
}


const redisReply *
mz_reply_at(const redisReply *r, size_t i)
{
    if (r == NULL || r->type != REDIS_REPLY_ARRAY || i >= r->elements) {
        return NULL;
    }

    return r->element[i];
}


mz_str_t
mz_reply_field(const redisReply *r, const char *field)
{
    size_t             i;
    const redisReply  *value;

    for (i = 0; (value = mz_reply_at(r, i + 1)) != NULL; i += 2) {
        if (mz_str_eq_c(mz_reply_str(mz_reply_at(r, i)), field)) {
            return mz_reply_str(value);
        }
    }

    return mz_null_str;
}


mz_rc_t
mz_reply_check(const redisReply *r, mz_err_t *err)
{
    char  words[MZ_REPLY_ERROR_MAX + 1];

    if (r == NULL) {
        return mz_fail(err, MZ_UNAVAILABLE, "Redis gave no answer");
    }

    if (r->type != REDIS_REPLY_ERROR) {
        return MZ_OK;
    }

    mz_reply_quote(mz_reply_error(r), words, sizeof(words));

    return mz_fail(err,
                   mz_reply_is_unavailable(r) ? MZ_UNAVAILABLE : MZ_INTERNAL,
                   "Redis refused: %s", words);
}


bool
mz_reply_is_error(const redisReply *r, const char *word)
{
    return mz_str_has_prefix(mz_reply_error(r), mz_str_from(word));
}


mz_rc_t
mz_reply_odd(const char *what, mz_err_t *err)
{
    return mz_fail(err, MZ_INTERNAL, "Redis holds or answered %s in a form "
                   "that schema %d does not have", what, MZ_STORE_SCHEMA);
}


mz_rc_t
mz_reply_array(const redisReply *r, const char *what, size_t *n,
    mz_err_t *err)
{
    mz_rc_t  rc;

    *n = 0;

    rc = mz_reply_check(r, err);
    if (rc != MZ_OK) {
        return rc;
    }

    if (r->type != REDIS_REPLY_ARRAY) {
        return mz_reply_odd(what, err);
    }

    *n = r->elements;

    return MZ_OK;
}


void
mz_reply_fill(const redisReply *r, const mz_reply_map_t *map, size_t n,
    void *out)
{
    size_t             i, k;
    mz_str_t           name;
    const redisReply  *value;

    for (i = 0; (value = mz_reply_at(r, i + 1)) != NULL; i += 2) {
        name = mz_reply_str(mz_reply_at(r, i));

        for (k = 0; k < n; k++) {
            if (mz_str_eq_c(name, map[k].name)) {
                mz_reply_set(value, &map[k], out);
                break;
            }
        }
    }
}


void
mz_reply_fill_values(const redisReply *r, const mz_reply_map_t *map,
    size_t n, void *out)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        mz_reply_set(mz_reply_at(r, i), &map[i], out);
    }
}


mz_rc_t
mz_reply_entry(const redisReply *entry, int64_t *hi, int64_t *lo,
    const redisReply **fields)
{
    mz_str_t  id, part;

    id = mz_reply_str(mz_reply_at(entry, 0));
    *fields = mz_reply_at(entry, 1);

    if (!mz_str_split(&id, '-', &part)
        || mz_str_to_int(part, hi) != MZ_OK
        || mz_str_to_int(id, lo) != MZ_OK
        || *hi < 0 || *lo < 0
        || *fields == NULL || (*fields)->type != REDIS_REPLY_ARRAY)
    {
        return MZ_INTERNAL;
    }

    return MZ_OK;
}


bool
mz_reply_id(const redisReply *r, char kind, mz_id_t *id)
{
    if (mz_id_parse(id, kind, mz_reply_str(r)) == MZ_OK) {
        return true;
    }

    memset(id, 0, sizeof(mz_id_t));

    return false;
}


static mz_str_t
mz_reply_error(const redisReply *r)
{
    if (r == NULL || r->type != REDIS_REPLY_ERROR || r->str == NULL) {
        return mz_null_str;
    }

    return (mz_str_t) { r->str, r->len };
}


static void
mz_reply_set(const redisReply *v, const mz_reply_map_t *m, void *out)
{
    void  *p;

    p = (char *) out + m->offset;

    switch (m->kind) {

    case MZ_REPLY_STR:
        *(mz_str_t *) p = mz_reply_str(v);
        break;

    case MZ_REPLY_INT:
        *(int64_t *) p = mz_reply_int(v, 0);
        break;

    case MZ_REPLY_BOOL:
        *(bool *) p = mz_reply_int(v, 0) == 1;
        break;

    case MZ_REPLY_CONV:
        (void) mz_reply_id(v, MZ_ID_CONV, p);
        break;

    case MZ_REPLY_RUN:
        (void) mz_reply_id(v, MZ_ID_RUN, p);
        break;

    case MZ_REPLY_ARTIFACT:
        (void) mz_reply_id(v, MZ_ID_ARTIFACT, p);
        break;
    }
}


/* For a message that may end in a log: printable ASCII only. */

static void
mz_reply_quote(mz_str_t s, char *out, size_t size)
{
    size_t  i;

    for (i = 0; i < s.len && i < size - 1; i++) {
        out[i] = s.data[i] >= ' ' && s.data[i] <= '~' ? s.data[i] : '?';
    }

    out[i] = '\0';
}
