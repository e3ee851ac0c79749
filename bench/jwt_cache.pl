#!/usr/bin/perl

# What a token costs that has been verified before, in a real nginx: the CPU
# time of its worker for requests to mitzu_jwt, less that for the same requests
# to "return 204".  The two take turns; medians are printed.  Requests are
# pipelined on one connection, so that it is hardly the network that is
# measured.  Ends with 1 when a remembered token is over its bar.

use strict;
use warnings;

use Mitzu::Nginx;
use Mitzu::Test;
use Mitzu::Token;
use Test::More;

my $BAR = 3.0;              # us
my $ROUNDS = 41;
my $BATCH = 100;            # requests that are sent together
my $BATCHES = 40;

my $issuer = 'https://smooth-harbor-12.authkit.app';
my $resource = 'https://mcp.example.com/mcp';
my $t = Mitzu::Token->new(issuer => $issuer, audience => $resource,
    subject => 'user_01JD8Z0Q3V5X7M9N1P2R4T6W8Y',
    project => 'org_01JD8Z7A9C1E3G5J7L9N1P3R5T')->key(k1 => 'rsa');
my $token = $t->token({ exp => time + 3600 });
my $keys = spew(temp_dir() . '/keys.json', $t->jwks('k1'));
my $jwt = "mitzu_jwt issuer=$issuer audience=$resource; "
    . "mitzu_jwt_keys file:$keys;";

my $nginx = Mitzu::Nginx->new(bare => 1, level => 'error',
    http => 'access_log off; keepalive_requests 100000000;',
    server => "location = /none { return 204; }\n"
        . "location = /seen { $jwt mitzu_jwt_cache bench:1m; }\n"
        . "location = /anew { $jwt mitzu_jwt_cache off; }\n");
my ($worker) = $nginx->worker_pids;
my $c = Mitzu::HTTP->new(port => $nginx->{port});

# Nanoseconds of CPU that the worker has had.
sub cpu {
    my ($ns) = split ' ', slurp("/proc/$worker/schedstat");
    return $ns || (split ' ', slurp("/proc/$worker/stat"))[13] * 1e7;
}

# Microseconds for each of many requests.
sub cost {
    my ($path) = @_;
    my $text = "GET $path HTTP/1.1\r\nHost: mcp.example.com\r\n"
        . "Authorization: Bearer $token\r\n\r\n";
    my $before = cpu();
    for (1 .. $BATCHES) {
        syswrite $c->{sock}, $text x $BATCH;
        my ($in, $n) = ('', 0);
        while ($n < $BATCH) {
            sysread $c->{sock}, $in, 65536, length $in or die "no answer\n";
            $n++ while $in =~ s/^HTTP\/1\.1 204 .*?\r\n\r\n//s;
            die "another answer: $in\n" if $in =~ /^HTTP\/1\.1 (?!204)\d/;
        }
    }
    return (cpu() - $before) / 1000 / $BATCH / $BATCHES;
}

sub median { my @s = sort { $a <=> $b } @_; return $s[ @s / 2 ] }

my %us;
cost($_) for qw(/none /seen /anew);
for (1 .. $ROUNDS) {
    push @{ $us{$_} }, cost($_) for qw(/none /seen /anew);
}
$c->close;
$nginx->stop;

my ($none, $seen, $anew) = map { median(@{ $us{$_} }) } qw(/none /seen /anew);
printf "%d bytes of token; the request itself %.2f us\n", length $token,
    $none;
printf "remembered   %6.2f us  (bar %.1f)\n", $seen - $none, $BAR;
printf "verified     %6.2f us\n", $anew - $none;
ok($seen - $none <= $BAR, 'a remembered token is within its bar');
finish();
