
#include "base/mz_str.h"
#include "query/jgrep_int.h"


static mz_rc_t mz_jgrep_before(mz_jgrep_t *g, mz_buf_t *b, mz_err_t *err);
static mz_rc_t mz_jgrep_dump(mz_buf_t *b, mz_str_t line, uint64_t row,
    mz_err_t *err);
static mz_rc_t mz_jgrep_shorten(mz_jgrep_t *g, mz_jmatch_t *m, mz_str_t line,
    size_t room, mz_err_t *err);
static void mz_jgrep_note(mz_jgrep_t *g);


mz_rc_t
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


mz_rc_t
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


mz_rc_t
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
