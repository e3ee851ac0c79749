
/*
 * spec_parse: the parts of the parser.  Each kind has one function that
 * reads its members from spec->json, validates them against the catalog,
 * writes the defaults back into the JSON and fills in the spec.
 */

#ifndef MZ_SPEC_PARSE_H
#define MZ_SPEC_PARSE_H

#include "analysis/spec_read.h"


/* Which events must carry the property of a filter. */

typedef enum {
    MZ_CARRY_EACH,
    MZ_CARRY_SOME
} mz_spec_carry_t;


mz_rc_t mz_spec_parse_segmentation(mz_spec_t *spec, mz_err_t *err);
mz_rc_t mz_spec_parse_funnel(mz_spec_t *spec, mz_err_t *err);
mz_rc_t mz_spec_parse_retention(mz_spec_t *spec, mz_err_t *err);
mz_rc_t mz_spec_parse_discovery(mz_spec_t *spec, mz_err_t *err);
mz_rc_t mz_spec_parse_lookup(mz_spec_t *spec, mz_err_t *err);
mz_rc_t mz_spec_parse_journey(mz_spec_t *spec, mz_err_t *err);

/* The member of that name of obj; absent is no filter. */
mz_rc_t mz_spec_parse_filters(mz_spec_t *spec, json_t *obj, const char *path,
    const mz_str_t *events, size_t nevents, mz_spec_carry_t carry,
    mz_spec_filters_t *out, mz_err_t *err);

mz_rc_t mz_spec_parse_measure(mz_spec_t *spec, json_t *obj, const char *path,
    const mz_str_t *events, size_t nevents, mz_spec_measure_t *out,
    mz_err_t *err);

/* {"event","filters"?}; obj lies in spec->json. */
mz_rc_t mz_spec_parse_step(mz_spec_t *spec, json_t *obj, const char *path,
    const char *const *members, mz_spec_step_t *out, mz_err_t *err);

/* Members shared by the kinds; the default range is the last n units. */
mz_rc_t mz_spec_parse_range(mz_spec_t *spec, int64_t n, mz_unit_t unit,
    mz_err_t *err);
mz_rc_t mz_spec_parse_grain(mz_spec_t *spec, mz_grain_t dflt, mz_err_t *err);
mz_rc_t mz_spec_parse_breakdown(mz_spec_t *spec, const mz_str_t *events,
    size_t nevents, mz_err_t *err);
mz_rc_t mz_spec_parse_compare(mz_spec_t *spec, mz_err_t *err);
mz_rc_t mz_spec_parse_top(mz_spec_t *spec, mz_err_t *err);

/* A default written into the JSON. */
mz_rc_t mz_spec_parse_set(json_t *obj, const char *key, json_t *v,
    mz_err_t *err);


#endif /* MZ_SPEC_PARSE_H */
