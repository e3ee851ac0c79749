
#include "agent/plan/planner_char.h"


/* Words that stand for numbers; "couple" as people use it. */

typedef struct {
    const char  *word;
    int          value;
} mz_pl_numword_t;

static const mz_pl_numword_t  mz_pl_numwords[] = {
    { "one", 1 }, { "two", 2 }, { "three", 3 }, { "four", 4 },
    { "five", 5 }, { "six", 6 }, { "seven", 7 }, { "eight", 8 },
    { "nine", 9 }, { "ten", 10 }, { "eleven", 11 }, { "twelve", 12 },
    { "fifteen", 15 }, { "twenty", 20 }, { "thirty", 30 }, { "forty", 40 },
    { "fifty", 50 }, { "sixty", 60 }, { "ninety", 90 }, { "hundred", 100 },
    { "couple", 2 }, { "few", 3 }, { "dozen", 12 },
};

typedef struct {
    const char  *from;
    const char  *to;
} mz_pl_sign_t;

/* Punctuation of more than one byte, as the token it becomes. */

static const mz_pl_sign_t  mz_pl_signs[] = {
    { "-->", "->" }, { "->", "->" }, { "=>", "->" }, { ">>", "->" },
    { "\xe2\x86\x92", "->" }, { "\xe2\x87\x92", "->" },
    { "\xe2\x9e\x9c", "->" }, { "\xe2\x9e\x94", "->" },
    { ">=", ">=" }, { "<=", "<=" }, { "!=", "!=" }, { "<>", "!=" },
    { "==", "=" }, { "&&", "&" }, { "||", "or" },
    { "\xe2\x89\xa5", ">=" }, { "\xe2\x89\xa4", "<=" },
    { "\xe2\x89\xa0", "!=" }, { "\xe2\x80\x93", "-" },
    { "\xe2\x80\x94", "-" }, { "...", "." }, { "\xe2\x80\xa6", "." },
};

static const char  mz_pl_quotes[][4] = {
    "\"", "\xe2\x80\x9c", "\xe2\x80\x9d", "`", "\xe2\x80\x98",
};

static const char  mz_pl_currencies[][4] = {
    "$", "\xe2\x82\xac", "\xc2\xa3",
};


typedef struct {
    mz_pl_t   *pl;
    mz_str_t   s;
    size_t     pos;
    bool       is_glued;
    bool       in_quote;
    bool       is_money;        /* of the next number */
} mz_pl_scan_t;


static bool mz_pl_is_shortened(const mz_pl_scan_t *sc);
static bool mz_pl_scan_sign(mz_pl_scan_t *sc);
static void mz_pl_scan_apostrophe(mz_pl_scan_t *sc);
static void mz_pl_scan_money(mz_pl_scan_t *sc);
static void mz_pl_scan_word(mz_pl_scan_t *sc);
static void mz_pl_scan_part(mz_pl_scan_t *sc, mz_str_t part);
static bool mz_pl_scan_last(mz_pl_scan_t *sc, mz_str_t part, mz_str_t text);
static void mz_pl_scan_number(mz_pl_scan_t *sc, mz_str_t raw, size_t digits);
static mz_pl_token_t *mz_pl_add(mz_pl_scan_t *sc, mz_str_t raw,
    mz_str_t text, mz_pl_token_kind_t kind);
static void mz_pl_finish(mz_pl_t *pl, mz_pl_token_t *t);


mz_rc_t
mz_pl_tokenise(mz_pl_t *pl, mz_err_t *err)
{
    unsigned char  c;
    mz_pl_scan_t   sc;

    sc = (mz_pl_scan_t) { pl, pl->question, 0, false, false, false };

    while (sc.pos < sc.s.len && pl->ntok < MZ_PL_TOKENS_MAX) {
        c = (unsigned char) sc.s.data[sc.pos];

        if (c <= ' ') {
            sc.pos++;
            sc.is_glued = false;

        } else if (c == '\'') {
            mz_pl_scan_apostrophe(&sc);

        } else if (c == '.' && mz_pl_is_shortened(&sc)) {
            sc.pos++;

        } else if (mz_pl_scan_sign(&sc)) {
            sc.is_glued = true;

        } else if (mz_pl_is_word_byte(c)) {
            mz_pl_scan_word(&sc);
            sc.is_glued = true;

        } else {
            mz_pl_add(&sc, (mz_str_t) { sc.s.data + sc.pos, 1 },
                      (mz_str_t) { sc.s.data + sc.pos, 1 }, MZ_PL_PUNCT);
            sc.pos++;
            sc.is_glued = true;
        }
    }

    if (pl->rc == MZ_OK && pl->ntok == 0) {
        return mz_fail(err, MZ_INVALID, "the question is empty; ask for "
                       "example \"How many users signed up last week?\"");
    }

    return pl->rc;
}


/* The point of "excl." ends no sentence. */

static bool
mz_pl_is_shortened(const mz_pl_scan_t *sc)
{
    const mz_pl_token_t  *t;

    if (sc->pl->ntok == 0 || !sc->is_glued) {
        return false;
    }

    t = &sc->pl->tok[sc->pl->ntok - 1];

    return t->kind == MZ_PL_WORD && t->text.len > t->raw.len;
}


static bool
mz_pl_scan_sign(mz_pl_scan_t *sc)
{
    size_t    i;
    mz_str_t  rest, sign;

    rest = (mz_str_t) { sc->s.data + sc->pos, sc->s.len - sc->pos };

    for (i = 0; i < MZ_ARRAY_LEN(mz_pl_quotes); i++) {
        sign = mz_str_from(mz_pl_quotes[i]);
        if (mz_str_has_prefix(rest, sign)) {
            sc->in_quote = !sc->in_quote;
            sc->pos += sign.len;
            return true;
        }
    }

    for (i = 0; i < MZ_ARRAY_LEN(mz_pl_currencies); i++) {
        sign = mz_str_from(mz_pl_currencies[i]);
        if (mz_str_has_prefix(rest, sign)) {
            mz_pl_scan_money(sc);
            sc->pos += sign.len;
            return true;
        }
    }

    for (i = 0; i < MZ_ARRAY_LEN(mz_pl_signs); i++) {
        sign = mz_str_from(mz_pl_signs[i].from);
        if (mz_str_has_prefix(rest, sign)) {
            mz_pl_add(sc, (mz_str_t) { rest.data, sign.len },
                      mz_str_from(mz_pl_signs[i].to), MZ_PL_PUNCT);
            sc->pos += sign.len;
            return true;
        }
    }

    return false;
}


/* A quote where one can open or close; behind a word nothing at all. */

static void
mz_pl_scan_apostrophe(mz_pl_scan_t *sc)
{
    if (sc->in_quote) {
        sc->in_quote = false;

    } else if (!sc->is_glued
               && mz_str_find(sc->s, mz_str("'"), sc->pos + 1) != SIZE_MAX)
    {
        sc->in_quote = true;
    }

    sc->pos++;
}


static void
mz_pl_scan_money(mz_pl_scan_t *sc)
{
    mz_pl_token_t  *t;

    t = sc->pl->ntok > 0 ? &sc->pl->tok[sc->pl->ntok - 1] : NULL;

    if (t != NULL && t->kind == MZ_PL_NUMBER && sc->is_glued) {
        t->is_money = true;
    } else {
        sc->is_money = true;
    }
}


/*
 * A run of letters, digits and what may stand inside words; dates, ids and
 * versions stay whole, all else is cut at hyphens and underscores.
 */

static void
mz_pl_scan_word(mz_pl_scan_t *sc)
{
    char      c;
    size_t    start, end, i;
    int64_t   ms;
    mz_str_t  run;

    start = sc->pos;
    for (end = start; end < sc->s.len; end++) {
        c = sc->s.data[end];

        if (mz_pl_is_word_byte((unsigned char) c)) {
            if ((unsigned char) c == 0xe2 && end > start
                && !mz_str_has_prefix((mz_str_t) { sc->s.data + end,
                                      sc->s.len - end },
                                      mz_str("\xe2\x80\x99")))
            {
                break;
            }

            continue;
        }

        if ((c == '-' || c == '.' || c == '\'' || c == ',')
            && end + 1 < sc->s.len
            && mz_pl_is_word_byte((unsigned char) sc->s.data[end + 1])
            && (c != ',' || (mz_pl_is_digit(sc->s.data[end - 1])
                             && mz_pl_is_digit(sc->s.data[end + 1]))))
        {
            continue;
        }

        break;
    }

    run = (mz_str_t) { sc->s.data + start, end - start };
    sc->pos = end;

    if (mz_pl_is_date(run, &ms)) {
        mz_pl_add(sc, run, run, MZ_PL_DATE);
        if (sc->pl->ntok > 0) {
            sc->pl->tok[sc->pl->ntok - 1].ms = ms;
        }

        return;
    }

    if (mz_pl_is_acronym(run)) {
        mz_pl_add(sc, run, mz_pl_undotted(sc->pl, run), MZ_PL_WORD);
        return;
    }

    if (mz_pl_is_id(sc->pl, run) || mz_pl_is_dotted(run)) {
        mz_pl_add(sc, run, mz_pl_plain(sc->pl, run), MZ_PL_WORD);
        return;
    }

    while (run.len != 0) {
        for (i = 0; i < run.len && run.data[i] != '-' && run.data[i] != '_'
             && !(run.data[i] == '.' && !(i > 0
                  && mz_pl_is_digit(run.data[i - 1]))); i++)
        {
            /* void */
        }

        if (i != 0) {
            mz_pl_scan_part(sc, (mz_str_t) { run.data, i });
            sc->is_glued = true;
        }

        if (i == run.len) {
            return;
        }

        run.data += i + 1;
        run.len -= i + 1;
    }
}


static void
mz_pl_scan_part(mz_pl_scan_t *sc, mz_str_t part)
{
    size_t          digits, i;
    mz_str_t        text;
    mz_pl_token_t  *t;

    for (digits = 0; digits < part.len
         && (mz_pl_is_digit(part.data[digits]) || part.data[digits] == ','
             || part.data[digits] == '.'); digits++)
    {
        /* void */
    }

    if (digits != 0) {
        mz_pl_scan_number(sc, part, digits);
        return;
    }

    text = mz_pl_plain(sc->pl, part);

    if (text.len >= 2 && text.len <= 4 && mz_pl_is_digit(text.data[1])
        && strchr("dwmqph", text.data[0]) != NULL)
    {
        for (i = 1; i < text.len && mz_pl_is_digit(text.data[i]); i++) {
            /* void */
        }

        if (i == text.len) {
            t = mz_pl_add(sc, part, text, MZ_PL_CODE);
            if (t != NULL) {
                t->text.len = 1;
                (void) mz_str_to_double((mz_str_t) { text.data + 1,
                                        text.len - 1 }, &t->num);
            }

            return;
        }
    }

    if (text.len > 2 && mz_pl_scan_last(sc, part, text)) {
        return;
    }

    for (i = 0; i < MZ_ARRAY_LEN(mz_pl_numwords); i++) {
        if (mz_str_eq_c(text, mz_pl_numwords[i].word)) {
            t = mz_pl_add(sc, part, text, MZ_PL_NUMBER);
            if (t != NULL) {
                t->num = mz_pl_numwords[i].value;
            }

            return;
        }
    }

    mz_pl_add(sc, part, text, MZ_PL_WORD);
}


/* "L7D": the last 7 days; behind "l" an m is a month. */

static bool
mz_pl_scan_last(mz_pl_scan_t *sc, mz_str_t part, mz_str_t text)
{
    size_t    i;
    mz_str_t  rest;

    for (i = 1; i < text.len && mz_pl_is_digit(text.data[i]); i++) {
        /* void */
    }

    if (text.data[0] != 'l' || i == 1 || i + 1 != text.len
        || strchr("dwmy", text.data[i]) == NULL)
    {
        return false;
    }

    mz_pl_add(sc, (mz_str_t) { part.data, 1 }, mz_str("last"), MZ_PL_WORD);

    rest = (mz_str_t) { part.data + 1, i - 1 };
    mz_pl_scan_number(sc, rest, rest.len);

    rest = (mz_str_t) { part.data + i, 1 };
    mz_pl_add(sc, rest, text.data[i] == 'm' ? mz_str("months")
                        : (mz_str_t) { text.data + i, 1 }, MZ_PL_WORD);

    return true;
}


/* "1,000", "7d", "95th", "100k": the number and the letters behind it. */

static void
mz_pl_scan_number(mz_pl_scan_t *sc, mz_str_t raw, size_t digits)
{
    char            buf[32];
    double          num;
    size_t          i, n;
    mz_str_t        rest;
    mz_pl_token_t  *t;

    n = 0;
    for (i = 0; i < digits && n < sizeof(buf); i++) {
        if (raw.data[i] != ',') {
            buf[n++] = raw.data[i];
        }
    }

    if (mz_str_to_double((mz_str_t) { buf, n }, &num) != MZ_OK) {
        mz_pl_add(sc, raw, mz_pl_plain(sc->pl, raw), MZ_PL_WORD);
        return;
    }

    rest = (mz_str_t) { raw.data + digits, raw.len - digits };

    if (rest.len > 6) {
        mz_pl_add(sc, raw, mz_pl_plain(sc->pl, raw), MZ_PL_WORD);
        return;
    }

    if (rest.len == 1 && (rest.data[0] == 'k' || rest.data[0] == 'K')) {
        num *= 1000;
        rest.len = 0;
    }

    t = mz_pl_add(sc, (mz_str_t) { raw.data, raw.len - rest.len },
                  (mz_str_t) { raw.data, digits }, MZ_PL_NUMBER);
    if (t != NULL) {
        t->num = num;
        t->is_money = sc->is_money;
        sc->is_money = false;
    }

    if (rest.len != 0) {
        sc->is_glued = true;
        mz_pl_scan_part(sc, rest);
    }
}


static mz_pl_token_t *
mz_pl_add(mz_pl_scan_t *sc, mz_str_t raw, mz_str_t text,
    mz_pl_token_kind_t kind)
{
    mz_pl_t        *pl;
    mz_pl_token_t  *t;

    pl = sc->pl;

    if (pl->ntok == MZ_PL_TOKENS_MAX) {
        return NULL;
    }

    t = &pl->tok[pl->ntok++];
    memset(t, 0, sizeof(mz_pl_token_t));
    t->raw = raw;
    t->text = text;
    t->kind = kind;
    t->item = MZ_PL_NONE;
    t->is_glued = sc->is_glued;
    t->is_quoted = sc->in_quote;

    if (kind == MZ_PL_WORD) {
        t->text = mz_pl_expanded(text, pl->ntok > 1
                                 && t[-1].kind == MZ_PL_NUMBER);
    }

    mz_pl_finish(pl, t);

    return t;
}


static void
mz_pl_finish(mz_pl_t *pl, mz_pl_token_t *t)
{
    size_t  i;

    t->is_upper = t->raw.len > 1;
    for (i = 0; i < t->raw.len; i++) {
        if (t->raw.data[i] >= 'a' && t->raw.data[i] <= 'z') {
            t->is_upper = false;
        }
    }

    t->stem = t->kind == MZ_PL_WORD ? mz_pl_stem(pl, t->text) : t->text;
    t->is_common = t->kind != MZ_PL_WORD || mz_pl_is_common(t->text);
    t->is_determiner = mz_pl_is_determiner(t->text);
    t->meaning = mz_pl_meaning(pl, t->stem);
}
