
/* The SQL text: values are parameters, names are quoted, nothing else. */

#include "analysis/spec.h"
#include "base/mz_str.h"
#include "test.h"


#define NOW_MS  ((int64_t) 1781524800000)

/* Names that would break out of their quotes, were they not doubled. */

static const char  catalog_text[] =
    "{\"version\":1,\"table\":\"ev\\\"ents\",\"event_column\":\"e\\\"n\","
    "\"time_column\":\"t\\\"m\",\"user_column\":\"u\\\"s\","
    "\"properties\":[{\"name\":\"p\\\"; DROP TABLE x; --\",\"dtype\":"
    "\"string\",\"common\":true},{\"name\":\"n\",\"dtype\":\"float64\","
    "\"common\":true}],\"events\":[{\"name\":\"a'; DROP\"},"
    "{\"name\":\"b\"}]}";

static const char *const  specs[] = {
    "{\"kind\":\"segmentation\",\"events\":[\"a'; DROP\",\"b\"],\"grain\":"
    "\"day\",\"breakdown\":[\"p\\\"; DROP TABLE x; --\"],\"filters\":["
    "{\"property\":\"p\\\"; DROP TABLE x; --\",\"op\":\"neq\",\"value\":"
    "\"'; DROP TABLE y\"},{\"property\":\"n\",\"op\":\"in\",\"value\":"
    "[13371337,2.25]},{\"did\":\"a'; DROP\",\"count\":{\"op\":\"lt\","
    "\"value\":3}}],\"compare\":{\"to\":\"previous_period\"}}",
    "{\"kind\":\"segmentation\",\"events\":[\"*\"],\"having\":{\"measure\":"
    "{\"type\":\"sum\",\"property\":\"n\"},\"op\":\"gt\",\"value\":13371337}}",
    "{\"kind\":\"funnel\",\"steps\":[{\"event\":\"a'; DROP\",\"filters\":["
    "{\"property\":\"p\\\"; DROP TABLE x; --\",\"op\":\"contains\","
    "\"value\":\"'; DROP TABLE y\"}]},{\"event\":\"b\"}],\"grain\":\"week\","
    "\"hold\":[\"p\\\"; DROP TABLE x; --\"],\"exclude\":[{\"event\":"
    "\"a'; DROP\"}]}",
    "{\"kind\":\"retention\",\"start\":{\"event\":\"a'; DROP\"},\"return\":"
    "{\"event\":\"b\",\"filters\":[{\"property\":\"p\\\"; DROP TABLE x; --\","
    "\"op\":\"eq\",\"value\":\"'; DROP TABLE y\"}]},\"period\":\"month\"}",
    "{\"kind\":\"lookup\",\"user\":\"'; DROP TABLE y\"}",
    "{\"kind\":\"journey\",\"event\":\"a'; DROP\",\"to\":\"b\"}",
    "{\"kind\":\"discovery\",\"what\":\"values\",\"property\":"
    "\"p\\\"; DROP TABLE x; --\",\"event\":\"a'; DROP\"}"
};


static mz_catalog_t *
load_catalog(void)
{
    json_t        *j;
    mz_err_t       err;
    mz_catalog_t  *cat;

    CHECK(mz_json_load(mz_str(catalog_text), NULL, &j, &err) == MZ_OK);
    CHECK(mz_catalog_from_json(j, &cat, &err) == MZ_OK);
    json_decref(j);

    return cat;
}


static mz_spec_t *
load_spec(const mz_catalog_t *cat, const char *text)
{
    json_t     *j;
    mz_err_t    err;
    mz_spec_t  *spec;

    CHECK(mz_json_load(mz_str_from(text), NULL, &j, &err) == MZ_OK);
    CHECK_ROW(mz_spec_parse(j, cat, NOW_MS, &spec, &err) == MZ_OK, "%s: %s",
              text, err.msg);
    json_decref(j);

    return spec;
}


/* Reads the text as SQL does: quotes and identifiers, no values in it. */

static void
check_text(const char *sql, size_t nparams)
{
    char         quote;
    size_t       n, max;
    const char  *p;

    quote = '\0';
    max = 0;

    for (p = sql; *p != '\0'; p++) {
        if (quote != '\0') {
            quote = *p == quote ? '\0' : quote;

        } else if (*p == '"' || *p == '\'') {
            quote = *p;

        } else if (*p == '$') {
            n = strtoul(p + 1, NULL, 10);
            max = n > max ? n : max;

        } else {
            CHECK_ROW(*p != ';' && strncmp(p, "--", 2) != 0
                      && strncmp(p, "DROP", 4) != 0, "%s", sql);
        }
    }

    CHECK_ROW(quote == '\0' && max == nparams, "%zu of %zu: %s", max,
              nparams, sql);
    CHECK_ROW(strstr(sql, "TABLE y") == NULL, "%s", sql);
    CHECK_ROW(strstr(sql, "13371337") == NULL, "%s", sql);
    CHECK_ROW(strstr(sql, "a'") == NULL, "%s", sql);
}


static void
test_values(void)
{
    size_t         i, k, m;
    mz_err_t       err;
    mz_spec_t     *spec;
    mz_query_t     q, again;
    mz_catalog_t  *cat;

    cat = load_catalog();

    for (i = 0; i < MZ_ARRAY_LEN(specs); i++) {
        spec = load_spec(cat, specs[i]);
        if (spec == NULL) {
            continue;
        }

        CHECK(mz_spec_compile(spec, MZ_DIALECT_DUCKDB, &q, &err) == MZ_OK);
        CHECK(mz_spec_compile(spec, MZ_DIALECT_DUCKDB, &again, &err)
              == MZ_OK);
        CHECK(q.n > 0 && q.n == again.n);

        for (k = 0; k < q.n; k++) {
            check_text(q.statements[k].sql.data, q.statements[k].nparams);
            CHECK(strcmp(q.statements[k].sql.data,
                         again.statements[k].sql.data) == 0);
            CHECK(q.statements[k].what != NULL);

            for (m = 0; m < q.statements[k].nparams; m++) {
                CHECK(!q.statements[k].params[m].value.is_null);
            }
        }

        mz_query_free(&q);
        mz_query_free(&again);
        mz_spec_free(spec);
    }

    mz_catalog_free(cat);
}


static void
test_dialects(void)
{
    mz_err_t       err;
    mz_spec_t     *spec;
    mz_query_t     q;
    mz_catalog_t  *cat;

    cat = load_catalog();
    spec = load_spec(cat, specs[0]);

    CHECK(mz_spec_compile(spec, MZ_DIALECT_CLICKHOUSE, &q, &err)
          == MZ_INVALID);
    CHECK(strstr(err.msg, "dialect not available") != NULL);
    mz_query_free(&q);

    mz_spec_free(spec);
    mz_catalog_free(cat);
}


/* The catalog answers: no statement, a table all the same. */

static void
test_discovery(void)
{
    json_t        *names;
    mz_err_t       err;
    mz_spec_t     *spec;
    mz_query_t     q;
    mz_result_t    r;
    mz_catalog_t  *cat;

    cat = load_catalog();
    spec = load_spec(cat, "{\"kind\":\"discovery\",\"what\":\"events\"}");

    CHECK(mz_spec_compile(spec, MZ_DIALECT_DUCKDB, &q, &err) == MZ_OK);
    CHECK(q.n == 0);
    CHECK(mz_spec_shape(spec, NULL, 0, &r, &err) == MZ_OK);
    CHECK(mz_rset_rows(r.table) == 2);
    names = json_object_get(r.facts, "names");
    CHECK_STR(mz_json_str(json_array_get(names, 0)), "a'; DROP");

    mz_result_free(&r);
    mz_query_free(&q);
    mz_spec_free(spec);
    mz_catalog_free(cat);
}


static const mz_test_t  tests[] = {
    { "values are parameters, names are quoted", test_values },
    { "a dialect that is not there says so", test_dialects },
    { "discovery needs no statement", test_discovery }
};


MZ_TEST_MAIN(tests)
