#!/usr/bin/perl

# Things die: Redis at start and in flight, workers in a run, nginx workers
# under a long poll, the warehouse.  Nothing accepted is lost, and what is
# refused is refused clearly.

use strict;
use warnings;

use JSON::PP;
use Mitzu::Agent;
use Mitzu::HTTP;
use Mitzu::Leaks qw(leaks);
use Mitzu::MCP;
use Mitzu::Nginx;
use Mitzu::Proxy;
use Mitzu::Redis;
use Mitzu::Test;
use Test::More;
use Time::HiRes qw(time sleep);

my $question = { prompt => 'how many purchases last month?' };

# --- Redis is down when nginx starts ---

my $redis = Mitzu::Redis->new(stopped => 1);
my $proxy = Mitzu::Proxy->new(target => $redis->{port});
my $nginx = Mitzu::Nginx->new(redis => $proxy->url . ' timeout=1s',
    workers => 2, location => 'mitzu_mcp_heartbeat 200ms;');
my $mcp = Mitzu::MCP->new(port => $nginx->{port}, timeout => 30);

my $r = $mcp->request('tools/list');
is($r->{status}, 200, 'tools/list needs no Redis');

my $t = time;
$r = $mcp->request('tools/call', { name => 'run_analytics_agent',
    arguments => $question });
is($r->{status}, 503, 'without Redis a call is 503');
ok($r->{message}{error}, '.. with a JSON-RPC error');
like($r->{headers}{'retry-after'} || '', qr/^\d+$/, '.. and Retry-After');
ok(time - $t < 8, '.. soon');

my $before = () = $nginx->log =~ /mitzu mcp: .*redis/gi;
$mcp->call('list_agent_artifacts') for 1 .. 20;
my $after = () = $nginx->log =~ /\[(?:error|warn)\].*redis/gi;
ok($after - $before < 20, 'one outage does not flood the log');

# --- it comes ---

$redis->start;
ok(wait_for(15, sub {
    my $l = $mcp->call('list_agent_artifacts');
    $l && defined $l->{total} }), 'Redis comes and calls are served');

my $run;
ok(wait_for(15, sub {
    $run = $mcp->call('run_analytics_agent', $question);
    ($run->{status} || '') eq 'running' }), 'a run is accepted');

# --- slow, cut, rubbish ---

$proxy->mode('delay 0.3');
my $l = $mcp->call('list_agent_artifacts');
ok(defined $l->{total}, 'a slow Redis is waited for');

$proxy->mode('hold');
$t = time;
$r = $mcp->request('tools/call', { name => 'list_agent_artifacts' });
is($r->{status}, 503, 'a Redis that says nothing is 503');
ok(time - $t < 6, '.. after its timeout');
$proxy->mode('cut');
sleep 0.3;
ok(wait_for(15, sub { defined +($mcp->call('list_agent_artifacts') || {})->{total} }),
    'and it is found again');

$proxy->mode('garbage');
$r = $mcp->request('tools/call', { name => 'list_agent_artifacts' });
is($r->{status}, 503, 'a Redis that talks rubbish is 503');
$proxy->mode('cut');
ok(wait_for(15, sub { defined +($mcp->call('list_agent_artifacts') || {})->{total} }),
    '.. and is found again');

# Connections killed under a long poll: the stream goes on.
my $c = $mcp->start('tools/call', { name => 'get_analytics_agent_status',
    arguments => { conversation_id => $run->{conversation_id},
        wait_seconds => 30 } }, token => 't');
$c->read_head;
$c->read_event;
$redis->cmd('CLIENT', 'KILL', 'TYPE', $_) for qw(normal pubsub);
delete $redis->{sock};
$proxy->mode('cut');
sleep 1;

my $agent = Mitzu::Agent->new(redis => $redis->url, runners => 1,
    warehouse => sample_warehouse(), args => [ '--lease', '2s' ]);
my $last;
while (my $e = $c->read_event(40)) {
    $last = JSON::PP->new->utf8->decode($e->{data})
        if defined $e->{data} && $e->{data} =~ /"id"/;
}
ok($last, 'a stream lives through a lost Redis connection');
is($last->{result}{structuredContent}{status}, 'completed', '.. to the answer')
    or diag(explain $last);

# Redis is restarted under a long poll.
kill 'STOP', $agent->{pid}, $agent->runner_pids;
$run = $mcp->call('run_analytics_agent', { prompt => 'signups last week by country' });
$c = $mcp->start('tools/call', { name => 'get_analytics_agent_status',
    arguments => { conversation_id => $run->{conversation_id},
        wait_seconds => 40 } }, token => 't');
$c->read_head;
$redis->stop;
sleep 0.5;
$redis->start;
kill 'CONT', $agent->{pid}, $agent->runner_pids;
$last = undef;
while (my $e = $c->read_event(60)) {
    $last = JSON::PP->new->utf8->decode($e->{data})
        if defined $e->{data} && $e->{data} =~ /"id"/;
}
my $s = $last && $last->{result} ? $last->{result}{structuredContent}
    : $mcp->await($run);
$s = $mcp->await($run) if ($s->{status} || '') eq 'running';
is($s->{status}, 'completed', 'a restart of Redis loses no run')
    or diag(explain($last), $agent->log);

# Each worker finds Redis in its own time, and sooner than clients are told
# to come again.
$t = time;
my $served = 0;
wait_for(5, sub {
    my $list = $mcp->call('list_agent_artifacts');
    $served = $list && defined $list->{total} ? $served + 1 : 0;
    return $served >= 12 });
ok($served >= 12 && time - $t < 3, 'all workers have found Redis again');

# --- kill -9 of the runner in a run ---

# The runner is stopped after it claimed, then killed: a run in its hands.
sub run_in_hand {
    my ($prompt) = @_;
    my ($run, $key);
    for (1 .. 40) {
        $run = $mcp->call('run_analytics_agent', { prompt => "$prompt $_" });
        ($key) = @{ $redis->cmd('KEYS', "*:run:$run->{prompt_id}") };
        my $got = wait_for(3, sub {
            my $h = $redis->hash($key);
            return 0 if $h->{status} eq 'queued';
            kill 'STOP', $agent->runner_pids;
            1;
        });
        my $h = $redis->hash($key);
        return ($run, $key) if $got && $h->{status} eq 'running';
        kill 'CONT', $agent->runner_pids;
        $mcp->await($run);
    }
    return;
}

my $key;
($run, $key) = run_in_hand('revenue by week since January by channel, try');
ok($run, 'a run is in the hands of a runner');
kill 'KILL', $agent->runner_pids;
$s = $mcp->await($run, timeout => 40);
is($s->{status}, 'completed', 'kill -9 of the runner: the run completes')
    or diag(explain($s), $agent->log);
my $h = $redis->hash($key);
is($h->{attempt}, 2, '.. in its second attempt');
my @events = @{ $redis->cmd('XRANGE', "$key:events", '-', '+') };
my @ends = grep { { @{ $_->[1] } }->{type} eq 'end' } @events;
is(scalar @ends, 1, '.. and once');
my @seq = map { (split /-/, $_->[0])[0] } @events;
is_deeply(\@seq, [ 1 .. @seq ], '.. its events have no gap');
my @attempt = map { (split /-/, $_->[0])[1] } @events;
is_deeply(\@attempt, [ sort { $a <=> $b } @attempt ],
    '.. and none of an older attempt after a newer');
my $tables = grep { $_->{kind} eq 'table' } @{ $s->{artifacts} };
is($tables, 1, '.. and one table');

# A runner that was asleep longer than its lease must not write.
($run, $key) = run_in_hand('purchases by country by week this year, try');
ok($run, 'a run is in the hands of a sleeping runner');
my @zombie = $agent->runner_pids;
my $healthy = Mitzu::Agent->new(name => 'agent2', redis => $redis->url,
    warehouse => sample_warehouse(), runners => 1, args => [ '--lease', '2s' ]);
$s = $mcp->await($run, timeout => 40);
is($s->{status}, 'completed', 'another worker takes the run over')
    or diag(explain($s), $healthy->log);
my $seq = $redis->hash($key)->{seq};
kill 'CONT', @zombie;
sleep 2;
is($redis->hash($key)->{seq}, $seq, 'the sleeper, awake, writes nothing');
$healthy->stop;

# --- the supervisor is told to end while a run waits ---

$agent->stop;
$run = $mcp->call('run_analytics_agent', { prompt => 'events we track?' });
sleep 0.2;
is($redis->hash(@{ $redis->cmd('KEYS', "*:run:$run->{prompt_id}") })->{status},
    'queued', 'without a worker a run waits');
$agent->start;
is($mcp->await($run)->{status}, 'completed', '.. and is answered by the next');

# --- kill -9 of nginx's worker under a long poll ---

kill 'STOP', $agent->{pid}, $agent->runner_pids;
$run = $mcp->call('run_analytics_agent', { prompt => 'logins by method last month' });
$c = $mcp->start('tools/call', { name => 'get_analytics_agent_status',
    arguments => { conversation_id => $run->{conversation_id} } });
$c->read_head;
kill 'KILL', $nginx->worker_pids;
allow_in_logs(qr/\[alert\].*worker process \d+ exited on signal 9/,
    qr/\[alert\].*shared memory zone .* was locked by/);
1 while $c->read_event(10);
kill 'CONT', $agent->{pid}, $agent->runner_pids;
is(wait_for(20, sub { my $x = $mcp->await($run); $x && $x->{status} }),
    'completed', 'kill -9 of nginx workers: the client asks again and gets it');

# --- reload and quit with an open stream ---

kill 'STOP', $agent->{pid}, $agent->runner_pids;
$run = $mcp->call('run_analytics_agent', { prompt => 'searches per day last week' });
my $older = Mitzu::MCP->new(port => $nginx->{port}, version => '2025-06-18');
$c = $older->start('tools/call', { name => 'get_analytics_agent_status',
    arguments => { conversation_id => $run->{conversation_id},
        wait_seconds => 50 } });
$c->read_head;
my @old = $nginx->worker_pids;
$t = time;
$nginx->signal('HUP');
my $ending;
while (my $e = $c->read_event(20)) {
    $ending = JSON::PP->new->utf8->decode($e->{data})
        if defined $e->{data} && $e->{data} =~ /"id"/;
}
ok(time - $t < 15, 'a reload ends an open poll soon');
is(($ending || {})->{result}{structuredContent}{status}, 'running',
    '.. with a running snapshot');
ok($c->{clean}, '.. and a proper end of the stream');
ok(wait_for(25, sub { my %now = map { $_ => 1 } $nginx->worker_pids;
    !grep { $now{$_} } @old }), '.. and no old worker stays');
kill 'CONT', $agent->{pid}, $agent->runner_pids;
is($mcp->await($run)->{status}, 'completed', '.. and the run is answered');

# --- the warehouse is missing ---

$agent->stop;
my $none = Mitzu::Agent->new(name => 'agent3', redis => $redis->url,
    warehouse => temp_dir() . '/none.duckdb', runners => 1);
$run = $mcp->call('run_analytics_agent', { prompt => 'how many signups today?' });
$s = $mcp->await($run, timeout => 30);
is($s->{status}, 'failed', 'a missing warehouse fails the run')
    or diag(explain($s), $none->log);
like($s->{error}{message}, qr/none\.duckdb|warehouse/, '.. and says which');
ok($s->{error}{code}, '.. with a code');
unlike($s->{error}{message}, qr/\n\s+at |0x[0-9a-f]{6}/, '.. in plain words');
$none->stop;

# --- nothing is left behind ---

is_deeply([ leaks($redis) ], [], 'nothing is left in Redis');
$proxy->stop;

finish();
