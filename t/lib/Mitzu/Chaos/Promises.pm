package Mitzu::Chaos::Promises;

# What docs/worker-protocol.md promises of runs, read from Redis when all is
# quiet.  Each promise is a check that gives what breaks it, in words.

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use JSON::PP ();
use Mitzu::Leaks qw(leaks);

my %ENDED = map { $_ => 1 } qw(completed failed cancelled lost);

my @CHECKS = (
    [ \&one_end, 'every run has ended, once' ],
    [ \&whole_events, 'no event is missing, and none is there twice' ],
    [ \&no_older, 'no attempt wrote after its successor began' ],
    [ \&one_answer, 'what a run says of itself is what its events say' ],
    [ \&right_artifacts, 'the artifacts are those of the last attempts' ],
    [ \&whole_artifacts, 'every artifact is whole' ],
    [ \&one_turn, 'every question and every answer is one turn' ],
    [ \&given_up, 'the lost are those that died too often, and listed' ],
    [ sub { leaks($_[0]{redis}) }, 'nothing is left in Redis' ],
);

# broken(redis): [ what is promised, complaint, .. ] of each, in order.
sub broken {
    my ($redis) = @_;
    my $all = read_all($redis);
    return map { my ($code, $title) = @$_; [ $title, $code->($all) ] }
        @CHECKS;
}

# Runs with their events, artifacts with their chunks, conversations.
sub read_all {
    my ($redis) = @_;
    my %all = (redis => $redis, runs => {}, artifacts => {}, convs => {},
        listed => {}, chunks => {});
    my @keys = @{ $redis->cmd('KEYS', '*') };
    my $scope = qr/^(.*:\{\d\d\}:[0-9a-f]{32})/;
    my @runs = grep { /$scope:run:\w+$/ } @keys;
    my @hashes = $redis->many(map { [ 'HGETALL', $_ ] } @runs);
    my @events = $redis->many(map { [ 'XRANGE', "$_:events", '-', '+' ] }
        @runs);
    for my $i (0 .. $#runs) {
        my ($base, $id) = $runs[$i] =~ /$scope:run:(\w+)$/;
        $all{runs}{$id} = { id => $id, base => $base, @{ $hashes[$i] },
            events => [ map { event(@$_) } @{ $events[$i] } ] };
    }
    read_artifacts(\%all, $scope, @keys);
    my @convs = grep { /$scope:conv:\w+$/ } @keys;
    @hashes = $redis->many(map { [ 'HGETALL', $_ ] } @convs);
    my @turns = $redis->many(map { [ 'XRANGE', "$_:turns", '-', '+' ] }
        @convs);
    for my $i (0 .. $#convs) {
        $all{convs}{ $convs[$i] } = { @{ $hashes[$i] },
            all => [ map { { @{ $_->[1] } } } @{ $turns[$i] } ] };
    }
    return \%all;
}

sub event {
    my ($id, $fields) = @_;
    my ($seq, $attempt) = split /-/, $id;
    return { @$fields, seq => $seq, attempt => $attempt };
}

sub read_artifacts {
    my ($all, $scope, @keys) = @_;
    my $redis = $all->{redis};
    for my $key (grep { /$scope:artifacts$/ } @keys) {
        my ($base) = $key =~ /$scope/;
        $all->{listed}{$_} = $base
            for @{ $redis->cmd('ZRANGE', $key, 0, -1) };
    }
    my @artifacts = grep { /$scope:artifact:\w+$/ } @keys;
    my @hashes = $redis->many(map { [ 'HGETALL', $_ ] } @artifacts);
    for my $i (0 .. $#artifacts) {
        my ($id) = $artifacts[$i] =~ /:(\w+)$/;
        $all->{artifacts}{$id} = { key => $artifacts[$i], @{ $hashes[$i] } };
    }
    $all->{chunks}{$_} = 1 for grep { /$scope:artifact:\w+:\d+$/ } @keys;
}

# A complaint for each run (id, what) that the code gives.
sub each_run {
    my ($all, $code) = @_;
    return map { my $run = $all->{runs}{$_};
        map { "$run->{id} ($run->{status}): $_" } $code->($run) }
        sort keys %{ $all->{runs} };
}

sub one_end {
    return each_run($_[0], sub {
        my ($run) = @_;
        my @bad;
        push @bad, 'has not ended' unless $ENDED{ $run->{status} };
        my @ends = grep { $_->{type} eq 'end' } @{ $run->{events} };
        push @bad, @ends . ' times ended' if @ends != 1;
        push @bad, 'something comes after its end'
            if @ends && $run->{events}[-1]{type} ne 'end';
        push @bad, "its end says $_->{phase}"
            for grep { $_->{phase} ne $run->{status} } @ends;
        push @bad, "still has $_" for grep { exists $run->{$_} }
            qw(lease job);
        push @bad, 'says not when' unless $run->{finished};
        return @bad;
    });
}

sub whole_events {
    return each_run($_[0], sub {
        my ($run) = @_;
        my @seq = map { $_->{seq} } @{ $run->{events} };
        my @bad;
        push @bad, "events are @seq" if "@seq" ne join ' ', 1 .. @seq;
        push @bad, "seq is $run->{seq}, of " . @seq . ' events'
            if $run->{seq} != @seq;
        my %said;
        for my $e (grep { $_->{type} eq 'progress' } @{ $run->{events} }) {
            next if $said{ join '|', @$e{qw(attempt phase text)} }++ != 1;
            push @bad, "attempt $e->{attempt} says twice: $e->{phase} "
                . "$e->{text}";
        }
        return @bad;
    });
}

# Each attempt begins with its "started"; a run that waits again is not
# written to until it is started again or ends.
sub no_older {
    return each_run($_[0], sub {
        my ($run) = @_;
        my ($now, $waits, @bad) = (0, 0);
        for my $e (@{ $run->{events} }) {
            my $n = $e->{attempt};
            my $starts = $e->{type} eq 'progress' && $e->{phase} eq 'started';
            push @bad, "event $e->{seq} is of attempt $n, in attempt $now"
                if $n < $now;
            push @bad, "attempt $n begins with $e->{type} $e->{phase}"
                if $n > $now && !$starts;
            push @bad, "attempt $n starts twice" if $n == $now && $starts;
            push @bad, "event $e->{seq} ($e->{phase}) was written while it "
                . 'waited' if $waits && !$starts && $e->{type} ne 'end';
            $waits = $e->{phase} eq 'requeued' || $e->{phase} eq 'queued';
            $now = $n if $n > $now;
        }
        push @bad, "is in attempt $run->{attempt}, its events in $now"
            if $run->{attempt} != $now;
        return @bad;
    });
}

sub one_answer {
    return each_run($_[0], sub {
        my ($run) = @_;
        my @bad;
        my $completed = $run->{status} eq 'completed';
        my @answers = grep { $_->{type} eq 'answer' } @{ $run->{events} };
        push @bad, @answers . ' answers' if @answers != ($completed ? 1 : 0);
        push @bad, 'no answer' if $completed && !length($run->{answer} // '');
        push @bad, 'no result' if $completed && !object($run->{result});
        push @bad, 'no error' if !$completed && !object($run->{error});
        push @bad, 'an error, too' if $completed && length($run->{error} // '');
        return @bad;
    });
}

sub object {
    my ($text) = @_;
    my $o = eval { JSON::PP->new->utf8->decode($text) };
    return ref $o eq 'HASH' ? $o : undef;
}

# In the list are those that runs name; runs name what their last attempt
# made; and that is what their events and their result say.
sub right_artifacts {
    my ($all) = @_;
    my %named;
    my @bad = each_run($all, sub {
        my ($run) = @_;
        my @ids = split ' ', $run->{artifacts} // '';
        $named{$_} = $run for @ids;
        my @said = map { object($_->{data})->{artifact_id} }
            grep { $_->{type} eq 'artifact'
                && $_->{attempt} == $run->{attempt} } @{ $run->{events} };
        my @bad;
        push @bad, "has artifacts (@ids), its events say (@said)"
            if "@ids" ne "@said";
        my @result = map { $_->{artifact_id} }
            @{ (object($run->{result}) || {})->{artifacts} || [] };
        push @bad, "has artifacts (@ids), its result says (@result)"
            if $run->{status} eq 'completed' && "@ids" ne "@result";
        push @bad, map { artifact_of($all, $run, $_) } @ids;
        return @bad;
    });
    push @bad, map { "$_ is listed, and of no run's last attempt" }
        grep { !$named{$_} } sort keys %{ $all->{listed} };
    push @bad, map { "$_ of $named{$_}{id} is not listed" }
        grep { !$all->{listed}{$_} } sort keys %named;
    return @bad;
}

sub artifact_of {
    my ($all, $run, $id) = @_;
    my $a = $all->{artifacts}{$id} or return "$id is not there";
    return map { "$id says $_ " . ($a->{$_} // 'nothing') }
        grep { ($a->{$_} // '') ne $run->{ $_ eq 'run' ? 'id' : $_ } }
        qw(run attempt conv);
}

# Also those of attempts that were given up: they can still be read.
sub whole_artifacts {
    my ($all) = @_;
    my (@bad, %claimed);
    for my $id (sort keys %{ $all->{artifacts} }) {
        my $a = $all->{artifacts}{$id};
        my @keys = map { "$a->{key}:$_" } 0 .. $a->{chunks} - 1;
        $claimed{$_} = 1 for @keys;
        my $data = join '', map { $_ // '' }
            $all->{redis}->many(map { [ 'GET', $_ ] } @keys);
        push @bad, "$id: has " . length($data) . " bytes of $a->{bytes}"
            if length $data != $a->{bytes};
        push @bad, "$id: is not what its digest says"
            if sha256_hex($data) ne $a->{digest};
    }

    # What was not committed is gone within the hour.
    my @loose = grep { !$claimed{$_} } sort keys %{ $all->{chunks} };
    my @ttl = $all->{redis}->many(map { [ 'TTL', $_ ] } @loose);
    push @bad, map { "$loose[$_]: of no artifact, and stays $ttl[$_] s" }
        grep { $ttl[$_] > 3600 || $ttl[$_] == -1 } 0 .. $#loose;
    return @bad;
}

sub one_turn {
    my ($all) = @_;
    my (@bad, %asked, %answered);
    for my $key (sort keys %{ $all->{convs} }) {
        my $conv = $all->{convs}{$key};
        push @bad, "$key: " . @{ $conv->{all} } . " turns of $conv->{turns}"
            if @{ $conv->{all} } != $conv->{turns};
        for my $t (@{ $conv->{all} }) {
            $t->{role} eq 'user' ? $asked{ $t->{run} }++
                : $answered{ $t->{run} }++;
        }
    }
    return (@bad, each_run($all, sub {
        my ($run) = @_;
        my ($q, $a) = map { $_->{ $run->{id} } || 0 } \%asked, \%answered;
        my @bad;
        push @bad, "$q turns ask it" if $q != 1;
        push @bad, "$a turns answer it"
            if $a != ($run->{status} eq 'completed' ? 1 : 0);
        return @bad;
    }));
}

sub given_up {
    my ($all) = @_;
    my %dead;
    for my $key (@{ $all->{redis}->cmd('KEYS', '*:dead') }) {
        for my $entry (@{ $all->{redis}->cmd('XRANGE', $key, '-', '+') }) {
            my %fields = @{ $entry->[1] };
            $dead{ $fields{run} }++;
        }
    }
    return each_run($all, sub {
        my ($run) = @_;
        my $lost = $run->{status} eq 'lost' ? 1 : 0;
        my $n = $dead{ $run->{id} } || 0;
        my @bad;
        push @bad, "$n times among the dead" if $n != $lost;
        push @bad, "lost in attempt $run->{attempt} of $run->{max_attempts}"
            if $lost && $run->{attempt} < $run->{max_attempts};
        push @bad, "attempt $run->{attempt} of $run->{max_attempts}"
            if $run->{attempt} > $run->{max_attempts};
        return @bad;
    });
}

1;
