"""Where a page ends: opaque to clients, the last row's place in the order to us."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from shared.errors import InvalidInputError
from shared.ids import TenantId
from shared.stores.rows import read_each
from shared.structs.pages import Page

RowT = TypeVar("RowT", bound=Mapping[str, Any])
ItemT = TypeVar("ItemT")
MAX_CURSOR_LENGTH = 200
# A name of 200 characters, at most four bytes each, in base 64.
MAX_SORT_CURSOR_LENGTH = 1600


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """The last row of a page, by its id. `of` names the list, so that one list's cursor is refused
    by another. at: the row's time, for when the row is gone.

    Not the row's `seq`: it would tell a tenant how much the whole platform writes.
    """

    of: str
    at: datetime
    id: UUID


class SortCursor(msgspec.Struct, frozen=True, array_like=True):
    """Of a list that can be ordered by more than time. value: what it was ordered by, as text."""

    of: str
    value: str
    id: UUID


CursorT = TypeVar("CursorT", Cursor, SortCursor)
_encoder = msgspec.json.Encoder()


def seq_of(
    cursor: Cursor, table: str, *, at: str, tenant_id: TenantId | None = None
) -> tuple[str, list[Any]]:
    """SQL for the `seq` of the cursor's row, never null, and the values in it. Of a row that is
    gone: one above the newest row that is not younger, by the column `at`.
    """
    own, whose = ("", []) if tenant_id is None else ("tenant = {} AND ", [tenant_id])
    named = f"SELECT seq FROM {table} WHERE {own}id = {{}}"
    not_younger = (
        f"SELECT seq + 1 FROM {table} WHERE {own}{at} <= {{}} ORDER BY {at} DESC, seq DESC LIMIT 1"
    )
    return f"COALESCE(({named}), ({not_younger}), 0)", [*whose, cursor.id, *whose, cursor.at]


def encode_cursor(cursor: Cursor | SortCursor) -> str:
    return urlsafe_b64encode(_encoder.encode(cursor)).decode().rstrip("=")


def parse_cursor(text: str | None, *, of: str) -> Cursor | None:
    """Raises InvalidInputError for anything that `encode_cursor` did not make for this list."""
    if text is None:
        return None
    cursor = _decode(text[:MAX_CURSOR_LENGTH], Cursor)
    if cursor is None or cursor.of != of or not _is_storable(cursor.at):
        raise not_a_cursor()
    return cursor


def parse_sort_cursor(text: str | None, *, of: str) -> SortCursor | None:
    """Like `parse_cursor`; whether `value` is one to order by is the database's to say."""
    if text is None:
        return None
    cursor = _decode(text[:MAX_SORT_CURSOR_LENGTH], SortCursor)
    if cursor is None or cursor.of != of or "\0" in cursor.value:
        raise not_a_cursor()
    return cursor


def _is_storable(at: datetime) -> bool:
    """Near either end of the calendar there are instants that UTC has no date for."""
    try:
        return at.tzinfo is not None and at.astimezone(UTC) is not None
    except OverflowError:
        return False


def not_a_cursor() -> InvalidInputError:
    return InvalidInputError("cursor", "not one that this list gave out")


def _decode(text: str, kind: type[CursorT]) -> CursorT | None:
    try:
        decoded = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        return msgspec.json.decode(decoded, type=kind)
    except (ValueError, msgspec.DecodeError):
        return None


def to_page(
    rows: Sequence[RowT],
    *,
    limit: int,
    item: Callable[[RowT], ItemT],
    cursor: Callable[[RowT], Cursor | SortCursor],
) -> Page[ItemT]:
    """`rows` holds one more than `limit` when there is a next page. A row that cannot be read is
    named in the log, and missing on its page.
    """
    items = read_each(rows[:limit], item, of=cursor(rows[0]).of) if rows else []
    following = encode_cursor(cursor(rows[limit - 1])) if len(rows) > limit else None
    return Page(items=items, next_cursor=following)
