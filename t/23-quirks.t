#!/usr/bin/perl

# What real clients do wrong, one row each: served in lenient mode and, where
# a rule on versions, Accept or sessions was stretched for it, counted; in
# strict mode refused with the right code.

use strict;
use warnings;

use JSON::PP;
use Mitzu::HTTP;
use Mitzu::MCP;
use Mitzu::Nginx;
use Mitzu::Redis;
use Mitzu::Test;
use Test::More;
use Time::HiRes qw(time);

my $redis = Mitzu::Redis->new;
my $url = $redis->url;
my $nginx = Mitzu::Nginx->new(redis => $url,
    http => "log_format row '\$http_x_row|\$status|\$mitzu_mcp_tolerated|';",
    location => 'access_log logs/row.log row;', server => <<"EOT");
location ~ ^/strict/?\$ {
    mitzu_mcp strict;
    mitzu_mcp_auth off;
    mitzu_mcp_redis $url;
    access_log logs/row.log row;
}
location = /status {
    mitzu_mcp_status;
}
EOT
my $port = $nginx->{port};
my $json = Mitzu::MCP::json();

my $OLD = '2025-11-25';
my $NEW = '2026-07-28';
my $v = 'io.modelcontextprotocol/protocolVersion';
my $both = 'application/json, text/event-stream';

# A counter of the status location, by the name of the tolerance.
sub counted {
    my ($name) = @_;
    my $r = Mitzu::HTTP->once($port, 'GET', '/status');
    my ($n) = $r->{body} =~ /^mitzu_mcp_tolerated_total\{what="\Q$name\E"\}
        \ (\d+)$/mx;
    return $n || 0;
}

sub initialize {
    my ($path, $version) = @_;
    my $c = Mitzu::MCP->new(port => $port, path => $path, version => $version);
    $c->open;
    return $c->{session};
}

# A row's request: the status and the JSON-RPC message of the answer.
sub ask {
    my ($row, $path, $mark) = @_;
    my $method = $row->{method} || 'tools/list';
    my $m = { jsonrpc => '2.0', id => 1, method => $method,
        params => $row->{params} || {} };
    $m->{params}{_meta} = { $v => $NEW, %{ $row->{meta} || {} },
        'io.modelcontextprotocol/clientCapabilities' => {} } if $row->{modern};
    my %h = (Accept => $both, 'Content-Type' => 'application/json',
        'MCP-Protocol-Version' => $row->{modern} ? $NEW : $OLD,
        $row->{modern} ? ('Mcp-Method' => $method) : (),
        %{ $row->{headers} || {} }, 'X-Row' => $mark);
    $h{'Mcp-Session-Id'} = initialize($path, $row->{negotiated} || $OLD)
        unless $row->{modern} || $row->{homeless};
    $h{'Mcp-Session-Id'} = $row->{stale} if $row->{stale};
    my @h = map { my $k = $_; map { ($k => $_) }
        ref $h{$k} ? @{ $h{$k} } : defined $h{$k} ? $h{$k} : () } sort keys %h;
    my $r = Mitzu::HTTP->once($port, $row->{verb} || 'POST',
        $path . ($row->{tail} || ''), headers => \@h, timeout => 10,
        body => $row->{verb} ? undef : $row->{body} || $json->encode($m));
    return (0, {}, {}) unless $r;
    my ($data) = $r->{body} =~ /^data: (\{.*)/m;
    return ($r->{status}, eval { $json->decode($data || $r->{body}) } || {},
        $r->{headers});
}

# tolerated: what is counted, [] for nothing; strict: status and code, or
# 'served' where the rules allow it.
my $ping = { method => 'ping' };
my @rows = (
    # --- sessions and reconnecting (peers.md 5.2) ---
    { what => 'the session id is never sent back', homeless => 1,
        tolerated => ['session_absent'], strict => [ 400, -32000 ] },
    { what => 'nor with the first notification', homeless => 1,
        body => '{"jsonrpc":"2.0","method":"notifications/initialized"}',
        status => 202, tolerated => ['session_absent'],
        strict => [ 400, -32000 ] },
    { what => 'no session and no version header', homeless => 1,
        headers => { 'MCP-Protocol-Version' => undef },
        tolerated => ['session_absent'], strict => [ 400, -32000 ] },
    { what => 'initialize again with a session that has ended',
        homeless => 1, stale => 'ended', method => 'initialize', params => {
            protocolVersion => $OLD, capabilities => {},
            clientInfo => { name => 't', version => '1' } },
        tolerated => [], strict => 'served' },
    { what => 'a session that has ended is used on', stale => 'ended',
        status => 404, code => -32001, tolerated => [],
        strict => [ 404, -32001 ] },
    { what => 'a modern request with an old session id', modern => 1,
        stale => 'ended', tolerated => [], strict => 'served' },
    { what => 'GET to find out about HTTP+SSE', homeless => 1, verb => 'GET',
        headers => { Accept => 'text/event-stream' }, status => 405,
        strict => [ 400, -32000 ] },
    { what => 'a slash behind the path', tail => '/', tolerated => [],
        strict => 'served' },
    { what => 'a probe by server/discover before anything', modern => 1,
        method => 'server/discover', soon => 1, tolerated => [],
        strict => 'served' },
    { what => 'a probe of a revision nobody has', modern => 1,
        method => 'server/discover', meta => { $v => '2031-01-01' },
        headers => { 'MCP-Protocol-Version' => '2031-01-01' }, soon => 1,
        status => 400, code => -32022, strict => [ 400, -32022 ] },

    # --- versions (5.3) ---
    { what => 'the header of the last revision on a modern body', modern => 1,
        headers => { 'MCP-Protocol-Version' => $OLD },
        tolerated => ['version_differs'], strict => [ 400, -32020 ] },
    { what => 'a modern header on a body of a session', headers =>
        { 'MCP-Protocol-Version' => $NEW },
        tolerated => ['version_differs'], strict => [ 400, -32602 ] },
    { what => 'a modern header on a body without anything', homeless => 1,
        headers => { 'MCP-Protocol-Version' => $NEW },
        tolerated => ['session_absent', 'version_differs'],
        strict => [ 400, -32602 ] },
    { what => 'negotiated 2024-11-05, header of 2025-11-25',
        negotiated => '2024-11-05', tolerated => ['version_differs'],
        strict => [ 400, -32000 ] },
    { what => 'no version header in a session',
        headers => { 'MCP-Protocol-Version' => undef }, tolerated => [],
        strict => 'served' },
    { what => 'no version header on a modern body', modern => 1,
        headers => { 'MCP-Protocol-Version' => undef },
        tolerated => ['version_absent'], strict => [ 400, -32020 ] },
    { what => 'the version twice in one header',
        headers => { 'MCP-Protocol-Version' => "$OLD, $OLD" },
        tolerated => ['version_doubled'], strict => [ 400, -32000 ] },
    { what => 'the version in two headers',
        headers => { 'MCP-Protocol-Version' => [ $OLD, $OLD ] },
        tolerated => ['version_doubled'], strict => [ 400, -32000 ] },
    { what => 'the version twice on a modern body', modern => 1,
        headers => { 'MCP-Protocol-Version' => "$NEW,$NEW" },
        tolerated => ['version_doubled'], strict => [ 400, -32020 ] },
    { what => 'two modern version headers', modern => 1,
        headers => { 'MCP-Protocol-Version' => [ $NEW, $NEW ] },
        tolerated => ['version_doubled'], strict => [ 400, -32020 ] },
    { what => 'a version of a draft in the header',
        headers => { 'MCP-Protocol-Version' => 'DRAFT-2025-v2' },
        tolerated => ['version_unknown'], strict => [ 400, -32000 ] },
    { what => 'an unknown header version on a modern body', modern => 1,
        headers => { 'MCP-Protocol-Version' => '2026-01-01' },
        tolerated => ['version_differs'], strict => [ 400, -32020 ] },

    # --- Accept and Content-Type (5.3) ---
    { what => 'Accept: */*', headers => { Accept => '*/*' },
        tolerated => [], strict => 'served' },
    { what => 'Accept with q-values and wildcards', tolerated => [],
        headers => { Accept => 'text/*;q=0.5, application/*;q=0.9' },
        strict => 'served' },
    { what => 'Accept: text/event-stream alone', tolerated => ['accept'],
        headers => { Accept => 'text/event-stream' },
        strict => [ 406, -32000 ] },
    { what => 'Accept: application/json alone', tolerated => ['accept'],
        headers => { Accept => 'application/json' }, is_json => 1,
        strict => [ 406, -32000 ] },
    { what => 'application/json alone, modern', modern => 1,
        headers => { Accept => 'application/json' }, is_json => 1,
        tolerated => ['accept'], strict => [ 406, -32600 ] },
    { what => 'Accept: text/html', headers => { Accept => 'text/html' },
        tolerated => ['accept'], strict => [ 406, -32000 ] },
    { what => 'a stream with q=0', is_json => 1, headers => { Accept =>
        'application/json, text/event-stream;q=0' },
        tolerated => ['accept'], strict => [ 406, -32000 ] },
    { what => 'no Accept', headers => { Accept => undef }, tolerated => [],
        strict => 'served' },
    { what => 'no Content-Type', headers => { 'Content-Type' => undef },
        tolerated => ['content_type'], strict => [ 415, -32000 ] },
    { what => 'a charset in Content-Type', tolerated => [], strict => 'served',
        headers => { 'Content-Type' => 'application/json; charset=utf-8' } },
    { what => 'several at once', homeless => 1, headers => {
        Accept => 'application/json', 'MCP-Protocol-Version' => "$OLD,$OLD",
        'Content-Type' => undef }, tolerated => [ 'accept', 'content_type',
            'session_absent', 'version_doubled' ], strict => [ 415, -32000 ] },

    # --- what proxies decide on is never tolerated ---
    { what => 'Mcp-Method of another method', modern => 1,
        headers => { 'Mcp-Method' => 'tools/call' }, status => 400,
        code => -32020, strict => [ 400, -32020 ] },
    { what => 'no Mcp-Method', modern => 1, headers =>
        { 'Mcp-Method' => undef }, status => 400, code => -32020,
        strict => [ 400, -32020 ] },
    { what => 'Mcp-Method twice', modern => 1, headers =>
        { 'Mcp-Method' => [ 'tools/list', 'tools/list' ] }, status => 400,
        code => -32020, strict => [ 400, -32020 ] },
    { what => 'Mcp-Method comma-joined', modern => 1, headers =>
        { 'Mcp-Method' => 'tools/list, tools/list' }, status => 400,
        code => -32020, strict => [ 400, -32020 ] },
    { what => 'Mcp-Name of another tool', modern => 1, method => 'tools/call',
        params => { name => 'inspect_artifact', arguments => {} },
        headers => { 'Mcp-Name' => 'list_agent_artifacts' }, status => 400,
        code => -32020, strict => [ 400, -32020 ] },
    { what => 'Mcp-Name twice', modern => 1, method => 'tools/call',
        params => { name => 'inspect_artifact', arguments => {} },
        headers => { 'Mcp-Name' => [ ('inspect_artifact') x 2 ] },
        status => 400, code => -32020, strict => [ 400, -32020 ] },
    { what => 'Mcp-Method of another method, in a session',
        headers => { 'Mcp-Method' => 'tools/call' }, status => 400,
        code => -32020, strict => [ 400, -32020 ] },
);

my $mark = 0;
for my $row (@rows) {
    if (($row->{stale} || '') eq 'ended') {
        my $c = Mitzu::MCP->new(port => $port);
        $c->open;
        $c->end_session;
        $row->{stale} = $c->{session};
    }
    my %before = map { $_ => counted($_) } @{ $row->{tolerated} || [] };
    my $began = time;
    my ($status, $m, $headers) = ask($row, '/mcp', ++$mark);
    is($status, $row->{status} || 200, "lenient: $row->{what}")
        or diag($json->encode($m));
    ok(time - $began < 1, '.. soon') if $row->{soon};
    if (!$row->{status}) {
        ok($m->{result} && !$m->{error}, '.. with its result');
    } elsif ($row->{status} >= 400) {
        ok($m->{error}, '.. with a JSON error');
        is($m->{error}{code}, $row->{code}, ".. $row->{code}")
            if $row->{code};
    }
    like($headers->{'content-type'}, qr{^application/json}, '.. as JSON')
        if $row->{is_json};
    is(counted($_), $before{$_} + 1, ".. counted as $_")
        for @{ $row->{tolerated} || [] };
    $row->{lenient_mark} = $mark;

    ($status, $m) = ask($row, '/strict', ++$mark);
    my ($want, $code) = ref $row->{strict} ? @{ $row->{strict} } : 200;
    is($status, $want, "strict: $row->{what}") or diag($json->encode($m));
    is($m->{error}{code}, $code, ".. $code") if $code;
    ok($m->{result}, '.. with its result') unless $code;
    $row->{strict_mark} = $mark;
}

# --- the log says the same ---

my %line;
for (split /\n/, slurp("$nginx->{dir}/logs/row.log")) {
    my ($row, $status, $tolerated) = split /\|/;
    $line{$row} = $tolerated;
}
for my $row (@rows) {
    next unless $row->{tolerated};
    is_deeply([ sort grep { $_ ne '-' } split /[ ,]+/,
        $line{ $row->{lenient_mark} } || '' ], [ sort @{ $row->{tolerated} } ],
        "\$mitzu_mcp_tolerated: $row->{what}");
    like($line{ $row->{strict_mark} } || '', qr/^-?$/, '.. strict: nothing');
}

# --- a client that takes JSON only gets JSON for everything ---

my $c = Mitzu::MCP->new(port => $port);
my $run = $c->call('run_analytics_agent', { prompt => 'signups today?' });
my $r = Mitzu::HTTP->once($port, 'POST', '/mcp', headers => [
    'Content-Type' => 'application/json', Accept => 'application/json' ],
    body => $json->encode($c->message('tools/call', {
        name => 'get_analytics_agent_status', arguments => {
            conversation_id => $run->{conversation_id},
            wait_seconds => 1 } })));
like($r->{headers}{'content-type'}, qr{^application/json},
    'a long call is answered as JSON to a client that has no streams');
is($json->decode($r->{body})->{result}{structuredContent}{status}, 'running',
    '.. with the status');

# --- CORS stands on every answer, refusals too ---

for my $row ([ 200, '/mcp', {} ], [ 404, '/mcp', { 'Mcp-Session-Id' => 'x' } ],
    [ 400, '/strict', {} ], [ 415, '/mcp', { 'Content-Type' => 'text/plain' } ],
) {
    my ($status, $path, $change) = @$row;
    my %h = (Accept => $both, 'Content-Type' => 'application/json',
        Origin => "http://127.0.0.1:$port", %$change);
    $r = Mitzu::HTTP->once($port, 'POST', $path, headers => [ %h ],
        body => '{"jsonrpc":"2.0","id":1,"method":"ping"}');
    is($r->{status}, $status, "an answer $status to a browser");
    is($r->{headers}{'access-control-allow-origin'},
        "http://127.0.0.1:$port", '.. may be read by its page');
    like($r->{headers}{'access-control-expose-headers'} || '',
        qr/Mcp-Session-Id/i, '.. with the session id');
}

finish();
