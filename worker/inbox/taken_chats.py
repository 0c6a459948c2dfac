"""Chats in which the bot is silent, because a person answers there.

The newest word about a chat counts, whoever said it: the phone's owner, by writing, or somebody
in the portal. It is kept below every name of the chat, for a LID may be learned in between.
"""

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from shared.structs.takeovers import REMEMBERED, ChatTaken
from shared.wire.events import Party


def learn(db: sqlite3.Connection, words: Iterable[ChatTaken]) -> None:
    """Safe to repeat, late and in any order."""
    db.executemany(
        "INSERT INTO taken_chats (name, until, changed_at) VALUES (?, ?, ?)"
        " ON CONFLICT (name) DO UPDATE SET until = excluded.until, changed_at = excluded.changed_at"
        " WHERE changed_at < excluded.changed_at",
        [(word.chat, word.until.timestamp(), word.changed_at.timestamp()) for word in words],
    )


def take(db: sqlite3.Connection, contact: Party, *, until: datetime, at: datetime) -> None:
    names = filter(None, (contact.lid, contact.phone))
    learn(db, [ChatTaken(chat=name, until=until, changed_at=at) for name in names])


def is_taken(db: sqlite3.Connection, contact: Party, *, now: datetime) -> bool:
    row = db.execute(
        "SELECT until > ? FROM taken_chats WHERE name IN (?, ?) ORDER BY changed_at DESC LIMIT 1",
        (now.timestamp(), contact.lid, contact.phone),
    ).fetchone()
    return row is not None and bool(row[0])


def prune(db: sqlite3.Connection, *, now: datetime) -> None:
    db.execute(
        "DELETE FROM taken_chats WHERE until < ? AND changed_at < ?",
        (now.timestamp(), (now - REMEMBERED).timestamp()),
    )
