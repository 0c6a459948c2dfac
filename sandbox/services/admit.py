"""Whether a client that logs in is let in."""

import msgspec

from sandbox.devices.device import Device, DeviceKey
from sandbox.exchange import Exchange
from sandbox.people.person import Person, PhoneSide

NOT_LINKED = 401
TEMPORARY_BAN = 402


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
    if reason is None:
        return device, owner
    _count_refusal(exchange, owner, owner.phone)
    return Refusal(reason, _ban(owner.phone) if reason == TEMPORARY_BAN else {})


def _ban(phone: PhoneSide) -> dict[str, str]:
    return {"code": str(phone.ban_code), "expire": str(phone.ban_seconds)}


def _count_refusal(exchange: Exchange, owner: Person, phone: PhoneSide) -> None:
    if phone.refusals_left is None:
        return
    phone.refusals_left -= 1
    if phone.refusals_left == 0:
        phone.login_refusal = phone.refusals_left = None
    exchange.directory.save(owner)
    exchange.store.commit()
