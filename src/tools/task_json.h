
/*
 * task_json: tasks as the two eras spell them: 2025-11-25 (core) and the
 * extension of 2026-07-28.  Called by the ops of tasks/.., by listeners, and
 * where a call becomes a task (step.c).
 */

#ifndef MZ_TASK_JSON_H
#define MZ_TASK_JSON_H

#include "tools/tool.h"


#define MZ_TASK_RELATED  "io.modelcontextprotocol/related-task"


bool mz_task_is_terminal(mz_task_status_t status);

/*
 * Appends the members of a task in the request's era, without the braces:
 * taskId, status, statusMessage, createdAt, lastUpdatedAt, and ttl,
 * pollInterval (legacy) or ttlMs, pollIntervalMs (modern).  A legacy task
 * whose result is an error has failed.
 */
void mz_task_write(const mz_call_t *call, const mz_task_t *task,
    mz_buf_t *out);

/* The same, and in the modern era what its status brings with it:
 * inputRequests, result or error.  The body of tasks/get. */
void mz_task_write_body(const mz_call_t *call, const mz_task_t *task,
    mz_buf_t *out);

/* A CallToolResult with isError, a new reference; NULL: out of memory. */
json_t *mz_task_refusal(mz_str_t text);

/* A CallToolResult of an object and its text twin; takes structured (NULL
 * is out of memory). */
json_t *mz_task_success(json_t *structured);


#endif /* MZ_TASK_JSON_H */
