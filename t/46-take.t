#!/usr/bin/perl

# The moment between a queue and its worker: Redis has given the run away, and
# the connection breaks before the worker hears which.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Digest::SHA qw(sha1_hex);
use Mitzu::Agent;
use Mitzu::Proxy;
use Mitzu::Redis;
use Mitzu::Test;
use Mitzu::Worker;
use Test::More;
use Time::HiRes qw(time);

my $scripts = root_dir() . '/src/store/scripts';
my $take = sha1_hex(slurp("$scripts/lib.lua") . slurp("$scripts/take.lua"));

my $redis = Mitzu::Redis->new;
my $proxy = Mitzu::Proxy->new(target => $redis->{port});
my $client = Mitzu::Worker->new(redis => $redis);
my $agent = Mitzu::Agent->new(redis => $proxy->url,
    warehouse => sample_warehouse());

sub completed {
    my ($run) = @_;
    return wait_for(60, sub { ($client->run($run)->{status} || '')
        eq 'completed' });
}

# A lease is half a minute: had the run been left to it, it would be longer.
my $first = $client->submit('How many signups in the last 30 days?');
ok(completed($first), 'a run, while all is well');

for my $round (1 .. 2) {
    $proxy->mode("lose $take");
    my $begun = time;
    my $run = $client->submit('How many signups in the last 30 days?');
    ok(completed($run), "round $round: a run whose take was not heard");
    my $seconds = time - $begun;
    is($client->run($run)->{attempt}, 1, '.. is done in its first attempt');
    cmp_ok($seconds, '<', 25, '.. without waiting for its lease');
    like(slurp($proxy->{file}), qr/pass/, '.. and an answer was lost');
}

is(() = $agent->log =~ /lease not renewed|left to its lease/g, 0,
    'the log has nothing to tell of it');

# Who is told to end meanwhile gives back what it does not know that it has.
$proxy->mode("deafen $take");
my $run = $client->submit('How many signups in the last 30 days?');
ok(wait_for(30, sub { slurp($proxy->{file}) eq 'mute'
    && $client->run($run)->{status} eq 'running' }), 'a run that is taken, and nobody hears');
my $begun = time;
kill 'TERM', $agent->runner_pids;
$proxy->mode('pass');
ok(completed($run), '.. is done by the next runner');
cmp_ok(time - $begun, '<', 25, '.. without waiting for its lease');
like($agent->log, qr/run \Q$run->{prompt_id}\E: handed back, not begun: the /,
    '.. since it was given back');
allow_in_logs(qr/\[(?:warn|info)\].*redis/i);
$agent->stop;
$proxy->stop;

finish();
