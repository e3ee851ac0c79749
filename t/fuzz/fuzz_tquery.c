
/*
 * fuzz_tquery: a query over a table artifact: the layout's JSON, the
 * arguments' JSON, then the chunks, each from its magic "MZCC" to the next.
 * The first byte, a digit, chooses the limits.
 */

#include "fuzz.h"
#include "query/column.h"
#include "query/tquery.h"


#define FUZZ_STAGES_MAX  3

static void fuzz_chunks(mz_str_t in, fuzz_chunks_t *chunks);
static void fuzz_layout(const mz_layout_t *layout);
static void fuzz_query(const mz_layout_t *layout, const json_t *args,
    const mz_tquery_limits_t *lim, const fuzz_chunks_t *chunks);
static void fuzz_result(const mz_tquery_result_t *r,
    const mz_tquery_limits_t *lim);


static const mz_tquery_limits_t  fuzz_limits[] = {
    { 0, 0 }, { 100, 0 }, { 1000, 2000 }
};


FUZZ_STAGES(tquery, FUZZ_STAGES_MAX)


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t                    *json, *args;
    mz_rc_t                    rc;
    mz_err_t                   err;
    mz_str_t                   in;
    mz_layout_t               *layout;
    fuzz_chunks_t              chunks;
    const mz_tquery_limits_t  *lim;

    in = (mz_str_t) { (const char *) data, size };
    lim = &fuzz_limits[fuzz_byte(&in) % MZ_ARRAY_LEN(fuzz_limits)];
    json = fuzz_json(&in);
    args = fuzz_json(&in);

    if (json == NULL) {
        json_decref(args);
        return 0;
    }

    rc = mz_layout_from_json(json, &layout, &err);
    json_decref(json);

    if (rc != MZ_OK) {
        FUZZ_HOLD(layout == NULL, "%s", err.msg);
        fuzz_check_err(rc, &err);
        json_decref(args);
        return 0;
    }

    fuzz_layout(layout);
    fuzz_chunks(in, &chunks);

    if (args == NULL || json_is_object(args)) {
        fuzz_query(layout, args, lim, &chunks);
    }

    fuzz_chunks_free(&chunks);
    mz_layout_free(layout);
    json_decref(args);

    return 0;
}


static void
fuzz_chunks(mz_str_t in, fuzz_chunks_t *chunks)
{
    size_t  i, end;

    memset(chunks, 0, sizeof(fuzz_chunks_t));

    for (i = 0; i < FUZZ_CHUNKS && in.len > 0; i++) {
        end = mz_str_find(in, mz_str("MZCC"), 1);
        end = end < in.len ? end : in.len;
        chunks->at[i] = fuzz_copy((mz_str_t) { in.data, end });
        in.data += end;
        in.len -= end;
    }
}


/* What is said of a layout is a layout again. */

static void
fuzz_layout(const mz_layout_t *layout)
{
    json_t       *json, *again;
    mz_err_t      err;
    mz_layout_t  *other;

    json = mz_layout_to_json(layout);
    FUZZ_HOLD(json != NULL, "no JSON");
    FUZZ_HOLD(mz_layout_from_json(json, &other, &err) == MZ_OK, "%s",
              err.msg);

    again = mz_layout_to_json(other);
    FUZZ_HOLD(mz_json_equal(json, again), "%zu columns", layout->ncolumns);

    mz_layout_free(other);
    json_decref(again);
    json_decref(json);
}


static void
fuzz_query(const mz_layout_t *layout, const json_t *args,
    const mz_tquery_limits_t *lim, const fuzz_chunks_t *chunks)
{
    mz_rc_t       rc;
    mz_err_t      err;
    mz_tquery_t  *q;

    rc = mz_tquery_parse(layout, args, lim, &q, &err);
    if (rc != MZ_OK) {
        FUZZ_HOLD(q == NULL, "%s", err.msg);
        fuzz_check_err(rc, &err);
        return;
    }

    rc = fuzz_tquery_run(q, chunks, &err);

    if (rc == MZ_OK) {
        fuzz_result(mz_tquery_result(q), lim);

    } else {
        fuzz_check_err(rc, &err);
    }

    mz_tquery_free(q);
}


static void
fuzz_result(const mz_tquery_result_t *r, const mz_tquery_limits_t *lim)
{
    size_t   i;
    json_t  *rows;

    FUZZ_HOLD(lim->rows_max == 0 || r->rows.len <= lim->rows_max, "%zu bytes",
              r->rows.len);
    FUZZ_HOLD(r->matched_rows <= r->total_rows, "%llu of %llu",
              (unsigned long long) r->matched_rows,
              (unsigned long long) r->total_rows);
    FUZZ_HOLD(r->next_offset == -1
              || r->next_offset == (int64_t) (r->offset + r->nrows),
              "next %lld", (long long) r->next_offset);
    FUZZ_HOLD(r->next_offset == -1 || r->nrows > 0, "stands still");

    rows = fuzz_made_json(r->rows);
    FUZZ_HOLD(json_array_size(rows) == r->nrows, "%zu rows", r->nrows);

    for (i = 0; i < r->nrows; i++) {
        FUZZ_HOLD(json_array_size(json_array_get(rows, i)) == r->ncolumns,
                  "row %zu", i);
    }

    json_decref(rows);
}
