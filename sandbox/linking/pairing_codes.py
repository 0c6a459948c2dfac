"""Linking by a code that is typed on the phone: what the eight characters protect.

Either side makes a key for this once and sends it encrypted under the code. Who does not know
the code gets another key out of that, and everything sealed with what follows stays shut.
"""

import hashlib
import secrets

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sandbox.crypto import curve
from sandbox.crypto.curve import KEY_BYTES
from shared.errors import ConflictError, InvalidInputError

# Without 0, I, O and U, which are misread.
ALPHABET = frozenset("123456789ABCDEFGHJKLMNPQRSTVWXYZ")
LENGTH = 8
_SALT, _IV, _NONCE = 32, 16, 12
WRAPPED_BYTES = _SALT + _IV + KEY_BYTES
_ROUNDS = 2 << 16


class KeyBundle(msgspec.Struct, frozen=True):
    """What the companion seals for the phone, both identities included."""

    companion: bytes
    account: bytes
    random: bytes


def parse_pairing_code(text: str) -> str:
    """As people type it: with or without the dash, in either case. Raises InvalidInputError."""
    code = text.strip().upper().replace("-", "")
    if len(code) != LENGTH or not ALPHABET.issuperset(code):
        raise InvalidInputError("code", "not eight letters and digits, like ABCD-1234")
    return code


def wrap(public: bytes, code: str) -> bytes:
    """Slow on purpose (a tenth of a second): not in a loop that serves others."""
    salt, iv = secrets.token_bytes(_SALT), secrets.token_bytes(_IV)
    return salt + iv + _crypt(public, code, salt=salt, iv=iv)


def unwrap(wrapped: bytes, code: str) -> bytes:
    """The key that was wrapped; with a wrong code another one. As slow as `wrap`."""
    salt, iv = wrapped[:_SALT], wrapped[_SALT : _SALT + _IV]
    return _crypt(wrapped[_SALT + _IV :], code, salt=salt, iv=iv)


def open_bundle(sealed: bytes, shared: bytes) -> KeyBundle:
    """shared: what the two keys agree on. Raises ConflictError when the code was wrong."""
    salt, nonce = sealed[:_SALT], sealed[_SALT : _SALT + _NONCE]
    key = curve.derive(
        shared, salt=salt, info=b"link_code_pairing_key_bundle_encryption_key", length=KEY_BYTES
    )
    try:
        opened = AESGCM(key).decrypt(nonce, sealed[_SALT + _NONCE :], None)
    except (InvalidTag, ValueError) as error:
        raise ConflictError("the code is wrong") from error
    if len(opened) != 3 * KEY_BYTES:
        raise ConflictError("the client sealed something else than keys")
    return KeyBundle(opened[:KEY_BYTES], opened[KEY_BYTES : 2 * KEY_BYTES], opened[2 * KEY_BYTES :])


def derive_adv_secret(shared: bytes, agreed: bytes, random: bytes) -> bytes:
    """agreed: what the two identities agree on."""
    return curve.derive(shared + agreed + random, info=b"adv_secret", length=KEY_BYTES)


def _crypt(data: bytes, code: str, *, salt: bytes, iv: bytes) -> bytes:
    """AES in counter mode: there and back alike."""
    key = hashlib.pbkdf2_hmac("sha256", code.encode(), salt, _ROUNDS, KEY_BYTES)
    stream = Cipher(algorithms.AES(key), modes.CTR(iv)).encryptor()
    return stream.update(data) + stream.finalize()
