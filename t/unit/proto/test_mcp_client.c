
#include "base/mz_str.h"
#include "proto/mcp_client.h"
#include "test.h"


#define TASKS  "\"io.modelcontextprotocol/tasks\""
#define UI     "\"io.modelcontextprotocol/ui\""


typedef struct {
    const char  *capabilities;
    uint32_t     bits;
} client_row_t;

static const client_row_t  clients[] = {
    { "null", 0 },
    { "[]", 0 },
    { "7", 0 },
    { "{}", 0 },
    { "{\"sampling\":true,\"roots\":[],\"elicitation\":1,\"extensions\":[]}",
      0 },
    { "{\"tasks\":{},\"experimental\":{\"sampling\":{}}}", 0 },
    { "{\"extensions\":{" TASKS ":null," UI ":\"x\"}}", 0 },
    { "{\"sampling\":{}}", MZ_MCP_CAN_SAMPLING },
    { "{\"sampling\":{\"tools\":{}}}", MZ_MCP_CAN_SAMPLING },
    { "{\"roots\":{\"listChanged\":true}}", MZ_MCP_CAN_ROOTS },
    { "{\"elicitation\":{}}", MZ_MCP_CAN_ELICIT },
    { "{\"elicitation\":{\"form\":{}}}", MZ_MCP_CAN_ELICIT },
    { "{\"elicitation\":{\"url\":{}}}", MZ_MCP_CAN_ELICIT_URL },
    { "{\"elicitation\":{\"url\":{},\"form\":{}}}",
      MZ_MCP_CAN_ELICIT|MZ_MCP_CAN_ELICIT_URL },
    { "{\"elicitation\":{\"url\":{},\"form\":null}}", MZ_MCP_CAN_ELICIT_URL },
    { "{\"elicitation\":{\"later\":{}}}", MZ_MCP_CAN_ELICIT },
    { "{\"extensions\":{" TASKS ":{}}}", MZ_MCP_CAN_TASKS },
    { "{\"extensions\":{" UI ":{\"mimeTypes\":[]},\"x/y\":{}}}",
      MZ_MCP_CAN_UI }
};


static void
test_parse(void)
{
    size_t     i;
    json_t    *json;
    mz_err_t   err;

    for (i = 0; i < MZ_ARRAY_LEN(clients); i++) {
        CHECK(mz_json_load(mz_str_from(clients[i].capabilities), NULL, &json,
                           &err) == MZ_OK);
        CHECK_ROW(mz_mcp_client_parse(json) == clients[i].bits, "%s: %x",
                  clients[i].capabilities, mz_mcp_client_parse(json));
        json_decref(json);
    }

    CHECK(mz_mcp_client_parse(NULL) == 0);
}


/* All sets: what is written means what was meant. */

static void
test_write(void)
{
    json_t    *json;
    mz_buf_t   out;
    mz_err_t   err;
    uint32_t   bits;

    mz_buf_init(&out, 0);

    for (bits = 0; bits < 0x40; bits++) {
        mz_buf_reset(&out);
        mz_mcp_client_write(bits, &out);
        CHECK_ROW(mz_json_load(mz_buf_view(&out), NULL, &json, &err) == MZ_OK,
                  "%s", mz_buf_cstr(&out));
        CHECK_ROW(mz_mcp_client_parse(json) == bits, "%x: %s", bits,
                  mz_buf_cstr(&out));
        json_decref(json);
    }

    mz_buf_reset(&out);
    mz_mcp_client_write(0, &out);
    CHECK_STR(mz_buf_view(&out), "{}");

    mz_buf_reset(&out);
    mz_mcp_client_write(MZ_MCP_CAN_ELICIT, &out);
    CHECK_STR(mz_buf_view(&out), "{\"elicitation\":{}}");

    mz_buf_reset(&out);
    mz_mcp_client_write(MZ_MCP_CAN_ROOTS|MZ_MCP_CAN_TASKS, &out);
    CHECK_STR(mz_buf_view(&out),
              "{\"roots\":{},\"extensions\":{" TASKS ":{}}}");
    mz_buf_free(&out);
}


static void
test_needed(void)
{
    json_t  *url, *form;

    url = json_pack("{s:s}", "mode", "url");
    form = json_pack("{s:s}", "mode", "form");

    CHECK(mz_mcp_client_needed(mz_str("elicitation/create"), NULL)
          == MZ_MCP_CAN_ELICIT);
    CHECK(mz_mcp_client_needed(mz_str("elicitation/create"), form)
          == MZ_MCP_CAN_ELICIT);
    CHECK(mz_mcp_client_needed(mz_str("elicitation/create"), url)
          == MZ_MCP_CAN_ELICIT_URL);
    CHECK(mz_mcp_client_needed(mz_str("sampling/createMessage"), url)
          == MZ_MCP_CAN_SAMPLING);
    CHECK(mz_mcp_client_needed(mz_str("roots/list"), NULL)
          == MZ_MCP_CAN_ROOTS);
    CHECK(mz_mcp_client_needed(mz_str("roots/lis"), NULL) == 0);
    CHECK(mz_mcp_client_needed(mz_null_str, NULL) == 0);

    json_decref(url);
    json_decref(form);
}


static const mz_test_t  tests[] = {
    { "what a client declares", test_parse },
    { "written back", test_write },
    { "what a request needs", test_needed }
};

MZ_TEST_MAIN(tests)
