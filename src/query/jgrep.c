
#include "base/mz_str.h"
#include "query/jlines_int.h"
#include "query/jpointer.h"
#include "query/regex.h"


#define MZ_JGREP_STAGE   4          /* chunks of one stage */
#define MZ_JGREP_MANY    64         /* rows from which compiling pays */
#define MZ_JGREP_NOTE    200

/* A match whose rows behind it may still come. */

typedef struct {
    mz_buf_t  text;                 /* its JSON object, still open */
    size_t    after;                /* rows behind it that are in it */
    size_t    waits;                /* rows behind it that it still wants */
} mz_jmatch_t;

/* A row that was passed: a view, and a copy once its chunk is let go. */

typedef struct {
    mz_str_t  line;
    char     *copy;
} mz_jbefore_t;

struct mz_jgrep_s {
    const mz_jlayout_t  *layout;
    mz_jlines_limits_t   lim;
    mz_regex_t          *regex;
    char                *path;          /* NULL: the line as it is */
    uint64_t             limit;
    uint64_t             offset;
    size_t               context;

    size_t               next;          /* chunk */
    uint32_t             needs[MZ_JGREP_STAGE];
    mz_str_t             bytes[MZ_JGREP_STAGE];
    size_t               nneeds;
    size_t               work;

    uint64_t             row;           /* the next one */
    uint64_t             total;
    size_t               scanned;       /* bytes */
    bool                 is_over;       /* a bound ended the search */
    bool                 is_full;       /* value_max: no more matches shown */
    bool                 is_cut;        /* value_max: a row or context is cut */

    mz_jbefore_t         before[MZ_JGREP_CONTEXT_MAX];  /* ring, by row */
    mz_jmatch_t         *matches;
    size_t               nmatches;
    size_t               used;          /* bytes of all matches */

    mz_buf_t             text;          /* scratch: what is searched */
    mz_buf_t             value;
    char                 note[MZ_JGREP_NOTE];
    mz_jgrep_result_t    result;
};


static mz_rc_t mz_jgrep_prepare(mz_jgrep_t *g, const json_t *args,
    mz_err_t *err);
static void mz_jgrep_plan(mz_jgrep_t *g);
static mz_rc_t mz_jgrep_chunk(mz_jgrep_t *g, size_t i, mz_err_t *err);
static mz_rc_t mz_jgrep_row(mz_jgrep_t *g, mz_str_t line, mz_err_t *err);
static mz_rc_t mz_jgrep_is_match(mz_jgrep_t *g, mz_str_t line, bool *yes,
    mz_err_t *err);
static mz_rc_t mz_jgrep_search(mz_jgrep_t *g, mz_str_t text, bool *yes,
    mz_err_t *err);
static mz_rc_t mz_jgrep_after(mz_jgrep_t *g, mz_str_t line, mz_err_t *err);
static mz_rc_t mz_jgrep_match(mz_jgrep_t *g, mz_str_t line, mz_err_t *err);
static mz_rc_t mz_jgrep_before(mz_jgrep_t *g, mz_buf_t *b, mz_err_t *err);
static mz_rc_t mz_jgrep_dump(mz_buf_t *b, mz_str_t line, uint64_t row,
    mz_err_t *err);
static mz_rc_t mz_jgrep_shorten(mz_jgrep_t *g, mz_jmatch_t *m, mz_str_t line,
    size_t room, mz_err_t *err);
static void mz_jgrep_remember(mz_jgrep_t *g, mz_str_t line);
static mz_rc_t mz_jgrep_keep(mz_jgrep_t *g, mz_err_t *err);
static mz_rc_t mz_jgrep_end(mz_jgrep_t *g, mz_err_t *err);
static void mz_jgrep_note(mz_jgrep_t *g);


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


/* This row, put behind the matches just before it. */

static mz_rc_t
mz_jgrep_after(mz_jgrep_t *g, mz_str_t line, mz_err_t *err)
{
    size_t        i, len;
    mz_rc_t       rc;
    mz_jmatch_t  *m;

    for (i = g->nmatches; i > 0 && g->matches[i - 1].waits > 0; i--) {
        m = &g->matches[i - 1];
        m->waits--;
        len = m->text.len;

        if (line.len > g->lim.value_max) {
            m->waits = 0;
            g->is_cut = true;
            continue;
        }

        mz_buf_add_c(&m->text, m->after ? "," : ",\"after\":[");

        rc = mz_jgrep_dump(&m->text, line, g->row, err);
        if (rc != MZ_OK) {
            return rc;
        }

        if (g->used + (m->text.len - len) + 3 > g->lim.value_max) {
            m->text.len = len;
            m->waits = 0;
            g->is_cut = true;
            continue;
        }

        g->used += m->text.len - len + (m->after == 0);
        m->after++;
    }

    return MZ_OK;
}


static mz_rc_t
mz_jgrep_match(mz_jgrep_t *g, mz_str_t line, mz_err_t *err)
{
    size_t        room;
    mz_rc_t       rc;
    mz_jmatch_t  *m;

    m = &g->matches[g->nmatches++];
    memset(m, 0, sizeof(mz_jmatch_t));
    mz_buf_init(&m->text, 0);

    mz_buf_addf(&m->text, "{\"index\":%llu", (unsigned long long) g->row);

    rc = mz_jgrep_before(g, &m->text, err);
    if (rc != MZ_OK) {
        return rc;
    }

    mz_buf_add_c(&m->text, ",\"row\":");

    rc = mz_jgrep_dump(&m->text, line, g->row, err);
    if (rc != MZ_OK) {
        return rc;
    }

    /* brackets around all, a brace and a comma for each */

    room = g->lim.value_max > g->used + 4 ? g->lim.value_max - g->used - 4
                                          : 0;

    if (m->text.len > room) {
        if (g->nmatches > 1) {
            mz_buf_free(&m->text);
            g->nmatches--;
            g->is_full = true;
            return MZ_OK;
        }

        rc = mz_jgrep_shorten(g, m, line, room, err);
        if (rc != MZ_OK) {
            return rc;
        }
    }

    m->waits = g->context;
    g->used += m->text.len + 2;

    return MZ_OK;
}


static mz_rc_t
mz_jgrep_before(mz_jgrep_t *g, mz_buf_t *b, mz_err_t *err)
{
    mz_rc_t   rc;
    uint64_t  row, first;

    first = g->row > g->context ? g->row - g->context : 0;

    for (row = first; row < g->row; row++) {
        mz_buf_add_c(b, row == first ? ",\"before\":[" : ",");

        rc = mz_jgrep_dump(b, g->before[row % g->context].line, row, err);
        if (rc != MZ_OK) {
            return rc;
        }
    }

    if (first < g->row) {
        mz_buf_add_char(b, ']');
    }

    return MZ_OK;
}


/* Loaded and written again: whatever is stored, the result is JSON. */

static mz_rc_t
mz_jgrep_dump(mz_buf_t *b, mz_str_t line, uint64_t row, mz_err_t *err)
{
    json_t   *v;
    mz_rc_t   rc;

    rc = mz_jlines_load(line, row, &v, err);
    if (rc != MZ_OK) {
        return rc;
    }

    mz_json_dump(b, v);
    json_decref(v);

    return b->rc == MZ_OK ? MZ_OK : mz_fail(err, b->rc, "out of memory");
}


/*
 * Not even the first match fits: it is shown without context and, where the
 * row alone is too long, with the beginning of its text as a string.
 */

static mz_rc_t
mz_jgrep_shorten(mz_jgrep_t *g, mz_jmatch_t *m, mz_str_t line, size_t room,
    mz_err_t *err)
{
    size_t  len;
    mz_rc_t rc;

    g->is_cut = true;
    m->text.len = 0;
    mz_buf_addf(&m->text, "{\"index\":%llu,\"row\":",
                (unsigned long long) g->row);
    len = m->text.len;

    rc = mz_jgrep_dump(&m->text, line, g->row, err);
    if (rc != MZ_OK || m->text.len <= room) {
        return rc;
    }

    m->text.len = len;
    (void) mz_jlines_cut(&m->text, line, room > len ? room - len : 0);

    if (m->text.len > room) {
        return mz_fail(err, MZ_LIMIT, "a match does not fit into the %zu bytes "
                       "a result may have", g->lim.value_max);
    }

    return MZ_OK;
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


static mz_rc_t
mz_jgrep_end(mz_jgrep_t *g, mz_err_t *err)
{
    size_t              i;
    uint64_t            next;
    mz_jgrep_result_t  *r;

    mz_buf_reset(&g->value);
    mz_buf_add_char(&g->value, '[');

    for (i = 0; i < g->nmatches; i++) {
        mz_buf_add_c(&g->value, i ? "," : "");
        mz_buf_add_str(&g->value, mz_buf_view(&g->matches[i].text));
        mz_buf_add_c(&g->value, g->matches[i].after ? "]}" : "}");
    }

    mz_buf_add_char(&g->value, ']');

    if (g->value.rc != MZ_OK) {
        return mz_fail(err, g->value.rc, "out of memory");
    }

    r = &g->result;
    next = g->offset + g->nmatches;

    r->matches = mz_buf_view(&g->value);
    r->nmatches = g->nmatches;
    r->total_matches = g->total;
    r->searched_rows = g->row;
    r->total_rows = g->layout->rows;
    r->offset = g->offset;
    r->next_offset = next < g->total ? (int64_t) next : -1;
    r->truncated = g->is_full || g->is_cut || g->is_over;

    mz_jgrep_note(g);
    r->note = mz_str_from(g->note);

    return MZ_OK;
}


static void
mz_jgrep_note(mz_jgrep_t *g)
{
    g->note[0] = '\0';

    if (g->is_over) {
        snprintf(g->note, sizeof(g->note), "only the first %llu of %llu rows "
                 "were searched, total_matches counts those: read the others "
                 "with read_json_artifact", (unsigned long long) g->row,
                 (unsigned long long) g->layout->rows);

    } else if (g->is_cut) {
        snprintf(g->note, sizeof(g->note), "rows were cut or left out to fit: "
                 "use less context, or read a row by its index with "
                 "read_json_artifact");

    } else if (g->is_full) {
        snprintf(g->note, sizeof(g->note), "not all matches fit: go on at "
                 "next_offset");
    }
}
