package Mitzu::Test;

# The harness: a temporary directory, child processes, free loopback ports,
# and at the end the checks no test may forget: nothing alarming in a log,
# no sanitizer report, no process left.  Core Perl only.

use strict;
use warnings;

use Cwd qw(abs_path);
use Exporter qw(import);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use IO::Socket::INET;
use POSIX qw(WNOHANG);
use Test::More ();
use Time::HiRes qw(sleep time);

our @EXPORT = qw(adopt_process build_dir product free_port wait_for spawn_process
    stop_process kill_process temp_dir slurp spew finish is_san root_dir
    log_of allow_in_logs now_iso sample_warehouse);

my $root  = abs_path(dirname(__FILE__) . '/../../..');
my $dir   = tempdir('mitzu-XXXXXXXX', TMPDIR => 1, CLEANUP => 0);
my $owner = $$;
my %children;
my %logs;
my @allowed;
my $finished = 0;

# What no log may hold, whoever wrote it.
my @alarms = (
    qr/\[(?:alert|crit|emerg)\]/,
    qr/ERROR: (?:Address|Undefined|Thread)Sanitizer/,
    qr/runtime error: /,
    qr/Assertion .* failed/,
);

sub root_dir  { return $root }
sub temp_dir  { return $dir }
sub is_san    { return $ENV{MITZU_SAN} ? 1 : 0 }
sub build_dir { return abs_path($ENV{BUILD} || "$root/build") }
sub now_iso   { return '2026-06-15T12:00:00Z' }

# A built file, with or without sanitizers.
sub product {
    my ($name) = @_;
    my $file = build_dir() . (is_san() ? '/san/' : '/rel/') . $name;
    die "$file is missing: run make first\n" unless -e $file;
    return $file;
}

my %given;

sub free_port {
    for (1 .. 50) {
        my $s = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1',
            Proto => 'tcp') or die "no port: $!";
        my $port = $s->sockport;
        close $s;
        return $port unless $given{$port}++;
    }
    die "no free port\n";
}

# Polls until the code gives a true value; undef after the time.
sub wait_for {
    my ($seconds, $code) = @_;
    my $end = time + $seconds;
    while (1) {
        my $r = $code->();
        return $r if $r;
        return undef if time >= $end;
        sleep 0.02;
    }
}

# spawn_process(name => .., cmd => [..], env => {..}): pid.  Its output goes
# to a log that is looked through at the end.
sub spawn_process {
    my (%o) = @_;
    my $log = $o{log} || "$dir/$o{name}.log";
    $logs{$log} = 1;
    my $pid = fork;
    die "fork: $!" unless defined $pid;
    if ($pid == 0) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', $log or die "$log: $!";
        open STDERR, '>&', \*STDOUT;
        $ENV{$_} = $o{env}{$_} for keys %{ $o{env} || {} };
        exec @{ $o{cmd} } or do { warn "$o{cmd}[0]: $!"; POSIX::_exit(127) };
    }
    $children{$pid} = $o{name};
    return $pid;
}

# A process that a child left behind; nobody waits for it but init.
sub adopt_process { my ($pid, $name) = @_; $children{$pid} = $name }

sub log_of {
    my ($file) = @_;
    $logs{$file} = 1;
    return $file;
}

# A pattern that this test provokes on purpose.
sub allow_in_logs { push @allowed, @_ }

sub kill_process {
    my ($pid) = @_;
    return unless delete $children{$pid};
    kill 'KILL', $pid;
    waitpid $pid, 0;
}

# Ends a child by a signal; KILL and a failure when it does not go.
sub stop_process {
    my ($pid, $signal, $seconds) = @_;
    my $name = delete $children{$pid} or return 1;
    kill $signal || 'TERM', $pid;
    my $gone = wait_for($seconds || 15, sub {
        my $was = waitpid $pid, WNOHANG;
        return $was == $pid || ($was < 0 && !kill 0, $pid) });
    if (!$gone) {
        kill 'KILL', $pid;
        waitpid $pid, 0;
        Test::More::fail("$name ends when told to");
    }
    return $gone;
}

sub slurp {
    my ($file) = @_;
    open my $f, '<', $file or return '';
    local $/;
    my $text = <$f>;
    return defined $text ? $text : '';
}

sub spew {
    my ($file, $text) = @_;
    open my $f, '>', $file or die "$file: $!";
    print $f $text;
    close $f or die "$file: $!";
    return $file;
}

# A warehouse made once a build: name, events, users.
sub sample_warehouse {
    my (%o) = (events => 20000, users => 400, now => now_iso(), @_);
    my $cache = build_dir() . '/t';
    my $file = "$cache/sample-$o{events}-$o{users}.duckdb";
    if (!-e $file) {
        mkdir $cache;
        my $agent = build_dir() . '/rel/mitzu-agent';
        system($agent, 'sample', '--events', $o{events}, '--users',
            $o{users}, '--now', $o{now}, '--force', '--output', "$file.$$")
            == 0 or die "mitzu-agent sample failed\n";
        rename "$file.$$", $file or die "$file: $!";
    }
    return $file;
}

# The last two tests of every file.
sub finish {
    $finished = 1;
    my @left = sort { $a <=> $b } keys %children;
    stop_process($_, 'TERM') for reverse @left;
    my @bad;
    for my $log (sort keys %logs) {
        my $n = 0;
        for my $line (split /\n/, slurp($log)) {
            $n++;
            next unless grep { $line =~ $_ } @alarms;
            next if grep { $line =~ $_ } @allowed;
            push @bad, "$log:$n: $line";
        }
        push @bad, leaks_in($log);
    }
    Test::More::diag($_) for @bad > 20 ? @bad[0 .. 19] : @bad;
    Test::More::is(scalar @bad, 0, 'nothing alarming in the logs');
    my $group = wait_for(5, sub { !children_alive() });
    Test::More::ok($group, 'no process is left');
    if (!@bad) {
        system('rm', '-rf', $dir);
    } else {
        Test::More::diag("kept: $dir");
    }
    Test::More::done_testing();
}

# Leaks count when a frame of ours is in their stack: the stock nginx has
# two small ones of its own.
sub leaks_in {
    my ($log) = @_;
    my @found;
    my $text = slurp($log);
    while ($text =~ /((?:Direct|Indirect) leak of .*?)(?:\n\n|\z)/sg) {
        my $block = $1;
        push @found, split /\n/, $block
            if $block =~ /ngx_mitzu|mz_|mitzu-agent/;
    }
    return map { "$log: $_" } @found;
}

sub children_alive {
    my @pids = split ' ', qx(pgrep -f '\Q$dir\E' 2>/dev/null);
    return scalar grep { $_ != $$ } @pids;
}

END {
    if ($$ == $owner && !$finished) {
        kill 'KILL', $_ for keys %children;
    }
}

1;
