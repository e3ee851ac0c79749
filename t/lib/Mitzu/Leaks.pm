package Mitzu::Leaks;

# What is left in Redis when nothing is going on: keys that the table in
# docs/worker-protocol.md does not have, or whose type is another, or that
# never expire though they are somebody's; runs that are still leased,
# wake-ups that nobody took, conversations that are still locked.

use strict;
use warnings;

use Exporter qw(import);
use Mitzu::Test qw(root_dir slurp);

our @EXPORT_OK = qw(leaks strange_keys);

my $ID = '[a-z2-7]{26}';
my %placeholder = (
    P      => '\d\d',
    S      => '[0-9a-f]{32}',
    J      => '[0-9a-f]{32}',
    cid    => "c_$ID",
    pid    => "p_$ID",
    aid    => "a_$ID",
    qid    => "q_$ID",
    n      => '\d+',
    digest => '[0-9a-f]{64}',
    entry  => '\d+-\d+',
    name   => '[0-9a-f]{32}',
    set    => '(?:events|properties|values)',
    writer => '[a-z0-9-]+',
);

my @kinds;

# Each row of the documented table: what its keys look like, of what type
# they are, and whose they are.
sub kinds {
    return @kinds if @kinds;
    my $doc = slurp(root_dir() . '/docs/worker-protocol.md');
    while ($doc =~ /^\| `mitzu(:\S+)` \| (\w+) \|/mg) {
        my ($name, $type) = ($1, $2);
        next if $type eq 'channel';
        push @kinds, { name => "mitzu$name", type => $type,
            pattern => pattern($name),
            expires => $name =~ /:S\b|\{catalog\}|:served|:project|:taken/
                ? 1 : 0 };
    }
    die "docs/worker-protocol.md has no table of keys\n" unless @kinds > 10;
    return @kinds;
}

sub pattern {
    my ($name) = @_;
    my $pattern = join '', map {
        /^\{P\}$/ ? "\\{$placeholder{P}\\}"
            : /^[SJ]$/ ? $placeholder{$_}
            : /^<(\w+)>$/ ? $placeholder{$1}
                || die "no pattern for $_ of the documented key $name\n"
            : quotemeta
    } split /(\{P\}|\b[SJ]\b|<\w+>)/, $name;
    return qr/$pattern/;
}

sub kind_of {
    my ($key, $prefix) = @_;
    $prefix = 'mitzu' unless defined $prefix;
    for my $k (kinds()) {
        return $k if $key =~ /^\Q$prefix\E$k->{pattern}$/;
    }
    return undef;
}

# Every key that is there and no document knows.
sub strange_keys {
    my ($redis, $prefix) = @_;
    return grep { !kind_of($_, $prefix) } @{ $redis->cmd('KEYS', '*') };
}

# leaks(redis, prefix => ..): what is wrong, in words; nothing when all is
# well.  To be asked when every run has ended.
sub leaks {
    my ($redis, %o) = @_;
    my @keys = sort @{ $redis->cmd('KEYS', '*') };
    my @types = $redis->many(map { [ 'TYPE', $_ ] } @keys);
    my @ttls = $redis->many(map { [ 'TTL', $_ ] } @keys);
    my (@bad, %by);
    for my $i (0 .. $#keys) {
        my $key = $keys[$i];
        my $kind = kind_of($key, $o{prefix});
        if (!$kind) {
            push @bad, "$key: no documented key";
        } elsif ($types[$i] eq 'none') {
            next;               # it expired just now
        } elsif ($types[$i] ne $kind->{type}) {
            push @bad, "$key: a $types[$i], not a $kind->{type}";
        } elsif ($kind->{expires} && $ttls[$i] == -1) {
            push @bad, "$key: never expires";
        } else {
            push @{ $by{ $kind->{name} } }, $key;
        }
    }
    return (@bad, members($redis, map { @{ $by{$_} || [] } }
            'mitzu:{P}:leases', 'mitzu:{P}:queue', 'mitzu:{P}:queue:J'),
        limits($redis, @{ $by{'mitzu:{P}:S:limits'} || [] }),
        wake_ups($redis, @{ $by{'mitzu:{P}:jobs'} || [] }),
        locks($redis, @{ $by{'mitzu:{P}:S:conv:<cid>'} || [] }),
        unlisted($redis, @{ $by{'mitzu:{P}:S:run:<pid>'} || [] }));
}

sub members {
    my ($redis, @keys) = @_;
    return map { my $key = $_;
        map { "$key: still has $_" } @{ $redis->cmd('ZRANGE', $key, 0, -1) }
    } @keys;
}

# Runs that are over count for nobody.
sub limits {
    my ($redis, @keys) = @_;
    return map { my $key = $_;
        map { "$key: still counts $_" } grep { /^p_/ }
            @{ $redis->cmd('HKEYS', $key) }
    } @keys;
}

sub wake_ups {
    my ($redis, @keys) = @_;
    my @bad;
    for my $key (@keys) {
        push @bad, map { "$key: entry $_->[0] is left: @{ $_->[1] }" }
            @{ $redis->cmd('XRANGE', $key, '-', '+', 'COUNT', 20) };
        my %group = map { $_->{name} => $_ } map { { @$_ } }
            @{ $redis->cmd('XINFO', 'GROUPS', $key) };
        for my $name (sort keys %group) {
            push @bad, "$key: $group{$name}{pending} entries are pending "
                . "for $name" if $group{$name}{pending};
        }
    }
    return @bad;
}

sub locks {
    my ($redis, @keys) = @_;
    my @active = $redis->many(map { [ 'HGET', $_, 'active' ] } @keys);
    return map { "$keys[$_]: is locked by $active[$_]" }
        grep { defined $active[$_] && $active[$_] ne '' } 0 .. $#keys;
}

# A run that no list has can be found by nobody.
sub unlisted {
    my ($redis, @keys) = @_;
    my @score = $redis->many(map {
        my ($base, $pid) = /^(.*):run:(\w+)$/;
        [ 'ZSCORE', "$base:runs", $pid ] } @keys);
    return map { "$keys[$_]: is in no list of runs" }
        grep { !defined $score[$_] } 0 .. $#keys;
}

1;
