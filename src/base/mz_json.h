
/*
 * mz_json: the only door to jansson.  Everything else includes this file,
 * never <jansson.h>.  Values are reference counted json_t; names that end in
 * _get borrow, _new and _load own.
 */

#ifndef MZ_JSON_H
#define MZ_JSON_H

#include <jansson.h>

#include "base/mz_buf.h"


typedef struct {
    size_t  bytes_max;      /* longest text */
    size_t  depth_max;      /* deepest nesting of arrays and objects */
} mz_json_limits_t;

#define MZ_JSON_DEPTH_MAX  32


/*
 * Strict load: one value, valid UTF-8, no duplicate member, no NUL in
 * strings.  lim NULL: no size bound and MZ_JSON_DEPTH_MAX.  Depth is checked
 * before jansson sees the text.  MZ_OK: *out is owned by the caller.
 */
mz_rc_t mz_json_load(mz_str_t text, const mz_json_limits_t *lim, json_t **out,
    mz_err_t *err);

/* Compact text appended to b; reals so that they read back the same. */
void mz_json_dump(mz_buf_t *b, const json_t *v);

/* Borrowed string of a member; the null string when absent or no string. */
mz_str_t mz_json_get_str(const json_t *obj, const char *key);

/* dflt when absent or of another type; reals with no fraction are ints. */
int64_t mz_json_get_int(const json_t *obj, const char *key, int64_t dflt);
double mz_json_get_double(const json_t *obj, const char *key, double dflt);
bool mz_json_get_bool(const json_t *obj, const char *key, bool dflt);

/* Value of a string as a view ("" for the empty one). */
mz_str_t mz_json_str(const json_t *v);

/* New string value; ill-formed UTF-8 and NUL are replaced by U+FFFD. */
json_t *mz_json_str_new(mz_str_t s);

/* Sets a string member; obj NULL or out of memory is MZ_NOMEM. */
mz_rc_t mz_json_set_str(json_t *obj, const char *key, mz_str_t s);

/*
 * Sets a member and takes the reference to v (also on failure).  v NULL is
 * MZ_NOMEM, so that constructors can be nested.
 */
mz_rc_t mz_json_set(json_t *obj, const char *key, json_t *v);

/* Equal by value, numbers by their number (1 equals 1.0). */
bool mz_json_equal(const json_t *a, const json_t *b);


#endif /* MZ_JSON_H */
