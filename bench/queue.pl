#!/usr/bin/perl

# How soon a question is taken up.  Idle: from the request that nginx gets to
# the event "started" that the worker wrote, as heard on the run's channel.
# Behind another project's thousand queued runs: the wait of a single run, in
# lengths of a run.  Ends with 1 when a median is over its bar.

use strict;
use warnings;

use IO::Socket::UNIX;
use Mitzu::Agent;
use Mitzu::MCP;
use Mitzu::Nginx;
use Mitzu::Redis;
use Mitzu::Seal;
use Mitzu::Test;
use Mitzu::Worker;
use Test::More;
use Time::HiRes qw(time sleep);

my $BAR_MS = 5.0;
my $ROUNDS = 200;
my $QUEUED = 1000;
my $SINGLES = 15;
my $RUNNERS = 3;

my $redis = Mitzu::Redis->new(args => [ '--appendfsync', 'everysec' ]);
my $nginx = Mitzu::Nginx->new(redis => $redis->url, level => 'error');
my $mcp = Mitzu::MCP->new(port => $nginx->{port});
my @agent = (redis => $redis->url, warehouse => sample_warehouse());
my $agent = Mitzu::Agent->new(@agent, runners => 1,
    args => [ '--no-publish' ]);

my $ear = IO::Socket::UNIX->new(Peer => $redis->{socket}) or die "redis: $!\n";
print {$ear} "*2\r\n\$10\r\nPSUBSCRIBE\r\n\$11\r\nmitzu:run:*\r\n";
Mitzu::Redis::reply($ear);

# When the run said that; event 1 is "queued", 2 "started".
sub heard {
    my ($seq) = @_;
    while (1) {
        my $m = Mitzu::Redis::reply($ear);
        return time if $m->[3] eq $seq;
    }
}

sub median { my @s = sort { $a <=> $b } @_; return $s[ @s / 2 ] }

my @ms;
for my $n (-9 .. $ROUNDS) {
    my $t = time;
    my $c = $mcp->start('tools/call', { name => 'run_analytics_agent',
        arguments => { prompt => "how many purchases last month? $n" } });
    my $started = heard(2);
    $c->close;
    push @ms, ($started - $t) * 1000 if $n > 0;
    wait_for(20, sub { !@{ $redis->cmd('ZRANGE', lease_key(), 0, 0) } });
    sleep 0.01;
}
$agent->stop;
close $ear;

sub lease_key {
    my $scope = Mitzu::Seal::scope();
    return sprintf 'mitzu:{%02d}:leases', hex(substr $scope, 0, 8) % 16;
}

my @sorted = sort { $a <=> $b } @ms;
printf "submit to started, idle: p50 %.2f ms  p99 %.2f ms  (bar: p50 %.1f)\n",
    median(@ms), $sorted[ 0.99 * @sorted ], $BAR_MS;
ok(median(@ms) <= $BAR_MS, 'a run is taken up at once');

# --- fair ---

my @scopes = map { Mitzu::Seal::scope('i', "user$_", 'big') } 1 .. 40;

# One run of a project; its key.
sub submit {
    my ($scope, $project, $prompt) = @_;
    my $part = sprintf 'mitzu:{%02d}', hex(substr $scope, 0, 8) % 16;
    my $pid = Mitzu::Worker::id('p');
    my $dir = root_dir() . '/src/store/scripts';
    my $r = $redis->cmd('EVAL', slurp("$dir/lib.lua") . "\n"
        . slurp("$dir/submit.lua"), 2, $part, "$part:$scope", 0,
        Mitzu::Worker::id('c'), 1, $pid, $prompt, 'A title', 0, '', 0, 3600,
        2, 60000, '', $project, 0, 0, 0, 0, 0, 1);
    die "submit: @$r\n" if $r->[0] ne 'running';
    return "$part:$scope:run:$pid";
}

my $question = 'funnel from product view to purchase by device last 90 days';
my @queue = map { submit($scopes[ $_ % @scopes ], 'b' x 32, "$question $_") }
    1 .. $QUEUED;
$agent = Mitzu::Agent->new(@agent, runners => $RUNNERS,
    args => [ '--no-publish' ]);
sleep 2;

my @waits;
for my $n (1 .. $SINGLES) {
    my $key = submit(Mitzu::Seal::scope('i', "single$n", "p$n"),
        sprintf('%032x', $n), $question);
    wait_for(60, sub { $redis->hash($key)->{finished} }) or die "no answer\n";
    my $h = $redis->hash($key);
    push @waits, $h->{started} - $h->{created};
    sleep 0.05;
}
my @lengths = map { $_->{finished} - $_->{started} } grep { $_->{finished} }
    map { $redis->hash($_) } @queue;
kill 'STOP', $agent->{pid}, $agent->runner_pids;
my $left = grep { $redis->hash($_)->{status} eq 'queued' } @queue;
kill 'CONT', $agent->{pid}, $agent->runner_pids;
$agent->stop('QUIT');

my $length = median(@lengths);
my ($most) = sort { $b <=> $a } @waits;
my ($longest) = sort { $b <=> $a } @lengths;
my $bar = 1 + 1 / $RUNNERS;
printf "behind %d queued runs of another project, %d runners: a single run "
    . "waits %.2f lengths of a run (%d ms), at most %.2f of the longest; "
    . "bar %.2f, %d were left\n", $QUEUED, $RUNNERS, median(@waits) / $length,
    $length, $most / $longest, $bar, $left;
ok($left > 0, 'the queue was never empty');
ok(median(@waits) < $bar * $length, 'a project is not held up by another');
ok($most < $bar * $longest, '.. not once');

$nginx->stop;
finish();
