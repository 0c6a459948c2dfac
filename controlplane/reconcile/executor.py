"""Carries out one tenant's plan, in order; the first step that fails ends it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog

from controlplane.containers.driver import ContainerDriver
from controlplane.reconcile.actions import (
    Action,
    Create,
    Drain,
    EnsureVolume,
    Forget,
    Kill,
    Remove,
    RemoveVolume,
    Start,
    Wait,
)
from shared.ids import TenantId

log = structlog.get_logger(__name__)

IssueToken = Callable[[TenantId, int], Awaitable[str]]
ForgetTenant = Callable[[TenantId], Awaitable[None]]


class Executor:
    def __init__(
        self,
        driver: ContainerDriver,
        *,
        issue_token: IssueToken,
        forget_tenant: ForgetTenant,
        grace: timedelta,
    ) -> None:
        self._driver = driver
        self._issue_token = issue_token
        self._forget_tenant = forget_tenant
        self._grace = grace

    async def execute(self, action: Action) -> None:  # noqa: C901  a line per action
        match action:
            case EnsureVolume(tenant_id, size):
                await self._driver.ensure_volume(tenant_id, size=size)
            case Create(tenant_id, spec, generation):
                # Issued here and nowhere else: a new token makes the older ones worthless.
                token = await self._issue_token(tenant_id, generation)
                await self._driver.create_container(spec, generation=generation, token=token)
            case Start(container=container):
                await self._driver.start_container(container)
            case Drain(container=container):
                await self._driver.stop_container(container, grace=self._grace)
            case Kill(container=container):
                await self._driver.kill_container(container)
            case Remove(container=container):
                await self._driver.remove_container(container)
            case RemoveVolume(tenant_id):
                await self._driver.remove_network(tenant_id)
                await self._driver.remove_volume(tenant_id)
            case Forget(tenant_id):
                await self._forget_tenant(tenant_id)
            case Wait():
                return
        log.info(_event(action), tenant_id=action.tenant_id, **_details(action))


def _event(action: Action) -> str:
    return {
        EnsureVolume: "volume.ensured",
        Create: "container.created",
        Start: "container.started",
        Drain: "container.drained",
        Kill: "container.killed",
        Remove: "container.removed",
        RemoveVolume: "volume.removed",
        Forget: "tenant.forgotten",
        Wait: "container.awaited",
    }[type(action)]


def _details(action: Action) -> dict[str, str]:
    match action:
        case Drain(container=container, reason=reason) | Kill(container=container, reason=reason):
            return {"container": container[:12], "reason": reason}
        case Start(container=container) | Remove(container=container):
            return {"container": container[:12]}
        case _:
            return {}
