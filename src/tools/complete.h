
/*
 * complete: what arguments of prompts and templates can be completed with.
 * Ops for mz_argument_t.complete: args are {"name","value","context"}, and
 * the values begin with "value", whatever its case.
 */

#ifndef MZ_COMPLETE_H
#define MZ_COMPLETE_H

#include "tools/tool.h"


#define MZ_COMPLETE_MAX   100       /* values of one answer */
#define MZ_COMPLETE_SCAN  1000      /* newest artifacts looked at */


/* complete_catalog.c: the catalog in Redis; values are those of the property
 * that the argument "property" of the context names. */
extern const mz_op_t  mz_complete_events;
extern const mz_op_t  mz_complete_properties;
extern const mz_op_t  mz_complete_values;

/* op_complete.c: ids of the caller's artifacts, newest first; ranges of time
 * as the analytics agent reads them. */
extern const mz_op_t  mz_complete_artifacts;
extern const mz_op_t  mz_complete_ranges;


#endif /* MZ_COMPLETE_H */
