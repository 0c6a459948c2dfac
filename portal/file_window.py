"""Where the control plane gives the files of messages: the only code here that speaks to it."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus
from uuid import UUID

import httpcore
import msgspec
import structlog

from shared.errors import FlowHQError, NotFoundError
from shared.file_slips import SESSION, SlipWindow, sign_slip
from shared.ids import TenantId
from shared.socket_files import short_name

log = structlog.get_logger(__name__)

# The control plane waits 20 s for WhatsApp, and then says so.
_PATIENCE = {"connect": 5.0, "read": 40.0, "write": 5.0, "pool": 5.0}
# Of one business, at once. Each holds connections, here and there, for as long as a browser takes.
MOST_AT_ONCE = 16
_TROUBLE = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError)


class WhyNot(StrEnum):
    """AWAY: the control plane cannot be reached, or does not do what was asked.
    BUSY: the business has too many files on their way. RANGE: the file is shorter than the
    browser thought.
    """

    GONE = "GONE"
    TOO_LARGE = "TOO_LARGE"
    BROKEN = "BROKEN"
    NOT_YET = "NOT_YET"
    RANGE = "RANGE"
    BUSY = "BUSY"
    AWAY = "AWAY"


_REASONS = {
    410: WhyNot.GONE,
    413: WhyNot.TOO_LARGE,
    416: WhyNot.RANGE,
    502: WhyNot.BROKEN,
    503: WhyNot.NOT_YET,
    507: WhyNot.NOT_YET,
}


class NoFileError(FlowHQError):
    """The file of a message cannot be given, or not now."""

    def __init__(self, why: WhyNot) -> None:
        super().__init__(why.value)
        self.why = why


class GivenFile(msgspec.Struct, frozen=True, kw_only=True):
    """content: in pieces, as they arrive. length: of that, in bytes. span: which bytes of the
    file these are, as HTTP says it; None for all of it.
    """

    mime_type: str
    length: str
    span: str | None
    content: AsyncIterator[bytes]


class FileWindow:
    """window: None where this portal was told of none."""

    def __init__(self, window: SlipWindow | None) -> None:
        self._window = window
        self._under_way = Counter[TenantId]()

    @property
    def is_there(self) -> bool:
        return self._window is not None

    async def ask(
        self, tenant_id: TenantId, log_id: UUID, *, session: str, span: str | None, now: datetime
    ) -> GivenFile:
        """session: the token that the browser holds. Raises NotFoundError, NoFileError."""
        if self._window is None:
            raise NotFoundError("this portal gives no files")
        if self._under_way[tenant_id] >= MOST_AT_ONCE:
            raise NoFileError(WhyNot.BUSY)
        slip = sign_slip(self._window.secret, tenant_id, log_id, now=now)
        headers = {
            "Authorization": f"FlowHQ-Slip {slip}",
            SESSION: session,
            **({"Range": span} if span else {}),
        }
        opened: asyncio.Future[httpcore.Response] = asyncio.get_running_loop().create_future()
        content = self._count(
            tenant_id, _bring(self._window, f"/files/{tenant_id}/{log_id}", headers, opened)
        )
        try:
            # Begun here, for what has begun is ended by the loop when nobody holds it any more:
            # a browser may be gone before it took anything.
            await anext(content)
        except (*_TROUBLE, OSError) as error:
            log.warning("file.not_asked_for", tenant_id=tenant_id, error=repr(error))
            raise NoFileError(WhyNot.AWAY) from error
        given = _to_given(opened.result(), content)
        if given is None:
            await content.aclose()
            raise _to_error(opened.result().status, tenant_id)
        return given

    async def _count(
        self, tenant_id: TenantId, content: AsyncGenerator[bytes]
    ) -> AsyncGenerator[bytes]:
        self._under_way[tenant_id] += 1
        try:
            async with aclosing(content):
                async for piece in content:
                    yield piece
        finally:
            self._under_way -= Counter({tenant_id: 1})  # which forgets those that have none


async def _bring(
    window: SlipWindow,
    path: str,
    headers: dict[str, str],
    opened: asyncio.Future[httpcore.Response],
) -> AsyncGenerator[bytes]:
    """Nothing first, once it is known what is answered; then what the answer holds."""
    with short_name(window.socket) as name:
        async with (
            httpcore.AsyncConnectionPool(uds=name, max_keepalive_connections=0) as pool,
            pool.stream(
                "GET",
                f"http://controlplane{path}",
                headers=[*headers.items()],
                extensions={"timeout": _PATIENCE},
            ) as answer,
        ):
            opened.set_result(answer)
            yield b""
            try:
                async for piece in answer.aiter_stream():
                    yield piece
            except _TROUBLE as error:
                # Too late for another answer: the browser sees that it is not all.
                log.warning("file.broke_off", error=repr(error))


def _to_given(answer: httpcore.Response, content: AsyncIterator[bytes]) -> GivenFile | None:
    headers = {name.lower(): value.decode("latin-1") for name, value in answer.headers}
    is_file = answer.status in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}
    if not is_file or not {b"content-type", b"content-length"} <= headers.keys():
        return None
    return GivenFile(
        mime_type=headers[b"content-type"],
        length=headers[b"content-length"],
        span=headers.get(b"content-range"),
        content=content,
    )


def _to_error(status: int, tenant_id: TenantId) -> FlowHQError:
    if status == HTTPStatus.NOT_FOUND:
        return NotFoundError("the control plane knows no such file")
    if status not in _REASONS:
        log.error("file.refused", tenant_id=tenant_id, status=status)
    return NoFileError(_REASONS.get(status, WhyNot.AWAY))
