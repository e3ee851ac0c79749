#!/usr/bin/perl

# `make demo` as a new user sees it, small: two questions answered, a table
# paged, the server left running, and ended by demo-stop.

use strict;
use warnings;

use Mitzu::HTTP;
use Mitzu::Test;
use Test::More;

my $port = free_port();
my $dir = temp_dir() . '/demo';
$ENV{DEMO_PORT} = $port;
$ENV{DEMO_DIR} = $dir;
$ENV{DEMO_EVENTS} = 30000;
$ENV{DEMO_USERS} = 600;
$ENV{BUILD} = build_dir();
delete $ENV{MITZU_DUCKDB_LIB};

my $demo = root_dir() . '/t/bin/demo';
my $out = qx('$demo' 2>&1);
is($?, 0, 'the demo ends well') or diag($out);

like($out, qr/> What is the conversion rate/, 'a question is asked');
like($out, qr/  \.\. \S/, 'progress is shown');
like($out, qr/\*\*[\d.]+% conversion from product_view to purchase: [\d,]+ of [\d,]+ users/,
    'the answer has its numbers');
like($out, qr/> now by country.*\| country \|/s, 'the conversation goes on');
like($out, qr/query_table_artifact a_\w+, rows 1 to 5 of \d+:\n  country\t/,
    'the table is paged');
like($out, qr{http://127\.0\.0\.1:$port/mcp}, 'how to connect is said');

my $r = Mitzu::HTTP->once($port, 'POST', '/mcp', headers => [
    'Content-Type' => 'application/json' ],
    body => '{"jsonrpc":"2.0","id":1,"method":"ping"}');
is($r && $r->{status}, 200, 'the server is left running');

my $again = qx('$demo' 2>&1);
is($?, 0, 'the demo can be run again') or diag($again);

my $taken = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1');
{
    local $ENV{DEMO_PORT} = $taken->sockport;
    local $ENV{DEMO_DIR} = temp_dir() . '/taken';
    $out = qx('$demo' 2>&1);
    isnt($?, 0, 'a port that is taken is an error');
    like($out, qr/taken.*DEMO_PORT/, '.. that says what to do');
    local $ENV{DEMO_PORT} = 'x y';
    isnt(system("'$demo' >/dev/null 2>&1"), 0, 'a port that is no number');
}

$out = qx('$demo' stop 2>&1);
is($?, 0, 'demo-stop');
ok(wait_for(5, sub { !Mitzu::HTTP->new(port => $port) }), '.. ends it');
like(qx('$demo' --help), qr/^usage/, '--help');
log_of($_) for glob "$dir/logs/*.log";

finish();
