#!/usr/bin/perl

# What is around the protocol: errors that nginx makes, names the server is
# called by, CORS, counters.  Each is asked of a real nginx, and of the
# configuration in conf.example.

use strict;
use warnings;

use JSON::PP;
use Mitzu::Example;
use Mitzu::HTTP;
use Mitzu::MCP;
use Mitzu::Nginx;
use Mitzu::Redis;
use Mitzu::Test;
use Test::More;
use Time::HiRes qw(sleep);

my $json = Mitzu::MCP::json();
my $redis = Mitzu::Redis->new;
my $url = $redis->url;
my $endpoint = "mitzu_mcp_auth off; mitzu_mcp_redis $url;";
my $errors = <<'EOT';
error_page 400 403 404 405 413 414 415 429 495 496 497
           500 501 502 503 504 505 /mcp_error;
error_page 494 =431 /mcp_error;
location = /mcp_error { internal; mitzu_mcp errors; }
EOT
my $silent = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1')
    or die "no socket: $!";
my ($mute, $closed) = ($silent->sockport, free_port());
my $other = free_port();

my $nginx = Mitzu::Nginx->new(redis => $url, workers => 2,
    http => <<"EOT", server => <<"EOT");
limit_req_zone \$server_port zone=one:64k rate=1r/m;
log_format edge '\$status|\$mitzu_mcp_era|\$mitzu_mcp_tolerated|';
access_log logs/edge.log edge;
server {
    listen 127.0.0.1:$other;
    server_name edge.example.com *.wild.example.com .both.example.com
                ~^re[0-9]+\\.example\\.com\$ _;
    $errors
    location ~ ^/mcp/?\$ { mitzu_mcp on; $endpoint }
    location = /hosts {
        mitzu_mcp on; $endpoint
        mitzu_mcp_hosts front.example.com:8080 *.fronts.example.com;
    }
    location = /any { mitzu_mcp on; $endpoint mitzu_mcp_hosts any; }
}
EOT
$errors
location = /status { mitzu_mcp_status; }
location = /denied { deny all; mitzu_mcp on; $endpoint }
location = /busy { limit_req zone=one; mitzu_mcp on; $endpoint }
location = /often {
    limit_req zone=one; limit_req_status 429; mitzu_mcp on; $endpoint
}
location = /gone { proxy_pass http://127.0.0.1:$closed; }
location = /mute {
    proxy_pass http://127.0.0.1:$mute; proxy_read_timeout 1s;
}
location = /small {
    client_max_body_size 10; proxy_pass http://127.0.0.1:$closed;
}
location = /broken { return 500; }
location = /named { error_page 404 \@named; return 404; }
location \@named { mitzu_mcp errors; }
EOT
my $port = $nginx->{port};
my $origin = "http://127.0.0.1:$port";

sub rpc { return $json->encode({ jsonrpc => '2.0', id => 1, @_ }) }

# Bytes as they are; a list is sent with pauses.
sub raw {
    my ($to, @parts) = @_;
    my $c = Mitzu::HTTP->new(port => $to, timeout => 15) or return undef;
    local $SIG{PIPE} = 'IGNORE';
    for my $i (0 .. $#parts) {
        sleep 0.2 if $i;
        syswrite $c->{sock}, $parts[$i];
    }
    my $r = $c->read_answer;
    $c->close;
    return $r;
}

sub post {
    my ($to, $path, %o) = @_;
    my $body = defined $o{body} ? $o{body} : rpc(method => 'ping');
    my %h = (Host => "127.0.0.1:$to", 'Content-Type' => 'application/json',
        Accept => 'application/json, text/event-stream',
        'Content-Length' => length $body, Connection => 'close',
        %{ $o{headers} || {} });
    my $head = join '', map { "$_: $h{$_}\r\n" }
        grep { defined $h{$_} } sort keys %h;
    return raw($to, ($o{method} || 'POST') . " $path HTTP/"
        . ($o{version} || '1.1') . "\r\n$head\r\n$body");
}

# JSON-RPC and, when a page asked, CORS.
sub is_json_error {
    my ($r, $status, $what, %o) = @_;
    is($r && $r->{status}, $status, "$what is $status");
    my $m = eval { $json->decode($r->{body}) };
    ok($m && ($m->{jsonrpc} || '') eq '2.0' && $m->{error}{code}
        && $m->{error}{message} && !exists $m->{id}, '.. as JSON-RPC')
        or diag($r->{body});
    is($r->{headers}{'content-type'}, 'application/json', '.. and says so');
    return if $o{early};
    my $from = $o{origin} || $origin;
    is($r->{headers}{'access-control-allow-origin'}, $from, '.. with CORS');
    my $shown = lc($r->{headers}{'access-control-expose-headers'} || '');
    is(scalar(grep { index($shown, $_) < 0 } qw(mcp-session-id
        www-authenticate mcp-protocol-version retry-after)), 0,
        '.. whose headers a page may read');
    like($r->{headers}{vary} || '', qr/origin/i, '.. for this origin');
}

# --- what nginx refuses by itself ---

my $host = "Host: 127.0.0.1:$port\r\n";
my $from = "Origin: $origin\r\n";
my $type = "Content-Type: application/json\r\n";
my $chunked = "${host}$from${type}Transfer-Encoding: chunked\r\n";
my $long = 'x' x 33000;

for my $row (
    # [ what, status, the bytes; early: before Origin is known ]
    [ 'no request line', 400, "\x01\x02\x03\r\n\r\n", early => 1 ],
    [ 'a method in small letters', 400, "post /mcp HTTP/1.1\r\n\r\n",
        early => 1 ],
    [ 'HTTP/9.9', 505, "POST /mcp HTTP/9.9\r\n$host\r\n", early => 1 ],
    [ 'a URI over the buffers', 414, "POST /mcp?$long HTTP/1.1\r\n$host\r\n",
        early => 1 ],
    [ 'a header over the buffers', 431,
        "POST /mcp HTTP/1.1\r\n$host${from}X: $long\r\n\r\n" ],
    [ 'no Host in HTTP/1.1', 400, "POST /mcp HTTP/1.1\r\n$from\r\n" ],
    [ 'two Hosts', 400, "POST /mcp HTTP/1.1\r\n$from$host$host\r\n" ],
    [ 'a Host that is none', 400,
        "POST /mcp HTTP/1.1\r\n${from}Host: a/b\r\n\r\n" ],
    [ 'Content-Length: x', 400,
        "POST /mcp HTTP/1.1\r\n$from${host}Content-Length: x\r\n\r\n" ],
    [ 'Content-Length and chunks', 400, "POST /mcp HTTP/1.1\r\n${chunked}"
        . "Content-Length: 3\r\n\r\n" ],
    [ 'Transfer-Encoding: gzip', 501,
        "POST /mcp HTTP/1.1\r\n$from${host}Transfer-Encoding: gzip\r\n\r\n" ],
    [ 'TRACE', 405, "TRACE /mcp HTTP/1.1\r\n$host$from\r\n" ],
    [ 'a path below /mcp', 404, "POST /mcp/x HTTP/1.1\r\n$host$from\r\n" ],
    [ 'two slashes below /mcp', 404, "GET /mcp/a/b HTTP/1.1\r\n$host$from"
        . "\r\n" ],
    [ '/mcpx', 404, "POST /mcpx HTTP/1.1\r\n$host$from\r\n" ],
    [ 'the page of errors itself', 404,
        "POST /mcp_error HTTP/1.1\r\n$host$from\r\n" ],
    [ 'a named page', 404, "GET /named HTTP/1.1\r\n$host$from\r\n" ],
    [ 'garbage for a chunk', 400,
        "POST /mcp HTTP/1.1\r\n$chunked\r\nzz\r\n" ],
    [ 'garbage for a chunk, later', 400,
        "POST /mcp HTTP/1.1\r\n$chunked\r\n", "zz\r\n" ],
    [ 'garbage for the second chunk, later', 400,
        "POST /mcp HTTP/1.1\r\n$chunked\r\n2\r\n{}\r\n", "zz\r\n" ],
    [ 'an address that is denied', 403,
        "POST /denied HTTP/1.1\r\n$host$from\r\n" ],
    [ 'a location that fails', 500, "GET /broken HTTP/1.1\r\n$host$from\r\n" ],
    [ 'a server that is away', 502, "GET /gone HTTP/1.1\r\n$host$from\r\n" ],
    [ 'a server that is silent', 504, "GET /mute HTTP/1.1\r\n$host$from\r\n" ],
    [ 'a body for a proxied location', 413, "POST /small HTTP/1.1\r\n$host"
        . "${from}Content-Length: 11\r\n\r\n01234567890" ],

    # --- and what the module refuses, for comparison ---
    [ 'Content-Type: text/plain', 415, "POST /mcp HTTP/1.1\r\n$host$from"
        . "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}" ],
    [ 'a body over the limit', 413, "POST /mcp HTTP/1.1\r\n$host$from${type}"
        . "Content-Length: 99999999\r\n\r\n" ],
    [ 'PUT', 405, "PUT /mcp HTTP/1.1\r\n$host$from\r\n" ],
) {
    my ($what, $status, @rest) = @$row;
    my %o = (early => @rest > 1 && $rest[-2] eq 'early');
    splice @rest, -2 if $o{early};
    is_json_error(raw($port, @rest), $status, $what, %o);
}

# The first of a minute passes.
post($port, '/busy');
my $r = post($port, '/busy', headers => { Origin => $origin });
is_json_error($r, 503, 'one request too many');
ok($r->{headers}{'retry-after'}, '.. with Retry-After');
$r = post($port, '/often', headers => { Origin => $origin });
is_json_error($r, 429, 'another one too many');
ok($r->{headers}{'retry-after'}, '.. with Retry-After');

# After an error a connection is not taken for another request.
my $c = Mitzu::HTTP->new(port => $port);
syswrite $c->{sock}, "POST /mcp HTTP/1.1\r\n$chunked\r\n";
sleep 0.2;
syswrite $c->{sock}, "zz\r\nGET /status HTTP/1.1\r\n$host\r\n";
is(($c->read_answer || {})->{status}, 400, 'garbage, then a request');
ok(!$c->read_answer(3), '.. which is not read');
$c->close;

$r = post($port, '/mcp/x', method => 'HEAD', headers => { Origin => $origin,
    'Content-Length' => undef }, body => '');
is($r && $r->{status}, 404, 'HEAD of nothing');
is($r->{body}, '', '.. has no body');

# --- /mcp/ ---

for my $path ('/mcp', '/mcp/', '/mcp?x=1', '/mcp/?x=1', '//mcp', '/a/../mcp',
    '/%6dcp')
{
    $r = post($port, $path);
    is($r && $r->{status}, 200, "$path is served");
    ok(eval { $json->decode($r->{body})->{result} }, '.. without a redirect');
}

# --- Host ---

my %names = (
    '127.0.0.1' => 1, '192.0.2.7:99' => 1, '[::1]' => 1,
    '[2001:db8::1]:8080' => 1, localhost => 1, 'localhost:3000' => 1,
    'LocalHost' => 1, 'app.localhost' => 1,
    'evil.example.com' => 0, 'localhost.example.com' => 0,
    'notlocalhost' => 0, '127.0.0.1.nip.example' => 0,
);
my %own = ('edge.example.com' => 1, 'EDGE.example.com:8443' => 1,
    'edge.example.com.' => 1, 'a.wild.example.com' => 1,
    'wild.example.com' => 0, 'awild.example.com' => 0,
    'both.example.com' => 1, 'a.both.example.com' => 1, 're7.example.com' => 1,
    're.example.com' => 0, '_' => 0, 'front.example.com' => 0);
my %fronts = ('front.example.com' => 1, 'FRONT.example.com:1' => 1,
    'a.fronts.example.com' => 1, 'edge.example.com' => 0,
    're7.example.com' => 0, 'fronts.example.com' => 0);
my $any = { map { $_ => 1 } keys %names };

for (
    [ '/mcp', { %names, %own } ], [ '/hosts', { %names, %fronts } ],
    [ '/any', $any ],
) {
    my ($path, $hosts) = @$_;
    for my $name (sort keys %$hosts) {
        $r = post($other, $path, headers => { Host => $name });
        is($r && $r->{status}, $hosts->{$name} ? 200 : 403,
            "$path, Host: $name");
        next if $hosts->{$name};
        like($r->{body}, qr/"error".*mitzu_mcp_hosts/, '.. says why');
    }
}

for my $method (qw(GET DELETE OPTIONS)) {
    $r = post($other, '/mcp', method => $method,
        headers => { Host => 'evil.example.com', 'Content-Length' => undef },
        body => '');
    is($r && $r->{status}, 403, "$method for another name is 403");
}

$r = post($other, '/mcp', version => '1.0', headers => { Host => undef });
is($r && $r->{status}, 200, 'no Host, in HTTP/1.0');

# A server without a name has none to check; the page is known by its Origin.
$r = post($port, '/mcp', headers => { Host => 'evil.example.com' });
is($r && $r->{status}, 200, 'no server_name: any Host');
$r = post($port, '/mcp', headers => { Host => 'evil.example.com',
    Origin => 'http://evil.example.com' });
is($r && $r->{status}, 403, '.. but no page of it');
ok(!$r->{headers}{'access-control-allow-origin'}, '.. which may read nothing');
$r = post($port, '/mcp', headers => { Host => "localhost:$port",
    Origin => "http://localhost:$port" });
is($r && $r->{status}, 200, '.. and pages of this machine');

# --- preflight ---

sub preflight {
    my ($asked, $method) = @_;
    return post($port, '/mcp', method => 'OPTIONS', body => '', headers => {
        Origin => $origin, 'Content-Length' => undef,
        'Access-Control-Request-Method' => $method || 'POST',
        'Access-Control-Request-Headers' => $asked });
}

my @always = qw(content-type accept authorization mcp-session-id
    mcp-protocol-version last-event-id mcp-method mcp-name);
for my $asked (undef, 'content-type', 'Mcp-Param-Region, mcp-param-x_1',
    'content-type,mcp-param-a', '"odd"', "x\x7f")
{
    my $what = defined $asked ? $asked : '(nothing)';
    $r = preflight($asked);
    is($r && $r->{status}, 204, "preflight asking for $what");
    is($r->{headers}{'access-control-allow-origin'}, $origin, '.. allowed');
    my %allowed = map { lc $_ => 1 }
        split /\s*,\s*/, $r->{headers}{'access-control-allow-headers'} || '';
    my @named = grep { /^mcp-param/i } split /\s*,\s*/, $asked || '';
    is_deeply([ grep { !$allowed{ lc $_ } } @always, @named ], [],
        '.. all that is needed');
    ok(!grep({ /[^\w-]/ } keys %allowed), '.. and nothing odd');
    is($r->{headers}{'access-control-allow-methods'},
        'GET, POST, DELETE, OPTIONS', '.. by all methods');
}
$r = post($port, '/mcp', method => 'OPTIONS', body => '', headers => {
    Origin => 'https://evil.example.com', 'Content-Length' => undef,
    'Access-Control-Request-Method' => 'POST' });
is($r && $r->{status}, 403, 'preflight of another origin');
ok(!$r->{headers}{'access-control-allow-origin'}, '.. is allowed nothing');

# --- counters ---

sub counters {
    my ($to) = @_;
    my $r = Mitzu::HTTP->once($to || $port, 'GET', '/status') or return {};
    my %n;
    $n{$1} = $2 while $r->{body} =~ /^(mitzu_\w+(?:\{[^}]*\})?) (\d+)$/mg;
    delete @n{ grep { /^mitzu_mcp_redis_up/ } keys %n };    # as it is now
    return \%n;
}

# What grew between two looks.
sub grown {
    my ($before, $after) = @_;
    return { map { /\{\w+="(\w+)"\}/; ("$1" => $after->{$_} - $before->{$_}) }
        grep { $after->{$_} != $before->{$_} } grep { /\{/ } keys %$after };
}

# A request is counted when it is over, which may be a moment later.
sub counted {
    my ($want, $what, $code) = @_;
    my $before = counters();
    $code->();
    my $got;
    wait_for(5, sub {
        $got = grown($before, counters());
        return $json->encode($got) eq $json->encode($want);
    });
    is_deeply($got, $want, "counted: $what");
}

$r = Mitzu::HTTP->once($port, 'GET', '/status');
is($r->{status}, 200, 'the page of counters');
is($r->{headers}{'content-type'}, 'text/plain; version=0.0.4; charset=utf-8',
    '.. is of Prometheus');
my (%typed, @odd);
for my $line (split /\n/, $r->{body}) {
    next if $line =~ /^# HELP mitzu_mcp_\w+ \S.*\.$/;
    if ($line =~ /^# TYPE (\w+) (?:counter|gauge)$/) {
        $typed{$1}++;
        next;
    }
    my $label = qr/\w+="[^"\\]*"/;
    push @odd, $line unless $line =~ /^(\w+)(?:\{$label(?:,$label)*\})? \d+$/
        && $typed{$1};
}
is_deeply(\@odd, [], '.. in its format');
like($r->{body}, qr/\n\z/, '.. to the last line');
my %tolerances = map { $_ => 1 }
    $r->{body} =~ /^mitzu_mcp_tolerated_total\{what="(\w+)"\}/mg;
is_deeply([ sort keys %tolerances ], [ qw(accept content_type session_absent
    version_absent version_differs version_doubled version_unknown) ],
    '.. every tolerance');

$r = Mitzu::HTTP->once($port, 'HEAD', '/status');
is($r->{status}, 200, 'HEAD of it');
is($r->{body}, '', '.. is empty');
$r = post($port, '/status', headers => { Origin => $origin });
is_json_error($r, 405, 'POST to it', early => 1);

counted({}, 'a look at the page', sub { counters() });
my %noted = ('MCP-Protocol-Version' => '2025-11-25');
counted({ legacy => 1, session_absent => 1, accept => 1 }, 'a legacy request',
    sub { post($port, '/mcp', headers => { %noted, Accept => 'text/html' }) });
like(slurp("$nginx->{dir}/logs/edge.log"),
    qr/^200\|legacy\|accept,session_absent\|$/m, '.. and logged');
my $modern = Mitzu::MCP->new(port => $port, era => 'modern');
counted({ modern => 1 }, 'a modern request',
    sub { $modern->request('tools/list') });
ok(wait_for(5, sub { slurp("$nginx->{dir}/logs/edge.log")
    =~ /^200\|modern\|-?\|$/m }), '.. with nothing to tolerate');
counted({ unknown => 1, '4xx' => 1 }, 'a refusal of the module',
    sub { post($port, '/mcp', headers => { 'Content-Type' => 'text/x' }) });
counted({ unknown => 1, '4xx' => 1 }, 'a refusal of nginx',
    sub { raw($port, "\x01\r\n\r\n") });
counted({ unknown => 1, '5xx' => 1 }, 'a failure of nginx',
    sub { post($port, '/gone') });

my $old = Mitzu::MCP->new(port => $port);
counted({ legacy => 1, created => 1 }, 'a session', sub {
    $r = $old->request('initialize', { protocolVersion => '2025-11-25',
        capabilities => {}, clientInfo => { name => 't', version => '1' } });
});
my %session = (%noted, 'Mcp-Session-Id' => $r->{headers}{'mcp-session-id'});
counted({ legacy => 1 }, 'a request in it', sub {
    $r = post($port, '/mcp', headers => \%session) });
counted({ legacy => 1, '4xx' => 1, refused => 1 }, 'a session that is none',
    sub { post($port, '/mcp', headers => { %noted,
        'Mcp-Session-Id' => 'x' }) });
counted({ legacy => 1, ended => 1 }, 'the end of a session', sub {
    post($port, '/mcp', method => 'DELETE', body => '',
        headers => { %session, 'Content-Length' => undef }) });

# --- the gauge: calls that wait, also when their worker is killed ---

my $started = $old->call('run_analytics_agent', { prompt => 'a question' });
my @waiting = map { $old->start('tools/call', {
    name => 'get_analytics_agent_status', arguments => {
        conversation_id => $started->{conversation_id}, wait_seconds => 30 },
}) } 1 .. 5;
ok(wait_for(5, sub { counters()->{mitzu_mcp_calls} == 5 }),
    'five calls in flight');
kill 'KILL', $_ for $nginx->worker_pids;
allow_in_logs(qr/\[alert\].*worker process \d+ exited on signal 9/);
ok(wait_for(10, sub { (counters()->{mitzu_mcp_calls} // '') eq '0' }),
    'none when the workers were killed');
$_->close for @waiting;

# --- reload ---

my $before = counters();
my @workers = $nginx->worker_pids;
ok($before->{'mitzu_mcp_requests_total{era="legacy"}'} > 0, 'a kill keeps counters');
$nginx->signal('HUP');
ok(wait_for(15, sub {
    my %now = map { $_ => 1 } $nginx->worker_pids;
    return !grep { $now{$_} } @workers;
}), 'a reload');
is_deeply(counters(), $before, '.. keeps counters, too');

# --- configuration ---

for (
    [ 'a zone without a size', 'mitzu_mcp_zone mcp;', qr/zone "mcp"/ ],
    [ 'a zone without a name', 'mitzu_mcp_zone :64k;', qr/zone ":64k"/ ],
    [ 'a zone that is too small', 'mitzu_mcp_zone mcp:4k;', qr/64k or more/ ],
    [ 'a zone twice', 'mitzu_mcp_zone a:64k; mitzu_mcp_zone b:64k;',
        qr/duplicate/ ],
    [ 'a host with a scheme', 'mitzu_mcp_hosts http://a.example.com;',
        qr/invalid host/ ],
    [ 'a host of stars', 'mitzu_mcp_hosts *;', qr/invalid host/ ],
    [ 'a star in the middle', 'mitzu_mcp_hosts a.*.example.com;',
        qr/invalid host/ ],
    [ 'any and a name', 'mitzu_mcp_hosts any a.example.com;',
        qr/invalid host "any"/ ],
    [ 'hosts twice', 'mitzu_mcp_hosts a.b; mitzu_mcp_hosts a.c;',
        qr/duplicate/ ],
) {
    my ($what, $http, $says) = @$_;
    my ($got, $out) = Mitzu::Nginx->new(name => 'conf', stopped => 1,
        redis => $url, http => $http)->check;
    is($got, 1, "nginx -t: $what") or diag($out);
    like($out, $says, '.. and says so');
}
allow_in_logs(qr/\[emerg\].*(?:mitzu_mcp|invalid|zone)/);
my ($got, $out) = Mitzu::Nginx->new(name => 'conf', stopped => 1, bare => 1,
    http => 'mitzu_mcp_zone mine:128k;', server => "$errors
        location = /status { mitzu_mcp_status; }")->check;
is($got, 0, 'errors and counters need neither Redis nor sign-in') or diag($out);

# --- conf.example ---

my $example = Mitzu::Example->new(redis => $url);
$example->start;
my ($edge, $node) = ($example->{plain}, $example->{ports}{8808});
my $app = 'https://analytics.example.com';
my $name = "Host: analytics.example.com\r\n";
my $token = 'Bearer ' . $example->{tokens}->token;
my $page = "Origin: $app\r\nAuthorization: $token\r\n";
my %signed_in = (Host => 'analytics.example.com', Authorization => $token);

sub ask {
    my ($to, $method, $path) = @_;
    return raw($to, "$method $path HTTP/1.1\r\n${name}Origin: $app\r\n"
        . "Authorization: $token\r\nConnection: close\r\n\r\n");
}

for my $to ($node, $edge) {
    my $at = $to == $node ? 'node' : 'edge';
    $r = post($to, '/mcp/', headers => { %signed_in, Origin => $app });
    is($r && $r->{status}, 200, "$at: served") or diag($r->{body});
    is($r->{headers}{'access-control-allow-origin'}, $app, '.. with CORS');
    $r = post($to, '/mcp', headers => { Host => 'analytics.example.com',
        Origin => $app });
    is_json_error($r, 401, "$at: no token", origin => $app);
    my ($where) = $r->{headers}{'www-authenticate'}
        =~ m{resource_metadata="https://analytics\.example\.com(/[^"]+)"};
    for my $path ($where, '/.well-known/oauth-protected-resource') {
        $r = ask($to, 'GET', $path);
        is($r && $r->{status}, 200, "$at: $path");
        is($r->{headers}{'access-control-allow-origin'}, '*', '.. for all');
        is_deeply($json->decode($r->{body})->{authorization_servers},
            [ 'https://auth.example.com' ], '.. says where to sign in');
    }
    my $copy = '/.well-known/oauth-authorization-server';
    $r = ask($to, 'GET', $copy);
    is($json->decode($r->{body})->{issuer}, 'https://auth.example.com',
        "$at: the metadata of the authorization server");
    is($r->{headers}{'access-control-allow-origin'}, '*', '.. for all');
    $r = ask($to, 'OPTIONS', $copy);
    is($r->{status}, 204, '.. and its preflight');
    like($r->{headers}{'access-control-allow-headers'},
        qr/MCP-Protocol-Version/i, '.. with the header of clients');
    $r = post($to, '/mcp', headers => { %signed_in,
        Host => 'evil.example.com' });
    is($r && $r->{status}, 403, "$at: not by another name");

    for my $row (
        [ 'no request line', 400, "\x01\r\n\r\n", early => 1 ],
        [ 'a long URI', 414, "GET /$long HTTP/1.1\r\n$name\r\n", early => 1 ],
        [ 'HTTP/9.9', 505, "GET / HTTP/9.9\r\n$name\r\n", early => 1 ],
        [ 'a long header', 431,
            "GET /mcp HTTP/1.1\r\n$name${page}X: $long\r\n\r\n" ],
        [ 'no Host', 400, "GET /mcp HTTP/1.1\r\n$page\r\n" ],
        [ 'TRACE', 405, "TRACE /mcp HTTP/1.1\r\n$name$page\r\n" ],
        [ 'an unknown encoding', 501,
            "POST /mcp HTTP/1.1\r\n$name${page}Transfer-Encoding: x\r\n\r\n" ],
        [ 'another path', 404, "GET /mcp/x HTTP/1.1\r\n$name$page\r\n" ],
        [ 'the root', 404, "GET / HTTP/1.1\r\n$name$page\r\n" ],
        [ 'a large body', 413, "POST /mcp HTTP/1.1\r\n$name$page${type}"
            . "Content-Length: 1048577\r\n\r\n" ],
        [ 'garbage in chunks, later', 400, "POST /mcp HTTP/1.1\r\n$name$page"
            . "${type}Transfer-Encoding: chunked\r\n\r\n", "zz\r\n" ],
        [ 'a type', 415, "POST /mcp HTTP/1.1\r\n$name${page}"
            . "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}" ],
    ) {
        my ($what, $status, @rest) = @$row;
        my %o = (origin => $app, early => @rest > 1 && $rest[-2] eq 'early');
        splice @rest, -2 if $o{early};
        is_json_error(raw($to, @rest), $status, "$at: $what", %o);
    }
}

is_json_error(raw($example->{ports}{443}, "GET /mcp HTTP/1.1\r\n$name$page"
    . "\r\n"), 400, 'edge: no TLS', origin => $app);

my $many;
$c = Mitzu::HTTP->new(port => $edge);
syswrite $c->{sock}, "PUT /mcp HTTP/1.1\r\n$name$page\r\n" x 200;
for (1 .. 200) {
    $many = $c->read_answer or last;
    last if $many->{status} != 405;
}
$c->close;
is_json_error($many, 429, 'edge: too many requests', origin => $app);
ok($many->{headers}{'retry-after'}, '.. with Retry-After');

$r = Mitzu::HTTP->once($node, 'GET', '/mcp_status');
like($r->{body}, qr/^mitzu_mcp_refused_total\{class="4xx"\} [1-9]/m,
    'the counters of the example');
like($example->access_log, qr/tolerated=/, '.. and its log');

# No token leaves this machine, and none is in a log.
my @heads = map { $_->{head} } map { $example->{authkit}->requests($_) }
    '/oauth2/jwks', '/.well-known/oauth-authorization-server';
ok(@heads >= 2, 'the authorization server was asked');
is(scalar(grep { /^authorization:/mi } @heads), 0, '.. without the token');
ok(@heads < 8, '.. and its answers were kept');
$r = post($node, '/mcp?access_token=secret', headers => \%signed_in);
is($r && $r->{status}, 400, 'a token in the query');
unlike($example->access_log, qr/secret/, '.. is not in the log');

# Without sign-in, for development.
$r = post($example->{ports}{8810}, '/mcp');
is($r && $r->{status}, 200, 'the server without sign-in');

$example->stop;
$example->{authkit}->stop;

# The edge alone: its nodes are away.
my $text = slurp("$example->{dir}/nginx.conf");
$text =~ s/(server 127\.0\.0\.1:)\d+/$1$closed/g;
spew("$example->{dir}/nginx.conf", $text);
$example->start;
$r = post($edge, '/mcp', headers => { Host => 'analytics.example.com',
    Origin => $app });
is_json_error($r, 503, 'edge: no node', origin => $app);
ok($r->{headers}{'retry-after'}, '.. with Retry-After');

finish();
