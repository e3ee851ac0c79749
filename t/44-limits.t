#!/usr/bin/perl

# How much one may ask: mitzu_mcp_run_limit of a user and of a project and
# mitzu_mcp_max_queued, counted over two nodes; and that a project with many
# runs in line holds up another's by next to nothing.

use strict;
use warnings;

use JSON::PP;
use Mitzu::Agent;
use Mitzu::MCP;
use Mitzu::Nginx;
use Mitzu::Redis;
use Mitzu::Seal;
use Mitzu::Test;
use Mitzu::Worker;
use Test::More;
use Time::HiRes qw(time sleep);

my $redis = Mitzu::Redis->new;

# Whose request it is says the token: <user>-<project>.
my $http = <<'EOT';
    map $http_authorization $t_user { "~^Bearer (\w+)-" $1; }
    map $http_authorization $t_project { "~^Bearer \w+-(\w+)$" $1; }
EOT
my $auth = <<'EOT';
    mitzu_mcp_auth /_auth;
    mitzu_mcp_auth_set user $t_user;
    mitzu_mcp_auth_set project $t_project;
EOT
my @paths = (
    [ user => 'mitzu_mcp_run_limit rate=1r/h burst=2;' ],
    [ parallel => 'mitzu_mcp_run_limit concurrent=2;' ],
    [ project => 'mitzu_mcp_run_limit project rate=1r/h burst=3;' ],
    [ crowd => 'mitzu_mcp_run_limit project concurrent=3;' ],
    [ both => 'mitzu_mcp_run_limit concurrent=1;
        mitzu_mcp_run_limit project concurrent=50 rate=1r/h burst=2;' ],
    [ queue => 'mitzu_mcp_max_queued 4;' ],
    [ free => '' ],
);
my $server = "location = /_auth { internal; return 204; }\n"
    . join '', map { "location = /$_->[0] { mitzu_mcp on; $auth
        mitzu_mcp_redis @{[ $redis->url ]} prefix=$_->[0]; $_->[1] }\n" } @paths;

my @nodes = map { Mitzu::Nginx->new(bare => 1, name => "n$_", http => $http,
    server => $server) } 1, 2;

# --- looking inside ---

sub keys_of { return @{ $redis->cmd('KEYS', $_[0]) } }

sub key_of {
    my ($prefix, $pid) = @_;
    return (keys_of("$prefix:*:run:$pid"))[0];
}

# script(prefix, scope, name, arguments)
sub script {
    my ($prefix, $scope, $name, @args) = @_;
    my $part = sprintf '%s:{%02d}', $prefix, hex(substr $scope, 0, 8) % 16;
    my $dir = root_dir() . '/src/store/scripts';
    return $redis->cmd('EVAL', slurp("$dir/lib.lua") . "\n"
        . slurp("$dir/$name.lua"), 2, $part, "$part:$scope", @args);
}

sub cancel {
    my ($prefix, $run) = @_;
    my $pid = $run->{prompt_id};
    my ($scope) = key_of($prefix, $pid) =~ /:([0-9a-f]{32}):run:/;
    return script($prefix, $scope, 'cancel', 0, $pid, 'test')->[0];
}

my %clients;
sub client {
    my ($path, $who, $node) = @_;
    return $clients{"$path $who $node"} ||= Mitzu::MCP->new(
        port => $nodes[$node]{port}, path => "/$path", token => $who,
        timeout => 30);
}

# ask(path, who, prompt, node, more arguments): what the tool says.
my $turn = 0;
sub ask {
    my ($path, $who, $prompt, %more) = @_;
    my $node = $turn++ % 2;
    my $r = client($path, $who, $node)->request('tools/call',
        { name => 'run_analytics_agent', arguments =>
            { prompt => $prompt, %more } });
    return $r->{message}{result} || { http => $r->{status} };
}
sub is_running {
    my ($r, $name) = @_;
    is(($r->{structuredContent} || {})->{status}, 'running', $name)
        or diag explain $r;
    return $r->{structuredContent};
}
sub is_limited {
    my ($r, $re, $name) = @_;
    ok($r->{isError} && $r->{content}[0]{text} =~ $re
        && $r->{content}[0]{text} =~ /ait (?:until .* or )?\d+ seconds/s, $name)
        or diag explain $r;
}

# --- a user's rate ---

is_running(ask('user', 'ann-p', "question $_"), "one of the burst ($_)")
    for 1 .. 3;
my $r = ask('user', 'ann-p', 'one more');
is_limited($r, qr/You have asked .* rate limit/, 'then the rate counts');
my ($wait) = $r->{content}[0]{text} =~ /Wait (\d+) seconds/;
ok($wait > 3000 && $wait <= 3600, 'the time to wait is that of the rate')
    or diag $wait;
my $again = ask('user', 'ann-p', 'question 3');
ok($again->{structuredContent}{attached}, 'joining a run costs nothing');
is_running(ask('user', 'bob-p', 'question'), 'another user has another limit');
is_running(ask('user', 'ann-q', 'question'), '.. and the same one elsewhere');

# --- a user's runs at a time ---

my @runs = map { is_running(ask('parallel', 'ann-p', "question $_"),
    "run $_") } 1, 2;
is_limited(ask('parallel', 'ann-p', 'a third'),
    qr/You have as many .* running/, 'two at a time');
ok(is_running(ask('parallel', 'ann-p', 'instead', cancel_running => JSON::PP::true(),
    conversation_id => $runs[0]{conversation_id}), 'taking over needs no place'),
    'taken over');
is_limited(ask('parallel', 'ann-p', 'a third'), qr/You have as many/,
    '.. and gives none');
is(cancel('parallel', $runs[1]), 'cancelled', 'one ends');
is_running(ask('parallel', 'ann-p', 'a third'), 'its place is free');

# A run that expired while it waited takes no place for ever.
$redis->cmd('DEL', $_) for keys_of('parallel:*:run:*');
is_running(ask('parallel', 'ann-p', "after $_"), "expired runs count no more ($_)")
    for 1, 2;

# --- a project ---

is_running(ask('project', "user$_-p", 'question'), "user $_ of the project")
    for 1 .. 4;
is_limited(ask('project', 'user5-p', 'question'),
    qr/Your project has asked/, 'the rate of a project counts all its users');
ok(ask('project', 'user4-p', 'question')->{structuredContent}{attached},
    'joining is free at the limit, too');
is_running(ask('project', 'user1-q', 'question'), 'another project is another');

@runs = map { is_running(ask('crowd', "user$_-p", "question"), "user $_") } 1 .. 3;
is_limited(ask('crowd', 'user4-p', 'question'),
    qr/Your project has as many .* running/, 'three of a project at a time');
is(cancel('crowd', $runs[1]), 'cancelled', 'one ends');
is_running(ask('crowd', 'user4-p', 'question'), 'one that is over gives its place');
is_limited(ask('crowd', 'user5-p', 'question'), qr/Your project/, '.. once');

# Who is refused by the user's limit takes no place of the project, and a
# token that was taken for nothing is given back.
is_running(ask('both', 'ann-p', 'a'), 'a run under both limits');
is_limited(ask('both', 'ann-p', 'b'), qr/You have as many/, 'the user is at the limit')
    for 1 .. 3;
is_running(ask('both', "u$_-p", 'a'), "the project's rate was not used up ($_)")
    for 1, 2;
is_limited(ask('both', 'u3-p', 'a'), qr/Your project has asked/, '.. until it is');

# Many at the same moment, on both nodes: not one too many.
my @kids;
for my $k (1 .. 12) {
    my $pid = fork // die "fork: $!";
    if (!$pid) {
        $turn = $k;
        my $x = eval { ask('crowd', "herd$k-herd", 'question') } || {};
        require POSIX;
        POSIX::_exit(($x->{structuredContent}{status} || '') eq 'running' ? 0 : 1);
    }
    push @kids, $pid;
}
my $in = 0;
for (@kids) { waitpid $_, 0; $in++ if $? == 0 }
is($in, 3, 'a limit holds for those who come together');

# --- the whole queue ---

is_running(ask('queue', "u$_-p$_", 'question'), "run $_ waits") for 1 .. 4;
is_limited(ask('queue', 'u9-p9', 'question'), qr/too many questions in line/,
    'the queue of all partitions is full');

# --- what is left ---

my @limits = grep { /:(?:limits|project:.*)$/ } keys_of('*');
ok(@limits > 10, 'limits have keys');
is(join(' ', grep { $redis->cmd('TTL', $_) < 0 } @limits), '', '.. which expire');

# --- fair: a thousand runs in line, and then one of another project ---

my $agent = Mitzu::Agent->new(redis => $redis->url, runners => 2, stopped => 1,
    warehouse => sample_warehouse(), args => [ '--prefix', 'free',
    '--no-publish' ]);
my @scopes = map { Mitzu::Seal::scope('i', "user$_", 'big') } 1 .. 25;
for my $n (1 .. 1000) {
    my $r = script('free', $scopes[$n % 25], 'submit', 0, Mitzu::Worker::id('c'),
        1, Mitzu::Worker::id('p'), "how many purchases last month? $n", 'A title',
        0, '', 0, 3600, 2, 60000, '', 'b' x 32, 0, 0, 0, 0, 0, 1);
    die "submit: @$r" if $r->[0] ne 'running';
}
my $one = is_running(ask('free', 'bob-single', 'how many signups last month?'),
    'one run of another project');
$agent->start;
my $key = key_of('free', $one->{prompt_id});
ok(wait_for(60, sub {
    ($redis->hash($key)->{status} || '') eq 'completed' }), 'is answered')
    or diag explain $redis->hash($key);
kill 'STOP', $agent->{pid}, $agent->runner_pids;
my $started = $redis->hash($key)->{started};
my @all = map { [ $redis->hash($_)->{started} || 9e15, $_ ] }
    grep { /:run:p_[a-z2-7]+$/ } keys_of('free:*');
is(scalar @all, 1001, 'all runs are there');
my $before = grep { $_->[0] < $started && $_->[1] ne $key } @all;
ok($before <= 3, "it was started after $before of the thousand, with 2 runners");
kill 'CONT', $agent->{pid}, $agent->runner_pids;
$agent->stop;

$_->stop for @nodes;
done_testing;
