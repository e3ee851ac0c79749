
/*
 * test: the whole unit test framework.  A test program calls MZ_TEST_MAIN
 * with a table of functions; it prints TAP and exits 1 on a failure.
 */

#ifndef MZ_TEST_H
#define MZ_TEST_H

#include "base/mz_base.h"


typedef struct {
    const char  *name;
    void       (*run)(void);
} mz_test_t;

static int  mz_test_failures;


#define CHECK(cond)                                                           \
    do {                                                                      \
        if (!(cond)) {                                                        \
            mz_test_failures++;                                               \
            printf("# %s:%d: failed: %s\n", __FILE__, __LINE__, #cond);       \
        }                                                                     \
    } while (0)

/* As CHECK, with words that say which row of a table it was. */
#define CHECK_ROW(cond, ...)                                                  \
    do {                                                                      \
        if (!(cond)) {                                                        \
            mz_test_failures++;                                               \
            printf("# %s:%d: failed: %s: ", __FILE__, __LINE__, #cond);       \
            printf(__VA_ARGS__);                                              \
            printf("\n");                                                     \
        }                                                                     \
    } while (0)

#define CHECK_STR(s, text)                                                    \
    do {                                                                      \
        mz_str_t     s_ = (s);                                                \
        const char  *t_ = (text);                                             \
        if (s_.len != strlen(t_) || memcmp(s_.data, t_, s_.len) != 0) {       \
            mz_test_failures++;                                               \
            printf("# %s:%d: got \"%.*s\", want \"%s\"\n", __FILE__,          \
                   __LINE__, (int) s_.len, s_.len ? s_.data : "", t_);        \
        }                                                                     \
    } while (0)

#define MZ_TEST_MAIN(tests)                                                   \
    int                                                                       \
    main(void)                                                                \
    {                                                                         \
        int     before, failed;                                               \
        size_t  i;                                                            \
                                                                              \
        failed = 0;                                                           \
        printf("1..%zu\n", MZ_ARRAY_LEN(tests));                              \
        for (i = 0; i < MZ_ARRAY_LEN(tests); i++) {                           \
            before = mz_test_failures;                                        \
            (tests)[i].run();                                                 \
            failed += (mz_test_failures != before);                           \
            printf("%sok %zu - %s\n",                                         \
                   mz_test_failures == before ? "" : "not ", i + 1,           \
                   (tests)[i].name);                                          \
            fflush(stdout);                                                   \
        }                                                                     \
        return failed != 0;                                                   \
    }


#endif /* MZ_TEST_H */
