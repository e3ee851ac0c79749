
/*
 * case: what most tests of tools do: become somebody with a claimed run,
 * call a tool, look at what it said.
 */

#ifndef MZ_TEST_CASE_H
#define MZ_TEST_CASE_H

#include "worker.h"


static mz_attempt_t  a;
/* The result of the last call(). */

static json_t       *r;


static inline json_t *
call(const char *tool, const char *text)
{
    json_decref(r);
    r = host_call(tool, text, NULL);

    return r;
}


/* A fresh user with one claimed run. */

static inline void
enter(const char *who)
{
    host_become(who);
    call("run_analytics_agent", args("{\"prompt\":\"%s\"}", who));
    keep_ids(r);
    a = claim();
}


static inline char *
repeat(const char *s, size_t n)
{
    char    *text;
    size_t   i, len;

    len = strlen(s);
    text = malloc(len * n + 1);

    for (i = 0; i < n; i++) {
        memcpy(text + i * len, s, len);
    }

    text[len * n] = '\0';

    return text;
}


#endif /* MZ_TEST_CASE_H */
