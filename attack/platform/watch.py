"""Whether the processes that everybody shares live on: a check that ends one has found a breach."""

import asyncio
import time
from datetime import timedelta

import httpx

from attack.platform.target import Target

# A supervisor looks every second; a control plane that starts waits for database and engine.
RETURN_TIME = timedelta(seconds=45)
SHARED = ("controlplane", "portal")
LOOK_EVERY = 0.25
# A machine that is busy answers late.
MOST_SILENCE = 3.0


class Watch:
    """Knows the processes as they were last seen."""

    def __init__(self, target: Target, client: httpx.AsyncClient) -> None:
        self._target = target
        self._client = client
        self._seen = self._identify()
        self._looking = asyncio.Lock()

    async def describe_end(self) -> str:
        """What ended since this was asked last; empty when nothing did. Waits until it is back."""
        async with self._looking:
            # One that is about to end lives for a while, and takes no more connections.
            if self._seen == self._identify() and await self._are_ready():
                return ""
            began = time.monotonic()
            is_back = await self.await_return()
            waited, before = time.monotonic() - began, self._seen
            self._seen = self._identify()
        ended = [part for part in SHARED if before[part] != self._seen[part]]
        if ended:
            names = " and ".join(ended)
            return f"{names} ended, for every tenant" + ("" if is_back else ", and is not back")
        return f"nobody was answered for {waited:.0f} s" if waited > MOST_SILENCE else ""

    def _identify(self) -> dict[str, str | None]:
        return {part: self._target.installation.identify(part) for part in SHARED}

    async def await_return(self, within: timedelta = RETURN_TIME) -> bool:
        """Whether both sites say within that time that they are ready."""
        deadline = time.monotonic() + within.total_seconds()
        while time.monotonic() < deadline:
            if await self._are_ready():
                return True
            await asyncio.sleep(LOOK_EVERY)
        return False

    async def _are_ready(self) -> bool:
        try:
            for site in (self._target.api, self._target.portal):
                answer = await self._client.get(f"{site}/readyz", timeout=5)
                if answer.status_code != httpx.codes.OK:
                    return False
        except httpx.HTTPError:
            return False
        return all(self._target.installation.identify(part) for part in SHARED)
