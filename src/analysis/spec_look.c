
/* The kinds that look at the data as it is: discovery, lookup, journey. */

#include "analysis/spec_parse.h"
#include "base/mz_str.h"


static mz_rc_t mz_look_target(mz_spec_t *spec, mz_err_t *err);
static mz_rc_t mz_look_hits(mz_spec_t *spec, mz_err_t *err);
static mz_rc_t mz_look_needs(mz_spec_t *spec, mz_err_t *err);
static mz_rc_t mz_look_events(mz_spec_t *spec, mz_err_t *err);
static mz_rc_t mz_look_path(mz_spec_t *spec, mz_err_t *err);


mz_rc_t
mz_spec_parse_discovery(mz_spec_t *spec, mz_err_t *err)
{
    int                       what;
    mz_rc_t                   rc;
    static const char *const  members[] = {
        "kind", "what", "event", "property", "hits", NULL
    };

    rc = mz_read_members(spec->json, "", members, err);
    if (rc == MZ_OK) {
        rc = mz_read_enum(spec->json, "what", "", mz_read_whats, -1, &what,
                          err);
    }

    if (rc != MZ_OK) {
        return rc;
    }

    spec->u.disc.what = (mz_discovery_what_t) what;

    rc = mz_look_target(spec, err);
    if (rc == MZ_OK) {
        rc = mz_look_hits(spec, err);
    }

    return rc == MZ_OK ? mz_look_needs(spec, err) : rc;
}


mz_rc_t
mz_spec_parse_lookup(mz_spec_t *spec, mz_err_t *err)
{
    json_t                   *user;
    mz_rc_t                   rc;
    mz_spec_lookup_t         *l;
    static const char *const  members[] = {
        "kind", "user", "range", "events", "limit", "filters", NULL
    };

    l = &spec->u.lookup;
    l->limit = MZ_SPEC_LOOKUP_DEFAULT;

    rc = mz_read_members(spec->json, "", members, err);
    if (rc != MZ_OK) {
        return rc;
    }

    user = json_object_get(spec->json, "user");
    l->user = mz_json_str(user);

    if (!json_is_string(user) || l->user.len == 0) {
        return mz_fail(err, MZ_INVALID, "user is not the id of a user as a"
                       " string");
    }

    rc = mz_look_events(spec, err);

    if (rc == MZ_OK && json_object_get(spec->json, "limit") != NULL) {
        rc = mz_read_int(spec->json, "limit", "", 1, MZ_SPEC_LOOKUP_MAX,
                         &l->limit, err);
    }

    if (rc == MZ_OK) {
        rc = mz_spec_parse_range(spec, 0, MZ_UNIT_DAY, err);
    }

    if (rc == MZ_OK) {
        rc = mz_spec_parse_filters(spec, spec->json, "", l->events,
                                   l->nevents, MZ_CARRY_EACH, &spec->filters,
                                   err);
    }

    return rc;
}


mz_rc_t
mz_spec_parse_journey(mz_spec_t *spec, mz_err_t *err)
{
    mz_rc_t                   rc;
    mz_str_t                 *event;
    static const char *const  members[] = {
        "kind", "event", "direction", "to", "depth", "range", "filters",
        "breakdown", "top", NULL
    };

    event = &spec->u.journey.event;

    rc = mz_read_members(spec->json, "", members, err);
    if (rc == MZ_OK) {
        rc = mz_read_event(spec, json_object_get(spec->json, "event"),
                           "event", false, event, err);
    }

    if (rc == MZ_OK) {
        rc = mz_look_path(spec, err);
    }

    if (rc == MZ_OK) {
        rc = mz_spec_parse_range(spec, 30, MZ_UNIT_DAY, err);
    }

    if (rc == MZ_OK) {
        rc = mz_spec_parse_filters(spec, spec->json, "", event, 1,
                                   MZ_CARRY_EACH, &spec->filters, err);
    }

    if (rc == MZ_OK) {
        rc = mz_spec_parse_breakdown(spec, event, 1, err);
    }

    return rc == MZ_OK ? mz_spec_parse_top(spec, err) : rc;
}


/* What a discovery is about. */

static mz_rc_t
mz_look_target(mz_spec_t *spec, mz_err_t *err)
{
    json_t               *event, *property;
    mz_rc_t               rc;
    mz_spec_discovery_t  *d;

    d = &spec->u.disc;
    event = json_object_get(spec->json, "event");
    property = json_object_get(spec->json, "property");
    rc = MZ_OK;

    if (event != NULL) {
        rc = mz_read_event(spec, event, "event", false, &d->event, err);
    }

    if (rc == MZ_OK && property != NULL) {
        rc = mz_read_column(spec, property, "property", &d->column, err);
    }

    if (rc == MZ_OK && event != NULL && property != NULL) {
        rc = mz_read_carried(spec, d->event, &d->column, "property", err);
    }

    return rc;
}


static mz_rc_t
mz_look_hits(mz_spec_t *spec, mz_err_t *err)
{
    size_t                i;
    json_t               *list;
    mz_rc_t               rc;
    mz_spec_discovery_t  *d;

    d = &spec->u.disc;

    rc = mz_read_list(spec->json, "hits", "", 0, MZ_SPEC_HITS_MAX, &list,
                      &d->nhits, err);

    for (i = 0; i < d->nhits && rc == MZ_OK; i++) {
        rc = mz_read_event(spec, json_array_get(list, i),
                           mz_read_path("", "hits", (int) i).s, false,
                           &d->hits[i], err);
    }

    return rc;
}


/* The members each kind of discovery needs and those it cannot have. */

static mz_rc_t
mz_look_needs(mz_spec_t *spec, mz_err_t *err)
{
    bool                  has_event, has_property, has_hits;
    mz_spec_discovery_t  *d;

    d = &spec->u.disc;
    has_event = d->event.data != NULL;
    has_property = d->column.name.data != NULL;
    has_hits = json_object_get(spec->json, "hits") != NULL;

    if (d->what == MZ_WHAT_VALUES && !has_property) {
        return mz_fail(err, MZ_INVALID, "property is missing: values of which"
                       " one?");
    }

    if (d->what == MZ_WHAT_DESCRIBE && !has_event && !has_property) {
        return mz_fail(err, MZ_INVALID, "event or property is missing: what is"
                       " to be described?");
    }

    if (has_hits && d->what != MZ_WHAT_SEARCH) {
        return mz_fail(err, MZ_INVALID, "hits belongs to what \"search\"");
    }

    if (has_property && d->what != MZ_WHAT_VALUES
        && d->what != MZ_WHAT_DESCRIBE)
    {
        return mz_fail(err, MZ_INVALID, "property has no meaning for what"
                       " \"%s\"", mz_read_whats[d->what]);
    }

    if (has_event && (d->what == MZ_WHAT_EVENTS || d->what == MZ_WHAT_RANGE
                      || d->what == MZ_WHAT_SEARCH))
    {
        return mz_fail(err, MZ_INVALID, "event has no meaning for what"
                       " \"%s\"", mz_read_whats[d->what]);
    }

    return MZ_OK;
}


static mz_rc_t
mz_look_events(mz_spec_t *spec, mz_err_t *err)
{
    size_t             i, n;
    json_t            *list;
    mz_rc_t            rc;
    mz_spec_lookup_t  *l;

    l = &spec->u.lookup;

    rc = mz_read_list(spec->json, "events", "", 0, MZ_SPEC_EVENTS_MAX, &list,
                      &n, err);

    for (i = 0; i < n && rc == MZ_OK; i++) {
        rc = mz_read_event(spec, json_array_get(list, i),
                           mz_read_path("", "events", (int) i).s, true,
                           &l->events[i], err);

        if (rc == MZ_OK && mz_str_eq_c(l->events[i], "*")) {
            n = 0;
        }
    }

    l->nevents = rc == MZ_OK ? n : 0;

    return rc;
}


static mz_rc_t
mz_look_path(mz_spec_t *spec, mz_err_t *err)
{
    int                 direction;
    json_t             *to;
    int64_t             depth;
    mz_rc_t             rc;
    mz_spec_journey_t  *j;

    j = &spec->u.journey;
    to = json_object_get(spec->json, "to");

    rc = mz_read_enum(spec->json, "direction", "", mz_read_directions,
                      to != NULL ? MZ_JOURNEY_BETWEEN : MZ_JOURNEY_AFTER,
                      &direction, err);
    if (rc != MZ_OK) {
        return rc;
    }

    j->direction = (mz_journey_direction_t) direction;

    if ((j->direction == MZ_JOURNEY_BETWEEN) != (to != NULL)) {
        return mz_fail(err, MZ_INVALID, "direction \"between\" and to go"
                       " together");
    }

    if (to != NULL) {
        rc = mz_read_event(spec, to, "to", false, &j->to, err);
    }

    if (rc == MZ_OK && json_object_get(spec->json, "depth") == NULL) {
        rc = mz_spec_parse_set(spec->json, "depth",
                               json_integer(to != NULL ? 5 : 3), err);
    }

    if (rc == MZ_OK) {
        rc = mz_read_int(spec->json, "depth", "", 1, MZ_SPEC_DEPTH_MAX,
                         &depth, err);
    }

    if (rc != MZ_OK) {
        return rc;
    }

    j->depth = (int) depth;

    return mz_spec_parse_set(spec->json, "direction",
                             json_string(mz_read_directions[direction]), err);
}
