"""The engine's endless answers, read in a thread of their own: whoever reads one waits in it."""

import asyncio
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Generic, TypeVar

import requests
from docker.api.client import APIClient
from docker.errors import APIError, DockerException
from docker.types.daemon import CancellableStream

ItemT = TypeVar("ItemT")
_FAILURES = (DockerException, requests.RequestException, OSError, ValueError, struct.error)


class EngineStream(Generic[ItemT]):
    """Reads from now on. ended: done when the engine has said all, or with what went wrong.

    parse: of each piece, in the thread. tell: is given the result, in the loop.
    """

    def __init__(
        self,
        base_url: str,
        open_stream: Callable[[APIClient], CancellableStream],
        *,
        parse: Callable[[bytes], ItemT],
        tell: Callable[[ItemT], None],
    ) -> None:
        self._base_url = base_url
        self._open = open_stream
        self._parse = parse
        self._tell = tell
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._stream: CancellableStream | None = None
        self._closed = False
        self.ended: asyncio.Future[None] = self._loop.create_future()
        # Not of a pool: an executor's thread that waits in a stream would hold up the exit.
        threading.Thread(target=self._run, name="engine-stream", daemon=True).start()

    def close(self) -> None:
        """Ends the wait, too, that the thread may be in."""
        if not self.ended.cancel() and not self.ended.cancelled():
            self.ended.exception()  # nobody asks any more; unasked, the loop would complain
        with self._lock:
            self._closed = True
            if self._stream is not None:
                self._stream.close()
                self._stream = None

    def _run(self) -> None:
        error: Exception | None = None
        try:
            for item in self._read():
                self._loop.call_soon_threadsafe(self._tell, item)
        except _FAILURES as caught:
            if isinstance(caught, APIError) and caught.response is not None:
                # A refused stream is not read to its end, and would keep its socket.
                caught.response.close()
            error = caught if isinstance(caught, OSError | DockerException) else OSError(caught)
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._finish, error)

    def _read(self) -> Iterator[ItemT]:
        with closing(APIClient(base_url=self._base_url)) as client:
            stream = self._open(client)
            # Closing the stream ends the wait; the response still holds the socket.
            with closing(stream._response):  # noqa: SLF001  nothing public gives it
                with self._lock:
                    self._stream = None if self._closed else stream
                if self._stream is None:
                    return
                for piece in stream:
                    yield self._parse(piece)

    def _finish(self, error: Exception | None) -> None:
        if self.ended.done():
            return
        if error is None:
            self.ended.set_result(None)
        else:
            self.ended.set_exception(error)
