
/*
 * listen: what one listener wants to know and how it is told: the parts of
 * op_listen.c that do not step.
 */

#ifndef MZ_LISTEN_H
#define MZ_LISTEN_H

#include "tools/listen_tasks.h"
#include "tools/tool.h"


#define MZ_LISTEN_META                                                        \
    "\"_meta\":{\"io.modelcontextprotocol/subscriptionId\":"

typedef struct {
    unsigned            lists;      /* MZ_CONTROL_* that are told of */
    json_t             *uris;       /* array of strings */
    mz_listen_tasks_t  *tasks;      /* NULL: none */
    int64_t             looked_ms;
    int64_t             look_ms;    /* when the next look is due */
} mz_listen_t;


/* NULL: out of memory. */
mz_listen_t *mz_listen_new(void);
void mz_listen_free(mz_listen_t *ln);

/* What the server offers of lists. */
void mz_listen_take_offers(mz_listen_t *ln, const mz_call_t *call);

/* What params.notifications asks for, as far as it is offered. */
mz_rc_t mz_listen_take_filter(mz_listen_t *ln, const mz_call_t *call);

bool mz_listen_is_empty(const mz_listen_t *ln);
bool mz_listen_has_uri(const mz_listen_t *ln, mz_str_t uri);


/* Queue notifications; the modern ones say which subscription they are of. */
void mz_listen_tell_honoured(mz_call_t *call, const mz_listen_t *ln);
void mz_listen_tell_lists(mz_call_t *call, unsigned lists);
void mz_listen_tell_updated(mz_call_t *call, mz_str_t uri);
void mz_listen_tell_task(mz_call_t *call, const mz_task_t *task);


#endif /* MZ_LISTEN_H */
