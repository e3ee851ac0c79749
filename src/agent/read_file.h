
/*
 * read_file: a whole file, within a bound, as bytes or as JSON.
 */

#ifndef MZ_READ_FILE_H
#define MZ_READ_FILE_H

#include "base/mz_json.h"


/*
 * "-" is stdin.  MZ_NOT_FOUND, MZ_INVALID: does not open, breaks off;
 * MZ_LIMIT: more than b->max.
 */
mz_rc_t mz_read_file(const char *path, mz_buf_t *b, mz_err_t *err);

/* A file of at most max bytes that holds one JSON value; *out is owned. */
mz_rc_t mz_read_json_file(const char *path, size_t max, json_t **out,
    mz_err_t *err);

/*
 * An analysis spec, bare or as the member "spec" of what `plan` and
 * `ask --json` print; *out is owned.
 */
mz_rc_t mz_read_spec_file(const char *path, json_t **out, mz_err_t *err);


#endif /* MZ_READ_FILE_H */
