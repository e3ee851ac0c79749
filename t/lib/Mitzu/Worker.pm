package Mitzu::Worker;

# A worker made of the scripts of docs/worker-protocol.md, one step at a
# time: what happens in a run, and when, is the test's to say.

use strict;
use warnings;

use Digest::SHA ();
use JSON::PP ();
use Mitzu::Seal;
use Mitzu::Test qw(root_dir slurp);

# new(redis => Mitzu::Redis, scope => ..)
sub new {
    my ($class, %o) = @_;
    my $self = bless { scope => Mitzu::Seal::scope(), %o }, $class;
    $self->{part} = sprintf 'mitzu:{%02d}',
        hex(substr $self->{scope}, 0, 8) % 16;
    $self->{base} = "$self->{part}:$self->{scope}";
    return $self;
}

sub script {
    my ($self, $name, @args) = @_;
    my $dir = root_dir() . '/src/store/scripts';
    return $self->{redis}->cmd('EVAL', slurp("$dir/lib.lua") . "\n"
        . slurp("$dir/$name.lua"), 2, $self->{part}, $self->{base}, @args);
}

sub run { return $_[0]{redis}->hash("$_[0]{base}:run:$_[1]{prompt_id}") }

sub id {
    my ($letter) = @_;
    my @set = ('a' .. 'z', 2 .. 7);
    return "${letter}_" . join '', map { $set[rand @set] } 1 .. 26;
}

# A run of this scope that no nginx was asked for.
sub submit {
    my ($self, $prompt) = @_;
    my $r = $self->script('submit', 0, id('c'), 1, id('p'), $prompt,
        $prompt, 0, '', 0, 3600, 2, 60000, '', $self->{scope},
        0, 0, 0, 0, 0, 1);
    return { conversation_id => $r->[1], prompt_id => $r->[2] };
}

# claim(what run_analytics_agent gave): its attempt is kept in it.
sub claim {
    my ($self, $run) = @_;
    my $r = $self->script('claim', 0, $run->{prompt_id}, 'worker-t', 600000);
    $run->{attempt} = $r->[1];
    return $r->[0] eq 'claimed';
}

# The sequence number of the event.
sub event {
    my ($self, $run, $phase, $text) = @_;
    my $r = $self->script('event', 0, $run->{prompt_id}, $run->{attempt},
        $phase, $text, '');
    return $r->[0] eq 'ok' ? $r->[1] : undef;
}

sub finish {
    my ($self, $run, $answer) = @_;
    my $result = JSON::PP->new->canonical->utf8->encode({ spec => {},
        sql => 'SELECT 1', assumptions => [], artifacts => [] });
    return $self->script('finish', 0, $run->{prompt_id}, $run->{attempt},
        'completed', $answer, $result, '{}', '')->[0] eq 'ok';
}

sub fail {
    my ($self, $run, $message) = @_;
    return $self->script('finish', 0, $run->{prompt_id}, $run->{attempt},
        'failed', '', '', '', JSON::PP->new->utf8->encode({ code => 'broken',
        message => $message }))->[0] eq 'ok';
}

# artifact(run, name, line, ..): a JSON Lines artifact; its id.
sub artifact {
    my ($self, $run, $name, @lines) = @_;
    my $aid = id('a');
    my $data = join '', map { "$_\n" } @lines;
    $self->script('chunk', $run->{prompt_id}, $run->{attempt}, $aid, 0, $data);
    my $r = $self->script('artifact', 0, $run->{prompt_id}, $run->{attempt},
        $aid, 1, kind => 'json', name => $name, title => "Rows of $name",
        rows => scalar @lines, digest => Digest::SHA::sha256_hex($data),
        layout => '{"groups":[' . @lines . ']}', spec => '{}',
        sql => 'SELECT 1', range => '{"from":"2026-01-01","to":"2026-06-01"}',
        timezone => 'UTC', truncated => 0);
    return $r->[0] eq 'ok' ? $aid : undef;
}

1;
