
/*
 * column: the byte form of one column of one row group, and its reader.
 * The form is a contract: a worker in any language may write it.
 *
 * All numbers are little-endian.  A chunk is a header of 48 bytes and a
 * body; the stored chunk and the unpacked body are at most 4 MB each.
 *
 *   at  size  field
 *    0     4  magic     "MZCC"
 *    4     1  version   1
 *    5     1  dtype     0 string, 1 int64, 2 float64, 3 bool,
 *                       4 timestamp (int64 microseconds since 1970, UTC),
 *                       5 date (int64 days since 1970-01-01)
 *    6     1  encoding  below
 *    7     1  flags     1: there are nulls, 2: the body is an LZ4 block
 *    8     4  rows      1 .. 65536
 *   12     4  nulls     how many rows are null; flag 1 when > 0
 *   16     8  min       smallest and largest value that is not null: int64
 *   24     8  max       (dtypes 1, 4, 5) or IEEE double (2); all other
 *                       dtypes and a chunk of nulls alone: 0 and 0
 *   32     4  entries   dictionary entries; 0 without a dictionary
 *   36     4  text      bytes of string data; 0 without strings
 *   40     4  body      bytes of the body, unpacked
 *   44     4  stored    bytes behind the header: body, or the LZ4 block's
 *
 * The body is a row of buffers, each filled up with zero bytes to a multiple
 * of 8, in Apache Arrow's memory layout except for the narrow integers:
 *
 *   validity  only with flag 1: one bit per row, least significant bit
 *             first, 1 = not null
 *   values    by encoding:
 *       0  plain   8 bytes a row: int64 or double          dtypes 1 2 4 5
 *       1  for1    1 byte a row, unsigned: value - min     dtypes 1 4 5
 *       2  for2    2 bytes a row, likewise
 *       3  for4    4 bytes a row, likewise
 *       4  bits    1 bit a row, as in validity             dtype 3
 *       5  dict1   1 byte a row: index of an entry         dtype 0
 *       6  dict2   2 bytes a row, likewise
 *       7  dict4   4 bytes a row, likewise
 *       8  text    nothing here: every row is an entry     dtype 0
 *   offsets   strings only: entries + 1 (text: rows + 1) numbers of 4 bytes;
 *             entry k is the bytes offsets[k] .. offsets[k + 1] of the next
 *             buffer; they start at 0, never fall and end at `text`
 *   strings   strings only: UTF-8, one after the other
 *
 * Slots of null rows hold zero (an empty string under `text`).  Doubles are
 * finite: NaN and infinities are written as null.  Dictionary entries need
 * no order and may repeat.  An LZ4 block is what LZ4_compress_default()
 * makes of the whole body (no frame); it is worth it above 10 % saved.
 *
 * The simplest correct writer: encodings 0, 4 and 8, never LZ4.
 */

#ifndef MZ_COLUMN_H
#define MZ_COLUMN_H

#include "base/mz_rset.h"
#include "query/chunk.h"


#define MZ_COLUMN_HEADER    48
#define MZ_COLUMN_VERSION   1
#define MZ_COLUMN_ROWS_MAX  65536

#define MZ_COLUMN_FLAGS_AT  7
#define MZ_COLUMN_NULLS     0x01
#define MZ_COLUMN_LZ4       0x02

typedef enum {
    MZ_ENC_PLAIN = 0,
    MZ_ENC_FOR1,
    MZ_ENC_FOR2,
    MZ_ENC_FOR4,
    MZ_ENC_BITS,
    MZ_ENC_DICT1,
    MZ_ENC_DICT2,
    MZ_ENC_DICT4,
    MZ_ENC_TEXT,
    MZ_ENC_N
} mz_encoding_t;

/* An open chunk.  Pointers go into the given bytes or into owned. */

typedef struct {
    mz_dtype_t      dtype;
    mz_encoding_t   encoding;
    uint32_t        rows;
    uint32_t        nulls;
    uint32_t        entries;    /* strings: number of offsets - 1 */
    int64_t         min_i;      /* int64, timestamp, date */
    int64_t         max_i;
    double          min_d;      /* float64 */
    double          max_d;
    const uint8_t  *valid;      /* NULL: no row is null */
    const uint8_t  *values;     /* unaligned: read with mz_column_load..() */
    const uint8_t  *offsets;
    const char     *text;
    uint32_t        text_len;
    uint8_t        *owned;      /* the unpacked body, or NULL */
} mz_column_t;


/*
 * Checks everything, so that the getters need not: lengths, codes, offsets,
 * min and max, finite doubles.  Zero copy unless LZ4; bytes need no
 * alignment and must outlive col.  MZ_INVALID: not such a chunk.
 */
mz_rc_t mz_column_open(mz_column_t *col, mz_str_t bytes, mz_dtype_t expected,
    uint32_t rows, mz_err_t *err);

/*
 * As open, without a look at the values: to read a few rows of a large chunk
 * with mz_column_get_checked().  The other getters are not for it.
 */
mz_rc_t mz_column_open_sparse(mz_column_t *col, mz_str_t bytes,
    mz_dtype_t expected, uint32_t rows, mz_err_t *err);

/* Safe on a zeroed or failed column, and twice. */
void mz_column_close(mz_column_t *col);

/* row < col->rows; *v borrows from col. */
void mz_column_get(const mz_column_t *col, uint32_t row, mz_value_t *v);

/* MZ_INVALID: the row's value is not what the header allows; *v is null. */
mz_rc_t mz_column_get_checked(const mz_column_t *col, uint32_t row,
    mz_value_t *v);

/*
 * The same chunk with its LZ4 block unpacked, appended to out: for caches
 * that trade memory for the time of opening.  A chunk without LZ4 is copied.
 */
mz_rc_t mz_column_unpack(mz_str_t bytes, mz_buf_t *out, mz_err_t *err);

/* How many bytes opening it unpacks or touches; bytes.len when unclear. */
size_t mz_column_work(mz_str_t bytes);


static inline uint16_t
mz_column_load16(const uint8_t *p)
{
    return (uint16_t) (p[0] | (p[1] << 8));
}


static inline uint32_t
mz_column_load32(const uint8_t *p)
{
    return (uint32_t) p[0] | (uint32_t) p[1] << 8 | (uint32_t) p[2] << 16
           | (uint32_t) p[3] << 24;
}


static inline uint64_t
mz_column_load64(const uint8_t *p)
{
    return (uint64_t) mz_column_load32(p)
           | (uint64_t) mz_column_load32(p + 4) << 32;
}


static inline bool
mz_column_bit(const uint8_t *bits, uint32_t i)
{
    return (bits[i >> 3] >> (i & 7)) & 1;
}


static inline bool
mz_column_is_null(const mz_column_t *col, uint32_t row)
{
    return col->valid != NULL && !mz_column_bit(col->valid, row);
}


/* Value of a row of an integer dtype (int64, timestamp, date), any slot. */

static inline int64_t
mz_column_int(const mz_column_t *col, uint32_t row)
{
    uint64_t  base;

    base = (uint64_t) col->min_i;

    switch (col->encoding) {
    case MZ_ENC_FOR1:
        return (int64_t) (base + col->values[row]);
    case MZ_ENC_FOR2:
        return (int64_t) (base + mz_column_load16(col->values + row * 2));
    case MZ_ENC_FOR4:
        return (int64_t) (base + mz_column_load32(col->values + row * 4));
    default:
        return (int64_t) mz_column_load64(col->values + (size_t) row * 8);
    }
}


static inline double
mz_column_double(const mz_column_t *col, uint32_t row)
{
    double    d;
    uint64_t  u;

    u = mz_column_load64(col->values + (size_t) row * 8);
    memcpy(&d, &u, sizeof(d));

    return d;
}


/* Which entry a row of a string column shows. */

static inline uint32_t
mz_column_code(const mz_column_t *col, uint32_t row)
{
    switch (col->encoding) {
    case MZ_ENC_DICT1:
        return col->values[row];
    case MZ_ENC_DICT2:
        return mz_column_load16(col->values + row * 2);
    case MZ_ENC_DICT4:
        return mz_column_load32(col->values + row * 4);
    default:
        return row;
    }
}


/* entry < col->entries */

static inline mz_str_t
mz_column_entry(const mz_column_t *col, uint32_t entry)
{
    uint32_t  from, to;

    from = mz_column_load32(col->offsets + (size_t) entry * 4);
    to = mz_column_load32(col->offsets + (size_t) entry * 4 + 4);

    return (mz_str_t) { col->text + from, to - from };
}


#endif /* MZ_COLUMN_H */
