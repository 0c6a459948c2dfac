"""Gives up what the library could not decrypt, once it was waited for long enough.

The library asks the sender's phone for another copy, and for what WhatsApp holds back from linked
devices it asks the tenant's own; either may come with the same id. What does not come leaves a
message that stands in for it.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from shared.clock import Clock
from shared.enums import MessageKind
from shared.wire.events import MessageReceived
from worker.database import Database
from worker.inbox import unread_rows
from worker.whatsapp.events import Missed
from worker.whatsapp.neonize_client import NeonizeClient

log = structlog.get_logger(__name__)

# A phone that is online answers within a second or two, each of the four times that the library
# asks. One that is off may take days: what it then sends still takes the place of the stand-in,
# but whoever wrote should not wait for that.
WAIT = timedelta(seconds=60)


class Unread:
    """`on_recorded` is called, on the loop, with what now stands in for a message."""

    def __init__(
        self,
        client: NeonizeClient,
        database: Database,
        clock: Clock,
        *,
        wait: timedelta,
        connected: asyncio.Event,
        own_phone: Callable[[], str],
        on_recorded: Callable[[list[MessageReceived]], None],
    ) -> None:
        self._client = client
        self._database = database
        self._clock = clock
        self.wait = wait
        self._connected = connected
        self._own_phone = own_phone
        self._on_recorded = on_recorded
        self._woken = asyncio.Event()

    async def look_for(self, missed: Missed) -> None:
        """Waits for a message that the library will not give again: what is on its way from an
        earlier copy, or was read before, is told by then.
        """
        contact, due = await self._client.complete(missed.contact), self._clock.now() + self.wait
        if contact.phone == self._own_phone():  # what our devices tell each other is not kept
            return
        stand_in = MessageReceived(
            wa_message_id=missed.wa_message_id,
            kind=MessageKind.LOST,
            contact=contact,
            own_phone=self._own_phone(),
            text="",
            at=self._clock.now(),
        )
        await self._database.run_patiently(
            lambda db: unread_rows.notice(db, stand_in, is_quiet=False, due=due)
        )
        self.wake()

    def wake(self) -> None:
        """Something was noticed that could not be read."""
        self._woken.set()

    async def run(self) -> None:
        earliest = await self._connection()
        while True:
            self._woken.clear()
            due = await self._database.run_patiently(unread_rows.find_first_due)
            left = None if due is None else max(due, earliest) - self._clock.now()
            if left is None or left > timedelta(0):
                await self._sleep(left)
            elif self._connected.is_set():
                await self._give_up()
            else:
                earliest = await self._connection()

    async def _connection(self) -> datetime:
        """Waits for one, and gives the instant from which on something may be given up: what came
        while there was none is at WhatsApp, and is delivered first.
        """
        await self._connected.wait()
        return self._clock.now() + self.wait

    async def _sleep(self, left: timedelta | None) -> None:
        try:
            async with asyncio.timeout(None if left is None else left.total_seconds()):
                await self._woken.wait()
        except TimeoutError:
            pass

    async def _give_up(self) -> None:
        now = self._clock.now()
        recorded = await self._database.run_patiently(lambda db: unread_rows.give_up(db, now=now))
        log.warning("messages.unreadable", count=len(recorded))
        self._on_recorded(recorded)
