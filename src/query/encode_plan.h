
/*
 * encode_plan: the first pass over a slice: nulls, range, dictionary, and
 * from them the encoding that takes the fewest bytes.  Used by encode.c.
 */

#ifndef MZ_ENCODE_PLAN_H
#define MZ_ENCODE_PLAN_H

#include "query/encode.h"


typedef struct {
    mz_dtype_t      dtype;
    mz_encoding_t   encoding;
    uint32_t        nulls;
    bool            has_range;
    int64_t         min_i;
    int64_t         max_i;
    double          min_d;
    double          max_d;
    size_t          text;           /* string bytes without a dictionary */
    size_t          dict_text;      /* with one */
    bool            has_dict;
    size_t          size;           /* of the body */
} mz_encode_plan_t;


/* Leaves the slice's dictionary and codes in e. */
void mz_encode_plan(mz_encoder_t *e, const mz_slice_t *s,
    mz_encode_plan_t *p);

/* Bytes of a slot; 0 for bits and texts. */
size_t mz_encode_width(mz_encoding_t encoding);


#endif /* MZ_ENCODE_PLAN_H */
