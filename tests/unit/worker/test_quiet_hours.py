"""Quiet hours in the places that customers live in, whatever their clocks do."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.quiet_hours import Quiet, find_end
from shared.structs.tenants import QuietHours
from worker.outbox.zones import load_quiet

DAR, BERLIN, LORD_HOWE = map(
    ZoneInfo, ("Africa/Dar_es_Salaam", "Europe/Berlin", "Australia/Lord_Howe")
)


def quiet(begins, ends, zone=DAR):
    return Quiet(begins=time.fromisoformat(begins), ends=time.fromisoformat(ends), zone=zone)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


NIGHT = quiet("21:00", "07:00")  # 18:00 to 04:00 UTC


@pytest.mark.parametrize(
    ("hours", "now", "end"),
    [
        pytest.param(None, "2026-11-24T20:00", None, id="none are wanted"),
        pytest.param(NIGHT, "2026-11-24T17:59:59", None, id="before"),
        pytest.param(NIGHT, "2026-11-24T18:00", "2026-11-25T04:00", id="as they begin"),
        pytest.param(NIGHT, "2026-11-24T22:30", "2026-11-25T04:00", id="after midnight there"),
        pytest.param(NIGHT, "2026-11-25T03:59:59", "2026-11-25T04:00", id="just before the end"),
        pytest.param(NIGHT, "2026-11-25T04:00", None, id="at the end"),
        pytest.param(
            quiet("12:00", "14:00"), "2026-11-24T10:00", "2026-11-24T11:00", id="a rest at noon"
        ),
        pytest.param(
            quiet("12:00", "14:00"), "2026-11-24T09:00", "2026-11-24T11:00", id="as a rest begins"
        ),
        pytest.param(quiet("12:00", "14:00"), "2026-11-24T11:00", None, id="as a rest ends"),
        # There it is yesterday yet: 11 hours behind UTC.
        pytest.param(
            quiet("17:00", "20:00", ZoneInfo("Pacific/Pago_Pago")),
            "2026-11-24T05:00",
            "2026-11-24T07:00",
            id="a day behind",
        ),
        pytest.param(quiet("12:00", "12:00"), "2026-11-24T09:00", None, id="no time at all"),
        pytest.param(quiet("12:00", "14:00"), "2026-11-24T08:59", None, id="before the rest"),
        # Clocks go from 02:00 to 03:00 on 29 March, and from 03:00 to 02:00 on 25 October.
        pytest.param(
            quiet("21:00", "07:00", BERLIN),
            "2026-03-28T22:00",
            "2026-03-29T05:00",
            id="short",
        ),
        pytest.param(
            quiet("21:00", "07:00", BERLIN), "2026-10-24T22:00", "2026-10-25T06:00", id="long"
        ),
        pytest.param(
            quiet("21:00", "02:30", BERLIN),
            "2026-03-28T22:00",
            "2026-03-29T01:30",
            id="an end that does not come",
        ),
        pytest.param(
            quiet("21:00", "02:30", BERLIN),
            "2026-10-25T01:10",
            "2026-10-25T01:30",
            id="an end that comes twice",
        ),
    ],
)
def test_quiet_hours_end_when_the_place_says(hours, now, end):
    assert find_end(hours, at(now)) == (at(end) if end else None)


TIMES = st.times().map(lambda value: value.replace(microsecond=0))


@given(
    begins=TIMES,
    ends=TIMES,
    zone=st.sampled_from([DAR, BERLIN, LORD_HOWE]),
    now=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),  # noqa: DTZ001  made aware below
)
def test_the_end_is_near_and_quiet_is_over_then(begins, ends, zone, now):
    now = now.replace(tzinfo=UTC)
    hours = Quiet(begins=begins, ends=ends, zone=zone)
    end = find_end(hours, now)
    if end is not None:
        assert now < end <= now + timedelta(hours=50)
        assert find_end(hours, end) is None


def test_a_tenants_quiet_hours_are_loaded_with_their_zone():
    wanted = QuietHours(begins="21:00", ends="07:00", time_zone="Africa/Dar_es_Salaam")
    assert load_quiet(wanted) == NIGHT
    assert load_quiet(None) is None


def test_a_zone_that_is_unknown_here_keeps_nobody_waiting():
    wanted = QuietHours(begins="21:00", ends="07:00", time_zone="Mars/Olympus")
    assert load_quiet(wanted) is None
