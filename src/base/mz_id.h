
/*
 * mz_id: the ids that leave the system.  "c_", "p_" or "a_" followed by 26
 * characters of lower-case base32 (a-z2-7, RFC 4648 without padding) made of
 * 128 random bits.  A conversation, a run (prompt_id, MCP task id) and an
 * artifact.  Only a checked id may become part of a Redis key.
 */

#ifndef MZ_ID_H
#define MZ_ID_H

#include "base/mz_base.h"


#define MZ_ID_LEN       28          /* without the NUL */
#define MZ_ID_RANDOM    16          /* bytes of entropy one id takes */

#define MZ_ID_CONV      'c'
#define MZ_ID_RUN       'p'
#define MZ_ID_ARTIFACT  'a'
#define MZ_ID_ASK       'q'         /* a question to a client */
#define MZ_ID_REQUEST   'x'         /* a request that may be cancelled */
#define MZ_ID_TASK      't'         /* a task that is no run */

typedef struct {
    char  s[MZ_ID_LEN + 1];
} mz_id_t;


void mz_id_make(mz_id_t *id, char kind,
    const unsigned char random[MZ_ID_RANDOM]);

/* MZ_OK and *id filled in when s is an id of that kind; else MZ_INVALID. */
mz_rc_t mz_id_parse(mz_id_t *id, char kind, mz_str_t s);


#endif /* MZ_ID_H */
