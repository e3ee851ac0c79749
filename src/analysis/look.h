
/*
 * look: what compiler and shape of discovery, lookup and journey agree on.
 */

#ifndef MZ_LOOK_H
#define MZ_LOOK_H

#include "analysis/spec_types.h"


#define MZ_LOOK_PATHS_MAX  10000        /* different paths in the table */
#define MZ_LOOK_NEXT_MAX   20

/* A discovery that the catalog alone cannot answer. */
bool mz_look_needs_sql(const mz_spec_t *spec);

/* The i-th property of the catalog, when a lookup shows it. */
bool mz_look_column(const mz_spec_t *spec, size_t i, mz_spec_column_t *c);


#endif /* MZ_LOOK_H */
