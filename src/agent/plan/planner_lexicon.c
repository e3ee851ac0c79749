
#include "agent/plan/planner_lexicon.h"
#include "agent/plan/planner_slots.h"


#define MZ_PL_RANK_STEM  0.3    /* off, for a property by its stem only */
#define MZ_PL_RANK_LAST  0.05   /* when nothing else wants the word */
#define MZ_PL_RANK_EVENT 0.1    /* an event before a property as good */
#define MZ_PL_RANK_HINT  0.4    /* a cue word before it: "by country" */
#define MZ_PL_RANK_WHICH 1.5    /* "which products are viewed" */
#define MZ_PL_RANK_MOST  2.0    /* "most used features": not the event */


static void mz_pl_event_candidates(mz_pl_t *pl, mz_pl_candidates_t *cs);
static void mz_pl_property_candidates(mz_pl_t *pl, mz_pl_candidates_t *cs);
static bool mz_pl_is_noun_of(const mz_pl_name_t *name, mz_str_t text);
static double mz_pl_property_place(const mz_pl_t *pl, size_t i);
static bool mz_pl_is_superlative(const mz_pl_t *pl, size_t i);
static void mz_pl_settle(mz_pl_t *pl, mz_pl_candidates_t *cs);
static void mz_pl_find_hints(mz_pl_candidates_t *cs);
static bool mz_pl_claim(mz_pl_t *pl, const mz_pl_candidate_t *c);
static int mz_pl_by_rank(const void *a, const void *b);


void
mz_pl_read_items(mz_pl_t *pl)
{
    size_t              i, k;
    mz_pl_candidates_t  cs;

    cs.n = 0;
    cs.list = mz_pl_alloc(pl, MZ_PL_CANDIDATES_MAX
                              * sizeof(mz_pl_candidate_t));
    if (cs.list == NULL) {
        return;
    }

    mz_pl_take_idioms(pl);
    mz_pl_value_candidates(pl, &cs);

    /* An event's words may stand around a value: "used the export feature" */

    for (i = 0; i < cs.n; i++) {
        for (k = 0; k < cs.list[i].item.ntok; k++) {
            pl->tok[cs.list[i].item.tok[k]].item = 0;
        }
    }

    mz_pl_event_candidates(pl, &cs);
    mz_pl_alias_candidates(pl, &cs);
    mz_pl_property_candidates(pl, &cs);
    mz_pl_property_alias_candidates(pl, &cs);

    for (i = 0; i < pl->ntok; i++) {
        pl->tok[i].item = MZ_PL_NONE;
    }

    mz_pl_settle(pl, &cs);
    mz_pl_sort_items(pl);
    mz_pl_drop_named(pl);
    mz_pl_drop_verbs(pl);
    mz_pl_add_verbs(pl);
}


void
mz_pl_push_candidate(mz_pl_t *pl, mz_pl_candidates_t *cs,
    const mz_pl_candidate_t *c)
{
    mz_pl_candidate_t  *p;

    if (cs->n == MZ_PL_CANDIDATES_MAX || c->item.ntok == 0) {
        return;
    }

    p = &cs->list[cs->n++];
    *p = *c;
    p->item.first = c->item.tok[0];
    p->item.last = c->item.tok[c->item.ntok - 1];
    p->item.word = mz_pl_raw(pl, p->item.first, p->item.last + 1);
}


const mz_catalog_event_t *
mz_pl_event_named(mz_pl_t *pl, const char *words)
{
    size_t                     i, k, w, hits;
    double                     got, total, best;
    mz_pl_name_t               want;
    const mz_pl_name_t        *name;
    const mz_catalog_event_t  *found;

    best = MZ_PL_SCORE_WEAK;
    found = NULL;
    mz_pl_name_split(pl, mz_str_from(words), &want);

    for (i = 0; i < pl->cat->nevents; i++) {
        name = &pl->event_names[i];
        got = 0;
        total = 0;
        hits = 0;

        for (k = 0; k < name->n; k++) {
            total += name->weight[k];

            for (w = 0; w < want.n; w++) {
                if (mz_pl_means(name->stem[k], name->meaning[k],
                                want.stem[w], want.meaning[w])) {
                    got += name->weight[k];
                    hits++;
                    break;
                }
            }
        }

        if (mz_str_eq(name->joined, want.joined)) {
            return &pl->cat->events[i];
        }

        if (total > 0 && hits >= want.n && got / total > best) {
            best = got / total;
            found = &pl->cat->events[i];
        }
    }

    return found;
}


const mz_catalog_property_t *
mz_pl_property_named(mz_pl_t *pl, const mz_catalog_event_t *ev,
    const char *words)
{
    size_t                        i, k;
    mz_str_t                      rest, w;
    const mz_pl_name_t           *name;
    const mz_catalog_property_t  *p;

    rest = mz_str_from(words);

    while (mz_str_split(&rest, ' ', &w)) {
        for (i = 0; i < pl->cat->nproperties; i++) {
            p = &pl->cat->properties[i];
            name = &pl->prop_names[i];

            if (ev != NULL && !mz_catalog_event_has(pl->cat, ev->name,
                                                    p->name))
            {
                continue;
            }

            for (k = 0; k < name->n; k++) {
                if (mz_str_eq(name->word[k], w)) {
                    return p;
                }
            }
        }
    }

    return NULL;
}


static void
mz_pl_event_candidates(mz_pl_t *pl, mz_pl_candidates_t *cs)
{
    size_t             i, k;
    double             score;
    mz_pl_candidate_t  c;

    for (k = 0; k < pl->cat->nevents; k++) {
        for (i = 0; i < pl->ntok; i++) {
            memset(&c, 0, sizeof(c));

            score = mz_pl_name_at(pl, &pl->event_names[k], i, &c.item);
            if (score < MZ_PL_SCORE_MIN) {
                continue;
            }

            c.item.kind = MZ_PL_EVENT;
            c.item.event = &pl->cat->events[k];
            c.item.score = score;
            c.item.is_weak = score < MZ_PL_SCORE_WEAK;
            c.item.is_users = mz_pl_is_doer(pl, c.item.tok[0])
                              || mz_pl_is_doer(pl, c.item.tok[c.item.ntok
                                                              - 1]);
            c.rank = (double) c.item.ntok * score + MZ_PL_RANK_EVENT;
            mz_pl_push_candidate(pl, cs, &c);
        }
    }
}


static void
mz_pl_property_candidates(mz_pl_t *pl, mz_pl_candidates_t *cs)
{
    size_t             i, k;
    double             score;
    mz_pl_candidate_t  c;

    for (k = 0; k < pl->cat->nproperties; k++) {
        for (i = 0; i < pl->ntok; i++) {
            memset(&c, 0, sizeof(c));

            score = mz_pl_name_at(pl, &pl->prop_names[k], i, &c.item);
            if (score < MZ_PL_SCORE_MIN) {
                continue;
            }

            c.item.kind = MZ_PL_PROPERTY;
            c.item.props[c.item.nprops++] = &pl->cat->properties[k];
            c.item.score = score;
            c.item.is_weak = score < MZ_PL_SCORE_WEAK;
            c.rank = (double) c.item.ntok * score
                     + (c.item.is_alike ? 0
                        : mz_pl_property_place(pl, c.item.tok[0]))
                     - (mz_pl_is_noun_of(&pl->prop_names[k],
                                         pl->tok[c.item.tok[0]].text)
                        ? 0 : MZ_PL_RANK_STEM)
                     + (mz_pl_is_superlative(pl, c.item.tok[0])
                        ? MZ_PL_RANK_MOST : 0);
            mz_pl_push_candidate(pl, cs, &c);
        }
    }
}


/* The word itself or its plural: "referral" is no referrer. */

static bool
mz_pl_is_noun_of(const mz_pl_name_t *name, mz_str_t text)
{
    size_t    i;
    mz_str_t  w;

    for (i = 0; i < name->n; i++) {
        w = name->word[i];

        if (mz_str_eq(w, text) || mz_str_eq(name->joined, text)
            || (w.len > 1 && text.len >= w.len && text.len <= w.len + 2
                && text.data[text.len - 1] == 's'
                && memcmp(w.data, text.data, w.len - 1) == 0))
        {
            return true;
        }
    }

    return false;
}


/* "by country"; "which products are": what is said before a property. */

static double
mz_pl_property_place(const mz_pl_t *pl, size_t i)
{
    size_t  next;

    next = i + 1;
    while (i > 0 && pl->tok[i - 1].is_determiner) {
        i--;
    }

    if (i == 0) {
        return 0;
    }

    if (mz_pl_is_any(pl, i - 1, "which what")
        && mz_pl_is_any(pl, next, "is are was were do does did get gets got "
                        "have has had bring brings brought drive drives "
                        "generate generates users people sell sells"))
    {
        return MZ_PL_RANK_WHICH;
    }

    return mz_pl_is_any(pl, i - 1, "by per each which across every what "
                        "average median total sum different unique distinct")
           ? MZ_PL_RANK_HINT : 0;
}


/* "most viewed products", "least used features" */

static bool
mz_pl_is_superlative(const mz_pl_t *pl, size_t i)
{
    return i > 1 && mz_pl_is_any(pl, i - 2, "most least best worst top")
           && pl->tok[i - 1].kind == MZ_PL_WORD
           && (mz_str_has_suffix(pl->tok[i - 1].text, mz_str("ed"))
               || mz_pl_is_any(pl, i - 1, "selling bought sold seen paid "
                               "popular common frequent"));
}


static void
mz_pl_settle(mz_pl_t *pl, mz_pl_candidates_t *cs)
{
    size_t         i, at;
    mz_pl_item_t  *it, *c;

    mz_pl_find_hints(cs);
    qsort(cs->list, cs->n, sizeof(mz_pl_candidate_t), mz_pl_by_rank);

    for (i = 0; i < cs->n; i++) {
        c = &cs->list[i].item;

        if (mz_pl_claim(pl, &cs->list[i])) {
            continue;
        }

        /* Another reading of words that are taken may be right later. */

        at = pl->tok[c->tok[0]].item;
        if (at == MZ_PL_NONE) {
            continue;
        }

        it = &pl->item[at];
        if (it->kind != c->kind || it->first != c->first
            || it->last != c->last)
        {
            continue;
        }

        if (it->kind == MZ_PL_PROPERTY && it->nprops < MZ_PL_PROPS_MAX) {
            it->props[it->nprops++] = c->props[0];
        }

        if (it->kind == MZ_PL_EVENT && it->rival == NULL
            && it->score - c->score < 0.05 && it->event != c->event)
        {
            it->rival = c->event;
        }
    }
}


/*
 * Part of a name right before a whole property says which one is meant
 * ("product category") and is nothing of its own.
 */

static void
mz_pl_find_hints(mz_pl_candidates_t *cs)
{
    size_t               i, k;
    mz_pl_item_t        *it;
    const mz_pl_item_t  *next;

    for (i = 0; i < cs->n; i++) {
        it = &cs->list[i].item;
        if (it->kind == MZ_PL_VALUE || it->score > 0.99 || it->ntok > 1) {
            continue;
        }

        for (k = 0; k < cs->n; k++) {
            next = &cs->list[k].item;

            if (next->kind == MZ_PL_PROPERTY && next->score > 0.85
                && next->first == it->last + 1)
            {
                it->is_hint = true;
                it->is_used = true;
                if (it->kind == MZ_PL_PROPERTY) {
                    cs->list[i].rank = MZ_PL_RANK_LAST;
                }
            }
        }
    }
}


static bool
mz_pl_claim(mz_pl_t *pl, const mz_pl_candidate_t *c)
{
    size_t  i;

    if (pl->nitems == MZ_PL_ITEMS_MAX) {
        return false;
    }

    for (i = 0; i < c->item.ntok; i++) {
        if (pl->tok[c->item.tok[i]].item != MZ_PL_NONE
            || pl->tok[c->item.tok[i]].is_taken)
        {
            return false;
        }
    }

    for (i = 0; i < c->item.ntok; i++) {
        pl->tok[c->item.tok[i]].item = pl->nitems;
    }

    /* A value takes the name of its property with it: "pricing page". */

    i = c->item.beside;
    if (c->item.is_named && i < pl->ntok && pl->tok[i].item == MZ_PL_NONE) {
        pl->tok[i].item = pl->nitems;
    }

    pl->item[pl->nitems++] = c->item;

    return true;
}


static int
mz_pl_by_rank(const void *a, const void *b)
{
    const mz_pl_candidate_t  *x, *y;

    x = a;
    y = b;

    if (x->rank != y->rank) {
        return x->rank < y->rank ? 1 : -1;
    }

    if (x->item.kind != y->item.kind) {
        return x->item.kind < y->item.kind ? -1 : 1;
    }

    if (x->item.score != y->item.score) {
        return x->item.score < y->item.score ? 1 : -1;
    }

    if (x->item.first != y->item.first) {
        return x->item.first < y->item.first ? -1 : 1;
    }

    if (x->item.kind == MZ_PL_EVENT) {
        return mz_str_cmp(x->item.event->name, y->item.event->name);
    }

    return mz_str_cmp(x->item.props[0]->name, y->item.props[0]->name);
}
