"""Simulated people: tenants' phones and the customers who write to them."""

import hmac
import secrets
from hashlib import sha256

import msgspec

from sandbox.crypto import curve, xeddsa
from sandbox.ratchet.opening import Bundle
from sandbox.wire.nodes import LID_SERVER, PHONE_SERVER, Jid

SIGNED_PREKEY_ID = 1
_LARGEST_REGISTRATION_ID = 16380
_LARGEST_PREKEY_ID = 0xFFFFFF


class PhoneSide(msgspec.Struct):
    """What only a person has whose phone links companions.

    raw_id: names the phone's list of devices. next_device: numbers are never used twice.
    login_refusal: a code the server turns logins down with, as after a ban; refusals_left: how
    many, None for all. ban_code, ban_seconds: what it says with a temporary ban.
    """

    raw_id: int
    app_state_key_id: bytes
    app_state_key: bytes
    next_device: int = 1
    login_refusal: int | None = None
    wants_passkey: bool = False
    refusals_left: int | None = None
    ban_code: int = 101
    ban_seconds: int = 3600


class Person(msgspec.Struct, kw_only=True):
    """number: digits, without the plus. All keys are private; one-time prekeys follow from
    `prekey_seed`, so that only their count must be remembered. hides_number: the server tells
    others the LID alone. hides_lid: the number alone.
    """

    number: str
    lid: str
    name: str
    identity: bytes
    registration_id: int
    signed_prekey: bytes
    signature: bytes
    prekey_seed: bytes
    prekeys_given: int = 0
    phone: PhoneSide | None = None
    hides_number: bool = False
    hides_lid: bool = False

    @property
    def pn_jid(self) -> Jid:
        return Jid(self.number, PHONE_SERVER)

    @property
    def lid_jid(self) -> Jid:
        return Jid(self.lid, LID_SERVER)


def make_person(*, number: str, lid: str, name: str, phone: PhoneSide | None = None) -> Person:
    identity, signed_prekey = curve.new_private(), curve.new_private()
    return Person(
        number=number,
        lid=lid,
        name=name,
        identity=identity,
        registration_id=1 + secrets.randbelow(_LARGEST_REGISTRATION_ID),
        signed_prekey=signed_prekey,
        signature=xeddsa.sign(identity, curve.typed(curve.public_of(signed_prekey))),
        prekey_seed=secrets.token_bytes(32),
        phone=phone,
    )


def renew_keys(person: Person) -> None:
    """Gives new keys of every kind; the number and the LID stay."""
    fresh = make_person(number=person.number, lid=person.lid, name=person.name)
    for name in ("identity", "registration_id", "signed_prekey", "signature", "prekey_seed"):
        setattr(person, name, getattr(fresh, name))
    person.prekeys_given = 0


def make_phone_side() -> PhoneSide:
    return PhoneSide(
        raw_id=1 + secrets.randbelow(2**31 - 1),
        app_state_key_id=bytes(2) + secrets.token_bytes(4),
        app_state_key=secrets.token_bytes(32),
    )


def give_bundle(person: Person) -> Bundle:
    """What the server hands out for a person; counts one prekey as given."""
    person.prekeys_given = person.prekeys_given % _LARGEST_PREKEY_ID + 1
    return Bundle(
        registration_id=person.registration_id,
        identity=curve.public_of(person.identity),
        signed_prekey_id=SIGNED_PREKEY_ID,
        signed_prekey=curve.public_of(person.signed_prekey),
        signature=person.signature,
        prekey_id=person.prekeys_given,
        prekey=curve.public_of(prekey(person, person.prekeys_given)),
    )


def prekey(person: Person, number: int) -> bytes:
    """The private half of a one-time prekey."""
    return hmac.digest(person.prekey_seed, number.to_bytes(4, "big"), sha256)
