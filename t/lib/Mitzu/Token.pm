package Mitzu::Token;

# Access tokens of an issuer that is the test: keys and signatures by the
# openssl command line, so that what verifies them is not what made them.

use strict;
use warnings;

use Digest::SHA qw(hmac_sha256 hmac_sha384 hmac_sha512);
use JSON::PP ();
use MIME::Base64 qw(encode_base64url);
use Mitzu::Test qw(temp_dir slurp spew);

my $json = JSON::PP->new->canonical->utf8;
my $n = 0;

my %make = (
    rsa     => '-algorithm RSA -pkeyopt rsa_keygen_bits:2048',
    rsa1024 => '-algorithm RSA -pkeyopt rsa_keygen_bits:1024',
    p256    => '-algorithm EC -pkeyopt ec_paramgen_curve:P-256',
    p384    => '-algorithm EC -pkeyopt ec_paramgen_curve:P-384',
    ed25519 => '-algorithm ED25519',
);

# new(issuer => URL, audience => URL)
sub new {
    my ($class, %o) = @_;
    my $self = bless { subject => 'user_ann', project => 'org_one',
        keys => {}, %o }, $class;
    $self->{dir} = temp_dir() . '/keys' . ++$n;
    mkdir $self->{dir};
    return $self;
}

sub openssl {
    my ($command) = @_;
    my $out = qx(openssl $command 2>&1);
    die "openssl $command: $out\n" if $?;
    return $out;
}

# A key pair under a kid; of the types above.
sub key {
    my ($self, $kid, $type) = @_;
    my $file = "$self->{dir}/" . keys(%{ $self->{keys} }) . '.pem';
    openssl("genpkey $make{$type} -out $file");
    openssl("pkey -in $file -pubout -out $file.pub");
    openssl("pkey -in $file -pubout -outform DER -out $file.der");
    $self->{keys}{$kid} = { kid => $kid, type => $type, file => $file };
    return $self;
}

# The PEM of a public key: what a forger takes for an HMAC secret.
sub public_pem { return slurp("$_[0]{keys}{$_[1]}{file}.pub") }

# A public key as a hash of a JSON Web Key.
sub jwk {
    my ($self, $kid) = @_;
    my $k = $self->{keys}{$kid};
    my %jwk = (kid => $kid, use => 'sig');
    my $der = slurp("$k->{file}.der");
    if ($k->{type} =~ /^rsa/) {
        my ($hex) = openssl("rsa -in $k->{file} -noout -modulus")
            =~ /Modulus=([0-9A-F]+)/;
        return { %jwk, kty => 'RSA', e => 'AQAB',
            n => encode_base64url(pack 'H*', $hex) };
    }
    return { %jwk, kty => 'OKP', crv => 'Ed25519',
        x => encode_base64url(substr $der, -32) } if $k->{type} eq 'ed25519';
    my $size = $k->{type} eq 'p256' ? 32 : 48;
    return { %jwk, kty => 'EC', crv => $size == 32 ? 'P-256' : 'P-384',
        x => encode_base64url(substr $der, -2 * $size, $size),
        y => encode_base64url(substr $der, -$size) };
}

# A key set, as text: of kids and of hashes.
sub jwks {
    my ($self, @keys) = @_;
    return $json->encode({ keys => [
        map { ref $_ ? $_ : $self->jwk($_) } @keys ] });
}

my %hmac = (256 => \&hmac_sha256, 384 => \&hmac_sha384,
    512 => \&hmac_sha512);

# The signature over a text, as JWS has it; secret: of HS*.
sub sign {
    my ($self, $alg, $kid, $text, $secret) = @_;
    return '' if lc $alg eq 'none';
    my ($family, $bits) = $alg =~ /^(\w\w)\w*?(\d*)$/;
    return $hmac{$bits}->($text, defined $secret ? $secret
        : $self->public_pem($kid)) if $family eq 'HS';
    my $k = $self->{keys}{$kid} or die "no key $kid\n";
    my $in = spew("$self->{dir}/in", $text);
    my $out = "$self->{dir}/out";
    if ($family eq 'Ed') {
        openssl("pkeyutl -sign -rawin -inkey $k->{file} -in $in -out $out");
        return slurp($out);
    }
    my $pss = $family eq 'PS' ? '-sigopt rsa_padding_mode:pss '
        . '-sigopt rsa_pss_saltlen:digest' : '';
    openssl("dgst -sha$bits $pss -sign $k->{file} -out $out $in");
    my $raw = slurp($out);
    return $raw if $k->{type} =~ /^rsa/;

    # DER's two integers, each to the size of the curve.
    my $size = $k->{type} eq 'p256' ? 32 : 48;
    my $at = ord(substr $raw, 1, 1) & 0x80 ? 3 : 2;
    my $jose = '';
    for (1, 2) {
        my $len = ord substr $raw, $at + 1, 1;
        my $number = substr $raw, $at + 2, $len;
        $number =~ s/^\0+//;
        $jose .= "\0" x ($size - length $number) . $number;
        $at += 2 + $len;
    }
    return $jose;
}

# What AuthKit's tokens say.
sub claims {
    my ($self) = @_;
    return { iss => $self->{issuer}, aud => $self->{audience},
        sub => $self->{subject}, org_id => $self->{project},
        sid => 'consent_1', jti => 'jti_' . ++$n, iat => time,
        exp => time + 300, client_id => 'client_of_the_peer',
        scope => 'analytics:read analytics:run' };
}

# token(claims to change (undef: removed), key => kid, alg => .., header =>
# {..} to change, raw_header => text, raw_payload => text; sign => another
# algorithm, with => another key, than what is said; secret => of HS*)
sub token {
    my ($self, $change, %o) = @_;
    my %claims = (%{ $self->claims }, %{ $change || {} });
    delete $claims{$_} for grep { !defined $claims{$_} } keys %claims;
    my $kid = $o{key} || 'k1';
    my $alg = $o{alg} || 'RS256';
    my %header = (alg => $alg, kid => $kid, typ => 'at+jwt',
        %{ $o{header} || {} });
    delete $header{$_} for grep { !defined $header{$_} } keys %header;
    my $text = join '.', map { encode_base64url($_) }
        defined $o{raw_header} ? $o{raw_header} : $json->encode(\%header),
        defined $o{raw_payload} ? $o{raw_payload} : $json->encode(\%claims);
    return "$text." . encode_base64url($self->sign($o{sign} || $alg,
        $o{with} || $kid, $text, $o{secret}));
}

# The same issuer's, of somebody else.
sub of {
    my ($self, $subject, $project, %change) = @_;
    return $self->token({ sub => $subject, org_id => $project, %change });
}

1;
