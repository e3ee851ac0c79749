
/*
 * column_check: are the values of a chunk what its header says?  Used by
 * column.c alone, once the buffers are known to have their sizes.
 */

#ifndef MZ_COLUMN_CHECK_H
#define MZ_COLUMN_CHECK_H

#include "query/column.h"


/* All values; NULL, or the part that is wrong. */
const char *mz_column_check(const mz_column_t *col);

/* One of them. */
bool mz_column_check_row(const mz_column_t *col, uint32_t row);


#endif /* MZ_COLUMN_CHECK_H */
