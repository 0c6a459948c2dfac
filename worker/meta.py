"""Small facts the worker keeps on its volume between two starts."""

import sqlite3
from collections.abc import Mapping

import msgspec

from shared.enums import SkipReason
from shared.structs.tenants import TenantConfig

_OWN_PHONE = "own_phone"
_ACCEPTED = "accepted_device"
_CONFIG = "config"
_GENERATION = "session_generation"
_SKIPPED = "skipped"
FREEZE = "freeze"


def find_own_phone(db: sqlite3.Connection) -> str:
    value = find_value(db, _OWN_PHONE)
    return value.decode() if value else ""


def set_own_phone(db: sqlite3.Connection, phone: str) -> None:
    set_value(db, _OWN_PHONE, phone.encode())


def find_accepted(db: sqlite3.Connection) -> str | None:
    """The linked device that may serve this tenant; empty: none. None where no worker that asks has
    written to this volume yet.
    """
    value = find_value(db, _ACCEPTED)
    return None if value is None else value.decode()


def set_accepted(db: sqlite3.Connection, device: str) -> None:
    set_value(db, _ACCEPTED, device.encode())


def find_config(db: sqlite3.Connection) -> TenantConfig | None:
    value = find_value(db, _CONFIG)
    if value is None:
        return None
    try:
        return msgspec.msgpack.decode(value, type=TenantConfig)
    except msgspec.ValidationError:
        return None  # written by another version: the gateway sends it anew


def set_config(db: sqlite3.Connection, config: TenantConfig) -> None:
    set_value(db, _CONFIG, msgspec.msgpack.encode(config))


def find_session_generation(db: sqlite3.Connection) -> int | None:
    """Of the session this volume holds; None on a volume that has never held one."""
    value = find_value(db, _GENERATION)
    return int(value) if value else None


def begin_session(db: sqlite3.Connection, generation: int) -> None:
    """A new session, of a phone that is not known yet."""
    set_value(db, _GENERATION, str(generation).encode())
    set_value(db, _OWN_PHONE, b"")


def get_skipped(db: sqlite3.Connection) -> dict[SkipReason, int]:
    value = find_value(db, _SKIPPED)
    counts = msgspec.msgpack.decode(value, type=dict[str, int]) if value else {}
    return {reason: counts[reason] for reason in SkipReason if reason in counts}


def set_skipped(db: sqlite3.Connection, counts: Mapping[SkipReason, int]) -> None:
    set_value(db, _SKIPPED, msgspec.msgpack.encode(dict(counts)))


def find_value(db: sqlite3.Connection, key: str) -> bytes | None:
    row = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return bytes(row[0]) if row is not None else None


def set_value(db: sqlite3.Connection, key: str, value: bytes) -> None:
    db.execute(
        "INSERT INTO meta (key, value) VALUES (?, ?)"
        " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (key, value),
    )
