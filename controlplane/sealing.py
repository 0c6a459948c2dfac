"""Secrets that must be had again, encrypted before they are written into the database.

The one place where it is done. The key comes from a file of the state directory, so a copy of the
database alone opens none. Without that file nothing that was sealed with it opens again.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BadBase64Error
from secrets import token_bytes

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_FORM, _NONCE_BYTES = "v1.", 12


class SealBrokenError(Exception):
    """Another key, another place, or a text that was never sealed."""


class Sealer(msgspec.Struct, frozen=True, kw_only=True):
    """secret: 256 random bits, as text."""

    secret: str

    def seal(self, text: str, *, place: str) -> str:
        """place: whose it is and what; what is sealed for one opens at no other."""
        nonce = token_bytes(_NONCE_BYTES)
        sealed = self._cipher().encrypt(nonce, text.encode(), place.encode())
        return _FORM + urlsafe_b64encode(nonce + sealed).decode()

    def open(self, sealed: str, *, place: str) -> str:
        """Raises SealBrokenError."""
        form, _, text = sealed.partition(".")
        try:
            if f"{form}." != _FORM:
                raise SealBrokenError(f"the form {form[:8]!r} is not known")
            raw = urlsafe_b64decode(text)
            return (
                self._cipher()
                .decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], place.encode())
                .decode()
            )
        except (BadBase64Error, InvalidTag, ValueError) as error:
            raise SealBrokenError("sealed with another key, or for another place") from error

    def _cipher(self) -> AESGCM:
        derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"flowhq/sealed")
        return AESGCM(derive.derive(self.secret.encode()))
