
/*
 * helper: what the tests of src/query share: chunks kept in memory, small
 * deterministic random numbers, JSON from text with ' for ".
 */

#ifndef MZ_TEST_QUERY_HELPER_H
#define MZ_TEST_QUERY_HELPER_H

#include "query/table.h"
#include "test.h"


#define HELPER_CHUNKS  4096

/* The chunks of an artifact, each a block of its own, for the sanitizer. */

typedef struct {
    char      *data[HELPER_CHUNKS];
    size_t     len[HELPER_CHUNKS];
    uint32_t   n;
    uint32_t   fail_at;         /* 0: never; k: the k-th emit fails */
} helper_store_t;


static inline mz_rc_t
helper_emit(void *ctx, uint32_t n, mz_str_t bytes, mz_err_t *err)
{
    helper_store_t  *st;

    st = ctx;

    if (n != st->n || n >= HELPER_CHUNKS) {
        return mz_fail(err, MZ_INTERNAL, "chunk out of order");
    }

    if (st->fail_at != 0 && n + 1 == st->fail_at) {
        return mz_fail(err, MZ_UNAVAILABLE, "the store is away");
    }

    st->data[n] = malloc(bytes.len);
    memcpy(st->data[n], bytes.data, bytes.len);
    st->len[n] = bytes.len;
    st->n++;

    return MZ_OK;
}


static inline mz_str_t
helper_chunk(const helper_store_t *st, uint32_t n)
{
    return (mz_str_t) { st->data[n], st->len[n] };
}


static inline void
helper_clear(helper_store_t *st)
{
    uint32_t  i;

    for (i = 0; i < st->n; i++) {
        free(st->data[i]);
    }

    st->n = 0;
    st->fail_at = 0;
}


static inline uint32_t
helper_random(uint64_t *state)
{
    *state = *state * 6364136223846793005ull + 1442695040888963407ull;

    return (uint32_t) (*state >> 33);
}


static inline json_t *
helper_json(const char *text)
{
    char      *p, *copy;
    json_t    *json;
    mz_err_t   err;

    copy = strdup(text);

    for (p = copy; *p; p++) {
        *p = *p == '\'' ? '"' : *p;
    }

    if (mz_json_load((mz_str_t) { copy, strlen(copy) }, NULL, &json, &err)
        != MZ_OK)
    {
        printf("# bad JSON in a test: %s: %s\n", err.msg, text);
        json = NULL;
    }

    free(copy);

    return json;
}


static inline mz_value_t
helper_int(int64_t i)
{
    return (mz_value_t) { .i = i };
}


static inline mz_value_t
helper_double(double d)
{
    return (mz_value_t) { .d = d };
}


static inline mz_value_t
helper_text(const char *s)
{
    return (mz_value_t) { .s = { s, strlen(s) } };
}


static inline mz_value_t
helper_null(void)
{
    return (mz_value_t) { .is_null = true };
}


#endif /* MZ_TEST_QUERY_HELPER_H */
