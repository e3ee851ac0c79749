
#include "base/mz_str.h"
#include "query/jgrep_int.h"
#include "query/jpointer.h"


#define MZ_JGREP_MANY  64         /* rows from which compiling pays */


static mz_rc_t mz_jgrep_prepare(mz_jgrep_t *g, const json_t *args,
    mz_err_t *err);
static void mz_jgrep_plan(mz_jgrep_t *g);
static mz_rc_t mz_jgrep_chunk(mz_jgrep_t *g, size_t i, mz_err_t *err);
static mz_rc_t mz_jgrep_row(mz_jgrep_t *g, mz_str_t line, mz_err_t *err);
static mz_rc_t mz_jgrep_is_match(mz_jgrep_t *g, mz_str_t line, bool *yes,
    mz_err_t *err);
static mz_rc_t mz_jgrep_search(mz_jgrep_t *g, mz_str_t text, bool *yes,
    mz_err_t *err);
static void mz_jgrep_remember(mz_jgrep_t *g, mz_str_t line);
static mz_rc_t mz_jgrep_keep(mz_jgrep_t *g, mz_err_t *err);


mz_rc_t
mz_jgrep_parse(const mz_jlayout_t *layout, const json_t *args,
    const mz_jlines_limits_t *lim, mz_jgrep_t **grep, mz_err_t *err)
{
    mz_rc_t      rc;
    mz_jgrep_t  *g;

    *grep = NULL;

    g = calloc(1, sizeof(mz_jgrep_t));
    if (g == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    g->layout = layout;
    mz_jlines_limits(lim, &g->lim);
    mz_buf_init(&g->text, 0);
    mz_buf_init(&g->value, 0);

    rc = mz_jgrep_prepare(g, args, err);

    if (rc != MZ_OK) {
        mz_jgrep_free(g);
        return rc;
    }

    *grep = g;

    return MZ_OK;
}


const uint32_t *
mz_jgrep_needs(const mz_jgrep_t *g, size_t *n)
{
    *n = g->nneeds;

    return g->needs;
}


mz_rc_t
mz_jgrep_give(mz_jgrep_t *g, uint32_t chunk, mz_str_t bytes)
{
    size_t  i;

    for (i = 0; i < g->nneeds; i++) {
        if (g->needs[i] == chunk && bytes.data != NULL) {
            g->work += g->bytes[i].data ? 0 : bytes.len;
            g->bytes[i] = bytes;
            return MZ_OK;
        }
    }

    return MZ_INVALID;
}


size_t
mz_jgrep_work(const mz_jgrep_t *g)
{
    return g->work;
}


mz_rc_t
mz_jgrep_run(mz_jgrep_t *g, mz_err_t *err)
{
    size_t   i;
    mz_rc_t  rc;

    for (i = 0; i < g->nneeds && !g->is_over; i++) {
        rc = mz_jgrep_chunk(g, i, err);
        if (rc != MZ_OK) {
            return rc;
        }
    }

    rc = mz_jgrep_keep(g, err);
    if (rc != MZ_OK) {
        return rc;
    }

    g->next += g->nneeds;
    mz_jgrep_plan(g);

    return g->nneeds > 0 ? MZ_AGAIN : mz_jgrep_end(g, err);
}


const mz_jgrep_result_t *
mz_jgrep_result(const mz_jgrep_t *g)
{
    return &g->result;
}


void
mz_jgrep_free(mz_jgrep_t *g)
{
    size_t  i;

    if (g == NULL) {
        return;
    }

    for (i = 0; i < MZ_JGREP_CONTEXT_MAX; i++) {
        free(g->before[i].copy);
    }

    for (i = 0; i < g->nmatches; i++) {
        mz_buf_free(&g->matches[i].text);
    }

    mz_regex_free(g->regex);
    mz_buf_free(&g->text);
    mz_buf_free(&g->value);
    free(g->matches);
    free(g->path);
    free(g);
}


static mz_rc_t
mz_jgrep_prepare(mz_jgrep_t *g, const json_t *args, mz_err_t *err)
{
    int64_t   context;
    mz_rc_t   rc;
    mz_str_t  path, pattern;

    rc = mz_jlines_page(args, MZ_JGREP_LIMIT_DEFAULT, MZ_JGREP_LIMIT_MAX,
                        &g->limit, &g->offset, err);
    if (rc != MZ_OK) {
        return rc;
    }

    context = mz_json_get_int(args, "context", 0);

    if (context < 0 || context > MZ_JGREP_CONTEXT_MAX) {
        return mz_fail(err, MZ_INVALID, "context must be 0 to %d",
                       MZ_JGREP_CONTEXT_MAX);
    }

    g->context = (size_t) context;
    path = mz_json_get_str(args, "path");

    rc = mz_jpointer_check(path, err);
    if (rc != MZ_OK) {
        return rc;
    }

    pattern = mz_json_get_str(args, "pattern");

    if (pattern.len == 0) {
        return mz_fail(err, MZ_INVALID, "pattern is missing or empty");
    }

    rc = mz_regex_new(pattern, mz_json_get_bool(args, "ignore_case", false),
                      g->layout->rows >= MZ_JGREP_MANY, &g->regex, err);
    if (rc != MZ_OK) {
        return rc;
    }

    g->path = path.len ? mz_str_dup(path) : NULL;
    g->matches = calloc((size_t) g->limit, sizeof(mz_jmatch_t));

    if (g->matches == NULL || (path.len > 0 && g->path == NULL)) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    mz_jgrep_plan(g);

    return MZ_OK;
}


static void
mz_jgrep_plan(mz_jgrep_t *g)
{
    memset(g->bytes, 0, sizeof(g->bytes));
    g->nneeds = 0;
    g->work = 0;

    while (!g->is_over && g->nneeds < MZ_JGREP_STAGE
           && g->next + g->nneeds < g->layout->ngroups)
    {
        g->needs[g->nneeds] = (uint32_t) (g->next + g->nneeds);
        g->nneeds++;
    }
}


static mz_rc_t
mz_jgrep_chunk(mz_jgrep_t *g, size_t i, mz_err_t *err)
{
    mz_rc_t    rc;
    mz_str_t   rest, line;
    uint64_t   end;

    rest = g->bytes[i];
    end = g->row + g->layout->groups[g->needs[i]];

    if (rest.data == NULL) {
        return mz_fail(err, MZ_NOT_FOUND,
                       "chunk %u of the artifact is missing", g->needs[i]);
    }

    while (mz_jlines_next(&rest, &line)) {
        g->scanned += line.len;

        if (g->row == end) {
            return mz_fail(err, MZ_INVALID, "chunk %u of the artifact has "
                           "more lines than the layout says", g->needs[i]);
        }

        if (g->scanned > (g->path ? g->lim.parse_max : g->lim.scan_max)) {
            g->is_over = true;
            return MZ_OK;
        }

        rc = mz_jgrep_row(g, line, err);
        if (rc != MZ_OK) {
            return rc;
        }
    }

    if (g->row != end) {
        return mz_fail(err, MZ_INVALID, "chunk %u of the artifact has fewer "
                       "lines than the layout says", g->needs[i]);
    }

    return MZ_OK;
}


static mz_rc_t
mz_jgrep_row(mz_jgrep_t *g, mz_str_t line, mz_err_t *err)
{
    bool     yes;
    mz_rc_t  rc;

    rc = mz_jgrep_after(g, line, err);
    if (rc != MZ_OK) {
        return rc;
    }

    rc = mz_jgrep_is_match(g, line, &yes, err);
    if (rc != MZ_OK) {
        return rc;
    }

    if (yes) {
        if (g->total >= g->offset && g->nmatches < g->limit && !g->is_full) {
            rc = mz_jgrep_match(g, line, err);
            if (rc != MZ_OK) {
                return rc;
            }
        }

        g->total++;
    }

    mz_jgrep_remember(g, line);
    g->row++;

    return MZ_OK;
}


static mz_rc_t
mz_jgrep_is_match(mz_jgrep_t *g, mz_str_t line, bool *yes, mz_err_t *err)
{
    json_t   *row, *v;
    mz_rc_t   rc;

    *yes = false;

    if (g->path == NULL) {
        return mz_jgrep_search(g, line, yes, err);
    }

    rc = mz_jlines_load(line, g->row, &row, err);
    if (rc != MZ_OK) {
        return rc;
    }

    rc = mz_jpointer_get(row, mz_str_from(g->path), &v, NULL);

    if (rc == MZ_OK && json_is_string(v)) {
        rc = mz_jgrep_search(g, mz_json_str(v), yes, err);

    } else if (rc == MZ_OK) {
        mz_buf_reset(&g->text);
        mz_json_dump(&g->text, v);
        rc = g->text.rc == MZ_OK
             ? mz_jgrep_search(g, mz_buf_view(&g->text), yes, err)
             : mz_fail(err, g->text.rc, "out of memory");
    }

    json_decref(row);

    return rc == MZ_NOT_FOUND ? MZ_OK : rc;
}


static mz_rc_t
mz_jgrep_search(mz_jgrep_t *g, mz_str_t text, bool *yes, mz_err_t *err)
{
    mz_rc_t  rc;

    rc = mz_regex_search(g->regex, text, err);
    *yes = rc == MZ_OK;

    return rc == MZ_NOT_FOUND ? MZ_OK : rc;
}


static void
mz_jgrep_remember(mz_jgrep_t *g, mz_str_t line)
{
    mz_jbefore_t  *b;

    if (g->context == 0) {
        return;
    }

    b = &g->before[g->row % g->context];
    free(b->copy);
    b->copy = NULL;
    b->line = line;
}


/* The chunks are let go: what may still be shown is copied. */

static mz_rc_t
mz_jgrep_keep(mz_jgrep_t *g, mz_err_t *err)
{
    size_t         i;
    mz_jbefore_t  *b;

    for (i = 0; i < g->context; i++) {
        b = &g->before[i];

        if (b->copy != NULL || b->line.data == NULL) {
            continue;
        }

        b->copy = mz_str_dup(b->line);
        if (b->copy == NULL) {
            return mz_fail(err, MZ_NOMEM, "out of memory");
        }

        b->line.data = b->copy;
    }

    return MZ_OK;
}
