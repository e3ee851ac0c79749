#!/usr/bin/perl

# Every way from `mitzu-agent work` to its Redis: a unix socket, a user that
# may do no more than a worker must, TLS with what it refuses, Sentinels with
# a master that dies, hangs and comes back while runs are under way.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Mitzu::Agent;
use Mitzu::Certs;
use Mitzu::Redis;
use Mitzu::Seal;
use Mitzu::Sentinel;
use Mitzu::Test;
use Mitzu::Worker;
use POSIX qw(WNOHANG);
use Test::More;
use Time::HiRes qw(sleep time);

my $warehouse = sample_warehouse();
my $question = 'How many signups in the last 30 days?';
my $agents = 0;

sub agent {
    my ($url, @args) = @_;
    return Mitzu::Agent->new(name => 'agent' . ++$agents, redis => $url,
        warehouse => $warehouse, args => \@args);
}

sub says {
    my ($agent, $what, $seconds) = @_;
    return wait_for($seconds || 20, sub { $agent->log =~ $what });
}

# One run through the worker that serves this Redis.
sub answers {
    my ($redis, $what) = @_;
    my $w = Mitzu::Worker->new(redis => $redis);
    my $run = $w->submit($question);
    wait_for(30, sub { $w->run($run)->{status} !~ /queued|running/ });
    is($w->run($run)->{status}, 'completed', $what);
    return ($w, $run);
}

# The worker that does not even try: its exit code and what it says.
sub refused {
    my ($url, @args) = @_;
    my $agent = agent($url, @args);
    my $code;
    wait_for(20, sub { waitpid($agent->{pid}, WNOHANG) == $agent->{pid}
        and defined($code = $? >> 8) });
    if (!defined $code) {
        $agent->stop('KILL');
        $code = 'none';
    }
    return ($code, $agent->log);
}

# --- a unix socket and a user of its own ---

# The rule is the one that README.md tells people to set.
my ($rule) = slurp(root_dir() . '/README.md')
    =~ /`ACL SETUSER (mitzu-agent [^`]+)`/;
ok($rule, 'README.md says what a worker may do');
my %may = map { /^\+(\w+)/ ? (uc $1 => 1) : () } split ' ', $rule;
for my $s (qw(lib take claim renew event chunk artifact finish handback
    sweep)) {
    my $text = slurp(root_dir() . "/src/store/scripts/$s.lua");
    my @lacks = grep { !$may{$_} } $text =~ /redis\.p?call\('([A-Z]+)'/g;
    is("@lacks", '', "$s: all that the script does is allowed");
}

my $redis = Mitzu::Redis->new;
$rule =~ s/>\S+/>a worker's own/;
$redis->cmd('ACL', 'SETUSER', grep { length } split / (?!worker's|own)/,
    $rule);
my $secret = spew(temp_dir() . '/secret', "a worker's own\nsecond line\n");

my ($code, $log) = refused("unix:$redis->{socket}?user=mitzu-agent");
is($code, 2, 'a user without a password is a mistake in the options')
    or diag($log);
like($log, qr/--redis-password-file/, '.. and says what to give');

my $wrong = spew(temp_dir() . '/wrong', "guessed-wrong\n");
($code, $log) = refused("unix:$redis->{socket}?user=mitzu-agent",
    '--redis-password-file', $wrong);
is($code, 1, 'a wrong password ends it');
like($log, qr/user or password is refused: WRONGPASS/, '.. and says so');
unlike($log, qr/guessed/, '.. without the password');

my $agent = agent("unix:$redis->{socket}?user=mitzu-agent",
    '--redis-password-file', $secret, '--lease', '2s');
my ($w, $run) = answers($redis, 'a run over a unix socket, as its own user');
like($redis->cmd('CLIENT', 'LIST'), qr/user=mitzu-agent /, '.. it is');
ok(wait_for(15, sub { @{ $redis->cmd('ZRANGE', 'mitzu:{catalog}:events', 0,
    -1) } }), '.. which publishes the catalog');

# What is rare: a follow-up, a run taken over, one given up, a cancelled one.
my $next = $w->script('submit', 0, $run->{conversation_id}, 0,
    Mitzu::Worker::id('p'), 'and by country?', 't', 0, '', 0, 3600, 2, 2000,
    '', $w->{scope}, 0, 0, 0, 0, 0, 1);
is($next->[0], 'running', 'a follow-up is submitted');
ok(wait_for(20, sub { $w->run({ prompt_id => $next->[2] })->{status}
    eq 'completed' }), '.. and answered from the transcript');
kill 'STOP', $agent->{pid}, $agent->runner_pids;
my @hard = map { $w->submit("$question $_") } 1 .. 3;
$w->script('claim', 0, $_->{prompt_id}, 'worker-t', 1) for @hard[0, 1];
$redis->cmd('HSET', "$w->{base}:run:$hard[1]{prompt_id}", 'max_attempts', 1);
$w->script('cancel', 0, $hard[2]{prompt_id}, 'not wanted');
kill 'CONT', $agent->{pid}, $agent->runner_pids;
my @ends = map { my $r = $_; wait_for(20, sub { my $s
    = $w->run($r)->{status}; $s =~ /queued|running/ ? undef : $s }) } @hard;
is("@ends", 'completed lost cancelled', 'runs are swept, given up, cancelled');
is($redis->cmd('XLEN', "$w->{part}:dead"), 1, '.. with a dead letter');
ok($agent->stop, 'it drains');
ok(!$redis->cmd('ZSCORE', 'mitzu:workers', 'x'), '.. and says so');
my @denied = map { my %e = @$_; "$e{reason} $e{object}" }
    grep { my %e = @$_; $e{username} eq 'mitzu-agent'
        && $e{reason} ne 'auth' } @{ $redis->cmd('ACL', 'LOG') };
is("@denied", '', 'the user was denied nothing that it asked for')
    or diag($agent->log);
$redis->stop;

# --- TLS ---

my $ca = Mitzu::Certs->new;
my $other = Mitzu::Certs->new(name => 'other');
my $pair = $ca->issue('server', 'DNS:redis.test', 'IP:127.0.0.1');
my $mine = $ca->issue('agent');
my $port = free_port();
$redis = Mitzu::Redis->new(name => 'tls', port => $port,
    args => [ $ca->redis_args($pair, $port, clients => 'optional') ]);
my $url = "rediss://127.0.0.1:$port";
my @trust = ('--redis-tls-ca', $ca->{ca});

$agent = agent($url, @trust);
answers($redis, 'a run through TLS');
$agent->stop;

my @bad = (
    [ 'a certificate of others', qr/nobody trusted signed it.*--redis-tls-ca/,
        1, '--redis-tls-ca', $other->{ca} ],
    [ 'one that the system does not know', qr/--redis-tls-ca/, 1 ],
    [ 'another name', qr/another name.*--redis-tls-name/, 1, @trust,
        '--redis-tls-name', 'other.test' ],
    [ 'a file that is not there', qr/--redis-tls-ca \S+none: No such file/, 2,
        '--redis-tls-ca', temp_dir() . '/none' ],
    [ 'half a pair', qr/go together/, 2, @trust, '--redis-tls-cert',
        $mine->{cert} ],
    [ 'a key of another', qr/is not the key of/, 2, @trust,
        '--redis-tls-cert', $mine->{cert}, '--redis-tls-key', $pair->{key} ],
    [ 'a certificate that it does not trust', qr/does not trust our/, 1,
        @trust, '--redis-tls-cert', $other->issue('x')->{cert},
        '--redis-tls-key', "$other->{dir}/x.key" ],
);
for (@bad) {
    my ($what, $like, $want, @args) = @$_;
    ($code, $log) = refused($url, @args);
    is($code, $want, "$what: it ends");
    like($log, $like, '.. and says why');
}
($code, $log) = refused("redis://127.0.0.1:$port", @trust);
is($code, 2, 'options of TLS for what is not TLS are a mistake');

$agent = agent("redis://127.0.0.1:$port");
ok(says($agent, qr/warn \d+ waiting for Redis: .*(?:closed|reset)/),
    'no TLS where it is wanted: it waits and says so');
$agent->stop;

$agent = agent($url, '--redis-tls-insecure');
ok(says($agent, qr/warn \d+ --redis-tls-insecure: whoever answers/),
    'not to verify is warned about');
answers($redis, '.. and works');
$agent->stop;

$agent = agent("rediss://localhost:$port", @trust, '--redis-tls-name',
    'redis.test');
answers($redis, 'the name in the certificate may be given');
$redis->cmd('CLIENT', 'KILL', 'TYPE', $_) for qw(normal pubsub);
delete $redis->{sock};
answers($redis, '.. also after its connections were killed');
$agent->stop;

$redis->stop;
$redis = Mitzu::Redis->new(name => 'mutual', port => $port,
    args => [ $ca->redis_args($pair, $port, clients => 'yes') ]);
($code, $log) = refused($url, @trust);
is($code, 1, 'no certificate where one is wanted: it ends');
like($log, qr/wants our certificate: see --redis-tls-cert/, '.. and says so');
$agent = agent($url, @trust, '--redis-tls-cert', $mine->{cert},
    '--redis-tls-key', $mine->{key});
answers($redis, 'mutual TLS');
$agent->stop;

# --- a Redis that goes away ---

# Five processes, three seconds: tries are few, lines of the log fewer.
$agent = Mitzu::Agent->new(name => 'away', redis => $url, runners => 4,
    warehouse => $warehouse, args => [ @trust, '--redis-tls-cert',
        $mine->{cert}, '--redis-tls-key', $mine->{key}, '--no-publish',
        '--log-level', 'debug', '--lease', '4s' ]);
answers($redis, 'a run before the outage');
wait_for(10, sub { 4 == (() = $agent->log =~ /runner \S+ is ready/g) });
my $start = length $agent->log;
$redis->stop;
ok(wait_for(15, sub { substr($agent->log, $start) =~ / warn / }),
    'Redis goes: there is a warning');
sleep 3;
my $lines = substr $agent->log, $start;
is(scalar(() = $lines =~ / warn /g), 1, '.. and no other');
my $tries = () = $lines =~ /cannot connect/g;
ok($tries > 4 && $tries < 80, "nobody spins ($tries tries)");
$start = length $agent->log;
$redis->start;
ok(wait_for(20, sub { substr($agent->log, $start)
    =~ /info \d+ Redis \S+ is back after \d+ ms/ }), 'it comes: so it says');
answers($redis, '.. and goes on');
# A server that begins to listen may still turn one of five away.
my @warnings = grep { / warn / } split /\n/, substr $agent->log, $start;
ok(@warnings <= 1, '.. without more warnings') or diag(join "\n", @warnings);
$agent->stop;
$redis->stop;

# --- Sentinels: what is refused, what is waited for ---

my $dead = join ',', map { '127.0.0.1:' . free_port() } 1 .. 2;
$agent = agent("redis+sentinel://$dead/mitzu");
ok(says($agent, qr/warn \d+ waiting for Redis: .*no master: Sentinel .*refused/),
    'no Sentinel is there: it waits');
sleep 2;
my $warns = () = $agent->log =~ / warn /g;
is($warns, 1, '.. and says so once');
$agent->stop;

# From here on all speak TLS: servers, replicas, Sentinels.
# A second of silence is not yet a failure on a busy machine.
my $s = Mitzu::Sentinel->new(replicas => 3, certs => $ca, pair => $pair,
    conf => "sentinel down-after-milliseconds mitzu 1500\n");
$agent = agent($s->url =~ s{/mitzu$}{/nobody}r, @trust);
ok(says($agent, qr/waiting for Redis: .*knows no master nobody/),
    'a master that Sentinels do not know is waited for');
$agent->stop;

# --- a master that dies ---

my @scopes = map { Mitzu::Seal::scope("failover$_") } 1 .. 8;
my (@accepted, %seen);
my $master = $s->current;

# Sentinels close all connections of a server that they promote, and on a
# busy machine they may promote one that nobody thought of.
sub steady {
    my ($code) = @_;
    my $r;
    wait_for(30, sub { eval { $r = $code->(); 1 }
        or do { $master = $s->current || $master; 0 } }) or die $@;
    return $r;
}

# What is accepted is what two replicas have: then one of the others may be
# the next master, and again.
sub accept_runs {
    my ($n) = @_;
    for my $i (1 .. $n) {
        my $wk = Mitzu::Worker->new(scope => $scopes[ @accepted % @scopes ]);
        my @args = (0, Mitzu::Worker::id('c'), 1, Mitzu::Worker::id('p'),
            "$question " . @accepted, 't', 0, '', 0, 3600, 9, 60000, '',
            $wk->{scope}, 0, 0, 0, 0, 0, 1);
        my $r = steady(sub { $wk->{redis} = $master;
            $wk->script('submit', @args) });
        push @accepted, { conversation_id => $r->[1], prompt_id => $r->[2],
            worker => $wk } if $r->[0] eq 'running';
    }
    my $known = wait_for(30, sub { 2 <= steady(sub {
        $master->cmd('WAIT', 2, 5000) }) });
    ok($known, "$n more runs are accepted");
}

# The new master.  Nobody asks the old one, which may hang.
sub moved {
    my ($old, $seconds) = @_;
    wait_for($seconds || 30, sub {
        my @addr = map { eval { @{ $s->ask($_, 'SENTINEL',
            'GET-MASTER-ADDR-BY-NAME', $s->{master}) } } } $s->alive;
        return @addr && !grep { /^\d+$/ && $_ == $old->{port} } @addr;
    }) or return undef;
    return $s->switched($old, 10);
}

sub run_of {
    my ($r) = @_;
    return steady(sub { $r->{worker}{redis} = $master;
        $r->{worker}->run($r) });
}

sub count {
    my ($status) = @_;
    return scalar grep { (run_of($_)->{status} || '') eq $status } @accepted;
}

# Each accepted run has ended, once and whole, and nothing is left of it.
sub all_ended {
    my ($what, $seconds) = @_;
    wait_for($seconds || 60, sub { count('completed') == @accepted });
    is(count('completed'), scalar @accepted, "$what: every run is completed")
        or diag(map { "$_->{prompt_id}: " . join(' ', %{ run_of($_) }) . "\n" }
            grep { (run_of($_)->{status} || '') ne 'completed' } @accepted);
    my @wrong;
    for my $r (grep { !$seen{ $_->{prompt_id} }++ } @accepted) {
        my $key = "$r->{worker}{base}:run:$r->{prompt_id}";
        my @e = @{ steady(sub { $master->cmd('XRANGE', "$key:events", '-',
            '+') }) };
        my @seq = map { (split /-/, $_->[0])[0] } @e;
        my @attempt = map { (split /-/, $_->[0])[1] } @e;
        my @types = map { { @{ $_->[1] } }->{type} } @e;
        push @wrong, "$r->{prompt_id}: a gap: @seq"
            if "@seq" ne join ' ', 1 .. @e;
        push @wrong, "$r->{prompt_id}: an old attempt: @attempt"
            if "@attempt" ne join ' ', sort { $a <=> $b } @attempt;
        push @wrong, "$r->{prompt_id}: ends: @types"
            if 1 != grep { $_ eq 'end' } @types or $types[-1] ne 'end';
        my $conv = "$r->{worker}{base}:conv:$r->{conversation_id}";
        push @wrong, "$r->{prompt_id}: holds its conversation"
            if ($master->cmd('HGET', $conv, 'active') || '') ne '';
    }
    is(join("\n", @wrong), '', '.. once and whole');
    my @left = grep { $master->cmd('ZCARD', sprintf 'mitzu:{%02d}:leases',
        $_) } 0 .. 15;
    is("@left", '', '.. and no lease is left');
}

# Sentinels that want to know who asks: as README.md says.
($rule) = slurp(root_dir() . '/README.md')
    =~ /`ACL SETUSER (\S+-sentinel on [^`]+)`/;
ok($rule, 'README.md says what one may do at Sentinels');
$rule =~ s/>\S+/>knock/;
my ($who) = $rule =~ /^(\S+)/;
$s->ask($_, 'ACL', 'SETUSER', split ' ', $rule) for @{ $s->{nodes} };
my $knock = spew(temp_dir() . '/knock', "knock\n");
($code, $log) = refused($s->url, @trust, '--sentinel-user', $who,
    '--sentinel-password-file', $wrong);
is($code, 1, 'a wrong password for Sentinels ends it');
like($log, qr/Sentinel 127\S+ user or password is refused/, '.. and says so');

# Dead sentinels before live ones: they are passed over.
my @serve = ($s->url =~ s{://}{://$dead,}r, @trust, '--lease', '3s',
    '--wait-replicas', 1, '--wait-replicas-timeout', '2s', '--runners', 2);
$agent = agent(@serve);
my $second = agent(@serve, '--sentinel-user', $who,
    '--sentinel-password-file', $knock);
ok(says($_, qr/serves mitzu from Redis mitzu at 127\.0\.0\.1:$master->{port}/),
    'a worker finds the master') for $agent, $second;
my @pids = map { $_->{pid} } $agent, $second;

accept_runs(40);
wait_for(30, sub { count('completed') >= 8 && count('running') >= 1 });
ok(count('queued') > 0, 'some have ended, some are under way, some wait');
my $old = $master;
my $t = time;
$old->kill;
$master = moved($old);
ok($master, 'a replica takes over from a master that was killed');
my $outage = time - $t;
accept_runs(4);
all_ended('kill -9 of the master');
diag(sprintf 'the sentinels took %.1f s', $outage);
is(join(' ', map { kill 0, $_ } @pids), '1 1', '.. no worker was started anew');
for my $a ($agent, $second) {
    my ($sup) = map { my $x = () = $a->log =~ / warn $_ /g; $x } $a->{pid};
    ok($sup >= 1 && $sup <= 3, "the outage is a line or two ($sup)")
        or diag($a->log);
    ok(says($a, qr/info \d+ Redis mitzu at \S+ is back after/),
        '.. and one when it is over');
}

# --- a master that is told to step down, while the first comes back ---

$old->start;
accept_runs(30);
wait_for(30, sub { count('running') >= 1 });
$old = $master;
$master = $s->failover;
ok($master, 'a failover by hand');
accept_runs(4);
all_ended('a failover by hand');
for my $a ($agent, $second) {
    ok(wait_for(20, sub { my $now = $s->current or return 0;
        $a->log =~ /Redis (?:is now )?mitzu at \S+:$now->{port}\b/ }),
        '.. and is followed');
}

# --- a master that hangs ---

accept_runs(30);
wait_for(30, sub { count('running') >= 1 });
$old = $master;
kill 'STOP', $old->{pid};
delete $old->{sock};
$master = moved($old);
ok($master, 'a replica takes over from a master that hangs');
accept_runs(4);
all_ended('a master that hangs', 90);

# --- no replica that confirms ---

my @replicas = $s->others;
my @stopped = map { $_->{pid} } @replicas;
kill 'STOP', @stopped;
delete $_->{sock} for @replicas;
my $alone = Mitzu::Worker->new(redis => $master, scope => $scopes[0]);
my $lonely = $alone->submit($question);
my $handed = wait_for(30, sub { ($agent->log . $second->log)
    =~ /\Q$lonely->{prompt_id}\E: handed back, not begun: .*0 of 1 replicas/ });
ok($handed, 'a run that no replica knows of is not begun')
    or diag($agent->log);
my @phases = map { { @{ $_->[1] } }->{phase} } @{ $master->cmd('XRANGE',
    "$alone->{base}:run:$lonely->{prompt_id}:events", '-', '+') };
ok(!(grep { /planning|querying/ } @phases), '.. not a bit') or diag("@phases");
kill 'CONT', @stopped;
ok(wait_for(60, sub { ($alone->run($lonely)->{status} || '') eq 'completed' }),
    '.. until they are back') or diag($agent->log);
cmp_ok($alone->run($lonely)->{max_attempts}, '>', 2,
    '.. and its attempts are not used up');

# --- the one that hung awoke with them, deposed ---

accept_runs(6);
all_ended('a master that awakes');

@denied = map { my $n = $_; map { my %e = @$_; "$e{username} $e{reason} "
    . $e{object} } @{ $s->ask($n, 'ACL', 'LOG') } } @{ $s->{nodes} };
is(join(', ', grep { !/auth/ } @denied), '', 'Sentinels denied nothing');
$_->stop for $agent, $second;
$s->stop;

finish();
