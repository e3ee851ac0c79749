#!/usr/bin/perl

# Sessions of the handshake revisions: made on one node, known on all, ended
# on all, over reloads, restarts and without Redis; versions and headers;
# and the batches that one of those revisions has.

use strict;
use warnings;

use JSON::PP;
use Mitzu::HTTP;
use Mitzu::MCP;
use Mitzu::Nginx;
use Mitzu::Proxy;
use Mitzu::Redis;
use Mitzu::Seal;
use Mitzu::Test;
use Test::More;
use Time::HiRes qw(time sleep);

my $json = Mitzu::MCP::json();
my $redis = Mitzu::Redis->new;
my $strict = <<"EOT";
location = /strict {
    mitzu_mcp strict;
    mitzu_mcp_auth off;
    mitzu_mcp_redis @{[ $redis->url ]};
}
location = /short {
    mitzu_mcp on;
    mitzu_mcp_auth off;
    mitzu_mcp_redis @{[ $redis->url ]};
    mitzu_mcp_session_timeout 1s;
}
EOT
my %nginx = (redis => $redis->url, workers => 2, server => $strict);
my $nginx = Mitzu::Nginx->new(%nginx);
my $other = Mitzu::Nginx->new(%nginx, name => 'nginx2');
my @ports = ($nginx->{port}, $other->{port});

# The key of a deployment without key files comes from its Redis.
ok(wait_for(5, sub { $redis->cmd('HGET', 'mitzu:meta', 'key') }),
    'the first node puts a key into mitzu:meta');
my $seal = Mitzu::Seal->new($redis->cmd('HGET', 'mitzu:meta', 'key'));

sub client { return Mitzu::MCP->new(port => $ports[0], @_) }
sub status_of { my $r = $_[0]->request('ping'); return $r ? $r->{status} : 0 }

# post(client, method, headers to change => undef removes): the status.
sub post {
    my ($c, $method, %change) = @_;
    my %h = $c->headers($method, {});
    %h = (%h, %change);
    my $r = Mitzu::HTTP->once($c->{port}, 'POST', $c->{path}, headers => [
        map { defined $h{$_} ? ($_ => $h{$_}) : () } sort keys %h ],
        body => $json->encode($c->message($method, {})));
    $r->{json} = eval { $json->decode($r->{body}) } if $r && $r->{body} ne '';
    return $r || { status => 0, headers => {} };
}

# Every worker of a node must know: 12 requests find both of them.
sub everywhere {
    my ($c, $status) = @_;
    for my $port (@ports) {
        my $here = $c->on($port);
        for (1 .. 12) {
            return 0 unless wait_for(3, sub { status_of($here) == $status });
        }
    }
    return 1;
}

# --- what initialize gives ---

my %seen;
for (1 .. 50) {
    my $c = client();
    my $r = $c->open;
    my $id = $c->{session};
    $seen{$id}++ if defined $id && $id =~ /^[\x21-\x7e]+$/;
    is($r->{status}, 200, 'initialize is 200') if $_ == 1;
}
is(scalar keys %seen, 50, 'session ids are visible ASCII and differ');
my @ids = sort keys %seen;
ok(!grep({ length $_ > 256 } @ids), '.. and are no longer than a header likes');

for my $row (
    [ '2025-11-25', '2025-11-25' ], [ '2025-06-18', '2025-06-18' ],
    [ '2025-03-26', '2025-03-26' ], [ '2024-11-05', '2024-11-05' ],
    [ '1999-01-01', '2025-11-25' ], [ '2099-01-01', '2025-11-25' ],
    [ '', '2025-11-25' ],
) {
    my ($ask, $get) = @$row;
    for my $path ('/mcp', '/strict') {
        my $c = client(version => $ask, path => $path);
        my $r = $c->open;
        is($r->{message}{result}{protocolVersion}, $get,
            "$path: asked for '$ask', $get is offered");
        ok(defined $c->{session}, '.. with a session');
    }
}

# --- one session, all nodes ---

my $c = client();
$c->open;
ok(everywhere($c, 200), 'a session works on every node and worker');
my $s = client(path => '/strict');
$s->open;
ok(everywhere($s, 200), '.. also in strict mode');

for my $path ('/mcp', '/strict') {
    my ($name) = $path =~ /(\w+)$/;
    my $c = client(path => $path);
    $c->open;
    my $good = $c->{session};
    my $wide = 'x' x 5000;
    for my $row (
        [ 'garbage', 'nonsense' ], [ 'one character', 'A' ],
        [ 'empty base64', '=' ], [ 'longer than any of ours', $wide ],
        [ 'a forged expiry', Mitzu::Seal::bend($good, 7) ],
        [ 'a forged name', Mitzu::Seal::bend($good, 8) ],
        [ 'a forged signature', Mitzu::Seal::bend($good, -1) ],
        [ 'more behind a good one', $good . 'AAAA' ],
        [ 'cut short', substr $good, 0, -4 ],
        [ 'an expired one', $seal->session(expires => time - 5) ],
        [ 'one of another user',
            $seal->session(scope => Mitzu::Seal::scope('', 'somebody')) ],
        [ 'one of another project', $seal->session(
            scope => Mitzu::Seal::scope('', '', 'elsewhere')) ],
        [ 'one of another key', Mitzu::Seal->new('k' x 64)->session ],
        [ 'a token of another use', $seal->make('e', Mitzu::Seal::scope(),
            time + 600, ('r' x 16) . pack('N', 0) . '2025-11-25') ],
    ) {
        my ($what, $id) = @$row;
        $c->{session} = $id;
        my $r = post($c, 'ping');
        is($r->{status}, 404, "$name: $what is 404");
        ok($r->{json}{error} && !$r->{json}{result}, '.. as a JSON error');
    }
    is(post($c, 'ping', 'Mcp-Session-Id' => $seal->session)->{status}, 200,
        "$name: one sealed by these rules with the same key is taken");

    my $stale = $seal->session(expires => time - 5);
    for my $old ('nonsense', $stale, $good) {
        my $c = client(path => $path);
        my $r = $c->request('initialize', { protocolVersion => '2025-11-25',
            capabilities => {}, clientInfo => { name => 't', version => 1 } },
            headers => [ 'Mcp-Session-Id' => $old ]);
        is($r->{status}, 200, "$name: initialize with an old id is served");
        isnt($r->{headers}{'mcp-session-id'}, $old, '.. with a new one');
    }
}

# --- without one ---

$c = client();
is(status_of($c), 200, 'lenient: a request without a session is served');
$c = client(path => '/strict');
my $r = $c->request('ping');
is($r->{status}, 400, 'strict: without a session it is 400');
ok($r->{message}{error}, '.. as a JSON error');
is($c->request('notifications/initialized', {}, notification => 1)->{status},
    400, 'strict: nor is a notification taken without one');
$c->{session} = '';
is(status_of($c), 404, 'strict: an empty session id is none of ours');

for my $path ('/mcp', '/strict') {
    my $c = client(path => $path);
    for my $m (qw(GET DELETE)) {
        my ($http, $head) = $c->bare($m, timeout => 5);
        like($head->{status}, qr/^40[05]$/, "$path: $m without a session");
        $c->{session} = 'nonsense';
        ($http, $head) = $c->bare($m, timeout => 5);
        is($head->{status}, 404, "$path: $m with one that is none");
        delete $c->{session};
    }
}

# --- the end of one ---

for my $path ('/mcp', '/strict') {
    my ($one, $two) = map { client(path => $path) } 1, 2;
    $_->open for $one, $two;
    is($one->end_session, 200, "$path: DELETE ends a session");
    ok(everywhere($one, 404), '.. on every node and worker');
    is($one->end_session, 404, '.. once');
    my ($http, $head) = $one->bare('GET', timeout => 5);
    is($head->{status}, 404, '.. for GET as well');
    ok(everywhere($two, 200), '.. and no other session');
    $one->open;
    is(status_of($one), 200, '.. after which a new one is made');
}

# --- and its age ---

$c = client(path => '/short');
$c->open;
is(status_of($c), 200, 'mitzu_mcp_session_timeout: before');
sleep 2.1;
is(status_of($c), 404, '.. and after');

# --- version headers ---

for my $row (
    # what, value (undef: absent), lenient, strict
    [ 'that of the session', '2025-11-25', 200, 200 ],
    [ 'absent', undef, 200, 200 ],
    [ 'another that is known', '2025-06-18', 200, 400 ],
    [ 'unknown', '2019-01-01', 200, 400 ],
    [ 'rubbish', 'latest', 200, 400 ],
    [ 'doubled', '2025-11-25, 2025-11-25', 200, 400 ],
) {
    my ($what, $value, $lenient, $strict) = @$row;
    for my $mode ([ '/mcp', $lenient ], [ '/strict', $strict ]) {
        my $c = client(path => $mode->[0]);
        $c->open;
        my $r = post($c, 'ping', 'MCP-Protocol-Version' => $value);
        is($r->{status}, $mode->[1], "$mode->[0]: version header $what");
        ok($r->{json}{error}, '.. as a JSON error') if $mode->[1] == 400;
    }
}

# The modern revision's headers do not make a legacy body modern.
$c = client(path => '/strict');
$c->open;
$r = post($c, 'ping', 'MCP-Protocol-Version' => '2026-07-28');
is($r->{status}, 400, 'strict: a modern header on a legacy body is 400');

# The modern revision has no streams and no sessions to end.
for my $path ('/mcp', '/strict') {
    for my $m (qw(GET DELETE)) {
        my $c = client(path => $path, version => '2026-07-28');
        my ($http, $head) = $c->bare($m, timeout => 5);
        is($head->{status}, 405, "$path: $m with a modern version is 405");
        like($head->{headers}{allow} || '', qr/POST/, '.. and Allow says why');
    }
}

# A modern request has no session, whatever it brings.
my $modern = Mitzu::MCP->new(port => $ports[0], era => 'modern');
for my $path ('/mcp', '/strict') {
    $modern->{path} = $path;
    $r = $modern->request('tools/list', {},
        headers => [ 'Mcp-Session-Id' => 'nonsense' ]);
    is($r->{status}, 200, "$path: a modern request's session id is ignored");
    ok(!exists $r->{headers}{'mcp-session-id'}, '.. and none is made');
}

# --- batches ---

sub batch {
    my ($c, $list, %o) = @_;
    my $http = Mitzu::HTTP->new(port => $c->{port}, timeout => 20);
    my %h = ($c->headers('ping', {}), %{ $o{headers} || {} });
    $http->send_request('POST', $c->{path},
        headers => [ map { ($_ => $h{$_}) } sort keys %h ],
        body => ref $list ? $json->encode($list) : $list);
    my $head = $http->read_head or return { status => 0 };
    my %r = (%$head);
    if (($head->{headers}{'content-type'} || '') =~ m{^text/event-stream}) {
        while (my $e = $http->read_event) {
            next unless defined $e->{data} && $e->{data} ne '';
            my $m = $json->decode($e->{data});
            push @{ $r{events} }, ref $m eq 'ARRAY' ? @$m : $m;
        }
    } else {
        1 while $http->more_body(time + 20);
        $r{body} = $http->{data};
        $r{json} = eval { $json->decode($http->{data}) };
    }
    return \%r;
}

sub ping { return { jsonrpc => '2.0', id => $_[0], method => 'ping' } }

my $note = { jsonrpc => '2.0', method => 'notifications/initialized' };
my $list = { jsonrpc => '2.0', id => 'list', method => 'tools/list' };
my $open = { jsonrpc => '2.0', id => 'i', method => 'initialize', params => {
    protocolVersion => '2025-03-26', capabilities => {},
    clientInfo => { name => 't', version => '1' } } };
my $call = { jsonrpc => '2.0', id => 'call', method => 'tools/call', params =>
    { name => 'list_agent_artifacts', arguments => {} } };

for my $path ('/mcp', '/strict') {
    my $c = client(version => '2025-03-26', path => $path);
    $c->open;
    my $r = batch($c, [ ping(1), $note, $list, ping('x'), $call ]);
    is($r->{status}, 200, "$path: a batch is 200");
    my @answers = @{ $r->{events} || ($r->{json} ? $r->{json} : []) };
    is_deeply([ sort map { $_->{id} } @answers ], [ sort 1, 'list', 'x',
        'call' ], '.. with one answer for each request');
    my ($tools) = grep { $_->{id} eq 'list' } @answers;
    is(scalar @{ $tools->{result}{tools} }, 8, '.. each the one it asked for');
    my ($found) = grep { $_->{id} eq 'call' } @answers;
    ok(exists $found->{result}{structuredContent}{total}, '.. calls, too');

    $r = batch($c, [ ping(1) ]);
    is(ref $r->{json}, 'ARRAY', '.. a batch of one is a batch')
        unless $r->{events};
    $r = batch($c, [ $note, $note ]);
    is($r->{status}, 202, '.. notifications alone are 202');
    is($r->{body}, '', '.. and nothing is said');
    $r = batch($c, [ { jsonrpc => '2.0', id => 9, result => {} } ]);
    is($r->{status}, 202, '.. so are responses');

    $r = batch($c, [ ping(1), { jsonrpc => '2.0', id => 2, method => 'no' } ]);
    @answers = @{ $r->{events} || $r->{json} };
    my ($bad) = grep { $_->{id} == 2 } @answers;
    is($bad->{error}{code}, -32601, '.. one unknown method is its own error');

    for my $row (
        [ 'empty', [] ], [ 'too many', [ map { ping($_) } 1 .. 101 ] ],
        [ 'initialize inside', [ $open ] ],
        [ 'initialize among others', [ ping(1), $open ] ],
        [ 'a batch inside', [ [ ping(1) ] ] ],
        [ 'a modern request inside', [ { jsonrpc => '2.0', id => 1,
            method => 'tools/list', params => { _meta => {
            'io.modelcontextprotocol/protocolVersion' => '2026-07-28',
            'io.modelcontextprotocol/clientCapabilities' => {} } } } ] ],
    ) {
        $r = batch($c, $row->[1]);
        is($r->{status}, 400, "$path: a batch, $row->[0], is 400");
        is($r->{json}{error}{code}, -32600, '.. -32600');
    }
    $r = batch($c, [ map { ping($_) } 1 .. 100 ]);
    is(scalar @{ $r->{events} || $r->{json} }, 100, '.. and a hundred are not');

    for my $version ('2025-06-18', '2025-11-25') {
        my $c = client(version => $version, path => $path);
        $c->open;
        $r = batch($c, [ ping(1) ]);
        is($r->{status}, 400, "$path: $version has no batches: 400");
        is($r->{json}{error}{code}, -32600, '.. -32600');
    }
}

# Without a session the header tells the revision, and no header is
# 2025-03-26, which has batches.
for my $row ([ undef, 200 ], [ '2025-03-26', 200 ], [ '2025-06-18', 400 ],
    [ '2025-11-25', 400 ]) {
    my ($version, $status) = @$row;
    my @h = map { ($_->[0] => $_->[1]) } [ 'Content-Type', 'application/json' ],
        [ Accept => 'application/json, text/event-stream' ],
        defined $version ? [ 'MCP-Protocol-Version', $version ] : ();
    my $r = Mitzu::HTTP->once($ports[0], 'POST', '/mcp', headers => \@h,
        body => $json->encode([ ping(1) ]));
    is($r->{status}, $status, 'no session, version header '
        . ($version || 'absent') . ': a batch is ' . $status);
}

# An answer by stream: one long call among short ones.
$c = client(version => '2025-03-26');
$c->open;
my $run = $c->call('run_analytics_agent', { prompt => 'purchases last week?' });
my $wait = { jsonrpc => '2.0', id => 'wait', method => 'tools/call', params => {
    name => 'get_analytics_agent_status', _meta => { progressToken => 'tok' },
    arguments => { conversation_id => $run->{conversation_id},
        wait_seconds => 2 } } };
my $began = time;
$r = batch($c, [ ping(1), $wait, ping(2) ]);
is($r->{status}, 200, 'a batch with a long call');
my @answers = grep { exists $_->{id} } @{ $r->{events} || $r->{json} };
is_deeply([ sort map { $_->{id} } @answers ], [ 1, 2, 'wait' ],
    '.. is answered whole');
is((grep { $_->{id} eq 'wait' } @answers)[0]{result}{structuredContent}{status},
    'running', '.. with the status');
ok(time - $began >= 1.8, '.. when it came');
$r = batch($c, [ ping(1), { %$wait, id => 'w2' } ],
    headers => { Accept => 'text/event-stream, application/json;q=0.1' });
@answers = grep { exists $_->{id} } @{ $r->{events} || [] };
is_deeply([ sort map { $_->{id} } @answers ], [ 1, 'w2' ],
    'a client that prefers a stream gets one event stream')
    if $r->{events};

# --- reload, restart ---

$c = client();
$c->open;
my $gone = client();
$gone->open;
$gone->end_session;
my @old = $nginx->worker_pids;
$nginx->signal('HUP');
wait_for(10, sub { my %now = map { $_ => 1 } $nginx->worker_pids;
    !grep { $now{$_} } @old });
ok(everywhere($c, 200), 'a session outlives a reload');
ok(everywhere($gone, 404), '.. and so does the end of one');
$nginx->stop;
$nginx->start;
ok(everywhere($c, 200), 'a session outlives a restart of the node');
ok(everywhere($gone, 404), '.. and so does the end of one, told by Redis');
my @ended = @{ $redis->cmd('ZRANGE', 'mitzu:ended', 0, -1) };
ok(@ended >= 3, 'the ended ones are kept in mitzu:ended: ' . @ended);

# Nor does it cost a request, however far away Redis is: a worker that has
# just begun waits until it knows what it must.
my $far = Mitzu::Proxy->new(target => $redis->{port});
$far->mode('delay 0.02');
my $strict_node = Mitzu::Nginx->new(name => 'far', redis => $far->url,
    workers => 2, mode => 'strict');
my $s2 = client(port => $strict_node->{port});
$r = $s2->open;
ok(defined $s2->{session}, 'the first initialize of a node gets a session');
my (%seen_status, $homeless);
for (1 .. 3) {
    $strict_node->signal('HUP');
    my $end = time + 0.5;
    while (time < $end) {
        $seen_status{ status_of($s2) }++;
        my $c = client(port => $strict_node->{port});
        $seen_status{ $c->open->{status} }++;
        $homeless++ unless defined $c->{session};
    }
}
is_deeply([ keys %seen_status ], [200], 'reloads cost no request')
    or diag(explain \%seen_status);
ok(!$homeless, '.. and no initialize its session');
$strict_node->stop;
$far->stop;

# --- Redis away ---

$redis->stop;
$r = client()->request('tools/list');
is($r->{status}, 200, 'Redis down: tools/list is answered');
my $d = client();
$r = $d->open;
is($r->{status}, 200, 'Redis down: initialize is answered');
ok(defined $d->{session}, '.. with a session, as the key is known');
is(status_of($d), 200, '.. that works');
is(status_of($c), 200, 'Redis down: sessions go on');
is(status_of($gone), 404, '.. and the ended stay ended');
$redis->start;
ok(everywhere($d, 200), 'Redis back: a session of the outage is good');

# --- no key is known yet ---

my $fresh = Mitzu::Nginx->new(name => 'fresh',
    redis => 'redis://127.0.0.1:' . free_port(), server =>
    "location = /strict { mitzu_mcp strict; mitzu_mcp_auth off;\n"
    . '    mitzu_mcp_redis redis://127.0.0.1:' . free_port() . "; }\n");
for my $path ('/mcp', '/strict') {
    my $c = client(port => $fresh->{port}, path => $path);
    $c->{session} = $d->{session};
    my $r = $c->request('ping');
    is($r->{status}, 503, "$path: a session before any key is known is 503");
    like($r->{headers}{'retry-after'} || '', qr/^[1-9]\d*$/, '.. Retry-After');
    ok($r->{message}{error}, '.. as a JSON error');
    my ($http, $head) = $c->bare('DELETE', timeout => 5);
    is($head->{status}, 503, '.. and nothing is ended');
    $r = $c->open;
    is($r->{status}, 200, "$path: initialize is answered without Redis");
}
$r = client(port => $fresh->{port})->request('tools/list');
is($r->{status}, 200, 'tools/list is answered without Redis');
$fresh->stop;

# --- mitzu_mcp_key: the same file, each node its own Redis ---

my ($new, $first) = map { spew(temp_dir() . "/key$_", "$_" x 64) } 'n', 'o';
my $second = Mitzu::Redis->new(name => 'redis2');
sub node {
    my ($name, $redis, @keys) = @_;
    return Mitzu::Nginx->new(name => $name, redis => $redis->url,
        location => "mitzu_mcp_key @keys;");
}
my @nodes = (node('key1', $redis, $first), node('key2', $second, $first));
@ports = map { $_->{port} } @nodes;
$c = client();
$c->open;
ok(everywhere($c, 200), 'mitzu_mcp_key: nodes with one file know each other');
is(status_of($c->on($other->{port})), 404, '.. and no node without it does');
ok(defined [ Mitzu::Seal->new('o' x 64)->open('s', Mitzu::Seal::scope(),
    $c->{session}) ]->[1], '.. the file is the secret');
$nodes[1]->stop;
$nodes[1] = node('key3', $second, $new, $first);
@ports = ($nodes[1]{port});
ok(everywhere($c, 200), 'rotation: the old key verifies what it sealed');
my $n = client();
$n->open;
ok(defined [ Mitzu::Seal->new('n' x 64)->open('s', Mitzu::Seal::scope(),
    $n->{session}) ]->[1], '.. the new one seals');
is(status_of($n->on($nodes[0]{port})), 404, '.. so the old node waits for it');

allow_in_logs(qr/\[emerg\].*"mitzu_mcp_key"/, qr/\[emerg\].*nothing" failed/);
for my $row (
    [ 'a short secret', spew(temp_dir() . '/short', 'x' x 31) ],
    [ 'an empty file', spew(temp_dir() . '/empty', '') ],
    [ 'no file', temp_dir() . '/nothing' ],
) {
    my $bad = Mitzu::Nginx->new(name => 'bad', redis => $redis->url,
        location => "mitzu_mcp_key $row->[1];", stopped => 1);
    my ($status, $out) = $bad->check;
    ok($status != 0, "mitzu_mcp_key with $row->[0] does not start");
    like($out, qr/\Q$row->[1]\E/, '.. and names the file');
    unlike($out, qr/x{31}/, '.. and not what is in it');
}

is_deeply([ $redis->strange_keys ], [], 'only documented keys in Redis');

finish();
