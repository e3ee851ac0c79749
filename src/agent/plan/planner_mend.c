
#include "agent/plan/planner_lexicon.h"
#include "agent/plan/planner_words.h"


#define MZ_PL_TYPO_LETTERS  4       /* shorter words are never mended */
#define MZ_PL_TYPO_VALUE    6       /* "boots" are no books */
#define MZ_PL_TYPO_TWO      8       /* from here on two slips are allowed */
#define MZ_PL_WORD_MAX      40      /* longer ones are not compared */


static void mz_pl_mend_token(mz_pl_t *pl, size_t i);
static void mz_pl_try(mz_str_t text, mz_str_t word, mz_str_t *best,
    size_t *distance);
static bool mz_pl_is_inflected(mz_str_t text, mz_str_t word);
static mz_str_t mz_pl_singular(mz_str_t text, char *buf);
static void mz_pl_try_names(const mz_pl_t *pl, mz_str_t text, mz_str_t *best,
    size_t *distance);
static void mz_pl_try_values(const mz_pl_t *pl, mz_str_t text,
    mz_str_t *best, size_t *distance);
static bool mz_pl_is_known(const mz_pl_t *pl, size_t i);
static bool mz_pl_name_has(const mz_pl_name_t *name, const mz_pl_token_t *t);


void
mz_pl_mend(mz_pl_t *pl)
{
    size_t  i;

    for (i = 0; i < pl->ntok; i++) {
        if (pl->tok[i].kind != MZ_PL_WORD) {
            continue;
        }

        if (!pl->tok[i].is_common) {
            pl->tok[i].is_known = mz_pl_is_known(pl, i);
        }

        if (!pl->tok[i].is_known && !pl->tok[i].is_common
            && !pl->tok[i].is_quoted
            && pl->tok[i].text.len >= MZ_PL_TYPO_LETTERS)
        {
            mz_pl_mend_token(pl, i);
        }
    }
}


static void
mz_pl_mend_token(mz_pl_t *pl, size_t i)
{
    size_t          j, distance;
    mz_str_t        best;
    mz_pl_token_t  *t;

    t = &pl->tok[i];
    best = mz_null_str;
    distance = (t->text.len >= MZ_PL_TYPO_TWO ? 2 : 1) + 1;

    for (j = 0; j < t->text.len; j++) {
        if (t->text.data[j] >= '0' && t->text.data[j] <= '9') {
            return;
        }
    }

    if (t->text.len > MZ_PL_TYPO_LETTERS) {
        mz_pl_try_names(pl, t->text, &best, &distance);
    }

    for (j = 0; j < mz_pl_ncue_words; j++) {
        mz_pl_try(t->text, mz_str_from(mz_pl_cue_words[j]), &best,
                  &distance);
    }

    if (t->text.len >= MZ_PL_TYPO_VALUE) {
        mz_pl_try_values(pl, t->text, &best, &distance);

        for (j = 0; mz_pl_country_name(j) != NULL; j++) {
            mz_pl_try(t->text, mz_str_from(mz_pl_country_name(j)), &best,
                      &distance);
        }
    }

    if (best.data == NULL || distance == 0) {
        return;
    }

    mz_pl_assume(pl, "read \"%.*s\" as \"%.*s\"", (int) t->raw.len,
                 t->raw.data, (int) best.len, best.data);

    t->text = mz_pl_lower(pl, best);
    t->stem = mz_pl_stem(pl, t->text);
    t->meaning = mz_pl_meaning(pl, t->stem);
    t->is_common = mz_pl_is_common(t->text);
    t->is_known = mz_pl_is_known(pl, i);
}


/* A slip seldom hits the first letter; "sginup" still shares the second. */

static void
mz_pl_try(mz_str_t text, mz_str_t word, mz_str_t *best, size_t *distance)
{
    size_t  d;

    if (*distance == 0 || word.len < MZ_PL_TYPO_LETTERS - 1
        || (text.data[0] != word.data[0] && text.data[1] != word.data[0]))
    {
        return;
    }

    d = mz_pl_distance(text, word, *distance - 1);
    if (d < *distance && !mz_pl_is_inflected(text, word)) {
        *distance = d;
        *best = word;
    }
}


/* "shares" is no slip for "share". */

static bool
mz_pl_is_inflected(mz_str_t text, mz_str_t word)
{
    size_t                    i;
    mz_str_t                  tail;
    static const char *const  tails[] = {
        "s", "es", "d", "ed", "r", "er", "ly", "al",
    };

    if (!mz_str_has_prefix(text, word)) {
        return false;
    }

    tail = (mz_str_t) { text.data + word.len, text.len - word.len };

    for (i = 0; i < MZ_ARRAY_LEN(tails); i++) {
        if (mz_str_eq_c(tail, tails[i])) {
            return true;
        }
    }

    return false;
}


/* "catagories" is a slip of a plural, "serached" of a past tense. */

static mz_str_t
mz_pl_singular(mz_str_t text, char *buf)
{
    size_t                    i;
    mz_str_t                  tail;
    static const char *const  tails[] = { "ing", "ed", "s" };

    if (text.len > 5 && text.len <= MZ_PL_WORD_MAX
        && mz_str_has_suffix(text, mz_str("ies")))
    {
        memcpy(buf, text.data, text.len - 3);
        buf[text.len - 3] = 'y';
        return (mz_str_t) { buf, text.len - 2 };
    }

    for (i = 0; i < MZ_ARRAY_LEN(tails); i++) {
        tail = mz_str_from(tails[i]);
        if (text.len > tail.len + 3 && mz_str_has_suffix(text, tail)) {
            return (mz_str_t) { text.data, text.len - tail.len };
        }
    }

    return text;
}


static void
mz_pl_try_names(const mz_pl_t *pl, mz_str_t text, mz_str_t *best,
    size_t *distance)
{
    char                 buf[MZ_PL_WORD_MAX];
    size_t               i, k, total;
    mz_str_t             single;
    const mz_pl_name_t  *name;

    total = pl->cat->nevents + pl->cat->nproperties;
    single = mz_pl_singular(text, buf);

    for (i = 0; i < total; i++) {
        name = i < pl->cat->nevents ? &pl->event_names[i]
                                    : &pl->prop_names[i - pl->cat->nevents];

        for (k = 0; k < name->n; k++) {
            mz_pl_try(text, name->word[k], best, distance);
            mz_pl_try(single, name->word[k], best, distance);
        }

        if (name->n > 1) {
            mz_pl_try(text, name->joined, best, distance);
            mz_pl_try(single, name->joined, best, distance);
        }
    }
}


static void
mz_pl_try_values(const mz_pl_t *pl, mz_str_t text, mz_str_t *best,
    size_t *distance)
{
    char                          lower[MZ_PL_WORD_MAX];
    size_t                        i, k, j, n;
    mz_str_t                      v;
    const mz_catalog_property_t  *p;

    for (i = 0; i < pl->cat->nproperties; i++) {
        p = &pl->cat->properties[i];
        if (!p->is_enum || p->nvalues > MZ_PL_VALUES_MAX) {
            continue;
        }

        for (k = 0; k < p->nvalues; k++) {
            v = p->values[k].value;
            if (v.len > MZ_PL_WORD_MAX || v.len < MZ_PL_TYPO_LETTERS) {
                continue;
            }

            for (j = 0; j < v.len; j++) {
                lower[j] = v.data[j];
                if (lower[j] >= 'A' && lower[j] <= 'Z') {
                    lower[j] = (char) (lower[j] | 0x20);
                }
            }

            n = *distance;
            mz_pl_try(text, (mz_str_t) { lower, v.len }, best, distance);
            if (*distance != n) {
                *best = v;
            }
        }
    }
}


/* Whether the catalog has the word, in a name or at a value's start. */

static bool
mz_pl_is_known(const mz_pl_t *pl, size_t i)
{
    size_t                        k, j;
    mz_str_t                      text, v;
    const mz_catalog_property_t  *p;

    for (k = 0; k < pl->cat->nevents; k++) {
        if (mz_pl_name_has(&pl->event_names[k], &pl->tok[i])) {
            return true;
        }
    }

    text = pl->tok[i].text;

    for (k = 0; k < pl->cat->nproperties; k++) {
        if (mz_pl_name_has(&pl->prop_names[k], &pl->tok[i])) {
            return true;
        }

        p = &pl->cat->properties[k];
        for (j = 0; j < p->nvalues; j++) {
            v = p->values[j].value;
            if (v.len >= text.len && (v.data[0] | 0x20) == (text.data[0] | 0x20)
                && mz_str_ieq((mz_str_t) { v.data, text.len }, text))
            {
                return true;
            }
        }
    }

    return false;
}


static bool
mz_pl_name_has(const mz_pl_name_t *name, const mz_pl_token_t *t)
{
    size_t  i;

    for (i = 0; i < name->n; i++) {
        if (mz_pl_means(name->stem[i], name->meaning[i], t->stem,
                        t->meaning))
        {
            return true;
        }
    }

    return mz_str_eq(name->joined, t->text);
}
