#!/usr/bin/perl

# The official conformance suite, both requirement sets: strict mode with the
# fixtures, where nothing may fail, warn or go unexercised, and the endpoint
# as it is shipped, where only what the baseline lists may.  The other
# arrangements are in `make conformance`.

use strict;
use warnings;

use Mitzu::Conformance;
use Mitzu::Nginx;
use Mitzu::Redis;
use Mitzu::Test;
use Test::More;

my $seconds = 240;

my $redis = Mitzu::Redis->new;
my $location = Mitzu::Conformance::location('strict', $redis->url);
my $strict = Mitzu::Nginx->new(name => 'strict', bare => 1,
    main => Mitzu::Conformance::main_conf(), server => $location);
my $production = Mitzu::Nginx->new(name => 'production', bare => 1,
    server => $location);

Mitzu::Conformance::ready($_) for $strict, $production;

my $known = Mitzu::Conformance::baseline('baseline-production.yml');
ok(keys %$known > 50, 'the baseline lists ' . keys(%$known) . ' checks');

my %failed;
for my $revision (sort keys %Mitzu::Conformance::SCENARIOS) {
    suite('with fixtures', $strict, $revision);
    my $seen = suite('as shipped', $production, $revision, $known);
    $failed{$_} = 1 for Mitzu::Conformance::failed($seen || {});
}
is(join("\n", grep { !$failed{$_} } sort keys %$known), '',
    'all that the baseline lists does fail');

finish();


sub suite {
    my ($what, $nginx, $revision, $baseline) = @_;
    my $seen = eval {
        Mitzu::Conformance::run(port => $nginx->{port},
            revision => $revision, seconds => $seconds,
            into => temp_dir() . "/$nginx->{name}-$revision");
    };
    ok($seen, "$revision $what: the suite runs") or do { diag($@); return };
    my $r = Mitzu::Conformance::judge($seen, $baseline);
    is(join("\n", @{ $r->{bad} }), '', "$revision $what: $r->{passed} checks "
        . "pass, none fails" . ($baseline ? ' but what needs fixtures' : ''));
    return $seen;
}
