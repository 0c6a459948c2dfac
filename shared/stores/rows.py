"""Values and rows as PostgreSQL's driver gives them, made into ours."""

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

import msgspec
import structlog

from shared.errors import UnreadableRowError

log = structlog.get_logger(__name__)

RowT = TypeVar("RowT", bound=Mapping[str, Any])
ItemT = TypeVar("ItemT")
# What reading raises for a value that a newer version wrote, or nobody of ours; and for one that
# is not there.
UNREADABLE = (ValueError, OverflowError, TypeError, msgspec.MsgspecError)
# A row that is read every second is no news every second.
SAY_EVERY = timedelta(minutes=10)
MOST_NAMED = 200
MOST_SAID = 200


def to_uuid(value: UUID) -> UUID:
    """The driver's UUID is a faster look-alike, which msgspec would not take for one."""
    return UUID(int=value.int)


def read(row: RowT, item: Callable[[RowT], ItemT], *, of: str) -> ItemT:
    """of: what kind of row it is, for the error's words. Raises UnreadableRowError."""
    try:
        return item(row)
    except UNREADABLE as error:
        problem = f"{of} {name_of(row)} cannot be read: {describe(error)}"
        raise UnreadableRowError(problem) from error


def read_each(rows: Iterable[RowT], item: Callable[[RowT], ItemT], *, of: str) -> list[ItemT]:
    """Those that can be read; the others are named in the log, and in nobody's way."""
    found = []
    for row in rows:
        try:
            found.append(read(row, item, of=of))
        except UnreadableRowError as error:
            say_unreadable(str(error))
    return found


def describe(error: Exception) -> str:
    """For a log and a person: a value may be of any length, and hold anything."""
    return "".join(each if each.isprintable() else "\ufffd" for each in str(error)[:MOST_SAID])


def name_of(row: Mapping[str, Any]) -> str:
    """By its id, or by that of its tenant where there is one row a tenant."""
    named = (row.get(column) for column in ("id", "tenant", "tenant_id", "at"))
    return str(next(filter(None, named), ""))


_said: dict[str, float] = {}


def say_unreadable(problem: str) -> None:
    """In the log, seldom about each row, however often it is read and however many there are."""
    now = time.monotonic()
    for name in [name for name, at in _said.items() if now - at > SAY_EVERY.total_seconds()]:
        del _said[name]
    if problem not in _said and len(_said) < MOST_NAMED:
        _said[problem] = now
        log.error("row.unreadable", problem=problem)
