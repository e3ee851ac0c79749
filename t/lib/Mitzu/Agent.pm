package Mitzu::Agent;

# A real `mitzu-agent work` of the test's own.

use strict;
use warnings;

use Mitzu::Test;

# new(redis => url, warehouse => file, args => [..])
sub new {
    my ($class, %o) = @_;
    my $self = bless { name => 'agent', runners => 1, %o }, $class;
    $self->start unless $o{stopped};
    return $self;
}

sub env {
    my $lib = build_dir() . '/lib/libduckdb.so';
    my $supp = root_dir() . '/t/lsan.supp';
    return {
        MITZU_DUCKDB_LIB => $lib,
        ASAN_OPTIONS => 'detect_leaks=1',
        UBSAN_OPTIONS => 'print_stacktrace=1',
        LSAN_OPTIONS => -e $supp
            ? "suppressions=$supp:print_suppressions=0" : '',
    };
}

sub start {
    my ($self) = @_;
    $self->{pid} = spawn_process(name => $self->{name}, env => env(), cmd => [
        product('mitzu-agent'), 'work', '--redis', $self->{redis},
        '--warehouse', $self->{warehouse}, '--runners', $self->{runners},
        '--now', now_iso(), @{ $self->{args} || [] } ]);
    return $self;
}

# Without the process that publishes the catalog now and then.
sub runner_pids {
    my ($self) = @_;
    return grep { slurp("/proc/$_/comm") !~ /publisher/ }
        split ' ', qx(pgrep -P $self->{pid});
}

sub stop { my ($s, $sig) = @_; stop_process($s->{pid}, $sig || 'TERM', 30) }
sub kill { kill_process($_[0]{pid}) }
sub log { return slurp(temp_dir() . "/$_[0]{name}.log") }

1;
