package Mitzu::Chaos;

# The chaos test: many clients ask while everything dies around them, and
# afterwards everything promised is looked after.  t/95-chaos.t is a short
# one, t/bin/chaos as long as one likes.

use strict;
use warnings;

use Mitzu::Chaos::Client;
use Mitzu::Chaos::Monkey;
use Mitzu::Chaos::Stage;
use Mitzu::Chaos::Verdict;
use Mitzu::Test;
use POSIX qw(WNOHANG);
use Test::More ();
use Time::HiRes qw(sleep time);

# What nginx and the agents say when they are treated like this.
my @EXPECTED = (
    qr/\[alert\].*worker process \d+ exited on signal 9/,
    qr/\[alert\].*shared memory zone .* was locked by/,
);

# new(runs => .., clients => .., seed => .., every => seconds between two
# actions, limit => seconds for all of it)
sub new {
    my ($class, %o) = @_;
    my $self = bless { runs => 150, clients => 12, every => 0.7, %o },
        $class;
    $self->{limit} ||= 300 + $self->{runs} / 2;
    $self->{seed} = 1 + $$ * 7919 % 999983 unless $self->{seed};
    return $self;
}

# Plays it and tests what came of it.
sub play {
    my ($self) = @_;
    $self->say("seed $self->{seed}, $self->{runs} runs");
    allow_in_logs(@EXPECTED);
    $self->{began} = time;
    $self->{stage} = Mitzu::Chaos::Stage->new;
    $self->{monkey} = Mitzu::Chaos::Monkey->new(stage => $self->{stage},
        seed => $self->{seed}, every => $self->{every});
    $self->hire;
    my $in_time = $self->watch && $self->settle;
    Test::More::ok($in_time, "it is over within $self->{limit} s")
        or $self->give_up;
    $self->{stage}->strike;
    $self->judge;
    $self->{stage}{redis}->stop;
}

sub say {
    my ($self, $text) = @_;
    my $t = $self->{began} ? time - $self->{began} : 0;
    printf STDERR "# %6.1f %s\n", $t, $text;
}

sub hire {
    my ($self) = @_;
    my $left = $self->{runs};
    for my $n (1 .. $self->{clients}) {
        my $each = int($left / ($self->{clients} - $n + 1));
        $left -= $each;
        my $book = temp_dir() . "/client$n.book";
        push @{ $self->{books} }, $book;
        my $pid = fork;
        die "fork: $!" unless defined $pid;
        if ($pid == 0) {
            eval {
                Mitzu::Chaos::Client->new(seed => $self->{seed},
                    number => $n, runs => $each, book => $book,
                    ports => [ $self->{stage}->ports ])->work;
                1;
            } or spew("$book.died", $@);
            POSIX::_exit(0);
        }
        $self->{client}{$pid} = $n;
    }
}

# Until all clients have their answers; false when it takes too long.
sub watch {
    my ($self) = @_;
    my ($look, $tell) = (time, time + 5);
    while (keys %{ $self->{client} }) {
        $self->{monkey}->step;
        while ((my $pid = waitpid -1, WNOHANG) > 0) {
            delete $self->{client}{$pid};
        }
        if (time > $look) {
            $look = time + 0.5;
            $self->read_books;
        }
        if (time > $tell) {
            $tell = time + 5;
            $self->say(sprintf '%d runs accepted, %d ended; %d of chaos',
                map { $_ || 0 } @{ $self->{seen} }{qw(accepted ended)},
                $self->{monkey}{done});
        }
        return 0 if time - $self->{began} > $self->{limit};
        sleep 0.02;
    }
    return 1;
}

# How far the clients are: what they wrote since the last look.
sub read_books {
    my ($self) = @_;
    for my $book (@{ $self->{books} }) {
        open my $f, '<', $book or next;
        seek $f, $self->{at}{$book} || 0, 0;
        while (my $line = <$f>) {
            last unless $line =~ /\n\z/;
            $self->{at}{$book} = tell $f;
            $self->{seen}{$1}++ if $line =~ /"what":"(\w+)"/;
        }
    }
    $self->{monkey}{ended} = $self->{seen}{ended} || 0;
}

# Peace: also the runs that nobody was told of come to their end.
sub settle {
    my ($self) = @_;
    my $left = $self->{limit} - (time - $self->{began});
    return wait_for($left > 5 ? $left : 5, sub {
        $self->{monkey}->calm && !$self->going }) ? 1 : 0;
}

sub going {
    my ($self) = @_;
    my $redis = $self->{stage}{redis};
    return map { my $key = $_; map { "$key $_" }
        @{ $redis->cmd('ZRANGE', $key, 0, -1) } }
        @{ $redis->cmd('KEYS', '*:leases') };
}

# Tells who hangs, and where; what sleeps is woken, so that all can go home.
sub give_up {
    my ($self) = @_;
    my $redis = $self->{stage}{redis};
    wait_for(30, sub { $self->{monkey}->calm });
    $self->say("hanging: client $_: "
        . (split /\n/, slurp($self->{books}[ $_ - 1 ]))[-1])
        for sort { $a <=> $b } values %{ $self->{client} };
    for my $going (eval { $self->going }) {
        my ($base, $scope, $id) = $going =~ /^(\S+):leases (\w+):(\w+)/;
        my %run = %{ $redis->hash("$base:$scope:run:$id") };
        $self->say("going on: $going: " . join ' ',
            map { "$_=$run{$_}" } grep { !/answer|result|prompt/ }
            sort keys %run);
    }
    kill 'KILL', keys %{ $self->{client} };
}

sub judge {
    my ($self) = @_;
    my $verdict = Mitzu::Chaos::Verdict->new(stage => $self->{stage},
        monkey => $self->{monkey}, books => $self->{books});
    my @died = map { slurp("$_.died") } @{ $self->{books} };
    my $bad = 0;
    for my $check ($verdict->checks,
        [ 'no client died', grep { length } @died ]) {
        my ($title, @complaints) = @$check;
        $bad += @complaints;
        Test::More::is(scalar @complaints, 0, $title);
        my $more = @complaints > 12 ? @complaints - 12 : 0;
        Test::More::diag($_) for splice @complaints, 0, 12;
        Test::More::diag(".. and $more more") if $more;
    }
    $self->say($_) for $verdict->summary;
    return unless $bad;
    Test::More::diag("replay with CHAOS_SEED=$self->{seed}; what was done:");
    Test::More::diag($_) for @{ $self->{monkey}{log} };
    my $kept = build_dir() . "/chaos-$self->{seed}";
    system('cp', '-a', temp_dir(), $kept);
    Test::More::diag("logs, books and Redis's file are in $kept");
}

1;
