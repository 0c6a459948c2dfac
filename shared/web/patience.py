"""HTTP connections that are no request in time: uvicorn itself waits for one for ever."""

import asyncio
from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol

# A browser or a program sends all of it in one packet or a few.
HEAD_WITHIN = 10.0
# Bytes of request line and headers; uvicorn's own bound holds for one of its two parsers alone.
MAX_HEAD = 64 * 1024

# Which of the two it is, is found when uvicorn is imported.
_Protocol: Any = AutoHTTPProtocol


class PatientProtocol(_Protocol):  # type: ignore[misc]
    """Closes a connection whose next request does not begin, or whose head does not end in time."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._head = 0
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_ended()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self._is_between_requests:
            self._head_ended()
            return
        self._head += len(data)
        self._await_head()
        if self._head > MAX_HEAD:
            self.transport.close()

    @property
    def _is_between_requests(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _await_head(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_WITHIN, self._give_up)

    def _head_ended(self) -> None:
        self._head = 0
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        if self._is_between_requests:
            self.transport.close()
