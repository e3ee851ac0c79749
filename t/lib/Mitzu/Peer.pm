package Mitzu::Peer;

# The official clients of t/peers, driven step by step: what they say comes
# as hashes, one after the other.

use strict;
use warnings;

use IO::Select;
use IPC::Open2 qw(open2);
use JSON::PP ();
use Mitzu::Test qw(root_dir temp_dir log_of);
use Time::HiRes qw(time);

my $json = JSON::PP->new->canonical->utf8;

sub dir { return root_dir() . '/t/peers' }

# The clients want a newer Node.js than Debian 12 has: one from npm.
sub node {
    my $dir = dir();
    die "the clients are not installed: make test does it\n"
        unless -d "$dir/node_modules";
    return (glob("$dir/node_modules/node-linux-*/bin/node"), 'node')[0];
}

# new(kind, url): a client that begins to connect.  More arguments: another
# script and what it wants besides.
sub new {
    my ($class, $kind, $url, $script, @args) = @_;
    my $self = bless { kind => $kind, in => '', said => [] }, $class;
    my $log = log_of(temp_dir() . "/peer-$kind.log");
    my ($node, $dir) = (node(), dir());
    $self->{pid} = open2($self->{from}, $self->{to}, '/bin/sh', '-c',
        'exec "$@" 2>>"$0"', $log, $node, $script || "$dir/drive.mjs", $kind,
        $url, @args);
    return $self;
}

sub tell {
    my ($self, $verb, $as, $params, %more) = @_;
    local $SIG{PIPE} = 'IGNORE';
    syswrite $self->{to}, $json->encode({ do => $verb, as => $as,
        $params ? (params => $params) : (), %more }) . "\n";
}

# What is said next; undef when it is silent for that long, or gone.
sub hear {
    my ($self, $seconds) = @_;
    my $end = time + $seconds;
    while ($self->{in} !~ /\n/) {
        my $left = $end - time;
        return undef if $left <= 0;
        IO::Select->new($self->{from})->can_read($left) or return undef;
        sysread $self->{from}, $self->{in}, 65536, length $self->{in}
            or return undef;
    }
    $self->{in} =~ s/^(.*)\n//;
    my $said = $json->decode($1);
    push @{ $self->{said} }, $said;
    return $said;
}

# Listens until the code says it is what was waited for; gives it.
sub until {
    my ($self, $code, $seconds) = @_;
    my $end = time + ($seconds || 20);
    while (time < $end) {
        my $said = $self->hear($end - time) or return undef;
        return $said if $code->($said);
    }
    return undef;
}

# The result of what was begun under a name, or its error.
sub result {
    my ($self, $as, $seconds) = @_;
    return $self->until(sub { ($_[0]{as} || '') eq $as
        && ($_[0]{result} || exists $_[0]{error}) }, $seconds) || {};
}

sub do {
    my ($self, $verb, $params) = @_;
    my $as = 'n' . ++$self->{n};
    $self->tell($verb, $as, $params);
    return $self->result($as);
}

# How many requests over HTTP were like that.
sub requests {
    my ($self, %like) = @_;
    return scalar grep { my $s = $_; exists $s->{http}
        && !grep { "$s->{$_}" ne "$like{$_}" } keys %like } @{ $self->{said} };
}

sub stop {
    my ($self) = @_;
    $self->tell('close');
    my $closed = $self->until(sub { $_[0]{closed} }, 10);
    close $self->{to};
    kill 'TERM', $self->{pid} unless $closed;
    waitpid $self->{pid}, 0;
    return $closed ? 1 : 0;
}

1;
