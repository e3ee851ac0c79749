#!/usr/bin/perl

# The users of Redis in README.md may do all that the scripts of their program
# do.  A script that lacks a right fails when it comes to it, with half of its
# writes done.

use strict;
use warnings;

use FindBin;
use Test::More;

my $root = "$FindBin::Bin/..";

# Who calls which.
my %program = (
    'mitzu-nginx' => [qw(submit cancel admit release answer subscribe)],
    'mitzu-agent' => [qw(take renew event chunk artifact finish handback
        sweep)],
    'mitzu-operator' => [qw(requeue drop cancel submit)],
);

my $readme = slurp("$root/README.md");
my $lib = slurp("$root/src/store/scripts/lib.lua");
my %uses = map { m{(\w+)\.lua$} ? ($1 => slurp($_)) : () }
    glob "$root/src/store/scripts/*.lua";
my %local;                      # functions of lib.lua: name => text
$local{$1} = $2 while $lib =~ /^local function (\w+)\(.*?\)\n(.*?)^end$/msg;
ok(keys %local > 30, 'lib.lua has functions: ' . keys %local);

for my $name (sort keys %program) {
    my ($rights) = $readme =~ /`ACL SETUSER \Q$name\E on >\S+ ([^`]+)`/;
    ok($rights, "README.md has the user $name") or next;
    my %may = map { $_ => 1 } $rights =~ /\+(\w+)(?=[ |]|$)/g;
    for my $script (@{ $program{$name} }) {
        my @missing = grep { !$may{$_} } commands($uses{$script});
        is("@missing", '', "$name may do all that $script does");
    }
}

# A script that nobody has on the list would not be looked at.
my %listed = map { $_ => 1 } 'lib', 'claim',    # of simple workers
    map { @$_ } values %program;
is(join(' ', grep { !$listed{$_} } sort keys %uses), '',
    'every script is somebody\'s');

done_testing();


# Of a script and of what it calls in lib.lua, and that in turn.
sub commands {
    my ($text) = @_;
    my %command = map { lc $_ => 1 } $text =~ /redis\.p?call\('(\w+)'/g;
    my %seen;
    my @open = grep { $text =~ /\b$_\(/ } keys %local;
    while (defined(my $f = pop @open)) {
        next if $seen{$f}++;
        $command{lc $_} = 1 for $local{$f} =~ /redis\.p?call\('(\w+)'/g;
        push @open, grep { $local{$f} =~ /\b$_\(/ } keys %local;
    }
    return sort keys %command;
}

sub slurp {
    my ($file) = @_;
    open my $f, '<', $file or die "$file: $!\n";
    local $/;
    return scalar <$f>;
}
