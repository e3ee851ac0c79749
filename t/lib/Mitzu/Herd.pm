package Mitzu::Herd;

# Thousands of HTTP connections in one process: each sends a request and
# reads its answer, event by event when it is a stream, as the bytes come.
# What happens is told by callbacks; nothing here waits for one connection.

use strict;
use warnings;

use IO::Socket::INET;
use Time::HiRes qw(time);

sub new { return bless { members => {}, later => [], vec => '' }, $_[0] }

# add(port => .., text => the whole request, head => sub, event => sub,
# body => sub, end => sub, ..): the member, which callbacks are given.
#   head    { status, headers } are in the member
#   event   and an event: { id, data, retry, comment }
#   end     {clean}: all of the answer came; {body}: unless it was a stream
sub add {
    my ($self, %o) = @_;
    my $m = { %o, in => '', body => '', began => time };
    my $sock = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $o{port}, Proto => 'tcp', Timeout => 5);
    return $self->ended($m, "connect: $!") unless $sock;
    my $off = 0;
    local $SIG{PIPE} = 'IGNORE';
    while ($off < length $o{text}) {
        my $n = syswrite $sock, $o{text}, length($o{text}) - $off, $off;
        return $self->ended($m, "write: $!") unless defined $n;
        $off += $n;
    }
    $sock->blocking(0);
    $m->{sock} = $sock;
    my $fd = fileno $sock;
    $self->{members}{$fd} = $m;
    vec($self->{vec}, $fd, 1) = 1;
    return $m;
}

# Calls code after the seconds, while go() is at it.
sub later {
    my ($self, $seconds, $code) = @_;
    push @{ $self->{later} }, [ time + $seconds, $code ];
}

sub members { return values %{ $_[0]{members} } }

# Until done() is true (looked at now and then), or the time is over: then
# false.
sub go {
    my ($self, $seconds, $done) = @_;
    my $end = time + $seconds;
    my $look = 0;
    while ((my $now = time) < $end) {
        if ($now >= $look) {
            return 1 if $done->();
            $look = time + 0.05;
        }
        my @due = grep { $_->[0] <= $now } @{ $self->{later} };
        if (@due) {
            $self->{later} = [ grep { $_->[0] > $now } @{ $self->{later} } ];
            $_->[1]->() for @due;
        }
        my $n = select my $r = $self->{vec}, undef, undef, 0.02;
        next if $n <= 0;
        my $bits = unpack 'b*', $r;
        my $fd = -1;
        while (($fd = index $bits, '1', $fd + 1) >= 0) {
            $self->readable($self->{members}{$fd}) if $self->{members}{$fd};
        }
    }
    return $done->() ? 1 : 0;
}

sub readable {
    my ($self, $m) = @_;
    my $n = sysread $m->{sock}, $m->{in}, 262144, length $m->{in};
    return if !defined $n && $!{EAGAIN};
    my $why = defined $n ? 'closed' : "read: $!";
    $self->eat($m) if $n;
    $self->ended($m, $why) if !$n || $m->{clean};
}

sub drop {
    my ($self, $m) = @_;
    my $sock = delete $m->{sock} or return;
    my $fd = fileno $sock;
    delete $self->{members}{$fd};
    vec($self->{vec}, $fd, 1) = 0;
    close $sock;
}

sub ended {
    my ($self, $m, $why) = @_;
    $self->drop($m);
    $m->{why} = $why;
    $m->{took} = time - $m->{began};
    $m->{end}->($m) if $m->{end};
    return $m;
}

sub eat {
    my ($self, $m) = @_;
    if (!$m->{status}) {
        $m->{in} =~ s{^HTTP/\S+ (\d+)[^\r]*\r\n(.*?)\r\n\r\n}{}s or return;
        $m->{status} = $1;
        $m->{headers} = { map { /^([^:]+):\s*(.*)$/ ? (lc $1, $2) : () }
            split /\r\n/, $2 };
        $m->{left} = $m->{headers}{'content-length'};
        $m->{stream} = ($m->{headers}{'content-type'} || '')
            =~ m{^text/event-stream};
        $m->{head}->($m) if $m->{head};
    }
    if (defined $m->{left}) {
        $m->{body} .= $m->{in};
        $m->{in} = '';
        $m->{clean} = 1 if length $m->{body} >= $m->{left};
    } else {
        while ($m->{in} =~ /^([0-9a-fA-F]+)\r\n/) {
            my ($head, $size) = (length $&, hex $1);
            last if length $m->{in} < $head + $size + 2;
            $m->{body} .= substr $m->{in}, $head, $size;
            substr $m->{in}, 0, $head + $size + 2, '';
            $m->{clean} = 1, last if $size == 0;
        }
    }
    return unless $m->{stream};
    while ($m->{body} =~ s/^(.*?)\n\n//s) {
        my %e;
        for (split /\n/, $1) {
            if (/^:\s?(.*)/) { $e{comment} = $1 }
            elsif (/^(\w+):\s?(.*)/) { $e{$1} = $2 }
        }
        $m->{event}->($m, \%e) if $m->{event};
    }
}

1;
