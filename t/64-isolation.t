#!/usr/bin/perl

# Walls: what one principal has is not there for another, whichever way it is
# asked for.  Everything that has an id is tried by everybody else, in both
# eras, and compared with an id that never was: the same bytes, the same
# commands to Redis, the same time.

use strict;
use warnings;

use Digest::SHA ();
use JSON::PP;
use Mitzu::Agent;
use Mitzu::Conformance;
use Mitzu::HTTP;
use Mitzu::MCP;
use Mitzu::Nginx;
use Mitzu::Redis;
use Mitzu::Seal;
use Mitzu::Test;
use Mitzu::Token;
use Mitzu::Worker;
use Test::More;
use Time::HiRes qw(time sleep);

my $json = Mitzu::MCP::json();
my $EXT = 'io.modelcontextprotocol/tasks';
my $CAN = { elicitation => {}, sampling => {}, roots => {},
    extensions => { $EXT => {} } };
my $MARK = 'SECRET-OF-ANN';
my $WATCHED = 'test://watched-resource';
my $ASKS = 'test_input_required_result_request_state';

my $RESOURCE = 'https://mcp.example.com/mcp';
my %issuer = map { $_->[0] => Mitzu::Token->new(issuer => $_->[1],
    audience => $RESOURCE)->key($_->[0], 'rsa') }
    [ here => 'https://signin.example.com' ],
    [ there => 'https://elsewhere.example.com' ];

sub auth {
    my ($kid, $path) = @_;
    my $keys = spew(temp_dir() . "/$kid.json", $issuer{$kid}->jwks($kid));
    return <<"EOT";
location = /_auth_$kid {
    internal;
    mitzu_jwt issuer=$issuer{$kid}{issuer} audience=$RESOURCE;
    mitzu_jwt_keys file:$keys;
    mitzu_jwt_cache tokens:1m;
}
location = $path {
    mitzu_mcp on;
    mitzu_mcp_auth /_auth_$kid;
    mitzu_mcp_heartbeat 300ms;
}
EOT
}

my $redis = Mitzu::Redis->new;
my %nginx = (bare => 1, main => Mitzu::Conformance::main_conf(),
    http => 'mitzu_mcp_redis ' . $redis->url . ';',
    server => auth('here', '/mcp') . auth('there', '/elsewhere'));
my $nginx = Mitzu::Nginx->new(%nginx);
my $node2 = Mitzu::Nginx->new(%nginx, name => 'nginx2');
my $agent = Mitzu::Agent->new(redis => $redis->url,
    warehouse => sample_warehouse(), runners => 1);

# --- who there is: the same names never mean the same principal ---

my %who = (
    ann => [ here => 'ann', 'one' ],
    'a mate in the same project' => [ here => 'bob', 'one' ],
    'herself in another project' => [ here => 'ann', 'two' ],
    'herself without a project' => [ here => 'ann', undef ],
    'somebody in another project' => [ here => 'bob', 'two' ],
    'her namesake of another issuer' => [ there => 'ann', 'one' ],
    'names that join alike' => [ here => 'an', 'none' ],
);
my @others = grep { $_ ne 'ann' } sort keys %who;

my %token = map { my ($kid, $sub, $org) = @{ $who{$_} };
    ($_ => $issuer{$kid}->token({ sub => $sub, org_id => $org,
        exp => time + 3600 }, key => $kid)) } keys %who;

sub scope_of {
    my ($kid, $sub, $org) = @{ $who{ $_[0] } };
    return substr Digest::SHA::sha256_hex(join "\n", $issuer{$kid}{issuer},
        $sub, defined $org ? $org : ''), 0, 32;
}

sub client {
    my ($name, $era, %o) = @_;
    my $c = Mitzu::MCP->new(port => $nginx->{port}, token => $token{$name},
        era => $era, capabilities => $CAN,
        path => $who{$name}[0] eq 'here' ? '/mcp' : '/elsewhere', %o);
    wait_for(10, sub { ($c->open->{status} || 0) == 200 })
        if $era eq 'legacy';
    return $c;
}

is(scalar keys %{ { map { (scope_of($_) => 1) } keys %who } }, 7,
    'seven principals, seven scopes');

# --- what ann has ---

my $ann = client('ann', 'legacy');
my $ann2 = client('ann', 'modern');
my $s = $ann->ask("How many users did purchase by country?");
is($s->{status}, 'completed', 'ann asks, and the agent answers')
    or diag(explain $s);
my ($table) = map { $_->{artifact_id} } grep { $_->{kind} eq 'table' }
    @{ $s->{artifacts} };
my %seat = map { $_ => client($_, 'legacy') } @others;
my %own = map { $_ => $seat{$_}->ask('signups last month') } @others;
is((() = grep { $_->{status} eq 'completed' } values %own), 6,
    'so do all the others');
$agent->stop;

my $worker = Mitzu::Worker->new(redis => $redis, scope => scope_of('ann'));
my $done = $ann->call('run_analytics_agent', { prompt => "$MARK is done" });
ok($worker->claim($done), 'her run is under her scope');
$worker->event($done, 'querying', "$MARK progress");
my $lines = $worker->artifact($done, 'rows', map {
    "{\"n\":$_,\"text\":\"$MARK\"}" } 1 .. 50);
my @unnamed = map { $worker->artifact($done, "$MARK $_", '{"a":1}') } 1 .. 120;
$worker->finish($done, "$MARK answer");
my $open = $ann->call('run_analytics_agent', { prompt => "$MARK at work" });
$worker->claim($open);
$worker->event($open, 'querying', "$MARK before");

# Her worker process knows all of it by heart.
for my $c ($ann, $ann2) {
    $c->call('query_table_artifact', { artifact_id => $table });
    $c->call('describe_table_artifact', { artifact_id => $table });
    $c->call('read_json_artifact', { reads => [ { artifact_id => $lines } ] });
    $c->call('grep_json_artifact', { artifact_id => $lines,
        pattern => $MARK });
}

sub waiting {
    my ($c, $id) = @_;
    my $http = $c->start('tools/call', { name => 'get_analytics_agent_status',
        arguments => { conversation_id => $open->{conversation_id},
            wait_seconds => 45 } }, id => $id, token => 'tok');
    $http->read_head(5);
    return $http;
}

my $watch = waiting($ann, 'watch');
my $event = $ann->primed($watch);
like($event, qr/\.\d+$/, 'she watches it, on a stream that can be resumed');
my ($news) = $ann->bare('GET');
my $listen = $ann2->start('subscriptions/listen', { notifications => {
    resourcesListChanged => JSON::PP::true() } }, id => 'l');
$listen->read_head(5);
$ann2->next_message($listen, 5);
$ann->request('resources/subscribe', { uri => $WATCHED });
my $cursor = $ann->request('resources/list', {})->{message}{result}
    {nextCursor};
ok(defined $cursor, 'she has more resources than a page');
my $asked = $ann2->request('tools/call', { name => $ASKS, arguments => {} })
    ->{message}{result};
ok($asked->{requestState}, 'a tool has a question to her');
my $asking = $ann->start('tools/call', { name => 'test_elicitation',
    arguments => { message => $MARK } });
$asking->read_head(5);
my $question;
while (my $m = $ann->next_message($asking, 5)) {
    $question = $m->{message}{id} and last if $m->{message}{method};
}
ok($question, 'and one that waits for its answer');
my $job = $ann2->request('tools/call', { name => 'multi_input',
    arguments => {} })->{message}{result}{taskId};
ok($job, 'and a task that asks');
my $tasks = $ann->request('tasks/list', {})->{message}{result};
ok(scalar @{ $tasks->{tasks} }, 'she has a list of tasks');

my $seal = Mitzu::Seal->new($redis->cmd('HGET', 'mitzu:meta', 'key'));
my %hers = (cid => $open->{conversation_id}, pid => $open->{prompt_id},
    old_cid => $done->{conversation_id}, old_pid => $done->{prompt_id},
    table => $table, lines => $lines, task => $open->{prompt_id},
    job => $job, session => $ann->{session}, event => $event,
    cursor => $cursor, tasks => $seal->make('c', scope_of('ann'),
        time + 600, 'tasks ' . int(time) . '000 0'),
    state => $asked->{requestState}, question => $question);

# The same forms, but nobody's.
sub nobodys {
    my %n = map { $_ => $hers{$_} =~ /^([a-z])_[a-z2-7]{26}$/
        ? Mitzu::Worker::id($1) : $hers{$_} } keys %hers;
    $n{$_} = Mitzu::Seal::bend($hers{$_}, 20) for qw(session cursor tasks);
    $n{event} = Mitzu::Seal::bend($event =~ /^(.*)\.\d+$/, 20)
        . substr $event, rindex $event, '.';
    $n{state} = Mitzu::Seal::bend($hers{state}, 20);
    return \%n;
}

# --- what others try ---

my ($TOOL, $REQUEST, $BARE) = qw(tool request bare);

# name, eras, kind, what; the code gets the ids and whose they are not.
my @probes = (
    [ 'a question in her conversation', $TOOL, sub { run_analytics_agent =>
        { prompt => 'and by day?', conversation_id => $_[0]{cid} } } ],
    [ 'a take-over of it', $TOOL, sub { run_analytics_agent =>
        { prompt => 'and by day?', conversation_id => $_[0]{cid},
          cancel_running => JSON::PP::true() } } ],
    [ 'the status of it', $TOOL, sub { get_analytics_agent_status =>
        { conversation_id => $_[0]{cid}, wait_seconds => 0 } } ],
    [ 'the status of an answer', $TOOL, sub { get_analytics_agent_status =>
        { conversation_id => $_[0]{old_cid}, prompt_id => $_[0]{old_pid},
          wait_seconds => 0 } } ],
    [ 'her run in a conversation of one\'s own', $TOOL, sub {
        get_analytics_agent_status => { wait_seconds => 0,
            conversation_id => $_[1]{conversation_id},
            prompt_id => $_[0]{pid} } } ],
    [ 'one\'s own run in her conversation', $TOOL, sub {
        get_analytics_agent_status => { wait_seconds => 0,
            conversation_id => $_[0]{cid}, prompt_id => $_[1]{prompt_id} } } ],
    [ 'a wait for her run', $TOOL, sub { get_analytics_agent_status =>
        { conversation_id => $_[0]{cid}, wait_seconds => 5 } } ],
    [ 'artifacts of her conversation', $TOOL, sub { list_agent_artifacts =>
        { conversation_id => $_[0]{old_cid} } } ],
    [ 'inspecting', $TOOL, sub { inspect_artifact =>
        { artifact_id => $_[0]{table} } } ],
    [ 'describing', $TOOL, sub { describe_table_artifact =>
        { artifact_id => $_[0]{table} } } ],
    [ 'querying', $TOOL, sub { query_table_artifact =>
        { artifact_id => $_[0]{table}, limit => 5 } } ],
    [ 'reading', $TOOL, sub { read_json_artifact =>
        { reads => [ { artifact_id => $_[0]{lines} } ] } } ],
    [ 'reading beside one\'s own', $TOOL, sub { read_json_artifact =>
        { reads => [ { artifact_id => $_[1]{artifacts}[1]{artifact_id} },
            { artifact_id => $_[0]{lines} } ] } } ],
    [ 'searching', $TOOL, sub { grep_json_artifact =>
        { artifact_id => $_[0]{lines}, pattern => '.' } } ],
    [ 'a table as a resource', $REQUEST, sub { 'resources/read' =>
        { uri => "mitzu://artifacts/$_[0]{table}" } } ],
    [ 'lines as a resource', $REQUEST, sub { 'resources/read' =>
        { uri => "mitzu://artifacts/$_[0]{lines}" } } ],
    [ 'her next page', $REQUEST, sub { 'resources/list' =>
        { cursor => $_[0]{cursor} } } ],
    [ 'her run as a task', $REQUEST, sub { 'tasks/get' =>
        { taskId => $_[0]{task} } } ],
    [ 'her task', $REQUEST, sub { 'tasks/get' =>
        { taskId => $_[0]{job} } } ],
    [ 'cancelling her run', $REQUEST, sub { 'tasks/cancel' =>
        { taskId => $_[0]{task} } } ],
    [ 'cancelling her task', $REQUEST, sub { 'tasks/cancel' =>
        { taskId => $_[0]{job} } } ],
    [ 'completing ids', $REQUEST, sub { 'completion/complete' =>
        { ref => { type => 'ref/resource',
            uri => 'mitzu://artifacts/{id}' },
          argument => { name => 'id', value => substr $_[0]{table}, 0, 9 }
        } } ],

    # of one era only
    [ 'the result of her run', $REQUEST, sub { 'tasks/result' =>
        { taskId => $_[0]{task} } }, 'legacy' ],
    [ 'the result of her task', $REQUEST, sub { 'tasks/result' =>
        { taskId => $_[0]{job} } }, 'legacy' ],
    [ 'her page of tasks', $REQUEST, sub { 'tasks/list' =>
        { cursor => $_[0]{tasks} } }, 'legacy' ],
    [ 'answers to her task', $REQUEST, sub { 'tasks/update' =>
        { taskId => $_[0]{job}, inputResponses => { name => { action =>
            'accept', content => { name => 'x' } } } } }, 'modern' ],
    [ 'answers with her state', $REQUEST, sub { 'tools/call' =>
        { name => $ASKS, arguments => {}, requestState => $_[0]{state},
          inputResponses => { confirm => { action => 'accept', content =>
            { ok => JSON::PP::true() } } } } }, 'modern' ],
    [ 'a GET in her session', $BARE, sub { GET =>
        { session => $_[0]{session} } }, 'legacy' ],
    [ 'a resumption in her session', $BARE, sub { GET =>
        { session => $_[0]{session}, after => $_[0]{event} } }, 'legacy' ],
    [ 'a resumption in one\'s own', $BARE, sub { GET =>
        { after => $_[0]{event} } }, 'legacy' ],
    [ 'the end of her session', $BARE, sub { DELETE =>
        { session => $_[0]{session} } }, 'legacy' ],
    [ 'a request in her session', $REQUEST, sub { ping => {},
        session => $_[0]{session} }, 'legacy' ],
    [ 'a call in her session', $REQUEST, sub { 'tools/call' =>
        { name => 'list_agent_artifacts', arguments => {} },
        session => $_[0]{session} }, 'legacy' ],
    [ 'a subscription in her session', $REQUEST, sub {
        'resources/unsubscribe' => { uri => $WATCHED },
        session => $_[0]{session} }, 'legacy' ],
    [ 'the log level of her session', $REQUEST, sub { 'logging/setLevel' =>
        { level => 'debug' }, session => $_[0]{session} }, 'legacy' ],
    [ 'cancelling her request', $REQUEST, sub { 'notifications/cancelled' =>
        { requestId => 'watch' }, session => $_[0]{session} }, 'legacy' ],
    [ 'cancelling her request from one\'s own session', $REQUEST, sub {
        'notifications/cancelled' => { requestId => 'watch' } }, 'legacy' ],
);

# Everything that was ever said to somebody else.
my $heard = '';

# What an answer is, without what differs between any two: its ids, its date.
sub look {
    my ($r, @ids) = @_;
    return 'no answer' unless $r && $r->{status};
    my $h = $r->{headers};
    my $text = join "\n", $r->{status}, (map { "$_: $h->{$_}" }
        grep { !/^(?:date|mcp-session-id)$/ } sort keys %$h), '', $r->{body};
    $heard .= $text;
    $text =~ s/\Q$_\E/ID/g for sort { length $b <=> length $a } @ids;
    $text =~ s/\b[a-z]_[a-z2-7]{26}\b/ID/g;
    $text =~ s/^id: .*$/id: ID/mg;
    return $text;
}

# One probe by one client with these ids: the open connection.
sub send_probe {
    my ($c, $probe, $ids, $own) = @_;
    my (undef, $kind, $code) = @$probe;
    my ($what, $args, %more) = $code->($ids, $own);
    my $as = Mitzu::MCP->new(%$c, defined $more{session}
        ? (session => $more{session}) : (), id => 6);
    if ($kind eq $BARE) {
        $as->{session} = $args->{session} if defined $args->{session};
        my $http = Mitzu::HTTP->new(port => $c->{port}, timeout => 3);
        $http->send_request($what, $c->{path}, headers => [ $as->bearer,
            Accept => 'text/event-stream',
            'MCP-Protocol-Version' => $as->{version},
            'Mcp-Session-Id' => $as->{session}, defined $args->{after}
            ? ('Last-Event-ID' => $args->{after}) : () ]);
        return $http;
    }
    return $as->start('tools/call', { name => $what, arguments => $args })
        if $kind eq $TOOL;
    return $as->start($what, $args,
        notification => scalar $what =~ /^notifications/);
}

my $took;

sub try {
    my ($c, $probe, $ids, $own) = @_;
    my $began = time;
    my $http = send_probe($c, $probe, $ids, $own) or return 'no answer';
    my $r = $http->read_answer($probe->[1] eq $BARE ? 1 : 12);
    $took = time - $began;
    $http->close;
    return look($r, values %$ids);
}

# Calls of each command so far, without this one's.
sub commands {
    my %n = $redis->cmd('INFO', 'commandstats')
        =~ /^cmdstat_([^:]+):calls=(\d+)/mg;
    delete @n{qw(info ping hello client|setname)};
    return join ' ', map { "$_=$n{$_}" } sort keys %n;
}

sub cost {
    my ($code) = @_;
    my %before = map { split /=/ } split ' ', commands();
    $code->();
    my %after = map { split /=/ } split ' ', commands();
    return join ' ', map { my $n = $after{$_} - ($before{$_} || 0);
        $n ? "$_=$n" : () } sort keys %after;
}

# All that is hers in Redis, byte by byte.
sub everything {
    my $scope = scope_of('ann');
    my %all;
    for my $key (sort @{ $redis->cmd('KEYS', "*:$scope:*") }) {
        $all{$key} = unpack 'H*', $redis->cmd('DUMP', $key);
    }
    return \%all;
}

my $before = everything();
ok(keys %$before > 100, 'what she has: ' . keys(%$before) . ' keys');

my %modern = map { $_ => client($_, 'modern') } @others;
for my $name (@others) {
    for my $era (qw(legacy modern)) {
        my $c = $era eq 'legacy' ? $seat{$name} : $modern{$name};
        my @told;
        for my $probe (@probes) {
            next if $probe->[3] && $probe->[3] ne $era;
            my $foreign = try($c, $probe, \%hers, $own{$name});
            my $unknown = try($c, $probe, nobodys(), $own{$name});
            push @told, "$probe->[0]: $foreign\n--- but ---\n$unknown"
                if $foreign ne $unknown || $foreign eq 'no answer';
        }
        is(scalar @told, 0, "$name, $era: what is ann's is told as what "
            . 'never was') or diag(join "\n\n", @told);
    }
}

# Answers to her question, as her and as oneself.
for my $name (@others) {
    for my $session ($seat{$name}{session}, $ann->{session}) {
        my $c = Mitzu::MCP->new(%{ $seat{$name} }, session => $session);
        my @status = map { Mitzu::HTTP->once($c->{port}, 'POST', $c->{path},
            headers => [ $c->headers('x', {}) ], body => $json->encode({
                jsonrpc => '2.0', id => $_, result => { action => 'accept',
                content => { username => 'x', email => 'x@example.com' } } }))
            ->{status} } $question, Mitzu::Worker::id('q');
        is($status[0], $status[1], "$name: an answer to her question is as "
            . "one to none: $status[0]");
    }
}

# Ears: her task, and all that is said of anything.
my %ear;
for my $name (@others) {
    my $http = $modern{$name}->start('subscriptions/listen', {
        notifications => { taskIds => [ $open->{prompt_id}, $job ],
            resourcesListChanged => JSON::PP::true(),
            resourceSubscriptions => [
                "mitzu://artifacts/$table" ] } }, id => 'ear');
    my $head = $http->read_head(5);
    my $m = $modern{$name}->next_message($http, 5);
    my $none = $modern{$name}->start('subscriptions/listen', {
        notifications => { taskIds => [ map { Mitzu::Worker::id('p') } 1, 2 ],
            resourcesListChanged => JSON::PP::true(),
            resourceSubscriptions => [ 'mitzu://artifacts/'
                . Mitzu::Worker::id('a') ] } }, id => 'ear');
    $none->read_head(5);
    my $n = $modern{$name}->next_message($none, 5);
    my ($one, $two) = map { my $t = $json->encode($_->{message} || {});
        $t =~ s/\b[a-z]_[a-z2-7]{26}/ID/g; $t } $m, $n;
    is($one, $two, "$name: listening to her task is as to none");
    $none->close;
    my ($get) = $seat{$name}->bare('GET');
    $ear{$name} = [ $http, $get ];
}

sub hears {
    my ($c, $http, $seconds) = @_;
    my @got;
    my $end = time + $seconds;
    while (time < $end) {
        my $m = $c->next_message($http, $end - time) or last;
        push @got, $m->{message};
    }
    return @got;
}

is_deeply(everything(), $before, 'after all that, every byte of hers is there '
    . 'as it was');

# --- and she goes on ---

$worker->event($open, 'querying', "$MARK after");
$worker->artifact($open, "$MARK new", '{"a":1}');
my @seen = hears($ann, $watch, 1);
like($json->encode(\@seen), qr/$MARK after/, 'her stream goes on');
ok((grep { ($_->{method} || '') eq 'notifications/resources/list_changed' }
    hears($ann, $news, 1)), 'she is told of a new artifact');
ok((grep { ($_->{method} || '') eq 'notifications/resources/list_changed' }
    hears($ann2, $listen, 1)), '.. in both eras');
for my $name (@others) {
    my @got = map { hears($modern{$name}, $_, 0.2) } @{ $ear{$name} };
    $heard .= $json->encode(\@got);
    is_deeply(\@got, [], "$name hears nothing of it");
    $_->close for @{ $ear{$name} };
}
$worker->finish($open, "$MARK the end");
@seen = hears($ann, $watch, 2);
like($json->encode(\@seen), qr/$MARK the end/, '.. to its answer');
my $ok = Mitzu::HTTP->once($ann->{port}, 'POST', '/mcp', headers =>
    [ $ann->headers('x', {}) ], body => $json->encode({ jsonrpc => '2.0',
    id => $question, result => { action => 'accept', content =>
    { username => 'ann', email => 'ann@example.com' } } }));
@seen = hears($ann, $asking, 2);
like($json->encode(\@seen), qr/"ann\\*"/, 'her question takes her answer');
is($ann->request('ping')->{status}, 200, 'her session lives');
is($ann->on($node2->{port})->request('ping')->{status}, 200, '.. everywhere');
is($ann->request('resources/list', { cursor => $cursor })->{status}, 200,
    'her cursor is good');
like($json->encode($ann2->request('tools/call', { name => $ASKS,
    arguments => {}, requestState => $asked->{requestState},
    inputResponses => { confirm => { action => 'accept', content =>
    { ok => JSON::PP::true() } } } })->{message}), qr/state-ok/,
    'so is her state');
ok($ann2->request('tasks/get', { taskId => $job })->{message}{result},
    'her task is there');
is($ann->call('query_table_artifact', { artifact_id => $table })->{offset}, 0,
    'her table is read');

# --- lists, and questions that were asked before ---

for my $name (@others) {
    for my $c ($seat{$name}, $modern{$name}) {
        for my $method (qw(resources/list tasks/list tools/list prompts/list))
        {
            $heard .= look($c->start($method, {})->read_answer(5));
        }
        my $list = $c->call('list_agent_artifacts', {});
        is($list->{total}, scalar @{ $own{$name}{artifacts} },
            "$name, $c->{era}: lists one's own artifacts, no more");
        $heard .= $json->encode($list);
    }
    my $same = $seat{$name}->call('run_analytics_agent',
        { prompt => "$MARK at work" });
    $heard =~ s/\z/$json->encode($same) . "\n"/e;
    isnt($same->{prompt_id}, $open->{prompt_id},
        "$name: the same words are another question");
    ok(!$same->{attached}, '.. that is attached to none');
}
my $leak = join '|', $MARK, @unnamed;
is((() = $heard =~ /$leak/g), 0, 'nothing she wrote was said to anybody, nor '
    . 'any name of hers that was not given away');

# --- one connection, several people ---

# How many artifacts each answer tells of, in the order of the requests.
sub totals {
    my ($http, @names) = @_;
    my @got;
    for my $name (@names) {
        my $r = $http->read_answer(5) or return @got;
        my $m = eval { $json->decode($r->{body}) } || {};
        push @got, $m->{result}{structuredContent}{total};
    }
    return @got;
}

my @turns = ('ann', 'a mate in the same project', 'ann',
    'herself in another project', 'somebody in another project', 'ann');
my @want = map { client($_, 'modern')->call('list_agent_artifacts', {})
    ->{total} } @turns;
isnt($want[0], $want[1], 'ann has more than others');

sub list_as {
    my ($http, $name) = @_;
    my $c = $name eq 'ann' ? $ann2 : $modern{$name};
    my $params = { name => 'list_agent_artifacts', arguments => {} };
    $http->send_request('POST', $c->{path}, keepalive => 1, headers => [
        $c->headers('tools/call', $params), Accept => 'application/json' ],
        body => $json->encode($c->message('tools/call', $params)));
}

my $shared = Mitzu::HTTP->new(port => $nginx->{port});
my @one = map { list_as($shared, $_); totals($shared, $_) } @turns;
is_deeply(\@one, \@want, 'on one connection, each request is whose token it '
    . 'has');
$shared = Mitzu::HTTP->new(port => $nginx->{port});
list_as($shared, $_) for @turns;
is_deeply([ totals($shared, @turns) ], \@want,
    '.. also when they come at once');

# --- the same work for Redis, the same time ---

my $name = 'a mate in the same project';
for my $era (qw(legacy modern)) {
    my $c = $era eq 'legacy' ? $seat{$name} : $modern{$name};
    my @told;
    for my $probe (@probes) {
        next if $probe->[3] && $probe->[3] ne $era;
        my ($foreign, $unknown);
        for (1 .. 4) {
            $foreign = cost(sub { try($c, $probe, \%hers, $own{$name}) });
            $unknown = cost(sub { try($c, $probe, nobodys(), $own{$name}) });
            last if $foreign eq $unknown;
        }
        push @told, "$probe->[0]: $foreign, but $unknown"
            if $foreign ne $unknown;
    }
    is(scalar @told, 0, "$era: Redis does the same for a foreign id as for "
        . 'one that never was') or diag(join "\n", @told);
}

sub median { return (sort { $a <=> $b } @_)[ @_ / 2 ] }

my %timed = map { $_ => 1 } ('the status of it', 'inspecting', 'querying',
    'reading', 'a table as a resource', 'her run as a task', 'her next page',
    'a request in her session', 'a resumption in one\'s own',
    'a question in her conversation');
for my $probe (grep { $timed{ $_->[0] } } @probes) {
    my $c = $seat{$name};
    my $ratio;
    for (1 .. 4) {
        my @times = ([], []);
        for my $i (1 .. 40) {
            for my $side ($i % 2 ? (0, 1) : (1, 0)) {
                try($c, $probe, $side ? nobodys() : \%hers, $own{$name});
                push @{ $times[$side] }, $took;
            }
        }
        $ratio = median(@{ $times[0] }) / median(@{ $times[1] });
        last if $ratio > 0.7 && $ratio < 1.4;
    }
    ok($ratio > 0.7 && $ratio < 1.4, "$probe->[0]: takes as long: "
        . sprintf '%.2f', $ratio);
}

# --- for her, each of these is something else ---

my %alike = map { $_ => 1 } ('completing ids',
    'cancelling her request', 'cancelling her request from one\'s own session');
my %end = map { $_ => 1 } ('the end of her session');
my $own = { %$s, %$open };
for my $era (qw(legacy modern)) {
    my $c = $era eq 'legacy' ? $ann : $ann2;
    my @same;
    for my $probe (sort { ($end{ $a->[0] } || 0) <=> ($end{ $b->[0] } || 0) }
        @probes)
    {
        next if $alike{ $probe->[0] } || $probe->[3] && $probe->[3] ne $era;
        push @same, $probe->[0] if try($c, $probe, \%hers, $own)
            eq try($c, $probe, nobodys(), $own);
    }
    is_deeply(\@same, [], "$era: what was tried is there for her");
}

is_deeply([ grep { !/:fixture:/ } $redis->strange_keys ], [],
    'only documented keys in Redis');
my @leak = grep { defined } map { my $t = $_; (my ($sig) = $t =~ /([^.]+)$/);
    (grep { index($_, $sig) >= 0 } $nginx->log, $nginx->access_log,
        join(' ', map { $_, $redis->cmd('TYPE', $_) } @{ $redis->cmd('KEYS',
        '*') })) ? $sig : undef } values %token;
is_deeply(\@leak, [], 'no token is in a log or in Redis');

finish();
