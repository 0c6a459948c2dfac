"""One client's encrypted connection: stanzas in, stanzas out."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import structlog
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from sandbox.store import Store
from sandbox.wire.binary_xml import Codec
from sandbox.wire.frames import Splitter, frame
from sandbox.wire.nodes import Node
from sandbox.wire.noise import Greeting, Handshake, NoiseError, ServerIdentity

log = structlog.get_logger(__name__)

_HANDSHAKE_TIMEOUT = timedelta(seconds=20)
# A client that is told to go closes first; only then do we, or it may miss the telling.
_FAREWELL = timedelta(milliseconds=500)


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
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._stanzas_sent = 0

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
        self._queue.put_nowait(None)

    def abort(self) -> None:
        """Cuts the connection as a network would."""
        self._connection.transport.abort()

    async def write(self) -> None:
        """Sends what is queued, until the connection ends."""
        try:
            while (sealed := await self._queue.get()) is not None:
                await self._connection.send(sealed)
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
            yield self._codec.decode(self._incoming.open(payload))
