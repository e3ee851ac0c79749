
#include "store/artifact.h"
#include "store/cmd.h"
#include "store/reply.h"


#define MZ_ARTIFACT_AT(field)  offsetof(mz_artifact_meta_t, field)

/* The first few are what a list shows. */

#define MZ_ARTIFACT_HEAD  10

static const mz_reply_map_t  mz_artifact_map[] = {
    { "id",        MZ_REPLY_ARTIFACT, MZ_ARTIFACT_AT(id) },
    { "conv",      MZ_REPLY_CONV,     MZ_ARTIFACT_AT(conv) },
    { "run",       MZ_REPLY_RUN,      MZ_ARTIFACT_AT(run) },
    { "kind",      MZ_REPLY_STR,      MZ_ARTIFACT_AT(kind) },
    { "name",      MZ_REPLY_STR,      MZ_ARTIFACT_AT(name) },
    { "title",     MZ_REPLY_STR,      MZ_ARTIFACT_AT(title) },
    { "rows",      MZ_REPLY_INT,      MZ_ARTIFACT_AT(rows) },
    { "bytes",     MZ_REPLY_INT,      MZ_ARTIFACT_AT(bytes) },
    { "created",   MZ_REPLY_INT,      MZ_ARTIFACT_AT(created_ms) },
    { "truncated", MZ_REPLY_BOOL,     MZ_ARTIFACT_AT(is_truncated) },
    { "digest",    MZ_REPLY_STR,      MZ_ARTIFACT_AT(digest) },
    { "layout",    MZ_REPLY_STR,      MZ_ARTIFACT_AT(layout) },
    { "spec",      MZ_REPLY_STR,      MZ_ARTIFACT_AT(spec) },
    { "sql",       MZ_REPLY_STR,      MZ_ARTIFACT_AT(sql) },
    { "range",     MZ_REPLY_STR,      MZ_ARTIFACT_AT(range) },
    { "timezone",  MZ_REPLY_STR,      MZ_ARTIFACT_AT(timezone) },
    { "chunks",    MZ_REPLY_INT,      MZ_ARTIFACT_AT(chunks) },
    { "attempt",   MZ_REPLY_INT,      MZ_ARTIFACT_AT(attempt) },
    { "expires",   MZ_REPLY_INT,      MZ_ARTIFACT_AT(expires_ms) }
};


static mz_rc_t mz_artifact_check(const mz_artifact_meta_t *meta,
    mz_err_t *err);


void
mz_artifact_get(mz_cmds_t *c, const mz_store_conf_t *conf, mz_str_t scope,
    const mz_id_t *id)
{
    mz_key_t  key;

    mz_key(&key, conf, MZ_KEY_ARTIFACT, 0, scope, id->s, 0);

    mz_cmd_begin(c, 2);
    mz_cmd_arg(c, mz_str("HGETALL"));
    mz_cmd_arg(c, mz_key_str(&key));
}


mz_rc_t
mz_artifact_decode(const redisReply *r, mz_artifact_meta_t *out,
    mz_err_t *err)
{
    size_t   n;
    mz_rc_t  rc;

    memset(out, 0, sizeof(mz_artifact_meta_t));

    rc = mz_reply_array(r, "an artifact", &n, err);
    if (rc != MZ_OK) {
        return rc;
    }

    if (n == 0) {
        return mz_fail(err, MZ_NOT_FOUND, "there is no such artifact");
    }

    mz_reply_fill(r, mz_artifact_map, MZ_ARRAY_LEN(mz_artifact_map), out);

    return mz_artifact_check(out, err);
}


void
mz_artifact_head(mz_cmds_t *c, const mz_store_conf_t *conf, mz_str_t scope,
    const mz_id_t *id)
{
    size_t    i;
    mz_key_t  key;

    mz_key(&key, conf, MZ_KEY_ARTIFACT, 0, scope, id->s, 0);

    mz_cmd_begin(c, 2 + MZ_ARTIFACT_HEAD);
    mz_cmd_arg(c, mz_str("HMGET"));
    mz_cmd_arg(c, mz_key_str(&key));

    for (i = 0; i < MZ_ARTIFACT_HEAD; i++) {
        mz_cmd_arg(c, (mz_str_t) { mz_artifact_map[i].name,
                                   strlen(mz_artifact_map[i].name) });
    }
}


mz_rc_t
mz_artifact_head_decode(const redisReply *r, mz_artifact_meta_t *out,
    mz_err_t *err)
{
    size_t   n;
    mz_rc_t  rc;

    memset(out, 0, sizeof(mz_artifact_meta_t));

    rc = mz_reply_array(r, "an artifact", &n, err);
    if (rc != MZ_OK) {
        return rc;
    }

    if (n != MZ_ARTIFACT_HEAD) {
        return mz_reply_odd("an artifact", err);
    }

    if (mz_reply_str(mz_reply_at(r, 0)).data == NULL) {
        return mz_fail(err, MZ_NOT_FOUND, "there is no such artifact");
    }

    mz_reply_fill_values(r, mz_artifact_map, n, out);

    return mz_artifact_check(out, err);
}


static mz_rc_t
mz_artifact_check(const mz_artifact_meta_t *meta, mz_err_t *err)
{
    if (meta->id.s[0] == '\0' || meta->kind.len == 0
        || meta->rows < 0 || meta->bytes < 0
        || meta->chunks < 0 || meta->chunks > MZ_ARTIFACT_CHUNKS_MAX)
    {
        return mz_reply_odd("an artifact", err);
    }

    return MZ_OK;
}


void
mz_artifact_list(mz_cmds_t *c, const mz_store_conf_t *conf, mz_str_t scope,
    int64_t offset, int64_t limit)
{
    mz_key_t  key;

    if (offset < 0) {
        offset = 0;
    }

    if (limit < 1) {
        limit = 1;
    }

    if (limit > INT64_MAX - offset) {
        limit = INT64_MAX - offset;
    }

    mz_key(&key, conf, MZ_KEY_ARTIFACTS, 0, scope, "", 0);

    mz_cmd_begin(c, 5);
    mz_cmd_arg(c, mz_str("ZREVRANGE"));
    mz_cmd_arg(c, mz_key_str(&key));
    mz_cmd_arg_int(c, offset);
    mz_cmd_arg_int(c, offset + limit - 1);
    mz_cmd_arg(c, mz_str("WITHSCORES"));

    mz_cmd_begin(c, 2);
    mz_cmd_arg(c, mz_str("ZCARD"));
    mz_cmd_arg(c, mz_key_str(&key));
}


mz_rc_t
mz_artifact_list_decode(const redisReply *r, size_t *n, mz_err_t *err)
{
    mz_rc_t  rc;

    rc = mz_reply_array(r, "the list of artifacts", n, err);
    *n /= 2;

    return rc;
}


mz_rc_t
mz_artifact_entry_decode(const redisReply *r, size_t i,
    mz_artifact_entry_t *out, mz_err_t *err)
{
    memset(out, 0, sizeof(mz_artifact_entry_t));

    if (!mz_reply_id(mz_reply_at(r, 2 * i), MZ_ID_ARTIFACT, &out->id)) {
        return mz_reply_odd("the list of artifacts", err);
    }

    out->created_ms = mz_reply_int(mz_reply_at(r, 2 * i + 1), 0);

    return MZ_OK;
}


mz_rc_t
mz_artifact_total_decode(const redisReply *r, int64_t *total, mz_err_t *err)
{
    mz_rc_t  rc;

    *total = 0;

    rc = mz_reply_check(r, err);
    if (rc != MZ_OK) {
        return rc;
    }

    if (r->type != REDIS_REPLY_INTEGER || r->integer < 0) {
        return mz_reply_odd("the number of artifacts", err);
    }

    *total = r->integer;

    return MZ_OK;
}


void
mz_artifact_chunk(mz_cmds_t *c, const mz_store_conf_t *conf, mz_str_t scope,
    const mz_id_t *id, unsigned n)
{
    mz_key_t  key;

    mz_key(&key, conf, MZ_KEY_CHUNK, 0, scope, id->s, n);

    mz_cmd_begin(c, 2);
    mz_cmd_arg(c, mz_str("GET"));
    mz_cmd_arg(c, mz_key_str(&key));

    c->is_bulk = true;
}


mz_rc_t
mz_artifact_chunk_decode(const redisReply *r, mz_str_t *bytes, mz_err_t *err)
{
    mz_rc_t  rc;

    *bytes = mz_null_str;

    rc = mz_reply_check(r, err);
    if (rc != MZ_OK) {
        return rc;
    }

    if (r->type == REDIS_REPLY_NIL) {
        return mz_fail(err, MZ_NOT_FOUND, "this part of the artifact expired");
    }

    if (r->type != REDIS_REPLY_STRING || r->len > MZ_ARTIFACT_CHUNK_MAX) {
        return mz_reply_odd("a chunk", err);
    }

    *bytes = mz_reply_str(r);

    return MZ_OK;
}
