package Mitzu::Chaos::Lag;

# A line to Redis that is as long as it is said to be: what goes in comes out
# some milliseconds later, in order, both ways.  It can stall, and deliver
# everything afterwards (a write that arrives after its lease), or break all
# its connections.  A process of its own, told through a pipe.

use strict;
use warnings;

use IO::Handle;
use IO::Socket::INET;
use Mitzu::Test;
use Time::HiRes qw(time);

# new(target => port, ms => of one way)
sub new {
    my ($class, %o) = @_;
    my $self = bless { port => free_port(), ms => 0, %o }, $class;
    my $listen = IO::Socket::INET->new(Listen => 64, ReuseAddr => 1,
        LocalAddr => '127.0.0.1', LocalPort => $self->{port})
        or die "lag: $!";
    pipe my $orders, $self->{orders} or die "lag: $!";
    $self->{orders}->autoflush;
    $self->{pid} = fork;
    die "fork: $!" unless defined $self->{pid};
    if ($self->{pid} == 0) {
        close $self->{orders};
        $self->serve($listen, $orders);
        POSIX::_exit(0);
    }
    close $listen;
    close $orders;
    return $self;
}

sub url { return "redis://127.0.0.1:$_[0]{port}" }
sub stall { $_[0]{orders}->print('s') }
sub flow { $_[0]{orders}->print('f') }
sub break { $_[0]{orders}->print('b') }

# A pipe that ends says the same, when the test has died.
sub stop { my ($s) = @_; $s->{orders}->print('q'); waitpid $s->{pid}, 0 }

sub serve {
    my ($self, $listen, $orders) = @_;
    $SIG{PIPE} = 'IGNORE';
    my $l = { listen => $listen, lines => {}, stalled => 0 };
    my ($order_fd, $listen_fd) = (fileno $orders, fileno $listen);
    while (1) {
        my ($in, $wait) = ('', $self->deliver($l));
        vec($in, $_, 1) = 1 for $order_fd, $listen_fd,
            grep { !$l->{lines}{$_}{ended} } keys %{ $l->{lines} };
        next if select($in, undef, undef, $wait) <= 0;
        if (vec $in, $order_fd, 1) {
            sysread($orders, my $order, 1) or return;
            return if $order eq 'q';
            $l->{stalled} = $order eq 's' ? 1 : 0;
            if ($order eq 'b') { drop($l, $_) for keys %{ $l->{lines} } }
            next;
        }
        for my $fd (grep { vec $in, $_, 1 } keys %{ $l->{lines} }) {
            $self->take($l, $fd);
        }
        $self->meet($l) if vec $in, $listen_fd, 1;
    }
}

# A new connection is two lines, each of which knows the other.
sub meet {
    my ($self, $l) = @_;
    my $client = $l->{listen}->accept or return;
    my $server = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $self->{target}) or return close $client;
    my ($c, $s) = map { fileno $_ } $client, $server;
    $l->{lines}{$c} = { sock => $client, to => $s, queue => [] };
    $l->{lines}{$s} = { sock => $server, to => $c, queue => [] };
}

# What was read is due later, at the other end: also of one who is dead now.
sub take {
    my ($self, $l, $fd) = @_;
    my $line = $l->{lines}{$fd} or return;
    my $n = sysread $line->{sock}, my $data, 65536;
    return $line->{ended} = 1 unless $n;
    push @{ $line->{queue} }, [ time + $self->{ms} / 1000, $data ];
}

sub drop {
    my ($l, $fd) = @_;
    my $line = delete $l->{lines}{$fd} or return;
    my $peer = delete $l->{lines}{ $line->{to} };
    close $_->{sock} for grep { $_ } $line, $peer;
}

# Sends what is due; how long until the next.
sub deliver {
    my ($self, $l) = @_;
    my ($now, $next) = (time, undef);
    return undef if $l->{stalled};
    for my $fd (keys %{ $l->{lines} }) {
        my $line = $l->{lines}{$fd} or next;        # dropped with its peer
        my $queue = $line->{queue};
        while (@$queue && $queue->[0][0] <= $now) {
            send_all($l->{lines}{ $line->{to} }{sock}, shift(@$queue)->[1]);
        }
        if (@$queue) {
            my $due = $queue->[0][0] - $now;
            $next = $due if !defined $next || $due < $next;
        } elsif ($line->{ended}) {
            drop($l, $fd);
        }
    }
    return $next;
}

# To one that does not read for long it is lost: then it is broken anyway.
sub send_all {
    my ($sock, $data) = @_;
    while (length $data) {
        my $n = syswrite $sock, $data or return;
        substr($data, 0, $n) = '';
    }
}

1;
