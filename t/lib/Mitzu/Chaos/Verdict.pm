package Mitzu::Chaos::Verdict;

# Judges a night of chaos by three witnesses: what the clients were told,
# what Redis holds, what the agents logged.  Each check is a title and the
# complaints against it.

use strict;
use warnings;

use JSON::PP ();
use Mitzu::Chaos::AgentLog;
use Mitzu::Chaos::Promises;
use Mitzu::Test;

my $json = JSON::PP->new->canonical->utf8;

# new(stage => .., monkey => .., books => [..], slack => seconds)
sub new {
    my ($class, %o) = @_;
    my $self = bless { notes => {}, slack => is_san() ? 10 : 5, %o }, $class;
    for my $book (@{ $self->{books} }) {
        for my $line (split /\n/, slurp($book)) {
            my $note = eval { $json->decode($line) } or next;
            push @{ $self->{notes}{ $note->{what} } }, $note;
        }
    }
    $self->{log} = Mitzu::Chaos::AgentLog->new($self->{stage}->log_files);
    $self->{all} = Mitzu::Chaos::Promises::read_all($self->{stage}{redis});
    return $self;
}

sub notes { my ($self, $what) = @_; return @{ $self->{notes}{$what} || [] } }

# [ title, complaint, .. ], ..
sub checks {
    my ($self) = @_;
    return (Mitzu::Chaos::Promises::broken($self->{stage}{redis}),
        [ 'every client that kept asking got its answer', $self->answered ],
        [ 'what was told stays true', $self->told ],
        [ 'nobody was told anything that does not exist or is twice',
            $self->fair ],
        [ 'the same question has the same answer', $self->same_answers ],
        [ 'the rows are those of the answer', $self->tables ],
        [ 'no run is given up', $self->not_lost ],
        [ 'refused writes were of those who had lost the run',
            $self->refused ],
        [ 'who wakes up too late stops at once', $self->sleepers ],
        [ 'who is told to end ends', @{ $self->{monkey}{bad} } ]);
}

sub say {
    my ($note) = @_;
    my %n = %$note;
    my $who = sprintf 'client %d', delete $n{client} // -1;
    delete @n{qw(what at)};
    return "$who: " . substr $json->encode(\%n), 0, 400;
}

sub answered {
    my ($self) = @_;
    my (@bad, %ended);
    push @bad, map { say($_) } $self->notes('gave up');
    $ended{ $_->{prompt_id} } = 1 for $self->notes('ended');
    push @bad, map { "no end of $_->{prompt_id}, which was accepted" }
        grep { !$ended{ $_->{prompt_id} } } $self->notes('accepted');
    my %done = map { $_->{client} => 1 } $self->notes('done');
    push @bad, map { "client $_ did not get to its end" }
        grep { !$done{$_} } 1 .. @{ $self->{books} };
    return @bad;
}

sub told {
    my ($self) = @_;
    my @bad;
    for my $n (map { $self->notes($_) } 'accepted', 'ended', 'asked again') {
        my $run = $self->{all}{runs}{ $n->{prompt_id} };
        push @bad, !$run ? "$n->{prompt_id} is not in Redis"
            : !defined $n->{status} ? ()
            : $n->{status} ne $run->{status}
                ? "$n->{prompt_id} was told to be $n->{status}, "
                    . "and is $run->{status}"
            : defined $n->{answer} && $n->{answer} ne utf8($run->{answer})
                ? "$n->{prompt_id}: the answer was another" : ();
    }
    return @bad;
}

sub utf8 { my ($s) = @_; utf8::decode($s) if defined $s; return $s // '' }

sub fair {
    my ($self) = @_;
    return map { "$_->{what}: " . say($_) } map { $self->notes($_) }
        'bad', 'out of order', 'moved', 'not cancelled';
}

# One warehouse, one clock: whoever worked, however often it was started.
sub same_answers {
    my ($self) = @_;
    my (%alone, %answers);
    $alone{ $_->{prompt_id} } = 1
        for grep { $_->{alone} } $self->notes('accepted');
    for my $run (grep { $_->{status} eq 'completed' && $alone{ $_->{id} } }
        values %{ $self->{all}{runs} }) {
        (my $text = $run->{answer}) =~ s/\ba_[a-z2-7]{26}\b/a_/g;
        push @{ $answers{ $run->{prompt} }{$text} }, $run->{id};
    }
    return map { my $n = keys %{ $answers{$_} };
        $n == 1 ? () : "$n answers to \"$_\": "
            . join ' | ', map { $_->[0] } values %{ $answers{$_} } }
        sort keys %answers;
}

sub tables {
    my ($self) = @_;
    return map { say($_) }
        grep { $_->{got} != $_->{want} || $_->{rows} != $_->{want} }
        $self->notes('table');
}

# With so many attempts as they had.
sub not_lost {
    my ($self) = @_;
    return map { "$_->{id} is $_->{status}: " . ($_->{error} // '') }
        grep { $_->{status} eq 'lost' || $_->{status} eq 'failed' }
        map { $self->{all}{runs}{$_} } sort keys %{ $self->{all}{runs} };
}

# A refused write is of an attempt that was over: by another, or by its own
# end, which may have been said twice.
sub refused {
    my ($self) = @_;
    my @bad;
    for my $r (@{ $self->{log}{refused} }) {
        my $run = $self->{all}{runs}{ $r->{run} };
        push @bad, !$run ? "$r->{run}: refused, and is not there"
            : $r->{why} =~ /^superseded/ && $run->{attempt} == $r->{attempt}
                && !requeued($run, $r->{attempt})
                ? "$r->{run}: attempt $r->{attempt} was refused ($r->{why}) "
                    . 'and is the last' : ();
    }
    return @bad;
}

sub requeued {
    my ($run, $attempt) = @_;
    return scalar grep { $_->{attempt} == $attempt
        && $_->{phase} eq 'requeued' } @{ $run->{events} };
}

# A runner that wakes after its lease lets go within a renewal, whatever it
# was doing; and what it ended, it had not lost.
sub sleepers {
    my ($self) = @_;
    my $lease = $self->{stage}{lease};
    my @bad;
    $self->{woken} = [];
    for my $s (grep { $_->{woke} } @{ $self->{monkey}{sleeps} }) {
        my $held = $self->{log}->in_hand($s) or next;
        next if $s->{to} - $s->{from} < $lease;
        my $limit = $lease / 4 + $self->{slack};
        my $what = "runner $s->{pid} with attempt $held->{attempt} of "
            . $held->{run};
        if (!defined $held->{to}) {
            push @bad, "$what never let go of it"
                unless $self->disturbed($s, $limit);
            next;
        }
        my $took = $held->{to} - $s->{to};
        push @{ $self->{woken} }, { took => $took, how => $held->{how} };
        push @bad, sprintf '%s stopped %.1f s after it woke (%s)', $what,
            $took, $held->{how}
            if $took > $limit && !$self->disturbed($s, $took);
        my $run = $self->{all}{runs}{ $held->{run} };
        push @bad, "$what says $held->{how}; its attempt is $run->{attempt}"
            if $held->{how} =~ /^(?:completed|failed)$/
                && $run->{attempt} != $held->{attempt};
    }
    return @bad;
}

# Whether it was killed, or put to sleep again, meanwhile.
sub disturbed {
    my ($self, $sleep, $seconds) = @_;
    my $killed = $self->{monkey}{killed}{ $sleep->{pid} };
    return 1 if defined $killed && $killed >= $sleep->{from};
    return scalar grep { $_->{pid} == $sleep->{pid}
        && $_->{from} > $sleep->{from}
        && $_->{from} < $sleep->{to} + $seconds }
        @{ $self->{monkey}{sleeps} };
}

# What there was, for people.
sub summary {
    my ($self) = @_;
    my (%status, $attempts, $most);
    for my $run (values %{ $self->{all}{runs} }) {
        $status{ $run->{status} }++;
        $attempts += $run->{attempt};
        $most = $run->{attempt} if !$most || $run->{attempt} > $most;
    }
    my @woken = sort { $a <=> $b } map { $_->{took} }
        @{ $self->{woken} || [] };
    my $actions = $self->{monkey}{count};
    return (
        'runs: ' . join(', ', map { "$status{$_} $_" } sort keys %status),
        sprintf('attempts: %d, at most %d of a run', $attempts, $most),
        'chaos: ' . join(', ', map { "$_ $actions->{$_}" }
            sort keys %$actions),
        'refused writes: ' . (join('; ', $self->{log}->refusals) || 'none'),
        @woken ? sprintf('woken after their lease: %d, let go after %.2f s '
            . '(median), %.2f s (at most)', scalar @woken,
            $woken[ @woken / 2 ], $woken[-1]) : 'woken after their lease: 0',
        'limited: ' . $self->notes('limited') . ', streams that ended while '
            . 'Redis was away: ' . $self->notes('away'));
}

1;
