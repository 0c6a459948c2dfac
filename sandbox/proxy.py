"""The way in for an unmodified client: a proxy that knows two destinations."""

import asyncio
import socket
from datetime import timedelta

import structlog

from sandbox.media.addresses import MEDIA_HOST
from sandbox.sockets import reset
from shared.tasks import TaskGroup

log = structlog.get_logger(__name__)

_OURS = (".whatsapp.com", ".whatsapp.net")
_TLS_PORT = "443"
_REQUEST_TIMEOUT = timedelta(seconds=10)
_CHUNK = 1 << 16
_LONGEST_REQUEST = 1 << 14

Address = tuple[str, int]


class Proxy:
    """Sends `CONNECT *.whatsapp.com/.net:443` to our TLS ports and refuses all else."""

    def __init__(self, *, chat: Address, media: Address) -> None:
        self._chat, self._media = chat, media

    async def start(self, listener: socket.socket) -> asyncio.Server:
        return await asyncio.start_server(self._client, sock=listener, limit=_LONGEST_REQUEST)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._tunnel(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            log.debug("proxy.lost")
        finally:
            writer.close()

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(_REQUEST_TIMEOUT.total_seconds()):
            head = await reader.readuntil(b"\r\n\r\n")
        target = wanted_host(head)
        if target is None:
            log.warning("proxy.refused")
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            return
        destination = self._media if target == MEDIA_HOST else self._chat
        onward_reader, onward_writer = await asyncio.open_connection(*destination)
        try:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            async with TaskGroup() as tasks:
                up = tasks.supervise("proxy.up", _copy(reader, onward_writer))
                down = tasks.supervise("proxy.down", _copy(onward_reader, writer))
                # Either side gone is both gone: websockets do not half-close.
                done, _ = await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
                if down in done and down.result():
                    reset(writer.transport)  # the client is to see what our server did
        finally:
            onward_writer.close()


def wanted_host(head: bytes) -> str | None:
    """The host of a `CONNECT` that we serve, else None."""
    words = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
    if len(words) != 3 or words[0] != "CONNECT":
        return None
    host, _, port = words[1].lower().rpartition(":")
    return host if port == _TLS_PORT and host.endswith(_OURS) else None


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Whether the end was a reset."""
    try:
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
    except ConnectionResetError:
        return True
    except OSError:
        return False
    return False
