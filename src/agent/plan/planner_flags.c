
#include "agent/plan/planner_slots.h"


enum {
    MZ_PL_F_USERS = 1,
    MZ_PL_F_COUNT,
    MZ_PL_F_TREND,
    MZ_PL_F_SHARE,
    MZ_PL_F_NEW,
    MZ_PL_F_ANY,
    MZ_PL_F_PER_USER,
    MZ_PL_F_PER_ACTIVE,
    MZ_PL_F_PER_SESSION,
    MZ_PL_F_SPEND,
    MZ_PL_F_ADDED
};

static const mz_pl_rule_t  mz_pl_flag_rules[] = {
    { "per|by|for|each|every|a|an|average active? "
      "user|person|customer|buyer|visitor|account|member|head|purchaser|"
      "shopper|subscriber|player|listener",
      MZ_PL_F_PER_USER, 0 },
    { "how often do|does|did|are", MZ_PL_F_PER_USER, 0 },
    { "how many times do|does|did", MZ_PL_F_PER_USER, 0 },
    { "/ user|customer|buyer", MZ_PL_F_PER_USER, 0 },
    { "per|by|each active user|customer|person|account|member",
      MZ_PL_F_PER_ACTIVE, 0 },
    { "per session|visit", MZ_PL_F_PER_SESSION, 0 },
    { "by|per unique|distinct? users|people|customers|accounts|members",
      MZ_PL_F_USERS, 0 },
    { "unique|distinct|individual user|users|people|customers",
      MZ_PL_F_USERS, 0 },
    { "users|people|persons|folks|individuals|members|accounts|everyone|"
      "anyone|everybody|ones", MZ_PL_F_USERS, 0 },
    { "who ~bought|did|has|have", MZ_PL_F_USERS, 0 },
    { "users|customers|people|user|person|those|%E who|that",
      MZ_PL_F_USERS, 0 },
    { "how many", MZ_PL_F_COUNT, 0 },
    { "number|count|amount|volume of", MZ_PL_F_COUNT, 0 },
    { "total number?", MZ_PL_F_COUNT, 0 },
    { "over time", MZ_PL_F_TREND, 0 },
    { "trend|trends|trending|evolution|evolve|evolved|evolving|plot|graph|"
      "timeline|progression|develop|developed|chart|growing|grown",
      MZ_PL_F_TREND, 0 },
    { "~chang|~grow|~develop over", MZ_PL_F_TREND, 0 },
    { "time series", MZ_PL_F_TREND, 0 },
    { "percent|proportion|fraction|ratio|portion|%", MZ_PL_F_SHARE, 0 },
    { "share of", MZ_PL_F_SHARE, 0 },
    { "what|which share", MZ_PL_F_SHARE, 0 },
    { "how much of", MZ_PL_F_SHARE, 0 },
    { "first time", MZ_PL_F_NEW, 0 },
    { "for first time", MZ_PL_F_NEW, 0 },
    { "new|brand users|customers|buyers|visitors|people|purchasers|"
      "shoppers|subscribers|players|members|user|customer|buyer|visitor",
      MZ_PL_F_NEW, 0 },
    { "active|logged|engaged users|user|people|customers|accounts|members",
      MZ_PL_F_ANY, 0 },
    { "actives", MZ_PL_F_ANY, 0 },
    { "users|people ~activ|active", MZ_PL_F_ANY, 0 },
    { "were|was|are|is|been|being active", MZ_PL_F_ANY, 0 },
    { "any|all event|events|activity", MZ_PL_F_ANY, 0 },
    { "events|actions|interactions per|/|each|every", MZ_PL_F_ANY, 0 },
    { "%^ all? events by|in|on|over|from|for|today|yesterday|last|this",
      MZ_PL_F_ANY, 0 },
    { "total|many|number|count of? events|actions|interactions",
      MZ_PL_F_ANY, 0 },
    { "~spend|~spent|~spent", MZ_PL_F_SPEND, 0 },
    { "spent|spend|spends|spending", MZ_PL_F_SPEND, 0 },
    { "also|too|additionally|plus", MZ_PL_F_ADDED, 0 },
    { "as well $", MZ_PL_F_ADDED, 0 },
    { "in addition", MZ_PL_F_ADDED, 0 },
    { "~add .. %P", MZ_PL_F_ADDED, 0 },
};


static void mz_pl_use_session(mz_pl_t *pl, size_t tok);


void
mz_pl_read_flags(mz_pl_t *pl)
{
    size_t         i, k;
    mz_pl_match_t  m;

    for (i = 0; i < pl->ntok; i++) {
        for (k = 0; k < MZ_ARRAY_LEN(mz_pl_flag_rules); k++) {
            if (!mz_pl_match(pl, mz_pl_flag_rules[k].pattern, i, &m)) {
                continue;
            }

            switch (mz_pl_flag_rules[k].what) {

            case MZ_PL_F_USERS:
                pl->slot.has_users = true;
                break;

            case MZ_PL_F_COUNT:
                pl->slot.has_count = true;
                break;

            case MZ_PL_F_TREND:
                pl->slot.has_trend = true;
                break;

            case MZ_PL_F_SHARE:
                pl->slot.has_share = true;
                break;

            case MZ_PL_F_NEW:
                pl->slot.has_new = true;
                break;

            case MZ_PL_F_ANY:
                pl->slot.has_any_event = true;
                break;

            case MZ_PL_F_PER_USER:
                pl->slot.has_per_user = true;
                break;

            case MZ_PL_F_PER_ACTIVE:
                pl->slot.has_per_active = true;
                break;

            case MZ_PL_F_PER_SESSION:
                pl->slot.has_per_session = true;
                mz_pl_use_session(pl, m.end - 1);
                break;

            case MZ_PL_F_SPEND:
                pl->slot.has_spend = true;
                break;

            default:
                pl->slot.is_added = true;
            }
        }
    }
}


/* "per session" is what is divided by, nothing to group by. */

static void
mz_pl_use_session(mz_pl_t *pl, size_t tok)
{
    size_t  at;

    at = pl->tok[tok].item;
    if (at != MZ_PL_NONE && pl->item[at].kind == MZ_PL_PROPERTY) {
        pl->item[at].is_used = true;
    }
}
