
/*
 * tquery: how long one filter + sort + page over a table of 1 M rows and 8
 * columns takes, from chunks in memory to the JSON page, and what the table
 * costs to write.  Prints milliseconds; the best of some runs.
 */

#include <time.h>

#include "query/tquery.h"


#define ROWS    1000000
#define CHUNKS  1024
#define RUNS    15

typedef struct {
    char      *data[CHUNKS];
    size_t     len[CHUNKS];
    size_t     bytes;
    uint32_t   n;
} chunks_t;

typedef struct {
    const char  *name;
    const char  *args;
} bench_query_t;


static const bench_query_t  queries[] = {
    { "filter, sort, page",
      "{\"filters\": [{\"column\": \"country\", \"op\": \"eq\", \"value\": "
      "\"US\"}, {\"column\": \"price\", \"op\": \"gt\", \"value\": 50}], "
      "\"sort\": [{\"column\": \"price\", \"desc\": true}], "
      "\"offset\": 200, \"limit\": 100}" },
    { "sort by two, no filter",
      "{\"sort\": [{\"column\": \"country\"}, {\"column\": \"n\"}]}" },
    { "sort by a unique text",
      "{\"sort\": [{\"column\": \"user\", \"desc\": true}]}" },
    { "matches on a unique text",
      "{\"filters\": [{\"column\": \"user\", \"op\": \"matches\", \"value\": "
      "\"^u.*99[0-5]$\"}]}" },
    { "contains on a unique text",
      "{\"filters\": [{\"column\": \"user\", \"op\": \"contains\", "
      "\"value\": \"9999\"}]}" },
    { "first page", "{}" },
    { "deep sorted page",
      "{\"sort\": [{\"column\": \"price\"}], \"offset\": 500000}" }
};


static double
now_ms(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (double) ts.tv_sec * 1e3 + (double) ts.tv_nsec / 1e6;
}


static void
die(const char *what, const mz_err_t *err)
{
    fprintf(stderr, "%s: %s\n", what, err->msg);
    exit(1);
}


static mz_rc_t
keep(void *ctx, uint32_t n, mz_str_t bytes, mz_err_t *err)
{
    chunks_t  *c;

    c = ctx;

    if (n >= CHUNKS) {
        return mz_fail(err, MZ_LIMIT, "too many chunks");
    }

    c->data[n] = malloc(bytes.len);
    memcpy(c->data[n], bytes.data, bytes.len);
    c->len[n] = bytes.len;
    c->bytes += bytes.len;
    c->n = n + 1;

    return MZ_OK;
}


static mz_rset_t *
make_rows(void)
{
    char        user[24];
    size_t      i;
    uint64_t    x;
    mz_rset_t  *rs;
    mz_value_t  v[8];

    static const char *const  countries[] = {
        "US", "DE", "FR", "GB", "BR", "IN", "JP", "HU", "ES", "IT"
    };
    static const char *const  devices[] = { "desktop", "phone", "tablet" };

    rs = mz_rset_new(ROWS);
    mz_rset_add_column(rs, mz_str("at"), MZ_DTYPE_TIMESTAMP);
    mz_rset_add_column(rs, mz_str("user"), MZ_DTYPE_STRING);
    mz_rset_add_column(rs, mz_str("country"), MZ_DTYPE_STRING);
    mz_rset_add_column(rs, mz_str("device"), MZ_DTYPE_STRING);
    mz_rset_add_column(rs, mz_str("price"), MZ_DTYPE_FLOAT64);
    mz_rset_add_column(rs, mz_str("n"), MZ_DTYPE_INT64);
    mz_rset_add_column(rs, mz_str("paid"), MZ_DTYPE_BOOL);
    mz_rset_add_column(rs, mz_str("day"), MZ_DTYPE_DATE);

    x = 42;
    memset(v, 0, sizeof(v));

    for (i = 0; i < ROWS; i++) {
        x = x * 6364136223846793005ull + 1442695040888963407ull;
        v[0].i = 1750000000000000 + (int64_t) i * 7770000;
        v[1].s.data = user;
        v[1].s.len = (size_t) snprintf(user, sizeof(user), "u%08u",
                                       (unsigned) (x >> 40));
        v[2].s.data = countries[(x >> 33) % 10];
        v[2].s.len = 2;
        v[3].s.data = devices[(x >> 35) % 3];
        v[3].s.len = strlen(v[3].s.data);
        v[4].is_null = (x >> 37) % 20 == 0;
        v[4].d = (double) ((x >> 20) % 10000) / 100;
        v[5].i = (int64_t) ((x >> 31) % 5000);
        v[6].i = (x >> 41) % 2;
        v[7].i = 20000 + (int64_t) (i / 20000);
        mz_rset_add_row(rs, v);
    }

    return rs;
}


static double
run(const mz_layout_t *l, const chunks_t *c, const json_t *args)
{
    size_t           i, n;
    double           start, took;
    mz_rc_t          rc;
    mz_err_t         err;
    mz_tquery_t     *q;
    const uint32_t  *needs;

    start = now_ms();

    if (mz_tquery_parse(l, args, NULL, &q, &err) != MZ_OK) {
        die("parse", &err);
    }

    do {
        needs = mz_tquery_needs(q, &n);

        for (i = 0; i < n; i++) {
            (void) mz_tquery_give(q, needs[i],
                                  (mz_str_t) { c->data[needs[i]],
                                               c->len[needs[i]] });
        }

        rc = mz_tquery_run(q, &err);

    } while (rc == MZ_AGAIN);

    if (rc != MZ_OK) {
        die("run", &err);
    }

    took = now_ms() - start;
    mz_tquery_free(q);

    return took;
}


static void
measure(const char *what, const mz_layout_t *l, const chunks_t *c)
{
    size_t    i, k;
    double    took, best;
    json_t   *args;
    mz_err_t  err;

    printf("%s: %u chunks, %.1f MB\n", what, c->n, (double) c->bytes / 1e6);

    for (i = 0; i < MZ_ARRAY_LEN(queries); i++) {
        if (mz_json_load((mz_str_t) { queries[i].args,
                                      strlen(queries[i].args) }, NULL, &args,
                         &err) != MZ_OK)
        {
            die("args", &err);
        }

        best = 1e9;

        for (k = 0; k < RUNS; k++) {
            took = run(l, c, args);
            best = took < best ? took : best;
        }

        printf("  %-26s %8.2f ms\n", queries[i].name, best);
        json_decref(args);
    }
}


int
main(void)
{
    double        start;
    json_t       *json;
    uint32_t      i;
    mz_err_t      err;
    mz_buf_t      raw;
    mz_rset_t    *rs;
    mz_layout_t  *l;

    static chunks_t  packed, unpacked;

    rs = make_rows();
    start = now_ms();

    if (mz_table_write(rs, keep, &packed, &json, &err) != MZ_OK
        || mz_layout_from_json(json, &l, &err) != MZ_OK)
    {
        die("write", &err);
    }

    printf("write: %.0f ms\n", now_ms() - start);

    for (i = 0; i < packed.n; i++) {
        mz_buf_init(&raw, 0);

        if (mz_column_unpack((mz_str_t) { packed.data[i], packed.len[i] },
                             &raw, &err) != MZ_OK)
        {
            die("unpack", &err);
        }

        (void) keep(&unpacked, i, mz_buf_view(&raw), &err);
        mz_buf_free(&raw);
    }

    measure("as stored", l, &packed);
    measure("unpacked", l, &unpacked);

    return 0;
}
