
#include <math.h>

#include "base/mz_b64.h"
#include "base/mz_buf.h"
#include "base/mz_id.h"
#include "base/mz_json.h"
#include "base/mz_sha256.h"
#include "base/mz_str.h"
#include "test.h"


typedef struct {
    double       v;
    const char  *text;
} double_row_t;

typedef struct {
    const char  *in;
    size_t       len;
    const char  *json;
} json_row_t;

typedef struct {
    const char  *plain;
    const char  *std;
    const char  *url;
} b64_row_t;


static const double_row_t  doubles[] = {
    { 0, "0" },
    { -0.0, "0" },
    { 5, "5" },
    { -3, "-3" },
    { 0.1, "0.1" },
    { 0.30000000000000004, "0.30000000000000004" },
    { 1.0 / 3, "0.3333333333333333" },
    { 1e20, "1e+20" },
    { 1e-7, "1e-07" },
    { 123456.789, "123456.789" },
    { 1.7976931348623157e308, "1.7976931348623157e+308" },
    { NAN, "null" },
    { INFINITY, "null" },
    { -INFINITY, "null" }
};

static const json_row_t  strings[] = {
    { "", 0, "\"\"" },
    { "plain", 5, "\"plain\"" },
    { "a\"b\\c/", 6, "\"a\\\"b\\\\c/\"" },
    { "\n\r\t\b\x1f\x7f", 6, "\"\\n\\r\\t\\b\\u001f\x7f\"" },
    { "a\0b", 3, "\"a\\ufffdb\"" },
    { "\xc3\xa9\xe2\x82\xac", 5, "\"\xc3\xa9\xe2\x82\xac\"" },
    { "x\x80y", 3, "\"x\xef\xbf\xbdy\"" },
    { "\xff\xff", 2, "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
    { "\xef\xbf\xbd", 3, "\"\xef\xbf\xbd\"" },
    { "a\xe2\x82", 3, "\"a\xef\xbf\xbd\xef\xbf\xbd\"" }
};

static const b64_row_t  b64[] = {
    { "", "", "" },
    { "f", "Zg==", "Zg" },
    { "fo", "Zm8=", "Zm8" },
    { "foo", "Zm9v", "Zm9v" },
    { "foobar", "Zm9vYmFy", "Zm9vYmFy" },
    { "\xfb\xff\xbf", "+/+/", "-_-_" }
};

static const char *const  b64_bad_std[] = {
    "Zg", "Zg=", "Zg===", "=", "====", "Z===", "Zh==", "Zm9=", "Zm 9", "Zm9v\n",
    "-_-_", "Zg==Zg==", "Z=g="
};

static const char *const  b64_bad_url[] = {
    "Z", "Zg==", "Zh", "Zm9", "+/+/", "Zm 9", "Zm9vZ"
};


static void
test_bounds(void)
{
    size_t     i;
    mz_buf_t   b;

    mz_buf_init(&b, 5);
    mz_buf_add_c(&b, "abc");
    mz_buf_add_c(&b, "de");
    CHECK(b.rc == MZ_OK && b.len == 5);
    CHECK_STR(mz_str_from(mz_buf_cstr(&b)), "abcde");
    mz_buf_add_char(&b, 'f');
    CHECK(b.rc == MZ_LIMIT && b.len == 5);
    mz_buf_reset(&b);
    CHECK(mz_buf_reserve(&b, 6) == NULL && b.rc == MZ_LIMIT);
    mz_buf_add_c(&b, "a");
    CHECK(b.len == 0);
    CHECK_STR(mz_str_from(mz_buf_cstr(&b)), "");
    CHECK(mz_buf_take(&b, NULL) == NULL);
    mz_buf_free(&b);

    mz_buf_init(&b, 0);
    CHECK(mz_buf_reserve(&b, SIZE_MAX) == NULL && b.rc == MZ_LIMIT);
    mz_buf_reset(&b);

    for (i = 0; i < 100000; i++) {
        mz_buf_addf(&b, "%d", (int) (i % 10));
    }

    CHECK(b.rc == MZ_OK && b.len == 100000 && b.data[99999] == '9');
    mz_buf_free(&b);
    CHECK(b.data == NULL && b.len == 0 && b.cap == 0);
}


static void
test_take(void)
{
    char      *p;
    size_t     len;
    mz_buf_t   b;

    mz_buf_init(&b, 0);
    CHECK_STR(mz_str_from(mz_buf_cstr(&b)), "");
    p = mz_buf_take(&b, &len);
    CHECK(p != NULL && p[0] == '\0' && len == 0);
    free(p);

    mz_buf_add_int(&b, INT64_MIN);
    mz_buf_add_int(&b, 0);
    p = mz_buf_take(&b, &len);
    CHECK_STR(mz_str_from(p), "-92233720368547758080");
    CHECK(len == 21 && b.data == NULL);
    free(p);
}


static void
test_doubles(void)
{
    size_t    i;
    mz_buf_t  b;

    mz_buf_init(&b, 0);

    for (i = 0; i < MZ_ARRAY_LEN(doubles); i++) {
        mz_buf_reset(&b);
        mz_buf_add_double(&b, doubles[i].v);
        CHECK_STR(mz_buf_view(&b), doubles[i].text);
    }

    mz_buf_free(&b);
}


static void
test_json_strings(void)
{
    size_t    i;
    mz_buf_t  b;

    mz_buf_init(&b, 0);

    for (i = 0; i < MZ_ARRAY_LEN(strings); i++) {
        mz_buf_reset(&b);
        mz_buf_add_json_str(&b, (mz_str_t) { strings[i].in, strings[i].len });
        CHECK_STR(mz_buf_view(&b), strings[i].json);
    }

    mz_buf_reset(&b);
    mz_buf_add_json_str(&b, mz_null_str);
    CHECK_STR(mz_buf_view(&b), "\"\"");

    mz_buf_free(&b);
}


/* Every byte at every place of a text longer than a machine word. */

static void
test_json_bytes(void)
{
    int        c;
    char       text[19];
    size_t     at;
    json_t    *v;
    mz_buf_t   b;
    mz_str_t   s, want;

    mz_buf_init(&b, 0);
    s = (mz_str_t) { text, sizeof(text) };

    for (c = 1; c < 256; c++) {
        for (at = 0; at < sizeof(text); at++) {
            memset(text, 'x', sizeof(text));
            text[at] = (char) c;

            mz_buf_reset(&b);
            mz_buf_add_json_str(&b, s);
            CHECK(mz_json_load(mz_buf_view(&b), NULL, &v, NULL) == MZ_OK);

            want = (mz_str_t) { text + at + 1, sizeof(text) - at - 1 };
            CHECK_ROW(mz_str_has_suffix(mz_json_str(v), want), "%d %zu", c,
                      at);
            CHECK_ROW(c >= 0x80 || mz_str_eq(mz_json_str(v), s), "%d %zu", c,
                      at);
            CHECK_ROW(c < 0x80 || mz_json_str(v).len == s.len + 2, "%d %zu",
                      c, at);
            json_decref(v);
        }
    }

    mz_buf_free(&b);
}


static void
test_base64(void)
{
    size_t    i;
    mz_buf_t  b;

    mz_buf_init(&b, 0);

    for (i = 0; i < MZ_ARRAY_LEN(b64); i++) {
        mz_buf_reset(&b);
        mz_b64_encode(&b, mz_str_from(b64[i].plain));
        CHECK_STR(mz_buf_view(&b), b64[i].std);
        mz_buf_reset(&b);
        CHECK(mz_b64_decode(&b, mz_str_from(b64[i].std)) == MZ_OK);
        CHECK_STR(mz_buf_view(&b), b64[i].plain);
        mz_buf_reset(&b);
        mz_b64url_encode(&b, mz_str_from(b64[i].plain));
        CHECK_STR(mz_buf_view(&b), b64[i].url);
        mz_buf_reset(&b);
        CHECK(mz_b64url_decode(&b, mz_str_from(b64[i].url)) == MZ_OK);
        CHECK_STR(mz_buf_view(&b), b64[i].plain);
    }

    mz_buf_reset(&b);

    for (i = 0; i < MZ_ARRAY_LEN(b64_bad_std); i++) {
        CHECK_ROW(mz_b64_decode(&b, mz_str_from(b64_bad_std[i]))
                  == MZ_INVALID && b.len == 0, "%s", b64_bad_std[i]);
    }

    for (i = 0; i < MZ_ARRAY_LEN(b64_bad_url); i++) {
        CHECK_ROW(mz_b64url_decode(&b, mz_str_from(b64_bad_url[i]))
                  == MZ_INVALID && b.len == 0, "%s", b64_bad_url[i]);
    }

    mz_hex_encode(&b, mz_str("\x00\xff\x1a"));
    CHECK_STR(mz_buf_view(&b), "00ff1a");

    mz_buf_free(&b);
}


static void
test_ids(void)
{
    char           text[MZ_ID_LEN + 1];
    size_t         i;
    mz_id_t        id, back;
    unsigned char  random[MZ_ID_RANDOM];

    memset(random, 0xff, sizeof(random));
    mz_id_make(&id, MZ_ID_CONV, random);
    CHECK_STR(mz_str_from(id.s), "c_77777777777777777777777774");

    for (i = 0; i < sizeof(random); i++) {
        random[i] = (unsigned char) ("foobarfoobarfoob"[i]);
    }

    /* RFC 4648: BASE32("foobar...") in lower case, padding cut. */

    mz_id_make(&id, MZ_ID_RUN, random);
    CHECK_STR(mz_str_from(id.s), "p_mzxw6ytbojtg633cmfzgm33pmi");
    CHECK(mz_id_parse(&back, MZ_ID_RUN, mz_str_from(id.s)) == MZ_OK);
    CHECK_STR(mz_str_from(back.s), id.s);

    CHECK(mz_id_parse(&back, MZ_ID_CONV, mz_str_from(id.s)) == MZ_INVALID);
    CHECK(back.s[0] == '\0');
    CHECK(mz_id_parse(&back, MZ_ID_RUN, mz_null_str) == MZ_INVALID);
    CHECK(mz_id_parse(&back, MZ_ID_RUN, (mz_str_t) { id.s, MZ_ID_LEN - 1 })
          == MZ_INVALID);
    CHECK(mz_id_parse(&back, MZ_ID_RUN, (mz_str_t) { id.s, MZ_ID_LEN + 1 })
          == MZ_INVALID);

    for (i = 1; i < MZ_ID_LEN; i++) {
        memcpy(text, id.s, sizeof(text));
        text[i] = i % 2 ? '*' : 'A';
        CHECK_ROW(mz_id_parse(&back, MZ_ID_RUN, mz_str_from(text))
                  == MZ_INVALID, "%s", text);
    }
}


static void
test_sha256(void)
{
    char          hex[MZ_SHA256_HEX_LEN + 1], stream[MZ_SHA256_HEX_LEN + 1];
    mz_sha256_t  *h;

    CHECK(mz_sha256_hex(mz_null_str, hex) == MZ_OK);
    CHECK_STR(mz_str_from(hex), "e3b0c44298fc1c149afbf4c8996fb924"
                                "27ae41e4649b934ca495991b7852b855");

    CHECK(mz_sha256_hex(mz_str("abc"), hex) == MZ_OK);
    CHECK_STR(mz_str_from(hex), "ba7816bf8f01cfea414140de5dae2223"
                                "b00361a396177a9cb410ff61f20015ad");

    h = mz_sha256_new();
    mz_sha256_update(h, mz_str("a"));
    mz_sha256_update(h, mz_null_str);
    mz_sha256_update(h, mz_str("bc"));
    CHECK(mz_sha256_final(h, stream) == MZ_OK);
    CHECK_STR(mz_str_from(stream), hex);

    mz_sha256_free(mz_sha256_new());
    mz_sha256_free(NULL);
}


static const mz_test_t  tests[] = {
    { "a buffer has a bound and a sticky error", test_bounds },
    { "taking the bytes out", test_take },
    { "doubles read back the same", test_doubles },
    { "JSON strings", test_json_strings },
    { "JSON strings, every byte at every place", test_json_bytes },
    { "base64 is strict", test_base64 },
    { "ids", test_ids },
    { "SHA-256, one-shot and streaming", test_sha256 }
};

MZ_TEST_MAIN(tests)
