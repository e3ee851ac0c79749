#!/usr/bin/perl

# Sentinels: the master is found through them, and found again when it is
# killed under load.  What was accepted is on the new master, the outage is
# short, an answer says so, and a stream goes on.

use strict;
use warnings;

use Mitzu::Certs;
use Mitzu::HTTP;
use Mitzu::MCP;
use Mitzu::Nginx;
use Mitzu::Redis;
use Mitzu::Sentinel;
use Mitzu::Test;
use Mitzu::Worker;
use POSIX ();
use Test::More;
use Time::HiRes qw(time sleep);

my $CLIENTS = 6;
my $json = Mitzu::MCP::json();
my $secret = spew(temp_dir() . '/secret', "hidden\n");

# A sentinel's user that may do no more than README says.
my ($acl) = slurp(root_dir() . '/README.md')
    =~ /`ACL SETUSER mitzu-nginx-sentinel on >\S+ ([^`]+)`/;
ok($acl, 'README says which rights the user of sentinels needs');

# Two replicas: with one gone there is still one that can confirm.
my $set = Mitzu::Sentinel->new(replicas => 2,
    conf => "user edge on >hidden $acl\n");

my $nginx = Mitzu::Nginx->new(workers => 2,
    redis => $set->url(host => 'localhost')
        . " sentinel_user=edge sentinel_password_file=$secret"
        . ' wait_replicas=1 wait_timeout=1s timeout=2s connect_timeout=1s',
    location => 'mitzu_mcp_heartbeat 300ms;',
    server => 'location = /status { mitzu_mcp_status; }'
        . ' location /unknown { mitzu_mcp on; mitzu_mcp_auth off;'
        . ' mitzu_mcp_redis redis+sentinel://' . $set->hosts . '/nobody; }'
        . ' location /nowhere { mitzu_mcp on; mitzu_mcp_auth off;'
        . ' mitzu_mcp_redis redis+sentinel://127.0.0.1:' . free_port()
        . ',127.0.0.1:' . free_port() . '/mitzu; }');
my $mcp = client();

sub client { return Mitzu::MCP->new(port => $nginx->{port}, path => '/mcp',
    timeout => 40, @_) }

sub try { return $_[0]->request('tools/call',
    { name => 'list_agent_artifacts' }) }

sub address { return Mitzu::HTTP->once($nginx->{port}, 'GET', '/status')
    ->{body} =~ /redis="[^"]+\/mitzu",address="([^"]*)"\} 1$/m ? $1 : '' }

# A server that changes its role closes connections, ours as well.
sub at {
    my ($redis, @args) = @_;
    my $r = eval { [ $redis->cmd(@args) ] } || [ $redis->cmd(@args) ];
    return $r->[0];
}

# Connections of nginx that a server has, by the names they give themselves.
sub connected { my $n = () = at($_[0], 'CLIENT', 'LIST')
    =~ /name=mitzu-nginx/g; return $n }

# --- found ---

my $master = $set->current;
my $run = $mcp->call('run_analytics_agent', { prompt => 'how many signups?' });
is($run->{status}, 'running', 'the master is found, and a run accepted')
    or diag($nginx->log);
ok(wait_for(10, sub { connected($master) == 8 }),
    'two workers have four connections each');
ok(wait_for(10, sub { address() eq "127.0.0.1:$master->{port}" }),
    '.. as the status page shows');
my $watchers = 0;
$watchers += connected($_) for @{ $set->{nodes} };
ok($watchers >= 2, '.. and one each to a sentinel');
my @lines = grep { /notice.*4 connections of each of 2 workers, 8 of this node, and one of each to a sentinel/ }
    split /\n/, $nginx->log;
is(scalar @lines, 1, '.. which is said at the start');

for my $row ([ '/unknown', qr/sentinel \S+ of redis \S+nobody: knows no master called nobody; no other one answers/ ],
    [ '/nowhere', qr/sentinel \S+ of redis \S+: connect\(\) failed \(111: Connection refused\); no other|connect\(\) failed; no other one answers/ ])
{
    my ($path, $says) = @$row;
    my $t = time;
    my $r = try(client(path => $path));
    is($r->{status}, 503, "$path: 503");
    like($r->{headers}{'retry-after'} || '', qr/^\d+$/, '.. and Retry-After');
    ok(time - $t < 10, '.. soon');
    like($nginx->log, $says, '.. and the log says why');
}

# --- the master is killed under load ---

my $worker = Mitzu::Worker->new(redis => $master);
ok($worker->claim($run), 'a run is claimed');
$worker->event($run, 'planning', 'before the failover');
my $stream = $mcp->start('tools/call', { name => 'get_analytics_agent_status',
    arguments => { conversation_id => $run->{conversation_id},
        wait_seconds => 50 } }, token => 't');
$stream->read_head(10);
sub progress {
    my ($text) = @_;
    while (my $m = $mcp->next_message($stream, 20)) {
        return 1 if ($m->{message}{params}{message} || '') eq $text;
    }
    return 0;
}
ok(progress('before the failover'), '.. and followed by a stream');

# Each writes "<when> <took> <status> <retry-after> <what it was told>".
sub load {
    my ($i) = @_;
    open my $out, '>', temp_dir() . "/load.$i" or die;
    $out->autoflush(1);
    my $n = 0;
    while (!-e temp_dir() . '/stop') {
        my $t = time;
        my $prompt = 'purchases, client ' . $i . ', question ' . ++$n;
        my $r = $mcp->request('tools/call', { name => 'run_analytics_agent',
            arguments => { prompt => $prompt } });
        my $s = ($r->{message} || {})->{result}{structuredContent} || {};
        my $text = $s->{prompt_id} || $r->{body} || '-';
        $text =~ s/\s+/ /g;
        printf $out "%.3f %.3f %d %s %s\n", $t, time - $t, $r->{status} || 0,
            $r->{headers}{'retry-after'} || '-', $text;
        sleep 0.05;
    }
}
my @loaders;
for my $i (1 .. $CLIENTS) {
    my $pid = fork;
    if ($pid == 0) { eval { load($i) }; POSIX::_exit(0) }
    push @loaders, $pid;
}
sub answers { return map { chomp; [ split ' ', $_, 5 ] }
    map { split /\n/, slurp(temp_dir() . "/load.$_") } 1 .. $CLIENTS }
ok(wait_for(20, sub { grep({ $_->[2] == 200 } answers()) > 30 }),
    'six clients ask');
my $killed = time;
$master->kill;
my $new = $set->switched($master);
ok($new, 'kill -9: the sentinels choose another master') or diag('none');
ok(wait_for(30, sub {
    my @late = grep { $_->[0] > $killed && $_->[2] == 200 } answers();
    @late > 60 }), '.. and runs are accepted again');
$worker->{redis} = $new;
ok($worker->event($run, 'planning', 'after the failover'),
    'the worker goes on at the new master');
ok(progress('after the failover'), '.. and the stream with it');
$worker->finish($run, '42 signups');
my $last;
while (my $m = $mcp->next_message($stream, 10)) {
    $last = $m->{message} if exists $m->{message}{id};
}
is(($last || {})->{result}{structuredContent}{status}, 'completed',
    '.. to its answer');
spew(temp_dir() . '/stop', '');
waitpid $_, 0 for @loaders;

my @answers = answers();
my @accepted = map { $_->[4] } grep { $_->[2] == 200 } @answers;
my @refused = grep { $_->[2] != 200 } @answers;
my %there = map { /run:(p_[a-z2-7]{26})$/ ? ($1 => 1) : () }
    @{ at($new, 'KEYS', '*:run:p_*') };
is(scalar(grep { !/^p_/ } @accepted), 0, 'what is 200 is an accepted run')
    or diag((grep { !/^p_/ } @accepted)[0]);
is(scalar(grep { !$there{$_} } @accepted), 0,
    @accepted . ' accepted runs, and all are on the new master');
ok(@refused > 0, scalar(@refused) . ' were refused meanwhile');
is(scalar(grep { $_->[2] != 503 } @refused), 0, '.. with 503');
is(scalar(grep { $_->[3] !~ /^\d+$/ } @refused), 0, '.. and Retry-After');
is(scalar(grep { $_->[4] =~ /not found|no such|unknown/i } @refused), 0,
    '.. and never as "not found"');
my ($slowest) = sort { $b <=> $a } map { $_->[1] } @refused;
ok($slowest < 6, sprintf '.. within %.1f s', $slowest);

# From the kill to when a question was first asked that was accepted.
my ($first) = sort { $a <=> $b } map { $_->[0] }
    grep { $_->[0] > $killed && $_->[2] == 200 } @answers;
my $outage = $first - $killed;
diag(sprintf 'outage: %.1f s', $outage);
ok($outage < 30, 'the outage has an end');
ok(wait_for(10, sub { address() eq "127.0.0.1:$new->{port}" }),
    'the status page shows the new master');
like($nginx->log, qr/notice.*says the master is 127\.0\.0\.1:$new->{port}/,
    '.. and the log has it');
my $noise = () = $nginx->log =~ /\[error\].*mitzu mcp: redis \S+\/mitzu /g;
ok($noise < 20, ".. in few lines ($noise)");

# --- a planned failover: nobody waits for a time-out ---

$master->start;
ok(wait_for(40, sub { my $role = at($master, 'ROLE');
    $role->[0] eq 'slave' && $role->[3] eq 'connected' }),
    'the old master comes back as a replica');
$set->settled(30) or diag('not settled');
my $t = time;
my $next = $set->failover;
ok($next, 'a planned failover');
ok(wait_for(20, sub { connected($next) == 8 }), '.. is followed');
is((connected($new)), 0, '.. and no connection stays');
ok(wait_for(20, sub { ($mcp->call('run_analytics_agent', { prompt =>
    'and the day after?' }) || {})->{status} }), '.. and runs are accepted');

# --- sentinels go, one by one ---

my ($one) = grep { connected($_) } @{ $set->{nodes} };
$one->kill;
ok(wait_for(20, sub { my $n = 0; $n += connected($_) for $set->alive; $n >= 2 }),
    'a sentinel dies: another one is asked');
like($nginx->log, qr/\[warn\].*sentinel \S+ of redis/, '.. as the log says');
is(try($mcp)->{status}, 200, '.. and nobody else notices');
$_->kill for $set->alive;
ok(wait_for(20, sub { $nginx->log =~ /\[error\].*mitzu: .*no other one answers/ }),
    'they are all gone: the log says so');
is(try($mcp)->{status}, 200, '.. and nobody else notices');
at($next, 'CLIENT', 'KILL', 'TYPE', $_) for qw(normal pubsub);
ok(wait_for(20, sub { try($mcp)->{status} == 200 }),
    'without sentinels the master is looked for where it was');
$set->start_sentinel($_) for @{ $set->{nodes} };
ok(wait_for(20, sub { $nginx->log =~ /notice.*a sentinel of redis \S+ answers again/ }),
    'they come back, as the log says');
$nginx->stop;
$set->stop;

# --- a sentinel that says what we want it to ---

# Its state is in a file: "addr <host> <port>", "nil", "error <words>",
# "silent" or "garbage"; "switch <host> <port>" is said to all who listen.
package Fake;

use IO::Select;
use IO::Socket::INET;

sub new {
    my ($class) = @_;
    my $self = bless { listen => IO::Socket::INET->new(Listen => 16,
        LocalAddr => '127.0.0.1') }, $class;
    $self->{port} = $self->{listen}->sockport;
    $self->{file} = Mitzu::Test::temp_dir() . "/fake$self->{port}";
    $self->says('nil');
    $self->{pid} = fork;
    if ($self->{pid} == 0) { eval { $self->serve }; POSIX::_exit(0) }
    close $self->{listen};
    return $self;
}

sub says { my ($self, $what) = @_;
    Mitzu::Test::spew("$self->{file}.new", $what);
    rename "$self->{file}.new", $self->{file} }

sub stop { kill 'KILL', $_[0]{pid}; waitpid $_[0]{pid}, 0 }

sub serve {
    my ($self) = @_;
    my $select = IO::Select->new($self->{listen});
    my (%in, %heard);
    while (getppid() != 1) {
        my $state = Mitzu::Test::slurp($self->{file});
        if ($state =~ /^switch (\S+) (\d+)/) {
            my $text = "mitzu 127.0.0.1 1 $1 $2";
            print {$_} "*3\r\n\$7\r\nmessage\r\n\$14\r\n+switch-master\r\n\$"
                . length($text) . "\r\n$text\r\n" for values %heard;
            $self->says("addr $1 $2");
            next;
        }
        for my $s ($select->can_read(0.02)) {
            if ($s == $self->{listen}) {
                my $c = $s->accept or next;
                $c->autoflush(1);
                $select->add($c);
                next;
            }
            my $n = sysread $s, $in{$s}, 65536, length($in{$s} || '');
            if (!$n) {
                delete $heard{$s};
                $select->remove($s);
                close $s;
                next;
            }
            while ($in{$s} =~ s/^\*(\d+)\r\n((?:\$\d+\r\n[^\r]*\r\n){1,3})//) {
                my @args = $2 =~ /\$\d+\r\n([^\r]*)\r\n/g;
                my $reply = $self->answer($state, @args);
                $heard{$s} = $s if $args[0] eq 'SUBSCRIBE';
                print {$s} $reply;
            }
        }
    }
}

sub answer {
    my ($self, $state, @args) = @_;
    my ($what, $host, $port) = split ' ', $state;
    return '' if $what eq 'silent';
    return "?what\r\n" if $what eq 'garbage';
    return "*3\r\n\$" . length($args[0]) . "\r\n" . lc($args[0])
        . "\r\n\$-1\r\n:0\r\n" if $args[0] =~ /SUBSCRIBE/;
    return "+OK\r\n" if $args[0] ne 'SENTINEL';
    Mitzu::Test::spew("$self->{file}.asked", '');
    return "*-1\r\n" if $what eq 'nil';
    return '-' . substr($state, 6) . "\r\n" if $what eq 'error';
    return "*2\r\n\$" . length($host) . "\r\n$host\r\n\$" . length($port)
        . "\r\n$port\r\n";
}

package main;

# A name server that knows one address, for all names.
sub name_server {
    my $udp = IO::Socket::INET->new(Proto => 'udp', LocalAddr => '127.0.0.1');
    my $pid = fork;
    if ($pid == 0) {
        while (getppid() != 1 && defined(my $from = $udp->recv(my $q, 512))) {
            my ($id, $name) = unpack 'a2 x10 a*', $q;
            my $is_a = substr($name, -4, 2) eq "\0\1";
            $udp->send($id . "\x81\x80\0\1" . ($is_a ? "\0\1" : "\0\0")
                . "\0\0\0\0$name" . ($is_a ? "\xc0\x0c\0\1\0\1\0\0\0\1\0\4"
                . "\x7f\0\0\1" : ''), 0, $from);
        }
        POSIX::_exit(0);
    }
    return ($udp->sockport, $pid);
}

my $fake = Fake->new;
my ($dns, $dns_pid) = name_server();
my $first_redis = Mitzu::Redis->new(name => 'one');
my $other_redis = Mitzu::Redis->new(name => 'two', args => [ '--replicaof',
    '127.0.0.1', $first_redis->{port} ]);
my $told = Mitzu::Nginx->new(name => 'told', http => "resolver 127.0.0.1:$dns"
    . ' valid=1s ipv6=off; resolver_timeout 2s;',
    redis => "redis+sentinel://127.0.0.1:$fake->{port}/mitzu timeout=1s"
        . ' connect_timeout=1s');
$mcp = Mitzu::MCP->new(port => $told->{port});

sub becomes { my ($status) = @_; return wait_for(15, sub {
    try($mcp)->{status} == $status }) }

for my $row (
    [ 'nil', qr/knows no master called mitzu/ ],
    [ 'error NOAUTH Authentication required.', qr/refused: NOAUTH/ ],
    [ 'silent', qr/not ready in time|no reply in time/ ],
    [ 'garbage', qr/Protocol error/ ],
    [ 'addr 127.0.0.1 70000', qr/knows no master/ ],
    [ "addr 127.0.0.1 $other_redis->{port}", qr/is no master any more/ ],
) {
    my ($state, $says) = @$row;
    (my $name = $state) =~ s/ \d+$//;
    $fake->says($state);
    my $from = length $told->log;
    ok(wait_for(15, sub { substr($told->log, $from) =~ $says }),
        "a sentinel that says: $name");
    my $t = time;
    my $r = try($mcp);
    ok($r->{status} == 503 && $r->{headers}{'retry-after'}, '.. is 503');
    ok(time - $t < 10, '.. soon');
}

$fake->says("addr 127.0.0.1 $first_redis->{port}");
ok(becomes(200), 'it says where the master is');
$fake->says("switch redis.test $first_redis->{port}");
ok(wait_for(15, sub { $told->log =~ /the master is redis\.test:/ }),
    'it says another address, and that is a name');
ok(becomes(200), '.. which the resolver knows');
at($other_redis, 'REPLICAOF', 'NO', 'ONE');
$fake->says("switch 127.0.0.1 $other_redis->{port}");
ok(wait_for(15, sub { connected($other_redis) == 3 }),
    'all connections follow what it says');
is(connected($first_redis), 0, '.. and none stays');
is(try($mcp)->{status}, 200, '.. and calls are served');
$told->stop;
$fake->stop;
kill 'KILL', $dns_pid;
waitpid $dns_pid, 0;

# Both know a master that cannot be found; then one who is not asked knows more.
my @fakes = (Fake->new, Fake->new);
$_->says("addr nobody.test 6379") for @fakes;
$told = Mitzu::Nginx->new(name => 'vain', workers => 1, redis => 'redis+sentinel://'
    . join(',', map { "127.0.0.1:$_->{port}" } @fakes)
    . '/mitzu connect_timeout=1s');
$mcp = Mitzu::MCP->new(port => $told->{port});
my $asked;
ok(wait_for(15, sub { ($asked) = grep { -e "$_->{file}.asked" } @fakes }),
    'a sentinel knows a master that cannot be found');
$_ == $asked or $_->says("addr 127.0.0.1 $first_redis->{port}") for @fakes;
ok(wait_for(40, sub { try($mcp)->{status} == 200 }),
    '.. and after a while another one is believed');
unlike($told->log, qr/a reply to no command/, '.. and understood');
$told->stop;
$_->stop for @fakes;
$_->stop for $other_redis, $first_redis;

# --- sentinels and Redis speak TLS only, and want a certificate ---

my $ca = Mitzu::Certs->new;
my $pair = $ca->issue('redis', 'IP:127.0.0.1', 'DNS:redis.test');
my $mine = $ca->issue('edge');
my $safe = Mitzu::Sentinel->new(name => 'safe', certs => $ca, pair => $pair,
    clients => 'yes');
my $tls = Mitzu::Nginx->new(name => 'tls', redis => $safe->url(db => 3)
    . " ssl_trusted_certificate=$ca->{ca} ssl_certificate=$mine->{cert}"
    . " ssl_certificate_key=$mine->{key}");
$mcp = Mitzu::MCP->new(port => $tls->{port});
is(($mcp->call('run_analytics_agent', { prompt => 'signups today?' }) || {})
    ->{status}, 'running', 'TLS to sentinels and to the master')
    or diag($tls->log);
my $old = $safe->current;
kill 'STOP', $old->{pid};
ok($safe->switched($old), '.. which falls silent');
ok(wait_for(20, sub { try($mcp)->{status} == 200 }), '.. and another is found');
kill 'CONT', $old->{pid};
is(try($mcp)->{status}, 200, '.. also when the old one wakes up');
like(at($safe->current, 'INFO', 'keyspace'), qr/^db3:keys=/m,
    '.. in the database of the URL');
$tls->stop;
$safe->stop;

finish();
