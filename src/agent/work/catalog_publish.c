
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "agent/cmd.h"
#include "agent/log.h"
#include "agent/work/catalog_publish.h"
#include "agent/work/runner.h"
#include "base/mz_sha256.h"
#include "base/mz_str.h"
#include "store/catalog_names.h"


#define MZ_PUBLISH_PIPELINE  (256 * 1024)   /* bytes sent at once */
#define MZ_PUBLISH_WRITER    16             /* hex digits */
#define MZ_PUBLISH_NICE      10

typedef struct {
    mz_redis_t             *redis;
    const mz_store_conf_t  *store;
    char                    hex[MZ_SHA256_HEX_LEN + 1];
    mz_str_t                writer;
    mz_cmds_t               cmds;
    mz_str_t               *names;          /* those to be added next */
    size_t                  published;
} mz_publish_t;


static mz_rc_t mz_publish_run(const mz_work_t *work, size_t *n,
    mz_err_t *err);
static void mz_publish_signals(void);
static size_t mz_publish_most(const mz_catalog_t *cat);
static mz_rc_t mz_publish_names(mz_publish_t *p, const mz_catalog_t *cat,
    mz_err_t *err);
static mz_rc_t mz_publish_values(mz_publish_t *p, const mz_catalog_t *cat,
    mz_err_t *err);
static mz_rc_t mz_publish_add(mz_publish_t *p, mz_catalog_set_t set,
    mz_str_t property, size_t n, mz_err_t *err);
static mz_rc_t mz_publish_send(mz_publish_t *p, mz_err_t *err);


int
mz_catalog_publish_main(const mz_work_t *work)
{
    size_t           n;
    mz_err_t         err;
    mz_log_quote_t   q;

    mz_publish_signals();
    mz_runner_limit(work);

    if (mz_publish_run(work, &n, &err) != MZ_OK) {
        mz_log(MZ_LOG_WARN, "the catalog is not published, so that there is "
               "nothing to complete names with: %s",
               mz_log_quote(&q, mz_str_from(err.msg)));
        return MZ_EXIT_FAILED;
    }

    mz_log(MZ_LOG_DEBUG, "%zu names of the catalog are published", n);

    return MZ_EXIT_OK;
}


mz_rc_t
mz_catalog_publish(mz_redis_t *redis, const mz_store_conf_t *store,
    mz_str_t worker, const mz_catalog_t *cat, size_t *n, mz_err_t *err)
{
    mz_rc_t       rc;
    mz_publish_t  p;

    memset(&p, 0, sizeof(p));
    p.redis = redis;
    p.store = store;

    rc = mz_sha256_hex(worker, p.hex);
    if (rc != MZ_OK) {
        return mz_fail(err, rc, "no digest");
    }

    p.writer.data = p.hex;
    p.writer.len = MZ_PUBLISH_WRITER;

    p.names = calloc(mz_publish_most(cat), sizeof(mz_str_t));
    if (p.names == NULL) {
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    mz_cmds_init(&p.cmds);
    mz_catalog_publish_begin(&p.cmds, store, p.writer);

    rc = mz_publish_names(&p, cat, err);

    if (rc == MZ_OK) {
        rc = mz_publish_values(&p, cat, err);
    }

    /* The old names stay until all of the new ones are there. */

    if (rc == MZ_OK) {
        rc = mz_publish_send(&p, err);
    }

    if (rc == MZ_OK) {
        mz_catalog_publish_commit(&p.cmds, store, p.writer);
        rc = mz_publish_send(&p, err);
    }

    *n = p.published;
    mz_cmds_free(&p.cmds);
    free(p.names);

    return rc;
}


static mz_rc_t
mz_publish_run(const mz_work_t *work, size_t *n, mz_err_t *err)
{
    mz_rc_t                 rc;
    mz_redis_t             *redis;
    mz_catalog_t           *cat;
    mz_warehouse_t         *wh;
    mz_warehouse_limits_t   limits;

    /* runs come first */

    limits = work->limits;
    limits.threads = 1;
    cat = NULL;

    rc = mz_warehouse_open(work->warehouse, &limits, &wh, err);
    if (rc != MZ_OK) {
        return rc;
    }

    rc = mz_catalog_open(wh, work->warehouse, work->catalog, &cat, err);
    wh->ops->close(wh);

    if (rc != MZ_OK) {
        return rc;
    }

    redis = mz_redis_new(&work->redis, "mitzu-agent-publisher");

    rc = redis != NULL
         ? mz_catalog_publish(redis, &work->store, mz_str_from(work->name),
                              cat, n, err)
         : mz_fail(err, MZ_NOMEM, "out of memory");

    mz_redis_free(redis);
    mz_catalog_free(cat);

    return rc;
}


/* The end comes at once: what was written under other names expires. */

static void
mz_publish_signals(void)
{
    sigset_t  none;

    prctl(PR_SET_NAME, "mitzu-publisher");

    if (nice(MZ_PUBLISH_NICE) == -1) {
        mz_log(MZ_LOG_DEBUG, "nice failed");
    }

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}


static size_t
mz_publish_most(const mz_catalog_t *cat)
{
    size_t  i, most;

    most = cat->nevents > cat->nproperties ? cat->nevents : cat->nproperties;

    for (i = 0; i < cat->nproperties; i++) {
        if (cat->properties[i].nvalues > most) {
            most = cat->properties[i].nvalues;
        }
    }

    return most + 1;
}


static mz_rc_t
mz_publish_names(mz_publish_t *p, const mz_catalog_t *cat, mz_err_t *err)
{
    size_t   i;
    mz_rc_t  rc;

    for (i = 0; i < cat->nevents; i++) {
        p->names[i] = cat->events[i].name;
    }

    rc = mz_publish_add(p, MZ_CATALOG_EVENTS, mz_null_str, cat->nevents, err);
    if (rc != MZ_OK) {
        return rc;
    }

    for (i = 0; i < cat->nproperties; i++) {
        p->names[i] = cat->properties[i].name;
    }

    return mz_publish_add(p, MZ_CATALOG_PROPERTIES, mz_null_str,
                          cat->nproperties, err);
}


static mz_rc_t
mz_publish_values(mz_publish_t *p, const mz_catalog_t *cat, mz_err_t *err)
{
    size_t                        i, k;
    mz_rc_t                       rc;
    const mz_catalog_property_t  *prop;

    rc = MZ_OK;

    for (i = 0; i < cat->nproperties && rc == MZ_OK; i++) {
        prop = &cat->properties[i];

        for (k = 0; k < prop->nvalues; k++) {
            p->names[k] = prop->values[k].value;
        }

        rc = mz_publish_add(p, MZ_CATALOG_VALUES, prop->name, prop->nvalues,
                            err);
    }

    return rc;
}


static mz_rc_t
mz_publish_add(mz_publish_t *p, mz_catalog_set_t set, mz_str_t property,
    size_t n, mz_err_t *err)
{
    if (n > MZ_CATALOG_PUBLISH_NAMES - p->published) {
        n = MZ_CATALOG_PUBLISH_NAMES - p->published;
    }

    mz_catalog_publish_add(&p->cmds, p->store, p->writer, set, property,
                           p->names, n);
    p->published += n;

    return p->cmds.buf.len < MZ_PUBLISH_PIPELINE ? MZ_OK
                                                 : mz_publish_send(p, err);
}


static mz_rc_t
mz_publish_send(mz_publish_t *p, mz_err_t *err)
{
    size_t        i;
    mz_rc_t       rc;
    mz_replies_t  replies;

    if (p->cmds.n == 0) {
        return MZ_OK;
    }

    rc = mz_redis_run(p->redis, &p->cmds, 0, &replies, err);
    mz_cmds_reset(&p->cmds);

    for (i = 0; rc == MZ_OK && i < replies.n; i++) {
        rc = mz_catalog_publish_check(replies.replies[i], err);
    }

    mz_replies_free(&replies);

    return rc;
}
