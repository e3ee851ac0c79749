package Mitzu::HTTP;

# A small HTTP/1.1 client on a raw socket: whole answers, or a stream read
# event by event.  It shows what HTTP::Tiny hides: chunks as they come.

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use Socket qw(SOL_SOCKET SO_LINGER);
use Time::HiRes qw(time);

sub new {
    my ($class, %o) = @_;
    my $self = bless { host => '127.0.0.1', timeout => 20, %o }, $class;
    $self->{sock} = IO::Socket::INET->new(PeerAddr => $self->{host},
        PeerPort => $self->{port}, Proto => 'tcp', Timeout => 5)
        or return undef;
    $self->{in} = '';
    return $self;
}

# request(method, path, headers => [..], body => ..): sends only.
sub send_request {
    my ($self, $method, $path, %o) = @_;
    my @h = @{ $o{headers} || [] };
    my $text = "$method $path HTTP/1.1\r\nHost: $self->{host}:$self->{port}\r\n";
    while (@h) {
        my ($k, $v) = splice @h, 0, 2;
        $text .= "$k: $v\r\n";
    }
    if (defined $o{body}) {
        $text .= 'Content-Length: ' . length($o{body}) . "\r\n";
    }
    $text .= "Connection: close\r\n" unless $o{keepalive};
    $text .= "\r\n" . (defined $o{body} ? $o{body} : '');
    local $SIG{PIPE} = 'IGNORE';
    my $off = 0;
    while ($off < length $text) {
        my $n = syswrite $self->{sock}, $text, length($text) - $off, $off;
        last unless defined $n;
        $off += $n;
    }
    $self->{head} = undef;
    return $self;
}

# More bytes within the time; 0 at the end of the connection.
sub fill {
    my ($self, $end) = @_;
    my $left = $end - time;
    return undef if $left <= 0;
    IO::Select->new($self->{sock})->can_read($left) or return undef;
    my $n = sysread $self->{sock}, $self->{in}, 65536, length $self->{in};
    return $n ? $n : 0;
}

# Status line and headers: { status, headers => { lower-case => value } }.
sub read_head {
    my ($self, $seconds) = @_;
    my $end = time + ($seconds || $self->{timeout});
    while ($self->{in} !~ /\r\n\r\n/) {
        $self->fill($end) or return undef;
    }
    $self->{in} =~ s/^(.*?)\r\n\r\n//s;
    my ($line, @rest) = split /\r\n/, $1;
    my %h;
    for (@rest) {
        my ($k, $v) = /^([^:]+):\s*(.*)$/ or next;
        $k = lc $k;
        $h{$k} = exists $h{$k} ? "$h{$k}, $v" : $v;
    }
    my ($status) = $line =~ m{^HTTP/\S+ (\d+)};
    $self->{head} = { status => $status, headers => \%h };
    $self->{chunked} = ($h{'transfer-encoding'} || '') =~ /chunked/;
    $self->{left} = $h{'content-length'};
    $self->{data} = '';
    $self->{ended} = 0;
    return $self->{head};
}

# Moves decoded body bytes to {data}; false at the end or after the time.
sub more_body {
    my ($self, $end) = @_;
    return 0 if $self->{ended};
    if ($self->{chunked}) {
        while (1) {
            if ($self->{in} =~ /^([0-9a-fA-F]+)[^\r\n]*\r\n/) {
                my ($head, $n) = (length $&, hex $1);
                if (length($self->{in}) >= $head + $n + 2) {
                    $self->{data} .= substr $self->{in}, $head, $n;
                    substr($self->{in}, 0, $head + $n + 2) = '';
                    $self->{ended} = 1 if $n == 0;
                    $self->{clean} = 1 if $n == 0;
                    return 1;
                }
            }
            my $got = $self->fill($end);
            $self->{ended} = 1 if defined $got && $got == 0;
            return 0 unless $got;
        }
    }
    if (defined $self->{left} && $self->{left} == 0) {
        return !($self->{ended} = $self->{clean} = 1);
    }
    if ($self->{in} eq '') {
        my $got = $self->fill($end);
        $self->{ended} = 1 if defined $got && $got == 0;
        return 0 unless $got;
    }
    my $take = defined $self->{left} && $self->{left} < length $self->{in}
        ? $self->{left} : length $self->{in};
    $self->{data} .= substr $self->{in}, 0, $take, '';
    $self->{left} -= $take if defined $self->{left};
    return 1;
}

# The whole answer: { status, headers, body } or undef after the time.
sub read_answer {
    my ($self, $seconds) = @_;
    my $end = time + ($seconds || $self->{timeout});
    my $head = $self->read_head($end - time) or return undef;
    1 while $self->more_body($end);
    return { %$head, body => $self->{data}, clean => $self->{clean} };
}

# The next event of a text/event-stream: { data, event, id, comment }, or
# undef at the end (or after the time).
sub read_event {
    my ($self, $seconds) = @_;
    my $end = time + ($seconds || $self->{timeout});
    while ($self->{data} !~ /\n\n/) {
        return undef unless $self->more_body($end);
    }
    $self->{data} =~ s/^(.*?)\n\n//s;
    my %e = (at => time);
    for my $line (split /\n/, $1) {
        if ($line =~ /^:\s?(.*)/) { $e{comment} = $1 }
        elsif ($line =~ /^(\w+):\s?(.*)/) { $e{$1} = $2 }
    }
    return \%e;
}

sub close { CORE::close(delete $_[0]{sock}) if $_[0]{sock} }

# As when the machine at the other end dies: a reset, no farewell.
sub cut {
    my ($self) = @_;
    setsockopt $self->{sock}, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0)
        if $self->{sock};
    $self->close;
}

# One request, one answer.
sub once {
    my ($class, $port, $method, $path, %o) = @_;
    my $c = $class->new(port => $port, timeout => $o{timeout} || 20)
        or return undef;
    $c->send_request($method, $path, %o);
    my $answer = $c->read_answer;
    $c->close;
    return $answer;
}

1;
