
/*
 * token: tokens that have been verified, for all workers of a node.  An
 * entry is found by the SHA-256 of the settings and of the token, which is
 * not kept itself, and says who it is.  It holds for a few minutes, not
 * longer than the token, and only for the key set that verified it.  What
 * was used least goes first when there is no room.
 */

#include "ngx/ngx_mitzu_auth.h"

#include "base/mz_sha256.h"

#include <openssl/evp.h>


#define NGX_MITZU_TOKEN_LIFE    300         /* s */
#define NGX_MITZU_TOKEN_STRINGS 1024        /* bytes of an entry */
#define NGX_MITZU_TOKEN_EVICT   8           /* for a new one, at most */
#define NGX_MITZU_TOKEN_FIELDS  5


typedef struct {
    ngx_rbtree_node_t        node;          /* key: the first of digest */
    ngx_queue_t              queue;
    u_char                   digest[MZ_SHA256_LEN];
    u_char                   print[MZ_JWKS_PRINT];
    int64_t                  until;         /* s; of the entry */
    int64_t                  expires;       /* .. and of the token */
    uint16_t                 lens[NGX_MITZU_TOKEN_FIELDS];
    uint8_t                  nulls;         /* fields that are not there */
    uint8_t                  is_by_client_id;
    u_char                   strings[1];
} ngx_mitzu_token_t;


typedef struct {
    size_t                   layout;        /* size of an entry */
    ngx_rbtree_t             tree;
    ngx_rbtree_node_t        sentinel;
    ngx_queue_t              queue;         /* the head: used last */
} ngx_mitzu_tokens_t;


/* zone->data: this process's view of it */

typedef struct {
    ngx_mitzu_tokens_t      *tokens;
    ngx_slab_pool_t         *shpool;
    EVP_MD                  *sha256;
    EVP_MD_CTX              *ctx;
} ngx_mitzu_token_zone_t;


/* An entry outside of the zone. */

typedef struct {
    mz_jwt_t                 jwt;
    uint16_t                 lens[NGX_MITZU_TOKEN_FIELDS];
    uint8_t                  nulls;
    u_char                   strings[NGX_MITZU_TOKEN_STRINGS];
} ngx_mitzu_token_copy_t;


static ngx_int_t ngx_mitzu_token_zone_init(ngx_shm_zone_t *zone, void *data);
static void ngx_mitzu_token_insert(ngx_rbtree_node_t *temp,
    ngx_rbtree_node_t *node, ngx_rbtree_node_t *sentinel);
static void ngx_mitzu_token_cleanup(void *data);
static ngx_int_t ngx_mitzu_token_digest(ngx_mitzu_token_zone_t *tz,
    ngx_mitzu_jwt_conf_t *conf, ngx_str_t *token, u_char *digest);
static ngx_mitzu_token_t *ngx_mitzu_token_lookup(ngx_mitzu_token_zone_t *tz,
    const u_char *digest);
static ngx_rbtree_key_t ngx_mitzu_token_key(const u_char *digest);
static void ngx_mitzu_token_drop(ngx_mitzu_token_zone_t *tz,
    ngx_mitzu_token_t *t);
static ngx_mitzu_token_t *ngx_mitzu_token_alloc(ngx_mitzu_token_zone_t *tz,
    size_t size);
static size_t ngx_mitzu_token_size(const uint16_t *lens);
static ngx_int_t ngx_mitzu_token_pack(const mz_jwt_t *jwt,
    ngx_mitzu_token_copy_t *copy);
static ngx_int_t ngx_mitzu_token_unpack(ngx_mitzu_token_copy_t *copy,
    mz_jwt_t *jwt);


/* What of a mz_jwt_t is kept. */

static const size_t  ngx_mitzu_token_fields[NGX_MITZU_TOKEN_FIELDS] = {
    offsetof(mz_jwt_t, issuer),
    offsetof(mz_jwt_t, subject),
    offsetof(mz_jwt_t, project),
    offsetof(mz_jwt_t, scopes),
    offsetof(mz_jwt_t, client_id)
};


ngx_shm_zone_t *
ngx_mitzu_token_zone(ngx_conf_t *cf, ngx_str_t *name, size_t size)
{
    ngx_shm_zone_t          *zone;
    ngx_pool_cleanup_t      *cln;
    ngx_mitzu_token_zone_t  *tz;

    zone = ngx_shared_memory_add(cf, name, size, &ngx_mitzu_mcp_module);

    if (zone == NULL || zone->data != NULL) {
        return zone;
    }

    tz = ngx_pcalloc(cf->pool, sizeof(ngx_mitzu_token_zone_t));
    cln = ngx_pool_cleanup_add(cf->pool, 0);

    if (tz == NULL || cln == NULL) {
        return NULL;
    }

    cln->handler = ngx_mitzu_token_cleanup;
    cln->data = tz;

    /* Fetched once: a look at OpenSSL's providers costs as much as a hash. */

    tz->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    tz->ctx = EVP_MD_CTX_new();

    if (tz->sha256 == NULL || tz->ctx == NULL) {
        return NULL;
    }

    zone->init = ngx_mitzu_token_zone_init;
    zone->data = tz;

    return zone;
}


static void
ngx_mitzu_token_cleanup(void *data)
{
    ngx_mitzu_token_zone_t  *tz = data;

    EVP_MD_CTX_free(tz->ctx);
    EVP_MD_free(tz->sha256);
}


/*
 * data: of the configuration before a reload.  A zone with another layout,
 * of another build of the module, begins anew.
 */

static ngx_int_t
ngx_mitzu_token_zone_init(ngx_shm_zone_t *zone, void *data)
{
    ngx_mitzu_tokens_t      *tokens;
    ngx_mitzu_token_zone_t  *tz;

    tz = zone->data;
    tz->shpool = (ngx_slab_pool_t *) zone->shm.addr;

    tokens = (data != NULL || zone->shm.exists) ? tz->shpool->data : NULL;

    if (tokens != NULL && tokens->layout == sizeof(ngx_mitzu_token_t)) {
        tz->tokens = tokens;
        return NGX_OK;
    }

    tokens = ngx_slab_calloc(tz->shpool, sizeof(ngx_mitzu_tokens_t));
    if (tokens == NULL) {
        return NGX_ERROR;
    }

    tokens->layout = sizeof(ngx_mitzu_token_t);
    ngx_rbtree_init(&tokens->tree, &tokens->sentinel, ngx_mitzu_token_insert);
    ngx_queue_init(&tokens->queue);

    tz->tokens = tokens;
    tz->shpool->data = tokens;
    tz->shpool->log_nomem = 0;

    return NGX_OK;
}


ngx_int_t
ngx_mitzu_token_find(ngx_mitzu_jwt_conf_t *conf, ngx_str_t *token,
    const unsigned char *print, mz_jwt_t *jwt)
{
    u_char                   digest[MZ_SHA256_LEN];
    ngx_int_t                rc;
    ngx_mitzu_token_t       *t;
    ngx_mitzu_token_copy_t   copy;
    ngx_mitzu_token_zone_t  *tz;

    tz = conf->cache->data;

    if (ngx_mitzu_token_digest(tz, conf, token, digest) != NGX_OK) {
        return NGX_ERROR;
    }

    rc = NGX_DECLINED;

    ngx_shmtx_lock(&tz->shpool->mutex);

    t = ngx_mitzu_token_lookup(tz, digest);

    if (t != NULL) {
        if (t->until > (int64_t) ngx_time()
            && ngx_memcmp(t->print, print, MZ_JWKS_PRINT) == 0)
        {
            ngx_queue_remove(&t->queue);
            ngx_queue_insert_head(&tz->tokens->queue, &t->queue);

            copy.jwt.expires_s = t->expires;
            copy.jwt.is_by_client_id = t->is_by_client_id;
            copy.nulls = t->nulls;
            ngx_memcpy(copy.lens, t->lens, sizeof(copy.lens));
            ngx_memcpy(copy.strings, t->strings,
                       ngx_mitzu_token_size(t->lens));
            rc = NGX_OK;

        } else {
            ngx_mitzu_token_drop(tz, t);
        }
    }

    ngx_shmtx_unlock(&tz->shpool->mutex);

    return (rc == NGX_OK) ? ngx_mitzu_token_unpack(&copy, jwt) : rc;
}


void
ngx_mitzu_token_keep(ngx_mitzu_jwt_conf_t *conf, ngx_str_t *token,
    const unsigned char *print, const mz_jwt_t *jwt)
{
    u_char                   digest[MZ_SHA256_LEN];
    size_t                   size;
    int64_t                  until;
    ngx_mitzu_token_t       *t;
    ngx_mitzu_token_copy_t   copy;
    ngx_mitzu_token_zone_t  *tz;

    tz = conf->cache->data;
    until = ngx_min((int64_t) ngx_time() + NGX_MITZU_TOKEN_LIFE,
                    jwt->expires_s);

    if (until <= (int64_t) ngx_time()
        || ngx_mitzu_token_pack(jwt, &copy) != NGX_OK
        || ngx_mitzu_token_digest(tz, conf, token, digest) != NGX_OK)
    {
        return;
    }

    size = ngx_mitzu_token_size(copy.lens);

    ngx_shmtx_lock(&tz->shpool->mutex);

    t = ngx_mitzu_token_lookup(tz, digest);

    if (t != NULL) {
        ngx_mitzu_token_drop(tz, t);
    }

    t = ngx_mitzu_token_alloc(tz, offsetof(ngx_mitzu_token_t, strings)
                                  + size);
    if (t != NULL) {
        t->node.key = ngx_mitzu_token_key(digest);
        t->until = until;
        t->expires = jwt->expires_s;
        t->nulls = copy.nulls;
        t->is_by_client_id = jwt->is_by_client_id;
        ngx_memcpy(t->digest, digest, MZ_SHA256_LEN);
        ngx_memcpy(t->print, print, MZ_JWKS_PRINT);
        ngx_memcpy(t->lens, copy.lens, sizeof(copy.lens));
        ngx_memcpy(t->strings, copy.strings, size);

        ngx_rbtree_insert(&tz->tokens->tree, &t->node);
        ngx_queue_insert_head(&tz->tokens->queue, &t->queue);
    }

    ngx_shmtx_unlock(&tz->shpool->mutex);
}


static ngx_int_t
ngx_mitzu_token_digest(ngx_mitzu_token_zone_t *tz,
    ngx_mitzu_jwt_conf_t *conf, ngx_str_t *token, u_char *digest)
{
    return (EVP_DigestInit_ex2(tz->ctx, tz->sha256, NULL) == 1
            && EVP_DigestUpdate(tz->ctx, conf->id, sizeof(conf->id)) == 1
            && EVP_DigestUpdate(tz->ctx, token->data, token->len) == 1
            && EVP_DigestFinal_ex(tz->ctx, digest, NULL) == 1)
           ? NGX_OK : NGX_ERROR;
}


static ngx_mitzu_token_t *
ngx_mitzu_token_lookup(ngx_mitzu_token_zone_t *tz, const u_char *digest)
{
    ngx_int_t           rc;
    ngx_rbtree_key_t    key;
    ngx_rbtree_node_t  *node, *sentinel;
    ngx_mitzu_token_t  *t;

    key = ngx_mitzu_token_key(digest);
    node = tz->tokens->tree.root;
    sentinel = tz->tokens->tree.sentinel;

    while (node != sentinel) {

        if (key != node->key) {
            node = (key < node->key) ? node->left : node->right;
            continue;
        }

        t = (ngx_mitzu_token_t *) node;
        rc = ngx_memcmp(digest, t->digest, MZ_SHA256_LEN);

        if (rc == 0) {
            return t;
        }

        node = (rc < 0) ? node->left : node->right;
    }

    return NULL;
}


static void
ngx_mitzu_token_insert(ngx_rbtree_node_t *temp, ngx_rbtree_node_t *node,
    ngx_rbtree_node_t *sentinel)
{
    ngx_rbtree_node_t  **p;
    ngx_mitzu_token_t   *t, *other;

    t = (ngx_mitzu_token_t *) node;

    for ( ;; ) {

        if (node->key != temp->key) {
            p = (node->key < temp->key) ? &temp->left : &temp->right;

        } else {
            other = (ngx_mitzu_token_t *) temp;
            p = (ngx_memcmp(t->digest, other->digest, MZ_SHA256_LEN) < 0)
                ? &temp->left : &temp->right;
        }

        if (*p == sentinel) {
            break;
        }

        temp = *p;
    }

    *p = node;
    node->parent = temp;
    node->left = sentinel;
    node->right = sentinel;
    ngx_rbt_red(node);
}


static ngx_rbtree_key_t
ngx_mitzu_token_key(const u_char *digest)
{
    ngx_rbtree_key_t  key;

    ngx_memcpy(&key, digest, sizeof(key));

    return key;
}


static void
ngx_mitzu_token_drop(ngx_mitzu_token_zone_t *tz, ngx_mitzu_token_t *t)
{
    ngx_queue_remove(&t->queue);
    ngx_rbtree_delete(&tz->tokens->tree, &t->node);
    ngx_slab_free_locked(tz->shpool, t);
}


static ngx_mitzu_token_t *
ngx_mitzu_token_alloc(ngx_mitzu_token_zone_t *tz, size_t size)
{
    ngx_uint_t          i;
    ngx_queue_t        *q;
    ngx_mitzu_token_t  *t;

    for (i = 0; i <= NGX_MITZU_TOKEN_EVICT; i++) {
        t = ngx_slab_alloc_locked(tz->shpool, size);

        if (t != NULL || ngx_queue_empty(&tz->tokens->queue)) {
            return t;
        }

        q = ngx_queue_last(&tz->tokens->queue);
        ngx_mitzu_token_drop(tz, ngx_queue_data(q, ngx_mitzu_token_t, queue));
    }

    return NULL;
}


static size_t
ngx_mitzu_token_size(const uint16_t *lens)
{
    size_t      size;
    ngx_uint_t  i;

    size = 0;

    for (i = 0; i < NGX_MITZU_TOKEN_FIELDS; i++) {
        size += lens[i];
    }

    return size;
}


/* NGX_DECLINED: it is too long to be kept. */

static ngx_int_t
ngx_mitzu_token_pack(const mz_jwt_t *jwt, ngx_mitzu_token_copy_t *copy)
{
    u_char          *p;
    ngx_uint_t       i;
    const mz_str_t  *s;

    p = copy->strings;
    copy->nulls = 0;

    for (i = 0; i < NGX_MITZU_TOKEN_FIELDS; i++) {
        s = (const mz_str_t *) ((const char *) jwt
                                + ngx_mitzu_token_fields[i]);

        if (s->len > (size_t) (copy->strings + NGX_MITZU_TOKEN_STRINGS - p)) {
            return NGX_DECLINED;
        }

        if (s->data == NULL) {
            copy->nulls |= 1u << i;

        } else {
            p = ngx_cpymem(p, s->data, s->len);
        }

        copy->lens[i] = (uint16_t) s->len;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_mitzu_token_unpack(ngx_mitzu_token_copy_t *copy, mz_jwt_t *jwt)
{
    char        *p;
    size_t       size;
    mz_str_t    *s;
    ngx_uint_t   i;

    size = ngx_mitzu_token_size(copy->lens);

    p = malloc(size + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(p, copy->strings, size);

    ngx_memzero(jwt, sizeof(mz_jwt_t));
    jwt->data = p;
    jwt->expires_s = copy->jwt.expires_s;
    jwt->is_by_client_id = copy->jwt.is_by_client_id;

    for (i = 0; i < NGX_MITZU_TOKEN_FIELDS; i++) {
        if (copy->nulls & 1u << i) {
            continue;
        }

        s = (mz_str_t *) ((char *) jwt + ngx_mitzu_token_fields[i]);
        s->data = p;
        s->len = copy->lens[i];
        p += copy->lens[i];
    }

    return NGX_OK;
}
