#!/usr/bin/perl

# The official TypeScript clients, 1.x and 2.x (legacy and auto), ask, follow
# progress and page a table.

use strict;
use warnings;

use JSON::PP;
use Mitzu::Agent;
use Mitzu::Nginx;
use Mitzu::Redis;
use Mitzu::Test;
use Test::More;

my $peers = root_dir() . '/t/peers';
die "the clients are not installed: make test does it\n"
    unless -d "$peers/node_modules";

# The clients want a newer Node.js than Debian 12 has: one from npm.
my ($node) = (glob("$peers/node_modules/node-linux-*/bin/node"), 'node');

my $redis = Mitzu::Redis->new;
my $nginx = Mitzu::Nginx->new(redis => $redis->url);
my $agent = Mitzu::Agent->new(redis => $redis->url,
    warehouse => sample_warehouse(), runners => 1);

my %version = (sdk1 => '2025-11-25', 'sdk2-legacy' => '2025-11-25',
    'sdk2-auto' => '2026-07-28');

for my $kind (sort keys %version) {
    my $out = qx(cd '$peers' && '$node' ask.mjs $kind \\
        http://127.0.0.1:$nginx->{port}/mcp \\
        'What is the conversion rate from product view to purchase in the last 90 days?' \\
        'now by country' 2>&1);
    my $seen = eval { JSON::PP->new->utf8->decode($out) };
    ok($seen, "$kind runs") or do { diag($out); next };
    is(scalar @{ $seen->{tools} }, 8, "$kind: eight tools");
    is($seen->{version}, $version{$kind}, "$kind: protocol version")
        if defined $seen->{version};
    is($seen->{answers}[0]{status}, 'completed', "$kind: answered");
    is_deeply($seen->{answers}[1]{spec}{breakdown}, ['country'],
        "$kind: the follow-up continued the conversation");
    my @p = map { $_->[0] } @{ $seen->{progress} };
    ok(@p >= 1, "$kind: progress was seen");
    my $total = $seen->{pages}[0]{total_rows};
    my $rows = 0;
    $rows += @{ $_->{rows} } for @{ $seen->{pages} };
    ok($total > 4 && $rows == $total, "$kind: $rows rows over "
        . @{ $seen->{pages} } . ' pages');
    ok($seen->{refused}{isError}, "$kind: a bad id is an error result");
}

finish();
