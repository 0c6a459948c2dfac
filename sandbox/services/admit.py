"""Whether a client that logs in is let in."""

import msgspec

from sandbox.devices.device import Device, DeviceKey
from sandbox.exchange import Exchange
from sandbox.people.person import Person

NOT_LINKED = 401
TEMPORARY_BAN = 402
# What WhatsApp says with a temporary ban: a reason (too many messages to strangers), seconds.
_BAN = {"code": "101", "expire": "3600"}


class Refusal(msgspec.Struct, frozen=True):
    reason: int
    attrs: dict[str, str] = {}


def admit(
    exchange: Exchange, key: DeviceKey, *, noise_key: bytes
) -> tuple[Device, Person] | Refusal:
    """noise_key: what the client has just proved to hold."""
    device, owner = exchange.devices.find(key), exchange.directory.find_number(key.number)
    if device is None or owner is None or owner.phone is None or device.noise_key != noise_key:
        return Refusal(NOT_LINKED)
    reason = owner.phone.login_refusal
    if reason is not None:
        return Refusal(reason, _BAN if reason == TEMPORARY_BAN else {})
    return device, owner
