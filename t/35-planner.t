#!/usr/bin/perl

# `mitzu-agent plan`: question sets with the analysis each must become, the
# share that is exact, the time it takes, and the command line.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use JSON::PP;
use Mitzu::Test;
use Test::More;
use Time::HiRes qw(time);

my $json = JSON::PP->new->utf8->canonical->allow_nonref;
my $agent = product('mitzu-agent');
my $data = "$FindBin::Bin/data";
my $now = now_iso();
my $dir = temp_dir();

# Sets: the questions, their catalog, the exact share wanted.
my @sets = (
    [ 'questions', 'catalog', 0.95 ],
    [ 'questions-own', 'catalog', 0.90 ],
    [ 'questions-projects', 'catalog-projects', 0.90 ],
    [ 'questions-music', 'catalog-music', 0.90 ],
);

for my $set (@sets) {
    my ($name, $catalog, $share) = @$set;
    my @questions = lines("$data/$name.jsonl");
    my ($out, $code) = run('--catalog', "$data/$catalog.json", '--now', $now,
        '--batch', "$data/$name.jsonl");
    is($code, 0, "$name: exit code");

    my %spec = map { $_->{id} => $_->{spec} }
        map { $json->decode($_) } split /\n/, $out;
    is(scalar keys %spec, scalar @questions, "$name: all are answered");

    my $exact = 0;
    for my $q (@questions) {
        if (score($q, $spec{ $q->{id} }) == 1) {
            $exact++;
        } else {
            diag("$q->{id} $q->{question}\n  want "
                . $json->encode($q->{expect}) . "\n  got  "
                . $json->encode($spec{ $q->{id} }));
        }
    }
    cmp_ok($exact / @questions, '>=', $share,
        "$name: $exact of " . @questions . ' exact');
}

# The same question gives the same bytes.
my @once = ('--catalog', "$data/catalog.json", '--now', $now);
my ($first) = run(@once, 'top 3 countries by revenue last month');
my ($second) = run(@once, 'top 3 countries by revenue last month');
is($first, $second, 'deterministic');
my $answer = $json->decode($first);
is($answer->{spec}{kind}, 'segmentation', 'one question: its spec');
is(ref $answer->{assumptions}, 'ARRAY', 'one question: its assumptions');

# A follow-up from the command line.
spew("$dir/parent.json", $json->encode($answer->{spec}));
my ($follow) = run(@once, '--parent', "$dir/parent.json", 'by channel');
is_deeply($json->decode($follow)->{spec}{breakdown}, ['channel'],
    '--parent: a follow-up');

# 5 ms a question; the sanitizers may take more.
spew("$dir/many.jsonl", join '', map { slurp("$data/questions.jsonl") }
    1 .. 5);
my $start = time;
run(@once, '--batch', "$dir/many.jsonl");
my $each = (time - $start) / 350;
cmp_ok($each, '<=', $ENV{MITZU_SAN} ? 0.05 : 0.005,
    sprintf 'planned in %.2f ms each', $each * 1000);

# What goes wrong is said, in words and by the exit code.
for (
    [ 'no question', [ @once ], 2, qr/question/ ],
    [ 'no catalog', ['how many signups'], 2, qr/--catalog/ ],
    [ 'question and batch', [ @once, '--batch', '-', 'x' ], 2, qr/batch/ ],
    [ 'empty question', [ @once, ' ' ], 1, qr/empty/ ],
    [ 'catalog missing', [ '--catalog', "$dir/none", 'x' ], 1, qr/none/ ],
    [ 'catalog no JSON', [ '--catalog', "$FindBin::Bin/35-planner.t", 'x' ],
        1, qr/\S/ ],
    [ 'parent missing', [ @once, '--parent', "$dir/none", 'x' ], 1,
        qr/none/ ],
    [ 'batch no JSON', [ @once, '--batch', "$FindBin::Bin/35-planner.t" ],
        1, qr/\S/ ],
    [ 'unknown option', [ @once, '--nope', 'x' ], 2, qr/nope/ ],
    )
{
    my ($name, $args, $want, $words) = @$_;
    my ($out, $code, $err) = run(@$args);
    is($code, $want, "$name: exit code");
    like($err, $words, "$name: said");
    is($out, '', "$name: nothing on stdout");
}

# What plan printed is a parent, and a result that was lost is no success.
{
    my ($out) = run(@once, 'signups last week');
    spew("$dir/parent", $out);
    my ($bare) = run(@once, '--parent', "$dir/parent", 'now by country');
    is_deeply($json->decode($bare)->{spec}{breakdown}, ['country'],
        'the output of plan is a parent');
    is(system("'$agent' --help > /dev/full 2> '$dir/err'") >> 8, 1,
        'a full disk: exit code');
    like(slurp("$dir/err"), qr/cannot write/, 'a full disk: said');
}

done_testing();

sub run {
    my @args = @_;
    local $ENV{MITZU_WAREHOUSE};
    local $ENV{MITZU_CATALOG};
    delete @ENV{qw(MITZU_WAREHOUSE MITZU_CATALOG)};
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        open STDOUT, '>', "$dir/out" or die $!;
        open STDERR, '>', "$dir/err" or die $!;
        exec $agent, 'plan', @args or die "$agent: $!";
    }
    waitpid $pid, 0;
    return (slurp("$dir/out"), $? >> 8, slurp("$dir/err"));
}

sub lines {
    my ($file) = @_;
    return map { $json->decode($_) } grep { /\S/ } split /\n/, slurp($file);
}

# Equal meanings in one form: 24 hours are a day, lists whose order means
# nothing are sorted, a list of one value is that value.
sub norm {
    my ($key, $v) = @_;
    if (ref $v eq 'HASH') {
        my %h = %$v;
        if (exists $h{unit} && (exists $h{n} || exists $h{last})) {
            my $k = exists $h{n} ? 'n' : 'last';
            my ($n, $u) = @h{ $k, 'unit' };
            ($n, $u) = ($n / 60, 'hour') if $u eq 'minute' && $n % 60 == 0;
            ($n, $u) = ($n / 24, 'day') if $u eq 'hour' && $n % 24 == 0;
            ($n, $u) = ($n / 7, 'week') if $u eq 'day' && $n % 7 == 0;
            @h{ $k, 'unit' } = ($n, $u);
        }
        if (($h{op} || '') =~ /^(not_)?in$/ && ref $h{value} eq 'ARRAY'
            && @{ $h{value} } == 1)
        {
            @h{qw(op value)} = ($1 ? 'neq' : 'eq', $h{value}[0]);
        }
        return { map { $_ => norm($_, $h{$_}) }
            grep { !/^_/ && !is_empty($h{$_}) } keys %h };
    }
    if (ref $v eq 'ARRAY') {
        my @list = map { norm($key, $_) } @$v;
        @list = sort { $json->encode($a) cmp $json->encode($b) } @list
            if $key =~ /^(?:events|breakdown|filters|value|at|hold|exclude)$/;
        return \@list;
    }
    return 0 + $v if defined $v && !ref $v && $v =~ /^-?\d+(?:\.\d+)?$/;
    return ref $v || !defined $v ? $v : lc $v;
}

sub is_empty {
    my ($v) = @_;
    return 1 if !defined $v || (ref $v eq 'ARRAY' && !@$v);
    return JSON::PP::is_bool($v) && !$v;
}

sub keys_of {
    my ($spec) = @_;
    my %h = map { $_ => norm($_, $spec->{$_}) }
        grep { !/^_/ && !/^(?:or|options|suggest|best_guess)$/
            && !is_empty($spec->{$_}) } keys %$spec;
    delete $h{any_of} if ref $h{events} && @{ $h{events} } == 1;
    return \%h;
}

sub same { $json->encode($_[0]) eq $json->encode($_[1]) }

# 1: right; 0: not.
sub score {
    my ($q, $spec) = @_;
    my $expect = $q->{expect};
    return 0 if ref $spec ne 'HASH';
    return plan_score($expect, $spec) if $expect->{kind} eq 'plan';
    my @wanted = ($expect, map { { %$expect, %$_ } } @{ $expect->{or} || [] });
    return (grep { matches($_, $spec, $q->{free} || []) } @wanted) ? 1 : 0;
}

sub matches {
    my ($want, $spec, $free) = @_;
    return 0 if ($spec->{kind} || '') ne $want->{kind};
    return ($spec->{reason} || '') eq $want->{reason}
        if $want->{kind} =~ /^(?:clarify|unsupported)$/;
    my ($e, $s) = (keys_of($want), keys_of($spec));
    for (@$free) {
        delete $e->{$_};
        delete $s->{$_};
    }
    if (my $hits = delete $e->{hits}) {
        my %got = map { lc $_ => 1 } @{ $spec->{hits} || [] };
        delete $s->{hits};
        return 0 if grep { !$got{ lc $_ } } @$hits;
    }
    return same($e, $s);
}

# The main measure over time or compared, and one of the breakdowns.
sub plan_score {
    my ($want, $spec) = @_;
    my @got = @{ $spec->{steps} || [] };
    my ($main, @cuts) = @{ $want->{steps} };
    my $is_main = grep {
        my $g = $_;
        !(grep { !same(norm($_, $main->{$_}), norm($_, $g->{$_})) }
            qw(kind events measure start return steps))
            && ($g->{compare} || $g->{grain} ne 'total')
    } @got;
    my %cut = map { $_ => 1 } map { @{ $_->{breakdown} || [] } } @cuts;
    my $is_cut = !%cut
        || grep { $cut{$_} } map { @{ $_->{breakdown} || [] } } @got;
    return $is_main && $is_cut ? 1 : 0;
}
