"""The worker's end of the gateway connection: dials, stays, and dials again.

The bot does not need it: while it is down, events wait on the volume and the last known
configuration answers.
"""

import asyncio
from datetime import timedelta

import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from shared.backoff import Backoff
from shared.errors import PermanentError, TransientError
from shared.questions import NoAnswerError
from shared.wire import frames
from shared.wire.files import AskPiece, FileMissing, Piece
from shared.wire.frames import Hello, Refused, Welcome
from worker.uplink.connection import Connection, Local

log = structlog.get_logger(__name__)

# Full jitter: each wait is anywhere between nothing and twice the figure, so 5 s at most. What is
# not in the log yet waits for this, so it is short; a gateway that only restarts is back in 1 s.
# A fleet of 500 then dials 200 times a second while nobody listens (a refused dial costs the
# machine next to nothing) and comes back at 100 a second, a third of what one gateway admits
# (scripts/bench/gateway.py).
RECONNECT = Backoff(first=timedelta(seconds=0.5), ceiling=timedelta(seconds=2.5), spread=1.0)
OPEN_TIMEOUT = timedelta(seconds=10)
# A connection that lasted this long was a good one: the next failure is a first one again.
STABLE = timedelta(seconds=10)


class GatewayUnreachableError(TransientError):
    """No connection, or it ended before it began."""


class TokenRefusedError(PermanentError):
    """The gateway does not accept this worker's token."""


class Uplink:
    """`local` is what the connection reads from and writes to in this process."""

    def __init__(
        self, url: str, hello: Hello, local: Local, *, backoff: Backoff = RECONNECT
    ) -> None:
        self._url = url
        self._hello = hello
        self._local = local
        self._backoff = backoff
        self._current: Connection | None = None
        self._closed = False

    @property
    def is_connected(self) -> bool:
        return self._current is not None

    async def run(self) -> None:
        """Returns when closed or when a newer worker took over; raises TokenRefusedError.

        Everything else is waited out.
        """
        failures = 0
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                if await self._stay_connected():
                    log.warning("uplink.superseded")
                    return
                if self._closed:
                    return
                log.info("uplink.lost")
            except GatewayUnreachableError as error:
                tell_unreachable(error, failures + 1)
            failures = 1 if loop.time() - began > STABLE.total_seconds() else failures + 1
            await asyncio.sleep(self._backoff.delay(failures).total_seconds())

    def wake(self) -> None:
        """There is something to tell: an event, a changed link, a line of log."""
        if self._current is not None:
            self._current.wake()

    async def flush(self, *, grace: timedelta) -> bool:
        """Waits until the gateway has every event; False when it has not."""
        current = self._current
        if current is None:
            return False
        return await current.flush(grace=grace)

    async def ask(self, request: AskPiece) -> Piece | FileMissing:
        """Raises NoAnswerError, also when there is no connection."""
        if self._current is None:
            raise NoAnswerError("there is no connection")
        return await self._current.ask(request)

    async def aclose(self) -> None:
        """Says goodbye; `run` returns."""
        self._closed = True
        if self._current is not None:
            await self._current.aclose()

    async def _stay_connected(self) -> bool:
        """True when a newer worker took over."""
        try:
            # proxy=None: HTTPS_PROXY in a worker leads to WhatsApp, never to the gateway.
            socket = await connect(
                self._url,
                proxy=None,
                compression=None,
                open_timeout=OPEN_TIMEOUT.total_seconds(),
                max_size=frames.MAX_FRAME_BYTES,
            )
        except (OSError, InvalidHandshake, TimeoutError) as error:
            raise GatewayUnreachableError(str(error) or type(error).__name__) from error
        except InvalidURI as error:
            raise TokenRefusedError(
                f"the gateway's address is no WebSocket URL: {error}"
            ) from error
        async with socket:
            welcome = await self._introduce(socket)
            log.info("uplink.connected", epoch=welcome.epoch)
            connection = Connection(socket, welcome, self._local)
            self._current = connection
            try:
                return await connection.serve()
            finally:
                self._current = None

    async def _introduce(self, socket: ClientConnection) -> Welcome:
        try:
            async with asyncio.timeout(OPEN_TIMEOUT.total_seconds()):
                await socket.send(frames.encode(self._hello))
                answer = frames.decode_from_gateway(_binary(await socket.recv()))
        except (ConnectionClosed, TimeoutError, ValueError) as error:
            problem = f"no welcome: {str(error) or type(error).__name__}"
            raise GatewayUnreachableError(problem) from error
        match answer:
            case Welcome():
                return answer
            case Refused(detail=detail):
                raise TokenRefusedError(f"the gateway refused this worker: {detail}")
            case _:
                raise GatewayUnreachableError(f"no welcome, but {type(answer).__name__}")


def tell_unreachable(error: GatewayUnreachableError, failures: int) -> None:
    """At 1, 2, 4, 8 … failures: an outage of a night must not push all else out of the log."""
    if failures.bit_count() == 1:
        log.warning("uplink.unreachable", problem=str(error), failures=failures)


def _binary(data: str | bytes) -> bytes:
    return data.encode() if isinstance(data, str) else data
