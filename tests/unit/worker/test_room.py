"""The bound of the event outbox, and who is held back beyond it."""

import sqlite3
from contextlib import closing

import pytest

from tests.fakes.inbound import message
from tests.fakes.whatsapp_client import FakeClient
from worker import schema
from worker.inbox import rows
from worker.uplink import event_rows
from worker.uplink.room import Bound, Room, Size, is_full

BOUND = Bound(events=100, bytes=10_000)


@pytest.mark.parametrize(
    ("size", "was_full", "full"),
    [
        pytest.param(Size(99, 9_999), False, False, id="below the bound"),
        pytest.param(Size(100, 0), False, True, id="as many events as may be"),
        pytest.param(Size(1, 10_000), False, True, id="as many bytes as may be"),
        pytest.param(Size(80, 0), True, True, id="not yet well below it in events"),
        pytest.param(Size(0, 8_000), True, True, id="not yet well below it in bytes"),
        pytest.param(Size(79, 7_999), True, False, id="well below it in both"),
    ],
)
def test_the_outbox_is_full_from_the_bound_on_until_it_is_well_below(size, was_full, full):
    assert is_full(size, BOUND, was_full=was_full) is full


def test_the_client_is_held_at_the_bound_and_let_go_once_there_is_room():
    client = FakeClient()
    room = Room(client, BOUND)
    held = []
    for events in (50, 100, 120, 90, 79, 99):
        room.measure(Size(events, 0))
        held.append(client.is_held)
    assert held == [False, True, True, True, False, False]


def test_a_worker_that_stops_holds_nobody():
    client = FakeClient()
    room = Room(client, BOUND)
    room.measure(Size(100, 0))
    room.give_up()
    room.measure(Size(200, 0))
    assert not client.is_held


@pytest.fixture
def db():
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as made:
        schema.migrate(made)
        yield made


def counted(db):
    return Size(*db.execute("SELECT count(*), total(length(payload)) FROM events").fetchone())


def test_the_size_is_that_of_what_is_not_acknowledged(db):
    assert event_rows.get_size(db) == Size(0, 0)
    for number in range(5):
        rows.record(db, message(number, "x" * 100 * number))
    assert event_rows.get_size(db) == counted(db)
    assert event_rows.get_size(db).events == 5
    event_rows.acknowledge(db, 3)
    assert event_rows.get_size(db) == counted(db)
    event_rows.acknowledge(db, 5)
    assert event_rows.get_size(db) == Size(0, 0)


def test_what_is_undone_does_not_count(db):
    db.execute("BEGIN")
    rows.record(db, message(1))
    db.execute("ROLLBACK")
    assert event_rows.get_size(db) == Size(0, 0)


def test_a_file_of_before_the_size_was_kept_is_measured_once():
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        for number, step in enumerate(schema.STEPS[:2], start=1):
            db.executescript(f"{step} PRAGMA user_version = {number};")
        event_rows.append(db, message(1))
        schema.migrate(db)
        assert event_rows.get_size(db) == counted(db)
        assert event_rows.get_size(db).events == 1
