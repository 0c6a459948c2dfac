"""The way to PostgreSQL when PostgreSQL goes away."""

import asyncio
from collections.abc import Coroutine

import asyncpg
import pytest

from shared.db import engine
from shared.db.engine import check_database, open_database, transaction
from shared.db.guard import tenant_transaction
from shared.errors import DatabaseUnavailableError
from shared.ids import TenantId
from shared.stores import tenant_lists, tenants
from shared.tables import Tenant
from tests.fakes.businesses import business
from tests.fakes.tickets import show_owner


async def cut_connections(url: str) -> None:
    """As a server does that is stopped."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    finally:
        await connection.close()


async def create_and_cut(url: str) -> None:
    async with transaction():
        await tenants.create(business())
        await cut_connections(url)


async def create(number: int) -> None:
    async with transaction():
        await tenants.create(business(number))


async def test_nobody_there_is_a_transient_error(tmp_path):
    opening = open_database(f"postgresql://postgres@/x?host={tmp_path}")
    with pytest.raises(DatabaseUnavailableError):
        await opening.__aenter__()


async def test_a_cut_connection_is_a_transient_error_and_the_next_query_works(database_url):
    async with open_database(database_url, min_size=2, max_size=2):
        await tenants.create(business())
        await cut_connections(database_url)
        outcomes = [await outcome_of(check_database()) for _ in range(3)]
        assert set(outcomes) <= {None, DatabaseUnavailableError}
        assert len((await tenant_lists.list_page(limit=5)).items) == 1


async def test_no_cut_transaction_costs_the_pool_a_connection(database_url):
    async with open_database(database_url, min_size=1, max_size=2):
        for _ in range(5):
            with pytest.raises(DatabaseUnavailableError):
                await create_and_cut(database_url)
        # The last cut may be seen only by who uses the connection next: one for each of the pool.
        outcomes = [await outcome_of(create(number)) for number in range(4)]
        assert set(outcomes) <= {None, DatabaseUnavailableError}
        assert outcomes[-2:] == [None, None]
        assert await Tenant.count() == outcomes.count(None)


async def test_a_cut_at_the_commit_is_a_transient_error_and_leaves_no_row(database_url):
    async with open_database(database_url, min_size=1, max_size=1):
        with pytest.raises(DatabaseUnavailableError):
            await create_and_cut(database_url)
        assert await Tenant.count() == 0


async def test_an_error_inside_undoes_the_whole_and_is_the_one_that_is_raised(database):
    async def fail_at_the_end() -> None:
        async with transaction():
            await tenants.create(business(1))
            async with transaction():
                await tenants.create(business(2))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_at_the_end()
    assert await Tenant.count() == 0
    assert database.current_transaction.get() is None


async def test_transactions_of_two_tasks_do_not_mix(database):
    entered, left = asyncio.Event(), asyncio.Event()

    async def fail_at_the_end() -> None:
        async with transaction():
            await tenants.create(business(1))
            entered.set()
            await left.wait()
            raise ZeroDivisionError

    async def create_meanwhile() -> None:
        await entered.wait()
        await tenants.create(business(2))
        left.set()

    outcomes = await asyncio.gather(fail_at_the_end(), create_meanwhile(), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [ZeroDivisionError, type(None)]
    assert [each.name for each in (await tenant_lists.list_page(limit=5)).items] == ["Duka 2"]
    assert database.current_transaction.get() is None


async def test_whoever_goes_away_at_whatever_moment_costs_the_pool_no_connection(database_url):
    async with open_database(database_url, min_size=1, max_size=1):
        for moment in range(60):
            leaving = asyncio.ensure_future(create(moment))
            for _ in range(moment):
                await asyncio.sleep(0)
            leaving.cancel()
            await asyncio.wait([leaving])
        async with asyncio.timeout(5):
            await check_database()


async def outcome_of(call: Coroutine[None, None, None]) -> type[Exception] | None:
    try:
        await call
    except Exception as error:  # noqa: BLE001  its type is the outcome
        return type(error)
    return None


async def test_closing_waits_for_no_server_that_does_not_answer(database_url, monkeypatch):
    monkeypatch.setattr(engine, "CLOSE_TIMEOUT", 0.1)
    async with open_database(database_url, min_size=1, max_size=1) as opened:
        held = await opened.pool.acquire()
    with pytest.raises(asyncpg.InterfaceError, match=r"released back to the pool|closed"):
        await held.execute("SELECT 1")


async def test_nothing_of_a_guard_or_a_transaction_is_left_for_who_has_the_connection_next(
    database_url,
):
    async with open_database(database_url, min_size=1, max_size=1) as opened:
        tenant_id = TenantId((await tenants.create(business())).id)
        await show_owner(database_url, tenant_id)
        with pytest.raises(LookupError):
            async with tenant_transaction(tenant_id):
                raise LookupError
        async with tenant_transaction(tenant_id):
            [held] = await Tenant.raw("SELECT flowhq_tenant() AS tenant")
            await Tenant.raw("SELECT pg_advisory_xact_lock(1)")
        connection = await opened.pool.acquire()
        await connection.execute("BEGIN; SELECT set_config('flowhq.ticket', 'x', true)")
        await opened.pool.release(connection)
        async with opened.pool.acquire() as next_one:
            assert not next_one.is_in_transaction()
        [left] = await Tenant.raw(
            "SELECT coalesce(current_setting('flowhq.ticket', true), '') AS ticket,"
            " (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory') AS locks"
        )
    assert held["tenant"] == tenant_id
    assert left == {"ticket": "", "locks": 0}
