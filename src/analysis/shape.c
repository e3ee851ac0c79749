
#include "analysis/shape.h"
#include "base/mz_str.h"


static mz_rc_t mz_shape_kind(mz_shape_t *s);
static mz_rc_t mz_shape_finish(mz_shape_t *s);
static mz_rc_t mz_shape_notes(mz_shape_t *s);


mz_rc_t
mz_spec_shape(const mz_spec_t *spec, mz_rset_t *const *rows, size_t n,
    mz_result_t *out, mz_err_t *err)
{
    size_t      i;
    mz_rc_t     rc;
    mz_shape_t  s;

    memset(out, 0, sizeof(mz_result_t));
    memset(&s, 0, sizeof(mz_shape_t));

    s.spec = spec;
    s.rows = rows;
    s.nrows = n;
    s.err = err;
    s.table = mz_rset_new(MZ_SPEC_ROWS_MAX);
    s.facts = json_object();

    for (i = 0; i < n; i++) {
        s.is_truncated |= mz_rset_is_truncated(rows[i]);
    }

    rc = s.table == NULL || s.facts == NULL
         ? mz_fail(err, MZ_NOMEM, "out of memory") : MZ_OK;

    if (rc == MZ_OK) {
        rc = mz_shape_set(&s, s.facts, "kind",
                          json_string(mz_spec_kind(spec)));
    }

    if (rc == MZ_OK) {
        rc = mz_shape_kind(&s);
    }

    if (rc == MZ_OK) {
        rc = mz_shape_finish(&s);
    }

    if (rc != MZ_OK) {
        mz_rset_free(s.table);
        json_decref(s.facts);
        return rc;
    }

    out->table = s.table;
    out->facts = s.facts;

    return MZ_OK;
}


void
mz_result_free(mz_result_t *r)
{
    mz_rset_free(r->table);
    json_decref(r->facts);
    memset(r, 0, sizeof(mz_result_t));
}


static mz_rc_t
mz_shape_kind(mz_shape_t *s)
{
    static mz_rc_t (*const  kinds[])(mz_shape_t *s) = {
        mz_shape_segmentation,
        mz_shape_funnel,
        mz_shape_retention,
        mz_shape_discovery,
        mz_shape_lookup,
        mz_shape_journey
    };

    return kinds[s->spec->kind](s);
}


/* What every kind has. */

static mz_rc_t
mz_shape_finish(mz_shape_t *s)
{
    mz_rc_t           rc;
    const mz_spec_t  *spec;

    spec = s->spec;
    s->is_truncated |= mz_rset_is_truncated(s->table);

    if (s->is_truncated) {
        mz_rset_set_truncated(s->table);
    }

    rc = mz_shape_set(s, s->facts, "rows",
                      json_integer((json_int_t) mz_rset_rows(s->table)));
    if (rc == MZ_OK) {
        rc = mz_shape_set(s, s->facts, "truncated",
                          json_boolean(s->is_truncated));
    }

    if (rc == MZ_OK && spec->has_range) {
        rc = mz_shape_set(s, s->facts, "range",
                          json_pack("{s:o*, s:o*}", "from",
                                    mz_shape_json_time(spec->range.from_ms),
                                    "to",
                                    mz_shape_json_time(spec->range.to_ms)));
    }

    return rc == MZ_OK ? mz_shape_notes(s) : rc;
}


static mz_rc_t
mz_shape_notes(mz_shape_t *s)
{
    size_t   i;
    json_t  *list;

    list = json_array();

    for (i = 0; i < s->spec->nnotes; i++) {
        if (json_array_append_new(list,
                mz_json_str_new(mz_str_from(s->spec->notes[i]))) != 0)
        {
            json_decref(list);
            return mz_fail(s->err, MZ_NOMEM, "out of memory");
        }
    }

    if (s->is_truncated
        && json_array_append_new(list,
               json_string("The result has more rows than are kept: the table"
                           " is cut off, the rest is left out.")) != 0)
    {
        json_decref(list);
        return mz_fail(s->err, MZ_NOMEM, "out of memory");
    }

    return mz_shape_set(s, s->facts, "notes", list);
}
