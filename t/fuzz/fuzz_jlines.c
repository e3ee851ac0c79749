
/*
 * fuzz_jlines: reading and searching an artifact of JSON Lines: the layout's
 * JSON, the arguments' JSON (taken by both), then the lines, in chunks of as
 * many lines as the layout says.  The first byte, a digit, chooses limits.
 */

#include "fuzz.h"
#include "query/jlines.h"


#define FUZZ_CHUNKS  32
#define FUZZ_STAGES  100000

static void fuzz_chunks(const mz_jlayout_t *layout, mz_str_t in,
    mz_str_t chunks[FUZZ_CHUNKS]);
static void fuzz_read(const mz_jlayout_t *layout, const json_t *args,
    const mz_jlines_limits_t *lim, const mz_str_t *chunks);
static void fuzz_read_result(const mz_jread_result_t *r,
    const mz_jlines_limits_t *lim);
static void fuzz_grep(const mz_jlayout_t *layout, const json_t *args,
    const mz_jlines_limits_t *lim, const mz_str_t *chunks);
static void fuzz_grep_result(const mz_jgrep_result_t *r,
    const mz_jlines_limits_t *lim);


static const mz_jlines_limits_t  fuzz_limits[] = {
    { 0, 0, 0 }, { 60, 0, 0 }, { 500, 200, 100 }
};


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t                    *json, *args;
    size_t                     i;
    mz_rc_t                    rc;
    mz_err_t                   err;
    mz_str_t                   in, chunks[FUZZ_CHUNKS];
    mz_jlayout_t              *layout;
    const mz_jlines_limits_t  *lim;

    in = (mz_str_t) { (const char *) data, size };
    lim = &fuzz_limits[fuzz_byte(&in) % MZ_ARRAY_LEN(fuzz_limits)];
    json = fuzz_json(&in);
    args = fuzz_json(&in);

    rc = json ? mz_jlayout_from_json(json, &layout, &err) : MZ_NOT_FOUND;
    json_decref(json);

    if (rc != MZ_OK || !json_is_object(args)) {
        if (rc == MZ_OK) {
            mz_jlayout_free(layout);

        } else if (json != NULL) {
            fuzz_check_err(rc, &err);
        }

        json_decref(args);
        return 0;
    }

    fuzz_chunks(layout, in, chunks);
    fuzz_read(layout, args, lim, chunks);
    fuzz_grep(layout, args, lim, chunks);

    for (i = 0; i < FUZZ_CHUNKS; i++) {
        fuzz_free(chunks[i]);
    }

    mz_jlayout_free(layout);
    json_decref(args);

    return 0;
}


static void
fuzz_chunks(const mz_jlayout_t *layout, mz_str_t in,
    mz_str_t chunks[FUZZ_CHUNKS])
{
    size_t    i, len;
    uint32_t  n;

    memset(chunks, 0, FUZZ_CHUNKS * sizeof(mz_str_t));

    for (i = 0; i < FUZZ_CHUNKS && i < layout->ngroups && in.len > 0; i++) {

        len = 0;

        for (n = 0; n < layout->groups[i] && len < in.len; n++) {
            len = mz_str_find(in, mz_str("\n"), len);
            len = len < in.len ? len + 1 : in.len;
        }

        chunks[i] = fuzz_copy((mz_str_t) { in.data, len });
        in.data += len;
        in.len -= len;
    }
}


static void
fuzz_read(const mz_jlayout_t *layout, const json_t *args,
    const mz_jlines_limits_t *lim, const mz_str_t *chunks)
{
    size_t           i, n, stages;
    mz_rc_t          rc;
    mz_err_t         err;
    mz_jread_t      *r;
    const uint32_t  *needs;

    rc = mz_jread_parse(layout, args, lim, &r, &err);
    if (rc != MZ_OK) {
        fuzz_check_err(rc, &err);
        return;
    }

    stages = 0;

    do {
        FUZZ_HOLD(stages++ < FUZZ_STAGES, "it never ends");
        needs = mz_jread_needs(r, &n);

        for (i = 0; i < n; i++) {
            if (needs[i] < FUZZ_CHUNKS && chunks[needs[i]].len > 0) {
                FUZZ_HOLD(mz_jread_give(r, needs[i], chunks[needs[i]])
                          == MZ_OK, "chunk %u", needs[i]);
            }
        }

        (void) mz_jread_work(r);
        rc = mz_jread_run(r, &err);

    } while (rc == MZ_AGAIN);

    if (rc == MZ_OK) {
        fuzz_read_result(mz_jread_result(r), lim);

    } else {
        fuzz_check_err(rc, &err);
    }

    mz_jread_free(r);
}


static void
fuzz_read_result(const mz_jread_result_t *r, const mz_jlines_limits_t *lim)
{
    json_t  *value;

    FUZZ_HOLD(lim->value_max == 0 || r->value.len <= lim->value_max,
              "%zu bytes", r->value.len);
    FUZZ_HOLD(r->next_offset == -1 || r->next_offset > (int64_t) r->offset,
              "next %lld", (long long) r->next_offset);

    value = fuzz_made_json(r->value);
    json_decref(value);
}


static void
fuzz_grep(const mz_jlayout_t *layout, const json_t *args,
    const mz_jlines_limits_t *lim, const mz_str_t *chunks)
{
    size_t           i, n, stages;
    mz_rc_t          rc;
    mz_err_t         err;
    mz_str_t         lent;
    mz_jgrep_t      *g;
    const uint32_t  *needs;

    rc = mz_jgrep_parse(layout, args, lim, &g, &err);
    if (rc != MZ_OK) {
        fuzz_check_err(rc, &err);
        return;
    }

    stages = 0;

    do {
        FUZZ_HOLD(stages++ < FUZZ_STAGES, "it never ends");
        needs = mz_jgrep_needs(g, &n);

        for (i = 0; i < n; i++) {
            lent = needs[i] < FUZZ_CHUNKS ? chunks[needs[i]] : mz_null_str;

            if (lent.len > 0) {
                FUZZ_HOLD(mz_jgrep_give(g, needs[i], lent) == MZ_OK,
                          "chunk %u", needs[i]);
            }
        }

        (void) mz_jgrep_work(g);
        rc = mz_jgrep_run(g, &err);

    } while (rc == MZ_AGAIN);

    if (rc == MZ_OK) {
        fuzz_grep_result(mz_jgrep_result(g), lim);

    } else {
        fuzz_check_err(rc, &err);
    }

    mz_jgrep_free(g);
}


static void
fuzz_grep_result(const mz_jgrep_result_t *r, const mz_jlines_limits_t *lim)
{
    size_t   i;
    json_t  *matches, *m;

    FUZZ_HOLD(lim->value_max == 0 || r->matches.len <= lim->value_max,
              "%zu bytes", r->matches.len);
    FUZZ_HOLD(r->searched_rows <= r->total_rows
              && r->total_matches <= r->searched_rows,
              "%llu of %llu", (unsigned long long) r->searched_rows,
              (unsigned long long) r->total_rows);
    FUZZ_HOLD(r->next_offset == -1 || r->next_offset > (int64_t) r->offset,
              "next %lld", (long long) r->next_offset);
    FUZZ_HOLD(mz_utf8_is_valid(r->note), "a note");

    matches = fuzz_made_json(r->matches);
    FUZZ_HOLD(json_array_size(matches) == r->nmatches, "%zu matches",
              r->nmatches);

    for (i = 0; i < r->nmatches; i++) {
        m = json_array_get(matches, i);
        FUZZ_HOLD(mz_json_get_int(m, "index", -1) >= 0
                  && mz_json_get_int(m, "index", -1)
                     < (int64_t) r->total_rows, "match %zu", i);
        FUZZ_HOLD(json_object_get(m, "row") != NULL, "match %zu", i);
    }

    json_decref(matches);
}
