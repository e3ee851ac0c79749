
#include "store/catalog_names.h"

#include "base/mz_str.h"
#include "store/cmd.h"
#include "store/reply.h"


#define MZ_CATALOG_TEMP_S  600          /* a publication takes seconds */

/* "[" or "(", two folded names with a NUL behind each, or less */
#define MZ_CATALOG_BOUND_MAX  (2 * MZ_CATALOG_NAME_MAX + 3)

static const char *const  mz_catalog_sets[] = {
    [MZ_CATALOG_EVENTS]     = "events",
    [MZ_CATALOG_PROPERTIES] = "properties",
    [MZ_CATALOG_VALUES]     = "values"
};


static void mz_catalog_key(mz_key_t *key, const mz_store_conf_t *conf,
    mz_catalog_set_t set, mz_str_t writer);
static void mz_catalog_expire(mz_cmds_t *c, const mz_key_t *key, int64_t s);
static void mz_catalog_word(mz_cmds_t *c, const char *word);
static void mz_catalog_add_some(mz_cmds_t *c, const mz_key_t *key,
    mz_catalog_set_t set, mz_str_t property, const mz_str_t *names, size_t n);
static void mz_catalog_member(mz_cmds_t *c, mz_catalog_set_t set,
    mz_str_t property, mz_str_t name);
static bool mz_catalog_is_name(mz_str_t s);
static bool mz_catalog_is_text(mz_str_t s);
static void mz_catalog_fold(mz_buf_t *b, mz_str_t s);
static void mz_catalog_bounds(mz_buf_t *lo, mz_buf_t *hi);


void
mz_catalog_publish_begin(mz_cmds_t *c, const mz_store_conf_t *conf,
    mz_str_t writer)
{
    mz_key_t          key;
    mz_catalog_set_t  set;

    mz_cmd_begin(c, 1 + MZ_ARRAY_LEN(mz_catalog_sets));
    mz_catalog_word(c, "DEL");

    for (set = MZ_CATALOG_EVENTS; set <= MZ_CATALOG_VALUES; set++) {
        mz_catalog_key(&key, conf, set, writer);
        mz_cmd_arg(c, mz_key_str(&key));
    }
}


void
mz_catalog_publish_add(mz_cmds_t *c, const mz_store_conf_t *conf,
    mz_str_t writer, mz_catalog_set_t set, mz_str_t property,
    const mz_str_t *names, size_t n)
{
    size_t    some;
    mz_key_t  key;

    if (set == MZ_CATALOG_VALUES && !mz_catalog_is_name(property)) {
        return;
    }

    mz_catalog_key(&key, conf, set, writer);

    while (n > 0) {
        some = n < MZ_CATALOG_ADD_MAX ? n : MZ_CATALOG_ADD_MAX;
        mz_catalog_add_some(c, &key, set, property, names, some);
        names += some;
        n -= some;
    }
}


void
mz_catalog_publish_commit(mz_cmds_t *c, const mz_store_conf_t *conf,
    mz_str_t writer)
{
    mz_key_t          key, temp;
    mz_catalog_set_t  set;

    mz_cmd_begin(c, 1);
    mz_catalog_word(c, "MULTI");

    for (set = MZ_CATALOG_EVENTS; set <= MZ_CATALOG_VALUES; set++) {
        mz_catalog_key(&key, conf, set, mz_null_str);
        mz_catalog_key(&temp, conf, set, writer);

        /* without a temporary key RENAME fails, and the old set is gone */

        mz_cmd_begin(c, 2);
        mz_catalog_word(c, "DEL");
        mz_cmd_arg(c, mz_key_str(&key));

        mz_cmd_begin(c, 3);
        mz_catalog_word(c, "RENAME");
        mz_cmd_arg(c, mz_key_str(&temp));
        mz_cmd_arg(c, mz_key_str(&key));

        mz_catalog_expire(c, &key, MZ_CATALOG_TTL_S);
    }

    mz_cmd_begin(c, 1);
    mz_catalog_word(c, "EXEC");
}


/* What failed inside EXEC is a RENAME of nothing. */

mz_rc_t
mz_catalog_publish_check(const redisReply *r, mz_err_t *err)
{
    mz_rc_t  rc;

    rc = mz_reply_check(r, err);

    if (rc == MZ_OK && r->type == REDIS_REPLY_NIL) {
        return mz_reply_odd("a publication of the catalog", err);
    }

    return rc;
}


void
mz_catalog_find(mz_cmds_t *c, const mz_store_conf_t *conf,
    mz_catalog_set_t set, mz_str_t property, mz_str_t prefix)
{
    bool      is_possible;
    mz_buf_t  lo, hi;
    mz_key_t  key;

    mz_buf_init(&lo, MZ_CATALOG_BOUND_MAX);
    mz_buf_init(&hi, MZ_CATALOG_BOUND_MAX);

    is_possible = mz_catalog_is_text(prefix)
                  && (set != MZ_CATALOG_VALUES
                      || mz_catalog_is_name(property));

    if (is_possible) {
        mz_buf_add_char(&lo, '[');

        if (set == MZ_CATALOG_VALUES) {
            mz_catalog_fold(&lo, property);
            mz_buf_add_char(&lo, '\0');
        }

        mz_catalog_fold(&lo, prefix);
        mz_catalog_bounds(&lo, &hi);
    }

    /* from "+" to "-" there is nothing */

    if (!is_possible || lo.rc != MZ_OK || hi.rc != MZ_OK) {
        mz_buf_reset(&lo);
        mz_buf_reset(&hi);
        mz_buf_add_char(&lo, '+');
        mz_buf_add_char(&hi, '-');
    }

    mz_catalog_key(&key, conf, set, mz_null_str);

    mz_cmd_begin(c, 7);
    mz_catalog_word(c, "ZRANGEBYLEX");
    mz_cmd_arg(c, mz_key_str(&key));
    mz_cmd_arg(c, mz_buf_view(&lo));
    mz_cmd_arg(c, mz_buf_view(&hi));
    mz_catalog_word(c, "LIMIT");
    mz_cmd_arg_int(c, 0);
    mz_cmd_arg_int(c, MZ_CATALOG_FOUND + 1);

    mz_buf_free(&lo);
    mz_buf_free(&hi);
}


mz_rc_t
mz_catalog_find_decode(const redisReply *r, size_t *n, mz_err_t *err)
{
    return mz_reply_array(r, "the names of the catalog", n, err);
}


/* The name is what stands behind the last NUL. */

mz_str_t
mz_catalog_find_at(const redisReply *r, size_t i)
{
    size_t    at;
    mz_str_t  s;

    s = mz_reply_str(mz_reply_at(r, i));

    for (at = s.len; at > 0 && s.data[at - 1] != '\0'; at--) {
        /* void */
    }

    return (mz_str_t) { s.len ? s.data + at : "", s.len - at };
}


/* A set, or with a writer the key where it grows. */

static void
mz_catalog_key(mz_key_t *key, const mz_store_conf_t *conf,
    mz_catalog_set_t set, mz_str_t writer)
{
    int     n;
    char    c, name[MZ_CATALOG_WRITER + 1];
    size_t  i;

    for (i = 0; i < writer.len && i < MZ_CATALOG_WRITER; i++) {
        c = writer.data[i];
        name[i] = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '-';
    }

    name[i] = '\0';

    n = snprintf(key->s, sizeof(key->s), "%.*s:{catalog}:%s%s%s",
                 MZ_STORE_PREFIX_MAX, conf->prefix, mz_catalog_sets[set],
                 i > 0 ? ":" : "", name);
    key->len = (size_t) n;
}


static void
mz_catalog_expire(mz_cmds_t *c, const mz_key_t *key, int64_t s)
{
    mz_cmd_begin(c, 3);
    mz_catalog_word(c, "EXPIRE");
    mz_cmd_arg(c, mz_key_str(key));
    mz_cmd_arg_int(c, s);
}


static void
mz_catalog_word(mz_cmds_t *c, const char *word)
{
    mz_cmd_arg(c, mz_str_from(word));
}


static void
mz_catalog_add_some(mz_cmds_t *c, const mz_key_t *key, mz_catalog_set_t set,
    mz_str_t property, const mz_str_t *names, size_t n)
{
    size_t  i, good;

    good = 0;

    for (i = 0; i < n; i++) {
        good += mz_catalog_is_name(names[i]);
    }

    if (good == 0) {
        return;
    }

    mz_cmd_begin(c, 2 + 2 * good);
    mz_catalog_word(c, "ZADD");
    mz_cmd_arg(c, mz_key_str(key));

    for (i = 0; i < n; i++) {
        if (mz_catalog_is_name(names[i])) {
            mz_cmd_arg_int(c, 0);
            mz_catalog_member(c, set, property, names[i]);
        }
    }

    mz_catalog_expire(c, key, MZ_CATALOG_TEMP_S);
}


static void
mz_catalog_member(mz_cmds_t *c, mz_catalog_set_t set, mz_str_t property,
    mz_str_t name)
{
    mz_buf_t  b;

    mz_buf_init(&b, 0);

    if (set == MZ_CATALOG_VALUES) {
        mz_catalog_fold(&b, property);
        mz_buf_add_char(&b, '\0');
    }

    mz_catalog_fold(&b, name);
    mz_buf_add_char(&b, '\0');
    mz_buf_add_str(&b, name);

    if (b.rc != MZ_OK) {
        c->buf.rc = b.rc;
    }

    mz_cmd_arg(c, mz_buf_view(&b));
    mz_buf_free(&b);
}


static bool
mz_catalog_is_name(mz_str_t s)
{
    return s.len > 0 && mz_catalog_is_text(s);
}


/* Control characters are no text; NUL stands between the parts of a member. */

static bool
mz_catalog_is_text(mz_str_t s)
{
    size_t         i;
    unsigned char  c;

    if (s.len > MZ_CATALOG_NAME_MAX) {
        return false;
    }

    for (i = 0; i < s.len; i++) {
        c = (unsigned char) s.data[i];

        if (c < 0x20 || c == 0x7f) {
            return false;
        }
    }

    return true;
}


static void
mz_catalog_fold(mz_buf_t *b, mz_str_t s)
{
    char    c;
    size_t  i;

    for (i = 0; i < s.len; i++) {
        c = s.data[i];
        mz_buf_add_char(b, c >= 'A' && c <= 'Z' ? (char) (c + 32) : c);
    }
}


/* From "[prefix" to the least string behind all that begin with it. */

static void
mz_catalog_bounds(mz_buf_t *lo, mz_buf_t *hi)
{
    size_t  n;

    for (n = lo->len; n > 1 && (unsigned char) lo->data[n - 1] == 0xff; n--) {
        /* void */
    }

    if (n <= 1) {
        mz_buf_add_char(hi, '+');
        return;
    }

    mz_buf_add_char(hi, '(');
    mz_buf_add(hi, lo->data + 1, n - 1);

    if (hi->rc == MZ_OK) {
        hi->data[n - 1] = (char) ((unsigned char) hi->data[n - 1] + 1);
    }
}
