
#include "agent/plan/planner_build.h"
#include "agent/plan/planner_words.h"


typedef struct {
    const char  *pattern;
    const char  *reason;
} mz_pl_refusal_t;

/* What is not done whatever the catalog has. */

static const mz_pl_refusal_t  mz_pl_refusals[] = {
    { "email|mail address|addresses", "pii" },
    { "emails|phones of|for", "pii" },
    { "phone|telephone|mobile|cell number|numbers", "pii" },
    { "names|name|addresses|address of .. users|user|customers|customer|"
      "people|buyers", "pii" },
    { "full|real|first|last|family|sur name|names", "pii" },
    { "home|postal|street|ip|billing|shipping|mailing address|addresses",
      "pii" },
    { "credit? card|account number|numbers", "pii" },
    { "card details", "pii" },
    { "password|passwords|ssn|passport|birthday|birthdays|birthdate|iban|"
      "surname|surnames", "pii" },
    { "social security", "pii" },
    { "date of birth", "pii" },
    { "who is user|customer", "pii" },
    { "contact|personal details|data|info|information", "pii" },

    { "%^ please? delete|erase|purge|truncate|insert|rename|alter|wipe|"
      "overwrite|anonymize|anonymise", "write_operation" },
    { "%^ please? merge|grant|revoke|ban|block|refund .. user|users|order|"
      "orders|customer|customers|account|accounts|everyone|them|access",
      "write_operation" },
    { "please|you|to|and|then delete|erase|purge|truncate|rename|wipe|"
      "anonymize|overwrite", "write_operation" },
    { "drop table|column|database|event|events|users", "write_operation" },
    { "remove|clear all? test? users|user|rows|records|data|events|table|"
      "duplicates|accounts|bots|property from|in|of|$|where|with",
      "write_operation" },
    { "%^ please? update|set|change|modify|edit|fix|correct .. to|in|for|"
      "from|values|value|records|rows|table|data|property|plan|price",
      "write_operation" },
    { "%^ please? add|create|insert|write|register|define|track new|a|an "
      "user|users|event|row|rows|record|property|column|table|tracking|"
      "campaign|coupon|account", "write_operation" },
    { "%^ please? create|insert|write .. into|in table|database|warehouse",
      "write_operation" },
    { "send|notify .. users|customers|everyone|them|people|team|me|him|her|"
      "all", "write_operation" },
    { "%^ please? email|message|mail|text .. users|customers|everyone|them|"
      "people|team|me|him|her|all", "write_operation" },
    { "give|grant|assign|upgrade|downgrade|cancel|refund .. "
      "user|users|customer|customers|account|them .. discount|coupon|plan|"
      "access|credit|to|order|subscription", "write_operation" },
    { "import|upload|ingest|load data|events|file|csv|rows",
      "write_operation" },
    { "mark .. as", "write_operation" },

    { "~forecast|~predict|projection|projections|project|extrapolate",
      "forecast" },
    { "what|how|will|when .. will|shall be|we|users|revenue|they|it|"
      "people|our|the|i|sales|purchases|signups|customers|%E|happen",
      "forecast" },
    { "will|shall|gonna .. next|tomorrow|by|in|future|sign|buy|grow|reach",
      "forecast" },
    { "expected|expect|estimate|anticipate|projected .. next|tomorrow|"
      "future|upcoming|coming", "forecast" },
    { "going to be|have|grow|reach|sign|buy|purchase|drop|increase",
      "forecast" },
    { "likely|likelihood|probability|chance|chances to|of|that|will",
      "forecast" },
    { "by end of this|the|next year|quarter|month", "forecast" },

    { "did|does|do|has|have|is|are .. ~caus|because|due", "causal" },
    { "what|whats|the|any|causal|an impact|effect|influence|uplift of|does|"
      "did|do|has|have|on|from|that", "causal" },
    { "did|does|do|has|have|will|would .. "
      "~affect|~impact|~influenc|~boost|~caus|help|helped|hurt|hurts|"
      "improve|improved|increase|increased|reduce|reduced|drive|drove|"
      "raise|raised", "causal" },
    { "what would|happens|happen .. if", "causal" },
    { "what if", "causal" },
    { "would .. if", "causal" },
    { "if we|i|you had|raise|raised|lower|lowered|change|changed|remove|"
      "removed|add|added|cut|increase|increased|double|doubled|drop",
      "causal" },
    { "because of|we|the|our", "causal" },
    { "attributable|attribute|thanks|due|credited to", "causal" },

    { "weather|joke|jokes|poem|recipe|lyrics|bitcoin|football|translate|"
      "horoscope|song|movie|president|haiku|story", "out_of_scope" },
    { "stock|share price|prices of?", "out_of_scope" },
    { "capital of|city", "out_of_scope" },
    { "write|debug|fix|explain|generate code|python|javascript|sql|script|"
      "function|query|program|essay|blog|press|post", "out_of_scope" },
    { "run|execute|select sql|query|*|statement", "out_of_scope" },
    { "alert|alerts|remind|reminder|schedule|subscribe me|when|if|every|"
      "this|us", "out_of_scope" },
    { "competitor|competitors|competition|rivals|benchmark|benchmarks",
      "no_such_data" },
};

/* Things people ask for that events seldom hold; only when unknown. */

static const mz_pl_refusal_t  mz_pl_absent[] = {
    { "nps|csat|ces", "no_such_data" },
    { "standard deviation|deviations|error", "no_such_data" },
    { "stddev|stdev|variance|~correl|skew|skewness|kurtosis|regression|"
      "outlier|outliers", "no_such_data" },
    { "statistically? significant|significance", "no_such_data" },
    { "net ~revenu|sales|income|earnings|mrr|amount", "no_such_data" },
    { "~revenu|sales|mrr minus|less|net|after of? %E", "no_such_data" },
    { "~revenu|sales|~order|~purchas|spend from|of|by "
      "returning|existing|repeat|old|loyal customers|users|buyers|shoppers",
      "no_such_property" },
    { "new|returning|existing|repeat|old and|versus|or|&|/|to "
      "new|returning|existing|repeat|old|recurring", "no_such_property" },
    { "click|clicks through|thru rate?", "no_such_data" },
    { "# years|year old", "no_such_property" },
    { "older|younger than #", "no_such_property" },
    { "aged", "no_such_property" },
    { "satisfaction|satisfied|happiness|happy|sentiment|unhappy",
      "no_such_data" },
    { "profit|profits|profitability|margin|margins|cogs|ebitda|burn",
      "no_such_data" },
    { "cac|roas|roi|cpc|cpm|cpa|cpl|ctr", "no_such_data" },
    { "~acquisit cost|costs", "no_such_data" },
    { "ad|ads|marketing|advertising|media spend|cost|costs|budget|"
      "impressions|clicks", "no_such_data" },
    { "impressions|reach $", "no_such_data" },
    { "inventory|stock|warehouse|supplier|suppliers|shipping|deliveries|"
      "delivery", "no_such_data" },
    { "employees|salary|salaries|headcount|payroll|hires", "no_such_data" },
    { "market share|size", "no_such_data" },
    { "bounce rate|rates", "no_such_data" },
    { "bounces", "no_such_data" },
    { "session|sessions|visit duration|length|time|lengths", "no_such_data" },
    { "time spent|on site|page|app", "no_such_data" },
    { "scroll depth|depths", "no_such_data" },
    { "cost|costs|expenses", "no_such_data" },
    { "survey|surveys|feedback", "no_such_data" },
    { "page rank|speed score", "no_such_data" },
    { "experiment|variant|a / b|ab test|split", "no_such_property" },
    { "ad creative|creatives|group|groups|set|sets|copy",
      "no_such_property" },
    { "creative|creatives", "no_such_property" },
    { "age|ages|gender|genders|sex|income|education|occupation|language|"
      "languages|city|cities|zip|region|regions|ethnicity|religion|"
      "nationality|marital|company|companies|industry|industries|keyword|"
      "keywords|state|states|brand|brands|size|sizes|color|colors|colour|"
      "colours|sku|manufacturer|screen|resolution|carrier|persona|"
      "timezone|seller|vendor|store|stores|team|teams|department",
      "no_such_property" },
    { "male|female|men|women|teenagers|teens|adults|seniors|millennials|"
      "students", "no_such_property" },
    { "uninstall|uninstalls|uninstalled|install|installs|installed|"
      "download|downloads|downloaded|crash|crashes|crashed|push|"
      "notification|notifications|review|reviews|reviewed|wishlist|"
      "wishlists|like|likes|liked|comment|comments|commented|shared|"
      "shares|video|videos|click|clicks|clicked|~watch|call|calls|chat|"
      "chats|follow|followers|rated|rating|ratings|upgrade|upgrades|"
      "upgraded|downgrade|downgrades|downgraded|pause|paused|logout|"
      "logouts|onboarding|tutorial|webinar|demo|demos|meetings",
      "no_such_event" },
};

/* Where an unknown word cannot be passed over. */

static const mz_pl_refusal_t  mz_pl_heads[] = {
    { "average|median|mean|sum|maximum|minimum|typical %W",
      "no_such_property" },
    { "%E from|via|through|on %W", "no_such_property" },
    { "%W users|customers|people|buyers|visitors|accounts|members",
      "no_such_property" },
    { "users|people|customers|accounts have|has|had|with|are|were .. %W",
      "no_such_property" },
    { "total|amount|sum of? %W given|paid|spent|granted|earned|used|per|by",
      "no_such_property" },
    { "how much %W", "no_such_data" },
    { "how many|number|count|total|volume|amount of? %W", "no_such_event" },
    { "how many|number users|people|customers of? %W", "no_such_event" },
    { "who|that %W", "no_such_event" },
    { "from %W to|->|>|then|until", "no_such_event" },
    { "to|then|->|>|between|after|before|into %W", "no_such_event" },
    { "%W rate|rates|score|funnel|conversion|retention|events|event",
      "no_such_event" },
    { "for|with|using|via|in|from|on|where|only %W", "no_such_property" },
};


static bool mz_pl_is_free(const mz_pl_t *pl, size_t end);
static bool mz_pl_is_part_free(const mz_pl_t *pl, size_t first, size_t end);
static bool mz_pl_is_torn(const mz_pl_t *pl, size_t a, size_t b);
static bool mz_pl_is_unknown(const mz_pl_t *pl, size_t i);
static bool mz_pl_refusal_blocked(mz_pl_t *pl, const mz_pl_refusal_t *r,
    const mz_pl_match_t *m);


json_t *
mz_pl_refuse(mz_pl_t *pl)
{
    size_t         i, k;
    mz_pl_match_t  m;

    if (pl->slot.is_reversed) {
        return mz_pl_unsupported(pl, "contradiction", NULL);
    }

    for (k = 0; k < MZ_ARRAY_LEN(mz_pl_refusals); k++) {
        for (i = 0; i < pl->ntok; i++) {
            if (mz_pl_match(pl, mz_pl_refusals[k].pattern, i, &m)
                && !mz_pl_refusal_blocked(pl, &mz_pl_refusals[k], &m))
            {
                return mz_pl_unsupported(pl, mz_pl_refusals[k].reason, NULL);
            }
        }
    }

    if (pl->slot.has_future) {
        return mz_pl_unsupported(pl, "forecast", NULL);
    }

    for (k = 0; k < MZ_ARRAY_LEN(mz_pl_absent); k++) {
        for (i = 0; i < pl->ntok; i++) {
            if (mz_pl_match(pl, mz_pl_absent[k].pattern, i, &m)
                && (mz_pl_is_free(pl, m.end)
                    || mz_pl_is_part_free(pl, m.first, m.end)
                    || mz_pl_is_torn(pl, m.first, m.end - 1)))
            {
                mz_pl_add_missing(pl, mz_pl_absent[k].reason, m.first,
                                  m.end);
                return mz_pl_refuse_missing(pl);
            }
        }
    }

    return mz_pl_refuse_missing(pl);
}


json_t *
mz_pl_refuse_missing(mz_pl_t *pl)
{
    size_t         i, k;
    mz_pl_match_t  m;

    if (pl->slot.missing_reason != NULL) {
        return mz_pl_unsupported(pl, pl->slot.missing_reason,
                                 pl->slot.missing);
    }

    for (k = 0; k < MZ_ARRAY_LEN(mz_pl_heads); k++) {
        for (i = 0; i < pl->ntok; i++) {
            if (mz_pl_match(pl, mz_pl_heads[k].pattern, i, &m)
                && mz_pl_is_unknown(pl, m.tok[m.ntok - 1]))
            {
                i = m.tok[m.ntok - 1];
                mz_pl_add_missing(pl, mz_pl_heads[k].reason, i, i + 1);
                return mz_pl_unsupported(pl, pl->slot.missing_reason,
                                         pl->slot.missing);
            }
        }
    }

    return NULL;
}


json_t *
mz_pl_unsupported(mz_pl_t *pl, const char *reason, json_t *missing)
{
    json_t  *spec, *suggest;

    spec = mz_pl_new_spec(pl, "unsupported");
    mz_pl_set_c(pl, spec, "reason", reason);

    if (json_array_size(missing) != 0) {
        mz_pl_set(pl, spec, "missing", missing);
    }

    suggest = mz_pl_suggest(pl, reason, missing);
    if (json_array_size(suggest) != 0) {
        mz_pl_set(pl, spec, "suggest", suggest);
    }

    return spec;
}


json_t *
mz_pl_clarify(mz_pl_t *pl, const char *reason, json_t *options,
    json_t *guess)
{
    json_t  *spec;

    spec = mz_pl_new_spec(pl, "clarify");
    mz_pl_set_c(pl, spec, "reason", reason);
    mz_pl_set(pl, spec, "options", options);

    if (guess != NULL) {
        mz_pl_set(pl, spec, "best_guess", guess);
    }

    return spec;
}


json_t *
mz_pl_option(mz_pl_t *pl, json_t *options, const char *fmt, ...)
{
    char     text[MZ_ERR_MAX];
    va_list  args;

    va_start(args, fmt);
    (void) vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    mz_pl_push_text(pl, options, mz_str_from(text));

    return options;
}


/* Nothing of the catalog in it: out of scope, or too open. */

json_t *
mz_pl_no_match(mz_pl_t *pl)
{
    size_t   i;
    json_t  *options;

    if (pl->slot.missing_reason != NULL) {
        return mz_pl_unsupported(pl, pl->slot.missing_reason,
                                 pl->slot.missing);
    }

    for (i = 0; i < pl->ntok; i++) {
        if (mz_pl_is_unknown(pl, i)) {
            mz_pl_add_missing(pl, "no_such_event", i, i + 1);
        }
    }

    if (json_array_size(pl->slot.missing) != 0) {
        return mz_pl_unsupported(pl, pl->slot.has_count
                                     ? "no_such_event" : "out_of_scope",
                                 pl->slot.missing);
    }

    options = mz_pl_array(pl);
    mz_pl_option(pl, options, "active users per day");
    mz_pl_option(pl, options, "the number of times an event happened");
    mz_pl_option(pl, options, "conversion from one event to another");

    return mz_pl_clarify(pl, "too_broad", options, NULL);
}


/* The last token, which says what is meant, is no name of the catalog. */

static bool
mz_pl_is_free(const mz_pl_t *pl, size_t end)
{
    return !pl->tok[end - 1].is_used && !pl->tok[end - 1].is_known
           && !pl->tok[end - 1].is_taken
           && pl->tok[end - 1].item == MZ_PL_NONE;
}


/* A word of it that says something is no name of the catalog. */

static bool
mz_pl_is_part_free(const mz_pl_t *pl, size_t first, size_t end)
{
    for ( /* void */ ; first < end; first++) {
        if (pl->tok[first].kind == MZ_PL_WORD
            && mz_pl_is_free(pl, first + 1)
            && !mz_pl_is_filler(pl->tok[first].text))
        {
            return true;
        }
    }

    return false;
}


/*
 * "session duration" of a catalog with a session_id and a duration_s: no
 * property is both.
 */

static bool
mz_pl_is_torn(const mz_pl_t *pl, size_t a, size_t b)
{
    const mz_pl_item_t  *x, *y;

    if (a == b || pl->tok[a].item == MZ_PL_NONE
        || pl->tok[b].item == MZ_PL_NONE)
    {
        return false;
    }

    x = &pl->item[pl->tok[a].item];
    y = &pl->item[pl->tok[b].item];

    return x != y && x->kind == MZ_PL_PROPERTY
           && y->kind == MZ_PL_PROPERTY;
}


static bool
mz_pl_is_unknown(const mz_pl_t *pl, size_t i)
{
    const mz_pl_token_t  *t;

    t = &pl->tok[i];

    return t->kind == MZ_PL_WORD && !t->is_common && !t->is_known
           && !t->is_used
           && !t->is_taken && !t->is_quoted && t->item == MZ_PL_NONE
           && t->text.len > 1;
}


static bool
mz_pl_refusal_blocked(mz_pl_t *pl, const mz_pl_refusal_t *r,
    const mz_pl_match_t *m)
{
    size_t        i;
    mz_pl_kind_t  kind;

    kind = mz_pl_cue_kind(pl);

    if (strcmp(r->reason, "causal") == 0) {
        if (kind == MZ_PL_KIND_PLAN) {
            return true;
        }

        /* "because of missing features": a value of a reason */

        for (i = m->first; i < m->end + 2 && i < pl->ntok; i++) {
            if (mz_pl_is(pl, m->first, "because")
                && pl->tok[i].item != MZ_PL_NONE
                && pl->item[pl->tok[i].item].kind == MZ_PL_VALUE)
            {
                return true;
            }
        }
    }

    if (strcmp(r->reason, "out_of_scope") == 0
        || strcmp(r->reason, "no_such_data") == 0)
    {
        return !mz_pl_is_free(pl, m->end);
    }

    if (strcmp(r->reason, "pii") == 0) {
        return false;
    }

    /* "remove from cart" is an event, "will" is no forecast in a name */

    for (i = m->first; i < m->end; i++) {
        if (pl->tok[i].item != MZ_PL_NONE && i == m->first
            && pl->item[pl->tok[i].item].kind == MZ_PL_EVENT
            && pl->item[pl->tok[i].item].ntok > 1)
        {
            return true;
        }
    }

    return kind == MZ_PL_KIND_RETENTION
           && strcmp(r->reason, "forecast") == 0
           && !mz_pl_has(pl, (const char *const []) {
                             "~forecast|~predict|will" }, 1, NULL);
}
