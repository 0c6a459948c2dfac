"""What sends queued messages, on real SQLite, with a client that has a memory."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

from shared.backoff import Backoff
from shared.clock import SystemClock
from shared.structs.content import ImageContent, TextContent
from shared.tasks import TaskGroup
from shared.wire.events import Party
from shared.wire.frames import Send, SendTaken
from tests.fakes.inbound import ASHA, OWN_PHONE
from tests.fakes.whatsapp_client import FakeClient
from worker.outbox.outbound import Outbound
from worker.outbox.pacing import Pacing
from worker.outbox.quiet import QuietTimes
from worker.outbox.sending import Sending
from worker.outbox.turns import Turns
from worker.uplink import event_rows
from worker.whatsapp.files import FileKind, FileSource, Uploaded

BARAKA = "+255700000002"
ASHA_LID = Party(phone=ASHA, lid="100@lid")
HASTY = Pacing(
    a_minute=10_000,
    a_minute_per_chat=10_000,
    cold_chats_a_day=10_000,
    typing_shortest=timedelta(0),
    typing_longest=timedelta(0),
)
AT_ONCE = Backoff(first=timedelta(0), ceiling=timedelta(0))
BRIEFLY = Backoff(first=timedelta(milliseconds=50), ceiling=timedelta(milliseconds=50))


IMAGE = ImageContent(sha256="70" * 32, mime_type="image/jpeg", size=3, caption="Picha")


class Attachments:
    """Uploads: `failures` answers the next of them."""

    def __init__(self):
        self.failures = []
        self.count = 0

    async def attach(self, content):
        if not isinstance(content, ImageContent):
            return None
        self.count += 1
        if self.failures:
            raise self.failures.pop(0)
        source = FileSource(
            kind=FileKind.IMAGE, path="/v/1?x", key=b"k" * 32, sha256=b"p" * 32,
            sealed_sha256=b"s" * 32, size=3,
        )  # fmt: skip
        return Uploaded(url="https://mmg.whatsapp.net/v/1?x", source=source)


class Screens:
    """shown: to whom, whether they saw typing, and how many messages they had by then."""

    def __init__(self, client):
        self._client = client
        self.shown = []

    def show(self, to, *, is_typing):
        self.shown.append((to.number, is_typing, len(self._client.delivered[to.number])))


class Room:
    def __init__(self, database, outbound, client, turns, connected):
        self.database = database
        self.outbound = outbound
        self.client = client
        self.turns = turns
        self.connected = connected
        self.changed = asyncio.Condition()

    def tell(self):
        async def notify():
            async with self.changed:
                self.changed.notify_all()

        asyncio.ensure_future(notify())  # noqa: RUF006  lives as long as the test

    async def queue(self, *numbers, to=ASHA, **more):
        for number in numbers:
            content = TextContent(text=f"text {number}")
            send = Send(id=f"O{number}", to=Party(phone=to), content=content, **more)
            assert await self.outbound.take(send) == SendTaken(id=send.id)

    async def events(self):
        batch = await self.database.run(lambda db: event_rows.next_batch(db, after=0))
        return [numbered.event for numbered in batch]

    async def ended(self, count):
        """The events, once there are `count`."""
        async with asyncio.timeout(10), self.changed:
            while len(events := await self.events()) < count:
                await self.changed.wait()
        return events

    async def states(self):
        query = "SELECT state FROM outbound ORDER BY position"
        return [r[0] for r in await self.database.run(lambda db: db.execute(query).fetchall())]


@asynccontextmanager
async def opened(database, *, connected=True, rules=HASTY, running=True):
    client, clock, turns = FakeClient(), SystemClock(), Turns()
    attachments, typing = Attachments(), Screens(client)
    is_connected = asyncio.Event()
    if connected:
        is_connected.set()
    tells = []

    def tell():
        for one in tells:
            one()

    async with TaskGroup() as tasks:
        sending = Sending(
            client,
            database,
            QuietTimes(clock),
            turns,
            clock,
            attach=attachments.attach,
            own_phone=lambda: OWN_PHONE,
            on_settled=tell,
        )
        outbound = Outbound(
            client=client,
            database=database,
            sending=sending,
            turns=turns,
            tasks=tasks,
            clock=clock,
            rules=rules,
            typing=typing,
            connected=is_connected,
            on_change=tell,
        )
        room = Room(database, outbound, client, turns, is_connected)
        room.attachments, room.typing = attachments, typing
        tells.append(room.tell)
        await outbound.restore()
        if running:
            tasks.supervise("outbound", outbound.run())
        yield room
