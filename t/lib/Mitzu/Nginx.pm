package Mitzu::Nginx;

# The stock nginx with our module on a free loopback port.

use strict;
use warnings;

use Mitzu::HTTP;
use Mitzu::Test;

# new(redis => url, mode => on | strict, location => extra directives,
# http => .., main => ..; daemon => 1: its master can be told to upgrade)
sub new {
    my ($class, %o) = @_;
    my $self = bless { name => 'nginx', workers => 1, %o }, $class;
    $self->{port} ||= free_port();
    $self->{dir} = temp_dir() . "/$self->{name}";
    mkdir $self->{dir};
    mkdir "$self->{dir}/$_" for qw(logs body);
    $self->{error_log} = log_of("$self->{dir}/logs/error.log");
    $self->write_conf;
    $self->start unless $o{stopped};
    return $self;
}

sub conf {
    my ($self) = @_;
    my $module = product('ngx_mitzu_mcp_module.so');
    my $user = $> == 0 ? 'user root;' : '';
    my $d = $self->{dir};
    my $location = $self->{bare} ? '' : <<"EOT";
        location ~ ^/mcp/?\$ {
            mitzu_mcp @{[ $self->{mode} || 'on' ]};
            mitzu_mcp_auth off;
            mitzu_mcp_redis $self->{redis};
            @{[ $self->{location} || '' ]}
        }
EOT
    my $level = $self->{level} || 'info';
    my ($daemon, $env) = ('off', '');
    if ($self->{daemon}) {
        $daemon = 'on';
        $env = join ' ', map { "env $_;" } sort keys %{ $self->env };
    }
    return <<"EOT";
load_module $module;
$user
daemon $daemon;
$env
worker_processes $self->{workers};
pid $d/nginx.pid;
error_log $d/logs/error.log $level;
worker_shutdown_timeout 20s;
@{[ $self->{main} || '' ]}
events { worker_connections @{[ $self->{connections} || 512 ]}; }
http {
    access_log $d/logs/access.log;
    client_body_temp_path $d/body;
    proxy_temp_path $d/proxy;
    fastcgi_temp_path $d/fastcgi;
    uwsgi_temp_path $d/uwsgi;
    scgi_temp_path $d/scgi;
    @{[ $self->{http} || '' ]}
    server {
        listen 127.0.0.1:$self->{port};
        @{[ $self->{server} || '' ]}
$location
    }
}
EOT
}

sub write_conf { my ($s) = @_; spew("$s->{dir}/nginx.conf", $s->conf) }

sub env {
    my ($self) = @_;
    return {} unless is_san();
    my $lib = qx(gcc -print-file-name=libasan.so);
    my $ub = qx(gcc -print-file-name=libubsan.so);
    chomp($lib, $ub);
    my $supp = root_dir() . '/t/lsan.supp';
    return {
        LD_PRELOAD => "$lib $ub",
        ASAN_OPTIONS => 'detect_odr_violation=0:exitcode=0:detect_leaks='
            . ($self->{leaks} // 1),
        UBSAN_OPTIONS => 'print_stacktrace=1',
        LSAN_OPTIONS => (-e $supp ? "suppressions=$supp:" : '')
            . 'exitcode=0:print_suppressions=0',
    };
}

# With its path: an upgrade starts it once more.
sub program {
    my ($dir) = grep { -x "$_/nginx" } split /:/, $ENV{PATH};
    return $dir ? "$dir/nginx" : 'nginx';
}

sub command {
    my ($self, @args) = @_;
    return (program(), '-e', $self->{error_log}, '-p', $self->{dir}, '-c',
        "$self->{dir}/nginx.conf", @args);
}

# nginx -t: (exit status, output)
sub check {
    my ($self) = @_;
    my $env = $self->env;
    local %ENV = (%ENV, %$env, ASAN_OPTIONS => 'detect_leaks=0:'
        . 'detect_odr_violation=0');
    my $cmd = join ' ', map { "'$_'" } $self->command('-t');
    my $out = qx($cmd 2>&1);
    return ($? >> 8, $out);
}

sub start {
    my ($self) = @_;
    my $env = $self->env;

    # nginx unloads its modules before leaks are looked for, and then they
    # would be nobody's: this one stays.

    $env->{LD_PRELOAD} .= ' ' . product('ngx_mitzu_mcp_module.so')
        if $env->{LD_PRELOAD};
    $self->{pid} = spawn_process(name => $self->{name}, env => $env,
        cmd => [ $self->command ]);
    if ($self->{daemon}) {
        stop_process($self->{pid}, 'ZERO');
        $self->adopt("$self->{dir}/nginx.pid");
    }
    wait_for(20, sub { Mitzu::HTTP->new(port => $self->{port}) })
        or die "nginx does not start: " . slurp($self->{error_log});
    return $self;
}

# The master that wrote this file is ours from now on; its pid.
sub adopt {
    my ($self, $file) = @_;
    my $pid = wait_for(20, sub { slurp($file) =~ /^(\d+)$/m ? $1 : 0 })
        or die "no pid in $file: " . slurp($self->{error_log});
    adopt_process($pid, $self->{name});
    return $self->{pid} = $pid;
}

sub stop { my ($s, $sig) = @_; stop_process($s->{pid}, $sig || 'QUIT', 30) }
sub signal { my ($s, $sig) = @_; kill $sig, $s->{pid} }

sub worker_pids {
    my ($self) = @_;
    return split ' ', qx(pgrep -P $self->{pid});
}

sub log { return slurp($_[0]{error_log}) }
sub access_log { return slurp("$_[0]{dir}/logs/access.log") }

1;
