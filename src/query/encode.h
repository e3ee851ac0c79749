
/*
 * encode: makes one column chunk (query/column.h) out of rows of a result
 * set.  Used by the table writer alone; an encoder keeps its scratch memory
 * from chunk to chunk.
 */

#ifndef MZ_ENCODE_H
#define MZ_ENCODE_H

#include "query/column.h"
#include "query/valset.h"


typedef struct {
    mz_valset_t   dict;
    mz_buf_t      body;
    mz_buf_t      chunk;
    uint32_t     *codes;        /* MZ_COLUMN_ROWS_MAX of them */
} mz_encoder_t;

/* A run of rows of one column. */

typedef struct {
    const mz_rset_t  *rs;
    size_t            column;
    size_t            first;
    uint32_t          rows;     /* 1 .. MZ_COLUMN_ROWS_MAX */
} mz_slice_t;


mz_rc_t mz_encode_init(mz_encoder_t *e);
void mz_encode_deinit(mz_encoder_t *e);

/* Bytes of the chunk that mz_encode() would make, before LZ4. */
size_t mz_encode_size(mz_encoder_t *e, const mz_slice_t *slice);

/* *bytes stay valid until the next call.  MZ_LIMIT: over 4 MB. */
mz_rc_t mz_encode(mz_encoder_t *e, const mz_slice_t *slice, mz_str_t *bytes);

/* As rs has it, but NaN and infinities are null. */
void mz_encode_value(const mz_slice_t *slice, uint32_t row, mz_value_t *v);


#endif /* MZ_ENCODE_H */
