
#include "agent/planner_slots.h"
#include "agent/planner_time.h"


enum {
    MZ_PL_M_STICKY = 1,
    MZ_PL_M_ACTIVE,             /* arg: the grain */
    MZ_PL_M_MONEY,              /* text: the type */
    MZ_PL_M_ARPU,
    MZ_PL_M_FREQUENCY,
    MZ_PL_M_SALES
};

typedef struct {
    const char  *pattern;
    int          what;
    const char  *type;
    const char  *num;
    int          grain;
} mz_pl_metric_t;

/* Metrics that have names of their own. */

static const mz_pl_metric_t  mz_pl_metrics[] = {
    { "dau|daily /|to|over|by|per|versus|-? mau|monthly", MZ_PL_M_STICKY,
      "month", "day", MZ_UNIT_DAY },
    { "dau|daily /|to|over|by|per|versus|-? wau|weekly", MZ_PL_M_STICKY,
      "week", "day", MZ_UNIT_DAY },
    { "wau|weekly /|to|over|by|per|versus|-? mau|monthly", MZ_PL_M_STICKY,
      "month", "week", MZ_UNIT_DAY },
    { "weekly stickiness", MZ_PL_M_STICKY, "week", "day", MZ_UNIT_DAY },
    { "stickiness|sticky|stickyness", MZ_PL_M_STICKY, "month", "day",
      MZ_UNIT_DAY },
    { "dau|daus", MZ_PL_M_ACTIVE, "users", NULL, MZ_UNIT_DAY },
    { "wau|waus", MZ_PL_M_ACTIVE, "users", NULL, MZ_UNIT_WEEK },
    { "mau|maus", MZ_PL_M_ACTIVE, "users", NULL, MZ_UNIT_MONTH },
    { "arppu", MZ_PL_M_MONEY, "sum_per_user", NULL, 0 },
    { "arpu|arpau|arpa", MZ_PL_M_ARPU, NULL, NULL, 0 },
    { "aov|abv|atv", MZ_PL_M_MONEY, "avg", NULL, 0 },
    { "average|mean revenue|sales|spend|income per|/|by paying|purchasing "
      "user|customer|person", MZ_PL_M_MONEY, "sum_per_user", NULL, 0 },
    { "~revenu|sales|spend|spent|spending|gmv|money per|/ "
      "paying|purchasing user|customer|person", MZ_PL_M_MONEY,
      "sum_per_user", NULL, 0 },
    { "average? ~revenu|sales|spend|spent|spending|gmv|money per|/|from|by "
      "each|every|average? buyer|customer|purchaser|shopper|payer",
      MZ_PL_M_MONEY, "sum_per_user", NULL, 0 },
    { "average? ~revenu|sales|gmv|income per|/ active? "
      "user|person|visitor|account|member|head", MZ_PL_M_ARPU, NULL, NULL,
      0 },
    { "average? ~revenu|sales|gmv|income per|/|by dau|wau|mau",
      MZ_PL_M_ARPU, NULL, NULL, 0 },
    { "average? ~spend|spent|spending per|/ user|person|head",
      MZ_PL_M_MONEY, "sum_per_user", NULL, 0 },
    { "how much does|do|did each|every|average|typical "
      "buyer|customer|purchaser|shopper|user ~spend", MZ_PL_M_MONEY,
      "sum_per_user", NULL, 0 },
    { "~revenu|sales|gmv|spend per|/ order|purchase|transaction|sale",
      MZ_PL_M_MONEY, "avg", NULL, 0 },
    { "average|mean|typical ~order|~purchas|~transact|basket|sale|ticket|"
      "checkout? value|size|amount|worth|price|total", MZ_PL_M_MONEY, "avg",
      NULL, 0 },
    { "median ~order|~purchas|~transact|basket value|size|amount|total",
      MZ_PL_M_MONEY, "median", NULL, 0 },
    { "maximum|largest|biggest|highest ~order|~purchas|~transact "
      "value|size|amount|total?", MZ_PL_M_MONEY, "max", NULL, 0 },
    { "minimum|smallest|lowest ~order|~purchas|~transact "
      "value|size|amount|total?", MZ_PL_M_MONEY, "min", NULL, 0 },
    { "total? ~order|~purchas|~transact value|amount", MZ_PL_M_MONEY, "sum",
      NULL, 0 },
    { "value|worth of? ~order|~purchas", MZ_PL_M_MONEY, "sum", NULL, 0 },
    { "how much money", MZ_PL_M_MONEY, "sum", NULL, 0 },
    { "how much did|do|have|has we|they|users|customers|people|buyers "
      "~make|~earn|~sell|~spend|~take|made|earned|sold", MZ_PL_M_MONEY,
      "sum", NULL, 0 },
    { "money ~make|~earn|~spend|made", MZ_PL_M_MONEY, "sum", NULL, 0 },
    { "earnings|turnover|takings|gmv|income", MZ_PL_M_MONEY, "sum", NULL,
      0 },
    { "revenue|revenues", MZ_PL_M_MONEY, "sum", NULL, 0 },
    { "sales", MZ_PL_M_SALES, "sum", NULL, 0 },
    { "frequency|histogram", MZ_PL_M_FREQUENCY, NULL, NULL, 0 },
    { "distribution of", MZ_PL_M_FREQUENCY, NULL, NULL, 0 },
    { "once , twice", MZ_PL_M_FREQUENCY, NULL, NULL, 0 },
    { "# , # , # .. times", MZ_PL_M_FREQUENCY, NULL, NULL, 0 },
};

/* Aggregations of a property: what the type is, which words say it. */

static const mz_pl_metric_t  mz_pl_aggregates[] = {
    { "# th|st|nd|rd? percentile|percent|pct|quantile", 0, "percentile",
      NULL, 0 },
    { "percentile #", 0, "percentile", NULL, 0 },
    { "p#", 0, "percentile", NULL, 0 },
    { "average|mean|typical|avg", 0, "avg", NULL, 0 },
    { "median|medians|typically", 0, "median", NULL, 0 },
    { "how much", 0, "sum", NULL, 0 },
    { "sum|summed", 0, "sum", NULL, 0 },
    { "total|overall", 0, "sum", NULL, 0 },
    { "unique|distinct|different", 0, "distinct", NULL, 0 },
    { "maximum|longest|largest|biggest|highest|max|peak|slowest", 0, "max",
      NULL, 0 },
    { "minimum|shortest|smallest|lowest|cheapest|fastest|min", 0, "min",
      NULL, 0 },
    { "how many|number", 0, "count", NULL, 0 },
};

/* Numbers that add up when nothing is said. */

static const char *const  mz_pl_sum_words[] = {
    "revenue", "mrr", "arr", "amount", "quantity", "qty", "total", "count",
    "gmv", "sales", "cost", "fee", "points", "bytes",
};

#define MZ_PL_AGGREGATE_REACH  6


static void mz_pl_read_metric(mz_pl_t *pl, const mz_pl_metric_t *metric,
    const mz_pl_match_t *m);
static bool mz_pl_metric_blocked(const mz_pl_t *pl,
    const mz_pl_metric_t *metric, const mz_pl_match_t *m);
static void mz_pl_read_aggregate(mz_pl_t *pl);
static bool mz_pl_set_aggregate(mz_pl_t *pl, const mz_pl_metric_t *a,
    const mz_pl_match_t *m);
static bool mz_pl_set_distinct(mz_pl_t *pl, const mz_pl_match_t *m);
static bool mz_pl_set_of_event(mz_pl_t *pl, const mz_pl_metric_t *a,
    const mz_pl_match_t *m);
static void mz_pl_measure_of(mz_pl_t *pl, const char *type,
    const mz_catalog_property_t *p, size_t tok);
static size_t mz_pl_aggregate_item(const mz_pl_t *pl,
    const mz_pl_match_t *m);
static bool mz_pl_is_identifier(const mz_pl_t *pl,
    const mz_catalog_property_t *p);
static void mz_pl_read_lone(mz_pl_t *pl);
static bool mz_pl_adds_up(const mz_pl_t *pl,
    const mz_catalog_property_t *p);
static void mz_pl_use_items(mz_pl_t *pl, size_t first, size_t end);


void
mz_pl_read_measure(mz_pl_t *pl)
{
    size_t         i, k;
    mz_pl_match_t  m;

    for (i = 0; i < pl->ntok && pl->slot.measure == NULL; i++) {
        for (k = 0; k < MZ_ARRAY_LEN(mz_pl_metrics); k++) {
            if (mz_pl_match(pl, mz_pl_metrics[k].pattern, i, &m)
                && !mz_pl_metric_blocked(pl, &mz_pl_metrics[k], &m))
            {
                mz_pl_read_metric(pl, &mz_pl_metrics[k], &m);
                break;
            }
        }
    }

    if (pl->slot.measure == NULL
        || (pl->slot.is_money && strcmp(pl->slot.measure, "sum") == 0))
    {
        mz_pl_read_aggregate(pl);
    }

    if (pl->slot.measure == NULL) {
        mz_pl_read_lone(pl);
    }

    if (pl->slot.has_per_user && pl->slot.measure_item != MZ_PL_NONE
        && pl->slot.measure != NULL
        && (strcmp(pl->slot.measure, "avg") == 0
            || strcmp(pl->slot.measure, "sum") == 0))
    {
        pl->slot.measure = "sum_per_user";
    }
}


/* A property of the catalog with such a name is the better reading. */

static bool
mz_pl_metric_blocked(const mz_pl_t *pl, const mz_pl_metric_t *metric,
    const mz_pl_match_t *m)
{
    size_t               i, at;
    const mz_pl_item_t  *it;

    if (metric->what == MZ_PL_M_SALES && pl->slot.has_count) {
        return true;
    }

    for (i = m->first; i < m->end; i++) {
        at = pl->tok[i].item;
        if (at == MZ_PL_NONE) {
            continue;
        }

        it = &pl->item[at];
        if (it->is_used && it->kind != MZ_PL_EVENT) {
            return true;
        }

        if (it->kind == MZ_PL_PROPERTY && it->ntok > 1 && !it->is_weak
            && m->end - m->first < 4)
        {
            return true;
        }

        if (it->kind == MZ_PL_PROPERTY && m->end == m->first + 1
            && !it->is_weak)
        {
            return true;
        }
    }

    return false;
}


static void
mz_pl_read_metric(mz_pl_t *pl, const mz_pl_metric_t *metric,
    const mz_pl_match_t *m)
{
    mz_pl_use(pl, m->first, m->end);
    mz_pl_use_items(pl, m->first, m->end);

    switch (metric->what) {

    case MZ_PL_M_STICKY:
        pl->slot.measure = "stickiness";
        pl->slot.num = metric->num;
        pl->slot.den = metric->type;
        pl->slot.has_any_event = true;
        if (pl->slot.grain == MZ_PL_GRAIN_NONE) {
            pl->slot.grain = metric->grain;
        }

        break;

    case MZ_PL_M_ACTIVE:
        pl->slot.measure = metric->type;
        pl->slot.has_any_event = true;
        if (pl->slot.grain < 0) {
            pl->slot.grain = metric->grain;
        }

        break;

    case MZ_PL_M_ARPU:
        pl->slot.measure = "ratio";
        pl->slot.is_arpu = true;
        break;

    case MZ_PL_M_FREQUENCY:
        pl->slot.measure = "frequency";
        break;

    default:
        pl->slot.measure = metric->type;
        pl->slot.is_money = true;
    }
}


static void
mz_pl_read_aggregate(mz_pl_t *pl)
{
    size_t         i, k;
    mz_pl_match_t  m;

    for (i = 0; i < pl->ntok; i++) {
        for (k = 0; k < MZ_ARRAY_LEN(mz_pl_aggregates); k++) {
            if (!pl->tok[i].is_used
                && mz_pl_match(pl, mz_pl_aggregates[k].pattern, i, &m)
                && mz_pl_set_aggregate(pl, &mz_pl_aggregates[k], &m))
            {
                return;
            }
        }
    }
}


/* false: no property it could be of, go on. */

static bool
mz_pl_set_aggregate(mz_pl_t *pl, const mz_pl_metric_t *a,
    const mz_pl_match_t *m)
{
    size_t                        at;
    const char                   *type;
    const mz_catalog_property_t  *p;

    type = a->type;

    if (strcmp(type, "distinct") == 0 && mz_pl_set_distinct(pl, m)) {
        return true;
    }

    /* "which has the highest": the rank, not the measure */

    if ((strcmp(type, "max") == 0 || strcmp(type, "min") == 0)
        && (pl->slot.top != NULL
            || json_array_size(pl->slot.breakdown) != 0))
    {
        return false;
    }

    at = mz_pl_aggregate_item(pl, m);
    p = at != MZ_PL_NONE ? pl->item[at].props[0] : NULL;

    if (p == NULL && strcmp(type, "count") != 0
        && strcmp(type, "distinct") != 0 && strcmp(type, "sum") != 0
        && mz_pl_set_of_event(pl, a, m))
    {
        return true;
    }

    if (p == NULL && pl->slot.is_money && strcmp(type, "count") != 0
        && strcmp(type, "distinct") != 0)
    {
        pl->slot.measure = type;
        pl->slot.measure_p = m->nnum > 0 ? m->num[0] : 0;
        mz_pl_use(pl, m->first, m->end);
        return true;
    }

    if (strcmp(type, "count") == 0) {
        if (p == NULL) {
            return false;
        }

        type = mz_pl_is_amount(pl, p) ? "sum" : "distinct";
    }

    if (p == NULL) {
        /* "and the median?": of the parent's property */
        if (pl->parent == NULL || strcmp(type, "distinct") == 0
            || strcmp(type, "sum") == 0
            || mz_pl_next_item(pl, MZ_PL_EVENT, 0) != MZ_PL_NONE)
        {
            return false;
        }

    } else if (strcmp(type, "distinct") != 0
               && p->dtype == MZ_DTYPE_STRING)
    {
        return false;
    }

    if (p != NULL && strcmp(type, "distinct") == 0 && mz_pl_is_amount(pl, p)
        && p->dtype == MZ_DTYPE_FLOAT64)
    {
        return false;
    }

    pl->slot.measure = type;
    pl->slot.measure_p = m->nnum > 0 ? m->num[0] : 0;
    pl->slot.measure_item = at;
    pl->slot.is_money = false;
    mz_pl_use(pl, m->first, m->end);

    if (at != MZ_PL_NONE) {
        pl->item[at].is_used = true;
        mz_pl_use(pl, pl->item[at].first, pl->item[at].last + 1);
    }

    return true;
}


/*
 * "unique products viewed": the word is part of the event's name, yet what
 * is counted is the property of that name.
 */

static bool
mz_pl_set_distinct(mz_pl_t *pl, const mz_pl_match_t *m)
{
    size_t                        i, k, w;
    const mz_pl_name_t           *name;
    const mz_catalog_event_t     *ev;
    const mz_catalog_property_t  *p;

    i = m->end;
    if (i >= pl->ntok || pl->tok[i].item == MZ_PL_NONE
        || pl->item[pl->tok[i].item].kind != MZ_PL_EVENT
        || pl->item[pl->tok[i].item].is_users)
    {
        return false;
    }

    ev = pl->item[pl->tok[i].item].event;

    for (k = 0; k < pl->cat->nproperties; k++) {
        p = &pl->cat->properties[k];
        name = &pl->prop_names[k];

        if (!mz_pl_carries(pl, ev, p) || pl->nitems == MZ_PL_ITEMS_MAX
            || !(mz_pl_is_identifier(pl, p) || name->n == 1))
        {
            continue;
        }

        for (w = 0; w < name->n; w++) {
            if (name->weight[w] > 0.3
                && mz_str_eq(name->stem[w], pl->tok[i].stem))
            {
                mz_pl_measure_of(pl, "distinct", p, i);
                return true;
            }
        }
    }

    return false;
}


/* "average app rating" of an event "App Rated" that has a rating. */

static bool
mz_pl_set_of_event(mz_pl_t *pl, const mz_pl_metric_t *a,
    const mz_pl_match_t *m)
{
    size_t                        i, k, w, t;
    mz_pl_item_t                 *it;
    const mz_pl_name_t           *name;
    const mz_catalog_property_t  *p;

    i = m->end;
    if (i >= pl->ntok || pl->tok[i].item == MZ_PL_NONE
        || pl->nitems == MZ_PL_ITEMS_MAX)
    {
        return false;
    }

    it = &pl->item[pl->tok[i].item];
    if (it->kind != MZ_PL_EVENT) {
        return false;
    }

    for (k = 0; k < pl->cat->nproperties; k++) {
        p = &pl->cat->properties[k];
        name = &pl->prop_names[k];

        if (p->is_common || !mz_pl_carries(pl, it->event, p)
            || !mz_pl_is_amount(pl, p))
        {
            continue;
        }

        for (t = 0; t < it->ntok; t++) {
            for (w = 0; w < name->n; w++) {
                if (mz_str_eq(name->stem[w], pl->tok[it->tok[t]].stem)) {
                    mz_pl_measure_of(pl, a->type, p, i);
                    pl->slot.measure_p = m->nnum > 0 ? m->num[0] : 0;
                    return true;
                }
            }
        }
    }

    return false;
}


/* The measure is of a property that no item of its own stands for. */

static void
mz_pl_measure_of(mz_pl_t *pl, const char *type,
    const mz_catalog_property_t *p, size_t tok)
{
    mz_pl_item_t  *it;

    pl->slot.measure = type;
    pl->slot.measure_item = pl->nitems;

    it = &pl->item[pl->nitems++];
    memset(it, 0, sizeof(mz_pl_item_t));
    it->kind = MZ_PL_PROPERTY;
    it->first = tok;
    it->last = tok;
    it->props[it->nprops++] = p;
    it->score = 1;
    it->is_used = true;
}


/* The property behind the words, in reach; else the one before them. */

static size_t
mz_pl_aggregate_item(const mz_pl_t *pl, const mz_pl_match_t *m)
{
    size_t               i, at, fallback;
    const mz_pl_item_t  *it;

    fallback = MZ_PL_NONE;

    for (i = m->end; i < pl->ntok && i < m->end + MZ_PL_AGGREGATE_REACH;
         i++)
    {
        if (mz_pl_is_any(pl, i, "by per for with across in since where who "
                         "that did do were")
            || pl->tok[i].kind == MZ_PL_PUNCT)
        {
            break;
        }

        at = pl->tok[i].item;
        it = at != MZ_PL_NONE ? &pl->item[at] : NULL;

        if (it == NULL || it->kind != MZ_PL_PROPERTY || it->is_used) {
            continue;
        }

        if (mz_pl_is_amount(pl, it->props[0])
            || mz_pl_is_identifier(pl, it->props[0]))
        {
            return at;
        }

        if (fallback == MZ_PL_NONE) {
            fallback = at;
        }
    }

    if (fallback != MZ_PL_NONE) {
        return fallback;
    }

    for (i = m->first; i > 0 && i + 2 > m->first; i--) {
        at = pl->tok[i - 1].item;
        if (at != MZ_PL_NONE && pl->item[at].kind == MZ_PL_PROPERTY
            && !pl->item[at].is_used
            && mz_pl_is_amount(pl, pl->item[at].props[0]))
        {
            return at;
        }
    }

    return MZ_PL_NONE;
}


static bool
mz_pl_is_identifier(const mz_pl_t *pl, const mz_catalog_property_t *p)
{
    const mz_pl_name_t  *name;

    name = &pl->prop_names[p - pl->cat->properties];

    return name->n > 1 && (mz_str_eq_c(name->word[name->n - 1], "id")
                           || mz_str_eq_c(name->word[name->n - 1], "uuid"));
}


/* A property that nothing else asked for: "load time per day". */

static void
mz_pl_read_lone(mz_pl_t *pl)
{
    size_t                        i;
    mz_pl_item_t                 *it;
    const mz_catalog_property_t  *p;

    for (i = 0; i < pl->nitems; i++) {
        it = &pl->item[i];
        if (it->kind != MZ_PL_PROPERTY || it->is_used
            || it->score < 0.7)
        {
            continue;
        }

        p = it->props[0];

        if (mz_pl_is_amount(pl, p)) {
            pl->slot.measure = mz_pl_adds_up(pl, p) ? "sum" : "avg";
            if (!mz_pl_adds_up(pl, p)) {
                mz_pl_assume(pl, "%.*s is averaged (not stated)",
                             (int) p->name.len, p->name.data);
            }

        } else if (mz_pl_is_identifier(pl, p)
                   && (mz_pl_next_item(pl, MZ_PL_EVENT, 0) == MZ_PL_NONE
                       || mz_pl_is_any(pl, it->last + 1, "with where that "
                                       "having containing including")))
        {
            pl->slot.measure = "distinct";

        } else {
            continue;
        }

        pl->slot.measure_item = i;
        it->is_used = true;
        mz_pl_use(pl, it->first, it->last + 1);
        return;
    }
}


static bool
mz_pl_adds_up(const mz_pl_t *pl, const mz_catalog_property_t *p)
{
    size_t               i, k;
    const mz_pl_name_t  *name;

    name = &pl->prop_names[p - pl->cat->properties];

    for (i = 0; i < name->n; i++) {
        for (k = 0; k < MZ_ARRAY_LEN(mz_pl_sum_words); k++) {
            if (mz_str_eq_c(name->word[i], mz_pl_sum_words[k])) {
                return true;
            }
        }
    }

    return false;
}


/* Items inside a metric's name are no properties or values of their own. */

static void
mz_pl_use_items(mz_pl_t *pl, size_t first, size_t end)
{
    size_t  i;

    for (i = first; i < end; i++) {
        if (pl->tok[i].item != MZ_PL_NONE
            && pl->item[pl->tok[i].item].kind != MZ_PL_EVENT)
        {
            pl->item[pl->tok[i].item].is_used = true;
        }
    }
}
