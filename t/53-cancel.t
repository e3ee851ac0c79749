#!/usr/bin/perl

# A run is cancelled: by a take-over, a task's cancel, a request that its
# client cancels, an operator; told to any node, while a query goes on that
# would take for ever.  The query stops, the worker takes the next run, and
# what is left of the run is whole.  And by nobody else.

use strict;
use warnings;

use JSON::PP;
use Mitzu::Agent;
use Mitzu::HTTP;
use Mitzu::MCP;
use Mitzu::Nginx;
use Mitzu::Proxy;
use Mitzu::Redis;
use Mitzu::Seal;
use Mitzu::Slow;
use Mitzu::Test;
use Mitzu::Worker;
use Test::More;
use Time::HiRes qw(time sleep);

my $json = Mitzu::MCP::json();
my $TIMEOUT = 'McpError: MCP error -32001: Request timed out';
my $USER = "user's stop";

# A renewal would come after 15 s, and says the same: what takes longer than
# this was not told of the cancel.
my $SOON = 8;

my $redis = Mitzu::Redis->new;
my $endpoint = "mitzu_mcp on; mitzu_mcp_redis @{[ $redis->url ]};";
my %nginx = (redis => $redis->url, workers => 2, http => <<'EOT',
map $http_authorization $person { default ""; "~^Bearer (?<who>\w+)" $who; }
map $http_authorization $scopes { default "r x"; "~-reads$" "r"; }
EOT
    server => <<"EOT");
location = /_auth { internal; return 204; }
location = /person {
    $endpoint
    mitzu_mcp_auth /_auth;
    mitzu_mcp_auth_set user \$person;
    mitzu_mcp_auth_set project one;
    mitzu_mcp_auth_set scopes \$scopes;
    mitzu_mcp_scopes read=r run=x;
}
location = /wait { $endpoint mitzu_mcp_auth off; mitzu_mcp_cancel wait; }
EOT
my $one = Mitzu::Nginx->new(%nginx);
my $two = Mitzu::Nginx->new(%nginx, name => 'nginx2');
my $warehouse = slow_warehouse();
my $agent = Mitzu::Agent->new(redis => $redis->url, runners => 1,
    warehouse => $warehouse, args => [ '--lease', '60s' ]);
my $worker = Mitzu::Worker->new(redis => $redis);

my ($n, @took) = (0);

sub client { return Mitzu::MCP->new(port => $one->{port}, @_) }
sub session { my $c = client(@_); $c->open; return $c }
sub modern { return client(era => 'modern', capabilities => { extensions =>
    { 'io.modelcontextprotocol/tasks' => {} } }, @_) }

my $legacy = session();
my $plain = client(era => 'modern');

sub key_of {
    my ($run) = @_;
    return $run->{key} ||= ($redis->cmd('KEYS',
        "*:run:$run->{prompt_id}"))->[0];
}

sub run_of { return $redis->hash(key_of($_[0])) }

# A new question whose answer never comes, up to its query.
sub endless {
    my ($c, %args) = @_;
    my $run = $c->call('run_analytics_agent', { prompt =>
        'how many refunds in the last ' . (10 + ++$n) . ' days?', %args });
    ok(wait_for(30, sub { (run_of($run)->{phase} || '') eq 'querying' }),
        'a query without end') or diag(explain($run), $agent->log);
    return $run;
}

sub watch {
    my ($c, $run, %o) = @_;
    my $http = $c->start('tools/call', { name => 'get_analytics_agent_status',
        arguments => { conversation_id => $run->{conversation_id},
            prompt_id => $run->{prompt_id}, wait_seconds => 50 } }, %o);
    wait_for(10, sub { watched($run) });
    return $http;
}

sub watched { return scalar @{ $redis->cmd('PUBSUB', 'CHANNELS',
    "mitzu:run:$_[0]{prompt_id}") } }

# The connection ends; true when there was no answer on it.
sub silent {
    my ($http) = @_;
    $http->read_head(10) or return 0;
    my $end = time + 10;
    1 while $http->more_body($end);
    return time < $end && $http->{data} !~ /"result"|"error"/;
}

sub cancelled {
    my ($c, $id, $reason) = @_;
    return $c->request('notifications/cancelled', { requestId => $id,
        defined $reason ? (reason => $reason) : () }, notification => 1)
        ->{status};
}

# What is left of a run that was cancelled.
sub whole {
    my ($run, $what) = @_;
    my @e = map { { id => $_->[0], @{ $_->[1] } } }
        @{ $redis->cmd('XRANGE', key_of($run) . ':events', '-', '+') };
    is_deeply([ map { (split /-/, $_->{id})[0] } @e ], [ 1 .. @e ],
        "$what: its events have no gap");
    is(join(' ', map { $_->{type} } grep { $_->{type} =~ /end|answer/ } @e),
        'end', '.. and one end');
    is($e[-1]{type}, 'end', '.. which is the last');
    my $h = run_of($run);
    (my $base = key_of($run)) =~ s/:run:.*//;
    isnt($redis->cmd('HGET', "$base:conv:$h->{conv}", 'active'),
        $run->{prompt_id}, '.. and it holds no conversation');
    (my $part = $base) =~ s/\}:.*/}/;
    is((grep { /\Q$run->{prompt_id}\E/ }
        @{ $redis->cmd('ZRANGE', "$part:leases", 0, -1) }), 0, '.. no lease');
    is($redis->cmd('XLEN', "$part:jobs"), 0, '.. no wake-up');
    is_deeply([ grep { $redis->cmd('TTL', $_) < 0 }
        @{ $redis->cmd('KEYS', "$base:artifact:*") } ], [],
        '.. nothing of an artifact that stays for ever');
}

# The run was cancelled at that time: its query stops, the worker is free.
sub stopped {
    my ($run, $what, $since, $by) = @_;
    $by ||= $agent;
    ok(wait_for(20, sub { run_of($run)->{status} eq 'cancelled' }),
        "$what: the run is cancelled") or return diag(explain run_of($run));
    my $line = "run $run->{prompt_id}: cancelled or taken over";
    ok(wait_for(20, sub { $by->log =~ /\Q$line\E/ }),
        "$what: its worker stops") or diag($by->log);
    my $took = time - $since;
    push @took, $took;
    ok($took < $SOON, sprintf '.. within %.2f s', $took);
    whole($run, $what);
}

sub quick {
    my ($what, $c) = @_;
    my $s = ($c || $plain)->ask('how many signups in the last '
        . (10 + ++$n) . ' days?');
    is($s->{status}, 'completed', "$what: the worker takes the next run")
        or diag(explain($s), $agent->log);
}

# --- a newer question takes over ---

quick('at first');
for my $c ($legacy, $plain) {
    my $run = endless($c);
    my $since = time;
    my $next = $c->on($two->{port})->call('run_analytics_agent', { prompt =>
        'how many logins this month?', cancel_running => JSON::PP::true,
        conversation_id => $run->{conversation_id} });
    is($next->{status}, 'running', "$c->{era}: a take-over on another node");
    stopped($run, 'a take-over', $since);
    is($c->await($next)->{status}, 'completed', '.. and the newer question '
        . 'is answered');
    is($redis->cmd('HGET', "$worker->{base}:conv:$run->{conversation_id}",
        'active'), '', '.. and the conversation is free');
    my $s = $c->call('get_analytics_agent_status', { prompt_id =>
        $run->{prompt_id}, conversation_id => $run->{conversation_id} });
    is($s->{status}, 'cancelled', '.. the older one says what became of it');
    like($s->{error}{message}, qr/took over/, '.. and why');
}

# --- tasks/cancel ---

for my $c ($legacy, modern()) {
    my $run = endless($plain);
    my $since = time;
    my $r = $c->on($two->{port})->request('tasks/cancel',
        { taskId => $run->{prompt_id} });
    ok($r->{message}{result}, "$c->{era}: tasks/cancel on another node");
    stopped($run, 'tasks/cancel', $since);
    quick('tasks/cancel');
}

# --- an operator ---

my $run = endless($plain);
my $since = time;
is($worker->script('cancel', 0, $run->{prompt_id}, 'By an operator')->[0],
    'cancelled', 'an operator cancels it');
stopped($run, 'an operator', $since);
is($plain->await($run)->{error}{message}, 'By an operator', '.. saying why');

# --- a request that its client cancels ---

for my $row (
    [ '2025-11-25', 7, $USER ], [ '2025-06-18', 'seven', undef ],
    [ '2025-03-26', 8, '' ],
) {
    my ($version, $id, $reason) = @$row;
    my $c = session(version => $version);
    my $run = endless($c);
    my $http = watch($c, $run, id => $id);
    my $since = time;
    is(cancelled($c->on($two->{port}), $id, $reason), 202,
        "$version: a wait is cancelled on another node");
    stopped($run, $version, $since);
    ok(silent($http), '.. and the wait ends without an answer');
    is($c->await($run)->{error}{message}, 'Cancelled by the client',
        '.. which says who did it');
}

# Waiting for a task.
$run = endless($legacy);
my $http = $legacy->start('tasks/result', { taskId => $run->{prompt_id} },
    id => 'res');
wait_for(10, sub { watched($run) });
$since = time;
cancelled($legacy->on($two->{port}), 'res', $USER);
stopped($run, 'tasks/result', $since);
ok(silent($http), '.. and the wait ends without an answer');

# A stream that was taken up elsewhere.
$run = endless($legacy);
$http = watch($legacy, $run, id => 'moved');
$http->read_head(5);
my $prime = $legacy->primed($http);
$http->cut;
my $there = $legacy->on($two->{port});
my ($again, $head) = $there->bare('GET', after => $prime);
is($head->{status}, 200, 'a stream is taken up on another node');
wait_for(10, sub { watched($run) });
$since = time;
cancelled($legacy, 'moved', $USER);
stopped($run, 'a stream that moved', $since);
ok(silent($again), '.. and it ends without an answer');

# A client that closes its stream and then says that it cancels, at once or
# when nobody waits any more.
for my $late (0, 1) {
    my $what = $late ? 'a stream that broke' : 'close, and cancel';
    my $run = endless($legacy);
    my $http = watch($legacy, $run, id => "left$late");
    $http->cut;
    ok(wait_for(10, sub { !watched($run) }), "$what: nobody waits") if $late;
    my $since = time;
    cancelled($legacy->on($two->{port}), "left$late", $USER);
    stopped($run, $what, $since);
}
quick('cancelled requests');

# --- what cancels nothing ---

# One endless run is watched by all; who is not its owner, or means something
# else, does not end it.
$run = endless($legacy);

sub lives {
    my ($what) = @_;
    sleep 0.3;
    my $h = run_of($run);
    is($h->{status}, 'running', "$what: the run goes on");
    ok(!$h->{cancel}, '.. uncancelled');
}

$http = watch($legacy, $run, id => 'mine');
my $mate = session();
cancelled($mate->on($two->{port}), 'mine', $USER);
lives('another session of the same user');
cancelled($legacy->on($two->{port}), 'nobody', $USER);
cancelled($legacy->on($two->{port}), 9, $USER);
lives('ids of no request');
cancelled(client(port => $two->{port}), 'mine', $USER);
lives('no session');
my $stranger = client(path => '/person', token => 'bob');
$stranger->open;
cancelled($stranger, 'mine', $USER);
$stranger->{session} = $legacy->{session};
is(cancelled($stranger, 'mine', $USER), 404, 'the session of somebody else');
lives('somebody else');
ok(watched($run), '.. and is waited for');

for my $reason ($TIMEOUT, 'timed out after 30.0s', 'context deadline exceeded',
    'request timeout')
{
    is(cancelled($legacy->on($two->{port}), 'mine', $reason), 202, $reason);
    ok(silent($http), '.. ends the wait');
    $http = watch($legacy, $run, id => 'mine');
}
lives('clients whose time is over');
$http->cut;
ok(wait_for(10, sub { !watched($run) }), 'a client leaves');
cancelled($legacy->on($two->{port}), 'mine', $TIMEOUT);
lives('a time-out after that');

my $patient = client(path => '/wait');
$patient->open;
$http = watch($patient, $run, id => 'patient');
is(cancelled($patient->on($two->{port}), 'patient', $USER), 202,
    'mitzu_mcp_cancel wait');
ok(silent($http), '.. ends the wait');
lives('mitzu_mcp_cancel wait');

my $m = modern();
$http = watch($m, $run);
$http->read_head(5);
$http->close;
ok(wait_for(10, sub { !watched($run) }), '2026-07-28: a stream is closed');
lives('a closed stream');
is($plain->request('tasks/cancel', { taskId => $run->{prompt_id} })->{status},
    400, 'tasks/cancel without the extension');
$m->request('tasks/cancel', { taskId => Mitzu::Worker::id('p') });
lives('tasks/cancel of another task');
$http = $legacy->start('tasks/get', { taskId => $run->{prompt_id} },
    id => 'look');
$http->read_answer(5);
cancelled($legacy, 'look', $USER);
lives('a request that waits for nothing');
is($worker->script('cancel', 0, Mitzu::Worker::id('p'), '')->[0], 'gone',
    'an operator misspells it');

# It can be cancelled, after all that.
$since = time;
$worker->script('cancel', 0, $run->{prompt_id}, 'enough');
stopped($run, 'at last', $since);

# --- people: nobody cancels another's, nor without the scope ---

my $ann = client(path => '/person', token => 'ann');
my $anns = session(path => '/person', token => 'ann');
$run = endless($anns);
$http = watch($anns, $run, id => 'ann');
for my $who ([ 'bob', 'bob' ], [ 'ann, who may only read', 'ann-reads' ]) {
    my ($what, $token) = @$who;
    my $c = session(path => '/person', token => $token, port => $two->{port});
    for my $method (qw(tasks/cancel)) {
        my $r = $c->request($method, { taskId => $run->{prompt_id} });
        ok($r->{status} == 403 || $r->{message}{error},
            "$what: $method is refused");
    }
    cancelled($c, 'ann', $USER);
    $c->{session} = $anns->{session};
    cancelled($c, 'ann', $USER);
    lives($what);
}
ok(silent($http), 'her reading self ended the wait, and no more');
$http = watch($anns, $run, id => 'ann2');
$since = time;
cancelled($anns->on($two->{port}), 'ann2', $USER);
stopped($run, 'her own cancel', $since);

# --- at any moment of a run ---

my @runs = map {
    my $run = $worker->submit('how many refunds in the last ' . (100 + $_)
        . ' days?');
    sleep rand 0.08;
    is($worker->script('cancel', 0, $run->{prompt_id}, 'early')->[0],
        'cancelled', "cancelled early, $_");
    $run } 1 .. 12;
whole($_, 'cancelled early') for @runs;
quick('cancelled early');

# Waiting in the queue, and handed back to it.
kill 'STOP', $agent->{pid}, $agent->runner_pids;
$run = $plain->call('run_analytics_agent', { prompt => 'refunds in the queue' });
is($worker->script('cancel', 0, $run->{prompt_id}, 'queued')->[0], 'cancelled',
    'a queued run is cancelled');
whole($run, 'queued');
is(run_of($run)->{attempt}, 0, '.. and was never begun');
kill 'CONT', $agent->{pid}, $agent->runner_pids;
quick('queued');
$run = endless($plain);
ok($agent->stop('QUIT'), 'the worker is told to quit');
is(run_of($run)->{status}, 'queued', '.. and hands the run back');
is($worker->script('cancel', 0, $run->{prompt_id}, 'handed back')->[0],
    'cancelled', '.. where it is cancelled');
whole($run, 'handed back');
$agent->start;
quick('handed back');
is(run_of($run)->{attempt}, 1, '.. and nobody begins it again');

# The channels are cut: they are made anew.
$run = endless($plain);
$redis->cmd('CLIENT', 'KILL', 'TYPE', 'pubsub');
ok(wait_for(15, sub { @{ $redis->cmd('PUBSUB', 'CHANNELS',
    "mitzu:cancel:$run->{prompt_id}") } }), 'a cut channel is made anew');
$since = time;
$worker->script('cancel', 0, $run->{prompt_id}, 'cut');
stopped($run, 'a channel that was cut', $since);
ok($agent->stop, 'the worker ends');

# While the catalog is scanned, which would take for ever as well.
my $bare = Mitzu::Agent->new(name => 'bare', redis => $redis->url,
    runners => 1, warehouse => slow_warehouse(no_catalog => 1),
    args => [ '--lease', '60s', '--no-publish' ]);
$run = $plain->call('run_analytics_agent', { prompt => 'what do we track?' });
ok(wait_for(20, sub { run_of($run)->{phase} eq 'started' }),
    'a catalog without end');
sleep 0.5;
$since = time;
$worker->script('cancel', 0, $run->{prompt_id}, 'scan');
stopped($run, 'the scan of a catalog', $since, $bare);
ok($bare->stop, 'that worker ends');

# While its artifacts are written, slowly.
my $proxy = Mitzu::Proxy->new(target => $redis->{port});
my $writer = Mitzu::Agent->new(name => 'writer', redis => $proxy->url,
    runners => 1, warehouse => sample_warehouse(),
    args => [ '--lease', '60s', '--no-publish' ]);
ok(wait_for(20, sub { $writer->log =~ /1 runner/ }), 'a worker far away');
$proxy->mode('delay 0.3');
$run = $plain->call('run_analytics_agent', { prompt =>
    'purchases by country and device by day this year' });
ok(wait_for(40, sub { @{ $redis->cmd('KEYS', "$worker->{base}:artifact:*:0") }
    && run_of($run)->{phase} eq 'writing'; }), '.. writes an artifact')
    or diag($writer->log);
$since = time;
my $was = $worker->script('cancel', 0, $run->{prompt_id}, 'writing')->[0];
is($was, 'cancelled', '.. and is told to stop');
$proxy->mode('pass');
stopped($run, 'writing', $since, $writer);
ok($writer->stop, 'that worker ends');
$proxy->stop;

@took = sort { $a <=> $b } @took;
note(sprintf 'from the cancel to a free worker: median %.0f ms, most %.0f ms',
    1000 * $took[ @took / 2 ], 1000 * $took[-1]);

# --- after all that ---

is_deeply([ $redis->strange_keys ], [], 'only documented keys in Redis');
my @locks = grep { ($redis->hash($_)->{active} || '') ne '' }
    grep { !/:turns$/ } @{ $redis->cmd('KEYS', '*:conv:c_*') };
is_deeply(\@locks, [], 'every conversation lock is free');
is(scalar(grep { $redis->cmd('ZCARD', $_) } @{ $redis->cmd('KEYS', '*:leases') }),
    0, 'no lease is left');
is_deeply([ grep { $redis->cmd('TTL', $_) < 0 } @{ $redis->cmd('KEYS',
    '*}:????????????????????????????????:*') } ], [], 'every key of a user expires');

finish();
