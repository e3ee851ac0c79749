#!/usr/bin/perl

# What happens between two events: news that wait when a call ends, clients
# that leave in the middle of a batch, sessions ended while Redis was away.

use strict;
use warnings;

use IO::Socket::UNIX;
use Mitzu::Conformance;
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
my $nginx = Mitzu::Nginx->new(redis => $redis->url,
    main => Mitzu::Conformance::main_conf(),
    location => 'mitzu_mcp_heartbeat 300ms;');
Mitzu::Conformance::ready($nginx);

sub session {
    my $c = Mitzu::MCP->new(port => $nginx->{port}, @_);
    $c->open;
    return $c;
}

# What the session is called in Redis, and when it expires.
sub name_of {
    my ($c) = @_;
    my $seal = Mitzu::Seal->new($redis->hash('mitzu:meta')->{key});
    my ($expires, $payload) = $seal->open('s', Mitzu::Seal::scope(),
        $c->{session});
    return (unpack('H*', substr $payload, 0, 16), $expires);
}

# Commands that Redis gets, and its subscribers hear of, in one piece.
sub at_once {
    my $s = IO::Socket::UNIX->new(Peer => $redis->{socket}) or die "$!\n";
    my $text = '';
    for my $c (@_) {
        $text .= '*' . @$c . "\r\n";
        $text .= '$' . length($_) . "\r\n$_\r\n" for @$c;
    }
    syswrite $s, $text;
    Mitzu::Redis::reply($s) for @_;
}

# --- a call ends while it has more to hear ---

{
    my $c = session();
    my ($name) = name_of($c);
    my ($http, $head) = $c->bare('GET');
    is($head->{status}, 200, 'a client listens');

    $redis->cmd('SET', "$worker->{base}:session:$name:subs", 'no set');
    at_once(map { [ 'PUBLISH', 'mitzu:control', "session $name" ] } 1 .. 9);

    my $e = $c->next_message($http, 10);
    ok($e && $e->{message}{error} || !$e,
        '.. and its stream ends at what Redis has in its place');
    $http->close;
    is(session()->request('ping', {})->{status}, 200, '.. others go on');
}

# --- the client leaves at the first of a batch ---

{
    my $c = session(version => '2025-03-26');
    my @batch = map { { jsonrpc => '2.0', id => $_->[0],
        method => 'tools/call', params => { name => $_->[1],
            arguments => $_->[2] } } }
        [ 1, 'test_tool_with_progress', {} ],
        [ 2, 'run_analytics_agent', { prompt => 'purchases last month' } ];

    # Redis knows the script from here on: a command that is sent is run.

    session()->call('run_analytics_agent', { prompt => 'users by country' });
    my $runs = sub { scalar grep { /:run:p_\w+$/ }
        @{ $redis->cmd('KEYS', 'mitzu:*') } };
    is($runs->(), 1, 'a run');

    my ($pid) = $nginx->worker_pids;
    kill 'STOP', $pid;
    my $http = Mitzu::HTTP->new(port => $nginx->{port});
    $http->send_request('POST', '/mcp', headers => [
        $c->headers('tools/call', {}) ], body => $json->encode(\@batch));
    shutdown $http->{sock}, 1;
    kill 'CONT', $pid;
    wait_for(10, sub { $nginx->access_log =~ / 499 / });
    sleep 0.5;
    is($runs->(), 1,
        'a client that leaves at the first of a batch asks for no other');
    $http->close;
}

# --- more listeners than are told in one turn ---

{
    my $c = session();
    my @listening = map { [ $c->bare('GET') ]->[0] } 1 .. 300;
    my @lists = map { $_ % 2 ? 'tools' : 'prompts' } 1 .. 5;
    at_once(map { [ 'PUBLISH', 'mitzu:control', "changed $_ *" ] } @lists);

    my $heard = 0;
    for my $http (@listening) {
        my @got = map { my $m = $c->next_message($http, 10);
            $m ? $m->{message}{method} : '' } @lists;
        $heard++ if "@got" eq join ' ',
            map { "notifications/$_/list_changed" } @lists;
        $http->close;
    }
    is($heard, scalar @listening, 'each listener is told of each, in order');
}

# --- Redis is emptied, and another node makes a new key ---

{
    my $other = Mitzu::Nginx->new(redis => $redis->url, name => 'nginx2');
    my $old = session();
    my $there = Mitzu::MCP->new(port => $other->{port});
    is($old->on($other->{port})->request('ping', {})->{status}, 200,
        'a session, on another node');
    $redis->cmd('FLUSHALL');
    $other->stop;
    $other->start;
    ok(wait_for(10, sub { $there->open; defined $there->{session} }),
        '.. which has a new key');
    my $here = $there->on($nginx->{port});
    ok(wait_for(10, sub { $here->request('ping', {})->{status} == 200 }),
        '.. that the first node hears of when it is asked for a session');
    is($old->request('ping', {})->{status}, 404, '.. and the old one is gone');
    $other->stop;
}

# --- sessions that end while Redis is away ---

for my $try (1 .. 4) {
    my $c = session();
    my ($name, $expires) = name_of($c);

    # As if another node had ended it, and its message had been lost.

    $redis->cmd('ZADD', 'mitzu:ended', $expires, $name);
    is($c->request('ping', {})->{status}, 200, "try $try: a session");
    $redis->stop;
    sleep 1;
    $redis->start;
    ok(wait_for(10, sub { $c->request('ping', {})->{status} == 404 }),
        '.. that another node ended is gone when Redis is back');
}

$nginx->stop;
$redis->stop;
finish();
