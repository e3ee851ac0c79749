#!/usr/bin/perl

# The tools' schemas are JSON Schema 2020-12 that another implementation
# (Ajv) reads, and what the tools answer is what their schemas say.

use strict;
use warnings;

use IPC::Open2 qw(open2);
use JSON::PP;
use Mitzu::Agent;
use Mitzu::MCP;
use Mitzu::Nginx;
use Mitzu::Peer;
use Mitzu::Redis;
use Mitzu::Test;
use Test::More;

my $json = Mitzu::MCP::json();
my $redis = Mitzu::Redis->new;
my %nginx = (redis => $redis->url, workers => 2);
my $nginx = Mitzu::Nginx->new(%nginx);
my $other = Mitzu::Nginx->new(%nginx, name => 'nginx2');
my $agent = Mitzu::Agent->new(redis => $redis->url,
    warehouse => sample_warehouse(), runners => 1);
my %client = (legacy => Mitzu::MCP->new(port => $nginx->{port}),
    modern => Mitzu::MCP->new(port => $nginx->{port}, era => 'modern'));

# validate([name, schema, values..]): name => errors.
sub validate {
    my $pid = open2(my $from, my $to, Mitzu::Peer::node(),
        Mitzu::Peer::dir() . '/validate.mjs');
    for my $row (@_) {
        my ($name, $schema, @values) = @$row;
        print {$to} $json->encode({ name => $name, schema => $schema,
            values => \@values }), "\n";
    }
    close $to;
    my %errors;
    while (my $line = <$from>) {
        my $r = $json->decode($line);
        $errors{ $r->{name} } = $r->{errors};
    }
    waitpid $pid, 0;
    return %errors;
}

# --- the lists ---

my (%tools, @names);
for my $era (sort keys %client) {
    my $c = $client{$era};
    my $text = sub { $json->encode($_[0]->request('tools/list')
        ->{message}{result}{tools}) };
    my $first = $text->($c);
    is($text->($c->on($other->{port})), $first, "$era: every node lists the "
        . 'same, in the same order') for 1 .. 4;
    my @list = @{ $json->decode($first) };
    @names = map { $_->{name} } @list;
    $tools{$era} = { map { $_->{name} => $_ } @list };
    is((() = grep { !/^[a-z0-9_]{1,64}$/ } @names), 0, "$era: names");
    for my $t (@list) {
        my $name = "$era $t->{name}";
        for my $schema ($t->{inputSchema}, $t->{outputSchema}) {
            is($schema->{type}, 'object', "$name: a schema of an object");
            ok(!grep({ exists $schema->{$_} } qw(oneOf anyOf allOf $ref)),
                '.. that is flat');
        }
        is(join(' ', sort grep { exists $t->{annotations}{$_} }
            qw(readOnlyHint destructiveHint idempotentHint openWorldHint)),
            'destructiveHint idempotentHint openWorldHint readOnlyHint',
            "$name: four hints");
    }
}
my $same = sub { my %t = %{ $_[0] }; delete $t{execution}; \%t };
is_deeply({ map { $_ => $same->($tools{legacy}{$_}) } @names },
    { map { $_ => $same->($tools{modern}{$_}) } @names },
    'both eras have the same tools');

# --- what the tools answer ---

my %answers;

# A call's structured content is kept for its schema.
sub tool {
    my ($c, $name, $args) = @_;
    my $r = $c->request('tools/call', { name => $name, arguments => $args })
        ->{message}{result};
    if ($r->{isError}) {
        ok(!exists $r->{structuredContent}, "$name: an error has no structure");
        ok(length $r->{content}[0]{text}, '.. but words');
        return;
    }
    my $what = "$c->{era} $name";
    is_deeply($json->decode($r->{content}[0]{text}), $r->{structuredContent},
        "$what: the text is its twin")
        if $r->{content}[0]{type} eq 'text';
    push @{ $answers{$what} }, $r->{structuredContent};
    return $r->{structuredContent};
}

for my $era (sort keys %client) {
    my $c = $client{$era};
    my $status = sub { tool($c, 'get_analytics_agent_status', {
        conversation_id => $_[0]{conversation_id},
        prompt_id => $_[0]{prompt_id}, wait_seconds => $_[1] }) };
    kill 'STOP', $agent->{pid}, $agent->runner_pids;
    my $run = tool($c, 'run_analytics_agent',
        { prompt => "purchases by country and device, $era" });
    $status->($run, 0);
    tool($c, 'run_analytics_agent', { prompt => 'other words',
        conversation_id => $run->{conversation_id} });
    kill 'CONT', $agent->{pid}, $agent->runner_pids;
    my $s = $status->($run, 40);
    is($s->{status}, 'completed', "$era: answered");
    my ($table) = grep { $_->{kind} eq 'table' } @{ $s->{artifacts} };
    my ($lines) = grep { $_->{kind} eq 'json' } @{ $s->{artifacts} };
    my $last = tool($c, 'run_analytics_agent', { prompt => 'by week',
        conversation_id => $run->{conversation_id} });
    $status->($last, 40);
    tool($c, 'list_agent_artifacts', {});
    tool($c, 'list_agent_artifacts', { limit => 1 });
    tool($c, 'inspect_artifact', $_) for map {
        { artifact_id => $_->{artifact_id} } } $table, $lines;
    tool($c, 'describe_table_artifact', { artifact_id =>
        $table->{artifact_id} });
    tool($c, 'query_table_artifact', { artifact_id => $table->{artifact_id},
        @$_ }) for [], [ limit => 2 ], [ offset => 1000 ], [ filters => [ {
        column => 'country', op => 'eq', value => 'DE' } ] ];
    tool($c, 'read_json_artifact', { reads => [ { artifact_id =>
        $lines->{artifact_id}, @$_ } ] }) for [], [ limit => 1 ],
        [ path => '/0' ], [ path => '/0/country' ];
    tool($c, 'grep_json_artifact', { artifact_id => $lines->{artifact_id},
        pattern => $_, context => 1, limit => 2 }) for '.', 'no such row';

    # And each once wrong.
    for my $name (@names) {
        tool($c, $name, { nothing => 1 });
        tool($c, $name, {});
    }
    tool($c, $_, { artifact_id => 'a_' . 'a' x 26, $_ =~ /^grep/
        ? (pattern => '.') : () }) for qw(inspect_artifact
        describe_table_artifact query_table_artifact grep_json_artifact);
    tool($c, 'query_table_artifact', { artifact_id => $lines->{artifact_id} });
    tool($c, 'grep_json_artifact', { artifact_id => $table->{artifact_id},
        pattern => '.' });
}

my %errors = validate(map {
    my ($era, $name) = split;
    ([ "$_ input", $tools{$era}{$name}{inputSchema} ],
        [ $_, $tools{$era}{$name}{outputSchema}, @{ $answers{$_} || [] } ])
} map { my $era = $_; map { "$era $_" } @names } sort keys %client);

is(scalar keys %errors, 4 * @names, 'every schema was looked at');
for my $name (sort keys %errors) {
    is_deeply($errors{$name}, [], $name =~ /input$/ ? "$name: a schema"
        : "$name: " . @{ $answers{$name} || [] } . ' answers as it says');
    ok(@{ $answers{$name} || [] }, "$name: was answered")
        if $name !~ /input$/;
}

# Its teeth: what breaks a schema is told.
my %bad = validate([ 'type', { type => 'object', properties => { n =>
    { type => 'integer' } } }, { n => 'x' } ], [ 'keyword', { type => 'object',
    requird => [] } ]);
ok(@{ $bad{type} } && @{ $bad{keyword} }, 'a wrong answer, a wrong schema');

finish();
