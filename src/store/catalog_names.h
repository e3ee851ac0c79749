
/*
 * catalog_names: the names that completion offers, published by the workers
 * and searched by prefix: zsets of score 0, <prefix>:{catalog}:events,
 * :properties and :values, whose members are read by ZRANGEBYLEX:
 *
 *     events, properties   <folded name> NUL <name>
 *     values               <folded property> NUL <folded value> NUL <value>
 *
 * Folded: lower case (ASCII letters only).  What a user typed is part of a
 * range bound, never of a key or a pattern.
 */

#ifndef MZ_CATALOG_NAMES_H
#define MZ_CATALOG_NAMES_H

#include "store/store.h"


#define MZ_CATALOG_TTL_S     (7 * 24 * 3600)    /* renewed by every worker */
#define MZ_CATALOG_NAME_MAX  256                /* bytes of a member's name */
#define MZ_CATALOG_FOUND     100                /* most names of a search */
#define MZ_CATALOG_ADD_MAX   512                /* members of one command */
#define MZ_CATALOG_WRITER    48                 /* bytes of a writer used */

typedef enum {
    MZ_CATALOG_EVENTS,
    MZ_CATALOG_PROPERTIES,
    MZ_CATALOG_VALUES
} mz_catalog_set_t;


/*
 * Publishing: begin, any number of adds, commit (which replaces the old sets
 * in one transaction; a set nothing was added to is removed).  Each appends
 * commands; c->n says how many are owed.  Replies are looked at with
 * mz_catalog_publish_check(): send the commit only when those before it are
 * fine.  Names that are empty, too long or have control characters are left
 * out.  property: of MZ_CATALOG_VALUES only.  writer: a name of this
 * process, [a-z0-9-], for its temporary keys, which expire by themselves.
 */
void mz_catalog_publish_begin(mz_cmds_t *c, const mz_store_conf_t *conf,
    mz_str_t writer);
void mz_catalog_publish_add(mz_cmds_t *c, const mz_store_conf_t *conf,
    mz_str_t writer, mz_catalog_set_t set, mz_str_t property,
    const mz_str_t *names, size_t n);
void mz_catalog_publish_commit(mz_cmds_t *c, const mz_store_conf_t *conf,
    mz_str_t writer);
mz_rc_t mz_catalog_publish_check(const redisReply *r, mz_err_t *err);

/*
 * One reply: names of a set that begin with prefix, whatever their case; at
 * most MZ_CATALOG_FOUND + 1, so that the caller sees whether there are more.
 * property: of MZ_CATALOG_VALUES only.
 */
void mz_catalog_find(mz_cmds_t *c, const mz_store_conf_t *conf,
    mz_catalog_set_t set, mz_str_t property, mz_str_t prefix);
mz_rc_t mz_catalog_find_decode(const redisReply *r, size_t *n,
    mz_err_t *err);
mz_str_t mz_catalog_find_at(const redisReply *r, size_t i);


#endif /* MZ_CATALOG_NAMES_H */
