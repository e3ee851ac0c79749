
#include "agent/plan/planner_build.h"
#include "agent/plan/planner_lexicon.h"
#include "agent/plan/planner_time.h"


enum {
    MZ_PL_Q_BROAD = 1,
    MZ_PL_Q_CHURN,
    MZ_PL_Q_MEASURE,
    MZ_PL_Q_REFERENCE
};

/* Questions that are too open to be answered without asking back. */

static const mz_pl_rule_t  mz_pl_open_rules[] = {
    { "how are|is|was|were|did things|we|business|product|app|it|company|"
      "everything|site|shop|store|numbers ~do|~go|going|doing|look|"
      "looking|~perform|performing|fare|been|lately|so|this|last|today|$",
      MZ_PL_Q_BROAD, 0 },
    { "how do|did things|numbers|we|metrics ~look|look|looking|do|perform|"
      "go", MZ_PL_Q_BROAD, 0 },
    { "what is|s going on|new|up|happening|interesting|happened",
      MZ_PL_Q_BROAD, 0 },
    { "overview|summary|recap|insights|kpis|kpi|highlights|status|report "
      "$|of|for|on|please|about", MZ_PL_Q_BROAD, 0 },
    { "tell me|us|show something|anything|everything|interesting|about "
      "interesting|our|my|product|business|users?", MZ_PL_Q_BROAD, 0 },
    { "anything|something interesting|unusual|notable|strange|new",
      MZ_PL_Q_BROAD, 0 },
    { "give|show|any me|us? insights|metrics|numbers|stats|statistics|"
      "kpis|data|analytics|dashboard", MZ_PL_Q_BROAD, 0 },
    { "business|product|overall|general performance|health", MZ_PL_Q_BROAD,
      0 },
    { "analyze|analyse my|our|the data|product|business|users|everything|"
      "app|site", MZ_PL_Q_BROAD, 0 },
    { "how .. performing|doing $", MZ_PL_Q_BROAD, 0 },
    { "performance of? $", MZ_PL_Q_BROAD, 0 },
    { "how can|do|could|should we grow|improve|increase|do", MZ_PL_Q_BROAD,
      0 },

    { "~churn rate|rates", MZ_PL_Q_CHURN, 0 },
    { "%^ churn|churns|churning", MZ_PL_Q_CHURN, 0 },
    { "highest|lowest|most|least|best|worst churn", MZ_PL_Q_CHURN, 0 },
    { "%^ churned $|users|people|by|per|in|last|this", MZ_PL_Q_CHURN, 0 },
    { "customers|subscribers|clients|accounts %W? %W? lost|lose|losing|left",
      MZ_PL_Q_CHURN, 0 },
    { "what|whats|is|our|the|show|user|customer|monthly|weekly|subscriber|"
      "revenue|much|me churn", MZ_PL_Q_CHURN, 0 },
    { "cancellation|cancel|cancelation|attrition rate|rates", MZ_PL_Q_CHURN,
      0 },

    { "engagement|engaged|engaging", MZ_PL_Q_MEASURE, 0 },
    { "growth rate?|$|?|of|by|this|last", MZ_PL_Q_MEASURE, 1 },
    { "best|worst|top|good|performing|valuable|important|successful|"
      "effective performing? user|users|customers|customer|campaign|"
      "campaigns|channel|channels|segment|segments", MZ_PL_Q_MEASURE, 1 },
    { "which|what %P is|are|performs|perform|performing|works|work|does|did "
      "best|better|worst|good|well|performing", MZ_PL_Q_MEASURE, 1 },
    { "lifetime value", MZ_PL_Q_MEASURE, 0 },
    { "ltv|clv|cltv", MZ_PL_Q_MEASURE, 0 },
    { "quality of", MZ_PL_Q_MEASURE, 1 },
    { "popularity", MZ_PL_Q_MEASURE, 1 },
    { "activation rate?", MZ_PL_Q_MEASURE, 1 },
};

/* Without an answer before it, such a question points nowhere. */

static const char *const  mz_pl_reference_cues[] = {
    "other|second|first|third|last|next|previous one|ones $",
    "same thing|but|for|again|one|analysis|question|as|"
    "with|by|chart|but", "that one|instead|by|again|chart|analysis|number|"
    "result|for|with|as", "those|them|it $|by|instead|for|per|over|as|into|"
    "with|to",
    "%^ and $|for|by|now|in|only|the|with|last|per|what|if|on",
    "%^ now by|for|only|with|per|in|show|the|as|split|break",
    "%^ only|just for|in|on|with|%V|%P|last|this",
    "%^ what|how about", "%^ make it|that|this",
    "%^ by|per|for|excluding|without|exclude|within|in|with|but|versus",
    "%^ instead", "instead $", "previous|last|earlier one|answer|question|"
    "result|chart|analysis", "%^ weekly|daily|monthly|hourly $|instead|"
    "please", "%^ again", "%^ %V|%P $", "%^ top # $|only",
    "%^ split|break|compare|show|plot|group|do|drop|remove|add that|it|this|"
    "them|those",
};

typedef struct {
    const char  *from;
    const char  *to;
} mz_pl_pair_t;

static const mz_pl_pair_t  mz_pl_usual_funnels[] = {
    { "product view", "purchase" },
    { "page visit", "signup" },
    { "signup", "subscription start" },
    { "trial start", "subscription start" },
    { "signup", "purchase" },
};


static json_t *mz_pl_guess_active(mz_pl_t *pl, bool is_compared);
static json_t *mz_pl_ask_broad(mz_pl_t *pl);
static json_t *mz_pl_ask_churn(mz_pl_t *pl);
static json_t *mz_pl_ask_measure(mz_pl_t *pl);
static json_t *mz_pl_ask_reference(mz_pl_t *pl);
static bool mz_pl_is_open(const mz_pl_t *pl, const mz_pl_rule_t *rule);


json_t *
mz_pl_ask_back(mz_pl_t *pl)
{
    mz_pl_match_t        m;
    const mz_pl_rule_t  *rule;

    rule = mz_pl_find_in(pl, mz_pl_open_rules, 0, &m);

    if (rule != NULL && mz_pl_is_open(pl, rule)) {
        switch (rule->what) {

        case MZ_PL_Q_BROAD:
            return mz_pl_ask_broad(pl);

        case MZ_PL_Q_CHURN:
            return mz_pl_ask_churn(pl);

        default:
            return mz_pl_ask_measure(pl);
        }
    }

    if (mz_pl_has_in(pl, mz_pl_reference_cues, NULL)
        && mz_pl_next_item(pl, MZ_PL_EVENT, 0) == MZ_PL_NONE
        && pl->slot.measure == NULL && !pl->slot.has_users
        && !pl->slot.has_any_event
        && mz_pl_cue_kind(pl) == MZ_PL_KIND_NONE)
    {
        return mz_pl_ask_reference(pl);
    }

    return NULL;
}


json_t *
mz_pl_ask_steps(mz_pl_t *pl)
{
    size_t                     i;
    json_t                    *options, *guess, *steps;
    const mz_catalog_event_t  *from, *to;

    options = mz_pl_array(pl);
    guess = NULL;

    for (i = 0; i < MZ_ARRAY_LEN(mz_pl_usual_funnels); i++) {
        from = mz_pl_event_named(pl, mz_pl_usual_funnels[i].from);
        to = mz_pl_event_named(pl, mz_pl_usual_funnels[i].to);

        if (from == NULL || to == NULL || from == to) {
            continue;
        }

        mz_pl_option(pl, options, "%.*s -> %.*s", (int) from->name.len,
                     from->name.data, (int) to->name.len, to->name.data);

        if (guess != NULL) {
            continue;
        }

        guess = mz_pl_new_spec(pl, "funnel");
        steps = mz_pl_array(pl);
        mz_pl_push(pl, steps, mz_pl_event_ref(pl, from));
        mz_pl_push(pl, steps, mz_pl_event_ref(pl, to));
        mz_pl_set(pl, guess, "steps", steps);
        mz_pl_set(pl, guess, "window", mz_pl_window(pl, 7, MZ_UNIT_DAY));
        mz_pl_set_c(pl, guess, "order", "ordered");
        mz_pl_set_c(pl, guess, "measure", "conversion");
        mz_pl_set_c(pl, guess, "grain", mz_pl_grain_name(pl->slot.grain));
        mz_pl_put_range(pl, guess, 30, MZ_UNIT_DAY);
        mz_pl_put_breakdown(pl, guess, from);
    }

    if (json_array_size(options) == 0) {
        mz_pl_option(pl, options, "name the steps, for example: conversion "
                     "from one event to another");
    }

    return mz_pl_clarify(pl, "missing_steps", options, guess);
}


/* An open question is none once it says what to count. */

static bool
mz_pl_is_open(const mz_pl_t *pl, const mz_pl_rule_t *rule)
{
    bool  has_event;

    has_event = mz_pl_next_item(pl, MZ_PL_EVENT, 0) != MZ_PL_NONE;

    if (rule->what == MZ_PL_Q_BROAD) {
        return !has_event && pl->slot.measure == NULL
               && !pl->slot.has_any_event;
    }

    if (rule->what == MZ_PL_Q_CHURN) {
        return !(has_event && mz_pl_has(pl, (const char *const []) {
                     "after|who|that|which|week|month|day" }, 1, NULL)
                 && mz_pl_has(pl, (const char *const []) { "after|who" }, 1,
                              NULL));
    }

    return (rule->arg == 0 || !has_event)
           && (pl->slot.measure == NULL || rule->arg == 0)
           && !pl->slot.has_count;
}


static json_t *
mz_pl_ask_broad(mz_pl_t *pl)
{
    json_t                    *options;
    const mz_catalog_event_t  *ev;

    options = mz_pl_array(pl);
    mz_pl_option(pl, options, "daily active users");

    ev = mz_pl_signup(pl);
    if (ev != NULL) {
        mz_pl_option(pl, options, "%.*s per day", (int) ev->name.len,
                     ev->name.data);
    }

    ev = NULL;
    if (mz_pl_money(pl, &ev) != NULL) {
        mz_pl_option(pl, options, "revenue");
        mz_pl_option(pl, options, "conversion to %.*s", (int) ev->name.len,
                     ev->name.data);
    }

    return mz_pl_clarify(pl, "too_broad", options,
                         mz_pl_guess_active(pl, true));
}


static json_t *
mz_pl_ask_churn(mz_pl_t *pl)
{
    json_t                    *options, *guess, *formula;
    const mz_catalog_event_t  *cancel, *base[2];

    options = mz_pl_array(pl);
    guess = NULL;

    cancel = mz_pl_event_named(pl, "subscription cancel");
    base[0] = mz_pl_event_named(pl, "subscription start");
    base[1] = mz_pl_event_named(pl, "subscription renew");

    if (cancel != NULL && base[0] != NULL && cancel != base[0]) {
        mz_pl_option(pl, options, "users with %.*s / users with %.*s%s%.*s",
                     (int) cancel->name.len, cancel->name.data,
                     (int) base[0]->name.len, base[0]->name.data,
                     base[1] != NULL ? " or " : "",
                     base[1] != NULL ? (int) base[1]->name.len : 0,
                     base[1] != NULL ? base[1]->name.data : "");

        formula = mz_pl_keep(pl, json_object());
        mz_pl_set_c(pl, formula, "op", "ratio");
        mz_pl_set(pl, formula, "a", mz_pl_part(pl, &cancel, 1,
                  mz_pl_measure(pl, "users", NULL), NULL));
        mz_pl_set(pl, formula, "b", mz_pl_part(pl, base,
                  base[1] != NULL && base[1] != base[0] ? 2 : 1,
                  mz_pl_measure(pl, "users", NULL), NULL));

        guess = mz_pl_new_spec(pl, "segmentation");
        mz_pl_set(pl, guess, "formula", formula);
        mz_pl_set_c(pl, guess, "grain", mz_pl_grain_name(pl->slot.grain));
        mz_pl_put_range(pl, guess, 12, MZ_UNIT_MONTH);
        mz_pl_put_breakdown(pl, guess, cancel);
    }

    mz_pl_option(pl, options, "users without any event for 30 days");
    mz_pl_option(pl, options, "share of new users who never come back");

    return mz_pl_clarify(pl, "ambiguous_measure", options, guess);
}


static json_t *
mz_pl_ask_measure(mz_pl_t *pl)
{
    json_t                    *options;
    const mz_catalog_event_t  *ev;

    options = mz_pl_array(pl);
    mz_pl_option(pl, options, "active users");
    mz_pl_option(pl, options, "events per user");

    ev = NULL;
    if (mz_pl_money(pl, &ev) != NULL) {
        mz_pl_option(pl, options, "revenue");
        mz_pl_option(pl, options, "revenue per user");
    }

    return mz_pl_clarify(pl, "ambiguous_measure", options,
                         mz_pl_guess_active(pl, false));
}


json_t *
mz_pl_ask_rate(mz_pl_t *pl, const mz_catalog_event_t *ev)
{
    json_t                    *options, *guess, *formula, *m;
    const mz_catalog_event_t  *any;

    any = NULL;
    options = mz_pl_array(pl);
    mz_pl_option(pl, options, "users with %.*s / active users",
                 (int) ev->name.len, ev->name.data);
    mz_pl_option(pl, options, "%.*s events / another event (say which)",
                 (int) ev->name.len, ev->name.data);
    mz_pl_option(pl, options, "conversion from another event to %.*s",
                 (int) ev->name.len, ev->name.data);

    m = mz_pl_measure(pl, "users", NULL);
    formula = mz_pl_keep(pl, json_object());
    mz_pl_set_c(pl, formula, "op", "ratio");
    mz_pl_set(pl, formula, "a", mz_pl_part(pl, &ev, 1, m, NULL));
    mz_pl_set(pl, formula, "b", mz_pl_part(pl, &any, 1, m, NULL));

    guess = mz_pl_new_spec(pl, "segmentation");
    mz_pl_set(pl, guess, "formula", formula);
    mz_pl_set_c(pl, guess, "grain", mz_pl_grain_name(pl->slot.grain));
    mz_pl_put_range(pl, guess, 30, MZ_UNIT_DAY);
    mz_pl_put_breakdown(pl, guess, NULL);

    return mz_pl_clarify(pl, "ambiguous_measure", options, guess);
}


static json_t *
mz_pl_ask_reference(mz_pl_t *pl)
{
    json_t  *options;

    options = mz_pl_array(pl);
    mz_pl_option(pl, options, "which analysis or value do you mean? There "
                 "is no answer before this one to go on from");

    return mz_pl_clarify(pl, "missing_reference", options, NULL);
}


static json_t *
mz_pl_guess_active(mz_pl_t *pl, bool is_compared)
{
    json_t  *guess, *events;

    guess = mz_pl_new_spec(pl, "segmentation");
    events = mz_pl_array(pl);
    mz_pl_push_text(pl, events, mz_str("*"));

    mz_pl_set(pl, guess, "events", events);
    mz_pl_set(pl, guess, "measure", mz_pl_measure(pl, "users", NULL));
    mz_pl_set_c(pl, guess, "grain", is_compared ? "day" : "total");
    mz_pl_put_range(pl, guess, 30, MZ_UNIT_DAY);
    mz_pl_put_breakdown(pl, guess, NULL);

    if (is_compared) {
        mz_pl_set(pl, guess, "compare", mz_pl_keep(pl, json_pack("{s:s}",
                  "to", "previous_period")));
    }

    return guess;
}
