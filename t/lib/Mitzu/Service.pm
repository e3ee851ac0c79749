package Mitzu::Service;

# An HTTP service of the test's own that says what it is told to, at the pace
# it is told to, and counts: key sets, an authorization service.

use strict;
use warnings;

use IO::Socket::INET;
use JSON::PP ();
use Mitzu::Test;
use Time::HiRes qw(sleep);

my $json = JSON::PP->new->canonical->utf8->allow_nonref;
my $n = 0;

# new(): serves until stop().
sub new {
    my ($class, %o) = @_;
    my $self = bless { port => free_port(), plans => {}, %o }, $class;
    $self->{file} = temp_dir() . '/service' . ++$n;
    $self->write;
    $self->start;
    return $self;
}

sub start {
    my ($self) = @_;
    my $listen = IO::Socket::INET->new(Listen => 128, ReuseAddr => 1,
        LocalAddr => '127.0.0.1', LocalPort => $self->{port})
        or die "service: $!";
    $self->{pid} = fork;
    if ($self->{pid} == 0) {
        $SIG{TERM} = sub { POSIX::_exit(0) };
        $SIG{CHLD} = 'IGNORE';
        while (getppid() != 1) {
            my $c = $listen->accept or next;
            next if fork;
            close $listen;
            alarm 120;
            $self->serve($c);
            POSIX::_exit(0);
        }
        POSIX::_exit(0);
    }
    close $listen;
    return $self;
}

sub stop { my ($s) = @_; kill 'TERM', $s->{pid}; waitpid $s->{pid}, 0 }

sub write {
    my ($self) = @_;
    spew("$self->{file}.$$", $json->encode($self->{plans}));
    rename "$self->{file}.$$", $self->{file} or die "$self->{file}: $!";
}

# What a path answers from now on: status, headers => [..], body, delay =>
# seconds before anything, drip => bytes for each tenth of a second, close =>
# 1 to hang up instead.
sub plan {
    my ($self, $path, %plan) = @_;
    $self->{plans}{$path} = { status => 200, headers => [], body => '',
        %plan };
    $self->write;
    return $self;
}

# The requests for a path so far, as { method, path, head }.
sub requests {
    my ($self, $path) = @_;
    return grep { $_->{path} eq $path }
        map { $json->decode($_) } split /\n/, slurp("$self->{file}.log");
}

sub count { return scalar $_[0]->requests($_[1]) }

sub serve {
    my ($self, $c) = @_;
    local $SIG{PIPE} = 'IGNORE';
    my $head = '';
    while ($head !~ /\r\n\r\n/) {
        sysread $c, $head, 16384, length $head or return;
    }
    my ($method, $path) = $head =~ m{^(\S+) ([^\s?]+)};
    open my $log, '>>', "$self->{file}.log" or return;
    syswrite $log, $json->encode({ method => $method, path => $path,
        head => $head }) . "\n";
    my $plan = $json->decode(slurp($self->{file}))->{$path}
        || { status => 404, headers => [], body => '' };
    sleep $plan->{delay} if $plan->{delay};
    return if $plan->{close};
    my $text = "HTTP/1.1 $plan->{status} Planned\r\nConnection: close\r\n";
    my @h = @{ $plan->{headers} };
    while (my ($k, $v) = splice @h, 0, 2) { $text .= "$k: $v\r\n" }
    $text .= 'Content-Length: ' . length($plan->{body}) . "\r\n\r\n";
    syswrite $c, $text;
    my $step = $plan->{drip} || 1 << 20;
    for (my $at = 0; $at < length $plan->{body}; $at += $step) {
        syswrite $c, substr($plan->{body}, $at, $step) or return;
        sleep 0.1 if $plan->{drip};
    }
}

1;
