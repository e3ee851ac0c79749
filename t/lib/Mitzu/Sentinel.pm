package Mitzu::Sentinel;

# A Redis master, its replicas and the sentinels that watch them, of the
# test's own.

use strict;
use warnings;

use Mitzu::Redis;
use Mitzu::Test;

# new(master => 'mitzu', sentinels => 3, replicas => 1, args => [of redis],
# conf => lines of the sentinels' configuration, certs => Mitzu::Certs: all
# speak TLS, with the certificate pair => issue()'s, clients => yes)
sub new {
    my ($class, %o) = @_;
    my $self = bless { master => 'mitzu', sentinels => 3, replicas => 1,
        name => 'sentinel', %o }, $class;
    $self->start_redises;
    $self->start_sentinels;
    $self->settled(30) or die "the sentinels do not find each other\n";
    return $self;
}

# TLS takes the port's place; the unix socket, for looking inside, stays.
sub tls_args {
    my ($self, $port) = @_;
    return () unless $self->{certs};
    return $self->{certs}->redis_args($self->{pair}, $port,
        clients => $self->{clients});
}

sub start_redises {
    my ($self) = @_;
    my $first;
    for my $i (0 .. $self->{replicas}) {
        my $port = free_port();
        my @replica = $first ? ('--replicaof', '127.0.0.1', $first->{port})
            : ();
        push @{ $self->{redises} }, my $redis = Mitzu::Redis->new(
            name => "$self->{name}-redis$i", port => $port,
            args => [ $self->tls_args($port), @replica,
                '--repl-diskless-sync-delay', 0,
                '--replica-announce-ip', '127.0.0.1',
                @{ $self->{args} || [] } ]);
        $first ||= $redis;
    }
}

sub start_sentinels {
    my ($self) = @_;
    my $quorum = int($self->{sentinels} / 2) + 1;
    for my $i (0 .. $self->{sentinels} - 1) {
        my $port = free_port();
        my $dir = temp_dir() . "/$self->{name}$i";
        mkdir $dir;
        my $m = $self->{master};
        spew("$dir/sentinel.conf", <<"EOT" . ($self->{conf} || ''));
bind 127.0.0.1
port $port
dir $dir
unixsocket $dir/s.sock
sentinel monitor $m 127.0.0.1 $self->{redises}[0]{port} $quorum
sentinel down-after-milliseconds $m 500
sentinel failover-timeout $m 2000
sentinel parallel-syncs $m 1
EOT
        my $s = bless { name => "$self->{name}$i", dir => $dir,
            port => $port, socket => "$dir/s.sock" }, 'Mitzu::Redis';
        push @{ $self->{nodes} }, $s;
        $self->start_sentinel($s);
    }
}

# Also again, after $s->kill or $s->stop: it remembers what it knew.
sub start_sentinel {
    my ($self, $s) = @_;
    $s->{pid} = spawn_process(name => $s->{name}, cmd => [ 'redis-server',
        "$s->{dir}/sentinel.conf", '--sentinel',
        $self->tls_args($s->{port}) ]);
    wait_for(10, sub { eval { $s->cmd('PING'); 1 } || $@ =~ /NOAUTH/ })
        or die "sentinel does not start\n";
}

# Until every sentinel knows all others and the master's replicas, and these
# have what the master has.
sub settled {
    my ($self, $seconds) = @_;
    return wait_for($seconds || 30, sub {
        for my $s ($self->alive) {
            my %m = eval { @{ $self->ask($s, 'SENTINEL', 'MASTER',
                $self->{master}) } } or return 0;
            return 0 if $m{'num-other-sentinels'} != $self->{sentinels} - 1
                || $m{'num-slaves'} < $self->{replicas}
                || $m{flags} ne 'master';
        }
        my $master = $self->current or return 0;
        my $up = () = $master->cmd('INFO', 'replication')
            =~ /state=online/g;
        return $up >= $self->{replicas};
    });
}

# Signs in first when there is auth => [user, password].
sub ask {
    my ($self, $s, @args) = @_;
    if ($self->{auth} && !$s->{sock}) {
        $s->cmd('AUTH', @{ $self->{auth} });
    }
    return $s->cmd(@args);
}

sub alive { return grep { $_->{pid} && kill 0, $_->{pid} } @{ $_[0]{nodes} } }

# The Mitzu::Redis that the sentinels take for the master; undef when it
# is none of ours that answers.
sub current {
    my ($self) = @_;
    for my $s ($self->alive) {
        my $addr = eval { $self->ask($s, 'SENTINEL',
            'GET-MASTER-ADDR-BY-NAME', $self->{master}) } or next;
        my ($redis) = grep { $_->{port} == $addr->[1] && !is_stopped($_) }
            @{ $self->{redises} };
        my $role = $redis ? eval { $redis->cmd('ROLE')->[0] } || '' : '';
        return $redis if $role eq 'master';
    }
    return undef;
}

# By SIGSTOP: it would not answer.
sub is_stopped { return slurp("/proc/$_[0]{pid}/stat") =~ /\) T / }

# Those that are no master now.
sub others {
    my ($self) = @_;
    my $master = $self->current;
    return grep { !$master || $_ != $master } @{ $self->{redises} };
}

# Waits until another one than $old is master; undef when none becomes it.
sub switched {
    my ($self, $old, $seconds) = @_;
    return wait_for($seconds || 30, sub {
        my $now = $self->current;
        return $now && $now != $old ? $now : undef;
    });
}

# A planned failover: the new master.
sub failover {
    my ($self) = @_;
    my $old = $self->current or die "there is no master\n";
    my ($s) = $self->alive;
    wait_for(20, sub { eval { $self->ask($s, 'SENTINEL', 'FAILOVER',
        $self->{master}); 1 } }) or die "SENTINEL FAILOVER: $@";
    return $self->switched($old);
}

# Where the sentinels are, as in a URL; host: what they are called there.
sub hosts {
    my ($self, $host) = @_;
    $host ||= '127.0.0.1';
    return join ',', map { "$host:$_->{port}" } @{ $self->{nodes} };
}

# The URL of the directive and of --redis.
sub url {
    my ($self, %o) = @_;
    my $scheme = $self->{certs} ? 'rediss+sentinel' : 'redis+sentinel';
    return "$scheme://" . $self->hosts($o{host}) . "/$self->{master}"
        . (defined $o{db} ? "/$o{db}" : '');
}

sub stop {
    my ($self) = @_;
    for my $r (@{ $self->{nodes} }, @{ $self->{redises} }) {
        next unless $r->{pid} && kill 0, $r->{pid};
        kill 'CONT', $r->{pid};
        $r->stop;
    }
}

1;
