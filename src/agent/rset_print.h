
/*
 * rset_print: a result set as text for people and programs at a terminal.
 */

#ifndef MZ_RSET_PRINT_H
#define MZ_RSET_PRINT_H

#include "base/mz_rset.h"


/*
 * Columns one below the other; control characters of values are replaced,
 * so that none reaches the terminal.
 */
void mz_rset_print_table(mz_buf_t *b, const mz_rset_t *rs);

/* RFC 4180 with a header line; null is the empty field. */
void mz_rset_print_csv(mz_buf_t *b, const mz_rset_t *rs);

/* {"columns":[{"name","dtype"}],"rows":[[..]],"truncated":b} */
void mz_rset_print_json(mz_buf_t *b, const mz_rset_t *rs);


#endif /* MZ_RSET_PRINT_H */
