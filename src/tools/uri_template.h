
/*
 * uri_template: the URIs of resource templates: RFC 6570 level 1, that is
 * text with {variables}.  Matching is the way back: a value is at least one
 * character, without "/", percent-decoded, valid UTF-8 and free of control
 * characters.  Where the text behind a variable occurs more than once, the
 * first place counts, and the end of the URI for the last one.
 */

#ifndef MZ_URI_TEMPLATE_H
#define MZ_URI_TEMPLATE_H

#include "base/mz_json.h"


#define MZ_URI_TEMPLATE_VARS  8         /* variables of one template */
#define MZ_URI_TEMPLATE_NAME  64        /* bytes of a variable's name */


/* Whether this is a template and no plain URI. */
bool mz_uri_template_is(mz_str_t uri);

/* MZ_INVALID: err says which rule is broken. */
mz_rc_t mz_uri_template_check(mz_str_t tmpl, mz_err_t *err);

/* Whether a checked template has a variable of that name. */
bool mz_uri_template_has(mz_str_t tmpl, mz_str_t name);

/*
 * MZ_OK: the URI is one of a checked template's, and its variables are set
 * in vars (an object; may be NULL).  MZ_NOT_FOUND: it is none.  MZ_NOMEM.
 */
mz_rc_t mz_uri_template_match(mz_str_t tmpl, mz_str_t uri, json_t *vars);


#endif /* MZ_URI_TEMPLATE_H */
