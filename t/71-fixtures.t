#!/usr/bin/perl

# What the analytics tools do not do, but the interface offers (t/fixtures):
# questions to the client in both eras, log levels, lists and resources that
# change, tasks that ask.  Asked on one node, answered on another.

use strict;
use warnings;

use Mitzu::Conformance;
use Mitzu::HTTP;
use Mitzu::MCP;
use Mitzu::Nginx;
use Mitzu::Redis;
use Mitzu::Test;
use Test::More;

my $json = Mitzu::MCP::json();
my $redis = Mitzu::Redis->new;
my %nginx = (redis => $redis->url, workers => 2,
    main => Mitzu::Conformance::main_conf(),
    location => 'mitzu_mcp_heartbeat 300ms;');
my $a = Mitzu::Nginx->new(%nginx);
my $b = Mitzu::Nginx->new(%nginx, name => 'nginx2');
Mitzu::Conformance::ready($_) for $a, $b;
my $EXT = 'io.modelcontextprotocol/tasks';
my $RELATED = 'io.modelcontextprotocol/related-task';
my $ASKED = { elicitation => {}, sampling => {}, roots => {} };

sub legacy {
    my $c = Mitzu::MCP->new(port => $a->{port}, capabilities => $ASKED, @_);
    $c->open;
    return $c;
}

sub modern {
    return Mitzu::MCP->new(port => $a->{port}, era => 'modern',
        capabilities => { %$ASKED, extensions => { $EXT => {} } }, @_);
}

sub tool {
    my ($c, $name, $args, %o) = @_;
    my $more = delete $o{params} || {};
    my $r = $c->request('tools/call', { name => $name,
        arguments => $args || {}, %$more }, %o);
    return $r->{message} || {};
}

sub text { return ($_[0]{result} || {})->{content}[0]{text} || '' }
sub code { return ($_[0]{error} || {})->{code} || 0 }

# A legacy call in progress, up to its first question: (connection, question).
sub asked {
    my ($c, $name, $args, $params) = @_;
    my $http = $c->start('tools/call', { name => $name,
        arguments => $args || {}, %{ $params || {} } });
    $http->read_head(10);
    return ($http, question($c, $http));
}

sub question {
    my ($c, $http) = @_;
    while (my $m = $c->next_message($http, 10)) {
        return $m->{message} if exists $m->{message}{id};
    }
    return {};
}

# The client's answer to a question; the status of that POST.
sub answer {
    my ($c, $question, %response) = @_;
    my $r = Mitzu::HTTP->once($c->{port}, 'POST', '/mcp',
        headers => [ $c->headers('tools/call', {}) ],
        body => $json->encode({ jsonrpc => '2.0', id => $question->{id},
            %response }));
    return $r->{status};
}

sub fill { return (result => { action => 'accept', content => { @_ } }) }

# --- legacy: questions on the stream, answers to any node ---

my $c = legacy();
my $there = $c->on($b->{port});

my ($http, $q) = asked($c, 'test_elicitation', { message => 'Who?' });
is($q->{method}, 'elicitation/create', 'a tool asks the client');
is($q->{params}{message}, 'Who?', '.. in the words of its argument');
is(answer($there, $q, fill(username => 'u', email => 'e@example.com')), 202,
    'another node takes the answer');
my $m = question($c, $http);
like(text($m), qr/action=accept.*"username":"u"/, '.. and the call goes on');
is($m->{id}, $c->{id}, '.. as the request it was');

($http, $q) = asked($c, 'test_sampling', { prompt => 'Say it' });
is($q->{params}{messages}[0]{content}{text}, 'Say it', 'the model is asked');
answer($there, $q, result => { role => 'assistant', model => 'm',
    content => { type => 'text', text => 'It.' } });
is(text(question($c, $http)), 'LLM response: It.', '.. and heard');

($http, $q) = asked($c, 'test_input_required_result_multi_round');
answer($there, $q, fill(name => 'Ada'));
my $second = question($c, $http);
like($second->{params}{message}, qr/color/, 'a second round follows');
isnt($second->{id}, $q->{id}, '.. with an id of its own');
answer($c, $second, fill(color => 'red'));
is(text(question($c, $http)), 'Ada likes red', '.. and knows the first');

($http, $q) = asked($c, 'test_elicitation', { message => 'Who?' });
my $thief = legacy(port => $b->{port});
answer($thief, { id => 'q_' . ('a' x 26) }, fill(username => 'x'));
answer($c, $q, result => { action => 'decline' });
like(text(question($c, $http)), qr/action=decline/, 'a user may decline');

($http, $q) = asked($c, 'test_elicitation', { message => 'Who?' });
answer($there, $q, error => { code => -32603, message => 'no screen' });
$m = question($c, $http);
ok($m->{error} || $m->{result}{isError}, 'a client that fails ends the call')
    or diag($json->encode($m));

for (
    [ 'test_sampling', { prompt => 'p' }, { elicitation => {} } ],
    [ 'test_elicitation', { message => 'm' }, {} ],
    [ 'test_missing_capability', {}, {} ],
) {
    my ($tool, $args, $can) = @$_;
    my $r = tool(legacy(capabilities => $can), $tool, $args);
    ok($r->{error} || $r->{result}{isError},
        "$tool is refused to a client that did not declare what it needs");
}

# --- modern: the state of a question belongs to one request ---

my $x = modern();
my $y = modern(port => $b->{port});
my $state = 'test_input_required_result_request_state';
my $first = tool($x, $state)->{result};
is($first->{resultType}, 'input_required', 'a question is a result');
my %retry = (requestState => $first->{requestState},
    inputResponses => { confirm => { action => 'accept',
        content => { ok => JSON::PP::true() } } });
like(text(tool($y, $state, {}, params => \%retry)), qr/^state-ok/,
    'another node takes the answer with its state');
is(code(tool($y, 'test_input_required_result_tampered_state', {},
    params => \%retry)), -32602, '.. not for another tool');
(my $forged = $first->{requestState}) =~ s/(.)(.)$/$2$1/;
$forged .= 'A' if $forged eq $first->{requestState};
is(code(tool($y, $state, {}, params => { %retry,
    requestState => $forged })), -32602, '.. not when it was changed');
my $again = tool($y, $state, {}, params => { %retry,
    inputResponses => { other => {} } })->{result};
is($again->{resultType}, 'input_required', 'what is missing is asked again');
my $bare = tool(modern(capabilities => {}), $state);
is(code($bare), -32021, 'no question to a client that cannot be asked');
is_deeply([ keys %{ $bare->{error}{data}{requiredCapabilities} } ],
    ['elicitation'], '.. and it is told why');

# --- log levels ---

sub levels {
    my ($c, %o) = @_;
    my $r = $c->request('tools/call', { name => 'test_logging_tool',
        arguments => {}, %o });
    return scalar grep { ($_->{method} || '') eq 'notifications/message' }
        @{ $r->{notes} };
}

$c->request('logging/setLevel', { level => 'error' });
is(levels($there), 4, 'a level set on one node counts on another');
$c->request('logging/setLevel', { level => 'debug' });
is(levels($there), 8, '.. and can be lowered');
is(code($c->request('logging/setLevel', { level => 'loud' })->{message}),
    -32602, 'a level that is none is refused');
is(levels($x), 0, 'modern: no level, no log');
is(levels($x, _meta => { 'io.modelcontextprotocol/logLevel' => 'alert' }), 2,
    '.. else from that level on');

# --- lists and resources that change ---

my $URI = 'test://watched-resource';
$c->request('resources/subscribe', { uri => $URI });
my ($get) = $there->bare('GET');
my $listen = $y->start('subscriptions/listen', { notifications => {
    toolsListChanged => JSON::PP::true(), resourceSubscriptions => [$URI] } },
    id => 'l1');
$listen->read_head(10);
$m = $y->next_message($listen, 10)->{message};
is($m->{method}, 'notifications/subscriptions/acknowledged', 'listening');
is_deeply($m->{params}{notifications}{resourceSubscriptions}, [$URI],
    '.. to a resource');

# The GET stream says nothing when it stands: it is tried until it hears.
my $heard;
for (1 .. 20) {
    tool($c, 'test_update_watched_resource');
    $heard = $there->next_message($get, 0.5) and last;
}
is($heard->{message}{method}, 'notifications/resources/updated',
    'a session hears of its resource, on another node');
is($heard->{message}{params}{uri}, $URI, '.. which one');
$m = $y->next_message($listen, 10)->{message};
is($m->{method}, 'notifications/resources/updated', 'so does a listener');
is($m->{params}{_meta}{'io.modelcontextprotocol/subscriptionId'}, 'l1',
    '.. with the id of its request');
like($x->request('resources/read', { uri => $URI })->{message}{result}
    {contents}[0]{text}, qr/^Version [1-9]/, '.. and can read it');

$there->request('resources/unsubscribe', { uri => $URI });
tool($x, 'test_trigger_tool_change');
tool($c, 'test_update_watched_resource');
tool($x, 'test_trigger_prompt_change');
my @seen;
while (my $e = $there->next_message($get, 3)) {
    push @seen, $e->{message}{method};
    last if $seen[-1] =~ /prompts/;
}
@seen = grep { $_ ne 'notifications/resources/updated'
    || grep { /list_changed/ } @seen } @seen;
is_deeply(\@seen, [ 'notifications/tools/list_changed',
    'notifications/prompts/list_changed' ],
    'a session hears of lists, and of no resource it left');
$_->close for $get, $listen;

# --- legacy tasks: told by params.task, followed by tasks/* ---

sub task {
    my ($c, $name, $args) = @_;
    return tool($c, $name, $args, params => { task => { ttl => 60000 } })
        ->{result}{task};
}

my $t = task($c, 'slow_compute', { seconds => 0.3, label => 'x' });
is($t->{status}, 'working', 'a call becomes a task');
is($t->{ttl}, 60000, '.. kept as long as was asked');
my $r = $there->request('tasks/result', { taskId => $t->{taskId} })->{message};
is(text($r), 'Computed: x', '.. whose result another node waits for');
is($r->{result}{_meta}{$RELATED}{taskId}, $t->{taskId}, '.. and names');

$t = task($c, 'slow_compute', { seconds => 60 });
$r = $there->request('tasks/cancel', { taskId => $t->{taskId} })->{message};
is($r->{result}{status}, 'cancelled', 'a task is cancelled');
is(code($c->request('tasks/cancel', { taskId => $t->{taskId} })->{message}),
    -32602, '.. once');

$t = task($c, 'failing_job');
$r = $there->request('tasks/result', { taskId => $t->{taskId} })->{message};
ok($r->{result}{isError}, 'an error of the tool is its result');
is($c->request('tasks/get', { taskId => $t->{taskId} })->{message}{result}
    {status}, 'failed', '.. and the task has failed');

$t = task($c, 'protocol_error_job');
$r = $there->request('tasks/result', { taskId => $t->{taskId} })->{message};
is(code($r), -32603, 'an error of the protocol is an error');

$t = task($c, 'confirm_delete', { filename => 'f' });
is($c->request('tasks/get', { taskId => $t->{taskId} })->{message}{result}
    {status}, 'input_required', 'a task asks');
$http = $there->start('tasks/result', { taskId => $t->{taskId} });
$http->read_head(10);
$q = question($there, $http);
is($q->{method}, 'elicitation/create', '.. on the stream of its result');
is($q->{params}{_meta}{$RELATED}{taskId}, $t->{taskId}, '.. for the task');
answer($c, $q, fill(confirm => JSON::PP::true()));
is(text(question($there, $http)), 'Deleted: f', '.. and goes on');

is(code(tool($c, 'failing_job')), -32601,
    'a tool that is a task only wants to be called as one');
is(code(tool($c, 'greet', { name => 'x' }, params => { task => {} })),
    -32601, 'a tool that is none does not');

# --- modern tasks ---

$t = tool($x, 'multi_input')->{result};
is($t->{resultType}, 'task', 'modern: the server makes the task');
$listen = $y->start('subscriptions/listen',
    { notifications => { taskIds => [ $t->{taskId} ] } });
$listen->read_head(10);
$m = $y->next_message($listen, 10)->{message};
is_deeply($m->{params}{notifications}{taskIds}, [ $t->{taskId} ],
    'a listener follows it');
for my $key (qw(name confirm)) {
    $x->request('tasks/update', { taskId => $t->{taskId}, inputResponses => {
        $key => { action => 'accept', content => { $key => 'x' } } } });
}
my $status = '';
while (my $e = $y->next_message($listen, 10)) {
    $status = $e->{message}{params}{status} || '';
    last if $status eq 'completed';
}
is($status, 'completed', '.. to its end, which is pushed');
$listen->close;

is(text(tool(modern(capabilities => {}), 'slow_compute',
    { seconds => 0.1, label => 'now' })), 'Computed: now',
    'without the extension the answer itself comes');

finish();
