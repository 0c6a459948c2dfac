"""What a tenant's worker logs, from the engine: no message bodies, codes or keys are in it."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import timedelta

import structlog

from controlplane.containers.driver import ContainerDriver
from controlplane.containers.spec import container_name
from shared.errors import ContainerRuntimeError, FlowHQError
from shared.ids import TenantId
from shared.stores import tenants
from shared.structs.workers import WorkerLogView

log = structlog.get_logger(__name__)

# Each holds a thread and a connection to the engine.
FOLLOWERS = 20
# A line that says nothing, so that nobody between takes the connection for dead.
QUIET = timedelta(seconds=20)
# How long a follower may take to notice that this process ends.
LOOK = timedelta(seconds=1)


class TooManyFollowersError(FlowHQError):
    """As many logs are followed as may be."""


class WorkerLogs:
    def __init__(self, driver: ContainerDriver, *, quiet: timedelta = QUIET) -> None:
        self._driver = driver
        self._quiet = quiet
        self._followers = 0
        self._has_ended = False

    def end(self) -> None:
        """Whoever follows is let go: their browsers ask again, of the process that comes next."""
        self._has_ended = True

    async def tail(self, tenant_id: TenantId, *, lines: int) -> WorkerLogView:
        """Empty while there is no container. Raises NotFoundError, ContainerRuntimeError."""
        await tenants.get(tenant_id)
        found = await self._driver.tail_log(container_name(tenant_id), lines=lines)
        return WorkerLogView(lines=found)

    async def begin_to_follow(
        self, tenant_id: TenantId, *, lines: int
    ) -> AsyncGenerator[list[str], None]:
        """As the driver's `follow_log`; also ends when the engine is away, for whoever follows
        comes again. Raises NotFoundError, TooManyFollowersError.
        """
        await tenants.get(tenant_id)
        if self._followers >= FOLLOWERS:
            raise TooManyFollowersError("too many logs are followed; close one")
        return self._follow(container_name(tenant_id), lines)

    async def _follow(self, container: str, lines: int) -> AsyncGenerator[list[str], None]:
        self._followers += 1
        look, silence = min(self._quiet, LOOK), timedelta(0)
        try:
            following = self._driver.follow_log(container, lines=lines, quiet=look)
            async with aclosing(following) as batches:
                async for batch in batches:
                    if self._has_ended:
                        return
                    silence = timedelta(0) if batch else silence + look
                    if batch or silence >= self._quiet:
                        silence = timedelta(0)
                        yield batch
        except ContainerRuntimeError as error:
            # The answer has begun: there is no other way left to say so.
            log.warning("worker_log.cut", container=container, error=str(error))
        finally:
            self._followers -= 1
