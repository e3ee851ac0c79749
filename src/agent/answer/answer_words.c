
/* The answers without numbers: what is missing, and what comes nearest. */

#include "agent/answer/answer.h"
#include "agent/answer/words.h"
#include "base/mz_str.h"


typedef struct {
    const char  *reason;
    const char  *text;
} mz_reason_t;

static const mz_reason_t  mz_answer_reasons[] = {
    { "too_broad",          "The question is too broad to have one answer." },
    { "missing_steps",      "A conversion needs its steps: from which event "
                            "to which?" },
    { "ambiguous_measure",  "The measure can be understood in more than one "
                            "way." },
    { "ambiguous_event",    "More than one event fits." },
    { "ambiguous_property", "More than one property fits." },
    { "missing_reference",  "The question refers to something that was not "
                            "said in this conversation." },
    { "no_such_event",      "There is no such event in the data." },
    { "no_such_property",   "There is no such property where the question "
                            "needs it." },
    { "no_such_data",       "The data does not hold what the question is "
                            "about." },
    { "causal",             "Events tell what happened, not why." },
    { "forecast",           "The data ends now: forecasts are not made." },
    { "write_operation",    "The warehouse is only read; nothing is changed "
                            "or deleted." },
    { "out_of_scope",       "This is no question about the product events." },
    { "contradiction",      "The question contradicts itself." },
    { "pii",                "Personal data of people is not given out." },
    { "not_available",      "This kind of analysis is not available." },
};

static void mz_answer_clarify(const json_t *plan, mz_buf_t *headline,
    mz_buf_t *out);
static void mz_answer_unsupported(const json_t *plan, const char *why,
    mz_buf_t *headline, mz_buf_t *out);
static void mz_answer_plan(const json_t *plan, mz_buf_t *headline,
    mz_buf_t *out);
static void mz_answer_step(mz_buf_t *b, const json_t *step);
static void mz_answer_step_events(mz_buf_t *b, const json_t *step);
static void mz_answer_names(mz_buf_t *b, const json_t *list,
    const char *between);
static void mz_answer_name(mz_buf_t *b, const json_t *v);
static void mz_answer_list(mz_buf_t *out, const json_t *list);
static const char *mz_answer_reason(const json_t *plan, const char *dflt);


mz_rc_t
mz_answer_words(const json_t *plan, const json_t *assumptions,
    const char *why, mz_buf_t *headline, mz_buf_t *out, mz_err_t *err)
{
    size_t    i, n;
    mz_str_t  kind;

    kind = mz_json_get_str(plan, "kind");

    if (mz_str_eq_c(kind, "clarify")) {
        mz_answer_clarify(plan, headline, out);

    } else if (mz_str_eq_c(kind, "plan")) {
        mz_answer_plan(plan, headline, out);

    } else {
        mz_answer_unsupported(plan, why, headline, out);
    }

    /* where nothing is computed, nothing was assumed either */
    n = mz_str_eq_c(kind, "plan") ? json_array_size(assumptions) : 0;

    if (n > 0) {
        mz_buf_add_c(out, "\n**Assumptions.**\n");
    }

    for (i = 0; i < n; i++) {
        mz_buf_add_c(out, "- ");
        mz_buf_add_str(out, mz_json_str(json_array_get(assumptions, i)));
        mz_buf_add_char(out, '\n');
    }

    if (out->rc != MZ_OK || headline->rc != MZ_OK) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    return MZ_OK;
}


static void
mz_answer_clarify(const json_t *plan, mz_buf_t *headline, mz_buf_t *out)
{
    const json_t  *options;

    mz_buf_add_c(headline, mz_answer_reason(plan, "The question can be "
                                            "understood in several ways."));
    mz_buf_addf(out, "**%s**\n\n", mz_buf_cstr(headline));

    options = json_object_get(plan, "options");

    if (json_array_size(options) > 0) {
        mz_buf_add_c(out, "Which of these is meant?\n\n");
        mz_answer_list(out, options);
        mz_buf_add_char(out, '\n');
    }

    mz_buf_add_c(out, "Nothing was counted yet. Ask again in this "
                 "conversation and name the events, the measure and the time "
                 "range.\n");
}


static void
mz_answer_unsupported(const json_t *plan, const char *why,
    mz_buf_t *headline, mz_buf_t *out)
{
    const json_t  *missing, *suggest;

    mz_buf_add_c(headline, mz_answer_reason(plan, "This cannot be answered "
                                            "from the data."));
    mz_buf_addf(out, "**%s**\n\n", mz_buf_cstr(headline));

    if (why != NULL) {
        mz_buf_add_c(out, "The reason: ");
        mz_words_text(out, mz_str_from(why));
        mz_buf_add_c(out, ".\n\n");
    }

    missing = json_object_get(plan, "missing");
    if (json_array_size(missing) > 0) {
        mz_buf_add_c(out, "Missing: ");
        mz_answer_names(out, missing, ", ");
        mz_buf_add_c(out, ".\n\n");
    }

    suggest = json_object_get(plan, "suggest");
    if (json_array_size(suggest) > 0) {
        mz_buf_add_c(out, "What comes nearest:\n\n");
        mz_answer_list(out, suggest);
        mz_buf_add_char(out, '\n');
    }

    mz_buf_add_c(out, "No number is given, because none would be true. "
                 "\"What events do we track?\" lists what can be asked "
                 "about.\n");
}


static void
mz_answer_plan(const json_t *plan, mz_buf_t *headline, mz_buf_t *out)
{
    size_t         i;
    const json_t  *steps;

    steps = json_object_get(plan, "steps");

    mz_buf_add_c(headline, "A plan in ");
    mz_words_count(headline, (int64_t) json_array_size(steps), "step");
    mz_buf_addf(out, "**%s**\n\n", mz_buf_cstr(headline));

    for (i = 0; i < json_array_size(steps); i++) {
        mz_buf_addf(out, "%zu. ", i + 1);
        mz_answer_step(out, json_array_get(steps, i));
        mz_buf_add_char(out, '\n');
    }

    mz_buf_add_c(out, "\nNothing was counted yet. Ask for one of the steps "
                 "in this conversation to have it run.\n");
}


/* A sentence such as "Count `signup` users by `channel`, compared with .." */

static void
mz_answer_step(mz_buf_t *b, const json_t *step)
{
    mz_str_t       kind, grain, type;
    const json_t  *list;

    if (json_is_string(step)) {
        mz_words_text(b, mz_json_str(step));
        return;
    }

    kind = mz_json_get_str(step, "kind");
    type = mz_json_get_str(json_object_get(step, "measure"), "type");
    grain = mz_json_get_str(step, "grain");

    if (mz_str_eq_c(kind, "funnel")) {
        mz_buf_add_c(b, "Conversion ");
        mz_answer_step_events(b, step);

    } else if (mz_str_eq_c(kind, "retention")) {
        mz_buf_add_c(b, "Retention after ");
        mz_answer_name(b, json_object_get(json_object_get(step, "start"),
                                          "event"));
    } else {
        mz_buf_add_c(b, "Measure ");
        mz_words_text(b, type.len > 0 ? type : mz_str("users"));
        mz_buf_add_c(b, " of ");
        mz_answer_step_events(b, step);
    }

    list = json_object_get(step, "breakdown");
    if (json_array_size(list) > 0) {
        mz_buf_add_c(b, " by ");
        mz_answer_names(b, list, " and ");
    }

    if (grain.len > 0 && !mz_str_eq_c(grain, "total")) {
        mz_buf_add_c(b, ", per ");
        mz_words_text(b, grain);
    }

    if (json_object_get(step, "compare") != NULL) {
        mz_buf_add_c(b, ", compared with the period before");
    }
}


static void
mz_answer_step_events(mz_buf_t *b, const json_t *step)
{
    size_t         i;
    const json_t  *steps;

    if (json_object_get(step, "events") != NULL) {
        mz_answer_names(b, json_object_get(step, "events"), ", ");
        return;
    }

    if (json_object_get(step, "formula") != NULL) {
        mz_buf_add_c(b, "the ratio");
        return;
    }

    steps = json_object_get(step, "steps");

    for (i = 0; i < json_array_size(steps); i++) {
        mz_buf_add_c(b, i == 0 ? "from " : " to ");
        mz_answer_name(b, json_object_get(json_array_get(steps, i),
                                          "event"));
    }
}


static void
mz_answer_names(mz_buf_t *b, const json_t *list, const char *between)
{
    size_t  i;

    for (i = 0; i < json_array_size(list); i++) {
        if (i > 0) {
            mz_buf_add_c(b, between);
        }

        mz_answer_name(b, json_array_get(list, i));
    }
}


static void
mz_answer_name(mz_buf_t *b, const json_t *v)
{
    if (mz_str_eq_c(mz_json_str(v), "*")) {
        mz_buf_add_c(b, "any event");
        return;
    }

    mz_words_code(b, mz_json_str(v));
}


static void
mz_answer_list(mz_buf_t *out, const json_t *list)
{
    size_t  i;

    for (i = 0; i < json_array_size(list); i++) {
        mz_buf_add_c(out, "- ");
        mz_answer_step(out, json_array_get(list, i));
        mz_buf_add_char(out, '\n');
    }
}


static const char *
mz_answer_reason(const json_t *plan, const char *dflt)
{
    size_t    i;
    mz_str_t  reason;

    reason = mz_json_get_str(plan, "reason");

    for (i = 0; i < MZ_ARRAY_LEN(mz_answer_reasons); i++) {
        if (mz_str_eq_c(reason, mz_answer_reasons[i].reason)) {
            return mz_answer_reasons[i].text;
        }
    }

    return dflt;
}
