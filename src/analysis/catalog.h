
/*
 * catalog: what can be asked about: events, their properties, types and
 * values.  Scanned from a warehouse by the agent, cached as JSON, read by
 * the planner, the validator and the compiler.  Read only once built.
 */

#ifndef MZ_CATALOG_H
#define MZ_CATALOG_H

#include "base/mz_json.h"
#include "base/mz_rset.h"


#define MZ_CATALOG_VALUES_MAX  500      /* distinct values kept a property */

typedef struct {
    mz_str_t  value;
    int64_t   count;
} mz_catalog_value_t;

typedef struct {
    mz_str_t             name;
    mz_dtype_t           dtype;
    bool                 is_common;     /* on every event */
    bool                 has_nulls;
    bool                 is_enum;       /* values is the complete list */
    mz_catalog_value_t  *values;        /* most frequent first */
    size_t               nvalues;
} mz_catalog_property_t;

typedef struct {
    mz_str_t   name;
    int64_t    count;
    int64_t    users;
    int64_t    first_ms;
    int64_t    last_ms;
    size_t    *properties;              /* indexes, own ones only */
    size_t     nproperties;
} mz_catalog_event_t;

typedef struct {
    /* where the rows are: one wide table of events */
    mz_str_t                table;          /* "events" */
    mz_str_t                event_column;   /* "event_name" */
    mz_str_t                time_column;    /* "event_time" */
    mz_str_t                user_column;    /* "user_id" */

    mz_catalog_event_t     *events;         /* by name */
    size_t                  nevents;
    mz_catalog_property_t  *properties;     /* by name; not the 3 columns */
    size_t                  nproperties;

    int64_t                 first_ms;       /* of all events */
    int64_t                 last_ms;
    int64_t                 rows;
    int64_t                 users;
    json_t                 *json;           /* owns the strings */
} mz_catalog_t;


/*
 * From its JSON form (the reference is kept).  The form:
 * {"version":1,"table":..,"event_column":..,"time_column":..,
 *  "user_column":..,"rows":n,"users":n,"first":"RFC3339","last":"RFC3339",
 *  "properties":[{"name":..,"dtype":..,"common":b,"nulls":b,"enum":b,
 *                 "values":[["US",123],..]}],
 *  "events":[{"name":..,"count":n,"users":n,"first":..,"last":..,
 *             "properties":["page",..]}]}
 */
mz_rc_t mz_catalog_from_json(json_t *j, mz_catalog_t **out, mz_err_t *err);
void mz_catalog_free(mz_catalog_t *cat);

/* NULL when there is none; names are compared exactly. */
const mz_catalog_event_t *mz_catalog_event(const mz_catalog_t *cat,
    mz_str_t name);
const mz_catalog_property_t *mz_catalog_property(const mz_catalog_t *cat,
    mz_str_t name);

/* Whether the event carries the property ("*": common ones only). */
bool mz_catalog_event_has(const mz_catalog_t *cat, mz_str_t event,
    mz_str_t property);


#endif /* MZ_CATALOG_H */
