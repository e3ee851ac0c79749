
#include "tools/registry_check.h"

#include "base/mz_str.h"
#include "query/jpointer.h"


#define MZ_HEADER_KEY       "x-mcp-header"
#define MZ_HEADER_NAME_MAX  64


/* What is known of the value of a keyword. */

typedef enum {
    MZ_KEYWORD_SCHEMAS,         /* an object of schemas by name */
    MZ_KEYWORD_DATA             /* no schema, whatever it looks like */
} mz_keyword_t;

typedef struct {
    mz_registry_tool_t  *entry;
    mz_buf_t             path;  /* to the value of the schema looked at */
    mz_err_t            *err;
} mz_headers_t;


static mz_rc_t mz_headers_schema(mz_headers_t *h, const json_t *schema,
    bool is_direct);
static mz_rc_t mz_headers_member(mz_headers_t *h, const char *key,
    const json_t *value, bool is_direct);
static mz_rc_t mz_headers_named(mz_headers_t *h, const json_t *schemas,
    bool is_direct);
static mz_rc_t mz_headers_any(mz_headers_t *h, const json_t *value);
static mz_rc_t mz_headers_take(mz_headers_t *h, const json_t *schema,
    bool is_direct);
static bool mz_headers_is_token(mz_str_t name);
static bool mz_headers_is_known(const mz_registry_tool_t *entry,
    mz_str_t name);


/* All others hold a schema, an array of them, or nothing of the kind. */

static const struct {
    const char    *key;
    mz_keyword_t   what;
} mz_headers_keywords[] = {
    { "properties", MZ_KEYWORD_SCHEMAS },
    { "patternProperties", MZ_KEYWORD_SCHEMAS },
    { "dependentSchemas", MZ_KEYWORD_SCHEMAS },
    { "$defs", MZ_KEYWORD_SCHEMAS },
    { "definitions", MZ_KEYWORD_SCHEMAS },
    { "const", MZ_KEYWORD_DATA },
    { "enum", MZ_KEYWORD_DATA },
    { "default", MZ_KEYWORD_DATA },
    { "examples", MZ_KEYWORD_DATA }
};


mz_rc_t
mz_registry_headers(mz_registry_tool_t *entry, mz_err_t *err)
{
    mz_rc_t       rc;
    mz_headers_t  h;

    h.entry = entry;
    h.err = err;
    mz_buf_init(&h.path, 0);

    rc = mz_headers_schema(&h, entry->input_schema, true);

    mz_buf_free(&h.path);

    return rc;
}


/* As deep as the text of the schema, which the loader bounds. */

static mz_rc_t
mz_headers_schema(mz_headers_t *h, const json_t *schema, bool is_direct)
{
    void     *iter;
    json_t   *object;
    mz_rc_t   rc;

    object = (json_t *) schema;

    if (json_object_get(object, MZ_HEADER_KEY) != NULL) {
        rc = mz_headers_take(h, schema, is_direct);
        if (rc != MZ_OK) {
            return rc;
        }
    }

    for (iter = json_object_iter(object); iter != NULL;
         iter = json_object_iter_next(object, iter))
    {
        rc = mz_headers_member(h, json_object_iter_key(iter),
                               json_object_iter_value(iter), is_direct);
        if (rc != MZ_OK) {
            return rc;
        }
    }

    return MZ_OK;
}


static mz_rc_t
mz_headers_member(mz_headers_t *h, const char *key, const json_t *value,
    bool is_direct)
{
    size_t  i;

    for (i = 0; i < MZ_ARRAY_LEN(mz_headers_keywords); i++) {
        if (strcmp(key, mz_headers_keywords[i].key) == 0) {
            break;
        }
    }

    if (i == MZ_ARRAY_LEN(mz_headers_keywords)) {
        return mz_headers_any(h, value);
    }

    if (mz_headers_keywords[i].what == MZ_KEYWORD_DATA) {
        return MZ_OK;
    }

    return mz_headers_named(h, value, is_direct
                                      && strcmp(key, "properties") == 0);
}


static mz_rc_t
mz_headers_named(mz_headers_t *h, const json_t *schemas, bool is_direct)
{
    void     *iter;
    size_t    len;
    json_t   *object;
    mz_rc_t   rc;

    rc = MZ_OK;
    len = h->path.len;
    object = (json_t *) schemas;

    for (iter = json_object_iter(object); rc == MZ_OK && iter != NULL;
         iter = json_object_iter_next(object, iter))
    {
        mz_jpointer_add(&h->path, mz_str_from(json_object_iter_key(iter)));
        rc = mz_headers_schema(h, json_object_iter_value(iter), is_direct);
        h->path.len = len;
    }

    return rc;
}


static mz_rc_t
mz_headers_any(mz_headers_t *h, const json_t *value)
{
    size_t   i;
    mz_rc_t  rc;

    rc = mz_headers_schema(h, value, false);

    for (i = 0; rc == MZ_OK && i < json_array_size(value); i++) {
        rc = mz_headers_schema(h, json_array_get(value, i), false);
    }

    return rc;
}


static mz_rc_t
mz_headers_take(mz_headers_t *h, const json_t *schema, bool is_direct)
{
    mz_str_t               name, type, tool;
    mz_registry_header_t  *header;

    tool = h->entry->tool->op.name;
    name = mz_json_get_str(schema, MZ_HEADER_KEY);
    type = mz_json_get_str(schema, "type");

    if (!mz_headers_is_token(name)) {
        return mz_fail(h->err, MZ_INVALID, MZ_HEADER_KEY " of tool \"%.*s\" "
                       "is not 1 to %d characters of an HTTP token",
                       (int) tool.len, tool.data, MZ_HEADER_NAME_MAX);
    }

    if (!is_direct || h->path.len == 0) {
        return mz_fail(h->err, MZ_INVALID, MZ_HEADER_KEY " \"%.*s\" of tool "
                       "\"%.*s\" is not on a property that \"properties\" "
                       "alone lead to", (int) name.len, name.data,
                       (int) tool.len, tool.data);
    }

    if (!mz_str_eq_c(type, "string") && !mz_str_eq_c(type, "integer")
        && !mz_str_eq_c(type, "boolean"))
    {
        return mz_fail(h->err, MZ_INVALID, MZ_HEADER_KEY " \"%.*s\" of tool "
                       "\"%.*s\" is on a property whose type is not string, "
                       "integer or boolean", (int) name.len, name.data,
                       (int) tool.len, tool.data);
    }

    if (mz_headers_is_known(h->entry, name)) {
        return mz_fail(h->err, MZ_INVALID, "tool \"%.*s\" has " MZ_HEADER_KEY
                       " \"%.*s\" twice", (int) tool.len, tool.data,
                       (int) name.len, name.data);
    }

    if (h->entry->nheaders == MZ_REGISTRY_HEADERS) {
        return mz_fail(h->err, MZ_LIMIT, "tool \"%.*s\" has more than %d "
                       MZ_HEADER_KEY, (int) tool.len, tool.data,
                       MZ_REGISTRY_HEADERS);
    }

    header = &h->entry->headers[h->entry->nheaders];
    header->name = name;
    header->pointer = (h->path.rc == MZ_OK)
                      ? mz_str_dup(mz_buf_view(&h->path)) : NULL;

    if (header->pointer == NULL) {
        return mz_fail(h->err, MZ_NOMEM, "out of memory");
    }

    h->entry->nheaders++;

    return MZ_OK;
}


/* RFC 9110, section 5.6.2 */

static bool
mz_headers_is_token(mz_str_t name)
{
    char    c;
    size_t  i;

    for (i = 0; i < name.len; i++) {
        c = name.data[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL)))
        {
            return false;
        }
    }

    return name.len >= 1 && name.len <= MZ_HEADER_NAME_MAX;
}


static bool
mz_headers_is_known(const mz_registry_tool_t *entry, mz_str_t name)
{
    size_t  i;

    for (i = 0; i < entry->nheaders; i++) {
        if (mz_str_ieq(entry->headers[i].name, name)) {
            return true;
        }
    }

    return false;
}
