
#include <libstemmer.h>

#include "agent/plan/planner_core.h"


#define MZ_PL_BLOCK       8192
#define MZ_PL_MEMORY_MAX  (4u << 20)    /* bytes one plan may take */

typedef struct mz_pl_block_s  mz_pl_block_t;

struct mz_pl_block_s {
    mz_pl_block_t  *next;
    size_t          size;
    size_t          used;
    max_align_t     data[];
};


mz_rc_t
mz_pl_init(mz_pl_t *pl)
{
    pl->pool = json_array();
    pl->assumptions = json_array();
    pl->stemmer = sb_stemmer_new("english", NULL);

    pl->heard = mz_pl_alloc(pl, MZ_PL_TOKENS_MAX * sizeof(bool));

    if (pl->pool == NULL || pl->assumptions == NULL || pl->stemmer == NULL) {
        pl->rc = MZ_NOMEM;
    }

    return pl->rc;
}


void
mz_pl_deinit(mz_pl_t *pl)
{
    mz_pl_block_t  *b;

    while (pl->blocks != NULL) {
        b = pl->blocks;
        pl->blocks = b->next;
        free(b);
    }

    if (pl->stemmer != NULL) {
        sb_stemmer_delete(pl->stemmer);
    }

    json_decref(pl->pool);
    json_decref(pl->assumptions);
}


void *
mz_pl_alloc(mz_pl_t *pl, size_t size)
{
    void           *p;
    size_t          room;
    mz_pl_block_t  *b;

    if (size > MZ_PL_MEMORY_MAX) {
        pl->rc = MZ_NOMEM;
        return NULL;
    }

    size = (size + sizeof(max_align_t) - 1) & ~(sizeof(max_align_t) - 1);

    b = pl->blocks;
    if (b == NULL || b->size - b->used < size) {
        room = size > MZ_PL_BLOCK ? size : MZ_PL_BLOCK;

        b = malloc(sizeof(mz_pl_block_t) + room);
        if (b == NULL) {
            pl->rc = MZ_NOMEM;
            return NULL;
        }

        b->size = room;
        b->used = 0;
        b->next = pl->blocks;
        pl->blocks = b;
    }

    p = (char *) b->data + b->used;
    b->used += size;
    memset(p, 0, size);

    return p;
}


mz_str_t
mz_pl_copy(mz_pl_t *pl, mz_str_t s)
{
    char  *p;

    p = mz_pl_alloc(pl, s.len + 1);
    if (p == NULL) {
        return mz_str("");
    }

    if (s.len != 0) {
        memcpy(p, s.data, s.len);
    }

    return (mz_str_t) { p, s.len };
}


mz_str_t
mz_pl_lower(mz_pl_t *pl, mz_str_t s)
{
    char    *p;
    size_t   i;

    s = mz_pl_copy(pl, s);
    p = (char *) s.data;

    for (i = 0; i < s.len; i++) {
        if (p[i] >= 'A' && p[i] <= 'Z') {
            p[i] = (char) (p[i] | 0x20);
        }
    }

    return s;
}


mz_str_t
mz_pl_printf(mz_pl_t *pl, const char *fmt, ...)
{
    int       n;
    char      text[MZ_ERR_MAX];
    va_list   args;

    va_start(args, fmt);
    n = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    if (n < 0) {
        return mz_str("");
    }

    if ((size_t) n >= sizeof(text)) {
        n = sizeof(text) - 1;
    }

    return mz_pl_copy(pl, (mz_str_t) { text, (size_t) n });
}


json_t *
mz_pl_keep(mz_pl_t *pl, json_t *v)
{
    if (v == NULL || json_array_append_new(pl->pool, v) != 0) {
        pl->rc = MZ_NOMEM;
        return NULL;
    }

    return v;
}


json_t *
mz_pl_text(mz_pl_t *pl, mz_str_t s)
{
    return mz_pl_keep(pl, mz_json_str_new(s));
}


json_t *
mz_pl_copy_json(mz_pl_t *pl, const json_t *v)
{
    return mz_pl_keep(pl, json_deep_copy(v));
}


void
mz_pl_set(mz_pl_t *pl, json_t *obj, const char *key, json_t *v)
{
    if (obj == NULL || v == NULL || json_object_set(obj, key, v) != 0) {
        pl->rc = MZ_NOMEM;
    }
}


void
mz_pl_set_text(mz_pl_t *pl, json_t *obj, const char *key, mz_str_t s)
{
    mz_pl_set(pl, obj, key, mz_pl_text(pl, s));
}


void
mz_pl_set_c(mz_pl_t *pl, json_t *obj, const char *key, const char *s)
{
    mz_pl_set_text(pl, obj, key, mz_str_from(s));
}


void
mz_pl_push(mz_pl_t *pl, json_t *array, json_t *v)
{
    if (array == NULL || v == NULL || json_array_append(array, v) != 0) {
        pl->rc = MZ_NOMEM;
    }
}


void
mz_pl_push_text(mz_pl_t *pl, json_t *array, mz_str_t s)
{
    mz_pl_push(pl, array, mz_pl_text(pl, s));
}


bool
mz_pl_array_has(const json_t *array, mz_str_t s)
{
    size_t   i;
    json_t  *v;

    json_array_foreach(array, i, v) {
        if (mz_str_ieq(mz_json_str(v), s)) {
            return true;
        }
    }

    return false;
}


void
mz_pl_assume(mz_pl_t *pl, const char *fmt, ...)
{
    int       n;
    char      text[MZ_ERR_MAX];
    va_list   args;
    mz_str_t  s;

    va_start(args, fmt);
    n = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    if (n <= 0) {
        return;
    }

    s = mz_str_from(text);
    if (!mz_pl_array_has(pl->assumptions, s)) {
        mz_pl_push_text(pl, pl->assumptions, s);
    }
}
