
/*
 * schema_say: the words of schema.c for a value that breaks a rule: where it
 * is, what was given, which name or value was probably meant.
 */

#ifndef MZ_SCHEMA_SAY_H
#define MZ_SCHEMA_SAY_H

#include "base/mz_json.h"


#define MZ_SCHEMA_SAY_NAME_MAX  64      /* longest name that is suggested */


/* Where a value is; frames live on the stack of the recursion. */

typedef struct mz_schema_at_s  mz_schema_at_t;

struct mz_schema_at_s {
    const mz_schema_at_t  *parent;
    const char            *key;     /* NULL: an array's element */
    size_t                 index;
};


/* "<path> <rule>, got <given>"; frees rule.  given NULL: without it. */
mz_rc_t mz_schema_say(mz_err_t *err, const mz_schema_at_t *at,
    const json_t *given, mz_buf_t *rule);

/* The JSON Schema name of a value's type. */
const char *mz_schema_say_type(const json_t *value);

/* Values of an array, names of an object's members; long lists are cut. */
void mz_schema_say_values(mz_buf_t *b, const json_t *array);
void mz_schema_say_keys(mz_buf_t *b, const json_t *object);

/* The name or value closest to what was given; null string: none is near. */
mz_str_t mz_schema_say_nearest_key(const json_t *object, mz_str_t name);
mz_str_t mz_schema_say_nearest_value(const json_t *array, mz_str_t text);


#endif /* MZ_SCHEMA_SAY_H */
