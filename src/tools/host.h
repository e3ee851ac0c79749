
/*
 * host: how a host (the nginx module, or a test) drives a call; the other
 * side of tools/tool.h.  Not for those who write tools.
 */

#ifndef MZ_HOST_H
#define MZ_HOST_H

#include "tools/dispatch.h"
#include "tools/tool.h"


#define MZ_RETRY_MS  1000       /* the least that is told to clients of a
                                   stream: when to open it again */


/*
 * Takes what dispatch found.  req, session (or NULL), conf and principal
 * must outlive the call, except that req is not looked at while work() runs.
 */
void mz_call_init(mz_call_t *call, const mz_tool_conf_t *conf,
    const mz_principal_t *principal, const mz_mcp_request_t *req,
    const mz_session_t *session, mz_dispatch_t *d);

/* Frees all the call owns, also in the middle of its life. */
void mz_call_deinit(mz_call_t *call);

/*
 * One step.  Only DONE, STORE, WAIT, WORK, DROP and ERROR come back: what
 * else an op may answer is dealt with here (step.c, ask.c).
 */
mz_step_t mz_call_step(mz_call_t *call, mz_tool_event_t ev);

/* Whether the commands of this STORE may be sent a second time. */
bool mz_call_is_repeatable(const mz_call_t *call);

/*
 * Appends the commands that cancel what the call waits for, and returns how
 * many replies they owe; 0: there is nothing to cancel.
 */
size_t mz_call_stop(mz_call_t *call, mz_cmds_t *cmds);

/*
 * Appends the JSON-RPC response after DONE or ERROR and returns the HTTP
 * status it has when no stream was begun: 200, 202 (nothing is appended),
 * 400, 404, 500, 503.
 */
int mz_call_answer(mz_call_t *call, mz_step_t step, mz_buf_t *out);

/* The next queued note or NULL; free it with mz_note_free(). */
mz_note_t *mz_call_next_note(mz_call_t *call);
void mz_note_free(mz_note_t *note);

/* Whether a client that reads slowly may miss it. */
bool mz_note_is_droppable(const mz_note_t *note);

/* The JSON-RPC message of a note; nothing is appended when the client did
 * not ask for it. */
void mz_note_write(const mz_call_t *call, const mz_note_t *note,
    mz_buf_t *out);


#endif /* MZ_HOST_H */
