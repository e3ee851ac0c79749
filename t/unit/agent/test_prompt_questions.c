
/*
 * The questions of the prompts (src/tools/prompts.c) to the planner: for
 * each event, property and value of the catalogs in t/data it must plan what
 * the prompt promises, with no word left over.
 */

#include "agent/plan/planner.h"
#include "agent/read_file.h"
#include "base/mz_str.h"
#include "base/mz_time.h"
#include "test.h"
#include "tools/ops.h"


#define DATA_MAX    (4 * 1024 * 1024)
#define VALUES_MAX  4       /* of a property are tried */
#define MISS_SHARE  50      /* one value in so many may be read otherwise */

static mz_catalog_t  *cat;
static json_t        *args;
static json_t        *spec;
static char           asked[512];
static bool           is_used;      /* every word was */


static void
load(const char *path)
{
    json_t    *j;
    mz_buf_t   b;
    mz_err_t   err;

    mz_catalog_free(cat);
    cat = NULL;
    mz_buf_init(&b, DATA_MAX);
    CHECK_ROW(mz_read_file(path, &b, &err) == MZ_OK, "%s", path);
    CHECK(mz_json_load(mz_buf_view(&b), NULL, &j, &err) == MZ_OK);
    CHECK(mz_catalog_from_json(j, &cat, &err) == MZ_OK);
    json_decref(j);
    mz_buf_free(&b);

    if (cat == NULL) {
        exit(1);
    }
}


static void
set(const char *name, mz_str_t value)
{
    CHECK(mz_json_set_str(args, name, value) == MZ_OK);
}


/* The first line of the prompt's message. */

static void
render(const char *name)
{
    size_t      i;
    char       *end;
    json_t     *members;
    mz_buf_t    text;
    mz_err_t    err;
    mz_call_t   call;
    mz_str_t    s;

    memset(&call, 0, sizeof(call));
    call.status = "";
    asked[0] = '\0';

    for (i = 0; mz_prompts[i] != NULL; i++) {
        if (mz_str_eq_c(mz_prompts[i]->op.name, name)) {
            call.op = &mz_prompts[i]->op;
        }
    }

    CHECK_ROW(call.op != NULL, "%s", name);

    if (call.op == NULL) {
        return;
    }

    call.args = args;
    CHECK(call.op->step(&call, MZ_EV_START) == MZ_STEP_DONE);

    mz_buf_init(&text, 0);
    mz_buf_addf(&text, "{%.*s}", (int) call.result.members.len,
                call.result.members.data);
    CHECK(mz_json_load(mz_buf_view(&text), NULL, &members, &err) == MZ_OK);
    mz_buf_free(&text);
    mz_buf_free(&call.result.members);

    s = mz_json_get_str(json_object_get(json_array_get(
            json_object_get(members, "messages"), 0), "content"), "text");
    snprintf(asked, sizeof(asked), "%.*s", (int) s.len, s.data);
    json_decref(members);

    end = strchr(asked, '\n');
    CHECK(end != NULL);

    if (end != NULL) {
        *end = '\0';
    }
}


/* Plans a prompt with args, which are empty afterwards. */

static void
plan(const char *name)
{
    size_t      i;
    int64_t     now_ms;
    mz_str_t    s;
    mz_err_t    err;
    mz_plan_t   p;

    render(name);
    json_object_clear(args);
    json_decref(spec);
    spec = NULL;

    CHECK(mz_time_parse(mz_str("2026-06-15T12:00:00Z"), &now_ms) == MZ_OK);

    if (mz_planner_plan(cat, mz_str_from(asked), NULL, now_ms, &p, &err)
        != MZ_OK)
    {
        return;
    }

    is_used = true;

    for (i = 0; i < json_array_size(p.assumptions); i++) {
        s = mz_json_str(json_array_get(p.assumptions, i));
        is_used = is_used && !mz_str_has_prefix(s, mz_str(MZ_PLAN_NOT_USED));
    }

    spec = json_incref(p.spec);
    mz_plan_free(&p);
}


/* Whether a member's text is that, with ' for ". */

static bool
is(const char *key, const char *fmt, ...)
{
    bool       same;
    char       want[512], *c;
    va_list    ap;
    mz_buf_t   text;

    va_start(ap, fmt);
    vsnprintf(want, sizeof(want), fmt, ap);
    va_end(ap);

    for (c = want; *c != '\0'; c++) {
        *c = (*c == '\'') ? '"' : *c;
    }

    mz_buf_init(&text, 0);

    if (json_object_get(spec, key) != NULL) {
        mz_json_dump(&text, json_object_get(spec, key));
    }

    same = mz_str_eq_c(mz_buf_view(&text), want);
    mz_buf_free(&text);

    return same;
}


static bool
is_retention(mz_str_t event, const char *back)
{
    return is("kind", "'retention'") && is("period", "'week'")
           && mz_str_eq(mz_json_get_str(json_object_get(spec, "start"),
                                        "event"), event)
           && (back == NULL
               || mz_str_eq_c(mz_json_get_str(json_object_get(spec,
                                                              "return"),
                                              "event"), back));
}


static bool
is_group(const mz_catalog_property_t *p)
{
    return p->dtype == MZ_DTYPE_STRING || p->dtype == MZ_DTYPE_BOOL;
}


static void
check_event(mz_str_t e)
{
    set("event", e);
    plan("ask_trend");
    CHECK_ROW(is("kind", "'segmentation'") && is("events", "['%s']", e.data)
              && is("grain", "'day'") && is("breakdown", "")
              && is("filters", "") && is_used, "%s", asked);

    set("event", e);
    set("range", mz_str("last 7 days"));
    plan("ask_trend");
    CHECK_ROW(is("events", "['%s']", e.data) && is_used
              && is("range", "{'last':7,'unit':'day'}"), "%s", asked);

    set("event", e);
    plan("retention");
    CHECK_ROW(is("kind", "'retention'") && is_used, "%s", asked);
}


static void
check_property(mz_str_t e, mz_str_t p)
{
    set("event", e);
    set("property", p);
    plan("ask_trend");
    CHECK_ROW(is("events", "['%s']", e.data) && is("grain", "'day'")
              && is("breakdown", "['%s']", p.data) && is_used, "%s", asked);

    set("event", e);
    set("property", p);
    plan("compare_segments");
    CHECK_ROW(is("events", "['%s']", e.data)
              && is("measure", "{'type':'users'}")
              && is("breakdown", "['%s']", p.data) && is_used, "%s", asked);

    set("event", e);
    set("property", p);
    plan("top_values");
    CHECK_ROW(is("events", "['%s']", e.data)
              && is("breakdown", "['%s']", p.data)
              && is("top", "{'n':10,'order':'desc'}") && is_used, "%s",
              asked);
}


static void
check_pair(mz_str_t e, mz_str_t other, mz_str_t by)
{
    if (!mz_str_eq(e, other)) {
        set("first_event", e);
        set("second_event", other);
        set("by", by);
        plan("funnel");
        CHECK_ROW(is("kind", "'funnel'")
                  && is("steps", "[{'event':'%s'},{'event':'%s'}]", e.data,
                        other.data)
                  && (by.len == 0 || is("breakdown", "['%s']", by.data))
                  && is_used, "%s", asked);
    }

    set("event", e);
    set("return_event", other);
    plan("retention");
    CHECK_ROW(is_retention(e, other.data) && is_used, "%s", asked);
}


/* Of the values, how many were not read as such. */

static size_t
misses(mz_str_t e, const mz_catalog_property_t *p, size_t *tried)
{
    size_t    i, n;
    mz_str_t  v;

    n = 0;

    for (i = 0; i < p->nvalues && i < VALUES_MAX; i++) {
        v = p->values[i].value;
        set("event", e);
        set("property", p->name);
        set("value", v);
        set("range", mz_str("last 30 days"));
        plan("ask_trend");
        (*tried)++;

        n += !(is("events", "['%s']", e.data) && is("grain", "'day'")
               && is("filters", "[{'property':'%s','op':'eq','value':'%s'}]",
                     p->name.data, v.data));
    }

    return n;
}


/* A property to break anything down by. */

static mz_str_t
common(void)
{
    size_t  i;

    for (i = 0; i < cat->nproperties; i++) {
        if (cat->properties[i].is_common && is_group(&cat->properties[i])) {
            return cat->properties[i].name;
        }
    }

    return mz_str("");
}


static void
check_catalog(const char *path)
{
    size_t                        i, k, missed, tried;
    mz_str_t                      e;
    const mz_catalog_property_t  *p;

    load(path);
    missed = 0;
    tried = 0;

    for (i = 0; i < cat->nevents; i++) {
        e = cat->events[i].name;
        check_event(e);

        for (k = 0; k < cat->nproperties; k++) {
            p = &cat->properties[k];

            if (mz_catalog_event_has(cat, e, p->name) && is_group(p)) {
                check_property(e, p->name);
                missed += misses(e, p, &tried);
            }
        }

        for (k = 0; k < cat->nevents; k++) {
            check_pair(e, cat->events[k].name,
                       (i + k) % 2 ? common() : mz_str(""));
        }
    }

    for (k = 0; k < cat->nproperties; k++) {
        set("property", cat->properties[k].name);
        plan("top_values");
        CHECK_ROW(is("kind", "'discovery'") && is("what", "'values'")
                  && is("property", "'%s'", cat->properties[k].name.data)
                  && is_used, "%s", asked);
    }

    CHECK_ROW(missed * MISS_SHARE <= tried, "%zu of %zu values", missed,
              tried);
    CHECK(tried > 100);

    plan("what_data");
    CHECK_ROW(is("kind", "'discovery'") && is("what", "'events'"), "%s",
              asked);
}


static void
test_shop(void)
{
    args = json_object();
    check_catalog("t/data/catalog.json");
}


static void
test_music(void)
{
    check_catalog("t/data/catalog-music.json");
}


static void
test_projects(void)
{
    check_catalog("t/data/catalog-projects.json");
}


/* What completion offers as a range is one. */

static void
test_ranges(void)
{
    size_t         i, n;
    json_t        *members;
    mz_buf_t       text;
    mz_err_t       err;
    mz_call_t      call;
    const json_t  *values;

    memset(&call, 0, sizeof(call));
    call.status = "";
    call.args = json_pack("{s:s}", "value", "");
    n = mz_prompts[0]->narguments;
    CHECK_STR(mz_prompts[0]->arguments[n - 1].name, "range");
    call.op = mz_prompts[0]->arguments[n - 1].complete;
    CHECK(call.op->step(&call, MZ_EV_START) == MZ_STEP_DONE);

    mz_buf_init(&text, 0);
    mz_buf_addf(&text, "{%.*s}", (int) call.result.members.len,
                call.result.members.data);
    CHECK(mz_json_load(mz_buf_view(&text), NULL, &members, &err) == MZ_OK);
    values = json_object_get(json_object_get(members, "completion"),
                             "values");
    CHECK(json_array_size(values) > 10);

    for (i = 0; i < json_array_size(values); i++) {
        set("event", cat->events[0].name);
        set("range", mz_json_str(json_array_get(values, i)));
        plan("ask_trend");
        CHECK_ROW(is("grain", "'day'") && is_used
                  && json_object_get(spec, "range") != NULL, "%s", asked);
    }

    json_decref(members);
    json_decref(call.args);
    json_decref(args);
    json_decref(spec);
    mz_buf_free(&text);
    mz_buf_free(&call.result.members);
    mz_catalog_free(cat);
}


static const mz_test_t  tests[] = {
    { "questions about a shop", test_shop },
    { "questions about music", test_music },
    { "questions about projects", test_projects },
    { "ranges", test_ranges }
};

MZ_TEST_MAIN(tests)
