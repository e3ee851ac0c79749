
/*
 * What to ask next.  Only what the planner understands and the catalog has;
 * nothing that the answer shows already.
 */

#include "agent/answer/answer.h"
#include "agent/answer/words.h"
#include "base/mz_str.h"


#define MZ_NEXT_VALUES_MAX  50      /* a breakdown that one can read */

typedef struct {
    const char  *kind;
    const char  *unless;    /* left out when the facts have this member */
    const char  *text;
} mz_next_t;

static const mz_next_t  mz_answer_nexts[] = {
    { "segmentation", "partial_first", "by week" },
    { "segmentation", "compare",       "compare with the previous period" },
    { "funnel",       "buckets",       "by week" },
    { "funnel",       NULL,            "within 1 day" },
    { "funnel",       "compare",       "compare with the previous period" },
    { "retention",    NULL,            "by month" },
    { "discovery",    NULL,            "What events do we track?" },
    { "discovery",    NULL,            "From when do we have data?" },
    { "lookup",       NULL,            "only the last week" },
    { "journey",      NULL,            "only the last week" },
};

static void mz_next_groups(const mz_answer_in_t *in, mz_buf_t *b);
static const mz_catalog_property_t *mz_next_property(
    const mz_answer_in_t *in);
static bool mz_next_is_shown(const mz_answer_in_t *in, mz_str_t property);
static void mz_next_add(mz_buf_t *b, const char *before, mz_str_t text);


void
mz_answer_next(const mz_answer_in_t *in, mz_buf_t *out)
{
    size_t            i;
    mz_buf_t          b;
    mz_str_t          kind;
    const mz_next_t  *n;

    mz_buf_init(&b, 0);
    kind = mz_json_get_str(in->facts, "kind");

    if (!mz_str_eq_c(kind, "discovery") && !mz_str_eq_c(kind, "lookup")) {
        mz_next_groups(in, &b);
    }

    for (i = 0; i < MZ_ARRAY_LEN(mz_answer_nexts); i++) {
        n = &mz_answer_nexts[i];

        if (mz_str_eq_c(kind, n->kind)
            && (n->unless == NULL
                || json_object_get(in->facts, n->unless) == NULL))
        {
            mz_next_add(&b, "", mz_str_from(n->text));
        }
    }

    if (b.len > 0) {
        mz_buf_add_c(out, "**Ask next.** For example ");
        mz_buf_add_str(out, mz_buf_view(&b));
        mz_buf_add_c(out, ".\n");
    }

    if (b.rc != MZ_OK) {
        out->rc = b.rc;
    }

    mz_buf_free(&b);
}


static void
mz_next_groups(const mz_answer_in_t *in, mz_buf_t *b)
{
    const mz_catalog_property_t  *p;

    p = mz_next_property(in);
    if (p == NULL) {
        return;
    }

    mz_next_add(b, "by ", p->name);
    mz_next_add(b, "only for ", p->values[0].value);
}


/* The property of every event that makes the fewest groups. */

static const mz_catalog_property_t *
mz_next_property(const mz_answer_in_t *in)
{
    size_t                        i;
    const mz_catalog_property_t  *p, *best;

    best = NULL;

    for (i = 0; in->cat != NULL && i < in->cat->nproperties; i++) {
        p = &in->cat->properties[i];

        if (p->is_common && p->is_enum && p->dtype == MZ_DTYPE_STRING
            && p->nvalues > 1 && p->nvalues <= MZ_NEXT_VALUES_MAX
            && (best == NULL || p->nvalues < best->nvalues)
            && !mz_next_is_shown(in, p->name))
        {
            best = p;
        }
    }

    return best;
}


static bool
mz_next_is_shown(const mz_answer_in_t *in, mz_str_t property)
{
    size_t         i;
    const json_t  *by;

    by = json_object_get(in->facts, "breakdown");

    for (i = 0; i < json_array_size(by); i++) {
        if (mz_str_eq(mz_json_str(json_array_get(by, i)), property)) {
            return true;
        }
    }

    return false;
}


static void
mz_next_add(mz_buf_t *b, const char *before, mz_str_t text)
{
    mz_buf_add_c(b, b->len > 0 ? ", \"" : "\"");
    mz_buf_add_c(b, before);
    mz_words_text(b, text);
    mz_buf_add_char(b, '"');
}
