
/*
 * artifact_types: artifacts as MCP resources: their URIs, and what the kinds
 * are read as.
 */

#ifndef MZ_ARTIFACT_TYPES_H
#define MZ_ARTIFACT_TYPES_H

#include "base/mz_base.h"


#define MZ_ARTIFACT_URI  "mitzu://artifacts/"   /* and the id */

typedef struct {
    mz_str_t  kind;
    mz_str_t  mime_type;
    bool      is_plain;         /* its chunks in a row are the resource */
} mz_artifact_type_t;


/* resource_artifact.c.  NULL: a kind that is not read as a resource. */
const mz_artifact_type_t *mz_artifact_type(mz_str_t kind);


#endif /* MZ_ARTIFACT_TYPES_H */
