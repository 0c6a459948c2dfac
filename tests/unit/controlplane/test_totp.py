"""Codes of authenticators, against the vectors of RFC 6238, and how their secrets are kept."""

from base64 import b32encode
from datetime import UTC, datetime, timedelta

import pytest

from controlplane.sealing import SealBrokenError, Sealer
from controlplane.totp import (
    find_step,
    new_recovery_code,
    new_totp_secret,
    to_recovery_code,
    to_uri,
)

SECRET = b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ],
)
def test_codes_are_those_of_the_rfc(seconds, code):
    now = datetime.fromtimestamp(seconds, UTC)
    assert find_step(SECRET, code, now=now) == seconds // 30
    assert find_step(SECRET, f" {code[:3]} {code[3:]} ", now=now) == seconds // 30


@pytest.mark.parametrize(("steps", "is_good"), [(-2, False), (-1, True), (1, True), (2, False)])
def test_a_clock_may_be_one_step_off(steps, is_good):
    now = datetime.fromtimestamp(1_111_111_111, UTC) + timedelta(seconds=30 * steps)
    found = find_step(SECRET, "050471", now=now)
    assert found == (1_111_111_111 // 30 if is_good else None)


@pytest.mark.parametrize("code", ["", "05047", "0504711", "05047x", "٠٥٠٤٧١", "-50471", "0x5047"])
def test_what_is_no_code_is_none(code):
    assert find_step(SECRET, code, now=datetime.fromtimestamp(1_111_111_111, UTC)) is None


def test_secrets_and_recovery_codes_differ_and_are_long():
    assert len({new_totp_secret() for _ in range(50)}) == 50
    codes = {new_recovery_code() for _ in range(50)}
    assert len(codes) == 50
    assert all(len(code) == 19 and to_recovery_code(code) == code for code in codes)


def test_a_recovery_code_may_be_typed_in_any_way():
    code = new_recovery_code()
    assert to_recovery_code(f"  {code.upper().replace('-', ' ')}\n") == code
    assert to_recovery_code("") == ""


def test_the_address_names_the_account():
    uri = to_uri(SECRET, account="a b@example.com")
    assert uri.startswith("otpauth://totp/FlowHQ:a%20b%40example.com?secret=")


def test_what_is_sealed_opens_with_its_key_at_its_place_alone():
    sealer = Sealer(secret="a")
    sealed = sealer.seal(SECRET, place="operator/1")
    assert SECRET not in sealed
    assert sealed != sealer.seal(SECRET, place="operator/1")
    assert sealer.open(sealed, place="operator/1") == SECRET
    spoilt = sealed[:-6] + ("A" if sealed[-6] != "A" else "B") + sealed[-5:]
    for other, text, place in (
        (Sealer(secret="b"), sealed, "operator/1"),
        (sealer, sealed, "operator/2"),
        (sealer, spoilt, "operator/1"),
        (sealer, sealed.removeprefix("v1."), "operator/1"),
        (sealer, "v1.x", "operator/1"),
        (sealer, "v1.", "operator/1"),
        (sealer, "", "operator/1"),
    ):
        with pytest.raises(SealBrokenError):
            other.open(text, place=place)
