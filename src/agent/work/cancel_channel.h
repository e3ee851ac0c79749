
/*
 * cancel_channel: hears that the watched run was cancelled.  The channel only
 * shortens the wait until the next renewal of the lease, which says the same;
 * so a connection that cannot be had is no error.  Used by the keeper thread.
 */

#ifndef MZ_CANCEL_CHANNEL_H
#define MZ_CANCEL_CHANNEL_H

#include "agent/work/redis_io.h"


/* Changes the subscription to the channel of run; NULL: to none. */
void mz_cancel_channel_follow(mz_redis_t *listen,
    const mz_store_conf_t *conf, const mz_id_t *run);

/*
 * Whether to look at the run at once: the channel spoke, or subscribing has
 * just been confirmed and a message before that may have been missed.
 */
bool mz_cancel_channel_heard(mz_redis_t *listen);


#endif /* MZ_CANCEL_CHANNEL_H */
