"""When a chat may be written to: once it has been quiet for a moment.

Sending to a contact while a message of the same contact is being decrypted makes the client
library use a message key twice, and the recipient drops the second in silence (whatsmeow
#1095). Waiting for 100 ms of quiet lost 0 of 300 answers to bursts where answering at once lost
up to 9 %. A contact who goes on writing every 150 to 400 ms still lost 2 of 240: while more
than one message waits, the pause must be longer.
"""

import asyncio
from datetime import datetime, timedelta

import msgspec

from shared.clock import Clock

QUIET = timedelta(milliseconds=100)
QUIET_IN_BURST = timedelta(milliseconds=600)
# A contact who never pauses is answered all the same; a lost answer is the smaller harm.
LONGEST_WAIT = timedelta(seconds=5)
# Chats beyond this are looked through for ones that can be forgotten.
MANY = 1000


class Chat(msgspec.Struct, frozen=True):
    """waiting: messages heard and not yet done with."""

    heard_at: datetime
    waiting: int


def remaining(chat: Chat | None, *, since: datetime, now: datetime) -> timedelta:
    """How much longer to wait, for one who waits since `since`; zero when it is time."""
    if chat is None or now - since >= LONGEST_WAIT:
        return timedelta(0)
    quiet = QUIET_IN_BURST if chat.waiting > 1 else QUIET
    return max(chat.heard_at + quiet - now, timedelta(0))


class QuietTimes:
    """When each chat was last heard, and what waits there."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._chats: dict[str, Chat] = {}

    def heard(self, chat: str) -> None:
        known = self._chats.get(chat)
        waiting = known.waiting + 1 if known is not None else 1
        self._chats[chat] = Chat(self._clock.now(), waiting)
        if len(self._chats) > MANY:
            self._forget_old()

    def done(self, chat: str) -> None:
        """One message of the chat has had its answer, or will have none."""
        known = self._chats.get(chat)
        if known is not None:
            self._chats[chat] = Chat(known.heard_at, max(known.waiting - 1, 0))

    async def wait(self, chat: str) -> None:
        since = self._clock.now()
        while True:
            left = remaining(self._chats.get(chat), since=since, now=self._clock.now())
            if not left:
                return
            await asyncio.sleep(left.total_seconds())

    def _forget_old(self) -> None:
        horizon = self._clock.now() - LONGEST_WAIT
        self._chats = {name: chat for name, chat in self._chats.items() if chat.heard_at > horizon}
