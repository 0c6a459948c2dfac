"""The database counts what is queued, whoever writes it, and cannot be talked out of it."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from shared.db.engine import Database
from shared.ids import TenantId
from shared.stores import limits, tenants
from shared.structs.limits import TenantLimits
from tests.fakes.businesses import business
from tests.integration.db.test_portal_role import as_portal, choose, execute_as

INSERT = """
    INSERT INTO outbound_messages (id, tenant, fingerprint, to_phone, content_json, created_at,
                                   due_at, position)
    SELECT gen_random_uuid(), $1, 'f', '+255754000001', '{"type": "text", "text": "x"}',
           now() + $2 * interval '1 day', now(), 0
      FROM generate_series(1, $3::int)
"""


@pytest.fixture
async def tenant_id(database: Database) -> TenantId:  # noqa: ARG001  bound by being there
    await limits.set_defaults(TenantLimits(queued_messages=5, messages_per_day=8))
    return TenantId((await tenants.create(business())).id)


@pytest.fixture
async def portal(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    opened = await asyncpg.connect(as_portal(database_url))
    yield opened
    await opened.close()


async def queue(connection, tenant_id, count, *, day=0.0):
    async with connection.transaction():
        await choose(connection, tenant_id)
        await connection.execute(INSERT, tenant_id, day, count)


async def test_the_portals_role_is_held_to_the_limits_whatever_dates_it_writes(portal, tenant_id):
    await queue(portal, tenant_id, 3)
    with pytest.raises(asyncpg.PostgresError, match="queued_messages") as refused:
        await queue(portal, tenant_id, 3, day=-1)
    assert refused.value.sqlstate == "FQ001"
    seen = await limits.show(tenant_id, api_requests=None)
    assert (seen.queued_messages.used, seen.messages_per_day.used) == (3, 3)


async def test_it_may_not_write_what_was_counted_nor_what_is_allowed(portal, tenant_id):
    await queue(portal, tenant_id, 1)
    for statement in (
        "UPDATE tenant_usages SET queued = 0",
        "DELETE FROM tenant_usages",
        "INSERT INTO tenant_limits (tenant, queued_messages) VALUES ($1, 100000)",
        "UPDATE limit_defaults SET queued_messages = 100000",
        "SELECT flowhq_count_queued()",
        "ALTER TABLE outbound_messages DISABLE TRIGGER count_queued",
    ):
        values = [tenant_id] if "$1" in statement else []
        with pytest.raises(asyncpg.PostgresError):
            await execute_as(portal, tenant_id, statement, *values)


async def test_many_at_once_do_not_slip_through_together(database_url, tenant_id):
    async def once() -> bool:
        connection = await asyncpg.connect(as_portal(database_url))
        try:
            await queue(connection, tenant_id, 2)
        except asyncpg.PostgresError:
            return False
        finally:
            await connection.close()
        return True

    taken = await asyncio.gather(*(once() for _ in range(8)))
    assert sum(taken) == 2
    assert (await limits.show(tenant_id, api_requests=None)).queued_messages.used == 4


async def test_a_new_day_counts_anew(database_url, portal, tenant_id):
    owner = await asyncpg.connect(database_url)
    await queue(portal, tenant_id, 5)
    await owner.execute("UPDATE outbound_messages SET state = 'SENT'")
    with pytest.raises(asyncpg.PostgresError, match="messages_per_day"):
        await queue(portal, tenant_id, 4)
    await owner.execute("UPDATE tenant_usages SET day = day - 1")
    await owner.close()
    await queue(portal, tenant_id, 4)
    assert (await limits.show(tenant_id, api_requests=None)).messages_per_day.used == 4
