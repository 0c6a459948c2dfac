"""Reads a file from a URL, as `controlplane.media.addresses` allows.

The name is looked up once, every address that it has is judged, and the connection goes to one
of them: a name that answers differently the second time is not asked a second time. Redirects
are followed by hand, each judged like the first URL. No proxy: it would look the name up itself.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from urllib.parse import urljoin

import httpcore
import msgspec

from controlplane.media.addresses import is_public, parse_address
from shared.errors import ConflictError, InvalidInputError

PATIENCE = timedelta(seconds=30)
MAX_REDIRECTS = 3
_FIELD = "url"
_REDIRECTS = {301, 302, 303, 307, 308}
_HEADERS = (("Accept", "*/*"), ("Accept-Encoding", "identity"), ("User-Agent", "FlowHQ"))


class Remote(msgspec.Struct, frozen=True, kw_only=True):
    """declared: its `Content-Type`. length: its `Content-Length`, if it has one."""

    declared: str
    length: int | None
    content: AsyncIterator[bytes]


OpenUrl = Callable[[str], AbstractAsyncContextManager[Remote]]
LookUp = Callable[[str, int], Awaitable[list[str]]]


async def look_up(host: str, port: int) -> list[str]:
    """Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class UrlsSwitchedOffError(ConflictError):
    """The operator does not let files be fetched from URLs."""


def refuse_url(url: str) -> AbstractAsyncContextManager[Remote]:  # noqa: ARG001  as `open_url`
    """In place of `open_url` where it is switched off."""
    raise UrlsSwitchedOffError("Fetching from URLs is switched off: FLOWHQ_MEDIA_FROM_URLS.")


class _PublicOnly(httpcore.AsyncNetworkBackend):
    """Connects to public addresses, and to what was judged."""

    def __init__(self, look_up: LookUp) -> None:
        self._look_up = look_up
        self._plain = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            addresses = await self._look_up(host, port)
        except OSError as error:
            raise InvalidInputError(_FIELD, "names a host that is not known") from error
        if not addresses or not all(is_public(address) for address in addresses):
            raise InvalidInputError(_FIELD, "leads to an address that is not public")
        return await self._plain.connect_tcp(
            addresses[0], port, timeout, local_address, socket_options
        )


@asynccontextmanager
async def open_url(
    url: str,
    *,
    look_up: LookUp = look_up,
    ssl_context: ssl.SSLContext | None = None,
    patience: timedelta = PATIENCE,
) -> AsyncIterator[Remote]:
    """Everything together takes `patience` at most. Raises InvalidInputError."""
    context = ssl_context or await asyncio.to_thread(ssl.create_default_context)
    try:
        async with (
            asyncio.timeout(patience.total_seconds()),
            httpcore.AsyncConnectionPool(
                ssl_context=context, network_backend=_PublicOnly(look_up)
            ) as pool,
            _follow(pool, url) as response,
        ):
            yield _to_remote(response)
    except TimeoutError as error:
        raise InvalidInputError(_FIELD, "does not answer in time") from error
    except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
        problem = str(error) or type(error).__name__
        raise InvalidInputError(_FIELD, f"cannot be read: {problem}") from error


@asynccontextmanager
async def _follow(pool: httpcore.AsyncConnectionPool, url: str) -> AsyncIterator[httpcore.Response]:
    for _ in range(MAX_REDIRECTS + 1):
        problem = parse_address(url)
        if isinstance(problem, str):
            raise InvalidInputError(_FIELD, problem)
        async with pool.stream("GET", url, headers=list(_HEADERS)) as response:
            if response.status not in _REDIRECTS:
                yield response
                return
            url = urljoin(url, _header(response, b"location"))
    raise InvalidInputError(_FIELD, f"redirects more than {MAX_REDIRECTS} times")


def _to_remote(response: httpcore.Response) -> Remote:
    if response.status != 200:
        raise InvalidInputError(_FIELD, f"answers {response.status}, not 200")
    if _header(response, b"content-encoding") not in {"", "identity"}:
        raise InvalidInputError(_FIELD, "answers compressed, although it was asked not to")
    length = _header(response, b"content-length")
    return Remote(
        declared=_header(response, b"content-type"),
        length=int(length) if length.isdecimal() else None,
        content=response.aiter_stream(),
    )


def _header(response: httpcore.Response, name: bytes) -> str:
    values = (value for each, value in response.headers if each.lower() == name)
    return next(values, b"").decode("latin-1")
