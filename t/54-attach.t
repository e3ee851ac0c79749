#!/usr/bin/perl

# A question that is asked again joins the run it began: on any node, in any
# era, as a task or not, when the first answer was lost, at the same moment;
# and never anybody else's.  A conversation works on one question at a time,
# and its lock ends with the run, however that ends.

use strict;
use warnings;

use JSON::PP;
use Mitzu::Agent;
use Mitzu::HTTP;
use Mitzu::MCP;
use Mitzu::Nginx;
use Mitzu::Proxy;
use Mitzu::Redis;
use Mitzu::Test;
use Mitzu::Worker;
use Test::More;
use Time::HiRes qw(time sleep);

my $json = Mitzu::MCP::json();
my $EXT = 'io.modelcontextprotocol/tasks';

my $redis = Mitzu::Redis->new;
my $proxy = Mitzu::Proxy->new(target => $redis->{port});
my %nginx = (workers => 2, http => <<'EOT', server => <<'EOT2');
map $http_authorization $person { default ""; "~^Bearer (?<who>\w+)" $who; }
map $http_authorization $project { default one; "~-in-(?<in>\w+)$" $in; }
EOT
location = /_auth { internal; return 204; }
location = /person {
    mitzu_mcp on;
    mitzu_mcp_redis REDIS;
    mitzu_mcp_auth /_auth;
    mitzu_mcp_auth_set user $person;
    mitzu_mcp_auth_set project $project;
}
location = /short { mitzu_mcp on; mitzu_mcp_redis REDIS; mitzu_mcp_auth off;
    mitzu_mcp_attach 1s; }
location = /never { mitzu_mcp on; mitzu_mcp_redis REDIS; mitzu_mcp_auth off;
    mitzu_mcp_attach 0; }
EOT2

sub node {
    my ($name, $url) = @_;
    (my $server = $nginx{server}) =~ s/REDIS/$url/g;
    return Mitzu::Nginx->new(%nginx, name => $name, redis => $url,
        server => $server);
}

# The first sees Redis through a proxy that loses things.
my $one = node('nginx', $proxy->url . ' timeout=1s');
my $two = node('nginx2', $redis->url);
my $worker = Mitzu::Worker->new(redis => $redis);

sub client { return Mitzu::MCP->new(port => $one->{port}, @_) }
sub modern { return client(era => 'modern', @_) }
my $legacy = client();
$legacy->open;
my $tasks = modern(capabilities => { extensions => { $EXT => {} } });

my $n = 0;
sub question { return 'signups by week, question ' . ++$n }

sub ask {
    my ($c, $prompt, %args) = @_;
    return $c->call('run_analytics_agent', { prompt => $prompt, %args });
}

# The id of the task that a question is.
sub task {
    my ($c, $prompt, %args) = @_;
    my $r = $c->request('tools/call', { name => 'run_analytics_agent',
        arguments => { prompt => $prompt, %args },
        $c->{era} eq 'legacy' ? (task => {}) : () })->{message}{result};
    return $c->{era} eq 'legacy' ? $r->{task}{taskId} : $r->{taskId};
}

# How many runs there are of a question, whoever asked it.
sub runs_of {
    my ($prompt) = @_;
    return scalar grep { ($redis->hash($_)->{prompt} || '') eq $prompt }
        grep { !/:events$/ } @{ $redis->cmd('KEYS', '*:run:p_*') };
}

# Each worker of a node finds Redis in its own time.
sub settled {
    my ($node) = @_;
    my $served = 0;
    return wait_for(30, sub {
        my $l = modern(port => $node->{port})->call('list_agent_artifacts');
        $served = $l && defined $l->{total} ? $served + 1 : 0;
        return $served >= 12 });
}

sub joined {
    my ($run, $first, $what) = @_;
    is($run->{prompt_id}, $first->{prompt_id}, "$what: the same run")
        or return diag(explain $run);
    is($run->{conversation_id}, $first->{conversation_id},
        '.. in the same conversation');
    ok($run->{attached}, '.. and says that it joined');
    is($run->{status}, 'running', '.. as a running one');
}

sub apart {
    my ($run, $first, $what) = @_;
    is($run->{status}, 'running', "$what: accepted") or diag(explain $run);
    isnt($run->{prompt_id}, $first->{prompt_id}, "$what: another run");
    ok(!$run->{attached}, '.. and not joined');
}

# --- asked again, anywhere ---

for my $c ($legacy, modern()) {
    my $what = $c->{era};
    my $q = question();
    my $first = ask($c, $q);
    is($first->{status}, 'running', "$what: a question");
    ok(!$first->{attached}, '.. joins nothing');
    joined(ask($_, $q), $first, "$what: again")
        for $c, $c->on($two->{port}), modern(), $legacy;
    joined(ask($c->on($two->{port}), $q, conversation_id =>
        $first->{conversation_id}), $first, "$what: in its conversation");
    joined($c->call('run_analytics_agent', { question => $q }), $first,
        "$what: by the other name of the argument");
    ok($worker->claim($first), "$what: it begins");
    joined(ask($c, $q), $first, "$what: again, while it runs");
    joined(ask($c, $q, conversation_id => $first->{conversation_id}), $first,
        "$what: in its conversation, while it runs");
    is(runs_of($q), 1, "$what: all of that is one run");
    ok($worker->finish($first, 'Done.'), "$what: it ends");
    is($_->await($first)->{answer}, 'Done.', '.. for everybody')
        for $c, modern(port => $two->{port});
}

# A question of a conversation is joined there, however late, and its text
# is another question elsewhere.
my $first = ask($legacy, question());
$worker->claim($first) && $worker->finish($first, 'Done.');
my $follow = ask($legacy, 'now by country',
    conversation_id => $first->{conversation_id});
joined(ask(modern(port => $two->{port}), 'now by country',
    conversation_id => $first->{conversation_id}), $follow, 'a follow-up');
joined(ask(client(path => '/never'), 'now by country',
    conversation_id => $first->{conversation_id}), $follow,
    'mitzu_mcp_attach 0, in a conversation');
apart(ask($legacy, 'now by country'), $follow, 'its text alone');

# --- as a task ---

for my $c ($legacy, $tasks) {
    my $q = question();
    my $id = task($c, $q);
    like($id, qr/^p_[a-z2-7]{26}$/, "$c->{era}: a task");
    is(task($_, $q), $id, '.. asked again is the same task')
        for $c, $c->on($two->{port}), $legacy, $tasks;
    is(ask($legacy, $q)->{prompt_id}, $id, '.. and the same run for others');
    my $plain = question();
    my $run = ask($legacy, $plain);
    is(task($c->on($two->{port}), $plain), $run->{prompt_id},
        "$c->{era}: a run that is asked for as a task is that task");
    is(task($c, $plain, conversation_id => $run->{conversation_id}),
        $run->{prompt_id}, '.. also in its conversation');
    is(runs_of($q) + runs_of($plain), 2, '.. and nothing runs twice');
    $worker->script('cancel', 0, $id, 'over');
    isnt(task($c, $q), $id, "$c->{era}: after its end it is another task");
}

# --- the answer of the first call is lost ---

for my $c (modern(), $legacy) {
    my $q = question();
    $proxy->mode('delay 0.5');
    my $http = $c->start('tools/call', { name => 'run_analytics_agent',
        arguments => { prompt => $q } });
    ok(wait_for(10, sub { runs_of($q) }), "$c->{era}: a question arrives");
    $http->cut;
    $proxy->mode('pass');
    my $again = ask($c->on($two->{port}), $q);
    ok($again->{attached}, '.. its answer does not, and it is asked again');
    joined(ask($c, $q), $again, '.. and once more');
    is(runs_of($q), 1, '.. which is one run');
}

# Redis took it and could not say so: 503, and the client comes again.
for my $as_task (0, 1) {
    my $q = question();
    my $c = modern();
    $proxy->mode('mute');
    my $r = $c->request('tools/call', { name => 'run_analytics_agent',
        arguments => { prompt => $q } });
    is($r->{status}, 503, 'Redis says nothing: 503');
    ok($r->{headers}{'retry-after'}, '.. come again');
    ok(wait_for(10, sub { runs_of($q) }), '.. but it has heard');
    $proxy->mode('cut');
    ok(settled($one), 'Redis is back');
    my $run = ask(modern(port => $two->{port}), $q);
    ok($run->{attached}, 'asked again on another node: it joins');
    $as_task ? is(task($tasks, $q), $run->{prompt_id}, '.. here as a task')
        : joined(ask($c, $q), $run, '.. and here');
    is(runs_of($q), 1, '.. one run');
}

# Redis is away, and was not told: nothing of it is left, and it is new.
my $q = question();
$redis->stop;
my $r = modern(port => $two->{port})->request('tools/call',
    { name => 'run_analytics_agent', arguments => { prompt => $q } });
is($r->{status}, 503, 'without Redis: 503');
$redis->start;
my $run;
ok(wait_for(20, sub {
    $run = ask(modern(port => $two->{port}), $q);
    ($run->{status} || '') eq 'running' }), 'with Redis: accepted');
ok(!$run->{attached}, '.. as new');
ok(settled($_), 'all workers of a node are back') for $one, $two;
joined(ask(modern(), $q), $run, '.. and it is joined');
is(runs_of($q), 1, '.. one run');

# --- at the same moment ---

for my $row ([ 'no conversation', modern() ], [ 'no conversation', $legacy ],
    [ 'a conversation', modern() ], [ 'tasks', $tasks ])
{
    my ($what, $c) = @$row;
    my $q = question();
    my %in;
    if ($what eq 'a conversation') {
        my $run = ask($c, question());
        $worker->claim($run) && $worker->finish($run, 'Done.');
        %in = (conversation_id => $run->{conversation_id});
    }
    my @http = map { $c->on($_)->start('tools/call', {
        name => 'run_analytics_agent', arguments => { prompt => $q, %in } },
        id => "same$_") } ($one->{port}, $two->{port}) x 8;
    my @r = map { $json->decode($_->read_answer(20)->{body})->{result} } @http;
    my %ids = map { ($_->{taskId} || ($_->{structuredContent} || {})
        ->{prompt_id} || 'none') => 1 } @r;
    is(scalar keys %ids, 1, "$c->{era}: $what: sixteen at once are one run");
    is((grep { !$_->{structuredContent}{attached} } @r), $what eq 'tasks'
        ? 16 : 1, '.. which one began') or diag(explain \@r);
    is(runs_of($q), 1, '.. and is there once');
}

# --- never of others ---

sub person { return modern(path => '/person', token => $_[0]) }
$q = question();
my $anns = ask(person('ann'), $q);
joined(ask(person('ann')->on($two->{port}), $q), $anns, 'ann, and ann');
apart(ask(person('bob'), $q), $anns, 'ann, and bob');
apart(ask(person('ann-in-another'), $q), $anns, 'ann in another project');
apart(ask(modern(), $q), $anns, 'ann, and who does not sign in');
my $r2 = ask(person('bob'), $q, conversation_id => $anns->{conversation_id});
ok($r2->{isError}, 'bob in her conversation: there is none');
is(runs_of($q), 4, '.. each has their own');

# --- what is the same question ---

# The same characters, whatever JSON they came as; white space at the ends
# aside.  A retry repeats itself: what differs is another question.
for my $row (
    [ 'spaces at the ends', 'how many?', "  how many? \t", 1 ],
    [ 'line ends at the ends', 'how many?', "\r\nhow many?\n\n", 1 ],
    [ 'a space more within', 'how many?', 'how  many?', 0 ],
    [ 'another case', 'how many?', 'How many?', 0 ],
    [ 'no question mark', 'how many?', 'how many', 0 ],
    [ 'one letter, and two that look like it', "caf\x{e9}?", "cafe\x{301}?",
        0 ],
    [ 'a no-break space at the end', 'how many?', "how many?\x{a0}", 0 ],
) {
    my ($what, $text, $other, $is_same) = @$row;
    my $tag = question() . ': ';
    my $first = ask($legacy, "$tag$text");
    my ($ahead, $rest) = $other =~ /^([ \t\r\n]*)(.*)/s;
    my $second = ask(modern(port => $two->{port}), $ahead . $tag . $rest);
    $is_same ? joined($second, $first, $what) : apart($second, $first, $what);
}
$q = question();
my $plain = ask($legacy, "$q \x{fc}ber");
my $http = Mitzu::HTTP->new(port => $two->{port});
$http->send_request('POST', '/mcp', headers => [ $legacy->headers('tools/call')
    ], body => $json->encode($legacy->message('tools/call', { name =>
    'run_analytics_agent', arguments => { prompt => "$q XXber" } }))
    =~ s/XX/\\u00FC/r);
is($json->decode($http->read_answer(20)->{body})->{result}{structuredContent}
    {prompt_id}, $plain->{prompt_id}, 'escaped or not: the same');

# --- for so long ---

$q = question();
my $short = client(path => '/short');
$first = ask($short, $q);
sleep 1.3;
apart(ask($short, $q), $first, 'after mitzu_mcp_attach');
$q = question();
my $never = client(path => '/never');
$first = ask($never, $q);
apart(ask($never, $q), $first, 'mitzu_mcp_attach 0');

# --- the lock of a conversation, and every way in which it ends ---

sub conv_of { return "$worker->{base}:conv:$_[0]{conversation_id}" }
sub lock_of { return $redis->cmd('HGET', conv_of($_[0]), 'active') }

sub claim {
    my ($run, $lease) = @_;
    my $r = $worker->script('claim', 0, $run->{prompt_id}, 'worker-t', $lease);
    $run->{attempt} = $r->[1];
    return $r->[0] eq 'claimed';
}

sub sweep { return $worker->script('sweep', 0, 100, 60000, 86400000) }

sub lose {
    my ($run) = @_;
    for (1, 2) {
        claim($run, 1);
        sleep 0.01;
        sweep();
    }
    is($worker->run($run)->{status}, 'lost', 'both attempts died');
}

my %end = (
    completed => sub { claim($_[0], 60000) && $worker->finish($_[0], 'Done.') },
    failed => sub { claim($_[0], 60000) && $worker->fail($_[0], 'no') },
    'cancelled while it waits' => sub {
        $worker->script('cancel', 0, $_[0]{prompt_id}, 'no') },
    'cancelled while it runs' => sub { claim($_[0], 60000);
        $worker->script('cancel', 0, $_[0]{prompt_id}, 'no') },
    lost => \&lose,
    'given up by an operator' => sub {
        $worker->script('drop', 0, $_[0]{prompt_id}, 'no') },
    'expired, with its lock' => sub { claim($_[0], 60000);
        $redis->cmd('DEL', "$worker->{base}:run:$_[0]{prompt_id}") },
    'handed back, then completed' => sub { my ($run) = @_;
        claim($run, 60000);
        $worker->script('handback', 0, $run->{prompt_id}, $run->{attempt},
            60000);
        is(lock_of($run), $run->{prompt_id}, 'handed back: it holds the lock');
        claim($run, 60000) && $worker->finish($run, 'Done.') },
    'given to another, then completed' => sub { my ($run) = @_;
        claim($run, 60000);
        $worker->script('requeue', 0, $run->{prompt_id}, 60000, 'stuck');
        is(lock_of($run), $run->{prompt_id}, 'requeued: it holds the lock');
        claim($run, 60000) && $worker->finish($run, 'Done.') },
    'swept, then completed' => sub { my ($run) = @_;
        claim($run, 1);
        sleep 0.01;
        sweep();
        is(lock_of($run), $run->{prompt_id}, 'swept: it holds the lock');
        claim($run, 60000) && $worker->finish($run, 'Done.') },
);

for my $how (sort keys %end) {
    for my $c ($legacy, modern(port => $two->{port})) {
        my $what = "$c->{era}: $how";
        my $run = ask($c, question());
        my $old = { %$run };
        is(lock_of($run), $run->{prompt_id}, "$what: a run holds the lock");
        my $busy = ask($c, 'something else', conversation_id =>
            $run->{conversation_id});
        is($busy->{status}, 'busy', '.. so that another question is too early');
        is($busy->{prompt_id}, $run->{prompt_id}, '.. and told of this one');
        $end{$how}->($run);
        is(lock_of($run), $how =~ /^expired/ ? $run->{prompt_id} : '',
            "$what: the lock after it") ;
        my $next = ask($c, 'something else', conversation_id =>
            $run->{conversation_id});
        is($next->{status}, 'running', '.. and the next question is accepted');
        is($next->{conversation_id}, $run->{conversation_id}, '.. there');
        is(lock_of($run), $next->{prompt_id}, '.. and holds the lock');

        # What the old one still says changes nothing.
        $old->{attempt} = 1;
        ok(!$worker->finish($old, 'Late.'), '.. whatever the old one says');
        $worker->script('cancel', 0, $run->{prompt_id}, 'late');
        sweep();
        is(lock_of($run), $next->{prompt_id}, '.. which is still so');
        $worker->script('cancel', 0, $next->{prompt_id}, 'over');
        is(lock_of($run), '', '.. until it ends');
    }
}

# A take-over ends the one and begins the other, in one step.
for my $state (qw(queued running)) {
    for my $c ($legacy, $tasks) {
        my $run = ask($legacy, question());
        claim($run, 60000) if $state eq 'running';
        my %in = (conversation_id => $run->{conversation_id},
            cancel_running => JSON::PP::true);
        my $id = task($c, 'something else', %in);
        is($worker->run($run)->{status}, 'cancelled',
            "$c->{era}: a take-over of a $state run");
        is(lock_of($run), $id, '.. has the lock');
        $run->{attempt} = 1;
        ok(!$worker->finish($run, 'Late.'), '.. and the old one is refused');
        is(lock_of($run), $id, '.. and has it still');
        is((ask($legacy, 'something else', conversation_id =>
            $run->{conversation_id}))->{prompt_id}, $id,
            '.. and asked again joins the new one');
        my @all = map { modern(port => $_)->start('tools/call', { name =>
            'run_analytics_agent', arguments => { prompt => question(), %in } })
            } ($one->{port}, $two->{port}) x 4;
        my %ids = map { $json->decode($_->read_answer(20)->{body})
            ->{result}{structuredContent}{prompt_id} => 1 } @all;
        is(scalar keys %ids, 8, 'eight take over at once: each was accepted');
        my @live = grep { $worker->run({ prompt_id => $_ })->{status}
            !~ /cancelled/ } keys %ids;
        is(scalar @live, 1, '.. and one is left');
        is(lock_of($run), $live[0], '.. which has the lock');
        $worker->script('cancel', 0, $live[0], 'over');
    }
}

# A conversation that is none, or somebody else's, is not made by asking.
my $none = ask($legacy, question(), conversation_id => Mitzu::Worker::id('c'));
ok($none->{isError}, 'no such conversation');
is((() = @{ $redis->cmd('KEYS', '*:conv:c_*') }),
    (() = grep { ($redis->hash($_)->{title} || '') ne '' }
        grep { !/:turns$/ } @{ $redis->cmd('KEYS', '*:conv:c_*') })
    + (() = @{ $redis->cmd('KEYS', '*:conv:c_*:turns') }),
    '.. and every conversation that is there has a title');

# --- who joined gets the answer, of the real worker ---

$q = 'how many signups last month?';
$first = ask(modern(), $q);
my @wait = map { $_->start('tools/call', { name =>
    'get_analytics_agent_status', arguments => { conversation_id =>
    ask($_, $q)->{conversation_id}, wait_seconds => 40 } }) }
    modern(), modern(port => $two->{port});
my $agent = Mitzu::Agent->new(redis => $redis->url, runners => 2,
    warehouse => sample_warehouse());
for my $http (@wait) {
    my ($said, $last);
    $http->read_head(30);
    while (my $e = $http->read_event(40)) {
        $last = $json->decode($e->{data})
            if defined $e->{data} && $e->{data} =~ /"id"/;
    }
    is(($last || {})->{result}{structuredContent}{prompt_id},
        $first->{prompt_id}, 'who joined waits for the one run');
    like(($last || {})->{result}{structuredContent}{answer} || '', qr/\d/,
        '.. and has its answer');
}
is(runs_of($q), 1, '.. which ran once');

# --- after all that ---

ok(wait_for(60, sub { !grep { $redis->hash($_)->{status}
    =~ /queued|running/ } grep { !/:events$/ }
    @{ $redis->cmd('KEYS', '*:run:p_*') } }), 'the worker ends all that waits')
    or diag($agent->log);
is_deeply([ $redis->strange_keys ], [], 'only documented keys in Redis');
my @locks = grep { ($redis->hash($_)->{active} || '') ne '' }
    grep { !/:turns$/ } @{ $redis->cmd('KEYS', '*:conv:c_*') };
is_deeply(\@locks, [], 'every conversation lock is free');
is_deeply([ grep { $redis->cmd('TTL', $_) < 0 } @{ $redis->cmd('KEYS',
    '*}:????????????????????????????????:*') } ], [], 'every key of a user expires');
$proxy->stop;

finish();
