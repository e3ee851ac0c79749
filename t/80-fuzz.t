#!/usr/bin/perl

# The parsers of outside bytes under libFuzzer, a few seconds each, from the
# seeds in t/fuzz/seeds.  `make fuzz` is the long run of the same.

use strict;
use warnings;

use Mitzu::Test;
use Test::More;

my $clang = $ENV{CLANG} || 'clang';
my ($seconds, $jobs) = (5, 2);

my $probe = spew(temp_dir() . '/probe.c',
    "int LLVMFuzzerTestOneInput(const char *p, unsigned long n);\n"
    . "int LLVMFuzzerTestOneInput(const char *p, unsigned long n)\n"
    . "{ return p == 0 && n == 1; }\n");
if (system("$clang -fsanitize=fuzzer '$probe' -o '$probe.out' 2>/dev/null")) {
    finish_skipped('no clang with libFuzzer here: make setup-test');
}

chdir root_dir() or die "$!\n";
my @targets = map { m{fuzz_(\w+)\.c$} } sort glob 't/fuzz/fuzz_*.c';
ok(@targets >= 9, 'there are fuzzers: ' . @targets);

# A make above must not tell this one what to build and how.
delete @ENV{qw(MAKEFLAGS MFLAGS MAKELEVEL TARGETS)};
$ENV{BUILD} = build_dir();
my $log = temp_dir() . '/fuzz.log';
is(system("make -j$jobs CLANG='$clang' fuzz-bin > '$log' 2>&1"), 0,
    'the fuzzers are built')
    or diag(slurp($log));

# What an earlier run learned is left alone: here all starts from the seeds,
# and takes the same way each time.
my $status = system("t/bin/fuzz --corpus '" . temp_dir() . "/corpus' "
    . "--seed 1 --seconds $seconds --jobs $jobs > '$log' 2>'$log.err'");
my %line = map { (split)[1] => $_ } grep { /^(?:ok|FOUND) / }
    split /\n/, slurp($log);

for my $t (@targets) {
    my @seeds = glob "t/fuzz/seeds/$t/*";
    ok(@seeds >= 10, "$t has seeds: " . @seeds);
    like($line{$t} || 'it did not run', qr/^ok .* [1-9]\d* inputs$/,
        "nothing is found in $t");
}

is($status, 0, 'no finding in all') or diag(slurp("$log.err"));

finish();


sub finish_skipped {
    my ($why) = @_;
    SKIP: { skip $why, 1 }
    finish();
    exit 0;
}
