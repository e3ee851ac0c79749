#!/usr/bin/perl

# Streams: resumed on any node without a loss, cancelled across nodes, left
# by their clients, and what comes unasked: the GET stream of a session and
# subscriptions/listen.  The worker is the test itself, event by event.

use strict;
use warnings;

use JSON::PP;
use Mitzu::HTTP;
use Mitzu::MCP;
use Mitzu::Nginx;
use Mitzu::Redis;
use Mitzu::Seal;
use Mitzu::Test;
use Mitzu::Worker;
use Test::More;
use Time::HiRes qw(time sleep);

my $json = Mitzu::MCP::json();
my $redis = Mitzu::Redis->new;
my $worker = Mitzu::Worker->new(redis => $redis);
my %nginx = (redis => $redis->url, workers => 2,
    location => 'mitzu_mcp_heartbeat 300ms;',
    server => 'location = /status { mitzu_mcp_status; }');
my $a = Mitzu::Nginx->new(%nginx);
my $b = Mitzu::Nginx->new(%nginx, name => 'nginx2');
my $asked = 0;

sub client { return Mitzu::MCP->new(port => $a->{port}, @_) }

sub session {
    my $c = client(@_);
    $c->open;
    return $c;
}

my $TASKS = { extensions => { 'io.modelcontextprotocol/tasks' => {} } };

sub modern { return client(era => 'modern', capabilities => $TASKS, @_) }

# A run that waits for its worker, which is us.
sub ask {
    my $run = client()->call('run_analytics_agent',
        { prompt => 'purchases last month, question ' . ++$asked });
    $worker->claim($run) or die "no run to claim\n";
    return $run;
}

# The connection of a status call that waits.
sub watch {
    my ($c, $run, %o) = @_;
    my $http = $c->start('tools/call', { name => 'get_analytics_agent_status',
        arguments => { conversation_id => $run->{conversation_id},
            prompt_id => $run->{prompt_id}, wait_seconds => 40 } }, %o);
    $http->read_head(10);
    return $http;
}

# Reads messages until the code says it is enough; gives them.
sub take {
    my ($c, $http, $enough) = @_;
    my @got;
    while (my $m = $c->next_message($http, 10)) {
        push @got, $m;
        last if $enough->($m->{message}, scalar @got);
    }
    return @got;
}

sub says { my ($text) = @_; return sub {
    ($_[0]{params}{message} || '') =~ /\Q$text\E/ } }
my $ends = sub { exists $_[0]{id} };
sub status_in {
    my ($m) = @_;
    return ($m || {})->{message}{result}{structuredContent}{status};
}
sub texts { return map { $_->{message}{params}{message} || () } @_ }
sub ascending { my @n = @_; return !grep { $n[$_] <= $n[ $_ - 1 ] } 1 .. $#n }

# Nobody listens for a run any more.
sub unwatched {
    my ($run) = @_;
    return wait_for(5, sub { !@{ $redis->cmd('PUBSUB', 'CHANNELS',
        "mitzu:run:$run->{prompt_id}") } });
}

# Calls that a node has in its hands.
sub in_flight {
    my ($node) = @_;
    return Mitzu::HTTP->once($node->{port}, 'GET', '/status')->{body}
        =~ /^mitzu_mcp_calls (\d+)$/m ? $1 : -1;
}

# --- which streams begin with an event id ---

for my $row (
    [ '2025-11-25', 1 ], [ '2025-06-18', 0 ], [ '2025-03-26', 0 ],
    [ '2024-11-05', 0 ], [ 'modern', 0 ],
) {
    my ($version, $primed) = @$row;
    my $c = $version eq 'modern' ? modern() : session(version => $version);
    my $run = ask();
    my $http = watch($c, $run, token => 'tok');
    my (@events, $e);
    $worker->event($run, 'planning', 'step one');
    while ($e = $http->read_event(10)) {
        push @events, $e;
        last if ($e->{data} || '') =~ /step one/;
    }
    my ($first) = grep { exists $_->{data} || exists $_->{id} } @events;
    if ($primed) {
        ok(defined $first->{id} && $first->{data} eq '',
            "$version: a stream begins with an id and no data");
        like($first->{retry} || '', qr/^\d+$/, '.. and says when to retry');
        my ($token) = $first->{id} =~ /^([A-Za-z0-9_-]+)\.\d+$/;
        ok($token && length $first->{id} <= 4096, '.. ids are token.seq');
        my @ids = map { $_->{id} } grep { defined $_->{id} } @events;
        is(scalar(grep { /^\Q$token\E\.\d+$/ } @ids), scalar @ids,
            '.. all of one token');
        is((() = grep { ($_->{data} || '') ne '' && !defined $_->{id} }
            @events), 0, '.. and no message without one');
    } else {
        is((() = grep { defined $_->{id} || defined $_->{retry} } @events), 0,
            "$version: no event has an id");
        is((() = grep { ($_->{data} || 'x') eq '' } @events), 0,
            '.. and none is empty');
    }
    $worker->finish($run, 'Done.');
    $http->close;
}

# --- resumption: nothing twice, nothing lost ---

my $c = session();
my $there = $c->on($b->{port});
my $run = ask();
my $http = watch($c, $run, id => 77, token => 'tok');
$worker->event($run, 'querying', "event $_") for 1 .. 3;
my @seen = take($c, $http, says('event 3'));
$http->cut;
ok(unwatched($run), 'a client that is gone is noticed');
$worker->event($run, 'querying', "event $_") for 4 .. 6;
my $head;
($http, $head) = $there->bare('GET', after => $seen[-1]{id});
is($head->{status}, 200, 'the stream is taken up on another node');
like($head->{headers}{'content-type'}, qr{^text/event-stream}, '.. as one');
push @seen, take($there, $http, says('event 6'));
$worker->event($run, 'querying', 'event 7');
push @seen, take($there, $http, says('event 7'));
ok($worker->finish($run, 'The answer.'), 'the run goes on meanwhile');
push @seen, take($there, $http, $ends);
is_deeply([ grep { /^event/ } texts(@seen) ], [ map { "event $_" } 1 .. 7 ],
    'every event came once, in order');
is($seen[-1]{message}{id}, 77, 'the answer has the id of the first request');
is(status_in($seen[-1]), 'completed', '.. and is the answer');
my @notes = grep { $_->{message}{method} } @seen;
is((() = grep { $_->{message}{params}{progressToken} ne 'tok' } @notes), 0,
    '.. progress has its token');
ok(ascending(map { $_->{message}{params}{progress} } @notes),
    '.. and increases over the break');
my @ids = map { $_->{id} =~ /\.(\d+)$/ } grep { defined $_->{id} } @notes;
ok(ascending(@ids), '.. as do the ids');
is($http->read_event(5), undef, 'the stream ends after the answer');
ok($http->{clean}, '.. properly');

# From any event that was seen, also after the end, also the first.
for my $row ([ 'the second event', $seen[1]{id} ],
    [ 'the last event', $notes[-1]{id} ]) {
    my ($what, $id) = @$row;
    ($http, $head) = $c->bare('GET', after => $id);
    my @again = take($c, $http, $ends);
    like($head->{headers}{'content-type'}, qr{^text/event-stream},
        "from $what: a stream");
    is(status_in($again[-1]), 'completed', '.. with the answer again');
    my ($i) = grep { ($seen[$_]{id} || '') eq $id } 0 .. $#seen;
    is_deeply([ texts(@again) ], [ texts(@seen[ $i + 1 .. $#seen ]) ],
        '.. and what came after it');
}

# Cut before anything, cut again and again.
$run = ask();
$http = watch($c, $run, id => 'chain', token => 5);
my ($id, @chain) = ($c->primed($http));
$http->cut;
for my $i (1 .. 6) {
    my $node = $i % 2 ? $there : $c;
    $worker->event($run, 'querying', "link $i");
    $worker->finish($run, 'Done.') if $i == 6;
    ($http, $head) = $node->bare('GET', after => $id);
    my @got = take($node, $http, $i == 6 ? $ends : says("link $i"));
    push @chain, @got;
    ($id) = map { $_->{id} } grep { $_->{message}{method} } reverse @got;
    $http->cut;
}
is_deeply([ grep { /^link/ } texts(@chain) ], [ map { "link $_" } 1 .. 6 ],
    'a stream that breaks five times loses and repeats nothing');
is($chain[-1]{message}{id}, 'chain', '.. to its answer');
is_deeply([ grep { $_ ne '5' } map { $_->{message}{params}{progressToken} }
    grep { $_->{message}{method} } @chain ], [], '.. with its token');

# Many watchers, cut at random and taken up anywhere: each has the whole.
my @watchers = map { { seen => [] } } 1 .. 12;
$run = ask();
srand 7;
for my $w (@watchers) {
    $w->{http} = watch($c, $run, token => 'tok');
    $w->{last} = $c->primed($w->{http});
}
my $cuts = 0;
for my $i (1 .. 60) {
    $worker->event($run, 'querying', "step $i");
    for my $w (@watchers) {
        while (my $m = $c->next_message($w->{http}, 0.004)) {
            push @{ $w->{seen} }, $m;
            $w->{last} = $m->{id};
        }
        next if rand() > 0.12;
        $cuts++;
        $w->{http}->cut;
        ($w->{http}) = (rand() < 0.5 ? $c : $there)
            ->bare('GET', after => $w->{last});
    }
}
$worker->finish($run, 'Done.');
for my $w (@watchers) {
    push @{ $w->{seen} }, take($c, $w->{http}, $ends);
}
ok($cuts > 40, "streams were cut $cuts times");
is((() = grep { join(',', grep { /^step/ } texts(@{ $_->{seen} }))
    eq join ',', map { "step $_" } 1 .. 60 } @watchers), 12,
    '.. and every watcher had every event once, in order');
is((() = grep { (status_in($_->{seen}[-1]) || '') eq 'completed' } @watchers),
    12, '.. and the answer');
ok(!grep({ !ascending(map { $_->{message}{params}{progress} || () }
    @{ $_->{seen} }) } @watchers), '.. and progress that increases');

# kill -9 of all workers of a node in mid stream.
$run = ask();
$http = watch($c, $run, id => 'killed', token => 'k');
$worker->event($run, 'querying', 'before');
my @got = take($c, $http, says('before'));
allow_in_logs(qr/\[alert\].*worker process \d+ exited on signal 9/,
    qr/\[alert\].*shared memory zone .* was locked by/);
kill 'KILL', $a->worker_pids;
push @got, take($c, $http, $ends);
isnt(status_in($got[-1]), 'completed', 'kill -9 of nginx breaks the stream');
$worker->event($run, 'querying', 'after');
$worker->finish($run, 'Done.');
($id) = map { $_->{id} } grep { $_->{message}{method} } reverse @got;
for my $node ($there, $c) {
    wait_for(5, sub { ($http, $head) = $node->bare('GET', after => $id);
        $head && $head->{status} == 200 });
    my @rest = take($node, $http, $ends);
    is_deeply([ grep { /^(?:before|after)$/ } texts(@rest) ], ['after'],
        '.. the rest is had from any node');
    is($rest[-1]{message}{id}, 'killed', '.. with the answer');
}

# --- whose stream it is ---

my $key = Mitzu::Seal->new($redis->cmd('HGET', 'mitzu:meta', 'key'));
my $scope = Mitzu::Seal::scope();
my ($token, $seq) = $id =~ /^(.*)\.(\d+)$/;
my ($expires, $payload) = $key->open('e', $scope, $token);
ok(defined $payload && $expires > time + 60, 'an event id is a sealed token');

my $mate = session();
my $homeless = client();
for my $row (
    [ 'another session of the same user', $mate, $id ],
    [ 'no session', $homeless, $id ],
    [ 'garbage', $c, 'nonsense' ],
    [ 'no sequence', $c, $token ], [ 'an empty sequence', $c, "$token." ],
    [ 'a negative sequence', $c, "$token.-1" ],
    [ 'a huge sequence', $c, "$token.99999999999999999999" ],
    [ 'a sequence of letters', $c, "$token.1x" ],
    [ 'two dots', $c, "$token.1.1" ],
    [ 'a token alone with a dot', $c, ".$seq" ],
    [ 'a forged token', $c, Mitzu::Seal::bend($token, 12) . ".$seq" ],
    [ 'a forged signature', $c, Mitzu::Seal::bend($token, -1) . ".$seq" ],
    [ 'an expired one', $c, $key->make('e', $scope, time - 5, $payload)
        . ".$seq" ],
    [ 'one of another user', $c, $key->make('e',
        Mitzu::Seal::scope('', 'somebody'), $expires, $payload) . ".$seq" ],
    [ 'a token of another use', $c, $key->make('c', $scope, $expires,
        $payload) . ".$seq" ],
    [ 'a sealed one of no request', $c, $key->make('e', $scope, $expires,
        '{}') . ".$seq" ],
    [ 'longer than any', $c, 'A' x 5000 ],
) {
    my ($what, $client, $last) = @$row;
    my ($http, $head) = $client->bare('GET', after => $last, timeout => 5);
    is($head->{status}, 400, "Last-Event-ID: $what is 400");
    my $end = time + 5;
    1 while $http->more_body($end);
    ok(eval { $json->decode($http->{data})->{error} }, '.. as a JSON error');
    $http->close;
}
($http, $head) = $c->bare('GET', after => $key->make('e', $scope, $expires,
    $payload) . ".$seq");
is($head->{status}, 200, 'sealed by these rules it is taken');
$http->close;
my $done = session();
$run = ask();
$http = watch($done, $run);
$id = $c->primed($http);
$http->cut;
$done->end_session;
($http, $head) = $done->bare('GET', after => $id, timeout => 5);
is($head->{status}, 404, 'after the end of its session: 404');
$worker->finish($run, 'Done.');

# --- notifications/cancelled, told to another node ---

sub cancel {
    my ($c, $id, $reason) = @_;
    return $c->request('notifications/cancelled', { requestId => $id,
        reason => $reason || 'test' }, notification => 1)->{status};
}

for my $row ([ '2025-11-25', 42 ], [ '2025-06-18', 'word' ],
    [ '2025-03-26', 43 ]) {
    my ($version, $id) = @$row;
    my $c = session(version => $version);
    my $there = $c->on($b->{port});
    my $run = ask();
    my $http = watch($c, $run, id => $id, token => 'tok');
    $worker->event($run, 'querying', 'before');
    take($c, $http, says('before'));
    my $mate = session(version => $version);
    is(cancel($mate->on($b->{port}), $id), 202, "$version: a cancel is 202");
    is(cancel($there, $id =~ /^\d/ ? "$id" : 7), 202, '.. of any id');
    is(cancel($there, 'unknown'), 202, '.. of no request as well');
    $worker->event($run, 'querying', 'still');
    my @got = take($c, $http, says('still'));
    is((texts(@got))[-1], 'still', "$version: that of another session, or of "
        . 'an id of another type, ends nothing');
    my $began = time;
    is(cancel($there, $id), 202, "$version: the right one, on another node");
    @got = take($c, $http, sub { 0 });
    ok(time - $began < 3, '.. ends the wait at once');
    is((() = grep { exists $_->{message}{id} } @got), 0, '.. with no answer');
    ok(unwatched($run), '.. and nobody watches the run');
    ok(wait_for(5, sub { $worker->run($run)->{status} eq 'cancelled' }),
        '.. which is cancelled with it');
    is($c->await($run)->{status}, 'cancelled', '.. and says so');
}

# A call that is answered as JSON is cancelled, too: its connection is not
# held.
$c = session();
$run = ask();
$http = Mitzu::HTTP->new(port => $a->{port});
$http->send_request('POST', '/mcp', headers => [ $c->headers('tools/call'),
    Accept => 'application/json' ], body => $json->encode($c->message(
    'tools/call', { name => 'get_analytics_agent_status', arguments => {
        conversation_id => $run->{conversation_id}, wait_seconds => 40 } },
    id => 'plain')));
wait_for(5, sub { @{ $redis->cmd('PUBSUB', 'CHANNELS',
    "mitzu:run:$run->{prompt_id}") } });
cancel($c->on($b->{port}), 'plain', 'MCP error -32001: Request timed out');
my $began = time;
$head = $http->read_head(10);
ok(time - $began < 3, 'a wait without a stream is cancelled, too');
unlike($http->{data} || '', qr/"result"/, '.. without a result');
$http->close;
ok($worker->finish($run, 'Done.'), '.. and the run goes on');

# --- a client that leaves ---

for my $c (modern(), session(), session(version => '2025-06-18')) {
    my $what = $c->{era} eq 'modern' ? 'modern' : $c->{version};
    my $run = ask();
    my $http = watch($c, $run, token => 't');
    ok(wait_for(5, sub { @{ $redis->cmd('PUBSUB', 'CHANNELS',
        "mitzu:run:$run->{prompt_id}") } }), "$what: a run is watched");
    my $calls = in_flight($a);
    $c->{era} eq 'modern' ? $http->close : $http->cut;
    ok(unwatched($run), '.. until its client leaves');
    ok(wait_for(5, sub { in_flight($a) == $calls - 1 }),
        '.. and the call is gone');
    my $h = $worker->run($run);
    is($h->{status}, 'running', '.. the run goes on');
    ok(!$h->{cancel}, '.. uncancelled');
    ok($worker->finish($run, 'Done.'), '.. and ends');
    is($c->await($run)->{status}, 'completed', '.. with its answer');
}

# --- the GET stream of a session ---

$c = session();
my @streams;
for my $port (($a->{port}) x 3, ($b->{port}) x 3) {
    my ($http, $head) = $c->on($port)->bare('GET', timeout => 5);
    is($head->{status}, 200, 'GET opens a stream') unless @streams;
    push @streams, $http;
}
like($head->{headers}{'content-type'} || '', qr{^(?:text/event-stream|)},
    '.. of events');
ok($streams[0]->read_event(3), 'it is kept awake');
my $offers = $c->open && $c->request('initialize', {
    protocolVersion => '2025-11-25', capabilities => {},
    clientInfo => { name => 't', version => '1' } })
    ->{message}{result}{capabilities};
ok($offers->{resources}{listChanged}, 'resources.listChanged is offered');
ok(!$offers->{tools}{listChanged} && !$offers->{prompts}{listChanged},
    '.. and not for lists that never change');
ok(!$offers->{resources}{subscribe}, '.. nor subscribing: artifacts stay as '
    . 'they are');
$run = ask();
my $aid = $worker->artifact($run, 'rows', '{"a":1}', '{"a":2}');
ok($aid, 'an artifact is made');
my $told = 0;
for my $http (@streams) {
    my $m = $c->next_message($http, 8);
    $told++ if $m && $m->{message}{method}
        eq 'notifications/resources/list_changed' && !exists $m->{message}{id};
}
is($told, scalar @streams, 'every stream is told that resources changed');
ok($worker->finish($run, 'Done.'), 'the run ends');
my $stray = $c->next_message($streams[0], 1.5);
ok(!$stray || !exists $stray->{message}{id}, 'no answer comes that way');
$_->close for @streams;

$c = session();
($http, $head) = $c->bare('GET');
is($head->{status}, 200, 'a stream is open');
is($c->on($b->{port})->end_session, 200, '.. while its session is ended');
ok(wait_for(8, sub { !defined $http->read_event(0.5) && $http->{ended} }),
    '.. which ends the stream');

# --- subscriptions/listen ---

sub listen_to {
    my ($c, $filter, %o) = @_;
    my $http = $c->start('subscriptions/listen', { notifications => $filter },
        %o);
    my $head = $http->read_head(10);
    return ($http, $head);
}

sub tag { return $_[0]{message}{params}{_meta}{
    'io.modelcontextprotocol/subscriptionId'} }

my $m = modern();
$run = ask();
for my $id (31, 'thirty-one') {
    my $raw = $json->encode([ $id ]);
    ($http, $head) = listen_to($m->on($b->{port}), {
        resourcesListChanged => JSON::PP::true,
        toolsListChanged => JSON::PP::true, taskIds => [ $run->{prompt_id},
            'p_' . 'a' x 26, 'nonsense' ] }, id => $id);
    is($head->{status}, 200, "listen $id is 200");
    like($head->{headers}{'content-type'}, qr{^text/event-stream},
        '.. a stream');
    ok(!exists $head->{headers}{'mcp-session-id'}, '.. without a session');
    my $ack = $m->next_message($http, 10);
    is($ack->{message}{method}, 'notifications/subscriptions/acknowledged',
        '.. the first event says what is honoured');
    is_deeply($ack->{message}{params}{notifications}, { resourcesListChanged =>
        JSON::PP::true, taskIds => [ $run->{prompt_id} ] },
        '.. and only that');
    is($json->encode([ tag($ack) ]), $raw, '.. with the id, of its type');
    ok(!defined $ack->{id}, '.. and no event id');

    $worker->event($run, 'querying', "told $id");
    my @got = take($m, $http, sub { ($_[0]{params}{statusMessage} || '')
        =~ /told \Q$id\E/ });
    is($got[-1]{message}{method}, 'notifications/tasks', '.. a task is pushed');
    is($got[-1]{message}{params}{taskId}, $run->{prompt_id}, '.. by its id');
    is($got[-1]{message}{params}{status}, 'working', '.. its status');
    $worker->artifact($run, "rows of $id", '{"a":1}');
    push @got, take($m, $http, sub { $_[0]{method}
        eq 'notifications/resources/list_changed' });
    is($got[-1]{message}{method}, 'notifications/resources/list_changed',
        '.. a new artifact is told');
    is((() = grep { $json->encode([ tag($_) ]) ne $raw } @got), 0,
        '.. all tagged');
    is((() = grep { $_->{message}{method} =~ /progress|message$/ } @got), 0,
        '.. no progress and no logs');
    $http->cut;
}

# Only what was asked for.
($http) = listen_to($m, { taskIds => [ $run->{prompt_id} ] });
$m->next_message($http, 10);
$worker->artifact($run, 'unasked', '{"a":1}');
$worker->finish($run, 'The end.');
@got = take($m, $http, sub { ($_[0]{params}{status} || '') eq 'completed' });
is((() = grep { $_->{message}{method} ne 'notifications/tasks' } @got), 0,
    'what was not asked for is not sent');
my $end = $got[-1]{message}{params};
is($end->{status}, 'completed', 'the end of a task is pushed');
is($end->{result}{structuredContent}{answer}, 'The end.', '.. with its result');
my $get = $m->request('tasks/get', { taskId => $run->{prompt_id} })
    ->{message}{result};
is_deeply([ sort grep { !/^_meta$/ } keys %$end ],
    [ sort grep { !/^(?:_meta|resultType)$/ } keys %$get ],
    '.. in the shape of tasks/get');
$http->close;

# A task that ended before is told of at once.
($http) = listen_to($m, { taskIds => [ $run->{prompt_id} ] });
@got = take($m, $http, sub { ($_[0]{params}{status} || '') eq 'completed'
    || exists $_[0]{id} });
ok((grep { ($_->{message}{params}{status} || '') eq 'completed' } @got),
    'listening to a task that has ended says so');
$http->close;

($http, $head) = listen_to($m, { toolsListChanged => JSON::PP::true }, id => 8);
@got = take($m, $http, $ends);
is_deeply($got[0]{message}{params}{notifications}, {},
    'nothing that is offered was asked for: nothing is acknowledged');
is($got[-1]{message}{id}, 8, '.. and the call is over');
is($got[-1]{message}{result}{resultType}, 'complete', '.. properly');

my $bare = client(era => 'modern');
my $r = $bare->request('subscriptions/listen', { notifications => {
    taskIds => [ $run->{prompt_id} ] } });
is($r->{status}, 400, 'taskIds without the extension is 400');
is($r->{message}{error}{code}, -32021, '.. -32021');
ok($r->{message}{error}{data}{requiredCapabilities}{extensions}{
    'io.modelcontextprotocol/tasks'}, '.. and says what is missing');
for my $row ([ 'no notifications', undef ], [ 'a list', [] ], [ 'a word', 'x' ],
    [ 'taskIds that are no list', { taskIds => 'p_x' } ],
    [ 'taskIds that are no words', { taskIds => [ 7 ] } ]) {
    $r = $m->request('subscriptions/listen',
        { defined $row->[1] ? (notifications => $row->[1]) : () });
    is($r->{message}{error}{code}, -32602, "listen with $row->[0] is -32602");
}
$r = session()->request('subscriptions/listen', { notifications => {} });
is($r->{message}{error}{code}, -32601, 'there is no listen in a session');

# --- quit and reload ---

for my $how (qw(HUP QUIT)) {
    my ($legacy, $run) = (session(), undef);
    $run = ask();
    my ($listen) = listen_to($m, { resourcesListChanged => JSON::PP::true },
        id => 'drain');
    $m->next_message($listen, 10);
    my ($get) = $legacy->bare('GET');
    my $poll = watch($m, $run, id => 'poll');
    my $watch = watch($legacy, $run, id => 'watch', token => 't');
    $worker->event($run, 'querying', 'before');
    my @got = take($legacy, $watch, says('before'));
    my $began = time;
    my @old = $a->worker_pids;
    $a->signal($how);
    my @last = take($m, $listen, $ends);
    is($last[-1]{message}{id}, 'drain', "$how: listen is answered");
    is($last[-1]{message}{result}{_meta}{
        'io.modelcontextprotocol/subscriptionId'}, 'drain', '.. and tagged');
    is($listen->read_event(5), undef, '.. and closed');
    ok($listen->{clean}, '.. properly');
    my @polled = take($m, $poll, $ends);
    is(status_in($polled[-1]), 'running', "$how: a modern poll is answered");
    push @got, take($legacy, $watch, $ends);
    ok($watch->{clean} || !defined $watch->read_event(5) && $watch->{clean},
        "$how: a stream with ids ends properly");
    1 while $get->read_event(5);
    ok($get->{clean}, "$how: so does the GET stream");
    ok(time - $began < 15, '.. all of it soon');
    ok(wait_for(25, sub { my %now = map { $_ => 1 } $a->worker_pids;
        !grep { $now{$_} } @old }), '.. and no old worker stays');
    if ($how eq 'QUIT') {
        $a->stop;
        $a->start;

        # It knows sessions once it has the key from Redis.
        ok(wait_for(5, sub { $legacy->request('ping')->{status} == 200 }),
            '.. and the node comes back');
    }

    # As a client would: the answer, or the rest of the stream, or ask again.
    $worker->event($run, 'querying', 'after');
    $worker->finish($run, 'Done.');
    my ($seen) = map { $_->{id} } grep { $_->{message}{method} } reverse @got;
    if (!exists $got[-1]{message}{id}) {
        my ($http) = $legacy->on($b->{port})->bare('GET', after => $seen);
        push @got, take($legacy, $http, $ends);
        is_deeply([ grep { /^(?:before|after)$/ } texts(@got) ],
            [qw(before after)], '.. and is taken up elsewhere');
    } else {
        is(status_in($got[-1]), 'running', '.. with a snapshot');
    }
    my $done = $legacy->await($run);
    is($done->{status}, 'completed', '.. and has its answer')
        or diag(explain $done);
}

ok(wait_for(5, sub { in_flight($a) == 0 && in_flight($b) == 0 }),
    'no call is left') or diag(in_flight($a), in_flight($b));
is_deeply([ $redis->strange_keys ], [], 'only documented keys in Redis');

finish();
