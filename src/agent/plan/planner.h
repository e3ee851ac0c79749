
/*
 * planner: a question in English becomes an analysis spec, by rules, offline
 * and deterministic.  Spec and catalog are those of src/analysis; the
 * schema of the JSON form is docs/analysis-spec.md.
 */

#ifndef MZ_PLANNER_H
#define MZ_PLANNER_H

#include "analysis/catalog.h"


/* How an assumption begins that names words nothing was made of. */
#define MZ_PLAN_NOT_USED  "not used: "

typedef struct {
    json_t  *spec;          /* owned; always an object with "kind" */
    json_t  *assumptions;   /* owned; array of sentences */
} mz_plan_t;


/*
 * parent: the spec of the answer before in this conversation, or NULL.
 * MZ_OK also for questions that cannot be answered: kinds "clarify" and
 * "unsupported" say what is missing.  MZ_INVALID: empty question.
 */
mz_rc_t mz_planner_plan(const mz_catalog_t *cat, mz_str_t question,
    const json_t *parent, int64_t now_ms, mz_plan_t *out, mz_err_t *err);

void mz_plan_free(mz_plan_t *plan);


#endif /* MZ_PLANNER_H */
