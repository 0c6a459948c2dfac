"""The signed statement by which a phone and a companion accept each other (ADV)."""

import hmac
from hashlib import sha256

from sandbox.crypto import curve, xeddsa
from sandbox.wire import protobuf

# What each signature is for; the account signs first, the device answers.
_BY_ACCOUNT, _BY_DEVICE = b"\x06\x00", b"\x06\x01"


def device_details(*, raw_id: int, timestamp: int, key_index: int) -> bytes:
    return protobuf.encode({1: raw_id, 2: timestamp, 3: key_index, 4: 0, 5: 0})


def sign_as_account(
    details: bytes, *, account: bytes, companion: bytes, adv_secret: bytes
) -> bytes:
    """The container for `pair-success`. account: private; companion: public identity."""
    signature = xeddsa.sign(account, _BY_ACCOUNT + details + companion)
    signed = protobuf.encode({1: details, 2: curve.public_of(account), 3: signature})
    return protobuf.encode({1: signed, 2: hmac.digest(adv_secret, signed, sha256)})


def is_signed_by_device(answer: bytes, details: bytes, *, account: bytes, companion: bytes) -> bool:
    """Whether the companion's answer accepts just these details. All keys are public."""
    fields = protobuf.Fields.decode(answer)
    signature = fields.find_bytes(4) or b""
    return fields.get_bytes(1) == details and xeddsa.is_signed(
        companion, _BY_DEVICE + details + companion + account, signature
    )
