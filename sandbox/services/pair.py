"""A pairing code is typed on a phone."""

import asyncio

from sandbox.crypto import curve
from sandbox.devices.device import Device
from sandbox.exchange import Exchange
from sandbox.linking import pairing_codes
from sandbox.linking.pairings import Pairing
from sandbox.people.person import Person
from sandbox.services.link import require_room, welcome
from shared.errors import ConflictError


async def pair(exchange: Exchange, number: str, text: str) -> Device:
    """Links whoever shows the code for this phone; returns once both sides have agreed.

    Raises NotFoundError for the phone, InvalidInputError for a text that is no code,
    ConflictError for a wrong or expired code, or one that was made for another number.
    """
    person, phone = exchange.directory.get_phone(number)
    code = pairing_codes.parse_pairing_code(text)
    pairing = exchange.pairings.get(number)
    require_room(exchange, number)
    adv_secret = await _agree(pairing, person, code)
    return await welcome(exchange, person, phone, pairing.companion, adv_secret=adv_secret)


async def _agree(pairing: Pairing, person: Person, code: str) -> bytes:
    ephemeral, account = curve.new_private(), curve.public_of(person.identity)
    theirs = await asyncio.to_thread(pairing_codes.unwrap, pairing.wrapped, code)
    wrapped = await asyncio.to_thread(pairing_codes.wrap, curve.public_of(ephemeral), code)
    sealed = await pairing.companion.exchange_keys(
        ref=pairing.ref, wrapped=wrapped, account=account
    )
    shared = curve.agree(ephemeral, theirs)
    bundle = pairing_codes.open_bundle(sealed, shared)
    if (bundle.companion, bundle.account) != (pairing.companion.identity, account):
        raise ConflictError("the keys are not those of the two that are to be linked")
    agreed = curve.agree(person.identity, bundle.companion)
    return pairing_codes.derive_adv_secret(shared, agreed, bundle.random)
