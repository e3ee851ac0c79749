
#include "agent/plan/planner_build.h"
#include "agent/plan/planner_lexicon.h"


#define MZ_PL_LOOKUP_MAX  1000

typedef struct {
    const char  *pattern;
    const char  *what;
} mz_pl_look_rule_t;

/* Questions about the catalog; the first that matches decides. */

static const mz_pl_look_rule_t  mz_pl_look_rules[] = {
    { "from|since when .. data|tracking|events|records|history", "range" },
    { "how far|long back .. data|events|records|go|history", "range" },
    { "how far back", "range" },
    { "what|which date|time|data range|period|span|window|timeframe|dates "
      ".. data|events|cover|covers|covered|have|available|we", "range" },
    { "earliest|oldest|newest|latest|first|last|recent event|data|record|"
      "row|day|date|point|events|entry .. have|data|available|recorded|"
      "tracked|is|was|in|we|$", "range" },
    { "how fresh|recent|current|old|uptodate .. data", "range" },
    { "when did|does|do data|tracking|events|records|we .. "
      "start|begin|end|starts|first|tracking|stop", "range" },
    { "date|time|data range of|in|for? data|events|dataset", "range" },
    { "is|are there any|an|some|a|such? event|events|data|tracking|"
      "something|anything .. about|for|on|related|relating|regarding|"
      "concerning|that|like|with|called|named|to|of|when", "search" },
    { "do we have .. event|events|data|tracking|information|info about|for|"
      "on|regarding|that|related|of", "search" },
    { "which|what events|event|data relate|related|about|have|has|deal|"
      "concern|mention|contain|cover|for|regarding|involve|concerning",
      "search" },
    { "which|what events|event is|are|has|have about|related|relating|for|"
      "concerning|on|connected|around|to", "search" },
    { "search|find|look events|event|catalog for|about|related|with",
      "search" },
    { "search|find event|events", "search" },

    { "values|options|choices .. of|for|can|does|in|are|has|have|take|"
      "there .. %P", "values" },
    { "possible|distinct|different|allowed|all|available|unique|known "
      "values .. %P", "values" },
    { "%P values|options", "values" },
    { "%P have|has|take|takes which|what values", "values" },
    { "values %P", "values" },
    { "what|which values .. %P", "values" },
    { "what|which %P .. exist|exists|there|available|offered|supported",
      "values" },
    { "what|which %P do|does|can|have we|you|they|our|users|it "
      "have|offer|support|track|use|see|sell|take|be", "values" },
    { "what are|is possible|all|different|available %P", "values" },
    { "what are|were? %P $", "values" },
    { "list|show|give|enumerate me? all|every|distinct|unique|available|"
      "possible|different %P $", "values" },
    { "list|enumerate %P $", "values" },
    { "what can %P be", "values" },

    { "what|which|list|show|all properties|property|attributes|attribute|"
      "fields|field|columns|column|dimensions|parameters|params|metadata",
      "properties" },
    { "properties|attributes|fields|columns|dimensions|parameters|schema "
      "of|for|on|does|are|do|has|in|available|exist|we", "properties" },
    { "how can|could|may i|we|you "
      "break|split|segment|filter|group|slice", "properties" },
    { "what can|could i|we|you break|split|segment|filter|group|slice",
      "properties" },
    { "%E properties|attributes|fields|columns|schema", "properties" },
    { "what do we know about %E", "describe" },

    { "explain|describe|define what? is|does|an? event? %E|%P", "describe" },
    { "when was|is|did|were last|first|latest|most? recent? %E", "describe" },
    { "definition|meaning|description of event? %E|%P", "describe" },
    { "what do|does .. %P .. look like", "values" },
    { "what does event? %E|%P event|property? ~mean|stand|represent|"
      "measure|signify|track|capture|describe|contain", "describe" },
    { "what is meant by %E|%P", "describe" },
    { "tell me|us more? about event? %E|%P event|property? $|?|.|and",
      "describe" },
    { "what is|are event? %E|%P event|property? $", "describe" },
    { "when does|is event? %E event? ~fire|trigger|triggered|sent|fired|"
      "recorded|logged", "describe" },
    { "how often does event? %E event? ~fire|trigger|occur|happen",
      "describe" },
    { "how is event? %E|%P defined|calculated|tracked", "describe" },

    { "what|which|list|show|all|available|every all? events|event do|are|"
      "can|does|is|have we|you|i|they|there|tracked|available|collected|"
      "recorded|logged|captured|in|exist|being|stored|called|named",
      "events" },
    { "what|which events|event types|names|kinds", "events" },
    { "what|which|list types|kinds|sorts of events|event|data|actions",
      "events" },
    { "list|show|give|name|print|enumerate|see|view me|us? all|every|"
      "available|tracked|possible|known|our? events|event $", "events" },
    { "list|show|give me|us? events|event names|list|types|catalog|we|that|"
      "you|tracked|available", "events" },
    { "events|event exist|available|list|catalog|catalogue|dictionary|"
      "names|taxonomy|types", "events" },
    { "what|which .. events .. tracked|available|exist|recorded|collected|"
      "have|logged|track|record|collect|log|capture", "events" },
    { "what|which do|are|does we|you|tracking|our app|product? "
      "~track|track|collect|record|log|measure|capture|tracking", "events" },
    { "what|which|how|much kind|type|sort? of? data do|is|are|does "
      "we|you|there|available|i|our", "events" },
    { "what can|could|should i|we|one|you ask|query|analyze|analyse|know",
      "events" },
    { "what is tracked|available|recorded|being|in tracked? data|catalog?",
      "events" },
    { "data catalog|dictionary", "events" },

    { "do|does|can|are we|you|they|it|i also? "
      "track|tracking|record|recording|collect|collecting|log|logging|"
      "capture|capturing|measure|measuring|store|tracked", "search" },
    { "do|does we|you|they know about|anything|of", "search" },
    { "do we have|got an|any event|events|tracking|data", "search" },
    { "is|are .. tracked|recorded|logged|captured|collected|measured",
      "search" },
    { "anything|something about|on|for|related|regarding", "search" },
};

/* Words that keep a catalog rule from applying. */

static const char *const  mz_pl_not_look[] = {
    "most|least|top|highest|lowest|popular|fewest|often|common|frequent|"
    "best|worst|biggest|before|after|next|per|convert|retention|lead|leads",
};

static const mz_pl_look_rule_t  mz_pl_user_rules[] = {
    { "user|customer|account|visitor|person|member|uid|userid id|with|"
      "number|#|called|named? id|=|:|#|is? =|:|is? %W", NULL },
    { "user id = %W", NULL },
    { "id %W $", NULL },
    { "%W", NULL },
};

static const char  mz_pl_look_common[] =
    "any event events data about for is are there related track tracking "
    "record we do of or and to our";


static bool mz_pl_is_user_id(const mz_pl_token_t *t);
static bool mz_pl_is_bare_id(const mz_pl_token_t *t);
static json_t *mz_pl_hits(mz_pl_t *pl);
static void mz_pl_put_subject(mz_pl_t *pl, json_t *spec, const char *what);


const char *
mz_pl_discovery_what(mz_pl_t *pl, mz_pl_match_t *m)
{
    size_t         i, k;
    mz_pl_match_t  local;

    m = m != NULL ? m : &local;

    for (k = 0; k < MZ_ARRAY_LEN(mz_pl_look_rules); k++) {
        for (i = 0; i < pl->ntok; i++) {
            if (!mz_pl_match(pl, mz_pl_look_rules[k].pattern, i, m)) {
                continue;
            }

            if (strcmp(mz_pl_look_rules[k].what, "describe") != 0
                && strcmp(mz_pl_look_rules[k].what, "range") != 0
                && strcmp(mz_pl_look_rules[k].what, "search") != 0
                && mz_pl_has_in(pl, mz_pl_not_look, NULL))
            {
                continue;
            }

            return mz_pl_look_rules[k].what;
        }
    }

    return NULL;
}


json_t *
mz_pl_build_discovery(mz_pl_t *pl)
{
    json_t         *spec;
    const char     *what;
    mz_pl_match_t   m;

    what = mz_pl_discovery_what(pl, &m);

    spec = mz_pl_new_spec(pl, "discovery");
    mz_pl_set_c(pl, spec, "what", what);

    if (strcmp(what, "search") == 0) {
        mz_pl_set(pl, spec, "hits", mz_pl_hits(pl));
    } else {
        mz_pl_put_subject(pl, spec, what);
    }

    return spec;
}


bool
mz_pl_lookup_user(mz_pl_t *pl, mz_str_t *user)
{
    size_t         i, k, at, end;
    mz_pl_match_t  m;

    for (i = 0; i < pl->ntok; i++) {
        for (k = 0; k < MZ_ARRAY_LEN(mz_pl_user_rules); k++) {
            if (!mz_pl_match(pl, mz_pl_user_rules[k].pattern, i, &m)
                || !(m.end == i + 1 ? mz_pl_is_bare_id(&pl->tok[i])
                     : mz_pl_is_user_id(&pl->tok[m.tok[0]])))
            {
                continue;
            }

            at = m.tok[0];
            for (end = at + 1; end < pl->ntok && pl->tok[end].is_glued
                 && pl->tok[end].kind != MZ_PL_PUNCT; end++)
            {
                /* void */
            }

            if (user != NULL) {
                *user = mz_pl_raw(pl, at, end);
            }

            mz_pl_use(pl, at, end);

            return true;
        }
    }

    return false;
}


json_t *
mz_pl_build_lookup(mz_pl_t *pl)
{
    size_t               i;
    double               n;
    json_t              *spec, *events, *filters;
    mz_str_t             user;
    mz_pl_match_t        m;
    static const char *const  limits[] = {
        "last|latest|recent|newest|first|top|most # %W", "# last|latest|"
        "recent|newest|most %W",
    };
    static const char *const  one[] = {
        "last|latest|newest event|action|thing|activity|time|%E", "when .. "
        "last",
    };

    if (!mz_pl_lookup_user(pl, &user)) {
        return mz_pl_no_match(pl);
    }

    spec = mz_pl_new_spec(pl, "lookup");
    mz_pl_set_text(pl, spec, "user", user);

    events = mz_pl_array(pl);
    for (i = mz_pl_next_item(pl, MZ_PL_EVENT, 0); i != MZ_PL_NONE;
         i = mz_pl_next_item(pl, MZ_PL_EVENT, i + 1))
    {
        if (!mz_pl_array_has(events, pl->item[i].event->name)) {
            mz_pl_push_text(pl, events, pl->item[i].event->name);
        }
    }

    if (json_array_size(events) != 0) {
        mz_pl_set(pl, spec, "events", events);
    }

    filters = mz_pl_array(pl);
    i = mz_pl_next_item(pl, MZ_PL_EVENT, 0);
    mz_pl_filters_of(pl, i != MZ_PL_NONE ? pl->item[i].event : NULL,
                     filters);
    if (json_array_size(filters) != 0) {
        mz_pl_set(pl, spec, "filters", filters);
    }

    n = 0;
    if (mz_pl_has_in(pl, limits, &m) && !pl->tok[m.first].is_taken) {
        n = m.num[0];
    } else if (mz_pl_has_in(pl, one, NULL)) {
        n = 1;
    }

    if (n >= 1 && n <= MZ_PL_LOOKUP_MAX) {
        mz_pl_set(pl, spec, "limit", mz_pl_number(pl, n));
    }

    mz_pl_put_range(pl, spec, 0, MZ_UNIT_DAY);

    return spec;
}


/* Has a digit and is no plain count: "u_10482", "9f3c-77", "12345". */

static bool
mz_pl_is_user_id(const mz_pl_token_t *t)
{
    size_t  i;

    if (t->is_taken || t->kind == MZ_PL_PUNCT || t->kind == MZ_PL_DATE) {
        return false;
    }

    if (t->is_quoted) {
        return true;
    }

    for (i = 0; i < t->raw.len; i++) {
        if (t->raw.data[i] >= '0' && t->raw.data[i] <= '9') {
            return true;
        }
    }

    return false;
}


/* An id that nothing introduces: letters, a mark and many digits. */

static bool
mz_pl_is_bare_id(const mz_pl_token_t *t)
{
    size_t  i, digits, marks, letters;

    digits = 0;
    marks = 0;
    letters = 0;

    for (i = 0; i < t->raw.len; i++) {
        digits += t->raw.data[i] >= '0' && t->raw.data[i] <= '9';
        marks += t->raw.data[i] == '_' || t->raw.data[i] == '-';
        letters += (t->raw.data[i] | 0x20) >= 'a'
                   && (t->raw.data[i] | 0x20) <= 'z';
    }

    return t->kind == MZ_PL_WORD && t->item == MZ_PL_NONE && !t->is_taken
           && !t->is_quoted && marks != 0 && letters != 0 && digits >= 4;
}


/* Events whose names share a word with the question, or its meaning. */

static json_t *
mz_pl_hits(mz_pl_t *pl)
{
    size_t               i, k, w;
    json_t              *hits;
    const mz_pl_name_t  *name;

    hits = mz_pl_array(pl);

    for (i = 0; i < pl->nitems; i++) {
        if (pl->item[i].kind == MZ_PL_EVENT
            && !mz_pl_array_has(hits, pl->item[i].event->name))
        {
            mz_pl_push_text(pl, hits, pl->item[i].event->name);
        }
    }

    for (i = 0; i < pl->cat->nevents; i++) {
        name = &pl->event_names[i];

        for (k = 0; k < pl->ntok; k++) {
            if (pl->tok[k].kind != MZ_PL_WORD
                || mz_pl_is_any(pl, k, mz_pl_look_common))
            {
                continue;
            }

            for (w = 0; w < name->n; w++) {
                if (name->weight[w] > 0.3
                    && mz_pl_means(name->stem[w], name->meaning[w],
                                   pl->tok[k].stem, pl->tok[k].meaning)
                    && !mz_pl_array_has(hits, pl->cat->events[i].name))
                {
                    mz_pl_push_text(pl, hits, pl->cat->events[i].name);
                }
            }
        }
    }

    return hits;
}


/* Which event or property it is about; of the parent when none is named. */

static void
mz_pl_put_subject(mz_pl_t *pl, json_t *spec, const char *what)
{
    size_t                        e, p, k;
    const mz_catalog_event_t     *parent;
    const mz_catalog_property_t  *prop;

    if (strcmp(what, "events") == 0 || strcmp(what, "range") == 0) {
        return;
    }

    e = mz_pl_next_item(pl, MZ_PL_EVENT, 0);
    p = MZ_PL_NONE;

    for (k = 0; k < pl->nitems; k++) {
        if (pl->item[k].kind == MZ_PL_PROPERTY
            && (p == MZ_PL_NONE || pl->item[k].score > pl->item[p].score))
        {
            p = k;
        }
    }

    if (strcmp(what, "values") == 0
        || (strcmp(what, "describe") == 0 && e == MZ_PL_NONE))
    {
        if (p != MZ_PL_NONE) {
            prop = e != MZ_PL_NONE ? mz_pl_pick(pl, &pl->item[p],
                                                pl->item[e].event) : NULL;
            prop = prop != NULL ? prop : pl->item[p].props[0];
            mz_pl_set_text(pl, spec, "property", prop->name);

            if (e != MZ_PL_NONE && !prop->is_common) {
                mz_pl_set_text(pl, spec, "event", pl->item[e].event->name);
            }
        }

        return;
    }

    if (e != MZ_PL_NONE) {
        mz_pl_set_text(pl, spec, "event", pl->item[e].event->name);
        return;
    }

    parent = pl->parent != NULL ? mz_pl_parent_event(pl, pl->parent) : NULL;
    if (parent != NULL) {
        mz_pl_set_text(pl, spec, "event", parent->name);
    }
}
