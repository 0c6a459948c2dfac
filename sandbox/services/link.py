"""A phone scans a code."""

from sandbox.devices.device import Device
from sandbox.exchange import Exchange
from sandbox.linking.codes import parse_qr
from sandbox.linking.offers import Companion
from sandbox.people import app_state
from sandbox.people.person import Person, PhoneSide
from sandbox.services.tell_device import tell_device
from shared.errors import ConflictError

# WhatsApp's own limit.
MOST_DEVICES = 4


async def link(exchange: Exchange, number: str, qr: str) -> Device:
    """Links whoever shows `qr` to the phone; returns once both sides have agreed.

    Raises NotFoundError for the phone, InvalidInputError for a text that is no code,
    ConflictError for a code that is no longer good or a client that does not accept.
    """
    person, phone = exchange.directory.get_phone(number)
    code = parse_qr(qr)
    companion = exchange.offers.get(code.ref)
    if (code.noise_key, code.identity) != (companion.noise_key, companion.identity):
        raise ConflictError("the code's keys are not those of the client that shows it")
    require_room(exchange, number)
    return await welcome(exchange, person, phone, companion, adv_secret=code.adv_secret)


def require_room(exchange: Exchange, number: str) -> None:
    """Raises ConflictError when the phone has as many devices as it may have."""
    if len(exchange.devices.list_of(number)) >= MOST_DEVICES:
        raise ConflictError(f"+{number} has {MOST_DEVICES} linked devices: unlink one first")


async def welcome(
    exchange: Exchange,
    person: Person,
    phone: PhoneSide,
    companion: Companion,
    *,
    adv_secret: bytes,
) -> Device:
    """Makes a companion that has proved itself a device of the phone. Raises ConflictError."""
    if phone.wants_passkey:
        companion.demand_passkey()
        raise ConflictError("WhatsApp asks for a passkey, and no client here can show one")
    device_id = phone.next_device
    phone.next_device += 1  # taken before the first await: two scans must not get one number
    exchange.directory.save(person)
    device = await companion.link(person, device_id, adv_secret=adv_secret)
    exchange.devices.add(device)
    key_share = app_state.key_share(phone, now=exchange.clock.now())
    tell_device(exchange, person, device.key, key_share)
    exchange.store.commit()
    companion.restart()
    return device
