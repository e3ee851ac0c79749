
/*
 * planner_lexicon: finds the events, properties and values of the catalog in
 * the tokens and makes items of them.  Every reading is a candidate with a
 * rank; the best ones that do not share a token win.  planner_name.c
 * compares names, planner_value.c finds values.
 */

#ifndef MZ_PLANNER_LEXICON_H
#define MZ_PLANNER_LEXICON_H

#include "agent/plan/planner_core.h"


#define MZ_PL_CANDIDATES_MAX  512
#define MZ_PL_SCORE_MIN       0.45      /* below it is no match */
#define MZ_PL_SCORE_WEAK      0.7       /* below it: a hint only */

typedef struct {
    mz_pl_item_t  item;
    double        rank;
} mz_pl_candidate_t;

typedef struct {
    mz_pl_candidate_t  *list;
    size_t              n;
} mz_pl_candidates_t;


/* Takes the catalog's names apart; before the spelling is mended. */
mz_rc_t mz_pl_read_names(mz_pl_t *pl);

/* Fills pl->item, sorted by place. */
void mz_pl_read_items(mz_pl_t *pl);

/*
 * Makes events of values that no event of the question carries: "from the
 * pricing page to signup".
 */
void mz_pl_imply_events(mz_pl_t *pl);

/*
 * planner_name.c.  From token i on: the share of the name's weight that is
 * there, 0 for none; the tokens go to c.
 */
double mz_pl_name_at(const mz_pl_t *pl, const mz_pl_name_t *name, size_t i,
    mz_pl_item_t *it);
void mz_pl_name_split(mz_pl_t *pl, mz_str_t text, mz_pl_name_t *name);

bool mz_pl_is_doer(const mz_pl_t *pl, size_t i);    /* "buyers" */

/* planner_value.c */
void mz_pl_value_candidates(mz_pl_t *pl, mz_pl_candidates_t *cs);
void mz_pl_push_candidate(mz_pl_t *pl, mz_pl_candidates_t *cs,
    const mz_pl_candidate_t *c);

/* Joins a candidate of the same words. */
void mz_pl_add_value(mz_pl_t *pl, mz_pl_candidates_t *cs,
    const mz_catalog_property_t *p, json_t *values, size_t first, size_t end,
    bool is_not);

/* planner_country.c: names of countries and regions as ISO codes. */
void mz_pl_country_values(mz_pl_t *pl, mz_pl_candidates_t *cs);
/* The k-th name, NULL past the last. */
const char *mz_pl_country_name(size_t k);

/* The event whose name has these words ("subscription start"), or NULL. */
const mz_catalog_event_t *mz_pl_event_named(mz_pl_t *pl, const char *words);

/* A property likewise; of the event when one is given. */
const mz_catalog_property_t *mz_pl_property_named(mz_pl_t *pl,
    const mz_catalog_event_t *ev, const char *words);

/* planner_tidy.c: items that are part of others go, implied ones come. */
void mz_pl_drop_named(mz_pl_t *pl);
void mz_pl_drop_verbs(mz_pl_t *pl);
void mz_pl_add_verbs(mz_pl_t *pl);
void mz_pl_sort_items(mz_pl_t *pl);

/* planner_alias.c: what looks like a name and is none; other names. */
void mz_pl_take_idioms(mz_pl_t *pl);
void mz_pl_alias_candidates(mz_pl_t *pl, mz_pl_candidates_t *cs);
void mz_pl_property_alias_candidates(mz_pl_t *pl, mz_pl_candidates_t *cs);


#endif /* MZ_PLANNER_LEXICON_H */
