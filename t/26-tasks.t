#!/usr/bin/perl

# Tasks, as two eras of MCP see them: the same run, asked for by params.task
# (2025-11-25) or given unasked to who declares the extension (2026-07-28),
# answered by the real agent.

use strict;
use warnings;

use JSON::PP;
use Mitzu::Agent;
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
my $EXT = 'io.modelcontextprotocol/tasks';
my $RELATED = 'io.modelcontextprotocol/related-task';
my $ISO = qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;

my $redis = Mitzu::Redis->new;
my %nginx = (redis => $redis->url, location => <<'EOT2', server => <<"EOT");
mitzu_mcp_heartbeat 300ms;
mitzu_mcp_conversation_url https://app.example.com/c/$mitzu_mcp_conversation;
EOT2
location = /strict {
    mitzu_mcp strict;
    mitzu_mcp_auth off;
    mitzu_mcp_redis @{[ $redis->url ]};
}
EOT
my $nginx = Mitzu::Nginx->new(%nginx);
my $other = Mitzu::Nginx->new(%nginx, name => 'nginx2');
my $agent = Mitzu::Agent->new(redis => $redis->url,
    warehouse => sample_warehouse(), runners => 1);

my $legacy = Mitzu::MCP->new(port => $nginx->{port});
my $hello = $legacy->open->{message}{result};
my $modern = Mitzu::MCP->new(port => $nginx->{port}, era => 'modern',
    capabilities => { extensions => { $EXT => {} } });
my $bare = Mitzu::MCP->new(port => $nginx->{port}, era => 'modern');

sub pause { kill 'STOP', $_ for $agent->{pid}, $agent->runner_pids }
sub resume { kill 'CONT', $_ for $agent->{pid}, $agent->runner_pids }
sub call { my ($c, $m, $p, %o) = @_; return $c->request($m, $p, %o) }
sub result { return call(@_)->{message}{result} }
sub error { return call(@_)->{message}{error} }

sub run_tool {
    my ($c, $prompt, %more) = @_;
    return $c->request('tools/call', { name => 'run_analytics_agent',
        arguments => { prompt => $prompt }, %more });
}

# Asks until the task has ended.
sub ended {
    my ($c, $id) = @_;
    my $t;
    wait_for(30, sub {
        $t = result($c, 'tasks/get', { taskId => $id });
        ($t->{status} || '') !~ /^(?:working|input_required)$/ });
    return $t;
}

# --- what is offered ---

is_deeply($hello->{capabilities}{tasks}, { cancel => {},
    requests => { tools => { call => {} } } },
    '2025-11-25: tasks are offered, and no list while nobody signs in');
my $discover = result($modern, 'server/discover', {});
is_deeply($discover->{capabilities}{extensions}{$EXT}, {},
    '2026-07-28: the extension is offered');
ok(!exists $discover->{capabilities}{tasks}, '.. and not the old capability');
ok(!exists $hello->{capabilities}{extensions}{$EXT}, '.. nor it to the old');

my %support = map { $_->{name} => $_->{execution}{taskSupport} }
    @{ result($legacy, 'tools/list', {})->{tools} };
is($support{run_analytics_agent}, 'optional', 'the run tool may be a task');
is((() = grep { defined $support{$_} && $support{$_} ne 'forbidden' }
    grep { $_ ne 'run_analytics_agent' } keys %support), 0,
    '.. and no other may');
my $old = Mitzu::MCP->new(port => $nginx->{port}, version => '2025-06-18');
my $less = $old->open->{message}{result}{capabilities};
ok(!exists $less->{tasks}, '2025-06-18 is not told of tasks');
for my $c ($old, $modern) {
    is((() = grep { exists $_->{execution} }
        @{ result($c, 'tools/list', {})->{tools} }), 0,
        "$c->{era} $c->{version}: nor of execution");
}

# --- 2025-11-25 ---

pause();
my $r = run_tool($legacy, 'how many purchases last month?',
    task => { ttl => 3600000 })->{message}{result};
my $task = $r->{task};
like($task->{taskId}, qr/^p_[a-z2-7]{26}$/,
    'a call with params.task is a task');
is($task->{status}, 'working', '.. that works');
like($task->{createdAt}, $ISO, '.. since when');
like($task->{lastUpdatedAt}, $ISO, '.. updated when');
ok($task->{ttl} > 0 && $task->{pollInterval} > 0, '.. ttl and pollInterval');
ok(!exists $r->{content} && !exists $r->{structuredContent},
    '.. and no result yet');
ok(!exists $r->{resultType} && !exists $task->{ttlMs}, '.. nothing modern');

my $get = result($legacy, 'tasks/get', { taskId => $task->{taskId} });
is($get->{taskId}, $task->{taskId}, 'tasks/get is flat');
is($get->{status}, 'working', '.. and works');
is(result($legacy->on($other->{port}), 'tasks/get',
    { taskId => $task->{taskId} })->{status}, 'working', '.. on any node');
my $as_json = call($legacy, 'tasks/get', { taskId => $task->{taskId} });
ok(!$as_json->{stream}, '.. and never a stream');

# tasks/result waits; its stream breaks and is taken up elsewhere.
my $wait = $legacy->start('tasks/result', { taskId => $task->{taskId} },
    id => 'res');
like(($wait->read_head(5) || {})->{headers}{'content-type'} || '',
    qr{^text/event-stream}, 'tasks/result waits as a stream');
my $prime = $legacy->primed($wait);
like($prime, qr/^[\w-]+\.\d+$/, '.. primed');
ok($wait->read_event(5), '.. and kept awake');
$wait->cut;
my $there = $legacy->on($other->{port});
my ($again, $head) = $there->bare('GET', after => $prime);
is($head->{status}, 200, '.. taken up on another node when it breaks');
resume();
my $m = $there->next_message($again, 30);
$m = $there->next_message($again, 30) while $m && !exists $m->{message}{id};
is($m->{message}{id}, 'res', '.. with the answer');
my $final = $m->{message}{result};
is($final->{structuredContent}{status}, 'completed', '.. the final result');
is($final->{_meta}{$RELATED}{taskId}, $task->{taskId}, '.. of that task');
is($final->{content}[0]{type}, 'text', '.. with its text');
like($final->{structuredContent}{answer}, qr/\d/, '.. and a number in it');
my $status = $legacy->call('get_analytics_agent_status', { prompt_id =>
    $task->{taskId}, conversation_id =>
    $final->{structuredContent}{conversation_id} });
is($status->{answer}, $final->{structuredContent}{answer},
    'the status tool says the same of the same run');

is(result($legacy, 'tasks/result', { taskId => $task->{taskId} })
    ->{structuredContent}{answer}, $status->{answer},
    'tasks/result of an ended task comes at once');
is(ended($legacy, $task->{taskId})->{status}, 'completed', 'tasks/get: ended');
is(error($legacy, 'tasks/cancel', { taskId => $task->{taskId} })->{code},
    -32602, 'an ended task cannot be cancelled');
is(result($legacy, 'tasks/get', { taskId => $task->{taskId} })->{status},
    'completed', '.. and stays what it is');

# Progress goes on for the token of the call, where the result is waited for.
pause();
$r = run_tool($legacy, 'signups last month by country', task => {});
$task = $r->{message}{result}{task};
my $cancelled = result($legacy->on($other->{port}), 'tasks/cancel',
    { taskId => $task->{taskId} });
is($cancelled->{taskId}, $task->{taskId}, 'tasks/cancel gives the task');
is($cancelled->{status}, 'cancelled', '.. cancelled');
is(ended($legacy, $task->{taskId})->{status}, 'cancelled', '.. for good');
my ($key) = @{ $redis->cmd('KEYS', "*:run:$task->{taskId}") };
is($redis->hash($key)->{status}, 'cancelled', '.. and its run');
my $over = call($legacy, 'tasks/result', { taskId => $task->{taskId} });
ok($over->{message}{error} || $over->{message}{result}{isError},
    'the result of a cancelled task is none');
resume();
sleep 0.5;
is($redis->hash($key)->{status}, 'cancelled', '.. also when a worker comes');

for my $row (
    [ 'unknown', 'p_' . 'a' x 26 ], [ 'no id', 'nonsense' ], [ 'empty', '' ],
    [ 'of another kind', 'c_' . 'a' x 26 ], [ 'a number', 7 ],
    [ 'absent', undef ],
) {
    my ($what, $id) = @$row;
    for my $method (qw(tasks/get tasks/result tasks/cancel)) {
        my $r = call($legacy, $method, { defined $id ? (taskId => $id) : () });
        is($r->{message}{error}{code}, -32602, "$method, $what, is -32602");
        is($r->{status}, 200, '.. in band');
    }
}

# The run of somebody else is one that is not there.
my $stranger = Mitzu::Worker->new(redis => $redis,
    scope => Mitzu::Seal::scope('', 'somebody'));
my $foreign = $stranger->submit('a question of somebody else');
for my $c ($legacy, $modern) {
    for my $method (qw(tasks/get tasks/cancel)) {
        is(error($c, $method, { taskId => $foreign->{prompt_id} })->{code},
            -32602, "$c->{era}: $method of a foreign task is -32602")
            if $method eq 'tasks/get' || $c->{era} eq 'legacy';
    }
    call($c, 'tasks/cancel', { taskId => $foreign->{prompt_id} });
}
isnt($stranger->run($foreign)->{status}, 'cancelled', '.. and lives on');

is(error($legacy, 'tasks/list', {})->{code}, -32601,
    'tasks/list is not there while nobody signs in');
is(error($legacy, 'tasks/update', { taskId => $task->{taskId},
    inputResponses => {} })->{code}, -32601, 'nor tasks/update in 2025-11-25');
is(error($legacy, 'tools/call', { name => 'inspect_artifact', arguments => {},
    task => {} })->{code}, -32601, 'a tool that is no task refuses to be one');
for my $bad ('yes', [], { ttl => 'long' }, { ttl => -1 }) {
    my $e = error($legacy, 'tools/call', { name => 'run_analytics_agent',
        arguments => { prompt => 'x' }, task => $bad });
    is($e->{code}, -32602, 'params.task as ' . $json->encode([ $bad ]));
}
my $plain = run_tool($old, 'events we track?', task => {})->{message}{result};
is($plain->{structuredContent}{status}, 'running',
    '2025-06-18: params.task is ignored');
ok(!exists $plain->{task}, '.. wholly');

# What is refused is no task.
my $e = run_tool($legacy, '', task => {})->{message};
ok($e->{error} || $e->{result}{isError}, 'a bad prompt makes no task');
ok(!exists $e->{result}{task}, '.. at all');

# A question that fails.
$agent->stop;
my $none = Mitzu::Agent->new(name => 'none', redis => $redis->url,
    warehouse => temp_dir() . '/none.duckdb', runners => 1);
my $lost = run_tool($legacy, 'how many logins today?', task => {})
    ->{message}{result}{task};
is(ended($legacy, $lost->{taskId})->{status}, 'failed',
    '2025-11-25: a run that failed is a task that failed');
my $why = result($legacy, 'tasks/result', { taskId => $lost->{taskId} });
ok($why->{isError}, '.. with an error for a result');
like($why->{content}[0]{text}, qr/warehouse|none\.duckdb/, '.. that says why');
my $seen = result($modern, 'tasks/get', { taskId => $lost->{taskId} });
is($seen->{status}, 'completed', '2026-07-28: it is complete');
ok($seen->{result}{isError}, '.. with an error for a result');
$none->stop;
$agent->start;

# --- 2026-07-28 ---

pause();
$r = run_tool($modern, 'revenue by month this year', task => { ttl => 5 });
$task = $r->{message}{result};
is($r->{status}, 200, 'the extension is declared: a task');
is($task->{resultType}, 'task', '.. it says so');
like($task->{taskId}, qr/^p_[a-z2-7]{26}$/, '.. flat');
is($task->{status}, 'working', '.. that works');
like($task->{$_}, $ISO, ".. $_") for qw(createdAt lastUpdatedAt);
ok(exists $task->{ttlMs} && $task->{pollIntervalMs} =~ /^\d+$/,
    '.. ttlMs and pollIntervalMs');
ok(!exists $task->{ttl} && !exists $task->{pollInterval}, '.. nothing old');
ok($task->{_meta}{'io.modelcontextprotocol/serverInfo'}{name}, '.. serverInfo');
my $far = $modern->on($other->{port});
is(result($far, 'tasks/get', { taskId => $task->{taskId} })->{resultType},
    'complete', 'tasks/get is complete, on any node at once');

# Pushed to who listens.
my $listen = $far->start('subscriptions/listen', { notifications => {
    taskIds => [ $task->{taskId} ] } });
$listen->read_head(5);
my $ack = $far->next_message($listen, 5);
is_deeply($ack->{message}{params}{notifications},
    { taskIds => [ $task->{taskId} ] }, 'listening to a task');
resume();
my @pushed;
while (my $m = $far->next_message($listen, 20)) {
    push @pushed, $m->{message};
    last if ($m->{message}{params}{status} || '') eq 'completed';
}
my $end = $pushed[-1]{params};
is($end->{status}, 'completed', 'its end is pushed');
like($end->{result}{structuredContent}{answer}, qr/\d/, '.. with the answer');
is((() = grep { $_->{method} ne 'notifications/tasks' } @pushed), 0,
    '.. and nothing but the task');
$listen->close;

$get = ended($modern, $task->{taskId});
is($get->{status}, 'completed', 'tasks/get: completed');
is($get->{result}{structuredContent}{status}, 'completed',
    '.. with the result');
is_deeply($json->decode($get->{result}{content}[0]{text}),
    $get->{result}{structuredContent}, '.. and its text twin');
ok(!exists $get->{error} && !exists $get->{inputRequests}, '.. and no other');
is_deeply($end->{result}, $get->{result}, '.. the same as was pushed');

my $cancel = result($modern, 'tasks/cancel', { taskId => $task->{taskId} });
is_deeply([ sort keys %$cancel ], [qw(_meta resultType)],
    'tasks/cancel of an ended task is an empty result');
pause();
$task = run_tool($modern, 'logins by method this year')->{message}{result};
$cancel = result($far, 'tasks/cancel', { taskId => $task->{taskId} });
is($cancel->{resultType}, 'complete', 'tasks/cancel');
is_deeply([ sort keys %$cancel ], [qw(_meta resultType)], '.. is empty');
is(result($modern, 'tasks/get', { taskId => $task->{taskId} })->{status},
    'cancelled', '.. and done on every node');
resume();

my $update = call($modern, 'tasks/update', { taskId => $task->{taskId},
    inputResponses => { nobody => { action => 'accept', content => {} } } });
is($update->{message}{result}{resultType}, 'complete',
    'tasks/update: what was not asked is ignored');
for my $row ([ 'unknown', 'p_' . 'b' x 26 ], [ 'no id', 'x' ]) {
    my ($what, $id) = @$row;
    for my $method (qw(tasks/get tasks/update)) {
        my $r = call($modern, $method, { taskId => $id,
            $method eq 'tasks/update' ? (inputResponses => {}) : () });
        is($r->{message}{error}{code}, -32602, "$method, $what, is -32602");
        is($r->{status}, 200, '.. in band');
    }
}

for my $c ($bare, Mitzu::MCP->new(%$bare, path => '/strict')) {
    for my $method (qw(tasks/get tasks/update tasks/cancel)) {
        my $r = call($c, $method, { taskId => $task->{taskId},
            inputResponses => {} });
        is($r->{status}, 400,
            "$c->{path}: $method without the extension is 400");
        is($r->{message}{error}{code}, -32021, '.. -32021');
        is_deeply($r->{message}{error}{data}{requiredCapabilities},
            { extensions => { $EXT => {} } }, '.. and says what to declare');
    }
    for my $method (qw(tasks/result tasks/list)) {
        for my $c ($c, $modern) {
            my $r = call($c, $method, { taskId => $task->{taskId} });
            is($r->{status}, 404, "$method is gone: 404");
            is($r->{message}{error}{code}, -32601, '.. -32601');
        }
    }
}
my $r2 = call($modern, 'tasks/get', { taskId => $task->{taskId} },
    headers => [ 'Mcp-Name' => 'p_' . 'c' x 26 ]);
is($r2->{status}, 400, 'Mcp-Name of another task is 400');
is($r2->{message}{error}{code}, -32020, '.. -32020');

# Who does not declare it gets what it always got, each request by itself.
$plain = run_tool($bare, 'which events do we have?', task => {});
is($plain->{message}{result}{resultType}, 'complete',
    'undeclared: an ordinary result');
is($plain->{message}{result}{structuredContent}{status}, 'running',
    '.. running');
my $busy = run_tool($modern, 'something else entirely',
    arguments => { prompt => 'something else entirely', conversation_id =>
        $plain->{message}{result}{structuredContent}{conversation_id} });
like($busy->{message}{result}{resultType}, qr/^(?:complete|task)$/,
    'a follow-up');
is($bare->await($plain->{message}{result}{structuredContent})->{status},
    'completed', '.. answered by polling');

pause();
my $first = $bare->call('run_analytics_agent', { prompt => 'signups by day' });
$busy = $modern->request('tools/call', { name => 'run_analytics_agent',
    arguments => { prompt => 'other words', conversation_id =>
        $first->{conversation_id} } })->{message}{result};
is($busy->{resultType}, 'complete', 'busy is decided before a task is made');
is($busy->{structuredContent}{status}, 'busy', '.. and an ordinary result');
resume();

# A task's progress is not streamed in the modern era.
my $t = $modern->request('tools/call', { name => 'run_analytics_agent',
    arguments => { prompt => 'purchases by week' } }, token => 'tok');
is(scalar @{ $t->{notes} }, 0, 'no progress for a task');
is(ended($modern, $t->{message}{result}{taskId})->{status}, 'completed',
    '.. which ends all the same');

is($bare->await($first)->{status}, 'completed', 'all is answered');
is_deeply([ $redis->strange_keys ], [], 'only documented keys in Redis');

finish();
