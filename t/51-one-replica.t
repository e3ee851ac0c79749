#!/usr/bin/perl

# The smallest set that may lose a machine: three sentinels, a master and one
# replica, wait_replicas=1, a worker.  The master is killed under load: what
# was accepted is answered.  Nothing can be confirmed until there is a replica
# again, so no question is accepted before, and the refusals say when to come
# back; answers can be read as soon as there is a master.

use strict;
use warnings;

use Mitzu::Agent;
use Mitzu::MCP;
use Mitzu::Nginx;
use Mitzu::Sentinel;
use Mitzu::Test;
use POSIX ();
use Test::More;
use Time::HiRes qw(time sleep);

my $CLIENTS = 4;

my $set = Mitzu::Sentinel->new;
my $nginx = Mitzu::Nginx->new(redis => $set->url
    . ' wait_replicas=1 wait_timeout=1s timeout=2s connect_timeout=1s');
my $agent = Mitzu::Agent->new(redis => $set->url, runners => 2,
    warehouse => sample_warehouse(), args => [ '--lease', '3s',
    '--wait-replicas', 1, '--no-publish' ]);
my $mcp = Mitzu::MCP->new(port => $nginx->{port}, timeout => 30);

# Each writes "<when> <status> <retry-after> <conversation> <run or why not>".
sub load {
    my ($i) = @_;
    open my $out, '>', temp_dir() . "/load.$i" or die;
    $out->autoflush(1);
    for (my $n = 0; !-e temp_dir() . '/stop'; $n++) {
        my $t = time;
        my $r = $mcp->request('tools/call', { name => 'run_analytics_agent',
            arguments => { prompt => "how many purchases last month? $i $n" } });
        my $s = ($r->{message} || {})->{result}{structuredContent} || {};
        my $text = $s->{prompt_id} || $r->{body} || '-';
        $text =~ s/\s+/ /g;
        printf $out "%.3f %d %s %s %s\n", $t, $r->{status} || 0,
            $r->{headers}{'retry-after'} || '-',
            $s->{conversation_id} || '-', $text;
        sleep 0.3;
    }
}
my @loaders;
for my $i (1 .. $CLIENTS) {
    my $pid = fork;
    if ($pid == 0) { eval { load($i) }; POSIX::_exit(0) }
    push @loaders, $pid;
}
sub answers { return map { chomp; [ split ' ', $_, 5 ] }
    map { split /\n/, slurp(temp_dir() . "/load.$_") } 1 .. $CLIENTS }
sub accepted { my $since = $_[0] || 0;
    return grep { $_->[1] == 200 && $_->[0] > $since } answers() }

ok(wait_for(30, sub { accepted() > 16 }), 'questions are accepted');

my $master = $set->current;
my $killed = time;
$master->kill;
my $new = $set->switched($master);
ok($new, 'kill -9: the replica becomes master');
ok(wait_for(30, sub { ($mcp->request('tools/call',
    { name => 'list_agent_artifacts' }) || {})->{status} == 200 }),
    'answers can be read');
diag(sprintf 'reading again after %.1f s', time - $killed);
my $alone = time;
ok(wait_for(20, sub { grep { $_->[0] > $alone && $_->[1] == 503 } answers() }),
    'without a replica no question is accepted');

$master->start;
my $back = time;
ok(wait_for(40, sub { accepted($back) > 8 }),
    'the old master comes back as a replica: questions are accepted');
spew(temp_dir() . '/stop', '');
waitpid $_, 0 for @loaders;

my @answers = answers();
my @accepted = grep { $_->[1] == 200 } @answers;
my @refused = grep { $_->[1] != 200 } @answers;
is(scalar(grep { $_->[1] != 503 || $_->[2] !~ /^\d+$/ } @refused), 0,
    @refused . ' were refused, with 503 and Retry-After');
is(scalar(grep { $_->[4] =~ /not found|no such|unknown/i } @refused), 0,
    '.. and never as "not found"');
is(scalar(grep { $_->[0] > $alone && $_->[0] < $back - 1 } @accepted), 0,
    '.. and nothing was accepted that one machine alone knew');
my ($first) = sort { $a <=> $b } map { $_->[0] } accepted($back);
diag(sprintf 'accepted %.1f s after the replica started', $first - $back);

# Every accepted one ends in exactly one way, and that is an answer.
my %end;
my @open = @accepted;
ok(wait_for(90, sub {
    @open = grep {
        my $s = $mcp->call('get_analytics_agent_status', { wait_seconds => 0,
            conversation_id => $_->[3], prompt_id => $_->[4] }) || {};
        my $status = $s->{status} || 'none';
        $end{$status}++ if $status ne 'running';
        $status eq 'running';
    } @open;
    !@open }), 'every accepted question has an end')
    or diag(scalar(@open) . ' have none, like ' . $open[0][4]);
is(join(' ', map { "$_ $end{$_}" } sort keys %end),
    'completed ' . @accepted, '.. and that is an answer');
for my $run (@accepted) {
    my ($key) = @{ $new->cmd('KEYS', "*:run:$run->[4]:events") };
    my @types = map { { @{ $_->[1] } }->{type} }
        @{ $new->cmd('XRANGE', $key, '-', '+') };
    $end{ends}++ if 1 == grep { $_ eq 'end' } @types;
}
is($end{ends}, scalar @accepted, '.. said once');

$agent->stop;
$nginx->stop;
$set->stop;
finish();
