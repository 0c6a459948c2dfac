"""XEdDSA: Ed25519 signatures made with X25519 keys, which `cryptography` does not have.

Signing takes about 3 ms. It is not constant-time: the keys are of simulated people.
"""

import secrets
from functools import lru_cache
from hashlib import sha512

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D2 = 2 * -121665 * pow(121666, -1, _P) % _P
_BASE_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202
_BASE_Y = 4 * pow(5, -1, _P) % _P
_SIGN = 0x80
# The prefix that sets the nonce's hash apart from Ed25519's own (XEdDSA, "hash1").
_NONCE_PREFIX = b"\xfe" + b"\xff" * 31

# Extended coordinates (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z.
_Point = tuple[int, int, int, int]
_IDENTITY: _Point = (0, 1, 1, 0)


def sign(private: bytes, message: bytes) -> bytes:
    """64 bytes, verifiable with the X25519 public key of `private`."""
    scalar, public = _signing_pair(private)
    nonce_hash = sha512(_NONCE_PREFIX + scalar.to_bytes(32, "little") + message)
    nonce_hash.update(secrets.token_bytes(64))
    nonce = int.from_bytes(nonce_hash.digest(), "little") % _L
    point = _compress(_times_base(nonce))
    challenge = int.from_bytes(sha512(point + public + message).digest(), "little") % _L
    answer = bytearray(((nonce + challenge * scalar) % _L).to_bytes(32, "little"))
    answer[31] |= public[31] & _SIGN
    return point + bytes(answer)


def is_signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` over `message` was made with the key of X25519 `public`."""
    if len(signature) != 64 or len(public) != 32:
        return False
    u = int.from_bytes(public, "little") & (2**255 - 1)
    if (u + 1) % _P == 0:
        return False
    y = bytearray(((u - 1) * pow(u + 1, -1, _P) % _P).to_bytes(32, "little"))
    y[31] |= signature[63] & _SIGN
    plain = signature[:63] + bytes((signature[63] & ~_SIGN & 0xFF,))
    try:
        Ed25519PublicKey.from_public_bytes(bytes(y)).verify(plain, message)
    except (InvalidSignature, ValueError):
        return False
    return True


@lru_cache(maxsize=64)
def _signing_pair(private: bytes) -> tuple[int, bytes]:
    clamped = bytearray(private)
    clamped[0] &= 248
    clamped[31] = clamped[31] & 127 | 64
    scalar = int.from_bytes(clamped, "little")
    return scalar, _compress(_times_base(scalar))


def _add(one: _Point, other: _Point) -> _Point:
    a = (one[1] - one[0]) * (other[1] - other[0]) % _P
    b = (one[1] + one[0]) * (other[1] + other[0]) % _P
    c = one[3] * _D2 * other[3] % _P
    d = 2 * one[2] * other[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


@lru_cache(maxsize=1)
def _doublings() -> tuple[_Point, ...]:
    points = [(_BASE_X, _BASE_Y, 1, _BASE_X * _BASE_Y % _P)]
    for _ in range(255):
        points.append(_add(points[-1], points[-1]))
    return tuple(points)


def _times_base(scalar: int) -> _Point:
    result = _IDENTITY
    for bit, point in enumerate(_doublings()):
        if scalar >> bit & 1:
            result = _add(result, point)
    return result


def _compress(point: _Point) -> bytes:
    inverse = pow(point[2], -1, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")
