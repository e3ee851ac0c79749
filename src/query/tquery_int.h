
/*
 * tquery_int: what the files of a staged query (query/tquery.h) share and
 * nobody else includes.
 *
 *   tquery.c         life, stages, which chunks are needed
 *   tquery_parse.c   columns, sort, limit and offset of the arguments
 *   tquery_filter.c  filters of the arguments, brought to few kinds of test
 *   tquery_bounds.c  comparisons as closed ranges
 *   tquery_scan.c    stage 1: tests by column into a mask, then a selection
 *   tquery_sort.c    stage 1: the page's rows, out of all selected ones
 *   tquery_render.c  stage 2: the page as JSON
 */

#ifndef MZ_TQUERY_INT_H
#define MZ_TQUERY_INT_H

#include "query/regex.h"
#include "query/tquery.h"


/* Deepest page of a sorted query (offset + limit), 16 bytes each. */
#define MZ_TQUERY_DEPTH_MAX  (4 * 1024 * 1024)

/* In the order of their cost: cheap tests run first. */

typedef enum {
    MZ_TTEST_NULL,          /* is null */
    MZ_TTEST_RANGE,         /* lo <= value <= hi */
    MZ_TTEST_SET,           /* one of the sorted values */
    MZ_TTEST_PREFIX,        /* starts with lo.s */
    MZ_TTEST_CONTAINS,      /* contains lo.s */
    MZ_TTEST_REGEX
} mz_ttest_t;

/* A value of the arguments, brought to the column's dtype. */

typedef struct {
    mz_value_t  v;
    bool        is_real;        /* v.d counts, not v.i: 2.5 for an int64 */
} mz_tliteral_t;

typedef struct {
    mz_ttest_t    test;
    mz_dtype_t    dtype;
    size_t        column;       /* in the layout */
    size_t        used;         /* in q->used */
    bool          negate;       /* the test must fail (on what is not null) */
    bool          is_never;     /* range: nothing lies in it */
    bool          has_lo;       /* strings; numbers have both ends, closed */
    bool          has_hi;
    bool          lo_open;      /* strings */
    bool          hi_open;
    mz_value_t    lo;
    mz_value_t    hi;
    mz_value_t   *values;
    size_t        nvalues;
    mz_regex_t   *regex;
} mz_tfilter_t;

typedef struct {
    size_t      column;
    size_t      used;
    bool        desc;
    mz_dtype_t  dtype;
} mz_tsort_t;

/* A row, with its first sort key as a number that sorts the same way. */

typedef struct {
    uint64_t  key;
    uint32_t  row;              /* in its group */
    uint16_t  group;
    bool      is_null;
} mz_thit_t;

/* A column the query reads; chunks by group. */

typedef struct {
    uint32_t      column;       /* in the layout */
    bool          is_scanned;   /* by a filter or sort */
    bool          is_sorted;
    bool          is_output;
    mz_str_t     *bytes;        /* data NULL: not given yet */
    mz_column_t  *open;         /* rows 0: not open */
} mz_tused_t;

typedef enum {
    MZ_TSTAGE_SCAN,
    MZ_TSTAGE_PAGE,
    MZ_TSTAGE_DONE
} mz_tstage_t;

struct mz_tquery_s {
    const mz_layout_t    *layout;
    mz_tquery_limits_t    lim;
    mz_tstage_t           stage;

    json_t               *filter_args;      /* owns the filters' texts */
    mz_tfilter_t         *filters;
    size_t                nfilters;
    mz_tsort_t            sorts[MZ_TQUERY_SORTS_MAX];
    size_t                nsorts;
    uint32_t             *columns;          /* output, layout indexes */
    size_t                ncolumns;
    uint64_t              offset;
    uint64_t              limit;

    mz_tused_t           *used;             /* in layout order */
    size_t                nused;

    uint32_t             *needs;
    size_t                nneeds;
    size_t                given;            /* bytes, all stages */
    size_t                work;             /* bytes, this stage */

    uint8_t              *mask;             /* scratch, one group */
    uint32_t             *selection;
    uint8_t              *verdicts;         /* scratch, by string entry */
    size_t                nverdicts;

    mz_thit_t            *hits;             /* heap, then the page */
    size_t                nhits;
    size_t                hits_cap;
    size_t                hits_max;

    mz_buf_t              rows;
    mz_tquery_result_t    result;
};


/* tquery.c: index in q->used of a layout column that is used. */
size_t mz_tquery_used(const mz_tquery_t *q, size_t column);

/* The chunk of a used column, opened once; sparse for the page alone. */
mz_rc_t mz_tquery_open(mz_tquery_t *q, size_t used, size_t group,
    mz_column_t **col, mz_err_t *err);

/* tquery_parse.c */
mz_rc_t mz_tquery_parse_args(mz_tquery_t *q, const json_t *args,
    mz_err_t *err);

/* tquery_filter.c: member number i of "filters". */
mz_rc_t mz_tquery_filter_parse(mz_tquery_t *q, size_t i, const json_t *obj,
    mz_err_t *err);
void mz_tquery_filter_free(mz_tfilter_t *f);

/* tquery_bounds.c: a timestamp's microseconds or a date's days. */
bool mz_tquery_time(mz_dtype_t t, mz_str_t s, int64_t *v);

/* Sets lo, hi and is_never; lo or hi NULL: no bound on that side. */
void mz_tquery_bounds(mz_tfilter_t *f, const mz_tliteral_t *lo, bool lo_open,
    const mz_tliteral_t *hi, bool hi_open);

/* tquery_scan.c: all groups. */
mz_rc_t mz_tquery_scan(mz_tquery_t *q, mz_err_t *err);

/* tquery_sort.c: selection of a group into the heap; the heap to a page. */
mz_rc_t mz_tquery_sort_add(mz_tquery_t *q, size_t group, uint32_t n,
    mz_err_t *err);
void mz_tquery_sort_page(mz_tquery_t *q);
mz_rc_t mz_tquery_hit(mz_tquery_t *q, const mz_thit_t *hit, mz_err_t *err);

/* tquery_render.c */
mz_rc_t mz_tquery_render(mz_tquery_t *q, mz_err_t *err);


#endif /* MZ_TQUERY_INT_H */
