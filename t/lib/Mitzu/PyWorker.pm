package Mitzu::PyWorker;

# A real examples/worker.py of the test's own, with the interface of
# Mitzu::Agent.

use strict;
use warnings;

use Mitzu::Test;

my $python;

# One that has redis-py and pandas: Debian's, when another is first in PATH.
sub python {
    ($python) = grep {
        system("'$_' -c 'import pandas, redis' 2> /dev/null") == 0
    } qw(python3 /usr/bin/python3) if !defined $python;
    die "no python3 with redis-py and pandas: make setup-test\n"
        if !defined $python;
    return $python;
}

# new(redis => url, events => file, lease => seconds, pause => seconds)
sub new {
    my ($class, %o) = @_;
    my $self = bless { name => 'worker', lease => 30, pause => 0, %o },
        $class;
    $self->start unless $o{stopped};
    return $self;
}

sub start {
    my ($self) = @_;
    $self->{pid} = spawn_process(name => $self->{name},
        env => { PYTHONDONTWRITEBYTECODE => 1 }, cmd => [ python(),
            root_dir() . '/examples/worker.py', '--redis', $self->{redis},
            '--events', $self->{events}, '--lease', $self->{lease},
            '--pause', $self->{pause} ]);
    return $self;
}

# What is stopped and killed; there is but one process.
sub runner_pids { return $_[0]{pid} }

sub stop { my ($s, $sig) = @_; stop_process($s->{pid}, $sig || 'TERM', 30) }
sub kill { kill_process($_[0]{pid}) }
sub log { return slurp(temp_dir() . "/$_[0]{name}.log") }

1;
