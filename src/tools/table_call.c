
#include "tools/table_call.h"

#include "base/mz_str.h"
#include "tools/tools.h"


/* Room that ids, names and counts take beside the rows of a result. */
#define MZ_RESULT_MARGIN  4096


static bool mz_table_call_open(mz_call_t *call, mz_step_t *step);
static bool mz_table_call_begin(mz_call_t *call, mz_table_call_t *t,
    const json_t *args, mz_step_t *step);


bool
mz_table_call_step(mz_call_t *call, mz_tool_event_t ev, const json_t *args,
    mz_table_call_t **out, mz_step_t *step)
{
    bool              done;
    mz_table_call_t  *t;

    if (ev == MZ_EV_START) {
        return mz_table_call_open(call, step);
    }

    t = call->state;

    if (t->query == NULL) {
        done = mz_table_call_begin(call, t, args, step);

    } else {
        done = mz_reading_feed(call, &t->reading, ev, step);
    }

    if (!done) {
        return false;
    }

    if (t->reading.rc != MZ_OK) {
        *step = mz_reading_failed(call, &t->reading);
        return false;
    }

    *out = t;

    return true;
}


void
mz_table_call_release(mz_call_t *call)
{
    mz_table_call_t  *t;

    t = call->state;
    if (t == NULL) {
        return;
    }

    mz_tquery_free(t->query);
    mz_layout_free(t->layout);
    mz_reading_deinit(&t->reading);
    free(t);
    call->state = NULL;
}


void
mz_table_call_names(const mz_table_call_t *t, mz_buf_t *out)
{
    size_t                     i;
    const mz_tquery_result_t  *res;

    res = mz_tquery_result(t->query);

    mz_buf_add_char(out, '[');

    for (i = 0; i < res->ncolumns; i++) {
        if (i != 0) {
            mz_buf_add_char(out, ',');
        }

        mz_buf_add_json_str(out, t->layout->columns[res->columns[i]].name);
    }

    mz_buf_add_char(out, ']');
}


static bool
mz_table_call_open(mz_call_t *call, mz_step_t *step)
{
    call->state = calloc(1, sizeof(mz_table_call_t));

    if (call->state == NULL) {
        *step = mz_call_error(call, MZ_NOMEM, "out of memory");
        return false;
    }

    mz_reading_open(call, mz_json_get_str(call->args, "artifact_id"), step);

    return false;
}


static bool
mz_table_call_begin(mz_call_t *call, mz_table_call_t *t, const json_t *args,
    mz_step_t *step)
{
    json_t              *layout;
    mz_rc_t              rc;
    mz_str_t             id;
    mz_err_t             err;
    mz_tquery_limits_t   lim;

    id = mz_json_get_str(call->args, "artifact_id");

    if (!mz_reading_meta(call, &t->reading, 0, id, "table", step)) {
        return false;
    }

    layout = mz_reading_layout(call, &t->reading, step);
    if (layout == NULL) {
        return false;
    }

    rc = mz_layout_from_json(layout, &t->layout, &err);
    json_decref(layout);

    if (rc != MZ_OK) {
        *step = mz_call_error(call, MZ_INTERNAL, "layout of artifact %s: %s",
                              t->reading.meta.id.s, err.msg);
        return false;
    }

    memset(&lim, 0, sizeof(mz_tquery_limits_t));
    lim.rows_max = (call->conf->result_max > 2 * MZ_RESULT_MARGIN)
                   ? call->conf->result_max - MZ_RESULT_MARGIN
                   : MZ_RESULT_MARGIN;
    lim.work_max = MZ_READING_BYTES_MAX;

    rc = mz_tquery_parse(t->layout, args, &lim, &t->query, &err);

    if (rc == MZ_NOMEM) {
        *step = mz_call_error(call, rc, "out of memory");
        return false;
    }

    if (rc != MZ_OK) {
        *step = mz_call_refuse(call, "%s", err.msg);
        return false;
    }

    return mz_reading_start(call, &t->reading, &mz_reader_tquery, t->query,
                            step);
}
