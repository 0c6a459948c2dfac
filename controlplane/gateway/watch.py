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
        self._due.add(tenant_id)
        self._wake.set()

    def missed(self) -> None:
        self._due.update(self.connections.tenants)
        self._wake.set()

    async def run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                async with contained(type(self).__name__):
                    await self.run_once()
            except TransientError as error:
                log.warning("watch.postponed", watch=type(self).__name__, error=str(error))
                self._wake.set()
                await asyncio.sleep(RETRY.total_seconds())

    async def run_once(self) -> None:
        while self._due:
            tenant_id = self._due.pop()
            if tenant_id not in self.connections.tenants:
                continue  # it is told when it comes
            try:
                # A row that cannot be read, for one: its worker goes on with what it knows.
                async with contained(type(self).__name__, tenant_id):
                    await self.tell(tenant_id)
            except TransientError:
                self._due.add(tenant_id)
                raise


async def serve_watch(url: str, channel: str, watch: Watch) -> None:
    """Until cancelled."""
    listener = Listener(url, channel, changed=watch.changed, missed=watch.missed)
    async with TaskGroup() as tasks:
        tasks.supervise(f"{channel} listener", listener.run())
        tasks.supervise(f"{channel} watch", watch.run())
        await tasks.join()
