"""The two kinds of Signal messages (version 3), and the padding inside them."""

import hmac
import secrets
from hashlib import sha256

import msgspec

from sandbox.crypto import curve
from sandbox.wire import protobuf
from shared.errors import PermanentError

_VERSION = b"\x33"
MAC_BYTES = 8
_MOST_PADDING = 15


class EnvelopeError(PermanentError):
    """The bytes are no Signal message."""


class SignalMessage(msgspec.Struct, frozen=True):
    """ratchet: the sender's ratchet key. signed: everything the MAC covers, as it came."""

    ratchet: bytes
    counter: int
    ciphertext: bytes
    signed: bytes
    mac: bytes


class PrekeyMessage(msgspec.Struct, frozen=True):
    """The first messages of a session: a SignalMessage and what Bob needs to open it."""

    registration_id: int
    prekey_id: int | None
    signed_prekey_id: int
    base: bytes
    identity: bytes
    message: SignalMessage


def read_message(data: bytes) -> SignalMessage:
    """Raises EnvelopeError, ProtobufError or PublicKeyError when it is none."""
    fields = protobuf.Fields.decode(_body(data)[:-MAC_BYTES])
    return SignalMessage(
        ratchet=curve.untyped(fields.get_bytes(1)),
        counter=fields.find_integer(2) or 0,
        ciphertext=fields.get_bytes(4),
        signed=data[:-MAC_BYTES],
        mac=data[-MAC_BYTES:],
    )


def read_prekey_message(data: bytes) -> PrekeyMessage:
    """Raises EnvelopeError, ProtobufError or PublicKeyError when it is none."""
    fields = protobuf.Fields.decode(_body(data))
    return PrekeyMessage(
        registration_id=fields.find_integer(5) or 0,
        prekey_id=fields.find_integer(1),
        signed_prekey_id=fields.find_integer(6) or 0,
        base=curve.untyped(fields.get_bytes(2)),
        identity=curve.untyped(fields.get_bytes(3)),
        message=read_message(fields.get_bytes(4)),
    )


def write_message(
    *, ratchet: bytes, counter: int, previous_counter: int, ciphertext: bytes
) -> bytes:
    """The part that the MAC covers; the caller appends the MAC."""
    return _VERSION + protobuf.encode(
        {1: curve.typed(ratchet), 2: counter, 3: previous_counter, 4: ciphertext}
    )


def write_prekey_message(prekey_message: PrekeyMessage) -> bytes:
    message = prekey_message.message
    return _VERSION + protobuf.encode(
        {
            1: prekey_message.prekey_id,
            2: curve.typed(prekey_message.base),
            3: curve.typed(prekey_message.identity),
            4: message.signed + message.mac,
            5: prekey_message.registration_id,
            6: prekey_message.signed_prekey_id,
        }
    )


def authentication_code(key: bytes, *, sender: bytes, receiver: bytes, signed: bytes) -> bytes:
    covered = curve.typed(sender) + curve.typed(receiver) + signed
    return hmac.digest(key, covered, sha256)[:MAC_BYTES]


def pad(plaintext: bytes) -> bytes:
    count = 1 + secrets.randbelow(_MOST_PADDING)
    return plaintext + bytes((count,)) * count


def unpad(padded: bytes) -> bytes:
    """Raises EnvelopeError when the padding is not WhatsApp's."""
    count = padded[-1] if padded else 0
    if not 1 <= count <= len(padded) or padded[-count:] != bytes((count,)) * count:
        raise EnvelopeError("the padding is wrong")
    return padded[:-count]


def _body(data: bytes) -> bytes:
    if len(data) <= MAC_BYTES + 1 or data[:1] != _VERSION:
        raise EnvelopeError("not a message of version 3")
    return data[1:]
