"""A flood leaves a trace, and no more than so much of it."""

import asyncio

import pytest

from shared.enums import SecurityKind, SecuritySite
from shared.errors import TransientError
from shared.ids import new_tenant_id
from shared.security import MOST_KEYS, OTHERS, Ledger, write_down

PORTAL, FAILED = SecuritySite.PORTAL, SecurityKind.SIGN_IN_FAILED


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def ledger(seconds) -> Ledger:
    return Ledger(seconds)


def lines(capsys, event: str) -> list[str]:
    return [line for line in capsys.readouterr().out.splitlines() if event in line]


def test_what_happens_often_is_one_count_and_one_line(ledger, seconds, capsys):
    for _ in range(1000):
        ledger.note(PORTAL, FAILED, source="192.0.2.7")
    [count] = ledger.take()
    assert (count.times, count.source, count.subject) == (1000, "192.0.2.7", "")
    assert ledger.take() == []
    assert len(lines(capsys, "security.")) == 1
    seconds.now += 60
    ledger.note(PORTAL, FAILED, source="192.0.2.7")
    said = lines(capsys, "security.")
    assert len(said) == 2
    assert "times=999" in said[0]


def test_what_is_told_apart_has_a_count_each(ledger):
    ours = new_tenant_id()
    ledger.note(PORTAL, FAILED, source="192.0.2.7")
    ledger.note(PORTAL, FAILED, source="192.0.2.8")
    ledger.note(SecuritySite.DASHBOARD, FAILED, source="192.0.2.7")
    ledger.note(PORTAL, SecurityKind.FORM_REFUSED, source="192.0.2.7", tenant_id=ours, times=3)
    counts = ledger.take()
    assert len(counts) == 4
    assert (counts[-1].subject, counts[-1].times) == (str(ours), 3)


def test_a_flood_from_everywhere_is_counted_and_not_told_apart(ledger, seconds, capsys):
    counts = []
    for number in range(100_000):
        ledger.note(PORTAL, FAILED, source=f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
        if number % 10_000 == 0:  # it is written down meanwhile
            counts += ledger.take()
    counts += ledger.take()
    sources = [each.source for each in counts]
    assert len(set(sources)) == MOST_KEYS + 1
    assert sources.count(OTHERS) == 10
    assert sum(each.times for each in counts) == 100_000
    seconds.now += 60
    ledger.say_repeated()
    assert len(lines(capsys, "security.")) == MOST_KEYS + 1


def test_a_source_is_cut(ledger):
    ledger.note(PORTAL, FAILED, source="x" * 100_000)
    [count] = ledger.take()
    assert len(count.source) == 64


def test_what_could_not_be_written_is_not_lost(ledger):
    async def fail(_counts) -> None:
        raise TransientError("away")

    written = []

    async def write(counts) -> None:
        written.extend(counts)

    ledger.note(PORTAL, FAILED)
    with pytest.raises(TransientError):
        asyncio.run(write_down(fail, ledger=ledger))
    ledger.note(PORTAL, FAILED)
    asyncio.run(write_down(write, ledger=ledger))
    assert [each.times for each in written] == [2]
