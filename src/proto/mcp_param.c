
#include "base/mz_str.h"
#include "proto/mcp_http.h"


#define MZ_MCP_PARAM_HEADER_MAX  96     /* bytes of a name in a message */


static size_t mz_mcp_param_find(const mz_mcp_http_t *http, mz_str_t name,
    mz_str_t *value);


mz_rc_t
mz_mcp_http_check_param(const mz_mcp_http_t *http, mz_str_t name,
    const json_t *value, mz_err_t *err)
{
    char             header[MZ_MCP_PARAM_HEADER_MAX];
    size_t           n;
    mz_rc_t          rc;
    mz_buf_t         text;
    mz_mcp_mirror_t  m;

    memset(&m, 0, sizeof(mz_mcp_mirror_t));

    n = mz_mcp_param_find(http, name, &m.value);

    snprintf(header, sizeof(header), "Mcp-Param-%.*s", (int) name.len,
             name.data);

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
        m.number = json_is_number(value) ? value : NULL;
    }

    m.header = header;
    m.is_duplicate = n > 1;
    m.is_required = true;
    m.is_encoded = true;

    rc = text.rc == MZ_OK ? mz_mcp_http_check_mirror(&m, err)
                          : mz_fail(err, text.rc, "Out of memory");

    mz_buf_free(&text);

    return rc;
}


/* How many there are, and the last of them, which is not null then. */

static size_t
mz_mcp_param_find(const mz_mcp_http_t *http, mz_str_t name, mz_str_t *value)
{
    size_t  i, n;

    n = 0;

    for (i = 0; i < http->nparams; i++) {
        if (mz_str_ieq(http->params[i].name, name)) {
            *value = http->params[i].value;
            n++;
        }
    }

    if (n > 0 && value->data == NULL) {
        *value = mz_str("");
    }

    return n;
}
