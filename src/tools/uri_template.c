
#include "tools/uri_template.h"

#include "base/mz_str.h"
#include "base/mz_utf8.h"


/* Some text, and the variable behind it: a null string at the end. */

typedef struct {
    mz_str_t  text;
    mz_str_t  name;
} mz_uri_part_t;


static bool mz_uri_template_next(mz_str_t *rest, mz_uri_part_t *part);
static bool mz_uri_template_is_open(mz_str_t tmpl, mz_str_t name);
static bool mz_uri_template_has_brace(mz_str_t text);
static bool mz_uri_template_name_ok(mz_str_t name);
static bool mz_uri_template_value(mz_str_t *uri, mz_str_t rest,
    mz_str_t *value);
static mz_rc_t mz_uri_template_decode(mz_str_t value, mz_buf_t *out);
static bool mz_uri_template_hex(mz_str_t s, char *c);
static bool mz_uri_template_text_ok(mz_str_t text);
static mz_rc_t mz_uri_template_set(json_t *vars, mz_str_t name,
    mz_str_t value);


bool
mz_uri_template_is(mz_str_t uri)
{
    return uri.len != 0 && memchr(uri.data, '{', uri.len) != NULL;
}


mz_rc_t
mz_uri_template_check(mz_str_t tmpl, mz_err_t *err)
{
    size_t         n;
    mz_str_t       rest, before;
    mz_uri_part_t  part;

    rest = tmpl;
    before = tmpl;

    for (n = 0; mz_uri_template_next(&rest, &part); n++) {
        before.len = (size_t) (part.text.data - tmpl.data);

        if (mz_uri_template_is_open(tmpl, part.name)
            || mz_uri_template_has_brace(part.text))
        {
            break;
        }

        if (!mz_uri_template_name_ok(part.name)) {
            return mz_fail(err, MZ_INVALID, "a variable of a URI template is "
                           "{name}, with 1 to %d characters of A-Z, a-z, 0-9, "
                           "\"_\" and \".\"", MZ_URI_TEMPLATE_NAME);
        }

        if (part.text.len == 0) {
            return mz_fail(err, MZ_INVALID, "{%.*s} of a URI template needs "
                           "some text before it", (int) part.name.len,
                           part.name.data);
        }

        if (n == MZ_URI_TEMPLATE_VARS) {
            return mz_fail(err, MZ_INVALID, "a URI template has more than %d "
                           "variables", MZ_URI_TEMPLATE_VARS);
        }

        if (mz_uri_template_has(before, part.name)) {
            return mz_fail(err, MZ_INVALID, "a URI template has {%.*s} twice",
                           (int) part.name.len, part.name.data);
        }
    }

    if (n == 0 || part.name.data != NULL
        || mz_uri_template_has_brace(part.text))
    {
        return mz_fail(err, MZ_INVALID, "a URI template has a \"{\" or \"}\" "
                       "that is no part of a {variable}");
    }

    return MZ_OK;
}


bool
mz_uri_template_has(mz_str_t tmpl, mz_str_t name)
{
    mz_uri_part_t  part;

    while (mz_uri_template_next(&tmpl, &part)) {
        if (mz_str_eq(part.name, name)) {
            return true;
        }
    }

    return false;
}


mz_rc_t
mz_uri_template_match(mz_str_t tmpl, mz_str_t uri, json_t *vars)
{
    mz_rc_t        rc;
    mz_buf_t       text;
    mz_str_t       value;
    mz_uri_part_t  part;

    mz_buf_init(&text, 0);
    rc = MZ_OK;

    while (rc == MZ_OK && mz_uri_template_next(&tmpl, &part)) {
        rc = MZ_NOT_FOUND;

        if (!mz_str_has_prefix(uri, part.text)) {
            break;
        }

        uri.data += part.text.len;
        uri.len -= part.text.len;

        if (!mz_uri_template_value(&uri, tmpl, &value)) {
            break;
        }

        mz_buf_reset(&text);
        rc = mz_uri_template_decode(value, &text);

        if (rc == MZ_OK && vars != NULL) {
            rc = mz_uri_template_set(vars, part.name, mz_buf_view(&text));
        }
    }

    mz_buf_free(&text);

    if (rc != MZ_OK) {
        return rc;
    }

    return mz_str_eq(uri, part.text) ? MZ_OK : MZ_NOT_FOUND;
}


/*
 * The text before the next variable, and its name.  false: there is none,
 * and the text is what is left.
 */

static bool
mz_uri_template_next(mz_str_t *rest, mz_uri_part_t *part)
{
    const char  *open, *close, *end;

    part->text = *rest;
    part->name = mz_null_str;

    if (rest->len == 0) {
        return false;
    }

    end = rest->data + rest->len;
    open = memchr(rest->data, '{', rest->len);

    if (open == NULL) {
        return false;
    }

    close = memchr(open, '}', (size_t) (end - open));

    if (close == NULL) {
        close = end;
    }

    part->text.len = (size_t) (open - rest->data);
    part->name = (mz_str_t) { open + 1, (size_t) (close - open - 1) };

    rest->data = (close == end) ? end : close + 1;
    rest->len = (size_t) (end - rest->data);

    return true;
}


/* Whether a variable ends where the template does: without a brace. */

static bool
mz_uri_template_is_open(mz_str_t tmpl, mz_str_t name)
{
    return name.data + name.len == tmpl.data + tmpl.len;
}


static bool
mz_uri_template_has_brace(mz_str_t text)
{
    return text.len != 0 && memchr(text.data, '}', text.len) != NULL;
}


static bool
mz_uri_template_name_ok(mz_str_t name)
{
    char    c;
    size_t  i;

    for (i = 0; i < name.len; i++) {
        c = name.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9') || c == '_' || c == '.'))
        {
            return false;
        }
    }

    return name.len >= 1 && name.len <= MZ_URI_TEMPLATE_NAME;
}


/* Takes what stands for a variable; rest: the template behind it. */

static bool
mz_uri_template_value(mz_str_t *uri, mz_str_t rest, mz_str_t *value)
{
    bool           is_last;
    size_t         end;
    mz_uri_part_t  next;

    is_last = !mz_uri_template_next(&rest, &next);

    if (is_last) {
        if (!mz_str_has_suffix(*uri, next.text)) {
            return false;
        }

        end = uri->len - next.text.len;

    } else {
        end = mz_str_find(*uri, next.text, 1);
    }

    if (end == 0 || end == SIZE_MAX) {
        return false;
    }

    *value = (mz_str_t) { uri->data, end };
    uri->data += end;
    uri->len -= end;

    return true;
}


/* "?" and "#" as they are would begin another part of the URI. */

static mz_rc_t
mz_uri_template_decode(mz_str_t value, mz_buf_t *out)
{
    char      c;
    size_t    i;
    mz_str_t  rest;

    for (i = 0; i < value.len; i++) {
        c = value.data[i];

        if (c == '/' || c == '?' || c == '#') {
            return MZ_NOT_FOUND;
        }

        if (c == '%') {
            rest = (mz_str_t) { value.data + i + 1, value.len - i - 1 };

            if (!mz_uri_template_hex(rest, &c)) {
                return MZ_NOT_FOUND;
            }

            i += 2;
        }

        mz_buf_add_char(out, c);
    }

    if (out->rc != MZ_OK) {
        return out->rc;
    }

    return mz_uri_template_text_ok(mz_buf_view(out)) ? MZ_OK : MZ_NOT_FOUND;
}


/* Two hex digits at the beginning of s. */

static bool
mz_uri_template_hex(mz_str_t s, char *c)
{
    char      d;
    size_t    i;
    unsigned  v;

    if (s.len < 2) {
        return false;
    }

    v = 0;

    for (i = 0; i < 2; i++) {
        d = s.data[i];

        if (d >= '0' && d <= '9') {
            v = v * 16 + (unsigned) (d - '0');

        } else if ((d | 0x20) >= 'a' && (d | 0x20) <= 'f') {
            v = v * 16 + (unsigned) ((d | 0x20) - 'a' + 10);

        } else {
            return false;
        }
    }

    *c = (char) v;

    return true;
}


static bool
mz_uri_template_text_ok(mz_str_t text)
{
    size_t    pos;
    uint32_t  cp;

    if (!mz_utf8_is_valid(text)) {
        return false;
    }

    for (pos = 0; pos < text.len; /* void */ ) {
        cp = mz_utf8_next(text, &pos);

        if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == '/') {
            return false;
        }
    }

    return true;
}


static mz_rc_t
mz_uri_template_set(json_t *vars, mz_str_t name, mz_str_t value)
{
    char  key[MZ_URI_TEMPLATE_NAME + 1];

    memcpy(key, name.data, name.len);
    key[name.len] = '\0';

    return mz_json_set_str(vars, key, value);
}
