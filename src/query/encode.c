
#include <lz4.h>

#include "query/encode_plan.h"


static void mz_encode_bits(mz_encoder_t *e, const mz_slice_t *s,
    bool is_values);
static void mz_encode_numbers(mz_encoder_t *e, const mz_slice_t *s,
    const mz_encode_plan_t *p);
static void mz_encode_codes(mz_encoder_t *e, const mz_slice_t *s,
    const mz_encode_plan_t *p);
static void mz_encode_dict(mz_encoder_t *e);
static void mz_encode_texts(mz_encoder_t *e, const mz_slice_t *s);
static mz_rc_t mz_encode_finish(mz_encoder_t *e, const mz_slice_t *s,
    const mz_encode_plan_t *p);
static void mz_encode_header(mz_encoder_t *e, const mz_slice_t *s,
    const mz_encode_plan_t *p, unsigned flags, size_t stored);
static void mz_encode_le(mz_buf_t *b, uint64_t v, size_t width);
static void mz_encode_pad(mz_buf_t *b);


mz_rc_t
mz_encode_init(mz_encoder_t *e)
{
    mz_valset_init(&e->dict, MZ_COLUMN_ROWS_MAX);
    mz_buf_init(&e->body, MZ_CHUNK_MAX);
    mz_buf_init(&e->chunk, 0);
    e->codes = calloc(MZ_COLUMN_ROWS_MAX, sizeof(uint32_t));

    return e->codes != NULL ? MZ_OK : MZ_NOMEM;
}


void
mz_encode_deinit(mz_encoder_t *e)
{
    mz_valset_free(&e->dict);
    mz_buf_free(&e->body);
    mz_buf_free(&e->chunk);
    free(e->codes);
    e->codes = NULL;
}


size_t
mz_encode_size(mz_encoder_t *e, const mz_slice_t *slice)
{
    mz_encode_plan_t  plan;

    mz_encode_plan(e, slice, &plan);

    return plan.size + MZ_COLUMN_HEADER;
}


mz_rc_t
mz_encode(mz_encoder_t *e, const mz_slice_t *slice, mz_str_t *bytes)
{
    mz_rc_t           rc;
    mz_encode_plan_t  plan;

    mz_encode_plan(e, slice, &plan);
    mz_buf_reset(&e->body);
    mz_buf_reset(&e->chunk);

    if (plan.size + MZ_COLUMN_HEADER > MZ_CHUNK_MAX) {
        return MZ_LIMIT;
    }

    if (plan.nulls > 0) {
        mz_encode_bits(e, slice, false);
    }

    switch (plan.encoding) {

    case MZ_ENC_TEXT:
        mz_encode_texts(e, slice);
        break;

    case MZ_ENC_DICT1:
    case MZ_ENC_DICT2:
    case MZ_ENC_DICT4:
        mz_encode_codes(e, slice, &plan);
        mz_encode_dict(e);
        break;

    case MZ_ENC_BITS:
        mz_encode_bits(e, slice, true);
        break;

    default:
        mz_encode_numbers(e, slice, &plan);
    }

    rc = mz_encode_finish(e, slice, &plan);
    *bytes = mz_buf_view(&e->chunk);

    return rc;
}


/* Validity of the rows, or the values of a bool column. */

static void
mz_encode_bits(mz_encoder_t *e, const mz_slice_t *s, bool is_values)
{
    bool         bit;
    char        *bits;
    size_t       n;
    uint32_t     row;
    mz_value_t   v;

    n = (s->rows + 7) / 8;
    bits = mz_buf_reserve(&e->body, n);

    if (bits == NULL) {
        return;
    }

    memset(bits, 0, n);

    for (row = 0; row < s->rows; row++) {
        mz_encode_value(s, row, &v);
        bit = !v.is_null && (!is_values || v.i != 0);
        bits[row / 8] = (char) (bits[row / 8] | bit << row % 8);
    }

    e->body.len += n;
    mz_encode_pad(&e->body);
}


static void
mz_encode_numbers(mz_encoder_t *e, const mz_slice_t *s,
    const mz_encode_plan_t *p)
{
    uint32_t    row;
    uint64_t    u;
    mz_value_t  v;

    for (row = 0; row < s->rows; row++) {
        mz_encode_value(s, row, &v);
        u = 0;

        if (v.is_null) {
            u = 0;

        } else if (p->dtype == MZ_DTYPE_FLOAT64) {
            memcpy(&u, &v.d, sizeof(double));

        } else if (p->encoding == MZ_ENC_PLAIN) {
            u = (uint64_t) v.i;

        } else {
            u = (uint64_t) v.i - (uint64_t) p->min_i;
        }

        mz_encode_le(&e->body, u, mz_encode_width(p->encoding));
    }

    mz_encode_pad(&e->body);
}


static void
mz_encode_codes(mz_encoder_t *e, const mz_slice_t *s,
    const mz_encode_plan_t *p)
{
    uint32_t  row;

    for (row = 0; row < s->rows; row++) {
        mz_encode_le(&e->body, e->codes[row], mz_encode_width(p->encoding));
    }

    mz_encode_pad(&e->body);
}


static void
mz_encode_dict(mz_encoder_t *e)
{
    size_t  i, at;

    at = 0;
    mz_encode_le(&e->body, at, 4);

    for (i = 0; i < e->dict.n; i++) {
        at += e->dict.keys[i].str.len;
        mz_encode_le(&e->body, at, 4);
    }

    mz_encode_pad(&e->body);

    for (i = 0; i < e->dict.n; i++) {
        mz_buf_add_str(&e->body, e->dict.keys[i].str);
    }

    mz_encode_pad(&e->body);
}


static void
mz_encode_texts(mz_encoder_t *e, const mz_slice_t *s)
{
    size_t      at;
    uint32_t    row;
    mz_value_t  v;

    at = 0;
    mz_encode_le(&e->body, at, 4);

    for (row = 0; row < s->rows; row++) {
        mz_encode_value(s, row, &v);
        at += v.s.len;
        mz_encode_le(&e->body, at, 4);
    }

    mz_encode_pad(&e->body);

    for (row = 0; row < s->rows; row++) {
        mz_encode_value(s, row, &v);
        mz_buf_add_str(&e->body, v.s);
    }

    mz_encode_pad(&e->body);
}


/* Packed first, behind the header's place; kept if it is worth it. */

static mz_rc_t
mz_encode_finish(mz_encoder_t *e, const mz_slice_t *s,
    const mz_encode_plan_t *p)
{
    int     bound, packed;
    char   *room;
    size_t  len;

    if (e->body.rc != MZ_OK) {
        return e->body.rc;
    }

    len = e->body.len;
    bound = LZ4_compressBound((int) len);
    room = mz_buf_reserve(&e->chunk, MZ_COLUMN_HEADER + (size_t) bound);

    if (room == NULL) {
        return e->chunk.rc;
    }

    packed = LZ4_compress_default(e->body.data, room + MZ_COLUMN_HEADER,
                                  (int) len, bound);

    if (packed > 0 && (size_t) packed < len - len / 10) {
        mz_encode_header(e, s, p, MZ_COLUMN_LZ4, (size_t) packed);
        e->chunk.len += (size_t) packed;

    } else {
        mz_encode_header(e, s, p, 0, len);
        mz_buf_add_str(&e->chunk, mz_buf_view(&e->body));
    }

    return e->chunk.rc;
}


static void
mz_encode_header(mz_encoder_t *e, const mz_slice_t *s,
    const mz_encode_plan_t *p, unsigned flags, size_t stored)
{
    size_t     entries, text;
    uint64_t   lo, hi;
    mz_buf_t  *b;

    b = &e->chunk;
    entries = 0;
    text = 0;
    lo = (uint64_t) p->min_i;
    hi = (uint64_t) p->max_i;

    if (p->dtype == MZ_DTYPE_FLOAT64) {
        memcpy(&lo, &p->min_d, sizeof(double));
        memcpy(&hi, &p->max_d, sizeof(double));

    } else if (p->encoding == MZ_ENC_TEXT) {
        text = p->text;

    } else if (p->dtype == MZ_DTYPE_STRING) {
        entries = e->dict.n;
        text = p->dict_text;
    }

    flags |= p->nulls ? MZ_COLUMN_NULLS : 0;

    mz_buf_add(b, "MZCC", 4);
    mz_buf_add_char(b, MZ_COLUMN_VERSION);
    mz_buf_add_char(b, (char) p->dtype);
    mz_buf_add_char(b, (char) p->encoding);
    mz_buf_add_char(b, (char) flags);
    mz_encode_le(b, s->rows, 4);
    mz_encode_le(b, p->nulls, 4);
    mz_encode_le(b, lo, 8);
    mz_encode_le(b, hi, 8);
    mz_encode_le(b, entries, 4);
    mz_encode_le(b, text, 4);
    mz_encode_le(b, e->body.len, 4);
    mz_encode_le(b, stored, 4);
}


static void
mz_encode_le(mz_buf_t *b, uint64_t v, size_t width)
{
    char    bytes[8];
    size_t  i;

    for (i = 0; i < width; i++) {
        bytes[i] = (char) (v >> 8 * i & 0xff);
    }

    mz_buf_add(b, bytes, width);
}


static void
mz_encode_pad(mz_buf_t *b)
{
    mz_buf_add(b, "\0\0\0\0\0\0\0", -b->len & 7);
}
