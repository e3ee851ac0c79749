
/* The title of an analysis: what tells it from others in a list. */

#include "agent/answer/answer.h"
#include "agent/answer/words.h"
#include "base/mz_str.h"


static void mz_title_what(mz_buf_t *b, const json_t *spec);
static void mz_title_measure(mz_buf_t *b, const json_t *spec);
static void mz_title_names(mz_buf_t *b, const json_t *list,
    const char *member, const char *between);
static void mz_title_name(mz_buf_t *b, const json_t *v);


void
mz_answer_title(mz_buf_t *b, const json_t *spec, int64_t from_ms,
    int64_t to_ms)
{
    mz_str_t       grain;
    const json_t  *breakdown;

    mz_title_what(b, spec);

    breakdown = json_object_get(spec, "breakdown");
    if (json_array_size(breakdown) > 0) {
        mz_buf_add_c(b, " by ");
        mz_title_names(b, breakdown, NULL, " and ");
    }

    grain = mz_json_get_str(spec, "grain");
    if (grain.len > 0 && !mz_str_eq_c(grain, "total")) {
        mz_buf_add_c(b, " per ");
        mz_buf_add_str(b, grain);
    }

    if (from_ms < to_ms) {
        mz_buf_add_c(b, ", ");
        mz_words_range(b, from_ms, to_ms);
    }
}


static void
mz_title_what(mz_buf_t *b, const json_t *spec)
{
    mz_str_t  kind;

    kind = mz_json_get_str(spec, "kind");

    if (mz_str_eq_c(kind, "segmentation")) {
        mz_title_measure(b, spec);

    } else if (mz_str_eq_c(kind, "funnel")) {
        mz_buf_add_c(b, "Funnel ");
        mz_title_names(b, json_object_get(spec, "steps"), "event", " to ");

    } else if (mz_str_eq_c(kind, "retention")) {
        mz_buf_add_c(b, "Retention from ");
        mz_title_name(b, json_object_get(json_object_get(spec, "start"),
                                         "event"));
        mz_buf_add_c(b, " to ");
        mz_title_name(b, json_object_get(json_object_get(spec, "return"),
                                         "event"));

    } else if (mz_str_eq_c(kind, "journey")) {
        mz_buf_add_c(b, "Paths ");
        mz_buf_add_str(b, mz_json_get_str(spec, "direction"));
        mz_buf_add_char(b, ' ');
        mz_title_name(b, json_object_get(spec, "event"));

    } else if (mz_str_eq_c(kind, "lookup")) {
        mz_buf_add_c(b, "Events of user ");
        mz_title_name(b, json_object_get(spec, "user"));

    } else {
        mz_buf_add_c(b, "Catalog: ");
        mz_buf_add_str(b, mz_json_get_str(spec, "what"));

        if (json_object_get(spec, "property") != NULL) {
            mz_buf_add_c(b, " of ");
            mz_title_name(b, json_object_get(spec, "property"));
        }

        if (json_object_get(spec, "event") != NULL) {
            mz_buf_add_c(b, " of ");
            mz_title_name(b, json_object_get(spec, "event"));
        }
    }
}


static void
mz_title_measure(mz_buf_t *b, const json_t *spec)
{
    mz_str_t       type, property;
    const json_t  *measure, *formula;

    formula = json_object_get(spec, "formula");

    if (formula != NULL) {
        mz_buf_add_c(b, "Ratio of ");
        mz_title_names(b, json_object_get(json_object_get(formula, "a"),
                                          "events"), NULL, ", ");
        mz_buf_add_c(b, " to ");
        mz_title_names(b, json_object_get(json_object_get(formula, "b"),
                                          "events"), NULL, ", ");
        return;
    }

    measure = json_object_get(spec, "measure");
    type = mz_json_get_str(measure, "type");
    property = mz_json_get_str(measure, "property");

    mz_title_names(b, json_object_get(spec, "events"), NULL, ", ");
    mz_buf_add_c(b, ": ");
    mz_buf_add_str(b, type);

    if (property.len > 0) {
        mz_buf_add_c(b, " of ");
        mz_title_name(b, json_object_get(measure, "property"));
    }
}


static void
mz_title_names(mz_buf_t *b, const json_t *list, const char *member,
    const char *between)
{
    size_t         i;
    const json_t  *v;

    for (i = 0; i < json_array_size(list); i++) {
        v = json_array_get(list, i);

        mz_buf_add_c(b, i > 0 ? between : "");
        mz_title_name(b, member != NULL ? json_object_get(v, member) : v);
    }
}


/* A title is plain text: no Markdown, no line ends. */

static void
mz_title_name(mz_buf_t *b, const json_t *v)
{
    size_t    i;
    mz_str_t  s;

    s = mz_json_str(v);

    if (mz_str_eq_c(s, "*")) {
        mz_buf_add_c(b, "any event");
        return;
    }

    for (i = 0; i < s.len; i++) {
        mz_buf_add_char(b, (unsigned char) s.data[i] < 0x20 ? ' '
                                                            : s.data[i]);
    }
}
