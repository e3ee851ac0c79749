#!/usr/bin/perl

# A node goes with thousands of streams open: reload, upgrade of the binary,
# quit.  Each stream ends properly, those that can be taken up are, and
# nobody misses or hears twice what his run says meanwhile.

use strict;
use warnings;

use JSON::PP;
use Mitzu::Herd;
use Mitzu::HTTP;
use Mitzu::MCP;
use Mitzu::Nginx;
use Mitzu::Redis;
use Mitzu::Test;
use Mitzu::Worker;
use Test::More;
use Time::HiRes qw(time sleep);

my $scale = is_san() ? 1 : 5;
my %many = (resumable => 180 * $scale, old => 30 * $scale,
    modern => 50 * $scale, json => 30 * $scale, get => 30 * $scale,
    listen => 30 * $scale);
my $runs = 12;

my $json = Mitzu::MCP::json();
my $redis = Mitzu::Redis->new;
my $worker = Mitzu::Worker->new(redis => $redis);
my $nginx = Mitzu::Nginx->new(redis => $redis->url, workers => 2,
    daemon => 1, connections => 4096, location => 'mitzu_mcp_heartbeat 10s;',
    server => 'location = /status { mitzu_mcp_status; }');
my $port = $nginx->{port};
my $herd = Mitzu::Herd->new;

my %client = (modern => Mitzu::MCP->new(port => $port, era => 'modern'));
$client{$_->[0]} = Mitzu::MCP->new(port => $port, version => $_->[1])
    for [ resumable => '2025-11-25' ], [ old => '2025-06-18' ];
$_->open for @client{qw(resumable old)};
@client{qw(json listen get)} = @client{qw(modern modern resumable)};

sub in_flight {
    my $r = Mitzu::HTTP->once($port, 'GET', '/status') or return -1;
    return $r->{body} =~ /^mitzu_mcp_calls (\d+)$/m ? $1 : -1;
}

# --- the runs: what they say is numbered ---

my @runs = map { { asked => $client{resumable}->call('run_analytics_agent',
    { prompt => "purchases last month, question $_" }), said => 0 } }
    1 .. $runs;
$worker->claim($_->{asked}) or die "no run to claim\n" for @runs;
my $turn = 0;

sub say_one {
    my $run = $runs[ $turn++ % $runs ];
    $worker->event($run->{asked}, 'querying', 'event ' . ++$run->{said});
}

# --- the streams ---

my @streams;
my (@cut, @refused, @odd, @ended);
my $stopped = 0;            # nobody listens: the node is being started

for my $kind (sort keys %many) {
    push @streams, map { { kind => $kind, run => $runs[ $_ % $runs ],
        heard => [], after => 0 } } 1 .. $many{$kind};
}

sub request_text {
    my ($method, $body, @headers) = @_;
    my $text = "$method /mcp HTTP/1.1\r\nHost: 127.0.0.1:$port\r\n";
    while (my ($k, $v) = splice @headers, 0, 2) {
        $text .= "$k: $v\r\n";
    }
    return $text . (defined $body ? 'Content-Length: ' . length($body)
        . "\r\n\r\n$body" : "\r\n");
}

sub ask_again {
    my ($s) = @_;
    my $c = $client{ $s->{kind} };
    if ($s->{kind} eq 'get' || defined $s->{last}) {
        return request_text('GET', undef, Accept => 'text/event-stream',
            'MCP-Protocol-Version' => $c->{version},
            'Mcp-Session-Id' => $c->{session},
            defined $s->{last} ? ('Last-Event-ID' => $s->{last}) : ());
    }
    my ($method, $params, %o) = ('tools/call', { name =>
        'get_analytics_agent_status', arguments => { after => $s->{after},
        conversation_id => $s->{run}{asked}{conversation_id},
        prompt_id => $s->{run}{asked}{prompt_id}, wait_seconds => 50 } },
        token => 't');
    ($method, $params, %o) = ('subscriptions/listen', { notifications =>
        { resourcesListChanged => JSON::PP::true } })
        if $s->{kind} eq 'listen';
    my @h = $c->headers($method, $params);
    @h = map { /event-stream/ ? 'application/json' : $_ } @h
        if $s->{kind} eq 'json';
    return request_text('POST', $json->encode($c->message($method, $params,
        id => ++$s->{id}, %o)), @h);
}

sub enter {
    my ($s) = @_;
    $s->{answer} = undef;
    $s->{retry} = 1000;
    $s->{times}++;
    $s->{m} = $herd->add(port => $port, text => ask_again($s),
        event => sub { heard($s, $_[1]) }, end => sub { left($s, $_[0]) });
}

# Progress is looked at with few words: there is a lot of it.
sub heard {
    my ($s, $e) = @_;
    $s->{last} = $e->{id} if defined $e->{id};
    $s->{retry} = $e->{retry} if defined $e->{retry};
    my $data = $e->{data};
    return unless defined $data && length $data;
    if ($data =~ /"message":"event (\d+)"/) {
        push @{ $s->{heard} }, $1;
    } elsif ($data !~ m{"method":"notifications/progress"}) {
        my $m = $json->decode($data);
        exists $m->{id} ? $s->{answer} = $m
            : $s->{told}{ $m->{method} }++;
    }
}

sub later { my ($s, $ms) = @_; $herd->later($ms / 1000, sub { enter($s) }) }

# What a client would do: the hint is heeded, a snapshot asked on.
sub left {
    my ($s, $m) = @_;
    $s->{m} = undef;
    if (!$m->{clean}) {
        return later($s, 500) if $m->{why} =~ /^connect/ && $stopped;
        push @cut, "$s->{kind}: $m->{why} after $m->{took} s";
        return;
    }
    if ($m->{status} != 200) {
        push @refused, "$s->{kind}: $m->{status} $m->{body}";
        return;
    }
    push @ended, { kind => $s->{kind}, at => time, retry => $s->{retry},
        answered => $m->{stream} ? !!$s->{answer} : 1 };
    $s->{answer} = $json->decode($m->{body}) unless $m->{stream};
    if ($s->{kind} eq 'get') {
        return later($s, $s->{retry});
    }
    if ($s->{kind} eq 'listen') {
        push @odd, "listen: no result" unless $s->{answer}
            && $s->{answer}{result};
        return later($s, 100);
    }
    return later($s, $s->{retry}) unless $s->{answer};
    $s->{last} = undef;
    my $r = ($s->{answer}{result} || {})->{structuredContent};
    if (!$r || $r->{isError}) {
        push @odd, "$s->{kind}: " . $json->encode($s->{answer});
        return;
    }
    $s->{after} = $r->{after};
    push @{ $s->{heard} }, map { $_->{text} =~ /^event (\d+)$/ }
        @{ $r->{progress} } if $s->{kind} eq 'json';
    return $s->{completed} = 1 if $r->{status} eq 'completed';
    push @odd, "$s->{kind}: $r->{status}" unless $r->{status} eq 'running';
    enter($s);
}

# All of them wait, on workers that stay.
sub all_wait {
    my ($what) = @_;
    my $n = @streams;
    ok($herd->go(60, sub { in_flight() == $n }), $what)
        or diag(in_flight() . " of $n; cut: @cut[0 .. ($#cut > 4 ? 4 : $#cut)]"
            . " refused: @refused[0 .. ($#refused > 4 ? 4 : $#refused)]");
}

sub none_bad {
    my ($what) = @_;
    is(scalar @cut, 0, "$what: no stream is cut") or diag($cut[0]);
    is(scalar @refused, 0, '.. no request refused') or diag($refused[0]);
    is(scalar @odd, 0, '.. no answer odd') or diag($odd[0]);
}

# Goes on with everything until the old workers are gone.
sub until_gone {
    my ($what, @old) = @_;
    my $began = time;
    my $said = $began;
    @ended = ();
    my $gone = $herd->go(40, sub {
        if (time - $said > 0.1) {
            $said = time;
            say_one();
        }
        return !grep { kill 0, $_ } @old;
    });
    ok($gone, "$what: no old worker stays");
    note(sprintf '%s: %d streams, the old workers were gone after %.2f s',
        $what, scalar @streams, time - $began);
    my @first = sort { $a <=> $b } map { $_->{at} - $began } @ended;
    note(sprintf '.. the first ended after %.2f s, the last after %.2f s',
        @first[0, -1]) if @first;
    my @without = grep { $_->{kind} =~ /^(?:resumable|get)$/ } @ended;
    my @hints = sort { $a <=> $b } map { $_->{retry} } @without;
    ok((!grep { $_->{answered} } @without),
        "$what: streams that can be taken up end without an answer");
    ok($hints[0] >= 1000 && $hints[-1] - $hints[0] > 500,
        ".. and hints that differ, $hints[0] to $hints[-1] ms");
    ok((!grep { !$_->{answered} && $_->{kind} !~ /^(?:resumable|get)$/ }
        @ended), '.. all others with one');
    none_bad($what);
}

my $began = time;
enter($_) for @streams;
all_wait(scalar(@streams) . ' streams are open');
note(sprintf 'opened within %.1f s', time - $began);
say_one() for 1 .. 2 * $runs;

# --- reload ---

my @old = $nginx->worker_pids;
$nginx->signal('HUP');
until_gone('reload', @old);
all_wait('.. and all are back');

# --- upgrade: a new master, then the old one is told to go ---

my $old = $nginx->{pid};
@old = $nginx->worker_pids;
$nginx->signal('USR2');
ok(wait_for(20, sub { -e "$nginx->{dir}/nginx.pid.oldbin"
    && slurp("$nginx->{dir}/nginx.pid") =~ /^(\d+)$/m && $1 != $old }),
    'a new master comes') or BAIL_OUT($nginx->log);
$nginx->adopt("$nginx->{dir}/nginx.pid");
ok(wait_for(20, sub { $nginx->worker_pids == 2 }), '.. with its workers');
kill 'WINCH', $old;
until_gone('upgrade', @old);
all_wait('.. and all are back');
ok(stop_process($old, 'QUIT', 20), 'the old master goes');
ok(!-e "$nginx->{dir}/nginx.pid.oldbin", '.. and takes its file along');

# --- quit, and a start some time later ---

@old = $nginx->worker_pids;
$stopped = 1;
$nginx->signal('QUIT');
until_gone('quit', @old);
ok($nginx->stop, '.. nor the master');
$nginx->start;
$stopped = 0;
all_wait('after a start all are back');

# --- the end of the runs ---

$worker->artifact($runs[0]{asked}, 'rows', '{"a":1}');
say_one() for 1 .. $runs;
ok($worker->finish($_->{asked}, 'The answer.'), 'a run ends') for @runs;
my @watching = grep { $_->{kind} !~ /^(?:get|listen)$/ } @streams;
ok($herd->go(60, sub { !grep { !$_->{completed} } @watching }),
    'every client has the answer')
    or diag(scalar grep { !$_->{completed} } @watching);
none_bad('at the end');
my @gaps = grep { "@{ $_->{heard} }" ne "@{[ 1 .. $_->{run}{said} ]}" }
    @watching;
is(scalar @gaps, 0, 'every client has heard all of its run once, in order')
    or diag("$gaps[0]{kind}: @{ $gaps[0]{heard} }, of $gaps[0]{run}{said}");
is(scalar(grep { $_->{times} < 4 } @streams), 0,
    '.. over three breaks and more');
my @told = grep { $_->{kind} =~ /^(?:get|listen)$/ } @streams;
ok($herd->go(10, sub { !grep { !$_->{told}{
    'notifications/resources/list_changed'} } @told }),
    'who listens is told of the artifact');
$herd->drop($_->{m}) for grep { $_->{m} } @streams;

is_deeply([ $redis->strange_keys ], [], 'only documented keys in Redis');

finish();
