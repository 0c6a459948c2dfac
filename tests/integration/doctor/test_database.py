"""What the doctor says of a real database, as it should be and with faults planted."""

from collections.abc import AsyncIterator, Iterable

import asyncpg
import pytest

from attack.doctor import database
from attack.doctor.findings import State

pytestmark = pytest.mark.postgres


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def judge(owner: asyncpg.Connection, *statements: str) -> tuple[State, str]:
    """With these faults, which are undone."""
    planted = owner.transaction()
    await planted.start()
    for statement in statements:
        await owner.execute(statement)
    found = await database._look_at_role(owner)
    await planted.rollback()
    return found.state, found.means


async def test_the_portals_role_is_as_it_should_be(owner: asyncpg.Connection) -> None:
    state, means = await judge(owner)
    assert state is State.OK, means


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("ALTER ROLE flowhq_portal BYPASSRLS", "bypassrls"),
        ("ALTER ROLE flowhq_portal SUPERUSER", "super"),
        ("CREATE ROLE other; GRANT other TO flowhq_portal", "member of other"),
        ("GRANT SELECT ON api_keys TO flowhq_portal", "rights to api_keys"),
        ("GRANT UPDATE (id) ON worker_credentials TO flowhq_portal", "worker_credentials"),
        ("ALTER TABLE message_logs DISABLE ROW LEVEL SECURITY", "no row policy is on message_logs"),
    ],
)
async def test_a_right_too_many_is_named(owner: asyncpg.Connection, fault: str, said: str) -> None:
    state, means = await judge(owner, fault)
    assert state is State.DOWN
    assert said in means


def problems(
    methods: Iterable[str], *, kind: str = "local", has_addresses: bool = False
) -> list[str]:
    rule = {"type": kind, "user_name": ["all"], "error": None}
    rules = [rule | {"line_number": n, "auth_method": each} for n, each in enumerate(methods, 1)]
    return database.judge_rules(rules, has_addresses=has_addresses)


def test_a_way_in_without_proof_is_named() -> None:
    assert problems(["peer", "scram-sha-256", "cert", "reject"]) == []
    for method in ("trust", "md5", "password", "ident"):
        (problem,) = problems(["peer", method])
        assert problem.startswith("line 2 ")
        assert method in problem


def test_a_way_by_addresses_counts_where_the_server_has_some() -> None:
    assert problems(["trust"], kind="host") == []
    assert len(problems(["trust"], kind="host", has_addresses=True)) == 1


async def test_a_server_that_trusts_whoever_comes_is_named(owner: asyncpg.Connection) -> None:
    found = await database._look_at_ways(owner)
    assert found.state is State.DOWN, "the tests' own server does"
    assert "trust" in found.means
