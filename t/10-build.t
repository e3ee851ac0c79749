#!/usr/bin/perl

# The built module in the stock nginx, its directives, and conf.example.

use strict;
use warnings;

use Mitzu::Example;
use Mitzu::HTTP;
use Mitzu::Nginx;
use Mitzu::Test;
use Test::More;

my $redis = 'redis://127.0.0.1:1';
our $n = 0;

# Only what nginx needs to find the module may be seen from outside.
my $so = product('ngx_mitzu_mcp_module.so');
my @symbols = map { (split)[-1] } grep { / [TDBR] / }
    split /\n/, qx(nm -D --defined-only '$so');
my @strange = grep { !/^(?:ngx_module|ngx_mitzu_mcp_|mz_)/ } @symbols;
is_deeply(\@strange, [], 'only the public interface is seen from outside');
unlike(qx(ldd '$so'), qr/libhiredis|libcurl/, 'no libhiredis.so, no libcurl');

# nginx -t of a configuration: what it says, and how it ends.
sub check {
    my (%o) = @_;
    my $n = Mitzu::Nginx->new(name => 'conf' . $n++, stopped => 1,
        redis => $redis, bare => 1, %o);
    return $n->check;
}

my $on = "mitzu_mcp on; mitzu_mcp_auth off; mitzu_mcp_redis $redis;";

for (
    [ 'complete', "location /mcp { $on }", 0, qr/successful/ ],
    [ 'auth off warns', "location /mcp { $on }", 0, qr/\[warn\].*mitzu_mcp_auth/ ],
    [ 'strict', "location /mcp { mitzu_mcp strict; mitzu_mcp_auth off;
        mitzu_mcp_redis $redis; }", 0, qr/successful/ ],
    [ 'unix socket', "location /mcp { mitzu_mcp on; mitzu_mcp_auth off;
        mitzu_mcp_redis unix:/run/none.sock prefix=a.b partitions=4; }", 0,
        qr/successful/ ],
    [ 'no auth', "location /mcp { mitzu_mcp on; mitzu_mcp_redis $redis; }", 1,
        qr/mitzu_mcp_auth/ ],
    [ 'no redis', 'location /mcp { mitzu_mcp on; mitzu_mcp_auth off; }', 1,
        qr/mitzu_mcp_redis/ ],
    [ 'bad value', 'location /mcp { mitzu_mcp maybe; }', 1, qr/mitzu_mcp/ ],
    [ 'bad url', 'location /mcp { mitzu_mcp on; mitzu_mcp_auth off;
        mitzu_mcp_redis http://x; }', 1, qr/mitzu_mcp_redis|redis/ ],
    [ 'bad prefix', "location /mcp { mitzu_mcp on; mitzu_mcp_auth off;
        mitzu_mcp_redis $redis prefix=a*b; }", 1, qr/prefix/ ],
    [ 'bad partitions', "location /mcp { mitzu_mcp on; mitzu_mcp_auth off;
        mitzu_mcp_redis $redis partitions=101; }", 1, qr/partitions/ ],
    [ 'unknown parameter', "location /mcp { mitzu_mcp on; mitzu_mcp_auth off;
        mitzu_mcp_redis $redis colour=red; }", 1, qr/colour/ ],
    [ 'twice', "location /mcp { $on mitzu_mcp on; }", 1, qr/duplicate/ ],
    [ 'no such thread pool', "location /mcp { $on
        mitzu_mcp_thread_pool nowhere; }", 1, qr/nowhere/ ],
    [ 'a queue that Redis cannot count', "location /mcp { $on
        mitzu_mcp_max_queued 9999999999; }", 1, qr/between 0 and 1000000000/ ],
    [ 'attach over a day', "location /mcp { $on
        mitzu_mcp_attach 25h; }", 1, qr/mitzu_mcp_attach. is over/ ],
    [ 'a lease over a day', "location /mcp { $on
        mitzu_mcp_lease 25h; }", 1, qr/mitzu_mcp_lease. is over/ ],
    [ 'retention over a life', "location /mcp { $on
        mitzu_mcp_retention 101y; }", 1, qr/mitzu_mcp_retention. is over/ ],
    [ 'a limit of nothing', "location /mcp { $on
        mitzu_mcp_run_limit user; }", 1, qr/takes rate=/ ],
    [ 'a rate without a unit', "location /mcp { $on
        mitzu_mcp_run_limit rate=5; }", 1, qr/takes a rate=/ ],
    [ 'a burst without a rate', "location /mcp { $on
        mitzu_mcp_run_limit concurrent=1 burst=2; }", 1, qr/no rate=/ ],
    [ 'a project with too many places', "location /mcp { $on
        mitzu_mcp_run_limit project concurrent=1001; }", 1,
        qr/concurrent= once, from 1 to 1000/ ],
    [ 'off, and a limit', "location /mcp { $on
        mitzu_mcp_run_limit off;
        mitzu_mcp_run_limit rate=1r/s; }", 1, qr/is duplicate/ ],
    [ 'a sign-in that nobody can find', "location /mcp { mitzu_mcp on;
        mitzu_mcp_auth /auth; mitzu_mcp_redis $redis; }", 0,
        qr/\[warn\].*mitzu_mcp_resource_metadata/ ],
    [ 'metadata of nothing', 'location /meta { mitzu_mcp metadata; }', 1,
        qr/mitzu_mcp_resource_metadata/ ],
    [ '"if" beside metadata', 'location /meta { mitzu_mcp metadata;
        mitzu_mcp_resource_metadata resource=https://a.example.com/mcp
        authorization_server=https://b.example.com;
        if ($http_x) { set $x 1; } }', 0, qr/successful/ ],
    [ '"if" beside errors', 'location /err { mitzu_mcp errors;
        if ($http_x) { set $x 1; } }', 0, qr/successful/ ],
) {
    my ($what, $server, $status, $says) = @$_;
    my ($got, $out) = check(server => $server);
    is($got, $status, "nginx -t: $what") or diag($out);
    like($out, $says, '.. and says so');
    allow_in_logs(qr/\[emerg\].*(?:mitzu|redis|duplicate|nowhere|between)/);
}

# Without sign-in only loopback may be served.
my ($got, $out) = check(http => "server { listen 8081; location /mcp { $on } }");
is($got, 1, 'auth off on a public listen is refused');
like($out, qr/loopback|insecure/, '.. and says how to insist');
($got, $out) = check(http => "server { listen 8081; location /mcp {
    mitzu_mcp on; mitzu_mcp_auth off insecure; mitzu_mcp_redis $redis; } }");
is($got, 0, 'auth off insecure is taken') or diag($out);
allow_in_logs(qr/\[emerg\].*(?:loopback|insecure)/);

# A host name that does not resolve must not hold nginx up at start.
($got, $out) = check(server => 'location /mcp { mitzu_mcp on;
    mitzu_mcp_auth off; mitzu_mcp_redis redis://no-such-host.invalid:6390; }');
like($out, qr/no-such-host|successful/, 'a name that does not resolve');
allow_in_logs(qr/\[emerg\].*no-such-host/);

# conf.example: complete, and nginx takes it.
my $example_nginx = Mitzu::Example->new;
($got, $out) = $example_nginx->check;
is($got, 0, 'nginx -t takes conf.example') or diag($out);
like($out, qr/successful/, '.. without a complaint');

finish();
