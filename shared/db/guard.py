"""Who a transaction is for: the only code that tells the database whose rows may be seen.

It binds the role `flowhq_portal`, which the row policies apply to. Without a guard that role
sees nothing at all.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from uuid import UUID

from shared.db.engine import is_in_transaction, transaction
from shared.ids import TenantId
from shared.tables import Tenant


@asynccontextmanager
async def tenant_transaction(tenant_id: TenantId) -> AsyncIterator[None]:
    """What stores do inside concerns this tenant's rows alone. The id comes from a credential."""
    async with _transaction({"tenant": str(tenant_id)}):
        yield


@asynccontextmanager
async def member_transaction(member_id: UUID, *, tenant_id: TenantId | None) -> AsyncIterator[None]:
    """One member's own account, and the tenant's rows if there is one."""
    async with _transaction(_of_member(member_id, tenant_id)):
        yield


@asynccontextmanager
async def email_transaction(email: str) -> AsyncIterator[None]:
    """The account of this address, for who is about to show a password."""
    async with _transaction({"email": email.lower()}):
        yield


@asynccontextmanager
async def proof_transaction(token_hash: str) -> AsyncIterator[None]:
    """What the holder of a token may see: a session, or a mailed link, and whose it is."""
    async with _transaction({"proof": token_hash}):
        yield


async def continue_as(member_id: UUID, *, tenant_id: TenantId | None) -> None:
    """Within a proof's transaction: whom it turned out to be, for the rest of it."""
    assert is_in_transaction(), "a guard opens the transaction"
    await _set(_of_member(member_id, tenant_id))


def _of_member(member_id: UUID, tenant_id: TenantId | None) -> dict[str, str]:
    tenant = {} if tenant_id is None else {"tenant": str(tenant_id)}
    return {"member": str(member_id), **tenant}


@asynccontextmanager
async def _transaction(values: Mapping[str, str]) -> AsyncIterator[None]:
    # Joining one that is open would change under its feet whose rows it sees.
    assert not is_in_transaction(), "a guard opens the transaction, and joins none"
    async with transaction():
        await _set(values)
        yield


async def _set(values: Mapping[str, str]) -> None:
    # `true`: until the transaction ends, however it ends; the pool keeps nothing of it.
    each = ", ".join(["set_config({}, {}, true)"] * len(values))
    named = [part for name, value in values.items() for part in (f"flowhq.{name}", value)]
    await Tenant.raw(f"SELECT {each}", *named)
