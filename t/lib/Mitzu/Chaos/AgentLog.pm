package Mitzu::Chaos::AgentLog;

# What the agents wrote down: which runner had which run, how each let go of
# it, and every write that Redis refused.

use strict;
use warnings;

use Mitzu::Test;
use Time::Local qw(timegm);

# A runner has a run from the first of these to one of the others.
my $BEGINS = qr/^run (\S+): attempt (\d+): "/;
my $REFUSED = qr/^run (\S+): attempt (\d+) refused: (.*)/;
my $ENDS = join '|', 'lease lost, given up', 'cancelled or taken over',
    'handed back', 'not handed back: .*', 'the run is no longer ours',
    'completed', 'failed', 'ended already', 'left to its lease';
$ENDS = qr/^run (\S+): ($ENDS)$/;
my $STOPS = qr/^run (\S+): does not stop/;

# new(file, ..)
sub new {
    my ($class, @files) = @_;
    my $self = bless { held => [], refused => [], by_pid => {} }, $class;
    for my $file (@files) {
        $self->line($_) for split /\n/, slurp($file);
    }
    return $self;
}

sub line {
    my ($self, $line) = @_;
    my ($y, $mon, $d, $h, $m, $s, $ms, $pid, $text) = $line =~
        /^(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)(\.\d+)Z \w+ (\d+) (.*)/
        or return;
    my $at = timegm($s, $m, $h, $d, $mon - 1, $y) + $ms;
    my $now = $self->{by_pid}{$pid};
    if ($text =~ $BEGINS) {
        $now = { pid => $pid, run => $1, attempt => $2, from => $at };
        $self->{by_pid}{$pid} = $now;
        push @{ $self->{held} }, $now;
    } elsif ($text =~ $REFUSED) {
        push @{ $self->{refused} }, { run => $1, attempt => $2, why => $3,
            pid => $pid, at => $at };
    } elsif ($text =~ $ENDS || $text =~ $STOPS) {
        return unless $now && $now->{run} eq $1 && !$now->{to};
        $now->{to} = $at;
        $now->{how} = $2 || 'does not stop';
    }
}

# How often each reason was given, in words.
sub refusals {
    my ($self) = @_;
    my %n;
    for my $r (@{ $self->{refused} }) {
        (my $why = $r->{why}) =~ s/attempt \d+/a later attempt/;
        $n{$why}++;
    }
    return map { "$n{$_} because $_" } sort { $n{$b} <=> $n{$a} } keys %n;
}

# Of a runner that slept from .. to: the run it had in its hands, which is
# its newest, for a pid may have been another's before.
sub in_hand {
    my ($self, $sleep) = @_;
    my ($held) = sort { $b->{from} <=> $a->{from} }
        grep { $_->{pid} == $sleep->{pid} && $_->{from} < $sleep->{from} }
        @{ $self->{held} };
    return undef if !$held
        || defined $held->{to} && $held->{to} <= $sleep->{from};
    return $held;
}

1;
