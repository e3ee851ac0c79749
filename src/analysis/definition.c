
/* The definition in words: what was counted, under which rules. */

#include "analysis/spec_read.h"
#include "base/mz_str.h"


static void mz_definition_segmentation(const mz_spec_t *spec, mz_buf_t *out);
static void mz_definition_segment(const mz_spec_segment_t *seg,
    mz_buf_t *out);
static void mz_definition_measure(const mz_spec_measure_t *m, mz_buf_t *out);
static void mz_definition_transform(const mz_spec_t *spec, mz_buf_t *out);
static void mz_definition_funnel(const mz_spec_t *spec, mz_buf_t *out);
static void mz_definition_exclude(const mz_spec_funnel_t *f, mz_buf_t *out);
static void mz_definition_window(const mz_spec_t *spec, mz_buf_t *out);
static void mz_definition_retention(const mz_spec_t *spec, mz_buf_t *out);
static void mz_definition_discovery(const mz_spec_t *spec, mz_buf_t *out);
static void mz_definition_lookup(const mz_spec_t *spec, mz_buf_t *out);
static void mz_definition_journey(const mz_spec_t *spec, mz_buf_t *out);
static void mz_definition_shared(const mz_spec_t *spec, mz_buf_t *out);
static void mz_definition_columns(const mz_spec_column_t *c, size_t n,
    mz_buf_t *out);
static void mz_definition_event(mz_str_t event, mz_buf_t *out);
static void mz_definition_filters(const mz_spec_filters_t *f,
    const char *before, mz_buf_t *out);
static void mz_definition_filter(const mz_spec_filter_t *f, mz_buf_t *out);
static void mz_definition_did(const mz_spec_filter_t *f, mz_buf_t *out);


static const char *const  mz_definition_ops[] = {
    "=", "is not", ">", ">=", "<", "<=", "in", "not in", "contains",
    "does not contain", "is set", "is not set"
};


void
mz_spec_definition(const mz_spec_t *spec, mz_buf_t *out)
{
    size_t               at;
    static void (*const  kinds[])(const mz_spec_t *spec, mz_buf_t *out) = {
        mz_definition_segmentation,
        mz_definition_funnel,
        mz_definition_retention,
        mz_definition_discovery,
        mz_definition_lookup,
        mz_definition_journey
    };

    at = out->len;
    kinds[spec->kind](spec, out);
    mz_definition_shared(spec, out);

    if (out->rc == MZ_OK && out->data[at] >= 'a' && out->data[at] <= 'z') {
        out->data[at] = (char) (out->data[at] - 'a' + 'A');
    }
}


static void
mz_definition_segmentation(const mz_spec_t *spec, mz_buf_t *out)
{
    const mz_spec_having_t        *h;
    const mz_spec_segmentation_t  *seg;

    seg = &spec->u.seg;
    h = &seg->having;

    if (seg->is_formula) {
        mz_buf_add_c(out, "The ratio of (");
        mz_definition_segment(&seg->a, out);
        mz_buf_add_c(out, ") to (");
        mz_definition_segment(&seg->b, out);
        mz_buf_add_c(out, "); no value where the second is 0");

    } else {
        mz_definition_segment(&seg->a, out);
    }

    if (h->is_set) {
        mz_buf_add_c(out, ", only of users with ");
        mz_definition_measure(&h->measure, out);
        mz_buf_addf(out, " %s ", mz_definition_ops[h->op]);
        mz_buf_add_double(out, h->value);
        mz_buf_add_c(out, " in the range");
    }

    mz_definition_transform(spec, out);
}


static void
mz_definition_segment(const mz_spec_segment_t *seg, mz_buf_t *out)
{
    size_t  i;

    mz_definition_measure(&seg->measure, out);
    mz_buf_add_c(out, " of ");

    for (i = 0; i < seg->nevents; i++) {
        mz_buf_add_c(out, i == 0 ? "" : seg->is_merged ? " or " : ", ");
        mz_definition_event(seg->events[i], out);
    }

    if (!seg->is_merged) {
        mz_buf_add_c(out, " (each on its own)");
    }

    mz_definition_filters(&seg->filters, " where ", out);
}


static void
mz_definition_measure(const mz_spec_measure_t *m, mz_buf_t *out)
{
    static const char *const  words[] = {
        [MZ_MEASURE_USERS] = "distinct users",
        [MZ_MEASURE_EVENTS] = "number of events",
        [MZ_MEASURE_EVENTS_PER_USER] = "events per user who did it",
        [MZ_MEASURE_SUM] = "sum",
        [MZ_MEASURE_AVG] = "average",
        [MZ_MEASURE_MEDIAN] = "median (linear interpolation)",
        [MZ_MEASURE_MIN] = "smallest value",
        [MZ_MEASURE_MAX] = "largest value",
        [MZ_MEASURE_PERCENTILE] = "percentile (linear interpolation)",
        [MZ_MEASURE_SUM_PER_USER] = "sum per user with a value",
        [MZ_MEASURE_DISTINCT] = "distinct values",
        [MZ_MEASURE_NEW_USERS] = "users whose first such event ever it is",
        [MZ_MEASURE_STICKINESS] = "stickiness",
        [MZ_MEASURE_FREQUENCY] = "users by number of events"
    };

    mz_buf_add_c(out, words[m->type]);

    if (m->type == MZ_MEASURE_PERCENTILE) {
        mz_buf_add_c(out, " ");
        mz_buf_add_double(out, m->p);
    }

    if (m->type == MZ_MEASURE_STICKINESS) {
        mz_buf_addf(out, " (users of the trailing %d day%s / users of the"
                    " trailing %d days, mean over days)", m->num_days,
                    m->num_days == 1 ? "" : "s", m->den_days);
    }

    if (m->column.name.data != NULL) {
        mz_buf_add_c(out, " of ");
        mz_buf_add_str(out, m->column.name);
        mz_buf_add_c(out, " (empty values left out)");
    }
}


static void
mz_definition_transform(const mz_spec_t *spec, mz_buf_t *out)
{
    if (spec->grain != MZ_GRAIN_TOTAL) {
        mz_buf_addf(out, ", by %s", mz_read_grains[spec->grain]);
    }

    if (spec->u.seg.transform == MZ_TRANSFORM_CUMULATIVE) {
        mz_buf_add_c(out, ", cumulative from the start of the range (users"
                     " and values count once)");

    } else if (spec->u.seg.transform == MZ_TRANSFORM_ROLLING) {
        mz_buf_addf(out, ", as the plain mean of each %s and the %d before it",
                    mz_read_grains[spec->grain], spec->u.seg.rolling - 1);
    }
}


static void
mz_definition_funnel(const mz_spec_t *spec, mz_buf_t *out)
{
    size_t                    i;
    const mz_spec_funnel_t   *f;
    static const char *const  orders[] = {
        ("in this order, at strictly increasing times, other events in"
         " between allowed"),
        "in this order, with no other event of the user in between",
        "in any order"
    };

    f = &spec->u.funnel;
    mz_buf_add_c(out, "Funnel of users: ");

    for (i = 0; i < f->nsteps; i++) {
        mz_buf_add_c(out, i == 0 ? "" : ", then ");
        mz_definition_event(f->steps[i].event, out);
        mz_definition_filters(&f->steps[i].filters, " where ", out);
    }

    mz_buf_addf(out, "; %s; all within ", orders[f->order]);
    mz_definition_window(spec, out);
    mz_buf_add_c(out, " of the first step (inclusive)");

    if (f->nhold > 0) {
        mz_buf_add_c(out, "; with the same ");
        mz_definition_columns(f->hold, f->nhold, out);
        mz_buf_add_c(out, " on every step");
    }

    mz_definition_exclude(f, out);
    mz_buf_add_c(out, ". Any entry in the range may convert; a user counts"
                 " once");

    if (spec->grain != MZ_GRAIN_TOTAL) {
        mz_buf_addf(out, " in every %s in which they entered",
                    mz_read_grains[spec->grain]);
    }

    mz_buf_add_c(out, ", with the path that got furthest; its time is from"
                 " the latest entry that leads to the first completion");
}


static void
mz_definition_exclude(const mz_spec_funnel_t *f, mz_buf_t *out)
{
    size_t  i;

    for (i = 0; i < f->nexclude; i++) {
        mz_buf_add_c(out, "; without ");
        mz_definition_event(f->exclude[i].event, out);
        mz_definition_filters(&f->exclude[i].filters, " where ", out);
        mz_buf_addf(out, " between steps %d and %d", f->exclude[i].from_step,
                    f->exclude[i].to_step);
    }
}


static void
mz_definition_window(const mz_spec_t *spec, mz_buf_t *out)
{
    json_t   *window;
    int64_t   n;

    window = json_object_get(spec->json, "window");
    n = mz_json_get_int(window, "n", 0);

    mz_buf_addf(out, "%lld ", (long long) n);
    mz_buf_add_str(out, mz_json_get_str(window, "unit"));
    mz_buf_add_c(out, n == 1 ? "" : "s");
}


static void
mz_definition_retention(const mz_spec_t *spec, mz_buf_t *out)
{
    const char                 *unit;
    const mz_spec_retention_t  *r;
    static const char *const    modes[] = {
        "during period k: in (start + k %ss, start + (k+1) %ss]",
        "in period k or later: after start + k %ss",
        ("during the bracket of periods [a,b]: in (start + a %ss,"
         " start + (b+1) %ss]")
    };

    r = &spec->u.ret;
    unit = mz_unit_name(r->period);

    mz_buf_add_c(out, "Retention: ");
    mz_buf_add_c(out, r->is_every ? "every " : "each user's first ");
    mz_definition_event(r->start.event, out);
    mz_definition_filters(&r->start.filters, " where ", out);
    mz_buf_add_c(out, " in the range is the start; ");
    mz_buf_add_c(out, r->is_inverted ? "churned is who did not return with "
                                     : "returned is who came back with ");
    mz_definition_event(r->ret.event, out);
    mz_definition_filters(&r->ret.filters, " where ", out);
    mz_buf_add_c(out, " ");

    switch (r->mode) {

    case MZ_RETENTION_ON:
        mz_buf_addf(out, modes[0], unit, unit);
        break;

    case MZ_RETENTION_ON_OR_AFTER:
        mz_buf_addf(out, modes[1], unit);
        break;

    case MZ_RETENTION_BRACKET:
        mz_buf_addf(out, modes[2], unit, unit);
        break;
    }

    mz_buf_add_c(out, ", rolling from each start; only starts whose period is"
                 " over by now are counted");
}


static void
mz_definition_discovery(const mz_spec_t *spec, mz_buf_t *out)
{
    const mz_spec_discovery_t  *d;
    static const char *const    words[] = {
        "The events of the catalog",
        "The properties of the catalog",
        "The values of ",
        "What the catalog knows of ",
        "The range of the data",
        "Events of the catalog that fit"
    };

    d = &spec->u.disc;
    mz_buf_add_c(out, words[d->what]);

    if (d->column.name.data != NULL) {
        mz_buf_add_str(out, d->column.name);
    }

    if (d->event.data != NULL) {
        mz_buf_add_c(out, d->column.name.data != NULL
                          || d->what == MZ_WHAT_PROPERTIES ? " of " : "");
        mz_buf_add_str(out, d->event);
    }
}


static void
mz_definition_lookup(const mz_spec_t *spec, mz_buf_t *out)
{
    size_t                   i;
    const mz_spec_lookup_t  *l;

    l = &spec->u.lookup;
    mz_buf_addf(out, "The newest %lld events", (long long) l->limit);

    for (i = 0; i < l->nevents; i++) {
        mz_buf_add_c(out, i == 0 ? " (" : ", ");
        mz_buf_add_str(out, l->events[i]);
    }

    mz_buf_add_c(out, l->nevents > 0 ? ") of user " : " of user ");
    mz_buf_add_str(out, l->user);
}


static void
mz_definition_journey(const mz_spec_t *spec, mz_buf_t *out)
{
    const mz_spec_journey_t  *j;

    j = &spec->u.journey;

    if (j->direction == MZ_JOURNEY_BETWEEN) {
        mz_buf_add_c(out, "Paths from every ");
        mz_definition_event(j->event, out);
        mz_buf_add_c(out, " to the same user's next ");
        mz_definition_event(j->to, out);
        mz_buf_addf(out, ", with at most %d events on the way", j->depth);
        return;
    }

    mz_buf_addf(out, "Paths: the %d event%s of the same user just %s every ",
                j->depth, j->depth == 1 ? "" : "s",
                mz_read_directions[j->direction]);
    mz_definition_event(j->event, out);
}


/* Filters, groups, range, comparison and timezone. */

static void
mz_definition_shared(const mz_spec_t *spec, mz_buf_t *out)
{
    mz_definition_filters(&spec->filters, "; only where ", out);

    if (spec->nbreakdown > 0) {
        mz_buf_add_c(out, "; by ");
        mz_definition_columns(spec->breakdown, spec->nbreakdown, out);

        if (spec->kind == MZ_KIND_FUNNEL) {
            mz_buf_add_c(out, " of the first step");
        }

        if (spec->kind == MZ_KIND_RETENTION) {
            mz_buf_add_c(out, " of the start");
        }
    }

    if (spec->has_range) {
        mz_buf_add_c(out, spec->kind == MZ_KIND_FUNNEL
                          ? ". First step: "
                          : spec->kind == MZ_KIND_RETENTION
                            ? ". Start: " : ". Range: ");
        mz_range_words(&spec->range, out);
    }

    if (spec->compare != MZ_COMPARE_NONE) {
        mz_buf_add_c(out, ", compared with ");
        mz_time_rfc3339(out, spec->previous.from_ms);
        mz_buf_add_c(out, " to ");
        mz_time_rfc3339(out, spec->previous.to_ms);
        mz_buf_add_c(out, spec->compare == MZ_COMPARE_YEAR
                          ? " (a year before)" : " (the period before)");
    }

    mz_buf_add_c(out, spec->has_range
                      ? ". Times are UTC, weeks start on Monday." : ".");
}


static void
mz_definition_columns(const mz_spec_column_t *c, size_t n, mz_buf_t *out)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        mz_buf_add_c(out, i == 0 ? "" : ", ");
        mz_buf_add_str(out, c[i].name);
    }
}


static void
mz_definition_event(mz_str_t event, mz_buf_t *out)
{
    if (mz_str_eq_c(event, "*")) {
        mz_buf_add_c(out, "any event");
    } else {
        mz_buf_add_str(out, event);
    }
}


static void
mz_definition_filters(const mz_spec_filters_t *f, const char *before,
    mz_buf_t *out)
{
    size_t  i;

    for (i = 0; i < f->n; i++) {
        mz_buf_add_c(out, i == 0 ? before : " and ");

        if (f->items[i].is_did) {
            mz_definition_did(&f->items[i], out);
        } else {
            mz_definition_filter(&f->items[i], out);
        }
    }
}


static void
mz_definition_filter(const mz_spec_filter_t *f, mz_buf_t *out)
{
    size_t  i;

    mz_buf_add_str(out, f->column.name);
    mz_buf_addf(out, " %s", mz_definition_ops[f->op]);

    for (i = 0; i < f->nvalues; i++) {
        mz_buf_add_c(out, i == 0 ? " " : ", ");
        mz_value_write_json(out, f->values[i].dtype, &f->values[i].value);
    }

    if (f->op == MZ_OP_NEQ || f->op == MZ_OP_NOT_IN
        || f->op == MZ_OP_NOT_CONTAINS)
    {
        mz_buf_add_c(out, " (or empty)");
    }
}


static void
mz_definition_did(const mz_spec_filter_t *f, mz_buf_t *out)
{
    mz_buf_add_c(out, f->negate ? "the user did not do " : "the user did ");
    mz_definition_event(f->event, out);

    if (f->count_op != MZ_OP_GTE || f->count != 1) {
        mz_buf_addf(out, " %s %lld times", mz_definition_ops[f->count_op],
                    (long long) f->count);
    }

    mz_definition_filters(&f->filters, " with ", out);

    if (f->has_range) {
        mz_buf_add_c(out, " in ");
        mz_range_words(&f->range, out);
    }
}
