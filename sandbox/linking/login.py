"""What a client says of itself when its connection opens."""

import msgspec

from sandbox.crypto.curve import KEY_BYTES
from sandbox.devices.device import DeviceKey, SignedPrekey
from sandbox.wire.noise import NoiseError
from sandbox.wire.protobuf import Fields


class Registration(msgspec.Struct, frozen=True):
    """A client without an account: it wants to be linked. Keys are public."""

    registration_id: int
    identity: bytes
    signed_prekey: SignedPrekey


class Login(msgspec.Struct, frozen=True):
    """A client that was linked before."""

    key: DeviceKey


def read_payload(payload: bytes) -> Registration | Login:
    """Raises NoiseError or ProtobufError when it is neither."""
    fields = Fields.decode(payload)
    if fields.find_bytes(19) is not None:
        return _registration(fields.get_message(19))
    username = fields.find_integer(1)
    if username is None:
        raise NoiseError("the client says neither who it is nor that it wants to be linked")
    return Login(DeviceKey(str(username), fields.find_integer(18) or 0))


def _registration(fields: Fields) -> Registration:
    identity, prekey = fields.get_bytes(3), fields.get_bytes(5)
    if len(identity) != KEY_BYTES or len(prekey) != KEY_BYTES:
        raise NoiseError("a key of the wrong length")
    return Registration(
        registration_id=int.from_bytes(fields.get_bytes(1), "big"),
        identity=identity,
        signed_prekey=SignedPrekey(
            int.from_bytes(fields.get_bytes(4), "big"), prekey, fields.get_bytes(6)
        ),
    )
