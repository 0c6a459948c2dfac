"""The tables of the worker's SQLite file, and how an older file becomes a newer one.

Only ever add a step, and only ever add to tables: after an upgrade that is taken back, the
older image finds a newer file and must be able to use it.
"""

import sqlite3

_FIRST = """
CREATE TABLE IF NOT EXISTS events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    payload BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS inbox (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    wa_message_id TEXT NOT NULL UNIQUE,
    chat TEXT NOT NULL,
    state TEXT NOT NULL,
    payload BLOB NOT NULL,
    conversation BLOB,
    note TEXT NOT NULL DEFAULT '',
    received_at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS inbox_open ON inbox (chat, position)
    WHERE state = 'RECEIVED';
CREATE INDEX IF NOT EXISTS inbox_age ON inbox (received_at);
CREATE TABLE IF NOT EXISTS conversations (
    chat TEXT PRIMARY KEY,
    state BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS meta (
    key TEXT PRIMARY KEY,
    value BLOB NOT NULL
);
"""

_OUTBOUND = """
CREATE TABLE IF NOT EXISTS outbound (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    chat TEXT NOT NULL,
    state TEXT NOT NULL,
    payload BLOB NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    refusals INTEGER NOT NULL DEFAULT 0,
    due REAL NOT NULL,
    expires_at REAL,
    begun_at REAL,
    is_cold INTEGER NOT NULL DEFAULT 0,
    wa_message_id TEXT,
    receipt TEXT NOT NULL DEFAULT '',
    note TEXT NOT NULL DEFAULT '',
    changed_at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS outbound_open ON outbound (chat, position)
    WHERE state = 'TAKEN';
CREATE INDEX IF NOT EXISTS outbound_expiring ON outbound (expires_at)
    WHERE state = 'TAKEN' AND expires_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS outbound_sent ON outbound (wa_message_id)
    WHERE wa_message_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS outbound_begun ON outbound (begun_at)
    WHERE begun_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS inbox_chat ON inbox (chat);
"""

# Payloads hold the keys to files: they stay here.
_MEDIA = """
CREATE TABLE IF NOT EXISTS media (
    wa_message_id TEXT PRIMARY KEY,
    payload BLOB NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    received_at REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS media_age ON media (received_at);
"""

# The size is kept beside the events: to count a hundred thousand of them takes too long to be
# asked after every commit.
_OUTBOX_SIZE = """
CREATE TABLE outbox_size (
    events INTEGER NOT NULL,
    bytes INTEGER NOT NULL
);
INSERT INTO outbox_size SELECT count(*), coalesce(sum(length(payload)), 0) FROM events;
CREATE TRIGGER event_added AFTER INSERT ON events BEGIN
    UPDATE outbox_size SET events = events + 1, bytes = bytes + length(NEW.payload);
END;
CREATE TRIGGER event_removed AFTER DELETE ON events BEGIN
    UPDATE outbox_size SET events = events - 1, bytes = bytes - length(OLD.payload);
END;
"""

# What disturbs nobody is not held back by quiet hours.
_DISTURBING = "ALTER TABLE outbound ADD COLUMN disturbs INTEGER NOT NULL DEFAULT 1;"

# A download that the worker did not survive is tried again, but not at once.
_MEDIA_BEGUN = "ALTER TABLE media ADD COLUMN begun_at REAL;"

# What the library could not decrypt, until it is given up: it may still come, under the same id.
_UNREAD = """
CREATE TABLE unread (
    wa_message_id TEXT PRIMARY KEY,
    payload BLOB NOT NULL,
    is_quiet INTEGER NOT NULL,
    failures INTEGER NOT NULL DEFAULT 1,
    due REAL NOT NULL
);
CREATE INDEX unread_due ON unread (due);
ALTER TABLE inbox ADD COLUMN is_stand_in INTEGER NOT NULL DEFAULT 0;
"""

# Who answers which chat, from when it was said until it is over.
_TAKEN_CHATS = """
CREATE TABLE taken_chats (
    name TEXT PRIMARY KEY,
    until REAL NOT NULL,
    changed_at REAL NOT NULL
);
"""

# A file's `user_version` is how many of these it has been through. Files of before there was
# a version are at 0 with the first step's tables in place, which it then leaves alone.
STEPS = (_FIRST, _OUTBOUND, _MEDIA, _OUTBOX_SIZE, _DISTURBING, _MEDIA_BEGUN, _UNREAD, _TAKEN_CHATS)


def migrate(connection: sqlite3.Connection) -> None:
    """Each step wholly or not at all; a file of a newer version is left as it is."""
    done = int(connection.execute("PRAGMA user_version").fetchone()[0])
    for number, step in enumerate(STEPS[done:], start=done + 1):
        connection.executescript(f"BEGIN; {step} PRAGMA user_version = {number}; COMMIT;")
