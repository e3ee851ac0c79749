#!/usr/bin/perl

# Artifacts as resources, example questions as prompts, and the completion of
# their arguments from the catalog that the worker published; both eras.

use strict;
use warnings;

use Encode ();
use JSON::PP;
use Mitzu::Agent;
use Mitzu::HTTP;
use Mitzu::MCP;
use Mitzu::Nginx;
use Mitzu::Redis;
use Mitzu::Seal;
use Mitzu::Test;
use Mitzu::Worker;
use Test::More;

my $json = Mitzu::MCP::json();
my $redis = Mitzu::Redis->new;
my %nginx = (redis => $redis->url, workers => 2);
my $nginx = Mitzu::Nginx->new(%nginx);
my $other = Mitzu::Nginx->new(%nginx, name => 'nginx2');
my $agent = Mitzu::Agent->new(redis => $redis->url,
    warehouse => sample_warehouse(), runners => 1);

my $legacy = Mitzu::MCP->new(port => $nginx->{port});
my $hello = $legacy->open->{message}{result};
my $modern = Mitzu::MCP->new(port => $nginx->{port}, era => 'modern');
my $NOT_FOUND = { legacy => -32002, modern => -32602 };

sub call { my ($c, $m, $p, %o) = @_; return $c->request($m, $p, %o) }
sub result { return call(@_)->{message}{result} }
sub error { return call(@_)->{message}{error} || {} }

# A result of the modern era that may be kept says how long and by whom.
sub kept {
    my ($c, $r, $scope, $what) = @_;
    if ($c->{era} eq 'modern') {
        ok($r->{ttlMs} >= 0 && $r->{resultType} eq 'complete',
            "$what: ttlMs and resultType");
        is($r->{cacheScope}, $scope, "$what: cacheScope $scope");
    } else {
        ok(!grep({ exists $r->{$_} } qw(ttlMs cacheScope resultType)),
            "$what: nothing modern in a legacy result");
    }
}

# --- what is offered ---

my $discover = result($modern, 'server/discover', {});
for my $offer ($hello->{capabilities}, $discover->{capabilities}) {
    ok($offer->{resources} && $offer->{prompts} && $offer->{completions},
        'resources, prompts and completions are offered');
}

# --- an answer, and its artifacts ---

my $s = $legacy->ask('How many users did purchase by country?');
is($s->{status}, 'completed', 'a question is answered') or diag(explain $s);
my ($table) = grep { $_->{kind} eq 'table' } @{ $s->{artifacts} };
my ($lines) = grep { $_->{kind} eq 'json' } @{ $s->{artifacts} };
my $uri = "mitzu://artifacts/$table->{artifact_id}";
my $line_uri = "mitzu://artifacts/$lines->{artifact_id}";

# RFC 4180, as far as we write it.
sub csv {
    my ($text) = @_;
    my @rows = ([]);
    while ($text =~ /\G(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|\z)/gc) {
        my ($v, $quoted) = defined $1 ? ($1, 1) : ($2, 0);
        $v =~ s/""/"/g if $quoted;
        push @{ $rows[-1] }, $v;
        last if pos($text) >= length $text;
        push @rows, [] if $3 ne ',';
    }
    pop @rows if @rows && @{ $rows[-1] } <= 1 && ($rows[-1][0] || '') eq '';
    return @rows;
}

sub cell { my ($v) = @_; return !defined $v ? '' : JSON::PP::is_bool($v)
    ? ($v ? 'true' : 'false') : "$v" }

for my $c ($legacy, $modern, $modern->on($other->{port})) {
    my $era = $c->{era};
    my $l = result($c, 'resources/list', {});
    kept($c, $l, 'private', "$era resources/list");
    my ($entry) = grep { $_->{uri} eq $uri } @{ $l->{resources} };
    ok($entry, "$era: the table is listed");
    is($entry->{mimeType}, 'text/csv', '.. as CSV');
    ok(length $entry->{name}, '.. by name');
    like($entry->{title}, qr/\w/, '.. and title') if exists $entry->{title};
    my ($e2) = grep { $_->{uri} eq $line_uri } @{ $l->{resources} };
    is($e2->{mimeType}, 'application/x-ndjson', '.. the rows as JSON Lines');

    my $t = result($c, 'resources/templates/list', {});
    kept($c, $t, 'public', "$era resources/templates/list");
    is_deeply([ map { $_->{uriTemplate} } grep {
        $_->{uriTemplate} =~ /^mitzu:/ } @{ $t->{resourceTemplates} } ],
        ['mitzu://artifacts/{id}'], "$era: the template");

    my $r = result($c, 'resources/read', { uri => $uri });
    kept($c, $r, 'private', "$era resources/read");
    is(scalar @{ $r->{contents} }, 1, "$era: one content");
    is($r->{contents}[0]{uri}, $uri, '.. of this URI');
    is($r->{contents}[0]{mimeType}, 'text/csv', '.. of its type');
    my ($header, @rows) = csv($r->{contents}[0]{text});
    my $q = $c->call('query_table_artifact', { limit => 1000,
        artifact_id => $table->{artifact_id} });
    is_deeply($header, [ map { ref $_ ? $_->{name} : $_ } @{ $q->{columns} } ],
        "$era: the columns of query_table_artifact");
    is_deeply(\@rows, [ map { [ map { cell($_) } @$_ ] } @{ $q->{rows} } ],
        '.. and its rows');
    ok(@rows > 3, '.. of which there are some: ' . @rows);

    $r = result($c, 'resources/read', { uri => $line_uri });
    my @objects = map { $json->decode($_) }
        split /\n/, Encode::encode_utf8($r->{contents}[0]{text});
    my $j = $c->call('read_json_artifact', { reads => [ { artifact_id =>
        $lines->{artifact_id}, limit => 1000 } ] });
    is_deeply(\@objects, $j->{results}[0]{value},
        "$era: the JSON Lines are what read_json_artifact reads");

    for my $row (
        [ 'an unknown artifact', 'mitzu://artifacts/a_' . 'a' x 26 ],
        [ 'no id', 'mitzu://artifacts/nonsense' ],
        [ 'an empty id', 'mitzu://artifacts/' ],
        [ 'a path behind it', "$uri/more" ], [ 'dots', "$uri/../$uri" ],
        [ 'an id of another kind', 'mitzu://artifacts/c_' . 'a' x 26 ],
        [ 'another scheme', 'file:///etc/passwd' ],
        [ 'another authority', "mitzu://other/$table->{artifact_id}" ],
        [ 'an encoded id', "mitzu://artifacts/%61$table->{artifact_id}" ],
        [ 'no URI', 'nonsense' ], [ 'nothing', '' ],
    ) {
        my ($what, $bad) = @$row;
        my $r = call($c, 'resources/read', { uri => $bad });
        is($r->{message}{error}{code}, $NOT_FOUND->{$era},
            "$era: $what is $NOT_FOUND->{$era}");
        is($r->{status}, 200, '.. in band');
        is($r->{message}{error}{data}{uri}, $bad, '.. and names the URI');
    }
    is(error($c, 'resources/read', {})->{code}, -32602, "$era: without a uri");
    is(error($c, 'resources/read', { uri => 7 })->{code},
        $era eq 'modern' ? -32020 : -32602, "$era: with a number");
    is(error($c, 'resources/subscribe', { uri => $uri })->{code}, -32601,
        "$era: what never changes is not subscribed to");
}
my $r = call($modern, 'resources/read', { uri => $uri },
    headers => [ 'Mcp-Name' => $line_uri ]);
is($r->{status}, 400, 'Mcp-Name of another resource is 400');
is($r->{message}{error}{code}, -32020, '.. -32020');

# --- what belongs to somebody else is not there ---

# From here on the test is the worker.
$agent->stop;
my $stranger = Mitzu::Worker->new(redis => $redis,
    scope => Mitzu::Seal::scope('', 'somebody'));
my $run = $stranger->submit('a question of somebody else');
ok($stranger->claim($run), 'somebody else has a run');
my $theirs = $stranger->artifact($run, 'theirs', '{"secret":1}');
for my $c ($legacy, $modern) {
    my $r = call($c, 'resources/read', { uri => "mitzu://artifacts/$theirs" });
    my $none = call($c, 'resources/read', { uri => 'mitzu://artifacts/a_'
        . 'b' x 26 });
    is($r->{message}{error}{code}, $NOT_FOUND->{ $c->{era} },
        "$c->{era}: a foreign artifact");
    (my $text = $r->{message}{error}{message}) =~ s/\Q$theirs\E/ID/;
    (my $same = $none->{message}{error}{message}) =~ s/a_b+/ID/;
    is($text, $same, '.. is told as an unknown one is');
    ok(!grep({ $_->{uri} =~ /\Q$theirs\E/ }
        @{ result($c, 'resources/list', {})->{resources} }), '.. nor listed');
}

# --- pages ---

my $own = Mitzu::Worker->new(redis => $redis);
my $mine = $own->submit('many artifacts');
$own->claim($mine);
my %want = map { ("mitzu://artifacts/$_->{artifact_id}" => 1) }
    @{ $s->{artifacts} };
for my $i (1 .. 230) {
    my $aid = $own->artifact($mine, "part $i", "{\"n\":$i}");
    $want{"mitzu://artifacts/$aid"} = 1;
}
my $cursor;
for my $c ($legacy, $modern) {
    my (%got, @sizes, $next);
    my $node = 0;
    do {
        my $l = result($node++ % 2 ? $c->on($other->{port}) : $c,
            'resources/list', { defined $next ? (cursor => $next) : () });
        $got{ $_->{uri} }++ for @{ $l->{resources} };
        push @sizes, scalar @{ $l->{resources} };
        kept($c, $l, 'private', "$c->{era}: page " . @sizes);
        $next = $l->{nextCursor};
        $cursor = $next if defined $next;
    } while defined $next && @sizes < 20;
    ok(@sizes >= 3 && $sizes[0] <= 100, "$c->{era}: several pages: @sizes");
    is_deeply([ sort keys %got ], [ sort keys %want ],
        '.. on all nodes in turn, and nothing is missing');
    is((() = grep { $got{$_} > 1 } keys %got), 0, '.. and nothing is twice');
}

my $seal = Mitzu::Seal->new($redis->cmd('HGET', 'mitzu:meta', 'key'));
my $scope = Mitzu::Seal::scope();
my ($expires, $payload) = $seal->open('c', $scope, $cursor);
ok(defined $payload, 'a cursor is a sealed token');
for my $c ($legacy, $modern) {
    for my $row (
        [ 'garbage', 'nonsense' ], [ 'an empty one', '' ],
        [ 'a forged offset', Mitzu::Seal::bend($cursor, 20) ],
        [ 'a forged signature', Mitzu::Seal::bend($cursor, -1) ],
        [ 'an expired one', $seal->make('c', $scope, time - 5, $payload) ],
        [ 'one of another user', $seal->make('c',
            Mitzu::Seal::scope('', 'somebody'), $expires, $payload) ],
        [ 'a token of another use', $seal->make('s', $scope, $expires,
            $payload) ],
        [ 'one of another list', $seal->make('c', $scope, $expires,
            'tasks 100') ],
        [ 'a negative offset', $seal->make('c', $scope, $expires,
            'resources -5') ],
        [ 'an offset beyond numbers', $seal->make('c', $scope, $expires,
            'resources 99999999999999999999') ],
        [ 'a number', 100 ], [ 'a long one', 'A' x 20000 ],
    ) {
        my $r = call($c, 'resources/list', { cursor => $row->[1] });
        is($r->{message}{error}{code}, -32602,
            "$c->{era}: a cursor, $row->[0], is -32602");
        is($r->{status}, 200, '.. in band');
    }
    for my $method (qw(tools/list prompts/list resources/templates/list)) {
        is(error($c, $method, { cursor => $cursor })->{code}, -32602,
            "$c->{era}: no cursor is one of $method");
    }
    my $l = result($c, 'resources/list', { cursor => $seal->make('c', $scope,
        $expires, 'resources 100000') });
    is_deeply($l->{resources}, [], "$c->{era}: behind the end there is none");
    ok(!exists $l->{nextCursor}, '.. and no next page');
}

# A resource too long for a result is cut and says so.
my @long = map { "{\"n\":$_,\"text\":\"" . 'x' x 200 . '"}' } 1 .. 2000;
my $long = $own->artifact($mine, 'long', @long);
$own->finish($mine, 'Done.');
for my $c ($legacy, $modern) {
    $r = result($c, 'resources/read', { uri => "mitzu://artifacts/$long" });
    my $text = $r->{contents}[0]{text};
    ok(length $text < 90 * 1024, "$c->{era}: a long resource is cut");
    like($text, qr/\n\z/, '.. at the end of a line');
    my @rows = split /\n/, $text;
    is_deeply(\@rows, [ @long[ 0 .. $#rows ] ], '.. without a gap before');
    like($json->encode($r->{contents}[0]{_meta} || {}), qr/read_json_artifact/,
        '.. and says how to read on');
}
$agent->start;

# --- prompts ---

my %arguments = (event => 'purchase', first_event => 'product_view',
    second_event => 'purchase', return_event => 'login', property => 'country',
    by => 'device', value => 'DE', range => 'last 90 days');
my %kind = (ask_trend => 'segmentation', compare_segments => 'segmentation',
    funnel => 'funnel', retention => 'retention', top_values => 'segmentation',
    what_data => 'discovery');
my $known = 0;
for my $c ($legacy, $modern) {
    my $l = result($c, 'prompts/list', {});
    kept($c, $l, 'public', "$c->{era} prompts/list");
    my @prompts = @{ $l->{prompts} };
    is_deeply([ sort map { $_->{name} } @prompts ], [ sort keys %kind ],
        "$c->{era}: the prompts");
    for my $p (@prompts) {
        my $name = $p->{name};
        ok($p->{description} && $p->{title}, "$name: title, description");
        my @all = map { $_->{name} } @{ $p->{arguments} || [] };
        my @needed = map { $_->{name} } grep { $_->{required} }
            @{ $p->{arguments} || [] };
        is((() = grep { !exists $arguments{$_} } @all), 0,
            "$name: this test knows its arguments");
        my %given = map { $_ => $arguments{$_} } @needed;
        for my $missing (@needed) {
            my %less = %given;
            delete $less{$missing};
            is(error($c, 'prompts/get', { name => $name, arguments => \%less })
                ->{code}, -32602, "$name without $missing is -32602");
        }
        my $bad = $needed[0] || $all[0];
        if (defined $bad) {
            for my $v (7, undef, [], "two\nlines", 'x' x 5000) {
                is(error($c, 'prompts/get', { name => $name,
                    arguments => { %given, $bad => $v } })->{code}, -32602,
                    "$name: $bad as " . substr($json->encode([ $v ]), 0, 20));
            }
        }
        next if $c->{era} ne 'modern';

        # The question in it is answered by the real planner, both short
        # and with all that may be said.
        for my $set (\%given, { map { $_ => $arguments{$_} } @all }) {
            my $g = result($c, 'prompts/get', { name => $name,
                arguments => $set });
            is($g->{messages}[0]{role}, 'user', "$name: a user's message");
            my ($question) = split /\n/, $g->{messages}[0]{content}{text};
            like($g->{messages}[0]{content}{text}, qr/run_analytics_agent/,
                '.. that says whom to ask');
            my $s = $c->ask($question);
            is($s->{status}, 'completed', "$name: \"$question\"");
            is($s->{spec}{kind}, $name eq 'top_values' && !$set->{event}
                ? 'discovery' : $kind{$name}, '.. becomes that analysis')
                or diag($s->{answer});
            ok(@{ $s->{artifacts} || [] }, '.. with an artifact');
            my $spec = $json->encode($s->{spec} || {});
            for my $v (grep { /purchase|product_view|DE/ } values %$set) {
                like($spec, qr/"\Q$v\E"/i, ".. about $v");
            }
            $known++;
        }
    }
    is(error($c, 'prompts/get', { name => 'nothing' })->{code}, -32602,
        "$c->{era}: an unknown prompt is -32602");
    is(error($c, 'prompts/get', {})->{code}, -32602, "$c->{era}: no name");
    my $data = result($c, 'prompts/get', { name => 'what_data' });
    ok($data->{messages}, "$c->{era}: absent arguments are none");
}
is($known, 12, 'every prompt was asked twice');

# --- completion ---

sub complete {
    my ($c, $ref, $name, $value, $context) = @_;
    return call($c, 'completion/complete', { ref => $ref, argument => {
        name => $name, value => $value }, $context ? (context =>
        { arguments => $context }) : () });
}

sub values_of { return (complete(@_)->{message}{result}{completion} || {})
    ->{values} }

my $trend = { type => 'ref/prompt', name => 'ask_trend' };
my $catalog = $json->decode(slurp(root_dir() . '/t/data/catalog.json'));
ok(wait_for(10, sub { $redis->cmd('ZCARD', 'mitzu:{catalog}:events') }),
    'the worker publishes its catalog');
for my $c ($legacy, $modern->on($other->{port})) {
    my $era = $c->{era};
    my $all = values_of($c, $trend, 'event', '');
    ok(@$all > 5 && @$all <= 100, "$era: all events: " . @$all);
    ok((grep { $_ eq 'purchase' } @$all), '.. purchase among them');
    is_deeply(values_of($c, $trend, 'event', 'purch'), ['purchase'],
        "$era: by their first letters");
    is_deeply(values_of($c, $trend, 'event', 'PURCH'), ['purchase'],
        '.. in any case');
    is_deeply(values_of($c, $trend, 'event', 'no such'), [], '.. or none');
    is_deeply(values_of($c, $trend, 'event', "\x{e9}*[?\\"), [],
        '.. and no pattern');
    my $p = values_of($c, $trend, 'property', 'c');
    ok((grep { $_ eq 'country' } @$p), "$era: properties");
    is((() = grep { !/^c/i } @$p), 0, '.. that begin so');
    my $v = values_of($c, $trend, 'value', '', { property => 'country' });
    ok((grep { $_ eq 'DE' } @$v), "$era: values of a property");
    is_deeply(values_of($c, $trend, 'value', 'd', { property => 'country' }),
        [ grep { /^d/i } @$v ], '.. that begin so');
    is_deeply(values_of($c, $trend, 'value', ''), [],
        '.. and of no property none');
    is_deeply(values_of($c, $trend, 'value', '', { property => 'nothing' }),
        [], '.. nor of an unknown one');
    my $ranges = values_of($c, $trend, 'range', 'last 3');
    is_deeply($ranges, ['last 30 days'], "$era: ranges");
    my $done = complete($c, $trend, 'event', '')->{message}{result}{completion};
    is($done->{total}, scalar @$all, '.. the total') if exists $done->{total};
    ok(!$done->{hasMore}, '.. and that it is all');

    my $template = { type => 'ref/resource', uri => 'mitzu://artifacts/{id}' };
    my $ids = complete($c, $template, 'id', 'a_')
        ->{message}{result}{completion};
    is(scalar @{ $ids->{values} }, 100, "$era: artifacts, a hundred at most");
    ok($ids->{hasMore}, '.. of more');
    is_deeply(values_of($c, $template, 'id', substr $long, 0, 12), [ $long ],
        '.. by their first letters');
    is_deeply(values_of($c, $template, 'id', substr $theirs, 0, 12), [],
        '.. and none of somebody else');

    for my $row (
        [ 'an unknown prompt', { type => 'ref/prompt', name => 'x' }, 'event' ],
        [ 'an unknown template', { type => 'ref/resource',
            uri => 'mitzu://nothing/{id}' }, 'id' ],
        [ 'an unknown kind', { type => 'ref/tool', name => 'x' }, 'event' ],
        [ 'no kind', { name => 'ask_trend' }, 'event' ],
        [ 'no reference', undef, 'event' ],
        [ 'a word', 'ask_trend', 'event' ],
    ) {
        my $r = complete($c, $row->[1], $row->[2], '');
        is($r->{message}{error}{code}, -32602, "$era: $row->[0] is -32602");
    }
    is(error($c, 'completion/complete', { ref => $trend })->{code}, -32602,
        "$era: no argument");
    is(error($c, 'completion/complete', { ref => $trend, argument =>
        { name => 'event', value => 7 } })->{code}, -32602,
        "$era: a value that is no string");
}

is_deeply([ $redis->strange_keys ], [], 'only documented keys in Redis');

finish();
