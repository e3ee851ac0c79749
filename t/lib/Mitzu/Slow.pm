package Mitzu::Slow;

# A warehouse in which questions about refunds take for ever: its events are
# a view whose rows of that name come from a join without end.  All other
# questions are answered as from the sample.

use strict;
use warnings;

use Exporter qw(import);
use File::Copy qw(copy);
use JSON::PP ();
use Mitzu::Agent;
use Mitzu::Test;

our @EXPORT = qw(slow_warehouse);

# A program that runs statements on a DuckDB file, made once a build.
my $source = <<'EOT';
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

int
main(int argc, char **argv)
{
    int    i, rc;
    void  *lib, *db, *conn;
    char   result[1024];
    int  (*open_db)(const char *, void **);
    int  (*connect)(void *, void **);
    int  (*query)(void *, const char *, void *);
    void (*disconnect)(void **);
    const char *(*error)(void *);
    void (*close_db)(void **);

    lib = dlopen(getenv("MITZU_DUCKDB_LIB"), RTLD_NOW);
    if (lib == NULL || argc < 3) {
        fprintf(stderr, "usage: %s FILE SQL ..\n", argv[0]);
        return 2;
    }

    *(void **) &open_db = dlsym(lib, "duckdb_open");
    *(void **) &connect = dlsym(lib, "duckdb_connect");
    *(void **) &query = dlsym(lib, "duckdb_query");
    *(void **) &error = dlsym(lib, "duckdb_result_error");
    *(void **) &disconnect = dlsym(lib, "duckdb_disconnect");
    *(void **) &close_db = dlsym(lib, "duckdb_close");

    if (open_db(argv[1], &db) != 0 || connect(db, &conn) != 0) {
        return 1;
    }

    for (rc = 0, i = 2; i < argc && rc == 0; i++) {
        rc = query(conn, argv[i], result);
        if (rc != 0) {
            fprintf(stderr, "%s\n", error(result));
        }
    }

    disconnect(&conn);
    close_db(&db);

    return rc != 0;
}
EOT

sub run_sql {
    my ($file, @sql) = @_;
    my $program = build_dir() . '/t/duckdb-run';
    if (!-e $program) {
        mkdir build_dir() . '/t';
        spew("$program.$$.c", $source);
        system('cc', '-o', "$program.$$", "$program.$$.c", '-ldl') == 0
            or die "cc failed\n";
        unlink "$program.$$.c";
        rename "$program.$$", $program or die "$program: $!";
    }
    local $ENV{MITZU_DUCKDB_LIB} = build_dir() . '/lib/libduckdb.so';
    system($program, $file, @sql) == 0 or die "$program $file failed\n";
}

# The file.  Without a catalog (no_catalog => 1), the scan takes for ever.
sub slow_warehouse {
    my (%o) = @_;
    my $sample = sample_warehouse();
    my $file = temp_dir() . '/slow' . ($o{no_catalog} ? '-bare' : '')
        . '.duckdb';
    copy($sample, $file) or die "$file: $!";
    run_sql($file, 'ALTER TABLE events RENAME COLUMN event_name TO what',
        'ALTER TABLE events RENAME TO happened',
        'CREATE VIEW events AS SELECT what AS event_name, * EXCLUDE (what) '
        . "FROM happened UNION ALL SELECT 'refund', h.* EXCLUDE (what) FROM "
        . 'happened h, range(1000) a, range(1000) b, range(1000) c '
        . 'WHERE (a.range * b.range + c.range) % 7 = 9', 'CHECKPOINT');
    return $file if $o{no_catalog};

    # What is asked about is what was in the sample.
    {
        my $env = Mitzu::Agent::env();
        local %ENV = (%ENV, %$env);
        my $agent = build_dir() . '/rel/mitzu-agent';
        system("$agent catalog --warehouse '$sample' >/dev/null") == 0
            or die "mitzu-agent catalog failed\n";
    }
    my $json = JSON::PP->new->utf8->canonical;
    my $catalog = $json->decode(slurp("$sample.catalog.json"));
    my @stat = stat $file;
    my $time = qx(stat -c %.9Y '$file');
    $time =~ s/[.\s]//g;
    $catalog->{stamp} = { inode => $stat[1], size => $stat[7],
        mtime_ns => 0 + $time };
    spew("$file.catalog.json", $json->encode($catalog));
    return $file;
}

1;
