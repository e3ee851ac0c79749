
#include <openssl/err.h>

#include "auth/jwk.h"
#include "base/mz_str.h"


#define MZ_JWKS_DEPTH_MAX  16

struct mz_jwks_s {
    size_t         n;
    mz_jwk_t       keys[MZ_JWKS_KEYS_MAX];      /* sorted by print */
    unsigned char  print[MZ_SHA256_LEN];
};


static const json_t *mz_jwks_keys(const json_t *json, mz_err_t *err);
static mz_rc_t mz_jwks_read(mz_jwks_t *set, const json_t *keys);
static mz_rc_t mz_jwks_finish(mz_jwks_t *set, mz_err_t *err);
static void mz_jwks_drop_doubles(mz_jwks_t *set);
static bool mz_jwks_is_ambiguous(const mz_jwks_t *set, size_t i);
static bool mz_jwks_is_again(const mz_jwks_t *set, size_t i);
static mz_rc_t mz_jwks_set_print(mz_jwks_t *set);
static int mz_jwks_cmp(const void *a, const void *b);


mz_rc_t
mz_jwks_parse(mz_str_t text, mz_jwks_t **out, mz_err_t *err)
{
    json_t            *json;
    mz_rc_t            rc;
    mz_jwks_t         *set;
    const json_t      *keys;
    mz_json_limits_t   lim = { MZ_JWKS_BYTES_MAX, MZ_JWKS_DEPTH_MAX };

    *out = NULL;

    rc = mz_json_load(text, &lim, &json, err);
    if (rc != MZ_OK) {
        if (rc != MZ_LIMIT) {
            return rc;
        }

        if (err != NULL) {
            err->rc = MZ_INVALID;
        }

        return MZ_INVALID;
    }

    keys = mz_jwks_keys(json, err);
    if (keys == NULL) {
        json_decref(json);
        return MZ_INVALID;
    }

    set = calloc(1, sizeof(mz_jwks_t));
    if (set == NULL) {
        json_decref(json);
        return mz_fail(err, MZ_NOMEM, "out of memory");
    }

    rc = mz_jwks_read(set, keys);

    json_decref(json);

    rc = rc == MZ_OK ? mz_jwks_finish(set, err)
                     : mz_fail(err, rc, "keys cannot be kept: %s",
                               mz_rc_name(rc));

    /* nginx takes what others leave in this queue for errors of its own. */

    ERR_clear_error();

    if (rc != MZ_OK) {
        mz_jwks_free(set);
        return rc;
    }

    *out = set;

    return MZ_OK;
}


void
mz_jwks_free(mz_jwks_t *set)
{
    size_t  i;

    if (set == NULL) {
        return;
    }

    for (i = 0; i < set->n; i++) {
        mz_jwk_free(&set->keys[i]);
    }

    free(set);
}


size_t
mz_jwks_count(const mz_jwks_t *set)
{
    return set->n;
}


const mz_jwk_t *
mz_jwks_at(const mz_jwks_t *set, size_t i)
{
    return &set->keys[i];
}


bool
mz_jwks_has(const mz_jwks_t *set, mz_str_t kid)
{
    size_t  i;

    if (kid.len == 0) {
        return set->n > 0;
    }

    for (i = 0; i < set->n; i++) {
        if (mz_str_eq(set->keys[i].kid, kid)) {
            return true;
        }
    }

    return false;
}


const unsigned char *
mz_jwks_print(const mz_jwks_t *set)
{
    return set->print;
}


static const json_t *
mz_jwks_keys(const json_t *json, mz_err_t *err)
{
    const json_t  *keys;

    keys = json_object_get(json, "keys");

    if (!json_is_array(keys)) {
        (void) mz_fail(err, MZ_INVALID, "this is no JSON Web Key Set: it has "
                       "no array \"keys\"");
        return NULL;
    }

    return keys;
}


static mz_rc_t
mz_jwks_read(mz_jwks_t *set, const json_t *keys)
{
    size_t   i, n;
    mz_rc_t  rc;

    n = json_array_size(keys);

    for (i = 0; i < n && i < MZ_JWKS_KEYS_MAX; i++) {

        rc = mz_jwk_read(json_array_get(keys, i), &set->keys[set->n]);

        if (rc == MZ_OK) {
            set->n++;

        } else if (rc != MZ_INVALID) {
            return rc;
        }
    }

    return MZ_OK;
}


static mz_rc_t
mz_jwks_finish(mz_jwks_t *set, mz_err_t *err)
{
    mz_rc_t  rc;

    if (set->n == 0) {
        return mz_fail(err, MZ_INVALID, "the key set has no key to verify "
                       "signatures with: wanted is a public RSA key of 2048 "
                       "bits or more, EC P-256 or P-384, or Ed25519");
    }

    qsort(set->keys, set->n, sizeof(mz_jwk_t), mz_jwks_cmp);

    mz_jwks_drop_doubles(set);

    if (set->n == 0) {
        return mz_fail(err, MZ_INVALID, "no key of the set can be told from "
                       "the others: each needs a \"kid\" of its own");
    }

    rc = mz_jwks_set_print(set);

    return rc == MZ_OK ? MZ_OK : mz_fail(err, rc, "SHA-256 is not available");
}


static int
mz_jwks_cmp(const void *a, const void *b)
{
    const mz_jwk_t  *left, *right;

    left = a;
    right = b;

    return strcmp(left->print, right->print);
}


/* All are looked at before one is dropped: three may share a kid. */

static void
mz_jwks_drop_doubles(mz_jwks_t *set)
{
    bool    drop[MZ_JWKS_KEYS_MAX];
    size_t  i, kept;

    for (i = 0; i < set->n; i++) {
        drop[i] = mz_jwks_is_again(set, i) || mz_jwks_is_ambiguous(set, i);
    }

    kept = 0;

    for (i = 0; i < set->n; i++) {
        if (drop[i]) {
            mz_jwk_free(&set->keys[i]);

        } else {
            set->keys[kept++] = set->keys[i];
        }
    }

    set->n = kept;
}


/* The same key once more, which is next to it. */

static bool
mz_jwks_is_again(const mz_jwks_t *set, size_t i)
{
    return i > 0 && mz_jwks_cmp(&set->keys[i - 1], &set->keys[i]) == 0;
}


static bool
mz_jwks_is_ambiguous(const mz_jwks_t *set, size_t i)
{
    size_t           k;
    const mz_jwk_t  *a, *b;

    a = &set->keys[i];

    for (k = 0; k < set->n && a->kid.len > 0; k++) {
        b = &set->keys[k];

        if (mz_str_eq(a->kid, b->kid) && (a->algs & b->algs) != 0
            && mz_jwks_cmp(a, b) != 0)
        {
            return true;
        }
    }

    return false;
}


static mz_rc_t
mz_jwks_set_print(mz_jwks_t *set)
{
    size_t    i;
    mz_rc_t   rc;
    mz_buf_t  b;

    mz_buf_init(&b, 0);

    for (i = 0; i < set->n; i++) {
        mz_buf_add(&b, set->keys[i].print, MZ_SHA256_HEX_LEN);
    }

    rc = b.rc;

    if (rc == MZ_OK) {
        rc = mz_sha256(mz_buf_view(&b), set->print);
    }

    mz_buf_free(&b);

    return rc;
}
