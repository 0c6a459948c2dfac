"""Tells workers what their bots are told, as soon as somebody has changed it."""

import asyncio
from datetime import timedelta

import structlog

from controlplane.gateway.connections import Connections
from shared.db.listening import CONFIGURED, Listener
from shared.errors import TransientError
from shared.ids import TenantId
from shared.stores import tenants
from shared.tasks import TaskGroup

log = structlog.get_logger(__name__)

RETRY = timedelta(seconds=1)


class ConfigWatch:
    """A level, not an edge: what is told is what the row says then, however often it changed."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._due: set[TenantId] = set()
        self._wake = asyncio.Event()

    def changed(self, tenant_id: TenantId) -> None:
        self._due.add(tenant_id)
        self._wake.set()

    def missed(self) -> None:
        self._due.update(self._connections.tenants)
        self._wake.set()

    async def run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self.run_once()
            except TransientError as error:
                log.warning("configs.postponed", error=str(error))
                self._wake.set()
                await asyncio.sleep(RETRY.total_seconds())

    async def run_once(self) -> None:
        while self._due:
            tenant_id = self._due.pop()
            if tenant_id in self._connections.tenants:
                try:
                    config = await tenants.find_config(tenant_id)
                except TransientError:
                    self._due.add(tenant_id)
                    raise
                if config is not None:
                    await self._connections.push_config(tenant_id, config)


async def serve_config_watch(url: str, watch: ConfigWatch) -> None:
    """Until cancelled."""
    listener = Listener(url, CONFIGURED, changed=watch.changed, missed=watch.missed)
    async with TaskGroup() as tasks:
        tasks.supervise("config listener", listener.run())
        tasks.supervise("config watch", watch.run())
        await tasks.join()
