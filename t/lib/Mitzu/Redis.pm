package Mitzu::Redis;

# A redis-server of the test's own on a loopback port and a unix socket, and
# a small RESP client for looking inside.

use strict;
use warnings;

use IO::Socket::INET;
use IO::Socket::UNIX;
use Mitzu::Leaks ();
use Mitzu::Test;

sub new {
    my ($class, %o) = @_;
    my $self = bless { name => 'redis', %o }, $class;
    $self->{port} ||= free_port();
    $self->{dir} = temp_dir() . "/$self->{name}";
    mkdir $self->{dir};
    $self->{socket} = "$self->{dir}/redis.sock";
    $self->start unless $o{stopped};
    return $self;
}

sub start {
    my ($self) = @_;
    $self->{pid} = spawn_process(name => $self->{name}, cmd => [
        'redis-server', '--port', $self->{port}, '--bind', '127.0.0.1',
        '--dir', $self->{dir}, '--unixsocket', $self->{socket},
        '--save', '', '--appendonly', 'yes', '--appendfsync', 'always',
        '--maxmemory-policy', 'noeviction', @{ $self->{args} || [] } ]);
    delete $self->{sock};
    wait_for(10, sub { eval { ($self->cmd('PING') || '') eq 'PONG' } })
        or die "redis-server does not start\n";
    return $self;
}

sub stop { my ($s) = @_; delete $s->{sock}; stop_process($s->{pid}, 'TERM') }
sub kill { my ($s) = @_; delete $s->{sock}; kill_process($s->{pid}) }

sub url { return "redis://127.0.0.1:$_[0]{port}" }

sub cmd {
    my ($self, @args) = @_;
    my $s = $self->{sock} ||= IO::Socket::UNIX->new(Peer => $self->{socket})
        or die "redis: $!\n";
    local $SIG{PIPE} = 'IGNORE';
    my $r = eval {
        print {$s} encode(@args) or die "redis: connection closed\n";
        [ reply($s) ];
    };
    return $r->[0] if $r;

    # Sentinels make a server that changes its role close all connections.
    delete $self->{sock} if $@ eq "redis: connection closed\n";
    die $@;
}

sub encode {
    my (@args) = @_;
    my $text = '*' . @args . "\r\n";
    $text .= '$' . length($_) . "\r\n$_\r\n" for @args;
    return $text;
}

sub reply {
    my ($s) = @_;
    local $/ = "\r\n";
    my $line = <$s>;
    die "redis: connection closed\n" unless defined $line;
    chomp $line;
    my ($type, $rest) = $line =~ /^(.)(.*)$/s;
    return $rest if $type eq '+' || $type eq ':';
    die "redis: $rest\n" if $type eq '-';
    return undef if $rest < 0;
    return [ map { reply($s) } 1 .. $rest ] if $type eq '*';
    my $data = '';
    read $s, $data, $rest + 2;
    return substr $data, 0, $rest;
}

sub hash {
    my ($self, $key) = @_;
    return { @{ $self->cmd('HGETALL', $key) } };
}

# Many commands, written without a wait for each reply; their replies.
sub many {
    my ($self, @commands) = @_;
    my @replies;
    while (my @some = splice @commands, 0, 200) {
        my $s = $self->{sock} || ($self->cmd('PING'), $self->{sock})[1];
        print {$s} map { encode(@$_) } @some or die "redis: $!\n";
        push @replies, reply($s) for @some;
    }
    return @replies;
}

# Every key that is there and no document knows.
sub strange_keys {
    my ($self, $prefix) = @_;
    return Mitzu::Leaks::strange_keys($self, $prefix);
}

1;
