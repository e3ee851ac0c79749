
/*
 * store: the Redis data model, sans-I/O.  Key names, commands and decoded
 * replies; who sends them is the host's business.  The contract in words is
 * docs/worker-protocol.md; the atomic operations are the Lua files in scripts/.
 *
 * Names: base of a partition "mitzu:{07}", base of a scope
 * "mitzu:{07}:<scope>".  All keys one script touches share the hash tag.
 */

#ifndef MZ_STORE_H
#define MZ_STORE_H

#include <hiredis/read.h>
#include <hiredis/hiredis.h>

#include "auth/principal.h"
#include "base/mz_buf.h"
#include "base/mz_id.h"


#define MZ_STORE_SCHEMA          2      /* mitzu:meta schema */
#define MZ_STORE_PREFIX_MAX      32
#define MZ_STORE_PARTITIONS      16     /* default */
#define MZ_STORE_PARTITIONS_MAX  100
#define MZ_KEY_MAX               192
#define MZ_CMDS_MAX              (64 * 1024 * 1024)  /* bytes of a pipeline */

typedef struct {
    char      prefix[MZ_STORE_PREFIX_MAX + 1];  /* [A-Za-z0-9_.-]+ */
    unsigned  partitions;
} mz_store_conf_t;

typedef struct {
    char    s[MZ_KEY_MAX];
    size_t  len;
} mz_key_t;


/*
 * Commands to be sent as one pipeline; RESP-encoded.  n replies are owed.
 */

typedef struct {
    mz_buf_t  buf;
    size_t    n;
    bool      is_bulk;      /* replies may be large: use the bulk class */
    bool      is_durable;   /* to be confirmed by replicas, where asked for */
} mz_cmds_t;


typedef enum {
    MZ_SCRIPT_SUBMIT,
    MZ_SCRIPT_CLAIM,
    MZ_SCRIPT_TAKE,
    MZ_SCRIPT_RENEW,
    MZ_SCRIPT_EVENT,
    MZ_SCRIPT_CHUNK,
    MZ_SCRIPT_ARTIFACT,
    MZ_SCRIPT_FINISH,
    MZ_SCRIPT_CANCEL,
    MZ_SCRIPT_SWEEP,
    MZ_SCRIPT_HANDBACK,
    MZ_SCRIPT_REQUEUE,
    MZ_SCRIPT_DROP,
    MZ_SCRIPT_ADMIT,
    MZ_SCRIPT_RELEASE,
    MZ_SCRIPT_ANSWER,
    MZ_SCRIPT_SUBSCRIBE,
    MZ_SCRIPTS
} mz_script_t;

typedef struct {
    const char  *name;
    const char  *source;
    size_t       len;
    char         sha1[41];      /* made at build time */
} mz_script_source_t;

extern const mz_script_source_t  mz_scripts[MZ_SCRIPTS];


void mz_cmds_init(mz_cmds_t *c);
void mz_cmds_free(mz_cmds_t *c);
void mz_cmds_reset(mz_cmds_t *c);

/* Appends one command; argv are bytes, never format strings. */
void mz_cmds_add(mz_cmds_t *c, size_t argc, const mz_str_t *argv);

/* EVALSHA of a script: keys first, then args. */
void mz_cmds_add_script(mz_cmds_t *c, mz_script_t script, size_t nkeys,
    const mz_str_t *keys, size_t nargs, const mz_str_t *args);

/* SCRIPT LOAD of all scripts: MZ_SCRIPTS replies. */
void mz_cmds_add_load(mz_cmds_t *c);

/* Whether a reply is the NOSCRIPT error (then load, and send again). */
bool mz_reply_is_noscript(const redisReply *r);

/* READONLY, LOADING, MASTERDOWN, CLUSTERDOWN, OOM, ..: try again later. */
bool mz_reply_is_unavailable(const redisReply *r);

void mz_reply_free(redisReply *r);

/* Bulk or status string; the null string for nil and other types. */
mz_str_t mz_reply_str(const redisReply *r);

/* Integer, or a string that is one; dflt otherwise. */
int64_t mz_reply_int(const redisReply *r, int64_t dflt);

/* Element i of an array, or NULL. */
const redisReply *mz_reply_at(const redisReply *r, size_t i);

/* Value of a field in a flat field/value array (HGETALL, stream entry). */
mz_str_t mz_reply_field(const redisReply *r, const char *field);


/* MZ_SCOPE_LEN hex digits: a scope, or the id of a project. */
bool mz_store_is_scope(mz_str_t s);

unsigned mz_store_partition(const mz_store_conf_t *conf, mz_str_t scope);

/*
 * The keys of DESIGN.md 5.  id and n are used where the name has them.
 */

typedef enum {
    MZ_KEY_META,                /* mitzu:meta */
    MZ_KEY_WORKERS,             /* mitzu:workers */
    MZ_KEY_ENDED,               /* mitzu:ended */
    MZ_KEY_PART_BASE,           /* mitzu:{P} */
    MZ_KEY_JOBS,
    MZ_KEY_LEASES,
    MZ_KEY_DEAD,
    MZ_KEY_QUEUE,               /* projects that wait */
    MZ_KEY_QUEUE_OF,            /* id: a project; its runs that wait */
    MZ_KEY_SERVED,
    MZ_KEY_PAUSED,
    MZ_KEY_PROJECT,             /* id: a project; its limits */
    MZ_KEY_SCOPE_BASE,          /* mitzu:{P}:S */
    MZ_KEY_CONVS,
    MZ_KEY_CONV,
    MZ_KEY_TURNS,
    MZ_KEY_RUN,
    MZ_KEY_EVENTS,
    MZ_KEY_RUNS,
    MZ_KEY_LIMITS,
    MZ_KEY_ARTIFACTS,
    MZ_KEY_ARTIFACT,
    MZ_KEY_CHUNK,
    MZ_KEY_ASK,                 /* id: of a question */
    MZ_KEY_SESSION,             /* id: the session's name */
    MZ_KEY_SUBS,
    MZ_KEY_CHANNEL_CONTROL,     /* pub/sub mitzu:control */
    MZ_KEY_CHANNEL_RUN,         /* pub/sub mitzu:run:<id>: of a run, a task,
                                   a question */
    MZ_KEY_CHANNEL_CANCEL       /* pub/sub mitzu:cancel:<pid> */
} mz_key_kind_t;

/* part is used by the partition keys only; scope may then be the null
 * string.  id and n may be "" and 0 where unused. */
void mz_key(mz_key_t *key, const mz_store_conf_t *conf, mz_key_kind_t kind,
    unsigned part, mz_str_t scope, const char *id, unsigned n);

mz_str_t mz_key_str(const mz_key_t *key);


#endif /* MZ_STORE_H */
