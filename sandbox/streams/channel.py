"""One client's encrypted connection: stanzas in, stanzas out."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from enum import Enum, auto

import structlog
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from sandbox.faults.faults import Faults
from sandbox.sockets import reset
from sandbox.store import Store
from sandbox.wire.binary_xml import Codec
from sandbox.wire.frames import Splitter, frame
from sandbox.wire.nodes import Node
from sandbox.wire.noise import Greeting, Handshake, NoiseError, ServerIdentity

log = structlog.get_logger(__name__)

_HANDSHAKE_TIMEOUT = timedelta(seconds=20)
# A client that is told to go closes first; only then do we, or it may miss the telling.
_FAREWELL = timedelta(milliseconds=500)


class _Ending(Enum):
    FAREWELL = auto()
    RESET = auto()


class Frames:
    """The payloads of a websocket's byte stream."""

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection
        self._splitter = Splitter()
        self._ready: list[bytes] = []

    async def next(self) -> bytes:
        """Raises ConnectionClosed at the end, NoiseError when the client sends text."""
        while not self._ready:
            message = await self._connection.recv()
            if isinstance(message, str):
                raise NoiseError("a text message on a binary stream")
            self._ready.extend(self._splitter.feed(message))
        return self._ready.pop(0)


async def greet(connection: ServerConnection, frames: Frames, identity: ServerIdentity) -> Greeting:
    """Shakes hands. Raises NoiseError, ProtobufError, TimeoutError or ConnectionClosed."""
    async with asyncio.timeout(_HANDSHAKE_TIMEOUT.total_seconds()):
        handshake = Handshake(identity)
        await connection.send(frame(handshake.answer(await frames.next())))
        return handshake.finish(await frames.next())


class Channel:
    def __init__(
        self,
        connection: ServerConnection,
        frames: Frames,
        greeting: Greeting,
        *,
        codec: Codec,
        store: Store,
    ) -> None:
        self._connection = connection
        self._frames = frames
        self._incoming, self._outgoing = greeting.incoming, greeting.outgoing
        self._codec = codec
        self._store = store
        self._queue: asyncio.Queue[bytes | _Ending] = asyncio.Queue()
        self._stanzas_sent = 0
        self._faults = Faults()

    def suffer(self, faults: Faults) -> None:
        """From now on the connection is as good as the client's phone is made to have."""
        self._faults = faults

    async def watch(self) -> None:
        """Lets whoever waits for a half-open connection know of its end."""
        await self._connection.wait_closed()
        self._faults.changed.ring()

    def new_id(self) -> str:
        self._stanzas_sent += 1
        return f"{id(self) & 0xFFFFFF}-{self._stanzas_sent}"

    def send(self, node: Node) -> None:
        """Queues a stanza. What it rests on is saved first, so that a kill cannot unsay it."""
        self._store.commit()
        # Sealed and queued in one step: the counter must not run against the order.
        self._queue.put_nowait(frame(self._outgoing.seal(self._codec.encode(node))))

    def farewell(self) -> None:
        """Closes once everything queued is out and the client had time to go by itself."""
        self._queue.put_nowait(_Ending.FAREWELL)

    def abort(self) -> None:
        """Cuts the connection as a network would."""
        self._connection.transport.abort()

    def reset(self) -> None:
        """Cuts it with a TCP reset, once everything queued is out."""
        self._queue.put_nowait(_Ending.RESET)

    async def write(self) -> None:
        """Sends what is queued, until the connection ends."""
        try:
            while isinstance(item := await self._queue.get(), bytes):
                await self._faults.until_open(self._is_over)
                await self._connection.send(item)
            if item is _Ending.RESET:
                reset(self._connection.transport)
                return
            await asyncio.sleep(_FAREWELL.total_seconds())
            await self._connection.close()
        except ConnectionClosed:
            return

    async def nodes(self) -> AsyncIterator[Node]:
        """Raises NoiseError or BinaryXmlError when the client is out of step."""
        while True:
            try:
                payload = await self._frames.next()
            except ConnectionClosed:
                return
            await self._faults.until_open(self._is_over)
            await asyncio.sleep(self._faults.script.read_pause)
            yield self._codec.decode(self._incoming.open(payload))

    def _is_over(self) -> bool:
        return self._connection.state is State.CLOSED
