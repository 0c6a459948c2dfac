"""Linked companions: a tenant's worker, as the server knows it."""

from datetime import datetime

import msgspec

from sandbox.wire.nodes import Jid


class DeviceKey(msgspec.Struct, frozen=True, order=True):
    """A device of a person; device 0 is the phone itself."""

    number: str
    device: int

    def __str__(self) -> str:
        return f"{self.number}:{self.device}"


class PublicPrekey(msgspec.Struct, frozen=True):
    id: int
    public: bytes


class SignedPrekey(msgspec.Struct, frozen=True):
    id: int
    public: bytes
    signature: bytes


class Device(msgspec.Struct, kw_only=True):
    """Keys are public. noise_key: what the client proves to be itself with at login."""

    key: DeviceKey
    lid: str
    key_index: int
    noise_key: bytes
    identity: bytes
    registration_id: int
    signed_prekey: SignedPrekey
    linked_at: datetime

    def jid(self, server: str) -> Jid:
        user = self.lid if server == "lid" else self.key.number
        return Jid(user, server, self.key.device)
