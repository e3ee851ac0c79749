#!/usr/bin/perl

# `mitzu-agent queue`: operators look at the runs of a deployment and
# interfere.  States are made step by step with a worker of scripts; at the
# end a real worker is drained, resumed, and told to stop.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use Digest::SHA qw(sha256_hex);
use IO::Socket::INET;
use JSON::PP;
use Mitzu::Agent;
use Mitzu::Redis;
use Mitzu::Slow;
use Mitzu::Test;
use Mitzu::Worker;
use Test::More;
use Time::HiRes qw(sleep time);

my $json = JSON::PP->new->utf8;

# All of it is done by a user who may do what README.md says and no more.
my ($rule) = slurp(root_dir() . '/README.md')
    =~ /`ACL SETUSER (mitzu-operator [^`]+)`/ or die "README.md has no user\n";
my $redis = Mitzu::Redis->new(args => [ '--user', split ' ', $rule ]);
my $url = $redis->url =~ s{//}{//mitzu-operator:PASSWORD@}r;
my $dir = temp_dir();
my $agent_program = product('mitzu-agent');
my $env = Mitzu::Agent::env();
my @workers = map { Mitzu::Worker->new(redis => $redis,
    scope => substr sha256_hex("somebody $_"), 0, 32) } 1 .. 3;
my $w = $workers[0];

# queue(args): exit code, what it printed, what it said.
sub queue { return command(undef, @_, '--redis', $url) }

sub command {
    my ($pipe, @args) = @_;
    my $line = join ' ', map { s/'/'\\''/gr =~ s/(.*)/'$1'/sr }
        $agent_program, 'queue', @args;
    $line .= " 2>$dir/err";
    $line = "set -o pipefail; $line | $pipe" if $pipe;
    local %ENV = (%ENV, %$env);
    open my $f, '-|', 'bash', '-c', $line or die "bash: $!";
    local $/;
    my $out = <$f>;
    close $f;
    my $err = slurp("$dir/err");
    fail("sanitizers: $err") if $err =~ /Sanitizer|runtime error/;
    return ($? >> 8, defined $out ? $out : '', $err);
}

sub list {
    my ($code, $out) = queue('list', '--json', @_);
    is($code, 0, "list @_");
    return $json->decode($out);
}

sub show {
    my ($run) = @_;
    my ($code, $out) = queue('show', $run->{prompt_id}, '--json');
    is($code, 0, 'show');
    return $json->decode($out);
}

# Everything there is: two of the same mean that nothing was changed.
sub snapshot {
    return join "\n", map { "$_ " . sha256_hex($redis->cmd('DUMP', $_)) }
        sort @{ $redis->cmd('KEYS', '*') };
}

sub unchanged {
    my ($what, $code, @args) = @_;
    my $before = snapshot();
    my ($got, $out, $err) = queue(@args);
    is($got, $code, $what) or diag($out, $err);
    is($out, '', '.. prints nothing');
    is(snapshot(), $before, '.. and changes nothing');
    return $err;
}

sub status { my ($run, $by) = @_; return ($by || $w)->run($run)->{status} }
sub dead { my ($by) = @_; return @{ $redis->cmd('XRANGE',
    ($by || $w)->{part} . ':dead', '-', '+') } }
sub events { my ($run, $by) = @_; return map { { @{ $_->[1] } } }
    @{ $redis->cmd('XRANGE', ($by || $w)->{base}
        . ":run:$run->{prompt_id}:events", '-', '+') } }

# A run whose worker went away in its last attempt.
sub lost {
    my ($by, $prompt) = @_;
    my $run = $by->submit($prompt);
    for (1, 2) {
        $by->script('claim', 0, $run->{prompt_id}, 'worker-gone', 1);
        $redis->cmd('ZADD', "$by->{part}:leases", 1,
            "$by->{scope}:$run->{prompt_id}");
        sleep 0.005;
        my $lib = root_dir() . '/src/store/scripts';
        $redis->cmd('EVAL', slurp("$lib/lib.lua") . "\n"
            . slurp("$lib/sweep.lua"), 1, $by->{part}, 0, 100, 1000, 86400000);
    }
    is(status($run, $by), 'lost', 'a run is lost');
    return $run;
}

my $nobody = 'p_' . 'a' x 26;

# --- what is asked of it wrongly, or of nobody ---

my ($code, $out, $err) = command(undef, '--help');
is($code, 0, '--help');
like($out, qr/^  \Q$_\E +\S/m, ".. $_")
    for qw(list show cancel requeue drop drain resume watch);
like($out, qr/exit codes: 0 .*69/s, '.. and the exit codes');
for my $sub (qw(list show cancel requeue drop drain resume watch)) {
    ($code, $out) = command(undef, $sub, '--help');
    ok($code == 0 && $out =~ /^usage: mitzu-agent queue $sub .*--redis/s,
        "$sub --help");
    unlike($out, qr/--partitions/, '.. partitions are asked of nobody');
}

for my $bad ([], ['--redis', $redis->url, 'list'], ['lsit'],
    ['list'], ['list', 'x', '--redis', $url],
    ['show', '--redis', $url],
    ['show', 'p_1', '--redis', $url],
    ['show', 'p_*', '--redis', $url],
    ['cancel', 'c_' . 'a' x 26, '--redis', $url],
    ['list', '--limit', '0', '--redis', $url],
    ['list', '--redis', 'http://x'],
    ['list', '--prefix', 'a:b', '--redis', $url])
{
    ($code, $out, $err) = command(undef, @$bad);
    is($code, 2, "usage: @$bad");
    is($out, '', '.. prints nothing');
    like($err, qr/^\S.*\n/, '.. says why');
}

for my $args (['list'], ['list', '--json'], ['show', $nobody],
    ['cancel', $nobody], ['requeue', $nobody], ['drop', $nobody], ['drain'],
    ['resume'], ['watch', '--count', 1])
{
    $err = unchanged("no deployment: @$args", 1, @$args);
    like($err, qr/no deployment has the prefix "mitzu"/, '.. says so');
}
is_deeply($redis->cmd('KEYS', '*'), [], 'nothing was made');

$redis->cmd('HSET', 'mitzu:meta', 'schema', 1, 'partitions', 16);
$err = unchanged('another schema', 1, 'list');
like($err, qr/schema 1 .*knows schema 2/, '.. is named');
$redis->cmd('HSET', 'mitzu:meta', 'schema', 2, 'partitions', 0);
unchanged('a meta record that is none', 1, 'list');
$redis->cmd('HSET', 'mitzu:meta', 'partitions', 16);
$err = unchanged('a prefix of others', 1, 'list', '--prefix', 'acme');
like($err, qr/NOPERM/, '.. that this user has no business with');
($code, $out, $err) = command(undef, 'list', '--prefix', 'acme', '--redis',
    $redis->url);
is($code, 1, 'another prefix');
like($err, qr/no deployment has the prefix "acme"/, '.. is named');

unchanged("no such run: $_", 3, $_, $nobody) for qw(show cancel requeue drop);
unchanged('no such state', 2, 'list', '--state', 'gone');
unchanged("a reason that is none: $_", 2, 'cancel', $nobody, '--reason', $_)
    for ' ', "a\nb", "\x1b[2J", 'x' x 501, "\xff";

my $nowhere = 'redis://127.0.0.1:' . free_port();
($code, $out, $err) = command(undef, 'list', '--redis', $nowhere);
is($code, 69, 'Redis is away');
like($err, qr/127\.0\.0\.1/, '.. says where');
($code, $out, $err) = command(undef, 'list', '--redis',
    $nowhere =~ s{redis}{redis+sentinel}r . '/m%1b%5B2J');
like($err, qr/queue: Redis m\\x1b\[2J/,
    '.. and whatever its name is, it does not steer the terminal');
($code, $out, $err) = command(undef, 'list', '--redis',
    $redis->url =~ s{//}{//:secret-word@}r);
is($code, 1, 'a password that is none');
unlike($err, qr/secret-word/, '.. is not repeated');

# --- an empty queue ---

my $l = list();
is_deeply([ @$l{qw(queued running dead workers oldest paused partitions)} ],
    [ 0, 0, 0, 0, undef, undef, 16 ], 'an empty queue');
is_deeply($l->{runs}, [], '.. has no runs');
($code, $out) = queue('list');
like($out, qr/^queued 0  running 0  dead 0  workers 0\n/, '.. in words');

# --- a few runs ---

my $evil = "How many \x1b[2J\x1b]0;x\x07 signups \"quoted\"?\r\n\xe2\x80\xaebye";
my $first = $w->submit($evil);
sleep 0.01;
my $second = $workers[1]->submit('Second?');
$workers[1]->submit("More $_?") for 1 .. 4;
my $running = $workers[2]->submit('Running?');
$workers[2]->claim($running);
$workers[2]->event($running, 'querying', 'Asking the warehouse');
my $gone = lost($w, 'Lost?');

$l = list();
is_deeply([ @$l{qw(queued running dead complete)} ],
    [ 6, 1, 1, JSON::PP::true ], 'runs are counted');
is(join(' ', map { $_->{state} } @{ $l->{runs} }),
    'running' . ' queued' x 6 . ' dead', '.. and listed in order');
my %row = map { $_->{run} => $_ } @{ $l->{runs} };
my $r = $row{ $running->{prompt_id} };
is_deeply([ @$r{qw(attempt max_attempts worker phase scope prompt)} ],
    [ 1, 2, 'worker-t', 'querying', $workers[2]{scope}, 'Running?' ],
    '.. the running one');
ok($r->{lease} > $l->{at} && $r->{started} >= $r->{created}, '.. its lease');
$r = $row{ $first->{prompt_id} };
is_deeply([ @$r{qw(attempt worker lease reason died)} ],
    [ 0, undef, undef, undef, undef ], '.. a queued one');
is($l->{oldest}, $r->{created}, '.. which is the oldest');
is($l->{runs}[1]{run}, $first->{prompt_id}, '.. and comes first');
$r = $row{ $gone->{prompt_id} };
like($r->{reason}, qr/went away in attempt 2 of 2/, '.. the lost one');
ok($r->{died} > 0, '.. and since when');
is_deeply({ map { $_->{project} => [ @$_{qw(queued running)} ] }
    @{ $l->{projects} } }, { $w->{scope} => [ 1, 0 ],
    $workers[1]{scope} => [ 5, 0 ], $workers[2]{scope} => [ 0, 1 ] },
    '.. the share of each project');
is($l->{projects}[0]{queued}, 5, '.. the one with most runs first');

is(join(' ', map { $_->{state} } @{ list('--state', $_->[0])->{runs} }),
    $_->[1], "only $_->[0]") for [ 'running', 'running' ], [ 'dead', 'dead' ],
    [ 'queued', join ' ', ('queued') x 6 ];
is(@{ list('--limit', 2)->{runs} }, 2, '--limit');

($code, $out) = queue('list');
is($code, 0, 'in words');
like($out, qr/^queued 6 \(oldest \d+s\)  running 1  dead 1  workers 0\n/,
    '.. the counts');
like($out, qr/^\Q$running->{prompt_id}\E  running  1\/2 .* querying .*worker-t/m,
    '.. the running one');
like($out, qr/^\Q$gone->{prompt_id}\E  dead     2\/2 .*"Lost\?"  The worker/m,
    '.. the lost one');
like($out, qr/^\Q$workers[1]{scope}\E +5 +0 +\d+%$/m, '.. a project');
unlike($out, qr/[\x00-\x09\x0b-\x1f\x7f]|\xe2\x80\xae/,
    '.. nothing that steers a terminal');
like($out, qr/How many \\x1b\[2J.* \\"quoted\\"/, '.. but escaped');
($code, $out) = queue('list', '--limit', 3);
like($out, qr/^and 5 more/m, '.. what is left out is said');

($code, $out) = command(undef, 'list', '--redis', "unix:$redis->{socket}");
like($out, qr/^queued 6 /, 'through a unix socket');
{
    local $ENV{MITZU_REDIS_URL} = $url;
    ($code, $out) = command(undef, 'list');
    like($out, qr/^queued 6 /, 'the address may be in the environment');
}

# --- pipes ---

for my $args (['list'], ['list', '--json'], ['show', $first->{prompt_id}]) {
    ($code, $out, $err) = command('head -1', @$args, '--redis', $url);
    is($out =~ tr/\n//, 1, "@$args | head -1");
    is($err, '', '.. complains of nothing');
}
($code, $out, $err) = command('head -2', 'watch', '--interval', '100ms',
    '--redis', $url);
is($code, 141, 'watch ends with its reader');
is($out =~ tr/\n//, 2, '.. after two lines');
SKIP: {
    skip 'no /dev/full', 2 unless -e '/dev/full';
    local %ENV = (%ENV, %$env);
    system("'$agent_program' queue list --redis '$url' "
        . ">/dev/full 2>$dir/err");
    is($? >> 8, 1, 'a full disk is no success');
    like(slurp("$dir/err"), qr/cannot write/, '.. and said');
}

# --- watch ---

($code, $out) = queue('watch', '--count', 3, '--interval', '100ms');
is($code, 0, 'watch --count 3');
is(scalar(() = $out =~ /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ  queued 6 .*$/mg), 3,
    '.. is three lines');
unlike($out, qr/\x1b/, '.. without codes');

SKIP: {
    skip 'no program "script"', 3 if system('command -v script >/dev/null');
    my $screen = do {
        local %ENV = (%ENV, %$env, TERM => 'xterm');
        my $line = "'$agent_program' queue watch --count 2 --interval 100ms "
            . '--redis ' . $url;
        qx(script -qec "$line" /dev/null </dev/null 2>&1);
    };
    is(scalar(() = $screen =~ /\x1b\[H/g), 2, 'on a terminal it is redrawn');
    like($screen, qr/\Q$running->{prompt_id}\E  running/, '.. with the runs');
    unlike($screen, qr/\x1b\[2J|\x07/, '.. steered by nobody else');
}

# --- show ---

my $s = show($running);
is_deeply([ @$s{qw(run scope status attempt worker phase prompt)} ],
    [ $running->{prompt_id}, $workers[2]{scope}, 'running', 1, 'worker-t',
        'querying', 'Running?' ], 'a running run');
is(join(' ', map { "$_->{seq}:$_->{phase}" } @{ $s->{events} }),
    '1:queued 2:started 3:querying', '.. its events');
is($s->{conversation}{id}, $running->{conversation_id}, '.. conversation');
is($s->{conversation}{active}, $running->{prompt_id}, '.. which it holds');
is($s->{conversation}{newest_turns}[0]{text}, 'Running?', '.. its turns');
is($s->{dead}, undef, '.. and it is not dead');

my $done = $workers[2]->submit('Done?');
$workers[2]->claim($done);
my $aid = $workers[2]->artifact($done, 'steps', '{"a":1}', '{"a":2}');
$workers[2]->finish($done, "**12 %**\n\nand a second line \x1b[31m");
$s = show($done);
is($s->{status}, 'completed', 'a completed run is found by its key');
is($s->{artifacts}[0]{id}, $aid, '.. its artifact');
is($s->{artifacts}[0]{rows}, 2, '.. with its rows');
is($s->{result}{sql}, 'SELECT 1', '.. the result is JSON');
is($s->{conversation}{active}, undef, '.. its conversation is free');
($code, $out) = queue('show', $done->{prompt_id});
like($out, qr/^status +completed$/m, '.. in words');
like($out, qr/^answer:\n  \*\*12 %\*\*\n\n  and a second line \\x1b\[31m$/m,
    '.. the answer');
like($out, qr/\Q$aid\E +json +steps +2 /, '.. the artifact');
like($out, qr/^finished +20\d\d-/m, '.. times');
unlike($out, qr/[\x00-\x09\x0b-\x1f\x7f]/, '.. nothing steers a terminal');

$s = show($gone);
is($s->{status}, 'lost', 'a lost run');
like($s->{dead}{reason}, qr/went away/, '.. with its dead letter');
is($s->{error}{code}, 'lost', '.. and its error');

# --- cancel ---

($code, $out, $err) = queue('cancel', $second->{prompt_id}, '--reason',
    'Too "dear"');
is($code, 0, 'cancel of a queued run') or diag($err);
is($out, "$second->{prompt_id} cancelled (it was queued)\n", '.. is said');
is(status($second, $workers[1]), 'cancelled', '.. and done');
is($json->decode($workers[1]->run($second)->{error})->{message},
    'Too "dear"', '.. the user reads why');
$err = unchanged('cancelled twice', 4, 'cancel', $second->{prompt_id});
like($err, qr/it is cancelled, and that never changes/, '.. says why');
unchanged('cancel of a completed run', 4, 'cancel', $done->{prompt_id});
unchanged('cancel of a lost run', 4, 'cancel', $gone->{prompt_id});

($code, $out) = queue('cancel', $running->{prompt_id});
is($code, 0, 'cancel of a running run');
like($out, qr/cancelled \(it was running; worker worker-t\)/, '.. is said');
is($workers[2]->script('renew', 0, $running->{prompt_id}, 1, 1000)->[0],
    'terminal', '.. its worker learns it');

# --- requeue ---

my $again = $w->submit('Again?');
$w->claim($again);
($code, $out) = queue('requeue', $again->{prompt_id});
is($code, 0, 'requeue of a running run');
like($out, qr/^\Q$again->{prompt_id}\E queued again \(attempt 1 does not count/,
    '.. is said');
is(status($again), 'queued', '.. and done');
is($w->script('renew', 0, $again->{prompt_id}, 1, 1000)->[0], 'superseded',
    '.. its worker is told');
is($w->event($again, 'late', 'x'), undef, '.. and writes no more');
$w->claim($again);
is($again->{attempt}, 2, '.. another one has it');
queue('requeue', $again->{prompt_id});
$w->claim($again);
is($again->{attempt}, 3, '.. however often');
$w->finish($again, 'done');
my @phases = map { $_->{phase} } events($again);
is("@phases", 'queued started requeued started requeued started answered '
    . 'completed', '.. with no gap in its events');

my $jobs = $redis->cmd('XLEN', "$w->{part}:jobs");
($code, $out) = queue('requeue', $first->{prompt_id});
is($code, 0, 'requeue of a queued run');
like($out, qr/was queued already/, '.. is said');
is($redis->cmd('XLEN', "$w->{part}:jobs"), $jobs, '.. it has one wake-up');
$err = unchanged('requeue of a completed run', 4, 'requeue',
    $done->{prompt_id});
unchanged('requeue of a cancelled run', 4, 'requeue', $second->{prompt_id});

# A lost one is asked again, once.
($code, $out) = queue('requeue', $gone->{prompt_id});
is($code, 0, 'requeue of a lost run');
my ($anew) = $out =~ /^\Q$gone->{prompt_id}\E asked again as (p_[a-z2-7]{26}) in conversation \Q$gone->{conversation_id}\E; its dead letter was removed\n$/
    or diag($out);
my $anew_run = { prompt_id => $anew };
is(status($gone), 'lost', '.. it stays lost');
is(status($anew_run), 'queued', '.. the new one waits');
is($w->run($anew_run)->{prompt}, 'Lost?', '.. with the same question');
is($w->run($anew_run)->{conv}, $gone->{conversation_id}, '.. where it was');
is($w->run($anew_run)->{attempt} . '/' . $w->run($anew_run)->{max_attempts},
    '0/2', '.. with as many attempts');
is(scalar dead(), 0, '.. the dead letter is gone');
$err = unchanged('.. and once only', 4, 'requeue', $gone->{prompt_id});
like($err, qr/asked again before, as \Q$anew\E, which is queued/, '.. is said');

# A failed one, in a conversation that has gone on.
my $failed = $workers[1]->submit('Failing?');
$workers[1]->claim($failed);
$workers[1]->fail($failed, 'broken');
my $busy = $workers[1]->script('submit', 0, $failed->{conversation_id}, 0,
    Mitzu::Worker::id('p'), 'Another?', '', 0, '', 0, 3600, 2, 60000, '',
    $workers[1]{scope}, 0, 0, 0, 0, 0, 1);
$err = unchanged('requeue in a busy conversation', 4, 'requeue',
    $failed->{prompt_id});
like($err, qr/is busy with \Q$busy->[2]\E/, '.. is refused');
$workers[1]->script('cancel', 0, $busy->[2], 'x');
$busy = $workers[1]->script('submit', 0, $failed->{conversation_id}, 0,
    Mitzu::Worker::id('p'), 'Failing?', '', 0, '', 0, 3600, 2, 60000, '',
    $workers[1]{scope}, 0, 0, 0, 0, 0, 1);
$err = unchanged('requeue of what was asked again by its user', 4, 'requeue',
    $failed->{prompt_id});
like($err, qr/works on the same prompt, as \Q$busy->[2]\E/, '.. is refused');
$workers[1]->script('cancel', 0, $busy->[2], 'x');
my $conv = "$workers[1]{base}:conv:$failed->{conversation_id}";
$redis->cmd('RENAME', $conv, "$conv-away");
$err = unchanged('requeue without the conversation', 4, 'requeue',
    $failed->{prompt_id});
like($err, qr/conversation \S+ is gone/, '.. is refused');
$redis->cmd('RENAME', "$conv-away", $conv);
($code, $out) = queue('requeue', $failed->{prompt_id});
is($code, 0, 'requeue of a failed run');
is(status($failed, $workers[1]), 'failed', '.. it stays failed');
unlike($out, qr/dead letter/, '.. it had no dead letter');
($anew) = $out =~ /asked again as (p_\S+)/;
$workers[1]->claim({ prompt_id => $anew });
is($json->decode((queue('show', $anew, '--json'))[1])->{status}, 'running',
    '.. the new one runs');

# The first half was done, then the connection broke.
my $half = lost($w, 'Half?');
my @letter = @{ (dead())[-1][1] };
queue('requeue', $half->{prompt_id});
$redis->cmd('XADD', "$w->{part}:dead", '*', @letter);
($code, $out, $err) = queue('requeue', $half->{prompt_id});
is($code, 4, 'requeue after one that was cut off');
is(scalar dead(), 0, '.. removes the dead letter');
is((grep { $_->{prompt} eq 'Half?' } @{ list()->{runs} }), 1,
    '.. and asks no third time');

# --- drop ---

my $drop = $w->submit('Drop?');
$w->claim($drop);
($code, $out) = queue('drop', $drop->{prompt_id}, '--reason', 'A bad one');
is($code, 0, 'drop of a running run');
like($out, qr/^\Q$drop->{prompt_id}\E dropped: it ended as lost/, '.. is said');
is(status($drop), 'lost', '.. and done');
is($w->script('renew', 0, $drop->{prompt_id}, 1, 1000)->[0], 'terminal',
    '.. its worker is told');
is($redis->cmd('HGET', "$w->{base}:conv:$drop->{conversation_id}", 'active'),
    '', '.. its conversation is free');
is({ @{ (dead())[-1][1] } }->{reason}, 'A bad one', '.. with a dead letter');
($code, $out) = queue('drop', $drop->{prompt_id});
is($code, 0, 'drop of a dead letter');
is($out, "$drop->{prompt_id}: its dead letter was removed (the run stays "
    . "lost)\n", '.. is said');
is(scalar dead(), 0, '.. and done');
unchanged('drop of a lost run without a letter', 4, 'drop',
    $drop->{prompt_id});
unchanged('drop of a completed run', 4, 'drop', $done->{prompt_id});

# A dead letter outlives its run.
my $old = $w->submit('Old?');
queue('drop', $old->{prompt_id});
$redis->cmd('DEL', "$w->{base}:run:$old->{prompt_id}");
is(show($old)->{status}, 'expired', 'a run that expired is shown as such');
unchanged('.. it cannot be asked again', 4, 'requeue', $old->{prompt_id});
unchanged('.. nor cancelled', 4, 'cancel', $old->{prompt_id});
($code, $out) = queue('list', '--state', 'dead');
like($out, qr/\Q$old->{prompt_id}\E .*\(expired\)/, '.. is listed');
($code, $out) = queue('drop', $old->{prompt_id});
is($code, 0, '.. but dropped');
is(scalar dead(), 0, '.. for good');

# Rubbish in the streams and indexes stops nobody.
$redis->cmd('XADD', "$w->{part}:dead", '*', 'scope', '../x', 'run', 'y');
$redis->cmd('ZADD', "$w->{part}:leases", 5, 'rubbish', 5, 'a:b');
is((queue('list'))[0], 0, 'rubbish is passed over');
is((queue('show', $first->{prompt_id}))[0], 0, '.. by all');
$redis->cmd('DEL', "$w->{part}:dead");
$redis->cmd('ZREM', "$w->{part}:leases", 'rubbish', 'a:b');

# --- many ---

my @many = map { $w->submit("Many $_?") } 1 .. 300;
$l = list('--limit', 1000, '--state', 'queued');
is(scalar(grep { $_->{prompt} =~ /^Many/ } @{ $l->{runs} }), 300,
    'three hundred runs are listed');
is_deeply([ sort { $a <=> $b } map { $_->{created} } @{ $l->{runs} } ],
    [ map { $_->{created} } @{ $l->{runs} } ], '.. the oldest first');
is($l->{queued}, scalar @{ $l->{runs} }, '.. as many as are counted');
$redis->cmd('FLUSHALL');

# --- pause and resume ---

$redis->cmd('HSET', 'mitzu:meta', 'schema', 2, 'partitions', 16);
($code, $out, $err) = queue('drain');
is($code, 0, 'drain of an idle queue');
is($out, "paused: no worker claims a run any more\n"
    . "drained: no run is being worked on\n", '.. is said');
is(scalar @{ $redis->cmd('KEYS', 'mitzu:{*}:paused') }, 16,
    '.. in all partitions');
my $since = list()->{paused};
ok($since > 0, '.. list says since when');
like((queue('list'))[1], qr/^queued 0 .*  paused for \d+s$/m, '.. also in words');
sleep 0.01;
($code, $out) = queue('drain', '--no-wait');
is($out, "paused already\n", 'a second time');
is(list()->{paused}, $since, '.. changes nothing');
my $waits = $w->submit('Waits?');
is($w->script('claim', 0, $waits->{prompt_id}, 'worker-t', 1000)->[0],
    'paused', 'nobody claims');

# A wake-up that was read in the meantime wakes somebody else.
$redis->cmd('XGROUP', 'CREATE', "$w->{part}:jobs", 'agents', 0);
$redis->cmd('XREADGROUP', 'GROUP', 'agents', 'worker-x', 'COUNT', 1,
    'STREAMS', "$w->{part}:jobs", '>');
($code, $out) = queue('resume');
is($code, 0, 'resume');
is($out, "resumed: workers claim runs again\n", '.. is said');
is(scalar @{ $redis->cmd('KEYS', 'mitzu:{*}:paused') }, 0, '.. and done');
my $news = $redis->cmd('XREADGROUP', 'GROUP', 'agents', 'worker-y', 'COUNT',
    10, 'STREAMS', "$w->{part}:jobs", '>');
is(scalar @{ $news->[0][1] }, 1, '.. what was read meanwhile is said again');
($code, $out) = queue('resume');
is($code, 0, 'resume twice');
is($out, "was not paused\n", '.. is said');

# A run that goes on, and one whose worker died long ago.
$w->script('claim', 0, $waits->{prompt_id}, 'worker-t', 600000);
my $stale = $workers[1]->submit('Stale?');
$workers[1]->claim($stale);
$redis->cmd('HSET', "$workers[1]{base}:run:$stale->{prompt_id}", 'lease',
    1000 * (time - 3600));
($code, $out, $err) = queue('drain', '--timeout', '300ms');
is($code, 1, 'drain with a run that goes on');
like($err, qr/time is up, 1 still running; the queue stays paused/,
    '.. says so');
like($err, qr/\Q$waits->{prompt_id}\E/, '.. and which');
unlike($err, qr/\Q$stale->{prompt_id}\E/, '.. nobody is at work on the other');

my $log = "$dir/drain.log";
my $pid = spawn_process(name => 'drain', env => $env, cmd => [ $agent_program,
    'queue', 'drain', '--redis', $url ]);
ok(wait_for(20, sub { slurp($log) =~ /1 running/ }), 'drain waits');
queue('resume');
ok(wait_for(20, sub { slurp($log) =~ /not paused any more/ }),
    '.. unless somebody resumes');
ok(wait_for(20, sub { waitpid($pid, 1) == $pid }), '.. and ends');
is($? >> 8, 1, '.. not as drained');
stop_process($pid);

# Redis goes and comes back.
$pid = spawn_process(name => 'drain2', env => $env, cmd => [ $agent_program,
    'queue', 'drain', '--redis', $url ]);
$log = "$dir/drain2.log";
ok(wait_for(20, sub { slurp($log) =~ /1 running/ }), 'drain waits');
my $watch = spawn_process(name => 'watch', env => $env, cmd => [
    $agent_program, 'queue', 'watch', '--interval', '200ms', '--redis', $url ]);
sub seen { return scalar(() = slurp("$dir/watch.log") =~ /^20.* running \d/mg) }
ok(wait_for(20, sub { seen() > 0 }), '.. and is watched');
$redis->stop;
ok(wait_for(20, sub { slurp($log) =~ /waiting for it/ }),
    '.. for Redis, too');
ok(wait_for(20, sub { slurp("$dir/watch.log") =~ /^mitzu-agent queue: Redis/m }),
    '.. which the watch says');
my $seen = seen();
$redis->start;
ok(wait_for(20, sub { seen() > $seen }), '.. and sees come back');
kill 'TERM', $watch;
waitpid $watch, 0;
stop_process($watch);
$w->script('finish', 0, $waits->{prompt_id}, 1, 'completed', 'x', '{}', '{}',
    '');
ok(wait_for(30, sub { slurp($log) =~ /drained/ }), '.. until nothing runs');
ok(wait_for(20, sub { waitpid($pid, 1) == $pid }), '.. and ends');
is($? >> 8, 0, '.. well');
stop_process($pid);
queue('resume');
$redis->cmd('FLUSHALL');

# --- a real worker ---

my $agent = Mitzu::Agent->new(redis => $redis->url, runners => 1,
    warehouse => slow_warehouse(), args => [ '--lease', '60s' ]);
ok(wait_for(60, sub { $redis->cmd('ZCARD', 'mitzu:workers') == 1 }),
    'a worker begins');
is(list()->{workers}, 1, '.. and is seen');
my $n = 0;

# A question whose answer never comes, up to its query.
sub endless {
    my $run = $w->submit('how many refunds in the last ' . (10 + ++$n)
        . ' days?');
    ok(wait_for(60, sub { ($w->run($run)->{phase} || '') eq 'querying' }),
        'a query without end') or diag(explain($w->run($run)), $agent->log);
    return $run;
}

# The runner is free: it takes the next.
sub free {
    my ($what) = @_;
    my $next = $w->submit('How many signups in the last 30 days?');
    my $begun = time;
    ok(wait_for(60, sub { status($next) eq 'completed' }), $what)
        or diag(explain($w->run($next)), $agent->log);
}

my $run = endless();
my $at = time;
is((queue('cancel', $run->{prompt_id}))[0], 0, 'cancel of its run');
ok(wait_for(10, sub { $agent->log =~ /run \Q$run->{prompt_id}\E: .*cancelled or taken over/ }),
    '.. reaches the query') or diag($agent->log);
cmp_ok(time - $at, '<', 10, '.. long before a renewal');
free('.. and the next run is answered');

$run = endless();
is((queue('drop', $run->{prompt_id}))[0], 0, 'drop of its run');
ok(wait_for(10, sub { $agent->log =~ /run \Q$run->{prompt_id}\E: .*cancelled or taken over/ }),
    '.. reaches the query') or diag($agent->log);
is(status($run), 'lost', '.. it is lost');
free('.. and the next run is answered');

# Drained while it works: what waits is not begun.
$run = endless();
$pid = spawn_process(name => 'drain3', env => $env, cmd => [ $agent_program,
    'queue', 'drain', '--redis', $url ]);
$log = "$dir/drain3.log";
ok(wait_for(20, sub { slurp($log) =~ /1 running/ }), 'drain of a worker');
$waits = $w->submit('How many signups in the last 7 days?');
is((queue('requeue', $run->{prompt_id}))[0], 0, '.. its run is taken from it');
ok(wait_for(30, sub { slurp($log) =~ /drained/ }), '.. drained');
waitpid $pid, 0;
stop_process($pid);
sleep 1.5;
is(status($_), 'queued', '.. what waits is not begun') for $run, $waits;
queue('cancel', $run->{prompt_id});
$at = time;
is((queue('resume'))[0], 0, 'resume');
ok(wait_for(60, sub { status($waits) eq 'completed' }), '.. goes on')
    or diag(explain($w->run($waits)), $agent->log);

is_deeply([ $redis->strange_keys('mitzu') ], [], 'no key that nobody knows');
$agent->stop;
finish();
