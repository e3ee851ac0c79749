
#include "analysis/nearest.h"
#include "base/mz_str.h"
#include "test.h"


static const char *const  names[] = {
    "page_visit", "signup", "product_view", "add_to_cart",
    "remove_from_cart", "purchase", "subscription_start",
    "subscription_cancel", "a"
};

static const struct {
    const char  *query;
    const char  *best;          /* NULL: nothing alike */
} rows[] = {
    { "purchse", "purchase" },
    { "PURCHASE", "purchase" },
    { "purhcase", "purchase" },
    { "sign_up", "signup" },
    { "view_product", "product_view" },
    { "subscription", "subscription_start" },
    { "A", "a" },
    { "zzzzzz", NULL },
    { "", NULL },
    { "x", NULL },
    { "a very long name that is like nothing that there is, and longer than"
      " what is looked at", NULL }
};


static void
test_nearest(void)
{
    char          words[64], tiny[8];
    size_t        i, k;
    mz_nearest_t  near;

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        mz_nearest_init(&near, mz_str_from(rows[i].query));

        for (k = 0; k < MZ_ARRAY_LEN(names); k++) {
            mz_nearest_offer(&near, mz_str_from(names[k]));
        }

        mz_nearest_words(&near, words, sizeof(words));
        mz_nearest_words(&near, tiny, sizeof(tiny));
        CHECK(near.n <= MZ_NEAREST_MAX && strlen(tiny) < sizeof(tiny));

        if (rows[i].best == NULL) {
            CHECK_ROW(near.n == 0 && words[0] == '\0', "%s: %s",
                      rows[i].query, words);
            continue;
        }

        CHECK_ROW(near.n > 0 && mz_str_eq_c(near.names[0], rows[i].best),
                  "%s: %s", rows[i].query, words);

        for (k = 1; k < near.n; k++) {
            CHECK(near.scores[k - 1] >= near.scores[k]);
        }
    }
}


static const mz_test_t  tests[] = {
    { "nearest names", test_nearest }
};


MZ_TEST_MAIN(tests)
