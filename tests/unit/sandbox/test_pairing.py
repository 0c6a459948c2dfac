"""Linking by a typed code: what the code protects, and which codes are good."""

from datetime import timedelta

import pytest

from sandbox.crypto import curve
from sandbox.linking import pairing_codes
from sandbox.linking.pairings import VALIDITY, Pairings
from shared.errors import ConflictError, InvalidInputError
from tests.fakes.clocks import ManualClock

NUMBER, OTHER = "255741000001", "255741000002"
WRAPPED = bytes(pairing_codes.WRAPPED_BYTES)


class Shown:
    """A companion that shows a code; nobody talks to it here."""

    noise_key = identity = b""


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def pairings(clock: ManualClock) -> Pairings:
    return Pairings(clock)


@pytest.mark.parametrize("typed", ["ABCD-1234", "abcd1234", " ABCD1234 ", "aBcD-1234"])
def test_a_code_may_be_typed_as_people_do(typed: str) -> None:
    assert pairing_codes.parse_pairing_code(typed) == "ABCD1234"


@pytest.mark.parametrize("typed", ["", "ABCD-123", "ABCD-12345", "ABCD-123O", "ABCD-123é"])
def test_what_is_no_code_is_refused_by_name(typed: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        pairing_codes.parse_pairing_code(typed)
    assert refusal.value.field == "code"


def test_a_key_comes_back_with_the_code_it_was_wrapped_under_and_with_no_other() -> None:
    public = curve.public_of(curve.new_private())
    wrapped = pairing_codes.wrap(public, "ABCD1234")
    assert len(wrapped) == pairing_codes.WRAPPED_BYTES
    assert public not in wrapped
    assert pairing_codes.unwrap(wrapped, "ABCD1234") == public
    assert pairing_codes.unwrap(wrapped, "ABCD1235") != public


def test_the_same_key_is_never_wrapped_alike() -> None:
    public = curve.public_of(curve.new_private())
    assert pairing_codes.wrap(public, "ABCD1234") != pairing_codes.wrap(public, "ABCD1234")


@pytest.mark.parametrize("sealed", [b"", bytes(60), bytes(200)], ids=len)
def test_a_bundle_that_does_not_open_means_a_wrong_code(sealed: bytes) -> None:
    with pytest.raises(ConflictError, match="the code is wrong"):
        pairing_codes.open_bundle(sealed, bytes(32))


def test_a_code_is_good_for_its_number_alone(pairings: Pairings) -> None:
    shown = Shown()
    ref = pairings.open(NUMBER, shown, WRAPPED)
    assert (pairings.get(NUMBER).companion, pairings.get(NUMBER).ref) == (shown, ref)
    with pytest.raises(ConflictError, match=f"no client shows a code for \\+{OTHER}"):
        pairings.get(OTHER)


def test_a_code_expires(pairings: Pairings, clock: ManualClock) -> None:
    pairings.open(NUMBER, Shown(), WRAPPED)
    clock.advance(VALIDITY)
    assert pairings.get(NUMBER)
    clock.advance(timedelta(seconds=1))
    with pytest.raises(ConflictError, match="has expired"):
        pairings.get(NUMBER)


def test_a_code_goes_with_its_client_and_comes_back_with_another(pairings: Pairings) -> None:
    shown, other = Shown(), Shown()
    pairings.open(NUMBER, shown, WRAPPED)
    pairings.withdraw(other)
    assert pairings.get(NUMBER).companion is shown
    pairings.withdraw(shown)
    with pytest.raises(ConflictError, match="has expired"):
        pairings.get(NUMBER)
    pairings.open(NUMBER, other, WRAPPED)
    assert pairings.get(NUMBER).companion is other


def test_a_client_shows_one_code_at_a_time(pairings: Pairings) -> None:
    shown = Shown()
    pairings.open(NUMBER, shown, WRAPPED)
    pairings.open(OTHER, shown, WRAPPED)
    assert pairings.get(OTHER).companion is shown
    with pytest.raises(ConflictError):
        pairings.get(NUMBER)
