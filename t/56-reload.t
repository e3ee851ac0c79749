#!/usr/bin/perl

# A hundred reloads under load: no request fails, no stream is lost that its
# client could not take up, no worker stays.  Clients of both eras call, ask
# and follow, on connections that they keep and on new ones; each is a
# process of its own.

use strict;
use warnings;

use Fcntl qw(SEEK_SET);
use JSON::PP;
use Mitzu::HTTP;
use Mitzu::MCP;
use Mitzu::Nginx;
use Mitzu::Redis;
use Mitzu::Test;
use Mitzu::Worker;
use POSIX ();
use Test::More;
use Time::HiRes qw(time sleep);

my $RELOADS = 100;

my $json = Mitzu::MCP::json();
my $redis = Mitzu::Redis->new;

# Two hundred processes that look for leaks as they exit would be a load of
# another kind; other tests reload, too.
my $nginx = Mitzu::Nginx->new(workers => 2, leaks => 0,
    redis => $redis->url . ' connect_timeout=10s timeout=10s',
    connections => 512, location => 'mitzu_mcp_heartbeat 5s;');
my $port = $nginx->{port};
my $stop = temp_dir() . '/stop';

# What a client counts and complains of.
my %did;

sub complain { push @{ $did{failed} }, $_[0] }

# --- one request on a connection that may be kept ---

# A server may close an idle connection just as a request comes: that is
# tried once more, if nothing of an answer was there.
sub exchange {
    my ($c, $method, $params) = @_;
    my $body = $json->encode($c->message($method, $params));
    for my $try (1, 2) {
        my $http = delete $c->{kept};
        my $was_kept = !!$http;
        $http ||= Mitzu::HTTP->new(port => $port, timeout => 30);
        return complain("no connection: $!") unless $http;
        $http->send_request('POST', '/mcp', keepalive => $c->{keeps},
            headers => [ $c->headers($method, $params) ], body => $body);
        my $r = $http->read_answer(30);
        if (!$r && $was_kept && $try == 1 && $http->{in} eq '') {
            $did{closed_while_idle}++;
            $http->close;
            next;
        }
        return complain("$method: no answer after '$http->{in}'") unless $r;
        return complain("$method: cut in '$r->{body}'") unless $r->{clean}
            || defined $http->{left} && $http->{left} == 0;
        if ($c->{keeps} && lc($r->{headers}{connection} || '') ne 'close') {
            $c->{kept} = $http;
        } else {
            $http->close;
        }
        my $text = $r->{body};
        $text = $1 if ($r->{headers}{'content-type'} || '')
            =~ /event-stream/ && $text =~ /^data: (\{.*"id".*)$/m;
        my $m = eval { $json->decode($text) };
        return complain("$method: $r->{status} $r->{body}")
            unless $r->{status} == 200 && $m && $m->{result};
        $did{calls}++;
        return $m->{result};
    }
}

my @ordinary = ([ 'tools/list', {} ],
    [ 'tools/call', { name => 'list_agent_artifacts', arguments => {} } ],
    [ 'resources/list', {} ], [ 'prompts/list', {} ]);

sub ordinary {
    my ($c) = @_;
    my $n = 0;
    while (!-e $stop) {
        exchange($c, @{ $ordinary[ $n++ % @ordinary ] });
        sleep 0.005;
    }
}

# --- one who asks and follows; the worker is the same process ---

sub follow {
    my ($c) = @_;
    my $own = bless { %$redis, sock => undef }, ref $redis;
    my $worker = Mitzu::Worker->new(redis => $own);
    my $n = 0;
    while (!-e $stop) {
        my $r = exchange($c, 'tools/call', { name => 'run_analytics_agent',
            arguments => { prompt => "question $$ " . ++$n } }) or next;
        my $run = $r->{structuredContent};
        if (!$worker->claim($run)) {
            complain('no run to claim');
            next;
        }
        follow_run($c, $worker, $run);
    }
}

# The run says something every now and then, for about two seconds.
sub follow_run {
    my ($c, $worker, $run) = @_;
    my ($said, $next, $give_up) = (0, time, time + 60);
    my ($http, $last, $retry, @heard);
    my $after = 0;
    while (time < $give_up) {
        if ($said < 20 && time >= $next) {
            $worker->event($run, 'querying', 'event ' . ++$said);
            $worker->finish($run, 'The answer.') if $said == 20;
            $next = time + 0.1;
        }
        if (!$http) {
            $http = open_stream($c, $run, $after, $last) or return;
            $did{streams}++;
        }
        my $e = $http->{is_json} ? whole($http) : $http->read_event(0.02);
        if ($e) {
            $last = $e->{id} if defined $e->{id};
            $retry = $e->{retry} if defined $e->{retry};
            next unless length($e->{data} || '');
            my $m = $json->decode($e->{data});
            push @heard, ($m->{params}{message} || '') =~ /^event (\d+)$/;
            next unless exists $m->{id};
            my $s = ($m->{result} || {})->{structuredContent} || {};
            return complain("an answer: $e->{data}") unless $s->{status};
            if ($s->{status} eq 'completed') {
                complain("heard: @heard") if "@heard" ne "@{[ 1 .. 20 ]}";
                $did{answered}++;
                return $http->close;
            }
            $did{snapshots}++;
            ($after, $last) = ($s->{after}, undef);
            $http->{is_answered} = 1;
        } elsif ($http->{ended}) {
            return complain('a stream is cut') unless $http->{clean};
            $http->close;
            if (!$http->{is_answered}) {
                return complain('a stream ends without id or answer')
                    unless defined $last;
                $did{resumed}++;
                $next = time if $said < 20;
                sleep $retry / 10000;
            }
            $http = undef;
        }
    }
    complain("no answer to $run->{prompt_id}: said $said, heard @heard");
}

sub open_stream {
    my ($c, $run, $after, $last) = @_;
    my ($http, $head);
    if (defined $last) {
        ($http, $head) = $c->bare('GET', after => $last);
    } else {
        $http = $c->start('tools/call', { name =>
            'get_analytics_agent_status', arguments => { after => $after,
            conversation_id => $run->{conversation_id},
            prompt_id => $run->{prompt_id}, wait_seconds => 50 } },
            token => 't');
        $head = $http && $http->read_head(30);
    }
    return complain('a stream is not opened: '
        . ($head ? $head->{status} : 'no answer'))
        unless $head && $head->{status} == 200;
    $http->{is_json} = $head->{headers}{'content-type'} =~ /json/;
    return $http;
}

# An answer that was there at once.
sub whole {
    my ($http) = @_;
    my $end = time + 30;
    1 while $http->more_body($end);
    $http->{ended} = 1;
    $http->{clean} ||= defined $http->{left} && $http->{left} == 0;
    return { data => $http->{data} };
}

# --- one who listens ---

sub listener {
    my ($c) = @_;
    while (!-e $stop) {
        my ($http, $head);
        if ($c->{era} eq 'modern') {
            $http = $c->start('subscriptions/listen', { notifications =>
                { resourcesListChanged => JSON::PP::true } });
            $head = $http && $http->read_head(30);
        } else {
            ($http, $head) = $c->bare('GET');
        }
        if (!$head || $head->{status} != 200) {
            complain('a listener is not let in');
            next;
        }
        $did{streams}++;
        my $answer;
        while (!-e $stop && !$http->{ended}) {
            my $e = $http->read_event(0.2) or next;
            $answer = 1 if ($e->{data} || '') =~ /"result"/;
        }
        $http->close;
        next if !$http->{ended};
        complain('a listener is cut') unless $http->{clean};
        complain('a listener has no result')
            if $c->{era} eq 'modern' && !$answer;
        $did{ends}++;
    }
}

# --- the clients ---

sub modern { return Mitzu::MCP->new(port => $port, era => 'modern', @_) }
sub legacy {
    my $c = Mitzu::MCP->new(port => $port, @_);
    $c->open && $c->{session} or die "no session\n";
    return $c;
}

my @clients = (
    [ 'legacy, connections kept', \&ordinary, legacy(keeps => 1) ],
    [ 'modern, connections kept', \&ordinary, modern(keeps => 1) ],
    [ 'legacy', \&ordinary, legacy() ],
    [ 'modern', \&ordinary, modern() ],
    [ 'legacy, asking and following', \&follow, legacy() ],
    [ 'an older one', \&follow, legacy(version => '2025-06-18') ],
    [ 'modern, asking and following', \&follow, modern(keeps => 1) ],
    [ 'legacy, listening', \&listener, legacy() ],
    [ 'modern, listening', \&listener, modern() ],
);

for my $client (@clients) {
    my ($name, $code, $c) = @$client;
    open my $out, '+>', undef or die "no file: $!";
    my $pid = fork;
    die "fork: $!" unless defined $pid;
    if ($pid == 0) {
        $SIG{ALRM} = sub { complain('stuck'); die "stuck\n" };
        alarm 300;
        eval { $code->($c); 1 } or complain("died: $@");
        print $out $json->encode(\%did);
        close $out;
        POSIX::_exit(0);
    }
    $client->[3] = $out;
    $client->[4] = $pid;
    adopt_process($pid, $name);
}

# --- the reloads: the next one when the one before has its workers ---

# Of some kernels there is no such file, and pgrep is slow.
sub worker_pids {
    my $file = "/proc/$nginx->{pid}/task/$nginx->{pid}/children";
    return -r $file ? split ' ', slurp($file) : $nginx->worker_pids;
}

sub resident {
    return slurp("/proc/$nginx->{pid}/status") =~ /^VmRSS:\s+(\d+)/m ? $1 : 0;
}

sleep 0.5;
my $began = time;
my ($most, $early, $n) = (0, 0);
for ($n = 0; $n < $RELOADS; $n++) {
    my %old = map { $_ => 1 } worker_pids();
    $most = keys %old if keys %old > $most;
    $nginx->signal('HUP');
    wait_for(60, sub { my @now = worker_pids();
        return @now <= 12 && 2 <= grep { !$old{$_} } @now }) or last;
    $early = resident() if $n == 20;
}
my $took = time - $began;
my $late = resident();
is($n, $RELOADS, "$RELOADS reloads")
    or diag(substr $nginx->log, -2000);
my %last = map { $_ => 1 } worker_pids();
spew($stop, '');
for my $client (@clients) {
    my ($name, undef, undef, $out, $pid) = @$client;
    ok(stop_process($pid, 'ZERO', 120), "$name: ends");
    seek $out, 0, SEEK_SET;
    local $/;
    my $r = eval { $json->decode(scalar <$out>) } || { failed => ['silent'] };
    is_deeply($r->{failed} || [], [], '.. and nothing failed')
        or diag(scalar @{ $r->{failed} });
    delete $r->{failed};
    note("$name: " . join ', ', map { "$_ $r->{$_}" } sort keys %$r);
    cmp_ok(($r->{calls} || 0) + ($r->{streams} || 0), '>', 20,
        '.. it was at work');
    $client->[5] = $r;
}
if (grep { !$_ } Test::More->builder->summary) {
    my %seen;
    diag($_) for grep { !$seen{ s/^.*?: //r }++ }
        $nginx->log =~ /^.*mitzu mcp.*$/mg;
}
cmp_ok($clients[4][5]{resumed} || 0, '>', 5, 'streams were taken up again');
cmp_ok($clients[6][5]{snapshots} || 0, '>', 5, 'modern ones were asked on');
note(sprintf '%d reloads in %.1f s; at most %d workers at once', $n, $took,
    $most);
ok(wait_for(30, sub { 2 == worker_pids() }), 'two workers are left');
is(scalar(grep { !$last{$_} } worker_pids()), 0, '.. the newest');
note("the master: $early kB after 20, $late kB after $n");
cmp_ok($late - $early, '<', 8192, 'the master has not grown') if !is_san();
my @died = grep { !/exited with code 0/ }
    $nginx->log =~ /^.*worker process \d+ exited.*$/mg;
is_deeply(\@died, [], 'no worker died');
is_deeply([ $redis->strange_keys ], [], 'only documented keys in Redis');

finish();
