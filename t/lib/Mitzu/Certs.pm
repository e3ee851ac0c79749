package Mitzu::Certs;

# A certificate authority of the test's own, and certificates by it.

use strict;
use warnings;

use Mitzu::Test;

# new(name => 'ca'): files "<name>.crt" and "<name>.key" and what issue()
# makes, in a directory of its own.
sub new {
    my ($class, %o) = @_;
    my $self = bless { name => 'ca', %o }, $class;
    $self->{dir} = temp_dir() . "/certs-$self->{name}";
    mkdir $self->{dir};
    $self->{ca} = "$self->{dir}/ca.crt";
    $self->openssl('req', '-x509', $self->new_key('ca'), '-days', 30,
        '-subj', "/CN=Test $self->{name}", '-out', $self->{ca},
        '-addext', 'keyUsage=critical,keyCertSign,cRLSign');
    return $self;
}

# issue(name, 'DNS:redis.test', 'IP:127.0.0.1', ..): { cert, key }
sub issue {
    my ($self, $name, @names) = @_;
    my ($cert, $key) = map { "$self->{dir}/$name.$_" } qw(crt key);
    my $ext = spew("$self->{dir}/$name.ext", "basicConstraints=CA:FALSE\n"
        . (@names ? 'subjectAltName=' . join(',', @names) . "\n" : ''));
    $self->openssl('req', $self->new_key($name), '-subj', "/CN=$name",
        '-out', "$self->{dir}/$name.csr");
    $self->openssl('x509', '-req', '-in', "$self->{dir}/$name.csr",
        '-CA', $self->{ca}, '-CAkey', "$self->{dir}/ca.key",
        '-CAcreateserial', '-days', 30, '-extfile', $ext, '-out', $cert);
    return { cert => $cert, key => $key };
}

# What a redis-server or sentinel with this certificate is started with:
# TLS on its port, and to others.  clients => no | optional | yes: whether
# they need a certificate.
sub redis_args {
    my ($self, $pair, $port, %o) = @_;
    return ('--port', 0, '--tls-port', $port,
        '--tls-cert-file', $pair->{cert}, '--tls-key-file', $pair->{key},
        '--tls-ca-cert-file', $self->{ca},
        '--tls-auth-clients', $o{clients} || 'no',
        '--tls-replication', 'yes');
}

sub new_key {
    my ($self, $name) = @_;
    return ('-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes',
        '-keyout', "$self->{dir}/$name.key");
}

sub openssl {
    my ($self, @args) = @_;
    my $log = "$self->{dir}/openssl.log";
    my $cmd = join ' ', map { "'$_'" } 'openssl', @args;
    system("$cmd >>'$log' 2>&1") == 0 or die "openssl: " . slurp($log);
}

1;
