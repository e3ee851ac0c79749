package Mitzu::Chaos::Client;

# One of many who ask, each a process: asks until a run is accepted, follows
# it until it has ended, however often the line breaks, on whichever node
# answers, in either era, by polls, streams or tasks.  All it was told is
# written down, one JSON object a line, for Mitzu::Chaos::Verdict.

use strict;
use warnings;

use JSON::PP ();
use Mitzu::Chaos::Talk;
use Time::HiRes qw(sleep time);

my $json = JSON::PP->new->canonical->utf8;

# What is asked, of differing weight, and what can be asked next.
my @QUESTIONS = (
    'how many purchases last month?',
    'What is the conversion rate from product view to purchase?',
    'weekly retention of signups this year',
    'purchases by country by week this year',
    'signups this year by month',
    'logins by method last month',
    'revenue by week since January by channel',
    'average NPS score by country',
);
my @NEXT = ('now by country', 'only for the last 3 months', 'by device');

# How it goes about it, and how often of a hundred.
my @WAYS = (
    [ polled => 34 ], [ streamed => 22 ], [ as_task => 14 ],
    [ followed_up => 12 ], [ taken_over => 10 ], [ cancelled => 8 ],
);

# new(seed => .., number => .., runs => .., ports => [..], book => file)
sub new {
    my ($class, %o) = @_;
    my $self = bless { asked => 0, %o }, $class;
    open $self->{out}, '>>', $o{book} or die "$o{book}: $!";
    $self->{out}->autoflush(1);
    return $self;
}

sub note {
    my ($self, $what, %o) = @_;
    print { $self->{out} } $json->encode({ what => $what, at => time,
        client => $self->{number}, %o }), "\n";
}

sub pick { my ($self, @of) = @_; return $of[ rand @of ] }

# Runs it asks for count; a take-over is two.
sub work {
    my ($self) = @_;
    srand($self->{seed} * 1000 + $self->{number});
    while ($self->{asked} < $self->{runs}) {
        my $talk = $self->talk;
        my $at = rand 100;
        my $way = 'polled';
        for (@WAYS) {
            $way = $_->[0];
            last if ($at -= $_->[1]) < 0;
        }
        $self->note('begins', way => $way, era => $talk->{era});
        $self->$way($talk);
    }
    $self->note('done');
}

# A person of this client's own: who else asks the same would join the run.
sub talk {
    my ($self) = @_;
    my $n = int rand 5;
    return Mitzu::Chaos::Talk->new(client => $self,
        ports => $self->{ports}, user => "user-$self->{number}-$n",
        project => 'project-' . ($self->{number} + $n) % 7,
        era => $self->pick(qw(legacy modern)));
}

# --- the ways ---

sub polled {
    my ($self, $talk) = @_;
    my $run = $self->accepted($talk, $self->pick(@QUESTIONS));
    $self->read_tables($talk, $self->until_ended($talk, $run));
}

sub streamed {
    my ($self, $talk) = @_;
    my $run = $self->accepted($talk, $self->pick(@QUESTIONS));
    return $self->until_ended($talk, $run) if $talk->{era} eq 'modern';
    $self->ended($run, $talk->stream($run), 'stream');
}

sub as_task {
    my ($self, $talk) = @_;
    my $run = $self->accepted($talk->with_tasks, $self->pick(@QUESTIONS),
        task => 1);
    my $s = $talk->task($run);
    $self->ended($run, $s, 'task');
    $self->read_tables($talk, $s);
}

sub followed_up {
    my ($self, $talk) = @_;
    my $run = $self->accepted($talk, $QUESTIONS[ rand 4 ]);
    my $s = $self->until_ended($talk, $run);
    my $next = $self->accepted($talk, $self->pick(@NEXT),
        conversation_id => $run->{conversation_id});
    $self->note('moved', %$next) if $next->{conversation_id}
        ne $run->{conversation_id};
    $self->read_tables($talk, $self->until_ended($talk, $next));
}

# Changes its mind: the first run ends, and the second is the one.
sub taken_over {
    my ($self, $talk) = @_;
    my $first = $self->accepted($talk, $self->pick(@QUESTIONS));
    sleep rand 0.5;
    my $run = $self->accepted($talk, 'signups by country this year',
        conversation_id => $first->{conversation_id},
        cancel_running => JSON::PP::true());
    $self->until_ended($talk, $run);
    $self->until_ended($talk, $first);
}

sub cancelled {
    my ($self, $talk) = @_;
    my $run = $self->accepted($talk->with_tasks, $self->pick(@QUESTIONS),
        task => 1);
    sleep rand 0.7;
    my $was = $talk->cancel_task($run);
    my $s = $talk->task($run);
    $self->ended($run, $s, 'task');
    $self->note('not cancelled', %$run, status => $s->{status})
        if $was eq 'cancelled' && $s->{status} ne 'cancelled';
}

# --- what they are made of ---

# Asks until there is a run.  An answer that was lost on the way back may
# have made one: to ask again joins it.
sub accepted {
    my ($self, $talk, $prompt, %o) = @_;
    my $run = $talk->ask($prompt, %o);
    $self->{asked}++;
    $self->note('accepted', %$run, prompt => $prompt, user => $talk->{user},
        alone => $o{conversation_id} ? 0 : 1);
    return $run;
}

sub until_ended {
    my ($self, $talk, $run) = @_;
    my ($s, $after);
    do {
        $s = $talk->status($run, $after);
        $self->steps($run, $s, $after) if $s->{progress};
        $after = $s->{after} if defined $s->{after} && rand() < 0.8;
    } while ($s->{status} eq 'running');
    $self->ended($run, $s, 'poll');
    if (rand() < 0.1) {
        my $again = $talk->status($run);
        $self->note('asked again', prompt_id => $run->{prompt_id},
            status => $again->{status}, answer => $again->{answer});
    }
    return $s;
}

# What comes after a cursor is new and in order.
sub steps {
    my ($self, $run, $s, $after) = @_;
    my $last = defined $after ? $after : 0;
    for my $step (@{ $s->{progress} }) {
        $self->note('out of order', %$run, seq => $step->{seq},
            last => $last) if $step->{seq} <= $last;
        $last = $step->{seq};
    }
}

sub ended {
    my ($self, $run, $s, $by) = @_;
    $self->note('ended', prompt_id => $run->{prompt_id}, by => $by,
        status => $s->{status}, answer => $s->{answer},
        error => ($s->{error} || {})->{code});
}

# The rows are there that the answer speaks of.
sub read_tables {
    my ($self, $talk, $s) = @_;
    for my $a (grep { $_->{kind} eq 'table' } @{ $s->{artifacts} || [] }) {
        my $page = $talk->tool('query_table_artifact', {
            artifact_id => $a->{artifact_id}, limit => 1000 });
        $self->note('table', artifact_id => $a->{artifact_id},
            want => $a->{rows}, got => $page->{total_rows},
            rows => scalar @{ $page->{rows} || [] });
    }
}

1;
