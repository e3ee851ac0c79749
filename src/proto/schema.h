
/*
 * schema: the subset of JSON Schema 2020-12 that tool arguments use: type
 * (also a list), properties, required, additionalProperties (bool), items,
 * enum, minimum, maximum, minLength, maxLength (code points), minItems,
 * maxItems, default and description (ignored), and anything unknown ignored:
 * what a schema says beyond this is for its tool to check.
 */

#ifndef MZ_SCHEMA_H
#define MZ_SCHEMA_H

#include "base/mz_json.h"


/*
 * MZ_OK or MZ_INVALID with err naming the path ("filters[0].op"), the rule
 * and what was given, so that a model can repair its call.
 */
mz_rc_t mz_schema_validate(const json_t *schema, const json_t *value,
    mz_err_t *err);


#endif /* MZ_SCHEMA_H */
