#!/usr/bin/perl

# Versions and deployments side by side: what does not fit into a Redis
# keeps its hands off and says so, what fits works together, and old workers
# keep the configuration that they were started with.

use strict;
use warnings;

use File::Copy qw(copy);
use Mitzu::Agent;
use Mitzu::HTTP;
use Mitzu::MCP;
use Mitzu::Nginx;
use Mitzu::Redis;
use Mitzu::Seal;
use Mitzu::Test;
use Mitzu::Worker;
use POSIX qw(WNOHANG);
use Test::More;
use Time::HiRes qw(time sleep);

my $META = 'mitzu:meta';
my $redis = Mitzu::Redis->new;
my $asked = 0;

sub question { return { prompt => 'purchases last month, no ' . ++$asked } }

sub digest {
    return join "\n", map { "$_ " . $redis->cmd('DUMP', $_) }
        sort @{ $redis->cmd('KEYS', '*') };
}

# The log from a mark on.
sub since { return substr $_[0]->log, $_[1] }

# --- a deployment of one version, made by its first process ---

my $nginx = Mitzu::Nginx->new(redis => $redis->url, workers => 2,
    location => 'mitzu_mcp_heartbeat 300ms;');
my $mcp = Mitzu::MCP->new(port => $nginx->{port});
my $run = $mcp->call('run_analytics_agent', question());
is($run->{status}, 'running', 'a run is accepted');
my %meta = %{ $redis->hash($META) };
like($meta{schema}, qr/^\d+$/, 'the deployment says its schema');
is($meta{partitions}, 16, '.. its partitions');
like($meta{key}, qr/^[0-9a-f]{64}$/, '.. and has a key');

# --- one that does not fit: nothing is served, nothing is written ---

my @misfits = (
    [ 'a newer schema', schema => $meta{schema} + 1,
        qr/schema @{[ $meta{schema} + 1 ]}.*knows schema $meta{schema}.*use matching versions, or another prefix/ ],
    [ 'an older schema', schema => $meta{schema} - 1,
        qr/schema @{[ $meta{schema} - 1 ]}.*knows schema $meta{schema}.*use matching versions, or another prefix/ ],
    [ 'other partitions', partitions => 8,
        qr/8 partitions.*16 are configured here: set 8, or use another prefix/ ],
);

sub all_calls {
    my ($c, $run) = @_;
    return map { $c->request('tools/call', $_) } (
        { name => 'run_analytics_agent', arguments => question() },
        { name => 'list_agent_artifacts', arguments => {} },
        { name => 'query_table_artifact', arguments =>
            { artifact_id => 'a_' . 'a' x 26 } },
        { name => 'get_analytics_agent_status', arguments =>
            { conversation_id => $run->{conversation_id},
              wait_seconds => 0 } });
}

# Each worker finds out for itself, within a second.
sub is_served {
    my ($c, $run) = @_;
    my $n = 0;
    return wait_for(15, sub {
        $n = (grep { $_->{status} != 200 } all_calls($c, $run)) ? 0 : $n + 1;
        return $n == 8 });
}

for my $row (@misfits) {
    my ($what, $field, $value, $words) = @$row;
    $redis->cmd('HSET', $META, $field, $value);
    $redis->cmd('SCRIPT', 'FLUSH');

    # Who is there finds out when it connects again.
    my $mark = length $nginx->log;
    $redis->cmd('CLIENT', 'KILL', 'TYPE', $_) for qw(normal pubsub);
    delete $redis->{sock};
    ok(wait_for(10, sub { since($nginx, $mark) =~ $words }),
        "$what: the log says what to do");
    my $before = digest();
    ok(wait_for(10, sub { !grep { $_->{status} != 503 }
        all_calls($mcp, $run) }), '.. calls are refused');
    my @answers = map { all_calls($mcp, $run) } 1 .. 5;
    is((() = grep { $_->{status} != 503 || !$_->{message}{error}
        || ($_->{headers}{'retry-after'} || '') !~ /^\d+$/ } @answers), 0,
        '.. with 503, an error and Retry-After');
    is($mcp->request('tools/list')->{status}, 200,
        '.. what needs no Redis is served');

    # Who starts now, too: one line each, not one for each call.
    my $new = Mitzu::Nginx->new(name => "new-$field-$value", workers => 1,
        redis => $redis->url);
    my $there = Mitzu::MCP->new(port => $new->{port});
    ok(wait_for(10, sub { $new->log =~ /\[error\].*$words/ }),
        "$what: one that starts says so");
    @answers = map { all_calls($there, $run) } 1 .. 5;
    is((() = grep { $_->{status} != 503 } @answers), 0, '.. and refuses');
    my @lines = grep { /\[error\]/ && $_ =~ $words } split /\n/, $new->log;
    is(scalar @lines, 1, '.. once') or diag(explain \@lines);
    @lines = grep { /\[error\]/ && $_ =~ $words }
        split /\n/, since($nginx, $mark);
    ok(@lines >= 1 && @lines <= 2, '.. once a worker');
    is(digest(), $before, "$what: nothing was written");

    # A worker refuses to start.
    my $agent = Mitzu::Agent->new(name => "agent-$field-$value",
        redis => $redis->url, warehouse => sample_warehouse());
    my $pid = $agent->{pid};
    my $log;
    ok(wait_for(20, sub { $log = $agent->log; $log =~ $words }),
        "$what: the worker says what to do") or diag($log);
    ok(wait_for(20, sub { waitpid($pid, WNOHANG) == $pid && $? != 0 }),
        ".. and ends with an error");
    $agent->stop;
    is(digest(), $before, '.. and writes nothing');

    # The right record is found without anybody's help.
    $redis->cmd('HSET', $META, $field, $meta{$field});
    ok(is_served($_, $run), "$what no more: calls are served")
        for $mcp, $there;
    $new->stop;
}

# --- two builds of the same schema on one Redis ---

# The sanitizer build and the other one, if both are there.
my $other_build = is_san() ? 'rel' : 'san';
my $module = build_dir() . "/$other_build/ngx_mitzu_mcp_module.so";

sub follow {
    my ($c, $http, $words) = @_;
    my ($m, $last);
    while ($m = $c->next_message($http, 10)) {
        $last = $m->{id} if defined $m->{id};
        last if exists $m->{message}{id}
            || ($m->{message}{params}{message} || '') =~ $words;
    }
    return ($m, $last);
}

SKIP: {
    skip "no $other_build build", 1 unless -e $module;

    my $other;
    {
        local $ENV{MITZU_SAN} = $other_build eq 'san' ? 1 : 0;
        $other = Mitzu::Nginx->new(name => 'other', redis => $redis->url);
    }
    my $worker = Mitzu::Worker->new(redis => $redis);
    for my $way ([ $nginx, $other ], [ $other, $nginx ]) {
        my ($from, $to) = @$way;
        my $c = Mitzu::MCP->new(port => $from->{port});
        $c->open;
        my $there = $c->on($to->{port});
        is($there->request('ping')->{status}, 200,
            "$from->{name}, $to->{name}: a session of one holds at the other");
        my $run = $c->call('run_analytics_agent', question());
        $worker->claim($run);
        my $http = $c->start('tools/call', { name =>
            'get_analytics_agent_status', arguments => { wait_seconds => 40,
            conversation_id => $run->{conversation_id} } }, token => 't');
        $http->read_head;
        $worker->event($run, 'querying', 'one');
        my (undef, $last) = follow($c, $http, qr/^one/);
        $http->cut;
        $worker->event($run, 'querying', 'two');
        ($http) = $there->bare('GET', after => $last);
        my ($m) = follow($there, $http, qr/^(?:one|two)/);
        is($m->{message}{params}{message}, 'two', '.. and a stream');
        $worker->finish($run, 'Done.');
        ($m) = follow($there, $http, qr/^none/);
        is($m->{message}{result}{structuredContent}{answer}, 'Done.',
            '.. to its answer');
    }
    $other->stop;
}

# --- a reload with another Redis ---

# Old workers end what they have in theirs; new ones begin in theirs.
my $second = Mitzu::Redis->new(name => 'redis2');
my $worker = Mitzu::Worker->new(redis => $redis);
my $modern = Mitzu::MCP->new(port => $nginx->{port}, era => 'modern');
my @polls;
for my $c ($modern, Mitzu::MCP->new(port => $nginx->{port},
    version => '2025-06-18')) {
    my $run = $c->call('run_analytics_agent', question());
    $worker->claim($run);
    my $http = $c->start('tools/call', { name =>
        'get_analytics_agent_status', arguments => { wait_seconds => 40,
        conversation_id => $run->{conversation_id} } }, token => 't');
    $http->read_head;
    $worker->event($run, 'querying', 'seen');
    follow($c, $http, qr/^seen/);
    push @polls, [ $c, $run, $http ];
}
my ($key, $newer) = ('ab' x 32, 'cd' x 32);
my $keys = spew(temp_dir() . '/key', $key);
my $newer_keys = spew(temp_dir() . '/newer.key', $newer);
my @old = $nginx->worker_pids;
$nginx->{redis} = $second->url;
$nginx->{location} .= " mitzu_mcp_key $keys;";
$nginx->write_conf;
$nginx->signal('HUP');
for my $poll (@polls) {
    my ($c, $run, $http) = @$poll;
    my ($m) = follow($c, $http, qr/^none/);
    my $s = $m->{message}{result}{structuredContent};
    is($s->{status}, 'running', 'a reload with another Redis: a poll is '
        . 'answered from the old one');
    is($s->{prompt_id}, $run->{prompt_id}, '.. with its run');
    is($s->{progress}[-1]{text}, 'seen', '.. as it is');
}
ok(wait_for(25, sub { !grep { kill 0, $_ } @old }), '.. no old worker stays');
$run = $modern->call('run_analytics_agent', question());
is($run->{status}, 'running', '.. a new run');
is(scalar @{ $second->cmd('KEYS', "*:run:$run->{prompt_id}") }, 1,
    '.. is in the new one');
is(scalar @{ $redis->cmd('KEYS', "*:run:$run->{prompt_id}") }, 0,
    '.. and not in the old one');
my $legacy = Mitzu::MCP->new(port => $nginx->{port});
$legacy->open;
my $seal = Mitzu::Seal->new($key);
ok(defined $seal->open('s', Mitzu::Seal::scope(), $legacy->{session}),
    '.. sessions are sealed with the new key');

# --- a reload with another key, the old one behind it ---

$worker = Mitzu::Worker->new(redis => $second);
$run = $legacy->call('run_analytics_agent', question());
$worker->claim($run);
my $http = $legacy->start('tools/call', { name =>
    'get_analytics_agent_status', arguments => { wait_seconds => 40,
    conversation_id => $run->{conversation_id} } }, token => 't');
$http->read_head;
$worker->event($run, 'querying', 'one');
my (undef, $last) = follow($legacy, $http, qr/^one/);
$nginx->{location} =~ s/mitzu_mcp_key /mitzu_mcp_key $newer_keys /;
$nginx->write_conf;
@old = $nginx->worker_pids;
$nginx->signal('HUP');
while (my $e = $http->read_event(10)) {
    $last = $e->{id} if defined $e->{id};
}
ok($http->{clean}, 'a reload with another key: a stream ends properly');
ok(wait_for(25, sub { !grep { kill 0, $_ } @old }), '.. no old worker stays');
($http) = $legacy->bare('GET', after => $last);
$worker->event($run, 'querying', 'two');
my ($m) = follow($legacy, $http, qr/^(?:one|two)/);
is($m->{message}{params}{message}, 'two', '.. and goes on: the session and '
    . 'the ids of the old key hold');
$worker->finish($run, 'Done.');
($m) = follow($legacy, $http, qr/^none/);
is($m->{message}{result}{structuredContent}{status}, 'completed',
    '.. to its answer');

# --- a reload with another file of the module ---

# nginx has both for a moment, and then closes the old one.
for my $name (qw(one.so two.so three.so)) {
    my $file = temp_dir() . "/$name";
    copy(product('ngx_mitzu_mcp_module.so'), $file) or die "$file: $!";
    my $conf = $nginx->conf;
    $conf =~ s/^load_module .*;/load_module $file;/;
    spew("$nginx->{dir}/nginx.conf", $conf);
    @old = $nginx->worker_pids;
    $nginx->signal('HUP');
    ok(wait_for(25, sub { !grep { kill 0, $_ } @old }),
        "a reload with another file of the module, $name");
    is($legacy->call('run_analytics_agent', question())->{status}, 'running',
        '.. and it serves');
    unlink $file;
}

is_deeply([ $second->strange_keys ], [], 'only documented keys in Redis');

finish();
