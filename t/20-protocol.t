#!/usr/bin/perl

# The endpoint's protocol, both eras, without a worker and mostly without
# Redis: what is refused, how, and that every error is JSON.

use strict;
use warnings;

use JSON::PP;
use Mitzu::HTTP;
use Mitzu::MCP;
use Mitzu::Nginx;
use Mitzu::Redis;
use Mitzu::Test;
use Test::More;

my $redis = Mitzu::Redis->new;
my $nginx = Mitzu::Nginx->new(redis => $redis->url,
    location => 'mitzu_mcp_body_max 64k;', server => <<'EOT');
location = /strict {
    mitzu_mcp strict;
    mitzu_mcp_auth off;
    mitzu_mcp_redis redis://127.0.0.1:1;
}
location = /branch {
    mitzu_mcp on;
    mitzu_mcp_auth off;
    mitzu_mcp_redis redis://127.0.0.1:1;
    if ($http_x_branch) { set $branch 1; }
    limit_except GET { allow 127.0.0.1; }
}
EOT
my $port = $nginx->{port};
my $json = JSON::PP->new->canonical->utf8;
my $legacy = Mitzu::MCP->new(port => $port);
my $modern = Mitzu::MCP->new(port => $port, era => 'modern');

my @both = ('Content-Type' => 'application/json',
    'Accept' => 'application/json, text/event-stream');

sub post {
    my ($body, %o) = @_;
    my $r = Mitzu::HTTP->once($port, 'POST', $o{path} || '/mcp',
        headers => $o{headers} || \@both, body => $body);
    $r->{json} = eval { $json->decode($r->{body}) } if $r && $r->{body} ne '';
    return $r || { status => 0, headers => {}, body => '' };
}

sub rpc { return $json->encode({ jsonrpc => '2.0', @_ }) }

# --- bodies that are no request ---

my $deep = ('[' x 60) . (']' x 60);
for (
    [ 'not JSON', '{"jsonrpc":', 400, -32700 ],
    [ 'empty', '', 400, -32700 ],
    [ 'a number', '7', 400, -32600 ],
    [ 'a string', '"x"', 400, -32600 ],
    [ 'no jsonrpc', '{"id":1,"method":"ping"}', 400, -32600 ],
    [ 'wrong jsonrpc', '{"jsonrpc":"1.0","id":1,"method":"ping"}', 400, -32600 ],
    [ 'method is a number', '{"jsonrpc":"2.0","id":1,"method":1}', 400, -32600 ],
    [ 'id is null', '{"jsonrpc":"2.0","id":null,"method":"ping"}', 400, -32600 ],
    [ 'id is an object', '{"jsonrpc":"2.0","id":{},"method":"ping"}', 400, -32600 ],
    [ 'params is a list', '{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}', undef, undef ],
    [ 'an empty batch', '[]', 400, -32600 ],
    [ 'too deep', "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{\"a\":$deep}}", 400, undef ],
    [ 'duplicate member', '{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}', 400, undef ],
    [ 'not UTF-8', "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"p\xff\"}", 400, undef ],
    [ 'a NUL in a string', '{"jsonrpc":"2.0","id":1,"method":"a\u0000b"}', 400, undef ],
) {
    my ($what, $body, $status, $code) = @$_;
    my $r = post($body);
    my $is = defined $status ? $r->{status} == $status : $r->{status} < 500;
    ok($is && ref $r->{json} eq 'HASH' && $r->{json}{error}
        && (!defined $code || $r->{json}{error}{code} == $code),
        "$what is refused") or diag("$r->{status} $r->{body}");
    ok(!exists $r->{json}{id} || defined $r->{json}{id}, "$what: no null id");
}

# --- sizes, types, methods ---

my $r = post('x' x 70000);
is($r->{status}, 413, 'a body over mitzu_mcp_body_max is 413');
ok($r->{json}{error}, '.. as JSON');
like($r->{body}, qr/65536/, '.. that says the limit');

$r = Mitzu::HTTP->new(port => $port);
$r->send_request('POST', '/mcp', headers => [ @both,
    'Transfer-Encoding' => 'chunked' ]);
syswrite $r->{sock}, sprintf("%x\r\n%s\r\n", 70000, 'x' x 70000) . "0\r\n\r\n";
$r = $r->read_answer;
is($r->{status}, 413, 'a chunked body over the limit is 413');

$r = post('{}', headers => [ 'Content-Type' => 'text/plain' ]);
is($r->{status}, 415, 'text/plain is 415');
ok($r->{json}{error}, '.. as JSON');

for my $m (qw(GET PUT PATCH HEAD)) {
    $r = Mitzu::HTTP->once($port, $m, '/mcp',
        headers => [ Accept => 'text/event-stream' ], timeout => 5);
    is($r && $r->{status}, 405, "$m without a session is 405");
    like($r->{headers}{allow} || '', qr/POST/, "$m: Allow names POST");
}

$r = Mitzu::HTTP->once($port, 'DELETE', '/mcp', timeout => 5);
is($r && $r->{status}, 400, 'DELETE without a session is 400');
ok(eval { $json->decode($r->{body})->{error} }, '.. as JSON');

$r = Mitzu::HTTP->once($port, 'OPTIONS', '/mcp', headers => [
    Origin => "http://127.0.0.1:$port",
    'Access-Control-Request-Method' => 'POST',
    'Access-Control-Request-Headers' => 'content-type,mcp-method' ]);
is($r->{status}, 204, 'OPTIONS is 204');
like($r->{headers}{'access-control-allow-headers'} || '', qr/mcp-method/i,
    '.. and allows the headers of MCP');

$r = post(rpc(id => 1, method => 'ping'),
    headers => [ @both, Origin => 'http://evil.example.com' ]);
is($r->{status}, 403, 'a foreign Origin is 403');
ok($r->{json}{error}, '.. as JSON');

# --- legacy ---

for (
    [ '2025-11-25', '2025-11-25' ], [ '2025-06-18', '2025-06-18' ],
    [ '2025-03-26', '2025-03-26' ], [ '2024-11-05', '2024-11-05' ],
    [ '1999-01-01', '2025-11-25' ],
) {
    my ($ask, $get) = @$_;
    my $m = $legacy->request('initialize', { protocolVersion => $ask,
        capabilities => {}, clientInfo => { name => 't', version => '1' } });
    is($m->{status}, 200, "initialize $ask");
    is($m->{message}{result}{protocolVersion}, $get, ".. gives $get");
    ok($m->{message}{result}{capabilities}{tools}, '.. and tools');
}

$r = $legacy->request('initialize', { protocolVersion => '2025-11-25',
    capabilities => {}, clientInfo => { name => 't', version => '1' } },
    headers => [ 'Mcp-Session-Id' => 'stale' ]);
is($r->{status}, 200, 'initialize with a stale session id is served');

$r = $legacy->request('notifications/initialized', {}, notification => 1);
is($r->{status}, 202, 'a notification is 202');
is($r->{body}, '', '.. with no body');

$r = post(rpc(id => 5, result => {}));
is($r->{status}, 202, 'a response is 202');

is_deeply($legacy->request('ping')->{message}{result}, {}, 'ping gives {}');

my $list = $legacy->request('tools/list')->{message}{result};
is_deeply([ map { $_->{name} } @{ $list->{tools} } ], [ qw(
    run_analytics_agent get_analytics_agent_status list_agent_artifacts
    inspect_artifact describe_table_artifact query_table_artifact
    read_json_artifact grep_json_artifact) ], 'eight tools, in order');
ok(!exists $list->{resultType}, 'no modern member in a legacy answer');
for my $t (@{ $list->{tools} }) {
    ok(length $json->encode($t->{inputSchema}) < 16384, "$t->{name}: schema");
    ok(length $t->{description} < 2048, "$t->{name}: description");
}

is($legacy->request('tools/list', { cursor => '' })->{message}{error}{code},
    -32602, 'an unknown cursor is -32602, also the empty one');

# ids come back as they were
for my $id ('"a"', '"\u00e9\"\\\\"', '0', '-1', '9007199254740993',
    '18446744073709551615', '""') {
    $r = post("{\"jsonrpc\":\"2.0\",\"id\":$id,\"method\":\"ping\"}");
    my ($got) = $r->{body} =~ /"id":("(?:\\.|[^"\\])*"|[-\d.eE+]+)/;
    is($json->allow_nonref->decode($got), $json->decode($id), "id $id")
        if $id =~ /^"/;
    is($got, $id, "id $id") if $id !~ /^"/;
}

$r = $legacy->request('no/such/method');
is($r->{status}, 200, 'legacy: an unknown method is 200');
is($r->{message}{error}{code}, -32601, '.. with -32601');

$r = $legacy->request('tools/call', { name => 'nothing' });
is($r->{message}{error}{code}, -32602, 'an unknown tool is -32602');
$r = $legacy->request('tools/call', { name => 7 });
is($r->{message}{error}{code}, -32602, 'a tool name that is no string');
$r = $legacy->request('tools/call', { name => 'inspect_artifact',
    arguments => [] });
is($r->{message}{error}{code}, -32602, 'arguments that are no object');
$r = $legacy->call('inspect_artifact', {});
ok($r->{isError}, 'a missing argument is an isError result');
like($r->{text}, qr/artifact_id/, '.. that names it');
$r = $legacy->call('inspect_artifact', { artifact_id => 'a_x', more => 1 });
like($r->{text}, qr/more/, 'an unknown argument is named');
$r = $legacy->request('tools/call', { name => 'list_agent_artifacts' });
ok($r->{message}{result}, 'absent arguments are {}');
is($r->{message}{result}{content}[0]{type}, 'text', 'there is a text twin');
is_deeply($json->decode($r->{message}{result}{content}[0]{text}),
    $r->{message}{result}{structuredContent}, '.. that says the same');

# --- modern ---

$r = $modern->request('server/discover');
is($r->{status}, 200, 'server/discover');
my $d = $r->{message}{result};
is($d->{resultType}, 'complete', '.. resultType');
is_deeply($d->{supportedVersions}, [ '2026-07-28' ], '.. versions');
ok(exists $d->{ttlMs} && $d->{cacheScope} eq 'public', '.. cacheable');
ok($d->{_meta}{'io.modelcontextprotocol/serverInfo'}{name}, '.. serverInfo');

$r = $modern->request('tools/list')->{message}{result};
is(scalar @{ $r->{tools} }, 8, 'modern tools/list');
ok(exists $r->{ttlMs} && $r->{cacheScope} && $r->{resultType} eq 'complete',
    '.. with ttlMs, cacheScope, resultType');

for my $m (qw(initialize ping logging/setLevel resources/subscribe no/such)) {
    $r = $modern->request($m);
    is($r->{status}, 404, "modern $m is 404");
    is($r->{message}{error}{code}, -32601, '.. with -32601');
}

sub modern {
    my (%o) = @_;
    my %meta = ('io.modelcontextprotocol/protocolVersion' => '2026-07-28',
        'io.modelcontextprotocol/clientCapabilities' => {},
        %{ $o{meta} || {} });
    delete $meta{$_} for grep { !defined $meta{$_} } keys %meta;
    my %h = ('MCP-Protocol-Version' => '2026-07-28',
        'Mcp-Method' => $o{method}, %{ $o{headers} || {} });
    return post(rpc(id => 'm', method => $o{method},
        params => { %{ $o{params} || {} }, _meta => \%meta }),
        path => $o{path}, headers => [ @both,
            map { defined $h{$_} ? ($_ => $h{$_}) : () } sort keys %h ]);
}

my $v = 'io.modelcontextprotocol/protocolVersion';
for (
    [ 'no capabilities', 400, -32602, method => 'tools/list',
        meta => { 'io.modelcontextprotocol/clientCapabilities' => undef } ],
    [ 'unknown version', 400, -32022, method => 'tools/list',
        meta => { $v => 'v999' }, headers => { 'MCP-Protocol-Version' => 'v999' } ],
    [ 'Mcp-Method of another', 400, -32020, method => 'tools/list',
        headers => { 'Mcp-Method' => 'tools/call' } ],
    [ 'no Mcp-Method', 400, -32020, method => 'tools/list',
        headers => { 'Mcp-Method' => undef } ],
    [ 'no Mcp-Name', 400, -32020, method => 'tools/call',
        params => { name => 'inspect_artifact', arguments => {} } ],
    [ 'Mcp-Name of another', 400, -32020, method => 'tools/call',
        params => { name => 'inspect_artifact' },
        headers => { 'Mcp-Name' => 'query_table_artifact' } ],
    [ 'Mcp-Name in bad base64', 400, -32020, method => 'tools/call',
        params => { name => 'inspect_artifact' },
        headers => { 'Mcp-Name' => '=?base64?%%%?=' } ],
    [ 'header version of another, strict', 400, -32020, method => 'tools/list',
        headers => { 'MCP-Protocol-Version' => '2025-11-25' }, path => '/strict' ],
) {
    my ($what, $status, $code, %o) = @$_;
    $r = modern(%o);
    is($r->{status}, $status, "modern, $what");
    is($r->{json}{error}{code}, $code, ".. $code");
    is($r->{json}{id}, 'm', '.. and the id') if $r->{json};
}

$r = modern(method => 'tools/call', params => { name => 'inspect_artifact',
    arguments => { artifact_id => 'a_x' } }, headers => {
    'Mcp-Name' => '=?base64?aW5zcGVjdF9hcnRpZmFjdA==?=' });
is($r->{status}, 200, 'Mcp-Name in base64');
is($r->{json}{result}{resultType}, 'complete', '.. resultType of a refusal');

$r = modern(method => 'tools/list',
    headers => { 'MCP-Protocol-Version' => '2025-11-25' });
is($r->{status}, 200, 'lenient: the body\'s version decides');

$r = post(rpc(id => 1, method => 'tools/list'), path => '/strict',
    headers => [ @both, 'MCP-Protocol-Version' => '2026-07-28',
        'Mcp-Method' => 'tools/list' ]);
is($r->{status}, 400, 'strict: a modern header without _meta is 400');
is($r->{json}{error}{code}, -32602, '.. -32602');

# --- Accept ---

for my $a ('*/*', 'application/json', 'text/event-stream', undef,
    'application/json;q=0.5, text/*') {
    $r = post(rpc(id => 1, method => 'ping'), headers => [
        'Content-Type' => 'application/json',
        defined $a ? (Accept => $a) : () ]);
    is($r->{status}, 200, 'lenient Accept ' . ($a || '(absent)'));
}
$r = post(rpc(id => 1, method => 'ping'), path => '/strict', headers => [
    'Content-Type' => 'application/json', Accept => 'application/json' ]);
is($r->{status}, 406, 'strict: Accept without text/event-stream is 406');
ok($r->{json}{error}, '.. as JSON');

# --- one path, keep-alive, pipelining ---

$r = post(rpc(id => 1, method => 'ping'), path => '/mcp/');
is($r->{status}, 200, '/mcp/ is served without a redirect');

my $c = Mitzu::HTTP->new(port => $port);
for my $i (1 .. 3) {
    $c->send_request('POST', '/mcp', headers => \@both, keepalive => 1,
        body => rpc(id => $i, method => 'ping'));
    my $x = $c->read_answer;
    is($json->decode($x->{body})->{id}, $i, "keep-alive request $i");
}
my $body = rpc(id => 'p', method => 'tools/list');
my $one = "POST /mcp HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
syswrite $c->{sock}, $one x 3;
is(scalar(grep { ($c->read_answer || {})->{status} == 200 } 1 .. 3), 3,
    'three pipelined requests');
$c->close;

# Where a body broke off nothing can be told apart any more.
for my $rest ("zz\r\n", "5\r\nhello") {
    $c = Mitzu::HTTP->new(port => $port);
    syswrite $c->{sock}, "POST /mcp HTTP/1.1\r\nHost: x\r\n"
        . "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
        . "\r\n$rest$one";
    $r = $c->read_answer;
    is($r->{status}, 400, 'a broken chunked body is 400');
    ok(eval { $json->decode($r->{body}) }, '.. as JSON');
    ok(!$c->read_answer(5) && $c->{in} eq '',
        '.. and what follows it is no request');
    $c->close;
}

# --- "if" and "limit_except" in the location ---

for my $h ([], [ 'X-Branch' => 1 ]) {
    $r = post(rpc(id => 1, method => 'tools/call', params => {
        name => 'no_such_tool' }), path => '/branch',
        headers => [ @both, @$h ]);
    is($r->{status}, 200, "the endpoint stays one in a branch (@$h)");
    is(($r->{json} || {})->{error}{code}, -32602, '.. with its tools');
}

# A body that nginx puts into a file.
my $pad = 'x' x 50000;
$r = post(rpc(id => 1, method => 'tools/call', params => {
    name => 'inspect_artifact', arguments => { artifact_id => $pad } }));
is($r->{status}, 200, 'a body in a file is read');
ok($r->{json}{result}{isError}, '.. and its argument refused');
ok(length $r->{body} < 4000, '.. without repeating it whole');

finish();
