"""The portal's role on a real PostgreSQL: one tenant in a transaction, and only what it needs."""

import asyncio
from base64 import b64decode
from collections.abc import AsyncIterator
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID, uuid4

import asyncpg
import pytest

from shared.db.engine import Database, open_database, transaction
from shared.db.guard import NoProofError, tenant_transaction
from shared.db.portal_role import scram_verifier, set_portal_password
from shared.enums import DesiredState, LinkWish
from shared.errors import NotFoundError
from shared.ids import TenantId
from shared.stores import (
    contacts,
    link_requests,
    messages,
    portal_events,
    setup_requests,
    takeovers,
    tenant_lists,
    tenants,
    workers,
)
from shared.structs.contacts import Sighting
from shared.structs.takeovers import ChatTaken
from shared.tables import ALL_TABLES, Tenant
from tests.fakes.businesses import NOW, business, message
from tests.fakes.tickets import open_guard, show_owner

OURS, THEIRS = 1, 2
# Tables that hold rows of tenants, by the column that names whose.
OWNERS = {
    table._meta.tablename: "id" if table is Tenant else column._meta.name
    for table in ALL_TABLES
    for column in table._meta.columns
    if table is Tenant or column._meta.name in {"tenant", "tenant_id"}
}
HIDDEN = {
    "worker_credentials",
    "api_keys",
    "admin_audit_logs",
    "early_receipts",
    "media_uploads",
    "tenant_limits",
    "tenant_usages",
    "refused_events",
    "whatsapp_accounts",
}
READABLE = sorted(OWNERS.keys() - HIDDEN)
# What no store makes by itself, or not so simply.
OTHER_ROWS = (
    (
        "INSERT INTO outbound_messages (tenant, fingerprint, to_phone, content_json)"
        ' VALUES ({}, \'\', \'1\', \'{{"type": "text", "text": ""}}\')'
    ),
    (
        "INSERT INTO users (tenant, email, role) SELECT t.id, t.id || '@x.de', 'OWNER'"
        " FROM tenants t WHERE id = {}"
    ),
    (
        "INSERT INTO mail_proofs (tenant, token_hash, purpose, email, role, expires_at)"
        " SELECT t.id, t.id, 'INVITE', 'n@x.de', 'STAFF', now() + interval '1 h'"
        " FROM tenants t WHERE id = {}"
    ),
    "INSERT INTO worker_incidents (tenant, kind) VALUES ({}, 'CRASH')",
)


@pytest.fixture
async def ids(database: Database) -> dict[int, TenantId]:  # noqa: ARG001  the stores are bound
    """Two tenants with a row of every kind that a portal may see, made by the owner."""
    made = {}
    for number in (OURS, THEIRS):
        tenant_id = TenantId((await tenants.create(business(number))).id)
        await messages.append_messages(tenant_id, [message()])
        await contacts.record(
            tenant_id, [Sighting(phone="+255754000001", lid=None, first_at=NOW, last_at=NOW)]
        )
        await portal_events.record(tenant_id, "signed_in", {})
        await setup_requests.create(tenant_id)
        await takeovers.record(tenant_id, [ChatTaken(chat="1@lid", until=NOW, changed_at=NOW)])
        await link_requests.ask(tenant_id, LinkWish.QR_ROUND, now=NOW)
        for statement in OTHER_ROWS:
            await Tenant.raw(statement, tenant_id)
        made[number] = tenant_id
    return made


@pytest.fixture
async def connection(
    ids: dict[int, TenantId],  # noqa: ARG001  first the owner's rows
    database_url: str,
) -> AsyncIterator[asyncpg.Connection]:
    opened = await asyncpg.connect(as_portal(database_url))
    try:
        yield opened
    finally:
        await opened.close()


def as_portal(url: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"flowhq_portal@{host}"))


async def choose(connection: asyncpg.Connection, tenant_id: UUID) -> None:
    await open_guard(connection, tenant=tenant_id)


async def execute_as(
    connection: asyncpg.Connection, tenant_id: UUID, statement: str, *values: UUID
) -> None:
    async with connection.transaction():
        await choose(connection, tenant_id)
        await connection.execute(statement, *values)


async def test_without_a_tenant_nothing_is_visible(connection):
    counts = {
        table: await connection.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608
        for table in READABLE
    }
    assert counts == dict.fromkeys(READABLE, 0)


async def test_of_two_tenants_rows_only_the_own_are_read_and_counted(connection, ids):
    async with connection.transaction():
        await choose(connection, ids[OURS])
        counts = {
            table: await connection.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608
            for table in READABLE
        }
    assert counts == dict.fromkeys(READABLE, 1)


async def test_a_foreign_row_is_not_read_by_naming_its_tenant(connection, ids):
    async with connection.transaction():
        await choose(connection, ids[OURS])
        for table in READABLE:
            query = f"SELECT 1 FROM {table} WHERE {OWNERS[table]} = $1"  # noqa: S608
            assert await connection.fetch(query, ids[THEIRS]) == []


async def test_secrets_and_the_operators_records_are_closed(connection):
    for table in HIDDEN:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch(f"SELECT 1 FROM {table}")  # noqa: S608


async def test_no_row_is_written_for_another(connection, ids):
    queued = (
        "INSERT INTO outbound_messages (tenant, fingerprint, to_phone, content_json)"
        " VALUES ($1, '', '', '{}')"
    )
    for statement in (
        "INSERT INTO setup_requests (tenant) VALUES ($1)",
        "INSERT INTO portal_event_logs (tenant, event_type) VALUES ($1, 'x')",
        "INSERT INTO takeovers (tenant, chat) VALUES ($1, 'x')",
        queued,
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await execute_as(connection, ids[OURS], statement, ids[THEIRS])


async def test_an_own_row_is_not_given_to_another(connection, ids):
    async with connection.transaction():
        await choose(connection, ids[OURS])
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("UPDATE outbound_messages SET tenant = $1", ids[THEIRS])


async def test_a_foreign_row_is_not_changed(connection, ids):
    async with connection.transaction():
        await choose(connection, ids[OURS])
        changed = await connection.execute(
            "UPDATE tenant_configs SET business_name = 'x' WHERE tenant = $1", ids[THEIRS]
        )
        assert changed == "UPDATE 0"


async def test_what_is_the_operators_to_do_is_refused(connection, ids):
    for statement in (
        "DELETE FROM message_logs",
        "UPDATE worker_processes SET desired_state = 'REMOVED'",
        "UPDATE setup_requests SET status = 'APPROVED'",
        "INSERT INTO setup_requests (tenant, status) VALUES (flowhq_tenant(), 'APPROVED')",
        "UPDATE users SET role = 'ADMIN'",
        "CREATE TABLE mine (id int)",
        "ALTER TABLE tenants DISABLE ROW LEVEL SECURITY",
        "SET ROLE postgres",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await execute_as(connection, ids[OURS], statement)


async def test_a_transaction_leaves_nothing_behind_on_its_connection(connection, ids):
    async with connection.transaction():
        await choose(connection, ids[OURS])
    assert await connection.fetchval("SELECT count(*) FROM tenants") == 0


async def test_the_stores_work_within_the_guard_and_find_nobody_else(ids, database_url):
    await show_owner(database_url, ids[OURS])
    async with open_database(as_portal(database_url), min_size=1, max_size=1):
        async with tenant_transaction(ids[OURS]):
            assert (await tenants.get(ids[OURS])).name == "Duka 1"
            assert [item.id for item in (await tenant_lists.list_page(limit=5)).items] == [
                ids[OURS]
            ]
            assert len((await contacts.list_page(ids[OURS], limit=5)).items) == 1
            with pytest.raises(NotFoundError):
                await tenants.get(ids[THEIRS])
        with pytest.raises(NotFoundError):
            await tenants.get(ids[OURS])


async def test_a_guard_joins_no_open_transaction(ids, database):  # noqa: ARG001  bound to it
    async with transaction():
        with pytest.raises(AssertionError, match="joins none"):
            await tenant_transaction(ids[OURS]).__aenter__()


async def test_a_guard_of_another_tenant_than_the_sessions_does_not_open(ids, database_url):
    """As a handler with a defect would ask for it."""
    await show_owner(database_url, ids[OURS])
    async with open_database(as_portal(database_url), min_size=1, max_size=1):
        for tenant_id in (ids[THEIRS], TenantId(uuid4())):
            with pytest.raises(NoProofError):
                await tenant_transaction(tenant_id).__aenter__()


async def test_every_table_of_tenants_is_protected_also_from_its_owner(connection):
    rows = await connection.fetch(
        "SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity"
    )
    assert {row["relname"] for row in rows} >= OWNERS.keys()


async def test_no_table_of_the_portals_own_stands_in_for_one_of_ours(connection, ids, database_url):
    """Where it may make one after all."""
    ours, member = urlsplit(database_url).path[1:], uuid4()
    await run_all(database_url, f"GRANT TEMPORARY ON DATABASE {ours} TO PUBLIC")
    await connection.execute("CREATE TEMPORARY TABLE users (id uuid, tenant uuid, role text)")
    await connection.execute(
        "INSERT INTO pg_temp.users VALUES ($1, $2, 'OWNER')", member, ids[OURS]
    )
    await connection.execute("GRANT SELECT ON pg_temp.users TO PUBLIC")
    async with connection.transaction():
        await open_guard(connection, tenant=ids[OURS], member=member)
        assert await connection.fetchval("SELECT flowhq_member()") == member
        assert await connection.fetchval("SELECT flowhq_is_owner()") is False
    await run_all(database_url, f"REVOKE TEMPORARY ON DATABASE {ours} FROM PUBLIC")


async def test_all_that_runs_as_the_owner_looks_for_tables_where_the_owner_makes_them(connection):
    paths = await connection.fetch(
        "SELECT proname, proconfig FROM pg_proc WHERE prosecdef AND proname LIKE 'flowhq%'"
    )
    assert paths
    for function in paths:
        assert "search_path=pg_catalog, public, pg_temp" in function["proconfig"], function


async def test_an_owner_who_is_no_superuser_goes_on_as_before(empty_database_url, migrate):
    """As with an external database, where whoever migrates is often an ordinary role."""
    url, name = empty_database_url, f"owner_{uuid4().hex}"
    await run_all(
        url,
        f"CREATE ROLE {name} LOGIN CREATEROLE",
        f"ALTER DATABASE {urlsplit(url).path[1:]} OWNER TO {name}",
    )
    owner = url.replace("postgres:@", f"{name}@").replace("postgres@", f"{name}@")
    try:
        await asyncio.to_thread(migrate, owner)
        async with open_database(owner, min_size=1, max_size=2):
            tenant_id = TenantId((await tenants.create(business())).id)
            await workers.set_desired(tenant_id, DesiredState.RUNNING)
            assert (await tenants.get(tenant_id)).worker.desired_state is DesiredState.RUNNING
    finally:
        await run_all(url, f"REASSIGN OWNED BY {name} TO postgres", f"DROP OWNED BY {name}")
        await run_all(url, f"DROP ROLE {name}")


async def run_all(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def test_a_password_is_kept_as_the_server_itself_would_keep_it(database_url):
    name = f"role_{uuid4().hex}"
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(f"CREATE ROLE {name} PASSWORD 'pencil'")
        kept = await connection.fetchval(
            "SELECT rolpassword FROM pg_authid WHERE rolname = $1", name
        )
        salt = b64decode(kept.split(":")[1].split("$")[0])
        assert scram_verifier("pencil", salt) == kept
        assert scram_verifier("pen", salt) != kept
    finally:
        await connection.execute(f"DROP ROLE {name}")
        await connection.close()


async def test_the_portals_role_gets_the_password_it_is_given(database_url):
    await set_portal_password(database_url, "pencil")
    connection = await asyncpg.connect(database_url)
    try:
        kept = await connection.fetchval(
            "SELECT rolpassword FROM pg_authid WHERE rolname = 'flowhq_portal'"
        )
        assert kept == scram_verifier("pencil", b64decode(kept.split(":")[1].split("$")[0]))
    finally:
        await connection.execute("ALTER ROLE flowhq_portal PASSWORD NULL")
        await connection.close()
