
#include "agent/plan/planner_slots.h"
#include "agent/plan/planner_lexicon.h"


/* Words of a property that holds money, the best first. */

static const char  mz_pl_money_names[] =
    "revenue gmv amount total price value paid fare cost fee sales";

static const char  mz_pl_sure_money[] = "revenue gmv sales turnover";

/* Stems of events that bring money in, and of those that do not. */

static const char  mz_pl_sale_stems[] =
    "purchas order payment pay paid invoic charg transact checkout subscrib "
    "ticket book ride rent trip donat";
static const char  mz_pl_no_sale_stems[] =
    "fail declin refund cancel reject chargeback void abandon view request";


static const mz_catalog_property_t *mz_pl_money_of_sale(mz_pl_t *pl,
    const mz_catalog_event_t **ev);
static bool mz_pl_in_words(const char *words, mz_str_t s);
static const mz_catalog_property_t *mz_pl_number_named(mz_pl_t *pl,
    const mz_catalog_event_t *ev, const char *words);


const mz_catalog_property_t *
mz_pl_pick(const mz_pl_t *pl, const mz_pl_item_t *it,
    const mz_catalog_event_t *ev)
{
    size_t                        i;
    const mz_catalog_property_t  *common;

    common = NULL;

    for (i = 0; i < it->nprops; i++) {
        if (!mz_pl_carries(pl, ev, it->props[i])) {
            continue;
        }

        if (!it->props[i]->is_common) {
            return it->props[i];
        }

        common = common != NULL ? common : it->props[i];
    }

    return common;
}


bool
mz_pl_carries(const mz_pl_t *pl, const mz_catalog_event_t *ev,
    const mz_catalog_property_t *p)
{
    return p->is_common
           || (ev != NULL && mz_catalog_event_has(pl->cat, ev->name,
                                                  p->name));
}


const mz_catalog_event_t *
mz_pl_owner(mz_pl_t *pl, const mz_catalog_property_t *p)
{
    size_t                     i;
    const mz_catalog_event_t  *ev, *best, *buy;

    if (p->is_common) {
        return NULL;
    }

    for (i = 0; i < pl->nitems; i++) {
        if (pl->item[i].kind == MZ_PL_EVENT && pl->item[i].is_hint
            && mz_pl_carries(pl, pl->item[i].event, p))
        {
            return pl->item[i].event;
        }
    }

    best = NULL;
    buy = mz_pl_event_named(pl, "purchase");

    for (i = 0; i < pl->cat->nevents; i++) {
        ev = &pl->cat->events[i];
        if (!mz_pl_carries(pl, ev, p)) {
            continue;
        }

        if (best == NULL || ev == buy
            || (best != buy && ev->count > best->count))
        {
            best = ev;
        }
    }

    return best;
}


void
mz_pl_say_owner(mz_pl_t *pl, const mz_catalog_property_t *p,
    const mz_catalog_event_t *ev)
{
    size_t  i, n;

    n = 0;
    for (i = 0; i < pl->cat->nevents && !p->is_common; i++) {
        n += mz_pl_carries(pl, &pl->cat->events[i], p);
    }

    if (n > 1 && ev != NULL) {
        mz_pl_assume(pl, "%.*s is taken from %.*s (other events have it "
                     "too)", (int) p->name.len, p->name.data,
                     (int) ev->name.len, ev->name.data);
    }
}


const mz_catalog_property_t *
mz_pl_money(mz_pl_t *pl, const mz_catalog_event_t **ev)
{
    size_t                        i;
    const mz_catalog_event_t     *buy;
    const mz_catalog_property_t  *p;

    if (*ev != NULL) {
        return mz_pl_number_named(pl, *ev, mz_pl_money_names);
    }

    buy = mz_pl_event_named(pl, "purchase");
    if (buy != NULL) {
        p = mz_pl_number_named(pl, buy, mz_pl_money_names);
        if (p != NULL) {
            *ev = buy;
            return p;
        }
    }

    for (i = 0; i < pl->cat->nevents; i++) {
        p = mz_pl_number_named(pl, &pl->cat->events[i], mz_pl_sure_money);
        if (p != NULL) {
            *ev = &pl->cat->events[i];
            return p;
        }
    }

    return mz_pl_money_of_sale(pl, ev);
}


/* No purchase by that name: payments, orders, invoices; the most frequent. */

static const mz_catalog_property_t *
mz_pl_money_of_sale(mz_pl_t *pl, const mz_catalog_event_t **ev)
{
    bool                          is_sale;
    size_t                        i, k;
    const mz_pl_name_t           *name;
    const mz_catalog_event_t     *e;
    const mz_catalog_property_t  *p, *found;

    found = NULL;

    for (i = 0; i < pl->cat->nevents; i++) {
        e = &pl->cat->events[i];
        name = &pl->event_names[i];
        is_sale = false;

        for (k = 0; k < name->n; k++) {
            is_sale |= mz_pl_in_words(mz_pl_sale_stems, name->stem[k]);
        }

        for (k = 0; k < name->n; k++) {
            is_sale &= !mz_pl_in_words(mz_pl_no_sale_stems, name->stem[k]);
        }

        p = is_sale ? mz_pl_number_named(pl, e, mz_pl_money_names) : NULL;

        if (p != NULL && (*ev == NULL || e->count > (*ev)->count)) {
            *ev = e;
            found = p;
        }
    }

    if (found != NULL) {
        mz_pl_assume(pl, "revenue is the sum of %.*s.%.*s",
                     (int) (*ev)->name.len, (*ev)->name.data,
                     (int) found->name.len, found->name.data);
    }

    return found;
}


json_t *
mz_pl_measure(mz_pl_t *pl, const char *type, const mz_catalog_property_t *p)
{
    json_t  *m;

    m = mz_pl_keep(pl, json_object());
    mz_pl_set_c(pl, m, "type", type);

    if (p != NULL) {
        mz_pl_set_text(pl, m, "property", p->name);
    }

    return m;
}


json_t *
mz_pl_condition(mz_pl_t *pl, const mz_catalog_property_t *p, const char *op,
    json_t *value)
{
    json_t  *f;

    f = mz_pl_keep(pl, json_object());
    mz_pl_set_text(pl, f, "property", p->name);
    mz_pl_set_c(pl, f, "op", op);

    if (value != NULL) {
        mz_pl_set(pl, f, "value", value);
    }

    return f;
}


json_t *
mz_pl_number(mz_pl_t *pl, double v)
{
    if (v == (double) (int64_t) v) {
        return mz_pl_keep(pl, json_integer((int64_t) v));
    }

    return mz_pl_keep(pl, json_real(v));
}


size_t
mz_pl_next_item(const mz_pl_t *pl, mz_pl_item_kind_t kind, size_t i)
{
    for ( /* void */ ; i < pl->nitems; i++) {
        if (pl->item[i].kind == kind && !pl->item[i].is_used) {
            return i;
        }
    }

    return MZ_PL_NONE;
}


static bool
mz_pl_in_words(const char *words, mz_str_t s)
{
    mz_str_t  rest, w;

    rest = mz_str_from(words);
    while (mz_str_split(&rest, ' ', &w)) {
        if (mz_str_eq(w, s)) {
            return true;
        }
    }

    return false;
}


static const mz_catalog_property_t *
mz_pl_number_named(mz_pl_t *pl, const mz_catalog_event_t *ev,
    const char *words)
{
    char                          name[32];
    mz_str_t                      rest, w;
    const mz_catalog_property_t  *p;

    rest = mz_str_from(words);

    while (mz_str_split(&rest, ' ', &w)) {
        if (w.len >= sizeof(name)) {
            continue;
        }

        memcpy(name, w.data, w.len);
        name[w.len] = '\0';

        p = mz_pl_property_named(pl, ev, name);
        if (p != NULL && !p->is_common
            && (p->dtype == MZ_DTYPE_FLOAT64 || p->dtype == MZ_DTYPE_INT64))
        {
            return p;
        }
    }

    return NULL;
}
