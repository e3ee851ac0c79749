
#include "agent/plan/planner_slots.h"
#include "agent/plan/planner_time.h"


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
    { "average|mean|typical ~order|~purchas|~transact|basket|sale|ticket|"
      "checkout? value|size|amount|worth|price|total", MZ_PL_M_MONEY, "avg",
      NULL, 0 },
    { "average|mean|typical deal|contract|subscription size|value|amount",
      MZ_PL_M_MONEY, "avg", NULL, 0 },
    { "median ~order|~purchas|~transact|basket value|size|amount|total",
      MZ_PL_M_MONEY, "median", NULL, 0 },
    { "median revenue|sales|spend per|/ order|purchase|transaction|sale",
      MZ_PL_M_MONEY, "median", NULL, 0 },
    { "~revenu|sales|gmv|spend per|/ order|purchase|transaction|sale",
      MZ_PL_M_MONEY, "avg", NULL, 0 },
    { "maximum|largest|biggest|highest single? ~order|~purchas|~transact "
      "value|size|amount|total?", MZ_PL_M_MONEY, "max", NULL, 0 },
    { "minimum|smallest|lowest single? ~order|~purchas|~transact "
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

/* Numbers that add up when nothing is said. */

static const char *const  mz_pl_sum_words[] = {
    "revenue", "mrr", "arr", "amount", "quantity", "qty", "total", "count",
    "gmv", "sales", "cost", "fee", "points", "bytes",
};


static void mz_pl_read_metric(mz_pl_t *pl, const mz_pl_metric_t *metric,
    const mz_pl_match_t *m);
static bool mz_pl_metric_blocked(const mz_pl_t *pl,
    const mz_pl_metric_t *metric, const mz_pl_match_t *m);
static void mz_pl_read_lone(mz_pl_t *pl);
static bool mz_pl_is_averaged(const mz_pl_t *pl);
static void mz_pl_use_items(mz_pl_t *pl, size_t first, size_t end);


void
mz_pl_read_measure(mz_pl_t *pl)
{
    size_t         i, k;
    mz_pl_match_t  m;

    for (i = 0; i < pl->ntok && pl->slot.measure == NULL; i++) {
        if (mz_pl_set_money_of(pl, i)) {
            break;
        }

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

    if (metric->what == MZ_PL_M_SALES
        && mz_pl_has(pl, (const char *const []) {
                         "many|number|count|volume of? %W? sales" }, 1,
                     NULL))
    {
        return true;
    }

    /* "instead of revenue" */

    if (metric->what == MZ_PL_M_MONEY && pl->tok[m->first].is_taken) {
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

        } else if (mz_pl_is_identifier(pl, p) && !mz_pl_is_averaged(pl)
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


bool
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


/* An average was asked for: a number of ids is none. */

static bool
mz_pl_is_averaged(const mz_pl_t *pl)
{
    size_t  i;

    for (i = 0; i < pl->ntok; i++) {
        if (!pl->tok[i].is_used && mz_pl_is_any(pl, i, "average median mean "
                                                "typical longest shortest"))
        {
            return true;
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
            && (pl->item[pl->tok[i].item].kind != MZ_PL_EVENT
                || pl->item[pl->tok[i].item].is_weak))
        {
            pl->item[pl->tok[i].item].is_used = true;
        }
    }
}
