
#include <math.h>

#include "analysis/groups.h"
#include "base/mz_str.h"


#define MZ_GROUPS_FIRST  64

typedef struct {
    const mz_groups_t  *groups;
    size_t              index;
    double              score;
    bool                is_asc;
} mz_groups_ranked_t;


static mz_rc_t mz_groups_grow(mz_groups_t *g);
static size_t mz_groups_slot(const mz_groups_t *g, size_t series,
    const mz_value_t *values);
static uint64_t mz_groups_hash(const mz_groups_t *g, size_t series,
    const mz_value_t *values);
static int mz_groups_cmp_values(const mz_spec_t *spec, const mz_value_t *a,
    const mz_value_t *b);
static int mz_groups_cmp_value(mz_dtype_t dtype, const mz_value_t *a,
    const mz_value_t *b);
static int mz_groups_cmp_ranked(const void *a, const void *b);


void
mz_groups_init(mz_groups_t *g, const mz_spec_t *spec)
{
    memset(g, 0, sizeof(mz_groups_t));
    g->spec = spec;
}


void
mz_groups_free(mz_groups_t *g)
{
    free(g->items);
    free(g->slots);
    memset(g, 0, sizeof(mz_groups_t));
}


mz_rc_t
mz_groups_read(const mz_spec_t *spec, const mz_rset_t *rs, size_t row,
    mz_value_t *values, mz_err_t *err)
{
    char    name[24];
    size_t  i, col;

    memset(values, 0, MZ_SPEC_BREAKDOWN_MAX * sizeof(mz_value_t));

    for (i = 0; i < spec->nbreakdown; i++) {
        snprintf(name, sizeof(name), "g%zu", i + 1);

        col = mz_rset_find(rs, mz_str_from(name));

        if (col == SIZE_MAX
            || (mz_rset_dtype(rs, col) == MZ_DTYPE_STRING)
               != (spec->breakdown[i].dtype == MZ_DTYPE_STRING))
        {
            return mz_fail(err, MZ_INTERNAL, "the warehouse's rows have no"
                           " column %s of the type asked for", name);
        }

        mz_rset_get(rs, row, col, &values[i]);
    }

    return MZ_OK;
}


mz_rc_t
mz_groups_add(mz_groups_t *g, size_t series, const mz_value_t *values,
    size_t *index)
{
    size_t  slot;

    if (g->n * 2 >= g->nslots && mz_groups_grow(g) != MZ_OK) {
        return MZ_NOMEM;
    }

    slot = mz_groups_slot(g, series, values);

    if (g->slots[slot] == 0) {
        g->items[g->n].series = series;
        memcpy(g->items[g->n].values, values, sizeof(g->items[0].values));
        g->slots[slot] = ++g->n;
    }

    *index = g->slots[slot] - 1;

    return MZ_OK;
}


size_t
mz_groups_find(const mz_groups_t *g, size_t series, const mz_value_t *values)
{
    size_t  slot;

    if (g->nslots == 0) {
        return SIZE_MAX;
    }

    slot = mz_groups_slot(g, series, values);

    return g->slots[slot] == 0 ? SIZE_MAX : g->slots[slot] - 1;
}


mz_rc_t
mz_groups_rank(const mz_groups_t *g, const double *scores, bool is_asc,
    size_t *order)
{
    size_t               i;
    mz_groups_ranked_t  *list;

    if (g->n == 0) {
        return MZ_OK;
    }

    list = calloc(g->n, sizeof(mz_groups_ranked_t));
    if (list == NULL) {
        return MZ_NOMEM;
    }

    for (i = 0; i < g->n; i++) {
        list[i].groups = g;
        list[i].index = i;
        list[i].score = scores[i];
        list[i].is_asc = is_asc;
    }

    qsort(list, g->n, sizeof(mz_groups_ranked_t), mz_groups_cmp_ranked);

    for (i = 0; i < g->n; i++) {
        order[i] = list[i].index;
    }

    free(list);

    return MZ_OK;
}


json_t *
mz_groups_json(const mz_spec_t *spec, const mz_group_t *group)
{
    char    *key;
    size_t   i;
    json_t  *obj;
    mz_rc_t  rc;

    obj = json_object();

    for (i = 0; obj != NULL && i < spec->nbreakdown; i++) {
        key = mz_str_dup(spec->breakdown[i].name);

        rc = key == NULL
             ? MZ_NOMEM
             : mz_json_set(obj, key, mz_value_to_json(spec->breakdown[i].dtype,
                                                      &group->values[i]));
        free(key);

        if (rc != MZ_OK) {
            json_decref(obj);
            return NULL;
        }
    }

    return obj;
}


static mz_rc_t
mz_groups_grow(mz_groups_t *g)
{
    size_t       i, cap, *slots;
    mz_group_t  *items;

    cap = g->cap == 0 ? MZ_GROUPS_FIRST : g->cap * 2;

    items = reallocarray(g->items, cap, sizeof(mz_group_t));
    if (items == NULL) {
        return MZ_NOMEM;
    }

    g->items = items;

    slots = calloc(cap * 2, sizeof(size_t));
    if (slots == NULL) {
        return MZ_NOMEM;
    }

    free(g->slots);
    g->slots = slots;
    g->nslots = cap * 2;
    g->cap = cap;

    for (i = 0; i < g->n; i++) {
        g->slots[mz_groups_slot(g, items[i].series, items[i].values)] = i + 1;
    }

    return MZ_OK;
}


/* The slot that holds the key, or the free one where it belongs. */

static size_t
mz_groups_slot(const mz_groups_t *g, size_t series, const mz_value_t *values)
{
    size_t             slot;
    const mz_group_t  *item;

    slot = (size_t) mz_groups_hash(g, series, values) & (g->nslots - 1);

    for ( ;; ) {
        if (g->slots[slot] == 0) {
            return slot;
        }

        item = &g->items[g->slots[slot] - 1];

        if (item->series == series
            && mz_groups_cmp_values(g->spec, item->values, values) == 0)
        {
            return slot;
        }

        slot = (slot + 1) & (g->nslots - 1);
    }
}


/* FNV-1a. */

static uint64_t
mz_groups_hash(const mz_groups_t *g, size_t series, const mz_value_t *values)
{
    size_t             i, k, len;
    double             d;
    uint64_t           h;
    const void        *data;
    const mz_value_t  *v;

    h = 14695981039346656037ULL ^ series;

    for (i = 0; i < g->spec->nbreakdown; i++) {
        v = &values[i];
        h = (h ^ v->is_null) * 1099511628211ULL;

        if (v->is_null) {
            continue;
        }

        if (g->spec->breakdown[i].dtype == MZ_DTYPE_STRING) {
            data = v->s.data;
            len = v->s.len;

        } else if (g->spec->breakdown[i].dtype == MZ_DTYPE_FLOAT64) {
            d = v->d == 0 ? 0 : v->d;       /* -0 is 0 */
            data = &d;
            len = sizeof(d);

        } else {
            data = &v->i;
            len = sizeof(v->i);
        }

        for (k = 0; k < len; k++) {
            h = (h ^ ((const unsigned char *) data)[k]) * 1099511628211ULL;
        }
    }

    return h ^ (h >> 29);
}


static int
mz_groups_cmp_values(const mz_spec_t *spec, const mz_value_t *a,
    const mz_value_t *b)
{
    int     c;
    size_t  i;

    for (i = 0; i < spec->nbreakdown; i++) {
        c = mz_groups_cmp_value(spec->breakdown[i].dtype, &a[i], &b[i]);
        if (c != 0) {
            return c;
        }
    }

    return 0;
}


static int
mz_groups_cmp_value(mz_dtype_t dtype, const mz_value_t *a,
    const mz_value_t *b)
{
    if (a->is_null || b->is_null) {
        return (int) a->is_null - (int) b->is_null;
    }

    switch (dtype) {

    case MZ_DTYPE_STRING:
        return mz_str_cmp(a->s, b->s);

    case MZ_DTYPE_FLOAT64:
        if (isnan(a->d) || isnan(b->d)) {
            return (isnan(a->d) != 0) - (isnan(b->d) != 0);
        }
        return (a->d > b->d) - (a->d < b->d);

    default:
        return (a->i > b->i) - (a->i < b->i);
    }
}


static int
mz_groups_cmp_ranked(const void *a, const void *b)
{
    int                        c;
    bool                       x_null, y_null;
    const mz_group_t          *gx, *gy;
    const mz_groups_ranked_t  *x, *y;

    x = a;
    y = b;
    gx = &x->groups->items[x->index];
    gy = &y->groups->items[y->index];
    x_null = isnan(x->score);
    y_null = isnan(y->score);

    if (gx->series != gy->series) {
        return gx->series < gy->series ? -1 : 1;
    }

    if (x_null != y_null) {
        return x_null ? 1 : -1;
    }

    if (!x_null && x->score != y->score) {
        return (x->score < y->score) == x->is_asc ? -1 : 1;
    }

    c = mz_groups_cmp_values(x->groups->spec, gx->values, gy->values);

    return c != 0 ? c : (x->index > y->index) - (x->index < y->index);
}
