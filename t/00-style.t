#!/usr/bin/perl

# House rules a program can check: the look of the C, sizes, banned calls,
# and that what is configured is documented.

use strict;
use warnings;

use FindBin;
use Test::More;

my $root = "$FindBin::Bin/..";

my $LINE = 80;
my $FUNCTION = 80;
my $FILE = 800;

my %banned = map { $_ => 1 } qw(strcpy strcat sprintf vsprintf strtok gets
    atoi atol atoll atof alloca);
my %blocking = map { $_ => 1 } qw(sleep usleep poll select getaddrinfo
    gethostbyname fopen fread fgets popen system redisCommand redisConnect
    redisGetReply json_set_alloc_funcs syslog);

my @sources = (glob("$root/src/*/*.[ch]"), glob("$root/src/*/*/*.[ch]"),
    glob("$root/t/unit/*.h"), glob("$root/t/unit/*/*.c"),
    glob("$root/t/fuzz/*.c"), glob("$root/t/fixtures/*.[ch]"),
    glob("$root/bench/*.c"));

my (@look, @size, @calls, @left);

for my $file (@sources) {
    (my $name = $file) =~ s{^\Q$root\E/}{};
    my $ours = $name =~ m{^src/};
    open my $f, '<', $file or die "$file: $!";
    my @lines = <$f>;
    chomp @lines;
    push @size, "$name: " . @lines . " lines" if $ours && @lines > $FILE;

    my ($start, $title);
    for my $i (0 .. $#lines) {
        my $l = $lines[$i];
        my $at = "$name:" . ($i + 1);
        (my $wide = $l) =~ s/[\x80-\xbf]//g;
        push @look, "$at: over $LINE columns" if length $wide > $LINE;
        push @look, "$at: a tab" if $l =~ /\t/;
        push @look, "$at: trailing blank" if $l =~ /\s$/;
        (my $code = $l) =~ s/"(?:\\.|[^"\\])*"/""/g;
        $code =~ s/'(?:\\.|[^'\\])*'/''/g;
        $code =~ s{/\*.*?\*/}{}g;
        push @look, "$at: a // comment" if $code =~ m{//} && $code !~ m{^\s*\*};
        push @look, "$at: no brace" if $code =~ /^\s*(?:if|for|while) .*\)$/
            && balanced($code) && ($i == 0 || $lines[ $i - 1 ] !~ /\\$/)
            && ($lines[ $i + 1 ] || '') !~ /^\s*\{|^\s*&&|^\s*\|\|/;
        push @look, "$at: no brace" if $code =~ /^\s*else$/;
        push @left, "$at: $1" if $ours
            && $l =~ /\b(TODO|FIXME|XXX|not implemented|stub)\b/;
        push @left, "$at: #if 0" if $code =~ /^\s*#\s*if\s+0\b/;

        while ($code =~ /\b(\w+)\s*\(/g) {
            my $called = $1;
            push @calls, "$at: $called()" if $banned{$called};
            push @calls, "$at: $called() in nginx"
                if $blocking{$called} && $name =~ m{^src/ngx/};
        }

        if ($code =~ /^\{/ && $i > 0) {
            ($start, $title) = ($i, $lines[ $i - 1 ]);
        } elsif ($code =~ /^\}/ && defined $start) {
            my $n = $i - $start + 1;
            push @size, "$at: a function of $n lines"
                if $ours && $n > $FUNCTION && $code =~ /^\}\s*$/;
            undef $start;
        }
    }
}

ok(@sources > 60, 'there are sources to look at');
report('lines look as they should', @look);
report('functions and files stay small', @size);
report('no banned call', @calls);
report('nothing is left open', @left);

# Directives: every one is in README and in conf.example.
my $readme = slurp("$root/README.md");
my $example = slurp("$root/conf.example");
my %directive;
for my $c (glob "$root/src/ngx/*.c") {
    my $text = slurp($c);
    $directive{$1} = 1 while $text =~ /ngx_string\("(mitzu_\w+)"\),\s*\n\s*NGX_/g;
}
ok(keys %directive >= 8, 'directives are found: ' . keys %directive);
report('every directive is in README.md',
    grep { $readme !~ /`$_/ } sort keys %directive);
report('every directive is in conf.example',
    grep { $example !~ /\b$_\b/ } sort keys %directive);

# Variables likewise.
my %variable;
for my $c (glob "$root/src/ngx/*.c") {
    my $text = slurp($c);
    $variable{$1} = 1 while $text =~ /ngx_string\("(mitzu_mcp_\w+)"\),\s*\n?\s*(?:NULL|ngx_)/g;
}
report('every variable is in README.md',
    grep { $readme !~ /\$$_\b/ } sort keys %variable);

# Every tool has a test that calls it.
my $tests = join '', map { slurp($_) } glob "$root/t/*.t";
for my $c (glob "$root/src/tools/tool_*.c") {
    my ($tool) = slurp($c) =~ /\.name = mz_str\("(\w+)"\)/ or next;
    like($tests, qr/'$tool'/, "$tool is called by a test");
}

# No path, host or name of one machine.
my @paths;
for my $file (split /\n/, qx(cd '$root' && git ls-files 2>/dev/null)) {
    next if $file =~ m{^t/00-style\.t$};
    my $text = slurp("$root/$file");
    push @paths, "$file: $1" if $text =~ m{((?:^|[\s"'=])/(?:work|farm)/\S*)}m;
}
report('no path of one machine', @paths);

done_testing();


sub report {
    my ($what, @bad) = @_;
    ok(!@bad, $what) or diag(join "\n", @bad > 40 ? (@bad[0 .. 39], '..')
        : @bad);
}

sub balanced {
    my ($s) = @_;
    return ($s =~ tr/(//) == ($s =~ tr/)//);
}

sub slurp {
    my ($file) = @_;
    open my $f, '<', $file or return '';
    local $/;
    my $t = <$f>;
    return defined $t ? $t : '';
}
