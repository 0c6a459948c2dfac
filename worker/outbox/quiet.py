"""When a chat may be written to: once it has been quiet for a moment.

Sending to a contact while a message of the same contact is being decrypted is what the client
library does badly (whatsmeow #1095). The guard in its session file keeps that from doing harm
(worker/whatsapp/key_guard.py); the pause makes it rare, and is all there is where the guard could
not be placed.
"""

import asyncio
from datetime import datetime, timedelta

from shared.clock import Clock

# Without the guard: at once lost up to 9 % of the answers to a burst, after 100 ms 0 of 300.
QUIET = timedelta(milliseconds=100)
# A contact who never pauses is answered all the same.
LONGEST_WAIT = timedelta(seconds=1)
# Chats beyond this are looked through for ones that can be forgotten.
MANY = 1000


def remaining(heard_at: datetime | None, *, since: datetime, now: datetime) -> timedelta:
    """How much longer to wait, for one who waits since `since`; zero when it is time."""
    if heard_at is None or now - since >= LONGEST_WAIT:
        return timedelta(0)
    return max(heard_at + QUIET - now, timedelta(0))


class QuietTimes:
    """When each chat was last heard."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heard_at: dict[str, datetime] = {}

    def heard(self, chat: str) -> None:
        self._heard_at[chat] = self._clock.now()
        if len(self._heard_at) > MANY:
            self._forget_old()

    async def wait(self, chat: str) -> None:
        since = self._clock.now()
        while True:
            left = remaining(self._heard_at.get(chat), since=since, now=self._clock.now())
            if not left:
                return
            await asyncio.sleep(left.total_seconds())

    def _forget_old(self) -> None:
        horizon = self._clock.now() - QUIET
        self._heard_at = {chat: at for chat, at in self._heard_at.items() if at > horizon}
