"""Which tenants to look at: each once however often it is woken, never while it is worked on."""

import asyncio
from collections.abc import Collection
from datetime import timedelta

from shared.ids import TenantId


class WakeQueue:
    def __init__(self) -> None:
        self._woken: set[TenantId] = set()
        self._everything = False
        self._busy: set[TenantId] = set()
        self._postponed: set[TenantId] = set()
        self._timers: dict[TenantId, asyncio.TimerHandle] = {}
        self._changed = asyncio.Event()

    @property
    def busy(self) -> frozenset[TenantId]:
        """Those that are not to be touched now."""
        return frozenset(self._busy | self._postponed)

    def wake(self, tenant_id: TenantId) -> None:
        self._woken.add(tenant_id)
        self._changed.set()

    def wake_all(self) -> None:
        self._everything = True
        self._changed.set()

    def wake_at(self, tenant_id: TenantId, delay: timedelta) -> None:
        """Wakes after `delay`; a later call for the same tenant takes the place of an earlier."""
        self._set_timer(tenant_id, delay)

    def postpone(self, tenant_id: TenantId, delay: timedelta) -> None:
        """Leaves the tenant alone for `delay`, whatever wakes it."""
        self._postponed.add(tenant_id)
        self._set_timer(tenant_id, delay)

    async def take(self) -> Collection[TenantId] | None:
        """Waits until there is something to look at; None stands for everything."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            blocked = self._busy | self._postponed
            if self._everything:
                # Those at work are looked at once more when they are done.
                self._everything, self._woken = False, blocked
                return None
            ready = self._woken - blocked
            if ready:
                self._woken &= blocked
                return ready

    def put_back(self, tenant_ids: Collection[TenantId] | None) -> None:
        """After a pass that failed: what it took is still to be looked at."""
        if tenant_ids is None:
            self.wake_all()
        else:
            self._woken.update(tenant_ids)
            self._changed.set()

    def begin(self, tenant_id: TenantId) -> None:
        self._busy.add(tenant_id)

    def finish(self, tenant_id: TenantId) -> None:
        self._busy.discard(tenant_id)
        self._changed.set()

    def aclose(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _set_timer(self, tenant_id: TenantId, delay: timedelta) -> None:
        earlier = self._timers.pop(tenant_id, None)
        if earlier is not None:
            earlier.cancel()
        loop = asyncio.get_running_loop()
        seconds = max(delay.total_seconds(), 0)
        self._timers[tenant_id] = loop.call_later(seconds, self._ring, tenant_id)

    def _ring(self, tenant_id: TenantId) -> None:
        del self._timers[tenant_id]
        self._postponed.discard(tenant_id)
        self.wake(tenant_id)
