
#include "base/mz_str.h"
#include "test.h"
#include "tools/registry.h"
#include "tools/tools.h"


#define X8   "xxxxxxxx"
#define X64  X8 X8 X8 X8 X8 X8 X8 X8


static mz_registry_t  reg;


static mz_step_t
step(mz_call_t *call, mz_tool_event_t ev)
{
    (void) ev;

    return mz_call_done(call, json_object());
}


static size_t
read_none(mz_call_t *call, mz_cmds_t *cmds, const mz_id_t *id)
{
    (void) call;
    (void) cmds;
    (void) id;

    return 0;
}


static mz_rc_t
decode_none(mz_call_t *call, const mz_id_t *id, redisReply *const *replies,
    mz_task_t *task, mz_err_t *err)
{
    (void) call;
    (void) id;
    (void) replies;
    (void) task;

    return mz_fail(err, MZ_NOT_FOUND, "none");
}


static const mz_op_t  completer = { .name = mz_str("c"), .step = step };


static mz_tool_t
tool_of(const char *name, const char *schema)
{
    mz_tool_t  t;

    memset(&t, 0, sizeof(mz_tool_t));
    t.op.name = mz_str_from(name);
    t.op.step = step;
    t.input_schema = mz_str_from(schema);

    return t;
}


static json_t *
load(const mz_buf_t *text)
{
    json_t    *v;
    mz_err_t   err;

    CHECK_ROW(mz_json_load(mz_buf_view(text), NULL, &v, &err) == MZ_OK,
              "%s: %.*s", err.msg, (int) text->len, text->data);

    return v;
}


static void
test_tool(void)
{
    size_t     i;
    mz_rc_t    rc;
    mz_err_t   err;
    mz_tool_t  t;

    static const struct {
        const char  *name;
        const char  *schema;
        const char  *part;
    } rows[] = {
        { "", "{\"type\":\"object\"}", "the name of a tool" },
        { "a b", "{\"type\":\"object\"}", "the name of a tool" },
        { "a/b", "{\"type\":\"object\"}", "the name of a tool" },
        { "\xc3\xa9", "{\"type\":\"object\"}", "the name of a tool" },
        { X64 "x", "{\"type\":\"object\"}", "the name of a tool" },
        { "a", "", "JSON" },
        { "a", "{\"type\":\"object\"", "JSON" },
        { "a", "[]", "type \"object\"" },
        { "a", "{}", "type \"object\"" },
        { "a", "{\"type\":[\"object\"]}", "type \"object\"" },
        { "a", "{\"type\":\"string\"}", "type \"object\"" },
        { X64, "{\"type\":\"object\"}", NULL },
        { "Az09_.-", "{\"type\":\"object\"}", NULL }
    };

    memset(&reg, 0, sizeof(reg));

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        t = tool_of(rows[i].name, rows[i].schema);
        err.msg[0] = '\0';
        rc = mz_registry_add(&reg, &t, &err);

        if (rows[i].part == NULL) {
            CHECK_ROW(rc == MZ_OK, "%zu: %s", i, err.msg);
            CHECK_ROW(mz_registry_add(&reg, &t, &err) == MZ_INVALID, "%zu", i);
            CHECK_ROW(strstr(err.msg, "twice") != NULL, "%s", err.msg);
            mz_registry_deinit(&reg);

        } else {
            CHECK_ROW(rc == MZ_INVALID && reg.ntools == 0, "%zu", i);
            CHECK_ROW(strstr(err.msg, rows[i].part) != NULL, "%zu: %s", i,
                      err.msg);
        }
    }

    t = tool_of("a", "{\"type\":\"object\"}");
    t.output_schema = mz_str("{\"type\":\"array\"}");
    CHECK(mz_registry_add(&reg, &t, &err) == MZ_INVALID);

    t = tool_of("a", "{\"type\":\"object\"}");
    t.op.step = NULL;
    CHECK(mz_registry_add(&reg, &t, &err) == MZ_INVALID);
    CHECK(strstr(err.msg, "no step") != NULL);

    t = tool_of("a", "{\"type\":\"object\"}");
    t.title = mz_str("\xff");
    CHECK(mz_registry_add(&reg, &t, &err) == MZ_INVALID);
    CHECK(strstr(err.msg, "UTF-8") != NULL);
    mz_registry_deinit(&reg);
}


static void
test_headers(void)
{
    size_t     i;
    mz_rc_t    rc;
    mz_err_t   err;
    mz_tool_t  t;

    static const struct {
        const char  *rest;      /* of the schema */
        const char  *pointer;   /* of the last header; NULL: refused */
        const char  *part;
    } rows[] = {
        { "\"properties\":{\"a\":{\"type\":\"string\",\"x-mcp-header\":\"\"}}",
          NULL, "HTTP token" },
        { "\"properties\":{\"a\":{\"type\":\"string\",\"x-mcp-header\":7}}",
          NULL, "HTTP token" },
        { "\"properties\":{\"a\":{\"type\":\"string\","
          "\"x-mcp-header\":\"A B\"}}", NULL, "HTTP token" },
        { "\"properties\":{\"a\":{\"type\":\"string\","
          "\"x-mcp-header\":\"A:\"}}", NULL, "HTTP token" },
        { "\"properties\":{\"a\":{\"type\":\"string\","
          "\"x-mcp-header\":\"\xc3\xa9\"}}", NULL, "HTTP token" },
        { "\"properties\":{\"a\":{\"x-mcp-header\":\"A\"}}", NULL, "type" },
        { "\"properties\":{\"a\":{\"type\":\"number\","
          "\"x-mcp-header\":\"A\"}}", NULL, "type" },
        { "\"properties\":{\"a\":{\"type\":[\"string\",\"null\"],"
          "\"x-mcp-header\":\"A\"}}", NULL, "type" },
        { "\"properties\":{\"a\":{\"type\":\"object\","
          "\"x-mcp-header\":\"A\"}}", NULL, "type" },
        { "\"x-mcp-header\":\"A\"", NULL, "\"properties\" alone" },
        { "\"properties\":{\"a\":{\"type\":\"array\",\"items\":{"
          "\"type\":\"string\",\"x-mcp-header\":\"A\"}}}", NULL,
          "\"properties\" alone" },
        { "\"anyOf\":[{\"properties\":{\"a\":{\"type\":\"string\","
          "\"x-mcp-header\":\"A\"}}}]", NULL, "\"properties\" alone" },
        { "\"if\":{\"properties\":{\"a\":{\"type\":\"string\","
          "\"x-mcp-header\":\"A\"}}}", NULL, "\"properties\" alone" },
        { "\"$defs\":{\"a\":{\"type\":\"string\",\"x-mcp-header\":\"A\"}}",
          NULL, "\"properties\" alone" },
        { "\"patternProperties\":{\"a\":{\"type\":\"string\","
          "\"x-mcp-header\":\"A\"}}", NULL, "\"properties\" alone" },
        { "\"additionalProperties\":{\"type\":\"string\","
          "\"x-mcp-header\":\"A\"}", NULL, "\"properties\" alone" },
        { "\"properties\":{\"a\":{\"type\":\"string\",\"x-mcp-header\":\"A\"},"
          "\"b\":{\"type\":\"string\",\"x-mcp-header\":\"a\"}}", NULL,
          "twice" },
        { "\"properties\":{\"a\":{\"type\":\"string\","
          "\"x-mcp-header\":\"A\"}}", "/a", NULL },
        { "\"properties\":{\"a\":{\"type\":\"object\",\"properties\":{"
          "\"b/~\":{\"type\":\"integer\",\"x-mcp-header\":\"X-1_!\"}}}}",
          "/a/b~1~0", NULL },
        { "\"properties\":{\"a\":{\"type\":\"boolean\","
          "\"x-mcp-header\":\"A\"},\"x-mcp-header\":{\"type\":\"string\","
          "\"x-mcp-header\":\"B\"}}", "/x-mcp-header", NULL },
        { "\"properties\":{\"a\":{\"type\":\"string\","
          "\"x-mcp-header\":\"A\"}},\"default\":{\"x-mcp-header\":\"A\"},"
          "\"enum\":[{\"x-mcp-header\":1}],\"const\":{\"x-mcp-header\":2},"
          "\"examples\":[{\"x-mcp-header\":\"B\"}]", "/a", NULL }
    };

    memset(&reg, 0, sizeof(reg));

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        char  schema[512];

        snprintf(schema, sizeof(schema), "{\"type\":\"object\",%s}",
                 rows[i].rest);
        t = tool_of("t", schema);
        err.msg[0] = '\0';
        rc = mz_registry_add(&reg, &t, &err);

        if (rows[i].pointer == NULL) {
            CHECK_ROW(rc == MZ_INVALID, "%s", schema);
            CHECK_ROW(strstr(err.msg, rows[i].part) != NULL, "%s: %s", schema,
                      err.msg);
            continue;
        }

        CHECK_ROW(rc == MZ_OK && reg.tools[0].nheaders > 0, "%s: %s", schema,
                  err.msg);

        if (rc == MZ_OK) {
            CHECK_STR(mz_str_from(reg.tools[0].headers
                                      [reg.tools[0].nheaders - 1].pointer),
                      rows[i].pointer);
        }

        mz_registry_deinit(&reg);
    }
}


static void
test_headers_many(void)
{
    int        i, n;
    mz_buf_t   schema;
    mz_err_t   err;
    mz_tool_t  t;

    memset(&reg, 0, sizeof(reg));

    for (n = MZ_REGISTRY_HEADERS; n <= MZ_REGISTRY_HEADERS + 1; n++) {
        mz_buf_init(&schema, 0);
        mz_buf_add_c(&schema, "{\"type\":\"object\",\"properties\":{");

        for (i = 0; i < n; i++) {
            mz_buf_addf(&schema, "%s\"p%d\":{\"type\":\"string\","
                        "\"x-mcp-header\":\"P%d\"}", i ? "," : "", i, i);
        }

        mz_buf_add_c(&schema, "}}");
        t = tool_of("t", mz_buf_cstr(&schema));

        CHECK(mz_registry_add(&reg, &t, &err)
              == (n > MZ_REGISTRY_HEADERS ? MZ_LIMIT : MZ_OK));

        mz_registry_deinit(&reg);
        mz_buf_free(&schema);
    }
}


/* Every word of a schema stays, and only one list has "execution". */

static void
test_tools_json(void)
{
    json_t     *tools;
    mz_buf_t    text;
    mz_err_t    err;
    mz_tool_t   a, b, c;
    mz_str_t    schema;

    schema = mz_str("{\"$schema\":\"https://json-schema.org/draft/2020-12/"
        "schema\",\"type\":\"object\",\"$defs\":{\"x\":{\"$anchor\":\"y\"}},"
        "\"properties\":{\"n\":{\"minimum\":1.50, \"$ref\":\"#y\"}},"
        "\"allOf\":[{\"anyOf\":[{\"required\":[\"n\"]}]}],\"if\":true,"
        "\"then\":{},\"else\":false,\"additionalProperties\":false}");

    memset(&reg, 0, sizeof(reg));
    a = tool_of("a", schema.data);
    a.title = mz_str("A \"title\"");
    a.hints = MZ_TOOL_DESTRUCTIVE;
    b = tool_of("b", "{\"type\":\"object\"}");
    b.task = MZ_TASK_OPTIONAL;
    b.output_schema = mz_str("{\"type\":\"object\",\"x\":[1, 2]}");
    c = tool_of("c", "{\"type\":\"object\"}");
    c.task = MZ_TASK_REQUIRED;
    CHECK(mz_registry_add(&reg, &a, &err) == MZ_OK);
    CHECK(mz_registry_add(&reg, &b, &err) == MZ_OK);
    CHECK(mz_registry_add(&reg, &c, &err) == MZ_OK);

    mz_buf_init(&text, 0);
    CHECK(mz_registry_tools_json(&reg, false, &text) == MZ_OK);
    CHECK(mz_str_find(mz_buf_view(&text), schema, 0) != SIZE_MAX);
    CHECK(mz_str_find(mz_buf_view(&text), b.output_schema, 0) != SIZE_MAX);
    CHECK(mz_str_find(mz_buf_view(&text), mz_str("execution"), 0)
          == SIZE_MAX);
    tools = load(&text);
    CHECK_STR(mz_json_get_str(json_array_get(tools, 0), "title"),
              "A \"title\"");
    CHECK(json_object_get(json_array_get(tools, 0), "outputSchema") == NULL);
    CHECK(json_object_get(json_array_get(tools, 1), "title") == NULL);
    CHECK(mz_json_get_bool(json_object_get(json_array_get(tools, 0),
                                           "annotations"), "destructiveHint",
                           false));
    json_decref(tools);

    mz_buf_reset(&text);
    CHECK(mz_registry_tools_json(&reg, true, &text) == MZ_OK);
    tools = load(&text);
    CHECK(json_object_get(json_array_get(tools, 0), "execution") == NULL);
    CHECK_STR(mz_json_get_str(json_object_get(json_array_get(tools, 1),
                                              "execution"), "taskSupport"),
              "optional");
    CHECK_STR(mz_json_get_str(json_object_get(json_array_get(tools, 2),
                                              "execution"), "taskSupport"),
              "required");
    json_decref(tools);

    mz_buf_free(&text);
    mz_registry_deinit(&reg);
}


static mz_resource_t
resource_of(const char *name, const char *uri)
{
    mz_resource_t  res;

    memset(&res, 0, sizeof(mz_resource_t));
    res.op.name = mz_str_from(name);
    res.op.step = step;
    res.uri = mz_str_from(uri);

    return res;
}


static void
test_resources(void)
{
    size_t         i;
    json_t        *list, *vars;
    mz_buf_t       text;
    mz_err_t       err;
    mz_argument_t  var = { .name = mz_str("id"), .complete = &completer };
    mz_resource_t  all[5], bad;

    static const struct {
        const char  *name;
        const char  *uri;
        const char  *part;
    } rows[] = {
        { "", "x:y", "the name of a resource" },
        { "\xff", "x:y", "the name of a resource" },
        { "r", "", "a scheme" },
        { "r", "no-scheme", "a scheme" },
        { "r", "x:\xff", "a scheme" },
        { "r", "x:{a", "that is no part" },
        { "r", "x:{a}{b}", "some text" },
        { "r", "x:a", "twice" },
        { "r", "x:t/{id}", "twice" }
    };

    memset(&reg, 0, sizeof(reg));
    all[0] = resource_of("a", "x:a");
    all[0].mime_type = mz_str("text/plain");
    all[1] = resource_of("t", "x:t/{id}");
    all[1].title = mz_str("T");
    all[1].variables = &var;
    all[1].nvariables = 1;
    all[2] = resource_of("h", "x:hidden");
    all[2].is_hidden = true;
    all[3] = resource_of("ht", "x:hidden/{id}");
    all[3].is_hidden = true;
    all[4] = resource_of("n", "x:t/named");

    for (i = 0; i < MZ_ARRAY_LEN(all); i++) {
        CHECK_ROW(mz_registry_add_resource(&reg, &all[i], &err) == MZ_OK,
                  "%s", err.msg);
    }

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        bad = resource_of(rows[i].name, rows[i].uri);
        CHECK_ROW(mz_registry_add_resource(&reg, &bad, &err) == MZ_INVALID,
                  "%zu", i);
        CHECK_ROW(strstr(err.msg, rows[i].part) != NULL, "%s", err.msg);
    }

    bad = resource_of("r", "x:v/{other}");
    bad.variables = &var;
    bad.nvariables = 1;
    CHECK(mz_registry_add_resource(&reg, &bad, &err) == MZ_INVALID);
    CHECK(strstr(err.msg, "no variable {id}") != NULL);

    bad = resource_of("r", "x:q");
    bad.op.step = NULL;
    CHECK(mz_registry_add_resource(&reg, &bad, &err) == MZ_INVALID);

    mz_buf_init(&text, 0);
    mz_buf_add_char(&text, '[');
    CHECK(mz_registry_resources_json(&reg, &text) == MZ_OK);
    mz_buf_add_char(&text, ']');
    CHECK_STR(mz_buf_view(&text), "[{\"uri\":\"x:a\",\"name\":\"a\","
              "\"mimeType\":\"text/plain\"},{\"uri\":\"x:t/named\","
              "\"name\":\"n\"}]");

    mz_buf_reset(&text);
    CHECK(mz_registry_templates_json(&reg, &text) == MZ_OK);
    CHECK_STR(mz_buf_view(&text), "[{\"uriTemplate\":\"x:t/{id}\","
              "\"name\":\"t\",\"title\":\"T\"}]");
    list = load(&text);
    json_decref(list);
    mz_buf_free(&text);

    vars = json_object();
    CHECK(mz_registry_find_resource(&reg, mz_str("x:a"), vars) == &all[0]);
    CHECK(mz_registry_find_resource(&reg, mz_str("x:hidden"), vars)
          == &all[2]);
    CHECK(mz_registry_find_resource(&reg, mz_str("x:t/named"), vars)
          == &all[4]);
    CHECK(json_object_size(vars) == 0);
    CHECK(mz_registry_find_resource(&reg, mz_str("x:t/%41"), vars)
          == &all[1]);
    CHECK_STR(mz_json_get_str(vars, "id"), "A");
    CHECK(mz_registry_find_resource(&reg, mz_str("x:hidden/9"), NULL)
          == &all[3]);
    CHECK(mz_registry_find_resource(&reg, mz_str("x:t/{id}"), NULL)
          == &all[1]);
    CHECK(mz_registry_find_resource(&reg, mz_str("x:A"), vars) == NULL);
    CHECK(mz_registry_find_resource(&reg, mz_str("x:t/"), vars) == NULL);
    CHECK(mz_registry_find_resource(&reg, mz_str(""), vars) == NULL);
    CHECK(mz_registry_find_resource(&reg, mz_null_str, vars) == NULL);
    json_decref(vars);

    CHECK(mz_registry_find_template(&reg, mz_str("x:t/{id}")) == &all[1]);
    CHECK(mz_registry_find_template(&reg, mz_str("x:t/1")) == NULL);
    CHECK(mz_registry_find_template(&reg, mz_str("x:a")) == NULL);

    CHECK(mz_registry_offers(&reg)
          == (MZ_MCP_OFFERS_RESOURCES|MZ_MCP_OFFERS_RESOURCES_CHANGE
              |MZ_MCP_OFFERS_COMPLETIONS));
    mz_registry_deinit(&reg);
}


static void
test_prompts(void)
{
    mz_buf_t       text;
    mz_err_t       err;
    mz_prompt_t    p, q, r;
    mz_argument_t  args[] = {
        { .name = mz_str("one"), .is_required = true },
        { .name = mz_str("two"), .description = mz_str("2") }
    };

    memset(&reg, 0, sizeof(reg));
    memset(&p, 0, sizeof(p));
    p.op.name = mz_str("p");
    p.op.step = step;
    p.description = mz_str("A prompt");
    p.arguments = args;
    p.narguments = 2;
    CHECK(mz_registry_add_prompt(&reg, &p, &err) == MZ_OK);
    CHECK(mz_registry_add_prompt(&reg, &p, &err) == MZ_INVALID);
    CHECK(strstr(err.msg, "twice") != NULL);

    q = p;
    q.op.name = mz_str("q q");
    CHECK(mz_registry_add_prompt(&reg, &q, &err) == MZ_INVALID);
    q.op.name = mz_str("q");
    q.op.step = NULL;
    CHECK(mz_registry_add_prompt(&reg, &q, &err) == MZ_INVALID);
    q.op.step = step;
    q.narguments = 0;
    CHECK(mz_registry_add_prompt(&reg, &q, &err) == MZ_OK);

    mz_buf_init(&text, 0);
    CHECK(mz_registry_prompts_json(&reg, &text) == MZ_OK);
    CHECK_STR(mz_buf_view(&text), "[{\"name\":\"p\",\"description\":"
              "\"A prompt\",\"arguments\":[{\"name\":\"one\",\"required\":"
              "true},{\"name\":\"two\",\"description\":\"2\",\"required\":"
              "false}]},{\"name\":\"q\",\"description\":\"A prompt\"}]");
    mz_buf_free(&text);

    CHECK(mz_registry_find_prompt(&reg, mz_str("q")) == &q);
    CHECK(mz_registry_find_prompt(&reg, mz_str("Q")) == NULL);
    CHECK(mz_registry_offers(&reg) == MZ_MCP_OFFERS_PROMPTS);

    args[1].name = mz_str("one");
    r = p;
    r.op.name = mz_str("r");
    CHECK(mz_registry_add_prompt(&reg, &r, &err) == MZ_INVALID);
    CHECK(strstr(err.msg, "\"one\" twice") != NULL);
    args[1].name = mz_str("");
    CHECK(mz_registry_add_prompt(&reg, &r, &err) == MZ_INVALID);
    mz_registry_deinit(&reg);
}


static void
test_kinds(void)
{
    mz_err_t        err;
    mz_task_kind_t  k, l;

    memset(&reg, 0, sizeof(reg));
    memset(&k, 0, sizeof(k));
    k.letter = 't';
    CHECK(mz_registry_add_kind(&reg, &k, &err) == MZ_INVALID);
    k.read = read_none;
    k.decode = decode_none;
    CHECK(mz_registry_add_kind(&reg, &k, &err) == MZ_OK);
    CHECK(mz_registry_add_kind(&reg, &k, &err) == MZ_INVALID);
    l = k;
    l.letter = 'T';
    CHECK(mz_registry_add_kind(&reg, &l, &err) == MZ_INVALID);
    l.letter = 'w';
    CHECK(mz_registry_add_kind(&reg, &l, &err) == MZ_OK);

    CHECK(mz_registry_find_kind(&reg, mz_str("t_aaaaaaaaaaaaaaaaaaaaaaaaaa"))
          == &k);
    CHECK(mz_registry_find_kind(&reg, mz_str("w_aaaaaaaaaaaaaaaaaaaaaaaaaa"))
          == &l);
    CHECK(mz_registry_find_kind(&reg, mz_str("x_aaaaaaaaaaaaaaaaaaaaaaaaaa"))
          == NULL);
    CHECK(mz_registry_find_kind(&reg, mz_str("t_aaaaaaaaaaaaaaaaaaaaaaaaa"))
          == NULL);
    CHECK(mz_registry_find_kind(&reg, mz_str("t")) == NULL);
    CHECK(mz_registry_find_kind(&reg, mz_null_str) == NULL);
    CHECK(mz_registry_offers(&reg) == 0);
    mz_registry_deinit(&reg);
}


/* What is offered is what something registered does. */

static void
test_offers(void)
{
    size_t          i;
    mz_err_t        err;
    mz_tool_t       t;
    mz_prompt_t     p;
    mz_resource_t   res;
    mz_task_kind_t  k;

    static const struct {
        unsigned           flags;
        unsigned           changes;
        mz_task_support_t  task;
        bool               has_prompt;
        bool               has_kind;
        unsigned           offers;
    } rows[] = {
        { 0, 0, MZ_TASK_NEVER, false, false, 0 },
        { MZ_OP_LOGS, 0, MZ_TASK_NEVER, false, false, MZ_MCP_OFFERS_LOGGING },
        { 0, MZ_CONTROL_TOOLS, MZ_TASK_NEVER, false, false,
          MZ_MCP_OFFERS_TOOLS_CHANGE },
        { 0, MZ_CONTROL_PROMPTS, MZ_TASK_NEVER, false, false, 0 },
        { 0, MZ_CONTROL_PROMPTS, MZ_TASK_NEVER, true, false,
          MZ_MCP_OFFERS_PROMPTS|MZ_MCP_OFFERS_PROMPTS_CHANGE },
        { 0, 0, MZ_TASK_OPTIONAL, false, false, 0 },
        { 0, 0, MZ_TASK_NEVER, false, true, 0 },
        { 0, 0, MZ_TASK_OPTIONAL, false, true, MZ_MCP_OFFERS_TASKS },
        { 0, 0, MZ_TASK_REQUIRED, false, true, MZ_MCP_OFFERS_TASKS }
    };

    memset(&reg, 0, sizeof(reg));

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        t = tool_of("t", "{\"type\":\"object\"}");
        t.op.flags = rows[i].flags;
        t.changes = rows[i].changes;
        t.task = rows[i].task;
        CHECK(mz_registry_add(&reg, &t, &err) == MZ_OK);

        memset(&p, 0, sizeof(p));
        p.op = t.op;
        p.op.flags = 0;
        memset(&k, 0, sizeof(k));
        k.letter = 't';
        k.read = read_none;
        k.decode = decode_none;

        if (rows[i].has_prompt) {
            CHECK(mz_registry_add_prompt(&reg, &p, &err) == MZ_OK);
        }

        if (rows[i].has_kind) {
            CHECK(mz_registry_add_kind(&reg, &k, &err) == MZ_OK);
        }

        CHECK_ROW(mz_registry_offers(&reg) == rows[i].offers, "row %zu", i);
        mz_registry_deinit(&reg);
    }

    res = resource_of("r", "x:r");
    res.is_watchable = true;
    res.op.flags = MZ_OP_LOGS;
    CHECK(mz_registry_add_resource(&reg, &res, &err) == MZ_OK);
    CHECK(mz_registry_offers(&reg)
          == (MZ_MCP_OFFERS_RESOURCES|MZ_MCP_OFFERS_RESOURCES_CHANGE
              |MZ_MCP_OFFERS_SUBSCRIBE|MZ_MCP_OFFERS_LOGGING));
    mz_registry_deinit(&reg);
}


/* One more than fits. */

static void
test_full(void)
{
    size_t                i;
    mz_err_t              err;
    static char           names[MZ_REGISTRY_MAX + 1][16];
    static mz_tool_t      tools[MZ_REGISTRY_MAX + 1];
    static mz_prompt_t    prompts[MZ_REGISTRY_MAX + 1];
    static mz_resource_t  resources[MZ_REGISTRY_MAX + 1];

    memset(&reg, 0, sizeof(reg));

    for (i = 0; i <= MZ_REGISTRY_MAX; i++) {
        mz_rc_t  want = (i < MZ_REGISTRY_MAX) ? MZ_OK : MZ_LIMIT;

        snprintf(names[i], sizeof(names[i]), "x:%zu", i);
        resources[i] = resource_of("r", names[i]);
        tools[i] = tool_of(names[i] + 2, "{\"type\":\"object\"}");
        prompts[i].op = tools[i].op;

        CHECK(mz_registry_add(&reg, &tools[i], &err) == want);
        CHECK(mz_registry_add_prompt(&reg, &prompts[i], &err) == want);
        CHECK(mz_registry_add_resource(&reg, &resources[i], &err) == want);
    }

    CHECK(mz_registry_find(&reg, mz_str("127")) == &reg.tools[127]);
    CHECK(mz_registry_find(&reg, mz_str("128")) == NULL);
    mz_registry_deinit(&reg);
}


/* What the analytics agent itself offers. */

static void
test_own(void)
{
    json_t    *list;
    mz_buf_t   text;
    mz_err_t   err;
    unsigned   offers;

    CHECK_ROW(mz_registry_init(&reg, &err) == MZ_OK, "%s", err.msg);
    CHECK(reg.ntools == 8 && reg.nkinds == 1 && reg.nprompts > 0);
    CHECK(mz_registry_find(&reg, mz_str("run_analytics_agent"))->tool
          == &mz_tool_run);
    CHECK(mz_registry_find_kind(&reg, mz_str("p_aaaaaaaaaaaaaaaaaaaaaaaaaa"))
          == reg.kinds[0]);
    CHECK(mz_registry_find_resource(&reg,
              mz_str("mitzu://artifacts/a_aaaaaaaaaaaaaaaaaaaaaaaaaa"), NULL)
          == reg.resources[0]);

    offers = mz_registry_offers(&reg);
    CHECK((offers & MZ_MCP_OFFERS_RESOURCES)
          && (offers & MZ_MCP_OFFERS_PROMPTS)
          && (offers & MZ_MCP_OFFERS_COMPLETIONS)
          && (offers & MZ_MCP_OFFERS_TASKS));
    CHECK(!(offers & (MZ_MCP_OFFERS_TOOLS_CHANGE|MZ_MCP_OFFERS_PROMPTS_CHANGE
                      |MZ_MCP_OFFERS_TASKS_LIST)));

    mz_buf_init(&text, 0);
    CHECK(mz_registry_prompts_json(&reg, &text) == MZ_OK);
    list = load(&text);
    CHECK(json_array_size(list) == reg.nprompts);
    json_decref(list);

    mz_buf_reset(&text);
    CHECK(mz_registry_templates_json(&reg, &text) == MZ_OK);
    list = load(&text);
    CHECK(json_array_size(list) == 1);
    json_decref(list);
    mz_buf_free(&text);

    mz_registry_deinit(&reg);
}


static const mz_test_t  tests[] = {
    { "what a tool must be", test_tool },
    { "x-mcp-header: where it may stand, and what it may say", test_headers },
    { "x-mcp-header: how many", test_headers_many },
    { "tools/list keeps schemas byte for byte", test_tools_json },
    { "resources and templates", test_resources },
    { "prompts", test_prompts },
    { "kinds of tasks", test_kinds },
    { "what is offered", test_offers },
    { "what is too much", test_full },
    { "what the analytics agent offers", test_own }
};

MZ_TEST_MAIN(tests)
