"""Which links together make an alarm, and how often it is said."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from controlplane.reconcile.alarm_watch import LOOKS_TO_END, AlarmWatch
from controlplane.reconcile.alarms import EXAMPLES, REASONS, SEVERAL, WINDOW, derive_alarms
from shared.enums import Actor, SessionReason
from shared.ids import TenantId
from shared.structs.fleet import AilingLink

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
R = SessionReason
numbers = count(1)


def ailing(reason=R.CLIENT_OUTDATED, *, minutes=0, image="worker:1", detail=""):
    return AilingLink(
        tenant_id=TenantId(UUID(int=next(numbers))),
        reason=reason,
        detail=detail,
        image=image,
        since=NOW + minutes * MINUTE,
    )


def test_a_turned_away_version_is_one_alarm_with_count_and_image():
    links = [ailing(minutes=n) for n in range(40)]
    [alarm] = derive_alarms(links)
    assert (alarm.reason, alarm.who_must_act) == (R.CLIENT_OUTDATED, Actor.OPERATOR)
    assert (alarm.count, alarm.image, alarm.since) == (40, "worker:1", NOW)
    assert alarm.tenants == [link.tenant_id for link in links[:EXAMPLES]]


CASES = [
    pytest.param([], 0, id="nobody"),
    pytest.param([ailing() for _ in range(SEVERAL - 1)], 0, id="a few may be chance"),
    pytest.param([ailing() for _ in range(SEVERAL)], 1, id="several are not"),
    pytest.param(
        [ailing(minutes=n * 31) for n in range(SEVERAL)], 0, id="one after another, over days"
    ),
    pytest.param(
        [ailing(minutes=-9999), *[ailing(minutes=n) for n in range(SEVERAL)]], 1,
        id="several, and one that was there long before",
    ),
    pytest.param(
        [ailing(image=f"worker:{n}") for n in range(SEVERAL)], 0, id="each of another image"
    ),
    pytest.param(
        [ailing(image=f"worker:{n % 2}") for n in range(2 * SEVERAL)], 2, id="several of two images"
    ),
    pytest.param(
        [ailing(R.REFUSED, detail=str(n)) for n in range(SEVERAL)], 0, id="refused in other words"
    ),
    pytest.param(
        [ailing(R.REFUSED, detail="GENERIC") for _ in range(SEVERAL)], 1, id="refused alike"
    ),
    pytest.param(
        [ailing(R.LOGIN_LOST, detail=f"{n} in a row") for n in range(SEVERAL)], 1,
        id="broken off alike, after different numbers of tries",
    ),
    pytest.param(
        [ailing(R.TEMPORARY_BAN, detail=f"until {n}") for n in range(SEVERAL)], 1, id="banned"
    ),
]  # fmt: skip


@pytest.mark.parametrize("reason", SessionReason)
def test_what_whatsapp_does_to_clients_is_looked_at_and_what_people_do_to_a_phone_is_not(reason):
    of_whatsapp = {R.CLIENT_OUTDATED, R.REFUSED, R.LOGIN_LOST, R.TEMPORARY_BAN}
    assert (reason in REASONS) == (reason in of_whatsapp)


@pytest.mark.parametrize(("links", "alarms"), CASES)
def test_several_of_one_kind_within_the_window_are_an_alarm(links, alarms):
    assert len(derive_alarms(links)) == alarms


def test_the_widest_alarm_comes_first():
    links = [ailing(R.TEMPORARY_BAN) for _ in range(3)] + [ailing() for _ in range(5)]
    assert [alarm.count for alarm in derive_alarms(links)] == [5, 3]


LINKS = st.lists(
    st.builds(
        ailing,
        st.sampled_from(sorted(REASONS)),
        minutes=st.integers(0, 200),
        image=st.sampled_from(["worker:1", "worker:2"]),
        detail=st.sampled_from(["", "GENERIC"]),
    ),
    max_size=30,
)


@given(LINKS, st.randoms(use_true_random=False))
def test_an_alarm_depends_on_what_is_there_and_not_on_its_order(links, lot: random.Random):
    shuffled = links.copy()
    lot.shuffle(shuffled)
    alarms = derive_alarms(links)
    assert derive_alarms(shuffled) == alarms
    assert all(alarm.count >= SEVERAL for alarm in alarms)
    assert sum(alarm.count for alarm in alarms) <= len(links)


@given(LINKS)
def test_who_recovers_never_begins_an_alarm(links):
    names = {(alarm.reason, alarm.detail, alarm.image) for alarm in derive_alarms(links)}
    for index in range(len(links)):
        rest = derive_alarms(links[:index] + links[index + 1 :])
        assert {(alarm.reason, alarm.detail, alarm.image) for alarm in rest} <= names


def looks(*sights):
    """The log lines that a watch writes over these looks."""
    watch = AlarmWatch(leading=asyncio.Event())
    with capture_logs() as lines:
        for links in sights:
            watch.look(derive_alarms(links))
    return [line["event"] for line in lines]


MANY = [ailing(minutes=n) for n in range(5)]


async def test_an_alarm_is_said_once_when_it_begins_and_once_when_it_ends():
    grown = [*MANY, ailing()]
    ended = [[]] * LOOKS_TO_END
    assert looks([], MANY, MANY, grown, *ended, []) == ["alarm.raised", "alarm.ended"]


async def test_a_moment_in_which_workers_try_again_ends_no_alarm():
    assert looks(MANY, [], MANY, MANY[:2], MANY) == ["alarm.raised"]


async def test_an_alarm_that_comes_back_is_said_again():
    assert looks(MANY, *[[]] * LOOKS_TO_END, MANY) == [
        "alarm.raised",
        "alarm.ended",
        "alarm.raised",
    ]


async def test_what_is_said_names_reason_count_and_image():
    watch = AlarmWatch(leading=asyncio.Event())
    with capture_logs() as lines:
        watch.look(derive_alarms(MANY))
    [line] = lines
    assert (line["log_level"], line["reason"]) == ("error", "CLIENT_OUTDATED")
    assert (line["tenants"], line["image"], line["since"]) == (5, "worker:1", NOW.isoformat())


def test_the_window_is_not_shorter_than_a_refused_workers_longest_wait():
    assert timedelta(minutes=5) < WINDOW
