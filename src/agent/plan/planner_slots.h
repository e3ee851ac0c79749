
/*
 * planner_slots: reads what a question states about its analysis from
 * tokens and items into pl->slot.  One function a concern; each marks what
 * it used.  Called in this order by planner.c.
 */

#ifndef MZ_PLANNER_SLOTS_H
#define MZ_PLANNER_SLOTS_H

#include "agent/plan/planner_core.h"


#define MZ_PL_TOP_DEFAULT  10       /* "top pages" */


void mz_pl_read_flags(mz_pl_t *pl);             /* planner_flags.c */
void mz_pl_read_breakdown(mz_pl_t *pl);         /* planner_break.c */
void mz_pl_read_conditions(mz_pl_t *pl);        /* planner_filter.c */
void mz_pl_read_measure(mz_pl_t *pl);           /* planner_measure.c */


/* planner_break.c */
/* A property people add up or average, not one they group by. */
bool mz_pl_is_amount(const mz_pl_t *pl, const mz_catalog_property_t *p);
void mz_pl_add_missing(mz_pl_t *pl, const char *reason, size_t first,
    size_t end);

/* planner_compare.c: "more than 3", "at least twice", "5 or more". */
typedef struct {
    const char  *op;
    double       value;
    double       value2;        /* of "between" */
    bool         is_between;
    bool         is_times;      /* "3 times", "twice" */
    bool         is_money;
    size_t       end;
} mz_pl_threshold_t;

bool mz_pl_threshold_at(const mz_pl_t *pl, size_t pos,
    mz_pl_threshold_t *t);

/* planner_pick.c: which of its readings an item has for an event. */
const mz_catalog_property_t *mz_pl_pick(const mz_pl_t *pl,
    const mz_pl_item_t *it, const mz_catalog_event_t *ev);
bool mz_pl_carries(const mz_pl_t *pl, const mz_catalog_event_t *ev,
    const mz_catalog_property_t *p);
/* The event a property is asked of when none is named, or NULL. */
const mz_catalog_event_t *mz_pl_owner(mz_pl_t *pl,
    const mz_catalog_property_t *p);
/* Says so where another event could have been meant. */
void mz_pl_say_owner(mz_pl_t *pl, const mz_catalog_property_t *p,
    const mz_catalog_event_t *ev);
/* The amount of money of an event (NULL: of the shop), or NULL. */
const mz_catalog_property_t *mz_pl_money(mz_pl_t *pl,
    const mz_catalog_event_t **ev);
json_t *mz_pl_measure(mz_pl_t *pl, const char *type,
    const mz_catalog_property_t *p);
json_t *mz_pl_condition(mz_pl_t *pl, const mz_catalog_property_t *p,
    const char *op, json_t *value);
json_t *mz_pl_number(mz_pl_t *pl, double v);

/* Next item of a kind at or after item i that is not used, or NONE. */
size_t mz_pl_next_item(const mz_pl_t *pl, mz_pl_item_kind_t kind, size_t i);

/* planner_aggregate.c: "average", "p95" of a property; ids end in _id. */
void mz_pl_read_aggregate(mz_pl_t *pl);
bool mz_pl_set_money_of(mz_pl_t *pl, size_t pos);
bool mz_pl_is_identifier(const mz_pl_t *pl, const mz_catalog_property_t *p);

/* planner_measure.c: its numbers are summed when nothing is said. */
bool mz_pl_adds_up(const mz_pl_t *pl, const mz_catalog_property_t *p);


#endif /* MZ_PLANNER_SLOTS_H */
