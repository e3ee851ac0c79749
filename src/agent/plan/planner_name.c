
#include <math.h>

#include "agent/plan/planner_lexicon.h"


#define MZ_PL_LIGHT  0.25       /* weight of a word that goes unsaid */
#define MZ_PL_ALIKE  0.9        /* a synonym in place of the word */
#define MZ_PL_SKIP   3          /* tokens between two words of a name */

/* Stems that names carry and people leave out. */

static const char *const  mz_pl_light_stems[] = {
    "start", "begin", "creat", "complet", "finish", "send", "sent", "show",
    "shown", "display", "use", "submit", "success", "event", "action",
    "add", "id", "ms", "sec", "second", "s", "name", "code", "at", "usd",
    "place", "made", "make", "new", "user", "total", "do", "confirm", "count",
    "pct", "key", "process", "app", "trigger", "receiv", "succeed",
};

/* Stems without which the name means the opposite. */

static const char *const  mz_pl_negative_stems[] = {
    "remov", "cancel", "delet", "uninstal", "fail", "declin", "abandon",
    "unsubscrib", "downgrad", "reject", "expir", "paus", "renew", "skip",
    "dislik", "unfollow", "refund", "churn", "error", "end", "leav", "left",
    "upgrad", "pause", "resum",
};

/* Of no weight in a name. */

static const char *const  mz_pl_glue_words[] = {
    "a", "an", "the", "to", "of", "from", "in", "on", "into", "for", "at",
    "ms", "s", "sec", "usd", "eur",
};

/* May stand between the words of a name in a question. */

static const char *const  mz_pl_skip_words[] = {
    "a", "an", "the", "to", "of", "from", "in", "on", "into", "for", "their",
    "our", "my", "his", "her", "its", "new", "any", "some", "more", "one",
    "item", "items", "something", "things", "first", "out", "at", "least",
    "this", "that", "your", "is", "was", "were", "are", "be", "been", "got",
    "or", "and", "anything", "everything", "stuff", "someone", "somebody",
    "people", "others",
};


/* Nouns for the people who did an event. */

static const char  mz_pl_doer_words[] =
    "buyer buyers purchaser purchasers shopper shoppers customer customers "
    "visitor visitors subscriber subscribers searcher searchers viewer "
    "viewers payer payers registrant registrants inviter inviters player "
    "players listener listeners opener openers";


typedef struct {
    mz_str_t  stem;
    size_t    n;
} mz_pl_df_t;


static void mz_pl_weigh(mz_pl_t *pl, mz_pl_name_t *names, size_t n);
static mz_pl_df_t *mz_pl_df(mz_pl_df_t *table, size_t mask, mz_str_t stem);
static bool mz_pl_listed(const char *const *list, size_t n, mz_str_t s);
static size_t mz_pl_name_word(const mz_pl_t *pl, const mz_pl_name_t *name,
    size_t i, unsigned done, double *quality, size_t *used);
static bool mz_pl_is_participle(mz_str_t word);
static bool mz_pl_joins(const mz_pl_t *pl, size_t i, mz_str_t word);
static bool mz_pl_may_skip(const mz_pl_t *pl, size_t i);


void
mz_pl_name_split(mz_pl_t *pl, mz_str_t text, mz_pl_name_t *name)
{
    char      c, prev, *joined;
    size_t    i, start;
    mz_str_t  lower;

    memset(name, 0, sizeof(mz_pl_name_t));
    lower = mz_pl_lower(pl, text);
    joined = mz_pl_alloc(pl, text.len + 1);
    if (joined == NULL) {
        return;
    }

    start = 0;
    prev = '\0';

    for (i = 0; i <= text.len; i++) {
        c = i < text.len ? text.data[i] : '_';

        if (strchr("_- ./:", c) == NULL
            && !(c >= 'A' && c <= 'Z' && prev >= 'a' && prev <= 'z'))
        {
            joined[name->joined.len++] = lower.data[i];
            prev = c;
            continue;
        }

        if (i > start && name->n < MZ_PL_WORDS_MAX) {
            name->word[name->n] = (mz_str_t) { lower.data + start,
                                               i - start };
            name->stem[name->n] = mz_pl_stem(pl, name->word[name->n]);
            name->meaning[name->n] = mz_pl_meaning(pl,
                                                   name->stem[name->n]);
            name->n++;
        }

        start = i + 1;
        if (c >= 'A' && c <= 'Z') {
            joined[name->joined.len++] = lower.data[i];
            start = i;
        }

        prev = c;
    }

    name->joined.data = joined;
}


mz_rc_t
mz_pl_read_names(mz_pl_t *pl)
{
    size_t               i;
    const mz_catalog_t  *cat;

    cat = pl->cat;
    pl->event_names = mz_pl_alloc(pl, cat->nevents * sizeof(mz_pl_name_t));
    pl->prop_names = mz_pl_alloc(pl,
                                 cat->nproperties * sizeof(mz_pl_name_t));
    if (pl->event_names == NULL || pl->prop_names == NULL) {
        return MZ_NOMEM;
    }

    for (i = 0; i < cat->nevents; i++) {
        mz_pl_name_split(pl, cat->events[i].name, &pl->event_names[i]);
    }

    for (i = 0; i < cat->nproperties; i++) {
        mz_pl_name_split(pl, cat->properties[i].name, &pl->prop_names[i]);
    }

    mz_pl_weigh(pl, pl->event_names, cat->nevents);
    mz_pl_weigh(pl, pl->prop_names, cat->nproperties);

    return pl->rc;
}


double
mz_pl_name_at(const mz_pl_t *pl, const mz_pl_name_t *name, size_t i,
    mz_pl_item_t *it)
{
    bool      has_content;
    size_t    j, w, used, skipped;
    double    got, total, quality;
    unsigned  done;

    got = 0;
    done = 0;
    skipped = 0;
    has_content = false;
    it->ntok = 0;

    for (j = i; j < pl->ntok && !pl->tok[j].is_taken; j += used) {
        w = mz_pl_name_word(pl, name, j, done, &quality, &used);

        if (w == MZ_PL_NONE) {
            used = 1;
            if (j == i || ++skipped > MZ_PL_SKIP || !mz_pl_may_skip(pl, j)) {
                break;
            }

            continue;
        }

        skipped = 0;
        done |= w == name->n ? ~0u : 1u << w;
        got += w == name->n ? 0 : name->weight[w] * quality;
        has_content |= !pl->tok[j].is_common || mz_pl_is_doer(pl, j);
        it->is_alike |= quality < 1;

        for (w = 0; w < used && it->ntok < MZ_PL_WORDS_MAX; w++) {
            it->tok[it->ntok++] = j + w;
        }
    }

    if (done == ~0u) {
        return 1;
    }

    total = 0;
    for (w = 0; w < name->n; w++) {
        total += name->weight[w];

        if (!(done & 1u << w)
            && mz_pl_listed(mz_pl_negative_stems,
                            MZ_ARRAY_LEN(mz_pl_negative_stems),
                            name->stem[w]))
        {
            return 0;
        }
    }

    /* "comments" is enough for comment_posted, when no other has comments */

    if (name->n == 2 && done == 1u && name->weight[0] > 0.99
        && mz_pl_is_participle(name->word[1]) && got < total * 0.72)
    {
        got = total * 0.72;
    }

    if (done == 0 || total == 0 || (!has_content && got < total * 0.8)) {
        return 0;
    }

    return got / total;
}


bool
mz_pl_is_doer(const mz_pl_t *pl, size_t i)
{
    return mz_pl_is_any(pl, i, mz_pl_doer_words);
}


static bool
mz_pl_is_participle(mz_str_t word)
{
    static const char *const  irregular[] = {
        "sent", "shown", "made", "done", "seen", "paid", "sold", "won",
        "lost", "begun",
    };

    return mz_str_has_suffix(word, mz_str("ed"))
           || mz_pl_listed(irregular, MZ_ARRAY_LEN(irregular), word);
}


/* The more names share a word, the less it says. */

static void
mz_pl_weigh(mz_pl_t *pl, mz_pl_name_t *names, size_t n)
{
    size_t       i, k, size;
    mz_str_t     stem;
    mz_pl_df_t  *table;

    for (size = 64; size < 2 * n * MZ_PL_WORDS_MAX; size *= 2) {
        /* void */
    }

    table = mz_pl_alloc(pl, size * sizeof(mz_pl_df_t));
    if (table == NULL) {
        return;
    }

    for (i = 0; i < n; i++) {
        for (k = 0; k < names[i].n; k++) {
            mz_pl_df(table, size - 1, names[i].stem[k])->n++;
        }
    }

    for (i = 0; i < n; i++) {
        for (k = 0; k < names[i].n; k++) {
            stem = names[i].stem[k];

            if (names[i].n > 1 && mz_pl_listed(mz_pl_glue_words,
                MZ_ARRAY_LEN(mz_pl_glue_words), names[i].word[k]))
            {
                continue;
            }

            names[i].weight[k] =
                1 / sqrt((double) mz_pl_df(table, size - 1, stem)->n);

            if (names[i].n > 1 && mz_pl_listed(mz_pl_light_stems,
                             MZ_ARRAY_LEN(mz_pl_light_stems), stem))
            {
                names[i].weight[k] *= MZ_PL_LIGHT;
            }
        }
    }
}


static mz_pl_df_t *
mz_pl_df(mz_pl_df_t *table, size_t mask, mz_str_t stem)
{
    size_t  i, h;

    h = 5381;
    for (i = 0; i < stem.len; i++) {
        h = h * 33 + (unsigned char) stem.data[i];
    }

    for (h &= mask; table[h].n != 0 && !mz_str_eq(table[h].stem, stem);
         h = (h + 1) & mask)
    {
        /* void */
    }

    table[h].stem = stem;

    return &table[h];
}


/* The word of the name at token i; name->n where all of it is there. */

static size_t
mz_pl_name_word(const mz_pl_t *pl, const mz_pl_name_t *name, size_t i,
    unsigned done, double *quality, size_t *used)
{
    size_t                w, alike;
    const mz_pl_token_t  *t;

    t = &pl->tok[i];
    alike = MZ_PL_NONE;
    *quality = 1;
    *used = 1;

    if (done == 0 && name->n > 1) {
        if (mz_str_eq(name->joined, t->text)
            || mz_str_eq(name->joined, t->stem))
        {
            return name->n;
        }
    }

    for (w = 0; w < name->n; w++) {
        if (done & 1u << w) {
            continue;
        }

        if (mz_str_eq(name->stem[w], t->stem)
            || mz_str_eq(name->word[w], t->text))
        {
            return w;
        }

        if (mz_pl_joins(pl, i, name->word[w])) {
            *used = 2;
            return w;
        }

        if (alike == MZ_PL_NONE && t->kind == MZ_PL_WORD
            && mz_pl_means(name->stem[w], name->meaning[w], t->stem,
                           t->meaning))
        {
            alike = w;
        }
    }

    *quality = MZ_PL_ALIKE;

    return alike;
}


/* "signed up" is "signup". */

static bool
mz_pl_joins(const mz_pl_t *pl, size_t i, mz_str_t word)
{
    mz_str_t  a, b;

    if (i + 1 >= pl->ntok || pl->tok[i + 1].kind != MZ_PL_WORD
        || pl->tok[i + 1].is_taken)
    {
        return false;
    }

    a = pl->tok[i].stem;
    b = pl->tok[i + 1].stem;

    return word.len == a.len + b.len && b.len != 0
           && memcmp(word.data, a.data, a.len) == 0
           && memcmp(word.data + a.len, b.data, b.len) == 0;
}


static bool
mz_pl_may_skip(const mz_pl_t *pl, size_t i)
{
    return mz_pl_listed(mz_pl_skip_words, MZ_ARRAY_LEN(mz_pl_skip_words),
                        pl->tok[i].text)
           || pl->tok[i].item != MZ_PL_NONE;
}


static bool
mz_pl_listed(const char *const *list, size_t n, mz_str_t s)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if (mz_str_eq_c(s, list[i])) {
            return true;
        }
    }

    return false;
}
