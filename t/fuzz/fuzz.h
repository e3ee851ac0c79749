
/*
 * fuzz: what the libFuzzer targets in t/fuzz share: cutting an input into
 * parts, copies whose ends the sanitizer guards, and what must hold.  Parts
 * are divided by the byte 1E (record separator), which no JSON text holds.
 */

#ifndef MZ_FUZZ_H
#define MZ_FUZZ_H

#include "base/mz_json.h"
#include "base/mz_str.h"
#include "base/mz_utf8.h"


#define FUZZ_SEP  '\x1e'

/* 2026-06-15T12:00:00Z, the clock of all tests. */
#define FUZZ_NOW  ((int64_t) 1781524800000)


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* What must hold of every input; says which and what of, then ends. */

#define FUZZ_HOLD(cond, ...)                                                  \
    do {                                                                      \
        if (!(cond)) {                                                        \
            fprintf(stderr, "FUZZ: %s:%d: does not hold: %s: ", __FILE__,     \
                    __LINE__, #cond);                                         \
            fprintf(stderr, __VA_ARGS__);                                     \
            fputc('\n', stderr);                                              \
            abort();                                                          \
        }                                                                     \
    } while (0)


/* A block of its own, without a byte to spare; free() the data. */

static inline mz_str_t
fuzz_copy(mz_str_t s)
{
    char  *p;

    p = malloc(s.len ? s.len : 1);
    if (p == NULL) {
        abort();
    }

    if (s.len != 0) {
        memcpy(p, s.data, s.len);
    }

    return (mz_str_t) { p, s.len };
}


static inline void
fuzz_free(mz_str_t s)
{
    free((void *) (uintptr_t) s.data);
}


/* The next byte, 0 at the end. */

static inline unsigned
fuzz_byte(mz_str_t *in)
{
    unsigned  c;

    if (in->len == 0) {
        return 0;
    }

    c = (unsigned char) in->data[0];
    in->data++;
    in->len--;

    return c;
}


/* The part up to the separator or the end, as a copy. */

static inline mz_str_t
fuzz_part(mz_str_t *in)
{
    size_t       n;
    mz_str_t     part;
    const char  *sep;

    sep = in->len ? memchr(in->data, FUZZ_SEP, in->len) : NULL;
    n = sep ? (size_t) (sep - in->data) : in->len;
    part = fuzz_copy((mz_str_t) { in->data, n });

    n += sep != NULL;
    in->data += n;
    in->len -= n;

    return part;
}


/* The next part as JSON, or NULL. */

static inline json_t *
fuzz_json(mz_str_t *in)
{
    json_t    *json;
    mz_err_t   err;
    mz_str_t   part;

    part = fuzz_part(in);

    if (mz_json_load(part, NULL, &json, &err) != MZ_OK) {
        json = NULL;
    }

    fuzz_free(part);

    return json;
}


/* A number that depends on each byte, so that each is read. */

static inline unsigned
fuzz_touch(mz_str_t s)
{
    size_t    i;
    unsigned  sum;

    sum = 0;

    for (i = 0; i < s.len; i++) {
        sum = sum * 31 + (unsigned char) s.data[i];
    }

    return sum;
}


/* An error has its code, and words in UTF-8 that end in time. */

static inline void
fuzz_check_err(mz_rc_t rc, const mz_err_t *err)
{
    size_t  n;

    n = strnlen(err->msg, MZ_ERR_MAX);
    FUZZ_HOLD(rc != MZ_OK && err->rc == rc, "%s", mz_rc_name(rc));
    FUZZ_HOLD(n > 0 && n < MZ_ERR_MAX, "%zu bytes", n);
    FUZZ_HOLD(mz_utf8_is_valid((mz_str_t) { err->msg, n }), "%s", err->msg);
}


/* Text we made is JSON. */

static inline json_t *
fuzz_made_json(mz_str_t text)
{
    json_t            *json;
    mz_err_t           err;
    mz_json_limits_t   lim = { 0, 200 };

    err.msg[0] = '\0';
    lim.bytes_max = text.len;
    FUZZ_HOLD(mz_json_load(text, &lim, &json, &err) == MZ_OK, "%s: %.*s",
              err.msg, (int) text.len, text.data);

    return json;
}


/* The chunks of an artifact, as many as the input has; the rest are empty. */

#define FUZZ_CHUNKS  64

typedef struct {
    mz_str_t  at[FUZZ_CHUNKS];
} fuzz_chunks_t;


static inline void
fuzz_chunks_free(fuzz_chunks_t *chunks)
{
    size_t  i;

    for (i = 0; i < FUZZ_CHUNKS; i++) {
        fuzz_free(chunks->at[i]);
    }
}


/*
 * Defines fuzz_<name>_run(): the stages of a query of type mz_<name>_t, each
 * given those of the chunks it needs that the input has, to its end.
 */

#define FUZZ_STAGES(name, stages_max)                                         \
    static mz_rc_t                                                            \
    fuzz_##name##_run(mz_##name##_t *q, const fuzz_chunks_t *chunks,          \
        mz_err_t *err)                                                        \
    {                                                                         \
        size_t           i, n, stages;                                        \
        mz_rc_t          rc;                                                  \
        mz_str_t         lent;                                                \
        const uint32_t  *needs;                                               \
                                                                              \
        stages = 0;                                                           \
                                                                              \
        do {                                                                  \
            FUZZ_HOLD(stages++ < (stages_max), "it never ends");              \
            needs = mz_##name##_needs(q, &n);                                 \
                                                                              \
            for (i = 0; i < n; i++) {                                         \
                FUZZ_HOLD(i == 0 || needs[i - 1] < needs[i], "%zu", i);       \
                lent = needs[i] < FUZZ_CHUNKS ? chunks->at[needs[i]]          \
                                              : mz_null_str;                  \
                                                                              \
                if (lent.len > 0) {                                           \
                    FUZZ_HOLD(mz_##name##_give(q, needs[i], lent) == MZ_OK,   \
                              "chunk %u", needs[i]);                          \
                }                                                             \
            }                                                                 \
                                                                              \
            FUZZ_HOLD(mz_##name##_give(q, UINT32_MAX, mz_str("x"))            \
                      == MZ_INVALID, "a chunk nobody asked for");             \
            (void) mz_##name##_work(q);                                       \
            rc = mz_##name##_run(q, err);                                     \
                                                                              \
        } while (rc == MZ_AGAIN);                                             \
                                                                              \
        return rc;                                                            \
    }


#endif /* MZ_FUZZ_H */
