
/*
 * Specs with one part gone wrong: refused with words, or good enough to be
 * compiled, put into words and shaped from no rows; never anything else.
 */

#include "analysis/spec.h"
#include "catalog_sample.h"
#include "specs_sample.h"
#include "test.h"


#define NOW_MS   ((int64_t) 1781524800000)
#define ROUNDS   60         /* a spec */


static uint64_t  seed = 99;


static size_t
rnd(size_t n)
{
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;

    return (size_t) (seed * 2685821657736338717ULL >> 33) % n;
}


static json_t *
junk(void)
{
    static const char *const  texts[] = {
        "", "*", "signup", "purchase", "country", "total", "day", "eq", "in",
        "any", "2026-05-01", "\xc3\xa9\x01 %s%n", "price", "bracket"
    };

    switch (rnd(10)) {
    case 0:
        return json_null();
    case 1:
        return json_true();
    case 2:
        return json_integer((json_int_t) rnd(12) - 2);
    case 3:
        return json_integer(INT64_MAX - (json_int_t) rnd(2));
    case 4:
        return json_real(1e300);
    case 5:
        return json_array();
    case 6:
        return json_object();
    case 7:
        return json_pack("[i, s]", 3, "x");
    default:
        return json_string(texts[rnd(MZ_ARRAY_LEN(texts))]);
    }
}


/* Goes down somewhere and changes, removes or adds a member there. */

static void
mutate(json_t *v)
{
    size_t       i, n;
    void        *it;
    json_t      *child;
    const char  *key;

    n = json_is_object(v) ? json_object_size(v) : json_array_size(v);
    if (n == 0) {
        return;
    }

    i = rnd(n);

    if (json_is_array(v)) {
        child = json_array_get(v, i);

        if (json_is_object(child) && rnd(4) != 0) {
            mutate(child);
        } else if (rnd(3) == 0) {
            json_array_append(v, child);
        } else {
            json_array_set_new(v, i, junk());
        }

        return;
    }

    for (it = json_object_iter(v); i > 0; i--) {
        it = json_object_iter_next(v, it);
    }

    key = json_object_iter_key(it);
    child = json_object_iter_value(it);

    if ((json_is_object(child) || json_is_array(child)) && rnd(4) != 0) {
        mutate(child);

    } else if (rnd(4) == 0 && strcmp(key, "kind") != 0) {
        json_object_del(v, key);

    } else {
        json_object_set_new(v, key, junk());
    }
}


/* Shapes want the columns of their statements: none is an error in words. */

static void
use(const mz_spec_t *spec, const char *text)
{
    size_t        i;
    mz_rc_t       rc;
    mz_err_t      err;
    mz_buf_t      words;
    mz_rset_t    *rows[16];
    mz_query_t    q;
    mz_result_t   r;

    mz_buf_init(&words, 0);
    mz_spec_definition(spec, &words);
    CHECK_ROW(words.rc == MZ_OK && words.len > 0, "%s", text);
    mz_buf_free(&words);

    err.msg[0] = '\0';
    rc = mz_spec_compile(spec, MZ_DIALECT_DUCKDB, &q, &err);
    CHECK_ROW(rc == MZ_OK && q.n <= MZ_ARRAY_LEN(rows), "%s: %s", text,
              err.msg);

    for (i = 0; i < q.n; i++) {
        rows[i] = mz_rset_new(10);
        CHECK(rows[i] != NULL
              && mz_rset_add_column(rows[i], mz_str("other"), MZ_DTYPE_INT64)
                 == MZ_OK);
    }

    rc = mz_spec_shape(spec, rows, q.n, &r, &err);
    CHECK_ROW(rc == (q.n == 0 ? MZ_OK : MZ_INTERNAL), "%s: %d %s", text, rc,
              err.msg);

    if (rc == MZ_OK) {
        mz_result_free(&r);
    }

    for (i = 0; i < q.n; i++) {
        mz_rset_free(rows[i]);
    }

    mz_query_free(&q);
}


static void
test_mutations(void)
{
    size_t         i, k, good;
    json_t        *j, *copy;
    mz_rc_t        rc;
    mz_err_t       err;
    mz_buf_t       text;
    mz_spec_t     *spec;
    mz_catalog_t  *cat;

    cat = sample_catalog();
    good = 0;

    for (i = 0; i < MZ_ARRAY_LEN(specs_sample); i++) {
        CHECK(mz_json_load(mz_str_from(specs_sample[i]), NULL, &j, &err)
              == MZ_OK);

        for (k = 0; k < ROUNDS; k++) {
            copy = json_deep_copy(j);
            mutate(copy);
            mz_buf_init(&text, 0);
            mz_json_dump(&text, copy);
            err.msg[0] = '\0';

            rc = mz_spec_parse(copy, cat, NOW_MS, &spec, &err);
            CHECK_ROW((rc == MZ_OK) == (spec != NULL)
                      && (rc == MZ_OK
                          || (rc == MZ_INVALID && err.msg[0] != '\0')),
                      "%s: %d %s", mz_buf_cstr(&text), rc, err.msg);

            if (spec != NULL) {
                use(spec, mz_buf_cstr(&text));
                good++;
            }

            mz_spec_free(spec);
            mz_buf_free(&text);
            json_decref(copy);
        }

        json_decref(j);
    }

    /* Both ways are taken. */

    CHECK_ROW(good > 200 && good < i * ROUNDS - 200, "%zu", good);
    mz_catalog_free(cat);
}


static const mz_test_t  tests[] = {
    { "mutated specs", test_mutations }
};


MZ_TEST_MAIN(tests)
