"""The trigger, in the library's own SQLite, on records of the form that the library stores."""

import ctypes
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from worker.whatsapp.library import find_library
from worker.whatsapp.session_file import SessionFile, SessionFileError

_TABLES = """
    CREATE TABLE whatsmeow_device (jid TEXT);
    CREATE TABLE whatsmeow_sessions (our_jid TEXT, their_id TEXT, session BLOB,
                                     PRIMARY KEY (our_jid, their_id));
"""
# As whatsmeow's store writes it.
_PUT = (
    "INSERT INTO whatsmeow_sessions (our_jid, their_id, session) VALUES ('us', ?, ?)"
    " ON CONFLICT (our_jid, their_id) DO UPDATE SET session=excluded.session"
)

Put = Callable[..., bool]


@pytest.fixture(scope="module")
def go() -> ctypes.CDLL:
    return ctypes.CDLL(str(find_library()))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "session.db"
    with closing(sqlite3.connect(path)) as db:
        db.executescript(_TABLES)
    return path


@pytest.fixture
def session_file(go: ctypes.CDLL, path: Path) -> SessionFile:
    return SessionFile(go, path)


def record(counter: int, *, chain: str = "A", received: int = 0) -> bytes:
    return json.dumps(
        {
            "SessionState": {
                "ReceiverChains": [{"ChainKey": {"Key": "r", "Index": received}}],
                "SenderChain": {
                    "SenderRatchetKeyPublic": chain,
                    "ChainKey": {"Key": "k", "Index": counter},
                },
            },
            "PreviousStates": [],
        }
    ).encode()


@pytest.fixture
def put(path: Path) -> Put:
    """Writes a record as the library does; says whether it is what is stored now."""

    def put(session: Any, contact: str = "255712000001:0") -> bool:
        with closing(sqlite3.connect(path)) as db, db:
            db.execute(_PUT, (contact, session))
            row = db.execute(
                "SELECT session FROM whatsmeow_sessions WHERE their_id = ?", (contact,)
            )
            return bool(row.fetchone()[0] == session)

    return put


@pytest.fixture
def guarded(session_file: SessionFile, put: Put) -> Put:
    session_file.guard_keys()
    return put


def test_a_chain_only_ever_counts_up(guarded):
    assert guarded(record(9))
    assert guarded(record(10))
    assert not guarded(record(9, received=1))
    assert guarded(record(11))


def test_what_was_received_is_kept_while_nothing_is_sent(guarded):
    assert guarded(record(7, received=1))
    assert guarded(record(7, received=2))


def test_a_new_chain_begins_at_its_own_count(guarded):
    assert guarded(record(9))
    assert guarded(record(0, chain="B"))
    assert guarded(record(1, chain="B"))
    assert not guarded(record(0, chain="B"))


def test_contacts_do_not_hold_each_other_back(guarded):
    assert guarded(record(9), "255712000001:0")
    assert guarded(record(1), "255712000002:0")


@pytest.mark.parametrize("nonsense", [b"", b"\x0a\xff\x00", b"{}", b"[1]", b'"x"', b"{", None])
def test_what_is_no_such_record_is_written(guarded, nonsense):
    assert guarded(record(9))
    assert guarded(nonsense)
    assert guarded(record(1))


def test_guarding_twice_is_guarding_once_and_unguarding_ends_it(session_file, guarded):
    session_file.guard_keys()
    assert guarded(record(5))
    assert not guarded(record(4))
    session_file.unguard_keys()
    session_file.unguard_keys()
    assert guarded(record(4))


def test_a_linked_device_is_seen(session_file, path):
    assert not session_file.has_device()
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("INSERT INTO whatsmeow_device VALUES ('2557@s.whatsapp.net')")
    assert session_file.has_device()


@pytest.mark.parametrize("content", [b"", b"no database at all" * 10], ids=["empty", "another"])
def test_a_file_that_holds_no_session_is_no_session(go, tmp_path, content):
    (tmp_path / "session.db").write_bytes(content)
    session_file = SessionFile(go, tmp_path / "session.db")
    assert not session_file.has_device()
    with pytest.raises(SessionFileError, match=r"whatsmeow_sessions|not a database"):
        session_file.guard_keys()


def test_a_file_that_is_not_there_is_not_made(go, tmp_path):
    session_file = SessionFile(go, tmp_path / "session.db")
    session_file.unguard_keys()
    assert not session_file.has_device()
    with pytest.raises(SessionFileError, match="unable to open"):
        session_file.guard_keys()
    assert list(tmp_path.iterdir()) == []
