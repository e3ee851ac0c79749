package Mitzu::Chaos::Stage;

# What chaos happens to: one Redis that loses nothing it acknowledged, two
# nginx nodes, three agents with a short lease, each behind a line of another
# length, so that a run has time to be hit at every step of it.

use strict;
use warnings;

use Mitzu::Agent;
use Mitzu::Chaos::Lag;
use Mitzu::Nginx;
use Mitzu::Redis;
use Mitzu::Test;

my @LAG_MS = (8, 16, 40);

# Far more than anybody will need: a run that is lost nevertheless was not
# killed so often.
my $MAX_ATTEMPTS = 100;

sub new {
    my ($class, %o) = @_;
    my $self = bless { lease => 2, max_attempts => $MAX_ATTEMPTS, %o },
        $class;
    $self->{redis} = Mitzu::Redis->new;
    my %nginx = (bare => 1, workers => 2, server => $self->endpoint,
        http => 'mitzu_mcp_redis ' . $self->{redis}->url . ';',
        main => 'thread_pool tools threads=2;');
    $self->{nginx} = [ map { Mitzu::Nginx->new(%nginx, name => "nginx$_") }
        1, 2 ];
    $self->{lags} = [ map {
        Mitzu::Chaos::Lag->new(target => $self->{redis}{port}, ms => $_)
    } @LAG_MS ];
    $self->{agents} = [ map { Mitzu::Agent->new(name => "agent$_",
        redis => $self->{lags}[ $_ - 1 ]->url, runners => 2,
        warehouse => sample_warehouse(), args => [ '--lease',
        "$self->{lease}s", '--drain', '3s', '--threads', 1 ]) } 1 .. 3 ];
    return $self;
}

# Who asks is said by a header: an endpoint of many people.
sub endpoint {
    my ($self) = @_;
    return <<"EOT";
location = /_who { internal; return 204; }
location = /mcp {
    mitzu_mcp on;
    mitzu_mcp_auth /_who;
    mitzu_mcp_auth_set user \$http_x_user;
    mitzu_mcp_auth_set project \$http_x_project;
    mitzu_mcp_heartbeat 500ms;
    mitzu_mcp_lease $self->{lease}s;
    mitzu_mcp_max_attempts $self->{max_attempts};
    mitzu_mcp_run_limit concurrent=4;
    mitzu_mcp_run_limit project concurrent=40;
    mitzu_mcp_thread_pool tools;
}
EOT
}

sub ports { return map { $_->{port} } @{ $_[0]{nginx} } }

# All that may be working on a run.
sub log_files {
    return map { temp_dir() . "/$_->{name}.log" } @{ $_[0]{agents} };
}

# Everybody goes home; what does not is a failure of its own (Mitzu::Test).
sub strike {
    my ($self) = @_;
    $_->stop for @{ $self->{agents} }, @{ $self->{nginx} };
    $_->stop for @{ $self->{lags} };
}

1;
