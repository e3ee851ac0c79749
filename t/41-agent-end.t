#!/usr/bin/perl

# How a worker ends: told once it finishes what it has, as long as it may;
# told twice, or to quit, it hands back; without Redis it does not hang.  In
# each case the next worker has the run, and nothing of it is lost or double.

use strict;
use warnings;

use Mitzu::Agent;
use Mitzu::Redis;
use Mitzu::Slow;
use Mitzu::Test;
use Mitzu::Worker;
use Test::More;
use Time::HiRes qw(sleep time);

my $redis = Mitzu::Redis->new;
my $worker = Mitzu::Worker->new(redis => $redis);
my $slow = slow_warehouse();
my $fast = sample_warehouse();
my $n = 0;

# Questions about refunds take for ever in the slow warehouse.
sub ask { return $worker->submit('How many refunds in the last 7 days? ' . ++$n) }

sub agent {
    my ($warehouse, @args) = @_;
    return Mitzu::Agent->new(name => 'agent' . ++$n, redis => $redis->url,
        warehouse => $warehouse, args => [ '--lease', '2s', @args ]);
}

sub is_running {
    my ($run, $seconds) = @_;
    return wait_for($seconds || 20,
        sub { $worker->run($run)->{status} eq 'running' });
}

# In the query: the runner has said that it is at it.
sub in_query {
    my ($run) = @_;
    return wait_for(20, sub { ($worker->run($run)->{phase} || '')
        eq 'querying' });
}

sub ended {
    my ($run) = @_;
    my $h;
    wait_for(30, sub { $h = $worker->run($run);
        $h->{status} !~ /^(?:queued|running)$/ });
    return $h;
}

# One end, no gap, no event of an older attempt after a newer one.
sub whole {
    my ($run, $what) = @_;
    my @e = map { { id => $_->[0], @{ $_->[1] } } } @{ $redis->cmd('XRANGE',
        "$worker->{base}:run:$run->{prompt_id}:events", '-', '+') };
    is_deeply([ map { $_->{id} =~ /^(\d+)/ } @e ], [ 1 .. @e ],
        "$what: its events have no gap");
    my @attempt = map { $_->{id} =~ /-(\d+)/ } @e;
    is_deeply(\@attempt, [ sort { $a <=> $b } @attempt ],
        '.. and their attempts follow each other');
    is((() = grep { $_->{type} eq 'end' } @e), 1, '.. and it ends once');
}

# Who comes next has it.
sub next_has {
    my ($run, $what, $attempts) = @_;
    my $next = agent($fast);
    my $h = ended($run);
    is($h->{status}, 'completed', "$what: the next worker has it")
        or diag($next->log);
    is($h->{attempt}, $attempts, ".. attempt $attempts");
    whole($run, $what);
    $next->stop;
}

# --- told once: what can be finished is ---

my $agent = agent($fast);
my $run;
for (1 .. 40) {
    $run = ask();
    wait_for(10, sub { $worker->run($run)->{status} ne 'queued' });
    kill 'STOP', $agent->runner_pids;
    sleep 0.02;
    last if $worker->run($run)->{status} eq 'running';
    kill 'CONT', $agent->runner_pids;
    ended($run);
}
is($worker->run($run)->{status}, 'running', 'a run is in the hands of a '
    . 'worker');
my @runners = $agent->runner_pids;
kill 'TERM', $agent->{pid};
ok(wait_for(10, sub { $agent->log =~ /draining/ }), 'SIGTERM: it drains');
my $waiting = ask();
kill 'CONT', @runners;
ok(stop_process($agent->{pid}, 'ZERO', 20), '.. and ends');
my $h = $worker->run($run);
is($h->{status}, 'completed', '.. with the run') or diag($agent->log);
is($h->{attempt}, 1, '.. in its first attempt');
whole($run, 'the run of a worker that drained');
is($worker->run($waiting)->{status}, 'queued', '.. and has begun no other');
next_has($waiting, 'the run that waited', 1);

# --- told once, and the run does not end in time ---

$agent = agent($slow, '--drain', '1s');
$run = ask();
ok(in_query($run), 'a query without end');
my $t = time;
ok($agent->stop, 'SIGTERM: a worker does not wait for ever');
ok(time - $t >= 0.9, '.. but as long as it may');
is($worker->run($run)->{status}, 'queued', '.. and hands the run back')
    or diag($agent->log);
next_has($run, 'the run handed back', 2);

# --- told twice, or to quit ---

for my $row ([ 'SIGTERM twice', 'TERM', 'TERM' ],
    [ 'SIGTERM and SIGINT', 'TERM', 'INT' ], [ 'SIGQUIT', 'QUIT' ]) {
    my ($what, @signals) = @$row;
    $agent = agent($slow, '--drain', '120s');
    $run = ask();
    ok(in_query($run), "$what: a query without end");
    my $last = pop @signals;
    for my $signal (@signals) {
        kill $signal, $agent->{pid};
        ok(wait_for(10, sub { $agent->log =~ /draining/ }), '.. drains');
        sleep 0.5;
        is($worker->run($run)->{status}, 'running', '.. and goes on');
    }
    $t = time;
    ok($agent->stop($last), "$what: it ends");
    ok(time - $t < 20, '.. at once');
    is($worker->run($run)->{status}, 'queued', '.. and hands the run back')
        or diag($agent->log);
    next_has($run, "$what, the run", 2);
}

# --- Redis is away ---

$agent = agent($fast);
ok(wait_for(20, sub { $agent->log =~ /serves/ }), 'a worker that is idle');
$redis->stop;
ok(wait_for(10, sub { $agent->log =~ /Redis/ }), '.. without Redis');
$t = time;
ok($agent->stop, 'SIGTERM without Redis: it ends');
ok(time - $t < 15, '.. soon');

$agent = agent($fast);
ok(wait_for(20, sub { $agent->log =~ /waiting for Redis/ }),
    'a worker that has never seen Redis');
ok($agent->stop, '.. ends, too');
$redis->start;

$agent = agent($slow, '--drain', '1s');
$run = ask();
ok(in_query($run), 'a query without end');
@runners = $agent->runner_pids;
$redis->stop;
$t = time;
ok(stop_process($agent->{pid}, 'TERM', 40),
    'SIGTERM without Redis, with a run: it ends');
ok(time - $t < 30, '.. in bounded time') or diag($agent->log);
ok(wait_for(5, sub { !grep { kill 0, $_ } @runners }), '.. with its runners');
$redis->start;
next_has($run, 'the run that could not be handed back', 2);

is($redis->cmd('ZCARD', "$worker->{part}:leases"), 0, 'no lease is left');

finish();
