"""The engine's events as a hint to look: never the fact itself.

Read in windows that overlap by their last instant. A window that ends before its time means
that something may have been missed, and then everything is looked at.
"""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
import structlog
from docker.api.client import APIClient
from docker.errors import DockerException
from docker.types.daemon import CancellableStream

from controlplane.containers.docker_views import find_tenant
from controlplane.containers.engine_stream import EngineStream
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
                await self._read_window(began + self._window)
                complete = True
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

    async def _read_window(self, until: datetime) -> None:
        def open_events(client: APIClient) -> CancellableStream:
            filters = {"type": "container", "label": f"{INSTANCE}={self._instance}", "event": KINDS}
            found: CancellableStream = client.events(
                since=self._since, until=_stamp(until), filters=filters
            )
            return found

        stream = EngineStream(self._base_url, open_events, parse=_parse, tell=self._notice)
        try:
            await stream.ended
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


def _parse(line: bytes) -> Mapping[str, Any]:
    event: Mapping[str, Any] = json.loads(line)
    return event


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC).timestamp():.6f}"


def _stamp_nanoseconds(nanoseconds: int) -> str:
    return f"{nanoseconds // 1_000_000_000}.{nanoseconds % 1_000_000_000:09d}"
