"""Chats that a person has taken over from the bot."""

from datetime import datetime, timedelta

import msgspec

# A working day: whoever began to answer in the morning is not interrupted after lunch, and who is
# forgotten in the evening is answered again before the next day begins.
TAKEN_FOR = timedelta(hours=8)
# No word about a chat is later than this: until then also one that is over is told, for it may be
# what hands a chat back.
REMEMBERED = timedelta(days=2)


class ChatTaken(msgspec.Struct, frozen=True, kw_only=True):
    """The newest word about one chat: the bot is silent in it until `until`, which is past when
    the chat was handed back. Of two words the one of the later `changed_at` counts, on both ends.

    chat: the LID, or the phone where that is all that is known.
    """

    chat: str
    until: datetime
    changed_at: datetime
