
/*
 * fuzz_uri: URIs of resources against a template.  The first part is the
 * template, the second the URI that a client names.
 */

#include "fuzz.h"
#include "tools/uri_template.h"


static void fuzz_match(mz_str_t tmpl, mz_str_t uri);
static void fuzz_value(mz_str_t tmpl, mz_str_t name, mz_str_t value);
static void fuzz_again(mz_str_t tmpl, json_t *vars);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mz_rc_t   rc;
    mz_err_t  err;
    mz_str_t  in, tmpl, uri;

    in = (mz_str_t) { (const char *) data, size };
    tmpl = fuzz_part(&in);
    uri = fuzz_copy(in);

    rc = mz_uri_template_check(tmpl, &err);

    if (rc == MZ_OK) {
        FUZZ_HOLD(mz_uri_template_is(tmpl), "%.*s", (int) tmpl.len,
                  tmpl.data);
        fuzz_match(tmpl, uri);

    } else {
        FUZZ_HOLD(rc == MZ_INVALID && err.rc == rc && err.msg[0] != '\0',
                  "%s", mz_rc_name(rc));
    }

    fuzz_free(uri);
    fuzz_free(tmpl);

    return 0;
}


static void
fuzz_match(mz_str_t tmpl, mz_str_t uri)
{
    void     *iter;
    json_t   *vars;
    mz_rc_t   rc;

    vars = json_object();
    rc = mz_uri_template_match(tmpl, uri, vars);

    FUZZ_HOLD(rc == MZ_OK || rc == MZ_NOT_FOUND, "%s", mz_rc_name(rc));
    FUZZ_HOLD(mz_uri_template_match(tmpl, uri, NULL) == rc, "%s",
              mz_rc_name(rc));

    if (rc == MZ_OK) {
        FUZZ_HOLD(json_object_size(vars) > 0, "%zu",
                  json_object_size(vars));

        for (iter = json_object_iter(vars); iter != NULL;
             iter = json_object_iter_next(vars, iter))
        {
            fuzz_value(tmpl, mz_str_from(json_object_iter_key(iter)),
                       mz_json_str(json_object_iter_value(iter)));
        }

        fuzz_again(tmpl, vars);
    }

    json_decref(vars);
}


/* What an op gets is text without a path in it. */

static void
fuzz_value(mz_str_t tmpl, mz_str_t name, mz_str_t value)
{
    size_t         i;
    unsigned char  c;

    FUZZ_HOLD(mz_uri_template_has(tmpl, name), "%.*s", (int) name.len,
              name.data);
    FUZZ_HOLD(value.len > 0 && mz_utf8_is_valid(value), "%zu bytes",
              value.len);

    for (i = 0; i < value.len; i++) {
        c = (unsigned char) value.data[i];
        FUZZ_HOLD(c >= 0x20 && c != 0x7f && c != '/', "%u", c);
    }
}


/* One variable, each byte of its value encoded: it is read as it was. */

static void
fuzz_again(mz_str_t tmpl, json_t *vars)
{
    json_t      *back;
    size_t       i;
    mz_buf_t     uri;
    mz_str_t     value;
    const char  *open, *close;

    if (json_object_size(vars) != 1) {
        return;
    }

    value = mz_json_str(json_object_iter_value(json_object_iter(vars)));
    open = memchr(tmpl.data, '{', tmpl.len);
    close = memchr(tmpl.data, '}', tmpl.len);

    mz_buf_init(&uri, 0);
    mz_buf_add(&uri, tmpl.data, (size_t) (open - tmpl.data));

    for (i = 0; i < value.len; i++) {
        mz_buf_addf(&uri, "%%%02x", (unsigned char) value.data[i]);
    }

    mz_buf_add(&uri, close + 1, (size_t) (tmpl.data + tmpl.len - close - 1));

    back = json_object();
    FUZZ_HOLD(mz_uri_template_match(tmpl, mz_buf_view(&uri), back) == MZ_OK
              && mz_json_equal(vars, back), "%s", mz_buf_cstr(&uri));
    json_decref(back);
    mz_buf_free(&uri);
}
