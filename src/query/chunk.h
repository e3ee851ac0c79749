
/*
 * chunk: what table and JSON-lines artifacts have in common: data leaves
 * as numbered chunks, each one Redis value.  The writers of this layer call
 * an mz_chunk_emit_pt for every chunk, in order, from 0.
 */

#ifndef MZ_CHUNK_H
#define MZ_CHUNK_H

#include "base/mz_json.h"


/* Bytes of one stored chunk, and of its body once unpacked. */
#define MZ_CHUNK_MAX  (4 * 1024 * 1024)


/*
 * bytes are borrowed during the call.  Anything but MZ_OK ends the writing
 * and becomes its result; *err is then the callee's to fill.
 */
typedef mz_rc_t (*mz_chunk_emit_pt)(void *ctx, uint32_t n, mz_str_t bytes,
    mz_err_t *err);


#endif /* MZ_CHUNK_H */
