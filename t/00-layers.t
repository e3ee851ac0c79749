#!/usr/bin/perl

# The layers of the architecture, as a test: who may include whom, which
# library is seen where, what pure objects may call.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use File::Basename qw(basename);
use Test::More;

my $root = "$FindBin::Bin/..";

my %may = (
    base     => [qw(base)],
    proto    => [qw(base proto)],
    auth     => [qw(base auth)],
    query    => [qw(base query)],
    analysis => [qw(base analysis)],
    store    => [qw(base proto auth query analysis store)],
    tools    => [qw(base proto auth query analysis store tools)],
    ngx      => [qw(base proto auth query store tools ngx)],
    agent    => [qw(base proto auth query analysis store tools agent)],
);

# Library headers and the only files (or folders) that may include them.
my @doors = (
    [ qr{^jansson\.h$}   => qr{^base/mz_json\.h$} ],
    [ qr{^openssl/}      => qr{^(?:base/mz_sha256\.c|auth/.*|ngx/.*|agent/work/redis_tls\.c)$} ],
    [ qr{^pcre2\.h$}     => qr{^query/regex\.[ch]$} ],
    [ qr{^lz4.*\.h$}     => qr{^query/} ],
    [ qr{^hiredis/}      => qr{^(?:store/.*|ngx/ngx_mitzu_redis.*)$} ],
    [ qr{^curl/}         => qr{^agent/} ],
    [ qr{^libstemmer\.h$} => qr{^agent/} ],
    [ qr{^(?:ngx_|nginx)} => qr{^ngx/} ],
);

my @pure = qw(base proto auth query analysis store tools);

# What no pure object may call: no I/O, no clock, no network, no threads.
my $impure = qr/^(?:ngx_\w+|curl_\w+|redisAsync\w+|redisConnect\w*|
    redisCommand\w*|socket|connect|accept|bind|listen|poll|select|epoll_\w+|
    fopen(?:64)?|open(?:64)?|read|write|pread|pwrite|unlink|rename|mmap|
    fork|execv\w*|system|popen|time|gettimeofday|clock_gettime|rand|random|
    getrandom|getenv|setenv|sleep|usleep|nanosleep|pthread_\w+|
    RAND_bytes|printf|puts|fprintf|fwrite|exit|abort)$/x;

my (@files, @wrong, @door);
for my $layer (sort keys %may) {
    push @files, glob "$root/src/$layer/*.[ch] $root/src/$layer/*/*.[ch]";
}
ok(@files > 40, 'there are sources to look at');

for my $file (@files) {
    my ($layer, $name) = $file =~ m{^\Q$root\E/src/(\w+)/(.+)$};
    open my $f, '<', $file or die "$file: $!";
    while (<$f>) {
        next unless /^\s*#\s*include\s+([<"])([^>"]+)/;
        my ($kind, $inc) = ($1, $2);
        if ($kind eq '"' && $inc =~ m{^(\w+)/}) {
            push @wrong, "$layer/$name:$.: includes $inc"
                unless grep { $_ eq $1 } @{ $may{$layer} };
        } elsif ($kind eq '"' && $inc !~ /\.inc$/) {
            push @wrong, "$layer/$name:$.: $inc is not named from src"
                unless $layer eq 'ngx';
        }
        for my $d (@doors) {
            push @door, "$layer/$name:$.: includes $inc"
                if $inc =~ $d->[0] && "$layer/$name" !~ $d->[1];
        }
    }
}
is_deeply(\@wrong, [], 'every include points to the left');
is_deeply(\@door, [], 'every library has its door');

my $lib = ($ENV{BUILD} || "$root/build") . '/rel/lib';
SKIP: {
    skip 'not built', 1 unless -e "$lib/base.a";
    my @calls;
    for my $layer (@pure) {
        open my $nm, '-|', "nm -A -u '$lib/$layer.a' 2>/dev/null" or next;
        while (<$nm>) {
            my ($object, $symbol) = m{([^:]+\.o):\s+U (\S+)} or next;
            push @calls, "$layer: $object calls $symbol"
                if $symbol =~ $impure;
        }
    }
    is_deeply(\@calls, [], 'pure layers do no I/O and read no clock');
}

# Every object name of the module is unique in its last folder.
my %seen;
$seen{ join '/', (split m{/}, $_)[ -2, -1 ] }++ for @files;
is_deeply([ grep { $seen{$_} > 1 } keys %seen ], [], 'unique object names');

# Guards name their file.
my @guards;
for my $h (grep { /\.h$/ } @files) {
    (my $want = uc basename($h)) =~ s/\W/_/g;
    $want = "MZ_$want" unless $want =~ /^(?:MZ|NGX)_/;
    open my $f, '<', $h or die $!;
    my $text = do { local $/; <$f> };
    push @guards, "$h: wants $want" unless $text =~
        /^#ifndef _?$want(?:_INCLUDED)?_?\s+#define /m;
}
is_deeply(\@guards, [], 'include guards are named after their file');

done_testing();
