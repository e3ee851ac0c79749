
/*
 * fuzz_spec: an analysis spec as an LLM may write it, against the catalog of
 * the tests.  What the parser takes has one complete JSON form, which it
 * takes again as the same, words that define it, and SQL in each dialect.
 */

#include "analysis/spec.h"
#include "fuzz.h"
#include "fuzz_catalog.h"


static void fuzz_complete(const mz_spec_t *spec, const mz_catalog_t *cat);
static void fuzz_words(const mz_spec_t *spec);
static void fuzz_compile(const mz_spec_t *spec, mz_dialect_t dialect);


static const mz_dialect_t  fuzz_dialects[] = {
    MZ_DIALECT_DUCKDB, MZ_DIALECT_POSTGRES, MZ_DIALECT_CLICKHOUSE
};


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t              *json;
    size_t               i;
    mz_rc_t              rc;
    mz_err_t             err;
    mz_str_t             in;
    mz_spec_t           *spec;
    const mz_catalog_t  *cat;

    cat = fuzz_catalog();
    in = (mz_str_t) { (const char *) data, size };

    json = fuzz_json(&in);
    if (json == NULL) {
        return 0;
    }

    rc = mz_spec_parse(json, cat, FUZZ_NOW, &spec, &err);
    json_decref(json);

    if (rc != MZ_OK) {
        FUZZ_HOLD(spec == NULL, "%s", err.msg);
        fuzz_check_err(rc, &err);
        return 0;
    }

    fuzz_complete(spec, cat);
    fuzz_words(spec);

    for (i = 0; i < MZ_ARRAY_LEN(fuzz_dialects); i++) {
        fuzz_compile(spec, fuzz_dialects[i]);
    }

    mz_spec_free(spec);

    return 0;
}


static void
fuzz_complete(const mz_spec_t *spec, const mz_catalog_t *cat)
{
    json_t     *json, *again;
    mz_buf_t    a, b;
    mz_err_t    err;
    mz_spec_t  *other;

    json = mz_spec_to_json(spec);
    FUZZ_HOLD(json_is_object(json), "no object");

    mz_buf_init(&a, 0);
    mz_buf_init(&b, 0);
    mz_json_dump(&a, json);

    err.msg[0] = '\0';
    FUZZ_HOLD(mz_spec_parse(json, cat, FUZZ_NOW, &other, &err) == MZ_OK,
              "%s: %s", err.msg, mz_buf_cstr(&a));

    again = mz_spec_to_json(other);
    mz_json_dump(&b, again);
    FUZZ_HOLD(mz_json_equal(json, again), "\n%s\n%s", mz_buf_cstr(&a),
              mz_buf_cstr(&b));

    mz_spec_free(other);
    mz_buf_free(&a);
    mz_buf_free(&b);
    json_decref(json);
    json_decref(again);
}


static void
fuzz_words(const mz_spec_t *spec)
{
    int64_t   from, to;
    mz_buf_t  out;

    mz_buf_init(&out, 0);
    mz_spec_definition(spec, &out);
    FUZZ_HOLD(out.rc == MZ_OK && out.len > 0, "no words");
    FUZZ_HOLD(mz_utf8_is_valid(mz_buf_view(&out)), "%s", mz_buf_cstr(&out));
    mz_buf_free(&out);

    mz_spec_range(spec, &from, &to);
    FUZZ_HOLD(from <= to, "%lld %lld", (long long) from, (long long) to);
    FUZZ_HOLD(mz_spec_kind(spec) != NULL, "no kind");
}


/* The same text each time, and as many parameters as it names. */

static void
fuzz_compile(const mz_spec_t *spec, mz_dialect_t dialect)
{
    char         name[24];
    size_t       i, k, n;
    mz_rc_t      rc;
    mz_err_t     err;
    mz_str_t     sql;
    mz_query_t   a, b;

    rc = mz_spec_compile(spec, dialect, &a, &err);

    if (rc != MZ_OK) {
        fuzz_check_err(rc, &err);
        FUZZ_HOLD(dialect != MZ_DIALECT_DUCKDB, "%s", err.msg);
        return;
    }

    FUZZ_HOLD(mz_spec_compile(spec, dialect, &b, &err) == MZ_OK, "%s",
              err.msg);
    FUZZ_HOLD(a.n == b.n, "%zu %zu", a.n, b.n);

    for (i = 0; i < a.n; i++) {
        sql = mz_buf_view(&a.statements[i].sql);
        FUZZ_HOLD(mz_str_eq(sql, mz_buf_view(&b.statements[i].sql)),
                  "statement %zu", i);
        FUZZ_HOLD(mz_utf8_is_valid(sql), "statement %zu", i);

        for (k = 0; k < a.statements[i].nparams; k++) {
            n = (size_t) snprintf(name, sizeof(name), "$%zu", k + 1);
            FUZZ_HOLD(mz_str_find(sql, (mz_str_t) { name, n }, 0) != SIZE_MAX,
                      "%s in %.*s", name, (int) sql.len, sql.data);

            if (a.statements[i].params[k].dtype == MZ_DTYPE_STRING) {
                (void) fuzz_touch(a.statements[i].params[k].value.s);
            }
        }
    }

    mz_query_free(&a);
    mz_query_free(&b);
}
