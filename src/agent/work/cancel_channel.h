
/*
 * cancel_channel: hears that the watched run was cancelled.  The channel only
 * shortens the wait until the next renewal of the lease, which says the same;
 * so a connection that cannot be had is no error.  One that is lost is made
 * anew while there is a run to listen for.  Used by the keeper thread.
 */

#ifndef MZ_CANCEL_CHANNEL_H
#define MZ_CANCEL_CHANNEL_H

#include "agent/work/redis_io.h"
#include "base/mz_id.h"


typedef struct {
    const mz_store_conf_t  *store;
    mz_redis_t             *redis;
    mz_id_t                 run;            /* "": none is listened for */
    int64_t                 retry_at;       /* monotonic; while it is lost */
    mz_backoff_t            backoff;
} mz_cancel_channel_t;


/* Both must outlive it.  MZ_NOMEM; close it in any case. */
mz_rc_t mz_cancel_channel_open(mz_cancel_channel_t *ch,
    const mz_redis_url_t *url, const mz_store_conf_t *store);
void mz_cancel_channel_close(mz_cancel_channel_t *ch);

/* The socket for poll(), or -1. */
int mz_cancel_channel_fd(const mz_cancel_channel_t *ch);

/* Changes the subscription to the channel of run; NULL: to none. */
void mz_cancel_channel_follow(mz_cancel_channel_t *ch, const mz_id_t *run);

/* Subscribes again if the connection was lost and it is time to. */
void mz_cancel_channel_mend(mz_cancel_channel_t *ch);

/* The connection may lead nowhere: it is made anew when next mended. */
void mz_cancel_channel_drop(mz_cancel_channel_t *ch);

/* When mz_cancel_channel_mend() has something to do; INT64_MAX: never. */
int64_t mz_cancel_channel_due(const mz_cancel_channel_t *ch);

/*
 * Whether to look at the run at once: the channel spoke, or subscribing has
 * just been confirmed and a message before that may have been missed.
 */
bool mz_cancel_channel_heard(mz_cancel_channel_t *ch);


#endif /* MZ_CANCEL_CHANNEL_H */
