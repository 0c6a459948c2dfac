"""Files of older workers go on being used."""

import sqlite3
from contextlib import closing

import msgspec
import pytest

from tests.fakes.inbound import message
from worker import schema
from worker.inbox import rows


def tables(db):
    return {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


@pytest.fixture
def db():
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as made:
        yield made


def version(db):
    return db.execute("PRAGMA user_version").fetchone()[0]


def test_a_new_file_is_of_the_newest_version(db):
    schema.migrate(db)
    assert version(db) == len(schema.STEPS)


def test_a_file_of_before_versions_keeps_its_rows(db):
    db.executescript(schema.STEPS[0])
    db.execute(
        "INSERT INTO inbox (wa_message_id, chat, state, payload, received_at)"
        " VALUES ('ID1', ?, 'RECEIVED', ?, 0)",
        (rows.chat_of(message(1)), msgspec.msgpack.encode(message(1))),
    )
    schema.migrate(db)
    assert "outbound" in tables(db)
    assert rows.find_next(db, rows.chat_of(message(1))).message == message(1)


def test_a_second_start_changes_nothing(db):
    schema.migrate(db)
    before = db.execute("SELECT sql FROM sqlite_master").fetchall()
    schema.migrate(db)
    assert db.execute("SELECT sql FROM sqlite_master").fetchall() == before


def test_a_file_of_a_newer_version_is_left_as_it_is(db):
    schema.migrate(db)
    db.execute("PRAGMA user_version = 99")
    schema.migrate(db)
    assert version(db) == 99


def test_a_step_that_fails_leaves_the_file_at_the_step_before(db, monkeypatch):
    monkeypatch.setattr(
        schema, "STEPS", (*schema.STEPS, "CREATE TABLE half (x); CREATE TABLE inbox (x);")
    )
    with pytest.raises(sqlite3.OperationalError):
        schema.migrate(db)
    db.execute("ROLLBACK")
    assert version(db) == len(schema.STEPS) - 1
    assert "half" not in tables(db)
