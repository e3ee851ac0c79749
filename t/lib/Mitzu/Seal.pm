package Mitzu::Seal;

# Sealed tokens, made and opened as src/auth/seal.h says, by other means:
# what a test needs to be somebody else, late, or a forger who knows the key.

use strict;
use warnings;

use Digest::SHA qw(hmac_sha256 sha256_hex);
use MIME::Base64 qw(decode_base64url encode_base64url);

# The scope of a principal; the one of `mitzu_mcp_auth off` by default.
sub scope {
    my ($issuer, $subject, $project) = @_;
    return substr sha256_hex(join "\n", $issuer || 'mitzu:development',
        $subject || 'developer', $project || 'development'), 0, 32;
}

# new(secret of a key file)
sub new {
    my ($class, $secret) = @_;
    return bless { key => hmac_sha256($secret, 'mitzu seal key 1') }, $class;
}

sub mac {
    my ($self, $use, $scope, $body) = @_;
    return substr hmac_sha256('mitzu seal 1' . $use
        . pack('Q>', length $scope) . $scope . $body, $self->{key}), 0, 16;
}

# make(use, scope, seconds since 1970, payload): uses are the letters of
# mz_seal_use_t.
sub make {
    my ($self, $use, $scope, $expires, $payload) = @_;
    my $body = pack('Q>', $expires) . $payload;
    return encode_base64url($body . $self->mac($use, $scope, $body));
}

# (expiry, payload) of a token of ours; nothing when it is not.
sub open {
    my ($self, $use, $scope, $token) = @_;
    my $raw = decode_base64url($token);
    return if length $raw < 24;
    my $body = substr $raw, 0, -16;
    return if $self->mac($use, $scope, $body) ne substr $raw, -16;
    return (unpack('Q>', $body), substr $body, 8);
}

# A session id, as of initialize.
sub session {
    my ($self, %o) = @_;
    return $self->make('s', $o{scope} || scope(), $o{expires} || time + 600,
        join '', map({ chr int rand 256 } 1 .. 16), pack('N', $o{client} || 0),
        $o{version} || '2025-11-25');
}

# The same token with one bit of its bytes turned; -1 is the last byte.
sub bend {
    my ($token, $at) = @_;
    my $raw = decode_base64url($token);
    substr($raw, $at, 1) ^= "\x01";
    return encode_base64url($raw);
}

1;
