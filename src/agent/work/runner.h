
/*
 * runner: one process that serves runs, one at a time: waits for a wake-up,
 * claims, answers, finishes.  Made by the supervisor's fork; a crash or the
 * memory limit takes one run and one runner, not the worker.
 */

#ifndef MZ_RUNNER_H
#define MZ_RUNNER_H

#include "agent/work/work.h"


/*
 * Address space over the engine's own memory limit: libraries, stacks, the
 * engine's maps.  Past that the runner's allocations fail.
 */
#define MZ_RUNNER_SPACE_BYTES  ((size_t) 2 << 30)


/* Until a drain; the exit code of the process. */
int mz_runner_main(const mz_work_t *work, unsigned slot);

/* The address space of this process, for any that opens the warehouse. */
void mz_runner_limit(const mz_work_t *work);


#endif /* MZ_RUNNER_H */
