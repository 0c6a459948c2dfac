"""The steps a plan is made of. Each is safe to repeat."""

from datetime import datetime

import msgspec

from controlplane.containers.spec import ContainerSpec
from shared.ids import TenantId


class EnsureVolume(msgspec.Struct, frozen=True):
    """size: bytes that it may hold."""

    tenant_id: TenantId
    size: int


class Create(msgspec.Struct, frozen=True):
    tenant_id: TenantId
    spec: ContainerSpec
    generation: int


class Start(msgspec.Struct, frozen=True):
    """container: a name or an id; a paused one goes on."""

    tenant_id: TenantId
    container: str


class Drain(msgspec.Struct, frozen=True):
    """SIGTERM, grace, SIGKILL: the worker hands over what it holds."""

    tenant_id: TenantId
    container: str
    reason: str


class Kill(msgspec.Struct, frozen=True):
    tenant_id: TenantId
    container: str
    reason: str


class Remove(msgspec.Struct, frozen=True):
    tenant_id: TenantId
    container: str


class RemoveVolume(msgspec.Struct, frozen=True):
    """The tenant's WhatsApp session and unsent rows are gone after this."""

    tenant_id: TenantId


class Forget(msgspec.Struct, frozen=True):
    """Deletes the rows of a removed tenant, of whom nothing else is left."""

    tenant_id: TenantId


class Wait(msgspec.Struct, frozen=True):
    """Nothing to do before `until`; the plan is then made anew."""

    tenant_id: TenantId
    until: datetime


Effect = EnsureVolume | Create | Start | Drain | Kill | Remove | RemoveVolume | Forget
Action = Effect | Wait
