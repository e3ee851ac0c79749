#!/usr/bin/perl

# The official clients: the TypeScript SDK 1.x and 2.x (legacy and auto) and
# the MCP Inspector's command line connect, list, call, follow, are cut off
# and go on, cancel.

use strict;
use warnings;

use JSON::PP;
use Mitzu::Agent;
use Mitzu::HTTP;
use Mitzu::MCP;
use Mitzu::Nginx;
use Mitzu::Peer;
use Mitzu::Proxy;
use Mitzu::Redis;
use Mitzu::Test;
use Mitzu::Worker;
use Test::More;
use Time::HiRes qw(time sleep);

my $json = JSON::PP->new->canonical->utf8;
my $node = Mitzu::Peer::node();
my $peers = Mitzu::Peer::dir();

my $redis = Mitzu::Redis->new;
my $nginx = Mitzu::Nginx->new(redis => $redis->url, server =>
    'location = /status { mitzu_mcp_status; }');
my $agent = Mitzu::Agent->new(redis => $redis->url,
    warehouse => sample_warehouse(), runners => 1);
my $url = "http://127.0.0.1:$nginx->{port}/mcp";

# --- a question, its answer, its table: the real agent ---

my %version = (sdk1 => '2025-11-25', 'sdk2-legacy' => '2025-11-25',
    'sdk2-auto' => '2026-07-28');

for my $kind (sort keys %version) {
    my $out = qx(cd '$peers' && '$node' ask.mjs $kind $url \\
        'What is the conversion rate from product view to purchase in the last 90 days?' \\
        'now by country' 2>&1);
    my $seen = eval { $json->decode($out) };
    ok($seen, "$kind runs") or do { diag($out); next };
    is(scalar @{ $seen->{tools} }, 8, "$kind: eight tools");
    is($seen->{version}, $version{$kind}, "$kind: protocol version")
        if defined $seen->{version};
    is($seen->{answers}[0]{status}, 'completed', "$kind: answered");
    is_deeply($seen->{answers}[1]{spec}{breakdown}, ['country'],
        "$kind: the follow-up continued the conversation");
    my @p = map { $_->[0] } @{ $seen->{progress} };
    ok(@p >= 1, "$kind: progress was seen");
    my $total = $seen->{pages}[0]{total_rows};
    my $rows = 0;
    $rows += @{ $_->{rows} } for @{ $seen->{pages} };
    ok($total > 4 && $rows == $total, "$kind: $rows rows over "
        . @{ $seen->{pages} } . ' pages');
    ok($seen->{refused}{isError}, "$kind: a bad id is an error result");
}
$agent->stop;

# --- streams that break: the worker is the test ---

my $worker = Mitzu::Worker->new(redis => $redis);
my $asked = 0;

# Asks and claims; gives the ids.
sub ask {
    my ($peer) = @_;
    my $r = $peer->do('call', { name => 'run_analytics_agent', arguments =>
        { prompt => "signups by week, question @{[ ++$asked ]}" } });
    my $run = $r->{result}{structuredContent};
    ok($run && $worker->claim($run), "$peer->{kind}: asks")
        or diag(explain $r);
    return $run;
}

sub status_of {
    my ($run) = @_;
    return { name => 'get_analytics_agent_status', arguments => {
        conversation_id => $run->{conversation_id},
        prompt_id => $run->{prompt_id}, wait_seconds => 40 } };
}

sub says {
    my ($text) = @_;
    return sub { ($_[0]{progress}{message} || '') =~ /\Q$text\E/ };
}

sub watched {
    my ($run) = @_;
    return scalar @{ $redis->cmd('PUBSUB', 'CHANNELS',
        "mitzu:run:$run->{prompt_id}") };
}

for my $kind (sort keys %version) {
    my $is_modern = $kind eq 'sdk2-auto';
    my $proxy = Mitzu::Proxy->new(name => "proxy-$kind",
        target => $nginx->{port});
    my $peer = Mitzu::Peer->new($kind, "http://127.0.0.1:$proxy->{port}/mcp");
    my $hello = ($peer->until(sub { $_[0]{connected} }) || {})->{connected};
    ok($hello, "$kind: connects") or next;
    is($hello->{version}, $version{$kind}, '.. speaks its revision');
    is(!!$hello->{session}, !$is_modern, '.. with a session, or without');
    ok($hello->{capabilities}{$_}, ".. is offered $_")
        for qw(tools resources prompts completions);

    is(scalar @{ $peer->do('tools')->{result}{tools} }, 8,
        "$kind: lists tools");
    my $list = $peer->do('resources')->{result}{resources};
    ok(@$list >= 1, '.. resources');
    is($peer->do('templates')->{result}{resourceTemplates}[0]{uriTemplate},
        'mitzu://artifacts/{id}', '.. templates');
    is(scalar @{ $peer->do('prompts')->{result}{prompts} }, 6, '.. prompts');
    my $text = $peer->do('read', { uri => $list->[0]{uri} });
    ok(length $text->{result}{contents}[0]{text}, "$kind: reads a resource");
    my $prompt = $peer->do('prompt', { name => 'funnel', arguments => {
        first_event => 'product_view', second_event => 'purchase' } });
    like($prompt->{result}{messages}[0]{content}{text},
        qr/from product_view to purchase/, '.. gets a prompt');
    is_deeply($peer->do('complete', { ref => { type => 'ref/prompt',
        name => 'funnel' }, argument => { name => 'first_event',
        value => 'product_v' } })->{result}{completion}{values},
        ['product_view'], '.. completes an argument');
    like($peer->do('read', { uri => 'mitzu://artifacts/a_' . 'a' x 26 })
        ->{error} || '', qr/no resource/, '.. is told what is not there');

    # The connection breaks while progress comes.
    my $run = ask($peer);
    $peer->tell('call', 'watch', status_of($run));
    $worker->event($run, 'querying', "event $_") for 1 .. 3;
    ok($peer->until(says('event 3')), "$kind: follows progress");
    $proxy->mode('cut');
    ok(wait_for(5, sub { !watched($run) || !$is_modern }), '.. is cut off');
    $worker->event($run, 'querying', "event $_") for 4 .. 6;
    if ($is_modern) {

        # This revision has no resumption: the client says that its stream
        # broke, and whoever called calls again.
        ok($peer->until(sub { $_[0]{trouble} }), '.. and says so');
        is($worker->run($run)->{status}, 'running', '.. the run goes on');
        $peer->tell('cancel', 'watch');
        $peer->result('watch');
        $peer->tell('call', 'watch', status_of($run));
    }
    ok($peer->until(says('event 6')), "$kind: and goes on where it broke");
    ok($worker->finish($run, 'The answer.'), '.. until the run ends');
    my $r = $peer->result('watch');
    is($r->{result}{structuredContent}{answer}, 'The answer.', '.. answered')
        or diag(explain $r);
    my @heard = map { ($_->{progress}{message} || '') =~ /^(event \d)$/ }
        @{ $peer->{said} };
    @heard = @heard[ 3 .. $#heard ] if $is_modern;
    is_deeply(\@heard, [ map { "event $_" } 1 .. 6 ],
        '.. and no event is lost or comes twice');
    is($peer->requests(resumes => JSON::PP::true, status => 200),
        $is_modern ? 0 : 1, '.. resumed by Last-Event-ID, where there is one')
        or diag(explain $peer->{said});

    # Cancelling: the wait ends, and where that can be said, the run.
    $run = ask($peer);
    $peer->tell('call', 'unwanted', status_of($run));
    $worker->event($run, 'querying', 'before');
    $peer->until(says('before'));
    ok(watched($run), "$kind: waits");
    $peer->tell('cancel', 'unwanted');
    ok(exists $peer->result('unwanted')->{error}, "$kind: cancels");
    ok(wait_for(5, sub { !watched($run) }), '.. and nobody waits any more');
    if ($is_modern) {
        is($worker->run($run)->{status}, 'running', '.. while the run goes on');
        ok($worker->finish($run, 'Done.'), '.. to its end');
    } else {
        ok(wait_for(5, sub { $worker->run($run)->{status} eq 'cancelled' }),
            '.. and the run is cancelled');
    }
    is($peer->do('call', status_of($run))->{result}{structuredContent}{status},
        $is_modern ? 'completed' : 'cancelled', '.. which can be asked for');

    # Its own time is over: the run is not meant.
    $run = ask($peer);
    $peer->tell('call', 'hasty', status_of($run), timeout => 1000);
    like($peer->result('hasty')->{error} || '', qr/timed out/i,
        "$kind: waits no longer than it wants to");
    ok(wait_for(5, sub { !watched($run) }), '.. nor does the call');
    is($worker->run($run)->{status}, 'running', '.. but the run goes on');
    ok($worker->finish($run, 'Done.'), '.. to its end');
    is($peer->do('call', status_of($run))->{result}{structuredContent}{status},
        'completed', '.. which can be asked for');

    # The node reloads while the client follows.
    $run = ask($peer);
    $peer->tell('call', 'reloaded', status_of($run));
    $worker->event($run, 'querying', 'before it');
    $peer->until(says('before it'));
    my ($old) = $nginx->worker_pids;
    $nginx->signal('HUP');
    ok(wait_for(20, sub { !kill 0, $old }), "$kind: the node reloads");
    if ($is_modern) {
        is($peer->result('reloaded')->{result}{structuredContent}{status},
            'running', '.. and answers with what it knows');
        $peer->tell('call', 'reloaded', status_of($run));
    }
    $worker->event($run, 'querying', 'after it');
    ok($peer->until(says('after it')), '.. the client goes on');
    $worker->finish($run, 'As if nothing were.');
    is($peer->result('reloaded')->{result}{structuredContent}{answer},
        'As if nothing were.', '.. to the answer');

    # News come by the stream of the session.
    if (!$is_modern) {
        $run = ask($peer);
        my $told;
        for my $n (1 .. 15) {

            # The stream ended with its node and is opened again soon.
            $worker->artifact($run, "rows $n", '{"a":1}');
            last if $told = $peer->until(sub { ($_[0]{notice} || '')
                eq 'notifications/resources/list_changed' }, 1);
        }
        ok($told, "$kind: is told of a new artifact");
        $worker->finish($run, 'Done.');
    }

    ok($peer->stop, "$kind: says good-bye");
    is($peer->requests(http => 'DELETE', status => 200), $is_modern ? 0 : 1,
        '.. and ends its session');
    $proxy->stop;
}

# --- the MCP Inspector's command line ---

# One command is one process that connects, asks once and ends: there is
# nothing that it could take up again when its connection breaks, and no way
# to cancel but to end it, which is a broken connection to the server.  What
# it can do is shown: connect (in both eras), list, call, follow a stream to
# its answer, read, get a prompt, and be gone.

my $inspector = "$peers/node_modules/\@modelcontextprotocol/inspector/"
    . 'clients/launcher/build/index.js';
my $home = temp_dir() . '/home';
mkdir $home;

sub inspect_command {
    my ($era, @args) = @_;
    return ($node, $inspector, '--cli', $url, '--transport', 'http',
        '--format', 'json', '--protocol-era', $era, @args);
}

my %inspector_env = (HOME => $home, MCP_INSPECTOR_SECRET_STORE => 'memory');

# The result of a command, or { exit, text }.
sub inspect {
    my @command = inspect_command(@_);
    local %ENV = (%ENV, %inspector_env);
    open my $errors, '>&', \*STDERR or die "$!\n";
    open STDERR, '>>', temp_dir() . '/inspector.log' or die "$!\n";
    my $opened = open my $from, '-|', @command;
    open STDERR, '>&', $errors or die "$!\n";
    die "$inspector does not run\n" unless $opened;
    my $text = do { local $/; <$from> };
    close $from;
    my $r = eval { $json->decode($text) };
    return $r && ref $r eq 'HASH' ? $r->{result} || $r
        : { exit => $? >> 8, text => $text };
}

$agent->start;
for my $era (qw(legacy modern)) {
    my $what = "inspector, $era";
    my $r = inspect($era, '--method', 'tools/list');
    is(scalar @{ $r->{tools} || [] }, 8, "$what: connects and lists tools")
        or diag(explain $r);
    $r = inspect($era, '--method', 'resources/list');
    my ($csv) = grep { ($_->{mimeType} || '') eq 'text/csv' }
        @{ $r->{resources} || [] };
    ok($csv, "$what: lists resources") or diag(explain $r);
    $r = inspect($era, '--method', 'resources/read', '--uri', $csv->{uri});
    like($r->{contents}[0]{text} || '', qr/,/, "$what: reads one");
    $r = inspect($era, '--method', 'prompts/list');
    is(scalar @{ $r->{prompts} || [] }, 6, "$what: lists prompts");
    $r = inspect($era, '--method', 'prompts/get', '--prompt-name', 'top_values',
        '--prompt-args', 'property=country');
    like($r->{messages}[0]{content}{text} || '', qr/country/,
        "$what: gets a prompt");

    $r = inspect($era, '--method', 'tools/call', '--tool-name',
        'run_analytics_agent', '--tool-args-json',
        $json->encode({ prompt => "purchases by country, $era" }));
    my $run = $r->{structuredContent} || {};

    # Of the modern revision it speaks the tasks extension, too.
    is($run->{status}, $era eq 'modern' ? 'completed' : 'running',
        "$what: calls" . ($era eq 'modern' ? ', and follows the task' : ''))
        or diag(explain $r);
    $r = inspect($era, '--method', 'tools/call', '--tool-name',
        'get_analytics_agent_status', '--tool-args-json', $json->encode({
        conversation_id => $run->{conversation_id}, wait_seconds => 30 }));
    is($r->{structuredContent}{status}, 'completed',
        "$what: follows a stream to its answer") or diag(explain $r);
    $r = inspect($era, '--method', 'tools/call', '--tool-name',
        'inspect_artifact', '--tool-args-json', '{"artifact_id":"nothing"}');
    like($json->encode($r), qr/no artifact|artifact_id/,
        "$what: is told what is wrong");
}
my $strict = qx(HOME='$home' '$node' '$inspector' --cli '$url' \\
    --transport http --method tools/list --strict 2>&1 >/dev/null);
is($? >> 8, 0, 'inspector --strict: no fault in the schemas of the tools')
    or diag($strict);

# None of them needs a rule to be stretched.
is_deeply([ grep { !/ 0$/ } Mitzu::HTTP->once($nginx->{port}, 'GET', '/status')
    ->{body} =~ /^(mitzu_mcp_tolerated_total.*)$/mg ], [],
    'nothing was tolerated for an official client');

# Killed while it waits: the server lets go of the wait, the run goes on.
kill 'STOP', $agent->{pid}, $agent->runner_pids;
for my $era (qw(legacy modern)) {
    my $run = Mitzu::MCP->new(port => $nginx->{port})->call(
        'run_analytics_agent', { prompt => "logins by method, $era" });
    my $pid = spawn_process(name => "inspector-$era", env => \%inspector_env,
        cmd => [ inspect_command($era, '--method', 'tools/call', '--tool-name',
        'get_analytics_agent_status', '--tool-args-json', $json->encode({
        conversation_id => $run->{conversation_id}, wait_seconds => 50 })) ]);
    ok(wait_for(20, sub { watched($run) }), "inspector, $era: waits");
    kill_process($pid);
    ok(wait_for(5, sub { !watched($run) }), '.. until it is ended');
    my ($key) = @{ $redis->cmd('KEYS', "*:run:$run->{prompt_id}") };
    is($redis->hash($key)->{status}, 'queued', '.. and the run is still there');
}
kill 'CONT', $agent->{pid}, $agent->runner_pids;

is_deeply([ $redis->strange_keys ], [], 'only documented keys in Redis');

finish();
