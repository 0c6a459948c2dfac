"""Operators under attack by the portal's role, whoever it says its transaction is for."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import asyncpg
import pytest

from shared.enums import OperatorRole
from shared.stores import operators, tenants
from tests.fakes.businesses import business
from tests.integration.db.test_portal_role import as_portal

EMAIL = "amina@example.com"
KEPT = "$argon2id$kept"
OF_OPERATORS = ("operator_accounts", "operator_recovery_codes", "operator_sessions")
TABLES_OF_ACCOUNTS = ("users", "browser_sessions", "mail_proofs")
BREACHES = (
    "INSERT INTO users (email, role) VALUES ('thief@example.com', 'ADMIN')",
    "UPDATE users SET role = 'ADMIN' WHERE email = 'asha@example.com'",
    "UPDATE users SET password_hash = 'mine' WHERE id = '{operator}'",
    "DELETE FROM users WHERE id = '{operator}'",
    (
        "INSERT INTO browser_sessions (member, token_hash, expires_at)"
        " VALUES ('{operator}', 'mine', now())"
    ),
    (
        "INSERT INTO mail_proofs (token_hash, purpose, email, member, expires_at)"
        " VALUES ('mine', 'RESET', '{email}', '{operator}', now())"
    ),
    (
        "INSERT INTO operator_sessions (operator, token_hash, expires_at)"
        " VALUES ('{operator}', 'mine', now())"
    ),
    "UPDATE operator_accounts SET role = 'ADMIN' WHERE operator = '{operator}'",
)
CHANGES_OF_SIDES = (
    "UPDATE users SET role = 'ADMIN' WHERE role = 'OWNER'",
    "UPDATE users SET role = 'STAFF' WHERE role = 'ADMIN'",
    "UPDATE users SET tenant = '{tenant}' WHERE role = 'ADMIN'",
    "INSERT INTO users (email, role, tenant) VALUES ('x@example.com', 'ADMIN', '{tenant}')",
    (
        "INSERT INTO browser_sessions (member, token_hash, expires_at)"
        " VALUES ('{operator}', 'x', now())"
    ),
    (
        "INSERT INTO operator_sessions (operator, token_hash, expires_at)"
        " SELECT id, 'x', now() FROM users WHERE role = 'OWNER'"
    ),
    (
        "INSERT INTO operator_accounts (operator, role)"
        " SELECT id, 'ADMIN' FROM users WHERE role = 'OWNER'"
    ),
)


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    opened = await asyncpg.connect(database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def operator(owner, database) -> UUID:  # noqa: ARG001  the stores are bound
    """Signed in, in the dashboard."""
    await tenants.create(business())
    found = (await operators.create(EMAIL, password_hash=KEPT)).id
    await owner.execute(
        "INSERT INTO operator_sessions (operator, token_hash, expires_at)"
        " VALUES ($1, flowhq_hash('theirs'), now() + interval '1 h')",
        found,
    )
    await owner.execute(
        "INSERT INTO attempt_counts (bucket, tries, resets_at)"
        " VALUES ('operators/b', 10, now() + interval '1 h')"
    )
    return found


@pytest.fixture
async def portal(
    operator: UUID, owner: asyncpg.Connection, database_url: str
) -> AsyncIterator[asyncpg.Connection]:
    """With every word at once by which it could be somebody, and a ticket that no function of
    ours would make: an operator's.
    """
    tenant = await owner.fetchval("SELECT id FROM tenants")
    await owner.execute(
        "CREATE OR REPLACE FUNCTION flowhq_ticket() RETURNS uuid[] LANGUAGE sql STABLE"
        f" AS $$ SELECT ARRAY['{tenant}', '{operator}']::uuid[] $$"
    )
    opened = await asyncpg.connect(as_portal(database_url))
    for name, value in {"email": EMAIL, "proof": "theirs", "session": "theirs"}.items():
        await opened.execute("SELECT set_config($1, $2, false)", f"flowhq.{name}", str(value))
    yield opened
    await opened.close()


async def is_refused(connection: asyncpg.Connection, statement: str, *values: object) -> bool:
    try:
        await connection.execute(statement, *values)
    except asyncpg.InsufficientPrivilegeError:
        return True
    return False


async def state_of(owner: asyncpg.Connection) -> list[object]:
    """All that there is of operators."""
    return [
        await owner.fetch(f"SELECT * FROM {table} ORDER BY 1")  # noqa: S608
        for table in ("users", "attempt_counts", *OF_OPERATORS)
    ]


@pytest.mark.parametrize("table", OF_OPERATORS)
@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1 FROM {}",
        "INSERT INTO {} DEFAULT VALUES",
        "DELETE FROM {}",
        "TRUNCATE {}",
        "BEGIN; LOCK TABLE {} IN ACCESS SHARE MODE",
        "COPY {} TO STDOUT",
        "CREATE POLICY mine ON {} USING (true)",
        "COMMENT ON TABLE {} IS 'mine'",
    ],
)
async def test_the_tables_of_operators_are_closed(portal, table, statement):
    assert await is_refused(portal, statement.format(table))


async def test_no_account_and_no_trace_of_an_operator_is_seen(portal, operator):
    for table in TABLES_OF_ACCOUNTS:
        columns = "id, email, role" if table == "users" else "*"
        rows = await portal.fetch(f"SELECT {columns} FROM {table}")  # noqa: S608
        assert not [row for row in rows if {operator, EMAIL, KEPT} & {*row.values()}], table


async def test_nothing_of_an_operator_is_changed_or_removed(portal, owner):
    before = await state_of(owner)
    for statement in (
        "UPDATE users SET password_hash = 'mine'",
        "UPDATE users SET email = 'thief@example.com'",
        "UPDATE users SET tenant = flowhq_tenant()",
        "UPDATE users SET language = 'SW'",
    ):
        assert await portal.execute(statement) == "UPDATE 0"
    for statement in ("UPDATE attempt_counts SET tries = 0", "DELETE FROM attempt_counts"):
        assert (await portal.execute(statement)).endswith(" 0")
    for statement in (
        "UPDATE users SET role = 'ADMIN'",
        "DELETE FROM users",
        "SELECT 1 FROM users FOR UPDATE",
    ):
        if not await is_refused(portal, statement):
            assert await portal.fetch(statement) == []
    assert await state_of(owner) == before


@pytest.mark.parametrize("purpose", ["SIGN_UP", "RESET", "CHANGE_EMAIL", "INVITE"])
async def test_no_link_is_mailed_about_an_operator(portal, operator, purpose):
    for column in ("member", "inviter"):
        assert await is_refused(
            portal,
            f"INSERT INTO mail_proofs (token_hash, purpose, email, {column}, expires_at)"  # noqa: S608
            " VALUES (flowhq_hash('theirs'), $1, 'x@example.com', $2, now() + interval '1 h')",
            *(purpose, operator),
        )


async def test_no_session_is_made_for_an_operator(portal, operator):
    assert await is_refused(
        portal,
        "INSERT INTO browser_sessions (member, token_hash, expires_at)"
        " VALUES ($1, 'mine', now() + interval '1 h')",
        operator,
    )


async def test_nobody_becomes_an_operator(portal, owner):
    made = "INSERT INTO users (id, email, role, tenant) VALUES ($1, $2, 'ADMIN', $3)"
    tenant = await owner.fetchval("SELECT id FROM tenants")
    for email in (EMAIL, "thief@example.com"):
        for of in (None, tenant):
            assert await is_refused(portal, made, uuid4(), email, of)


async def test_the_fence_stands_also_where_a_policy_or_a_right_too_many_was_given(
    portal, owner, operator
):
    """A mistake in a later migration, or a function that runs as the owner and says too much."""
    for table in TABLES_OF_ACCOUNTS:
        await owner.execute(
            f"GRANT ALL ON {table} TO flowhq_portal;"
            f" CREATE POLICY mistake ON {table} TO flowhq_portal USING (true) WITH CHECK (true)"
        )
    await owner.execute(
        "CREATE FUNCTION flowhq_mistake(statement text) RETURNS void LANGUAGE plpgsql"
        " SECURITY DEFINER AS $$ BEGIN EXECUTE statement; END $$;"
        "INSERT INTO users (email, role) VALUES ('asha@example.com', 'OWNER')"
    )
    before = await state_of(owner)
    assert [row["email"] for row in await portal.fetch("SELECT email FROM users")] == [
        "asha@example.com"
    ]
    for template in BREACHES:
        statement = template.format(operator=operator, email=EMAIL)
        for way in (statement, f"SELECT flowhq_mistake($x${statement}$x$)"):
            if not await is_refused(portal, way):
                assert await state_of(owner) == before, way
    assert await state_of(owner) == before
    assert await owner.fetch("SELECT 1 FROM browser_sessions UNION SELECT 1 FROM mail_proofs") == []


async def test_no_account_changes_sides_whoever_says_so(owner, operator):
    """An operator is made and removed; else a member's sessions would be an operator's."""
    await owner.execute("INSERT INTO users (email, role) VALUES ('asha@example.com', 'OWNER')")
    tenant = await owner.fetchval("SELECT id FROM tenants")
    for template in CHANGES_OF_SIDES:
        statement = template.format(operator=operator, tenant=tenant)
        with pytest.raises((asyncpg.CheckViolationError, asyncpg.InsufficientPrivilegeError)):
            await owner.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE operator_accounts SET role = 'SUPPORT'",
        "UPDATE operator_accounts SET role = 'READ_ONLY' WHERE operator = '{operator}'",
        "DELETE FROM operator_accounts WHERE operator = '{operator}'",
        "DELETE FROM users WHERE id = '{operator}'",
        "DELETE FROM users",
    ],
)
async def test_the_last_admin_stays_whoever_says_otherwise(owner, operator, statement):
    await operators.create("z@example.com", password_hash=KEPT, role=OperatorRole.SUPPORT)
    before = await state_of(owner)
    with pytest.raises(asyncpg.RestrictViolationError):
        await owner.execute(statement.format(operator=operator))
    assert await state_of(owner) == before


async def test_a_second_admin_may_go_and_so_may_whoever_is_none(owner, operator):
    second = await operators.create("b@example.com", password_hash=KEPT)
    support = await operators.create("c@example.com", password_hash=KEPT, role=OperatorRole.SUPPORT)
    for one in (second, support):
        await owner.execute("DELETE FROM users WHERE id = $1", one.id)
    assert [one.id for one in await operators.list_all()] == [operator]
