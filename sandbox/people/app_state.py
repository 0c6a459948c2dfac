"""The phone's settings as companions synchronise them: here, the push name.

Without it a client may not say that it is available, and so gets no typing to show either.
"""

import hmac
import json
import secrets
from datetime import datetime
from hashlib import sha256, sha512

import msgspec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from sandbox.crypto import curve
from sandbox.people.person import PhoneSide
from sandbox.wire import protobuf
from sandbox.wire.nodes import Node

_PUSH_NAME_COLLECTION = "critical_block"
_PUSH_NAME_INDEX = json.dumps(["setting_pushName"]).encode()
_ACTION_VERSION = 1
_VERSION = 1
_SET = 0
_BLOCK_BITS = 128
_HASH_BYTES = 128
_KEY_SHARE = 6


class _Keys(msgspec.Struct, frozen=True):
    index: bytes
    cipher: bytes
    value: bytes
    snapshot: bytes
    patch: bytes


def key_share(phone: PhoneSide, *, now: datetime) -> bytes:
    """The message by which the phone gives a companion the key to all settings."""
    fingerprint = protobuf.encode({1: phone.raw_id, 2: 1, 3: b"\x00\x01"})
    data = protobuf.encode({1: phone.app_state_key, 2: fingerprint, 3: _milliseconds(now)})
    key = protobuf.encode({1: protobuf.encode({1: phone.app_state_key_id}), 2: data})
    return protobuf.encode({12: protobuf.encode({2: _KEY_SHARE, 7: protobuf.encode({1: key})})})


def answer_collection(collection: Node, phone: PhoneSide, name: str, *, now: datetime) -> Node:
    """What a client that knows the collection at its `version` lacks of it."""
    title = collection.text("name")
    if title != _PUSH_NAME_COLLECTION:
        return Node("collection", {"name": title, "version": "0"})
    if collection.text("version") == str(_VERSION):
        return Node("collection", {"name": title, "version": str(_VERSION)})
    patch = Node("patch", {}, _push_name_patch(phone, name, now=now))
    return Node(
        "collection",
        {"name": title, "version": str(_VERSION)},
        (Node("patches", {}, (patch,)),),
    )


def _push_name_patch(phone: PhoneSide, name: str, *, now: datetime) -> bytes:
    keys, key_id = _expand(phone.app_state_key), phone.app_state_key_id
    action = protobuf.encode({1: _milliseconds(now), 7: protobuf.encode({1: name})})
    blob = _encrypted(
        keys.cipher, protobuf.encode({1: _PUSH_NAME_INDEX, 2: action, 3: "", 4: _ACTION_VERSION})
    )
    value_mac = _value_mac(keys.value, key_id, blob)
    index = hmac.digest(keys.index, _PUSH_NAME_INDEX, sha256)
    reference = protobuf.encode({1: key_id})
    record = protobuf.encode(
        {1: protobuf.encode({1: index}), 2: protobuf.encode({1: blob + value_mac}), 3: reference}
    )
    version = _VERSION.to_bytes(8, "big")
    title = _PUSH_NAME_COLLECTION.encode()
    snapshot_mac = hmac.digest(keys.snapshot, _state_hash(value_mac) + version + title, sha256)
    patch_mac = hmac.digest(keys.patch, snapshot_mac + value_mac + version + title, sha256)
    return protobuf.encode(
        {
            1: protobuf.encode({1: _VERSION}),
            2: protobuf.encode({1: _SET, 2: record}),
            4: snapshot_mac,
            5: patch_mac,
            6: reference,
        }
    )


def _expand(key: bytes) -> _Keys:
    whole = curve.derive(key, info=b"WhatsApp Mutation Keys", length=160)
    return _Keys(*(whole[at : at + 32] for at in range(0, 160, 32)))


def _value_mac(key: bytes, key_id: bytes, blob: bytes) -> bytes:
    operation = bytes((_SET + 1,))
    length = (len(key_id) + 1).to_bytes(8, "big")
    return hmac.digest(key, operation + key_id + blob + length, sha512)[:32]


def _state_hash(value_mac: bytes) -> bytes:
    """The collection's hash after its one record: from zero, so there is nothing to add to."""
    return curve.derive(value_mac, info=b"WhatsApp Patch Integrity", length=_HASH_BYTES)


def _encrypted(key: bytes, plaintext: bytes) -> bytes:
    iv = secrets.token_bytes(16)
    padder = PKCS7(_BLOCK_BITS).padder()
    padded = padder.update(plaintext) + padder.finalize()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    return iv + encryptor.update(padded) + encryptor.finalize()


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
