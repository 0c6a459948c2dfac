"""Open or closed, and when it opens again."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.enums import Language, TemplateType, Weekday
from shared.flows.opening import find_closure, list_holidays
from shared.structs.tenants import Holiday, OpeningHours, TenantConfig

WEEK = {day: OpeningHours("08:00", "17:30") for day in list(Weekday)[:5]}
BAR = {Weekday.FRI: OpeningHours("18:00", "02:00")}
MONDAY = Holiday(name="Uhuru", first=date(2026, 11, 23), last=date(2026, 11, 23))


def config(hours=WEEK, *holidays: Holiday) -> TenantConfig:
    return TenantConfig(
        template_type=TemplateType.SUPPORT,
        business_name="Duka",
        language=Language.SW,
        hours=hours,
        holidays=list(holidays),
    )


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-{text}+03:00")


def opens(settings: TenantConfig, moment: str) -> str | None:
    """When it opens again; None while it is open."""
    closure = find_closure(settings, at(moment))
    assert closure is None or closure.opens_at is not None
    return None if closure is None else f"{closure.opens_at:%a %H:%M}"


@pytest.mark.parametrize(
    ("settings", "moment", "expected"),
    [
        pytest.param(config(), "23T08:00", None, id="as it opens"),
        pytest.param(config(), "23T17:29", None, id="a minute before it closes"),
        pytest.param(config(), "23T17:30", "Tue 08:00", id="as it closes"),
        pytest.param(config(), "23T07:59", "Mon 08:00", id="the same morning"),
        pytest.param(config(), "27T18:00", "Mon 08:00", id="over the weekend"),
        pytest.param(config(BAR), "28T01:59", None, id="past midnight"),
        pytest.param(config(BAR), "28T02:00", "Fri 18:00", id="a week until it opens"),
        pytest.param(config({}), "22T03:00", None, id="no hours: always"),
        pytest.param(config(WEEK, MONDAY), "23T10:00", "Tue 08:00", id="a holiday"),
        pytest.param(config(WEEK, MONDAY), "20T18:00", "Tue 08:00", id="a holiday ahead"),
        pytest.param(config({}, MONDAY), "23T10:00", "Tue 00:00", id="a holiday and no hours"),
        pytest.param(
            config(BAR, Holiday(name="x", first=date(2026, 11, 28), last=date(2026, 11, 28))),
            "28T01:00",
            None,
            id="what began before the holiday goes on",
        ),
    ],
)
def test_when_it_opens(settings, moment, expected):
    assert opens(settings, moment) == expected


def test_the_holiday_of_the_day_is_named():
    closure = find_closure(config(WEEK, MONDAY), at("23T10:00"))
    assert closure is not None
    assert closure.holiday == MONDAY


def test_a_business_that_never_opens_says_no_day():
    year = Holiday(name="x", first=date(2026, 11, 1), last=date(2027, 12, 31))
    closure = find_closure(config(WEEK, year), at("23T10:00"))
    assert closure is not None
    assert closure.opens_at is None


def test_holidays_ahead_are_those_that_are_on_or_near_in_order():
    far = Holiday(name="far", first=date(2027, 4, 1), last=date(2027, 4, 2))
    near = Holiday(name="near", first=date(2026, 12, 9), last=date(2026, 12, 9))
    past = Holiday(name="past", first=date(2026, 11, 1), last=date(2026, 11, 2))
    settings = config(WEEK, far, near, past, MONDAY)
    assert list_holidays(settings, after=date(2026, 11, 23), days=30) == [MONDAY, near]


TIMES = st.times().map(lambda each: f"{each:%H:%M}")


@given(
    st.dictionaries(st.sampled_from(Weekday), st.builds(OpeningHours, TIMES, TIMES), min_size=1),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),  # noqa: DTZ001  local times
)
def test_it_is_open_when_it_says_that_it_opens(hours, now):
    settings = config(hours)
    closure = find_closure(settings, now)
    if closure is not None:
        assert closure.opens_at is not None
        assert closure.opens_at > now
        assert find_closure(settings, closure.opens_at) is None
