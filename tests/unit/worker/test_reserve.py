"""Room that is kept back for a full disk."""

import asyncio
import sqlite3
import threading
from contextlib import suppress

import pytest

from tests.fakes.inbound import message
from tests.fakes.whatsapp_client import FakeClient
from worker import reserve
from worker.database import Database, StorageError
from worker.inbox import rows
from worker.reserve import SIZE, Reserve, is_tight, may_make
from worker.uplink.room import Bound, Room, Size


@pytest.mark.parametrize(
    ("free", "has_reserve", "tight"),
    [
        pytest.param(SIZE, True, False, id="a reserve, and as much beside it"),
        pytest.param(SIZE - 1, True, True, id="little beside the reserve"),
        pytest.param(100 * SIZE, False, True, id="no reserve yet"),
    ],
)
def test_nothing_new_is_taken_in_without_a_reserve_or_with_little_beside_it(
    free, has_reserve, tight
):
    assert is_tight(free=free, has_reserve=has_reserve) is tight


def test_a_new_reserve_does_not_make_the_volume_tight_at_once():
    assert not may_make(free=2 * SIZE - 1)
    assert may_make(free=2 * SIZE)
    assert not is_tight(free=2 * SIZE - SIZE, has_reserve=True)


@pytest.fixture
def told():
    return []


@pytest.fixture
def kept(tmp_path, monkeypatch, told):
    """free: what the disk says; a list, so that a test can change it."""
    made = Reserve(tmp_path)
    made.on_change = told.append
    made.free = [100 * SIZE]
    monkeypatch.setattr(Reserve, "_free", lambda self: self.free[0])
    return made


async def test_the_reserve_takes_up_its_size(kept, tmp_path, told):
    await kept.look()
    assert (tmp_path / "reserve").stat().st_blocks * 512 >= SIZE
    assert told == []


async def test_who_looks_at_the_same_time_makes_no_second_one(kept, monkeypatch):
    both, met = threading.Barrier(2), []

    def make(_):
        with suppress(threading.BrokenBarrierError):
            both.wait(timeout=0.2)
            met.append("two at once")

    monkeypatch.setattr(Reserve, "_make", make)
    await asyncio.gather(kept.look(), kept.look())
    assert met == []


async def test_whoever_finds_the_disk_full_has_the_room_before_he_tries_again(kept, tmp_path, told):
    await kept.look()
    for _ in range(2):  # on the library's thread
        await asyncio.to_thread(kept.heard, "failed to store session: database or disk is full")
    assert not (tmp_path / "reserve").exists()
    assert told == [True]


async def test_other_complaints_cost_no_reserve(kept, tmp_path):
    await kept.look()
    kept.heard("websocket not connected")
    assert (tmp_path / "reserve").exists()


async def test_it_is_made_again_once_there_is_room_and_not_before(kept, tmp_path, told):
    await kept.look()
    await asyncio.to_thread(kept.give)
    kept.free = [2 * SIZE - 1]
    await kept.look()
    assert told == [True]
    kept.free = [2 * SIZE]
    await kept.look()
    assert told == [True, False]
    assert (tmp_path / "reserve").exists()


async def test_a_disk_that_fills_slowly_is_noticed_before_it_is_full(kept, tmp_path, told):
    await kept.look()
    kept.free = [SIZE - 1]
    await kept.look()
    assert told == [True]
    assert (tmp_path / "reserve").exists()


async def test_a_volume_that_is_full_from_the_start_is_waited_for(kept, monkeypatch, told):
    kept.free = [0]
    looks = []

    async def look_and_free(_):
        looks.append(kept.is_tight)
        kept.free = [2 * SIZE]

    monkeypatch.setattr(reserve.asyncio, "sleep", look_and_free)
    await kept.space()
    assert looks == [True]
    assert told == [True, False]


async def test_the_database_says_when_the_volume_refused(tmp_path):
    heard = []
    database = Database(tmp_path / "worker.db", on_refused=heard.append)
    await database.open()

    def refuse(_):
        raise sqlite3.OperationalError("database or disk is full")

    with pytest.raises(StorageError):
        await database.run(refuse)
    assert await database.run(lambda db: rows.record(db, message(1)))
    await database.aclose()
    assert heard == ["database or disk is full"]


def test_the_client_is_held_as_long_as_outbox_or_volume_is_full():
    client = FakeClient()
    room = Room(client, Bound(events=10))
    held = []
    for change in (
        lambda: room.tighten(tight=True),
        lambda: room.measure(Size(10, 0)),
        lambda: room.tighten(tight=False),
        lambda: room.measure(Size(0, 0)),
    ):
        change()
        held.append(client.is_held)
    assert held == [True, True, True, False]
