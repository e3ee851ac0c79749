#!/usr/bin/perl

# A client that knows one URL: it is refused, finds the authorization server,
# registers, sends its person to the browser, gets tokens, asks a question,
# lives through the end of its token and of the keys.  Official clients of
# three generations, a real authorization server (oidc-provider) that looks
# like AuthKit, the real agent.

use strict;
use warnings;

use JSON::PP;
use Mitzu::Agent;
use Mitzu::AuthServer;
use Mitzu::HTTP;
use Mitzu::MCP;
use Mitzu::Nginx;
use Mitzu::Redis;
use Mitzu::Seal;
use Mitzu::Test;
use Mitzu::Worker;
use Test::More;
use Time::HiRes qw(time sleep);

my $json = Mitzu::MCP::json();
my $port = free_port();
my $url = "http://127.0.0.1:$port/mcp";
my $redis = Mitzu::Redis->new;
my $as = Mitzu::AuthServer->new(resource => $url, life => 120);
my $issuer = $as->{issuer};
my $tmp = temp_dir();

# As README says it, but for https; "/old" asks for no scopes and takes
# tokens of the whole environment.
my $nginx = Mitzu::Nginx->new(bare => 1, port => $port, http => <<"EOT1",
mitzu_mcp_redis @{[ $redis->url ]};
mitzu_mcp_resource_metadata resource=$url authorization_server=$issuer
    "scopes=analytics:read analytics:run" "name=Product analytics";
proxy_cache_path $tmp/jwks keys_zone=jwks:1m use_temp_path=off;
log_format mcp '\$status user=\$mitzu_mcp_user project=\$mitzu_mcp_project '
    '\$request';
EOT1
    server => <<"EOT2");
access_log $tmp/mcp.log mcp;
location ~ ^/mcp/?\$ {
    mitzu_mcp on;
    mitzu_mcp_auth /_auth;
    mitzu_mcp_scopes read=analytics:read run=analytics:run;
    mitzu_mcp_heartbeat 500ms;
}
location = /old {
    mitzu_mcp on;
    mitzu_mcp_auth /_auth_old;
}
location = /_auth {
    internal;
    mitzu_jwt issuer=$issuer audience=$url leeway=0s;
    mitzu_jwt_keys /_jwks throttle=1s;
    mitzu_jwt_cache tokens:1m;
}
location = /_auth_old {
    internal;
    mitzu_jwt issuer=$issuer audience=$url client_id=$as->{client_id}
        project=required;
    mitzu_jwt_keys /_jwks throttle=1s;
    mitzu_jwt_cache tokens:1m;
}
location = /_jwks {
    internal;
    proxy_pass $issuer/oauth2/jwks;
    proxy_cache jwks;
    proxy_cache_valid 200 5m;
    proxy_cache_use_stale error timeout updating http_500;
    proxy_cache_bypass \$http_cache_control;
}
location = /.well-known/oauth-protected-resource/mcp { mitzu_mcp metadata; }
location = /.well-known/oauth-protected-resource { mitzu_mcp metadata; }
location = /.well-known/oauth-authorization-server {
    proxy_pass $issuer/.well-known/oauth-authorization-server;
}
location = /status { mitzu_mcp_status; }
EOT2
my $agent = Mitzu::Agent->new(redis => $redis->url,
    warehouse => sample_warehouse(), runners => 1);

sub counter {
    my ($metric, $value) = @_;
    my ($n) = Mitzu::HTTP->once($port, 'GET', '/status')->{body}
        =~ /^mitzu_mcp_$metric\{\w+="$value"\} (\d+)$/m;
    return $n || 0;
}

# The requests of a client so far, as "METHOD path status".
sub steps {
    my ($peer) = @_;
    return map { my ($path) = $_->{url} =~ m{^http://[^/]+(/[^?]*)};
        my $where = $_->{url} =~ /:$port\// ? '' : 'AS ';
        "$_->{http} $where$path $_->{status}" }
        grep { exists $_->{http} } @{ $peer->{said} };
}

sub signed_in {
    my ($kind, $path, $user) = @_;
    my $peer = $as->client($kind, "http://127.0.0.1:$port$path",
        $user || 'ann', 'org_one');
    my $r = $peer->until(sub { $_[0]{connected} || $_[0]{failed} }, 40) || {};
    return ($peer, $r->{connected});
}

sub call {
    my ($peer, $tool, $args) = @_;
    my $r = $peer->do('call', { name => $tool, arguments => $args });
    return $r->{result} || $r;
}

# Asks, and follows to the answer.
sub question {
    my ($peer, $prompt, $cid) = @_;
    my $run = call($peer, 'run_analytics_agent', { prompt => $prompt,
        defined $cid ? (conversation_id => $cid) : () })->{structuredContent}
        or return {};
    my $s = { %$run };
    for (1 .. 5) {
        last if $s->{status} ne 'running';
        $s = call($peer, 'get_analytics_agent_status', { wait_seconds => 20,
            conversation_id => $run->{conversation_id} })
            ->{structuredContent} or return {};
    }
    return $s;
}

# --- from the URL to an answer ---

my %version = (sdk1 => '2025-11-25', 'sdk2-legacy' => '2025-11-25',
    'sdk2-auto' => '2026-07-28');

for my $kind (sort keys %version) {
    my ($peer, $hello) = signed_in($kind, '/mcp');
    ok($hello, "$kind: signs in and connects")
        or do { diag(explain $peer->{said}); next };
    is($hello->{version}, $version{$kind}, '.. its revision');
    my @steps = steps($peer);
    is_deeply([ @steps[0 .. 3] ], [ 'POST /mcp 401',
        'GET /.well-known/oauth-protected-resource/mcp 200',
        'GET AS /.well-known/oauth-authorization-server 200',
        'POST AS /oauth2/register 201' ],
        '.. is refused, finds the server, registers') or diag(explain \@steps);
    ok((grep { $_ eq 'POST AS /oauth2/token 200' } @steps),
        '.. and gets tokens for a code');
    is((grep { $_->{http} && $_->{status} == 401 } @{ $peer->{said} }), 1,
        '.. refused but once');
    my ($consent) = grep { $_->{consent} } @{ $peer->{said} };
    is($consent->{consent}{iss}, $issuer, '.. the consent has its iss');
    my $claims = $peer->do('token')->{result};
    is_deeply([ @$claims{qw(iss aud sub org_id scope)} ], [ $issuer, $url,
        'ann', 'org_one', 'analytics:read analytics:run' ],
        '.. the token is hers, for this resource, with what was asked for');

    is(scalar @{ $peer->do('tools')->{result}{tools} }, 8, "$kind: tools");
    my $s = question($peer, 'How many users did purchase by country?');
    is($s->{status}, 'completed', "$kind: a question is answered")
        or diag(explain $s);
    my $worker = Mitzu::Worker->new(redis => $redis, scope =>
        Mitzu::Seal::scope($issuer, 'ann', 'org_one'));
    is($worker->run($s)->{status}, 'completed',
        '.. as hers: of issuer, subject, organization');
    my ($table) = grep { $_->{kind} eq 'table' } @{ $s->{artifacts} };
    ok(call($peer, 'query_table_artifact', { artifact_id =>
        $table->{artifact_id} })->{structuredContent}{total_rows} > 3,
        '.. its table is read');
    $s = question($peer, 'and by device?', $s->{conversation_id});
    is($s->{status}, 'completed', '.. and the conversation goes on');

    my ($other) = signed_in($kind, '/mcp', 'bob');
    my $r = call($other, 'get_analytics_agent_status',
        { conversation_id => $s->{conversation_id} });
    ok($r->{isError}, "$kind: a colleague does not see it");
    ok($_->stop, '.. good-bye') for $peer, $other;
}

# --- the token ends, the conversation does not ---

$as->life(3);
for my $kind (sort keys %version) {
    my ($peer) = signed_in($kind, '/mcp');
    my $first = $peer->do('token')->{result};
    my $s = question($peer, 'signups by week');
    is($s->{status}, 'completed', "$kind: a token of 3 seconds");
    my $cid = $s->{conversation_id};
    my (@failed, $n);
    my $end = time + 7;
    while (time < $end) {
        my $r = call($peer, 'list_agent_artifacts',
            { conversation_id => $cid });
        push @failed, $r->{error} || $r->{content}[0]{text}
            if $r->{error} || $r->{isError};
        $n++;
        sleep 0.2;
    }
    is_deeply(\@failed, [], "$kind: none of $n calls in 7 s fails");
    my $later = $peer->do('token')->{result};
    isnt($later->{jti}, $first->{jti}, '.. the token is another one');
    is($later->{sid}, $first->{sid}, '.. of the same consent');
    my @steps = steps($peer);
    cmp_ok(scalar(grep { $_ eq 'POST AS /oauth2/token 200' } @steps), '>=', 2,
        '.. refreshed');
    is((grep { /register/ } @steps), 1, '.. not registered anew');
    is((grep { $_->{consent} } @{ $peer->{said} }), 1,
        '.. and nobody was asked again');
    my ($expired) = grep { ($_->{challenge} || '') =~ /error=/ }
        @{ $peer->{said} };
    like($expired->{challenge}, qr/error="invalid_token".*expired/,
        '.. it was told why');
    $s = question($peer, 'and by country?', $cid);
    is($s->{status}, 'completed', '.. the conversation goes on');

    # A stream outlives the token it began with.
    kill 'STOP', $agent->{pid}, $agent->runner_pids;
    call($peer, 'run_analytics_agent', { prompt => 'logins by day',
        conversation_id => $cid });
    $peer->tell('call', 'long', { name => 'get_analytics_agent_status',
        arguments => { conversation_id => $cid, wait_seconds => 30 } });
    sleep 4.5;
    kill 'CONT', $agent->{pid}, $agent->runner_pids;
    is($peer->result('long', 30)->{result}{structuredContent}{status},
        'completed', '.. a wait that is longer than the token is answered');
    ok($peer->stop, '.. good-bye');
}

# --- the keys change ---

$as->life(2);
my @peers = map { (signed_in($_, '/mcp'))[0] } sort keys %version;
my (@failed, $calls);

sub work {
    my ($seconds) = @_;
    my $end = time + $seconds;
    while (time < $end) {
        for my $peer (@peers) {
            my $r = call($peer, 'list_agent_artifacts', {});
            push @failed, "$peer->{kind}: " . ($r->{error}
                || $r->{content}[0]{text}) if $r->{error} || $r->{isError};
            $calls++;
        }
        sleep 0.1;
    }
}

# How often a token came whose key is not known.
sub unknown {
    return counter(tokens_total => 'unknown_key')
        + counter(tokens_total => 'signature');
}

my ($unknown, $looks) = (unknown(), $as->count('GET /oauth2/jwks'));
work(1);
for my $order ([ 'k1', 'k2' ], [ 'k2', 'k1' ], [ 'k3', 'k2' ], ['k3']) {
    $as->keys(@$order);
    work(3);
}
is_deeply(\@failed, [], "keys change four times: none of $calls calls fails");
$looks = $as->count('GET /oauth2/jwks') - $looks;
cmp_ok($looks, '<=', 8, ".. at the cost of $looks looks at the keys");
is(unknown() - $unknown, 0, '.. and no token is refused for its key');
ok($_->stop, "$_->{kind}: good-bye") for @peers;
$as->life(120);

# --- an old client, which names no resource ---

# It would refresh its token for ever, so it is not waited for.
sub turned_away {
    my ($path, $org) = @_;
    my $old = $as->client('old', "http://127.0.0.1:$port$path", 'ann', $org);
    my $r = $old->until(sub { ($_[0]{challenge} || '') =~ /error=/ }, 40);
    kill 'TERM', $old->{pid};
    waitpid $old->{pid}, 0;
    return $r->{challenge} || '';
}

like(turned_away('/mcp', 'org_one'), qr/invalid_token.*for another resource/,
    '2025-03-26: a token of the whole environment is not taken');
my ($old, $hello) = signed_in('old', '/old');
ok($hello, '.. unless the operator says so: it finds its way')
    or diag(explain $old->{said});
my @steps = steps($old);
is_deeply([ @steps[0 .. 2] ], [ 'POST /old 401',
    'GET /.well-known/oauth-authorization-server 200',
    'POST AS /oauth2/register 201' ], '.. by the root of this server')
    or diag(explain \@steps);
is($old->do('token')->{result}{aud}, $as->{client_id},
    '.. with a token for the client id');
ok(counter(tokens_accepted_total => 'client_id') > 0, '.. which is counted');
is(scalar @{ $old->do('tools')->{result}{tools} }, 8, '.. it lists tools');
is(question($old, 'signups last month')->{status}, 'completed',
    '.. and has its question answered');
ok($old->stop, '.. good-bye');
like(turned_away('/old', ''), qr/invalid_token.*claim/,
    '.. but not who belongs to no organization');

# --- discovery: exact, fast, whatever is down ---

my $want = { resource => $url, authorization_servers => [$issuer],
    scopes_supported => [ 'analytics:read', 'analytics:run' ],
    bearer_methods_supported => ['header'],
    resource_name => 'Product analytics' };

sub median { return (sort { $a <=> $b } @_)[ @_ / 2 ] }

sub discover {
    my ($what) = @_;
    for my $path ('/.well-known/oauth-protected-resource/mcp',
        '/.well-known/oauth-protected-resource')
    {
        my (@times, $r);
        for (1 .. 21) {
            my $began = time;
            $r = Mitzu::HTTP->once($port, 'GET', $path, headers => [
                'MCP-Protocol-Version' => '2025-11-25',
                Origin => 'https://any.example.org' ]);
            push @times, time - $began;
        }
        is($r->{status}, 200, "$path, $what: 200");
        is_deeply($json->decode($r->{body}), $want, '.. says what it is');
        like($r->{body}, qr/"resource":"\Q$url\E"/, '.. byte by byte');
        like($r->{headers}{'content-type'}, qr{^application/json},
            '.. as JSON');
        is($r->{headers}{'access-control-allow-origin'}, '*',
            '.. for any page');
        cmp_ok(median(@times), '<', is_san() ? 0.03 : 0.01,
            sprintf '.. in %.1f ms', 1000 * median(@times));
        my $o = Mitzu::HTTP->once($port, 'OPTIONS', $path, headers => [
            Origin => 'https://page.example.com',
            'Access-Control-Request-Method' => 'GET',
            'Access-Control-Request-Headers' => 'mcp-protocol-version' ]);
        like($o->{status}, qr/^20[04]$/, '.. OPTIONS');
        is($o->{headers}{'access-control-allow-origin'}, '*', '.. any page');
        like($o->{headers}{'access-control-allow-headers'},
            qr/MCP-Protocol-Version/i, '.. with the header clients send');
        my $head = Mitzu::HTTP->once($port, 'HEAD', $path);
        is($head->{status}, 200, '.. HEAD');
        is(Mitzu::HTTP->once($port, 'POST', $path, body => '{}')->{status},
            405, '.. and nothing else');
    }
}

sub refusal {
    my ($what) = @_;
    my $began = time;
    my $r = Mitzu::MCP->new(port => $port)->request('initialize', {
        protocolVersion => '2025-11-25', capabilities => {},
        clientInfo => { name => 't', version => '1' } });
    is($r->{status}, 401, "initialize without a token, $what: 401");
    is($r->{headers}{'www-authenticate'}, 'Bearer scope="analytics:read '
        . "analytics:run\", resource_metadata=\"http://127.0.0.1:$port"
        . '/.well-known/oauth-protected-resource/mcp"',
        '.. and where to sign in');
    cmp_ok(time - $began, '<', 0.3, '.. at once');
}

my ($peer) = signed_in('sdk1', '/mcp');
discover('all is up');
is(eval { $json->decode(Mitzu::HTTP->once($port, 'GET',
    '/.well-known/oauth-authorization-server')->{body})->{issuer} }, $issuer,
    'a copy of the metadata for old clients');
refusal('all is up');
$as->stop;
is(scalar @{ $peer->do('tools')->{result}{tools} }, 8,
    'the authorization server is gone: who has a token is served');
ok(!call($peer, 'list_agent_artifacts', {})->{isError}, '.. wholly');
ok($peer->stop, '.. good-bye');
$agent->stop;
$redis->stop;
discover('Redis and the authorization server are down');
refusal('Redis and the authorization server are down');

my $log = slurp("$tmp/mcp.log");
like($log, qr/^200 user=ann project=org_one POST/m,
    'the access log can say who it was');
unlike($nginx->log . $log, qr/eyJ[\w-]{20}/, 'no token is in a log');

finish();
