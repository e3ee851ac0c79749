
/*
 * fuzz_jlines: reading and searching an artifact of JSON Lines: the layout's
 * JSON, the arguments' JSON (taken by both), then the lines, in chunks of as
 * many lines as the layout says.  The first byte, a digit, chooses limits.
 */

#include "fuzz.h"
#include "query/jlines.h"


#define FUZZ_STAGES_MAX  100000

static void fuzz_chunks(const mz_jlayout_t *layout, mz_str_t in,
    fuzz_chunks_t *chunks);
static void fuzz_read(const mz_jlayout_t *layout, const json_t *args,
    const mz_jlines_limits_t *lim, const fuzz_chunks_t *chunks);
static void fuzz_read_result(const mz_jread_result_t *r,
    const mz_jlines_limits_t *lim);
static void fuzz_grep(const mz_jlayout_t *layout, const json_t *args,
    const mz_jlines_limits_t *lim, const fuzz_chunks_t *chunks);
static void fuzz_grep_result(const mz_jgrep_result_t *r,
    const mz_jlines_limits_t *lim);


static const mz_jlines_limits_t  fuzz_limits[] = {
    { 0, 0, 0 }, { 60, 0, 0 }, { 500, 200, 100 }
};


FUZZ_STAGES(jread, FUZZ_STAGES_MAX)
FUZZ_STAGES(jgrep, FUZZ_STAGES_MAX)


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t                    *json, *args;
    mz_rc_t                    rc;
    mz_err_t                   err;
    mz_str_t                   in;
    mz_jlayout_t              *layout;
    fuzz_chunks_t              chunks;
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

    fuzz_chunks(layout, in, &chunks);
    fuzz_read(layout, args, lim, &chunks);
    fuzz_grep(layout, args, lim, &chunks);

    fuzz_chunks_free(&chunks);
    mz_jlayout_free(layout);
    json_decref(args);

    return 0;
}


static void
fuzz_chunks(const mz_jlayout_t *layout, mz_str_t in,
    fuzz_chunks_t *chunks)
{
    size_t    i, len;
    uint32_t  n;

    memset(chunks, 0, sizeof(fuzz_chunks_t));

    for (i = 0; i < FUZZ_CHUNKS && i < layout->ngroups && in.len > 0; i++) {

        len = 0;

        for (n = 0; n < layout->groups[i] && len < in.len; n++) {
            len = mz_str_find(in, mz_str("\n"), len);
            len = len < in.len ? len + 1 : in.len;
        }

        chunks->at[i] = fuzz_copy((mz_str_t) { in.data, len });
        in.data += len;
        in.len -= len;
    }
}


static void
fuzz_read(const mz_jlayout_t *layout, const json_t *args,
    const mz_jlines_limits_t *lim, const fuzz_chunks_t *chunks)
{
    mz_rc_t      rc;
    mz_err_t     err;
    mz_jread_t  *r;

    rc = mz_jread_parse(layout, args, lim, &r, &err);
    if (rc != MZ_OK) {
        fuzz_check_err(rc, &err);
        return;
    }

    rc = fuzz_jread_run(r, chunks, &err);

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
    const mz_jlines_limits_t *lim, const fuzz_chunks_t *chunks)
{
    mz_rc_t      rc;
    mz_err_t     err;
    mz_jgrep_t  *g;

    rc = mz_jgrep_parse(layout, args, lim, &g, &err);
    if (rc != MZ_OK) {
        fuzz_check_err(rc, &err);
        return;
    }

    rc = fuzz_jgrep_run(g, chunks, &err);

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
