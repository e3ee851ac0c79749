
#define PCRE2_CODE_UNIT_WIDTH  8
#include <pcre2.h>

#include "base/mz_utf8.h"
#include "query/regex.h"


/*
 * Steps a match gets at once: enough for a pattern that goes over its text a
 * few times.  Whoever needs more is one of at most MZ_REGEX_HEAVY_MAX.
 */

#define MZ_REGEX_STEPS_LEAST  256
#define MZ_REGEX_STEPS_BYTE   4

struct mz_regex_s {
    pcre2_code           *code;
    pcre2_match_data     *data;
    pcre2_match_context  *context;
    uint32_t              options;      /* PCRE2_NO_JIT once its stack ends */
    uint32_t              heavy;        /* matches left that may be heavy */
};


static mz_rc_t mz_regex_compile(mz_regex_t *re, mz_str_t pattern,
    uint32_t options, mz_err_t *err);
static bool mz_regex_next_run(mz_str_t text, size_t *pos, mz_str_t *run);
static mz_rc_t mz_regex_search_run(mz_regex_t *re, mz_str_t run,
    uint32_t options, mz_err_t *err);
static int mz_regex_match(mz_regex_t *re, mz_str_t run, uint32_t options,
    uint32_t steps);


mz_rc_t
mz_regex_new(mz_str_t pattern, bool ignore_case, bool many, mz_regex_t **re,
    mz_err_t *err)
{
    mz_rc_t      rc;
    uint32_t     options;
    mz_regex_t  *r;

    *re = NULL;

    if (pattern.len > MZ_REGEX_PATTERN_MAX) {
        return mz_fail(err, MZ_INVALID,
                       "the pattern is longer than %d bytes",
                       MZ_REGEX_PATTERN_MAX);
    }

    r = calloc(1, sizeof(mz_regex_t));
    if (r == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    r->heavy = MZ_REGEX_HEAVY_MAX;

    options = PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C;
    options |= ignore_case ? PCRE2_CASELESS : 0;

    rc = mz_regex_compile(r, pattern, options, err);

    if (rc != MZ_OK) {
        mz_regex_free(r);
        return rc;
    }

    if (many) {
        /* without it the interpreter does the same, slower */

        (void) pcre2_jit_compile(r->code, PCRE2_JIT_COMPLETE);
    }

    *re = r;

    return MZ_OK;
}


void
mz_regex_free(mz_regex_t *re)
{
    if (re == NULL) {
        return;
    }

    pcre2_match_context_free(re->context);
    pcre2_match_data_free(re->data);
    pcre2_code_free(re->code);
    free(re);
}


mz_rc_t
mz_regex_search(mz_regex_t *re, mz_str_t text, mz_err_t *err)
{
    size_t    pos;
    mz_rc_t   rc;
    mz_str_t  run;
    uint32_t  options;

    if (mz_utf8_is_valid(text)) {
        return mz_regex_search_run(re, text, 0, err);
    }

    pos = 0;

    while (mz_regex_next_run(text, &pos, &run)) {
        options = run.data > text.data ? PCRE2_NOTBOL : 0;
        options |= run.data + run.len < text.data + text.len ? PCRE2_NOTEOL
                                                             : 0;

        rc = mz_regex_search_run(re, run, options, err);

        if (rc != MZ_NOT_FOUND) {
            return rc;
        }
    }

    return MZ_NOT_FOUND;
}


static mz_rc_t
mz_regex_compile(mz_regex_t *re, mz_str_t pattern, uint32_t options,
    mz_err_t *err)
{
    int                     code;
    size_t                  offset;
    PCRE2_UCHAR             why[128];
    pcre2_compile_context  *cc;

    cc = pcre2_compile_context_create(NULL);
    re->context = pcre2_match_context_create(NULL);
    re->data = pcre2_match_data_create(1, NULL);

    if (cc == NULL || re->context == NULL || re->data == NULL) {
        pcre2_compile_context_free(cc);
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    (void) pcre2_set_max_pattern_length(cc, MZ_REGEX_PATTERN_MAX);
    (void) pcre2_set_parens_nest_limit(cc, MZ_REGEX_NEST_MAX);

    re->code = pcre2_compile((PCRE2_SPTR) (pattern.len ? pattern.data : ""),
                             pattern.len, options, &code, &offset, cc);

    pcre2_compile_context_free(cc);

    if (re->code == NULL) {
        (void) pcre2_get_error_message(code, why, sizeof(why));
        return mz_fail(err, MZ_INVALID, "the pattern is wrong at offset %zu: "
                       "%s", offset, (char *) why);
    }

    (void) pcre2_set_depth_limit(re->context, MZ_REGEX_DEPTH_MAX);
    (void) pcre2_set_heap_limit(re->context, MZ_REGEX_HEAP_KB);

    return MZ_OK;
}


/* The next stretch of well-formed text at or after *pos. */

static bool
mz_regex_next_run(mz_str_t text, size_t *pos, mz_str_t *run)
{
    size_t    start, at;
    uint32_t  c;

    start = *pos;

    while (*pos < text.len) {
        at = *pos;
        c = mz_utf8_next(text, pos);

        /* a real U+FFFD takes three bytes */

        if (c != 0xfffd || *pos - at == 3) {
            continue;
        }

        if (at > start) {
            *run = (mz_str_t) { text.data + start, at - start };
            return true;
        }

        start = *pos;
    }

    *run = (mz_str_t) { text.data + start, text.len - start };

    return text.len > start;
}


static mz_rc_t
mz_regex_search_run(mz_regex_t *re, mz_str_t run, uint32_t options,
    mz_err_t *err)
{
    int     rc;
    size_t  steps;

    steps = run.len < MZ_REGEX_STEPS_MAX / MZ_REGEX_STEPS_BYTE
            ? MZ_REGEX_STEPS_LEAST + run.len * MZ_REGEX_STEPS_BYTE
            : MZ_REGEX_STEPS_MAX;

    rc = mz_regex_match(re, run, options, (uint32_t) steps);

    if (rc == PCRE2_ERROR_MATCHLIMIT && re->heavy > 0) {
        re->heavy--;
        rc = mz_regex_match(re, run, options, MZ_REGEX_STEPS_MAX);
    }

    if (rc >= 0) {
        return MZ_OK;
    }

    switch (rc) {

    case PCRE2_ERROR_NOMATCH:
        return MZ_NOT_FOUND;

    case PCRE2_ERROR_MATCHLIMIT:
    case PCRE2_ERROR_DEPTHLIMIT:
    case PCRE2_ERROR_HEAPLIMIT:
    case PCRE2_ERROR_RECURSELOOP:
        return mz_fail(err, MZ_LIMIT,
                       "the pattern takes too many steps on this data: avoid "
                       "nested repetition such as (a+)+ and several .*, or "
                       "filter on plain text first");

    case PCRE2_ERROR_NOMEMORY:
        return mz_fail(err, MZ_NOMEM, "out of memory");

    default:
        return mz_fail(err, MZ_INTERNAL, "the search failed with code %d",
                       rc);
    }
}


/* The stack of compiled code is small: then the interpreter takes over. */

static int
mz_regex_match(mz_regex_t *re, mz_str_t run, uint32_t options, uint32_t steps)
{
    int         rc;
    PCRE2_SPTR  subject;

    subject = (PCRE2_SPTR) (run.len ? run.data : "");
    options |= PCRE2_NO_UTF_CHECK | re->options;

    (void) pcre2_set_match_limit(re->context, steps);

    rc = pcre2_match(re->code, subject, run.len, 0, options, re->data,
                     re->context);

    if (rc == PCRE2_ERROR_JIT_STACKLIMIT) {
        re->options = PCRE2_NO_JIT;
        rc = pcre2_match(re->code, subject, run.len, 0,
                         options | PCRE2_NO_JIT, re->data, re->context);
    }

    return rc;
}
