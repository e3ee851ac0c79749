
#include "agent/plan/planner_lexicon.h"


/* Phrases for events, as words an event's name should have. */

typedef struct {
    const char  *pattern;
    const char  *words;
    bool         is_users;
} mz_pl_event_alias_t;

static const mz_pl_event_alias_t  mz_pl_event_aliases[] = {
    { "~creat|~open account|accounts|profile", "signup", false },
    { "account ~creat", "signup", false },
    { "new accounts|registrations", "signup", false },
    { "~join|~onboard", "signup", false },
    { "paid subscription|subscriptions|plan|plans", "subscription start",
      false },
    { "to|became|become|go|went|goes|going|->|>|started|start paid|paying "
      "customer|user|subscriber?", "subscription start", false },
    { "paying subscribers|subscriber", "subscription start", true },
    { "new subscriptions|subscription", "subscription start", false },
    { "new subscribers|subscriber", "subscription start", true },
    { "churned|lost|cancelled|canceled|churning subscribers|subscriber|"
      "subscriptions|members", "subscription cancel", true },
    { "churned customers|accounts|clients", "subscription cancel", true },
    { "~upgrad to? paid", "subscription start", false },
    { "customers|shoppers|payers", "purchase", true },
    { "paying|per|average|first|new|repeat|each customer|shopper|payer",
      "purchase", true },
    { "customer's?", "purchase", true },
    { "traffic|hits|pageviews", "page visit", false },
    { "usage", "feature used", false },
    { "land|landed|landing on|at? site|website", "page visit", false },
    { "~visit site|website|app", "page visit", false },
    { "~put .. in|into cart|basket|bag", "add to cart", false },
    { "~make|~place|~complet purchase|order|payment", "purchase", false },
    { "~place|~complet order|orders", "purchase", false },
    { "pay|pays|paid|paying for", "purchase", false },
    { "~contact support", "support ticket", false },
    { "~contact|~rais|~open support|help|ticket|tickets", "support ticket",
      false },
    { "support requests|cases|contacts|issues|questions", "support ticket",
      false },
    { "~sign|~log in|on|into", "login", false },
    { "email|emails opens|~open", "email open", false },
    { "signup|signups", "account created", false },
    { "~sign up|ups", "account created", false },
    { "~regist", "account created", false },
    { "signup|signups", "account registered", false },
    { "~sign up|ups", "account registered", false },
    { "purchase|purchases|purchased|bought|orders", "payment succeeded",
      false },
    { "buyers", "payment succeeded", true },
    { "logins|login", "session started", false },
    { "visits|visit|visited", "session started", false },
    { "visitors", "session started", true },
    { "returns", "refund", false },
    { "product|item|order|purchase return", "refund", false },
    { "~open email|emails|newsletter|newsletters", "email open", false },
    { "~open %W? %W? # email|emails|newsletters", "email open", false },
};

/* Phrases for properties, as a word of the property's name. */

typedef struct {
    const char  *pattern;
    const char  *word;
} mz_pl_property_alias_t;

static const mz_pl_property_alias_t  mz_pl_property_aliases[] = {
    { "recurring revenue", "mrr" },
    { "items|products|units per|in|an order|purchase|basket|cart",
      "item count" },
    { "page? load|loading speed|times?", "load time" },
    { "order|basket|cart items", "item count" },
};

/* Words that would be taken for names: "in any order" is no purchase. */

static const char *const  mz_pl_idioms[] = {
    ("any|whatever|no|strict|exact|right|same|this|that|particular|fixed|"
     "given|correct order"), "in that|this|the? order", "regardless of order",
    "order does|doesnt|by|matters", "in order to", "sorted|sort order?",
    "in terms of", "as well as", "by the way", "of course", "such as",
    "kind of", "make sure", "in use", "over view",
    "look|looks|looked|looking like", "something|things|anything like",
    "would|id|we|i|you like to?", "instead of %W", "rather than %W",
};


static const mz_catalog_property_t *mz_pl_property_called(mz_pl_t *pl,
    const char *words);


void
mz_pl_take_idioms(mz_pl_t *pl)
{
    size_t         i, k;
    mz_pl_match_t  m;

    for (k = 0; k < MZ_ARRAY_LEN(mz_pl_idioms); k++) {
        for (i = 0; i < pl->ntok; i++) {
            if (mz_pl_match(pl, mz_pl_idioms[k], i, &m)) {
                for ( /* void */ ; i < m.end; i++) {
                    pl->tok[i].is_taken = true;
                }
            }
        }
    }
}


void
mz_pl_alias_candidates(mz_pl_t *pl, mz_pl_candidates_t *cs)
{
    size_t                     i, k, j;
    mz_pl_match_t              m;
    mz_pl_candidate_t          c;
    const mz_catalog_event_t  *ev;

    for (k = 0; k < MZ_ARRAY_LEN(mz_pl_event_aliases); k++) {
        for (i = 0; i < pl->ntok; i++) {
            if (pl->tok[i].is_taken
                || !mz_pl_match(pl, mz_pl_event_aliases[k].pattern, i, &m))
            {
                continue;
            }

            ev = mz_pl_event_named(pl, mz_pl_event_aliases[k].words);
            if (ev == NULL || (mz_pl_is(pl, m.end - 1, "customers")
                               && mz_pl_is_any(pl, m.end, "do go get come "
                                               "use leave")))
            {
                continue;
            }

            memset(&c, 0, sizeof(c));
            c.item.kind = MZ_PL_EVENT;
            c.item.event = ev;
            c.item.score = 0.9;
            c.item.is_users = mz_pl_event_aliases[k].is_users;

            j = m.first + mz_pl_is_any(pl, m.first, "to -> > per average "
                                       "first new repeat each");
            for ( /* void */ ; j < m.end && c.item.ntok < MZ_PL_WORDS_MAX;
                 j++)
            {
                c.item.tok[c.item.ntok++] = j;
            }

            c.rank = (double) c.item.ntok * 0.9;
            mz_pl_push_candidate(pl, cs, &c);
        }
    }
}


void
mz_pl_property_alias_candidates(mz_pl_t *pl, mz_pl_candidates_t *cs)
{
    size_t                         i, k, j;
    mz_pl_match_t                  m;
    mz_pl_candidate_t              c;
    const mz_catalog_property_t   *p;

    for (k = 0; k < MZ_ARRAY_LEN(mz_pl_property_aliases); k++) {
        for (i = 0; i < pl->ntok; i++) {
            if (pl->tok[i].is_taken
                || !mz_pl_match(pl, mz_pl_property_aliases[k].pattern, i,
                                &m))
            {
                continue;
            }

            p = mz_pl_property_called(pl, mz_pl_property_aliases[k].word);
            if (p == NULL) {
                continue;
            }

            memset(&c, 0, sizeof(c));
            c.item.kind = MZ_PL_PROPERTY;
            c.item.props[c.item.nprops++] = p;
            c.item.score = 0.9;

            for (j = i; j < m.end && c.item.ntok < MZ_PL_WORDS_MAX; j++) {
                c.item.tok[c.item.ntok++] = j;
            }

            c.rank = (double) c.item.ntok * 0.9;
            mz_pl_push_candidate(pl, cs, &c);
        }
    }
}


/* The property whose name begins with these words. */

static const mz_catalog_property_t *
mz_pl_property_called(mz_pl_t *pl, const char *words)
{
    size_t               i, k;
    mz_pl_name_t         want;
    const mz_pl_name_t  *name;

    mz_pl_name_split(pl, mz_str_from(words), &want);

    for (i = 0; i < pl->cat->nproperties; i++) {
        name = &pl->prop_names[i];

        for (k = 0; k < want.n && k < name->n
             && mz_str_eq(name->word[k], want.word[k]); k++)
        {
            /* void */
        }

        if (k == want.n) {
            return &pl->cat->properties[i];
        }
    }

    return NULL;
}
