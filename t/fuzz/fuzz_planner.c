
/*
 * fuzz_planner: a question in any words, then (optional) the JSON of the spec
 * before it.  The planner always comes to a spec or says that the question is
 * empty, soon; and an analysis it comes to is one that the validator takes.
 */

#include <time.h>

#include "analysis/spec.h"
#include "fuzz.h"
#include "fuzz_catalog.h"

#if __has_include("agent/plan/planner.h")
#include "agent/plan/planner.h"
#else
#include "agent/planner.h"
#endif


#define FUZZ_PROMPT_MAX  8000           /* code points, as the tool takes */

/* CPU time of a plan: 50 ms, and all takes 16 times as long here. */
#define FUZZ_MS_MAX      800
#define FUZZ_TRIES       3

static json_t *fuzz_parent(const mz_catalog_t *cat, mz_str_t *in,
    bool *is_sound);
static mz_rc_t fuzz_plan(const mz_catalog_t *cat, mz_str_t question,
    const json_t *parent, mz_plan_t *plan, mz_err_t *err);
static void fuzz_no_nul(mz_str_t s);
static bool fuzz_is_analysis(const json_t *spec);
static int64_t fuzz_clock(void);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool                 is_sound;
    json_t              *parent;
    mz_rc_t              rc;
    mz_err_t             err;
    mz_buf_t             text;
    mz_str_t             in, question, cut;
    mz_plan_t            plan;
    mz_spec_t           *spec;
    const mz_catalog_t  *cat;

    cat = fuzz_catalog();
    in = (mz_str_t) { (const char *) data, size };

    question = fuzz_part(&in);
    fuzz_no_nul(question);
    cut = mz_utf8_prefix(question, FUZZ_PROMPT_MAX);
    parent = fuzz_parent(cat, &in, &is_sound);

    rc = fuzz_plan(cat, cut, parent, &plan, &err);

    if (rc != MZ_OK) {
        FUZZ_HOLD(rc == MZ_INVALID, "%s: %s", mz_rc_name(rc), err.msg);
        fuzz_check_err(rc, &err);

    } else {
        mz_buf_init(&text, 0);
        mz_json_dump(&text, plan.spec);
        json_decref(fuzz_made_json(mz_buf_view(&text)));

        FUZZ_HOLD(mz_json_get_str(plan.spec, "kind").len > 0, "%s",
                  mz_buf_cstr(&text));
        FUZZ_HOLD(json_is_array(plan.assumptions), "%s", mz_buf_cstr(&text));

        if (is_sound && fuzz_is_analysis(plan.spec)) {
            err.msg[0] = '\0';
            rc = mz_spec_parse(plan.spec, cat, FUZZ_NOW, &spec, &err);
            FUZZ_HOLD(rc == MZ_OK, "%s: %s", err.msg, mz_buf_cstr(&text));
            mz_spec_free(spec);
        }

        mz_plan_free(&plan);
        mz_buf_free(&text);
    }

    json_decref(parent);
    fuzz_free(question);

    return 0;
}


/* Neither JSON nor a command line brings one. */

static void
fuzz_no_nul(mz_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {
        if (s.data[i] == '\0') {
            ((char *) (uintptr_t) s.data)[i] = ' ';
        }
    }
}


/* In its complete form when it is sound, as the agent keeps it. */

static json_t *
fuzz_parent(const mz_catalog_t *cat, mz_str_t *in, bool *is_sound)
{
    json_t     *parent, *complete;
    mz_err_t    err;
    mz_spec_t  *spec;

    *is_sound = true;

    parent = in->len ? fuzz_json(in) : NULL;
    if (parent == NULL) {
        return NULL;
    }

    if (mz_spec_parse(parent, cat, FUZZ_NOW, &spec, &err) != MZ_OK) {
        *is_sound = false;
        return parent;
    }

    complete = mz_spec_to_json(spec);
    mz_spec_free(spec);
    json_decref(parent);

    return complete;
}


/* Too slow is what is too slow each time. */

static mz_rc_t
fuzz_plan(const mz_catalog_t *cat, mz_str_t question, const json_t *parent,
    mz_plan_t *plan, mz_err_t *err)
{
    int      i;
    mz_rc_t  rc;
    int64_t  ms, best;

    best = INT64_MAX;

    for (i = 1; /* void */ ; i++) {
        ms = fuzz_clock();
        rc = mz_planner_plan(cat, question, parent, FUZZ_NOW, plan, err);
        ms = fuzz_clock() - ms;
        best = ms < best ? ms : best;

        if (best <= FUZZ_MS_MAX) {
            return rc;
        }

        FUZZ_HOLD(i < FUZZ_TRIES, "%lld ms of CPU for %zu bytes",
                  (long long) best, question.len);

        if (rc == MZ_OK) {
            mz_plan_free(plan);
        }
    }
}


static bool
fuzz_is_analysis(const json_t *spec)
{
    size_t    i;
    mz_str_t  kind;

    static const char *const  kinds[] = {
        "segmentation", "funnel", "retention", "discovery", "lookup",
        "journey"
    };

    kind = mz_json_get_str(spec, "kind");

    for (i = 0; i < MZ_ARRAY_LEN(kinds); i++) {
        if (mz_str_eq_c(kind, kinds[i])) {
            return true;
        }
    }

    return false;
}


static int64_t
fuzz_clock(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);

    return (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}
