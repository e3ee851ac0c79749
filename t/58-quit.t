#!/usr/bin/perl

# A worker that quits, case by case: requests that it has half of, streams
# while Redis is away, HTTP/2, clients that read slowly, a time limit.

use strict;
use warnings;

use Mitzu::HTTP;
use Mitzu::MCP;
use Mitzu::Nginx;
use Mitzu::Redis;
use Mitzu::Test;
use Mitzu::Worker;
use Test::More;
use Time::HiRes qw(time sleep);

my $json = Mitzu::MCP::json();
my $redis = Mitzu::Redis->new;
my $worker = Mitzu::Worker->new(redis => $redis);
my $h2 = free_port();
my $nginx = Mitzu::Nginx->new(redis => $redis->url . ' timeout=2s',
    location => 'mitzu_mcp_heartbeat 300ms;',
    server => "listen 127.0.0.1:$h2 http2;"
        . ' location = /status { mitzu_mcp_status; }');
my $port = $nginx->{port};
my $modern = Mitzu::MCP->new(port => $port, era => 'modern');
my $older = Mitzu::MCP->new(port => $port, version => '2025-06-18');
my $legacy = Mitzu::MCP->new(port => $port);
$legacy->open;
my $asked = 0;

sub ask {
    my $run = $modern->call('run_analytics_agent',
        { prompt => 'purchases last month, no ' . ++$asked });
    $worker->claim($run) or die "no run to claim\n";
    return $run;
}

sub status_of {
    my ($run) = @_;
    return { name => 'get_analytics_agent_status', arguments => {
        conversation_id => $run->{conversation_id}, wait_seconds => 40 } };
}

# The rest of an answer: what is in it, by kind.
sub rest {
    my ($http, $seconds) = @_;
    my %got = (events => []);
    my $end = time + ($seconds || 20);
    if (($http->{head}{headers}{'content-type'} || '') =~ /event-stream/) {
        while (my $e = $http->read_event($end - time)) {
            $got{retry} = $e->{retry} if defined $e->{retry};
            $got{id} = $e->{id} if defined $e->{id};
            next unless length($e->{data} || '');
            my $m = $json->decode($e->{data});
            exists $m->{id} ? $got{answer} = $m : push @{ $got{events} }, $m;
        }
    } else {
        1 while $http->more_body($end);
        $got{answer} = eval { $json->decode($http->{data}) };
    }
    $got{clean} = $http->{clean} || defined $http->{left}
        && $http->{left} == 0;
    $got{running} = ((($got{answer} || {})->{result} || {})
        ->{structuredContent} || {})->{status};
    $http->close;
    return \%got;
}

# Tells the worker to go; its pid, once it knows.
sub reload {
    my ($old) = $nginx->worker_pids;
    my $n = () = $nginx->log =~ /gracefully shutting down/g;
    $nginx->signal('HUP');
    wait_for(20, sub { my $now = () = $nginx->log
        =~ /gracefully shutting down/g; $now > $n }) or die "no reload\n";
    return $old;
}

sub gone {
    my ($pid, $seconds) = @_;
    return wait_for($seconds || 15, sub { !kill 0, $pid });
}

# --- requests that the worker has half of when it is told ---

my $run = ask();
my @halves = (
    [ 'a modern poll', $modern, 'tools/call', status_of($run) ],
    [ 'an older poll', $older, 'tools/call', status_of($run) ],
    [ 'a poll that can be taken up', $legacy, 'tools/call',
        status_of($run) ],
    [ 'a question', $modern, 'tools/call', { name => 'run_analytics_agent',
        arguments => { prompt => 'half a question' } } ],
    [ 'a list', $modern, 'tools/list', {} ],
    [ 'a listener', $modern, 'subscriptions/listen', { notifications =>
        { resourcesListChanged => JSON::PP::true } } ],
    [ 'a GET', $legacy ],
);
for my $row (@halves) {
    my ($what, $c, $method, $params) = @$row;
    my $http = $row->[4] = Mitzu::HTTP->new(port => $port);
    my ($text, @h);
    if ($method) {
        my $body = $json->encode($c->message($method, $params));
        @h = ($c->headers($method, $params),
            'Content-Length' => length $body);
        $text = $body;
    } else {
        @h = (Accept => 'text/event-stream',
            'MCP-Protocol-Version' => $c->{version},
            'Mcp-Session-Id' => $c->{session});
        $text = '';
    }
    my $head = ($method ? 'POST' : 'GET') . " /mcp HTTP/1.1\r\nHost: x\r\n";
    while (my ($k, $v) = splice @h, 0, 2) { $head .= "$k: $v\r\n" }
    $text = "$head\r\n$text";
    my $cut = int(length($text) - ($method ? 10 : 3));
    syswrite $http->{sock}, substr $text, 0, $cut, '';
    $row->[5] = $text;
}
sleep 0.2;
my $old = reload();
sleep 0.5;
ok(kill(0, $old), 'a worker waits for requests that it has half of');
for my $row (@halves) {
    my ($what, $c, $method, undef, $http, $text) = @$row;
    syswrite $http->{sock}, $text;
    my $t = time;
    my $head = $http->read_head(15);
    is($head->{status}, 200, "$what is answered");
    is(lc($head->{headers}{connection} || ''), 'close',
        '.. on a connection that is closed');
    my $got = rest($http);
    ok($got->{clean}, '.. properly');
    ok(time - $t < 10, '.. soon');
    if ($what =~ /modern poll|older|question/) {
        is($got->{running}, 'running', '.. with what is known');
    } elsif ($what =~ /taken up|GET/) {
        ok(!$got->{answer} && $got->{retry}, '.. with a hint to come back');
    } else {
        ok($got->{answer}{result}, '.. with a result');
    }
}
ok(gone($old), 'then it goes');
$worker->finish($run, 'Done.');

# --- Redis is away meanwhile ---

sub streams {
    my ($run) = @_;
    my %http = (
        modern => $modern->start('tools/call', status_of($run)),
        older => $older->start('tools/call', status_of($run), token => 't'),
        legacy => $legacy->start('tools/call', status_of($run)),
        listen => $modern->start('subscriptions/listen', { notifications =>
            { resourcesListChanged => JSON::PP::true } }),
        get => ($legacy->bare('GET'))[0],
    );
    for (values %http) {
        $_->{head} || $_->read_head(10);
        $_->read_event(10);
    }
    ok(wait_for(10, sub { @{ $redis->cmd('PUBSUB', 'CHANNELS',
        "mitzu:run:$run->{prompt_id}") } }), 'streams wait');
    return %http;
}

for my $how (qw(longer shorter)) {
    $run = ask();
    my %http = streams($run);
    $redis->stop;
    $old = reload();
    my $t = time;
    if ($how eq 'shorter') {
        sleep 1;
        $redis->start;
    }
    my %got = map { $_ => rest($http{$_}, 20) } qw(get legacy listen);
    ok((!grep { !$got{$_}{clean} } keys %got), "Redis is away $how than a "
        . 'drain: who need not ask it ends properly');
    ok(!$got{$_}{answer} && $got{$_}{retry}, ".. $_: with a hint")
        for qw(get legacy);
    ok($got{listen}{answer}{result}, '.. listen: with a result');
    %got = map { $_ => rest($http{$_}, 20) } qw(modern older);
    ok((!grep { !$got{$_}{clean} } keys %got), '.. the others, too');
    if ($how eq 'longer') {
        ok($got{$_}{answer}{error}, ".. $_: with an error") for keys %got;
    } else {
        is($got{$_}{running}, 'running', ".. $_: with what is known")
            for keys %got;
    }
    ok(time - $t < 15, '.. soon');
    ok(gone($old), '.. and the worker goes');
    $redis->start if $how eq 'longer';
    ok(wait_for(15, sub { $worker->finish($run, 'Done.') }), 'Redis is back');
    ok(wait_for(15, sub { ($modern->await($run) || {})->{status} }),
        '.. and calls are served');
}

# --- HTTP/2: the connection stays until its streams have ended ---

SKIP: {
    skip 'curl has no HTTP/2', 5 unless qx(curl -V) =~ /\bHTTP2\b/;
    $run = ask();
    my $body = spew(temp_dir() . '/body', $json->encode(
        $modern->message('tools/call', status_of($run), token => 't')));
    my @h = $modern->headers('tools/call', status_of($run));
    my @args;
    while (my ($k, $v) = splice @h, 0, 2) { push @args, '-H', "$k: $v" }
    open my $curl, '-|', 'curl', '-sN', '--http2-prior-knowledge', '-m', 60,
        @args, '--data-binary', "\@$body", '-w', '\n%{http_version}\n',
        "http://127.0.0.1:$h2/mcp" or die "curl: $!";
    ok(wait_for(10, sub { @{ $redis->cmd('PUBSUB', 'CHANNELS',
        "mitzu:run:$run->{prompt_id}") } }), 'HTTP/2: a stream waits');
    $old = reload();
    my $out = do { local $/; <$curl> };
    close $curl;
    is($? >> 8, 0, '.. and ends properly with its worker');
    like($out, qr/"status":"running"/, '.. with what is known');
    like($out, qr/^2$/m, '.. by HTTP/2');
    ok(gone($old), '.. which goes');
    $worker->finish($run, 'Done.');
}

# --- a slow client: held up, not the others, and not for ever ---

$run = ask();
my $slow = $older->start('tools/call', status_of($run), token => 't');
$slow->read_head(10);
$slow->read_event(10);
$worker->event($run, 'querying', "event $_ " . 'x' x 400) for 1 .. 300;
$old = reload();
sleep 1;
my $got = rest($slow);
ok($got->{clean}, 'a client that reads late has its end');
is($got->{running}, 'running', '.. with what is known');
ok(gone($old), '.. and the worker goes');
$worker->finish($run, 'Done.');

# --- worker_shutdown_timeout is shorter than a drain would take ---

my $conf = slurp("$nginx->{dir}/nginx.conf");
$conf =~ s/worker_shutdown_timeout 20s/worker_shutdown_timeout 1s/;
spew("$nginx->{dir}/nginx.conf", $conf);
ok(gone(reload()), 'a reload with a short worker_shutdown_timeout');
$run = ask();
my @many = map { $_ % 2 ? $legacy->start('tools/call', status_of($run))
    : $modern->start('tools/call', status_of($run)) } 1 .. 80;
$_->read_head(10) for @many;
$old = reload();
my @got = map { rest($_) } @many;
is(scalar(grep { !$_->{clean} } @got), 0, '.. cuts no stream');
ok(gone($old), '.. and the worker goes');
$worker->finish($run, 'Done.');

is_deeply([ $redis->strange_keys ], [], 'only documented keys in Redis');

finish();
