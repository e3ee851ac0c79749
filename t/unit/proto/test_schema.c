
#include "base/mz_str.h"
#include "base/mz_utf8.h"
#include "proto/schema.h"
#include "test.h"


typedef struct {
    const char  *value;
    const char  *message;       /* NULL: valid */
} schema_row_t;


static const char  schema_text[] =
    "{\"type\":\"object\",\"additionalProperties\":false,"
    "\"description\":\"x\",\"unknownKeyword\":7,"
    "\"required\":[\"artifact_id\"],\"properties\":{"
    "\"artifact_id\":{\"type\":\"string\",\"minLength\":2,\"maxLength\":4},"
    "\"limit\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":1000,"
    "\"default\":100},"
    "\"ratio\":{\"type\":\"number\",\"minimum\":0.5},"
    "\"desc\":{\"type\":\"boolean\"},"
    "\"any\":{},"
    "\"maybe\":{\"type\":[\"string\",\"null\"]},"
    "\"filters\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":2,\"items\":"
    "{\"type\":\"object\",\"required\":[\"column\",\"op\"],\"properties\":{"
    "\"column\":{\"type\":\"string\"},"
    "\"op\":{\"type\":\"string\",\"enum\":[\"eq\",\"ne\",\"contains\"]},"
    "\"value\":{}}}},"
    "\"bins\":{\"enum\":[1,2.5,null]}}}";

static const schema_row_t  rows[] = {

    /* Type. */

    { "[]", "The arguments object must be of type object, got array []" },
    { "null", "The arguments object must be of type object, got null" },
    { "{\"artifact_id\":5}",
      "artifact_id must be of type string, got integer 5" },
    { "{\"artifact_id\":null}",
      "artifact_id must be of type string, got null" },
    { "{\"artifact_id\":\"abc\",\"limit\":\"10\"}",
      "limit must be of type integer, got string \"10\"" },
    { "{\"artifact_id\":\"abc\",\"limit\":1.5}",
      "limit must be of type integer, got number 1.5" },
    { "{\"artifact_id\":\"abc\",\"desc\":1}",
      "desc must be of type boolean, got integer 1" },
    { "{\"artifact_id\":\"abc\",\"maybe\":false}",
      "maybe must be of type \"string\", \"null\", got boolean false" },
    { "{\"artifact_id\":\"abc\",\"limit\":10.0}", NULL },
    { "{\"artifact_id\":\"abc\",\"ratio\":1}", NULL },
    { "{\"artifact_id\":\"abc\",\"maybe\":null}", NULL },
    { "{\"artifact_id\":\"abc\",\"any\":[{\"x\":null}]}", NULL },

    /* Members. */

    { "{}", "The arguments object needs the member \"artifact_id\"; given "
            "are: none" },
    { "{\"limit\":3}", "The arguments object needs the member "
                       "\"artifact_id\"; given are: \"limit\"" },
    { "{\"artefact_id\":\"abc\"}",
      "The arguments object has no member \"artefact_id\"; did you mean "
      "\"artifact_id\"? Its members are: \"artifact_id\", \"limit\", "
      "\"ratio\", \"desc\", \"any\", \"maybe\", \"filters\", \"bins\"" },
    { "{\"id\":\"abc\"}",
      "The arguments object has no member \"id\"; did you mean "
      "\"artifact_id\"? Its members are: \"artifact_id\", \"limit\", "
      "\"ratio\", \"desc\", \"any\", \"maybe\", \"filters\", \"bins\"" },
    { "{\"artifact_id\":\"abc\",\"zzzzzz\":1}",
      "The arguments object has no member \"zzzzzz\"; its members are: "
      "\"artifact_id\", \"limit\", \"ratio\", \"desc\", \"any\", \"maybe\", "
      "\"filters\", \"bins\"" },

    /* Range and length; characters, not bytes. */

    { "{\"artifact_id\":\"abc\",\"limit\":0}",
      "limit must be at least 1, got integer 0" },
    { "{\"artifact_id\":\"abc\",\"limit\":5000}",
      "limit must be at most 1000, got integer 5000" },
    { "{\"artifact_id\":\"abc\",\"ratio\":0.25}",
      "ratio must be at least 0.5, got number 0.25" },
    { "{\"artifact_id\":\"a\"}",
      "artifact_id must have at least 2 characters, it has 1" },
    { "{\"artifact_id\":\"abcde\"}",
      "artifact_id must have at most 4 characters, it has 5" },
    { "{\"artifact_id\":\"\\u00e9\\u00e9\\u20ac\\ud83d\\ude00\"}", NULL },
    { "{\"artifact_id\":\"abc\",\"limit\":1}", NULL },
    { "{\"artifact_id\":\"abc\",\"limit\":1000}", NULL },

    /* Nested, and enum. */

    { "{\"artifact_id\":\"abc\",\"filters\":[]}",
      "filters must have at least 1 item, it has 0" },
    { "{\"artifact_id\":\"abc\",\"filters\":[{\"column\":\"a\",\"op\":\"eq\"},"
      "{\"column\":\"b\"}]}",
      "filters[1] needs the member \"op\"; given are: \"column\"" },
    { "{\"artifact_id\":\"abc\",\"filters\":[{\"column\":\"a\",\"op\":\"eq\"},"
      "{\"column\":\"b\",\"op\":\"contain\"}]}",
      "filters[1].op must be one of \"eq\", \"ne\", \"contains\" (did you mean "
      "\"contains\"?), got string \"contain\"" },
    { "{\"artifact_id\":\"abc\",\"filters\":[{\"column\":\"a\",\"op\":7}]}",
      "filters[0].op must be of type string, got integer 7" },
    { "{\"artifact_id\":\"abc\",\"filters\":[{\"column\":\"a\",\"op\":\"eq\","
      "\"extra\":1}]}", NULL },
    { "{\"artifact_id\":\"abc\",\"bins\":2}",
      "bins must be one of 1, 2.5, null, got integer 2" },
    { "{\"artifact_id\":\"abc\",\"bins\":1.0}", NULL },
    { "{\"artifact_id\":\"abc\",\"bins\":null}", NULL }
};


static json_t *
load(mz_str_t text)
{
    json_t    *v;
    mz_err_t   err;

    CHECK_ROW(mz_json_load(text, NULL, &v, &err) == MZ_OK, "%.*s",
              (int) text.len, text.data);

    return v;
}


static void
test_rows(void)
{
    size_t     i;
    json_t    *schema, *value;
    mz_rc_t    rc;
    mz_err_t   err;

    schema = load(mz_str(schema_text));

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        value = load(mz_str_from(rows[i].value));
        err.msg[0] = '\0';
        rc = mz_schema_validate(schema, value, &err);

        if (rows[i].message == NULL) {
            CHECK_ROW(rc == MZ_OK, "%s: %s", rows[i].value, err.msg);

        } else {
            CHECK_ROW(rc == MZ_INVALID && err.rc == MZ_INVALID, "%s",
                      rows[i].value);
            CHECK_STR(mz_str_from(err.msg), rows[i].message);
        }

        json_decref(value);
    }

    json_decref(schema);
}


/* Huge and odd input: the message stays short, whole and well-formed. */

static void
test_messages(void)
{
    char       key[2000];
    size_t     i;
    json_t    *schema, *array, *value;
    mz_err_t   err;

    schema = load(mz_str(schema_text));

    for (i = 0; i + 2 < sizeof(key); i += 2) {
        memcpy(key + i, "\xc3\xa9", 2);
    }

    key[i] = '\0';

    value = json_object();
    CHECK(mz_json_set(value, key, json_integer(1)) == MZ_OK);
    CHECK(mz_schema_validate(schema, value, &err) == MZ_INVALID);
    CHECK(mz_utf8_is_valid(mz_str_from(err.msg)));
    CHECK(strstr(err.msg, "its members are: \"artifact_id\"") != NULL);
    json_decref(value);

    value = json_object();
    CHECK(mz_json_set_str(value, "artifact_id", mz_str("abc")) == MZ_OK);
    CHECK(mz_json_set_str(value, "limit", mz_str_from(key)) == MZ_OK);
    CHECK(mz_schema_validate(schema, value, &err) == MZ_INVALID);
    CHECK(strlen(err.msg) < 250 && strstr(err.msg, " ...") != NULL);
    CHECK(mz_utf8_is_valid(mz_str_from(err.msg)));
    json_decref(value);

    /* Of a long value no more than its beginning is written at all. */

    value = json_object();
    array = json_array();
    CHECK(mz_json_set_str(value, "artifact_id", mz_str("abc")) == MZ_OK);
    CHECK(json_array_append_new(array, json_string("one")) == 0);

    for (i = 0; i < 100000; i++) {
        CHECK(json_array_append_new(array, json_real(1e300)) == 0);
    }

    CHECK(mz_json_set(value, "limit", array) == MZ_OK);
    CHECK(mz_schema_validate(schema, value, &err) == MZ_INVALID);
    CHECK_ROW(strstr(err.msg, "got array [\"one\",1e+300,1e+300,") != NULL
              && strstr(err.msg, ", ...") == NULL
              && strstr(err.msg, " ...") != NULL, "%s", err.msg);
    json_decref(value);

    value = load(mz_str("{\"a\\nb\\\"\":1}"));
    CHECK(mz_schema_validate(schema, value, &err) == MZ_INVALID);
    CHECK(strstr(err.msg, "no member \"a\\nb\\\"\"") != NULL);
    json_decref(value);

    value = load(mz_str("{}"));
    CHECK(mz_schema_validate(schema, value, NULL) == MZ_INVALID);
    json_decref(value);

    json_decref(schema);
}


/* Many allowed values are cut, with the suggestion still there. */

static void
test_long_enum(void)
{
    char       name[16];
    size_t     i;
    json_t    *schema, *values, *value;
    mz_err_t   err;

    values = json_array();

    for (i = 0; i < 200; i++) {
        snprintf(name, sizeof(name), "event_%03zu", i);
        CHECK(json_array_append_new(values, json_string(name)) == 0);
    }

    schema = json_object();
    CHECK(mz_json_set(schema, "enum", values) == MZ_OK);
    value = json_string("evnt_199");

    CHECK(mz_schema_validate(schema, value, &err) == MZ_INVALID);
    CHECK(strstr(err.msg, ", ... (did you mean \"event_199\"?), got string "
                          "\"evnt_199\"") != NULL);

    json_decref(value);
    json_decref(schema);
}


/* Keywords that are not understood refuse nothing. */

static void
test_other_keywords(void)
{
    size_t     i;
    json_t    *schema, *value;
    mz_err_t   err;

    static const struct {
        const char  *schema;
        const char  *value;
        bool         is_ok;
    } others[] = {
        { "{\"$schema\":\"x\",\"$defs\":{\"a\":{\"type\":\"object\"}},"
          "\"properties\":{\"a\":{\"$ref\":\"#/$defs/a\"}},"
          "\"allOf\":[{\"anyOf\":[{\"required\":[\"b\"]}]}],"
          "\"if\":{\"required\":[\"a\"]},\"then\":false,"
          "\"additionalProperties\":false}", "{\"a\":1}", true },
        { "{\"properties\":{\"a\":true},\"patternProperties\":{\"^x-\":{}},"
          "\"additionalProperties\":false}", "{\"x-b\":1}", true },
        { "{\"properties\":{\"a\":true},\"additionalProperties\":false}",
          "{\"x-b\":1}", false },
        { "{\"prefixItems\":[{\"type\":\"string\"}],"
          "\"items\":{\"type\":\"integer\"}}", "[\"a\",1]", true },
        { "{\"prefixItems\":[{\"type\":\"string\"}],"
          "\"items\":{\"type\":\"integer\"}}", "[\"a\",\"b\"]", false },
        { "{\"items\":false}", "[1]", true },
        { "true", "[1]", true }
    };

    for (i = 0; i < MZ_ARRAY_LEN(others); i++) {
        schema = load(mz_str_from(others[i].schema));
        value = load(mz_str_from(others[i].value));
        CHECK_ROW((mz_schema_validate(schema, value, &err) == MZ_OK)
                  == others[i].is_ok, "row %zu", i);
        json_decref(value);
        json_decref(schema);
    }
}


static const mz_test_t  tests[] = {
    { "a row per rule, with its words", test_rows },
    { "messages are bounded", test_messages },
    { "a long enum is cut", test_long_enum },
    { "other keywords of JSON Schema refuse nothing", test_other_keywords }
};

MZ_TEST_MAIN(tests)
