
#include <math.h>

#include "query/encode_plan.h"


static void mz_encode_plan_string(mz_encoder_t *e, mz_str_t v, uint32_t row,
    mz_encode_plan_t *p);
static void mz_encode_plan_number(const mz_value_t *v, mz_encode_plan_t *p);
static void mz_encode_choose(mz_encoder_t *e, const mz_slice_t *s,
    mz_encode_plan_t *p);
static void mz_encode_choose_text(mz_encoder_t *e, uint32_t rows,
    mz_encode_plan_t *p);
static size_t mz_encode_padded(size_t n);


static const uint8_t  mz_encode_widths[MZ_ENC_N] = {
    [MZ_ENC_PLAIN] = 8,
    [MZ_ENC_FOR1] = 1,
    [MZ_ENC_FOR2] = 2,
    [MZ_ENC_FOR4] = 4,
    [MZ_ENC_DICT1] = 1,
    [MZ_ENC_DICT2] = 2,
    [MZ_ENC_DICT4] = 4
};


void
mz_encode_plan(mz_encoder_t *e, const mz_slice_t *s, mz_encode_plan_t *p)
{
    uint32_t    row;
    mz_value_t  v;

    memset(p, 0, sizeof(mz_encode_plan_t));
    p->dtype = mz_rset_dtype(s->rs, s->column);
    p->has_dict = true;
    mz_valset_reset(&e->dict);

    for (row = 0; row < s->rows; row++) {
        mz_encode_value(s, row, &v);

        if (v.is_null) {
            p->nulls++;
            e->codes[row] = 0;

        } else if (p->dtype == MZ_DTYPE_STRING) {
            mz_encode_plan_string(e, v.s, row, p);

        } else if (p->dtype != MZ_DTYPE_BOOL) {
            mz_encode_plan_number(&v, p);
        }
    }

    mz_encode_choose(e, s, p);
}


void
mz_encode_value(const mz_slice_t *slice, uint32_t row, mz_value_t *v)
{
    mz_rset_get(slice->rs, slice->first + row, slice->column, v);

    if (!v->is_null && !isfinite(v->d)) {
        v->is_null = true;
        v->d = 0;
    }
}


size_t
mz_encode_width(mz_encoding_t encoding)
{
    return mz_encode_widths[encoding];
}


static void
mz_encode_plan_string(mz_encoder_t *e, mz_str_t v, uint32_t row,
    mz_encode_plan_t *p)
{
    size_t  n;

    p->text += v.len;

    if (!p->has_dict) {
        return;
    }

    n = e->dict.n;

    if (mz_valset_add_str(&e->dict, v, &e->codes[row]) != MZ_OK) {
        p->has_dict = false;
        return;
    }

    if (e->dict.n > n) {
        p->dict_text += v.len;
    }
}


static void
mz_encode_plan_number(const mz_value_t *v, mz_encode_plan_t *p)
{
    if (!p->has_range) {
        p->has_range = true;
        p->min_i = v->i;
        p->max_i = v->i;
        p->min_d = v->d;
        p->max_d = v->d;
        return;
    }

    p->min_i = v->i < p->min_i ? v->i : p->min_i;
    p->max_i = v->i > p->max_i ? v->i : p->max_i;
    p->min_d = v->d < p->min_d ? v->d : p->min_d;
    p->max_d = v->d > p->max_d ? v->d : p->max_d;
}


static void
mz_encode_choose(mz_encoder_t *e, const mz_slice_t *s, mz_encode_plan_t *p)
{
    uint64_t  span;

    switch (p->dtype) {

    case MZ_DTYPE_STRING:
        mz_encode_choose_text(e, s->rows, p);
        break;

    case MZ_DTYPE_BOOL:
        p->encoding = MZ_ENC_BITS;
        p->size = mz_encode_padded((s->rows + 7) / 8);
        break;

    case MZ_DTYPE_FLOAT64:
        p->encoding = MZ_ENC_PLAIN;
        p->size = (size_t) s->rows * 8;
        break;

    default:
        span = (uint64_t) p->max_i - (uint64_t) p->min_i;
        p->encoding = span <= UINT8_MAX ? MZ_ENC_FOR1
                      : span <= UINT16_MAX ? MZ_ENC_FOR2
                      : span <= UINT32_MAX ? MZ_ENC_FOR4 : MZ_ENC_PLAIN;
        p->size = mz_encode_padded((size_t) s->rows
                                   * mz_encode_widths[p->encoding]);
    }

    if (p->nulls > 0) {
        p->size += mz_encode_padded((s->rows + 7) / 8);
    }
}


static void
mz_encode_choose_text(mz_encoder_t *e, uint32_t rows, mz_encode_plan_t *p)
{
    size_t         n, dict;
    mz_encoding_t  encoding;

    p->encoding = MZ_ENC_TEXT;
    p->size = mz_encode_padded(((size_t) rows + 1) * 4)
              + mz_encode_padded(p->text);

    if (!p->has_dict) {
        return;
    }

    n = e->dict.n;
    encoding = n <= UINT8_MAX + 1 ? MZ_ENC_DICT1
               : n <= UINT16_MAX + 1 ? MZ_ENC_DICT2 : MZ_ENC_DICT4;

    dict = mz_encode_padded((size_t) rows * mz_encode_widths[encoding])
           + mz_encode_padded((n + 1) * 4) + mz_encode_padded(p->dict_text);

    if (dict < p->size) {
        p->encoding = encoding;
        p->size = dict;
    }
}


static size_t
mz_encode_padded(size_t n)
{
    return (n + 7) & ~(size_t) 7;
}
