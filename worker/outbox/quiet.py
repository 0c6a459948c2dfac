"""When a chat may be written to: once it has been quiet for a moment.

Sending to a contact while a message of the same contact is being decrypted makes the client
library use a message key twice, and the recipient drops the second in silence (whatsmeow
#1095). Waiting for 100 ms of quiet lost 0 of 300 answers to bursts where answering at once lost
up to 9 %. A contact who goes on writing every 150 to 400 ms still lost 2 of 240: in a burst the
pause must be longer. This makes the loss rare; it does not end it.
"""

import asyncio
from datetime import datetime, timedelta

import msgspec

from shared.clock import Clock

QUIET = timedelta(milliseconds=100)
QUIET_IN_BURST = timedelta(milliseconds=600)
# Two messages this close are a burst, even when the first is answered already.
BURST_GAP = timedelta(seconds=1)
# A contact who never pauses is answered all the same; a lost answer is the smaller harm.
LONGEST_WAIT = timedelta(seconds=5)
# Chats beyond this are looked through for ones that can be forgotten.
MANY = 1000


class Chat(msgspec.Struct, frozen=True):
    """waiting: messages heard and not yet done with. gap: between the newest two."""

    heard_at: datetime
    waiting: int
    gap: timedelta | None = None

    @property
    def is_burst(self) -> bool:
        return self.waiting > 1 or (self.gap is not None and self.gap < BURST_GAP)


def remaining(chat: Chat | None, *, since: datetime, now: datetime) -> timedelta:
    """How much longer to wait, for one who waits since `since`; zero when it is time."""
    if chat is None or now - since >= LONGEST_WAIT:
        return timedelta(0)
    quiet = QUIET_IN_BURST if chat.is_burst else QUIET
    return max(chat.heard_at + quiet - now, timedelta(0))


class QuietTimes:
    """When each chat was last heard, and what waits there."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._chats: dict[str, Chat] = {}

    def heard(self, chat: str) -> None:
        known, now = self._chats.get(chat), self._clock.now()
        waiting = known.waiting + 1 if known is not None else 1
        gap = now - known.heard_at if known is not None else None
        self._chats[chat] = Chat(now, waiting, gap)
        if len(self._chats) > MANY:
            self._forget_old()

    def done(self, chat: str) -> None:
        """One message of the chat has had its answer, or will have none."""
        known = self._chats.get(chat)
        if known is not None:
            left = max(known.waiting - 1, 0)
            self._chats[chat] = msgspec.structs.replace(known, waiting=left)

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
