
/*
 * fit: brings the object of a result down to the bytes it may have, by rules
 * in the order in which members can be spared.  Used where the size of a
 * result is known only once it stands (status, inspect_artifact).
 */

#ifndef MZ_FIT_H
#define MZ_FIT_H

#include "base/mz_json.h"


typedef enum {
    MZ_FIT_DROP,            /* the whole member */
    MZ_FIT_OLDEST,          /* an array's elements from its beginning */
    MZ_FIT_LAST,            /* an array's elements from its end */
    MZ_FIT_CUT              /* the end of a string */
} mz_fit_how_t;

typedef struct {
    const char    *key;
    mz_fit_how_t   how;
    unsigned       share;   /* percent of max that it keeps in any case */
    const char    *note;    /* CUT: stands for what was cut off */
} mz_fit_rule_t;


/* Applies rules until obj's text has at most max bytes.  *is_cut: one did. */
mz_rc_t mz_fit(json_t *obj, const mz_fit_rule_t *rules, size_t n, size_t max,
    bool *is_cut);

/* The longest prefix that takes at most max bytes inside a JSON string. */
mz_str_t mz_fit_text(mz_str_t s, size_t max);

/* Sets a string member, of which at most max bytes are shown. */
mz_rc_t mz_fit_set_str(json_t *obj, const char *key, mz_str_t s, size_t max,
    const char *note);


#endif /* MZ_FIT_H */
