
/*
 * read_file: a whole file into a buffer, within the buffer's bound.
 */

#ifndef MZ_READ_FILE_H
#define MZ_READ_FILE_H

#include "base/mz_buf.h"


/*
 * "-" is stdin.  MZ_NOT_FOUND, MZ_UNAVAILABLE: does not open, breaks off;
 * MZ_LIMIT: more than b->max.
 */
mz_rc_t mz_read_file(const char *path, mz_buf_t *b, mz_err_t *err);


#endif /* MZ_READ_FILE_H */
