
#include "agent/plan/planner_build.h"
#include "agent/plan/planner_lexicon.h"
#include "agent/plan/planner_time.h"
#include "analysis/spec.h"


/*
 * The pipeline.  Each stage reads what those before it left and writes into
 * mz_pl_t; see planner_core.h for the files.
 */

static void mz_planner_read(mz_pl_t *pl);
static json_t *mz_planner_decide(mz_pl_t *pl);
static json_t *mz_planner_checked(mz_pl_t *pl, json_t *spec);
static json_t *mz_planner_accepted(mz_pl_t *pl, json_t *spec);


mz_rc_t
mz_planner_plan(const mz_catalog_t *cat, mz_str_t question,
    const json_t *parent, int64_t now_ms, mz_plan_t *out, mz_err_t *err)
{
    mz_rc_t   rc;
    mz_pl_t  *pl;

    out->spec = NULL;
    out->assumptions = NULL;

    pl = calloc(1, sizeof(mz_pl_t));
    if (pl == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    pl->cat = cat;
    pl->parent = parent;
    pl->question = question;
    pl->now = now_ms;

    rc = mz_pl_init(pl);
    if (rc == MZ_OK) {
        rc = mz_pl_read_synonyms(pl);
    }

    if (rc == MZ_OK) {
        rc = mz_pl_tokenise(pl, err);
    }

    if (rc == MZ_OK) {
        mz_planner_read(pl);
        pl->spec = pl->rc == MZ_OK ? mz_planner_decide(pl) : NULL;
        pl->spec = pl->rc == MZ_OK ? mz_planner_accepted(pl, pl->spec) : NULL;
        rc = pl->rc;
    }

    if (rc == MZ_OK) {
        out->spec = json_deep_copy(pl->spec);
        out->assumptions = json_deep_copy(pl->assumptions);
        if (out->spec == NULL || out->assumptions == NULL) {
            mz_plan_free(out);
            rc = MZ_NOMEM;
        }
    }

    mz_pl_deinit(pl);
    free(pl);

    if (rc == MZ_NOMEM) {
        return mz_fail(err, rc, "out of memory");
    }

    return rc;
}


void
mz_plan_free(mz_plan_t *plan)
{
    json_decref(plan->spec);
    json_decref(plan->assumptions);
    plan->spec = NULL;
    plan->assumptions = NULL;
}


json_t *
mz_pl_build(mz_pl_t *pl, mz_pl_kind_t kind)
{
    switch (kind) {

    case MZ_PL_KIND_FUNNEL:
        return mz_pl_build_funnel(pl);

    case MZ_PL_KIND_RETENTION:
        return mz_pl_build_retention(pl);

    case MZ_PL_KIND_JOURNEY:
        return mz_pl_build_journey(pl);

    case MZ_PL_KIND_DISCOVERY:
        return mz_pl_build_discovery(pl);

    case MZ_PL_KIND_LOOKUP:
        return mz_pl_build_lookup(pl);

    case MZ_PL_KIND_PLAN:
        return mz_pl_build_plan(pl);

    default:
        return mz_pl_build_segmentation(pl);
    }
}


static void
mz_planner_read(mz_pl_t *pl)
{
    pl->slot.grain = MZ_PL_GRAIN_NONE;
    pl->slot.measure_item = MZ_PL_NONE;
    pl->slot.breakdown = mz_pl_array(pl);
    pl->slot.filters = mz_pl_array(pl);
    pl->slot.missing = mz_pl_array(pl);

    if (mz_pl_read_names(pl) != MZ_OK) {
        return;
    }

    mz_pl_mend(pl);
    mz_pl_read_times(pl);
    mz_pl_read_items(pl);
    mz_pl_read_flags(pl);
    mz_pl_read_breakdown(pl);
    mz_pl_read_conditions(pl);
    mz_pl_read_measure(pl);
}


static json_t *
mz_planner_decide(mz_pl_t *pl)
{
    json_t        *spec;
    mz_pl_kind_t   kind;

    kind = mz_pl_choose_kind(pl);

    if (kind == MZ_PL_KIND_DISCOVERY) {
        return mz_planner_checked(pl, mz_pl_build(pl, kind));
    }

    /* what only refuses or asks back gives no word a meaning */

    pl->is_deaf = true;
    spec = mz_pl_refuse(pl);
    pl->is_deaf = false;

    if (spec != NULL) {
        return spec;
    }

    if (kind == MZ_PL_KIND_LOOKUP) {
        return mz_planner_checked(pl, mz_pl_build(pl, kind));
    }

    if (kind != MZ_PL_KIND_PLAN && mz_pl_is_follow_up(pl)) {
        return mz_planner_checked(pl, mz_pl_build_follow_up(pl));
    }

    if (kind != MZ_PL_KIND_PLAN) {
        pl->is_deaf = true;
        spec = mz_pl_ask_back(pl);
        pl->is_deaf = false;

        if (spec != NULL) {
            return spec;
        }
    }

    return mz_planner_checked(pl, mz_pl_build(pl, kind));
}


/*
 * A property that no event asked for carries may have come up while
 * building; what nothing asked for is stated.
 */

static json_t *
mz_planner_checked(mz_pl_t *pl, json_t *spec)
{
    mz_str_t  kind;

    kind = mz_json_get_str(spec, "kind");

    if (mz_str_eq_c(kind, "clarify") || mz_str_eq_c(kind, "unsupported")
        || mz_str_eq_c(kind, "discovery"))
    {
        return spec;
    }

    if (pl->slot.missing_reason != NULL) {
        return mz_pl_unsupported(pl, pl->slot.missing_reason,
                                 pl->slot.missing);
    }

    return mz_pl_say_rest(pl, spec);
}


/*
 * The validator has the last word.  What it refuses was put together from
 * words that do not go together: ask back, in its words.
 */

static json_t *
mz_planner_accepted(mz_pl_t *pl, json_t *spec)
{
    mz_rc_t      rc;
    mz_err_t     err;
    mz_str_t     kind;
    mz_spec_t   *parsed;

    kind = mz_json_get_str(spec, "kind");

    if (mz_str_eq_c(kind, "clarify") || mz_str_eq_c(kind, "unsupported")
        || mz_str_eq_c(kind, "plan"))
    {
        return spec;
    }

    rc = mz_spec_parse(spec, pl->cat, pl->now, &parsed, &err);

    if (rc == MZ_OK) {
        mz_spec_free(parsed);
        return spec;
    }

    if (rc == MZ_NOMEM) {
        pl->rc = rc;
        return NULL;
    }

    return mz_pl_clarify(pl, "ambiguous_measure",
                         mz_pl_option(pl, mz_pl_array(pl), "say it another "
                                      "way: %s", err.msg), NULL);
}
