#!/usr/bin/perl

# The access phase of an endpoint: who decides (a service of the operator's
# own, addresses, both), what a refusal looks like on every method, that it
# comes before a body is read, and what a scope opens.

use strict;
use warnings;

use JSON::PP;
use Mitzu::AuthServer;
use Mitzu::HTTP;
use Mitzu::MCP;
use Mitzu::Nginx;
use Mitzu::Peer;
use Mitzu::Redis;
use Mitzu::Seal;
use Mitzu::Service;
use Mitzu::Test;
use Mitzu::Worker;
use Test::More;
use Time::HiRes qw(time sleep);

my $json = Mitzu::MCP::json();
my $RESOURCE = 'https://mcp.example.com/mcp';
my $META = 'https://mcp.example.com/.well-known/oauth-protected-resource/mcp';
my $SCOPES = 'analytics:read analytics:run';

my $redis = Mitzu::Redis->new;
my $service = Mitzu::Service->new;
my $gone = free_port();
my $port2 = free_port();

# An endpoint each; the service answers for the first ones.
my %endpoint = (
    '/mcp' => '',
    '/strict' => '',
    '/scoped' => 'mitzu_mcp_scopes read=analytics:read run=analytics:run;',
    '/either' => 'satisfy any; allow 127.0.0.1; deny all;',
    '/token' => 'satisfy any; deny all;',
    '/nobody' => 'deny all;',
    '/both' => 'allow 127.0.0.1; deny all;',
    '/small' => 'mitzu_mcp_body_max 1k;',
    '/gone' => 'mitzu_mcp_auth /_gone;',
    '/unset' => 'mitzu_mcp_auth /_unset;',
    '/missing' => 'mitzu_mcp_auth /_nowhere;',
    '/local' => 'mitzu_mcp_auth /_local; mitzu_mcp_auth_set user local;'
        . ' mitzu_mcp_auth_set project $arg_p;',
    '/refused' => 'mitzu_mcp_auth /_refused;',
);

my $proxy = <<'EOT';
    internal;
    proxy_pass_request_body off;
    proxy_set_header Content-Length "";
    proxy_connect_timeout 1s;
    proxy_read_timeout 1s;
EOT
my $server = <<"EOT" . join '', map { <<"EOT2" } sort keys %endpoint;
listen 127.0.0.1:$port2 http2;
location = /_auth { $proxy proxy_pass http://127.0.0.1:$service->{port}/auth; }
location = /_gone { $proxy proxy_pass http://127.0.0.1:$gone; }
location = /_unset { internal; return 204; }
location = /_local { internal; return 204; }
location = /_refused { internal; return 403; }
error_page 400 401 403 404 405 413 500 502 503 504 /mcp_error;
location = /mcp_error { internal; mitzu_mcp errors; }
location = /.well-known/oauth-protected-resource { mitzu_mcp metadata; }
location = /.well-known/oauth-protected-resource/mcp { mitzu_mcp metadata; }
EOT
location = $_ {
    mitzu_mcp @{[ $_ eq '/strict' ? 'strict' : 'on' ]};
    @{[ $endpoint{$_} =~ /mitzu_mcp_auth / ? '' : 'mitzu_mcp_auth /_auth;
    mitzu_mcp_auth_set user $sent_http_x_user;
    mitzu_mcp_auth_set project $sent_http_x_project;
    mitzu_mcp_auth_set scopes $upstream_http_x_scopes;' ]}
    $endpoint{$_}
}
EOT2
my $nginx = Mitzu::Nginx->new(bare => 1, server => $server, http =>
    'mitzu_mcp_redis ' . $redis->url . ";\n"
    . "mitzu_mcp_resource_metadata resource=$RESOURCE "
    . 'authorization_server=https://signin.example.com '
    . "\"scopes=$SCOPES\" \"name=Product analytics\";\n"
    . 'mitzu_mcp_wait 3s;');
my $port = $nginx->{port};

# What the service says from now on.
sub says {
    my ($status, $headers, %more) = @_;
    $service->plan('/auth', status => $status, headers => $headers || [],
        %more);
}

sub person { return [ 'X-User' => $_[0], 'X-Project' => $_[1] || 'one',
    'X-Scopes' => defined $_[2] ? $_[2] : $SCOPES ] }

sub client { return Mitzu::MCP->new(port => $port, token => 'anything', @_) }

sub status { my $r = client(@_)->request('tools/list'); return $r->{status} }

# A refusal: its status, its challenge (undef: none), its body, its CORS.
sub refused {
    my ($r, $status, $challenge, $what) = @_;
    is($r->{status}, $status, "$what: $status") or return;
    my $h = $r->{headers};
    is($h->{'www-authenticate'}, $challenge, '.. its challenge');
    like($h->{'content-type'}, qr{^application/json}, '.. as JSON');
    my $m = eval { $json->decode($r->{body}) } || {};
    ok($m->{error}{message} && !exists $m->{result}, '.. that says why')
        or diag($r->{body});
    ok(!exists $h->{'mcp-session-id'}, '.. and makes no session');
    return $m;
}

sub challenge {
    my ($error, $scope, $description) = @_;
    return 'Bearer ' . join ', ', map { "$_->[0]=\"$_->[1]\"" }
        grep { defined $_->[1] } [ error => $error ],
        [ error_description => $description ], [ scope => $scope ],
        [ resource_metadata => $META ];
}

# --- every method ---

says(401);
my $body = $json->encode({ jsonrpc => '2.0', id => 1, method => 'tools/list' });
for my $path ('/mcp', '/strict') {
    for my $method (qw(POST GET DELETE PUT PATCH HEAD)) {
        my @h = (Accept => 'application/json, text/event-stream',
            'Content-Type' => 'application/json',
            Origin => 'http://localhost:1234');
        my $b = $method =~ /^P/ ? $body : undef;
        my $r = Mitzu::HTTP->once($port, $method, $path, body => $b,
            headers => \@h);
        if ($method eq 'HEAD') {
            is($r->{status}, 401, "$path HEAD without a token: 401");
            next;
        }
        refused($r, 401, challenge(undef, $SCOPES),
            "$path $method without a token");
        is($r->{headers}{'access-control-allow-origin'} || '',
            'http://localhost:1234', '.. which a page may read');
        like($r->{headers}{'access-control-expose-headers'},
            qr/WWW-Authenticate/, '.. with its challenge');
        $r = Mitzu::HTTP->once($port, $method, $path, body => $b,
            headers => [ @h, Authorization => 'Bearer bad' ]);
        refused($r, 401, challenge('invalid_token', $SCOPES),
            "$path $method with a bad one");
    }
    my $count = $service->count('/auth');
    my $r = Mitzu::HTTP->once($port, 'OPTIONS', $path, headers => [
        Origin => 'http://localhost:1234',
        'Access-Control-Request-Method' => 'POST',
        'Access-Control-Request-Headers' => 'authorization' ]);
    like($r->{status}, qr/^20[04]$/, "$path OPTIONS needs no token");
    like($r->{headers}{'access-control-allow-headers'}, qr/Authorization/i,
        '.. and allows to send one');
    is($service->count('/auth'), $count, '.. and asks nobody');
}

# --- what the service says ---

for my $row (
    # what, status and headers, plan, status, challenge
    [ '200 with a user', [ 200, person('ann') ], {}, 200 ],
    [ '204 with a user', [ 204, person('ann') ], {}, 200 ],
    [ 'a user and a long body', [ 200, person('ann') ],
        { body => 'x' x 300000 }, 200 ],
    [ '200 without a user', [ 200 ], {}, 403 ],
    [ '200 with an empty user', [ 200, [ 'X-User' => '' ] ], {}, 403 ],
    [ '200 with a long user', [ 200, person('x' x 600) ], {}, 403 ],
    [ '200 with a long project', [ 200, person('ann', 'x' x 600) ], {}, 403 ],
    [ '400', [ 400 ], {}, 400, challenge('invalid_request') ],
    [ '401', [ 401 ], {}, 401, challenge('invalid_token', $SCOPES) ],
    [ '401 with a challenge of its own', [ 401, [ 'WWW-Authenticate' =>
        'Basic realm="x"' ] ], {}, 401, challenge('invalid_token', $SCOPES) ],
    [ '401 with a user', [ 401, person('ann') ], {}, 401,
        challenge('invalid_token', $SCOPES) ],
    [ '403', [ 403 ], {}, 403 ],
    [ '302', [ 302, [ Location => 'http://127.0.0.1:1/' ] ], {}, 503 ],
    [ '404', [ 404 ], {}, 503 ], [ '429', [ 429 ], {}, 503 ],
    [ '500', [ 500 ], {}, 503 ], [ '502', [ 502 ], {}, 503 ],
    [ '503', [ 503 ], {}, 503 ],
    [ 'nothing in time', [ 200, person('ann') ], { delay => 3 }, 503 ],
    [ 'nothing, and hangs up', [ 200 ], { close => 1 }, 503 ],
) {
    my ($what, $plan, $more, $status, $challenge) = @$row;
    says($plan->[0], $plan->[1], %$more);
    for my $method (qw(POST GET DELETE)) {
        next if $status == 200 && $method ne 'POST';
        my $began = time;
        my $r = Mitzu::HTTP->once($port, $method, '/mcp', headers => [
            client()->headers('tools/list', {}) ],
            body => $method eq 'POST' ? $body : undef);
        if ($status == 200) {
            is($r->{status}, 200, "the service says $what: served");
            is(scalar @{ $json->decode($r->{body})->{result}{tools} }, 8,
                '.. with its body');
            next;
        }
        refused($r, $status, $challenge, "$method, the service says $what");
        like($r->{headers}{'retry-after'} || '', qr/^[1-9]\d*$/,
            '.. Retry-After') if $status == 503;
        ok(time - $began < 2.5, '.. in time');
    }
}

says(200, person('ann'));
for my $row ([ '/gone', 503 ], [ '/missing', 503 ], [ '/unset', 403 ],
    [ '/refused', 403 ], [ '/local', 200 ]) {
    is(status(path => $row->[0]), $row->[1], "$row->[0]: $row->[1]");
}
my ($line) = reverse grep { /lets a request in but names no user/ }
    split /\n/, $nginx->log;
like($line, qr/\[error\].*\/_unset/, 'an endpoint that names no user says so');

# What a client says of itself is nothing; the location is not for it.
says(200);
my $r0 = Mitzu::HTTP->once($port, 'POST', '/mcp', body => $body, headers => [
    client()->headers('tools/list', {}), 'X-User' => 'admin',
    'X-Project' => 'all', 'X-Scopes' => $SCOPES ]);
is($r0->{status}, 403, 'a client that names a user names nobody');
is(Mitzu::HTTP->once($port, 'GET', $_)->{status}, 404, "$_ is not reachable")
    for qw(/_auth /_unset /_local);
says(200, person('ann'));

# It is asked once for each request, and given what it needs to decide.
my $before = $service->count('/auth');
client()->request('tools/list') for 1 .. 5;
is($service->count('/auth'), $before + 5, 'one question for each request');
my ($seen) = reverse $service->requests('/auth');
like($seen->{head}, qr/^Authorization: Bearer anything\r$/m,
    '.. with the token');
unlike($seen->{head}, qr/^Content-Length: [1-9]/mi, '.. and without the body');

# Users of the service are walls, too.
says(200, person('ann'));
my $ann = client();
$ann->open;
my $run = $ann->call('run_analytics_agent', { prompt => 'signups' });
my $worker = Mitzu::Worker->new(redis => $redis,
    scope => Mitzu::Seal::scope('/_auth', 'ann', 'one'));
ok($worker->claim($run), 'the scope is that of the location, user, project');
for my $row ([ 'bob', 'one' ], [ 'ann', 'two' ], [ 'ann' . "\t", 'one' ]) {
    says(200, person(@$row));
    my $s = $ann->call('get_analytics_agent_status', { wait_seconds => 0,
        conversation_id => $run->{conversation_id} });
    ok($s->{isError} || ($s->{http} || 0) == 404
        || ($row->[0] =~ /^ann\s/ && $s->{status}), "@$row: another one")
        or diag(explain $s);
}

# --- with addresses ---

for my $row (
    # path, what the service says, status
    [ '/either', 200, 200 ], [ '/either', 401, 200 ], [ '/either', 503, 503 ],
    [ '/token', 200, 200 ], [ '/token', 401, 401 ], [ '/token', 403, 403 ],
    [ '/token', 500, 503 ],
    [ '/nobody', 200, 403 ], [ '/nobody', 401, 401 ],
    [ '/both', 200, 200 ], [ '/both', 401, 401 ],
) {
    my ($path, $says, $status) = @$row;
    says($says, $says == 200 ? person('ann') : []);
    my $r = client(path => $path)->request('tools/list');
    is($r->{status}, $status, "$path, the service says $says: $status");
    is($r->{headers}{'www-authenticate'}, $status == 401
        ? challenge('invalid_token', $SCOPES) : undef, '.. and its challenge');
    like($r->{headers}{'content-type'}, qr{^(?:application/json|text/event)},
        '.. as JSON');
}
says(401);
my $anonymous = client(path => '/either')->call('run_analytics_agent',
    { prompt => 'signups of anybody' });
ok($anonymous->{prompt_id}, 'who gets in by address is served');
says(200, person('ann'));
ok(client(path => '/either')->call('get_analytics_agent_status', {
    conversation_id => $anonymous->{conversation_id}, wait_seconds => 0 })
    ->{isError}, '.. as somebody of its own');

# --- before the body ---

# The head of an answer, or nothing within the time; headers only are sent.
sub early {
    my ($path, $seconds, @headers) = @_;
    my $http = Mitzu::HTTP->new(port => $port);
    $http->send_request('POST', $path, headers => [
        client()->headers('tools/list', {}), @headers ], keepalive => 1);
    my $head = $http->read_head($seconds);
    return ($head, $http);
}

my @big = ('Content-Length' => 900000);
for my $row ([ 401, 'invalid_token' ], [ 403, undef ], [ 500, undef ]) {
    my ($says, $error) = @$row;
    my $status = $says == 500 ? 503 : $says;
    says($says);
    for my $more ([ 'a body that never comes', @big ],
        [ 'one that waits for 100', @big, Expect => '100-continue' ],
        [ 'one in chunks', 'Transfer-Encoding' => 'chunked' ],
        [ 'one over the limit', 'Content-Length' => 90000000 ],
        [ 'one over it that waits', 'Content-Length' => 90000000,
            Expect => '100-continue' ])
    {
        my ($what, @h) = @$more;
        my $began = time;
        my ($head) = early('/mcp', 3, @h);
        is($head->{status}, $status, "$says before the body: $what");
        ok(time - $began < 1, '.. at once');
    }
}
says(200, person('ann'));
my ($head, $http) = early('/mcp', 3, 'Content-Length' => length $body,
    Expect => '100-continue');
is($head->{status}, 100, 'with a good token, a body is asked for');
syswrite $http->{sock}, $body;
is($http->read_head(3)->{status}, 200, '.. and read');
($head) = early('/mcp', 3, 'Content-Length' => 90000000);
is($head->{status}, 413, '.. as long as it may be');

# A body in two pieces, the first with the head, the other while the service
# thinks.
says(200, person('ann'), delay => 0.4);
($head, $http) = early('/mcp', 0.1, 'Content-Length' => length $body);
syswrite $http->{sock}, substr $body, 0, 20;
sleep 0.1;
syswrite $http->{sock}, substr $body, 20;
is(($http->read_head(3) || {})->{status}, 200,
    'a body that comes while the service thinks is whole');

# Who leaves meanwhile.
says(200, person('ann'), delay => 0.5);
for (1 .. 5) {
    my $http = client()->start('tools/list', {});
    $_ % 2 ? $http->cut : $http->close;
}
sleep 1;
says(200, person('ann'));
is(status(), 200, 'clients that leave while the service thinks do no harm');

# Two requests on one connection: the second one is asked for anew.
$http = Mitzu::HTTP->new(port => $port);
for my $row ([ 200, 'ann' ], [ 401, '' ], [ 200, 'bob' ]) {
    says($row->[0], $row->[1] ? person($row->[1]) : []);
    $http->send_request('POST', '/mcp', keepalive => 1, headers => [
        client()->headers('tools/list', {}) ], body => $body);
    is(($http->read_answer(5) || {})->{status}, $row->[0],
        "keep-alive: $row->[0]");
}

# --- HTTP/2: many at once on one connection ---

sub at_once {
    my $file = spew(temp_dir() . '/requests.json', $json->encode([@_]));
    my ($node, $dir) = (Mitzu::Peer::node(), Mitzu::AuthServer::dir());
    return @{ $json->decode(scalar qx('$node' '$dir/http2.mjs' \\
        http://127.0.0.1:$port2 /mcp < '$file')) };
}

my @mixed = map { ({ token => 'anything', body => $body },
    { token => 'anything', body => 'x' x 100000 },
    { token => 'anything', body => 'x', keep => JSON::PP::true() }) } 1 .. 10;
says(200, person('ann'), delay => 0.2);
my %seen;
$seen{ $_->{status} || 'none' }++ for at_once(@mixed);
is_deeply(\%seen, { 200 => 10, 400 => 10, none => 10 },
    'HTTP/2: bodies that are whole are read, those that are none refused');
says(401, [], delay => 0.2);
%seen = ();
for my $r (at_once(@mixed)) {
    $seen{ $r->{status} || 'none' }++;
    $seen{late}++ if ($r->{ms} || 0) > 2000;
    $seen{alike}++ if ($r->{challenge} || '') eq
        challenge('invalid_token', $SCOPES);
}
is_deeply(\%seen, { 401 => 30, alike => 30 },
    '.. and none is waited for when the token is bad');

# --- scopes ---

my %needs = (
    # what: [ request, params, the scope it needs ]
    'initialize' => [ 'initialize', { protocolVersion => '2025-11-25',
        capabilities => {}, clientInfo => { name => 't', version => '1' } } ],
    'ping' => [ 'ping', {} ],
    'tools/list' => [ 'tools/list', {} ],
    'a question' => [ 'tools/call', { name => 'run_analytics_agent',
        arguments => { prompt => 'signups' } }, 'analytics:run' ],
    'a question as a task' => [ 'tools/call', { name => 'run_analytics_agent',
        arguments => { prompt => 'signups' }, task => {} }, 'analytics:run' ],
    'a take-over' => [ 'tools/call', { name => 'run_analytics_agent',
        arguments => { prompt => 'signups', cancel_running =>
            JSON::PP::true() } }, 'analytics:run' ],
    'a wait' => [ 'tools/call', { name => 'get_analytics_agent_status',
        arguments => { conversation_id => $run->{conversation_id},
            wait_seconds => 30 } }, 'analytics:read' ],
    'a list of artifacts' => [ 'tools/call', { name =>
        'list_agent_artifacts', arguments => {} }, 'analytics:read' ],
    'reading' => [ 'tools/call', { name => 'read_json_artifact', arguments =>
        { reads => [ { artifact_id => Mitzu::Worker::id('a') } ] } },
        'analytics:read' ],
    'resources/list' => [ 'resources/list', {}, 'analytics:read' ],
    'resources/read' => [ 'resources/read', { uri => 'mitzu://artifacts/'
        . Mitzu::Worker::id('a') }, 'analytics:read' ],
    'tasks/get' => [ 'tasks/get', { taskId => $run->{prompt_id} },
        'analytics:read' ],
    'tasks/result' => [ 'tasks/result', { taskId => $run->{prompt_id} },
        'analytics:read' ],
    'tasks/list' => [ 'tasks/list', {}, 'analytics:read' ],
    'tasks/cancel' => [ 'tasks/cancel', { taskId => Mitzu::Worker::id('p') },
        'analytics:run' ],
);
my %modern = (
    map({ $_ => $needs{$_} } 'tools/list', 'a question', 'a take-over',
        'a wait', 'reading', 'resources/list', 'resources/read', 'tasks/get',
        'tasks/cancel'),
    listening => [ 'subscriptions/listen', { notifications =>
        { resourcesListChanged => JSON::PP::true() } }, 'analytics:read' ],
);

for my $era (qw(legacy modern)) {
    my $needs = $era eq 'legacy' ? \%needs : \%modern;
    for my $has ('openid', 'analytics:read', 'analytics:run', $SCOPES,
        'analytics:reader analytics:runner', '') {
        says(200, person('ann', 'one', $has));
        my %set = map { $_ => 1 } split ' ', $has;
        for my $what (sort keys %$needs) {
            my ($method, $params, $need) = @{ $needs->{$what} };
            next if $what =~ /^(?:a wait|listening|tasks.result)$/
                && $set{$need};
            my $c = client(path => '/scoped', era => $era, capabilities => {
                extensions => { 'io.modelcontextprotocol/tasks' => {} } });
            my $http = $c->start($method, $params, token => 'tok');
            my $r = $http->read_answer(5);
            $http->close;
            my $name = "$era, with '$has': $what";
            if ($need && !$set{$need}) {
                refused($r, 403, challenge('insufficient_scope', $need),
                    $name);
            } else {
                is($r->{status}, 200, $name);
            }
        }
    }
}

# A stream of the session, and one that is taken up again.
says(200, person('ann'));
my $c = client(path => '/scoped');
$c->open;
my $stream = $c->start('tools/call', $needs{'a wait'}[1]);
my $event = ($stream->read_head(5) && $c->primed($stream));
ok($event, 'a stream to take up again');
$stream->cut;
says(200, person('ann', 'one', 'openid'));
for my $row ([ 'a resumption', 'GET', $event ], [ 'GET', 'GET', undef ]) {
    my ($what, $method, $after) = @$row;
    my ($http, $head) = $c->bare($method, after => $after, timeout => 5);
    is($head->{status}, 403, "$what without a scope: 403");
    is($head->{headers}{'www-authenticate'}, challenge('insufficient_scope',
        'analytics:read'), '.. insufficient_scope');
    like($head->{headers}{'content-type'}, qr{^application/json},
        '.. before any event');
}
says(200, person('ann', 'one', 'analytics:read'));
my ($again, $ok) = $c->bare('GET', after => $event, timeout => 5);
is($ok->{status}, 200, 'with it, the stream is taken up');
$again->close;
is($c->end_session, 200, '.. and the session is ended');

# One of a batch: the others are answered.
$c = client(path => '/scoped', version => '2025-03-26');
$c->open;
my $r = Mitzu::HTTP->once($port, 'POST', '/scoped', headers =>
    [ $c->headers('tools/call', {}) ], body => $json->encode([
        { jsonrpc => '2.0', id => 1, method => 'ping' },
        { jsonrpc => '2.0', id => 2, method => 'tools/call',
          params => $needs{'a question'}[1] } ]));
is($r->{status}, 200, 'a batch with a call that lacks a scope');
my @answers = map { ref $_ eq 'ARRAY' ? @$_ : $_ }
    map { eval { $json->decode($_) } || () }
    $r->{body}, $r->{body} =~ /^data: (.+)$/mg;
my ($two) = grep { $_->{id} == 2 } @answers;
ok($two->{error}, '.. refuses that one') or diag($r->{body});

# --- metadata ---

for my $path ('', '/mcp') {
    my $r = Mitzu::HTTP->once($port, 'GET',
        "/.well-known/oauth-protected-resource$path");
    is($r->{status}, 200, "metadata at '$path' needs no token");
    is_deeply($json->decode($r->{body}), { resource => $RESOURCE,
        authorization_servers => ['https://signin.example.com'],
        scopes_supported => [ split ' ', $SCOPES ],
        bearer_methods_supported => ['header'],
        resource_name => 'Product analytics' }, '.. and says all there is');
    like($r->{body}, qr/"resource":"\Q$RESOURCE\E"/, '.. byte by byte');
    is($r->{headers}{'access-control-allow-origin'}, '*', '.. to any page');
}

# --- what is configured wrongly ---

allow_in_logs(qr/\[emerg\].*(?:mitzu_mcp_|invalid parameter)/);
my $n = 0;
for my $row (
    [ 'mitzu_mcp_auth;' ], [ 'mitzu_mcp_auth _auth;' ],
    [ 'mitzu_mcp_auth /_a; mitzu_mcp_auth /_b;' ],
    [ 'mitzu_mcp_auth /_a insecure;' ],
    [ 'mitzu_mcp_auth /_a; mitzu_mcp_auth_set name $arg_x;' ],
    [ 'mitzu_mcp_auth /_a; mitzu_mcp_scopes write=x;' ],
    [ 'mitzu_mcp_auth /_a; mitzu_mcp_scopes read=x read=y;' ],
    [ 'mitzu_mcp_auth /_a; mitzu_mcp_scopes read=;' ],
    [ 'mitzu_mcp_resource_metadata resource=mcp.example.com '
        . 'authorization_server=https://a.example.com;' ],
    [ 'mitzu_mcp_resource_metadata resource=https://a.example.com/#x '
        . 'authorization_server=https://a.example.com;' ],
    [ 'mitzu_mcp_resource_metadata resource=https://a.example.com/mcp '
        . '"authorization_server=https://a.example.com/\"";' ],
    [ 'mitzu_mcp_resource_metadata '
        . 'authorization_server=https://a.example.com;' ],
    [ 'mitzu_mcp_resource_metadata resource=https://a.example.com/mcp '
        . 'issuer=https://a.example.com;' ],
) {
    my $bad = Mitzu::Nginx->new(name => 'bad' . ++$n, bare => 1, stopped => 1,
        server => "location = /mcp { mitzu_mcp on; mitzu_mcp_redis "
        . $redis->url . "; $row->[0] }");
    my ($status, $out) = $bad->check;
    ok($status != 0, "does not start: $row->[0]");
    like($out, qr/mitzu_mcp_|invalid parameter/, '.. and says what')
        or diag($out);
}

$service->stop;
finish();
