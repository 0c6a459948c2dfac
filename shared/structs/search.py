"""What is looked for among messages."""

from datetime import datetime

import msgspec

from shared.enums import Direction


class MessageSearch(msgspec.Struct, frozen=True, kw_only=True):
    """All of it must be so, but for words and names, of which either is enough.

    words: as people type them into a search; the last one may be a beginning. names: phones and
    LIDs, whose chats are meant. since, until: of when a message was sent; `until` is not in it.
    """

    words: str = ""
    names: tuple[str, ...] = ()
    direction: Direction | None = None
    since: datetime | None = None
    until: datetime | None = None
