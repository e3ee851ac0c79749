
#include "tools/listen.h"

#include "base/mz_str.h"
#include "store/ask.h"
#include "tools/registry.h"
#include "tools/task_json.h"


/* How a list is asked for, offered and told of. */

static const struct {
    unsigned     list;
    unsigned     offer;
    const char  *key;
    const char  *method;
} mz_listen_lists[] = {
    { MZ_CONTROL_TOOLS, MZ_MCP_OFFERS_TOOLS_CHANGE, "toolsListChanged",
      "notifications/tools/list_changed" },
    { MZ_CONTROL_PROMPTS, MZ_MCP_OFFERS_PROMPTS_CHANGE, "promptsListChanged",
      "notifications/prompts/list_changed" },
    { MZ_CONTROL_RESOURCES, MZ_MCP_OFFERS_RESOURCES_CHANGE,
      "resourcesListChanged", "notifications/resources/list_changed" }
};


static mz_rc_t mz_listen_take_uris(mz_listen_t *ln, const mz_call_t *call,
    const json_t *uris);
static void mz_listen_write_honoured(const mz_listen_t *ln, mz_buf_t *out);
static void mz_listen_notify(mz_call_t *call, mz_str_t method,
    mz_str_t members);


mz_listen_t *
mz_listen_new(void)
{
    mz_listen_t  *ln;

    ln = calloc(1, sizeof(mz_listen_t));
    if (ln == NULL) {
        return NULL;
    }

    ln->uris = json_array();
    if (ln->uris == NULL) {
        free(ln);
        return NULL;
    }

    return ln;
}


void
mz_listen_free(mz_listen_t *ln)
{
    if (ln != NULL) {
        mz_listen_tasks_free(ln->tasks);
        json_decref(ln->uris);
        free(ln);
    }
}


void
mz_listen_take_offers(mz_listen_t *ln, const mz_call_t *call)
{
    size_t  i;

    for (i = 0; i < MZ_ARRAY_LEN(mz_listen_lists); i++) {
        if (call->conf->server->offers & mz_listen_lists[i].offer) {
            ln->lists |= mz_listen_lists[i].list;
        }
    }
}


mz_rc_t
mz_listen_take_filter(mz_listen_t *ln, const mz_call_t *call)
{
    size_t         i;
    unsigned       offers;
    const json_t  *filter, *ids;

    offers = call->conf->server->offers;
    filter = json_object_get(call->args, "notifications");

    mz_listen_take_offers(ln, call);

    for (i = 0; i < MZ_ARRAY_LEN(mz_listen_lists); i++) {
        if (!mz_json_get_bool(filter, mz_listen_lists[i].key, false)) {
            ln->lists &= ~mz_listen_lists[i].list;
        }
    }

    ids = json_object_get(filter, "taskIds");

    if (json_array_size(ids) != 0 && (offers & MZ_MCP_OFFERS_TASKS)
        && (call->req->client & MZ_MCP_CAN_TASKS))
    {
        ln->tasks = mz_listen_tasks_new(call, ids);

        if (ln->tasks == NULL) {
            return MZ_NOMEM;
        }
    }

    if (!(offers & MZ_MCP_OFFERS_SUBSCRIBE)) {
        return MZ_OK;
    }

    return mz_listen_take_uris(ln, call,
                               json_object_get(filter,
                                               "resourceSubscriptions"));
}


bool
mz_listen_is_empty(const mz_listen_t *ln)
{
    size_t  ntasks;

    (void) mz_listen_tasks_ids(ln->tasks, &ntasks);

    return ln->lists == 0 && json_array_size(ln->uris) == 0 && ntasks == 0;
}


bool
mz_listen_has_uri(const mz_listen_t *ln, mz_str_t uri)
{
    size_t  i;

    for (i = 0; i < json_array_size(ln->uris); i++) {
        if (mz_str_eq(mz_json_str(json_array_get(ln->uris, i)), uri)) {
            return true;
        }
    }

    return false;
}


void
mz_listen_tell_honoured(mz_call_t *call, const mz_listen_t *ln)
{
    mz_buf_t  members;

    mz_buf_init(&members, 0);
    mz_buf_add_c(&members, "\"notifications\":{");
    mz_listen_write_honoured(ln, &members);
    mz_buf_add_char(&members, '}');

    mz_listen_notify(call, mz_str("notifications/subscriptions/acknowledged"),
                     mz_buf_view(&members));
    mz_buf_free(&members);
}


void
mz_listen_tell_lists(mz_call_t *call, unsigned lists)
{
    size_t  i;

    for (i = 0; i < MZ_ARRAY_LEN(mz_listen_lists); i++) {
        if (lists & mz_listen_lists[i].list) {
            mz_listen_notify(call, mz_str_from(mz_listen_lists[i].method),
                             mz_null_str);
        }
    }
}


void
mz_listen_tell_updated(mz_call_t *call, mz_str_t uri)
{
    mz_buf_t  members;

    mz_buf_init(&members, 0);
    mz_buf_add_c(&members, "\"uri\":");
    mz_buf_add_json_str(&members, uri);

    mz_listen_notify(call, mz_str("notifications/resources/updated"),
                     mz_buf_view(&members));
    mz_buf_free(&members);
}


void
mz_listen_tell_task(mz_call_t *call, const mz_task_t *task)
{
    mz_buf_t  members;

    mz_buf_init(&members, 0);
    mz_task_write_body(call, task, &members);

    if (members.rc == MZ_OK) {
        mz_listen_notify(call, mz_str("notifications/tasks"),
                         mz_buf_view(&members));
    }

    mz_buf_free(&members);
}


/* Of resources that exist and are watched; only so many are looked at. */

static mz_rc_t
mz_listen_take_uris(mz_listen_t *ln, const mz_call_t *call,
    const json_t *uris)
{
    size_t                i, n;
    json_t               *entry;
    mz_str_t              uri;
    const mz_resource_t  *resource;

    n = json_array_size(uris);
    n = (n < MZ_SESSION_SUBS_MAX) ? n : MZ_SESSION_SUBS_MAX;

    for (i = 0; i < n; i++) {
        entry = json_array_get(uris, i);
        uri = mz_json_str(entry);

        if (uri.len == 0 || uri.len > MZ_CONTROL_URI_MAX
            || mz_listen_has_uri(ln, uri))
        {
            continue;
        }

        resource = mz_registry_find_resource(call->conf->registry, uri,
                                             NULL);

        if (resource != NULL && resource->is_watchable
            && json_array_append(ln->uris, entry) != 0)
        {
            return MZ_NOMEM;
        }
    }

    return MZ_OK;
}


static void
mz_listen_write_honoured(const mz_listen_t *ln, mz_buf_t *out)
{
    size_t          i, n;
    const char     *before;
    const mz_id_t  *ids;

    before = "";

    for (i = 0; i < MZ_ARRAY_LEN(mz_listen_lists); i++) {
        if (ln->lists & mz_listen_lists[i].list) {
            mz_buf_addf(out, "%s\"%s\":true", before, mz_listen_lists[i].key);
            before = ",";
        }
    }

    if (json_array_size(ln->uris) != 0) {
        mz_buf_addf(out, "%s\"resourceSubscriptions\":", before);
        mz_json_dump(out, ln->uris);
        before = ",";
    }

    ids = mz_listen_tasks_ids(ln->tasks, &n);

    if (n != 0) {
        mz_buf_addf(out, "%s\"taskIds\":[", before);

        for (i = 0; i < n; i++) {
            mz_buf_addf(out, "%s\"%s\"", i != 0 ? "," : "", ids[i].s);
        }

        mz_buf_add_char(out, ']');
    }
}


/* The id of the subscription is that of the request, byte for byte. */

static void
mz_listen_notify(mz_call_t *call, mz_str_t method, mz_str_t members)
{
    mz_buf_t  params;

    mz_buf_init(&params, 0);

    if (call->req->era == MZ_MCP_MODERN) {
        mz_buf_add_c(&params, "{" MZ_LISTEN_META);
        mz_buf_add_c(&params, call->req->id);
        mz_buf_add_c(&params, members.len != 0 ? "}," : "}");

    } else if (members.len != 0) {
        mz_buf_add_char(&params, '{');
    }

    if (params.len != 0) {
        mz_buf_add_str(&params, members);
        mz_buf_add_char(&params, '}');
    }

    if (params.rc == MZ_OK) {
        mz_call_notify_text(call, method, mz_buf_view(&params));
    }

    mz_buf_free(&params);
}
