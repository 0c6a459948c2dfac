"""A browser is known for an account that was signed in in it, and for nothing else."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.web.devices import LIFE, MOST_ACCOUNTS, Devices
from tests.fakes.businesses import NOW

ASHA, JUMA = UUID(int=1), UUID(int=2)
OURS = Devices(secret="ours")


def test_it_is_known_for_the_account_that_was_signed_in():
    cookie = OURS.mark("", ASHA, now=NOW)
    assert OURS.find(cookie, ASHA, now=NOW) == cookie.split(".")[0]
    assert OURS.find(cookie, JUMA, now=NOW) is None
    assert Devices(secret="theirs").find(cookie, ASHA, now=NOW) is None


def test_several_people_share_a_browser():
    cookie = OURS.mark(OURS.mark("", ASHA, now=NOW), JUMA, now=NOW)
    assert OURS.find(cookie, ASHA, now=NOW) == OURS.find(cookie, JUMA, now=NOW)


def test_who_signs_in_again_is_there_once_and_for_as_long_again():
    cookie = OURS.mark("", ASHA, now=NOW)
    later = NOW + timedelta(days=300)
    again = OURS.mark(cookie, ASHA, now=later)
    assert len(again) == len(cookie)
    assert OURS.find(again, ASHA, now=later + LIFE) is not None
    assert OURS.find(again, ASHA, now=later + LIFE + timedelta(days=1)) is None


def test_a_cookie_has_an_end_however_many_share_the_browser():
    cookie = ""
    for number in range(50):
        cookie = OURS.mark(cookie, UUID(int=number), now=NOW)
    known = [n for n in range(50) if OURS.find(cookie, UUID(int=n), now=NOW)]
    assert known == list(range(50 - MOST_ACCOUNTS, 50))
    assert len(cookie) < 400


def test_a_mark_is_of_its_browser_and_of_its_day():
    cookie, other = OURS.mark("", ASHA, now=NOW), OURS.mark("", JUMA, now=NOW)
    mark = cookie.split(".")[1]
    assert OURS.find(f"{other}.{mark}", ASHA, now=NOW) is None
    device, (day, tag) = cookie.split(".")[0], mark.split("-", 1)
    assert OURS.find(f"{device}.{int(day) + 1}-{tag}", ASHA, now=NOW + LIFE) is None
    assert OURS.find(cookie, ASHA, now=NOW - timedelta(days=2)) is None


@pytest.mark.parametrize(
    "cookie", ["", ".", "x", "é" * 22, "a" * 22, "." * 5000, "a" * 22 + ".1-x"]
)
def test_what_is_none_of_ours_is_nobodys(cookie):
    assert OURS.find(cookie, ASHA, now=NOW) is None
    assert OURS.find(OURS.mark(cookie, ASHA, now=NOW), ASHA, now=NOW)


@given(st.text())
def test_nothing_is_too_odd(cookie):
    assert OURS.find(cookie, ASHA, now=NOW) is None
    assert OURS.find(OURS.mark(cookie, ASHA, now=NOW), ASHA, now=NOW)
