"""Codes, offers and the statement by which phone and companion accept each other."""

import hmac
from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.crypto import curve, xeddsa
from sandbox.devices.device import Device
from sandbox.linking.advertisement import (
    device_details,
    is_signed_by_device,
    sign_as_account,
)
from sandbox.linking.codes import parse_qr
from sandbox.linking.offers import Offers
from sandbox.people.person import Person
from sandbox.wire.protobuf import Fields, encode
from shared.errors import ConflictError, InvalidInputError

KEYS = [b64encode(bytes((number,)) * 32).decode() for number in (1, 2, 3)]


class StoppedClock:
    def __init__(self) -> None:
        self.at = datetime(2026, 11, 23, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


class Shown:
    noise_key = identity = bytes(32)

    async def link(self, phone: Person, device_id: int, *, adv_secret: bytes) -> Device:
        raise NotImplementedError

    def restart(self) -> None:
        raise NotImplementedError


@pytest.mark.parametrize("prefix", ["", "https://wa.me/settings/linked_devices#"])
def test_a_code_is_read_with_and_without_its_link(prefix: str) -> None:
    code = parse_qr(f"{prefix}2@ref,{','.join(KEYS)},6")

    assert code.ref == "2@ref"
    assert [code.noise_key[0], code.identity[0], code.adv_secret[0]] == [1, 2, 3]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "2@ref,a,b",
        f",{','.join(KEYS)}",
        "2@ref,&,&,&",
        f"2@ref,{KEYS[0]},{KEYS[1]},YWJj",
        f"2@ref,{KEYS[0]},{KEYS[1]},ééé",
    ],
)
def test_other_text_is_no_code(text: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        parse_qr(text)
    assert caught.value.field == "qr"


def test_each_code_is_good_for_the_time_it_is_shown() -> None:
    clock, shown = StoppedClock(), Shown()
    offers = Offers(clock)
    refs = offers.open(shown)

    assert offers.get(refs[0]) is shown
    with pytest.raises(ConflictError, match="not shown yet"):
        offers.get(refs[1])
    clock.at += timedelta(seconds=70)
    assert offers.get(refs[1]) is shown
    with pytest.raises(ConflictError, match="newest"):
        offers.get(refs[0])


def test_a_withdrawn_code_is_good_for_nothing() -> None:
    offers, shown, other = Offers(StoppedClock()), Shown(), Shown()
    refs, others = offers.open(shown), offers.open(other)

    offers.withdraw(shown)

    assert offers.get(others[0]) is other
    with pytest.raises(ConflictError):
        offers.get(refs[0])


def test_the_phones_statement_carries_its_signature_and_the_codes_secret() -> None:
    account, companion = curve.new_private(), curve.public_of(curve.new_private())
    details = device_details(raw_id=1, timestamp=2, key_index=3)

    container = Fields.decode(
        sign_as_account(details, account=account, companion=companion, adv_secret=b"secret")
    )

    signed = container.get_bytes(1)
    assert container.get_bytes(2) == hmac.digest(b"secret", signed, "sha256")
    signature = Fields.decode(signed).get_bytes(3)
    message = b"\x06\x00" + details + companion
    assert xeddsa.is_signed(curve.public_of(account), message, signature)


def test_the_companions_answer_must_be_its_own_and_of_these_details() -> None:
    companion, account = curve.new_private(), curve.public_of(curve.new_private())
    details = device_details(raw_id=1, timestamp=2, key_index=3)
    public = curve.public_of(companion)
    signature = xeddsa.sign(companion, b"\x06\x01" + details + public + account)
    answer = encode({1: details, 4: signature})

    assert is_signed_by_device(answer, details, account=account, companion=public)
    assert not is_signed_by_device(answer, b"other", account=account, companion=public)
    assert not is_signed_by_device(answer, details, account=account, companion=account)
