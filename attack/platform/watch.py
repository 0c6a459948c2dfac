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


class Watch:
    """Knows the processes as they were last seen."""

    def __init__(self, target: Target, client: httpx.AsyncClient) -> None:
        self._target = target
        self._client = client
        self._seen = {part: target.installation.identify(part) for part in SHARED}

    async def describe_end(self) -> str:
        """What ended since this was asked last; empty when nothing did. Waits until it is back."""
        now = {part: self._target.installation.identify(part) for part in SHARED}
        ended = [part for part in SHARED if self._seen[part] != now[part] or now[part] is None]
        if not ended:
            return ""
        is_back = await self.await_return()
        self._seen = {part: self._target.installation.identify(part) for part in SHARED}
        names = " and ".join(ended)
        return f"{names} ended, for every tenant" + ("" if is_back else ", and did not come back")

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
