"""What a kill takes along: found in what the library noted, and nothing else is."""

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from shared.enums import MessageKind
from shared.wire.events import Party
from tests.fakes.inbound import NOW, OWN_PHONE, message
from worker.inbox import lost_rows, rows, unread_rows
from worker.inbox.lost import HISTORY_TAKES, find_lost, name_lost
from worker.inbox.lost_rows import Mark
from worker.uplink import event_rows
from worker.whatsapp.library import Library, find_library
from worker.whatsapp.noted import MOST, Noted
from worker.whatsapp.session_file import SessionFileError

DEVICE = "255700000099:1@s.whatsapp.net"
ASHA = Party(phone="+255700000001", lid="31775@lid")
NO_MARK = Mark()


def one(position, *, contact=ASHA, device=DEVICE):
    return Noted(position=position, device=device, wa_message_id=f"ID{position}", contact=contact)


def found(noted, known=(), mark=NO_MARK, history_at=None, at=NOW):
    lost = find_lost(noted, {f"ID{n}": at for n in known}, mark, history_at)
    return [each.position for each in lost]


CASES = [
    pytest.param([1, 2, 3], [1, 2, 3], [], id="all is known"),
    pytest.param([1, 2, 3], [1], [2, 3], id="after the last that is known"),
    pytest.param([1, 2, 3], [3], [], id="before it, something was skipped and not lost"),
    pytest.param([1, 2], [], [1, 2], id="the very first"),
    pytest.param([], [], [], id="a session without messages"),
]


@pytest.mark.parametrize(("positions", "known", "lost"), CASES)
def test_lost_is_what_was_noted_after_the_last_that_was_handed_over(positions, known, lost):
    assert found([one(n) for n in positions], known) == lost


def test_what_was_named_once_is_not_named_again():
    assert found([one(n) for n in (1, 2, 3)], mark=Mark(DEVICE, 2)) == [3]


def test_another_device_begins_to_count_anew():
    assert found([one(1)], mark=Mark("255700000099:7@s.whatsapp.net", 900)) == [1]


def test_what_was_not_written_to_us_alone_is_not_missed():
    assert found([one(1), one(2, contact=None), one(3)]) == [1, 3]


def test_more_than_the_library_can_hold_is_history():
    assert len(found([one(n) for n in range(MOST)])) == MOST
    assert found([one(n) for n in range(MOST + 1)]) == []


def test_while_past_chats_arrive_nothing_is_missed_until_something_new_was_heard():
    tail, announced = [one(1), one(2)], NOW - HISTORY_TAKES
    assert found(tail, [1], history_at=announced + timedelta(seconds=1)) == []
    assert found(tail, history_at=announced) == []
    assert found(tail, [1], history_at=announced) == [2]


class Notes:
    """A client of which the session file alone is asked."""

    def __init__(self, *noted):
        self.noted = list(noted)

    async def list_noted(self):
        if not self.noted:
            raise SessionFileError("no such table: whatsmeow_message_secrets")
        return self.noted


async def missed(database, *noted):
    return await name_lost(Notes(*noted), database, own_phone=OWN_PHONE, now=NOW)


async def test_a_lost_message_is_told_of_once_without_its_text(database):
    await database.run(lambda db: rows.record(db, message(1)))
    [stand_in] = await missed(database, one(1), one(2))
    assert (stand_in.wa_message_id, stand_in.kind, stand_in.text) == ("ID2", MessageKind.LOST, "")
    assert (stand_in.contact, stand_in.own_phone, stand_in.at) == (ASHA, OWN_PHONE, NOW)
    assert await missed(database, one(1), one(2)) == []
    batch = await database.run(lambda db: event_rows.next_batch(db, after=0))
    assert [numbered.event for numbered in batch] == [message(1), stand_in]


async def test_what_was_passed_over_or_is_waited_for_is_not_lost(database):
    unreadable = message(2, "", kind=MessageKind.UNREADABLE)
    await database.run(lambda db: lost_rows.pass_over(db, ["ID1"], now=NOW))
    assert await missed(database, one(1)) == []
    await database.run(lambda db: unread_rows.notice(db, unreadable, is_quiet=False, due=NOW))
    assert await missed(database, one(1), one(2)) == []


async def test_a_session_that_was_never_linked_has_lost_nothing(database):
    assert await missed(database) == []


TABLES = """
    CREATE TABLE whatsmeow_device (jid TEXT, lid TEXT);
    CREATE TABLE whatsmeow_lid_map (lid TEXT, pn TEXT);
    CREATE TABLE whatsmeow_message_secrets
        (our_jid TEXT, chat_jid TEXT, sender_jid TEXT, message_id TEXT, key BLOB);
    INSERT INTO whatsmeow_device VALUES ('255700000099:1@s.whatsapp.net', '945577:1@lid');
    INSERT INTO whatsmeow_lid_map VALUES ('31775', '255700000001');
"""


@pytest.fixture
def session_file(tmp_path):
    path = tmp_path / "session.db"
    with closing(sqlite3.connect(path)) as db:
        db.executescript(TABLES)
    return Library(find_library()).session_file(path)


def note(session_file, chat, sender=None):
    with closing(sqlite3.connect(session_file._path)) as db, db:
        db.execute(
            "INSERT INTO whatsmeow_message_secrets VALUES (?, ?, ?, ?, x'00')",
            (DEVICE, chat, sender or chat, f"ID to {chat}"),
        )


@pytest.mark.parametrize(
    ("chat", "sender", "contact"),
    [
        pytest.param("31775@lid", None, ASHA, id="a LID whose phone is known"),
        pytest.param("4711@lid", None, Party(lid="4711@lid"), id="a LID"),
        pytest.param("2557@s.whatsapp.net", None, Party(phone="+2557"), id="a phone"),
        pytest.param("1203@g.us", "31775@lid", None, id="a group"),
        pytest.param("31775@lid", "945577@lid", None, id="our own"),
        pytest.param("945577@lid", None, None, id="to ourselves"),
        pytest.param("255700000099@s.whatsapp.net", None, None, id="to ourselves, by phone"),
        pytest.param("status@broadcast", "31775@lid", None, id="a status post"),
    ],
)
def test_a_note_tells_who_wrote(session_file, chat, sender, contact):
    note(session_file, chat, sender)
    [noted] = session_file.list_noted()
    assert (noted.wa_message_id, noted.contact) == (f"ID to {chat}", contact)
    assert (noted.position, noted.device) == (1, DEVICE)


def test_the_newest_notes_are_read_oldest_first(session_file):
    for n in range(MOST + 10):
        note(session_file, f"{n}@lid")
    assert [each.position for each in session_file.list_noted()] == list(range(10, MOST + 11))


def test_a_session_file_that_is_not_there_holds_no_notes(tmp_path):
    assert Library(find_library()).session_file(tmp_path / "session.db").list_noted() == []
