
/* The words of a retention: how many of those who started came back. */

#include "agent/answer/answer.h"
#include "agent/answer/words.h"
#include "base/mz_str.h"


#define MZ_RET_POINTS  5            /* periods shown for each group */

static void mz_ret_headline(const json_t *facts, mz_buf_t *b);
static void mz_ret_curve(const json_t *facts, mz_buf_t *b);
static void mz_ret_groups(const json_t *facts, mz_buf_t *b);
static const json_t *mz_ret_point(const json_t *facts);
static const char *mz_ret_verb(const json_t *facts);


void
mz_answer_retention(const mz_answer_in_t *in, mz_buf_t *headline,
    mz_buf_t *out)
{
    int64_t  cohorts;

    mz_ret_headline(in->facts, headline);

    mz_words_count(out, mz_json_get_int(in->facts, "users", 0), "start");

    cohorts = mz_json_get_int(in->facts, "cohorts", 0);
    if (cohorts > 0) {
        mz_buf_add_c(out, " in ");
        mz_words_count(out, cohorts, "cohort");
    }

    mz_buf_add_c(out, ". A rate counts only those who started long enough "
                 "ago for the period to be over; (part) marks those where "
                 "some did not.\n\n");

    if (json_array_size(json_object_get(in->facts, "breakdown")) > 0) {
        mz_ret_groups(in->facts, out);

    } else {
        mz_ret_curve(in->facts, out);
    }
}


static void
mz_ret_headline(const json_t *facts, mz_buf_t *b)
{
    const json_t  *p;

    p = mz_ret_point(facts);

    if (p == NULL) {
        mz_buf_add_c(b, "No period is over yet: no retention to show");
        mz_answer_range(b, facts);
        return;
    }

    mz_words_json(b, json_object_get(p, "rate"), MZ_WORDS_RATE);
    mz_buf_addf(b, " %s in ", mz_ret_verb(facts));
    mz_words_text(b, mz_json_get_str(p, "label"));
    mz_buf_add_c(b, " after ");
    mz_words_text(b, mz_json_get_str(facts, "start"));
    mz_buf_add_c(b, ": ");
    mz_words_json(b, json_object_get(p, "returned") != NULL
                     ? json_object_get(p, "returned")
                     : json_object_get(p, "churned"), MZ_WORDS_NUMBER);
    mz_buf_add_c(b, " of ");
    mz_words_json(b, json_object_get(p, "size"), MZ_WORDS_NUMBER);

    if (json_is_number(json_object_get(p, "previous"))) {
        mz_buf_add_c(b, ", before: ");
        mz_words_json(b, json_object_get(p, "previous"), MZ_WORDS_RATE);
    }

    mz_answer_range(b, facts);
}


static void
mz_ret_curve(const json_t *facts, mz_buf_t *b)
{
    bool           has_previous;
    size_t         i, n;
    const json_t  *curve, *p, *count;

    curve = json_object_get(facts, "retention");
    n = json_array_size(curve);
    has_previous = json_object_get(json_array_get(curve, 0), "previous")
                   != NULL;

    mz_buf_addf(b, "| period | old enough | %s | rate%s |\n"
                "| --- | ---: | ---: | ---:%s |\n", mz_ret_verb(facts),
                has_previous ? " | before" : "",
                has_previous ? " | ---:" : "");

    for (i = 0; i < n && i < MZ_ANSWER_ROWS; i++) {
        p = json_array_get(curve, i);
        count = json_object_get(p, "returned");
        count = count != NULL ? count : json_object_get(p, "churned");

        mz_buf_add_c(b, "| ");
        mz_words_text(b, mz_json_get_str(p, "label"));
        mz_buf_add_c(b, " | ");
        mz_words_json(b, json_object_get(p, "size"), MZ_WORDS_NUMBER);
        mz_buf_add_c(b, " | ");
        mz_words_json(b, count, MZ_WORDS_NUMBER);
        mz_buf_add_c(b, " | ");
        mz_words_json(b, json_object_get(p, "rate"), MZ_WORDS_RATE);

        if (has_previous) {
            mz_buf_add_c(b, " | ");
            mz_words_json(b, json_object_get(p, "previous"), MZ_WORDS_RATE);
        }

        mz_buf_add_c(b, mz_json_get_bool(p, "mature", true)
                        ? " |\n" : " (part) |\n");
    }

    if (n > MZ_ANSWER_ROWS) {
        mz_buf_addf(b, "\nThe first %d of ", MZ_ANSWER_ROWS);
        mz_words_count(b, (int64_t) n, "period");
        mz_buf_add_c(b, "; all are in the table artifact.\n");
    }

    mz_buf_add_char(b, '\n');
}


static void
mz_ret_groups(const json_t *facts, mz_buf_t *b)
{
    size_t         i, j, n;
    const json_t  *series, *s, *curve;

    series = json_object_get(facts, "series");
    curve = json_object_get(facts, "retention");
    n = json_array_size(curve);
    n = n > MZ_RET_POINTS ? MZ_RET_POINTS : n;

    mz_buf_add_c(b, "| group | starts |");
    for (j = 0; j < n; j++) {
        mz_buf_add_char(b, ' ');
        mz_words_text(b, mz_json_get_str(json_array_get(curve, j), "label"));
        mz_buf_add_c(b, " |");
    }

    mz_buf_add_c(b, "\n| --- | ---: |");
    for (j = 0; j < n; j++) {
        mz_buf_add_c(b, " ---: |");
    }

    mz_buf_add_char(b, '\n');

    for (i = 0; i < json_array_size(series) && i < MZ_ANSWER_ROWS; i++) {
        s = json_array_get(series, i);
        mz_buf_add_c(b, "| ");
        mz_answer_group(b, s, false);
        mz_buf_add_c(b, " | ");
        mz_words_json(b, json_object_get(s, "users"), MZ_WORDS_NUMBER);
        mz_buf_add_c(b, " |");

        for (j = 0; j < n; j++) {
            mz_buf_add_char(b, ' ');
            mz_words_json(b, json_object_get(
                             json_array_get(json_object_get(s, "retention"),
                                            j), "rate"), MZ_WORDS_RATE);
            mz_buf_add_c(b, " |");
        }

        mz_buf_add_char(b, '\n');
    }

    mz_buf_add_char(b, '\n');
}


/* Period 1 says the most: in period 0 people are still there. */

static const json_t *
mz_ret_point(const json_t *facts)
{
    size_t         i;
    const json_t  *curve, *p, *found;

    curve = json_object_get(facts, "retention");
    found = NULL;

    for (i = 0; i < json_array_size(curve); i++) {
        p = json_array_get(curve, i);

        if (!json_is_number(json_object_get(p, "rate"))) {
            continue;
        }

        if (found == NULL || mz_json_get_int(found, "k", 0) == 0) {
            found = p;
        }
    }

    return found;
}


static const char *
mz_ret_verb(const json_t *facts)
{
    return mz_json_get_bool(facts, "invert", false) ? "churned" : "returned";
}
