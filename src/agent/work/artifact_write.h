
/*
 * artifact_write: an artifact of the agent becomes chunks in Redis and then,
 * by one atomic commit, an artifact that clients see.  What is left of one
 * that was not committed expires by itself.
 */

#ifndef MZ_ARTIFACT_WRITE_H
#define MZ_ARTIFACT_WRITE_H

#include "agent/answer/agent.h"
#include "agent/work/fence.h"


/* MZ_OK: *id is its new id.  Other results as of mz_fence_write(). */
mz_rc_t mz_artifact_write(mz_fence_t *f, const mz_artifact_t *a,
    mz_id_t *id, mz_err_t *err);


#endif /* MZ_ARTIFACT_WRITE_H */
