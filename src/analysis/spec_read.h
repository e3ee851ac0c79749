
/*
 * spec_read: reading members of a spec with errors that name the member,
 * say what is wrong and what would be right.  path is the place of the
 * object in the spec ("steps[1]", "" for the spec itself).
 */

#ifndef MZ_SPEC_READ_H
#define MZ_SPEC_READ_H

#include "analysis/spec_types.h"


#define MZ_READ_PATH_MAX  96

/* A name of the user's made fit to be shown in an error. */

#define MZ_READ_SHOW_MAX  72

typedef struct {
    char  s[MZ_READ_SHOW_MAX];
} mz_read_show_t;

typedef struct {
    char  s[MZ_READ_PATH_MAX];
} mz_read_path_t;


/* NULL-terminated names in the order of their enums. */
extern const char *const  mz_read_kinds[];
extern const char *const  mz_read_ops[];
extern const char *const  mz_read_grains[];
extern const char *const  mz_read_measures[];
extern const char *const  mz_read_orders[];
extern const char *const  mz_read_funnel_measures[];
extern const char *const  mz_read_modes[];
extern const char *const  mz_read_whats[];
extern const char *const  mz_read_directions[];


mz_read_show_t mz_read_show(mz_str_t s);

/* "path.key", "path.key[i]" (i >= 0), "key" when path is empty. */
mz_read_path_t mz_read_path(const char *path, const char *key, int i);

/* An object with no other members than these. */
mz_rc_t mz_read_members(const json_t *obj, const char *path,
    const char *const *names, mz_err_t *err);

/* A required whole number. */
mz_rc_t mz_read_int(const json_t *obj, const char *key, const char *path,
    int64_t min, int64_t max, int64_t *out, mz_err_t *err);

/* A required finite number. */
mz_rc_t mz_read_double(const json_t *obj, const char *key, const char *path,
    double *out, mz_err_t *err);

/* One of the names; absent: dflt, or refused when dflt is negative. */
mz_rc_t mz_read_enum(const json_t *obj, const char *key, const char *path,
    const char *const *names, int dflt, int *out, mz_err_t *err);

/* false when absent. */
mz_rc_t mz_read_bool(const json_t *obj, const char *key, const char *path,
    bool *out, mz_err_t *err);

/* A list of min..max members; an absent one is empty when min is 0. */
mz_rc_t mz_read_list(const json_t *obj, const char *key, const char *path,
    size_t min, size_t max, json_t **out, size_t *n, mz_err_t *err);

/* The name of an event; where names the member it is the value of. */
mz_rc_t mz_read_event(const mz_spec_t *spec, const json_t *v,
    const char *where, bool any_ok, mz_str_t *out, mz_err_t *err);

/* A property (or the event or user column) by name. */
mz_rc_t mz_read_column(const mz_spec_t *spec, const json_t *v,
    const char *where, mz_spec_column_t *out, mz_err_t *err);

/* Whether rows of the event can have a value; "*": common ones only. */
bool mz_read_event_has(const mz_spec_t *spec, mz_str_t event,
    const mz_spec_column_t *column);

/* MZ_INVALID unless the event carries it; says which events do. */
mz_rc_t mz_read_carried(const mz_spec_t *spec, mz_str_t event,
    const mz_spec_column_t *column, const char *where, mz_err_t *err);


#endif /* MZ_SPEC_READ_H */
