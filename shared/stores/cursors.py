"""Where a page ends: opaque to clients, the last row's place in the order to us."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import msgspec

from shared.errors import InvalidInputError
from shared.structs.pages import Page

RowT = TypeVar("RowT")
ItemT = TypeVar("ItemT")
MAX_CURSOR_LENGTH = 200


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """`of` names the list, so that one list's cursor is refused by another."""

    of: str
    at: datetime
    id: UUID


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Cursor)


def encode_cursor(cursor: Cursor) -> str:
    return urlsafe_b64encode(_encoder.encode(cursor)).decode().rstrip("=")


def parse_cursor(text: str | None, *, of: str) -> Cursor | None:
    """Raises InvalidInputError for anything that `encode_cursor` did not make for this list."""
    if text is None:
        return None
    cursor = _decode(text[:MAX_CURSOR_LENGTH])
    if cursor is None or cursor.of != of or cursor.at.tzinfo is None:
        raise InvalidInputError("cursor", "not one that this list gave out")
    return cursor


def _decode(text: str) -> Cursor | None:
    try:
        return _decoder.decode(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, msgspec.DecodeError):
        return None


def to_page(
    rows: Sequence[RowT],
    *,
    limit: int,
    item: Callable[[RowT], ItemT],
    cursor: Callable[[RowT], Cursor],
) -> Page[ItemT]:
    """`rows` holds one more than `limit` when there is a next page."""
    items = [item(row) for row in rows[:limit]]
    following = encode_cursor(cursor(rows[limit - 1])) if len(rows) > limit else None
    return Page(items=items, next_cursor=following)
