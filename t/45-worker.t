#!/usr/bin/perl

# The contract of docs/worker-protocol.md, kept by every kind of worker that
# there is: mitzu-agent and examples/worker.py.  The same is asked of each,
# over MCP through two nodes, and the same is done to each.  Then they share
# one queue.

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use JSON::PP;
use Mitzu::Agent;
use Mitzu::Leaks qw(leaks);
use Mitzu::MCP;
use Mitzu::Nginx;
use Mitzu::PyWorker;
use Mitzu::Redis;
use Mitzu::Seal;
use Mitzu::Slow;
use Mitzu::Test;
use Mitzu::Worker;
use Test::More;
use Time::HiRes qw(sleep time);

my $LEASE = 2;

# A renewal would tell after 15 s: who stops sooner was told of the cancel.
my $LONG = 60;
my $SOON = 8;

my $json = JSON::PP->new->canonical->utf8;
my $redis = Mitzu::Redis->new;
my $one = Mitzu::Nginx->new(redis => $redis->url, workers => 2);
my $two = Mitzu::Nginx->new(redis => $redis->url, name => 'nginx2');
my @mcp = (Mitzu::MCP->new(port => $one->{port}),
    Mitzu::MCP->new(port => $two->{port}, era => 'modern'));
my $mcp = $mcp[0];

# --- what the kinds differ in ---

# Events with names that are not easy; how often each value is there.
my (%country, %session);
my $csv = "event_name,country,device,rating,session\n";
for my $i (1 .. 12001) {
    my $c = ('DE', 'US', '', 'NA', "C\xc3\xb4te d'Ivoire", '"a ""b"", c"',
        "\xe2\x98\x83|*")[ $i * $i % 7 ];
    my $r = ('4.5', '-1e300', '', 'inf')[ $i % 4 ];
    $csv .= "purchase,$c,d$i,$r,s-$i\n";
    $c =~ s/^"|"$|"(?=")//g;
    utf8::decode($c);
    $country{$c}++;
}
my $events = spew(temp_dir() . '/events.csv', $csv . "refund,DE,d,1,s-1\n");

my $serial = 0;

sub agent {
    my (%o) = @_;
    return Mitzu::Agent->new(name => 'agent' . ++$serial,
        redis => $redis->url, warehouse => $o{source}, runners => 1,
        args => [ '--lease', ($o{lease} || $LEASE) . 's', '--no-publish',
            '--drain', '1s' ]);
}

sub python {
    my (%o) = @_;
    return Mitzu::PyWorker->new(name => 'python' . ++$serial,
        redis => $redis->url, events => $o{source}, pause => $o{pause},
        lease => $o{lease} || $LEASE);
}

# Counted by another way than the queue, Redis and the columns.
sub counted {
    my ($spec) = @_;
    my $file = spew(temp_dir() . '/spec.json', $json->encode($spec));
    my $env = Mitzu::Agent::env();
    local %ENV = (%ENV, %$env);
    my @lines = split /\r?\n/, qx('@{[ product('mitzu-agent') ]}' query \\
        --warehouse '@{[ sample_warehouse() ]}' --now @{[ now_iso() ]} \\
        --format csv '$file');
    shift @lines;
    return { map { my @f = split /,/; $f[1] => 0 + $f[2] } @lines };
}

my @kinds = ({
    name => 'mitzu-agent',
    fast => sub { agent(source => sample_warehouse(), @_) },
    slow => sub { agent(source => slow_warehouse(), @_) },
    broken => sub { agent(source => temp_dir() . '/none.duckdb') },
    number => 'value',
    expected => \&counted,
}, {
    name => 'worker.py',
    fast => sub { python(source => $events, pause => 0, @_) },
    slow => sub { python(source => $events, pause => 3600, @_) },
    broken => sub { python(source => temp_dir() . '/none.csv', pause => 0) },
    number => 'events',
    expected => sub { return { %country } },
});

# --- what is looked at ---

sub key_of {
    my ($run) = @_;
    return $run->{key} ||= ($redis->cmd('KEYS',
        "*:run:$run->{prompt_id}"))->[0];
}

sub run_of { return eval { $redis->hash(key_of($_[0])) } || {} }

sub completes {
    my ($run, $what, $attempt, @by) = @_;
    wait_for(40, sub { (run_of($run)->{status} || 'queued')
        !~ /^(?:queued|running)$/ });
    my $h = run_of($run);
    is("$h->{status} $h->{attempt}", "completed $attempt", $what)
        or diag(explain($h), map { $_->log } @by);
    whole($run, $what);
    return $h;
}

# What is promised of each run that has ended.
sub whole {
    my ($run, $what) = @_;
    my @e = map { { id => $_->[0], @{ $_->[1] } } }
        @{ $redis->cmd('XRANGE', key_of($run) . ':events', '-', '+') };
    my $h = run_of($run);
    my @attempt = map { (split /-/, $_->{id})[1] } @e;
    is_deeply([ map { (split /-/, $_->{id})[0] } @e ], [ 1 .. @e ],
        "$what: its events have no gap");
    is_deeply(\@attempt, [ sort { $a <=> $b } @attempt ],
        '.. and none of an older attempt after a newer');
    is(join(' ', map { $_->{type} } grep { $_->{type} =~ /end|answer/ } @e),
        $h->{status} eq 'completed' ? 'answer end' : 'end', '.. and one end');
    is($e[-1]{type}, 'end', '.. which is the last');
    (my $base = key_of($run)) =~ s/:run:.*//;
    my @listed = grep { $redis->hash("$base:artifact:$_")->{run}
        eq $run->{prompt_id} }
        @{ $redis->cmd('ZRANGE', "$base:artifacts", 0, -1) };
    is_deeply([ sort @listed ], [ sort split ' ', $h->{artifacts} || '' ],
        '.. and its artifacts are those of its last attempt');
}

# --- what is done ---

sub ask_for {
    my ($event, %args) = @_;
    my $run = $mcp->call('run_analytics_agent', { prompt =>
        "How many $event by country" . '?' x (1 + $serial++ % 3), %args });
    is($run->{status}, 'running', "asked for $event");
    return $run;
}

# A run that the slow worker works on, and never gets done with.
sub in_hand {
    my ($worker, %args) = @_;
    my $run = ask_for('refunds', %args);
    ok(wait_for(30, sub { (run_of($run)->{phase} || '')
        =~ /^(?:planning|querying)$/ }), '.. and a worker is at it')
        or diag(explain(run_of($run)), $worker->log);
    return $run;
}

sub rows_of {
    my ($id, %args) = @_;
    my ($offset, $n, @rows) = (0, 0);
    while (defined $offset && $n++ < 50) {
        my $page = $mcp[ $n % 2 ]->call('query_table_artifact',
            { artifact_id => $id, offset => $offset, %args });
        push @rows, @{ $page->{rows} || [] };
        $offset = $page->{next_offset};
    }
    return @rows;
}

sub table_of {
    my ($s) = @_;
    my ($t) = grep { $_->{kind} eq 'table' } @{ $s->{artifacts} || [] };
    return $t || { artifact_id => 'none', rows => -1 };
}

# The table as the tools show it, on both nodes.
sub tabled {
    my ($kind, $s) = @_;
    my $table = table_of($s);
    my $id = $table->{artifact_id};
    my %want = %{ $kind->{expected}->($s->{spec}) };
    is($table->{rows}, keys %want, 'a table of all groups');

    my $d = $mcp[1]->call('describe_table_artifact',
        { artifact_id => $id, head => 2 });
    my %dtype = map { $_->{name} => $_->{dtype} } @{ $d->{columns} };
    is($d->{row_count}, keys %want, '.. is described');
    is("$dtype{country} $dtype{ $kind->{number} }", 'string int64',
        '.. with its types');

    my @only = (columns => [ 'country', $kind->{number} ]);
    my @rows = rows_of($id, @only, limit => 2);
    is_deeply({ map { ($_->[0] // '') => $_->[1] } @rows }, \%want,
        '.. has the right numbers, page by page, on two nodes');
    my @sorted = rows_of($id, @only, limit => 3,
        sort => [ { column => $kind->{number} }, { column => 'country',
            desc => JSON::PP::true } ]);
    is_deeply([ map { $_->[1] } @sorted ],
        [ sort { $a <=> $b } values %want ], '.. is sorted');
    my ($most) = sort { $want{$b} <=> $want{$a} || $a cmp $b }
        grep { $_ ne '' } keys %want;
    my @few = rows_of($id, @only, filters => [
        { column => 'country', op => 'eq', value => $most } ]);
    is_deeply(\@few, [ [ $most, $want{$most} ] ], '.. is filtered');
    my @more = rows_of($id, @only, filters => [
        { column => $kind->{number}, op => 'ge', value => $want{$most} } ]);
    is(scalar @more, scalar(grep { $_ >= $want{$most} } values %want),
        '.. also by a number');

    my $i = $mcp->call('inspect_artifact', { artifact_id => $id });
    my ($key) = @{ $redis->cmd('KEYS', "*:artifact:$id") };
    my $m = $redis->hash($key);
    is($i->{prompt_id}, $s->{prompt_id}, '.. and says where it is from');
    is($m->{digest}, sha256_hex(join '', map { $redis->cmd('GET', "$key:$_") }
        0 .. $m->{chunks} - 1), '.. and what it holds, by its digest');
}

# --- what each of them must stand ---

sub answers {
    my ($kind) = @_;
    my $w = $kind->{fast}->();
    my $run = ask_for('purchases');
    my $s = $mcp->await($run);
    is($s->{status}, 'completed', 'a run is answered')
        or diag(explain($s), $w->log);
    completes($run, 'the answer', 1, $w);
    like($s->{answer}, qr/\d/, '.. with a number');
    is_deeply($s->{spec}{events}, ['purchase'], '.. of the right events');
    is(join(' ', map { $_->{phase} } @{ $s->{progress} }[ 0 .. 2 ]),
        'queued started planning', '.. and with its progress');
    ok(wait_for(10, sub { my $seen = $redis->cmd('ZREVRANGE',
        'mitzu:workers', 0, 0, 'WITHSCORES');
        $seen->[1] && abs(time - $seen->[1] / 1000) < 10 }),
        'the worker says that it lives');
    tabled($kind, $s);

    $s = $mcp[1]->ask('now by device', args =>
        { conversation_id => $run->{conversation_id} });
    is("$s->{status} @{ $s->{spec}{events} } by "
        . "@{ $s->{spec}{breakdown} || [] }", 'completed purchase by device',
        'a follow-up is about the answer before') or diag(explain $s);
    $s = $mcp->ask('What is the average NPS score?');
    is("$s->{status} $s->{spec}{kind} @{ $s->{artifacts} }",
        'completed unsupported ', 'what it cannot know it says');
    return $w;
}

sub fails {
    my ($kind) = @_;
    my $w = $kind->{broken}->();
    my $run = ask_for('purchases');
    my $s = $mcp->await($run);
    is($s->{status}, 'failed', 'without its data a run fails')
        or diag(explain($s), $w->log);
    like($s->{error}{message}, qr/none\.(?:duckdb|csv)/, '.. and says why');
    ok($s->{error}{code}, '.. with a code');
    whole($run, 'the failed run');
    my ($pid) = $w->runner_pids;
    is($mcp->await(ask_for('signups'))->{status}, 'failed', '.. as the next');
    is(($w->runner_pids)[0], $pid, '.. of the same worker');
    ok($w->stop, 'it ends');
}

# Longer asleep than its lease: the run is another's, and stays so.
sub sleeps {
    my ($kind) = @_;
    my $slow = $kind->{slow}->();
    my $run = in_hand($slow);
    my @pids = $slow->runner_pids;
    kill 'STOP', @pids;
    my $other = $kind->{fast}->();
    completes($run, 'a worker sleeps: another takes over', 2, $other);
    my $seq = run_of($run)->{seq};
    $other->stop;
    kill 'CONT', @pids;

    my $next = in_hand($slow);
    is(run_of($run)->{seq}, $seq, 'awake it wrote nothing, and goes on');
    is(join(' ', $slow->runner_pids), "@pids", '.. the same process');
    return ($slow, $next);
}

# It is killed: the run is another's.
sub dies {
    my ($kind, $slow, $run) = @_;
    kill 'KILL', $slow->runner_pids;
    $slow->kill;
    my $other = $kind->{fast}->();
    completes($run, 'a worker is killed: another takes over', 2, $other);
    $other->stop;
}

# Another prompt takes the place of a run; the worker learns it soon.
sub is_cancelled {
    my ($kind) = @_;
    my $slow = $kind->{slow}->(lease => $LONG);
    my $run = in_hand($slow);
    my @pids = $slow->runner_pids;
    my $since = time;
    my $next = in_hand($slow, conversation_id => $run->{conversation_id},
        cancel_running => JSON::PP::true);
    my $took = time - $since;
    ok($took < $SOON, sprintf 'a cancelled run is left in %.1f s', $took);
    is(run_of($run)->{status}, 'cancelled', '.. and is cancelled');
    whole($run, 'the cancelled run');
    is(join(' ', $slow->runner_pids), "@pids", '.. the same process');
    return ($slow, $next);
}

# Told to end with a run in hand, which it gives back.
sub ends {
    my ($kind, $slow, $run) = @_;
    my $by = run_of($run)->{worker};
    ok($slow->stop, 'SIGTERM ends a worker that has a run');
    is_deeply([ @{ run_of($run) }{qw(status attempt)} ], [ 'queued', 1 ],
        '.. and its run waits for the next') or diag($slow->log);
    is((grep { $by =~ /^\Q$_\E/ } @{ $redis->cmd('ZRANGE', 'mitzu:workers',
        0, -1) }), 0, '.. and it is known no more');
    my $other = $kind->{fast}->();
    completes($run, '.. which answers', 2, $other);
    is(run_of($run)->{max_attempts}, 3, '.. at no cost');
    return $other;
}

# Redis restarts while a run is in hand, and while none is.
sub outlives_redis {
    my ($kind) = @_;
    my $slow = $kind->{slow}->();
    my $run = in_hand($slow);
    $redis->kill;
    sleep 0.5;
    $redis->start;
    my $lease = run_of($run)->{lease};
    ok(wait_for(20, sub { run_of($run)->{lease} > $lease + $LEASE * 1000 }),
        'Redis restarts: the lease is still renewed') or diag($slow->log);
    is(run_of($run)->{attempt}, 1, '.. by the same attempt');
    $slow->stop;

    my $w = $kind->{fast}->();
    completes($run, '.. and the run is not lost', 2, $w);
    wait_for(10, sub { $redis->cmd('CLIENT', 'LIST') =~ /cmd=xread / });
    $redis->kill;
    $redis->start;
    completes(ask_for('purchases'), 'Redis restarts: an idle worker goes on',
        1, $w);
    return $w;
}

for my $kind (@kinds) {
    subtest $kind->{name} => sub {
        my $began = time;
        my $w = answers($kind);
        ok($w->stop, 'an idle worker ends');
        fails($kind);
        dies($kind, sleeps($kind));
        ok(ends($kind, is_cancelled($kind))->stop, 'it ends');
        ok(outlives_redis($kind)->stop, 'it ends');
        is_deeply([ leaks($redis) ], [], 'nothing is left in Redis');
        note(sprintf '%s: %.1f s', $kind->{name}, time - $began);
    };
}

# --- the columns of worker.py ---

my $py = $kinds[1]{fast}->();
my $s = $mcp->ask('How many purchases by session?');
my $id = table_of($s)->{artifact_id};
is(table_of($s)->{rows}, 12001, 'a table of several row groups');
my $page = $mcp->call('query_table_artifact', { artifact_id => $id,
    columns => [ 'session', 'events' ], limit => 3, offset => 11999,
    sort => [ { column => 'session' } ] });
is_deeply($page->{rows}, [ [ 's-9998', 1 ], [ 's-9999', 1 ] ],
    '.. is sorted and paged');
$page = $mcp->call('query_table_artifact', { artifact_id => $id, columns =>
    ['session'], filters => [ { column => 'session', op => 'in',
    value => [ 's-1', 's-7007', 's-12001', 's-0' ] } ] });
is_deeply([ sort map { $_->[0] } @{ $page->{rows} } ],
    [ 's-1', 's-12001', 's-7007' ], '.. is searched in every group');

$s = $mcp->ask('How many purchases by rating?');
$page = $mcp->call('query_table_artifact', { artifact_id =>
    table_of($s)->{artifact_id}, sort => [ { column => 'rating' } ] });
is_deeply([ map { $_->[0] } @{ $page->{rows} } ], [ -1e300, 4.5, undef ],
    'numbers, and what is none as null') or diag(explain $page);

# --- Redis is away when worker.py has something to say ---

$py->stop;
my $steps = python(source => $events, pause => 1, lease => $LONG);
my $run = ask_for('purchases');
wait_for(20, sub { (run_of($run)->{phase} || '') eq 'planning' });
$redis->kill;
sleep 1.5;
$redis->start;
completes($run, 'it says it when Redis is back', 1, $steps);
like($steps->log, qr/attempt 1/, '.. in the same attempt');
ok($steps->stop, 'it ends');

# --- the bytes in the document ---

my ($hex) = slurp(root_dir() . '/docs/worker-protocol.md')
    =~ /^Two rows as `int64`[^\n]*\n\n(.*?)^## /ms;
my @chunks = map { pack 'H*', s/\s//gr } split /\n\n/, $hex;
my $hand = Mitzu::Worker->new(redis => $redis);
my $open = wait_for(20, sub { my $r = $mcp->call('run_analytics_agent',
    { prompt => 'bytes' }); $r->{prompt_id} && $r });
ok($hand->claim($open), 'a run in no worker\'s hand');
my ($pid, $aid) = ($open->{prompt_id}, Mitzu::Worker::id('a'));
$hand->script('chunk', $pid, 1, $aid, $_, $chunks[$_]) for 0 .. 1;
my @reply = @{ $hand->script('artifact', 0, $pid, 1, $aid, 2, kind => 'table',
    name => 'doc', rows => 2, digest => sha256_hex(join '', @chunks),
    layout => '{"groups":[2],"columns":[{"name":"n","dtype":"int64"},'
    . '{"name":"s","dtype":"string"}]}') };
is($reply[0], 'ok', '.. makes a table of the bytes in the document');
$page = $mcp->call('query_table_artifact', { artifact_id => $aid });
is_deeply($page->{rows}, [ [ 7, 'hi' ], [ undef, undef ] ], '.. which it is')
    or diag(explain $page);
ok($hand->finish($open, 'done'), '.. and ends');
$py->start;

# --- both at one queue ---

my $agent = $kinds[0]{fast}->();
my @scopes = map { Mitzu::Worker->new(redis => $redis,
    scope => Mitzu::Seal::scope(undef, "user $_")) } 1 .. 8;
my @runs;
for my $n (1 .. 5) {
    push @runs, map { [ $_, $_->submit("How many purchases by country? ") ] }
        @scopes;
}
my %by;
wait_for(40, sub { !grep { $_->[0]->run($_->[1])->{status}
    =~ /^(?:queued|running)$/ } @runs });
my @bad = grep { "@$_{qw(status attempt)}" ne 'completed 1' }
    map { $_->[0]->run($_->[1]) } @runs;
is_deeply(\@bad, [], 'two kinds of workers at one queue: all is answered once')
    or diag($py->log, $agent->log);
$by{ $_->[0]->run($_->[1])->{worker} =~ /^worker\.py/ ? 'worker.py'
    : 'mitzu-agent' }++ for @runs;
is(scalar keys %by, 2, '.. and each had a part: ' . join ', ',
    map { "$_: $by{$_}" } sort keys %by);

# A conversation that goes from one kind to the other, and back.
$run = ask_for('purchases');
completes($run, 'a conversation', 1, $py, $agent);
for my $pair ([ $agent, $py ], [ $py, $agent ]) {
    my ($off, $on) = @$pair;
    $off->stop;
    $s = $mcp->ask('now by device', args =>
        { conversation_id => $run->{conversation_id} });
    is("$s->{status} @{ $s->{spec}{events} || [] }", 'completed purchase',
        "$on->{name} takes it up") or diag(explain($s), $on->log);
    $off->start;
}
ok($_->stop, 'it ends') for $py, $agent;

# --- a worker of this contract only ---

$redis->cmd('HSET', 'mitzu:meta', 'schema', 99);
$py->start;
ok(wait_for(10, sub { !kill(0, $py->{pid}) || waitpid($py->{pid}, 1) }),
    'a worker that does not know the schema ends');
like($py->log, qr/schema 99/, '.. and says so');
kill_process($py->{pid});
$redis->cmd('HSET', 'mitzu:meta', 'schema', 2);

unlike($_->log, qr/Traceback|FATAL|ERROR/, 'no surprise in a log')
    for $py, $agent;
is_deeply([ leaks($redis) ], [], 'nothing is left in Redis');

finish();
