
#include "base/mz_str.h"
#include "base/mz_utf8.h"
#include "query/jpointer.h"


#define MZ_JPOINTER_LIST_MAX  200       /* bytes of the members in an error */
#define MZ_JPOINTER_SHOW_MAX  100       /* code points of a path in one */


static json_t *mz_jpointer_step(json_t *v, mz_str_t token);
static mz_rc_t mz_jpointer_none(const json_t *v, mz_str_t done,
    mz_str_t token, mz_err_t *err);
static void mz_jpointer_members(const json_t *v, mz_buf_t *b);


mz_rc_t
mz_jpointer_check(mz_str_t path, mz_err_t *err)
{
    size_t  i;

    if (path.len > MZ_JPOINTER_MAX) {
        return mz_fail(err, MZ_INVALID, "path is longer than %d bytes",
                       MZ_JPOINTER_MAX);
    }

    if (path.len > 0 && path.data[0] != '/') {
        return mz_fail(err, MZ_INVALID, "path is a JSON Pointer: empty for "
                       "everything, or it starts with \"/\", as in "
                       "\"/0/name\"");
    }

    for (i = 0; i < path.len; i++) {
        if (path.data[i] == '~'
            && (i + 1 == path.len
                || (path.data[i + 1] != '0' && path.data[i + 1] != '1')))
        {
            return mz_fail(err, MZ_INVALID, "path: \"~\" must be written "
                           "\"~0\", and a \"/\" in a name \"~1\"");
        }
    }

    return MZ_OK;
}


bool
mz_jpointer_next(mz_str_t *rest, mz_buf_t *token)
{
    size_t  i;

    mz_buf_reset(token);

    if (rest->len == 0) {
        return false;
    }

    for (i = 1; i < rest->len && rest->data[i] != '/'; i++) {
        if (rest->data[i] != '~' || i + 1 == rest->len) {
            mz_buf_add_char(token, rest->data[i]);
            continue;
        }

        i++;
        mz_buf_add_char(token, rest->data[i] == '1' ? '/' : '~');
    }

    rest->data += i;
    rest->len -= i;

    return true;
}


void
mz_jpointer_add(mz_buf_t *path, mz_str_t token)
{
    size_t  i;

    mz_buf_add_char(path, '/');

    for (i = 0; i < token.len; i++) {
        if (token.data[i] == '~' || token.data[i] == '/') {
            mz_buf_add_c(path, token.data[i] == '~' ? "~0" : "~1");

        } else {
            mz_buf_add_char(path, token.data[i]);
        }
    }
}


mz_rc_t
mz_jpointer_index(mz_str_t token, uint64_t *index)
{
    size_t    i;
    uint64_t  digit;

    *index = 0;

    if (token.len == 0 || (token.len > 1 && token.data[0] == '0')) {
        return MZ_INVALID;
    }

    for (i = 0; i < token.len; i++) {
        if (token.data[i] < '0' || token.data[i] > '9') {
            return MZ_INVALID;
        }

        digit = (uint64_t) (token.data[i] - '0');

        if (*index > (UINT64_MAX - digit) / 10) {
            return MZ_INVALID;
        }

        *index = *index * 10 + digit;
    }

    return MZ_OK;
}


mz_rc_t
mz_jpointer_get(json_t *root, mz_str_t path, json_t **value, mz_err_t *err)
{
    mz_rc_t   rc;
    json_t   *next;
    mz_str_t  rest, done;
    mz_buf_t  token;

    *value = root;
    rest = path;
    rc = MZ_OK;
    mz_buf_init(&token, 0);

    while (mz_jpointer_next(&rest, &token)) {
        if (token.rc != MZ_OK) {
            rc = mz_fail(err, token.rc, "out of memory");
            break;
        }

        next = mz_jpointer_step(*value, mz_buf_view(&token));

        if (next == NULL) {
            done = (mz_str_t) { path.data, path.len - rest.len };
            rc = mz_jpointer_none(*value, done, mz_buf_view(&token), err);
            break;
        }

        *value = next;
    }

    if (rc != MZ_OK) {
        *value = NULL;
    }

    mz_buf_free(&token);

    return rc;
}


static json_t *
mz_jpointer_step(json_t *v, mz_str_t token)
{
    uint64_t  index;

    if (json_is_object(v)) {
        return json_object_getn(v, token.len ? token.data : "", token.len);
    }

    if (json_is_array(v) && mz_jpointer_index(token, &index) == MZ_OK
        && index < json_array_size(v))
    {
        return json_array_get(v, (size_t) index);
    }

    return NULL;
}


static mz_rc_t
mz_jpointer_none(const json_t *v, mz_str_t done, mz_str_t token,
    mz_err_t *err)
{
    mz_rc_t   rc;
    mz_buf_t  there;

    /* most rows of a search just do not have the path: no words for those */

    if (err == NULL) {
        return MZ_NOT_FOUND;
    }

    mz_buf_init(&there, 0);

    if (json_is_object(v)) {
        mz_jpointer_members(v, &there);

    } else if (json_is_array(v)) {
        mz_buf_addf(&there, "it is in an array of %zu, numbered from 0",
                    json_array_size(v));

    } else {
        mz_buf_add_c(&there, "what is above it is neither object nor array");
    }

    token = mz_utf8_prefix(token, MZ_JPOINTER_SHOW_MAX);

    rc = mz_fail(err, MZ_NOT_FOUND,
                 "there is no \"%.*s\" at the end of path %.*s: %s",
                 (int) token.len, token.len ? token.data : "",
                 (int) mz_utf8_prefix(done, MZ_JPOINTER_SHOW_MAX).len,
                 done.data, mz_buf_cstr(&there));

    mz_buf_free(&there);

    return rc;
}


static void
mz_jpointer_members(const json_t *v, mz_buf_t *b)
{
    void        *iter;
    mz_str_t     name;

    mz_buf_add_c(b, "the object has ");

    for (iter = json_object_iter((json_t *) v);
         iter != NULL;
         iter = json_object_iter_next((json_t *) v, iter))
    {
        name = mz_str_from(json_object_iter_key(iter));

        if (b->len + name.len > MZ_JPOINTER_LIST_MAX) {
            mz_buf_addf(b, ".. (%zu in all)", json_object_size(v));
            return;
        }

        mz_buf_add_str(b, name);

        if (json_object_iter_next((json_t *) v, iter) != NULL) {
            mz_buf_add_c(b, ", ");
        }
    }

    if (json_object_size(v) == 0) {
        mz_buf_add_c(b, "no members");
    }
}
