package Mitzu::AuthServer;

# The authorization server of t/auth/server.mjs on a loopback port, and the
# clients of t/auth/client.mjs that sign in at it.

use strict;
use warnings;

use IO::Select;
use IPC::Open2 qw(open2);
use JSON::PP ();
use Mitzu::Peer;
use Mitzu::Test;
use Time::HiRes qw(time);

my $json = JSON::PP->new->canonical->utf8;
my $clients = 0;

sub dir { return root_dir() . '/t/auth' }

# new(resource => URL, client_id => of the environment, life => seconds)
sub new {
    my ($class, %o) = @_;
    my $self = bless { port => free_port(), life => 300,
        client_id => 'client_01ENVIRONMENT', in => '', %o }, $class;
    die "the authorization server is not installed: make test does it\n"
        unless -d dir() . '/node_modules';
    $self->{issuer} = "http://127.0.0.1:$self->{port}";
    $self->{log} = log_of(temp_dir() . '/auth-server.log');
    $self->{pid} = open2($self->{from}, $self->{to}, '/bin/sh', '-c',
        'exec "$@" 2>>"$0"', $self->{log}, Mitzu::Peer::node(),
        dir() . '/server.mjs', $self->{port}, $self->{resource},
        $self->{client_id}, $self->{life});
    $self->hear(20)->{ready} or die "the authorization server does not start\n";
    return $self;
}

sub hear {
    my ($self, $seconds) = @_;
    my $end = time + $seconds;
    while ($self->{in} !~ /\n/) {
        my $left = $end - time;
        $left > 0 && IO::Select->new($self->{from})->can_read($left)
            && sysread $self->{from}, $self->{in}, 65536, length $self->{in}
            or die "the authorization server is silent\n";
    }
    $self->{in} =~ s/^(.*)\n//;
    return $json->decode($1);
}

sub order {
    my ($self, $do, %o) = @_;
    syswrite $self->{to}, $json->encode({ do => $do, %o }) . "\n";
    return $self->hear(10);
}

# Publishes these keys (they are made when new); the first one signs.
sub keys { my ($s, @kids) = @_; $s->order('keys', order => \@kids) }
sub life { my ($s, $n) = @_; $s->order('life', seconds => $n) }

# How often it was asked: count('GET /oauth2/jwks').
sub count { return $_[0]->order('counts')->{counts}{ $_[1] } || 0 }

# A client of a kind that begins to connect, and a person of an organization
# behind it.
sub client {
    my ($self, $kind, $url, $user, $org) = @_;
    return Mitzu::Peer->new($kind, $url, dir() . '/client.mjs', $user, $org);
}

sub stop {
    my ($self) = @_;
    close $self->{to};
    waitpid $self->{pid}, 0;
}

1;
