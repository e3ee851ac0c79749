
#include "agent/plan/planner_char.h"


/* Contractions and short forms, each as the words it means. */

typedef struct {
    const char  *from;
    const char  *to;
} mz_pl_short_t;

static const mz_pl_short_t  mz_pl_shorts[] = {
    { "whats", "what" }, { "hows", "how" }, { "whos", "who" },
    { "pls", "please" }, { "plz", "please" }, { "avg", "average" },
    { "med", "median" }, { "num", "number" },
    { "yr", "year" }, { "yrs", "years" }, { "mo", "month" },
    { "mos", "months" }, { "mth", "month" }, { "mths", "months" },
    { "wk", "week" }, { "wks", "weeks" }, { "hr", "hour" },
    { "hrs", "hours" }, { "min", "minimum" }, { "mins", "minutes" },
    { "max", "maximum" }, { "pct", "percent" }, { "percentage", "percent" },
    { "vs", "versus" }, { "v", "versus" }, { "ppl", "people" },
    { "cust", "customers" }, { "qty", "quantity" },
    { "u", "you" }, { "thru", "through" },
    { "til", "until" }, { "till", "until" }, { "usa", "us" },
    { "rev", "revenue" }, { "revs", "revenue" }, { "sub", "subscription" },
    { "subs", "subscriptions" }, { "excl", "excluding" },
    { "incl", "including" }, { "wrt", "by" }, { "prev", "previous" },
    { "txn", "transaction" }, { "txns", "transactions" },
    { "mgmt", "management" }, { "conv", "conversion" }, { "cr", "conversion" },
    { "yday", "yesterday" }, { "tmrw", "tomorrow" }, { "sess", "session" },
};

/* Right behind a number. */

static const mz_pl_short_t  mz_pl_units[] = {
    { "m", "minutes" }, { "min", "minutes" }, { "h", "hours" },
    { "d", "days" }, { "w", "weeks" }, { "y", "years" },
};

static const char *const  mz_pl_id_words =
    "user customer account userid uid person member id visitor";


static mz_str_t mz_pl_expand(mz_str_t text, const mz_pl_short_t *table,
    size_t n);


bool
mz_pl_is_word_byte(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9') || c == '_' || c >= 0x80;
}


bool
mz_pl_is_digit(char c)
{
    return c >= '0' && c <= '9';
}


bool
mz_pl_is_date(mz_str_t s, int64_t *ms)
{
    return s.len == 10 && s.data[4] == '-' && s.data[7] == '-'
           && mz_time_parse(s, ms) == MZ_OK;
}


/* A version or an address: two dots or more, digits between. */

bool
mz_pl_is_dotted(mz_str_t s)
{
    size_t  i, dots;

    dots = 0;
    for (i = 0; i < s.len; i++) {
        if (s.data[i] == '.') {
            dots++;
        } else if (!mz_pl_is_digit(s.data[i])) {
            return false;
        }
    }

    return dots >= 2;
}


/* "U.S": single letters with dots between. */

bool
mz_pl_is_acronym(mz_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {
        if ((s.data[i] == '.') != (i % 2 == 1)
            || mz_pl_is_digit(s.data[i]))
        {
            return false;
        }
    }

    return s.len >= 3 && s.len % 2 == 1;
}


mz_str_t
mz_pl_undotted(mz_pl_t *pl, mz_str_t s)
{
    char    *p;
    size_t   i;

    s = mz_pl_lower(pl, s);
    p = (char *) s.data;

    for (i = 0; i < s.len; i += 2) {
        p[i / 2] = p[i];
    }

    return (mz_str_t) { p, (s.len + 1) / 2 };
}


/* Lower case, without apostrophes or the possessive s behind one. */

mz_str_t
mz_pl_plain(mz_pl_t *pl, mz_str_t s)
{
    char    *p;
    size_t   i, n;

    s = mz_pl_lower(pl, s);
    p = (char *) s.data;
    n = 0;

    for (i = 0; i < s.len; i++) {
        if (p[i] == '\'') {
            if (i + 2 == s.len && p[i + 1] == 's') {
                break;
            }

            continue;
        }

        if ((unsigned char) p[i] == 0xe2 && i + 2 < s.len
            && (unsigned char) p[i + 1] == 0x80
            && (unsigned char) p[i + 2] == 0x99)
        {
            if (i + 4 == s.len && p[i + 3] == 's') {
                break;
            }

            i += 2;
            continue;
        }

        p[n++] = p[i];
    }

    return (mz_str_t) { p, n };
}


mz_str_t
mz_pl_expanded(mz_str_t text, bool is_after_number)
{
    if (is_after_number) {
        text = mz_pl_expand(text, mz_pl_units, MZ_ARRAY_LEN(mz_pl_units));
    }

    return mz_pl_expand(text, mz_pl_shorts, MZ_ARRAY_LEN(mz_pl_shorts));
}


static mz_str_t
mz_pl_expand(mz_str_t text, const mz_pl_short_t *table, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if (mz_str_eq_c(text, table[i].from)) {
            return mz_str_from(table[i].to);
        }
    }

    return text;
}


/* After "user": anything with a digit, not a count of time or things. */

bool
mz_pl_is_id(const mz_pl_t *pl, mz_str_t s)
{
    size_t  i, letters, digits, marks;

    letters = 0;
    digits = 0;
    marks = 0;

    for (i = 0; i < s.len; i++) {
        if (mz_pl_is_digit(s.data[i])) {
            digits++;
        } else if (s.data[i] == '-' || s.data[i] == '_') {
            marks++;
        } else {
            letters++;
        }
    }

    if (digits == 0 || pl->ntok == 0) {
        return false;
    }

    if (mz_pl_is_any(pl, pl->ntok - 1, mz_pl_id_words)
        || (pl->ntok > 1 && mz_pl_is_any(pl, pl->ntok - 1, "# : = is")
            && mz_pl_is_any(pl, pl->ntok - 2, mz_pl_id_words)))
    {
        return true;
    }

    return letters != 0 && marks != 0 && digits >= 4 && s.len >= 6;
}
