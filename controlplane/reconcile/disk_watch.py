"""Measures what the session volumes hold, and has the reconciler look at those that hold too much.

Docker's volumes have no size of their own on most file systems, so this is what bounds them: the
engine counts, which a worker cannot talk into anything. Where it does not, what the worker says
counts, if it is more than what was known.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta

import structlog

from controlplane.containers.driver import ContainerDriver
from controlplane.containers.spec import WorkerTemplate
from controlplane.disk_reports import DiskReports
from controlplane.reconcile.judgement import measure_excess
from shared.errors import TransientError
from shared.ids import TenantId
from shared.stores import fleet
from shared.structs.limits import SMALLEST_DISK as SMALLEST

log = structlog.get_logger(__name__)

# The engine walks through all files of all volumes: a twentieth of its time at most.
REST = 20
# From one measurement to the next, where a worker says that it has grown.
SOONEST = timedelta(seconds=5)


class DiskWatch:
    """leading: set in the one control plane that acts."""

    def __init__(
        self,
        driver: ContainerDriver,
        *,
        template: WorkerTemplate,
        wake: Callable[[TenantId], None],
        leading: asyncio.Event,
        reports: DiskReports | None = None,
    ) -> None:
        self._reports = reports or DiskReports()
        self._driver = driver
        self._template = template
        self._wake = wake
        self._leading = leading

    async def run(self, *, every: timedelta) -> None:
        """every: between two measurements; longer where one takes long, and shorter where a worker
        says that its volume has grown.
        """
        loop = asyncio.get_running_loop()
        while True:
            await self._leading.wait()
            began = loop.time()
            try:
                await self.measure()
            except TransientError as error:
                log.warning("disk.unmeasured", error=str(error))
            rest = REST * (loop.time() - began)
            await asyncio.sleep(max(min(SOONEST, every).total_seconds(), rest))
            left = every.total_seconds() - (loop.time() - began)
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, left)):
                    await self._reports.grown.wait()

    async def measure(self) -> None:
        """Raises TransientError while the engine or the database does not answer."""
        try:
            measured = await self._driver.measure_volumes()
        except TransientError:
            await self._judge(await fleet.raise_disk(self._reports.unmeasured()))
            raise
        said = self._reports.measured(measured)
        await fleet.record_disk(measured)
        await self._judge({**measured, **await fleet.raise_disk(said)})

    async def _judge(self, measured: Mapping[TenantId, int]) -> None:
        suspects = [tenant_id for tenant_id, held in measured.items() if held > SMALLEST]
        for worker in await fleet.list_desired(suspects):
            if measure_excess(worker, self._template.spec_for(worker)) > 1:
                self._wake(worker.tenant_id)
