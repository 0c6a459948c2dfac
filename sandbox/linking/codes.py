"""The QR code as text."""

import binascii
from base64 import b64decode

import msgspec

from sandbox.crypto.curve import KEY_BYTES
from shared.errors import InvalidInputError


class QrCode(msgspec.Struct, frozen=True):
    """ref: the server's name for the offer. The keys are the companion's; the secret proves
    that who answers has seen the code.
    """

    ref: str
    noise_key: bytes
    identity: bytes
    adv_secret: bytes


def parse_qr(text: str) -> QrCode:
    """Raises InvalidInputError. Older clients show the part after `#` alone."""
    parts = text.strip().rpartition("#")[2].split(",")
    if len(parts) < 4 or not parts[0]:
        raise InvalidInputError("qr", "this is not a code for linking a device")
    return QrCode(parts[0], _key(parts[1]), _key(parts[2]), _key(parts[3]))


def _key(text: str) -> bytes:
    try:
        key = b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInputError("qr", "a key in the code is not base64") from error
    if len(key) != KEY_BYTES:
        raise InvalidInputError("qr", "a key in the code is of the wrong length")
    return key
