package Mitzu::Example;

# conf.example as it is, but for what belongs to a machine: paths, ports, the
# certificate, Redis, and the authorization server, which is one on loopback.
# What it does is then that of a real nginx.

use strict;
use warnings;

use Mitzu::Nginx;
use Mitzu::Service;
use Mitzu::Test;
use Mitzu::Token;

# new(redis => url): a Mitzu::Nginx that is not started.  Its {ports} are
# those of conf.example to those in use, each on loopback; {plain} is one
# more of the edge, without TLS.  With redis there is a Mitzu::Service in
# {authkit}, to be stopped, and a Mitzu::Token of its keys in {tokens}.
sub new {
    my ($class, %o) = @_;
    my $nginx = Mitzu::Nginx->new(name => 'example', stopped => 1, bare => 1,
        redis => $o{redis}, port => free_port());
    my $dir = $nginx->{dir};
    my $module = product('ngx_mitzu_mcp_module.so');
    my $text = slurp(root_dir() . '/conf.example');

    system("openssl req -x509 -newkey ec "
        . "-pkeyopt ec_paramgen_curve:prime256v1 -nodes "
        . "-keyout '$dir/key.pem' -out '$dir/cert.pem' -days 1 "
        . "-subj /CN=localhost >/dev/null 2>&1");
    $text =~ s{^(\s*load_module\s+)\S+ngx_mitzu_mcp_module\.so;}{$1$module;}m
        or die "conf.example does not load the module\n";
    $text =~ s{(ssl_certificate_key\s+)\S+;}{$1$dir/key.pem;}g;
    $text =~ s{(ssl_certificate\s+)\S+;}{$1$dir/cert.pem;}g;
    $text =~ s{^\s*user\s+\S+;}{$> == 0 ? 'user root;' : ''}me;
    $text =~ s{worker_processes\s+\S+;}{worker_processes 1; daemon off;};
    $text =~ s{(pid\s+)\S+;}{$1$dir/nginx.pid;};
    $text =~ s{(proxy_cache_path\s+)\S+}{$1$dir/cache};
    $text =~ s{(proxy_ssl_trusted_certificate\s+)\S+;}{$1$dir/cert.pem;}g;
    $text =~ s{(access_log)(\s+)/\S+?([\s;])}{$1$2$dir/logs/access.log$3}g;
    $text =~ s{(error_log)(\s+)/\S+?([\s;])}{$1$2$nginx->{error_log}$3}g;
    $text =~ s/^http \{/"http {\n" . temp_paths($dir)/me;
    $text =~ s{mitzu_mcp_redis\s+[^\s;]+}{mitzu_mcp_redis $o{redis}}
        if $o{redis};
    sign_in($nginx, \$text) if $o{redis};
    for my $port ($text =~ /listen\s+(?:[\d.]+:)?(\d+)/g) {
        next if $nginx->{ports}{$port};
        my $free = $nginx->{ports}{$port} = free_port();
        $text =~ s{(listen\s+)(?:[\d.]+:)?$port\b}{${1}127.0.0.1:$free}g;
        $text =~ s{(server\s+127\.0\.0\.1:)$port\b}{$1$free}g;
    }
    $nginx->{plain} = $nginx->{port};
    $text =~ s{(listen\s+\S+\s+ssl)}{listen 127.0.0.1:$nginx->{port};\n$1};
    spew("$dir/nginx.conf", $text);
    return $nginx;
}

# An authorization server that has its keys and its metadata.
sub sign_in {
    my ($nginx, $text) = @_;
    my ($issuer) = $$text =~ /issuer=(\S+)/;
    my ($audience) = $$text =~ /audience=([^\s;]+)/;
    $nginx->{tokens} = Mitzu::Token->new(issuer => $issuer,
        audience => $audience)->key(k1 => 'rsa');
    $nginx->{authkit} = Mitzu::Service->new
        ->plan('/oauth2/jwks', body => $nginx->{tokens}->jwks('k1'))
        ->plan('/.well-known/oauth-authorization-server',
            headers => [ 'Access-Control-Allow-Origin' => 'x' ],
            body => qq({"issuer":"$issuer"}));
    $$text =~ s{(set \$authkit )\S+;}{${1}127.0.0.1:$nginx->{authkit}{port};}
        or die "conf.example has no authorization server\n";
    $$text =~ s{https://\$authkit}{http://\$authkit}g;
}

sub temp_paths {
    my ($dir) = @_;
    return join '', map { "${_}_temp_path $dir/$_;\n" }
        qw(client_body proxy fastcgi uwsgi scgi);
}

1;
