#!/usr/bin/perl

# The whole way: a question over MCP through nginx, answered by a worker from
# a real warehouse, and what the client can do with the answer.

use strict;
use warnings;

use JSON::PP;
use Mitzu::Agent;
use Mitzu::HTTP;
use Mitzu::Leaks qw(leaks);
use Mitzu::MCP;
use Mitzu::Nginx;
use Mitzu::Redis;
use Mitzu::Test;
use Test::More;
use Time::HiRes qw(time sleep);

my $redis = Mitzu::Redis->new;
my %nginx = (redis => $redis->url, workers => 2,
    main => 'thread_pool tools threads=2;', http => <<'EOT', location => <<'EOT2');
log_format mcp '$status $mitzu_mcp_method $mitzu_mcp_tool $mitzu_mcp_status '
               '$mitzu_mcp_era $mitzu_mcp_user $mitzu_mcp_project '
               '$mitzu_mcp_conversation $mitzu_mcp_run';
EOT
access_log logs/mcp.log mcp;
mitzu_mcp_heartbeat 300ms;
mitzu_mcp_thread_pool tools;
mitzu_mcp_conversation_url https://app.example.com/c/$mitzu_mcp_conversation;
EOT2
my $nginx = Mitzu::Nginx->new(%nginx);
my $other = Mitzu::Nginx->new(%nginx, name => 'nginx2');
my $mcp = Mitzu::MCP->new(port => $nginx->{port});
my $modern = Mitzu::MCP->new(port => $nginx->{port}, era => 'modern');

# --- no worker yet ---

my $run = $mcp->call('run_analytics_agent',
    { prompt => 'how many purchases last month?' });
is($run->{status}, 'running', 'run returns at once');
like($run->{conversation_id}, qr/^c_[a-z2-7]{26}$/, 'a conversation id');
like($run->{prompt_id}, qr/^p_[a-z2-7]{26}$/, 'a prompt id');
is($run->{conversation_url},
    "https://app.example.com/c/$run->{conversation_id}", 'its url');

my $s = $mcp->call('get_analytics_agent_status', {
    conversation_id => $run->{conversation_id}, wait_seconds => 0 });
is($s->{status}, 'running', 'queued counts as running');
is($s->{phase}, 'queued', '.. in phase queued');
like($s->{hint}, qr/no worker/, '.. and the hint says what is missing');

# Heartbeats come while nothing happens.
my $began = time;
my $r = $mcp->request('tools/call', { name => 'get_analytics_agent_status',
    arguments => { conversation_id => $run->{conversation_id},
        wait_seconds => 2 } });
ok($r->{stream}, 'a wait is answered as a stream');
ok($r->{comments} >= 3, "heartbeats: $r->{comments}");
ok(time - $began >= 1.9 && time - $began < 6, 'the wait is as long as asked');
is($r->{headers}{'x-accel-buffering'}, 'no', 'X-Accel-Buffering: no');
like($r->{headers}{'cache-control'}, qr/no-(?:store|cache)/, 'Cache-Control');

# A client that takes JSON only gets JSON.
$r = $mcp->request('tools/call', { name => 'get_analytics_agent_status',
    arguments => { conversation_id => $run->{conversation_id},
        wait_seconds => 1 } }, headers => []);
my $plain = Mitzu::HTTP->once($nginx->{port}, 'POST', '/mcp', headers => [
    'Content-Type' => 'application/json', Accept => 'application/json' ],
    body => Mitzu::MCP::json()->encode($mcp->message('tools/call', {
        name => 'get_analytics_agent_status', arguments => {
            conversation_id => $run->{conversation_id},
            wait_seconds => 1 } })));
like($plain->{headers}{'content-type'}, qr{^application/json},
    'a client that takes only JSON gets JSON');

# A client that leaves ends its wait and nothing else.
for (1 .. 20) {
    my $c = $mcp->start('tools/call', { name => 'get_analytics_agent_status',
        arguments => { conversation_id => $run->{conversation_id},
            wait_seconds => 50 } });
    $c->read_head if $_ % 2;
    $c->close;
}
ok(wait_for(5, sub {
    !@{ $redis->cmd('PUBSUB', 'CHANNELS', 'mitzu:run:*') } }),
    'no subscription is left when the clients are gone');

# --- a worker comes ---

my $agent = Mitzu::Agent->new(redis => $redis->url,
    warehouse => sample_warehouse(), runners => 2);

$s = $mcp->await($run);
is($s->{status}, 'completed', 'the queued question is answered')
    or diag(explain($s), $agent->log);
like($s->{answer}, qr/\d/, 'the answer has a number');
ok($s->{spec} && $s->{sql} && $s->{assumptions}, 'spec, sql, assumptions');
is($s->{spec}{kind}, 'segmentation', 'the right kind of analysis');
ok(@{ $s->{artifacts} } >= 1, 'there are artifacts');

# Progress over SSE while it runs.
$run = $mcp->call('run_analytics_agent',
    { prompt => 'What is the conversion rate from product view to purchase?' });
$r = $mcp->request('tools/call', { name => 'get_analytics_agent_status',
    arguments => { conversation_id => $run->{conversation_id},
        prompt_id => $run->{prompt_id} } }, token => 'tok');
$s = $r->{message}{result}{structuredContent};
is($s->{status}, 'completed', 'a funnel is answered');
if ($r->{stream}) {
    my @p = map { $_->{params}{progress} } @{ $r->{notes} };
    ok(@p >= 1, 'progress notifications came');
    ok(!grep({ $p[$_] <= $p[ $_ - 1 ] } 1 .. $#p), '.. strictly increasing');
    is_deeply([ grep { $_->{params}{progressToken} ne 'tok' }
        @{ $r->{notes} } ], [], '.. with the token');
} else {
    pass('it was quicker than the poll') for 1 .. 3;
}
like($s->{answer}, qr/%/, 'the answer has a rate');

# --- the conversation goes on, on another node, in the other era ---

my $second = Mitzu::MCP->new(port => $other->{port}, era => 'modern');
my $next = $second->call('run_analytics_agent', { prompt => 'now by country',
    conversation_id => $run->{conversation_id} });
is($next->{status}, 'running', 'a follow-up on another node');
is($next->{conversation_id}, $run->{conversation_id}, '.. same conversation');
$s = $mcp->await($next);
is($s->{status}, 'completed', '.. followed on the first node')
    or diag(explain $s);
is($s->{spec}{kind}, 'funnel', '.. still a funnel');
is_deeply($s->{spec}{breakdown}, ['country'], '.. by country');

# --- artifacts ---

my ($table) = grep { $_->{kind} eq 'table' } @{ $s->{artifacts} };
my ($lines) = grep { $_->{kind} eq 'json' } @{ $s->{artifacts} };
ok($table && $lines, 'a table and a JSON artifact');

for my $c ($mcp, $modern) {
    my $era = $c->{era};
    my $l = $c->call('list_agent_artifacts',
        { conversation_id => $run->{conversation_id} });
    ok((grep { $_->{artifact_id} eq $table->{artifact_id} }
        @{ $l->{artifacts} }), "$era: listed");

    my $i = $c->call('inspect_artifact',
        { artifact_id => $table->{artifact_id} });
    is($i->{kind}, 'table', "$era: inspected");
    is($i->{prompt_id}, $next->{prompt_id}, "$era: provenance");
    ok($i->{sql} && $i->{spec} && length $i->{digest} == 64, "$era: spec, sql, digest");

    my $d = $c->call('describe_table_artifact',
        { artifact_id => $table->{artifact_id}, head => 3 });
    is($d->{row_count}, $i->{rows}, "$era: described");
    is(scalar @{ $d->{head} }, $d->{row_count} < 3 ? $d->{row_count} : 3, "$era: head");

    my (@rows, $page);
    my $offset = 0;
    do {
        $page = $c->call('query_table_artifact', {
            artifact_id => $table->{artifact_id}, limit => 4,
            offset => $offset });
        push @rows, @{ $page->{rows} };
        $offset = $page->{next_offset};
    } while defined $offset && @rows < 1000;
    is(scalar @rows, $i->{rows}, "$era: all rows, page by page");

    my ($country) = grep { $d->{columns}[$_]{name} eq 'country' }
        0 .. $#{ $d->{columns} };
    ok(defined $country, "$era: a country column");
    my $name = $rows[0][$country];
    my $f = $c->call('query_table_artifact', {
        artifact_id => $table->{artifact_id},
        filters => [ { column => 'country', op => 'eq', value => $name } ] });
    is_deeply([ grep { $_->[$country] ne $name } @{ $f->{rows} } ], [],
        "$era: filtered");
    ok($f->{matched_rows} < $f->{total_rows}, "$era: .. to fewer");

    my $j = $c->call('read_json_artifact', { reads => [
        { artifact_id => $lines->{artifact_id}, limit => 2 },
        { artifact_id => $lines->{artifact_id}, path => '/0/country' } ] });
    is(scalar @{ $j->{results}[0]{value} }, 2, "$era: two JSON rows");
    is($j->{results}[1]{value}, $j->{results}[0]{value}[0]{country},
        "$era: a JSON pointer");

    my $g = $c->call('grep_json_artifact', {
        artifact_id => $lines->{artifact_id}, pattern => $name });
    ok($g->{total_matches} >= 1, "$era: grep");
}

# --- busy, take-over, attach ---

kill 'STOP', $_ for $agent->{pid}, $agent->runner_pids;
$run = $mcp->call('run_analytics_agent', { prompt => 'signups this year by month' });
my $busy = $mcp->call('run_analytics_agent', { prompt => 'something else',
    conversation_id => $run->{conversation_id} });
is($busy->{status}, 'busy', 'a second question is busy');
is($busy->{prompt_id}, $run->{prompt_id}, '.. and names the running one');
my $again = $mcp->call('run_analytics_agent',
    { prompt => 'signups this year by month' });
is($again->{prompt_id}, $run->{prompt_id}, 'the same question attaches');
ok($again->{attached}, '.. and says so');
my $taken = $mcp->call('run_analytics_agent', { prompt => 'purchases per week',
    conversation_id => $run->{conversation_id}, cancel_running => JSON::PP::true });
is($taken->{status}, 'running', 'cancel_running takes over');
$s = $mcp->call('get_analytics_agent_status', {
    conversation_id => $run->{conversation_id},
    prompt_id => $run->{prompt_id} });
is($s->{status}, 'cancelled', '.. the first is cancelled');
kill 'CONT', $_ for $agent->{pid}, $agent->runner_pids;
is($mcp->await($taken)->{status}, 'completed', '.. the second is answered');

# --- what cannot be answered is said ---

$s = $mcp->ask('average NPS score by country');
is($s->{status}, 'completed', 'a question beyond the data is answered');
like($s->{answer}, qr/nps/i, '.. by saying what is missing');
is(scalar @{ $s->{artifacts} || [] }, 0, '.. without a made-up table');
$s = $mcp->ask('delete all test users from the events table');
like($s->{answer}, qr/read|cannot|only/i, 'a write is refused in words');
$s = $mcp->ask("'; DROP TABLE events; --");
is($s->{status}, 'completed', 'an injection is a question like any other');

# --- what the access log says ---

$r = $mcp->call('run_analytics_agent', { prompt => 'purchases today' });
$mcp->await($r);
my ($line) = grep { /tools\/call run_analytics_agent/
    && /\Q$r->{prompt_id}\E/ } split /\n/,
    slurp("$nginx->{dir}/logs/mcp.log");
is($line, "200 tools/call run_analytics_agent running legacy developer "
    . "development $r->{conversation_id} $r->{prompt_id}",
    'the variables of a call');
unlike(slurp("$nginx->{dir}/logs/mcp.log") . $nginx->log, qr/purchases today/,
    'no question in a log');

# --- after all that ---

is_deeply([ leaks($redis) ], [], 'nothing is left in Redis');

finish();
