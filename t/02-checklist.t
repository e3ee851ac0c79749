#!/usr/bin/perl

# CHECKLIST.md names tests: each file is there and has a test of that title,
# each scenario is one of the official suite.

use strict;
use warnings;

use FindBin;
use Test::More;

my $root = "$FindBin::Bin/..";

sub slurp {
    my ($file) = @_;
    open my $f, '<', $file or return undef;
    local $/;
    return <$f>;
}

# A string of a test as a pattern, in which what is interpolated may be
# anything; undef when little else is in it.
sub pattern {
    my ($quote, $s) = @_;
    my ($pattern, $fixed) = ('', 0);
    my @parts = $quote ne '"' ? $s : split /(\$\{\w+\}|\@\{\[.*?\]\}|\\.
        |\$\w+(?:->)?(?:\[[^\]]*\]|\{[^}]*\})*)/x, $s;
    for my $part (@parts) {
        if ($quote eq '"' && $part =~ /^[\$\@]./) {
            $pattern .= '.+';
        } else {
            (my $plain = $part) =~ s/\\(.)/$1/g;
            $pattern .= quotemeta $plain;
            $fixed += length $plain;
        }
    }
    return $fixed >= 6 ? qr/^$pattern$/ : undef;
}

# Between any two quotes of a kind on a line: rather too much than too little.
my %titles;
sub titles {
    my ($file) = @_;
    return $titles{$file} ||= do {
        my @found;
        for my $line (grep { !/^\s*#/ } split /\n/, slurp("$root/$file")) {
            push @found, pattern($1, $2)
                while $line =~ /(?=(["'])((?:\\.|(?!\1).)*)\1)/g;
        }
        [ grep { defined } @found ];
    };
}

my $suite = slurp("$root/t/conformance/node_modules/\@modelcontextprotocol/"
    . 'conformance/dist/index.js');
die "the conformance suite is missing: make setup-test conformance\n"
    unless defined $suite;

my ($rows, $named, @wrong, @bare) = (0, 0);
my @lines = split /\n/, slurp("$root/t/CHECKLIST.md");
for my $i (0 .. $#lines) {
    my $at = 'CHECKLIST.md:' . ($i + 1);
    $lines[$i] =~ /^\| (?!---|requirement|what \|)(.*) \|$/ or next;
    $rows++;
    my $shown = (split / \| /, $1)[-1];
    push @bare, "$at: $lines[$i]"
        if $shown !~ /suite:|`t\/|issue 4|not offered|requirement sets/;
    my $file = '';
    while ($shown =~ /`(t\/[^`]+\.(?:t|c))`|"([^"]+)"|\bsuite:([\w-]+)/g) {
        if (defined $1) {
            $file = $1;
            push @wrong, "$at: there is no $file" unless -e "$root/$file";
        } elsif (defined $2) {
            my $title = $2;
            $named++;
            push @wrong, "$at: no test \"$title\" in $file"
                unless $file ne '' && -e "$root/$file"
                && grep { $title =~ $_ } @{ titles($file) };
        } else {
            $named++;
            push @wrong, "$at: no scenario $3 in the suite"
                unless $suite =~ /["'`]\Q$3\E["'`]/;
        }
    }
}

ok($rows >= 56, "the checklist has its rows: $rows");
ok($named >= 100, "they name tests: $named");
is(join("\n", @wrong), '', 'what they name exists');
is(join("\n", @bare), '', 'every row names something');

# What the quoting takes for a title is one.
ok((grep { 'a notification is 202' =~ $_ } @{ titles('t/20-protocol.t') }),
    'a title is found');
ok(!(grep { 'no test has this title' =~ $_ } map { @{ titles($_) } }
    map { "t/$_" } qw(20-protocol.t 21-sessions.t 24-streams.t 27-resources.t)),
    '.. and what is none is not');

done_testing();
