package Mitzu::Proxy;

# A TCP proxy between a program and its Redis that misbehaves on demand.
# Modes, switched through a file: pass, delay (seconds), hold (accept and
# say nothing), mute (pass on what is asked, keep the answers), refuse (close
# at once), garbage (answer with rubbish), lose WORD (what has that word in it
# is passed on, and the connection breaks before the answer; then pass), deafen
# WORD (pass, until something with that word was passed on; then mute).

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use Mitzu::Test;
use Time::HiRes qw(sleep);

sub new {
    my ($class, %o) = @_;
    my $self = bless { name => 'proxy', port => free_port(), %o }, $class;
    $self->{file} = temp_dir() . "/$self->{name}.mode";
    $self->mode('pass');
    my $listen = IO::Socket::INET->new(Listen => 64, ReuseAddr => 1,
        LocalAddr => '127.0.0.1', LocalPort => $self->{port})
        or die "proxy: $!";
    $self->{pid} = fork;
    if ($self->{pid} == 0) {
        $SIG{TERM} = sub { POSIX::_exit(0) };
        $self->serve($listen);
        POSIX::_exit(0);
    }
    close $listen;
    return $self;
}

# Renamed into place: the proxy may read at any moment.
sub mode {
    my ($self, $mode) = @_;
    spew("$self->{file}.$$", $mode);
    rename "$self->{file}.$$", $self->{file} or die "$self->{file}: $!";
    sleep 0.1;
}
sub url { return "redis://127.0.0.1:$_[0]{port}" }
sub stop { my ($s) = @_; kill 'TERM', $s->{pid}; waitpid $s->{pid}, 0 }

sub serve {
    my ($self, $listen) = @_;
    my $sel = IO::Select->new($listen);
    my %peer;
    my $drop = sub {
        for my $s (grep { defined } $_[0], delete $peer{ $_[0] }) {
            delete $peer{$s};
            $sel->remove($s);
            close $s;
        }
    };
    while (getppid() != 1) {
        my ($mode, $arg) = split ' ', slurp($self->{file});
        if ($mode eq 'cut') {
            $drop->($_) for grep { $_ != $listen } $sel->handles;
            $self->mode('pass');
            next;
        }
        for my $s ($sel->can_read(0.05)) {
            if ($s == $listen) {
                my $c = $listen->accept or next;
                if ($mode eq 'refuse') { close $c; next }
                my $up = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                    PeerPort => $self->{target});
                if (!$up) { close $c; next }
                ($peer{$c}, $peer{$up}) = ($up, $c);
                $sel->add($c, $up);
                $self->{up}{$up} = 1;
                next;
            }
            my $to = $peer{$s} or next;
            my $n = sysread $s, my $data, 65536;
            if (!$n) { $drop->($s); next }
            next if $mode eq 'hold' || $mode eq 'mute' && $self->{up}{$s};
            sleep $arg if $mode eq 'delay' && $self->{up}{$s};
            $data = "?garbage\r\n" if $mode eq 'garbage' && $self->{up}{$s};
            syswrite $to, $data;
            if ($mode eq 'deafen' && !$self->{up}{$s} && $data =~ /$arg/) {
                IO::Select->new($to)->can_read(10);
                sysread $to, $data, 65536;
                $self->mode('mute');
                last;
            }
            if ($mode eq 'lose' && !$self->{up}{$s} && $data =~ /$arg/) {
                IO::Select->new($to)->can_read(10);
                $self->mode('pass');
                $drop->($s);
                last;
            }
        }
    }
}

1;
