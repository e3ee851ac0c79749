
#include "auth/principal.h"
#include "base/mz_str.h"
#include "test.h"


typedef struct {
    const char  *scopes;
    const char  *scope;
    bool         has;
} scope_row_t;


static const scope_row_t  scopes[] = {
    { NULL, "mcp:read", false },
    { "", "", false },
    { "a  b", "", false },
    { "mcp:read", "mcp:read", true },
    { "mcp:read", "mcp:rea", false },
    { "mcp:rea", "mcp:read", false },
    { "openid mcp:read profile", "mcp:read", true },
    { "openid profile  mcp:read", "mcp:read", true },
    { "openid MCP:READ", "mcp:read", false }
};


static void
set_names(mz_principal_t *p, const char *issuer, const char *subject,
    const char *project)
{
    p->issuer = mz_str_from(issuer);
    p->subject = mz_str_from(subject);
    p->project = mz_str_from(project);
    p->scopes = mz_null_str;

    CHECK(mz_principal_set_scope(p) == MZ_OK);
}


static void
test_scope(void)
{
    mz_principal_t  a, b;

    /* printf 'https://as.example\nuser_1\norg_1' | sha256sum */

    set_names(&a, "https://as.example", "user_1", "org_1");
    CHECK_STR(mz_str_from(a.scope), "248edb185d00e69fbd8029744ba3e23d");

    set_names(&b, "https://as.example", "user_1", "org_2");
    CHECK(strcmp(a.scope, b.scope) != 0);
    set_names(&b, "https://as.example", "user_2", "org_1");
    CHECK(strcmp(a.scope, b.scope) != 0);
    set_names(&b, "https://as2.example", "user_1", "org_1");
    CHECK(strcmp(a.scope, b.scope) != 0);

    /* Absent names count as empty ones; the fields do not run together. */

    set_names(&a, "i", "s", NULL);
    set_names(&b, "i", "s", "");
    CHECK(strcmp(a.scope, b.scope) == 0);
    set_names(&b, "i", "", "s");
    CHECK(strcmp(a.scope, b.scope) != 0);
}


static void
test_development(void)
{
    mz_principal_t  a, b;

    CHECK(mz_principal_development(&a) == MZ_OK);
    CHECK(mz_principal_development(&b) == MZ_OK);
    CHECK(strlen(a.scope) == MZ_SCOPE_LEN && strcmp(a.scope, b.scope) == 0);
    CHECK(a.subject.len > 0 && a.project.len > 0);
    CHECK(!mz_principal_has(&a, mz_str("mcp:read")));
}


static void
test_scopes(void)
{
    size_t          i;
    mz_principal_t  p;

    for (i = 0; i < MZ_ARRAY_LEN(scopes); i++) {
        p.scopes = mz_str_from(scopes[i].scopes);
        CHECK_ROW(mz_principal_has(&p, mz_str_from(scopes[i].scope))
                  == scopes[i].has, "row %zu", i);
    }
}


static const mz_test_t  tests[] = {
    { "the scope is made of issuer, subject and project", test_scope },
    { "the development principal is always the same", test_development },
    { "scopes are whole words", test_scopes }
};

MZ_TEST_MAIN(tests)
