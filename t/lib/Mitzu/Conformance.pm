package Mitzu::Conformance;

# The official conformance suite, run against an endpoint and judged check by
# check: t/bin/conformance and t/70-conformance.t.

use strict;
use warnings;

use JSON::PP ();
use Mitzu::MCP;
use Mitzu::Test;
use POSIX qw(WNOHANG);
use Time::HiRes qw(time);

my $dir = root_dir() . '/t/conformance';
my $suite = "$dir/node_modules/\@modelcontextprotocol/conformance/dist/index.js";

# The requirement sets and how many scenarios each runs, those included that
# the suite does not score.  The suite is pinned, so these are, too.
our %SCENARIOS = ('2025-11-25' => 33, '2026-07-28' => 50);

# What says nothing about the server: a log of what was sent, a scenario the
# suite never runs, and streams a server need not open.
my %quiet = map { $_ => 1 } qw(outgoing-request incoming-response
    incoming-sse-event stream-closed tasks-status-notifications
    server-sse-streams-functional);

# A Node.js the suite runs on: one of ours, or the system's.
sub node {
    for my $node (glob("$dir/../peers/node_modules/node-linux-*/bin/node"),
        'node')
    {
        my $version = qx('$node' --version 2>/dev/null) || '';
        return $node if $version =~ /^v(\d+)/ && $1 >= 22;
    }
    die "Node.js 22 or later is missing: make setup-test\n";
}

# What an nginx needs to serve the endpoint: (main, server) configuration.
sub main_conf {
    return 'load_module ' . product('ngx_mitzu_fixtures_module.so') . ';';
}

sub location {
    my ($mode, $redis) = @_;
    return <<"EOT";
location ~ ^/mcp/?\$ {
    mitzu_mcp $mode;
    mitzu_mcp_auth off;
    mitzu_mcp_redis $redis;
}
EOT
}

# A proxy in front: to $to, with more lines in its location.
sub proxy {
    my ($to, @more) = @_;
    return join "\n    ", 'location / {', "proxy_pass http://$to;",
        'proxy_http_version 1.1;', 'proxy_buffering off;',
        'proxy_read_timeout 1h;', 'proxy_set_header Connection "";',
        'proxy_set_header Host $http_host;', @more, "\n}\n";
}

# Waits until every process of a node has its key and its Redis: before, it
# answers 503 and asks its clients to come again, which the suite does not.
sub ready {
    my ($nginx) = @_;
    my $in_row = 0;
    wait_for(20, sub {
        my $c = Mitzu::MCP->new(port => $nginx->{port});
        my $r = $c->open;
        my $list = defined $c->{session}
            && $c->request('resources/list', {});
        $in_row = $list && $list->{status} == 200 ? $in_row + 1 : 0;
        return $in_row >= 8 * ($nginx->{workers} || 1);
    }) or die "$nginx->{name} does not get ready\n";
    return $nginx;
}

# run(port, revision, into, seconds): { scenario => [checks] }; dies when the
# suite did not run to its end.
sub run {
    my (%o) = @_;
    die "the conformance suite is missing: make setup-test conformance\n"
        unless -e $suite;
    system('rm', '-rf', $o{into});
    system('mkdir', '-p', $o{into});

    my $pid = fork;
    die "fork: $!" unless defined $pid;
    if ($pid == 0) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', "$o{into}/suite.log" or die "$o{into}: $!";
        open STDERR, '>&', \*STDOUT;
        exec node(), $suite, 'server', '--url',
            "http://localhost:$o{port}/mcp", '--requirements', $o{revision},
            '-o', $o{into} or POSIX::_exit(127);
    }
    my $end = time + $o{seconds};
    my $gone;
    while (!($gone = waitpid($pid, WNOHANG)) && time < $end) {
        select undef, undef, undef, 0.1;
    }
    if (!$gone) {
        kill 'KILL', $pid;
        waitpid $pid, 0;
        die "the suite did not end within $o{seconds} s\n";
    }

    my %seen;
    for my $file (glob "$o{into}/*/checks.json") {
        my ($name) = $file =~ m{/server-([^/]+)-\d{4}-\d\d-\d\dT[^/]*/checks};
        $seen{$name} = JSON::PP->new->decode(slurp($file));
    }
    my $want = $SCENARIOS{ $o{revision} };
    die keys(%seen) . " of $want scenarios were run: see $o{into}/suite.log\n"
        if keys %seen != $want;
    return \%seen;
}

# A baseline, lines "  - scenario:check", as a hash; undef: there is none.
sub baseline {
    my ($file) = @_;
    return undef unless -e "$dir/$file";
    return { map { /^\s+-\s+(\S+:\S+)\s*$/ ? ($1 => 1) : () }
        split /\n/, slurp("$dir/$file") };
}

# judge(seen, baseline): { passed, failed, expected, skipped, bad => [..] }.
# A check the suite runs more than once fails when it failed once.  A warning
# is a failure.  Without a baseline, what was not exercised is one as well;
# with one, what is listed must fail.
sub judge {
    my ($seen, $baseline) = @_;
    my %r = (passed => 0, failed => 0, expected => 0, skipped => 0,
        bad => []);
    my (%failed, %known);
    for my $scenario (sort keys %$seen) {
        for my $c (@{ $seen->{$scenario} }) {
            my $key = "$scenario:$c->{id}";
            my $status = $c->{status};
            $known{$scenario} = 1;
            if ($status eq 'SUCCESS') {
                $r{passed}++;
            } elsif ($status eq 'INFO' || $status eq 'SKIPPED') {
                next if $quiet{ $c->{id} };
                $r{skipped}++;
                push @{ $r{bad} }, "$key was not exercised: " . why($c)
                    unless $baseline;
            } elsif ($baseline && $baseline->{$key}) {
                $failed{$key} = 1;
                $r{expected}++;
            } else {
                $r{failed}++;
                push @{ $r{bad} }, "$key $status: " . why($c);
            }
        }
    }
    for my $key (sort keys %{ $baseline || {} }) {
        my ($scenario) = split /:/, $key;
        push @{ $r{bad} }, "$key is in the baseline, but passes"
            if $known{$scenario} && !$failed{$key};
    }
    return \%r;
}

# What failed, as a baseline names it.
sub failed {
    my ($seen) = @_;
    my %failed;
    for my $scenario (keys %$seen) {
        $failed{"$scenario:$_->{id}"} = 1
            for grep { $_->{status} =~ /^(?:FAILURE|WARNING)$/ }
            @{ $seen->{$scenario} };
    }
    return sort keys %failed;
}

sub why {
    my ($check) = @_;
    my $text = $check->{errorMessage} || $check->{details}{message}
        || $check->{details}{note} || $check->{description};
    return substr $text, 0, 400;
}

1;
