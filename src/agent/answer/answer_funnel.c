
/* The words of a funnel: who got how far, and where the others left. */

#include "agent/answer/answer.h"
#include "agent/answer/words.h"
#include "base/mz_str.h"


static void mz_fun_headline(const json_t *facts, mz_buf_t *b);
static void mz_fun_reading(const json_t *facts, mz_buf_t *b);
static void mz_fun_compared(const json_t *facts, mz_buf_t *b);
static void mz_fun_steps(const json_t *facts, mz_buf_t *b);
static void mz_fun_groups(const json_t *facts, mz_buf_t *b);
static void mz_fun_best(const json_t *facts, mz_buf_t *b);
static mz_words_kind_t mz_fun_kind(const json_t *facts);


void
mz_answer_funnel(const mz_answer_in_t *in, mz_buf_t *headline, mz_buf_t *out)
{
    mz_str_t  grain;

    grain = mz_json_get_str(in->facts, "grain");

    mz_fun_headline(in->facts, headline);
    mz_fun_reading(in->facts, out);

    if (json_array_size(json_object_get(in->facts, "breakdown")) > 0) {
        mz_fun_best(in->facts, out);
        mz_fun_groups(in->facts, out);

    } else if (grain.len > 0 && !mz_str_eq_c(grain, "total")) {
        mz_answer_last_rows(out, in->table, "bucket");

    } else {
        mz_fun_steps(in->facts, out);
    }
}


static void
mz_fun_headline(const json_t *facts, mz_buf_t *b)
{
    size_t         n;
    const json_t  *steps;

    steps = json_object_get(facts, "steps");
    n = json_array_size(steps);

    mz_words_json(b, json_object_get(facts, "overall_rate"), MZ_WORDS_RATE);
    mz_buf_add_c(b, " conversion");

    if (n > 0) {
        mz_buf_add_c(b, " from ");
        mz_words_text(b, mz_json_get_str(json_array_get(steps, 0), "event"));
        mz_buf_add_c(b, " to ");
        mz_words_text(b, mz_json_get_str(json_array_get(steps, n - 1),
                                         "event"));
    }

    mz_buf_add_c(b, ": ");
    mz_words_json(b, json_object_get(facts, "completed"), MZ_WORDS_NUMBER);
    mz_buf_add_c(b, " of ");
    mz_words_count(b, mz_json_get_int(facts, "entered", 0), "user");
    mz_answer_range(b, facts);
}


static void
mz_fun_reading(const json_t *facts, mz_buf_t *b)
{
    const json_t  *drop;

    drop = json_object_get(facts, "biggest_drop");

    if (json_is_object(drop) && mz_json_get_int(drop, "lost", 0) > 0) {
        mz_buf_add_c(b, "Most are lost between ");
        mz_words_code(b, mz_json_get_str(drop, "from"));
        mz_buf_add_c(b, " and ");
        mz_words_code(b, mz_json_get_str(drop, "event"));
        mz_buf_add_c(b, ": ");
        mz_words_count(b, mz_json_get_int(drop, "lost", 0), "user");
        mz_buf_add_c(b, " (");
        mz_words_json(b, json_object_get(drop, "drop_rate"), MZ_WORDS_RATE);
        mz_buf_add_c(b, "). ");
    }

    if (json_is_number(json_object_get(facts, "median_seconds"))) {
        mz_buf_add_c(b, "Those who complete take ");
        mz_words_json(b, json_object_get(facts, "median_seconds"),
                      MZ_WORDS_SECONDS);
        mz_buf_add_c(b, " at the median, ");
        mz_words_json(b, json_object_get(facts, "avg_seconds"),
                      MZ_WORDS_SECONDS);
        mz_buf_add_c(b, " on average; nine in ten within ");
        mz_words_json(b, json_object_get(facts, "p90_seconds"),
                      MZ_WORDS_SECONDS);
        mz_buf_add_c(b, ". ");
    }

    mz_fun_compared(facts, b);

    /* every sentence left room for another */
    if (b->len > 0 && b->data[b->len - 1] == ' ') {
        b->len--;
    }

    mz_buf_add_c(b, b->len > 0 ? "\n\n" : "");
}


static void
mz_fun_compared(const json_t *facts, mz_buf_t *b)
{
    const json_t  *c;

    c = json_object_get(facts, "compare");
    if (c == NULL) {
        return;
    }

    mz_buf_add_c(b, mz_str_eq_c(mz_json_get_str(c, "to"), "previous_year")
                    ? "A year before: " : "In the period before: ");
    mz_words_json(b, json_object_get(c, "overall_rate"), MZ_WORDS_RATE);
    mz_buf_add_c(b, " (");
    mz_words_json(b, json_object_get(c, "completed"), MZ_WORDS_NUMBER);
    mz_buf_add_c(b, " of ");
    mz_words_json(b, json_object_get(c, "entered"), MZ_WORDS_NUMBER);
    mz_buf_add_c(b, "). ");

    if (json_is_number(json_object_get(c, "change_pct"))) {
        mz_buf_add_c(b, "Change of the measure: ");
        mz_words_json(b, json_object_get(c, "change_pct"), MZ_WORDS_PERCENT);
        mz_buf_add_c(b, ". ");
    }
}


static void
mz_fun_steps(const json_t *facts, mz_buf_t *b)
{
    size_t         i;
    const json_t  *steps, *s;

    steps = json_object_get(facts, "steps");

    mz_buf_add_c(b, "| step | event | users | of step 1 | of step before | "
                 "lost |\n| ---: | --- | ---: | ---: | ---: | ---: |\n");

    for (i = 0; i < json_array_size(steps); i++) {
        s = json_array_get(steps, i);

        mz_buf_addf(b, "| %zu | ", i + 1);
        mz_words_text(b, mz_json_get_str(s, "event"));
        mz_buf_add_c(b, " | ");
        mz_words_json(b, json_object_get(s, "users"), MZ_WORDS_NUMBER);
        mz_buf_add_c(b, " | ");
        mz_words_json(b, json_object_get(s, "rate"), MZ_WORDS_RATE);
        mz_buf_add_c(b, " | ");

        if (i > 0) {
            mz_words_json(b, json_object_get(s, "step_rate"), MZ_WORDS_RATE);
        }

        mz_buf_add_c(b, " | ");

        if (i > 0) {
            mz_words_json(b, json_object_get(s, "drop_off"),
                          MZ_WORDS_NUMBER);
        }

        mz_buf_add_c(b, " |\n");
    }

    mz_buf_add_char(b, '\n');
}


static void
mz_fun_groups(const json_t *facts, mz_buf_t *b)
{
    bool           has_previous;
    size_t         i;
    const json_t  *by, *series, *s;

    by = json_object_get(facts, "breakdown");
    series = json_object_get(facts, "series");
    has_previous = json_object_get(json_array_get(series, 0), "previous")
                   != NULL;

    mz_buf_add_c(b, "| ");
    for (i = 0; i < json_array_size(by); i++) {
        mz_buf_add_c(b, i > 0 ? ", " : "");
        mz_words_text(b, mz_json_str(json_array_get(by, i)));
    }

    mz_buf_addf(b, " | entered | completed | conversion | median time%s |\n"
                "| --- | ---: | ---: | ---: | ---:%s |\n",
                has_previous ? " | before | change" : "",
                has_previous ? " | ---: | ---:" : "");

    for (i = 0; i < json_array_size(series) && i < MZ_ANSWER_ROWS; i++) {
        s = json_array_get(series, i);

        mz_buf_add_c(b, "| ");
        mz_answer_group(b, s, false);
        mz_buf_add_c(b, " | ");
        mz_words_json(b, json_object_get(s, "entered"), MZ_WORDS_NUMBER);
        mz_buf_add_c(b, " | ");
        mz_words_json(b, json_object_get(s, "completed"), MZ_WORDS_NUMBER);
        mz_buf_add_c(b, " | ");
        mz_words_json(b, json_object_get(s, "rate"), MZ_WORDS_RATE);
        mz_buf_add_c(b, " | ");
        mz_words_json(b, json_object_get(s, "median_seconds"),
                      MZ_WORDS_SECONDS);

        if (has_previous) {
            mz_buf_add_c(b, " | ");
            mz_words_json(b, json_object_get(s, "previous"),
                          mz_fun_kind(facts));
            mz_buf_add_c(b, " | ");
            mz_words_json(b, json_object_get(s, "change_pct"),
                          MZ_WORDS_PERCENT);
        }

        mz_buf_add_c(b, " |\n");
    }

    mz_buf_add_char(b, '\n');
}


/* Of the shown groups: an answer names only what it shows. */

static void
mz_fun_best(const json_t *facts, mz_buf_t *b)
{
    double         rate, best_rate, worst_rate;
    size_t         i;
    const json_t  *series, *s, *best, *worst;

    series = json_object_get(facts, "series");
    best = NULL;
    worst = NULL;
    best_rate = 0;
    worst_rate = 0;

    for (i = 0; i < json_array_size(series) && i < MZ_ANSWER_ROWS; i++) {
        s = json_array_get(series, i);

        if (!json_is_number(json_object_get(s, "rate"))) {
            continue;
        }

        rate = mz_json_get_double(s, "rate", 0);

        if (best == NULL || rate > best_rate) {
            best = s;
            best_rate = rate;
        }

        if (worst == NULL || rate < worst_rate) {
            worst = s;
            worst_rate = rate;
        }
    }

    if (best == NULL || best == worst) {
        return;
    }

    mz_buf_add_c(b, "Best of the groups shown: ");
    mz_answer_group(b, best, false);
    mz_buf_add_c(b, " with ");
    mz_words_rate(b, best_rate);
    mz_buf_add_c(b, "; worst: ");
    mz_answer_group(b, worst, false);
    mz_buf_add_c(b, " with ");
    mz_words_rate(b, worst_rate);
    mz_buf_add_c(b, ".\n\n");
}


static mz_words_kind_t
mz_fun_kind(const json_t *facts)
{
    mz_str_t  unit;

    unit = mz_json_get_str(facts, "unit");

    if (mz_str_eq_c(unit, "rate")) {
        return MZ_WORDS_RATE;
    }

    return mz_str_eq_c(unit, "seconds") ? MZ_WORDS_SECONDS : MZ_WORDS_NUMBER;
}
