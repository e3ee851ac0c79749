#!/usr/bin/perl

# The Lua scripts as C: embed.pl <scripts directory> > store_scripts.inc
# One initialiser for each member of mz_script_t, by name: the common part
# (lib.lua) and the script itself, with the SHA-1 that EVALSHA wants.

use strict;
use warnings;

use Digest::SHA qw(sha1_hex);

my @names = qw(submit claim take renew event chunk artifact finish cancel
    sweep handback requeue drop admit release answer subscribe);

my $dir = shift // die "usage: embed.pl <scripts directory>\n";
my $lib = slurp("$dir/lib.lua");
my %known = map { ("$dir/$_.lua" => 1) } @names, 'lib';

for my $file (glob "$dir/*.lua") {
    die "$file: not in the list of embed.pl\n" if !$known{$file};
}

print "/* Made by embed.pl. */\n";

for my $name (@names) {
    my $source = $lib . slurp("$dir/$name.lua");
    my $text = join '', map { '        ' . quote($_) . "\n" }
        split /^/, $source;

    print "    [MZ_SCRIPT_\U$name\E] = {\n        \"$name\",\n", $text,
        "        , ", length $source, ", \"", sha1_hex($source), "\"\n",
        "    },\n";
}


sub quote {
    my ($line) = @_;

    die "embed.pl: a byte that is not printable ASCII: $line"
        if $line =~ /[^\x20-\x7e\n]/;
    $line =~ s/([\\"])/\\$1/g;
    $line =~ s/\?\?/?\\?/g;
    $line =~ s/\n/\\n/;

    return "\"$line\"";
}

sub slurp {
    my ($file) = @_;

    open my $f, '<:raw', $file or die "$file: $!\n";
    local $/;
    my $text = <$f>;
    die "$file: empty\n" if !defined $text || $text eq '';

    return $text;
}
