"""A reconciler on an engine and a database, and ways to look at what it does."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import count
from typing import TypeVar

import msgspec

from controlplane.containers.driver import ContainerDriver
from controlplane.containers.events import EventWatch
from controlplane.containers.spec import Limits, WorkerTemplate
from controlplane.reconcile.loop import Reconciler
from shared.clock import SystemClock
from shared.enums import Language, TemplateType, WorkerStatus
from shared.ids import TenantId
from shared.stores import credentials, fleet, tenants
from shared.structs.fleet import DesiredWorker, Incident
from shared.structs.tenants import CreateTenantInput, TenantWithRelations
from shared.tasks import TaskGroup
from tests.fakes.containers import FakeDriver, FakeEngine
from tests.fakes.programs import SLEEP, Program

LIMITS = Limits(memory_bytes=64 << 20, stop_grace=timedelta(seconds=5))
_numbers = count(1)
ValueT = TypeVar("ValueT")


class Fleet:
    """A control plane's reconciler on one engine and one database."""

    def __init__(
        self,
        driver: ContainerDriver,
        template: WorkerTemplate,
        watch: Callable[[Reconciler], EventWatch] | None,
    ) -> None:
        self.driver = driver
        self.template = template
        self.tokens: list[TenantId] = []
        self._watch = watch

    @asynccontextmanager
    async def reconciling(
        self, *, resync: float = 60, leading: asyncio.Event | None = None
    ) -> AsyncIterator[Reconciler]:
        reconciler = Reconciler(
            self.driver,
            template=self.template,
            issue_token=self.issue_token,
            resync_interval=timedelta(seconds=resync),
            clock=SystemClock(),
            leading=leading,
        )
        async with TaskGroup() as tasks:
            tasks.supervise("reconciler", reconciler.run())
            if self._watch is not None:
                tasks.supervise("events", self._watch(reconciler).run())
            yield reconciler
            await reconciler.aclose()

    async def issue_token(self, tenant_id: TenantId, generation: int) -> str:
        self.tokens.append(tenant_id)
        return await credentials.issue(tenant_id, generation)

    def use(self, program: Program = SLEEP, *, image: str | None = None) -> None:
        """What containers are made from hereafter."""
        self.template = msgspec.structs.replace(
            self.template, environment=program.environment, image=image or self.template.image
        )


async def add_tenant() -> TenantId:
    made = await tenants.create(
        CreateTenantInput(
            name="Duka",
            phone_number=f"+2557000{next(_numbers):05}",
            template_type=TemplateType.BOOKING,
            language=Language.SW,
        )
    )
    return TenantId(made.id)


async def get_worker(tenant_id: TenantId) -> DesiredWorker:
    (worker,) = await fleet.list_desired([tenant_id])
    return worker


async def get_incidents(tenant_id: TenantId) -> list[Incident]:
    return (await fleet.list_incidents([tenant_id], newest=50)).get(tenant_id, [])


async def until(look: Callable[[], Awaitable[ValueT]], *, seconds: float = 30) -> ValueT:
    """What `look` finds, as soon as it finds something."""
    async with asyncio.timeout(seconds):
        while True:
            found = await look()
            if found:
                return found
            await asyncio.sleep(0.01)


async def until_status(tenant_id: TenantId, status: WorkerStatus) -> TenantWithRelations:
    async def look() -> TenantWithRelations | None:
        tenant = await tenants.get(tenant_id)
        return tenant if tenant.worker.status is status else None

    return await until(look)


class FakeFleet(Fleet):
    def __init__(self, engine: FakeEngine) -> None:
        template = WorkerTemplate(
            instance="here",
            image="worker:1",
            gateway_url="ws://gateway",
            environment=SLEEP.environment,
            limits=LIMITS,
        )
        super().__init__(FakeDriver(engine, instance="here"), template, None)
        self.engine = engine
        # The loop lives by the wall clock; an end that is yet to come would be waited for.
        engine.now = SystemClock().now() - timedelta(minutes=5)
