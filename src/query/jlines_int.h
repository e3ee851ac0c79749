
/*
 * jlines_int: what jlines.c, jread.c and jgrep.c share: limits with their
 * defaults, going through a chunk line by line, loading one row.
 */

#ifndef MZ_JLINES_INT_H
#define MZ_JLINES_INT_H

#include "query/jlines.h"


/* Copies lim (may be NULL) and puts in what is 0. */
void mz_jlines_limits(const mz_jlines_limits_t *lim, mz_jlines_limits_t *out);

/* "limit" and "offset" of the arguments. */
mz_rc_t mz_jlines_page(const json_t *args, int64_t dflt, int64_t max,
    uint64_t *limit, uint64_t *offset, mz_err_t *err);

/* Takes the next line of a chunk, without its LF; false: none is left. */
bool mz_jlines_next(mz_str_t *rest, mz_str_t *line);

/* MZ_INVALID names the row; *v is owned. */
mz_rc_t mz_jlines_load(mz_str_t line, uint64_t row, json_t **v,
    mz_err_t *err);

/* s as a JSON string of at most max bytes; true: cut, with an ellipsis. */
bool mz_jlines_cut(mz_buf_t *b, mz_str_t s, size_t max);


#endif /* MZ_JLINES_INT_H */
