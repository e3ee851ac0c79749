
/*
 * run_one: what a runner does with one claimed run: the transcript gives the
 * parent spec, the warehouse is opened for this run alone, the agent
 * answers, and the run is finished, handed back, or left to whom it now
 * belongs.
 */

#ifndef MZ_RUN_ONE_H
#define MZ_RUN_ONE_H

#include "agent/work/fence.h"
#include "agent/work/work.h"


/*
 * The keeper watches the run already.  false: the run could not be finished
 * or handed back; its lease will run out.
 */
bool mz_run_one(const mz_work_t *work, mz_fence_t *f, const mz_id_t *conv,
    mz_str_t prompt);


#endif /* MZ_RUN_ONE_H */
