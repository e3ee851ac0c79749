
#include "helper.h"
#include "query/jlines.h"


static helper_store_t   store;
static mz_jlayout_t    *layout;


/* Rows of a JSON array, written in chunks of `per` lines (0: by writer). */

static mz_jlayout_t *
make_artifact(helper_store_t *st, json_t *rows, size_t per)
{
    size_t         i, lines;
    json_t        *json, *groups;
    mz_err_t       err;
    mz_buf_t       chunk;
    mz_jwriter_t  *w;
    mz_jlayout_t  *l;

    if (per == 0) {
        w = mz_jwriter_new(helper_emit, st);

        for (i = 0; i < json_array_size(rows); i++) {
            CHECK(mz_jwriter_add(w, json_array_get(rows, i), &err) == MZ_OK);
        }

        CHECK(mz_jwriter_end(w, &json, &err) == MZ_OK);
        mz_jwriter_free(w);

    } else {
        groups = json_array();
        mz_buf_init(&chunk, 0);
        lines = 0;

        for (i = 0; i < json_array_size(rows); i++) {
            mz_json_dump(&chunk, json_array_get(rows, i));
            mz_buf_add_char(&chunk, '\n');

            if (++lines == per || i + 1 == json_array_size(rows)) {
                helper_emit(st, st->n, mz_buf_view(&chunk), &err);
                json_array_append_new(groups,
                                      json_integer((json_int_t) lines));
                mz_buf_reset(&chunk);
                lines = 0;
            }
        }

        mz_buf_free(&chunk);
        json = json_pack("{s:o}", "groups", groups);
    }

    CHECK(mz_jlayout_from_json(json, &l, &err) == MZ_OK);
    json_decref(json);

    return l;
}


static void
make_table(void)
{
    json_t  *rows;

    rows = helper_json("["
        "{'user': 'ann', 'n': 1, 'tags': ['a', 'b', 'c', 'd'], 'a/b': 5},"
        "{'user': 'bob', 'n': 2, 'm~n': {'x': [10, 20]}, '': 'empty'},"
        "'just text',"
        "[1, 2, [3, 4]],"
        "{'user': 'Zoë', 'n': 22, 'deep': {'user': 'nobody'}},"
        "null,"
        "12345]");

    layout = make_artifact(&store, rows, 3);
    CHECK(store.n == 3 && layout->rows == 7);
    json_decref(rows);
}


static void
drop_table(void)
{
    mz_jlayout_free(layout);
    helper_clear(&store);
}


/* *r is NULL when parse refused. */

static mz_rc_t
run_read(const mz_jlayout_t *l, const helper_store_t *st, const char *text,
    const mz_jlines_limits_t *lim, mz_jread_t **r, size_t *nchunks,
    mz_err_t *err)
{
    size_t           i, n;
    json_t          *args;
    mz_rc_t          rc;
    const uint32_t  *needs;

    args = helper_json(text);
    rc = mz_jread_parse(l, args, lim, r, err);
    json_decref(args);
    *nchunks = 0;

    if (rc != MZ_OK) {
        return rc;
    }

    needs = mz_jread_needs(*r, &n);
    *nchunks = n;

    for (i = 0; i < n; i++) {
        CHECK(mz_jread_give(*r, needs[i], helper_chunk(st, needs[i]))
              == MZ_OK);
    }

    CHECK((mz_jread_work(*r) > 0) == (n > 0));

    return mz_jread_run(*r, err);
}


static void
test_read(void)
{
    size_t                    i, n;
    mz_rc_t                   rc;
    mz_err_t                  err;
    mz_jread_t               *r;
    const mz_jread_result_t  *res;

    static const struct {
        const char  *args;
        size_t       chunks;
        const char  *value;
        uint64_t     total;
        int64_t      next;
    } rows[] = {
        { "{'offset': 5}", 2, "[null,12345]", 7, -1 },
        { "{'path': '', 'offset': 2, 'limit': 2}", 2,
          "[\"just text\",[1,2,[3,4]]]", 7, 4 },
        { "{'offset': 7}", 0, "[]", 7, -1 },
        { "{'offset': 9223372036854775807}", 0, "[]", 7, -1 },
        { "{'path': '/2'}", 1, "\"just text\"", 1, -1 },
        { "{'path': '/6'}", 1, "12345", 1, -1 },
        { "{'path': '/5'}", 1, "null", 1, -1 },
        { "{'path': '/3'}", 1, "[1,2,[3,4]]", 3, -1 },
        { "{'path': '/3', 'offset': 1, 'limit': 1}", 1, "[2]", 3, 2 },
        { "{'path': '/3', 'offset': 3}", 1, "[]", 3, -1 },
        { "{'path': '/3/2/1'}", 1, "4", 1, -1 },
        { "{'path': '/0/a~1b'}", 1, "5", 1, -1 },
        { "{'path': '/1/m~0n/x/0'}", 1, "10", 1, -1 },
        { "{'path': '/1/'}", 1, "\"empty\"", 1, -1 },
        { "{'path': '/4/deep'}", 1, "{\"user\":\"nobody\"}", 1, -1 },
        { "{'path': '/0', 'limit': 2}", 1, "{\"user\":\"ann\",\"n\":1}", 4,
          2 },
        { "{'path': '/0', 'limit': 2, 'offset': 2}", 1,
          "{\"tags\":[\"a\",\"b\",\"c\",\"d\"],\"a/b\":5}", 4, -1 },
        { "{'path': '/4/user'}", 1, "\"Zoë\"", 1, -1 }
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        rc = run_read(layout, &store, rows[i].args, NULL, &r, &n, &err);
        CHECK_ROW(rc == MZ_OK, "%s: %s", rows[i].args, err.msg);

        if (rc == MZ_OK) {
            res = mz_jread_result(r);
            CHECK_STR(res->value, rows[i].value);
            CHECK_ROW(n == rows[i].chunks && res->total == rows[i].total
                      && res->next_offset == rows[i].next && !res->truncated,
                      "%s: %zu chunks, total %d, next %d", rows[i].args, n,
                      (int) res->total, (int) res->next_offset);
        }

        mz_jread_free(r);
    }
}


static void
test_read_refusals(void)
{
    size_t       i, n;
    mz_rc_t      rc;
    mz_err_t     err;
    mz_jread_t  *r;

    static const struct {
        const char  *args;
        mz_rc_t      rc;
        const char  *says;
    } rows[] = {
        { "{'path': '0'}", MZ_INVALID, "JSON Pointer" },
        { "{'path': '/0/a~b'}", MZ_INVALID, "~0" },
        { "{'path': '/0/a~'}", MZ_INVALID, "~0" },
        { "{'limit': 0}", MZ_INVALID, "limit" },
        { "{'limit': 1001}", MZ_INVALID, "limit" },
        { "{'offset': -1}", MZ_INVALID, "offset" },
        { "{'path': '/7'}", MZ_NOT_FOUND, "7 rows" },
        { "{'path': '/user'}", MZ_NOT_FOUND, "row number" },
        { "{'path': '/'}", MZ_NOT_FOUND, "row number" },
        { "{'path': '/-'}", MZ_NOT_FOUND, "row number" },
        { "{'path': '/01'}", MZ_NOT_FOUND, "row number" },
        { "{'path': '/99999999999999999999'}", MZ_NOT_FOUND, "row number" },
        { "{'path': '/0/usr'}", MZ_NOT_FOUND, "user, n, tags, a/b" },
        { "{'path': '/0/tags/4'}", MZ_NOT_FOUND, "array of 4" },
        { "{'path': '/0/tags/01'}", MZ_NOT_FOUND, "array of 4" },
        { "{'path': '/0/tags/-'}", MZ_NOT_FOUND, "array of 4" },
        { "{'path': '/2/x'}", MZ_NOT_FOUND, "neither" },
        { "{'path': '/5/x'}", MZ_NOT_FOUND, "neither" }
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        rc = run_read(layout, &store, rows[i].args, NULL, &r, &n, &err);
        CHECK_ROW(rc == rows[i].rc && strstr(err.msg, rows[i].says), "%s: %s",
                  rows[i].args, err.msg);
        mz_jread_free(r);
    }
}


/* Small budgets: every row is seen once, or the way to it is told. */

static void
test_read_budget(void)
{
    char                      args[64];
    size_t                    n, seen;
    json_t                   *page, *rows;
    mz_err_t                  err;
    mz_jread_t               *r;
    mz_jlayout_t             *l;
    helper_store_t           *st;
    mz_jlines_limits_t        lim;
    const mz_jread_result_t  *res;

    memset(&lim, 0, sizeof(lim));
    lim.value_max = 80;
    seen = 0;

    for ( ;; ) {
        snprintf(args, sizeof(args), "{'offset': %zu}", seen);
        CHECK(run_read(layout, &store, args, &lim, &r, &n, &err) == MZ_OK);
        res = mz_jread_result(r);
        CHECK(res->value.len <= 80);
        CHECK(mz_json_load(res->value, NULL, &page, &err) == MZ_OK);
        seen += json_array_size(page);
        json_decref(page);
        CHECK(res->truncated == (res->next_offset >= 0));

        if (res->next_offset < 0) {
            mz_jread_free(r);
            break;
        }

        CHECK((size_t) res->next_offset == seen);
        mz_jread_free(r);
    }

    CHECK(seen == 7);

    st = calloc(1, sizeof(helper_store_t));
    rows = helper_json("[{'a/b': ['0123456789012345678901234567890123456789',"
                       "'x']}]");
    l = make_artifact(st, rows, 0);
    lim.value_max = 30;

    CHECK(run_read(l, st, "{}", &lim, &r, &n, &err) == MZ_LIMIT);
    CHECK(strstr(err.msg, "at /0 alone") != NULL);
    mz_jread_free(r);

    CHECK(run_read(l, st, "{'path': '/0'}", &lim, &r, &n, &err) == MZ_LIMIT);
    CHECK(strstr(err.msg, "at /0/a~1b alone") != NULL);
    mz_jread_free(r);

    CHECK(run_read(l, st, "{'path': '/0/a~1b'}", &lim, &r, &n, &err)
          == MZ_LIMIT);
    CHECK(strstr(err.msg, "at /0/a~1b/0 alone") != NULL);
    mz_jread_free(r);

    CHECK(run_read(l, st, "{'path': '/0/a~1b/0'}", &lim, &r, &n, &err)
          == MZ_OK);
    CHECK_STR(mz_jread_result(r)->value, "\"012…\"");
    CHECK(mz_jread_result(r)->truncated);
    mz_jread_free(r);

    json_decref(rows);
    mz_jlayout_free(l);
    helper_clear(st);
    free(st);
}


static mz_rc_t
run_grep(const mz_jlayout_t *l, const helper_store_t *st, const char *text,
    const mz_jlines_limits_t *lim, mz_jgrep_t **g, mz_err_t *err)
{
    char            *copies[4];
    size_t           i, n;
    json_t          *args;
    mz_rc_t          rc;
    mz_str_t         chunk;
    const uint32_t  *needs;

    args = helper_json(text);
    rc = mz_jgrep_parse(l, args, lim, g, err);
    json_decref(args);

    while (rc == MZ_OK || rc == MZ_AGAIN) {
        needs = mz_jgrep_needs(*g, &n);

        /* bytes are let go after each stage: the sanitizer sees a misuse */

        for (i = 0; i < n; i++) {
            chunk = helper_chunk(st, needs[i]);
            copies[i] = malloc(chunk.len);
            memcpy(copies[i], chunk.data, chunk.len);
            chunk.data = copies[i];
            CHECK(mz_jgrep_give(*g, needs[i], chunk) == MZ_OK);
        }

        rc = mz_jgrep_run(*g, err);

        for (i = 0; i < n; i++) {
            free(copies[i]);
        }

        if (rc == MZ_OK) {
            return rc;
        }
    }

    return rc;
}


static void
test_grep(void)
{
    size_t                    i;
    mz_rc_t                   rc;
    mz_err_t                  err;
    mz_jgrep_t               *g;
    const mz_jgrep_result_t  *res;

    static const struct {
        const char  *args;
        const char  *matches;
        uint64_t     total;
        int64_t      next;
    } rows[] = {
        { "{'pattern': 'text'}", "[{\"index\":2,\"row\":\"just text\"}]", 1,
          -1 },
        { "{'pattern': 'TEXT'}", "[]", 0, -1 },
        { "{'pattern': 'TEXT', 'ignore_case': true}",
          "[{\"index\":2,\"row\":\"just text\"}]", 1, -1 },
        { "{'pattern': 'zoË', 'ignore_case': true, 'path': '/user'}",
          "[{\"index\":4,\"row\":{\"user\":\"Zoë\",\"n\":22,\"deep\":{"
          "\"user\":\"nobody\"}}}]", 1, -1 },
        { "{'pattern': '^nobody$', 'path': '/deep/user'}",
          "[{\"index\":4,\"row\":{\"user\":\"Zoë\",\"n\":22,\"deep\":{"
          "\"user\":\"nobody\"}}}]", 1, -1 },
        { "{'pattern': '^2$', 'path': '/1'}",
          "[{\"index\":3,\"row\":[1,2,[3,4]]}]", 1, -1 },
        { "{'pattern': '^.3,4.$', 'path': '/2'}",
          "[{\"index\":3,\"row\":[1,2,[3,4]]}]", 1, -1 },
        { "{'pattern': '^null$|^12345$'}",
          "[{\"index\":5,\"row\":null},{\"index\":6,\"row\":12345}]", 2, -1 },
        { "{'pattern': '^null$|^12345$', 'limit': 1}",
          "[{\"index\":5,\"row\":null}]", 2, 1 },
        { "{'pattern': '^null$|^12345$', 'offset': 1}",
          "[{\"index\":6,\"row\":12345}]", 2, -1 },
        { "{'pattern': '^null$|^12345$', 'offset': 5}", "[]", 2, -1 },
        { "{'pattern': '^null$|^12345$', 'context': 1, 'limit': 2}",
          "[{\"index\":5,\"before\":[{\"user\":\"Zoë\",\"n\":22,\"deep\":{"
          "\"user\":\"nobody\"}}],\"row\":null,\"after\":[12345]},"
          "{\"index\":6,\"before\":[null],\"row\":12345}]", 2, -1 },
        { "{'pattern': 'just', 'context': 2, 'limit': 1, 'path': ''}",
          "[{\"index\":2,\"before\":[{\"user\":\"ann\",\"n\":1,\"tags\":["
          "\"a\",\"b\",\"c\",\"d\"],\"a/b\":5},{\"user\":\"bob\",\"n\":2,"
          "\"m~n\":{\"x\":[10,20]},\"\":\"empty\"}],\"row\":\"just text\","
          "\"after\":[[1,2,[3,4]],{\"user\":\"Zoë\",\"n\":22,\"deep\":{"
          "\"user\":\"nobody\"}}]}]", 1, -1 },
        { "{'pattern': 'ann', 'context': 1}",
          "[{\"index\":0,\"row\":{\"user\":\"ann\",\"n\":1,\"tags\":["
          "\"a\",\"b\",\"c\",\"d\"],\"a/b\":5},\"after\":[{\"user\":\"bob\","
          "\"n\":2,\"m~n\":{\"x\":[10,20]},\"\":\"empty\"}]}]", 1, -1 }
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        rc = run_grep(layout, &store, rows[i].args, NULL, &g, &err);
        CHECK_ROW(rc == MZ_OK, "%s: %s", rows[i].args, err.msg);

        if (rc == MZ_OK) {
            res = mz_jgrep_result(g);
            CHECK_STR(res->matches, rows[i].matches);
            CHECK_ROW(res->total_matches == rows[i].total
                      && res->next_offset == rows[i].next && !res->truncated
                      && res->note.len == 0 && res->searched_rows == 7,
                      "%s", rows[i].args);
        }

        mz_jgrep_free(g);
    }
}


static void
test_grep_refusals(void)
{
    size_t       i;
    mz_err_t     err;
    mz_jgrep_t  *g;

    static const struct {
        const char  *args;
        const char  *says;
    } rows[] = {
        { "{}", "pattern is missing" },
        { "{'pattern': ''}", "pattern is missing" },
        { "{'pattern': 'a('}", "offset 2" },
        { "{'pattern': 'a', 'path': 'x'}", "JSON Pointer" },
        { "{'pattern': 'a', 'context': 21}", "context" },
        { "{'pattern': 'a', 'context': -1}", "context" },
        { "{'pattern': 'a', 'limit': 501}", "limit" },
        { "{'pattern': 'a', 'offset': -5}", "offset" }
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        CHECK_ROW(run_grep(layout, &store, rows[i].args, NULL, &g, &err)
                  == MZ_INVALID && g == NULL
                  && strstr(err.msg, rows[i].says), "%s: %s", rows[i].args,
                  err.msg);
        mz_jgrep_free(g);
    }
}


/* Context over chunk and stage borders, against the rows themselves. */

static void
test_grep_context(void)
{
    char              args[128];
    size_t            per, context, i, k, n, row, lo, hi;
    json_t           *rows, *matches, *m, *list;
    mz_err_t          err;
    mz_jgrep_t       *g;
    mz_jlayout_t     *l;
    helper_store_t   *st;

    rows = json_array();

    for (i = 0; i < 60; i++) {
        json_array_append_new(rows, json_pack("{s:i, s:s}", "i", (int) i, "s",
                                              i % 7 < 2 ? "hit" : "miss"));
    }

    st = calloc(1, sizeof(helper_store_t));

    for (per = 1; per < 12; per += 2) {
        l = make_artifact(st, rows, per);

        for (context = 1; context < 9; context += 3) {
            snprintf(args, sizeof(args), "{'pattern': 'hit', 'context': %zu}",
                     context);
            CHECK(run_grep(l, st, args, NULL, &g, &err) == MZ_OK);
            CHECK(mz_json_load(mz_jgrep_result(g)->matches, NULL, &matches,
                               &err) == MZ_OK);
            n = json_array_size(matches);
            CHECK(n == 18);

            for (i = 0; i < n; i++) {
                m = json_array_get(matches, i);
                row = (size_t) mz_json_get_int(m, "index", 999);
                CHECK(row == i / 2 * 7 + i % 2);
                lo = row > context ? row - context : 0;
                hi = row + context < 59 ? row + context : 59;
                list = json_object_get(m, "before");
                CHECK(json_array_size(list) == row - lo);

                for (k = lo; k < row; k++) {
                    CHECK(json_equal(json_array_get(list, k - lo),
                                     json_array_get(rows, k)));
                }

                list = json_object_get(m, "after");
                CHECK(json_array_size(list) == hi - row);

                for (k = row + 1; k <= hi; k++) {
                    CHECK(json_equal(json_array_get(list, k - row - 1),
                                     json_array_get(rows, k)));
                }
            }

            json_decref(matches);
            mz_jgrep_free(g);
        }

        mz_jlayout_free(l);
        helper_clear(st);
    }

    free(st);
    json_decref(rows);
}


static void
test_grep_bounds(void)
{
    char                      args[128], text[300];
    size_t                    i, max, seen;
    json_t                   *rows, *page;
    mz_err_t                  err;
    mz_jgrep_t               *g;
    mz_jlayout_t             *l;
    helper_store_t           *st;
    mz_jlines_limits_t        lim;
    const mz_jgrep_result_t  *res;

    rows = json_array();
    memset(text, 'x', sizeof(text));

    for (i = 0; i < 40; i++) {
        text[i * 7] = '\0';
        json_array_append_new(rows, json_string(text));
        text[i * 7] = 'x';
    }

    st = calloc(1, sizeof(helper_store_t));
    l = make_artifact(st, rows, 4);
    memset(&lim, 0, sizeof(lim));

    /* whatever the budget: valid JSON within it, and all is reached */

    for (max = 60; max < 2000; max += 83) {
        lim.value_max = max;
        seen = 0;

        for ( ;; ) {
            snprintf(args, sizeof(args), "{'pattern': 'x', 'offset': %zu, "
                     "'context': %zu}", seen, max % 4);
            CHECK(run_grep(l, st, args, &lim, &g, &err) == MZ_OK);
            res = mz_jgrep_result(g);
            CHECK_ROW(res->matches.len <= max, "%zu of %zu",
                      res->matches.len, max);
            CHECK(res->total_matches == 39);
            CHECK(mz_json_load(res->matches, NULL, &page, &err) == MZ_OK);
            CHECK(json_array_size(page) == res->nmatches);
            CHECK(res->nmatches > 0);
            seen += res->nmatches;
            json_decref(page);
            CHECK(res->truncated == (res->note.len > 0));

            if (res->next_offset < 0 || res->nmatches == 0) {
                mz_jgrep_free(g);
                break;
            }

            CHECK((size_t) res->next_offset == seen && res->truncated);
            mz_jgrep_free(g);
        }

        CHECK(seen == 39);
    }

    /* bytes searched, and parsed, are bounded */

    memset(&lim, 0, sizeof(lim));
    lim.scan_max = 1000;
    CHECK(run_grep(l, st, "{'pattern': 'x', 'limit': 2}", &lim, &g, &err)
          == MZ_OK);
    res = mz_jgrep_result(g);
    CHECK(res->truncated && strstr(res->note.data, "of 40 rows") != NULL);
    CHECK(res->searched_rows < 20 && res->searched_rows > 10);
    CHECK(res->total_matches == res->searched_rows - 1);
    CHECK(res->next_offset == 2);
    mz_jgrep_free(g);

    lim.parse_max = 500;
    CHECK(run_grep(l, st, "{'pattern': 'x', 'path': '/y'}", &lim, &g, &err)
          == MZ_OK);
    res = mz_jgrep_result(g);
    CHECK(res->truncated && res->total_matches == 0);
    CHECK(res->searched_rows < 15);
    mz_jgrep_free(g);

    mz_jlayout_free(l);
    helper_clear(st);
    free(st);
    json_decref(rows);
}


/* Chunks that are not what the layout says. */

static void
test_damage(void)
{
    size_t        i, n;
    json_t       *json;
    mz_err_t      err;
    mz_jread_t   *r;
    mz_jgrep_t   *g;
    mz_jlayout_t *l;

    static const struct {
        const char  *chunk;
        mz_rc_t      read;          /* all rows */
        mz_rc_t      grep;          /* with context, so that rows are shown */
    } rows[] = {
        { "1\n2\n", MZ_OK, MZ_OK },
        { "1\n2", MZ_OK, MZ_OK },
        { "1\r\n2\r\n", MZ_OK, MZ_OK },
        { "1\n", MZ_INVALID, MZ_INVALID },
        { "1\n2\n3\n", MZ_OK, MZ_INVALID },
        { "1\n{2}\n", MZ_INVALID, MZ_INVALID },
        { "1\n\xff\n", MZ_INVALID, MZ_INVALID },
        { "1\n\n", MZ_INVALID, MZ_INVALID }
    };

    json = helper_json("{'groups': [2]}");
    CHECK(mz_jlayout_from_json(json, &l, &err) == MZ_OK);
    json_decref(json);

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        helper_emit(&store, store.n,
                    (mz_str_t) { rows[i].chunk, strlen(rows[i].chunk) },
                    &err);
    }

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        helper_store_t  one = { .n = 1 };

        one.data[0] = store.data[store.n - MZ_ARRAY_LEN(rows) + i];
        one.len[0] = store.len[store.n - MZ_ARRAY_LEN(rows) + i];

        CHECK_ROW(run_read(l, &one, "{}", NULL, &r, &n, &err) == rows[i].read,
                  "read %zu", i);
        mz_jread_free(r);
        CHECK_ROW(run_grep(l, &one, "{'pattern': '1', 'context': 1}", NULL,
                           &g, &err) == rows[i].grep, "grep %zu", i);
        mz_jgrep_free(g);
    }

    /* nothing given */

    json = json_object();
    CHECK(mz_jread_parse(l, json, NULL, &r, &err) == MZ_OK);
    CHECK(mz_jread_give(r, 1, mz_str("1\n2\n")) == MZ_INVALID);
    CHECK(mz_jread_run(r, &err) == MZ_NOT_FOUND);
    mz_jread_free(r);
    json_object_set_new(json, "pattern", json_string("1"));
    CHECK(mz_jgrep_parse(l, json, NULL, &g, &err) == MZ_OK);
    CHECK(mz_jgrep_give(g, 1, mz_str("1\n2\n")) == MZ_INVALID);
    CHECK(mz_jgrep_run(g, &err) == MZ_NOT_FOUND);
    mz_jgrep_free(g);
    json_decref(json);
    mz_jlayout_free(l);
}


static void
test_layout(void)
{
    size_t         i;
    json_t        *json;
    mz_rc_t        rc;
    mz_err_t       err;
    mz_jlayout_t  *l;

    static const struct {
        const char  *text;
        mz_rc_t      rc;
    } rows[] = {
        { "[]", MZ_INVALID },
        { "{}", MZ_INVALID },
        { "{'groups': 5}", MZ_INVALID },
        { "{'groups': [0]}", MZ_INVALID },
        { "{'groups': [-1]}", MZ_INVALID },
        { "{'groups': ['1']}", MZ_INVALID },
        { "{'groups': [9999999999]}", MZ_INVALID },
        { "{'groups': []}", MZ_OK },
        { "{'groups': [1, 2]}", MZ_OK }
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        json = helper_json(rows[i].text);
        rc = mz_jlayout_from_json(json, &l, &err);
        CHECK_ROW(rc == rows[i].rc && (l != NULL) == (rc == MZ_OK), "%s",
                  rows[i].text);
        mz_jlayout_free(l);
        json_decref(json);
    }
}


static void
test_writer(void)
{
    char             *text;
    size_t            i;
    json_t           *rows, *json;
    mz_err_t          err;
    mz_jlayout_t     *l;
    mz_jwriter_t     *w;
    helper_store_t   *st;

    /* empty, and freed without an end */

    st = calloc(1, sizeof(helper_store_t));
    w = mz_jwriter_new(helper_emit, st);
    CHECK(mz_jwriter_end(w, &json, &err) == MZ_OK);
    CHECK(json_array_size(json_object_get(json, "groups")) == 0 && st->n == 0);
    json_decref(json);
    mz_jwriter_free(w);

    /* chunks stay near the goal; a line of 3 MB has one of its own */

    text = malloc(5 << 20);
    memset(text, 'y', 5 << 20);
    rows = json_array();

    for (i = 0; i < 40; i++) {
        json_array_append_new(rows, json_stringn(text, 100000));
    }

    json_array_append_new(rows, json_stringn(text, 3 << 20));
    json_array_append_new(rows, json_integer(1));
    l = make_artifact(st, rows, 0);
    CHECK(l->rows == 42 && l->ngroups == st->n && l->ngroups == 6);
    CHECK(st->len[4] == (3 << 20) + 3 && l->groups[4] == 1);

    for (i = 0; i < st->n; i++) {
        CHECK(st->len[i] <= MZ_CHUNK_MAX);
        CHECK(st->data[i][st->len[i] - 1] == '\n');
    }

    mz_jlayout_free(l);
    json_decref(rows);
    helper_clear(st);

    w = mz_jwriter_new(helper_emit, st);
    json = json_stringn(text, 5 << 20);
    CHECK(mz_jwriter_add(w, json, &err) == MZ_LIMIT);
    json_decref(json);
    json = json_integer(1);
    CHECK(mz_jwriter_add(w, json, &err) == MZ_OK);
    json_decref(json);
    st->fail_at = 1;
    CHECK(mz_jwriter_end(w, &json, &err) == MZ_UNAVAILABLE && json == NULL);
    mz_jwriter_free(w);
    free(st);
    free(text);
}


static const mz_test_t  tests[] = {
    { "the artifact", make_table },
    { "reading", test_read },
    { "reading: what is refused", test_read_refusals },
    { "reading within a budget", test_read_budget },
    { "searching", test_grep },
    { "searching: what is refused", test_grep_refusals },
    { "context over borders", test_grep_context },
    { "searching within bounds", test_grep_bounds },
    { "damaged chunks", test_damage },
    { "layouts from outside", test_layout },
    { "the writer", test_writer },
    { "no leaks", drop_table }
};


MZ_TEST_MAIN(tests)
