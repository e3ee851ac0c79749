
/*
 * worker: the worker's side for tests of tools: runs are claimed and
 * finished, artifacts written, through the same scripts as in earnest.
 */

#ifndef MZ_TEST_WORKER_H
#define MZ_TEST_WORKER_H

#include "host.h"

#include "query/jlines.h"
#include "query/table.h"


static char  cid[MZ_ID_LEN + 1];
static char  pid[MZ_ID_LEN + 1];
static char  args_buf[4096];


static inline const char *
args(const char *fmt, ...)
{
    va_list  ap;

    va_start(ap, fmt);
    vsnprintf(args_buf, sizeof(args_buf), fmt, ap);
    va_end(ap);

    return args_buf;
}


static inline bool
has(const json_t *r, const char *key, const char *part)
{
    mz_str_t  s;

    s = mz_json_get_str(r, key);

    return s.data != NULL && mz_str_find(s, mz_str_from(part), 0) != SIZE_MAX;
}


static inline void
keep_ids(const json_t *r)
{
    mz_str_t  s;

    s = mz_json_get_str(r, "conversation_id");
    CHECK(s.len == MZ_ID_LEN);
    if (s.len == MZ_ID_LEN) {
        memcpy(cid, s.data, MZ_ID_LEN);
    }

    s = mz_json_get_str(r, "prompt_id");
    CHECK(s.len == MZ_ID_LEN);
    if (s.len == MZ_ID_LEN) {
        memcpy(pid, s.data, MZ_ID_LEN);
    }
}


/* The worker's side, through the same scripts. */

static inline mz_worker_reply_t
work(mz_cmds_t *cmds)
{
    mz_err_t            err;
    redisReply         *r;
    mz_worker_reply_t   out;

    memset(&out, 0, sizeof(out));
    host_exec(cmds, &r);
    CHECK_ROW(mz_worker_decode(r, &out, &err) == MZ_OK, "%s", err.msg);
    mz_reply_free(r);

    return out;
}


static inline mz_attempt_t
claim(void)
{
    mz_cmds_t          c;
    mz_attempt_t       a;
    mz_worker_reply_t  rep;

    memset(&a, 0, sizeof(a));
    mz_cmds_init(&c);
    a.scope = mz_str_from(host.who.scope);
    mz_id_parse(&a.run, MZ_ID_RUN, mz_str_from(pid));
    mz_worker_claim(&c, &host.conf.store, a.scope, &a.run, 0, mz_str("w1"),
                    30000);
    rep = work(&c);
    CHECK(rep.outcome == MZ_WORKER_CLAIMED);
    a.attempt = rep.attempt;
    mz_cmds_free(&c);

    return a;
}


static inline void
progress(const mz_attempt_t *a, const char *text)
{
    mz_cmds_t  c;

    mz_cmds_init(&c);
    mz_worker_event(&c, &host.conf.store, a, 0, mz_str("querying"),
                    mz_str_from(text), mz_null_str);
    CHECK(work(&c).outcome == MZ_WORKER_OK);
    mz_cmds_free(&c);
}


static inline void
finish_with(const mz_attempt_t *a, const mz_finish_t *f)
{
    mz_cmds_t  c;

    mz_cmds_init(&c);
    mz_worker_finish(&c, &host.conf.store, a, 0, f);
    CHECK(work(&c).outcome == MZ_WORKER_OK);
    mz_cmds_free(&c);
}


static inline void
finish(const mz_attempt_t *a, const char *answer)
{
    mz_finish_t  f;

    memset(&f, 0, sizeof(f));
    f.status = MZ_RUN_COMPLETED;
    f.answer = mz_str_from(answer);
    f.result = mz_str("{\"spec\":{\"kind\":\"funnel\"},\"sql\":\"SELECT 1\","
                      "\"assumptions\":[\"range: last 30 days\"],"
                      "\"artifacts\":[]}");
    f.spec = mz_str("{\"kind\":\"funnel\"}");

    finish_with(a, &f);
}


/* Artifacts as a worker writes them. */

typedef struct {
    const mz_attempt_t  *attempt;
    mz_id_t              id;
    unsigned             chunks;
} writer_t;

/* What the next artifacts say of themselves. */

static struct {
    const char  *title;
    const char  *sql;
    const char  *spec;
    const char  *range;
} words = { "A title", "SELECT 1", "{\"kind\":\"funnel\"}",
            "{\"from\":\"2026-05-16\"}" };


static inline void
writer_init(writer_t *w, const mz_attempt_t *a)
{
    unsigned char  random[MZ_ID_RANDOM];

    memset(w, 0, sizeof(writer_t));
    w->attempt = a;
    host_random(random, sizeof(random));
    mz_id_make(&w->id, MZ_ID_ARTIFACT, random);
}


static inline mz_rc_t
write_chunk(void *ctx, uint32_t n, mz_str_t bytes, mz_err_t *err)
{
    writer_t   *w = ctx;
    mz_cmds_t   c;

    (void) err;

    mz_cmds_init(&c);
    mz_worker_chunk(&c, &host.conf.store, w->attempt, &w->id, n, bytes);
    CHECK(work(&c).outcome == MZ_WORKER_OK);
    mz_cmds_free(&c);
    w->chunks = n + 1;

    return MZ_OK;
}


static inline void
commit(writer_t *w, const char *kind, const char *rows, const json_t *layout)
{
    mz_buf_t    text;
    mz_cmds_t   c;

    mz_buf_init(&text, 0);
    mz_json_dump(&text, layout);

    {
        mz_field_t  fields[] = {
            { mz_str("kind"), mz_str_from(kind) },
            { mz_str("name"), mz_str("result") },
            { mz_str("title"), mz_str_from(words.title) },
            { mz_str("rows"), mz_str_from(rows) },
            { mz_str("digest"), mz_str("00ff") },
            { mz_str("layout"), mz_buf_view(&text) },
            { mz_str("spec"), mz_str_from(words.spec) },
            { mz_str("sql"), mz_str_from(words.sql) },
            { mz_str("range"), mz_str_from(words.range) },
            { mz_str("timezone"), mz_str("UTC") },
            { mz_str("truncated"), mz_str("0") }
        };

        mz_cmds_init(&c);
        mz_worker_artifact(&c, &host.conf.store, w->attempt, 0, &w->id,
                           w->chunks, fields, MZ_ARRAY_LEN(fields));
        CHECK(work(&c).outcome == MZ_WORKER_OK);
        mz_cmds_free(&c);
    }

    mz_buf_free(&text);
}


/* Takes rs. */

static inline mz_id_t
write_rset(const mz_attempt_t *a, mz_rset_t *rs)
{
    char       count[24];
    json_t    *layout;
    writer_t   w;
    mz_err_t   err;

    writer_init(&w, a);
    CHECK_ROW(mz_table_write(rs, write_chunk, &w, &layout, &err) == MZ_OK,
              "%s", err.msg);
    snprintf(count, sizeof(count), "%zu", mz_rset_rows(rs));
    commit(&w, "table", count, layout);
    json_decref(layout);
    mz_rset_free(rs);

    return w.id;
}


static inline mz_id_t
write_table(const mz_attempt_t *a, int64_t rows)
{
    char         name[32];
    int64_t      i;
    mz_value_t   row[2];
    mz_rset_t   *rs;

    memset(row, 0, sizeof(row));

    rs = mz_rset_new(100000);
    mz_rset_add_column(rs, mz_str("country"), MZ_DTYPE_STRING);
    mz_rset_add_column(rs, mz_str("users"), MZ_DTYPE_INT64);

    for (i = 0; i < rows; i++) {
        snprintf(name, sizeof(name), "country-%03d", (int) (i * 7 % 100));
        row[0].s = mz_str_from(name);
        row[1].i = i * 3 % 101;
        mz_rset_add_row(rs, row);
    }

    return write_rset(a, rs);
}


/* n rows; row(i) is a new reference. */

static inline mz_id_t
write_rows(const mz_attempt_t *a, int n, json_t *(*row)(int i))
{
    int            i;
    char           count[24];
    json_t        *layout, *v;
    writer_t       w;
    mz_err_t       err;
    mz_jwriter_t  *jw;

    writer_init(&w, a);
    jw = mz_jwriter_new(write_chunk, &w);

    for (i = 0; i < n; i++) {
        v = row(i);
        CHECK(mz_jwriter_add(jw, v, &err) == MZ_OK);
        json_decref(v);
    }

    CHECK(mz_jwriter_end(jw, &layout, &err) == MZ_OK);
    mz_jwriter_free(jw);
    snprintf(count, sizeof(count), "%d", n);
    commit(&w, "json", count, layout);
    json_decref(layout);

    return w.id;
}


static inline json_t *
country_row(int i)
{
    return json_pack("{s:i,s:s}", "n", i, "country", i % 2 ? "HU" : "DE");
}


static inline mz_id_t
write_json(const mz_attempt_t *a)
{
    return write_rows(a, 20, country_row);
}


#endif /* MZ_TEST_WORKER_H */
