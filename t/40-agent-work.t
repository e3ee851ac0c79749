#!/usr/bin/perl

# `mitzu-agent work` alone, without nginx: runs are submitted by the script,
# as any client of the Redis contract would.  Answers, follow-ups, refusals;
# then everything that may die, dies.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Digest::SHA qw(sha256_hex);
use JSON::PP;
use Mitzu::Agent;
use Mitzu::Redis;
use Mitzu::Test;
use POSIX qw(WNOHANG);
use Test::More;
use Time::HiRes qw(sleep time);

my $json = JSON::PP->new->utf8;
my $scope = substr sha256_hex("issuer\nsubject\nproject"), 0, 32;
my $part = sprintf 'mitzu:{%02d}', hex(substr $scope, 0, 8) % 16;
my $base = "$part:$scope";
my $redis = Mitzu::Redis->new;
my $warehouse = sample_warehouse();
my $question = 'How many signups in the last 30 days?';

sub script {
    my ($name, @args) = @_;
    my $dir = root_dir() . '/src/store/scripts';
    my $text = slurp("$dir/lib.lua") . "\n" . slurp("$dir/$name.lua");
    return $redis->cmd('EVAL', $text, 2, $part, $base, @args);
}

sub id {
    my ($kind) = @_;
    my @set = ('a' .. 'z', 2 .. 7);
    return "${kind}_" . join '', map { $set[rand @set] } 1 .. 26;
}

# submit(prompt, conversation): the reply of the script.
sub submit {
    my ($prompt, $conv) = @_;
    my ($word, $cid, $pid) = @{ script('submit', 0, $conv || id('c'),
        $conv ? 0 : 1, id('p'), $prompt, 'A title', 0, '', 0, 3600, 2, 2000,
        '', $scope, 0, 0, 0, 0, 0, 1) };
    return { word => $word, conv => $cid, id => $pid,
        key => "$base:run:$pid" };
}

sub run_of { return $redis->hash($_[0]{key}) }

sub await {
    my ($run, $seconds) = @_;
    my $h;
    wait_for($seconds || 30, sub {
        $h = eval { run_of($run) } || { status => 'redis away' };
        $h->{status} !~ /^(?:queued|running|redis away)$/;
    });
    return $h;
}

sub events {
    my ($run) = @_;
    return map { { id => $_->[0], @{ $_->[1] } } }
        @{ $redis->cmd('XRANGE', "$run->{key}:events", '-', '+') };
}

# What section 5 of the contract promises of every run that has ended.
sub whole {
    my ($run, $what) = @_;
    my @e = events($run);
    my (@seq, @attempt);
    for (@e) {
        my ($s, $a) = split /-/, $_->{id};
        push @seq, $s;
        push @attempt, $a;
    }
    is_deeply(\@seq, [ 1 .. @e ], "$what: no gap in its events");
    is_deeply(\@attempt, [ sort { $a <=> $b } @attempt ],
        "$what: no event of an older attempt after a newer one");
    is(join(' ', map { $_->{type} } grep { $_->{type} =~ /end|answer/ } @e),
        run_of($run)->{status} eq 'completed' ? 'answer end' : 'end',
        "$what: ended once");
    is($redis->cmd('HGET', "$base:conv:$run->{conv}", 'active'), '',
        "$what: the conversation is free");
}

# --- Redis comes after the worker ---

$redis->stop;
my $agent = Mitzu::Agent->new(redis => $redis->url, runners => 2,
    warehouse => $warehouse, args => [ '--lease', '2s' ]);
sleep 1;
like($agent->log, qr/warn \d+ waiting for Redis/, 'a worker waits for Redis');
$redis->start;
ok(wait_for(15, sub { $agent->log =~ /2 runners/ }), '.. and begins');
ok(wait_for(5, sub { $redis->cmd('ZCARD', 'mitzu:workers') == 1 }),
    '.. and says that it is alive');

# --- the names of the catalog ---

my $zero = "\0";
sub names { return $redis->cmd('ZRANGE', "mitzu:{catalog}:$_[0]", 0, -1) }
ok(wait_for(15, sub { @{ names('events') } }), 'the catalog is published');
ok((grep { $_ eq "purchase${zero}purchase" } @{ names('events') }),
    '.. its events');
ok((grep { $_ eq "country${zero}country" } @{ names('properties') }),
    '.. its properties');
ok((grep { $_ eq "country${zero}de${zero}DE" } @{ names('values') }),
    '.. and their values');
for my $set (qw(events properties values)) {
    ok($redis->cmd('TTL', "mitzu:{catalog}:$set") > 6 * 24 * 3600,
        ".. $set for a week");
}

# --- an answer ---

my $run = submit($question);
is($run->{word}, 'running', 'a run is submitted');
my $h = await($run);
is($h->{status}, 'completed', '.. and completed')
    or diag(explain($h), $agent->log);
is($h->{attempt}, 1, '.. in the first attempt');
whole($run, 'the answer');
is(join(' ', map { $_->{phase} } grep { $_->{type} eq 'progress' }
    events($run)), 'queued started planning querying writing',
    '.. with its progress');
ok(length $h->{answer}, '.. with an answer');

my $result = $json->decode($h->{result});
is(ref $result->{spec}, 'HASH', '.. a spec');
like($result->{sql}, qr/SELECT/i, '.. SQL');
is(ref $result->{assumptions}, 'ARRAY', '.. assumptions');
is(join(' ', map { $_->{kind} } @{ $result->{artifacts} }), 'table json',
    '.. a table and its rows as JSON');

for my $a (@{ $result->{artifacts} }) {
    my $key = "$base:artifact:$a->{artifact_id}";
    my $m = $redis->hash($key);
    my $data = join '', map { $redis->cmd('GET', "$key:$_") }
        0 .. $m->{chunks} - 1;
    is($m->{digest}, sha256_hex($data), "$a->{kind}: the digest is right");
    is($m->{bytes}, length $data, '.. and the size');
    is($m->{run}, $run->{id}, '.. and the run');
    ok($json->decode($m->{layout})->{groups}, '.. and the layout');
    is($m->{rows}, $a->{rows}, '.. and the rows');
    like($h->{answer}, qr/\Q$a->{artifact_id}\E/, '.. the answer names it');
    next unless $a->{kind} eq 'json';
    my @rows = map { $json->decode($_) } split /\n/, $data;
    is(scalar @rows, $a->{rows}, 'each row is a line of JSON');
}

is($redis->cmd('XLEN', "$part:jobs"), 0, 'no wake-up is left');
is($redis->cmd('XPENDING', "$part:jobs", 'agents')->[0], 0,
    '.. and none is pending');

# --- the conversation goes on ---

my $next = submit('now by country', $run->{conv});
$h = await($next);
is($h->{status}, 'completed', 'a follow-up is answered')
    or diag(explain($h), $agent->log);
my $spec = $json->decode($h->{result})->{spec};
is_deeply($spec->{breakdown}, ['country'], '.. as a change of the answer before');
is_deeply($spec->{events}, $result->{spec}{events}, '.. of the same events');

$next = submit('average NPS score by country', $run->{conv});
$h = await($next);
is($h->{status}, 'completed', 'what the data has not is said');
is($json->decode($h->{result})->{spec}{kind}, 'unsupported', '.. as such');
is_deeply($json->decode($h->{result})->{artifacts}, [], '.. without artifacts');
unlike($h->{answer}, qr/\*\*\d/, '.. and without a number');
whole($next, 'the refusal');

# --- many at once ---

my @many = map { submit("$question ") } 1 .. 20;
my @bad = grep { await($_, 60)->{status} ne 'completed' } @many;
is(scalar @bad, 0, 'twenty runs are answered');
is(scalar(grep { run_of($_)->{attempt} != 1 } @many), 0, '.. each once');

# --- a run in the hands of a runner ---

# Stops the runners with a claimed run in their hands.
sub in_hand {
    for (1 .. 60) {
        my $r = submit($question);
        wait_for(5, sub { run_of($r)->{status} ne 'queued' });
        kill 'STOP', $agent->runner_pids;
        sleep 0.02;
        return $r if run_of($r)->{status} eq 'running';
        kill 'CONT', $agent->runner_pids;
        await($r);
    }
    die "no run stays in the hands of a runner\n";
}

$run = in_hand();
my @pids = $agent->runner_pids;
kill 'KILL', @pids;
$h = await($run);
is($h->{status}, 'completed', 'kill -9 of the runners: the run completes')
    or diag(explain($h), $agent->log);
is($h->{attempt}, 2, '.. in the second attempt');
whole($run, 'the second attempt');
my @listed = grep { $redis->hash("$base:artifact:$_")->{run} eq $run->{id} }
    grep { $redis->cmd('EXISTS', "$base:artifact:$_") }
    @{ $redis->cmd('ZRANGE', "$base:artifacts", 0, -1) };
is(scalar @listed, 2, '.. and its artifacts are there once');
like($agent->log, qr/died of signal 9/, '.. and the log tells');

$run = in_hand();
is(script('cancel', 0, $run->{id}, 'not wanted')->[0], 'cancelled',
    'a run in hand is cancelled');
@pids = $agent->runner_pids;
kill 'CONT', @pids;
sleep 1;
is(run_of($run)->{status}, 'cancelled', '.. and stays so');
whole($run, 'the cancelled run');
is_deeply([ sort $agent->runner_pids ], [ sort @pids ],
    '.. and the runners live');

# Asleep for longer than the lease: another attempt has the run now.
$run = in_hand();
my $second = Mitzu::Agent->new(name => 'agent2', redis => $redis->url,
    runners => 1, warehouse => $warehouse, args => [ '--lease', '2s' ]);
$h = await($run);
is("$h->{status} $h->{attempt}", 'completed 2',
    'a run whose runner sleeps is taken over');
kill 'CONT', @pids;
sleep 1.5;
is(run_of($run)->{seq}, $h->{seq}, '.. and the sleeper writes nothing');
whole($run, 'the run taken over');
$second->stop;

# --- Redis restarts ---

$redis->kill;
sleep 0.5;
$redis->start;
$h = await(submit($question));
is($h->{status}, 'completed', 'Redis restarts: work goes on')
    or diag($agent->log);

$run = in_hand();
$redis->kill;
kill 'CONT', $agent->runner_pids;
sleep 0.7;
$redis->start;
$h = await($run);
is($h->{status}, 'completed', 'Redis restarts in a run: it completes')
    or diag(explain($h), $agent->log);
whole($run, 'the run through a restart');

# In a run that must stop Redis is waited for, too.
$run = in_hand();
@pids = $agent->runner_pids;
$redis->stop;
kill 'QUIT', @pids;
kill 'CONT', @pids;
sleep 1;
$redis->start;
my $tries = () = $agent->log =~ /\Q$run->{id}\E: trying again/g;
ok($tries < 20, "a run that must stop does not spin ($tries tries)");
$h = await($run);
is($h->{status}, 'completed', '.. and is not lost')
    or diag(explain($h), $agent->log);
whole($run, 'the run that was to stop');

# Ids that were seen say nothing when Redis's clock was set back.
ok(wait_for(10, sub { 2 == grep { /cmd=xread / }
    split /\n/, $redis->cmd('CLIENT', 'LIST') }), 'both runners wait');
$redis->cmd('XADD', "$part:jobs", '9999999999999-0', 'run', 'none');
ok(wait_for(5, sub { $redis->cmd('XLEN', "$part:jobs") == 0 }),
    'an entry that is no job is dropped');
sleep 1.2;
$redis->cmd('FLUSHALL');
$h = await(submit($question));
is($h->{status}, 'completed', 'Redis comes back empty, with an older clock: '
    . 'work goes on') or diag($agent->log);

# What stays wrong is tried again slowly, and logged as often.
my ($other) = grep { $_ ne $part } 'mitzu:{00}', 'mitzu:{01}';
$redis->cmd('SET', "$other:leases", 'x');
sleep 2.5;
$tries = () = $agent->log =~ /WRONGTYPE/g;
ok($tries > 0 && $tries < 12, "a sweep that fails does not spin ($tries)");
$redis->cmd('DEL', "$other:leases");

# --- the worker ends ---

my $t = time;
$agent->stop;
ok(time - $t < 5, 'an idle worker ends soon');
is($redis->cmd('ZCARD', 'mitzu:workers'), 0, '.. and is listed no more');

$run = submit($question);
sleep 0.3;
is(run_of($run)->{status}, 'queued', 'without a worker a run waits');
$agent->start;
is(await($run)->{status}, 'completed', '.. for the next worker');

# At once, with a run in hand: it is handed back, or was just done.
$run = in_hand();
@pids = $agent->runner_pids;
kill 'QUIT', $agent->{pid};
sleep 0.3;
kill 'CONT', @pids;
ok(stop_process($agent->{pid}, 'QUIT', 10), 'SIGQUIT ends a worker with a run');
like(run_of($run)->{status}, qr/^(?:queued|completed)$/,
    '.. and the run is not lost');
is(run_of($run)->{attempt}, 1, '.. and not counted against it');
$agent->start;
$h = await($run);
is($h->{status}, 'completed', '.. and it completes');
whole($run, 'the run handed back');

# A supervisor that is killed takes its runners along.
ok(wait_for(20, sub { (@pids = $agent->runner_pids) == 2 }), 'two runners');
$agent->kill;
ok(wait_for(10, sub { !grep { kill 0, $_ } @pids }),
    'the runners of a killed supervisor end');

# --- too long ---

$agent = Mitzu::Agent->new(name => 'agent3', redis => $redis->url,
    runners => 1, warehouse => $warehouse,
    args => [ '--lease', '60s', '--max-run', '2s' ]);
$run = in_hand();
sleep 2.2;
kill 'CONT', $agent->runner_pids;
$h = await($run);
if ($h->{status} eq 'completed') {
    pass('the run was over before its time was') for 1 .. 2;
} else {
    is($h->{status}, 'failed', 'a run over its time fails');
    is($json->decode($h->{error})->{code}, 'timeout', '.. as timeout');
}
whole($run, 'the run over its time');
$agent->stop;

# --- bad warehouses ---

my $garbage = spew(temp_dir() . '/garbage.duckdb', 'no database' x 1000);
for my $file (temp_dir() . '/none.duckdb', $garbage, temp_dir()) {
    my $bad = Mitzu::Agent->new(name => 'agent4', redis => $redis->url,
        runners => 1, warehouse => $file);
    $run = submit($question);
    $h = await($run);
    is($h->{status}, 'failed', 'a warehouse that cannot be opened fails the run');
    my $error = $json->decode($h->{error});
    is($error->{code}, 'warehouse_unavailable', '.. as such');
    like($error->{message}, qr/\w/, ".. and says why: $error->{message}");
    whole($run, 'the failed run');
    @pids = $bad->runner_pids;
    $h = await(submit($question));
    is_deeply([ $bad->runner_pids ], \@pids, '.. and the runner lives');
    $bad->stop;
}

# --- bad settings ---

sub refused {
    my ($what, $code, $want, @args) = @_;
    my $log = temp_dir() . '/refused.log';
    unlink $log;
    my $pid = spawn_process(name => 'refused', log => $log,
        env => Mitzu::Agent::env(), cmd => [ product('mitzu-agent'), @args ]);
    my $status;
    wait_for(15, sub {
        waitpid($pid, WNOHANG) == $pid and defined($status = $?) });
    is(defined $status ? $status >> 8 : 'alive', $code, $what);
    like(slurp($log), $want, '.. and says why');
    unlike(slurp($log), qr/s3cret/, '.. and no secret');
    kill_process($pid);
}

my @good = ('--redis', $redis->url, '--warehouse', $warehouse);
refused('no Redis address', 2, qr/--redis/, 'work');
refused('no warehouse', 2, qr/--warehouse/, 'work', @good[0, 1]);
refused('no such address', 2, qr/looks like/, 'work', @good,
    '--redis', 'http://:s3cret@host');
refused('a bad port', 2, qr/port/, 'work', @good,
    '--redis', 'redis://:s3cret@host:99999');
refused('a bad duration', 2, qr/--lease/, 'work', @good, '--lease', '2 weeks');
refused('no such option', 2, qr/--colour/, 'work', @good, '--colour=s3cret');
refused('a bad prefix', 2, qr/prefix/, 'work', @good, '--prefix', 'a:b{c}');
refused('another number of partitions', 1, qr/partitions/, 'work', @good,
    '--partitions', 8);
refused('a password nobody asked for', 1, qr/refuses|password/, 'work', @good,
    '--redis', "redis://:s3cret\@127.0.0.1:$redis->{port}");
refused('no such subcommand', 2, qr/unknown subcommand/, 'wrok');
refused('no question', 2, qr/missing/, 'ask', '--warehouse', $warehouse);
refused('a missing warehouse', 1, qr/none\.duckdb/, 'ask', '--warehouse',
    temp_dir() . '/none.duckdb', $question);
refused('help', 0, qr/--max-run TIME/, 'work', '--help');

# --- no catalog, no names ---

$redis->cmd('DEL', map { "mitzu:{catalog}:$_" } qw(events properties values));
my $silent = Mitzu::Agent->new(redis => $redis->url, name => 'silent',
    warehouse => $warehouse, args => ['--no-publish']);
my $blind = Mitzu::Agent->new(redis => $redis->url, name => 'blind',
    warehouse => temp_dir() . '/nowhere.duckdb');
ok(wait_for(15, sub { $blind->log =~ /the catalog is not published.*nowhere/ }),
    'a catalog that cannot be read is said');
ok(wait_for(15, sub { $silent->log =~ /runners/ }), 'a worker begins');
is($redis->cmd('EXISTS', 'mitzu:{catalog}:events'), 0,
    '.. and with --no-publish publishes nothing');
ok($_->stop, '.. and drains') for $silent, $blind;

# --- nothing is left behind ---

is($redis->cmd('ZCARD', "$part:leases"), 0, 'no lease is left');
is_deeply([ $redis->strange_keys ], [], 'only documented keys in Redis');

finish();
