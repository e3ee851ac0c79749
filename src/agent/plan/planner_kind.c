
#include "agent/plan/planner_build.h"


/* Cues of each kind, tried in this order; the first that occurs decides. */

static const char *const  mz_pl_plan_cues[] = {
    "%^ / plan", "%^ plan :|how|why|what|the|an|for", "plan first",
    "make|create|draw|give|write|propose|need|want|prepare|suggest|outline "
    "me|us|up? plan", "investigation|analysis|research plan",
    "why .. ~drop|~fall|fell|~declin|~decreas|~increas|~rise|rose|~spike|"
    "~chang|down|up|lower|higher|~crash|~dip|~grow|grew|~jump|~surg|worse|"
    "better|~slow|~stop|low|high|~sink|sank|~plung|~improv|bad|going|so",
    "why .. .. ~drop|~fall|fell|~declin|~decreas|~increas|~rise|rose|"
    "~spike|~chang|down|up|lower|higher|~crash|~dip|~grow|grew|~jump|worse|"
    "better|low|high|~plung|~improv|~churn",
    "why are|is|do|did|does|were|was .. %E|users|people|customers|we",
    "how should|would|could|can|do|to we|i|you|one? ~investig|~approach|"
    "~analyz|~analys|~diagnos|~debug|understand|~explor|~find|tackle|dig|"
    "study",
    "best way|approach|method to|for", "root cause|causes",
    "what is|was|are|were|'s? behind|driving|causing|wrong",
    "what explains|explain|explained|caused|drove|drives|happened to|with?",
    "~investig", "~diagnos", "figure out why|what",
    "figure out how to|we|users|people|it|they|the", "dig into",
    "reason|reasons for|behind .. ~drop|~fall|~declin|~decreas|~increas|"
    "~rise|~spike|~chang|~dip",
};

static const char *const  mz_pl_funnel_strong[] = {
    "funnel|funnels", "~convert", "drop off|offs", "dropoff|dropoffs",
    "~drop .. off", "~abandon", "conversion", "cvr", "completion rate",
    "%E completion",
};

static const char *const  mz_pl_journey_cues[] = {
    "path|paths|pathways|journey|journeys|flow|flows|sankey|route|routes|"
    "sequence|sequences|navigation",
    "what do|did|does|are|were .. .. do|doing|did .. after|before|next|"
    "following|prior|once|then|when|right|immediately|just|first",
    "what .. users|people|customers|they .. do after|before|next|once|right",
    "what happens|happened|comes|came|do|follows|precedes .. after|before|"
    "next|follows|precedes|%E",
    "what users|people do", "next action|actions|step|steps|event|events|"
    "page|thing", "next # action|actions|step|steps|event|events|things",
    "action|actions|event|events|step|steps|things|thing .. before|after|"
    "following|preceding|prior|leading",
    "where do|did|does .. go|come|head after|from|before|next|once",
    "lead|leads|leading|led up? to %E", "what lead|leads|led",
    "how do|did users|people|customers|they get|arrive|reach|come|find|end",
    "do|does|did right|immediately|just|directly|straight after|before",
    "precede|precedes|preceded|follow|follows %E", "happen|happens before|"
    "after %E",
};

static const char *const  mz_pl_retention_cues[] = {
    "~retain", "come|came|coming|comes back", "come|came again",
    "return|returned|returning", "returns to|within|after|in|on|the",
    ("still ~use|using|active|around|here|there|engaged|subscribed|~visit|"
     "~login|with|come|coming|~buy|~purchas|play|listening|on"),
    "stick|sticks|stuck around", "repeat", "again",
    "stay|stayed|staying|stays", "lapsed|dormant|resurrected",
    "active|back|used after|on|in # %U|%U", "never came|come|returned|back",
    "active # %U|days later|after", "cohort|cohorts",
    "d#|w# , d#|w#", "keep|keeps|kept ~use|using|~buy|~come|~visit|~play|%E",
    "use|used|buy|bought|purchase .. again",
    "renew|renewed|renewing after|in|at|on|the month|%U|their",
};

/* Two events in a row are a funnel by what stands between them. */

static const char *const  mz_pl_chain_cues[] = {
    "%E ->|> %E", "%E to|then %E", "%E , then|and|followed then|by? %E",
    "from|between %E .. to|and|until|through|into|->|> .. %E",
    "%E followed|and|before|prior|leading by|then|to|eventually|later|"
    "subsequently .. %E",
    "%E .. go|went|going|goes|moved|move|proceed|continue|continued|"
    "progressed on? to|with? .. %E",
    "%E .. end|ended|ending up .. %E", "%E .. eventually|ultimately .. %E",
    "%E .. then|later|subsequently|afterwards .. %E", "%E .. still %E",
    "%E .. make|made it|made? to .. %E", "%E .. reach|reached|reaching %E",
    "%E .. turn|become|became|turned into|~convert .. %E",
    "how long|quickly|fast|much|soon time? .. %E .. %E",
    "time|days|hours .. %E .. %E", "how long .. .. %E .. .. %E",
    "time to|until|till|before first? %E",
    "from %V .. to|into|->|> .. %E", "%V to|->|>|then %E",
};


static bool mz_pl_is_chain(const mz_pl_t *pl);
static bool mz_pl_is_part_of_whole(const mz_pl_t *pl);
static size_t mz_pl_count_events(const mz_pl_t *pl);
static bool mz_pl_is_plan(const mz_pl_t *pl);
static bool mz_pl_is_journey(mz_pl_t *pl);
static bool mz_pl_is_retention(const mz_pl_t *pl);


mz_pl_kind_t
mz_pl_cue_kind(mz_pl_t *pl)
{
    bool  is_look, was_deaf;

    if (mz_pl_is_plan(pl)) {
        return MZ_PL_KIND_PLAN;
    }

    if (mz_pl_lookup_user(pl, NULL)) {
        return MZ_PL_KIND_LOOKUP;
    }

    was_deaf = pl->is_deaf;
    pl->is_deaf = true;
    is_look = mz_pl_discovery_what(pl, NULL) != NULL;
    pl->is_deaf = was_deaf;

    if (is_look) {
        return MZ_PL_KIND_DISCOVERY;
    }

    if (mz_pl_is_journey(pl)) {
        return MZ_PL_KIND_JOURNEY;
    }

    if (mz_pl_is_retention(pl)) {
        return MZ_PL_KIND_RETENTION;
    }

    if (mz_pl_has_in(pl, mz_pl_funnel_strong, NULL) || mz_pl_is_chain(pl)
        || mz_pl_is_part_of_whole(pl))
    {
        return MZ_PL_KIND_FUNNEL;
    }

    return MZ_PL_KIND_NONE;
}


mz_pl_kind_t
mz_pl_choose_kind(mz_pl_t *pl)
{
    mz_pl_kind_t  kind;

    kind = mz_pl_cue_kind(pl);

    return kind != MZ_PL_KIND_NONE ? kind : MZ_PL_KIND_SEGMENTATION;
}


static bool
mz_pl_is_plan(const mz_pl_t *pl)
{
    return mz_pl_has_in(pl, mz_pl_plan_cues, NULL);
}


static bool
mz_pl_is_journey(mz_pl_t *pl)
{
    if ((mz_pl_count_events(pl) == 0 && mz_pl_implied(pl) == NULL)
        || pl->slot.window != NULL
        || mz_pl_has_in(pl, mz_pl_funnel_strong, NULL))
    {
        return false;
    }

    return mz_pl_has_in(pl, mz_pl_journey_cues, NULL);
}


/* "came back within 2 days" is; "users with repeat ..." too. */

static bool
mz_pl_is_retention(const mz_pl_t *pl)
{
    size_t  i;

    for (i = 0; i < pl->ntok; i++) {
        if (mz_pl_match(pl, "~churn", i, &(mz_pl_match_t) { 0 })
            && (pl->tok[i].item == MZ_PL_NONE
                || pl->item[pl->tok[i].item].kind != MZ_PL_EVENT))
        {
            return true;
        }
    }

    /* "searches that returned no results" */

    if (mz_pl_has(pl, (const char *const []) {
                      "~return no|zero|#|nothing|any|more|fewer|less %W" },
                  1, NULL)
        && !mz_pl_has(pl, (const char *const []) {
                          "~retain", "~return # %U" }, 2, NULL))
    {
        return false;
    }

    return mz_pl_has_in(pl, mz_pl_retention_cues, NULL);
}


static bool
mz_pl_is_chain(const mz_pl_t *pl)
{
    return mz_pl_count_events(pl) > 0
           && !mz_pl_has(pl, (const char *const []) { "ratio" }, 1, NULL)
           && mz_pl_has_in(pl, mz_pl_chain_cues, NULL);
}


/* "what percent of visitors sign up within 3 days": two events, a share. */

static bool
mz_pl_is_part_of_whole(const mz_pl_t *pl)
{
    size_t  a, b;

    a = mz_pl_next_item(pl, MZ_PL_EVENT, 0);
    b = a != MZ_PL_NONE ? mz_pl_next_item(pl, MZ_PL_EVENT, a + 1)
                        : MZ_PL_NONE;

    if (b == MZ_PL_NONE || pl->item[a].event == pl->item[b].event) {
        return false;
    }

    if (pl->slot.window != NULL) {
        return true;
    }

    if (!pl->slot.has_share) {
        return false;
    }

    /* "ratio of refunds to purchases" counts two things */

    return pl->item[a].is_users
           || mz_pl_between(pl, 0, pl->item[b].first,
                            "users people who customers visitors buyers "
                            "those everyone subscribers signups that");
}


static size_t
mz_pl_count_events(const mz_pl_t *pl)
{
    size_t  i, n;

    n = 0;
    for (i = 0; i < pl->nitems; i++) {
        n += pl->item[i].kind == MZ_PL_EVENT;
    }

    return n;
}
