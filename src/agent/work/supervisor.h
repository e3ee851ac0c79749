
/*
 * supervisor: the first process of `mitzu-agent work`.  Checks Redis, forks
 * the runners and replaces those that die, says that the worker is alive,
 * and sweeps the leases of runs whose worker is not.  SIGTERM and SIGINT
 * drain (twice: at once), SIGQUIT ends at once and hands runs back.
 */

#ifndef MZ_SUPERVISOR_H
#define MZ_SUPERVISOR_H

#include "agent/work/work.h"


/* Until a signal; the exit code of the program. */
int mz_supervisor_main(const mz_work_t *work);


#endif /* MZ_SUPERVISOR_H */
