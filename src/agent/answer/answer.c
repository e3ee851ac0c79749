
#include "agent/answer/answer.h"
#include "agent/answer/words.h"
#include "agent/plan/planner.h"
#include "base/mz_str.h"
#include "base/mz_time.h"


typedef struct {
    const char   *kind;
    void        (*write)(const mz_answer_in_t *in, mz_buf_t *headline,
                         mz_buf_t *out);
} mz_answer_kind_t;

static const mz_answer_kind_t  mz_answer_kinds[] = {
    { "segmentation", mz_answer_segmentation },
    { "funnel",       mz_answer_funnel       },
    { "retention",    mz_answer_retention    },
    { "discovery",    mz_answer_other        },
    { "lookup",       mz_answer_other        },
    { "journey",      mz_answer_other        },
};

static void mz_answer_caution(const json_t *assumptions, mz_buf_t *out);
static void mz_answer_tail(const mz_answer_in_t *in, mz_buf_t *out);
static void mz_answer_definition(const mz_answer_in_t *in, mz_buf_t *out);
static void mz_answer_sentences(mz_buf_t *out, const char *title,
    const json_t *list);
static void mz_answer_artifacts(mz_buf_t *out, const json_t *list);
static const mz_answer_kind_t *mz_answer_kind(const char *kind);


mz_rc_t
mz_answer_write(const mz_answer_in_t *in, mz_buf_t *headline, mz_buf_t *out,
    mz_err_t *err)
{
    mz_buf_t                 body;
    const mz_answer_kind_t  *k;

    k = mz_answer_kind(mz_spec_kind(in->spec));
    if (k == NULL) {
        return mz_fail(err, MZ_INTERNAL, "no words for an analysis of kind "
                       "%s", mz_spec_kind(in->spec));
    }

    mz_buf_init(&body, 0);
    k->write(in, headline, &body);

    mz_buf_add_c(out, "**");
    mz_buf_add_str(out, mz_buf_view(headline));
    mz_buf_add_c(out, "**\n\n");
    mz_answer_caution(in->assumptions, out);
    mz_buf_add_str(out, mz_buf_view(&body));
    mz_answer_tail(in, out);

    if (body.rc != MZ_OK || out->rc != MZ_OK || headline->rc != MZ_OK) {
        mz_buf_free(&body);
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    mz_buf_free(&body);

    return MZ_OK;
}


void
mz_answer_range(mz_buf_t *b, const json_t *facts)
{
    int64_t        from, to;
    const json_t  *range;

    range = json_object_get(facts, "range");

    if (mz_time_parse(mz_json_get_str(range, "from"), &from) != MZ_OK
        || mz_time_parse(mz_json_get_str(range, "to"), &to) != MZ_OK)
    {
        return;
    }

    mz_buf_add_c(b, " (");
    mz_words_range(b, from, to);
    mz_buf_add_c(b, ")");
}


void
mz_answer_group(mz_buf_t *b, const json_t *series, bool is_series)
{
    bool           is_first;
    json_t        *group, *v;
    const char    *key;

    is_first = true;

    if (is_series) {
        mz_words_text(b, mz_json_get_str(series, "series"));
        is_first = false;
    }

    group = json_object_get(series, "group");

    json_object_foreach(group, key, v) {
        if (!is_first) {
            mz_buf_add_c(b, ", ");
        }

        mz_words_json(b, v, MZ_WORDS_TEXT);
        is_first = false;
    }
}


void
mz_answer_change(mz_buf_t *b, const json_t *o, const char *previous,
    const char *change_pct, int kind)
{
    double         pct;
    const json_t  *before, *change;

    before = json_object_get(o, previous);
    change = json_object_get(o, change_pct);

    if (before == NULL) {
        return;
    }

    if (json_is_number(change)) {
        pct = json_number_value(change);
        mz_buf_add_c(b, pct > 0 ? ", up " : pct < 0 ? ", down " : ", ");

        if (pct == 0) {
            mz_buf_add_c(b, "the same as");

        } else {
            mz_words_rate(b, pct < 0 ? -pct / 100 : pct / 100);
            mz_buf_add_c(b, " from");
        }

        mz_buf_add_char(b, ' ');

    } else {
        mz_buf_add_c(b, ", before: ");
    }

    mz_words_json(b, before, (mz_words_kind_t) kind);
}


void
mz_answer_last_rows(mz_buf_t *b, const mz_rset_t *rs, const char *what)
{
    size_t  n, from;

    n = mz_rset_rows(rs);
    from = n > MZ_ANSWER_ROWS ? n - MZ_ANSWER_ROWS : 0;

    mz_words_table(b, rs, from, MZ_ANSWER_ROWS);

    if (from > 0) {
        mz_buf_addf(b, "\nThe last %d of ", MZ_ANSWER_ROWS);
        mz_words_count(b, (int64_t) n, what);
        mz_buf_add_c(b, "; all are in the table artifact.\n");
    }

    mz_buf_add_char(b, '\n');
}


void
mz_answer_first_rows(mz_buf_t *b, const mz_rset_t *rs)
{
    size_t  n;

    n = mz_rset_rows(rs);
    mz_words_table(b, rs, 0, MZ_ANSWER_ROWS);

    if (n > MZ_ANSWER_ROWS) {
        mz_buf_addf(b, "\nThe first %d of ", MZ_ANSWER_ROWS);
        mz_words_count(b, (int64_t) n, "row");
        mz_buf_add_c(b, "; all are in the table artifact.\n");
    }

    mz_buf_add_char(b, '\n');
}


/*
 * Words of the question that nothing was made of stand beside the number,
 * not below: without them it answers another question.
 */

static void
mz_answer_caution(const json_t *assumptions, mz_buf_t *out)
{
    size_t    i;
    mz_str_t  text, mark;

    mark = mz_str(MZ_PLAN_NOT_USED);

    for (i = 0; i < json_array_size(assumptions); i++) {
        text = mz_json_str(json_array_get(assumptions, i));

        if (!mz_str_has_prefix(text, mark)) {
            continue;
        }

        text.data += mark.len;
        text.len -= mark.len;

        mz_buf_add_c(out, "**Careful:** the number does not take into "
                     "account ");
        mz_words_text(out, text);
        mz_buf_add_c(out, "; nothing in the data is known by that "
                     "name.\n\n");
    }
}


static void
mz_answer_tail(const mz_answer_in_t *in, mz_buf_t *out)
{
    mz_answer_sentences(out, "Notes", json_object_get(in->facts, "notes"));

    if (mz_json_get_bool(in->facts, "truncated", false)) {
        mz_buf_add_c(out, "The result was cut at the row limit: narrow the "
                     "range, the filters or the breakdown.\n\n");
    }

    mz_answer_definition(in, out);
    mz_answer_sentences(out, "Assumptions", in->assumptions);
    mz_answer_artifacts(out, in->artifacts);
    mz_answer_next(in, out);
}


static void
mz_answer_definition(const mz_answer_in_t *in, mz_buf_t *out)
{
    char      first;
    mz_str_t  text;
    mz_buf_t  definition;

    mz_buf_init(&definition, 0);
    mz_spec_definition(in->spec, &definition);
    text = mz_str_trim(mz_buf_view(&definition));

    if (text.len > 0) {
        first = text.data[0];

        if (first >= 'a' && first <= 'z') {
            first = (char) (first - 'a' + 'A');
        }

        mz_buf_add_c(out, "**Definition.** ");
        mz_buf_add_char(out, first);
        mz_buf_add(out, text.data + 1, text.len - 1);
        mz_buf_add_c(out, "\n\n");
    }

    mz_buf_free(&definition);
}


static void
mz_answer_sentences(mz_buf_t *out, const char *title, const json_t *list)
{
    size_t    i;
    mz_str_t  s;

    if (json_array_size(list) == 0) {
        return;
    }

    mz_buf_addf(out, "**%s.**\n", title);

    for (i = 0; i < json_array_size(list); i++) {
        s = mz_json_str(json_array_get(list, i));
        mz_buf_add_c(out, "- ");
        mz_buf_add_str(out, s);
        mz_buf_add_char(out, '\n');
    }

    mz_buf_add_char(out, '\n');
}


static void
mz_answer_artifacts(mz_buf_t *out, const json_t *list)
{
    size_t         i;
    const json_t  *a;

    if (json_array_size(list) == 0) {
        return;
    }

    mz_buf_add_c(out, "**Artifacts.**\n");

    for (i = 0; i < json_array_size(list); i++) {
        a = json_array_get(list, i);
        mz_buf_add_c(out, "- ");
        mz_words_code(out, mz_json_get_str(a, "artifact_id"));
        mz_buf_add_c(out, ": ");
        mz_buf_add_str(out, mz_json_get_str(a, "kind"));
        mz_buf_add_c(out, ", ");
        mz_words_count(out, mz_json_get_int(a, "rows", 0), "row");
        mz_buf_add_c(out, ", ");
        mz_words_text(out, mz_json_get_str(a, "title"));
        mz_buf_add_char(out, '\n');
    }

    mz_buf_add_char(out, '\n');
}


static const mz_answer_kind_t *
mz_answer_kind(const char *kind)
{
    size_t  i;

    for (i = 0; i < MZ_ARRAY_LEN(mz_answer_kinds); i++) {
        if (strcmp(kind, mz_answer_kinds[i].kind) == 0) {
            return &mz_answer_kinds[i];
        }
    }

    return NULL;
}
