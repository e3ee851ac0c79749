
/* Ranges against literal dates. */

#include "analysis/range.h"
#include "base/mz_str.h"
#include "test.h"


static const struct {
    const char  *now;
    const char  *range;
    const char  *from;
    const char  *to;
    const char  *before;        /* the period before, "" : none */
    const char  *until;
    const char  *year;          /* the year before, from */
} ranges[] = {
    { "2026-06-15T12:00:00Z", "{\"last\":7,\"unit\":\"day\"}",
      "2026-06-08T12:00:00Z", "2026-06-15T12:00:00Z",
      "2026-06-01T12:00:00Z", "2026-06-08T12:00:00Z",
      "2025-06-08T12:00:00Z" },
    { "2026-06-15T12:00:00Z", "{\"last\":36,\"unit\":\"hours\"}",
      "2026-06-14T00:00:00Z", "2026-06-15T12:00:00Z",
      "2026-06-12T12:00:00Z", "2026-06-14T00:00:00Z",
      "2025-06-14T00:00:00Z" },
    { "2026-03-31T12:00:00Z", "{\"last\":1,\"unit\":\"month\"}",
      "2026-02-28T12:00:00Z", "2026-03-31T12:00:00Z",
      "2026-01-28T12:00:00Z", "2026-02-28T12:00:00Z",
      "2025-02-28T12:00:00Z" },
    { "2026-06-15T12:00:00Z", "{\"calendar\":\"day\",\"offset\":-1}",
      "2026-06-14T00:00:00Z", "2026-06-15T00:00:00Z",
      "2026-06-13T00:00:00Z", "2026-06-14T00:00:00Z",
      "2025-06-14T00:00:00Z" },
    { "2026-06-15T12:00:00Z", "{\"calendar\":\"week\"}",
      "2026-06-15T00:00:00Z", "2026-06-15T12:00:00Z",
      "2026-06-08T00:00:00Z", "2026-06-08T12:00:00Z",
      "2025-06-15T00:00:00Z" },
    { "2026-06-14T12:00:00Z", "{\"calendar\":\"week\",\"offset\":0}",
      "2026-06-08T00:00:00Z", "2026-06-14T12:00:00Z",
      "2026-06-01T00:00:00Z", "2026-06-07T12:00:00Z",
      "2025-06-08T00:00:00Z" },
    { "2026-06-15T12:00:00Z", "{\"calendar\":\"month\",\"offset\":-1}",
      "2026-05-01T00:00:00Z", "2026-06-01T00:00:00Z",
      "2026-04-01T00:00:00Z", "2026-05-01T00:00:00Z",
      "2025-05-01T00:00:00Z" },
    { "2026-03-31T18:00:00Z", "{\"calendar\":\"month\",\"offset\":0}",
      "2026-03-01T00:00:00Z", "2026-03-31T18:00:00Z",
      "2026-02-01T00:00:00Z", "2026-02-28T18:00:00Z",
      "2025-03-01T00:00:00Z" },
    { "2026-06-15T12:00:00Z", "{\"calendar\":\"quarter\",\"offset\":-1}",
      "2026-01-01T00:00:00Z", "2026-04-01T00:00:00Z",
      "2025-10-01T00:00:00Z", "2026-01-01T00:00:00Z",
      "2025-01-01T00:00:00Z" },
    { "2026-06-15T12:00:00Z", "{\"calendar\":\"year\",\"offset\":-2}",
      "2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z",
      "2023-01-01T00:00:00Z", "2024-01-01T00:00:00Z",
      "2023-01-01T00:00:00Z" },
    { "2026-06-15T12:00:00Z",
      "{\"from\":\"2026-03-01\",\"to\":\"2026-03-31\"}",
      "2026-03-01T00:00:00Z", "2026-04-01T00:00:00Z",
      "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z",
      "2025-03-01T00:00:00Z" },
    { "2026-06-15T12:00:00Z",
      "{\"from\":\"2026-03-02\",\"to\":\"2026-03-04\"}",
      "2026-03-02T00:00:00Z", "2026-03-05T00:00:00Z",
      "2026-02-27T00:00:00Z", "2026-03-02T00:00:00Z",
      "2025-03-02T00:00:00Z" },
    { "2026-06-15T12:00:00Z", "{\"from\":\"2026-06-13\"}",
      "2026-06-13T00:00:00Z", "2026-06-15T12:00:00Z",
      "2026-06-10T12:00:00Z", "2026-06-13T00:00:00Z",
      "2025-06-13T00:00:00Z" },
    { "2026-06-15T12:00:00Z",
      "{\"from\":\"2026-06-15\",\"to\":\"2026-06-30\"}",
      "2026-06-15T00:00:00Z", "2026-06-15T12:00:00Z",
      "2026-06-14T12:00:00Z", "2026-06-15T00:00:00Z",
      "2025-06-15T00:00:00Z" },
    { "2026-06-15T12:00:00Z", "{\"all\":true}",
      "2024-02-03T04:05:06Z", "2026-06-15T12:00:00Z", "", "", "" },
    { "2023-06-15T12:00:00Z", "{\"all\":true}",
      "2023-06-15T12:00:00Z", "2023-06-15T12:00:00Z", "", "", "" }
};


static int64_t
ms_of(const char *text)
{
    int64_t  ms;

    return mz_time_parse(mz_str_from(text), &ms) == MZ_OK ? ms : -1;
}


static void
check_before(size_t i, const mz_range_t *r)
{
    mz_rc_t     rc;
    mz_err_t    err;
    mz_range_t  b;

    rc = mz_range_before(r, false, &b, &err);

    if (ranges[i].before[0] == '\0') {
        CHECK(rc == MZ_INVALID);
        return;
    }

    CHECK_ROW(rc == MZ_OK && b.from_ms == ms_of(ranges[i].before)
              && b.to_ms == ms_of(ranges[i].until), "%s: before %lld..%lld",
              ranges[i].range, (long long) b.from_ms, (long long) b.to_ms);

    rc = mz_range_before(r, true, &b, &err);
    CHECK_ROW(rc == MZ_OK && b.from_ms == ms_of(ranges[i].year), "%s: year",
              ranges[i].range);
}


static void
test_ranges(void)
{
    size_t        i;
    json_t       *j;
    mz_rc_t       rc;
    mz_err_t      err;
    mz_range_t    r;
    mz_catalog_t  cat;

    memset(&cat, 0, sizeof(mz_catalog_t));
    cat.first_ms = ms_of("2024-02-03T04:05:06Z");

    for (i = 0; i < MZ_ARRAY_LEN(ranges); i++) {
        CHECK(mz_json_load(mz_str_from(ranges[i].range), NULL, &j, &err)
              == MZ_OK);
        rc = mz_range_parse(j, "range", &cat, ms_of(ranges[i].now), &r, &err);
        json_decref(j);

        CHECK_ROW(rc == MZ_OK && r.from_ms == ms_of(ranges[i].from)
                  && r.to_ms == ms_of(ranges[i].to),
                  "%s: %lld..%lld", ranges[i].range, (long long) r.from_ms,
                  (long long) r.to_ms);
        check_before(i, &r);
    }
}


static const struct {
    const char  *from;
    const char  *to;
    mz_unit_t    unit;
    size_t       n;
} counts[] = {
    { "2026-06-08T12:00:00Z", "2026-06-15T12:00:00Z", MZ_UNIT_DAY, 8 },
    { "2026-06-08T00:00:00Z", "2026-06-15T00:00:00Z", MZ_UNIT_DAY, 7 },
    { "2026-06-14T23:00:00Z", "2026-06-15T00:00:00Z", MZ_UNIT_WEEK, 1 },
    { "2026-06-14T23:00:00Z", "2026-06-15T00:00:01Z", MZ_UNIT_WEEK, 2 },
    { "2025-12-31T00:00:00Z", "2026-03-01T00:00:00Z", MZ_UNIT_MONTH, 3 },
    { "2025-12-31T00:00:00Z", "2026-01-01T00:00:01Z", MZ_UNIT_QUARTER, 2 },
    { "2025-12-31T00:00:00Z", "2026-01-01T00:00:01Z", MZ_UNIT_YEAR, 2 },
    { "2025-12-31T00:00:00Z", "2025-12-31T05:30:00Z", MZ_UNIT_HOUR, 6 },
    { "1969-12-28T00:00:00Z", "1970-01-05T00:00:00Z", MZ_UNIT_WEEK, 2 },
    { "1969-12-28T00:00:00Z", "1970-01-05T00:00:00Z", MZ_UNIT_DAY, 8 },
    { "2026-06-15T00:00:00Z", "2026-06-15T00:00:00Z", MZ_UNIT_DAY, 0 }
};


static void
test_buckets(void)
{
    size_t  i, n;

    for (i = 0; i < MZ_ARRAY_LEN(counts); i++) {
        n = mz_range_buckets(ms_of(counts[i].from), ms_of(counts[i].to),
                             counts[i].unit);
        CHECK_ROW(n == counts[i].n, "row %zu: %zu", i, n);
    }
}


static const mz_test_t  tests[] = {
    { "ranges and what they are compared with", test_ranges },
    { "number of buckets", test_buckets }
};


MZ_TEST_MAIN(tests)
