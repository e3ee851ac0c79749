
/*
 * planner_build: from slots to specs.  One builder a kind; each returns the
 * spec, or a clarify or unsupported spec when something is missing.  What
 * all kinds share (range, filters, breakdown) is in planner_common.c.
 */

#ifndef MZ_PLANNER_BUILD_H
#define MZ_PLANNER_BUILD_H

#include "agent/plan/planner_slots.h"


typedef enum {
    MZ_PL_KIND_NONE,
    MZ_PL_KIND_SEGMENTATION,
    MZ_PL_KIND_FUNNEL,
    MZ_PL_KIND_RETENTION,
    MZ_PL_KIND_JOURNEY,
    MZ_PL_KIND_DISCOVERY,
    MZ_PL_KIND_LOOKUP,
    MZ_PL_KIND_PLAN
} mz_pl_kind_t;

/* The events an analysis is about, in the order they matter. */

typedef struct {
    const mz_catalog_event_t  *event[MZ_PL_STEPS_MAX];
    size_t                     item[MZ_PL_STEPS_MAX];   /* or NONE */
    size_t                     n;
} mz_pl_events_t;


/* What the events of a question are to the analysis. */

typedef struct {
    mz_pl_events_t  main;           /* the series */
    size_t          did[MZ_PL_STEPS_MAX];   /* items: the user did it */
    bool            is_not[MZ_PL_STEPS_MAX];
    size_t          ndid;
    bool            is_any_of;
    bool            is_users;       /* people are counted, not events */
} mz_pl_roles_t;


/* planner_kind.c */
mz_pl_kind_t mz_pl_choose_kind(mz_pl_t *pl);
/* The same by cues alone; NONE when there are none. */
mz_pl_kind_t mz_pl_cue_kind(mz_pl_t *pl);

/* Builders: planner_segment.c, planner_funnel.c, .. */
json_t *mz_pl_build(mz_pl_t *pl, mz_pl_kind_t kind);
json_t *mz_pl_build_segmentation(mz_pl_t *pl);
json_t *mz_pl_build_funnel(mz_pl_t *pl);
json_t *mz_pl_build_retention(mz_pl_t *pl);
json_t *mz_pl_build_journey(mz_pl_t *pl);
json_t *mz_pl_build_discovery(mz_pl_t *pl);
json_t *mz_pl_build_lookup(mz_pl_t *pl);
json_t *mz_pl_build_plan(mz_pl_t *pl);

/* planner_funnel.c: what the question says of a funnel, for follow-ups. */
const char *mz_pl_funnel_measure(mz_pl_t *pl);
void mz_pl_put_funnel_rules(mz_pl_t *pl, json_t *spec);

/* planner_retention.c: likewise; false when it says nothing. */
bool mz_pl_put_retention_rules(mz_pl_t *pl, json_t *spec);

/* planner_journey.c: likewise. */
void mz_pl_put_journey_rules(mz_pl_t *pl, json_t *spec, bool is_new);

/* planner_look.c: whether it asks for the catalog or for one user. */
const char *mz_pl_discovery_what(mz_pl_t *pl, mz_pl_match_t *m);
bool mz_pl_lookup_user(mz_pl_t *pl, mz_str_t *user);

/* planner_ask.c: the rate of an event over nothing stated. */
json_t *mz_pl_ask_rate(mz_pl_t *pl, const mz_catalog_event_t *ev);

/* planner_segment.c: the event that properties or values stand for. */
const mz_catalog_event_t *mz_pl_implied(mz_pl_t *pl);

/* planner_formula.c: the formula of a share or ratio, else NULL. */
json_t *mz_pl_formula(mz_pl_t *pl, mz_pl_events_t *evs, json_t *spec);
json_t *mz_pl_part(mz_pl_t *pl, const mz_catalog_event_t *const *evs,
    size_t n, json_t *measure, json_t *filters);

/* planner_follow.c: the parent's analysis with what the question changes. */
bool mz_pl_is_follow_up(mz_pl_t *pl);
/* The first event of an analysis, or NULL for any. */
const mz_catalog_event_t *mz_pl_parent_event(const mz_pl_t *pl,
    const json_t *parent);
bool mz_pl_is_same_again(mz_pl_t *pl, const mz_catalog_event_t *start);

/* planner_change.c: the parts of a follow-up that change events. */
void mz_pl_change_events(mz_pl_t *pl, json_t *spec);
void mz_pl_change_steps(mz_pl_t *pl, json_t *spec);
void mz_pl_change_range(mz_pl_t *pl, json_t *spec);
bool mz_pl_change_share(mz_pl_t *pl, json_t *spec, json_t *added);
void mz_pl_change_did(mz_pl_t *pl, json_t *spec);
bool mz_pl_is_did(mz_pl_t *pl);
json_t *mz_pl_build_follow_up(mz_pl_t *pl);

/* planner_refuse.c: NULL when the question can be answered. */
json_t *mz_pl_refuse(mz_pl_t *pl);
json_t *mz_pl_refuse_missing(mz_pl_t *pl);
json_t *mz_pl_unsupported(mz_pl_t *pl, const char *reason,
    json_t *missing);
json_t *mz_pl_clarify(mz_pl_t *pl, const char *reason, json_t *options,
    json_t *guess);
json_t *mz_pl_no_match(mz_pl_t *pl);

/* planner_suggest.c: the nearest of what exists; an array of sentences. */
json_t *mz_pl_suggest(mz_pl_t *pl, const char *reason, json_t *missing);

/* planner_ask.c: questions that are too open, with the best guess. */
json_t *mz_pl_ask_back(mz_pl_t *pl);
json_t *mz_pl_ask_steps(mz_pl_t *pl);
json_t *mz_pl_option(mz_pl_t *pl, json_t *options, const char *fmt, ...)
    MZ_PRINTF(3, 4);

/*
 * planner_rest.c: states what the question says and spec does not; asks back
 * where that is the measure itself.
 */
json_t *mz_pl_say_rest(mz_pl_t *pl, json_t *spec);

/* planner_common.c */
json_t *mz_pl_new_spec(mz_pl_t *pl, const char *kind);
void mz_pl_put_range(mz_pl_t *pl, json_t *spec, int64_t n, mz_unit_t unit);
void mz_pl_put_breakdown(mz_pl_t *pl, json_t *spec,
    const mz_catalog_event_t *ev);
void mz_pl_put_compare(mz_pl_t *pl, json_t *spec);
void mz_pl_put_top(mz_pl_t *pl, json_t *spec);
json_t *mz_pl_array(mz_pl_t *pl);
json_t *mz_pl_event_ref(mz_pl_t *pl, const mz_catalog_event_t *ev);
mz_str_t mz_pl_event_name(const mz_catalog_event_t *ev);
bool mz_pl_is_once(mz_pl_t *pl, const mz_catalog_event_t *ev);
const mz_catalog_event_t *mz_pl_signup(mz_pl_t *pl);
bool mz_pl_before(const mz_pl_t *pl, size_t item, const char *words,
    size_t reach);
bool mz_pl_between(const mz_pl_t *pl, size_t from, size_t to,
    const char *words);

/* planner_where.c: conditions from values and slots. */

/* Those of one event (NULL: any), all of them, into filters. */
void mz_pl_filters_of(mz_pl_t *pl, const mz_catalog_event_t *ev,
    json_t *filters);
/*
 * Those every event carries go to shared, others to the list of the nearest
 * event that does; own[i] belongs to evs->event[i].
 */
void mz_pl_filters_split(mz_pl_t *pl, const mz_pl_events_t *evs,
    json_t *shared, json_t **own);
/* Two values of one property set against each other: break down by it. */
void mz_pl_compare_values(mz_pl_t *pl, const mz_catalog_event_t *ev,
    json_t *spec);
bool mz_pl_is_negated(const mz_pl_t *pl, size_t first);
bool mz_pl_is_compared(const mz_pl_t *pl);

/*
 * planner_roles.c: which events are counted and which are conditions; then
 * whether "customers" means buyers; then what is counted when no event is
 * named (main.n stays 0 where nothing says so).
 */
void mz_pl_roles(mz_pl_t *pl, mz_pl_roles_t *r);
void mz_pl_generic_users(mz_pl_t *pl, mz_pl_roles_t *r);
void mz_pl_default_event(mz_pl_t *pl, mz_pl_roles_t *r);

/* planner_drop.c: "without the breakdown", "all devices". */
void mz_pl_drop(mz_pl_t *pl, json_t *spec);

/* planner_change_measure.c: ev is the first event of spec. */
void mz_pl_follow_measure(mz_pl_t *pl, json_t *spec,
    const mz_catalog_event_t *ev);

/*
 * planner_at.c: "day 7", "week 4 and 8" into at, "for 8 weeks" into periods;
 * the unit, or -1.  Brackets: NULL when there are none.
 */
int mz_pl_read_at(mz_pl_t *pl, json_t *at, int64_t *periods);
json_t *mz_pl_read_brackets(mz_pl_t *pl);
json_t *mz_pl_window_brackets(mz_pl_t *pl, json_t *at, int *unit);


#endif /* MZ_PLANNER_BUILD_H */
