
#include "agent/plan/planner_lexicon.h"


#define MZ_PL_VALUE_LEN_MAX  120
#define MZ_PL_LIST_MAX       16     /* tokens of a list of values */
#define MZ_PL_RANK_VALUE     0.75   /* against 1 for a whole event name */
#define MZ_PL_RANK_NAMED     1.0    /* for standing beside its property */

/*
 * What people say for values.  Every value listed must be one of the same
 * property; a trailing * takes all values that begin so.
 */

typedef struct {
    const char  *pattern;
    const char  *values;
    bool         is_not;
} mz_pl_alias_t;

static const mz_pl_alias_t  mz_pl_aliases[] = {
    { "mobile|native|phone app|apps", "ios android", false },
    { "app|apps", "ios android", false },
    { "iphone|iphones|ipad|ipads|apple ios|devices|device", "ios", false },
    { "iphone|iphones", "ios", false },
    { "phone|phones|smartphone|smartphones|cellphone|handset|handsets",
      "mobile", false },
    { "computer|computers|pc|pcs|laptop|laptops", "desktop", false },
    { "website|site version?", "web", false },
    { "annual|annually", "yearly", false },
    { "annual|annually", "annual", false },
    { "yearly", "annual", false },
    { "credit card|cards", "card", false },
    { "wire|bank transfer|transfers", "bank_transfer", false },
    { "paid channels|channel|traffic|marketing|acquisition|media|ads|"
      "advertising", "paid_*", false },
    { "social media", "social", false },
    { "newsletter|newsletters|mailing", "email", false },
    { "word of mouth", "referral", false },
    { "referred", "referral", false },
    { "ppc|sem|adwords", "paid_search", false },
    { "seo", "organic", false },
    { "paid|paying users|user|customers|customer|plan|plans|accounts|"
      "account|people|tier|tiers|members", "free", true },
    { "non free users|user|plan|plans|customers", "free", true },
    { "expensive|expense|costly", "too_expensive", false },
};

/* Values that are also plain words need their property beside them. */

static const char *const  mz_pl_value_articles = "is = : equals of == as";


static void mz_pl_values_of(mz_pl_t *pl, mz_pl_candidates_t *cs,
    const mz_catalog_property_t *p);
static size_t mz_pl_value_at(const mz_pl_t *pl, mz_str_t value, size_t i);
static bool mz_pl_value_plain(const mz_pl_t *pl, size_t i, size_t end,
    mz_str_t value);
static bool mz_pl_value_placed(const mz_pl_t *pl,
    const mz_catalog_property_t *p, size_t i);
static bool mz_pl_beside(const mz_pl_t *pl, const mz_catalog_property_t *p,
    size_t first, size_t end, size_t *at);
static size_t mz_pl_list_start(const mz_pl_t *pl,
    const mz_catalog_property_t *p, size_t first);
static bool mz_pl_is_property_word(const mz_pl_t *pl,
    const mz_catalog_property_t *p, size_t i);
static void mz_pl_alias_values(mz_pl_t *pl, mz_pl_candidates_t *cs);
static void mz_pl_alias_of(mz_pl_t *pl, mz_pl_candidates_t *cs,
    const mz_pl_alias_t *a, const mz_pl_match_t *m);
static json_t *mz_pl_alias_in(mz_pl_t *pl, const mz_catalog_property_t *p,
    const char *values);


void
mz_pl_value_candidates(mz_pl_t *pl, mz_pl_candidates_t *cs)
{
    size_t  i;

    for (i = 0; i < pl->cat->nproperties; i++) {
        mz_pl_values_of(pl, cs, &pl->cat->properties[i]);
    }

    mz_pl_alias_values(pl, cs);
    mz_pl_country_values(pl, cs);
}


static void
mz_pl_values_of(mz_pl_t *pl, mz_pl_candidates_t *cs,
    const mz_catalog_property_t *p)
{
    bool      heads[256];
    size_t    i, k, end;
    json_t   *values;
    mz_str_t  v;

    if (p->dtype != MZ_DTYPE_STRING && p->dtype != MZ_DTYPE_INT64) {
        return;
    }

    memset(heads, 0, sizeof(heads));
    for (i = 0; i < pl->ntok; i++) {
        if (!pl->tok[i].is_taken && pl->tok[i].text.len != 0) {
            heads[(unsigned char) pl->tok[i].text.data[0] | 0x20] = true;
        }
    }

    for (k = 0; k < p->nvalues; k++) {
        v = p->values[k].value;
        if (v.len == 0 || v.len > MZ_PL_VALUE_LEN_MAX
            || !heads[(unsigned char) v.data[0] | 0x20])
        {
            continue;
        }

        for (i = 0; i < pl->ntok; i++) {
            end = mz_pl_value_at(pl, v, i);
            if (end == 0 || !(mz_pl_value_plain(pl, i, end, v)
                              || mz_pl_value_placed(pl, p, i)))
            {
                if (end == 0 || !mz_pl_beside(pl, p, i, end,
                                              &(size_t) { 0 }))
                {
                    continue;
                }
            }

            values = mz_pl_keep(pl, json_array());
            mz_pl_push_text(pl, values, v);
            mz_pl_add_value(pl, cs, p, values, i, end, false);
        }
    }
}


/* One past the last token of the value at token i, or 0. */

static size_t
mz_pl_value_at(const mz_pl_t *pl, mz_str_t value, size_t i)
{
    size_t    pos, k;
    mz_str_t  text;

    pos = 0;

    while (pos < value.len) {
        if (pos > 0 && strchr("_- .'&", value.data[pos]) != NULL) {
            pos++;
            continue;
        }

        if (i >= pl->ntok || pl->tok[i].is_taken) {
            return 0;
        }

        text = pl->tok[i].text;

        if (text.len > value.len - pos
            && !(text.len == value.len - pos + 1
                 && text.data[text.len - 1] == 's' && value.len > 2))
        {
            return 0;
        }

        for (k = 0; k < text.len && pos + k < value.len; k++) {
            if ((value.data[pos + k] | 0x20) != (text.data[k] | 0x20)) {
                return 0;
            }
        }

        pos += k;
        i++;
    }

    return i;
}


/* Whether the words can only mean the value. */

static bool
mz_pl_value_plain(const mz_pl_t *pl, size_t i, size_t end, mz_str_t value)
{
    const mz_pl_token_t  *t;

    t = &pl->tok[i];

    if (end > i + 1 || t->is_quoted) {
        return true;
    }

    if (value.len <= 2) {
        return t->is_upper && mz_str_eq(t->raw, value);
    }

    /* a word for a time that is not one here: "yearly plan" */

    if (mz_pl_is_any(pl, i, "monthly yearly annual weekly quarterly")) {
        return true;
    }

    return t->kind == MZ_PL_WORD && !t->is_common;
}


/* "on edge", "export usage": an everyday word where only a value can be. */

static bool
mz_pl_value_placed(const mz_pl_t *pl, const mz_catalog_property_t *p,
    size_t i)
{
    if (pl->tok[i].text.len <= 2) {
        return false;
    }

    if (mz_pl_is_any(pl, i + 1, "usage adoption feature")
        || (i > 0 && mz_pl_is_any(pl, i - 1, "about regarding concerning")))
    {
        return true;
    }

    return p->is_common && i > 0
           && mz_pl_is_any(pl, i - 1, "on via using through");
}


/* The property is named right before or right behind the value. */

static bool
mz_pl_beside(const mz_pl_t *pl, const mz_catalog_property_t *p,
    size_t first, size_t end, size_t *at)
{
    size_t                i;
    const mz_pl_token_t  *t;

    t = &pl->tok[first];
    *at = end;

    /* "by country in the last week" is not about India */

    if (end == first + 1 && t->is_common && t->raw.len <= 2 && !t->is_upper
        && !t->is_quoted)
    {
        return false;
    }

    if (mz_pl_is_property_word(pl, p, end)) {
        return true;
    }

    for (i = first; i > 0 && (mz_pl_is_any(pl, i - 1, mz_pl_value_articles)
         || pl->tok[i - 1].is_determiner); i--)
    {
        /* void */
    }

    i = i == first ? mz_pl_list_start(pl, p, first) : i;

    *at = i - 1;

    return i > 0 && mz_pl_is_property_word(pl, p, i - 1);
}


/* "priority in (high, urgent)": where the list begins, else first. */

static size_t
mz_pl_list_start(const mz_pl_t *pl, const mz_catalog_property_t *p,
    size_t first)
{
    size_t  i, k;

    for (i = first; i > 0 && i + MZ_PL_LIST_MAX > first; i--) {
        if (mz_pl_is_any(pl, i, "in is one = (")
            && mz_pl_is_property_word(pl, p, i - 1))
        {
            return i;
        }

        if (mz_pl_is_any(pl, i - 1, "( , or and in of one is")) {
            continue;
        }

        for (k = 0; k < p->nvalues
             && !mz_str_ieq(p->values[k].value, pl->tok[i - 1].raw); k++)
        {
            /* void */
        }

        if (k == p->nvalues) {
            break;
        }
    }

    return first;
}


static bool
mz_pl_is_property_word(const mz_pl_t *pl, const mz_catalog_property_t *p,
    size_t i)
{
    size_t               k;
    const mz_pl_name_t  *name;

    if (i >= pl->ntok || pl->tok[i].is_taken
        || pl->tok[i].kind != MZ_PL_WORD)
    {
        return false;
    }

    name = &pl->prop_names[p - pl->cat->properties];

    for (k = 0; k < name->n; k++) {
        if (name->weight[k] > 0.3
            && mz_pl_means(name->stem[k], name->meaning[k], pl->tok[i].stem,
                           pl->tok[i].meaning))
        {
            return true;
        }
    }

    return false;
}


/* Joins a candidate of the same words, so that it may be any of them. */

void
mz_pl_add_value(mz_pl_t *pl, mz_pl_candidates_t *cs,
    const mz_catalog_property_t *p, json_t *values, size_t first, size_t end,
    bool is_not)
{
    bool                is_named;
    size_t              i, at;
    mz_pl_item_t       *it;
    mz_pl_candidate_t   c;

    is_named = mz_pl_beside(pl, p, first, end, &at);

    for (i = 0; i < cs->n; i++) {
        it = &cs->list[i].item;

        if (it->kind != MZ_PL_VALUE || it->first != first
            || it->last != end - 1 || it->is_not != is_not)
        {
            continue;
        }

        if (is_named && !it->is_named) {
            it->nprops = 0;
            it->values = values;
            it->is_named = true;
            it->beside = at;
            cs->list[i].rank += MZ_PL_RANK_NAMED;

        } else if (it->is_named && !is_named) {
            return;
        }

        if (it->nprops < MZ_PL_PROPS_MAX) {
            it->props[it->nprops++] = p;
        }

        return;
    }

    memset(&c, 0, sizeof(c));
    c.item.kind = MZ_PL_VALUE;
    c.item.first = first;
    c.item.last = end - 1;
    c.item.props[c.item.nprops++] = p;
    c.item.values = values;
    c.item.score = 1;
    c.item.is_named = is_named;
    c.item.beside = at;
    c.item.is_not = is_not;

    for (i = first; i < end && c.item.ntok < MZ_PL_WORDS_MAX; i++) {
        c.item.tok[c.item.ntok++] = i;
    }

    c.rank = (double) c.item.ntok * MZ_PL_RANK_VALUE
             + (is_named ? MZ_PL_RANK_NAMED : 0)
             + (c.item.ntok > 1 ? 0.5 : 0);

    mz_pl_push_candidate(pl, cs, &c);
}


static void
mz_pl_alias_values(mz_pl_t *pl, mz_pl_candidates_t *cs)
{
    size_t         i, k;
    mz_pl_match_t  m;

    for (i = 0; i < pl->ntok; i++) {
        for (k = 0; k < MZ_ARRAY_LEN(mz_pl_aliases); k++) {
            if (!pl->tok[i].is_taken
                && mz_pl_match(pl, mz_pl_aliases[k].pattern, i, &m))
            {
                mz_pl_alias_of(pl, cs, &mz_pl_aliases[k], &m);
            }
        }
    }
}


static void
mz_pl_alias_of(mz_pl_t *pl, mz_pl_candidates_t *cs, const mz_pl_alias_t *a,
    const mz_pl_match_t *m)
{
    size_t                        i, end;
    json_t                       *values;
    const mz_catalog_property_t  *p;

    for (i = 0; i < pl->cat->nproperties; i++) {
        p = &pl->cat->properties[i];

        values = mz_pl_alias_in(pl, p, a->values);
        if (values == NULL) {
            continue;
        }

        end = m->end;
        if (a->is_not && mz_pl_match(pl, "paid|paying|non free? %W",
                                     m->first, &(mz_pl_match_t) { 0 }))
        {
            end = m->end - 1;
        }

        mz_pl_add_value(pl, cs, p, values, m->first, end, a->is_not);
    }
}


/* The listed values where the property has all of them, else NULL. */

static json_t *
mz_pl_alias_in(mz_pl_t *pl, const mz_catalog_property_t *p,
    const char *values)
{
    bool      is_prefix, is_found;
    size_t    k;
    json_t   *list;
    mz_str_t  rest, w, v;

    if (!p->is_enum && p->nvalues == 0) {
        return NULL;
    }

    list = NULL;
    rest = mz_str_from(values);

    while (mz_str_split(&rest, ' ', &w)) {
        is_prefix = w.data[w.len - 1] == '*';
        w.len -= is_prefix;
        is_found = false;

        for (k = 0; k < p->nvalues; k++) {
            v = p->values[k].value;
            if (v.len < w.len || (!is_prefix && v.len != w.len)
                || !mz_str_ieq((mz_str_t) { v.data, w.len }, w))
            {
                continue;
            }

            if (list == NULL) {
                list = mz_pl_keep(pl, json_array());
            }

            mz_pl_push_text(pl, list, v);
            is_found = true;
        }

        if (!is_found) {
            return NULL;
        }
    }

    return list;
}
