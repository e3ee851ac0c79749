
/* The words of discovery, lookup and journey: mostly their table. */

#include "agent/answer/answer.h"
#include "agent/answer/words.h"
#include "base/mz_str.h"


#define MZ_OTHER_NEXT  3            /* next events named in the reading */

static void mz_other_discovery(const json_t *facts, mz_buf_t *b);
static void mz_other_about(const json_t *facts, mz_buf_t *b);
static void mz_other_lookup(const json_t *facts, mz_buf_t *b);
static void mz_other_journey(const json_t *facts, mz_buf_t *b);
static void mz_other_next(const json_t *facts, mz_buf_t *b);
static void mz_other_name(mz_buf_t *b, const json_t *facts, const char *key);


void
mz_answer_other(const mz_answer_in_t *in, mz_buf_t *headline, mz_buf_t *out)
{
    mz_str_t  kind;

    kind = mz_json_get_str(in->facts, "kind");

    if (mz_str_eq_c(kind, "discovery")) {
        mz_other_discovery(in->facts, headline);
        mz_other_about(in->facts, out);

    } else if (mz_str_eq_c(kind, "lookup")) {
        mz_other_lookup(in->facts, headline);

    } else {
        mz_other_journey(in->facts, headline);
        mz_other_next(in->facts, out);
    }

    mz_answer_first_rows(out, in->table);
}


static void
mz_other_discovery(const json_t *facts, mz_buf_t *b)
{
    int64_t   n;
    mz_str_t  what;

    what = mz_json_get_str(facts, "what");
    n = mz_json_get_int(facts, "count", 0);

    if (mz_str_eq_c(what, "events")) {
        mz_words_count(b, n, "event");
        mz_buf_add_c(b, n == 1 ? " is tracked" : " are tracked");

    } else if (mz_str_eq_c(what, "search")) {
        mz_words_count(b, n, "event");
        mz_buf_add_c(b, n == 1 ? " fits" : " fit");

    } else if (mz_str_eq_c(what, "values")) {
        mz_words_count(b, n, "value");
        mz_buf_add_c(b, " of ");
        mz_other_name(b, facts, "property");

        if (!mz_json_get_bool(facts, "complete", true)) {
            mz_buf_add_c(b, " (the most frequent ones)");
        }

    } else if (mz_str_eq_c(what, "range")) {
        mz_buf_add_c(b, "Events from ");
        mz_other_name(b, facts, "first");
        mz_buf_add_c(b, " to ");
        mz_other_name(b, facts, "last");
        mz_buf_add_c(b, ": ");
        mz_words_count(b, mz_json_get_int(facts, "events", 0), "event");
        mz_buf_add_c(b, " of ");
        mz_words_count(b, mz_json_get_int(facts, "users", 0), "user");

    } else if (mz_str_eq_c(what, "describe")
               && json_object_get(facts, "events") != NULL)
    {
        mz_other_name(b, facts, "event");
        mz_buf_add_c(b, ": ");
        mz_words_count(b, mz_json_get_int(facts, "events", 0), "event");
        mz_buf_add_c(b, " of ");
        mz_words_count(b, mz_json_get_int(facts, "users", 0), "user");

    } else {
        mz_buf_add_c(b, n == 1 ? "1 property" : "");
        if (n != 1) {
            mz_words_int(b, n);
            mz_buf_add_c(b, " properties");
        }

        if (json_object_get(facts, "event") != NULL) {
            mz_buf_add_c(b, " of ");
            mz_other_name(b, facts, "event");
        }
    }
}


static void
mz_other_about(const json_t *facts, mz_buf_t *b)
{
    if (json_object_get(facts, "per_day") != NULL) {
        mz_buf_add_c(b, "It happens ");
        mz_words_json(b, json_object_get(facts, "per_day"), MZ_WORDS_NUMBER);
        mz_buf_add_c(b, " times a day on average and is ");
        mz_words_json(b, json_object_get(facts, "share"), MZ_WORDS_RATE);
        mz_buf_add_c(b, " of all events. ");
    }

    if (json_object_get(facts, "first") != NULL
        && !mz_str_eq_c(mz_json_get_str(facts, "what"), "range"))
    {
        mz_buf_add_c(b, "First seen ");
        mz_other_name(b, facts, "first");
        mz_buf_add_c(b, ", last seen ");
        mz_other_name(b, facts, "last");
        mz_buf_add_c(b, ". ");
    }

    mz_buf_add_c(b, b->len > 0 ? "\n\n" : "");
}


static void
mz_other_lookup(const json_t *facts, mz_buf_t *b)
{
    mz_words_count(b, mz_json_get_int(facts, "total", 0), "event");
    mz_buf_add_c(b, " of user ");
    mz_other_name(b, facts, "user");

    if (mz_json_get_int(facts, "shown", 0)
        < mz_json_get_int(facts, "total", 0))
    {
        mz_buf_add_c(b, ", the newest ");
        mz_words_int(b, mz_json_get_int(facts, "shown", 0));
        mz_buf_add_c(b, " in the table");
    }

    mz_answer_range(b, facts);
}


static void
mz_other_journey(const json_t *facts, mz_buf_t *b)
{
    mz_words_count(b, mz_json_get_int(facts, "total", 0), "path");
    mz_buf_add_c(b, " of ");
    mz_words_count(b, mz_json_get_int(facts, "users", 0), "user");
    mz_buf_add_char(b, ' ');
    mz_other_name(b, facts, "direction");
    mz_buf_add_char(b, ' ');
    mz_other_name(b, facts, "event");

    if (json_object_get(facts, "to") != NULL) {
        mz_buf_add_c(b, " and ");
        mz_other_name(b, facts, "to");
    }

    mz_answer_range(b, facts);
}


static void
mz_other_next(const json_t *facts, mz_buf_t *b)
{
    size_t         i;
    const json_t  *next, *o, *event;

    next = json_object_get(facts, "next");

    for (i = 0; i < json_array_size(next) && i < MZ_OTHER_NEXT; i++) {
        o = json_array_get(next, i);
        event = json_object_get(o, "event");

        mz_buf_add_c(b, i == 0 ? "Nearest step: " : ", ");

        if (json_is_string(event)) {
            mz_words_code(b, mz_json_str(event));

        } else {
            mz_buf_add_c(b, "nothing more");
        }

        mz_buf_add_c(b, " (");
        mz_words_json(b, json_object_get(o, "share"), MZ_WORDS_RATE);
        mz_buf_add_char(b, ')');
    }

    mz_buf_add_c(b, i > 0 ? ".\n\n" : "");
}


static void
mz_other_name(mz_buf_t *b, const json_t *facts, const char *key)
{
    mz_words_json(b, json_object_get(facts, key), MZ_WORDS_TEXT);
}
