#!/usr/bin/perl

# Sign-in: official clients that know nothing but a URL find the
# authorization server, register, send a person to it, and work; they go on
# when the token expires and when the keys change.

use strict;
use warnings;

use Mitzu::Agent;
use Mitzu::AuthServer;
use Mitzu::HTTP;
use Mitzu::MCP;
use Mitzu::Nginx;
use Mitzu::Redis;
use Mitzu::Test;
use Test::More;
use Time::HiRes qw(time sleep);

my $json = Mitzu::MCP::json();
my $LIFE = 4;
my $LEEWAY = 1;

my $port = free_port();
my $url = "http://127.0.0.1:$port/mcp";
my $as = Mitzu::AuthServer->new(resource => $url, life => $LIFE);
my $issuer = $as->{issuer};

my $redis = Mitzu::Redis->new;
my $nginx = Mitzu::Nginx->new(bare => 1, port => $port,
    http => 'mitzu_mcp_redis ' . $redis->url . ';', server => <<"EOT");
mitzu_mcp_resource_metadata resource=$url authorization_server=$issuer
    "scopes=analytics:read analytics:run";
location ~ ^/mcp/?\$ {
    mitzu_mcp on;
    mitzu_mcp_auth /_auth;
}
location = /_auth {
    internal;
    mitzu_jwt issuer=$issuer audience=$url leeway=${LEEWAY}s project=required;
    mitzu_jwt_keys /_jwks;
}
location = /_jwks {
    internal;
    subrequest_output_buffer_size 64k;
    proxy_pass_request_headers off;
    proxy_pass $issuer/oauth2/jwks;
}
location = /.well-known/oauth-protected-resource/mcp { mitzu_mcp metadata; }
location = /.well-known/oauth-protected-resource { mitzu_mcp metadata; }
location = /.well-known/oauth-authorization-server {
    proxy_pass_request_headers off;
    proxy_pass $issuer/.well-known/oauth-authorization-server;
}
EOT
my $agent = Mitzu::Agent->new(redis => $redis->url,
    warehouse => sample_warehouse(), runners => 1);

# --- discovery: what a client that has only the URL is told ---

my $META = "http://127.0.0.1:$port/.well-known/oauth-protected-resource/mcp";

for my $m (qw(POST GET DELETE)) {
    my $r = Mitzu::HTTP->once($port, $m, '/mcp', timeout => 10, headers => [
        Accept => 'application/json, text/event-stream',
        $m eq 'POST' ? ('Content-Type' => 'application/json') : () ],
        $m eq 'POST' ? (body => '{"jsonrpc":"2.0","id":1,"method":"ping"}')
            : ());
    is($r->{status}, 401, "$m without a token is 401");
    my $challenge = $r->{headers}{'www-authenticate'} || '';
    like($challenge, qr/^Bearer /, '.. with a challenge');
    like($challenge, qr/resource_metadata="\Q$META\E"/, '.. that says where');
    like($challenge, qr/scope="analytics:read analytics:run"/,
        '.. and for what');
    unlike($challenge, qr/error=/, '.. and names no error');
    ok(eval { $json->decode($r->{body})->{error} }, '.. as JSON');
}

sub documents {
    my ($when) = @_;
    for my $path (qw(/.well-known/oauth-protected-resource/mcp
        /.well-known/oauth-protected-resource))
    {
        my $start = time;
        my $r = Mitzu::HTTP->once($port, 'GET', $path, timeout => 5,
            headers => [ Origin => 'https://any.example.org' ]);
        is($r->{status}, 200, "$when: $path");
        my $d = eval { $json->decode($r->{body}) } || {};
        is($d->{resource}, $url, '.. the resource, byte for byte');
        is_deeply($d->{authorization_servers}, [$issuer],
            '.. and its authorization server');
        is($r->{headers}{'access-control-allow-origin'}, '*',
            '.. for any page');
        cmp_ok(time - $start, '<', 2, '.. at once');
    }
}

documents('discovery');
is(eval { $json->decode(Mitzu::HTTP->once($port, 'GET',
    '/.well-known/oauth-authorization-server')->{body})->{issuer} }, $issuer,
    'the copy for old clients');

# --- signing in, asking, a token that expires, keys that change ---

my $QUESTION = 'How many users did purchase last month?';

sub ask {
    my ($client, $what, $conversation) = @_;
    my $r = $client->do('call', { name => 'run_analytics_agent',
        arguments => { prompt => $what,
            $conversation ? (conversation_id => $conversation) : () } });
    my $run = $r->{result}{structuredContent};
    return $r unless $run;
    return $client->do('call', { name => 'get_analytics_agent_status',
        arguments => { conversation_id => $run->{conversation_id},
            prompt_id => $run->{prompt_id}, wait_seconds => 20 } })
        ->{result}{structuredContent};
}

my @kids = ('k1');

for my $kind (qw(sdk1 sdk2-legacy sdk2-auto)) {
    my $client = $as->client($kind, $url, "ann-$kind", 'org_ONE');
    my $in = $client->until(sub { $_[0]{connected} || $_[0]{failed} }, 40);
    ok($in && $in->{connected}, "$kind: signs in, knowing only the URL")
        or do { diag(explain $client->{said}); $client->stop; next };

    my ($consent) = grep { $_->{consent} } @{ $client->{said} };
    is($consent->{consent}{iss}, $issuer, '.. at the right server');
    my $first = $client->do('token')->{result};
    is_deeply([ @$first{qw(iss sub aud org_id)} ],
        [ $issuer, "ann-$kind", $url, 'org_ONE' ],
        '.. with a token for this resource alone');

    is(scalar @{ $client->do('tools')->{result}{tools} }, 8, '.. eight tools');
    my $answer = ask($client, $QUESTION);
    is($answer->{status}, 'completed', '.. asks, and has the answer')
        or diag(explain $answer);

    # In mid conversation; the client is not told, it only sees the 401.
    sleep 0.2 while time < $first->{exp} + $LEEWAY + 1;
    my $again = ask($client, 'now by country', $answer->{conversation_id});
    is($again->{status}, 'completed', '.. and goes on when the token is old')
        or diag(explain $again);
    is($again->{conversation_id}, $answer->{conversation_id},
        '.. in the same conversation');
    my $next = $client->do('token')->{result};
    cmp_ok($next->{exp}, '>', $first->{exp}, '.. with a new token');
    is($next->{sub}, $first->{sub}, '.. of the same person');
    ok($client->requests(http => 'POST', status => 401) >= 2,
        '.. after a refusal');
    like((grep { ($_->{status} || 0) == 401 && $_->{signed} }
        @{ $client->{said} })[0]{challenge} || '', qr/error="invalid_token"/,
        '.. that says why');

    # The new key is published first and signs; later the old one goes.
    my $fetched = $as->count('GET /oauth2/jwks');
    my $new = 'k' . (@kids + 1);
    $as->keys($new, @kids);
    unshift @kids, $new;
    sleep 0.2 while time < $next->{exp} + $LEEWAY + 1;
    my $after = ask($client, 'only for mobile', $answer->{conversation_id});
    is($after->{status}, 'completed', '.. and when the keys change')
        or diag(explain $after);
    cmp_ok($as->count('GET /oauth2/jwks'), '>', $fetched,
        '.. for which they are fetched');

    ok($client->stop, '.. and leaves');

    # One unknown key is looked up at once, the next one half a minute later.
    $nginx->signal('HUP');
    wait_for(10, sub { Mitzu::HTTP->once($port, 'GET',
        '/.well-known/oauth-protected-resource')->{status} == 200 });
}

# --- a client of 2025-03-26 looks at the root of the MCP server ---

# It asks for no resource: its token is for the environment's client id,
# which is accepted only where the operator says so.

sub old {
    my ($what) = @_;
    my $old = $as->client('old', $url, 'old-ann', 'org_ONE');
    my $in = $old->until(sub { $_[0]{connected} || $_[0]{failed} }, 40) || {};
    ok((grep { ($_->{url} || '')
            =~ m{:$port/\.well-known/oauth-authorization-server} }
        @{ $old->{said} }), "$what finds its way by the copy");
    return ($old, $in);
}

my ($old, $in) = old('a client of 2025-03-26');
ok(!$in->{connected} && (grep { ($_->{status} || 0) == 401 && $_->{signed}
        && ($_->{challenge} || '') =~ /error="invalid_token"/ }
    @{ $old->{said} }), '.. with a token that is not for this resource');
$old->stop;

$nginx->{server} =~ s/(audience=)/client_id=$as->{client_id} $1/;
$nginx->write_conf;
$nginx->signal('HUP');
sleep 1;

($old, $in) = old('the same where the environment is accepted');
ok($in->{connected}, '.. and is let in') or diag(explain $old->{said});
is($old->do('token')->{result}{aud}, $as->{client_id}, '.. for that token')
    if $in->{connected};
is(scalar @{ ($old->do('tools')->{result} || {})->{tools} || [] }, 8,
    '.. to the eight tools') if $in->{connected};
$old->stop;

# --- discovery needs no Redis ---

$redis->stop;
documents('Redis away');
allow_in_logs(qr/redis|sign-in of a request/);

my $secrets = join '|', map { quotemeta } qw(Bearer eyJ);
unlike($nginx->log, qr/$secrets/, 'no token in the error log');
unlike($nginx->access_log, qr/$secrets|access_token/,
    'no token in the access log');

$agent->stop;
$nginx->stop;
$as->stop;
finish();
