"""A linked companion that is logged in: its stanzas are handled, its mailbox is emptied."""

import asyncio
from collections import Counter

import structlog

from sandbox.devices.device import Device
from sandbox.devices.mailboxes import Mailbox, Parcel
from sandbox.exchange import Exchange
from sandbox.people.person import Person
from sandbox.streams import stanzas
from sandbox.streams.channel import Channel
from sandbox.streams.sealing import sealed_stanza
from sandbox.wire.nodes import SERVER, Node

log = structlog.get_logger(__name__)

# Parcels sent in one go; between two, the loop is free for others.
_BATCH = 32
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
            for parcel in self.mailbox.after(self._sent_up_to, limit=_BATCH):
                self._sent_up_to = parcel.seq
                self.post(parcel)
            if not announced and not self._has_more():
                announced = True
                offline = Node("offline", {"count": str(waited)})
                self.channel.send(Node("ib", {"from": SERVER}, (offline,)))
            await asyncio.sleep(0)
            await self.mailbox.changed.until(self._has_more, within=None)

    def post(self, parcel: Parcel) -> None:
        """Sends one parcel, encrypted now if it was not before."""
        stanza = sealed_stanza(self.exchange, parcel, self.device)
        if stanza is None:  # whoever wrote it is gone
            self.mailbox.settle(parcel)
            return
        self.channel.send(stanza)
        self._mention_few_prekeys()

    def replace(self) -> None:
        log.info("stream.replaced", phone=self.owner.number, device=self.device.key.device)
        self.channel.send(stanzas.stream_error(conflict="replaced"))
        self.channel.farewell()

    def remove(self) -> None:
        self.channel.send(stanzas.stream_error(code=_DEVICE_REMOVED, conflict="device_removed"))
        self.channel.farewell()

    def abort(self) -> None:
        self.channel.abort()

    def _has_more(self) -> bool:
        return self.mailbox.has_after(self._sent_up_to)

    def _mention_few_prekeys(self) -> None:
        count = self.exchange.devices.count_prekeys(self.device.key)
        if count == _FEW_PREKEYS - 1:
            now = self.exchange.clock.now()
            self.channel.send(stanzas.few_prekeys(count, stanza_id=self.channel.new_id(), now=now))
