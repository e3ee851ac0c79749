
#include "tools/complete.h"

#include "store/catalog_names.h"


static mz_step_t mz_complete_catalog_events(mz_call_t *call,
    mz_tool_event_t ev);
static mz_step_t mz_complete_catalog_properties(mz_call_t *call,
    mz_tool_event_t ev);
static mz_step_t mz_complete_catalog_values(mz_call_t *call,
    mz_tool_event_t ev);
static mz_step_t mz_complete_catalog_step(mz_call_t *call,
    mz_tool_event_t ev, mz_catalog_set_t set, mz_str_t property);
static mz_step_t mz_complete_catalog_found(mz_call_t *call);


const mz_op_t  mz_complete_events = {
    .name = mz_str("complete_events"),
    .flags = MZ_OP_REPEATABLE,
    .step = mz_complete_catalog_events
};

const mz_op_t  mz_complete_properties = {
    .name = mz_str("complete_properties"),
    .flags = MZ_OP_REPEATABLE,
    .step = mz_complete_catalog_properties
};

const mz_op_t  mz_complete_values = {
    .name = mz_str("complete_values"),
    .flags = MZ_OP_REPEATABLE,
    .step = mz_complete_catalog_values
};


static mz_step_t
mz_complete_catalog_events(mz_call_t *call, mz_tool_event_t ev)
{
    return mz_complete_catalog_step(call, ev, MZ_CATALOG_EVENTS, mz_null_str);
}


static mz_step_t
mz_complete_catalog_properties(mz_call_t *call, mz_tool_event_t ev)
{
    return mz_complete_catalog_step(call, ev, MZ_CATALOG_PROPERTIES,
                                    mz_null_str);
}


/* Without a property there is nothing to say: values of all are no help. */

static mz_step_t
mz_complete_catalog_values(mz_call_t *call, mz_tool_event_t ev)
{
    mz_str_t       property;
    const json_t  *context;

    context = json_object_get(call->args, "context");
    property = mz_json_get_str(json_object_get(context, "arguments"),
                               "property");

    if (property.len == 0) {
        return mz_call_completed(call, json_array(), 0, false);
    }

    return mz_complete_catalog_step(call, ev, MZ_CATALOG_VALUES, property);
}


static mz_step_t
mz_complete_catalog_step(mz_call_t *call, mz_tool_event_t ev,
    mz_catalog_set_t set, mz_str_t property)
{
    if (ev != MZ_EV_START) {
        return mz_complete_catalog_found(call);
    }

    mz_catalog_find(&call->cmds, &call->conf->store, set, property,
                    mz_json_get_str(call->args, "value"));

    return MZ_STEP_STORE;
}


static mz_step_t
mz_complete_catalog_found(mz_call_t *call)
{
    bool       has_more;
    size_t     i, n;
    json_t    *values;
    mz_rc_t    rc;
    mz_err_t   err;

    rc = mz_catalog_find_decode(call->replies[0], &n, &err);
    if (rc != MZ_OK) {
        return mz_call_error(call, rc, "%s", err.msg);
    }

    has_more = n > MZ_COMPLETE_MAX;
    values = json_array();

    for (i = 0; i < n && i < MZ_COMPLETE_MAX; i++) {
        if (json_array_append_new(values,
                mz_json_str_new(mz_catalog_find_at(call->replies[0], i)))
            != 0)
        {
            json_decref(values);
            values = NULL;
            break;
        }
    }

    if (values == NULL) {
        return mz_call_error(call, MZ_NOMEM, "out of memory");
    }

    return mz_call_completed(call, values, has_more ? -1 : (int64_t) n,
                             has_more);
}
