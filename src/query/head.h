
/*
 * head: the first rows of an artifact as one text of a bounded size: a table
 * as CSV (RFC 4180, with a header row; null is nothing, the empty text ""),
 * JSON Lines as they are stored.
 *
 * Reading works in stages like query/tquery.h: new, then needs, give, run
 * while run answers MZ_AGAIN, then result.  Given bytes are borrowed until
 * run() returns; one row group, or chunk, at a time.
 */

#ifndef MZ_HEAD_H
#define MZ_HEAD_H

#include "query/jlines.h"
#include "query/layout.h"


typedef struct mz_thead_s  mz_thead_t;
typedef struct mz_jhead_s  mz_jhead_t;

typedef struct {
    mz_str_t  text;             /* whole rows only */
    uint64_t  rows;             /* how many are in it */
    bool      is_cut;           /* there are more */
} mz_head_t;


/*
 * layout must outlive it; text_max: bytes of the text.  MZ_LIMIT: the header
 * row alone is longer.
 */
mz_rc_t mz_thead_new(const mz_layout_t *layout, size_t text_max,
    mz_thead_t **head, mz_err_t *err);
const uint32_t *mz_thead_needs(const mz_thead_t *h, size_t *n);
mz_rc_t mz_thead_give(mz_thead_t *h, uint32_t chunk, mz_str_t bytes);
size_t mz_thead_work(const mz_thead_t *h);

/* MZ_AGAIN: another group; MZ_OK: the result stands.  MZ_NOT_FOUND: a chunk
 * was not given; MZ_INVALID: one is damaged. */
mz_rc_t mz_thead_run(mz_thead_t *h, mz_err_t *err);

/* Borrowed; after MZ_OK only. */
const mz_head_t *mz_thead_result(const mz_thead_t *h);
void mz_thead_free(mz_thead_t *h);


mz_rc_t mz_jhead_new(const mz_jlayout_t *layout, size_t text_max,
    mz_jhead_t **head, mz_err_t *err);
const uint32_t *mz_jhead_needs(const mz_jhead_t *h, size_t *n);
mz_rc_t mz_jhead_give(mz_jhead_t *h, uint32_t chunk, mz_str_t bytes);
size_t mz_jhead_work(const mz_jhead_t *h);
mz_rc_t mz_jhead_run(mz_jhead_t *h, mz_err_t *err);
const mz_head_t *mz_jhead_result(const mz_jhead_t *h);
void mz_jhead_free(mz_jhead_t *h);


#endif /* MZ_HEAD_H */
