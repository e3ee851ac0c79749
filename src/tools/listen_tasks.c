
#include "tools/listen_tasks.h"

#include "base/mz_str.h"
#include "tools/task_json.h"
#include "tools/task_ref.h"


/* What was told of a task last; enough to see that it is another now. */

typedef struct {
    mz_task_ref_t      ref;
    mz_task_status_t   status;
    int64_t            updated_ms;
    uint64_t           rest;        /* of its message and its inputs */
    bool               was_told;
    bool               is_over;
} mz_listen_task_t;

/* One task at a time: its result may be large, and others want a turn. */

struct mz_listen_tasks_s {
    mz_listen_task_t  *tasks;
    mz_id_t           *ids;
    size_t             n;
    size_t             next;        /* of this pass; the one before is read */
};


static void mz_listen_tasks_add(const mz_call_t *call, mz_listen_tasks_t *lt,
    mz_str_t text);
static mz_rc_t mz_listen_tasks_take_one(mz_listen_task_t *known,
    mz_call_t *call, mz_listen_tell_pt tell, mz_err_t *err);
static bool mz_listen_tasks_has_changed(mz_listen_task_t *known,
    const mz_task_t *task);
static uint64_t mz_listen_tasks_hash(uint64_t h, const char *s);
static void mz_listen_tasks_forget_lost(mz_listen_tasks_t *lt);


mz_listen_tasks_t *
mz_listen_tasks_new(const mz_call_t *call, const json_t *ids)
{
    size_t              i, n;
    mz_listen_tasks_t  *lt;

    lt = calloc(1, sizeof(mz_listen_tasks_t));
    if (lt == NULL) {
        return NULL;
    }

    /* More are not looked at, whatever the first turn out to be. */

    n = json_array_size(ids);
    n = (n < MZ_WATCHES_MAX) ? n : MZ_WATCHES_MAX;

    lt->tasks = calloc(n + 1, sizeof(mz_listen_task_t));
    lt->ids = calloc(n + 1, sizeof(mz_id_t));

    if (lt->tasks == NULL || lt->ids == NULL) {
        mz_listen_tasks_free(lt);
        return NULL;
    }

    for (i = 0; i < n; i++) {
        mz_listen_tasks_add(call, lt, mz_json_str(json_array_get(ids, i)));
    }

    return lt;
}


void
mz_listen_tasks_free(mz_listen_tasks_t *lt)
{
    if (lt != NULL) {
        free(lt->tasks);
        free(lt->ids);
        free(lt);
    }
}


const mz_id_t *
mz_listen_tasks_ids(const mz_listen_tasks_t *lt, size_t *n)
{
    *n = (lt != NULL) ? lt->n : 0;

    return (*n != 0) ? lt->ids : NULL;
}


void
mz_listen_tasks_begin(mz_listen_tasks_t *lt)
{
    lt->next = 0;
}


bool
mz_listen_tasks_read(mz_listen_tasks_t *lt, mz_call_t *call)
{
    mz_listen_task_t  *known;

    while (lt->next < lt->n) {
        known = &lt->tasks[lt->next++];

        if (!known->is_over) {
            (void) mz_task_ref_read(&known->ref, call);
            return true;
        }
    }

    return false;
}


mz_rc_t
mz_listen_tasks_take(mz_listen_tasks_t *lt, mz_call_t *call,
    mz_listen_tell_pt tell, mz_err_t *err)
{
    mz_rc_t  rc;

    rc = mz_listen_tasks_take_one(&lt->tasks[lt->next - 1], call, tell, err);

    /* Until the first is told of, nobody holds the places of the ids. */

    if (rc == MZ_OK && tell == NULL && lt->next == lt->n) {
        mz_listen_tasks_forget_lost(lt);
    }

    return rc;
}


static void
mz_listen_tasks_add(const mz_call_t *call, mz_listen_tasks_t *lt,
    mz_str_t text)
{
    size_t             i;
    mz_listen_task_t  *known;

    known = &lt->tasks[lt->n];

    if (mz_task_ref_parse(call, text, &known->ref) != MZ_OK) {
        return;
    }

    for (i = 0; i < lt->n; i++) {
        if (strcmp(lt->ids[i].s, known->ref.id.s) == 0) {
            return;
        }
    }

    lt->ids[lt->n++] = known->ref.id;
}


/* One that expired, or that nobody can read, is followed no more. */

static mz_rc_t
mz_listen_tasks_take_one(mz_listen_task_t *known, mz_call_t *call,
    mz_listen_tell_pt tell, mz_err_t *err)
{
    mz_rc_t    rc;
    mz_task_t  task;

    rc = mz_task_ref_decode(&known->ref, call, 0, &task, err);

    if (rc == MZ_NOT_FOUND || rc == MZ_INTERNAL) {
        known->is_over = true;
        return MZ_OK;
    }

    if (rc != MZ_OK) {
        return rc;
    }

    if (tell != NULL && mz_listen_tasks_has_changed(known, &task)) {
        known->is_over = mz_task_is_terminal(task.status);
        tell(call, &task);
    }

    mz_task_deinit(&task);

    return MZ_OK;
}


static bool
mz_listen_tasks_has_changed(mz_listen_task_t *known, const mz_task_t *task)
{
    bool         has_changed;
    json_t      *input;
    uint64_t     rest;
    const char  *key;

    rest = mz_listen_tasks_hash(14695981039346656037u, task->message);

    json_object_foreach(task->inputs, key, input) {
        rest = mz_listen_tasks_hash(rest, key);
    }

    has_changed = !known->was_told || known->status != task->status
                  || known->updated_ms != task->updated_ms
                  || known->rest != rest;

    known->was_told = true;
    known->status = task->status;
    known->updated_ms = task->updated_ms;
    known->rest = rest;

    return has_changed;
}


/* FNV-1a, the NUL included. */

static uint64_t
mz_listen_tasks_hash(uint64_t h, const char *s)
{
    do {
        h = (h ^ (unsigned char) *s) * 1099511628211u;
    } while (*s++ != '\0');

    return h;
}


static void
mz_listen_tasks_forget_lost(mz_listen_tasks_t *lt)
{
    size_t  i, n;

    for (i = 0, n = 0; i < lt->n; i++) {
        if (!lt->tasks[i].is_over) {
            lt->tasks[n] = lt->tasks[i];
            lt->ids[n] = lt->ids[i];
            n++;
        }
    }

    lt->n = n;
}
