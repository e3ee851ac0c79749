
#include "tools/fit.h"

#include "base/mz_str.h"
#include "base/mz_utf8.h"


static mz_rc_t mz_fit_apply(json_t *obj, const mz_fit_rule_t *rule,
    size_t over, size_t max, bool *is_cut);
static void mz_fit_elements(json_t *list, bool from_end, size_t size,
    size_t target);
static size_t mz_fit_size(const json_t *v);
static size_t mz_fit_cost(uint32_t cp, size_t bytes);


mz_rc_t
mz_fit(json_t *obj, const mz_fit_rule_t *rules, size_t n, size_t max,
    bool *is_cut)
{
    size_t   i, size;
    mz_rc_t  rc;

    *is_cut = false;

    for (i = 0; i < n; i++) {
        size = mz_fit_size(obj);

        if (size <= max) {
            break;
        }

        rc = mz_fit_apply(obj, &rules[i], size - max, max, is_cut);
        if (rc != MZ_OK) {
            return rc;
        }
    }

    return MZ_OK;
}


mz_str_t
mz_fit_text(mz_str_t s, size_t max)
{
    size_t    pos, from, cost;
    uint32_t  cp;

    for (pos = 0; pos < s.len; /* void */ ) {
        from = pos;
        cp = mz_utf8_next(s, &pos);
        cost = mz_fit_cost(cp, pos - from);

        if (cost > max) {
            s.len = from;
            break;
        }

        max -= cost;
    }

    return s;
}


mz_rc_t
mz_fit_set_str(json_t *obj, const char *key, mz_str_t s, size_t max,
    const char *note)
{
    size_t    len;
    mz_rc_t   rc;
    mz_str_t  kept, tail;
    mz_buf_t  text;

    kept = mz_fit_text(s, max);

    if (kept.len == s.len) {
        return mz_json_set_str(obj, key, s);
    }

    /* a note is plain text with a line end or two */

    tail = mz_str_from(note);
    len = tail.len + 4;
    kept = mz_fit_text(s, max > len ? max - len : 0);

    mz_buf_init(&text, 0);
    mz_buf_add_str(&text, kept);
    mz_buf_add_str(&text, tail);

    rc = text.rc;
    if (rc == MZ_OK) {
        rc = mz_json_set_str(obj, key, mz_buf_view(&text));
    }

    mz_buf_free(&text);

    return rc;
}


static mz_rc_t
mz_fit_apply(json_t *obj, const mz_fit_rule_t *rule, size_t over, size_t max,
    bool *is_cut)
{
    char     *s;
    size_t    size, target;
    json_t   *v;
    mz_rc_t   rc;

    v = json_object_get(obj, rule->key);
    size = mz_fit_size(v);
    target = size > over ? size - over : 0;

    if (target < max / 100 * rule->share) {
        target = max / 100 * rule->share;
    }

    if (v == NULL || size <= target) {
        return MZ_OK;
    }

    *is_cut = true;

    switch (rule->how) {

    case MZ_FIT_DROP:
        json_object_del(obj, rule->key);
        return MZ_OK;

    case MZ_FIT_OLDEST:
    case MZ_FIT_LAST:
        mz_fit_elements(v, rule->how == MZ_FIT_LAST, size, target);
        return MZ_OK;

    default:
        break;
    }

    /* setting a member to a part of what it is now frees that */

    s = mz_str_dup(mz_json_str(v));
    if (s == NULL) {
        return MZ_NOMEM;
    }

    rc = mz_fit_set_str(obj, rule->key, mz_str_from(s),
                        target > 2 ? target - 2 : 0, rule->note);
    free(s);

    return rc;
}


static void
mz_fit_elements(json_t *list, bool from_end, size_t size, size_t target)
{
    size_t  i, n, one;

    for (n = json_array_size(list); n != 0 && size > target; n--) {
        i = from_end ? n - 1 : 0;
        one = mz_fit_size(json_array_get(list, i)) + 1;
        size -= one < size ? one : size;
        json_array_remove(list, i);
    }
}


static size_t
mz_fit_size(const json_t *v)
{
    size_t    size;
    mz_buf_t  text;

    mz_buf_init(&text, 0);
    mz_json_dump(&text, v);
    size = text.len;
    mz_buf_free(&text);

    return size;
}


/* As mz_buf_add_json_str() writes it. */

static size_t
mz_fit_cost(uint32_t cp, size_t bytes)
{
    switch (cp) {

    case '"':
    case '\\':
    case '\b':
    case '\f':
    case '\n':
    case '\r':
    case '\t':
        return 2;

    case 0xfffd:
        return 3;

    default:
        return cp < 0x20 ? 6 : bytes;
    }
}
