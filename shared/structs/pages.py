"""A slice of a long list. `next_cursor` is opaque; absent on the last page."""

from typing import Generic, TypeVar

import msgspec

ItemT = TypeVar("ItemT")


class Page(msgspec.Struct, Generic[ItemT], frozen=True, kw_only=True):
    items: list[ItemT]
    next_cursor: str | None = None
