#!/usr/bin/perl

# The keys that tokens are verified with: where they come from, how they are
# changed while requests go on, what happens when their source is slow, wrong
# or gone, and who waits for them.  And what is remembered of a token.

use strict;
use warnings;

use IO::Select;
use Mitzu::HTTP;
use Mitzu::MCP;
use Mitzu::Nginx;
use Mitzu::Redis;
use Mitzu::Service;
use Mitzu::Test;
use Mitzu::Token;
use Test::More;
use Time::HiRes qw(time sleep);

my $ISSUER = 'https://signin.example.com';
my $RESOURCE = 'https://mcp.example.com/mcp';
my $JWT = "issuer=$ISSUER audience=$RESOURCE";

my $t = Mitzu::Token->new(issuer => $ISSUER, audience => $RESOURCE);
$t->key(k1 => 'rsa')->key(k2 => 'rsa')->key(k3 => 'p256')->key(k4 => 'rsa');
my %token = map { $_ => $t->token({}, key => $_) } qw(k1 k2 k4);
$token{k3} = $t->token({}, key => 'k3', alg => 'ES256');

my $service = Mitzu::Service->new;
my $redis = Mitzu::Redis->new;
my $ok = spew(temp_dir() . '/ok', "let in\n");

# A name: /_keys/name proxies to /name of the service, /name asks for a token
# that is verified by it, /direct/name is the handler itself.
sub source {
    my ($name, %o) = @_;
    my $jwt = $o{jwt} || $JWT;
    my $keys = $o{keys} || "/_keys/$name throttle=1s";
    my $cache = $o{cache} || 'off';
    my $more = $o{more} || '';
    my $from = $o{from}
        || "proxy_pass http://127.0.0.1:$service->{port}/$name;";
    return <<"EOT";
location = /_auth/$name {
    internal;
    mitzu_jwt $jwt;
    mitzu_jwt_keys $keys;
    mitzu_jwt_cache $cache;
}
location = /_keys/$name { internal; $from $more }
location = /direct/$name {
    mitzu_jwt $jwt;
    mitzu_jwt_keys $keys;
    mitzu_jwt_cache $cache;
}
location = /$name { auth_request /_auth/$name; alias $ok; }
EOT
}

sub publish {
    my ($name, $keys, %plan) = @_;
    $service->plan("/$name", body => ref $keys ? $t->jwks(@$keys) : $keys,
        %plan);
}

my $nginx;

sub ask {
    my ($path, $token, %o) = @_;
    my $r = Mitzu::HTTP->once($nginx->{port}, $o{method} || 'GET', $path,
        headers => [ defined $token ? (Authorization => "Bearer $token") : (),
            @{ $o{headers} || [] } ]);
    return $r || { status => 0, headers => {}, body => '' };
}

# Many at once: the connections, requests sent.
sub park {
    my ($n, $path, $token) = @_;
    return map {
        my $c = Mitzu::HTTP->new(port => $nginx->{port}, timeout => 30);
        $c->send_request('GET', $path,
            headers => [ Authorization => "Bearer $token" ]);
    } 1 .. $n;
}

# { status => how often }
sub answers {
    my %n;
    for my $c (@_) {
        my $r = $c->read_answer;
        $n{ $r ? $r->{status} : 'none' }++;
        $c->close;
    }
    return \%n;
}

sub counter {
    my ($metric, $value, $of) = @_;
    my $text = Mitzu::HTTP->once(($of || $nginx)->{port}, 'GET',
        '/status')->{body};
    my ($n) = $text =~ /^mitzu_mcp_$metric\{\w+="$value"\} (\d+)$/m;
    return defined $n ? $n : -1;
}

sub logged {
    my ($pattern) = @_;
    return scalar grep { $_ =~ $pattern } split /\n/, $nginx->log;
}

# --- at the start: keys that come late, or not at all ---

publish(cold => ['k1'], delay => 1.2);
publish(slow => ['k1'], drip => 20);
publish(huge => '{"keys":[],"x":"' . 'x' x 300_000 . '"}');
publish(broken => '{"keys":[');
publish(none => '{"keys":[]}');
publish(secret => '{"keys":[{"kty":"oct","k":"c2VjcmV0","kid":"k1"}]}');
publish(failing => 'no', status => 500);
publish(cut => ['k1'], close => 1);
publish($_ => ['k1']) for qw(main kid flood bg gone pipe life cached hello);
publish(crowd => ['k1'], delay => 1.5);
publish(chunk => ['k1', map { { %{ $t->jwk('k2') }, kid => "many$_" } }
    1 .. 40 ]);
my $file = spew(temp_dir() . '/keys.json', $t->jwks('k1'));
my $local = spew(temp_dir() . '/local.json', $t->jwks('k1'));
my $cache = temp_dir() . '/cache';

$nginx = Mitzu::Nginx->new(bare => 1, connections => 2600,
    http => "large_client_header_buffers 4 128k;\n"
        . "proxy_cache_path $cache keys_zone=one:1m use_temp_path=off;\n"
        . 'mitzu_mcp_redis ' . $redis->url . ';',
    server => join '', "location = /status { mitzu_mcp_status; }\n",
    (map { source($_) } qw(cold huge broken none secret failing cut kid
        flood pipe life gone crowd)),
    source('slow', keys => '/_keys/slow timeout=700ms'),
    source('main', keys => '/_keys/main refresh=300ms throttle=300ms',
        cache => 'tokens:1m', jwt => "$JWT alg=RS256 alg=ES256"),
    source('bg', keys => '/_keys/bg refresh=300ms'),
    source('chunk', more => 'proxy_http_version 1.1; proxy_buffering off;'),
    source('hello', keys => '/_keys/hello?tenant=a&b=c throttle=1s',
        more => 'proxy_set_header X-Host $host; add_header X-Seen $uri;'),
    source('local', from => "alias $local;"),
    source('nowhere', keys => '/_nowhere'),
    source('nothing', from => 'return 204;'),
    source('words', from => "return 200 '{\"keys\":[]}';"),
    source('file', keys => "file:$file refresh=200ms"),
    source('scoped', keys => "file:$file",
        jwt => "$JWT scope=analytics:admin"),
    source('cached', keys => '/_keys/cached refresh=400ms', more => <<'EOT'),
proxy_cache one; proxy_cache_valid 200 1s;
proxy_cache_use_stale updating error; proxy_cache_background_update on;
EOT
    <<'EOT');
location = /mcp { mitzu_mcp on; mitzu_mcp_auth /_auth/crowd; }
EOT

my @cold = park(30, '/cold', $token{k1});
my @crowd = park(3, '/mcp', $token{k1});
is_deeply(answers(@cold), { 200 => 30 }, 'requests wait for the first keys');
is($service->count('/cold'), 1, '.. all for one fetch');
answers(@crowd);

for my $row (
    # [ name, what the log says ]
    [ huge => qr/the answer is too large/ ],
    [ broken => qr/_keys\/broken": / ],
    [ none => qr/_keys\/none": / ],
    [ secret => qr/_keys\/secret": / ],
    [ failing => qr/the location answered 500/ ],
    [ cut => qr/the location answered 502/ ],
    [ slow => qr/it took too long/ ],
    [ nowhere => qr/the location answered 404/ ],
    [ nothing => qr/the location answered 204/ ],
    [ words => qr/_keys\/words": / ],
) {
    my ($name, $says) = @$row;
    my $r = ask("/direct/$name", $token{k1});
    is($r->{status}, 503, "$name: no keys are 503");
    ok($r->{headers}{'retry-after'}, '.. to be tried again');
    is(ask("/direct/$name")->{status}, 401, '.. without a token still 401');
    my @errors = grep { /mitzu jwt: no new keys of "\/\w+(?:\/$name)?": /
        && $_ =~ $says && /\[error\]/ } split /\n/, $nginx->log;
    is(scalar @errors, 1, '.. said once') or diag($nginx->log =~
        /(.*no new keys.*$name.*)/ ? $1 : 'nothing is logged');
}
is(ask("/$_", $token{k1})->{status}, 200, "$_: keys are there")
    for qw(chunk hello local kid flood);
ok(counter(keys_total => 'failed') >= 10, 'failures are counted');
ok(counter(tokens_total => 'unavailable') >= 10, '.. and who met them');

publish($_ => ['k1']) for qw(broken failing slow huge cut);
for my $name (qw(broken failing slow huge cut)) {
    ok(wait_for(12, sub { ask("/$name", $token{k1})->{status} == 200 }),
        "$name: keys that come after all are used");
    is(logged(qr/\[notice\].*keys of "\/_keys\/$name": 1, new/), 1,
        '.. said once');
}

# --- what is asked, and of whom ---

my ($hello) = $service->requests('/hello');
like($hello->{head}, qr/^GET \/hello\?tenant=a&b=c HTTP/,
    'the source is asked with its arguments');
unlike($hello->{head}, qr/^(?:Authorization|Cookie|Cache-Control):/mi,
    '.. with nothing of a client');
like($hello->{head}, qr/^User-Agent: ngx_mitzu/m, '.. and says who asks');
ask('/direct/hello', $token{k4}, headers => [ Cookie => 'a=b' ]);
$hello = ($service->requests('/hello'))[-1];
like($hello->{head}, qr/^Cache-Control: no-cache/m,
    'an unknown key asks for fresh ones');
unlike($hello->{head}, qr/^(?:Authorization|Cookie):/mi,
    '.. again with nothing of the client');

# --- one answer for each mistake ---

for my $row (
    # [ what, status, error, result, headers, query ]
    [ 'no token', 401, '', 'missing', [] ],
    [ 'another scheme', 401, '', 'missing',
        [ Authorization => 'Basic dTpw' ] ],
    [ 'an empty token', 401, '', 'missing', [ Authorization => 'Bearer ' ] ],
    [ 'Bearer alone', 401, '', 'missing', [ Authorization => 'Bearer' ] ],
    [ 'a token in the address', 400, 'invalid_request', 'request',
        [ Authorization => "Bearer $token{k1}" ], '?access_token=x' ],
    [ '.. and nowhere else', 400, 'invalid_request', 'request', [],
        "?a=b&access_token=$token{k1}" ],
    [ 'an unknown key', 401, 'invalid_token', 'unknown_key',
        [ Authorization => "Bearer $token{k2}" ] ],
    [ 'a token with a blank', 401, 'invalid_token', 'malformed',
        [ Authorization => "Bearer $token{k1} x" ] ],
    [ 'an expired token', 401, 'invalid_token', 'expired',
        [ Authorization => 'Bearer ' . $t->token({ exp => time - 100 }) ] ],
    [ 'a token over its limit', 401, 'invalid_token', 'too_large', [], '',
        'x' x 8193 ],
    [ 'a token of 100 KB', 401, 'invalid_token', 'too_large', [], '',
        join '.', map { 'a' x 33_000 } 1 .. 3 ],
) {
    my ($what, $status, $error, $result, $headers, $query, $token) = @$row;
    my $before = counter(tokens_total => $result);
    my $r = ask('/direct/flood' . ($query || ''), $token,
        headers => $headers);
    is($r->{status}, $status, "$what is $status");
    my $challenge = $r->{headers}{'www-authenticate'} || '';
    like($challenge, qr/^Bearer/, '.. with a challenge');
    is($challenge =~ /error="(\w+)"/ ? $1 : '', $error, '.. of that error');
    is(counter(tokens_total => $result), $before + 1, "counted as $result");
}
my $r = ask('/direct/scoped', $token{k1});
is($r->{status}, 403, 'a scope that is lacking is 403');
like($r->{headers}{'www-authenticate'},
    qr/error="insufficient_scope".*scope="analytics:admin"/, '.. and named');
is(ask('/direct/flood', undef, headers => [ Authorization =>
    "bearer  $token{k1}" ])->{status}, 204, 'bearer in small letters is fine');
is(ask('/direct/flood', $token{k1}, method => 'DELETE')->{status}, 204,
    '.. whatever the method');
like(ask('/flood', $t->token({ exp => time - 100 }))->{headers}
    {'www-authenticate'}, qr/invalid_token/,
    'auth_request hands the challenge on');
my ($part) = $token{k1} =~ /\.(.{40})/;
ok(index($nginx->log, $part) < 0, 'no log shows a token');

# --- an unknown key: one fetch for all, and not too often ---

my $count = $service->count('/kid');
publish(kid => [ 'k1', 'k2' ], delay => 0.6);
my @parked = park(60, '/kid', $token{k2});
my $begin = time;
is(ask('/kid', $token{k1})->{status}, 200,
    'a known key is not kept waiting by an unknown one');
ok(time - $begin < 0.4, '.. at all');
is_deeply(answers(@parked), { 200 => 60 }, 'those with a new key wait for it');
is($service->count('/kid'), $count + 1, '.. all for one fetch');

$count = $service->count('/flood');
$begin = time;
my ($kid, %seen) = (0);
while (time - $begin < 3.2) {
    my ($head, @rest) = split /\./, $token{k1};
    my $forged = join '.', MIME::Base64::encode_base64url(
        '{"alg":"RS256","kid":"forged' . $kid++ . '"}'), @rest;
    $seen{ ask('/flood', $forged)->{status} }++;
}
is_deeply([ keys %seen ], [401], 'forged names of keys are 401');
my $fetches = $service->count('/flood') - $count;
ok($fetches >= 3 && $fetches <= 4, "$kid of them in 3 s: $fetches fetches");

# --- rotation: old and new, then the new one alone ---

my ($requests, %bad) = (0);

sub stream_of_requests {
    my ($seconds, @kids) = @_;
    my $end = time + $seconds;
    while (time < $end) {
        my $k = $kids[ $requests++ % @kids ];
        my $status = ask('/main', $token{$k})->{status};
        $bad{"$k $status"}++ if $status != 200;
    }
}

stream_of_requests(0.4, 'k1');
publish(main => [ 'k1', 'k2' ]);
stream_of_requests(0.8, 'k1', 'k2');
publish(main => ['k2']);
stream_of_requests(0.8, 'k2');
publish(main => [ 'k2', 'k3' ]);
stream_of_requests(0.8, 'k2', 'k3');
is_deeply(\%bad, {}, "no request of $requests fails while keys rotate");
is(ask('/main', $token{k1})->{status}, 401,
    'a key that was taken back is of no use, nor is what was remembered');

# --- a source that gets sick: the last good keys stay ---

for my $row ([ 'is gone', close => 1 ], [ 'fails', status => 503 ],
    [ 'says nonsense', body => '<html>' ],
    [ 'says too much', body => 'x' x 300_000 ],
    [ 'has no keys', body => '{"keys":[]}' ])
{
    my ($what, %plan) = @$row;
    my $errors = logged(qr/\[error\].*no new keys of "\/_keys\/main"/);
    my $notices = logged(qr/\[notice\].*keys of "\/_keys\/main": 2$/);
    my $failed = counter(keys_total => 'failed');
    $service->plan('/main', body => '', %plan);
    my $asked = $service->count('/main');
    ok(wait_for(5, sub { $service->count('/main') >= $asked + 4 }),
        "a source that $what is asked again");
    ok(counter(keys_total => 'failed') >= $failed + 3, '.. and counted');
    is(ask('/main', $token{k2})->{status}, 200, '.. its keys stay in use');
    is(logged(qr/\[error\].*no new keys of "\/_keys\/main"/), $errors + 1,
        '.. said once');
    publish(main => [ 'k2', 'k3' ]);
    ok(wait_for(5, sub { logged(qr/\[notice\].*keys of "\/_keys\/main": 2$/)
        == $notices + 1 }), '.. and once when it is well again');
}

# --- what is remembered ---

my $fresh = $t->token({}, key => 'k2');
my ($hits, $misses) = map { counter(token_cache_total => $_) } qw(hit miss);
is(ask('/main', $fresh)->{status}, 200, 'a token is let in') for 1 .. 5;
is(counter(token_cache_total => 'hit') - $hits, 4, '.. by memory');
is(counter(token_cache_total => 'miss') - $misses, 1, '.. but the first time');
$misses = counter(token_cache_total => 'miss');
ask('/flood', $fresh);
is(counter(token_cache_total => 'miss'), $misses, 'it can be turned off');

my $brief = $t->token({ exp => int(time) + 2 }, key => 'k2');
is(ask('/main', $brief)->{status}, 200, 'a token that soon expires');
sleep 3;
$misses = counter(token_cache_total => 'miss');
ask('/main', $brief);
is(counter(token_cache_total => 'miss'), $misses + 1,
    '.. is not remembered longer than that');

publish(main => [ 'k2', 'k4' ]);
ok(wait_for(5, sub { logged(qr/keys of "\/_keys\/main": 2, new/) >= 3 }),
    'other keys');
$misses = counter(token_cache_total => 'miss');
is(ask('/main', $fresh)->{status}, 200, 'a token of a key that stayed');
is(counter(token_cache_total => 'miss'), $misses + 1, '.. is judged anew');

my $long = $t->token({ scope => join ' ', map { "scope$_" } 1 .. 150 },
    key => 'k2');
is(ask('/main', $long)->{status}, 200, 'a token that says much')
    for 1 .. 2;

my @many = map { $t->token({ sub => "user$_" }, key => 'k2') } 1 .. 20;
is_deeply({ map { ask('/main', $_)->{status} => 1 } @many, @many },
    { 200 => 1 }, 'many tokens');

my $agreed = counter(tokens_accepted_total => 'resource');
ok($agreed > 100, 'tokens for the resource are counted');
is(counter(tokens_accepted_total => 'client_id'), 0, '.. apart from others');

# --- a file ---

is(ask('/file', $token{k1})->{status}, 200, 'keys of a file');
spew("$file.new", $t->jwks('k2'));
rename "$file.new", $file;
ok(wait_for(5, sub { ask('/file', $token{k2})->{status} == 200 }),
    'a file that changes is read');
is(ask('/file', $token{k1})->{status}, 401, '.. and all there is');
for my $row ([ 'is cut', sub { spew($file, '{"keys":') } ],
    [ 'is removed', sub { unlink $file } ],
    [ 'is a directory', sub { unlink $file; mkdir $file } ],
    [ 'is too large', sub { spew($file, 'x' x 300_000) } ])
{
    my ($what, $do) = @$row;
    my $errors = logged(qr/\[error\].*no new keys of "file:/);
    $do->();
    ok(wait_for(5, sub { logged(qr/\[error\].*no new keys of "file:/)
        == $errors + 1 }), "a file that $what is told of, once");
    is(ask('/file', $token{k2})->{status}, 200, '.. its keys stay');
    rmdir $file;
    spew("$file.new", $t->jwks('k2'));
    rename "$file.new", $file;
    my $back = qr/\[notice\].*keys of "file:.*": 1$/;
    my $n = logged($back);
    ok(wait_for(5, sub { logged(qr/no new keys of "file:/)
        && logged($back) >= $n && logged($back) > 0 }), '.. until it is well');
    sleep 0.3;
}

# --- a cache between, of the kind that refreshes behind one's back ---

ok(wait_for(5, sub { ask('/cached', $token{k1})->{status} == 200 }),
    'keys by way of a cache');
publish(cached => ['k2'], delay => 0.2);
ok(wait_for(8, sub { ask('/cached', $token{k2})->{status} == 200 }),
    '.. that serves stale ones while it asks');
is(logged(qr/nested in-memory/), 0, '.. is no trouble');

# --- nobody waits for a refresh ---

publish(bg => ['k1'], delay => 2);
$count = $service->count('/bg');
wait_for(5, sub { $service->count('/bg') > $count })
    or fail('a refresh begins');
my $c = Mitzu::HTTP->new(port => $nginx->{port});
my $worst = 0;
for (1 .. 30) {
    my $at = time;
    $c->send_request('GET', '/bg', keepalive => 1,
        headers => [ Authorization => "Bearer $token{k1}" ]);
    my $answer = $c->read_answer;
    $bad{bg}++ if !$answer || $answer->{status} != 200;
    $worst = time - $at if time - $at > $worst;
    sleep 0.03;
}
$c->close;
ok(!$bad{bg} && $worst < 0.5, 'one connection, many requests, meanwhile: '
    . sprintf '%.0f ms at worst', 1000 * $worst);

# --- one connection, requests behind the one that waits ---

sleep 1.1;
publish(pipe => [ 'k1', 'k2' ], delay => 0.7);
$c = Mitzu::HTTP->new(port => $nginx->{port});
my @wanted = ([ $token{k2}, 200 ], [ $token{k1}, 200 ], [ 'x.y.z', 401 ],
    [ $token{k2}, 200 ]);
syswrite $c->{sock}, join '', map { "GET /pipe HTTP/1.1\r\nHost: a\r\n"
    . "Authorization: Bearer $_->[0]\r\n\r\n" } @wanted;
my @got = map { my $a = $c->read_answer; $a ? $a->{status} : 0 } @wanted;
is_deeply(\@got, [ map { $_->[1] } @wanted ],
    'pipelined requests are answered in their order');
$c->send_request('GET', '/pipe', headers => [ Authorization =>
    "Bearer $token{k1}" ]);
is($c->read_answer->{status}, 200, '.. and the connection goes on');
$c->close;

SKIP: {
    skip 'curl without HTTP/2', 3 unless qx(curl --version) =~ /\bHTTP2\b/;
    my $port = free_port();
    publish(h2 => ['k1']);
    my $h2 = Mitzu::Nginx->new(name => 'h2', bare => 1, port => $port,
        http => "server {\nlisten 127.0.0.1:" . free_port() . " http2;\n"
            . source('h2') . "location = /hang { return 200; }\n}\n");
    my ($to) = $h2->conf =~ /127\.0\.0\.1:(\d+) http2/;
    sleep 0.5;
    publish(h2 => [ 'k1', 'k2' ], delay => 1);
    my $curl = sub {
        my ($seconds, @urls) = @_;
        my $urls = join ' ', map { "-o /dev/null http://127.0.0.1:$to$_" }
            @urls;
        return qx(curl -s -Z --parallel-immediate --max-time $seconds \\
            --http2-prior-knowledge -H 'Authorization: Bearer $token{k2}' \\
            -w '%{http_version} %{http_code}\\n' $urls 2>/dev/null);
    };
    my %h2;
    $h2{$_}++ for split /\n/, $curl->(10, ('/h2') x 25);
    is_deeply(\%h2, { '2 200' => 25 }, 'HTTP/2: streams wait for keys');
    is($service->count('/h2'), 2, '.. for one fetch');
    sleep 1.1;
    publish(h2 => ['k1'], delay => 0.6);
    $curl->(0.3, ('/h2') x 25) for 1 .. 3;
    is(() = $curl->(10, '/h2', '/hang') =~ /^2 \d+$/mg, 2,
        '.. and may leave meanwhile');
    $h2->stop;
}

# --- a body, and what comes after it, waits as well ---

sleep 1.1;
publish(crowd => [ 'k1', 'k2' ], delay => 0.6);
my $mcp = Mitzu::MCP->new(port => $nginx->{port}, token => $token{k2});
my $open = $mcp->open;
is($open && $open->{status}, 200, 'an endpoint: a new key is waited for')
    or diag($open && $open->{body});
is(scalar @{ $mcp->request('tools/list', {})->{message}{result}{tools}
    || [] } > 3, 1, '.. and its client served');

# --- a body that nobody reads, at the handler itself ---

sleep 1.1;
publish(life => [ 'k1', 'k2' ], delay => 0.4);
$c = Mitzu::HTTP->new(port => $nginx->{port});
syswrite $c->{sock}, "POST /direct/life HTTP/1.1\r\nHost: a\r\n"
    . "Content-Length: 300000\r\nAuthorization: Bearer $token{k2}\r\n\r\n";
sleep 0.2;
syswrite $c->{sock}, 'x' x 50_000 for 1 .. 6;
is(($c->read_answer || {})->{status}, 204, 'a body is dropped meanwhile');
$c->send_request('GET', '/direct/life', headers => [ Authorization =>
    "Bearer $token{k2}" ]);
is(($c->read_answer || {})->{status}, 204, '.. and its connection goes on');
$c->close;

# --- clients that go while they wait ---

sleep 1.1;
publish(gone => [ 'k1', 'k2' ], delay => 0.8);
$count = $service->count('/gone');
my @leavers = park(20, '/gone', $token{k2});
my @stayers = park(5, '/gone', $token{k2});
sleep 0.2;
$_->cut for @leavers[ 0 .. 9 ];
$_->close for @leavers[ 10 .. 19 ];
is_deeply(answers(@stayers), { 200 => 5 }, 'those who stay are served');
is($service->count('/gone'), $count + 1, '.. by the one fetch');
is(logged(qr/client prematurely closed connection while waiting for keys/)
    + logged(qr/prematurely closed.*subrequest: "\/_auth\/gone"/) >= 20, 1,
    '.. those who go are seen to');
sleep 1.1;
publish(gone => [ 'k1', 'k2', 'k4' ], delay => 0.5);
@leavers = park(5, '/gone', $token{k4});
sleep 0.1;
$_->cut for @leavers;
ok(wait_for(5, sub { logged(qr/keys of "\/_keys\/gone": 3, new/) }),
    'keys that nobody waits for any more come in all the same');

# --- too many ---

sleep 1.1;
publish(crowd => [ 'k1', 'k2', 'k4' ], delay => 1.5);
my $answers = answers(park(1100, '/crowd', $token{k4}));
is($answers->{200}, 1024, 'so many may wait') or diag(explain $answers);
is($answers->{503} || $answers->{500}, 76, '.. others are told to come again');

# --- a reload, a quit ---

sleep 1.1;
publish(life => [ 'k1', 'k2', 'k4' ], delay => 1);
@parked = park(5, '/life', $token{k4});
sleep 0.2;
$nginx->signal('HUP');
is_deeply(answers(@parked), { 200 => 5 },
    'who waits is served by a worker that a reload ends');
$hits = counter(token_cache_total => 'hit');
ok(wait_for(10, sub { ask('/main', $fresh)->{status} == 200 }),
    'the next worker has keys');
ok(wait_for(10, sub { ask('/life', $token{k4})->{status} == 200 }),
    '.. of every source');
ok(counter(token_cache_total => 'hit') > $hits,
    '.. and knows the tokens of before');
$token{k5} = $t->key(k5 => 'rsa')->token({}, key => 'k5');
publish(life => [ 'k1', 'k2', 'k4', 'k5' ], delay => 1);
@parked = park(5, '/life', $token{k5});
publish(bg => ['k1'], delay => 6);
sleep 0.5;
my $quit = fork;
if (!$quit) {
    kill 'QUIT', $nginx->{pid};
    POSIX::_exit(0);
}
waitpid $quit, 0;
is_deeply(answers(@parked), { 200 => 5 }, 'a quit waits for them, too');
$begin = time;
$nginx->stop;
ok(time - $begin < 3, 'but not for keys that nobody waits for');

# --- two workers remember together; settings around do not matter ---

publish(shared => ['k1'], delay => 0.8);
publish(locked => ['k1'], delay => 1.5);
my $lock = 'proxy_cache two; proxy_cache_valid 200 1m; proxy_cache_lock on;';
publish(two => ['k1', map { { %{ $t->jwk('k2') }, kid => "many$_" } }
    1 .. 40 ]);
$nginx = Mitzu::Nginx->new(name => 'two', bare => 1, workers => 2,
    http => "limit_rate 8k; post_action /_after; postpone_output 64k;\n"
        . "satisfy any; deny all; auth_request /_auth/two;\n"
        . "proxy_cache_path $cache/2 keys_zone=two:1m use_temp_path=off;",
    server => "location = /_after { internal; return 204; }\n"
        . source('shared', more => "$lock proxy_cache_lock_timeout 5s;")
        . source('locked', keys => '/_keys/locked timeout=300ms',
            more => "$lock proxy_cache_lock_timeout 700ms;")
        . "location = /_if { internal; mitzu_jwt $JWT; "
        . "mitzu_jwt_keys file:$local; if (\$http_x) { set \$y z; } }\n"
        . "location = /if { auth_request /_if; alias $ok; }\n" . source('two', cache => 'tokens:64k')
        . 'location = /status { auth_request off; satisfy all; allow all; '
        . 'mitzu_mcp_status; }');
wait_for(5, sub { $service->count('/two') == 2 });
is($service->count('/two'), 2, 'each worker has keys of its own');
ask('/two', $token{k1}) for 1 .. 40;
ok(counter(token_cache_total => 'miss') <= 1
    && counter(token_cache_total => 'hit') >= 39,
    'they share what they know of tokens');
my @crowd_of_tokens = map { $t->token({ sub => "user$_" x 20 }) } 1 .. 120;
is_deeply({ map { ask('/two', $_)->{status} => 1 } @crowd_of_tokens,
    $token{k1}, reverse @crowd_of_tokens }, { 200 => 1 },
    'a cache that is full forgets');

ok(wait_for(5, sub { ask('/shared', $token{k1})->{status} == 200 }),
    'workers that share a cache') for 1 .. 20;
is($service->count('/shared'), 1, '.. ask once, together');
ok(wait_for(5, sub { logged(qr/no new keys of "\/_keys\/locked": it took/)
    >= 2 }), '.. unless that takes too long');
publish(locked => ['k1']);
ok(wait_for(12, sub { ask('/locked', $token{k1})->{status} == 200 }),
    '.. for a while');
is(ask('/if', $token{k1}, headers => [ X => 1 ])->{status}, 200,
    'an "if" of the location goes on as theirs');
is(ask('/if', $token{k2}, headers => [ X => 1 ])->{status}, 401, '.. alike');
$nginx->stop;

# --- a configuration that cannot be meant ---

allow_in_logs(qr{\[emerg\].*/conf/nginx\.conf});

my $keys = "mitzu_jwt_keys file:$local;";
for my $row (
    # [ directives, what is said; undef: it is good ]
    [ "mitzu_jwt $JWT; $keys", undef ],
    [ "mitzu_jwt $JWT alg=ES256 'alg=PS256 EdDSA' leeway=0 token_max=4k "
        . "client_id=client_1 project=required project_claim=team "
        . "scope=a 'scope=b c' claim=https://example.com/role:admin "
        . "claim=tier; $keys mitzu_jwt_cache off;", undef ],
    [ "mitzu_jwt audience=$RESOURCE; $keys", qr/needs "issuer="/ ],
    [ "mitzu_jwt issuer=$ISSUER; $keys", qr/needs "audience="/ ],
    [ "mitzu_jwt $JWT;", qr/needs "mitzu_jwt_keys" beside "mitzu_jwt"/ ],
    [ $keys, qr/needs "mitzu_jwt issuer=.. audience=.." beside/ ],
    [ 'mitzu_jwt_cache a:1m;', qr/needs "mitzu_jwt issuer=/ ],
    [ "mitzu_jwt $JWT alg=HS256; $keys", qr/does not take "alg=HS256": it is symmetric/ ],
    [ "mitzu_jwt $JWT alg=none; $keys", qr/does not take "alg=none": anybody/ ],
    [ "mitzu_jwt $JWT alg=RS1; $keys", qr/does not know "alg=RS1": it takes RS256/ ],
    [ "mitzu_jwt $JWT alg=; $keys", qr/a parameter without a value: "alg="/ ],
    [ "mitzu_jwt $JWT colour=red; $keys", qr/an unknown parameter: "colour=red"/ ],
    [ "mitzu_jwt $JWT issuer=x; $keys", qr/"issuer=" twice/ ],
    [ "mitzu_jwt $JWT leeway=1h; $keys", qr/a leeway that is no time up to 10m: "1h"/ ],
    [ "mitzu_jwt $JWT project=maybe; $keys", qr/neither "required" nor/ ],
    [ "mitzu_jwt $JWT token_max=100; $keys", qr/no size from 512 to 64k: "100"/ ],
    [ "mitzu_jwt $JWT claim=:x; $keys", qr/a claim without a name/ ],
    [ "mitzu_jwt $JWT; $keys mitzu_jwt $JWT;", qr/"mitzu_jwt" directive is duplicate/ ],
    [ "mitzu_jwt $JWT; $keys $keys", qr/"mitzu_jwt_keys" directive is duplicate/ ],
    [ "mitzu_jwt $JWT; $keys mitzu_jwt_cache off; mitzu_jwt_cache off;",
        qr/"mitzu_jwt_cache" directive is duplicate/ ],
    [ "mitzu_jwt $JWT; mitzu_jwt_keys https://a.example.com/jwks;",
        qr/takes "file:<path>", or the URI of an internal location/ ],
    [ "mitzu_jwt $JWT; mitzu_jwt_keys file:;", qr/takes "file:<path>"/ ],
    [ "mitzu_jwt $JWT; mitzu_jwt_keys file:/nowhere/keys.json;",
        qr/keys.json: open\(\) failed \(2: No such file/ ],
    [ "mitzu_jwt $JWT; mitzu_jwt_keys file:$ok;", qr/"mitzu_jwt_keys" .*ok: / ],
    [ "mitzu_jwt $JWT; mitzu_jwt_keys /_k refresh=soon;",
        qr/an invalid time: "refresh=soon"/ ],
    [ "mitzu_jwt $JWT; mitzu_jwt_keys /_k often=1s;",
        qr/an unknown parameter: "often=1s"/ ],
    [ "mitzu_jwt $JWT; $keys mitzu_jwt_cache tokens;",
        qr/an invalid zone, which is written like "mitzu_jwt:1m"/ ],
    [ "mitzu_jwt $JWT; $keys mitzu_jwt_cache tokens:4k;",
        qr/invalid size of zone "tokens:4k": it takes 32k or more/ ],
    [ "mitzu_jwt $JWT; $keys proxy_pass http://127.0.0.1:1;",
        qr/a location of its own for "mitzu_jwt"/ ],
) {
    my ($directives, $says) = @$row;
    my $n = Mitzu::Nginx->new(name => 'conf', bare => 1, stopped => 1,
        server => "location = /_auth { internal; $directives }");
    my ($status, $out) = $n->check;
    is($status, defined $says ? 1 : 0, "nginx -t: $directives")
        or diag($out);
    like($out, $says, '.. says why') if defined $says;
    unlike($out, qr/not "internal"/, '.. and no more') if !defined $says;
}
my $n = Mitzu::Nginx->new(name => 'conf', bare => 1, stopped => 1,
    server => "location = /a { mitzu_jwt $JWT; $keys }");
my ($status, $out) = $n->check;
is($status, 0, 'a location that is not internal');
like($out, qr/\[warn\].*not "internal": anybody may try tokens/,
    '.. is warned of');
$n = Mitzu::Nginx->new(name => 'conf', bare => 1, stopped => 1,
    server => "location = /a { internal; mitzu_jwt $JWT; $keys "
        . "mitzu_jwt_cache mitzu_jwt:2m; }\n"
        . "location = /b { internal; mitzu_jwt $JWT; $keys }");
($status, $out) = $n->check;
is($status, 0, 'two locations share a cache') or diag($out);

$service->stop;
finish();
