
/*
 * range: the analysed time.  A range in its JSON form becomes [from, to) in
 * ms; it can be moved back for a comparison and cut into calendar buckets.
 * Pure: now is a parameter.
 */

#ifndef MZ_RANGE_H
#define MZ_RANGE_H

#include "analysis/catalog.h"
#include "base/mz_time.h"


#define MZ_RANGE_BUCKETS_MAX  10000

typedef enum {
    MZ_RANGE_LAST,
    MZ_RANGE_CALENDAR,
    MZ_RANGE_DATES,
    MZ_RANGE_ALL
} mz_range_form_t;

typedef struct {
    mz_range_form_t  form;
    mz_unit_t        unit;          /* last, calendar */
    int64_t          n;             /* last: N; calendar: offset */
    int64_t          from_ms;
    int64_t          to_ms;         /* exclusive, never after now */
    bool             is_running;    /* its natural end is after now */
    bool             is_open;       /* from, without to */
} mz_range_t;


/* MZ_INVALID: err says what is wrong with it; path names the member.
 * Unit names in j are made singular. */
mz_rc_t mz_range_parse(json_t *j, const char *path,
    const mz_catalog_t *cat, int64_t now_ms, mz_range_t *out, mz_err_t *err);

/* The range to compare with: one period or one year before. */
mz_rc_t mz_range_before(const mz_range_t *r, bool is_year, mz_range_t *out,
    mz_err_t *err);

/* Number of buckets of the unit that [from, to) touches. */
size_t mz_range_buckets(int64_t from_ms, int64_t to_ms, mz_unit_t unit);

/* Index of the bucket that starts at start_ms, 0 for that of from_ms. */
int64_t mz_range_index(int64_t from_ms, int64_t start_ms, mz_unit_t unit);

/* In words: "the last 7 days", with the dates. */
void mz_range_words(const mz_range_t *r, mz_buf_t *out);


#endif /* MZ_RANGE_H */
