
#include "base/mz_str.h"
#include "proto/mcp_client.h"


static bool mz_mcp_client_has(const json_t *obj, const char *key);
static void mz_mcp_client_member(mz_buf_t *out, char *before, const char *key,
    const char *value);


uint32_t
mz_mcp_client_parse(const json_t *capabilities)
{
    uint32_t       bits;
    const json_t  *elicit, *extensions;

    bits = 0;
    elicit = json_object_get(capabilities, "elicitation");
    extensions = json_object_get(capabilities, "extensions");

    if (mz_mcp_client_has(capabilities, "sampling")) {
        bits |= MZ_MCP_CAN_SAMPLING;
    }

    if (mz_mcp_client_has(elicit, "url")) {
        bits |= MZ_MCP_CAN_ELICIT_URL;
    }

    /* Before there were modes, an empty object meant forms. */

    if (json_is_object(elicit)
        && (mz_mcp_client_has(elicit, "form")
            || !(bits & MZ_MCP_CAN_ELICIT_URL)))
    {
        bits |= MZ_MCP_CAN_ELICIT;
    }

    if (mz_mcp_client_has(capabilities, "roots")) {
        bits |= MZ_MCP_CAN_ROOTS;
    }

    if (mz_mcp_client_has(extensions, MZ_MCP_EXT_TASKS)) {
        bits |= MZ_MCP_CAN_TASKS;
    }

    if (mz_mcp_client_has(extensions, MZ_MCP_EXT_UI)) {
        bits |= MZ_MCP_CAN_UI;
    }

    return bits;
}


void
mz_mcp_client_write(uint32_t bits, mz_buf_t *out)
{
    char         before;
    const char  *elicit;

    before = '{';

    if (bits & MZ_MCP_CAN_SAMPLING) {
        mz_mcp_client_member(out, &before, "sampling", "{}");
    }

    if (bits & (MZ_MCP_CAN_ELICIT|MZ_MCP_CAN_ELICIT_URL)) {
        elicit = "{\"form\":{},\"url\":{}}";

        if (!(bits & MZ_MCP_CAN_ELICIT)) {
            elicit = "{\"url\":{}}";

        } else if (!(bits & MZ_MCP_CAN_ELICIT_URL)) {
            elicit = "{}";
        }

        mz_mcp_client_member(out, &before, "elicitation", elicit);
    }

    if (bits & MZ_MCP_CAN_ROOTS) {
        mz_mcp_client_member(out, &before, "roots", "{}");
    }

    if (bits & (MZ_MCP_CAN_TASKS|MZ_MCP_CAN_UI)) {
        mz_mcp_client_member(out, &before, "extensions", "");
        before = '{';

        if (bits & MZ_MCP_CAN_TASKS) {
            mz_mcp_client_member(out, &before, MZ_MCP_EXT_TASKS, "{}");
        }

        if (bits & MZ_MCP_CAN_UI) {
            mz_mcp_client_member(out, &before, MZ_MCP_EXT_UI, "{}");
        }

        mz_buf_add_char(out, '}');
        before = ',';
    }

    if (before == '{') {
        mz_buf_add_char(out, '{');
    }

    mz_buf_add_char(out, '}');
}


uint32_t
mz_mcp_client_needed(mz_str_t method, const json_t *params)
{
    if (mz_str_eq_c(method, "sampling/createMessage")) {
        return MZ_MCP_CAN_SAMPLING;
    }

    if (mz_str_eq_c(method, "roots/list")) {
        return MZ_MCP_CAN_ROOTS;
    }

    if (mz_str_eq_c(method, "elicitation/create")) {
        return mz_str_eq_c(mz_json_get_str(params, "mode"), "url")
               ? MZ_MCP_CAN_ELICIT_URL : MZ_MCP_CAN_ELICIT;
    }

    return 0;
}


static bool
mz_mcp_client_has(const json_t *obj, const char *key)
{
    return json_is_object(json_object_get(obj, key));
}


static void
mz_mcp_client_member(mz_buf_t *out, char *before, const char *key,
    const char *value)
{
    mz_buf_add_char(out, *before);
    *before = ',';
    mz_buf_add_char(out, '"');
    mz_buf_add_c(out, key);
    mz_buf_add(out, "\":", 2);
    mz_buf_add_c(out, value);
}
