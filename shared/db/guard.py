"""Who a transaction is for: the only code that tells the database whose rows may be seen.

It binds the role `flowhq_portal`, which the row policies apply to. Without a guard that role
sees nothing at all.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from shared.db.engine import is_in_transaction, transaction
from shared.ids import TenantId
from shared.tables import Tenant

_TENANT = "flowhq.tenant"


@asynccontextmanager
async def tenant_transaction(tenant_id: TenantId) -> AsyncIterator[None]:
    """What stores do inside concerns this tenant's rows alone. The id comes from a credential."""
    async with _transaction({_TENANT: str(tenant_id)}):
        yield


@asynccontextmanager
async def _transaction(values: Mapping[str, str]) -> AsyncIterator[None]:
    # Joining one that is open would change under its feet whose rows it sees.
    assert not is_in_transaction(), "a guard opens the transaction, and joins none"
    async with transaction():
        for name, value in values.items():
            # `true`: until the transaction ends, however it ends; the pool keeps nothing of it.
            await Tenant.raw("SELECT set_config({}, {}, true)", name, value)
        yield
