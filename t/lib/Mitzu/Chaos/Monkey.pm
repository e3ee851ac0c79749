package Mitzu::Chaos::Monkey;

# Does to the stage what a bad night does, by a schedule that its seed alone
# decides: processes are killed, put to sleep for longer than a lease and
# woken, told to end, reloaded; lines stall and break; Redis is restarted and
# hangs up on everybody.  All it did is in {log}; who slept is in {sleeps} and
# who was killed in {killed}, for those who judge afterwards.

use strict;
use warnings;

use Mitzu::Test;
use Time::HiRes qw(time);

# What it does, and how often among the others.
my @ACTIONS = (
    [ kill_runner => 14 ], [ kill_agent => 6 ], [ sleep_runner => 12 ],
    [ sleep_agent => 6 ], [ nap_runner => 6 ], [ end_agent => 5 ],
    [ quit_agent => 5 ], [ stall_line => 7 ], [ break_line => 5 ],
    [ reload_nginx => 7 ], [ kill_nginx_worker => 8 ],
    [ kill_clients => 8 ], [ restart_redis => 5 ], [ kill_redis => 6 ],
);

# An agent drains for three seconds and kills after ten more.
my $END_SECONDS = 60;

# On a slow machine a night is longer, and has not more of this: for each run
# that has ended ({ended} is told) so much, and a little to begin with.
my $EACH = 0.35;
my $BEGINNING = 10;

# new(stage => .., seed => .., every => seconds, on average)
sub new {
    my ($class, %o) = @_;
    my $self = bless { every => 0.7, log => [], later => [], sleeps => [],
        killed => {}, bad => [], count => {}, ended => 0, done => 0,
        began => time, %o }, $class;
    $self->{state} = ($self->{seed} * 2654435761 + 12345) % 2147483647 || 1;
    $self->{up} = { redis => 1, map { $_->{name} => 1 }
        @{ $self->{stage}{agents} } };
    $self->{next} = time + $self->{every};
    return $self;
}

# 0 <= n < 1, the same on every machine (Lehmer's generator).
sub random {
    my ($self) = @_;
    $self->{state} = $self->{state} * 48271 % 2147483647;
    return $self->{state} / 2147483647;
}

# What to do, to whom, how much: as many numbers whatever it will be.
sub draw {
    my ($self) = @_;
    my $sum = 0;
    $sum += $_->[1] for @ACTIONS;
    my $at = $self->random * $sum;
    my $name = $ACTIONS[-1][0];
    for (@ACTIONS) {
        $name = $_->[0];
        last if ($at -= $_->[1]) < 0;
    }
    return ($name, map { $self->random } 1 .. 4);
}

sub say {
    my ($self, $text) = @_;
    push @{ $self->{log} }, sprintf '%7.2f %s', time - $self->{began}, $text;
}

# To be called often: does what is due.
sub step {
    my ($self) = @_;
    my $now = time;
    my @due = sort { $a->[0] <=> $b->[0] }
        grep { $_->[0] <= $now } @{ $self->{later} };
    $self->{later} = [ grep { $_->[0] > $now } @{ $self->{later} } ];
    $_->[1]->() for @due;
    return if $self->{calm} || $now < $self->{next}
        || $self->{done} > $BEGINNING + $EACH * $self->{ended};
    my ($name, $when, @how) = $self->draw;
    $self->{next} = $now + $self->{every} * (0.5 + $when);
    return unless $self->$name(@how);
    $self->{count}{$name}++;
    $self->{done}++;
}

sub later {
    my ($self, $seconds, $code) = @_;
    push @{ $self->{later} }, [ time + $seconds, $code ];
}

# No more of it, and all is as it was: true once it is.
sub calm {
    my ($self) = @_;
    $self->{calm} = 1;
    $self->step;
    return !@{ $self->{later} };
}

# --- agents ---

sub one_of {
    my ($of, $random) = @_;
    return $of->[ int($random * @$of) ];
}

# An agent that is up, or none.
sub agent {
    my ($self, $random) = @_;
    my $agent = one_of($self->{stage}{agents}, $random);
    return $self->{up}{ $agent->{name} } ? $agent : undef;
}

sub runner {
    my ($self, $random, $which) = @_;
    my $agent = $self->agent($random) or return;
    my @pids = sort { $a <=> $b } $agent->runner_pids;
    return @pids ? ($agent, one_of(\@pids, $which)) : ();
}

sub kill_runner {
    my ($self, $who, $which) = @_;
    my ($agent, $pid) = $self->runner($who, $which) or return 0;
    kill 'KILL', $pid;
    $self->{killed}{$pid} = time;
    $self->say("runner $pid of $agent->{name} is killed");
    return 1;
}

# The supervisor alone, which its runners notice, or all, as when a machine
# goes.
sub kill_agent {
    my ($self, $who, $how, $all) = @_;
    my $agent = $self->agent($who) or return 0;
    $self->{up}{ $agent->{name} } = 0;
    my @runners = $all < 0.5 ? $agent->runner_pids : ();
    $agent->kill;
    kill 'KILL', @runners;
    $self->{killed}{$_} = time for @runners;
    $self->say("$agent->{name} is killed ($agent->{pid} @runners)");
    $self->later(0.2 + $how, sub { $self->back($agent) });
    return 1;
}

sub back {
    my ($self, $agent) = @_;
    $agent->start;
    $self->{up}{ $agent->{name} } = 1;
    $self->say("$agent->{name} is back ($agent->{pid})");
}

# For longer than the lease: what it writes then, it writes too late.
sub sleep_runner {
    my ($self, $who, $which, $how) = @_;
    my ($agent, $pid) = $self->runner($who, $which) or return 0;
    $self->put_to_sleep($self->{stage}{lease} * (1.3 + $how), $pid);
    $self->say("runner $pid of $agent->{name} sleeps");
    return 1;
}

sub nap_runner {
    my ($self, $who, $which, $how) = @_;
    my ($agent, $pid) = $self->runner($who, $which) or return 0;
    $self->put_to_sleep($self->{stage}{lease} * (0.1 + 0.4 * $how), $pid);
    $self->say("runner $pid of $agent->{name} takes a nap");
    return 1;
}

sub sleep_agent {
    my ($self, $who, $which, $how) = @_;
    my $agent = $self->agent($who) or return 0;
    $self->put_to_sleep($self->{stage}{lease} * (1.3 + $how), $agent->{pid},
        $agent->runner_pids);
    $self->say("$agent->{name} sleeps ($agent->{pid})");
    return 1;
}

sub put_to_sleep {
    my ($self, $seconds, @pids) = @_;
    my @sleeps = map { { pid => $_, from => time } } grep { kill 'STOP', $_ }
        @pids;
    $self->later($seconds, sub {
        for my $s (@sleeps) {
            $s->{to} = time;
            $s->{woke} = kill 'CONT', $s->{pid};
        }
        push @{ $self->{sleeps} }, @sleeps;
        $self->say("@pids woken");
    });
}

sub end_agent { my ($s, @how) = @_; return $s->tell_agent('TERM', @how) }
sub quit_agent { my ($s, @how) = @_; return $s->tell_agent('QUIT', @how) }

sub tell_agent {
    my ($self, $signal, $who, $how) = @_;
    my $agent = $self->agent($who) or return 0;
    $self->{up}{ $agent->{name} } = 0;
    kill $signal, $agent->{pid};
    $self->say("$agent->{name} gets SIG$signal ($agent->{pid})");
    $self->when_ended($agent, time + $END_SECONDS, $how * 0.5);
    return 1;
}

sub when_ended {
    my ($self, $agent, $limit, $pause) = @_;
    my ($state) = slurp("/proc/$agent->{pid}/stat") =~ /\) (\w)/;
    if (defined $state && $state ne 'Z' && time < $limit) {
        return $self->later(0.05,
            sub { $self->when_ended($agent, $limit, $pause) });
    }
    push @{ $self->{bad} }, "$agent->{name} ($agent->{pid}) did not end "
        . "within $END_SECONDS s" if time >= $limit;
    $agent->kill;
    $self->later($pause, sub { $self->back($agent) });
}

# --- lines ---

sub stall_line {
    my ($self, $which, $how) = @_;
    my $line = one_of($self->{stage}{lags}, $which);
    return 0 if $line->{is_stalled};
    $line->{is_stalled} = 1;
    $line->stall;
    $self->say("the line at port $line->{port} stalls");
    $self->later($self->{stage}{lease} * (0.2 + 1.6 * $how), sub {
        $line->{is_stalled} = 0;
        $line->flow;
        $self->say("the line at port $line->{port} delivers");
    });
    return 1;
}

sub break_line {
    my ($self, $which) = @_;
    my $line = one_of($self->{stage}{lags}, $which);
    return 0 if $line->{is_stalled};
    $line->break;
    $self->say("the line at port $line->{port} breaks");
    return 1;
}

# --- nginx ---

sub reload_nginx {
    my ($self, $which) = @_;
    my $nginx = one_of($self->{stage}{nginx}, $which);
    $nginx->signal('HUP');
    $self->say("$nginx->{name} reloads");
    return 1;
}

sub kill_nginx_worker {
    my ($self, $which, $who) = @_;
    my $nginx = one_of($self->{stage}{nginx}, $which);
    my @pids = sort { $a <=> $b } $nginx->worker_pids or return 0;
    my $pid = one_of(\@pids, $who);
    kill 'KILL', $pid;
    $self->say("worker $pid of $nginx->{name} is killed");
    return 1;
}

# --- Redis ---

sub kill_clients {
    my ($self, $which) = @_;
    return 0 unless $self->{up}{redis};
    my $type = $which < 0.6 ? 'normal' : 'pubsub';
    my $redis = $self->{stage}{redis};
    my $n = eval { $redis->cmd('CLIENT', 'KILL', 'TYPE', $type) };
    $self->say('Redis hangs up on ' . (defined $n ? $n : 'all')
        . " connections ($type)");
    return 1;
}

sub restart_redis { my ($s, @how) = @_; return $s->redis_away('stop', @how) }
sub kill_redis { my ($s, @how) = @_; return $s->redis_away('kill', @how) }

sub redis_away {
    my ($self, $way, $how) = @_;
    return 0 unless $self->{up}{redis};
    my $redis = $self->{stage}{redis};
    $self->{up}{redis} = 0;
    $redis->$way;
    $self->say($way eq 'kill' ? 'Redis is killed' : 'Redis is told to end');
    $self->later(0.1 + $how, sub {
        $redis->start;
        $self->{up}{redis} = 1;
        $self->say('Redis is back');
    });
    return 1;
}

1;
