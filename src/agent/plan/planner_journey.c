
#include "agent/plan/planner_build.h"
#include "agent/plan/planner_lexicon.h"
#include "agent/plan/planner_time.h"


#define MZ_PL_DEPTH          3
#define MZ_PL_DEPTH_BETWEEN  5
#define MZ_PL_DEPTH_MAX      10

static const char *const  mz_pl_before_cues[] = {
    "before|preceding|prior|precede|precedes|preceded",
    "lead|leads|leading|led up? to", "what lead|leads|led",
    "how do|did users|people|customers|they get|arrive|reach|come|end",
    "come|coming|came|arrive from $|before", "ending in|with|at",
    "ends|end with|in|at",
};

static const char *const  mz_pl_between_cues[] = {
    "from %E .. to|until|into|-> .. %E", "between %E .. and|to .. %E",
    "from .. %E .. to .. %E", "%E to|->|> .. %E", "between .. %E .. %E",
    "starting .. %E .. ending .. %E",
};

static const mz_pl_rule_t  mz_pl_depth_rules[] = {
    { "next|following|first|previous|last # actions|steps|events|things|"
      "pages|step|action|event", 1, 0 },
    { "# actions|steps|events|things|pages next|after|before|following|"
      "later|prior|preceding|deep|that|they|users", 1, 0 },
    { "# steps|levels|step|level deep?", 1, 0 },
    { "depth of? #", 1, 0 },
    { "up to # steps|events|actions", 1, 0 },
};

static const mz_pl_rule_t  mz_pl_common_rules[] = {
    { "# most|top common|frequent|popular|usual? "
      "actions|events|steps|things|paths|next|action|event", 1, 0 },
    { "top # paths|actions|events|things|steps|journeys|flows|next|things?",
      1, 0 },
    { "# most common|frequent|popular", 1, 0 },
    { "# common|frequent|popular|usual|top|biggest", 1, 0 },
};

static const char *const  mz_pl_turns[] = {
    "before|after|afterwards|beforehand|prior|preceding|following",
};

static const char *const  mz_pl_one_step[] = {
    "next action|event|step|thing|page",
    "action|event|step|thing .. before|after|following|preceding",
    "actions|events|things before|after",
    "do|did|go next", "last|final action|event|thing|step|page",
    "very next",
};


static bool mz_pl_journey_ends(mz_pl_t *pl, mz_pl_events_t *evs,
    const char **direction);


json_t *
mz_pl_build_journey(mz_pl_t *pl)
{
    json_t          *spec, *shared, *own[2];
    const char      *direction;
    mz_pl_events_t   evs;

    if (!mz_pl_journey_ends(pl, &evs, &direction)) {
        return mz_pl_no_match(pl);
    }

    spec = mz_pl_new_spec(pl, "journey");
    mz_pl_set_text(pl, spec, "event", mz_pl_event_name(evs.event[0]));
    mz_pl_set_c(pl, spec, "direction", direction);

    if (evs.n == 2) {
        mz_pl_set_text(pl, spec, "to", mz_pl_event_name(evs.event[1]));
    }

    mz_pl_put_journey_rules(pl, spec, true);

    shared = mz_pl_array(pl);
    own[0] = shared;
    own[1] = mz_pl_array(pl);
    evs.n = 1;
    mz_pl_filters_split(pl, &evs, shared, own);
    if (json_array_size(shared) != 0) {
        mz_pl_set(pl, spec, "filters", shared);
    }

    mz_pl_put_range(pl, spec, 30, MZ_UNIT_DAY);
    mz_pl_put_breakdown(pl, spec, evs.event[0]);

    return spec;
}


/* Depth and top; for a follow-up also the direction, as far as stated. */

void
mz_pl_put_journey_rules(mz_pl_t *pl, json_t *spec, bool is_new)
{
    int            depth;
    mz_pl_match_t  m, common;

    depth = 0;

    if (mz_pl_find_in(pl, mz_pl_common_rules, 0, &common) != NULL) {
        pl->slot.top = mz_pl_keep(pl, json_pack("{s:i,s:s}", "n",
                                  (int) common.num[0], "order", "desc"));
    } else {
        memset(&common, 0, sizeof(common));
    }

    if (mz_pl_find_in(pl, mz_pl_depth_rules, 0, &m) != NULL
        && (common.end == 0 || m.first >= common.end
            || m.end <= common.first)
        && m.num[0] >= 1 && m.num[0] <= MZ_PL_DEPTH_MAX)
    {
        depth = (int) m.num[0];

    } else if (is_new) {
        depth = json_object_get(spec, "to") != NULL ? MZ_PL_DEPTH_BETWEEN
                : mz_pl_has_in(pl, mz_pl_one_step, NULL) ? 1 : MZ_PL_DEPTH;
    }

    if (depth != 0) {
        mz_pl_set(pl, spec, "depth", mz_pl_number(pl, depth));
    }

    if (pl->slot.top != NULL) {
        mz_pl_set(pl, spec, "top", pl->slot.top);
    }

    if (!is_new && mz_pl_has_in(pl, mz_pl_turns, NULL)) {
        mz_pl_set_c(pl, spec, "direction",
                    mz_pl_has_in(pl, mz_pl_before_cues, NULL) ? "before"
                                                              : "after");
        json_object_del(spec, "to");
    }
}


static bool
mz_pl_journey_ends(mz_pl_t *pl, mz_pl_events_t *evs, const char **direction)
{
    size_t  a, b;

    memset(evs, 0, sizeof(mz_pl_events_t));

    mz_pl_imply_events(pl);

    a = mz_pl_next_item(pl, MZ_PL_EVENT, 0);
    if (a == MZ_PL_NONE) {
        return false;
    }

    evs->event[0] = pl->item[a].event;
    evs->item[0] = a;
    evs->n = 1;

    b = mz_pl_next_item(pl, MZ_PL_EVENT, a + 1);

    if (b != MZ_PL_NONE && mz_pl_has_in(pl, mz_pl_between_cues, NULL)) {
        evs->event[1] = pl->item[b].event;
        evs->item[1] = b;
        evs->n = 2;
        *direction = "between";
        return true;
    }

    *direction = mz_pl_has_in(pl, mz_pl_before_cues, NULL) ? "before"
                                                           : "after";

    return true;
}
