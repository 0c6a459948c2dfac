"""Who may connect: the token names the tenant, and its epoch fences older connections."""

import msgspec
import structlog

from shared.errors import NotFoundError, TransientError, UnreadableRowError
from shared.ids import TenantId
from shared.stores import credentials, tenants, workers
from shared.stores.rows import say_unreadable
from shared.structs.tenants import TenantConfig
from shared.wire.frames import PROTOCOL, Hello

log = structlog.get_logger(__name__)


class Admitted(msgspec.Struct, frozen=True, kw_only=True):
    tenant_id: TenantId
    epoch: int
    config: TenantConfig


class Denied(msgspec.Struct, frozen=True, kw_only=True):
    """`detail` is told to the worker and ends up in the tenant's `last_error`."""

    detail: str


async def admit(hello: Hello) -> Admitted | Denied:
    """Raises TransientError, also while nobody can read what the tenant's bot is to be told: the
    worker goes on with what it knows, and asks again.
    """
    if hello.protocol != PROTOCOL:
        return Denied(detail=f"the gateway speaks protocol {PROTOCOL}, the worker {hello.protocol}")
    owner = await credentials.find_tenant(hello.token)
    if owner is None:
        log.warning("worker.refused", reason="unknown token")
        return Denied(detail="the gateway refused the worker's token: it is unknown")
    if owner.revoked:
        log.warning("worker.refused", tenant_id=owner.tenant_id, reason="revoked token")
        return Denied(detail="the gateway refused the worker's token: it was revoked")
    try:
        config = await tenants.get_config(owner.tenant_id)
        epoch = await workers.next_epoch(owner.tenant_id)
    except NotFoundError:
        return Denied(detail="the tenant is being removed")
    except UnreadableRowError as error:
        say_unreadable(str(error))
        raise TransientError(str(error)) from error
    log.debug("worker.admitted", tenant_id=owner.tenant_id, boot_id=hello.boot_id)
    return Admitted(tenant_id=owner.tenant_id, epoch=epoch, config=config)
