package Mitzu::MCP;

# An MCP client for tests, of either era, that hides nothing.  open() makes a
# session of the handshake revisions, which all that follows is part of.  With
# a token, it is sent with every request.

use strict;
use warnings;

use JSON::PP ();
use Mitzu::HTTP;
use Time::HiRes qw(time);

my $json = JSON::PP->new->canonical->utf8;

# Which member of params Mcp-Name repeats.
my %mirrored = ('tools/call' => 'name', 'prompts/get' => 'name',
    'resources/read' => 'uri', map { ("tasks/$_" => 'taskId') }
    qw(get update cancel));

sub new {
    my ($class, %o) = @_;
    return bless { path => '/mcp', era => 'legacy', id => 0,
        version => '2025-11-25', timeout => 60, %o }, $class;
}

sub json { return $json }

sub bearer {
    my ($self) = @_;
    return defined $self->{token}
        ? ('Authorization' => "Bearer $self->{token}") : ();
}

sub headers {
    my ($self, $method, $params) = @_;
    my @h = ('Content-Type' => 'application/json',
        'Accept' => 'application/json, text/event-stream', $self->bearer);
    if ($self->{era} eq 'modern') {
        push @h, 'MCP-Protocol-Version' => '2026-07-28',
            'Mcp-Method' => $method;
        my $name = $params->{ $mirrored{$method} || '' };
        push @h, 'Mcp-Name' => $name if defined $name && !ref $name;
    } elsif ($method ne 'initialize') {
        push @h, 'MCP-Protocol-Version' => $self->{version};
        push @h, 'Mcp-Session-Id' => $self->{session}
            if defined $self->{session};
    }
    return @h;
}

sub message {
    my ($self, $method, $params, %o) = @_;
    my %p = %{ $params || {} };
    my %meta = %{ $p{_meta} || {} };
    if ($self->{era} eq 'modern') {
        $meta{'io.modelcontextprotocol/protocolVersion'} = '2026-07-28';
        $meta{'io.modelcontextprotocol/clientCapabilities'} =
            $self->{capabilities} || {};
        $meta{'io.modelcontextprotocol/clientInfo'} =
            { name => 't', version => '1' };
    }
    $meta{progressToken} = $o{token} if defined $o{token};
    $p{_meta} = \%meta if %meta;
    my %m = (jsonrpc => '2.0', method => $method, params => \%p);
    $m{id} = exists $o{id} ? $o{id} : ++$self->{id} unless $o{notification};
    return \%m;
}

# Sends and gives the open connection.
sub start {
    my ($self, $method, $params, %o) = @_;
    my $http = Mitzu::HTTP->new(port => $self->{port},
        timeout => $self->{timeout}) or return undef;
    $http->send_request('POST', $self->{path},
        headers => [ $self->headers($method, $params || {}),
            @{ $o{headers} || [] } ],
        body => $json->encode($self->message($method, $params, %o)));
    return $http;
}

# One request: { status, headers, message, notes => [..] }; message is the
# JSON-RPC response whether it came as JSON or as the stream's last event.
sub request {
    my ($self, $method, $params, %o) = @_;
    my $http = $self->start($method, $params, %o) or return undef;
    my $head = $http->read_head or return undef;
    my %r = (%$head, notes => [], comments => 0);
    if (($head->{headers}{'content-type'} || '') =~ m{^text/event-stream}) {
        while (my $e = $http->read_event) {
            $r{comments}++ if defined $e->{comment};
            next unless defined $e->{data} && $e->{data} ne '';
            my $m = $json->decode($e->{data});
            if (exists $m->{id} && !exists $m->{method}) {
                $r{message} = $m;
            } else {
                push @{ $r{notes} }, { %$m, at => $e->{at} };
            }
        }
        $r{stream} = 1;
    } else {
        my $end = time + $self->{timeout};
        1 while $http->more_body($end);
        $r{body} = $http->{data};
        $r{message} = eval { $json->decode($http->{data}) }
            if length $http->{data};
    }
    $http->close;
    return \%r;
}

# initialize, and what a client says after it; gives the answer of the first.
sub open {
    my ($self, %o) = @_;
    delete $self->{session};
    my $r = $self->request('initialize', {
        protocolVersion => $self->{version},
        capabilities => $self->{capabilities} || {},
        clientInfo => { name => 't', version => '1' } }, %o) or return undef;
    $self->{session} = $r->{headers}{'mcp-session-id'};
    $self->request('notifications/initialized', {}, notification => 1)
        if defined $self->{session};
    return $r;
}

# The same session seen from another node.
sub on {
    my ($self, $port) = @_;
    return bless { %$self, port => $port }, ref $self;
}

# GET or DELETE: the open connection and the head of its answer.
sub bare {
    my ($self, $method, %o) = @_;
    my $http = Mitzu::HTTP->new(port => $self->{port},
        timeout => $self->{timeout}) or return;
    my @h = ('Accept' => 'text/event-stream', $self->bearer,
        'MCP-Protocol-Version' => $self->{version});
    push @h, 'Mcp-Session-Id' => $self->{session}
        if defined $self->{session};
    push @h, 'Last-Event-ID' => $o{after} if defined $o{after};
    $http->send_request($method, $self->{path}, headers => [ @h,
        @{ $o{headers} || [] } ]);
    return ($http, $http->read_head($o{timeout} || $self->{timeout}));
}

# The status of a DELETE.
sub end_session {
    my ($self) = @_;
    my ($http, $head) = $self->bare('DELETE');
    return $head ? $head->{status} : 0;
}

# The id that an open stream begins with; undef when it has none.
sub primed {
    my ($self, $http) = @_;
    while (my $e = $http->read_event(5)) {
        return $e->{id} if defined $e->{id};
        return undef if defined $e->{data};
    }
    return undef;
}

# The next event of an open stream that is a message, as
# { id => of the event, message }; events without data are counted only.
sub next_message {
    my ($self, $http, $seconds) = @_;
    my $end = time + ($seconds || $self->{timeout});
    while ((my $left = $end - time) > 0) {
        my $e = $http->read_event($left) or return undef;
        $self->{empty}++ if defined $e->{data} && $e->{data} eq '';
        next unless defined $e->{data} && $e->{data} ne '';
        return { id => $e->{id}, message => $json->decode($e->{data}) };
    }
    return undef;
}

# A tool call: the structured content, or { isError => 1, text } when refused,
# or { rpc => {code,message}, http } on a protocol fault.
sub call {
    my ($self, $tool, $args, %o) = @_;
    my $r = $self->request('tools/call',
        { name => $tool, arguments => $args || {} }, %o) or return undef;
    my $m = $r->{message} || {};
    return { rpc => $m->{error}, http => $r->{status} }
        if $m->{error} || !$m->{result};
    my $res = $m->{result};
    return { isError => 1, text => $res->{content}[0]{text} }
        if $res->{isError};
    $self->{last} = $r;
    return $res->{structuredContent};
}

# Asks and waits for the end; gives the final status result.
sub ask {
    my ($self, $prompt, %o) = @_;
    my $run = $self->call('run_analytics_agent',
        { prompt => $prompt, %{ $o{args} || {} } });
    return $run unless $run && ($run->{status} || '') eq 'running';
    return $self->await($run, %o);
}

sub await {
    my ($self, $run, %o) = @_;
    my $end = time + ($o{timeout} || 60);
    my $s;
    do {
        $s = $self->call('get_analytics_agent_status', {
            conversation_id => $run->{conversation_id},
            prompt_id => $run->{prompt_id},
            wait_seconds => $o{wait} || 20 }, %{ $o{call} || {} });
    } while ($s && ($s->{status} || '') eq 'running' && time < $end);
    return $s;
}

1;
