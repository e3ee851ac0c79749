
/*
 * ctl_page: a run as a page of text, from what `queue show --json` prints:
 * both forms show the same.
 */

#ifndef MZ_CTL_PAGE_H
#define MZ_CTL_PAGE_H

#include "base/mz_json.h"


/* Members that are null or empty are left out. */
void mz_ctl_page(mz_buf_t *b, const json_t *root);


#endif /* MZ_CTL_PAGE_H */
