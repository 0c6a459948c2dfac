"""X25519 and HKDF in the shapes that Noise and Signal use: 32 plain bytes."""

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.errors import PermanentError

KEY_BYTES = 32
# Signal writes public keys with the type of the curve before them.
CURVE_TYPE = b"\x05"


class PublicKeyError(PermanentError):
    """The bytes are no usable public key."""


def new_private() -> bytes:
    return X25519PrivateKey.generate().private_bytes_raw()


def public_of(private: bytes) -> bytes:
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def agree(private: bytes, public: bytes) -> bytes:
    """The shared secret. Raises PublicKeyError for a malformed or low-order public key."""
    try:
        return X25519PrivateKey.from_private_bytes(private).exchange(
            X25519PublicKey.from_public_bytes(public)
        )
    except ValueError as error:
        raise PublicKeyError("not a public key of Curve25519") from error


def derive(secret: bytes, *, info: bytes, length: int, salt: bytes | None = None) -> bytes:
    """HKDF-SHA256; no salt means 32 zero bytes."""
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)


def typed(public: bytes) -> bytes:
    return CURVE_TYPE + public


def untyped(public: bytes) -> bytes:
    """Raises PublicKeyError unless this is a typed key of Curve25519."""
    if len(public) != KEY_BYTES + 1 or public[:1] != CURVE_TYPE:
        raise PublicKeyError("not a typed public key of Curve25519")
    return public[1:]
