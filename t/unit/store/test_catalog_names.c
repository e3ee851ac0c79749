
/*
 * The names of the catalog against a real redis-server: what is published is
 * what a prefix finds, whatever bytes both have.
 */

#include "store/catalog_names.h"
#include "store/fixture.h"


#define W1  mz_str("w-1")
#define W2  mz_str("w-2")


/* Sends what was added; false: a reply is an error. */

static bool
sent(void)
{
    bool         ok;
    size_t       i, n;
    redisReply  *replies[64];

    ok = true;
    n = fx.cmds.n;
    CHECK(n <= 64);
    fx_send(replies, n);

    for (i = 0; i < n; i++) {
        ok = ok && mz_catalog_publish_check(replies[i], NULL) == MZ_OK;
        mz_reply_free(replies[i]);
    }

    return ok;
}


static void
add(mz_str_t writer, mz_catalog_set_t set, const char *property,
    const mz_str_t *names, size_t n)
{
    mz_catalog_publish_add(&fx.cmds, &fx.conf, writer, set,
                           mz_str_from(property), names, n);
}


static void
publish(mz_catalog_set_t set, const char *property, const mz_str_t *names,
    size_t n)
{
    mz_catalog_publish_begin(&fx.cmds, &fx.conf, W1);
    add(W1, set, property, names, n);
    CHECK(sent());
    mz_catalog_publish_commit(&fx.cmds, &fx.conf, W1);
    CHECK(sent());
}


/* What is found, with a bar between. */

static const char *
found(mz_catalog_set_t set, const char *property, mz_str_t prefix)
{
    size_t       i, n, len;
    mz_str_t     s;
    redisReply  *r;

    static char  text[4096];

    mz_catalog_find(&fx.cmds, &fx.conf, set, mz_str_from(property), prefix);
    r = fx_run();
    CHECK(mz_catalog_find_decode(r, &n, NULL) == MZ_OK);

    len = 0;
    text[0] = '\0';

    for (i = 0; i < n && len < sizeof(text) - 300; i++) {
        s = mz_catalog_find_at(r, i);
        len += (size_t) snprintf(text + len, sizeof(text) - len, "%s%.*s",
                                 i ? "|" : "", (int) s.len, s.data);
    }

    return text;
}


static size_t
count(mz_catalog_set_t set, const char *property, mz_str_t prefix)
{
    size_t  n;

    mz_catalog_find(&fx.cmds, &fx.conf, set, mz_str_from(property), prefix);
    CHECK(mz_catalog_find_decode(fx_run(), &n, NULL) == MZ_OK);

    return n;
}


static void
test_prefixes(void)
{
    size_t  i;

    static const mz_str_t  names[] = {
        mz_str("purchase"), mz_str("Purchase Order"), mz_str("PURGE"),
        mz_str("[open"), mz_str("(close"), mz_str("-"), mz_str("+"),
        mz_str("[[x"), mz_str("a*b"), mz_str("a?b"), mz_str("\\d"),
        mz_str("\xc3\xa9t\xc3\xa9"), mz_str("\xc3\x89t\xc3\xa9"),
        mz_str("\xf0\x9f\x9a\x80 launch"), mz_str("\xff"),
        mz_str("\xff\xff z"), mz_str("zz"), mz_str(" lead")
    };
    static const struct {
        mz_str_t     prefix;
        const char  *want;
    } rows[] = {
        { mz_str("pur"), "purchase|Purchase Order|PURGE" },
        { mz_str("PURC"), "purchase|Purchase Order" },
        { mz_str("purchase "), "Purchase Order" },
        { mz_str("purchase"), "purchase|Purchase Order" },
        { mz_str("purchased"), "" },
        { mz_str("["), "[[x|[open" },
        { mz_str("[["), "[[x" },
        { mz_str("("), "(close" },
        { mz_str("-"), "-" },
        { mz_str("+"), "+" },
        { mz_str("a*"), "a*b" },
        { mz_str("a?"), "a?b" },
        { mz_str("*"), "" },
        { mz_str("\\"), "\\d" },
        { mz_str("\xc3\xa9"), "\xc3\xa9t\xc3\xa9" },
        { mz_str("\xc3"), "\xc3\x89t\xc3\xa9|\xc3\xa9t\xc3\xa9" },
        { mz_str("\xf0\x9f\x9a\x80"), "\xf0\x9f\x9a\x80 launch" },
        { mz_str("\xff"), "\xff|\xff\xff z" },
        { mz_str("\xff\xff"), "\xff\xff z" },
        { mz_str("\xff\xff\xff"), "" },
        { mz_str("z"), "zz" },
        { mz_str(" "), " lead" },
        { mz_str("p\0q"), "" },
        { mz_str("p\n"), "" }
    };

    fx_reset();
    publish(MZ_CATALOG_EVENTS, "", names, MZ_ARRAY_LEN(names));

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        CHECK_ROW(strcmp(found(MZ_CATALOG_EVENTS, "", rows[i].prefix),
                         rows[i].want) == 0, "\"%s\" finds \"%s\"",
                  rows[i].prefix.data,
                  found(MZ_CATALOG_EVENTS, "", rows[i].prefix));
    }

    CHECK(count(MZ_CATALOG_EVENTS, "", mz_str("")) == MZ_ARRAY_LEN(names));
    CHECK(count(MZ_CATALOG_PROPERTIES, "", mz_str("")) == 0);
    CHECK(count(MZ_CATALOG_VALUES, "purchase", mz_str("")) == 0);
}


static void
test_values(void)
{
    static const mz_str_t  countries[] = { mz_str("US"), mz_str("us"),
                                           mz_str("DE"), mz_str("[x") };
    static const mz_str_t  codes[] = { mz_str("U1"), mz_str("X") };

    fx_reset();
    mz_catalog_publish_begin(&fx.cmds, &fx.conf, W1);
    add(W1, MZ_CATALOG_VALUES, "Country", countries,
        MZ_ARRAY_LEN(countries));
    add(W1, MZ_CATALOG_VALUES, "country code", codes, MZ_ARRAY_LEN(codes));
    add(W1, MZ_CATALOG_VALUES, "", codes, MZ_ARRAY_LEN(codes));
    add(W1, MZ_CATALOG_VALUES, "a\tb", codes, MZ_ARRAY_LEN(codes));
    CHECK(sent());
    mz_catalog_publish_commit(&fx.cmds, &fx.conf, W1);
    CHECK(sent());

    CHECK(strcmp(found(MZ_CATALOG_VALUES, "country", mz_str("")),
                 "[x|DE|US|us") == 0);
    CHECK(strcmp(found(MZ_CATALOG_VALUES, "COUNTRY", mz_str("u")), "US|us")
          == 0);
    CHECK(strcmp(found(MZ_CATALOG_VALUES, "country code", mz_str("u")), "U1")
          == 0);
    CHECK(count(MZ_CATALOG_VALUES, "countr", mz_str("")) == 0);
    CHECK(count(MZ_CATALOG_VALUES, "country ", mz_str("")) == 0);
    CHECK(count(MZ_CATALOG_VALUES, "", mz_str("")) == 0);
    CHECK(count(MZ_CATALOG_VALUES, "a\tb", mz_str("")) == 0);
    CHECK(count(MZ_CATALOG_VALUES, "\xff", mz_str("\xff")) == 0);
}


/* Names that would break a member, or somebody's screen, are left out. */

static void
test_skipped(void)
{
    char      most[MZ_CATALOG_NAME_MAX], more[MZ_CATALOG_NAME_MAX + 1];
    mz_str_t  names[] = {
        mz_str(""), mz_str("a\0b"), mz_str("a\nb"), mz_str("a\x7f"),
        mz_null_str, mz_str("good"), { most, sizeof(most) },
        { more, sizeof(more) }
    };

    memset(most, 'M', sizeof(most));
    memset(more, 'm', sizeof(more));
    fx_reset();
    publish(MZ_CATALOG_PROPERTIES, "", names, MZ_ARRAY_LEN(names));

    CHECK(count(MZ_CATALOG_PROPERTIES, "", mz_str("")) == 2);
    CHECK(strcmp(found(MZ_CATALOG_PROPERTIES, "", mz_str("g")), "good") == 0);
    CHECK(count(MZ_CATALOG_PROPERTIES, "", names[6]) == 1);
    CHECK(count(MZ_CATALOG_PROPERTIES, "", names[7]) == 0);

    /* the longest value of the longest property */

    publish(MZ_CATALOG_VALUES, "p", names + 6, 1);
    CHECK(count(MZ_CATALOG_VALUES, "p", names[6]) == 1);
}


static void
test_replaced(void)
{
    static const mz_str_t  one[] = { mz_str("old"), mz_str("same") };
    static const mz_str_t  two[] = { mz_str("new"), mz_str("same") };

    fx_reset();
    publish(MZ_CATALOG_EVENTS, "", one, 2);
    publish(MZ_CATALOG_PROPERTIES, "", one, 2);

    /* that publication had no events */

    CHECK(count(MZ_CATALOG_EVENTS, "", mz_str("")) == 0);
    CHECK(count(MZ_CATALOG_PROPERTIES, "", mz_str("")) == 2);

    /* until the commit the old ones stay; two writers do not mix */

    mz_catalog_publish_begin(&fx.cmds, &fx.conf, W1);
    add(W1, MZ_CATALOG_PROPERTIES, "", two, 2);
    mz_catalog_publish_begin(&fx.cmds, &fx.conf, W2);
    add(W2, MZ_CATALOG_PROPERTIES, "", two, 1);
    CHECK(sent());
    CHECK(strcmp(found(MZ_CATALOG_PROPERTIES, "", mz_str("")), "old|same")
          == 0);
    CHECK(fx_do("KEYS", "*:w-?", NULL, NULL, NULL)->elements == 2);
    CHECK(fx_do("TTL", "mz-test:{catalog}:properties:w-1", NULL, NULL, NULL)
          ->integer > 0);

    mz_catalog_publish_commit(&fx.cmds, &fx.conf, W1);
    CHECK(sent());
    CHECK(strcmp(found(MZ_CATALOG_PROPERTIES, "", mz_str("")), "new|same")
          == 0);

    mz_catalog_publish_commit(&fx.cmds, &fx.conf, W2);
    CHECK(sent());
    CHECK(strcmp(found(MZ_CATALOG_PROPERTIES, "", mz_str("")), "new") == 0);

    CHECK(fx_do("KEYS", "*:w-?", NULL, NULL, NULL)->elements == 0);
    CHECK(fx_do("TTL", "mz-test:{catalog}:properties", NULL, NULL, NULL)
          ->integer > MZ_CATALOG_TTL_S - 10);

    /* what a writer left half done is not in its next publication */

    mz_catalog_publish_begin(&fx.cmds, &fx.conf, W1);
    add(W1, MZ_CATALOG_PROPERTIES, "", one, 1);
    CHECK(sent());
    publish(MZ_CATALOG_PROPERTIES, "", two, 1);
    CHECK(strcmp(found(MZ_CATALOG_PROPERTIES, "", mz_str("")), "new") == 0);
}


static void
test_many(void)
{
    size_t  i;

    static char      text[2000][32];
    static mz_str_t  names[2000];

    for (i = 0; i < 2000; i++) {
        snprintf(text[i], sizeof(text[i]), "Name %04zu", i);
        names[i] = mz_str_from(text[i]);
    }

    fx_reset();
    mz_catalog_publish_begin(&fx.cmds, &fx.conf, W1);
    add(W1, MZ_CATALOG_EVENTS, "", names, 2000);

    /* DEL; ZADD and EXPIRE for each 512 */

    CHECK(fx.cmds.n == 1 + 2 * 4);
    CHECK(sent());
    mz_catalog_publish_commit(&fx.cmds, &fx.conf, W1);
    CHECK(sent());

    CHECK(fx_do("ZCARD", "mz-test:{catalog}:events", NULL, NULL, NULL)
          ->integer == 2000);
    CHECK(count(MZ_CATALOG_EVENTS, "", mz_str("name"))
          == MZ_CATALOG_FOUND + 1);
    CHECK(count(MZ_CATALOG_EVENTS, "", mz_str("name 12")) == 100);
    CHECK(count(MZ_CATALOG_EVENTS, "", mz_str("name 123")) == 10);
}


/* A writer's name can do no harm, and errors are errors. */

static void
test_odd(void)
{
    size_t                 n;
    mz_err_t               err;
    static const mz_str_t  name[] = { mz_str("x") };
    const mz_str_t         writer = mz_str("host:1:{ff} \n0123456789012345678"
                                           "901234567890123456789012345");

    fx_reset();
    mz_catalog_publish_begin(&fx.cmds, &fx.conf, writer);
    add(writer, MZ_CATALOG_EVENTS, "", name, 1);
    CHECK(sent());
    CHECK(fx_do("EXISTS", "mz-test:{catalog}:events:host-1--ff---0123456789012"
                "3456789012345678901234", NULL, NULL, NULL)->integer == 1);

    fx_do("SET", "mz-test:{catalog}:events", "x", NULL, NULL);
    mz_catalog_find(&fx.cmds, &fx.conf, MZ_CATALOG_EVENTS, mz_null_str,
                    mz_str("x"));
    CHECK(mz_catalog_find_decode(fx_run(), &n, &err) == MZ_INTERNAL);

    fx_do("SET", "mz-test:{catalog}:values:w-1", "x", NULL, NULL);
    add(W1, MZ_CATALOG_VALUES, "p", name, 1);
    CHECK(!sent());
    CHECK(mz_catalog_publish_check(NULL, &err) == MZ_UNAVAILABLE);
    CHECK_STR(mz_catalog_find_at(NULL, 0), "");

    /* a set of another type is replaced */

    publish(MZ_CATALOG_EVENTS, "", name, 1);
    CHECK(strcmp(found(MZ_CATALOG_EVENTS, "", mz_str("X")), "x") == 0);
}


static const mz_test_t  tests[] = {
    { "a redis-server of the test's own", fx_test_start },
    { "prefixes of any bytes", test_prefixes },
    { "values belong to a property", test_values },
    { "names that are left out", test_skipped },
    { "a publication replaces the one before", test_replaced },
    { "many names", test_many },
    { "odd writers, odd replies", test_odd }
};

MZ_TEST_MAIN(tests)
