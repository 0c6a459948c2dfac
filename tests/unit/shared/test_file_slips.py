"""A slip opens one file of one tenant for a minute, and nothing else."""

from datetime import timedelta
from uuid import UUID

import pytest

from shared.errors import SettingsError
from shared.file_slips import LIFE, is_good_slip, sign_slip, to_window
from shared.ids import TenantId
from tests.fakes.businesses import NOW

SECRET = "of the tests"
TENANT, OTHER = TenantId(UUID(int=1)), TenantId(UUID(int=2))
LOG, ANOTHER = UUID(int=3), UUID(int=4)
SLIP = sign_slip(SECRET, TENANT, LOG, now=NOW)
UNTIL, _, SEAL = SLIP.partition(".")
MOMENT = timedelta(seconds=1)


def is_good(slip=SLIP, *, secret=SECRET, tenant_id=TENANT, log_id=LOG, now=NOW):
    return is_good_slip(slip, secret, tenant_id, log_id, now=now)


def test_a_slip_is_good_for_what_it_was_signed_for_until_its_minute_is_over():
    assert is_good()
    assert is_good(now=NOW + LIFE - MOMENT)
    assert not is_good(now=NOW + LIFE)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"tenant_id": OTHER}, id="another tenant"),
        pytest.param({"log_id": ANOTHER}, id="another message"),
        pytest.param({"tenant_id": LOG, "log_id": TENANT}, id="the two swapped"),
        pytest.param({"secret": "of others"}, id="another secret"),
    ],
)
def test_a_slip_is_good_for_nothing_else(other):
    assert not is_good(**other)


@pytest.mark.parametrize(
    "slip",
    [
        pytest.param("", id="nothing"),
        pytest.param(".", id="two of nothing"),
        pytest.param(UNTIL, id="no seal"),
        pytest.param(f"{UNTIL}.", id="an empty seal"),
        pytest.param(f"{int(UNTIL) + 3600}.{SEAL}", id="prolonged"),
        pytest.param(f"{UNTIL}.{SEAL.upper()}", id="another spelling"),
        pytest.param(f"{UNTIL}.{SEAL[:-1]}", id="cut short"),
        pytest.param(f"+{UNTIL}.{SEAL}", id="the same number, written otherwise"),
        pytest.param(f"{UNTIL}.\xe9\ud800", id="no ASCII"),
        pytest.param(f"{'9' * 5000}.{SEAL}", id="a number that is too large"),
    ],
)
def test_what_nobody_signed_is_not_good(slip):
    assert not is_good(slip)


def test_nothing_is_signed_or_judged_without_a_secret():
    with pytest.raises(AssertionError):
        sign_slip("", TENANT, LOG, now=NOW)
    with pytest.raises(AssertionError):
        is_good(secret="")


def test_a_window_needs_both_an_address_and_a_secret():
    assert to_window("", "") is None
    window = to_window("/run/files.socket", SECRET)
    assert (str(window.socket), window.secret) == ("/run/files.socket", SECRET)
    for given in (("/run/files.socket", ""), ("", SECRET)):
        with pytest.raises(SettingsError, match="need each other"):
            to_window(*given)
