"""Who may come in at all: bounds on connections, before anything that is said over them is read.

Descriptors, memory and the loop's time are shared by everything in this process. Whoever connects
and says nothing holds one of a few places; whoever says more than it is read keeps it to itself.
"""

from collections import Counter
from datetime import timedelta
from typing import Any, Protocol

import msgspec
import structlog
from websockets.asyncio.server import ServerConnection
from websockets.frames import CLOSE, PING, PONG, Frame

from controlplane.gateway.budgets import Bucket, Rate, Standing
from shared.seldom import Seldom

log = structlog.get_logger(__name__)

SAY_EVERY = timedelta(seconds=10)
# Addresses whose arrivals are counted; the oldest is forgotten for another.
MAX_ADDRESSES = 4_096
# How much is parsed before it is looked at what it was: a frame can be six bytes long, and one of
# a worker's seldom is shorter than a hundred. Larger pieces once a piece held few frames.
FIRST_SLICE, NEXT_SLICE = 4 * 1024, 16 * 1024
FEW_FRAMES = 32
# Frames that wait to be read: two of the longest, and reading stops.
MAX_QUEUED = (2, 1)


class DoorLimits(msgspec.Struct, frozen=True, kw_only=True):
    """connections: of all. silent: of those that have not said who they are, also for the moment
        in which a fleet of hundreds comes back at once.

    arrivals: of one address. Workers have one each on the bridge; a fleet of 500 that comes anew
        over one address is still let in.
    """

    connections: int = 4_096
    silent: int = 1_024
    arrivals: Rate = Rate(50, 1_000)

    def within(self, descriptors: int) -> "DoorLimits":
        """Where the process may have few: at most half of them; the rest of it needs some too."""
        return DoorLimits(
            connections=min(self.connections, descriptors // 2),
            silent=min(self.silent, descriptors // 4),
            arrivals=self.arrivals,
        )


class Abortable(Protocol):
    def cut(self) -> None: ...


class Door:
    def __init__(self, limits: DoorLimits) -> None:
        self._limits = limits
        self._addresses: dict[Abortable, str] = {}
        self._silent: dict[Abortable, str] = {}  # oldest first
        self._arrivals: dict[str, Bucket] = {}
        self._said = Seldom(SAY_EVERY)

    def __len__(self) -> int:
        return len(self._addresses)

    @property
    def silent(self) -> int:
        return len(self._silent)

    def enter(self, socket: Abortable, address: str) -> bool:
        """False when there is no room; of those that are silent the oldest makes room, of the
        address that has the most of them.
        """
        if not self._arrivals_of(address).try_take():
            self._tell("one address comes too often", address)
            return False
        if len(self._addresses) >= self._limits.connections:
            self._tell("as many connections as there may be", address)
            return False
        self._addresses[socket] = self._silent[socket] = address
        if len(self._silent) > self._limits.silent:
            self._make_room()
        return True

    def spoke(self, socket: Abortable) -> None:
        self._silent.pop(socket, None)

    def leave(self, socket: Abortable) -> None:
        self._silent.pop(socket, None)
        self._addresses.pop(socket, None)

    def _make_room(self) -> None:
        [(crowded, _)] = Counter(self._silent.values()).most_common(1)
        oldest = next(socket for socket, address in self._silent.items() if address == crowded)
        self.leave(oldest)
        oldest.cut()
        self._tell("as many silent connections as there may be", crowded)

    def _arrivals_of(self, address: str) -> Bucket:
        bucket = self._arrivals.pop(address, None) or Bucket(self._limits.arrivals)
        self._arrivals[address] = bucket
        if len(self._arrivals) > MAX_ADDRESSES:
            del self._arrivals[next(iter(self._arrivals))]
        return bucket

    def _tell(self, reason: str, address: str) -> None:
        count = self._said.count(reason)
        if count is not None:
            log.warning("connections.turned_away", reason=reason, count=count, address=address)


class WorkerSocket(ServerConnection):
    """A connection that is counted, and that takes what it is sent in small pieces.

    `websockets` parses all that arrives at once, and answers each ping by itself: 40,000 frames in
    one read would hold up the whole process, and nothing bounds pings.
    """

    def __init__(self, *arguments: Any, door: Door, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._door = door
        self._unparsed = memoryview(b"")
        self._is_paused = False
        self._frames = 0
        # Until it is known whose it is, nobody pings.
        self.controls = Bucket(Rate(1, 10))

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.recv_messages.pause = self._pause
        self.recv_messages.resume = self._resume
        peer = transport.get_extra_info("peername")
        if not self._door.enter(self, str(peer[0]) if peer else ""):
            self.cut()

    def connection_lost(self, exc: Exception | None) -> None:
        self._door.leave(self)
        self._unparsed = memoryview(b"")
        super().connection_lost(exc)

    def cut(self) -> None:
        self.transport.abort()

    def belongs_to(self, standing: Standing, *, max_size: int) -> None:
        """From here on it may send frames of `max_size`, and its pings are the tenant's."""
        self.controls = standing.controls
        self.protocol.max_message_size = max_size

    def data_received(self, data: bytes) -> None:
        self._unparsed = memoryview(bytes(self._unparsed) + data)
        self._parse()

    def process_event(self, event: Any) -> None:
        if isinstance(event, Frame):
            self._frames += 1
            if event.opcode in {PING, PONG, CLOSE} and not self.controls.try_take():
                self.cut()
        super().process_event(event)

    def _parse(self) -> None:
        size = FIRST_SLICE
        while self._unparsed and not self._is_paused and not self.transport.is_closing():
            piece, self._unparsed = self._unparsed[:size], self._unparsed[size:]
            self._frames = 0
            super().data_received(bytes(piece))
            size = NEXT_SLICE if self._frames < FEW_FRAMES else FIRST_SLICE

    def _pause(self) -> None:
        self._is_paused = True
        self.transport.pause_reading()

    def _resume(self) -> None:
        self._is_paused = False
        self.loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        self._parse()
        if not self._is_paused:
            self.transport.resume_reading()
