#!/usr/bin/perl

# The ways Redis can stand: behind a socket with a user that may do only what
# README says, with TLS, with a client's certificate, with replicas that must
# confirm; and Redis that is there but cannot serve now.  Sentinels have a
# file of their own.

use strict;
use warnings;

use Mitzu::Certs;
use Mitzu::HTTP;
use Mitzu::MCP;
use Mitzu::Nginx;
use Mitzu::Redis;
use Mitzu::Test;
use Mitzu::Worker;
use Test::More;
use Time::HiRes qw(time sleep);

my $json = Mitzu::MCP::json();
my $asked = 0;

sub location {
    my ($path, $redis) = @_;
    return "location $path { mitzu_mcp on; mitzu_mcp_auth off;"
        . " mitzu_mcp_redis $redis; }\n";
}

sub client { my ($nginx, $path) = @_; return Mitzu::MCP->new(
    port => $nginx->{port}, path => $path || '/mcp', timeout => 30) }

sub listed { my $l = $_[0]->call('list_agent_artifacts');
    return defined +($l || {})->{total} }

# A call that reads, as { status, headers, .. }.
sub try { return $_[0]->request('tools/call',
    { name => 'list_agent_artifacts' }) }

sub submit { return $_[0]->request('tools/call', { name =>
    'run_analytics_agent', arguments => { prompt => $_[1]
    || 'purchases, question ' . ++$asked } }) }

sub said { return ($_[0]{message} || {})->{result}{structuredContent} || {} }

sub unavailable {
    my ($r, $what) = @_;
    is($r->{status}, 503, "$what: 503");
    like($r->{headers}{'retry-after'} || '', qr/^\d+$/, '.. and Retry-After');
    unlike($r->{body} || '', qr/not found|no such|unknown/i,
        '.. and nothing is "not found"');
}

# --- what is configured wrong is said ---

my $ca = Mitzu::Certs->new;
my $file = spew(temp_dir() . '/password', "secret\n");
my $check = Mitzu::Nginx->new(name => 'check', stopped => 1, redis => '');

for my $row (
    [ 'http://h', qr{takes "redis://host:port/db"} ],
    [ 'redis://u:p@h', qr/takes no password in its URL/ ],
    [ 'redis://127.0.0.1/x', qr/no valid database number/ ],
    [ 'redis:///1', qr/no host in/ ],
    [ 'redis+sentinel://127.0.0.1,127.0.0.2', qr/needs the name of the master/ ],
    [ 'redis+sentinel://127.0.0.1,,127.0.0.2/m', qr/no host in/ ],
    [ 'redis+sentinel://127.0.0.1/m/x', qr/no valid database number/ ],
    [ 'redis+sentinel://' . join(',', ('127.0.0.1') x 17) . '/m',
      qr/names over 16 sentinels/ ],
    [ "redis://127.0.0.1 sentinel_password_file=$file", qr/but no sentinels/ ],
    [ 'redis+sentinel://127.0.0.1/m sentinel_user=u',
      qr/no sentinel_password_file=/ ],
    [ 'redis://127.0.0.1 ssl_name=x', qr/URL without: it begins with/ ],
    [ 'rediss://127.0.0.1 ssl_verify=maybe', qr/takes "on" or "off"/ ],
    [ 'rediss://127.0.0.1 ssl_certificate_key=x', qr/no ssl_certificate=/ ],
    [ 'rediss://127.0.0.1 ssl_trusted_certificate=/none.crt',
      qr/none\.crt.* failed/ ],
    [ 'redis://127.0.0.1 wait_replicas=11', qr/wait_replicas= from 0 to 10/ ],
    [ 'redis://127.0.0.1 wait_timeout=0', qr/a time that is none/ ],
    [ 'redis://127.0.0.1 user=', qr/empty parameter/ ],
    [ 'redis://127.0.0.1 what=1', qr/invalid parameter "what=1"/ ],
) {
    my ($words, $says) = @$row;
    $check->{redis} = $words;
    $check->write_conf;
    my ($status, $out) = $check->check;
    ok($status != 0 && $out =~ $says, "refused: $words") or diag($out);
    unlike($out, qr/secret|u:p/, '.. and no secret is told')
        if $words =~ /\@|password/;
}
allow_in_logs(qr/\[emerg\]/);

# --- a socket, and a user that may do little ---

# README has this line for those who copy it.
my ($acl) = slurp(root_dir() . '/README.md')
    =~ /`ACL SETUSER mitzu-nginx on >\S+ ([^`]+)`/;
ok($acl, 'README says which rights the user needs');

my $redis = Mitzu::Redis->new;
$redis->cmd('ACL', 'SETUSER', 'mitzu', 'on', '>secret', split ' ', $acl);
my $worker = Mitzu::Worker->new(redis => $redis);

my $nginx = Mitzu::Nginx->new(workers => 2,
    redis => "unix:$redis->{socket} user=mitzu password_file=$file",
    location => 'mitzu_mcp_heartbeat 300ms; mitzu_mcp_max_queued 1000;'
        . ' mitzu_mcp_run_limit rate=100r/s burst=100 concurrent=100;'
        . ' mitzu_mcp_run_limit project rate=100r/s burst=99 concurrent=99;',
    server => "location = /status { mitzu_mcp_status; }\n"
        . location('/wrong', "unix:$redis->{socket}?db=1 user=mitzu"
            . ' password_file=' . spew(temp_dir() . '/wrong', "wrong\n")));
my $mcp = client($nginx);

# A run from its question to its table, followed by a stream; 3.5 MB go over
# the bulk connection.
sub whole_run {
    my ($mcp, $worker, $name) = @_;
    my $run = $mcp->call('run_analytics_agent',
        { prompt => 'purchases, question ' . ++$asked });
    is($run->{status}, 'running', "$name: a run is accepted") or return;
    ok($worker->claim($run), '.. and claimed');
    my $http = $mcp->start('tools/call', { name =>
        'get_analytics_agent_status', arguments => { conversation_id =>
        $run->{conversation_id}, wait_seconds => 30 } }, token => 't');
    $http->read_head(10);
    $worker->event($run, 'planning', 'step one');
    my $m;
    do {
        $m = $mcp->next_message($http, 10);
    } while ($m && $json->encode($m) !~ /step one/);
    ok($m, '.. its progress arrives');
    my $aid = $worker->artifact($run, 'rows', map {
        $json->encode({ n => $_, text => 'x' x 3400 }) } 1 .. 1000);
    $worker->finish($run, '42 purchases');
    my $last;
    while ($m = $mcp->next_message($http, 10)) {
        $last = $m->{message} if exists $m->{message}{id};
    }
    is(($last || {})->{result}{structuredContent}{status}, 'completed',
        '.. and its answer');
    my $rows = $mcp->call('read_json_artifact', { reads => [
        { artifact_id => $aid, offset => 998, limit => 2 } ] });
    is($rows->{results}[0]{total}, 1000, '.. and its 3.5 MB of rows')
        or diag(explain $rows);
    return $run;
}

$mcp->open;
my $run = whole_run($mcp, $worker, 'an ACL user');
my ($tail) = $mcp->bare('GET');
my $second = $mcp->call('run_analytics_agent', { prompt => 'and by country?',
    conversation_id => $run->{conversation_id} });
is($second->{status}, 'running', 'the conversation goes on');
is($mcp->call('run_analytics_agent', { prompt => 'no, by device',
    conversation_id => $run->{conversation_id}, cancel_running => \1 })
    ->{status}, 'running', '.. and a question takes the place of another');
$mcp->request('resources/list');
$mcp->request('resources/subscribe', { uri => 'mitzu://artifacts/'
    . Mitzu::Worker::id('a') });
$mcp->request('logging/setLevel', { level => 'debug' });
$mcp->request('completion/complete', { ref => { type => 'ref/prompt',
    name => 'funnel' }, argument => { name => 'event', value => 'p' } });
$mcp->end_session;
$tail->close;

my $modern = Mitzu::MCP->new(port => $nginx->{port}, era => 'modern',
    capabilities => { extensions => {
        'io.modelcontextprotocol/tasks' => {} } });
my $task = submit($modern)->{message}{result}{taskId};
ok($task, 'a task');
$modern->request($_, { taskId => $task }) for qw(tasks/get tasks/cancel);

my @denied = grep { my %e = @$_; $e{username} eq 'mitzu' && $e{reason} ne 'auth' }
    @{ $redis->cmd('ACL', 'LOG') };
is_deeply([ map { my %e = @$_; "$e{reason} $e{object}" } @denied ], [],
    'these rights are enough');
unlike($nginx->log, qr/NOPERM/, '.. for all connections');
my $mine = () = $redis->cmd('CLIENT', 'LIST') =~ /user=mitzu/g;
is($mine, 6, '.. which are three of each worker');

for my $cmd ([ 'KEYS', '*' ], [ 'FLUSHALL' ], [ 'CONFIG', 'GET', '*' ],
    [ 'GET', 'other' ], [ 'SUBSCRIBE', 'other' ], [ 'SCRIPT', 'FLUSH' ])
{
    my $r = $redis->cmd('ACL', 'DRYRUN', 'mitzu', @$cmd);
    isnt($r, 'OK', "the user may not: @$cmd");
}

unavailable(try(client($nginx, '/wrong')), 'a wrong password');
like($nginx->log, qr/\[error\].*AUTH refused: WRONGPASS/, '.. and the log says why');
unlike($nginx->log, qr/secret/, '.. without the password');

like($nginx->log, qr/redis unix:\S+: 3 connections of each of 2 workers, 6 of this node/,
    'what it opens is said once at start');
my $page = Mitzu::HTTP->once($nginx->{port}, 'GET', '/status')->{body};
like($page, qr/^mitzu_mcp_redis_up\{redis="unix:[^"]+",address="unix:[^"]+"\} 1$/m,
    'the status page shows that Redis is there') or diag($page);
like($page, qr/^mitzu_mcp_redis_up\{redis="unix:[^"]+\?db=1[^"]*",address="[^"]*"\} 0$/m,
    '.. and which is not');

# A user that may not listen: the log says so, calls look by themselves.
$redis->cmd('ACL', 'SETUSER', 'deaf', 'on', '>secret', '~*', '+@all',
    'resetchannels');
my $deaf = Mitzu::Nginx->new(name => 'deaf', redis => $redis->url
    . " user=deaf password_file=$file");
ok(wait_for(10, sub { $deaf->log
    =~ /\[error\].*\(notify\) refuses: NOPERM.*channel/ }),
    'a user that may not listen is told');
ok(listed(client($deaf)), '.. and served');
$deaf->stop;

# --- Redis is there, and cannot ---

my $plain = Mitzu::Nginx->new(name => 'plain', workers => 1,
    redis => $redis->url . ' timeout=1s');
$mcp = client($plain);
$run = said(submit($mcp));
is($run->{status}, 'running', 'a run is accepted');

sub status_of { return $_[0]->request('tools/call', { name =>
    'get_analytics_agent_status', arguments => { conversation_id =>
    $run->{conversation_id}, wait_seconds => 0 } }) }

$redis->cmd('CONFIG', 'SET', 'maxmemory', '1');
unavailable(submit($mcp), 'OOM');
like($plain->log, qr/\[error\].*refuses: .*OOM/, '.. and the log says so');
is(said(status_of($mcp))->{status}, 'running', '.. what can be read is read');
$redis->cmd('CONFIG', 'SET', 'maxmemory', '0');
is(said(submit($mcp))->{status}, 'running', '.. and it is over when it is');

$redis->cmd('CONFIG', 'SET', 'min-replicas-to-write', '1');
unavailable(submit($mcp), 'NOREPLICAS');
$redis->cmd('CONFIG', 'SET', 'min-replicas-to-write', '0');
is(said(submit($mcp))->{status}, 'running', '.. and over');

$redis->cmd('CONFIG', 'SET', 'lua-time-limit', '50');
my $busy = IO::Socket::UNIX->new(Peer => $redis->{socket}) or die;
print {$busy} "EVAL 'while true do end' 0\r\n";
ok(wait_for(10, sub { !eval { $redis->cmd('PING') } && $@ =~ /BUSY/ }),
    'a script keeps Redis busy');
unavailable(status_of($mcp), 'BUSY');
$redis->cmd('SCRIPT', 'KILL');
$busy->close;
ok(wait_for(10, sub { listed($mcp) }), '.. and over');

# It is made a replica of a copy of itself, and that takes its time: LOADING,
# then READONLY.
sub connections { return $redis->cmd('INFO', 'stats')
    =~ /total_connections_received:(\d+)/ ? $1 : 0 }

my $before = connections();
my $copy = Mitzu::Redis->new(name => 'copy', args => [
    '--repl-diskless-sync-delay', 0, '--replicaof', '127.0.0.1',
    $redis->{port} ]);
ok(wait_for(15, sub { $copy->cmd('INFO', 'replication')
    =~ /master_link_status:up/ }), 'there is a copy of Redis');
$copy->cmd('REPLICAOF', 'NO', 'ONE');
$copy->cmd('SET', "mitzu:fill:$_", 'x' x 200) for 1 .. 100;
wait_for(15, sub { $copy->cmd('INFO', 'persistence')
    !~ /aof_rewrite_(?:in_progress|scheduled):1/ });
$copy->stop;
splice @{ $copy->{args} }, 2;
$copy->start;

$redis->cmd('CONFIG', 'SET', 'key-load-delay', 15000);
$redis->cmd('CONFIG', 'SET', 'loading-process-events-interval-bytes', 1024);
$redis->cmd('REPLICAOF', '127.0.0.1', $copy->{port});
my @seen;
ok(wait_for(20, sub { push @seen, status_of($mcp);
    $seen[-1]{status} == 503 }), 'it is loading');
unavailable($seen[-1], 'LOADING');
is(scalar(grep { (said($_)->{status} || '') ne 'running' }
    @seen[0 .. $#seen - 1]), 0, '.. and before that all was answered');
ok(wait_for(5, sub { $plain->log =~ /LOADING/ }), '.. and the log says so');
ok(wait_for(20, sub { $redis->cmd('INFO', 'replication')
    =~ /master_link_status:up/ }), 'it is a replica');
ok(wait_for(10, sub { $plain->log =~ /READONLY/ }), '.. as the log says');
unavailable(submit($mcp), 'READONLY');
$redis->cmd('REPLICAOF', 'NO', 'ONE');
ok(wait_for(10, sub { said(submit($mcp))->{status} }),
    '.. until it is a master again');
is(said(status_of($mcp))->{status}, 'running', '.. and has all the runs');
ok(connections() - $before >= 6, '.. to which new connections were made');
$copy->stop;
$plain->stop;

# --- replicas confirm ---

my $replica = Mitzu::Redis->new(name => 'replica', args => [
    '--repl-diskless-sync-delay', 0, '--replicaof', '127.0.0.1',
    $redis->{port} ]);
my $sure = Mitzu::Nginx->new(name => 'sure', redis => $redis->url
    . ' wait_replicas=1 wait_timeout=2s');
$mcp = client($sure);
ok(wait_for(20, sub { $redis->cmd('INFO', 'replication') =~ /state=online/ }),
    'there is a replica');
like($sure->log, qr/4 connections of each of 1 workers/,
    'they need one connection more');

sub waits { my ($n) = $redis->cmd('INFO', 'commandstats')
    =~ /cmdstat_wait:calls=(\d+)/; return $n || 0 }

my $n = waits();
my @http = map { $mcp->start('tools/call', { name => 'run_analytics_agent',
    arguments => { prompt => "purchases on day $_" } }) } 1 .. 40;
my @pids;
for my $http (@http) {
    $http->read_head(10);
    my $end = time + 10;
    1 while $http->more_body($end);
    my $m = eval { $json->decode($http->{data}) } || {};
    push @pids, $m->{result}{structuredContent}{prompt_id} || ();
}
is(scalar @pids, 40, 'forty runs are accepted');
my %there = map { /run:(p_[a-z2-7]{26})$/ ? ($1 => 1) : () }
    @{ $replica->cmd('KEYS', '*:run:p_*') };
is(scalar(grep { !$there{$_} } @pids), 0, '.. and the replica has them all');
$n = waits() - $n;
ok($n > 0 && $n <= 40, ".. by $n commands WAIT");

$n = waits();
ok(listed($mcp), 'what is read');
is(waits() - $n, 0, '.. waits for nobody');

kill 'STOP', $replica->{pid};
my $slow = $mcp->start('tools/call', { name => 'run_analytics_agent',
    arguments => { prompt => 'purchases that nobody confirms' } });
ok(wait_for(5, sub { $redis->cmd('CLIENT', 'LIST') =~ /cmd=wait/ }),
    'a run that no replica confirms waits');
ok(listed($mcp), '.. and holds up nobody else');
like($redis->cmd('CLIENT', 'LIST'), qr/cmd=wait/, '.. for as long');
my $head = $slow->read_head(10);
unavailable($head, 'after wait_timeout');
like($sure->log, qr/\[error\].*wait_replicas=1, but 0 confirmed within/,
    '.. and the log says so');
kill 'CONT', $replica->{pid};
my $again;
ok(wait_for(15, sub {
    my $r = submit($mcp, 'purchases that nobody confirms');
    $again = said($r);
    $r->{status} == 200 }), 'with the replica back the question is asked again');
ok($again->{attached}, '.. and meets the run that was made')
    or diag(explain $again);
kill 'STOP', $replica->{pid};
$slow = $mcp->start('tools/call', { name => 'run_analytics_agent',
    arguments => { prompt => 'purchases in an outage' } });
wait_for(5, sub { $redis->cmd('CLIENT', 'LIST') =~ /cmd=wait/ });
$redis->cmd('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
unavailable($slow->read_head(10), 'a connection lost in a WAIT');
kill 'CONT', $replica->{pid};
ok(wait_for(15, sub { said(submit($mcp))->{status} }), '.. is made again');
$replica->stop;
$sure->stop;

# --- TLS ---

my $pair = $ca->issue('redis', 'DNS:redis.test', 'IP:127.0.0.1');
my $friend = $ca->issue('client');
my $stranger = Mitzu::Certs->new(name => 'stranger');
my $port = free_port();
my $tls = Mitzu::Redis->new(name => 'tls', port => $port,
    args => [ $ca->redis_args($pair, $port) ]);
my $mport = free_port();
my $mutual = Mitzu::Redis->new(name => 'mutual', port => $mport,
    args => [ $ca->redis_args($pair, $mport, clients => 'yes') ]);

my $trust = "ssl_trusted_certificate=$ca->{ca}";
my $url = "rediss://127.0.0.1:$port";
my $murl = "rediss://127.0.0.1:$mport";
my %path = (
    '/name'     => "$url $trust ssl_name=redis.test",
    '/insecure' => "$url ssl_verify=off",
    '/mutual'   => "$murl $trust ssl_certificate=$friend->{cert}"
        . " ssl_certificate_key=$friend->{key}",
    '/wrongca'  => "$url ssl_trusted_certificate=$stranger->{ca}",
    '/noca'     => $url,
    '/wrongname' => "$url $trust ssl_name=other.test",
    '/localhost' => "rediss://localhost:$port $trust",
    '/wrongip'  => "$url $trust ssl_name=127.0.0.2",
    '/nocert'   => "$murl $trust",
    '/plain'    => "rediss://127.0.0.1:$redis->{port} $trust",
    '/clear'    => "redis://127.0.0.1:$port",
);
$nginx->stop;
my $secure = Mitzu::Nginx->new(name => 'secure', redis => "$url $trust",
    connections => 1024, location => 'mitzu_mcp_heartbeat 300ms;',
    server => join '', map { location($_, $path{$_}) } sort keys %path);
$mcp = client($secure);
$run = whole_run($mcp, Mitzu::Worker->new(redis => $tls), 'TLS');
ok(listed(client($secure, $_)), "$_: served")
    for qw(/name /insecure /mutual);

for my $row (
    [ '/wrongca', qr/certificate is not trusted: self.signed certificate/ ],
    [ '/noca', qr/certificate is not trusted/ ],
    [ '/wrongname', qr/certificate is not for "other\.test"/ ],
    [ '/localhost', qr/certificate is not for "localhost"/ ],
    [ '/wrongip', qr/certificate is not for "127\.0\.0\.2"/ ],
    [ '/nocert', qr/alert certificate required|handshake failure/ ],
    [ '/plain', qr/no TLS handshake in time|SSL handshake/ ],
    [ '/clear', qr/closed the connection|not ready in time|Protocol error/i ],
) {
    my ($path, $says) = @$row;
    my $start = time;
    unavailable(try(client($secure, $path)), $path);
    ok(time - $start < 10, '.. soon');
    my ($words) = split ' ', $path{$path};
    my @lines = grep { /mitzu mcp: redis \Q$words\E \(\w+\): .*$says/ }
        split /\n/, $secure->log;
    ok(scalar @lines, '.. and the log says why')
        or diag(join "\n", (grep { /\Q$words\E \(/ } split /\n/,
            $secure->log)[0 .. 3]);
}

# All connections are cut, many a time: sessions are resumed, none is lost.
for my $i (1 .. 5) {
    delete $tls->{sock};
    $tls->cmd('CLIENT', 'KILL', 'TYPE', $_) for qw(normal pubsub);
    ok(wait_for(10, sub { listed($mcp) }), "cut $i: served again");
}
my @many = map { $mcp->start('tools/call', { name => 'list_agent_artifacts' }) }
    1 .. 50;
is(scalar(grep { ($_->read_head(10) || {})->{status} == 200 } @many), 50,
    'many at a time');

# A server that accepts, and then says nothing: the handshake has an end.
my $mute = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1');
my $lone = Mitzu::Nginx->new(name => 'lone', redis => 'rediss://127.0.0.1:'
    . $mute->sockport . ' connect_timeout=500ms');
my $t = time;
unavailable(submit(client($lone)), 'a server that is silent');
ok(time - $t < 10, '.. soon');
like($lone->log, qr/no TLS handshake in time/, '.. and the log says so');
$lone->signal('HUP');
sleep 0.3;
$lone->stop;
$secure->stop;
$_->stop for $tls, $mutual, $redis;

finish();
