
#include "base/mz_str.h"
#include "proto/mcp_offer.h"
#include "proto/mcp_write.h"


#define ALWAYS    0
#define LEGACY    (1u << MZ_MCP_LEGACY)
#define MODERN    (1u << MZ_MCP_MODERN)
#define BOTH      (LEGACY|MODERN)


/* A capability: a member whose value is an object of true members. */

typedef struct {
    const char  *key;
    unsigned     offers;            /* 0: always */
    unsigned     eras;
    const char  *since;             /* legacy; NULL: all */
    unsigned     changes;           /* the offer behind listChanged, or 0 */
    unsigned     subscribes;        /* the offer behind subscribe, or 0 */
} mz_mcp_capability_t;


static const mz_mcp_capability_t  mz_mcp_capabilities[] = {
    { "tools", ALWAYS, BOTH, NULL, MZ_MCP_OFFERS_TOOLS_CHANGE, 0 },
    { "resources", MZ_MCP_OFFERS_RESOURCES, BOTH, NULL,
      MZ_MCP_OFFERS_RESOURCES_CHANGE, MZ_MCP_OFFERS_SUBSCRIBE },
    { "prompts", MZ_MCP_OFFERS_PROMPTS, BOTH, NULL,
      MZ_MCP_OFFERS_PROMPTS_CHANGE, 0 },
    { "completions", MZ_MCP_OFFERS_COMPLETIONS, BOTH, "2025-03-26", 0, 0 },
    { "logging", MZ_MCP_OFFERS_LOGGING, LEGACY, NULL, 0, 0 }
};


static bool mz_mcp_offer_has(const mz_mcp_request_t *req, unsigned eras,
    const char *since);
static void mz_mcp_offer_tasks(const mz_mcp_server_t *srv, mz_buf_t *out);
static void mz_mcp_offer_extensions(const mz_mcp_server_t *srv,
    mz_buf_t *out);


void
mz_mcp_offer_write(const mz_mcp_server_t *srv, const mz_mcp_request_t *req,
    mz_buf_t *out)
{
    size_t                      i;
    const mz_mcp_capability_t  *c;

    mz_buf_add_char(out, '{');

    for (i = 0; i < MZ_ARRAY_LEN(mz_mcp_capabilities); i++) {
        c = &mz_mcp_capabilities[i];

        if ((c->offers != ALWAYS && !(srv->offers & c->offers))
            || !mz_mcp_offer_has(req, c->eras, c->since))
        {
            continue;
        }

        mz_mcp_write_member(out, c->key);
        mz_buf_add_char(out, '{');

        if (srv->offers & c->subscribes) {
            mz_mcp_write_member(out, "subscribe");
            mz_buf_add_c(out, "true");
        }

        if (srv->offers & c->changes) {
            mz_mcp_write_member(out, "listChanged");
            mz_buf_add_c(out, "true");
        }

        mz_buf_add_char(out, '}');
    }

    if (req->era == MZ_MCP_MODERN) {
        mz_mcp_offer_extensions(srv, out);

    } else if (mz_mcp_offer_has(req, LEGACY, "2025-11-25")) {
        mz_mcp_offer_tasks(srv, out);
    }

    mz_buf_add_char(out, '}');
}


void
mz_mcp_offer_instructions(const mz_mcp_server_t *srv, mz_buf_t *out)
{
    if (srv->instructions.len > 0) {
        mz_mcp_write_member(out, "instructions");
        mz_buf_add_json_str(out, srv->instructions);
    }
}


static bool
mz_mcp_offer_has(const mz_mcp_request_t *req, unsigned eras, const char *since)
{
    if (!(eras & (1u << req->era))) {
        return false;
    }

    /* Revisions are dates. */

    return req->era == MZ_MCP_MODERN || since == NULL
           || mz_str_cmp(req->version, mz_str_from(since)) >= 0;
}


/* A list of tasks is for callers who are known. */

static void
mz_mcp_offer_tasks(const mz_mcp_server_t *srv, mz_buf_t *out)
{
    if (!(srv->offers & MZ_MCP_OFFERS_TASKS)) {
        return;
    }

    mz_mcp_write_member(out, "tasks");
    mz_buf_add_char(out, '{');

    if (srv->offers & MZ_MCP_OFFERS_TASKS_LIST) {
        mz_mcp_write_member(out, "list");
        mz_buf_add(out, "{}", 2);
    }

    mz_mcp_write_member(out, "cancel");
    mz_buf_add(out, "{}", 2);
    mz_mcp_write_member(out, "requests");
    mz_buf_add_c(out, "{\"tools\":{\"call\":{}}}}");
}


static void
mz_mcp_offer_extensions(const mz_mcp_server_t *srv, mz_buf_t *out)
{
    if (!(srv->offers & (MZ_MCP_OFFERS_TASKS|MZ_MCP_OFFERS_UI))) {
        return;
    }

    mz_mcp_write_member(out, "extensions");
    mz_buf_add_char(out, '{');

    if (srv->offers & MZ_MCP_OFFERS_TASKS) {
        mz_mcp_write_member(out, MZ_MCP_EXT_TASKS);
        mz_buf_add(out, "{}", 2);
    }

    if (srv->offers & MZ_MCP_OFFERS_UI) {
        mz_mcp_write_member(out, MZ_MCP_EXT_UI);
        mz_buf_add(out, "{}", 2);
    }

    mz_buf_add_char(out, '}');
}
