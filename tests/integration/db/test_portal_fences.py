"""What the portal's role cannot do to the database itself: hold its locks, fill it, stay in it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import asyncpg
import pytest

from controlplane.reconcile.portal_watch import watch_portal
from shared.db.lease import RECONCILE_LEASE, Lease
from shared.db.migrate import MIGRATION_LOCK
from shared.errors import PermanentError
from shared.ids import TenantId
from shared.stores import api_keys, backends, contacts, tenants
from shared.structs.contacts import Sighting
from shared.tasks import TaskGroup
from tests.fakes.businesses import NOW, business
from tests.fakes.tickets import open_guard
from tests.integration.db.test_portal_role import as_portal, run_all

SOON = 10


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    opened = await asyncpg.connect(database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def portal(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    opened = await asyncpg.connect(as_portal(database_url))
    yield opened
    await opened.close()


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT pg_advisory_lock(1)",
        "SELECT pg_try_advisory_lock(1, 2)",
        "SELECT pg_advisory_xact_lock_shared(1)",
        "SELECT pg_try_advisory_xact_lock(1)",
        "CREATE TEMPORARY TABLE users (id uuid)",
        "CREATE TABLE mine (id int)",
        "CREATE SCHEMA mine",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "SELECT lo_create(0)",
        "SELECT lo_from_bytea(0, 'x')",
        "SELECT pg_logical_emit_message(false, 'x', repeat('x', 1000))",
        "SET ROLE postgres",
        "SET SESSION AUTHORIZATION postgres",
        "SET session_replication_role = replica",
        "ALTER ROLE flowhq_portal BYPASSRLS",
        "ALTER ROLE flowhq_portal CONNECTION LIMIT -1",
        "COPY tenants TO PROGRAM 'true'",
        "SELECT pg_read_file('postgresql.conf')",
        "SET temp_file_limit = -1",
    ],
)
async def test_it_is_refused(portal, statement):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await portal.execute(statement)


async def test_no_function_that_locks_or_stores_outside_of_tables_is_left_to_it(owner):
    """By the catalogue: also one of a newer PostgreSQL."""
    left = await owner.fetch(
        "SELECT oid::regprocedure::text AS name FROM pg_proc"
        " WHERE pronamespace = 'pg_catalog'::regnamespace"
        " AND (proname ~ 'advisory' OR proname ~ '^lo(_|read|write)' OR proname ~ 'emit_message')"
        " AND proname !~ 'unlock' AND has_function_privilege('flowhq_portal', oid, 'EXECUTE')"
    )
    assert left == []


async def test_it_waits_and_works_only_so_long_and_in_so_many_connections(owner, portal):
    seconds = "SELECT extract(epoch FROM current_setting($1)::interval)"
    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    limits = {name: await portal.fetchval(seconds, name) for name in names}
    assert all(0 < limit <= 60 for limit in limits.values()), limits
    most = await owner.fetchval(
        "SELECT rolconnlimit::float8 / current_setting('max_connections')::int FROM pg_roles"
        " WHERE rolname = 'flowhq_portal'"
    )
    assert 0 < most <= 0.7


@asynccontextmanager
async def advisory_locks_for_all(url: str) -> AsyncIterator[None]:
    """As where whoever migrated is no superuser, and may take these functions from nobody."""
    each = (
        "DO $$ DECLARE f regprocedure; BEGIN FOR f IN SELECT oid FROM pg_proc"
        " WHERE pronamespace = 'pg_catalog'::regnamespace AND proname ~ 'advisory' LOOP"
        " EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO PUBLIC', f); END LOOP; END $$"
    )
    await run_all(url, each)
    yield


async def test_the_lease_is_had_whatever_the_portals_role_holds(database_url, portal):
    async with advisory_locks_for_all(database_url):
        await portal.execute("SELECT pg_advisory_lock($1)", RECONCILE_LEASE)
        lease = Lease(database_url)
        async with TaskGroup() as tasks, asyncio.timeout(SOON):
            tasks.supervise("lease", lease.run())
            await lease.held.wait()
            for mode in ("ACCESS SHARE", "ROW SHARE", "ACCESS EXCLUSIVE"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await portal.execute(f"BEGIN; LOCK TABLE flowhq_lease IN {mode} MODE")
                await portal.execute("ROLLBACK")


async def test_a_control_plane_of_before_keeps_the_lease_it_has(database_url, owner):
    """It holds an advisory lock and knows of nothing else: two would undo each other's work."""
    await owner.execute("SELECT pg_advisory_lock($1)", RECONCILE_LEASE)
    lease = Lease(database_url)
    async with TaskGroup() as tasks, asyncio.timeout(SOON):
        tasks.supervise("lease", lease.run())
        await asyncio.sleep(0.5)
        assert not lease.held.is_set()
        await owner.execute("SELECT pg_advisory_unlock_all()")
        await lease.held.wait()
        # And one of before does not take it beside this one.
        assert not await owner.fetchval("SELECT pg_try_advisory_lock($1)", RECONCILE_LEASE)


async def test_migrations_run_whatever_the_portals_role_holds(database_url, portal, migrate):
    async with advisory_locks_for_all(database_url):
        await portal.execute("SELECT pg_advisory_lock($1)", MIGRATION_LOCK)
        async with asyncio.timeout(60):
            await asyncio.to_thread(migrate, database_url)


async def test_keys_and_contacts_are_made_whatever_the_portals_role_holds(
    database, database_url, portal
):
    tenant_id = TenantId((await tenants.create(business())).id)
    async with advisory_locks_for_all(database_url), asyncio.timeout(SOON):
        of_contacts, of_keys = 0x466C6F43, 0x466C6F4B  # as they were
        locks = "SELECT pg_advisory_lock($1), pg_advisory_lock($2, hashtext($3))"
        await portal.execute(locks, of_keys, of_contacts, str(tenant_id))
        sighting = Sighting(phone="+255754000001", lid=None, first_at=NOW, last_at=NOW)
        await contacts.record(tenant_id, [sighting])
        async with database.transaction():
            await api_keys.hold_lock()


@pytest.mark.usefixtures("database")
async def test_what_stays_in_a_transaction_is_ended_and_what_is_soon_done_is_not(
    owner, portal, database_url
):  # fmt: skip
    """Its timeouts the role has set aside: nobody can keep it from that."""
    tenant_id = (await tenants.create(business())).id
    idle, busy = (
        await asyncpg.connect(as_portal(database_url)),
        await asyncpg.connect(as_portal(database_url)),
    )
    for connection in (idle, busy):
        await connection.execute(
            "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0;"
        )
    await idle.execute("BEGIN")
    await open_guard(idle, tenant=tenant_id)
    assert await idle.execute("UPDATE tenant_configs SET language = 'EN'") == "UPDATE 1"
    sleeping = asyncio.ensure_future(busy.execute("SELECT pg_sleep(600)"))
    await owner.execute("BEGIN; SELECT 1")
    async with TaskGroup() as tasks, asyncio.timeout(SOON):
        short = timedelta(milliseconds=500)
        tasks.supervise("watch", watch_portal(look_every=timedelta(milliseconds=50), longest=short))
        await owner.execute("ROLLBACK; UPDATE tenant_configs SET language = 'SW'")
        with pytest.raises(asyncpg.PostgresConnectionError):
            await sleeping
        for _ in range(20):
            await portal.execute("SELECT pg_sleep(0.05)")
        assert not tasks._failed.done()
    assert idle.is_closed() or busy.is_closed()
    assert not portal.is_closed()
    for connection in (idle, busy):
        connection.terminate()


async def test_who_may_not_end_the_portals_transactions_goes_on_without(monkeypatch):
    async def refuse(**_: object) -> int:
        raise PermanentError("permission denied")

    monkeypatch.setattr(backends, "end_stuck", refuse)
    async with asyncio.timeout(SOON):
        await watch_portal()
