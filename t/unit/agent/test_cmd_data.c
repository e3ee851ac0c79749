
/* The subcommands sample, catalog and query, as a shell would call them. */

#include <fcntl.h>

#include "test.h"
#include "wh_fixture.h"

#include "agent/cmd.h"


#define ARGS_MAX   12
#define PRINT_MAX  65536

static char  printed[PRINT_MAX];        /* stdout and stderr of a call */
static char  warehouse[PATH_MAX];

typedef int (*cmd_pt)(int argc, char **argv);


static void
collect(const char *path)
{
    FILE    *f;
    size_t   n;

    f = fopen(path, "r");
    n = fread(printed, 1, sizeof(printed) - 1, f);
    printed[n] = '\0';
    fclose(f);
}


/* Runs with stdin from text; "@" in an argument is the warehouse. */

static int
run(cmd_pt cmd, const char *const *args, const char *text)
{
    int    rc, argc, in, out, fds[3];
    char  *argv[ARGS_MAX + 2], path[PATH_MAX];

    argv[0] = (char *) "cmd";
    for (argc = 1; args[argc - 1] != NULL; argc++) {
        argv[argc] = strcmp(args[argc - 1], "@") == 0
                     ? warehouse : (char *) args[argc - 1];
    }
    argv[argc] = NULL;

    snprintf(path, sizeof(path), "%s", fixture_file("in"));
    in = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (write(in, text, strlen(text)) != (ssize_t) strlen(text)) {
        return -1;
    }
    lseek(in, 0, SEEK_SET);

    snprintf(path, sizeof(path), "%s", fixture_file("out"));
    out = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

    fflush(stdout);
    fds[0] = dup(0);
    fds[1] = dup(1);
    fds[2] = dup(2);
    dup2(in, 0);
    dup2(out, 1);
    dup2(out, 2);

    rc = cmd(argc, argv);

    fflush(stdout);
    dup2(fds[0], 0);
    dup2(fds[1], 1);
    dup2(fds[2], 2);
    close(fds[0]);
    close(fds[1]);
    close(fds[2]);
    close(in);
    close(out);

    collect(path);

    return rc;
}


static void
test_sample(void)
{
    size_t  i;
    int     rc;

    static const struct {
        const char  *args[ARGS_MAX];
        int          rc;
        const char  *words;
    } rows[] = {
        { { "--help", NULL },               0, "usage: mitzu-agent sample" },
        { { "--events", "many", NULL },     2, "whole number" },
        { { "--events", "5", NULL },        2, "out of bounds" },
        { { "--events", "1000", "--users", "500", NULL }, 2,
          "for each user" },
        { { "--now", "soon", NULL },        2, "a time" },
        { { "--nonsense", NULL },           2, "not an option" },
        { { "more", NULL },                 2, "too many" },
        { { "--events", "3000", "--users", "60", "--now",
            "2026-06-15T12:00:00Z", "--output", "@", NULL },
          0, "events of 60 users in" },
        { { "--events", "3000", "--users", "60", "--output", "@", NULL },
          1, "--force" },
        { { "--events", "3000", "--users", "60", "--now",
            "2026-06-15T12:00:00Z", "--force", "--progress", "--output",
            "@", NULL },
          0, "100 %" },
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        rc = run(mz_cmd_sample, rows[i].args, "");
        CHECK_ROW(rc == rows[i].rc, "%zu: %d: %s", i, rc, printed);
        CHECK_ROW(strstr(printed, rows[i].words) != NULL, "%zu: %s", i,
                  printed);
    }
}


static void
test_catalog(void)
{
    size_t  i;
    int     rc;

    static const struct {
        const char  *args[ARGS_MAX];
        int          rc;
        const char  *words;
    } rows[] = {
        { { "--help", NULL },               0, "usage: mitzu-agent catalog" },
        { { NULL },                         2, "--warehouse" },
        { { "--warehouse", "/nonexistent.duckdb", NULL }, 1,
          "no warehouse file" },
        { { "--warehouse", "@", NULL },     0, "subscription_cancel" },
        { { "--warehouse", "@", "--json", NULL }, 0,
          "\"table\":\"events\"" },
        { { "--warehouse", "@", "--refresh", NULL }, 0, "page_visit" },
        { { "--warehouse", "@", "--user-column", "nobody", NULL }, 1,
          "nobody" },
        { { "--warehouse", "@", "--user-column", "session_id",
            "--no-catalog-cache", NULL }, 0, "page_visit" },
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        rc = run(mz_cmd_catalog, rows[i].args, "");
        CHECK_ROW(rc == rows[i].rc, "%zu: %d: %s", i, rc, printed);
        CHECK_ROW(strstr(printed, rows[i].words) != NULL, "%zu: %s", i,
                  printed);
    }
}


static void
test_query(void)
{
    size_t  i;
    int     rc;

    static const struct {
        const char  *args[ARGS_MAX];
        const char  *spec;
        int          rc;
        const char  *words;
    } rows[] = {
        { { "--help", NULL }, "", 0, "usage: mitzu-agent query" },
        { { NULL }, "{}", 2, "--warehouse" },
        { { "--warehouse", "@", "--format", "xml", NULL }, "{}", 2,
          "table, json or csv" },
        { { "--warehouse", "@", "--now", "2026-06-15", "a", "b", NULL },
          "{}", 2, "too many" },
        { { "--warehouse", "@", "/nonexistent.json", NULL }, "", 1,
          "cannot read" },
        { { "--warehouse", "/nonexistent.duckdb", NULL }, "{}", 1,
          "no warehouse file" },
        { { "--warehouse", "@", "/", NULL }, "", 1, "cannot read" },
        { { "--warehouse", "@", NULL }, "", 1, "JSON" },
        { { "--warehouse", "@", NULL }, "{\"kind\":", 1, "JSON" },
        { { "--warehouse", "@", NULL }, "{\"kind\":\"nonsense\"}", 1,
          "nonsense" },
        { { "--warehouse", "@", NULL },
          "{\"kind\":\"segmentation\",\"events\":[\"sign_up\"]}", 1,
          "signup" },
        { { "--warehouse", "@", "--format", "csv", NULL },
          "{\"kind\":\"segmentation\",\"events\":[\"*\"],"
          "\"measure\":{\"type\":\"users\"},\"grain\":\"total\","
          "\"range\":{\"all\":true}}", 0, ",60\r\n" },
        { { "--warehouse", "@", "--format", "json", NULL },
          "{\"kind\":\"segmentation\",\"events\":[\"*\"],"
          "\"measure\":{\"type\":\"users\"},\"grain\":\"total\","
          "\"range\":{\"all\":true}}", 0, "\"facts\":{" },
        { { "--warehouse", "@", NULL },
          "{\"kind\":\"discovery\",\"what\":\"events\"}", 0, "page_visit" },
        { { "--warehouse", "@", NULL },
          "{\"spec\":{\"kind\":\"discovery\",\"what\":\"events\"},"
          "\"assumptions\":[]}", 0, "page_visit" },
        { { "--warehouse", "@", NULL }, "{\"spec\":[]}", 1, "kind" },
        { { "--warehouse", "@", "--sql", NULL },
          "{\"kind\":\"segmentation\",\"events\":[\"signup\"]}", 0,
          "-- $1 = " },
    };

    for (i = 0; i < MZ_ARRAY_LEN(rows); i++) {
        rc = run(mz_cmd_query, rows[i].args, rows[i].spec);
        CHECK_ROW(rc == rows[i].rc, "%zu: %d: %s", i, rc, printed);
        CHECK_ROW(strstr(printed, rows[i].words) != NULL, "%zu: %s", i,
                  printed);
    }

    fixture_done();
}


static void
test_setup(void)
{
    fixture_init();
    snprintf(warehouse, sizeof(warehouse), "%s", fixture_file("w.duckdb"));

    /* What the caller's shell has set is not for here. */
    unsetenv("MITZU_WAREHOUSE");
    unsetenv("MITZU_CATALOG");
    CHECK(setenv("MITZU_NOW", "2026-06-15T12:00:00Z", 1) == 0);
}


static const mz_test_t  tests[] = {
    { "set up",  test_setup },
    { "sample",  test_sample },
    { "catalog", test_catalog },
    { "query",   test_query },
};

MZ_TEST_MAIN(tests)
