package Mitzu::Chaos::Talk;

# How a client of the chaos test gets through to the servers: every call is
# sent again, on one node or the other, until it is answered.  A connection
# that is refused or breaks, a stream that ends without its answer and a 503
# are part of life; any other refusal is written down as a failure.

use strict;
use warnings;

use parent -norequire, 'Mitzu::MCP';

use Mitzu::MCP;
use Time::HiRes qw(sleep time);

my $EXT = 'io.modelcontextprotocol/tasks';

# Longer than this nothing may take: the client says so and gives up.
my $PATIENCE = 120;

# new(client => .., ports => [..], user => .., project => .., era => ..)
sub new {
    my ($class, %o) = @_;
    my $self = $class->SUPER::new(%o, timeout => 40);
    $self->other_node;
    return $self;
}

sub other_node { $_[0]{port} = $_[0]{ports}[ rand @{ $_[0]{ports} } ] }

# In the place of a token: who it is.
sub bearer {
    my ($self) = @_;
    return ('X-User' => $self->{user}, 'X-Project' => $self->{project});
}

sub note { my ($self, @what) = @_; $self->{client}->note(@what) }

# Tries until the code gives something; what it was is said when it never
# does.
sub persist {
    my ($self, $what, $code) = @_;
    my $end = time + $PATIENCE;
    my $why = 'nothing';
    while (time < $end) {
        my ($got, $said) = $code->();
        return $got if defined $got;
        $why = $said if defined $said;
        $self->other_node;
        sleep 0.02 + rand 0.2;
    }
    $self->note('gave up', on => $what, why => $why);
    exit 1;
}

# One request: its result, or nothing and why.
sub once {
    my ($self, $method, $params, %o) = @_;
    my $r = eval { $self->request($method, $params, %o) };
    return (undef, $@ || 'no connection') unless $r;
    return $self->read_reply($method, $r->{status}, $r->{headers},
        $r->{message});
}

sub read_reply {
    my ($self, $method, $status, $headers, $m) = @_;
    if ($status == 503) {
        $self->note('bad', why => '503 without Retry-After')
            unless ($headers->{'retry-after'} || '') =~ /^\d+$/;
        return (undef, '503');
    }
    $self->note('bad', why => "$method: $status") if $status != 200;
    return (undef, "cut off ($status)") unless $m;
    if ($m->{error}) {
        my $why = "$method: $status: $m->{error}{code} $m->{error}{message}";
        $self->note(is_away($m) ? 'away' : 'bad', why => $why);
        return (undef, $why);
    }
    return $m->{result};
}

# What a stream says for 503, when it must end while Redis is away.
sub is_away {
    my ($m) = @_;
    return $m->{error} && $m->{error}{code} == -32603
        && $m->{error}{message} =~ /not available at the moment.*try again/;
}

sub result {
    my ($self, $method, $params, %o) = @_;
    return $self->persist($method,
        sub { return $self->once($method, $params, %o) });
}

# A tool's structured content.  To be limited is to wait.
sub tool {
    my ($self, $name, $args, %o) = @_;
    return $self->persist($name, sub {
        my ($r, $why) = $self->once('tools/call', { name => $name,
            arguments => $args, %{ $o{params} || {} } });
        return (undef, $why) unless $r;
        if ($r->{isError}) {
            $why = "$name: $r->{content}[0]{text}";
            $self->note($why =~ /as many questions/ ? 'limited' : 'bad',
                why => $why);
            sleep 0.2;
            return (undef, $why);
        }
        return $o{read} ? $o{read}->($r) : $r->{structuredContent};
    });
}

# The run of a prompt: { conversation_id, prompt_id }.  As a task only the
# latter is told.
sub ask {
    my ($self, $prompt, %o) = @_;
    my $task = delete $o{task};
    return $self->tool('run_analytics_agent', { prompt => $prompt, %o },
        params => $task ? { task => {} } : {}, read => sub {
        my ($r) = @_;
        my $s = $r->{structuredContent};
        my $id = $r->{task} ? $r->{task}{taskId} : $r->{taskId};
        return { prompt_id => $id } if defined $id;
        return (undef, 'busy') if $s->{status} eq 'busy';
        return { map { $_ => $s->{$_} } qw(conversation_id prompt_id) };
    });
}

sub status {
    my ($self, $run, $after) = @_;
    return $self->tool('get_analytics_agent_status', {
        $self->named($run), wait_seconds => (0, 1, 5, 20)[ rand 4 ],
        defined $after ? (after => $after) : () });
}

# As a task its conversation is not told, and need not be.
sub named {
    my ($self, $run) = @_;
    return map { defined $run->{$_} ? ($_ => $run->{$_}) : () }
        qw(conversation_id prompt_id);
}

# --- tasks ---

# Declares what makes a call a task: an extension, or a session's revision.
sub with_tasks {
    my ($self) = @_;
    $self->{capabilities} = { extensions => { $EXT => {} } };
    $self->in_session if $self->{era} eq 'legacy';
    return $self;
}

# How a task ended, as the status tool would say it.
sub task {
    my ($self, $run) = @_;
    my $t;
    while (1) {
        $t = $self->result('tasks/get', { taskId => $run->{prompt_id} });
        last if $t->{status} ne 'working';
        sleep 0.1 + rand 0.3;
    }
    return { status => 'cancelled' } if $t->{status} eq 'cancelled';
    my $r = $self->{era} eq 'modern' ? $t->{result}
        : $self->result('tasks/result', { taskId => $run->{prompt_id} });
    return $r->{structuredContent} || { status => 'failed' };
}

# Whether it was this that ended it; undef: nobody can tell.
sub cancel_task {
    my ($self, $run) = @_;
    return $self->persist('tasks/cancel', sub {
        my $r = eval { $self->request('tasks/cancel',
            { taskId => $run->{prompt_id} }) } or return (undef, $@);
        return 'too late' if (($r->{message} || {})->{error} || {})->{code}
            && $r->{message}{error}{code} == -32602;
        my ($t, $why) = $self->read_reply('tasks/cancel', $r->{status},
            $r->{headers}, $r->{message});
        return $t ? $t->{status} || 'told to' : (undef, $why);
    });
}

# --- streams of a session ---

sub in_session {
    my ($self) = @_;
    $self->{session} = $self->persist('initialize', sub {
        my $r = eval { $self->open };
        return (undef, $@ || 'cut off') unless $r && $r->{status};
        return $self->{session} if defined $self->{session};
        return (undef, "initialize: $r->{status}");
    });
}

# Follows a run on streams, each of which is taken up where it broke.
sub stream {
    my ($self, $run) = @_;
    $self->in_session;
    return $self->persist('a stream', sub {
        my $http = $self->start('tools/call', {
            name => 'get_analytics_agent_status',
            arguments => { $self->named($run), wait_seconds => 30 } },
            token => 'tok') or return (undef, 'no connection');
        my $s = $self->follow($http, $http->read_head);
        return (undef, 'no answer') unless $s;
        return (undef, 'running') if $s->{status} eq 'running';
        return $s;
    });
}

# Reads a stream and those that take it up; nothing: ask again.
sub follow {
    my ($self, $http, $head) = @_;
    my %seen = (seq => -1, progress => 0);
    for (1 .. 200) {
        my $got = $head ? $self->read_stream($http, $head, \%seen) : undef;
        $http->close if $http;
        return $got if $got;
        return undef unless defined $seen{id};
        $self->other_node;
        sleep 0.02 + rand 0.1;
        ($http, $head) = eval { $self->bare('GET', after => $seen{id}) };
    }
    return undef;
}

# The structured content of the answer; undef when it ends without.
sub read_stream {
    my ($self, $http, $head, $seen) = @_;
    return undef if $head->{status} == 503;
    if ($head->{status} != 200) {
        $self->note('bad', why => "a stream: $head->{status}");
        delete $seen->{id};
        return undef;
    }
    if ($head->{headers}{'content-type'} !~ m{^text/event-stream}) {
        my $end = time + 10;
        1 while $http->more_body($end);
        return $self->answer_in(eval {
            Mitzu::MCP::json()->decode($http->{data}) });
    }
    while (my $e = $http->read_event) {
        $seen->{id} = $e->{id} if defined $e->{id};
        next if ($e->{data} || '') eq '';
        my $m = eval { Mitzu::MCP::json()->decode($e->{data}) } or next;
        return $self->answer_in($m) unless $m->{method};
        $self->in_order($e, $m, $seen);
    }
    return undef;
}

sub answer_in {
    my ($self, $m) = @_;
    return undef unless $m;
    return $m->{result}{structuredContent} if $m->{result}
        && !$m->{result}{isError};
    $self->note(is_away($m) ? 'away' : 'bad', why => 'a stream ends with '
        . Mitzu::MCP::json()->encode($m));
    return undef;
}

# Events of a stream and of those that take it up: each once, in order.
sub in_order {
    my ($self, $e, $m, $seen) = @_;
    my ($seq) = ($e->{id} || '') =~ /\.(\d+)$/;
    $self->note('bad', why => "event $e->{id} again") if defined $seq
        && $seq <= $seen->{seq};
    $seen->{seq} = $seq if defined $seq;
    my $p = $m->{params}{progress};
    return unless defined $p;
    $self->note('bad', why => "progress $p after $seen->{progress}")
        if $p <= $seen->{progress};
    $seen->{progress} = $p;
}

1;
