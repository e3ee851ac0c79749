
#include "base/mz_str.h"
#include "proto/mcp_version.h"


/* Newest first. */

static const mz_str_t  mz_mcp_legacy_versions[] = {
    mz_str("2025-11-25"),
    mz_str("2025-06-18"),
    mz_str("2025-03-26"),
    mz_str("2024-11-05")
};

static const mz_str_t  mz_mcp_modern_versions[] = {
    mz_str("2026-07-28")
};


static mz_str_t mz_mcp_version_find(const mz_str_t *list, size_t n,
    mz_str_t s);
static bool mz_mcp_version_is_date(mz_str_t s);


mz_mcp_version_kind_t
mz_mcp_version_kind(mz_str_t s)
{
    size_t    last;

    if (s.len == 0) {
        return MZ_MCP_VERSION_ABSENT;
    }

    if (mz_mcp_version_legacy(s).len > 0) {
        return MZ_MCP_VERSION_LEGACY;
    }

    last = MZ_ARRAY_LEN(mz_mcp_modern_versions) - 1;

    if (mz_mcp_version_is_date(s)
        && mz_str_cmp(s, mz_mcp_modern_versions[last]) >= 0)
    {
        return MZ_MCP_VERSION_MODERN;
    }

    return MZ_MCP_VERSION_OTHER;
}


mz_str_t
mz_mcp_version_legacy(mz_str_t s)
{
    return mz_mcp_version_find(mz_mcp_legacy_versions,
                               MZ_ARRAY_LEN(mz_mcp_legacy_versions), s);
}


mz_str_t
mz_mcp_version_modern(mz_str_t s)
{
    return mz_mcp_version_find(mz_mcp_modern_versions,
                               MZ_ARRAY_LEN(mz_mcp_modern_versions), s);
}


mz_str_t
mz_mcp_version_newest_legacy(void)
{
    return mz_mcp_legacy_versions[0];
}


mz_str_t
mz_mcp_version_default(void)
{
    return mz_str("2025-03-26");
}


void
mz_mcp_version_write_supported(mz_buf_t *out)
{
    size_t  i;

    for (i = 0; i < MZ_ARRAY_LEN(mz_mcp_modern_versions); i++) {
        mz_buf_add_char(out, i == 0 ? '[' : ',');
        mz_buf_add_json_str(out, mz_mcp_modern_versions[i]);
    }

    mz_buf_add_char(out, ']');
}


static mz_str_t
mz_mcp_version_find(const mz_str_t *list, size_t n, mz_str_t s)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        if (mz_str_eq(list[i], s)) {
            return list[i];
        }
    }

    return mz_null_str;
}


static bool
mz_mcp_version_is_date(mz_str_t s)
{
    size_t  i;

    if (s.len != sizeof("2026-07-28") - 1) {
        return false;
    }

    for (i = 0; i < s.len; i++) {
        if (i == 4 || i == 7) {
            if (s.data[i] != '-') {
                return false;
            }

        } else if (s.data[i] < '0' || s.data[i] > '9') {
            return false;
        }
    }

    return true;
}
