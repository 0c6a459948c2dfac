"""A linked companion that is logged in: its stanzas are handled, its mailbox is emptied."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import structlog

from sandbox.devices.device import Device
from sandbox.devices.mailboxes import Mailbox, Parcel
from sandbox.exchange import Exchange
from sandbox.people.person import Person
from sandbox.streams import stanzas
from sandbox.streams.channel import Channel
from sandbox.streams.line import Line
from sandbox.streams.sealing import sealed_anew, sealed_stanza
from sandbox.wire.nodes import SERVER, Node

log = structlog.get_logger(__name__)

# Parcels sent in one go; between two, the loop is free for others.
_BATCH = 32
# A group to be shuffled that does not fill goes out after this.
_WINDOW_WAIT = timedelta(milliseconds=500)
# Below this the client uploads more prekeys when told.
_FEW_PREKEYS = 5
_DEVICE_REMOVED = 401


class DeviceStream:
    def __init__(
        self, channel: Channel, device: Device, owner: Person, *, exchange: Exchange
    ) -> None:
        self.channel = channel
        self.device = device
        self.owner = owner
        self.exchange = exchange
        self.mailbox: Mailbox = exchange.mailboxes.of(device.key)
        self.faults = exchange.faults.of(owner.number)
        self.line = Line()
        # Of acknowledgements: the delay of these delays nothing else.
        self.acknowledgements = Line()
        # How often each person asked this client for each message again.
        self.retries: Counter[tuple[str, str]] = Counter()
        self._active = asyncio.Event()
        self._sent_up_to = 0

    @property
    def is_active(self) -> bool:
        return self._active.is_set()

    def activate(self) -> None:
        """The client is ready: what waits for it may go out."""
        self._active.set()
        self.exchange.connections.changed.ring()
        log.info("device.connected", phone=self.owner.number, device=self.device.key.device)

    async def deliver(self) -> None:
        """Sends what is in the mailbox and what comes into it, in order, until cancelled."""
        try:
            await self._deliver()
        finally:
            # A companion that is connected but gets nothing would look healthy.
            self.channel.abort()

    async def _deliver(self) -> None:
        await self._active.wait()
        waited = len(self.mailbox)
        announced = False
        while True:
            batch = await self._next_batch()
            if batch:
                self._sent_up_to = batch[-1].seq
                self._dispatch(batch)
            if not announced and not self._has_more():
                announced = True
                offline = Node("offline", {"count": str(waited)})
                self._put(Node("ib", {"from": SERVER}, (offline,)))
            await asyncio.sleep(0)
            await self.mailbox.changed.until(self._has_more, within=None)

    async def _next_batch(self) -> list[Parcel]:
        window = self.faults.script.reorder_window
        if window == 1:
            return self.mailbox.after(self._sent_up_to, limit=_BATCH)

        def is_full() -> bool:
            return len(self.mailbox.after(self._sent_up_to, limit=window)) == window

        await self.mailbox.changed.until(is_full, within=_WINDOW_WAIT)
        return self.mailbox.after(self._sent_up_to, limit=window)

    def _dispatch(self, batch: Sequence[Parcel]) -> None:
        """Encrypts in the order of writing, and sends in the order that the faults make of it."""
        for parcel in batch:
            if sealed_stanza(self.exchange, parcel, self.device) is None:
                self.mailbox.settle(parcel)  # whoever wrote it is gone
        for parcel in self.faults.shuffled(batch):
            self._post(parcel)

    def _post(self, parcel: Parcel) -> None:
        stanza = sealed_stanza(self.exchange, parcel, self.device)
        if stanza is None:
            return
        # Of receipts, other companions' words and keys, each comes once and in its place.
        if parcel.letter is None or parcel.stanza.text("category"):
            self._put(stanza)
            return
        for copy in self._copies(parcel, stanza):
            self._put(copy)
        if self.faults.is_last_before_reset():
            self.line.put(self.channel.reset, delay=timedelta())
        if self._prekeys_left() == _FEW_PREKEYS - 1:
            self.mention_prekeys()

    def _copies(self, parcel: Parcel, stanza: Node) -> list[Node]:
        """What arrives of a delivery: usually one."""
        faults, script = self.faults, self.faults.script
        if faults.strikes("drop", script.drop):
            log.info("delivery.dropped", phone=self.owner.number, message=parcel.id)
            return []
        if faults.strikes("corrupt", script.corrupt):
            stanza = stanzas.spoilt(stanza)
        copies = [stanzas.at_other_time(stanza, by=script.clock_skew)]
        if faults.strikes("duplicate", script.duplicate):
            copies *= 2
        if faults.strikes("duplicate_anew", script.duplicate_anew):
            again = sealed_anew(self.exchange, parcel, self.device)
            copies.append(stanzas.at_other_time(again, by=script.clock_skew))
        return copies

    def _put(self, stanza: Node) -> None:
        self.line.put(lambda: self.channel.send(stanza), delay=self.faults.delay())

    def replace(self) -> None:
        log.info("stream.replaced", phone=self.owner.number, device=self.device.key.device)
        self.channel.send(stanzas.stream_error(conflict="replaced"))
        self.channel.farewell()

    def remove(self) -> None:
        self.channel.send(stanzas.stream_error(code=_DEVICE_REMOVED, conflict="device_removed"))
        self.channel.farewell()

    def abort(self) -> None:
        self.channel.abort()

    def say(self, stanza: Node) -> None:
        """Something that is not kept for a client that is away."""
        self._put(stanza)

    def reset(self) -> None:
        self.channel.reset()

    def fail(self, code: int) -> None:
        self.channel.send(stanzas.stream_error(code=code))
        self.channel.farewell()

    def _has_more(self) -> bool:
        return self.mailbox.has_after(self._sent_up_to)

    def mention_prekeys(self) -> None:
        count, now = self._prekeys_left(), self.exchange.clock.now()
        self.channel.send(stanzas.few_prekeys(count, stanza_id=self.channel.new_id(), now=now))

    def _prekeys_left(self) -> int:
        return self.exchange.devices.count_prekeys(self.device.key)
