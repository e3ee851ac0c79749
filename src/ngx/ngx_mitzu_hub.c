
/*
 * hub: one subscription per watched id (a run, a task, a question to a
 * client) and worker, fanned out to the calls that wait for it; and the
 * control channel.  News is a hint: a call reads the run's stream when it
 * is told, so a notice too many costs a read and one too few is made good by
 * the tool's own timer.
 *
 * Notices are posted events: nothing runs while a list of watches is walked.
 */

#include "ngx/ngx_mitzu_redis.h"


static ngx_mitzu_channel_t *ngx_mitzu_hub_find(ngx_mitzu_hub_t *hub,
    const u_char *id);
static ngx_mitzu_channel_t *ngx_mitzu_hub_add(ngx_mitzu_hub_t *hub,
    const u_char *id);
static void ngx_mitzu_hub_leave(ngx_mitzu_hub_t *hub,
    ngx_mitzu_watch_t *watch);
static void ngx_mitzu_hub_say(ngx_mitzu_hub_t *hub, const char *verb,
    ngx_mitzu_channel_t *channel);
static void ngx_mitzu_hub_add_command(ngx_mitzu_hub_t *hub, mz_cmds_t *cmds,
    const char *verb, ngx_mitzu_channel_t *channel);
static void ngx_mitzu_hub_add_control(ngx_mitzu_hub_t *hub, mz_cmds_t *cmds);
static ngx_uint_t ngx_mitzu_hub_is_control(ngx_mitzu_hub_t *hub,
    mz_str_t name);
static void ngx_mitzu_hub_send(ngx_mitzu_hub_t *hub, mz_cmds_t *cmds);
static void ngx_mitzu_hub_tell(ngx_mitzu_channel_t *channel);


void
ngx_mitzu_hub_init(ngx_mitzu_hub_t *hub, ngx_mitzu_pool_t *pool)
{
    hub->pool = pool;
    ngx_rbtree_init(&hub->rbtree, &hub->sentinel,
                    ngx_str_rbtree_insert_value);
}


ngx_int_t
ngx_mitzu_hub_watch(ngx_mitzu_hub_t *hub, ngx_mitzu_watch_t *watch,
    const mz_id_t *run)
{
    const u_char         *id;
    ngx_mitzu_channel_t  *channel;

    id = (const u_char *) run->s;

    if (watch->channel != NULL) {
        if (ngx_memcmp(watch->channel->id, id, MZ_ID_LEN) == 0) {
            return NGX_OK;
        }

        ngx_mitzu_hub_leave(hub, watch);
    }

    channel = ngx_mitzu_hub_find(hub, id);

    if (channel == NULL) {
        channel = ngx_mitzu_hub_add(hub, id);
        if (channel == NULL) {
            return NGX_ERROR;
        }

        ngx_mitzu_hub_say(hub, "SUBSCRIBE", channel);
    }

    watch->channel = channel;
    ngx_queue_insert_tail(&channel->watches, &watch->queue);

    if (channel->stands && !watch->notice.posted) {
        ngx_post_event(&watch->notice, &ngx_posted_events);
    }

    return NGX_OK;
}


void
ngx_mitzu_hub_unwatch(ngx_mitzu_hub_t *hub, ngx_mitzu_watch_t *watch)
{
    if (watch->notice.posted) {
        ngx_delete_posted_event(&watch->notice);
    }

    if (watch->channel != NULL) {
        ngx_mitzu_hub_leave(hub, watch);
    }
}


static void
ngx_mitzu_hub_leave(ngx_mitzu_hub_t *hub, ngx_mitzu_watch_t *watch)
{
    ngx_mitzu_channel_t  *channel;

    channel = watch->channel;

    ngx_queue_remove(&watch->queue);
    watch->channel = NULL;

    if (!ngx_queue_empty(&channel->watches)) {
        return;
    }

    ngx_mitzu_hub_say(hub, "UNSUBSCRIBE", channel);

    ngx_rbtree_delete(&hub->rbtree, &channel->node.node);
    ngx_free(channel);
}


static ngx_mitzu_channel_t *
ngx_mitzu_hub_find(ngx_mitzu_hub_t *hub, const u_char *id)
{
    uint32_t         hash;
    ngx_str_t        name;
    ngx_str_node_t  *node;

    name.data = (u_char *) id;
    name.len = MZ_ID_LEN;
    hash = ngx_crc32_short(name.data, name.len);

    node = ngx_str_rbtree_lookup(&hub->rbtree, &name, hash);

    return (ngx_mitzu_channel_t *) node;
}


static ngx_mitzu_channel_t *
ngx_mitzu_hub_add(ngx_mitzu_hub_t *hub, const u_char *id)
{
    ngx_mitzu_channel_t  *channel;

    channel = ngx_calloc(sizeof(ngx_mitzu_channel_t), hub->pool->log);
    if (channel == NULL) {
        return NULL;
    }

    ngx_memcpy(channel->id, id, MZ_ID_LEN);
    ngx_queue_init(&channel->watches);

    channel->node.str.data = channel->id;
    channel->node.str.len = MZ_ID_LEN;
    channel->node.node.key = ngx_crc32_short(channel->id, MZ_ID_LEN);

    ngx_rbtree_insert(&hub->rbtree, &channel->node.node);

    return channel;
}


/* While the connection is away nothing is said: ngx_mitzu_hub_ready() will. */

static void
ngx_mitzu_hub_say(ngx_mitzu_hub_t *hub, const char *verb,
    ngx_mitzu_channel_t *channel)
{
    mz_cmds_t  cmds;

    if (hub->pool->conns[NGX_MITZU_NOTIFY].state != NGX_MITZU_REDIS_READY) {
        return;
    }

    mz_cmds_init(&cmds);
    ngx_mitzu_hub_add_command(hub, &cmds, verb, channel);
    ngx_mitzu_hub_send(hub, &cmds);
}


static void
ngx_mitzu_hub_add_command(ngx_mitzu_hub_t *hub, mz_cmds_t *cmds,
    const char *verb, ngx_mitzu_channel_t *channel)
{
    char      id[MZ_ID_LEN + 1];
    mz_key_t  key;
    mz_str_t  argv[2];

    ngx_memcpy(id, channel->id, MZ_ID_LEN);
    id[MZ_ID_LEN] = '\0';

    mz_key(&key, &hub->pool->conf->store, MZ_KEY_CHANNEL_RUN, 0, mz_null_str,
           id, 0);

    argv[0] = mz_str_from(verb);
    argv[1] = mz_key_str(&key);

    mz_cmds_add(cmds, 2, argv);
}


static void
ngx_mitzu_hub_add_control(ngx_mitzu_hub_t *hub, mz_cmds_t *cmds)
{
    mz_key_t  key;
    mz_str_t  argv[2];

    mz_control_channel(&key, &hub->pool->conf->store);

    argv[0] = mz_str("SUBSCRIBE");
    argv[1] = mz_key_str(&key);

    mz_cmds_add(cmds, 2, argv);
}


static ngx_uint_t
ngx_mitzu_hub_is_control(ngx_mitzu_hub_t *hub, mz_str_t name)
{
    mz_key_t  key;

    mz_control_channel(&key, &hub->pool->conf->store);

    return mz_str_eq(name, mz_key_str(&key));
}


static void
ngx_mitzu_hub_send(ngx_mitzu_hub_t *hub, mz_cmds_t *cmds)
{
    ngx_mitzu_redis_t  *rc;

    rc = &hub->pool->conns[NGX_MITZU_NOTIFY];

    /* What Redis says to this comes as a message, not as a reply. */

    cmds->n = 0;

    if (ngx_mitzu_redis_send_now(rc, cmds, NULL, NULL) == NULL) {
        ngx_log_error(NGX_LOG_CRIT, hub->pool->log, 0,
                      "mitzu mcp: no memory to watch a run");
    }

    mz_cmds_free(cmds);
}


void
ngx_mitzu_hub_ready(ngx_mitzu_hub_t *hub)
{
    mz_cmds_t           cmds;
    ngx_rbtree_node_t  *node;

    mz_cmds_init(&cmds);
    ngx_mitzu_hub_add_control(hub, &cmds);

    node = (hub->rbtree.root == &hub->sentinel)
           ? NULL : ngx_rbtree_min(hub->rbtree.root, &hub->sentinel);

    for ( /* void */ ; node != NULL; node = ngx_rbtree_next(&hub->rbtree, node))
    {
        ngx_mitzu_hub_add_command(hub, &cmds, "SUBSCRIBE",
                                  (ngx_mitzu_channel_t *) node);
    }

    ngx_mitzu_hub_send(hub, &cmds);
}


void
ngx_mitzu_hub_lost(ngx_mitzu_hub_t *hub)
{
    ngx_rbtree_node_t  *node;

    if (hub->rbtree.root == &hub->sentinel) {
        return;
    }

    for (node = ngx_rbtree_min(hub->rbtree.root, &hub->sentinel);
         node != NULL;
         node = ngx_rbtree_next(&hub->rbtree, node))
    {
        ((ngx_mitzu_channel_t *) node)->stands = 0;
    }
}


/* ["message", channel, text], ["subscribe", channel, n], .. */

void
ngx_mitzu_hub_reply(ngx_mitzu_hub_t *hub, const redisReply *reply)
{
    mz_str_t              kind, name;
    ngx_mitzu_channel_t  *channel;

    kind = mz_reply_str(mz_reply_at(reply, 0));
    name = mz_reply_str(mz_reply_at(reply, 1));

    if (ngx_mitzu_hub_is_control(hub, name)) {

        if (mz_str_eq_c(kind, "subscribe")) {
            ngx_mitzu_ended_load(hub->pool);

        } else if (mz_str_eq_c(kind, "message")) {
            ngx_mitzu_control_message(hub->pool,
                                      mz_reply_str(mz_reply_at(reply, 2)));
        }

        return;
    }

    if (name.len < MZ_ID_LEN) {
        return;
    }

    channel = ngx_mitzu_hub_find(hub, (const u_char *) name.data + name.len
                                      - MZ_ID_LEN);
    if (channel == NULL) {
        return;
    }

    if (mz_str_eq_c(kind, "subscribe")) {
        channel->stands = 1;
        ngx_mitzu_hub_tell(channel);

    } else if (mz_str_eq_c(kind, "message")) {
        ngx_mitzu_hub_tell(channel);
    }
}


static void
ngx_mitzu_hub_tell(ngx_mitzu_channel_t *channel)
{
    ngx_queue_t        *q;
    ngx_mitzu_watch_t  *watch;

    for (q = ngx_queue_head(&channel->watches);
         q != ngx_queue_sentinel(&channel->watches);
         q = ngx_queue_next(q))
    {
        watch = ngx_queue_data(q, ngx_mitzu_watch_t, queue);

        if (!watch->notice.posted) {
            ngx_post_event(&watch->notice, &ngx_posted_events);
        }
    }
}
