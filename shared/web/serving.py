"""One listening socket, one server, and an end in order: the process owns its signals."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from signal import SIGINT, SIGTERM

import uvicorn
from litestar.types import ASGIApp

from shared.descriptors import raise_descriptor_limit
from shared.web.patience import PatientProtocol

GRACE_SECONDS = 5


def stop_on_signals() -> asyncio.Event:
    """Set at SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for signal in (SIGTERM, SIGINT):
        asyncio.get_running_loop().add_signal_handler(signal, stop.set)
    return stop


@contextmanager
def listening_socket(host: str, port: int) -> Iterator[socket.socket]:
    """Bound before anything else is touched: a port that is taken is an answer to give first."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
        except OSError as error:
            raise OSError(f"{host}:{port} cannot be listened on: {error.strerror}") from error
        yield listening


async def serve(app: ASGIApp, listening: socket.socket) -> None:
    """Until cancelled: then it takes no more, answers what it was asked, and returns."""
    raise_descriptor_limit()
    # No access log: paths hold tokens of mails.
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        http=PatientProtocol,
    )
    await _Server(config).serve(sockets=[listening])


class _Server(uvicorn.Server):
    """Leaves the signals to us: one handler ends the whole process in order.

    It is told to end by a cancellation, which would otherwise skip its own end: requests would
    be left where they are, with connections of the database that nobody gives back.
    """

    async def main_loop(self) -> None:
        with suppress(asyncio.CancelledError):
            await super().main_loop()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
