
/* Parsing: what is accepted, what is refused with which words, defaults. */

#include "analysis/spec.h"
#include "catalog_sample.h"
#include "specs_sample.h"
#include "test.h"


#define NOW_MS  ((int64_t) 1781524800000)       /* 2026-06-15T12:00:00Z */


static mz_catalog_t  *cat;


static mz_rc_t
parse(const char *text, mz_spec_t **spec, mz_err_t *err)
{
    json_t   *j;
    mz_rc_t   rc;

    err->msg[0] = '\0';
    *spec = NULL;

    rc = mz_json_load(mz_str_from(text), NULL, &j, err);
    if (rc != MZ_OK) {
        return MZ_INTERNAL;
    }

    rc = mz_spec_parse(j, cat, NOW_MS, spec, err);
    json_decref(j);

    return rc;
}


/* Each must be refused, and the message must hold the words. */

static const struct {
    const char  *spec;
    const char  *words;
} refused[] = {
    { "[]", "not a JSON object" },
    { "{}", "kind is missing" },
    { "{\"kind\":\"funel\"}", "kind cannot be \"funel\"" },
    { "{\"kind\":\"plan\",\"steps\":[]}", "answer of the planner" },
    { "{\"kind\":\"clarify\",\"reason\":\"too_broad\"}",
      "answer of the planner" },
    { "{\"kind\":\"unsupported\"}", "answer of the planner" },

    { "{\"kind\":\"segmentation\",\"evnts\":[\"signup\"]}",
      "unknown member \"evnts\"; did you mean \"events\"" },
    { "{\"kind\":\"segmentation\",\"events\":[]}",
      "events is not a list of 1 to 10" },
    { "{\"kind\":\"segmentation\",\"events\":[\"purchse\"]}",
      "events[0]: there is no event \"purchse\"; nearest: \"purchase\"" },
    { "{\"kind\":\"segmentation\",\"events\":[\"*\",\"signup\"]}",
      "stands alone" },
    { "{\"kind\":\"segmentation\",\"events\":[\"signup\",\"signup\"]}",
      "events[1] repeats \"signup\"" },
    { "{\"kind\":\"segmentation\",\"events\":[\"purchase\"],\"measure\":"
      "{\"type\":\"sum\"}}", "measure.property is missing" },
    { "{\"kind\":\"segmentation\",\"events\":[\"purchase\"],\"measure\":"
      "{\"type\":\"sum\",\"property\":\"category\"}}", "needs a number" },
    { "{\"kind\":\"segmentation\",\"events\":[\"purchase\"],\"measure\":"
      "{\"type\":\"sum\",\"property\":\"revenu\"}}",
      "there is no property \"revenu\"; nearest: \"revenue\"" },
    { "{\"kind\":\"segmentation\",\"events\":[\"signup\"],\"measure\":"
      "{\"type\":\"sum\",\"property\":\"revenue\"}}",
      "the event \"signup\" has no property \"revenue\"; purchase has it" },
    { "{\"kind\":\"segmentation\",\"events\":[\"signup\"],\"measure\":"
      "{\"type\":\"users\",\"property\":\"plan\"}}",
      "measure.property has no meaning for measure users" },
    { "{\"kind\":\"segmentation\",\"events\":[\"purchase\"],\"measure\":"
      "{\"type\":\"percentile\",\"property\":\"revenue\"}}",
      "measure.p is not a number" },
    { "{\"kind\":\"segmentation\",\"events\":[\"purchase\"],\"measure\":"
      "{\"type\":\"percentile\",\"property\":\"revenue\",\"p\":101}}",
      "measure.p is not from 0 to 100" },
    { "{\"kind\":\"segmentation\",\"events\":[\"*\"],\"measure\":{\"type\":"
      "\"stickiness\",\"num\":\"week\",\"den\":\"day\"}}",
      "num must be shorter" },
    { "{\"kind\":\"segmentation\",\"events\":[\"signup\"],\"breakdown\":"
      "[\"country\",\"country\"]}", "breakdown[1] repeats \"country\"" },
    { "{\"kind\":\"segmentation\",\"events\":[\"add_to_cart\"],\"breakdown\":"
      "[\"payment_method\"]}", "purchase has it" },
    { "{\"kind\":\"segmentation\",\"events\":[\"*\"],\"breakdown\":"
      "[\"category\"]}", "is not on every event" },
    { "{\"kind\":\"segmentation\",\"events\":[\"signup\"],\"breakdown\":"
      "[\"country\",\"plan\",\"device\",\"browser\"]}",
      "breakdown is not a list of 0 to 3" },
    { "{\"kind\":\"segmentation\",\"events\":[\"signup\"],\"grain\":"
      "\"dayly\"}", "grain cannot be \"dayly\": it must be one of total" },
    { "{\"kind\":\"segmentation\",\"events\":[\"signup\"],\"grain\":\"hour\","
      "\"range\":{\"last\":3,\"unit\":\"year\"}}",
      "take a coarser grain" },
    { "{\"kind\":\"segmentation\",\"events\":[\"signup\"],\"top\":{\"n\":5}}",
      "top needs a breakdown" },
    { "{\"kind\":\"segmentation\",\"events\":[\"signup\"],\"breakdown\":"
      "[\"plan\"],\"top\":{\"n\":0}}", "top.n is not a whole number" },
    { "{\"kind\":\"segmentation\",\"events\":[\"signup\"],\"range\":"
      "{\"all\":true},\"compare\":{\"to\":\"previous_period\"}}",
      "no period before all" },
    { "{\"kind\":\"segmentation\",\"events\":[\"signup\"],\"transform\":"
      "{\"cumulative\":true},\"grain\":\"total\"}",
      "transform needs a grain" },
    { "{\"kind\":\"segmentation\",\"events\":[\"purchase\"],\"measure\":"
      "{\"type\":\"avg\",\"property\":\"revenue\"},\"grain\":\"day\","
      "\"transform\":{\"cumulative\":true}}", "can be cumulative" },
    { "{\"kind\":\"segmentation\",\"events\":[\"signup\"],\"grain\":\"week\","
      "\"transform\":{\"rolling\":7,\"unit\":\"day\",\"fn\":\"avg\"}}",
      "they must be the same" },
    { "{\"kind\":\"segmentation\",\"events\":[\"signup\"],\"formula\":{}}",
      "events cannot stand beside formula" },
    { "{\"kind\":\"segmentation\",\"formula\":{\"op\":\"ratio\",\"a\":"
      "{\"events\":[\"signup\"]}}}", "formula.b is not an object" },
    { "{\"kind\":\"segmentation\",\"formula\":{\"op\":\"sum\",\"a\":{},"
      "\"b\":{}}}", "formula.op cannot be \"sum\"" },
    { "{\"kind\":\"segmentation\",\"events\":[\"signup\"],\"having\":"
      "{\"measure\":{\"type\":\"users\"},\"op\":\"gt\",\"value\":1}}",
      "having.measure is of one user" },
    { "{\"kind\":\"segmentation\",\"events\":[\"signup\"],\"measure\":"
      "{\"type\":\"frequency\"},\"grain\":\"day\"}", "grain \"total\"" },

    { "{\"kind\":\"segmentation\",\"events\":[\"purchase\"],\"filters\":"
      "[{\"property\":\"revenue\",\"op\":\"gt\",\"value\":\"50\"}]}",
      "filters[0].value: revenue is float64 and takes numbers" },
    { "{\"kind\":\"segmentation\",\"events\":[\"purchase\"],\"filters\":"
      "[{\"property\":\"category\",\"op\":\"gt\",\"value\":\"a\"}]}",
      "op gt needs a number" },
    { "{\"kind\":\"segmentation\",\"events\":[\"purchase\"],\"filters\":"
      "[{\"property\":\"revenue\",\"op\":\"contains\",\"value\":\"1\"}]}",
      "op contains needs a string" },
    { "{\"kind\":\"segmentation\",\"events\":[\"purchase\"],\"filters\":"
      "[{\"property\":\"category\",\"op\":\"in\",\"value\":\"shoes\"}]}",
      "filters[0].value is not a list" },
    { "{\"kind\":\"segmentation\",\"events\":[\"purchase\"],\"filters\":"
      "[{\"property\":\"category\",\"op\":\"eq\"}]}", "takes strings" },
    { "{\"kind\":\"segmentation\",\"events\":[\"purchase\"],\"filters\":"
      "[{\"property\":\"category\",\"op\":\"is_set\",\"value\":1}]}",
      "takes no value" },
    { "{\"kind\":\"segmentation\",\"events\":[\"purchase\"],\"filters\":"
      "[{\"property\":\"is_gift\",\"op\":\"eq\",\"value\":1}]}",
      "true or false" },
    { "{\"kind\":\"segmentation\",\"events\":[\"purchase\"],\"filters\":"
      "[{\"property\":\"due\",\"op\":\"gt\",\"value\":\"soon\"}]}",
      "takes a time such as" },
    { "{\"kind\":\"segmentation\",\"events\":[\"purchase\"],\"filters\":"
      "[{\"property\":\"category\",\"value\":\"shoes\",\"oops\":1}]}",
      "unknown member \"oops\" in filters[0]" },
    { "{\"kind\":\"segmentation\",\"events\":[\"purchase\"],\"filters\":"
      "[{\"did\":\"signup\",\"filters\":[{\"did\":\"login\"}]}]}",
      "cannot stand inside another" },
    { "{\"kind\":\"segmentation\",\"events\":[\"purchase\"],\"filters\":"
      "[{\"did\":\"signup\",\"count\":{\"op\":\"in\",\"value\":2}}]}",
      "filters[0].count.op must be one of eq" },
    { "{\"kind\":\"segmentation\",\"events\":[\"purchase\"],\"filters\":"
      "[{\"did\":\"signup\",\"count\":{\"op\":\"gt\",\"value\":-1}}]}",
      "filters[0].count.value is not a whole number" },

    { "{\"kind\":\"segmentation\",\"events\":[\"signup\"],\"range\":"
      "{\"last\":0,\"unit\":\"day\"}}", "range.last is not a whole number" },
    { "{\"kind\":\"segmentation\",\"events\":[\"signup\"],\"range\":"
      "{\"last\":7}}", "range.unit is none of" },
    { "{\"kind\":\"segmentation\",\"events\":[\"signup\"],\"range\":"
      "{\"calendar\":\"day\",\"offset\":1}}", "range.offset" },
    { "{\"kind\":\"segmentation\",\"events\":[\"signup\"],\"range\":"
      "{\"from\":\"2026-05-02\",\"to\":\"2026-05-01\"}}",
      "range.to is before from" },
    { "{\"kind\":\"segmentation\",\"events\":[\"signup\"],\"range\":"
      "{\"from\":\"2026-13-02\"}}", "range.from is not a date" },
    { "{\"kind\":\"segmentation\",\"events\":[\"signup\"],\"range\":"
      "{\"from\":\"2026-07-01\"}}", "in the future" },
    { "{\"kind\":\"segmentation\",\"events\":[\"signup\"],\"range\":{}}",
      "range is none of" },

    { "{\"kind\":\"funnel\",\"steps\":[{\"event\":\"signup\"}]}",
      "steps is not a list of 2 to 10" },
    { "{\"kind\":\"funnel\",\"steps\":[{\"event\":\"signup\"},"
      "{\"evnt\":\"purchase\"}]}",
      "unknown member \"evnt\" in steps[1]; did you mean \"event\"" },
    { "{\"kind\":\"funnel\",\"steps\":[{\"event\":\"signup\"},"
      "{\"event\":\"purchase\"}],\"window\":{\"n\":1,\"unit\":\"month\"}}",
      "give months in days" },
    { "{\"kind\":\"funnel\",\"steps\":[{\"event\":\"signup\"},"
      "{\"event\":\"purchase\"}],\"window\":{\"n\":367,\"unit\":\"day\"}}",
      "longer than 366 days" },
    { "{\"kind\":\"funnel\",\"steps\":[{\"event\":\"signup\"},"
      "{\"event\":\"purchase\"}],\"exclude\":[{\"event\":\"login\","
      "\"between\":[2,1]}]}", "exclude[0].between is not [i,j]" },
    { "{\"kind\":\"funnel\",\"steps\":[{\"event\":\"signup\"},"
      "{\"event\":\"purchase\"}],\"order\":\"any\",\"exclude\":"
      "[{\"event\":\"login\"}]}", "exclude needs order \"ordered\"" },
    { "{\"kind\":\"funnel\",\"steps\":[{\"event\":\"signup\"},"
      "{\"event\":\"signup\"}],\"order\":\"any\"}",
      "needs steps of different events" },
    { "{\"kind\":\"funnel\",\"steps\":[{\"event\":\"signup\"},"
      "{\"event\":\"purchase\"}],\"hold\":[\"category\"]}",
      "the event \"signup\" has no property \"category\"" },
    { "{\"kind\":\"funnel\",\"steps\":[{\"event\":\"signup\"},"
      "{\"event\":\"checkout\"}],\"filters\":[{\"property\":\"category\","
      "\"op\":\"eq\",\"value\":\"shoes\"}]}", "has no property" },
    { "{\"kind\":\"funnel\",\"steps\":[{\"event\":\"add_to_cart\"},"
      "{\"event\":\"purchase\"}],\"breakdown\":[\"payment_method\"]}",
      "purchase has it" },

    { "{\"kind\":\"retention\"}", "start is missing" },
    { "{\"kind\":\"retention\",\"start\":{\"event\":\"signup\"},\"periods\":"
      "65}", "periods is not a whole number from 0 to 64" },
    { "{\"kind\":\"retention\",\"start\":{\"event\":\"signup\"},\"periods\":"
      "4,\"at\":[1]}", "give one of periods, at and brackets" },
    { "{\"kind\":\"retention\",\"start\":{\"event\":\"signup\"},\"mode\":"
      "\"bracket\"}", "go together" },
    { "{\"kind\":\"retention\",\"start\":{\"event\":\"signup\"},"
      "\"brackets\":[[0,2],[2,4]]}", "brackets[1] is not [a,b]" },
    { "{\"kind\":\"retention\",\"start\":{\"event\":\"signup\"},\"at\":"
      "[1,1]}", "at[1] repeats 1" },
    { "{\"kind\":\"retention\",\"start\":{\"event\":\"signup\"},\"period\":"
      "\"year\"}", "period cannot be \"year\"" },

    { "{\"kind\":\"discovery\",\"what\":\"values\"}", "property is missing" },
    { "{\"kind\":\"discovery\",\"what\":\"describe\"}",
      "event or property is missing" },
    { "{\"kind\":\"discovery\",\"what\":\"search\",\"hits\":[\"nps\"]}",
      "there is no event \"nps\"" },
    { "{\"kind\":\"lookup\"}", "user is not the id" },
    { "{\"kind\":\"lookup\",\"user\":\"u\",\"limit\":1001}",
      "limit is not a whole number from 1 to 1000" },
    { "{\"kind\":\"journey\",\"event\":\"*\"}", "name the event" },
    { "{\"kind\":\"journey\",\"event\":\"signup\",\"direction\":"
      "\"between\"}", "go together" }
};


static void
test_refused(void)
{
    size_t      i;
    mz_rc_t     rc;
    mz_err_t    err;
    mz_spec_t  *spec;

    for (i = 0; i < MZ_ARRAY_LEN(refused); i++) {
        rc = parse(refused[i].spec, &spec, &err);
        CHECK_ROW(rc == MZ_INVALID && spec == NULL
                  && strstr(err.msg, refused[i].words) != NULL,
                  "%s: %d \"%s\"", refused[i].spec, rc, err.msg);
        mz_spec_free(spec);
    }
}


/* What is accepted is accepted again, and means the same, as written out. */

static void
test_accepted(void)
{
    size_t      i;
    json_t     *j, *again;
    mz_err_t    err;
    mz_buf_t    text, words;
    mz_query_t  q;
    mz_spec_t  *spec, *spec2;

    for (i = 0; i < MZ_ARRAY_LEN(specs_sample); i++) {
        CHECK_ROW(parse(specs_sample[i], &spec, &err) == MZ_OK, "%s: %s",
                  specs_sample[i], err.msg);
        if (spec == NULL) {
            continue;
        }

        mz_buf_init(&text, 0);
        mz_buf_init(&words, 0);
        j = mz_spec_to_json(spec);
        mz_json_dump(&text, j);
        mz_spec_definition(spec, &words);

        CHECK(mz_spec_parse(j, cat, NOW_MS, &spec2, &err) == MZ_OK);
        again = spec2 == NULL ? NULL : mz_spec_to_json(spec2);
        CHECK_ROW(mz_json_equal(j, again), "%s", mz_buf_cstr(&text));
        CHECK_ROW(words.len > 10 && words.rc == MZ_OK, "%s", specs_sample[i]);
        CHECK_ROW(mz_spec_compile(spec, MZ_DIALECT_DUCKDB, &q, &err) == MZ_OK,
                  "%s: %s", specs_sample[i], err.msg);

        mz_query_free(&q);
        mz_buf_free(&text);
        mz_buf_free(&words);
        json_decref(j);
        json_decref(again);
        mz_spec_free(spec);
        mz_spec_free(spec2);
    }
}


/* Defaults and repairs, in the JSON that goes out. */

static const struct {
    const char  *spec;
    const char  *out;
} defaults[] = {
    { "{\"kind\":\"segmentation\",\"events\":[\"signup\"],\"_note\":\"x\","
      "\"or\":[{}]}",
      "{\"kind\":\"segmentation\",\"events\":[\"signup\"],\"measure\":"
      "{\"type\":\"users\"},\"range\":{\"last\":30,\"unit\":\"day\"},"
      "\"grain\":\"total\"}" },
    { "{\"kind\":\"segmentation\",\"events\":[\"signup\"],\"range\":"
      "{\"last\":2,\"unit\":\"weeks\"},\"filters\":[{\"property\":\"device\","
      "\"value\":\"Mobile\"}]}",
      "{\"kind\":\"segmentation\",\"events\":[\"signup\"],\"range\":"
      "{\"last\":2,\"unit\":\"week\"},\"filters\":[{\"property\":\"device\","
      "\"value\":\"mobile\",\"op\":\"eq\"}],\"measure\":{\"type\":\"users\"},"
      "\"grain\":\"total\"}" },
    { "{\"kind\":\"segmentation\",\"events\":[\"signup\"],\"transform\":"
      "{\"rolling\":7},\"breakdown\":[\"plan\"],\"top\":{\"n\":3}}",
      "{\"kind\":\"segmentation\",\"events\":[\"signup\"],\"transform\":"
      "{\"rolling\":7,\"fn\":\"avg\",\"unit\":\"day\"},\"breakdown\":"
      "[\"plan\"],\"top\":{\"n\":3,\"order\":\"desc\"},\"measure\":{\"type\":"
      "\"users\"},\"range\":{\"last\":30,\"unit\":\"day\"},\"grain\":"
      "\"day\"}" },
    { "{\"kind\":\"funnel\",\"steps\":[{\"event\":\"signup\"},{\"event\":"
      "\"purchase\"}],\"exclude\":[{\"event\":\"login\"}]}",
      "{\"kind\":\"funnel\",\"steps\":[{\"event\":\"signup\"},{\"event\":"
      "\"purchase\"}],\"exclude\":[{\"event\":\"login\",\"between\":[1,2]}],"
      "\"order\":\"ordered\",\"measure\":\"conversion\",\"window\":{\"n\":7,"
      "\"unit\":\"day\"},\"range\":{\"last\":30,\"unit\":\"day\"},\"grain\":"
      "\"total\"}" },
    { "{\"kind\":\"retention\",\"start\":{\"event\":\"signup\"}}",
      "{\"kind\":\"retention\",\"start\":{\"event\":\"signup\"},\"return\":"
      "{\"event\":\"*\"},\"period\":\"week\",\"mode\":\"on\",\"scope\":"
      "\"first\",\"periods\":8,\"range\":{\"last\":12,\"unit\":\"week\"}}" },
    { "{\"kind\":\"retention\",\"start\":{\"event\":\"signup\"},\"brackets\":"
      "[[0,0],[1,3]],\"period\":\"day\"}",
      "{\"kind\":\"retention\",\"start\":{\"event\":\"signup\"},\"brackets\":"
      "[[0,0],[1,3]],\"period\":\"day\",\"return\":{\"event\":\"*\"},"
      "\"mode\":\"bracket\",\"scope\":\"first\",\"range\":{\"last\":30,"
      "\"unit\":\"day\"}}" },
    { "{\"kind\":\"journey\",\"event\":\"signup\",\"to\":\"purchase\"}",
      "{\"kind\":\"journey\",\"event\":\"signup\",\"to\":\"purchase\","
      "\"depth\":5,\"direction\":\"between\",\"range\":{\"last\":30,\"unit\":"
      "\"day\"}}" },
    { "{\"kind\":\"lookup\",\"user\":\"u1\"}",
      "{\"kind\":\"lookup\",\"user\":\"u1\",\"range\":{\"all\":true}}" }
};


static void
test_defaults(void)
{
    size_t      i;
    json_t     *j, *want;
    mz_err_t    err;
    mz_buf_t    got;
    mz_spec_t  *spec;

    for (i = 0; i < MZ_ARRAY_LEN(defaults); i++) {
        CHECK_ROW(parse(defaults[i].spec, &spec, &err) == MZ_OK, "%s: %s",
                  defaults[i].spec, err.msg);
        if (spec == NULL) {
            continue;
        }

        mz_buf_init(&got, 0);
        j = mz_spec_to_json(spec);
        mz_json_dump(&got, j);
        CHECK(mz_json_load(mz_str_from(defaults[i].out), NULL, &want, &err)
              == MZ_OK);
        CHECK_ROW(mz_json_equal(j, want), "want %s, got %s", defaults[i].out,
                  mz_buf_cstr(&got));

        json_decref(j);
        json_decref(want);
        mz_buf_free(&got);
        mz_spec_free(spec);
    }
}


static const mz_test_t  tests[] = {
    { "wrong specs are refused with words that help", test_refused },
    { "the specs of people's questions parse, and again", test_accepted },
    { "defaults are written out, names put right", test_defaults }
};


int
main(void)
{
    size_t  i;
    int     failed, before;

    cat = sample_catalog();
    failed = 0;
    printf("1..%zu\n", MZ_ARRAY_LEN(tests));

    for (i = 0; i < MZ_ARRAY_LEN(tests); i++) {
        before = mz_test_failures;
        tests[i].run();
        failed += mz_test_failures != before;
        printf("%sok %zu - %s\n", mz_test_failures == before ? "" : "not ",
               i + 1, tests[i].name);
    }

    mz_catalog_free(cat);

    return failed != 0;
}
