"""Measures what the session volumes hold, and has the reconciler look at those that hold too much.

Docker's volumes have no size of their own on most file systems, so this is what bounds them: the
engine counts, which a worker cannot talk into anything.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import structlog

from controlplane.containers.driver import ContainerDriver
from controlplane.containers.spec import WorkerTemplate
from controlplane.reconcile.judgement import measure_excess
from shared.errors import TransientError
from shared.ids import TenantId
from shared.stores import fleet
from shared.structs.limits import SMALLEST_DISK as SMALLEST

log = structlog.get_logger(__name__)

# The engine walks through all files of all volumes: a twentieth of its time at most.
REST = 20


class DiskWatch:
    """leading: set in the one control plane that acts."""

    def __init__(
        self,
        driver: ContainerDriver,
        *,
        template: WorkerTemplate,
        wake: Callable[[TenantId], None],
        leading: asyncio.Event,
    ) -> None:
        self._driver = driver
        self._template = template
        self._wake = wake
        self._leading = leading

    async def run(self, *, every: timedelta) -> None:
        """every: between two measurements; longer where one takes long."""
        loop = asyncio.get_running_loop()
        while True:
            await self._leading.wait()
            began = loop.time()
            try:
                await self.measure()
            except TransientError as error:
                log.warning("disk.unmeasured", error=str(error))
            took = loop.time() - began
            await asyncio.sleep(max(every.total_seconds(), REST * took))

    async def measure(self) -> None:
        """Raises TransientError while the engine or the database does not answer."""
        measured = await self._driver.measure_volumes()
        await fleet.record_disk(measured)
        suspects = [tenant_id for tenant_id, held in measured.items() if held > SMALLEST]
        for worker in await fleet.list_desired(suspects):
            if measure_excess(worker, self._template.spec_for(worker)) > 1:
                self._wake(worker.tenant_id)
