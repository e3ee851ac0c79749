
#include "query/head.h"
#include "query/jlines_int.h"


struct mz_jhead_s {
    const mz_jlayout_t  *layout;
    size_t               max;
    uint32_t             chunk;         /* the next one */
    mz_str_t             bytes;         /* its */
    bool                 is_over;
    mz_buf_t             text;
    mz_head_t            result;
};


static void mz_jhead_plan(mz_jhead_t *h);


mz_rc_t
mz_jhead_new(const mz_jlayout_t *layout, size_t text_max, mz_jhead_t **head,
    mz_err_t *err)
{
    mz_jhead_t  *h;

    h = calloc(1, sizeof(mz_jhead_t));
    *head = h;

    if (h == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    h->layout = layout;
    h->max = text_max;
    mz_buf_init(&h->text, 0);
    mz_jhead_plan(h);

    return MZ_OK;
}


const uint32_t *
mz_jhead_needs(const mz_jhead_t *h, size_t *n)
{
    *n = h->is_over ? 0 : 1;

    return &h->chunk;
}


mz_rc_t
mz_jhead_give(mz_jhead_t *h, uint32_t chunk, mz_str_t bytes)
{
    if (h->is_over || chunk != h->chunk || bytes.data == NULL) {
        return MZ_INVALID;
    }

    h->bytes = bytes;

    return MZ_OK;
}


/* No more is looked at than fits. */

size_t
mz_jhead_work(const mz_jhead_t *h)
{
    return h->bytes.len < h->max ? h->bytes.len : h->max;
}


mz_rc_t
mz_jhead_run(mz_jhead_t *h, mz_err_t *err)
{
    mz_str_t  rest, line;

    if (!h->is_over) {

        if (h->bytes.data == NULL) {
            return mz_fail(err, MZ_NOT_FOUND, "chunk %u was not given",
                           (unsigned) h->chunk);
        }

        rest = h->bytes;

        while (!h->result.is_cut && mz_jlines_next(&rest, &line)) {

            if (line.len + 1 > h->max - h->text.len) {
                h->result.is_cut = true;
                break;
            }

            mz_buf_add_str(&h->text, line);
            mz_buf_add_char(&h->text, '\n');
            h->result.rows++;
        }

        if (h->text.rc != MZ_OK) {
            return mz_fail(err, h->text.rc, "out of memory");
        }

        h->chunk++;
        mz_jhead_plan(h);
    }

    if (!h->is_over) {
        return MZ_AGAIN;
    }

    h->result.text = mz_buf_view(&h->text);

    return MZ_OK;
}


const mz_head_t *
mz_jhead_result(const mz_jhead_t *h)
{
    return &h->result;
}


void
mz_jhead_free(mz_jhead_t *h)
{
    if (h != NULL) {
        mz_buf_free(&h->text);
        free(h);
    }
}


static void
mz_jhead_plan(mz_jhead_t *h)
{
    h->bytes = mz_null_str;
    h->is_over = h->result.is_cut || h->chunk == h->layout->ngroups;
}
