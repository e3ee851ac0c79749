
/*
 * sink: where the agent's progress and artifacts go: to Redis for a run of
 * the queue, to the terminal for `mitzu-agent ask`.
 */

#ifndef MZ_SINK_H
#define MZ_SINK_H

#include "agent/answer/agent.h"
#include "agent/work/fence.h"


typedef struct {
    mz_sink_t    sink;
    mz_fence_t  *fence;
} mz_sink_redis_t;

typedef struct {
    mz_sink_t  sink;
    bool       is_quiet;
} mz_sink_terminal_t;


/* The fence must outlive it. */
void mz_sink_redis_init(mz_sink_redis_t *s, mz_fence_t *fence);

/* Progress goes to stderr unless is_quiet. */
void mz_sink_terminal_init(mz_sink_terminal_t *s, bool is_quiet);


#endif /* MZ_SINK_H */
