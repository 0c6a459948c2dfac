"""The engine's events as a hint to look: never the fact itself.

Read in windows that overlap by their last instant. A window that ends before its time means
that something may have been missed, and then everything is looked at.
"""

import asyncio
import json
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
import structlog
from docker.api.client import APIClient
from docker.errors import DockerException
from docker.types.daemon import CancellableStream

from controlplane.containers.docker_views import find_tenant
from controlplane.containers.spec import INSTANCE
from shared.backoff import Backoff
from shared.clock import Clock
from shared.ids import TenantId

log = structlog.get_logger(__name__)

WINDOW = timedelta(seconds=300)
# As many events as the engine itself remembers.
REMEMBERED = 256
KINDS = ["start", "die", "destroy", "pause", "unpause"]
_BACKOFF = Backoff(first=timedelta(milliseconds=200), ceiling=timedelta(seconds=15))


class EventWatch:
    """Calls `wake` for a tenant whose container did something, `wake_all` after any gap."""

    def __init__(
        self,
        *,
        instance: str,
        base_url: str,
        wake: Callable[[TenantId], None],
        wake_all: Callable[[], None],
        clock: Clock,
        window: timedelta = WINDOW,
    ) -> None:
        self._instance = instance
        self._base_url = base_url
        self._wake = wake
        self._wake_all = wake_all
        self._clock = clock
        self._window = window
        self._seen: deque[str] = deque(maxlen=REMEMBERED)
        self._since = ""

    async def run(self) -> None:
        """Watches until cancelled."""
        failures = 0
        self._since = _stamp(self._clock.now())
        while True:
            began = self._clock.now()
            try:
                complete = await self._read_window(began + self._window)
            except (DockerException, requests.RequestException, OSError) as error:
                log.warning("events.lost", error=str(error))
                complete = False
            # The engine closes a window at its end; earlier means that the engine went away.
            if complete and self._clock.now() - began >= self._window:
                failures = 0
                continue
            failures += 1
            self._wake_all()
            await asyncio.sleep(_BACKOFF.delay(failures).total_seconds())
            # What happened in the gap is found by looking; the ring may not hold it any more.
            self._since = _stamp(self._clock.now())

    async def _read_window(self, until: datetime) -> bool:
        """One blocking stream in a thread of its own; cancelling closes the stream."""
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[bool] = loop.create_future()
        stream = _Stream(self._base_url)

        def tell(event: Mapping[str, Any]) -> None:
            loop.call_soon_threadsafe(self._notice, event)

        def finish(error: Exception | None) -> None:
            if not ended.done():
                ended.set_exception(error) if error else ended.set_result(True)

        def read() -> None:
            error: Exception | None = None
            try:
                for event in stream.read(self._instance, since=self._since, until=_stamp(until)):
                    tell(event)
            except (DockerException, requests.RequestException, OSError, ValueError) as caught:
                error = caught if isinstance(caught, OSError | DockerException) else OSError(caught)
            if not loop.is_closed():
                loop.call_soon_threadsafe(finish, error)

        # Not of a pool: an executor's thread that waits for an event would hold up the exit.
        threading.Thread(target=read, name="docker-events", daemon=True).start()
        try:
            return await ended
        finally:
            stream.close()

    def _notice(self, event: Mapping[str, Any]) -> None:
        actor = event.get("Actor", {})
        key = f"{event.get('timeNano')}{actor.get('ID')}{event.get('Action')}"
        if key in self._seen:
            return
        self._seen.append(key)
        self._since = _stamp_nanoseconds(int(event.get("timeNano", 0)))
        tenant_id = find_tenant(actor.get("Attributes", {}))
        if tenant_id is not None:
            self._wake(tenant_id)


class _Stream:
    """A stream that another thread may close while one waits in it."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._lock = threading.Lock()
        self._stream: CancellableStream | None = None
        self._closed = False

    def read(self, instance: str, *, since: str, until: str) -> Iterator[Mapping[str, Any]]:
        filters = {"type": "container", "label": f"{INSTANCE}={instance}", "event": KINDS}
        with closing(APIClient(base_url=self._base_url)) as client:
            stream = client.events(since=since, until=until, filters=filters)
            # Closing the stream ends the wait; the response still holds the socket.
            with closing(stream._response):  # noqa: SLF001  nothing public gives it
                with self._lock:
                    self._stream = None if self._closed else stream
                if self._stream is None:
                    return
                for line in stream:
                    yield json.loads(line)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            if self._stream is not None:
                self._stream.close()
                self._stream = None


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC).timestamp():.6f}"


def _stamp_nanoseconds(nanoseconds: int) -> str:
    return f"{nanoseconds // 1_000_000_000}.{nanoseconds % 1_000_000_000:09d}"
