#!/usr/bin/perl

# Tokens that somebody made up, found, changed or sent elsewhere: each is
# refused for its own reason, by status, challenge and body, and none is
# told to a log.  Keys by a real JWKS location.

use strict;
use warnings;

use JSON::PP;
use MIME::Base64 qw(decode_base64url encode_base64 encode_base64url);
use Mitzu::HTTP;
use Mitzu::MCP;
use Mitzu::Nginx;
use Mitzu::Redis;
use Mitzu::Service;
use Mitzu::Test;
use Mitzu::Token;
use Test::More;
use Time::HiRes qw(time sleep);

my $json = Mitzu::MCP::json();
my $ISSUER = 'https://signin.example.com';
my $RESOURCE = 'https://mcp.example.com/mcp';
my $META = 'https://mcp.example.com/.well-known/oauth-protected-resource/mcp';
my $CLIENT = 'client_01ENVIRONMENT';
my $ALL = join ' ', map { "alg=$_" } qw(RS256 RS384 RS512 PS256 PS384 PS512
    ES256 ES384 EdDSA);

my $t = Mitzu::Token->new(issuer => $ISSUER, audience => $RESOURCE);
$t->key(k1 => 'rsa')->key(k2 => 'rsa')->key(e2 => 'p256')->key(e3 => 'p384')
    ->key(ed => 'ed25519')->key(twin => 'rsa')->key(small => 'rsa1024')
    ->key(enc => 'rsa')->key(wrap => 'rsa')->key(ps => 'rsa');

# Somebody who has no key of ours, but one by the same name.
my $evil = Mitzu::Token->new(issuer => $ISSUER, audience => $RESOURCE);
$evil->key($_ => 'rsa') for qw(k1 k9);
$evil->key(e2 => 'p256');

my $service = Mitzu::Service->new;
my $jwks = $t->jwks(qw(k1 k2 e2 e3 ed twin small), { %{ $evil->jwk('k1') },
    kid => 'twin' }, { %{ $t->jwk('enc') }, use => 'enc' },
    { %{ $t->jwk('wrap') }, key_ops => ['wrapKey'] },
    { %{ $t->jwk('ps') }, alg => 'PS256' },
    { kid => 'oct', kty => 'oct', k => encode_base64url('s' x 32) });
$service->plan("/$_", body => $jwks) for qw(jwks flood);

# A JWKS that is no help; `gone` is where nobody listens at all.
my %sick = (
    huge => { body => '{"keys":[' . '{},' x 200_000 . '{}]}' },
    slow => { body => $jwks, delay => 5 },
    dripping => { body => $jwks, drip => 10 },
    invalid => { body => '{"keys":[{"kty":"RSA"' },
    page => { body => '<html>Sign in</html>' },
    empty => { body => '{"keys":[]}' },
    useless => { body => $t->jwks('small') },
    failing => { status => 500, body => 'no' },
    elsewhere => { status => 302, headers => [ Location =>
        'https://evil.example.com/jwks' ] },
    gone => { close => 1 },
);
$service->plan("/$_", %{ $sick{$_} }) for keys %sick;

sub endpoint {
    my ($path, $jwt, %o) = @_;
    (my $auth = $path) =~ s{/}{/_auth_};
    my $keys = $o{keys} || '/_jwks';
    return <<"EOT";
location = $path {
    mitzu_mcp on;
    mitzu_mcp_auth $auth;
}
location = $auth {
    internal;
    mitzu_jwt $jwt;
    mitzu_jwt_keys $keys;
    mitzu_jwt_cache tokens:1m;
}
EOT
}

my $redis = Mitzu::Redis->new;
my $BASE = "issuer=$ISSUER audience=$RESOURCE";
my %nginx = (bare => 1,
    http => 'mitzu_mcp_redis ' . $redis->url . ";\n"
        . "mitzu_mcp_resource_metadata resource=$RESOURCE "
        . "authorization_server=$ISSUER scopes=analytics:read;\n"
        . "large_client_header_buffers 8 1200k;\n",
    server => join '', "location = /status { mitzu_mcp_status; }\n",
        "error_page 400 /mcp_error;\n",
        "location = /mcp_error { internal; mitzu_mcp errors; }\n",
        map({ "location = /_$_ { internal; "
            . "proxy_pass http://127.0.0.1:$service->{port}/$_; }\n" }
            qw(jwks flood), sort keys %sick),
        endpoint('/mcp', $BASE), endpoint('/all', "$BASE $ALL"),
        endpoint('/client', "$BASE client_id=$CLIENT project=required"),
        endpoint('/other', "issuer=$ISSUER audience=https://b.example.com"),
        endpoint('/strict', "$BASE leeway=0s claim=role:admin "
            . 'claim=sid'),
        endpoint('/long', "$BASE token_max=32k"),
        endpoint('/flood', $BASE, keys => '/_flood throttle=1s'),
        map({ endpoint("/$_", $BASE, keys => "/_$_ timeout=700ms") }
            sort keys %sick));
my $nginx = Mitzu::Nginx->new(%nginx);
my $port = $nginx->{port};
my $good = $t->token;

sub ask {
    my ($path, $token, %o) = @_;
    my $modern = Mitzu::MCP->new(era => 'modern');
    return Mitzu::HTTP->once($port, 'POST', $path . ($o{query} || ''),
        headers => [ $modern->headers('tools/list', {}),
            defined $token ? (Authorization => "Bearer $token") : (),
            @{ $o{headers} || [] } ],
        body => $json->encode($modern->message('tools/list', {})))
        || { status => 0, headers => {}, body => '' };
}

sub counter {
    my ($result) = @_;
    my ($n) = Mitzu::HTTP->once($port, 'GET', '/status')->{body}
        =~ /^mitzu_mcp_tokens_total\{result="$result"\} (\d+)$/m;
    return defined $n ? $n : -1;
}

ok(wait_for(10, sub { ask('/mcp', $good)->{status} == 200 }),
    'a good token is let in') or diag($nginx->log);
ok(wait_for(10, sub { ask('/flood', $good)->{status} == 200 }),
    '.. everywhere');

my @sent = ($good);

# Refused at a path for a reason (of mitzu_mcp_tokens_total).
sub refused {
    my ($path, $token, $reason, $what, %o) = @_;
    push @sent, $token if defined $token;
    my $before = counter($reason);
    my $r = ask($path, $token, %o);
    my ($status, $error) = $reason eq 'missing' ? (401)
        : $reason eq 'request' ? (400, 'invalid_request')
        : $reason eq 'scope' ? (403, 'insufficient_scope')
        : (401, 'invalid_token');
    my $h = $r->{headers};
    my $m = eval { $json->decode($r->{body}) } || {};
    my $challenge = $h->{'www-authenticate'} || '';
    my @wrong = (
        $r->{status} == $status ? () : "status $r->{status}",
        counter($reason) == $before + 1 ? () : "not counted as $reason",
        $challenge =~ /^Bearer .*resource_metadata="\Q$META\E"$/ ? ()
            : "challenge $challenge",
        ($challenge =~ /error="([^"]*)"/ ? $1 : '') eq ($error || '') ? ()
            : "error of $challenge",
        $reason eq 'request' || $challenge =~ /scope="analytics:read"/ ? ()
            : "scope of $challenge",
        ($h->{'content-type'} || '') =~ m{^application/json} ? () : 'no JSON',
        $m->{error}{message} && !exists $m->{result} ? () : $r->{body},
    );
    is("@wrong", '', "$path: $what: $status, $reason")
        or diag(substr($nginx->log, -600));
}

# --- what is good ---

for my $row (
    [ '/mcp', 'by another key', $t->token({}, key => 'k2') ],
    [ '/mcp', 'an audience among others', $t->token({ aud =>
        [ 'https://x.example.com', $RESOURCE ] }) ],
    [ '/mcp', 'an audience with a slash', $t->token({ aud => "$RESOURCE/" }) ],
    [ '/mcp', 'as JWT', $t->token({}, header => { typ => 'JWT' }) ],
    [ '/mcp', 'of no type', $t->token({}, header => { typ => undef }) ],
    [ '/mcp', 'within the leeway', $t->token({ exp => time - 30 }) ],
    [ '/mcp', 'without a project', $t->token({ org_id => undef }) ],
    [ '/mcp', 'with a key of its own beside it', $t->token({}, header =>
        { jwk => $evil->jwk('k1'), jku => 'https://evil.example.com/' }) ],
    [ '/client', 'for the client id', $t->token({ aud => $CLIENT }) ],
    [ '/strict', 'with all that is asked', $t->token({ role => [ 'user',
        'admin' ] }) ],
    [ '/long', 'of 20 KB', $t->token({ filler => 'x' x 15000 }) ],
    map({ [ '/all', $_->[0], $t->token({}, alg => $_->[0], key => $_->[1]) ] }
        [ RS256 => 'k1' ], [ RS384 => 'k1' ], [ RS512 => 'k1' ],
        [ PS256 => 'k1' ], [ PS384 => 'k1' ], [ PS512 => 'k1' ],
        [ ES256 => 'e2' ], [ ES384 => 'e3' ], [ EdDSA => 'ed' ],
        [ PS256 => 'ps' ]),
) {
    my ($path, $what, $token) = @$row;
    is(ask($path, $token)->{status}, 200, "$path: a good one $what");
    push @sent, $token;
}

# --- algorithms ---

my ($head, $claims, $sig) = split /\./, $good;
my $none = sub { join '.', encode_base64url($_[0]), $claims, $_[1] };

for my $path ('/mcp', '/all') {
    for my $alg (qw(none None NONE nOnE nonE), 'none ', ' none', '',
        "none\\u0000", 'RS256 ', 'rs256', 'Rs256', 'RS256,none', 'RS-256')
    {
        for my $s ('', $sig) {
            refused($path, $none->("{\"alg\":\"$alg\",\"kid\":\"k1\"}", $s),
                $alg =~ /u0000/ ? 'malformed' : 'alg',
                "alg '$alg'" . ($s eq '' ? '' : ' and a signature'));
        }
    }
    my $pem = $t->public_pem('k1');
    (my $bare = $pem) =~ s/\n\z//;
    (my $body = $pem) =~ s/-----[^\n]*\n//g;
    $body =~ s/\n//g;
    for my $secret ($pem, $bare, $body, MIME::Base64::decode_base64($body),
        $t->jwk('k1')->{n}, decode_base64url($t->jwk('k1')->{n}),
        $json->encode($t->jwk('k1')), $jwks, '')
    {
        refused($path, $t->token({}, alg => $_, secret => $secret), 'alg',
            "$_ with the public key, " . length($secret) . ' bytes of it')
            for qw(HS256 HS384 HS512);
    }
    refused($path, $t->token({}, alg => 'HS256', key => 'oct',
        secret => 's' x 32), 'alg', 'HS256 with a published secret');
    for my $row (
        [ 'ES256', 'k1', 'e2' ], [ 'RS256', 'e2', 'k1' ],
        [ 'EdDSA', 'k1', 'ed' ], [ 'ES256', 'e3', 'e2' ],
        [ 'ES384', 'e2', 'e3' ], [ 'RS256', 'ed', 'k1' ],
        [ 'RS256', 'ps', 'ps' ], [ 'RS512', 'ps', 'ps' ],
    ) {
        my ($alg, $kid, $with) = @$row;
        refused($path, $t->token({}, alg => $alg, key => $kid, with => $with),
            'alg', "$alg with the name of key $kid");
    }
}
refused('/mcp', $t->token({}, alg => $_->[0], key => $_->[1]), 'alg',
    "$_->[0], which is not configured") for [ RS384 => 'k1' ],
    [ RS512 => 'k1' ], [ PS256 => 'k1' ], [ ES256 => 'e2' ],
    [ ES384 => 'e3' ], [ EdDSA => 'ed' ];
refused('/all', $t->token({}, alg => $_->[0], sign => $_->[1]), 'signature',
    "says $_->[0], is $_->[1]") for [ RS256 => 'PS256' ],
    [ PS256 => 'RS256' ], [ RS256 => 'RS512' ], [ RS512 => 'RS256' ];

# --- keys ---

for my $path ('/mcp', '/all') {
    refused($path, $t->token({}, header => $_->[1], with => 'k1'), $_->[2],
        "kid: $_->[0]") for
        [ 'unknown', { kid => 'k8' }, 'unknown_key' ],
        [ 'none, and several keys', { kid => undef }, 'unknown_key' ],
        [ 'of another case', { kid => 'K1' }, 'unknown_key' ],
        [ 'longer', { kid => 'k1 ' }, 'unknown_key' ],
        [ 'a number', { kid => 1 }, 'malformed' ],
        [ 'a list', { kid => ['k1'] }, 'malformed' ],
        [ 'a path', { kid => '../../../../dev/null' }, 'unknown_key' ],
        [ 'SQL', { kid => "k1' OR '1'='1" }, 'unknown_key' ],
        [ 'a NUL', { kid => "k1\0" }, 'malformed' ],
        [ 'long', { kid => 'k' x 2000 }, 'malformed' ],
        [ 'empty', { kid => '' }, 'malformed' ];
    refused($path, $t->token({}, key => 'twin'), 'unknown_key',
        'a kid that two keys have');
    refused($path, $evil->token({}, header => { kid => 'twin' }),
        'unknown_key', '.. by the other one');
    refused($path, $t->token({}, key => $_), 'unknown_key',
        "a published key that is not for this: $_") for qw(small enc wrap);
    refused($path, $evil->token, 'signature', 'the right name, a wrong key');
    for my $header ({ jwk => $evil->jwk('k1') },
        { jku => "http://127.0.0.1:$service->{port}/evil" },
        { x5u => "http://127.0.0.1:$service->{port}/evil" },
        { x5c => [ encode_base64('certificate', '') ] })
    {
        my ($name) = keys %$header;
        refused($path, $evil->token({}, header => $header), 'signature',
            "$name in the token");
        refused($path, $evil->token({}, key => 'k9', header => $header),
            'unknown_key', "$name, and a new kid");
    }
    refused($path, $t->token({}, header => $_->[1]), 'crit',
        "crit: $_->[0]") for [ 'exp', { crit => ['exp'] } ],
        [ 'empty', { crit => [] } ], [ 'a word', { crit => 'exp' } ],
        [ 'b64', { crit => ['b64'], b64 => JSON::PP::false() } ];
    refused($path, $t->token({}, header => { b64 => JSON::PP::false() }),
        'crit', 'b64 alone');
}
is($service->count('/evil'), 0, 'nobody went where a token said');

# --- form ---

my $kid1 = '"kid":"k1"';
for my $row (
    [ 'alg twice', "{\"alg\":\"RS256\",$kid1,\"alg\":\"none\"}" ],
    [ 'kid twice', "{\"alg\":\"RS256\",$kid1,\"kid\":\"k2\"}" ],
    [ 'alg twice, escaped', "{\"alg\":\"RS256\",$kid1,\"\\u0061lg\":\"x\"}" ],
    [ 'a list', "[\"RS256\"]" ], [ 'a word', '"RS256"' ], [ 'empty', '' ],
    [ 'cut', "{\"alg\":\"RS256\",$kid1" ],
    [ 'more behind', "{\"alg\":\"RS256\",$kid1}{}" ],
    [ 'no alg', "{$kid1}" ], [ 'alg a number', "{\"alg\":256,$kid1}" ],
    [ 'a comment', "{\"alg\":\"RS256\",/**/$kid1}" ],
    [ 'no UTF-8', "{\"alg\":\"RS256\",\"x\":\"\xff\",$kid1}" ],
    [ 'deep', "{\"alg\":\"RS256\",$kid1,\"x\":" . '[' x 500 . ']' x 500 . '}' ],
    [ 'another type', "{\"alg\":\"RS256\",$kid1,\"typ\":\"logout+jwt\"}" ],
    [ 'an id token', "{\"alg\":\"RS256\",$kid1,\"typ\":\"id_token+jwt\"}" ],
) {
    refused('/mcp', $t->token({}, raw_header => $row->[1]), 'malformed',
        "header: $row->[0]");
}
my $c = $json->encode($t->claims);
(my $twice = $c) =~ s/\}$/,"sub":"admin"}/;
(my $forged = $c) =~ s/user_ann/user_bob/;
for my $row ([ 'a member twice', $twice ], [ 'no object', '[1]' ],
    [ 'cut', substr $c, 0, -1 ], [ 'empty', '' ],
    [ 'more behind', "$c " . $c ])
{
    refused('/mcp', $t->token({}, raw_payload => $row->[1]), 'malformed',
        "claims: $row->[0]");
}
my $bits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
my $last = substr $sig, -1;
my $loose = substr $bits, index($bits, $last) + 1, 1;
my $raw = decode_base64url($sig);
my ($r1) = split /\./, $t->token({}, header => { extra => 1 });
for my $row (
    [ 'one part', $head ], [ 'two parts', "$head.$claims" ],
    [ 'a fourth part', "$good.x" ], [ 'five parts', "$good.$claims.$sig" ],
    [ 'a dot behind', "$good." ], [ 'a dot before', ".$good" ],
    [ 'no header', ".$claims.$sig" ],
    [ 'padded header', "$head=.$claims.$sig" ],
    [ 'padded signature', "$good==" ], [ 'padded as percent', "$good%3D" ],
    [ 'a blank inside', "$head. $claims.$sig" ],
    [ 'a tab inside', "$head.\t$claims.$sig" ],
    [ 'in quotes', "\"$good\"" ], [ 'two tokens', "$good, $good" ],
    [ 'more behind', "$good x" ],
    [ 'a plus', do { (my $x = $good) =~ s/(.)$/+/; $x } ],
    [ 'a slash', do { (my $x = $good) =~ s/(.)$/\//; $x } ],
    [ 'bits to spare', "$head.$claims." . substr($sig, 0, -1) . $loose ],
    [ 'a byte over 127', "$head.$claims\xe9.$sig" ],
    [ 'dots alone', '..' ], [ 'words', 'let.me.in' ], [ 'a letter', 'x' ],
    [ 'an opaque one', 'tok_' . 'a' x 40 ],
) {
    refused('/mcp', $row->[1], 'malformed', "form: $row->[0]");
}
for my $row (
    [ 'none', "$head.$claims." ],
    [ 'cut', "$head.$claims." . encode_base64url(substr $raw, 0, -1) ],
    [ 'longer', "$head.$claims." . encode_base64url("$raw\0") ],
    [ 'a zero before', "$head.$claims." . encode_base64url("\0$raw") ],
    [ 'of zeros', "$head.$claims." . encode_base64url("\0" x length $raw) ],
    [ 'bent', "$head.$claims." . encode_base64url($raw ^ "\x01") ],
    [ 'of other claims', join '.', $head, encode_base64url($forged), $sig ],
    [ 'of another header', "$r1.$claims.$sig" ],
    [ 'of another token', join '.', $head, $claims,
        (split /\./, $t->token)[2] ],
) {
    refused('/mcp', $row->[1], 'signature', "signature: $row->[0]");
}
my @es = split /\./, $t->token({}, alg => 'ES256', key => 'e2');
my $es = decode_base64url($es[2]);
my $order = pack 'H*',
    'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551';
for my $row (
    [ 'of zeros', "\0" x 64 ], [ 'r is zero', "\0" x 32 . substr $es, 32 ],
    [ 's is zero', substr($es, 0, 32) . "\0" x 32 ],
    [ 'r is the order', $order . substr $es, 32 ],
    [ 's is the order', substr($es, 0, 32) . $order ],
    [ 'short', substr $es, 0, 63 ], [ 'long', "$es\0" ],
    [ 'as DER', "\x30\x44\x02\x20" . substr($es, 0, 32) . "\x02\x20"
        . substr $es, 32 ],
) {
    refused('/all', join('.', @es[0, 1], encode_base64url($row->[1])),
        'signature', "ES256 signature: $row->[0]");
}
refused('/mcp', 'x' x 8193, 'too_large', 'a token over the limit');
refused('/mcp', 'x.' x 2000 . 'x', 'malformed', 'a token of dots');
my $began = time;
refused('/mcp', join('.', map { 'A' x 349_525 } 1 .. 3), 'too_large',
    'a token of 1 MB');
refused('/long', 'A' x 1_000_000, 'too_large', 'a token of 1 MB');
ok(time - $began < 1, '.. at once');
refused('/mcp', $t->token({ filler => 'x' x 8000 }), 'too_large',
    'a good one over the limit');

# --- claims ---

my $now = int time;
for my $row (
    [ 'expired', { exp => $now - 100 }, 'expired' ],
    [ 'expired long ago', { exp => 1 }, 'expired' ],
    [ 'expired before it began', { exp => -1 }, 'claim' ],
    [ 'no exp', { exp => undef }, 'claim' ],
    [ 'exp a string', { exp => '' . ($now + 300) }, 'claim' ],
    [ 'exp a list', { exp => [ $now + 300 ] }, 'claim' ],
    [ 'exp a boolean', { exp => JSON::PP::true() }, 'claim' ],
    [ 'not yet', { nbf => $now + 200 }, 'not_yet' ],
    [ 'nbf a string', { nbf => 'now' }, 'claim' ],
    [ 'issued in the future', { iat => $now + 200 }, 'not_yet' ],
    [ 'another issuer', { iss => 'https://evil.example.com' }, 'issuer' ],
    [ 'an issuer with a slash', { iss => "$ISSUER/" }, 'issuer' ],
    [ 'an issuer in capitals', { iss => uc $ISSUER }, 'issuer' ],
    [ 'a longer issuer', { iss => "$ISSUER.evil.com" }, 'issuer' ],
    [ 'no issuer', { iss => undef }, 'issuer' ],
    [ 'a list of issuers', { iss => [$ISSUER] }, 'issuer' ],
    [ 'another audience', { aud => 'https://b.example.com' }, 'audience' ],
    [ 'other audiences', { aud => [ 'https://b.example.com', 'x' ] },
        'audience' ],
    [ 'no audience', { aud => undef }, 'audience' ],
    [ 'an empty list', { aud => [] }, 'audience' ],
    [ 'an empty audience', { aud => '' }, 'audience' ],
    [ 'the host alone', { aud => 'https://mcp.example.com' }, 'audience' ],
    [ 'a longer path', { aud => "$RESOURCE/more" }, 'audience' ],
    [ 'two slashes', { aud => "$RESOURCE//" }, 'audience' ],
    [ 'another scheme', { aud => 'http://mcp.example.com/mcp' },
        'audience' ],
    [ 'an audience in capitals', { aud => uc $RESOURCE }, 'audience' ],
    [ 'an object', { aud => { $RESOURCE => 1 } }, 'audience' ],
    [ 'a list in a list', { aud => [ [$RESOURCE] ] }, 'audience' ],
    [ 'the client id', { aud => $CLIENT }, 'audience' ],
    [ 'for its client', { aud => 'client_of_the_peer' }, 'audience' ],
    [ 'no subject', { sub => undef }, 'claim' ],
    [ 'an empty subject', { sub => '' }, 'claim' ],
    [ 'a number', { sub => 7 }, 'claim' ],
    [ 'a long subject', { sub => 'x' x 513 }, 'claim' ],
    [ 'a subject of two lines', { sub => "user_ann\norg_two" }, 'claim' ],
    [ 'a subject with a NUL', { sub => "user_ann\0" }, [qw(claim
        malformed)] ],
    [ 'a project of two lines', { org_id => "one\ntwo" }, 'claim' ],
    [ 'a project that is a list', { org_id => ['org_one'] }, 'claim' ],
    [ 'a project that is a number', { org_id => 1 }, 'claim' ],
    [ 'a long project', { org_id => 'x' x 513 }, 'claim' ],

    # AuthKit's session token: another issuer, another key set, same vendor.
    [ 'a session token', { iss => 'https://api.workos.com/', aud => undef,
        role => 'admin', permissions => ['all'], sid => 'session_1' },
        'issuer' ],
    [ 'a session token of a custom domain', { aud => undef, role => 'admin',
        permissions => ['all'], sid => 'session_1' }, 'audience' ],
) {
    my ($what, $change, $reason) = @$row;
    my $token = $t->token($change);
    if (ref $reason) {
        my %b = map { $_ => counter($_) } @$reason;
        my $r = ask('/mcp', $token);
        is($r->{status}, 401, "/mcp: $what: 401");
        is((grep { counter($_) == $b{$_} + 1 } @$reason), 1, '.. counted');
        next;
    }
    refused('/mcp', $token, $reason, $what);
}
refused('/mcp', $evil->token({ iss => 'https://api.workos.com/',
    aud => $CLIENT }, key => 'k9'), 'unknown_key',
    'a session token, signed as such');
refused('/strict', $t->token($_->[1]), $_->[2], $_->[0]) for
    [ 'no leeway', { exp => $now - 2, role => 'admin' }, 'expired' ],
    [ 'no role', {}, 'claim' ],
    [ 'another role', { role => 'user' }, 'claim' ],
    [ 'a role that contains it', { role => 'administrator' }, 'claim' ],
    [ 'no sid', { role => 'admin', sid => undef }, 'claim' ];
refused('/client', $t->token($_->[1]), $_->[2], $_->[0]) for
    [ 'no project', { aud => $CLIENT, org_id => undef }, 'claim' ],
    [ 'an empty project', { aud => $CLIENT, org_id => '' }, 'claim' ],
    [ 'another client id', { aud => 'client_01OTHER' }, 'audience' ],
    [ 'a client id and a slash', { aud => "$CLIENT/" }, 'audience' ];
refused('/other', $good, 'audience',
    'a token that another endpoint has just verified');
is(ask('/mcp', $good)->{status}, 200, '.. which it still does');

# --- headers ---

for my $row (
    [ 'twice the same', 'request', "Bearer $good", "Bearer $good" ],
    [ 'two', 'request', "Bearer $good", 'Bearer bad' ],
    [ 'a bad one before', 'request', 'Bearer bad', "Bearer $good" ],
    [ 'another scheme before', 'request', 'Basic dTpw', "Bearer $good" ],
    [ 'another scheme behind', 'request', "Bearer $good", 'Basic dTpw' ],
    [ 'an empty one before', 'request', '', "Bearer $good" ],
    [ 'another scheme', 'missing', 'Basic dTpw' ],
    [ 'no scheme', 'missing', $good ], [ 'empty', 'missing', '' ],
    [ 'Bearer alone', 'missing', 'Bearer' ],
    [ 'no blank', 'missing', "Bearer$good" ],
    [ 'a colon', 'missing', "Bearer: $good" ],
    [ 'another word', 'missing', "Bearerx $good" ],
    [ 'DPoP', 'missing', "DPoP $good" ],
    [ 'a list of schemes', 'malformed', "Bearer $good, Basic dTpw" ],
    [ 'as parameter', 'malformed', "Bearer token=\"$good\"" ],
) {
    my ($what, $reason, @values) = @$row;
    my $r = ask('/mcp', undef, headers => [ map { (Authorization => $_) }
        @values ]);
    is($r->{status}, $reason eq 'request' ? 400 : 401,
        "Authorization: $what: $reason");
    ok(eval { $json->decode($r->{body})->{error} }, '.. as JSON');

    # More than one is for nginx to refuse, which knows of no challenges.
    is(($r->{headers}{'www-authenticate'} || '') =~ /error="(\w+)"/ ? $1 : '',
        $reason eq 'missing' ? '' : 'invalid_token', '.. its challenge')
        if $reason ne 'request';
}
is(ask('/mcp', undef, headers => [ Authorization => "$_ $good" ])->{status},
    200, "the scheme as '$_' is fine") for qw(bearer BEARER bEaReR), 'Bearer ';
is(ask('/mcp', undef, headers => [ $_ => $good ])->{status}, 401,
    "a token in $_ is none") for qw(X-Authorization Proxy-Authorization
    Cookie X-Access-Token Authorization2);

# One that only stands in addresses: these are nginx's to write to its log.
my $shown = $t->token({ jti => 'shown' });
for my $row ([ "?access_token=$shown", undef ], [ "?access_token=$shown",
    $good ], [ "?a=b&access_token=$shown&c=d", $good ],
    [ '?access_token=', $good ], [ '?access_token=x&access_token=y', $good ],
    [ "?Access_Token=$shown", $good ])
{
    my $r = ask('/mcp', $row->[1], query => $row->[0]);
    is($r->{status}, 400, 'a token in the address: 400 '
        . substr $row->[0], 0, 24);
    like($r->{headers}{'www-authenticate'}, qr/error="invalid_request"/,
        '.. invalid_request');
}
my $form = Mitzu::HTTP->once($port, 'POST', '/mcp', headers => [
    'Content-Type' => 'application/x-www-form-urlencoded' ],
    body => "access_token=$shown");
is($form->{status}, 401, 'one in a form is none');

# --- a flood of names of keys ---

my ($count, $sent, %seen) = ($service->count('/flood'), 0);
$began = time;
while (time - $began < 2.5) {
    my $kid = 'flood' . $sent++;
    $seen{ ask('/flood', $none->("{\"alg\":\"RS256\",\"kid\":\"$kid\"}",
        $sig))->{status} }++;
    $seen{good}++ if ask('/flood', $good)->{status} == 200;
}
my $fetches = $service->count('/flood') - $count;
is($seen{401}, $sent, "a flood of $sent kids: 401");
is($seen{good}, $sent, '.. and good tokens are let in meanwhile');
ok($fetches <= 4, ".. at the cost of $fetches fetches in 2.5 s");

# --- a JWKS that is no help ---

for my $name (sort keys %sick) {
    my $began = time;
    my $r = ask("/$name", $good);
    is($r->{status}, 503, "a JWKS that is $name: 503");
    ok(time - $began < 3, '.. in time');
    like($r->{headers}{'retry-after'} || '', qr/^[1-9]\d*$/, '.. Retry-After');
    ok(eval { $json->decode($r->{body})->{error} }, '.. as JSON');
    is($r->{headers}{'www-authenticate'}, undef,
        '.. and nobody is told to sign in again');
    is(ask("/$name")->{status}, 401, '.. who has no token, is');
    $service->plan("/$name", body => $jwks);
}
ok(wait_for(15, sub { ask("/$_", $good)->{status} == 200 }),
    "$_: good again") for sort keys %sick;
$service->plan("/$_", %{ $sick{$_} }) for keys %sick;
is(ask("/$_", $good)->{status}, 200, "$_: and sick again: the last good keys "
    . 'serve') for sort keys %sick;
is(ask("/$_", $evil->token({}, key => 'k9'))->{status}, 401,
    "$_: .. and no others") for sort keys %sick;
is(ask('/slow', $good)->{status}, 200, 'nobody waits meanwhile');

# --- what became of good requests, and of logs ---

my $reload = ask('/mcp', $t->token({}, key => 'k2'));
is($reload->{status}, 200, 'after all that, good tokens are let in');

# The lines that hold the end of any part of these tokens.
sub told {
    my ($lines, @tokens) = @_;
    my %ends = map { (substr($_, -24) => 1) }
        grep { length $_ >= 24 && $_ ne substr($_, 0, 1) x length $_ }
        map { split /[.\s",=]+/ } @tokens;
    my $ends = join '|', map { quotemeta } sort keys %ends;
    return map { substr $_, 0, 400 } grep { /$ends/ } @$lines;
}

# What nginx itself writes, and we cannot help: addresses, and at level info
# a header that came twice.
my @logs = grep { !/access_token|client sent duplicate header/i }
    split /\n/, $nginx->log . $nginx->access_log;
is_deeply([ told(\@logs, @sent, $shown) ], [], 'of ' . @sent
    . ' tokens none is in a log');
my %why;
$why{$_}++ for $nginx->log =~ /mitzu jwt: (\w+)/g;
ok($why{$_}, "the log says why: $_") for qw(alg signature unknown_key issuer
    audience expired not_yet claim malformed too_large crit);

# Of what is written at level debug, nginx's own lines have headers; ours not.
my $debug = Mitzu::Nginx->new(%nginx, name => 'debug', level => 'debug');
$port = $debug->{port};
my @few = ($good, $t->token({ exp => 1 }), $evil->token, $shown,
    'tok_opaque_and_long_enough_to_find');
wait_for(10, sub { ask('/mcp', $good)->{status} == 200 });
ask('/mcp', $_) for @few, @few;
my @ours = grep { /mitzu/i && !/http header: |posix_memalign|malloc:/ }
    split /\n/, $debug->log;
ok(@ours > 10, 'at level debug there are ' . @ours . ' lines of ours');
is_deeply([ told(\@ours, @few) ], [], '.. and no token in them');

$service->stop;
finish();
