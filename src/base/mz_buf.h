
/*
 * mz_buf: a growable byte buffer with a size bound and a sticky error.
 * Appends never report failure one by one: look at buf.rc once at the end.
 * The owner calls mz_buf_free(); the bytes are contiguous.
 */

#ifndef MZ_BUF_H
#define MZ_BUF_H

#include "base/mz_base.h"


typedef struct {
    char     *data;         /* NULL until the first append */
    size_t    len;
    size_t    cap;
    size_t    max;          /* bound on len; 0: none */
    mz_rc_t   rc;           /* MZ_OK, MZ_LIMIT or MZ_NOMEM; sticky */
} mz_buf_t;


void mz_buf_init(mz_buf_t *b, size_t max);
void mz_buf_free(mz_buf_t *b);

/* Keeps the memory, forgets the bytes and the error. */
void mz_buf_reset(mz_buf_t *b);

/*
 * Room for n more bytes: where to write them, or NULL (rc set).  len is not
 * moved: the caller adds what it wrote.
 */
char *mz_buf_reserve(mz_buf_t *b, size_t n);

void mz_buf_add(mz_buf_t *b, const void *data, size_t n);
void mz_buf_add_str(mz_buf_t *b, mz_str_t s);
void mz_buf_add_c(mz_buf_t *b, const char *s);
void mz_buf_add_char(mz_buf_t *b, char c);
void mz_buf_add_int(mz_buf_t *b, int64_t v);

/*
 * Short text that reads back as the same double: 5, 0.1, 1e+20.  -0 is 0;
 * NaN and Inf are null.
 */
void mz_buf_add_double(mz_buf_t *b, double v);

void mz_buf_addf(mz_buf_t *b, const char *fmt, ...) MZ_PRINTF(2, 3);

/* s as a JSON string with its quotes; ill-formed UTF-8, NUL become U+FFFD. */
void mz_buf_add_json_str(mz_buf_t *b, mz_str_t s);

/* A NUL behind the bytes (not counted in len); "" when empty or failed. */
const char *mz_buf_cstr(mz_buf_t *b);

mz_str_t mz_buf_view(const mz_buf_t *b);

/* Moves the bytes out (NUL-terminated, free() them); b is empty after. */
char *mz_buf_take(mz_buf_t *b, size_t *len);


#endif /* MZ_BUF_H */
