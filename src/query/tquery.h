
/*
 * tquery: one filter, sort and page over a table artifact, in stages, so
 * that the caller fetches only the chunks it takes and may run the work on
 * another thread.
 *
 *     mz_tquery_parse()
 *     do {
 *         mz_tquery_needs()              which chunks: fetch them
 *         mz_tquery_give() for each
 *         rc = mz_tquery_run()           CPU work
 *     } while (rc == MZ_AGAIN)
 *     mz_tquery_result()
 *
 * Stage 1 reads the filter and sort columns of all row groups (skipped when
 * there are neither), stage 2 the output columns of the groups that the page
 * touches.  A chunk is asked for once.
 *
 * Meaning.  Strings compare by bytes; contains, starts_with and matches mind
 * the case (matches: PCRE2, "(?i)" to ignore it).  A null matches is_null
 * alone, also under ne and not_in, as in SQL.  between includes both ends.
 * A date given for a timestamp is its midnight UTC.  Several filters must
 * all hold.  The sort is stable, nulls come last in both directions.
 */

#ifndef MZ_TQUERY_H
#define MZ_TQUERY_H

#include "query/table.h"


#define MZ_TQUERY_LIMIT_DEFAULT  100
#define MZ_TQUERY_LIMIT_MAX      1000
#define MZ_TQUERY_FILTERS_MAX    32
#define MZ_TQUERY_SORTS_MAX      8
#define MZ_TQUERY_VALUES_MAX     1000       /* of one in or not_in */

typedef struct mz_tquery_s  mz_tquery_t;

typedef struct {
    size_t  rows_max;       /* bytes of the rows' JSON text; 0: 64 KB */
    size_t  work_max;       /* bytes read and unpacked; 0: 512 MB */
} mz_tquery_limits_t;

typedef struct {
    mz_str_t         rows;          /* JSON text: [[..],[..]] */
    size_t           nrows;         /* how many are in it */
    uint64_t         matched_rows;
    uint64_t         total_rows;
    uint64_t         offset;
    int64_t          next_offset;   /* -1: this is the end */
    bool             truncated;     /* rows_max cut rows or long texts */
    const uint32_t  *columns;       /* layout indexes, in output order */
    size_t           ncolumns;
} mz_tquery_result_t;


/*
 * args: the arguments of query_table_artifact, of the types its schema says
 * (columns, filters, sort, limit, offset; others are ignored; NULL: none).
 * layout must outlive the query, args need not.  MZ_INVALID and MZ_LIMIT are
 * the asker's to mend: err->msg says how.
 */
mz_rc_t mz_tquery_parse(const mz_layout_t *layout, const json_t *args,
    const mz_tquery_limits_t *lim, mz_tquery_t **query, mz_err_t *err);

/* Chunks of the next stage, ascending; borrowed until run(). *n may be 0. */
const uint32_t *mz_tquery_needs(const mz_tquery_t *q, size_t *n);

/*
 * The bytes of a needed chunk, borrowed until the query is freed.
 * MZ_INVALID: not asked for.  Damage is found by run().
 */
mz_rc_t mz_tquery_give(mz_tquery_t *q, uint32_t chunk, mz_str_t bytes);

/* Bytes the next run() touches, by what was given; for where to run it. */
size_t mz_tquery_work(const mz_tquery_t *q);

/*
 * Does the stage's work; touches nothing but q, its layout and the given
 * bytes.  MZ_AGAIN: another stage; MZ_OK: the result stands.  MZ_NOT_FOUND:
 * a chunk was not given; MZ_INVALID: a chunk is damaged; MZ_LIMIT: too much
 * work, a pattern that takes too long, or a row that cannot fit.
 */
mz_rc_t mz_tquery_run(mz_tquery_t *q, mz_err_t *err);

/* Borrowed; after MZ_OK only. */
const mz_tquery_result_t *mz_tquery_result(const mz_tquery_t *q);

void mz_tquery_free(mz_tquery_t *q);


#endif /* MZ_TQUERY_H */
