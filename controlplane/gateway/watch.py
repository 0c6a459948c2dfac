"""Tells connected workers a level again, whenever somebody has changed it."""

import asyncio
from abc import ABC, abstractmethod
from datetime import timedelta

import structlog

from controlplane.containment import contained
from controlplane.gateway.connections import Connections
from shared.db.listening import Listener
from shared.errors import TransientError
from shared.ids import TenantId
from shared.tasks import TaskGroup

log = structlog.get_logger(__name__)

RETRY = timedelta(seconds=1)
# Whoever may speak to the database may say at any rate that something changed. A person sees no
# tenth of a second, and at most half of the time is spent on looking.
PACE = timedelta(milliseconds=100)


class Watch(ABC):
    """A level, not an edge: what is told is what the rows say then, however often they changed."""

    def __init__(self, connections: Connections) -> None:
        self.connections = connections
        self._due: set[TenantId] = set()
        self._wake = asyncio.Event()

    @abstractmethod
    async def tell(self, tenant_id: TenantId) -> None:
        """A tenant whose worker is connected. Raises TransientError."""

    def changed(self, tenant_id: TenantId) -> None:
        if tenant_id in self.connections.tenants:  # else it is told when it comes
            self._due.add(tenant_id)
            self._wake.set()

    def missed(self) -> None:
        self._due.update(self.connections.tenants)
        self._wake.set()

    async def run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            began = asyncio.get_running_loop().time()
            try:
                async with contained(type(self).__name__):
                    await self.run_once()
            except TransientError as error:
                log.warning("watch.postponed", watch=type(self).__name__, error=str(error))
                self._wake.set()
                await asyncio.sleep(RETRY.total_seconds())
            took = asyncio.get_running_loop().time() - began
            await asyncio.sleep(max(PACE.total_seconds(), took))

    async def run_once(self) -> None:
        """Each once: one that changes meanwhile is told in the next round."""
        due, self._due = self._due, set()
        while due:
            tenant_id = due.pop()
            if tenant_id not in self.connections.tenants:
                continue  # it is told when it comes
            try:
                # A row that cannot be read, for one: its worker goes on with what it knows.
                async with contained(type(self).__name__, tenant_id):
                    await self.tell(tenant_id)
            except TransientError:
                self._due |= due | {tenant_id}
                raise


async def serve_watch(url: str, channel: str, watch: Watch) -> None:
    """Until cancelled."""
    listener = Listener(url, channel, changed=watch.changed, missed=watch.missed)
    async with TaskGroup() as tasks:
        tasks.supervise(f"{channel} listener", listener.run())
        tasks.supervise(f"{channel} watch", watch.run())
        await tasks.join()
