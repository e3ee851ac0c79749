
/*
 * tools: the eight tools of the analytics agent.  One file per tool; the
 * schemas, as JSON text, stand in the file of their tool.
 */

#ifndef MZ_TOOLS_H
#define MZ_TOOLS_H

#include "tools/tool.h"


/* JSON written as C tokens becomes its own text. */
#define MZ_JSON_TEXT(...)  mz_str(#__VA_ARGS__)

#define MZ_PROMPT_MAX      8000     /* code points of a question */
#define MZ_HEAD_MAX        50       /* rows of describe_table_artifact */
#define MZ_READS_MAX       10       /* reads of one read_json_artifact */
#define MZ_LIST_MAX        200      /* artifacts of one page */

/* What several of them need; tools_common.c. */

mz_str_t mz_tool_scope(const mz_call_t *call);

/* conversation_id, prompt_id and conversation_url of call->conversation
 * and call->run. */
mz_rc_t mz_tool_set_ids(mz_call_t *call, json_t *out);

/* RFC 3339. */
mz_rc_t mz_tool_set_time(json_t *out, const char *key, int64_t ms);

/* A member from JSON text; absent when that is no object. */
mz_rc_t mz_tool_set_object(json_t *out, const char *key, mz_str_t text);

/* Whether Redis took the commands whose replies, n of them from at on, have
 * no other meaning.  Else *step is what to answer. */
bool mz_tool_was_stored(mz_call_t *call, size_t at, size_t n,
    mz_step_t *step);

/*
 * From the replies of mz_artifact_list(): how many ids came and how many
 * there are; asks for the metadata of each (one reply an id, in order).
 */
mz_rc_t mz_tool_get_listed(mz_call_t *call, size_t *n, int64_t *total,
    mz_err_t *err);

/* isError results. */
mz_step_t mz_tool_no_conversation(mz_call_t *call);
mz_step_t mz_tool_no_artifact(mz_call_t *call, mz_str_t id);

extern const mz_tool_t  mz_tool_run;
extern const mz_tool_t  mz_tool_status;
extern const mz_tool_t  mz_tool_list;
extern const mz_tool_t  mz_tool_inspect;
extern const mz_tool_t  mz_tool_describe;
extern const mz_tool_t  mz_tool_query;
extern const mz_tool_t  mz_tool_read;
extern const mz_tool_t  mz_tool_grep;


#endif /* MZ_TOOLS_H */
