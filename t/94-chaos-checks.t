#!/usr/bin/perl

# The checks of the chaos test can fail: each is given a night in which one
# thing went wrong, and says so; of a good one they say nothing.

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use JSON::PP;
use Mitzu::Chaos::Monkey;
use Mitzu::Chaos::Promises;
use Mitzu::Chaos::Verdict;
use Mitzu::Redis;
use Mitzu::Test;
use Mitzu::Worker;
use Test::More;
use Time::HiRes qw(time);

my $json = JSON::PP->new->canonical->utf8;
my $redis = Mitzu::Redis->new;
my $worker = Mitzu::Worker->new(redis => $redis);
my $base = $worker->{base};

# --- a good night, by the real scripts ---

# Claimed with a lease that is over at once.
sub claim_briefly {
    my ($run) = @_;
    my $r = $worker->script('claim', 0, $run->{prompt_id}, 'worker-t', 1);
    $run->{attempt} = $r->[1];
}

sub sweep {
    my $dir = root_dir() . '/src/store/scripts';
    wait_for(5, sub {
        my (undef, $requeued, $lost) = @{ $redis->cmd('EVAL',
            slurp("$dir/lib.lua") . "\n" . slurp("$dir/sweep.lua"), 1,
            $worker->{part}, 0, 100, 1000, 86400000) };
        return $requeued + $lost }) or die "nothing was swept\n";
}

sub complete {
    my ($run, @artifacts) = @_;
    $worker->script('finish', 0, $run->{prompt_id}, $run->{attempt},
        'completed', 'An answer.', $json->encode({ spec => {}, sql => '',
        assumptions => [], artifacts => [ map { { artifact_id => $_ } }
        @artifacts ] }), '{}', '');
}

my $twice = $worker->submit('done in its second attempt');
claim_briefly($twice);
$worker->event($twice, 'planning', 'Planning');
my $old = $worker->artifact($twice, 'rows', '{"a":1}');
sweep();
$worker->claim($twice);
$worker->event($twice, 'planning', 'Planning');
$worker->event($twice, 'writing', 'Writing');
my $new = $worker->artifact($twice, 'rows', '{"a":2}', '{"a":3}');
complete($twice, $new);

my $failed = $worker->submit('failed');
$worker->claim($failed);
$worker->fail($failed, 'broken');
my $cancelled = $worker->submit('cancelled');
$worker->script('cancel', 0, $cancelled->{prompt_id}, 'not wanted');
my $lost = $worker->submit('lost');
for (1, 2) {
    claim_briefly($lost);
    sweep();
}
is($worker->run($lost)->{status}, 'lost', 'a run of each kind');

my %was = map { $_ => [ $redis->cmd('DUMP', $_), $redis->cmd('PTTL', $_) ] }
    @{ $redis->cmd('KEYS', '*') };

sub restore {
    $redis->cmd('FLUSHALL');
    for my $key (keys %was) {
        my ($dump, $ttl) = @{ $was{$key} };
        $redis->cmd('RESTORE', $key, $ttl < 0 ? 0 : $ttl, $dump);
    }
}

# All complaints, each with the title of its check.
sub complaints {
    my (@checks) = @_;
    return map { my ($title, @bad) = @$_; map { "$title: $_" } @bad } @checks;
}

is_deeply([ complaints(Mitzu::Chaos::Promises::broken($redis)) ], [],
    'of a good night nothing is said');

# --- one thing that went wrong ---

my $key = "$base:run:$twice->{prompt_id}";

# The events of a run as [ attempt, type, phase, text, data ] are changed and
# numbered anew, unless the code gives their numbers itself.
sub events {
    my ($run, $code) = @_;
    my $stream = "$base:run:$run->{prompt_id}:events";
    my @events = map { my ($seq, $attempt) = split /-/, $_->[0];
        my %f = @{ $_->[1] }; [ $attempt, @f{qw(type phase text data)} ] }
        @{ $redis->cmd('XRANGE', $stream, '-', '+') };
    @events = $code->(@events);
    my ($seq, $ttl) = (0, $redis->cmd('TTL', $stream));
    $redis->cmd('DEL', $stream);
    for my $e (@events) {
        my ($attempt, @v) = @$e;
        $seq++;
        next if !defined $attempt;
        $redis->cmd('XADD', $stream, "$seq-$attempt", at => 1, map {
            ($_ => shift @v) } qw(type phase text data));
    }
    $redis->cmd('EXPIRE', $stream, $ttl);
    $redis->cmd('HSET', "$base:run:$run->{prompt_id}", 'seq', $seq);
}

sub at {
    my ($phase, @events) = @_;
    my ($i) = grep { $events[$_][2] eq $phase } 0 .. $#events;
    return $i;
}

sub hset { $redis->cmd('HSET', @_) }
sub jobs { return "$worker->{part}:jobs" }
sub conv { return "$base:conv:$_[0]{conversation_id}" }

my @wrong = (
    [ 'a gap', qr/missing.*events are/, sub { events($twice, sub {
        $_[4] = [undef]; @_ }) } ],
    [ 'an event too many', qr/missing.*seq is 9/, sub {
        hset($key, 'seq', 9) } ],
    [ 'a step that is said twice', qr/twice: writing Writing/, sub {
        events($twice, sub { my $i = at('writing', @_);
            (@_[0 .. $i], @_[$i .. $#_]) }) } ],
    [ 'an event of an older attempt', qr/of attempt 1, in attempt 2/, sub {
        events($twice, sub { $_[ at('writing', @_) ][0] = 1; @_ }) } ],
    [ 'an event of an attempt that was given up', qr/while it waited/, sub {
        events($twice, sub { my $i = at('requeued', @_);
            (@_[0 .. $i], [ 1, 'progress', 'writing', 'Late', '' ],
                @_[$i + 1 .. $#_]) }) } ],
    [ 'an attempt without a beginning', qr/begins with progress writing/,
        sub { events($twice, sub { $_[ at('writing', @_) ][0] = 3; @_ }) } ],
    [ 'an attempt that starts twice', qr/starts twice/, sub {
        events($twice, sub { my $i = at('requeued', @_);
            (@_[0 .. $i - 1], $_[1], @_[$i .. $#_]) }) } ],
    [ 'a run that goes on', qr/has not ended/, sub {
        hset($key, 'status', 'running') } ],
    [ 'two ends', qr/2 times ended/, sub { events($twice, sub {
        (@_, $_[-1]) }) } ],
    [ 'no end', qr/0 times ended/, sub { events($twice, sub {
        @_[0 .. $#_ - 1] }) } ],
    [ 'something after the end', qr/comes after its end/, sub {
        events($twice, sub { (@_, [ 2, 'progress', 'writing', 'More', '' ])
        }) } ],
    [ 'another end than its state', qr/its end says completed/, sub {
        hset($key, 'status', 'failed', 'error', '{}') } ],
    [ 'a lease that stays', qr/still has lease/, sub {
        hset($key, 'lease', 1) } ],
    [ 'a completed run without an answer', qr/no answer/, sub {
        $redis->cmd('HDEL', $key, 'answer') } ],
    [ 'two answers', qr/2 answers/, sub { events($twice, sub {
        my $i = at('answered', @_); (@_[0 .. $i], @_[$i .. $#_]) }) } ],
    [ 'a failed run that says not why', qr/no error/, sub {
        $redis->cmd('HDEL', "$base:run:$failed->{prompt_id}", 'error') } ],
    [ 'an artifact of an older attempt', qr/$old is listed/, sub {
        $redis->cmd('ZADD', "$base:artifacts", 1, $old) } ],
    [ 'an artifact that no list has', qr/$new of \w+ is not listed/, sub {
        $redis->cmd('ZREM', "$base:artifacts", $new) } ],
    [ 'a run that names an older artifact', qr/its events say/, sub {
        hset($key, 'artifacts', "$old $new") } ],
    [ 'a result that names another artifact', qr/its result says/, sub {
        hset($key, 'result', '{"artifacts":[]}') } ],
    [ 'an artifact of another attempt', qr/$new says attempt 1/, sub {
        hset("$base:artifact:$new", 'attempt', 1) } ],
    [ 'bytes that were changed', qr/not what its digest says/, sub {
        $redis->cmd('SETRANGE', "$base:artifact:$new:0", 5, 7) } ],
    [ 'a chunk that is gone', qr/has 0 bytes/, sub {
        $redis->cmd('DEL', "$base:artifact:$new:0") } ],
    [ 'a chunk of nothing that stays', qr/of no artifact, and stays/, sub {
        $redis->cmd('SET', "$base:artifact:$new:7", 'x', 'EX', 90000) } ],
    [ 'an answer twice in the transcript', qr/2 turns answer it/, sub {
        $redis->cmd('XADD', conv($twice) . ':turns', '*', role => 'assistant',
            text => '', run => $twice->{prompt_id});
        hset(conv($twice), 'turns', 3) } ],
    [ 'a turn that is not counted', qr/2 turns of 1/, sub {
        hset(conv($twice), 'turns', 1) } ],
    [ 'a question that is not in the transcript', qr/0 turns ask it/, sub {
        $redis->cmd('XTRIM', conv($failed) . ':turns', 'MAXLEN', 0);
        hset(conv($failed), 'turns', 0) } ],
    [ 'a lost run that nobody sees', qr/0 times among the dead/, sub {
        $redis->cmd('XTRIM', "$worker->{part}:dead", 'MAXLEN', 0) } ],
    [ 'a dead one that lives', qr/completed\): 1 times among/, sub {
        $redis->cmd('XADD', "$worker->{part}:dead", '*', run =>
            $twice->{prompt_id}) } ],
    [ 'a run that was lost too soon', qr/lost in attempt 2 of 3/, sub {
        hset("$base:run:$lost->{prompt_id}", 'max_attempts', 3) } ],
    [ 'an attempt too many', qr/attempt 2 of 1/, sub {
        hset($key, 'max_attempts', 1) } ],
    [ 'a lock that is held', qr/is locked by $twice->{prompt_id}/, sub {
        hset(conv($twice), 'active', $twice->{prompt_id}) } ],
    [ 'a run that is still leased', qr/leases: still has/, sub {
        $redis->cmd('ZADD', "$worker->{part}:leases", 1, 'x') } ],
    [ 'a run that still waits', qr/queue: still has/, sub {
        $redis->cmd('ZADD', "$worker->{part}:queue", 1, 'x') } ],
    [ 'a wake-up that is left', qr/entry \S+ is left/, sub {
        $redis->cmd('XADD', jobs(), '*', run => 'x') } ],
    [ 'a wake-up that is pending', qr/1 entries are pending/, sub {
        $redis->cmd('XGROUP', 'CREATE', jobs(), 'agents', '$', 'MKSTREAM');
        my $id = $redis->cmd('XADD', jobs(), '*', run => 'x');
        $redis->cmd('XREADGROUP', 'GROUP', 'agents', 'c', 'STREAMS', jobs(),
            '>');
        $redis->cmd('XDEL', jobs(), $id) } ],
    [ 'a run that counts for ever', qr/still counts p_x/, sub {
        hset("$base:limits", 'p_x', 1);
        $redis->cmd('EXPIRE', "$base:limits", 60) } ],
    [ 'a key that never expires', qr/events: never expires/, sub {
        $redis->cmd('PERSIST', "$key:events") } ],
    [ 'a key that nobody documents', qr/scratch: no documented key/, sub {
        $redis->cmd('SET', "$base:scratch", 1) } ],
    [ 'a key of another type', qr/a string, not a zset/, sub {
        $redis->cmd('SET', "$base:convs", 1, 'EX', 60) } ],
    [ 'a run that no list has', qr/is in no list of runs/, sub {
        $redis->cmd('ZREM', "$base:runs", $twice->{prompt_id}) } ],
);

for my $row (@wrong) {
    my ($what, $want, $break) = @$row;
    restore();
    $break->();
    my @said = complaints(Mitzu::Chaos::Promises::broken($redis));
    ok(scalar(grep { $_ =~ $want } @said), "$what is seen")
        or diag(@said ? join "\n", @said : 'nothing was said');
}
restore();

# --- what clients and agents tell ---

sub stamp { my ($at) = @_; return sprintf '%s.%03dZ', POSIX::strftime(
    '%Y-%m-%dT%H:%M:%S', gmtime $at), ($at - int $at) * 1000 }

my $now = int time;
my $pid = $twice->{prompt_id};
my @book = (
    { what => 'accepted', prompt_id => $pid, alone => 1 },
    { what => 'ended', prompt_id => $pid, status => 'completed',
        answer => 'An answer.' },
    { what => 'table', want => 2, got => 2, rows => 2 },
    { what => 'done' },
);

# A runner that slept from 10 to 13 with the first attempt in its hands.
my @log = (
    [ 9, 71, "run $pid: attempt 1: \"done\"" ],
    [ 13.1, 71, "run $pid: attempt 1 refused: superseded by attempt 2" ],
    [ 13.2, 71, "run $pid: cancelled or taken over" ],
    [ 14, 72, "run $pid: attempt 2: \"done\"" ],
    [ 15, 72, "run $pid: completed" ],
);

sub verdict {
    my (%o) = @_;
    my $book = spew(temp_dir() . '/book', join '', map {
        $json->encode({ client => 1, at => $now, %$_ }) . "\n" }
        @{ $o{book} || \@book });
    my $log = spew(temp_dir() . '/agent-of-old.log', join '', map {
        stamp($now + $_->[0]) . " info $_->[1] $_->[2]\n" }
        @{ $o{log} || \@log });
    my $stage = bless { redis => $redis, lease => 2, log => $log },
        'OldStage';
    return Mitzu::Chaos::Verdict->new(stage => $stage, books => [$book],
        slack => 1, monkey => { killed => {}, bad => [], count => {},
            sleeps => [ { pid => 71, from => $now + 10, to => $now + 13,
                woke => 1 } ], %{ $o{monkey} || {} } });
}

sub OldStage::log_files { return $_[0]{log} }

# The runs that failed and were lost are meant to.
sub said {
    return grep { !/^no run is given up/ } complaints(verdict(@_)->checks);
}

is_deeply([ said() ], [], 'of what they tell of a good night nothing is said');
like(join("\n", complaints(verdict()->checks)),
    qr/given up: $lost->{prompt_id} is lost/, 'a lost run is seen');

my %told = (
    'a client that gave up' => [ qr/got its answer.*client 1/, book => [
        @book, { what => 'gave up', on => 'status', why => '503' } ] ],
    'a client without an end' => [ qr/no end of $pid/, book =>
        [ @book[0, 2, 3] ] ],
    'a client that died' => [ qr/client 1 did not get/, book =>
        [ @book[0 .. 2] ] ],
    'a run that is gone' => [ qr/p_gone is not in Redis/, book => [ @book,
        { what => 'accepted', prompt_id => 'p_gone' } ] ],
    'another state than was told' => [ qr/told to be failed, and is compl/,
        book => [ @book, { what => 'ended', prompt_id => $pid,
            status => 'failed' } ] ],
    'another answer than was told' => [ qr/the answer was another/, book => [
        @book, { what => 'ended', prompt_id => $pid, status => 'completed',
            answer => 'No.' } ] ],
    'rows that are missing' => [ qr/rows are those.*"got":1/, book => [
        @book, { what => 'table', want => 2, got => 1, rows => 1 } ] ],
    'an answer that is none' => [ qr/nobody was told.*not found/, book => [
        @book, { what => 'bad', why => 'not found' } ] ],
    'a last attempt that was refused' => [ qr/was refused.*and is the last/,
        log => [ @log, [ 14.5, 72,
            "run $pid: attempt 2 refused: superseded by attempt 2" ] ] ],
    'a sleeper that never lets go' => [ qr/71 .* never let go/,
        log => [ $log[0] ] ],
    'a sleeper that takes its time' => [ qr/71 .* stopped 6.0 s after/,
        log => [ $log[0], [ 19, 71, "run $pid: lease lost, given up" ] ] ],
    'a sleeper that ended what was not its own' => [
        qr/71 .* says completed; its attempt is 2/,
        log => [ $log[0], [ 13.1, 71, "run $pid: completed" ] ] ],
    'an agent that does not end' => [ qr/who is told to end.*agent9/,
        monkey => { bad => ['agent9 did not end'] } ],
);

for my $what (sort keys %told) {
    my ($want, %night) = @{ $told{$what} };
    my @said = said(%night);
    ok(scalar(grep { $_ =~ $want } @said), "$what is seen")
        or diag(@said ? join "\n", @said : 'nothing was said');
}

is_deeply([ said(log => [ $log[0] ], monkey => {
    killed => { 71 => $now + 13 } }) ], [],
    'who was killed need not say that it let go');

# --- the same seed is the same night ---

sub night {
    my $m = Mitzu::Chaos::Monkey->new(seed => $_[0],
        stage => { agents => [] });
    return map { join ' ', $m->draw } 1 .. 50;
}

is_deeply([ night(5) ], [ night(5) ], 'a seed plays the same night again');
isnt(join("\n", night(5)), join("\n", night(6)), '.. and another another');
my %kinds = map { (split ' ')[0] => 1 } map { night($_) } 1 .. 10;
is(scalar keys %kinds, 14, 'everything comes to pass');

$redis->stop;
finish();
