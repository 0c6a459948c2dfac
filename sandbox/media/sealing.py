"""Files as WhatsApp stores them: encrypted under a key that only the message carries."""

import hmac
import secrets
from hashlib import sha256

import msgspec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from sandbox.crypto import curve
from shared.enums import MessageKind
from shared.errors import PermanentError

_BLOCK_BITS = 128
_MAC_BYTES = 10
_KEY_BYTES = 32
_EXPANDED_BYTES = 112
HISTORY = b"WhatsApp History Keys"
_PURPOSES = {
    MessageKind.IMAGE: b"WhatsApp Image Keys",
    MessageKind.STICKER: b"WhatsApp Image Keys",
    MessageKind.VIDEO: b"WhatsApp Video Keys",
    MessageKind.AUDIO: b"WhatsApp Audio Keys",
    MessageKind.VOICE: b"WhatsApp Audio Keys",
    MessageKind.DOCUMENT: b"WhatsApp Document Keys",
}


class UnopenableFileError(PermanentError):
    """The stored file is not the one that the message describes."""


class Seal(msgspec.Struct, frozen=True, kw_only=True):
    """What a message says so that its file can be found, opened and checked. size, sha256: of
    the file itself; sealed_sha256: of what is stored.
    """

    key: bytes
    sha256: bytes
    sealed_sha256: bytes
    size: int
    direct_path: str = ""


def purpose_of(kind: MessageKind) -> bytes:
    """What keys for files of the kind are derived for."""
    return _PURPOSES[kind]


def seal(content: bytes, purpose: bytes) -> tuple[bytes, Seal]:
    """What to store, and how to open it."""
    key = secrets.token_bytes(_KEY_BYTES)
    iv, cipher_key, mac_key = _expand(key, purpose)
    padder = PKCS7(_BLOCK_BITS).padder()
    encryptor = Cipher(algorithms.AES(cipher_key), modes.CBC(iv)).encryptor()
    ciphertext = encryptor.update(padder.update(content) + padder.finalize())
    ciphertext += encryptor.finalize()
    stored = ciphertext + _mac(mac_key, iv, ciphertext)
    described = Seal(
        key=key,
        sha256=sha256(content).digest(),
        sealed_sha256=sha256(stored).digest(),
        size=len(content),
    )
    return stored, described


def open_sealed(stored: bytes, described: Seal, purpose: bytes) -> bytes:
    """The file. Raises UnopenableFileError that names the first check that failed."""
    if sha256(stored).digest() != described.sealed_sha256:
        raise UnopenableFileError("the stored file's hash is not the one in the message")
    iv, cipher_key, mac_key = _expand(described.key, purpose)
    ciphertext = stored[:-_MAC_BYTES]
    if not hmac.compare_digest(_mac(mac_key, iv, ciphertext), stored[-_MAC_BYTES:]):
        raise UnopenableFileError("the file was not sealed with the message's key for its kind")
    content = _decrypted(cipher_key, iv, ciphertext)
    if sha256(content).digest() != described.sha256:
        raise UnopenableFileError("the opened file's hash is not the one in the message")
    if len(content) != described.size:
        raise UnopenableFileError(
            f"the message says {described.size} bytes, the file has {len(content)}"
        )
    return content


def _expand(key: bytes, purpose: bytes) -> tuple[bytes, bytes, bytes]:
    """The IV, and the keys for AES and MAC."""
    keys = curve.derive(key, info=purpose, length=_EXPANDED_BYTES)
    return keys[:16], keys[16:48], keys[48:80]


def _mac(key: bytes, iv: bytes, ciphertext: bytes) -> bytes:
    code = hmac.new(key, iv, sha256)
    code.update(ciphertext)
    return code.digest()[:_MAC_BYTES]


def _decrypted(key: bytes, iv: bytes, ciphertext: bytes) -> bytes:
    decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
    unpadder = PKCS7(_BLOCK_BITS).unpadder()
    try:
        padded = decryptor.update(ciphertext) + decryptor.finalize()
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError as error:
        raise UnopenableFileError("the file's padding is wrong") from error
