
/*
 * mz_b64: base64 (RFC 4648).  Decoding is strict: exact alphabet, no white
 * space, no stray bits.  base64url takes and gives no padding.
 */

#ifndef MZ_B64_H
#define MZ_B64_H

#include "base/mz_buf.h"


void mz_b64url_encode(mz_buf_t *out, mz_str_t in);
mz_rc_t mz_b64url_decode(mz_buf_t *out, mz_str_t in);

/* Standard alphabet with padding. */
void mz_b64_encode(mz_buf_t *out, mz_str_t in);
mz_rc_t mz_b64_decode(mz_buf_t *out, mz_str_t in);

/* Lower-case hexadecimal. */
void mz_hex_encode(mz_buf_t *out, mz_str_t in);


#endif /* MZ_B64_H */
