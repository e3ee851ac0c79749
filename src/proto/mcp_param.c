
#include "base/mz_str.h"
#include "proto/mcp_http.h"


#define MZ_MCP_PARAM_HEADER_MAX  96     /* characters of a name in a message */

/* -2^63 and 2^63, both of which a double holds. */

#define MZ_MCP_PARAM_INT_MIN  (-9223372036854775808.0)
#define MZ_MCP_PARAM_INT_END  9223372036854775808.0


static bool mz_mcp_param_number(mz_str_t text, const json_t *value);


mz_rc_t
mz_mcp_http_check_param(const mz_mcp_http_t *http, mz_str_t name,
    const json_t *value, mz_err_t *err)
{
    char             header[MZ_MCP_PARAM_HEADER_MAX];
    size_t           i, n;
    mz_rc_t          rc;
    mz_buf_t         text;
    mz_mcp_mirror_t  m;

    n = 0;
    memset(&m, 0, sizeof(mz_mcp_mirror_t));

    for (i = 0; i < http->nparams; i++) {
        if (mz_str_ieq(http->params[i].name, name)) {
            m.value = http->params[i].value;
            n++;
        }
    }

    snprintf(header, sizeof(header), "Mcp-Param-%.*s", (int) name.len,
             name.data);
    m.header = header;
    m.is_duplicate = n > 1;
    m.is_required = true;
    m.is_encoded = true;

    if (value == NULL || json_is_null(value)) {
        return n == 0 ? MZ_OK
               : mz_fail(err, MZ_INVALID, "Header mismatch: %s is given, the "
                         "body has no such argument", header);
    }

    if (json_is_object(value) || json_is_array(value)) {
        return MZ_OK;
    }

    mz_buf_init(&text, 0);

    if (json_is_string(value)) {
        m.body = mz_json_str(value);

    } else {
        mz_json_dump(&text, value);
        m.body = mz_buf_view(&text);
    }

    if (n == 1 && json_is_number(value)
        && mz_mcp_param_number(mz_str_trim(m.value), value))
    {
        rc = MZ_OK;

    } else {
        rc = text.rc == MZ_OK ? mz_mcp_http_check_mirror(&m, err)
                              : mz_fail(err, text.rc, "Out of memory");
    }

    mz_buf_free(&text);

    return rc;
}


/* Equal by number: 42.0 is 42; but beyond 2^53 no two integers are one. */

static bool
mz_mcp_param_number(mz_str_t text, const json_t *value)
{
    double   d;
    int64_t  i;

    if (json_is_integer(value)) {
        if (mz_str_to_int(text, &i) == MZ_OK) {
            return i == json_integer_value(value);
        }

        return mz_str_to_double(text, &d) == MZ_OK
               && d >= MZ_MCP_PARAM_INT_MIN && d < MZ_MCP_PARAM_INT_END
               && d == (double) (int64_t) d
               && (int64_t) d == json_integer_value(value);
    }

    return mz_str_to_double(text, &d) == MZ_OK && d == json_real_value(value);
}
