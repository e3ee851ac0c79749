package Mitzu::MCP;

# An MCP client for tests, of either era, that hides nothing.

use strict;
use warnings;

use JSON::PP ();
use Mitzu::HTTP;
use Time::HiRes qw(time);

my $json = JSON::PP->new->canonical->utf8;

sub new {
    my ($class, %o) = @_;
    return bless { path => '/mcp', era => 'legacy', id => 0,
        version => '2025-11-25', timeout => 60, %o }, $class;
}

sub json { return $json }

sub headers {
    my ($self, $method, $params) = @_;
    my @h = ('Content-Type' => 'application/json',
        'Accept' => 'application/json, text/event-stream');
    if ($self->{era} eq 'modern') {
        push @h, 'MCP-Protocol-Version' => '2026-07-28',
            'Mcp-Method' => $method;
        push @h, 'Mcp-Name' => $params->{name}
            if $method eq 'tools/call' && defined $params->{name};
    } elsif ($method ne 'initialize') {
        push @h, 'MCP-Protocol-Version' => $self->{version};
    }
    return @h;
}

sub message {
    my ($self, $method, $params, %o) = @_;
    my %p = %{ $params || {} };
    my %meta = %{ $p{_meta} || {} };
    if ($self->{era} eq 'modern') {
        $meta{'io.modelcontextprotocol/protocolVersion'} = '2026-07-28';
        $meta{'io.modelcontextprotocol/clientCapabilities'} = {};
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
            if (exists $m->{id}) {
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
