
/* The words of a segmentation: a measure, by time and by group. */

#include "agent/answer/answer.h"
#include "agent/answer/words.h"
#include "base/mz_str.h"


#define MZ_SEG_TOTALS_MAX  4        /* series named in the headline */
#define MZ_SEG_TOP         3        /* groups named in the reading */

/* "total revenue 12.5" or "12 users": before has %s for the property. */

typedef struct {
    const char       *measure;
    const char       *before;
    const char       *after;
    mz_words_kind_t   kind;
} mz_seg_measure_t;

static const mz_seg_measure_t  mz_seg_measures[] = {
    { "users",           NULL,                   "user",  MZ_WORDS_NUMBER },
    { "events",          NULL,                   "event", MZ_WORDS_NUMBER },
    { "new_users",       NULL,                   "new user",
                                                          MZ_WORDS_NUMBER },
    { "frequency",       NULL,                   "user",  MZ_WORDS_NUMBER },
    { "distinct",        "different values of ", NULL,    MZ_WORDS_NUMBER },
    { "events_per_user", "events per user ",     NULL,    MZ_WORDS_NUMBER },
    { "sum",             "total ",               NULL,    MZ_WORDS_NUMBER },
    { "avg",             "average ",             NULL,    MZ_WORDS_NUMBER },
    { "min",             "lowest ",              NULL,    MZ_WORDS_NUMBER },
    { "max",             "highest ",             NULL,    MZ_WORDS_NUMBER },
    { "median",          "median ",              NULL,    MZ_WORDS_NUMBER },
    { "percentile",      "percentile of ",       NULL,    MZ_WORDS_NUMBER },
    { "sum_per_user",    "per user: total ",     NULL,    MZ_WORDS_NUMBER },
    { "stickiness",      "stickiness ",          NULL,    MZ_WORDS_RATE   },
};

static const mz_seg_measure_t  mz_seg_other = {
    "", "", NULL, MZ_WORDS_NUMBER
};

static void mz_seg_headline(const json_t *facts, mz_buf_t *b);
static void mz_seg_value(mz_buf_t *b, const json_t *facts, const json_t *v);
static void mz_seg_share_of_one(mz_buf_t *b, const json_t *facts,
    const json_t *v);
static void mz_seg_compared(mz_buf_t *b, const json_t *facts);
static void mz_seg_trends(const json_t *facts, mz_buf_t *b);
static void mz_seg_trend(const json_t *facts, const json_t *series,
    bool is_named, mz_buf_t *b);
static void mz_seg_point(mz_buf_t *b, const json_t *facts,
    const json_t *series, const char *key, const char *word);
static void mz_seg_groups(const json_t *facts, mz_buf_t *b);
static void mz_seg_groups_table(const json_t *facts, mz_buf_t *b);
static void mz_seg_groups_head(const json_t *facts, const json_t *first,
    mz_buf_t *b);
static void mz_seg_distribution(const json_t *facts, mz_buf_t *b);
static const mz_seg_measure_t *mz_seg_measure(const json_t *facts);
static bool mz_seg_is_total(const json_t *facts);


void
mz_answer_segmentation(const mz_answer_in_t *in, mz_buf_t *headline,
    mz_buf_t *out)
{
    const json_t  *series;

    mz_seg_headline(in->facts, headline);

    series = json_object_get(in->facts, "series");

    if (json_object_get(json_array_get(series, 0), "distribution") != NULL) {
        mz_seg_distribution(in->facts, out);
        return;
    }

    if (json_array_size(json_object_get(in->facts, "breakdown")) > 0) {
        mz_seg_groups(in->facts, out);
        mz_seg_groups_table(in->facts, out);
        return;
    }

    if (!mz_seg_is_total(in->facts)) {
        mz_seg_trends(in->facts, out);
    }

    if (json_array_size(series) > 1) {
        mz_seg_groups_table(in->facts, out);

    } else if (!mz_seg_is_total(in->facts)) {
        mz_answer_last_rows(out, in->table, "bucket");
    }
}


static void
mz_seg_headline(const json_t *facts, mz_buf_t *b)
{
    size_t         i, n;
    const json_t  *totals, *t;

    totals = json_object_get(facts, "totals");
    n = json_array_size(totals);

    for (i = 0; i < n && i < MZ_SEG_TOTALS_MAX; i++) {
        t = json_array_get(totals, i);

        if (i > 0) {
            mz_buf_add_c(b, "; ");
        }

        mz_words_text(b, mz_json_get_str(t, "series"));
        mz_buf_add_c(b, ": ");
        mz_seg_value(b, facts, json_object_get(t, "total"));
        mz_answer_change(b, t, "previous", "change_pct",
                         mz_seg_measure(facts)->kind);

        if (i == 0 && n == 1) {
            mz_seg_compared(b, facts);
        }
    }

    if (n > MZ_SEG_TOTALS_MAX) {
        mz_buf_addf(b, "; and %zu more", n - MZ_SEG_TOTALS_MAX);
    }

    mz_answer_range(b, facts);
}


static void
mz_seg_value(mz_buf_t *b, const json_t *facts, const json_t *v)
{
    mz_str_t                 property;
    const mz_seg_measure_t  *m;

    m = mz_seg_measure(facts);
    property = mz_json_get_str(facts, "property");

    if (m->after != NULL && json_is_integer(v)) {
        mz_words_count(b, json_integer_value(v), m->after);
        return;
    }

    if (m->before != NULL && m->before[0] != '\0') {
        if (strcmp(m->measure, "percentile") == 0) {
            mz_words_json(b, json_object_get(facts, "p"), MZ_WORDS_NUMBER);
            mz_buf_add_c(b, "th ");
        }

        mz_buf_add_c(b, m->before);

        if (property.len > 0) {
            mz_words_text(b, property);
            mz_buf_add_char(b, ' ');
        }
    }

    mz_words_json(b, v, m->kind);
    mz_seg_share_of_one(b, facts, v);

    if (m->after != NULL) {
        mz_buf_addf(b, " %ss", m->after);
    }
}


/* A ratio between 0 and 1 is read more easily in percent. */

static void
mz_seg_share_of_one(mz_buf_t *b, const json_t *facts, const json_t *v)
{
    double  d;

    d = json_number_value(v);

    if (mz_seg_measure(facts) == &mz_seg_other && json_is_number(v)
        && d > 0 && d <= 1)
    {
        mz_buf_add_c(b, " (");
        mz_words_rate(b, d);
        mz_buf_add_char(b, ')');
    }
}


static void
mz_seg_compared(mz_buf_t *b, const json_t *facts)
{
    mz_str_t  to;

    to = mz_json_get_str(json_object_get(facts, "compare"), "to");

    if (mz_str_eq_c(to, "previous_year")) {
        mz_buf_add_c(b, " a year before");

    } else if (to.len > 0) {
        mz_buf_add_c(b, " in the period before");
    }
}


static void
mz_seg_trends(const json_t *facts, mz_buf_t *b)
{
    size_t         i, n;
    const json_t  *series;

    series = json_object_get(facts, "series");
    n = json_array_size(series);

    for (i = 0; i < n && i < MZ_ANSWER_ROWS; i++) {
        mz_seg_trend(facts, json_array_get(series, i), n > 1, b);
    }

    if (mz_json_get_bool(facts, "partial_last", false)) {
        mz_buf_add_c(b, "The last ");
        mz_words_text(b, mz_json_get_str(facts, "grain"));
        mz_buf_add_c(b, " is not over yet or only partly in the range.\n");
    }

    mz_buf_add_char(b, '\n');
}


static void
mz_seg_trend(const json_t *facts, const json_t *series, bool is_named,
    mz_buf_t *b)
{
    if (is_named) {
        mz_words_text(b, mz_json_get_str(series, "series"));
        mz_buf_add_c(b, ": ");
    }

    mz_buf_add_c(b, is_named ? "per " : "Per ");
    mz_words_text(b, mz_json_get_str(facts, "grain"));
    mz_buf_add_c(b, " ");
    mz_words_json(b, json_object_get(series, "mean"),
                  mz_seg_measure(facts)->kind);
    mz_buf_add_c(b, " on average");

    mz_seg_point(b, facts, series, "max", "highest");
    mz_seg_point(b, facts, series, "min", "lowest");
    mz_seg_point(b, facts, series, "last", "last");
    mz_buf_add_c(b, ".\n");
}


static void
mz_seg_point(mz_buf_t *b, const json_t *facts, const json_t *series,
    const char *key, const char *word)
{
    const json_t  *point;

    point = json_object_get(series, key);
    if (!json_is_object(point)) {
        return;
    }

    mz_buf_addf(b, "; %s ", word);
    mz_words_json(b, json_object_get(point, "value"),
                  mz_seg_measure(facts)->kind);
    mz_buf_add_c(b, " on ");
    mz_words_text(b, mz_json_get_str(point, "bucket"));
}


static void
mz_seg_groups(const json_t *facts, mz_buf_t *b)
{
    bool           is_named;
    size_t         i, n;
    int64_t        groups;
    const json_t  *series, *s, *share;

    series = json_object_get(facts, "series");
    is_named = json_array_size(json_object_get(facts, "totals")) > 1;
    n = json_array_size(series);

    for (i = 0; i < n && i < MZ_SEG_TOP; i++) {
        s = json_array_get(series, i);
        mz_buf_add_c(b, i == 0 ? "First: " : ", then ");
        mz_answer_group(b, s, is_named);
        mz_buf_add_c(b, " with ");
        mz_words_json(b, json_object_get(s, "total"),
                      mz_seg_measure(facts)->kind);

        share = json_object_get(s, "share");
        if (json_is_number(share)) {
            mz_buf_add_c(b, " (");
            mz_words_rate(b, json_number_value(share));
            mz_buf_add_char(b, ')');
        }
    }

    groups = mz_json_get_int(facts, "groups", (int64_t) n);
    mz_buf_add_c(b, n > 0 ? "." : "");

    if (groups > (int64_t) n) {
        mz_buf_add_c(b, n > 0 ? " " : "");
        mz_words_count(b, groups, "group");
        mz_buf_add_c(b, " in all; every one is in the table artifact.");
    }

    mz_buf_add_c(b, "\n\n");
}


static void
mz_seg_groups_table(const json_t *facts, mz_buf_t *b)
{
    int                kind;
    bool               has_trend;
    size_t             i, n;
    const json_t      *series, *s;

    series = json_object_get(facts, "series");
    n = json_array_size(series);
    kind = (int) mz_seg_measure(facts)->kind;
    s = json_array_get(series, 0);
    has_trend = json_is_object(json_object_get(s, "last"));

    if (n == 0) {
        return;
    }

    mz_seg_groups_head(facts, s, b);

    for (i = 0; i < n && i < MZ_ANSWER_ROWS; i++) {
        s = json_array_get(series, i);

        mz_buf_add_c(b, "| ");
        mz_answer_group(b, s, json_array_size(json_object_get(facts,
                                                          "totals")) > 1
                              || json_object_get(s, "group") == NULL);
        mz_buf_add_c(b, " | ");
        mz_words_json(b, json_object_get(s, "total"), (mz_words_kind_t) kind);

        if (json_object_get(s, "share") != NULL) {
            mz_buf_add_c(b, " | ");
            mz_words_json(b, json_object_get(s, "share"), MZ_WORDS_RATE);
        }

        if (json_object_get(s, "previous") != NULL) {
            mz_buf_add_c(b, " | ");
            mz_words_json(b, json_object_get(s, "previous"),
                          (mz_words_kind_t) kind);
            mz_buf_add_c(b, " | ");
            mz_words_json(b, json_object_get(s, "change_pct"),
                          MZ_WORDS_PERCENT);
        }

        if (has_trend) {
            mz_buf_add_c(b, " | ");
            mz_words_json(b, json_object_get(json_object_get(s, "first"),
                                             "value"),
                          (mz_words_kind_t) kind);
            mz_buf_add_c(b, " | ");
            mz_words_json(b, json_object_get(json_object_get(s, "last"),
                                             "value"),
                          (mz_words_kind_t) kind);
        }

        mz_buf_add_c(b, " |\n");
    }

    mz_buf_add_char(b, '\n');
}


static void
mz_seg_groups_head(const json_t *facts, const json_t *first, mz_buf_t *b)
{
    bool           is_named;
    size_t         i;
    mz_str_t       grain;
    const json_t  *by;

    by = json_object_get(facts, "breakdown");
    grain = mz_json_get_str(facts, "grain");
    is_named = json_array_size(json_object_get(facts, "totals")) > 1
               || json_array_size(by) == 0;
    mz_buf_add_c(b, is_named ? "| series" : "| ");

    for (i = 0; i < json_array_size(by); i++) {
        mz_buf_add_c(b, is_named || i > 0 ? ", " : "");
        mz_words_text(b, mz_json_str(json_array_get(by, i)));
    }

    mz_buf_add_c(b, " | ");
    mz_words_text(b, mz_json_get_str(facts, "unit"));

    if (json_object_get(first, "share") != NULL) {
        mz_buf_add_c(b, " | share");
    }

    if (json_object_get(first, "previous") != NULL) {
        mz_buf_add_c(b, " | before | change");
    }

    if (json_is_object(json_object_get(first, "last"))) {
        mz_buf_add_c(b, " | first ");
        mz_words_text(b, grain);
        mz_buf_add_c(b, " | last ");
        mz_words_text(b, grain);
    }

    mz_buf_add_c(b, " |\n| --- | ---:");
    mz_buf_add_c(b, json_object_get(first, "share") != NULL ? " | ---:" : "");
    mz_buf_add_c(b, json_object_get(first, "previous") != NULL
                    ? " | ---: | ---:" : "");
    mz_buf_add_c(b, json_is_object(json_object_get(first, "last"))
                    ? " | ---: | ---:" : "");
    mz_buf_add_c(b, " |\n");
}


static void
mz_seg_distribution(const json_t *facts, mz_buf_t *b)
{
    size_t         i;
    const json_t  *s, *list, *point;

    s = json_array_get(json_object_get(facts, "series"), 0);
    list = json_object_get(s, "distribution");

    mz_buf_add_c(b, "On average ");
    mz_words_json(b, json_object_get(s, "mean_events"), MZ_WORDS_NUMBER);
    mz_buf_add_c(b, " events per user.\n\n| events | users |\n"
                 "| ---: | ---: |\n");

    for (i = 0; i < json_array_size(list) && i < MZ_ANSWER_ROWS; i++) {
        point = json_array_get(list, i);
        mz_buf_add_c(b, "| ");
        mz_words_json(b, json_object_get(point, "events"), MZ_WORDS_NUMBER);
        mz_buf_add_c(b, " | ");
        mz_words_json(b, json_object_get(point, "users"), MZ_WORDS_NUMBER);
        mz_buf_add_c(b, " |\n");
    }

    mz_buf_add_char(b, '\n');
}


static const mz_seg_measure_t *
mz_seg_measure(const json_t *facts)
{
    size_t    i;
    mz_str_t  name;

    name = mz_json_get_str(facts, "measure");

    for (i = 0; i < MZ_ARRAY_LEN(mz_seg_measures); i++) {
        if (mz_str_eq_c(name, mz_seg_measures[i].measure)) {
            return &mz_seg_measures[i];
        }
    }

    return &mz_seg_other;
}


static bool
mz_seg_is_total(const json_t *facts)
{
    mz_str_t  grain;

    grain = mz_json_get_str(facts, "grain");

    return grain.len == 0 || mz_str_eq_c(grain, "total");
}
