"""Tickets on a real PostgreSQL: what opens a guard, whose it is then, and for how long."""

import re
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import asyncpg
import pytest

from shared.db.engine import bind, open_database
from shared.db.guard import (
    NoProofError,
    Opened,
    account_transaction,
    link_transaction,
    member_transaction,
    open_business,
    session_transaction,
    show_session,
    tenant_transaction,
)
from shared.ids import TenantId, new_tenant_id
from shared.stores import tenants
from shared.stores.secrets import hash_secret
from shared.tables import Tenant
from tests.fakes.businesses import business
from tests.fakes.tickets import begin_session, open_guard
from tests.integration.db.test_portal_role import as_portal
from tests.integration.portal.conftest import QUICK

ASKS = re.compile(r"flowhq_(tenant|member|proof|is_owner|ticket)\(")
ASKED_ONCE = re.compile(r"SELECT flowhq_\w+\(\) AS")


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    opened = await asyncpg.connect(database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def ids(database) -> list[TenantId]:  # noqa: ARG001  the stores are bound
    return [TenantId((await tenants.create(business(number))).id) for number in (1, 2)]


@pytest.fixture
async def as_role(ids, database, database_url) -> AsyncIterator[None]:  # noqa: ARG001  first they
    async with open_database(as_portal(database_url), min_size=1, max_size=2):
        yield
    bind(database)


@pytest.fixture
async def member(owner, ids) -> UUID:
    return await add_member(owner, "asha@x.de", ids[0])


async def add_member(owner, email: str, tenant_id: UUID | None) -> UUID:
    return await owner.fetchval(
        "INSERT INTO users (id, email, role, tenant, password_hash)"
        " VALUES (gen_random_uuid(), $1, 'OWNER', $2, 'kept') RETURNING id",
        *(email, tenant_id),
    )


async def mail_link(owner, purpose: str, *, tenant=None, member=None, email="asha@x.de") -> str:
    token = uuid4().hex
    await owner.execute(
        "INSERT INTO mail_proofs (token_hash, purpose, email, tenant, member, role, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, now() + interval '1 hour')",
        *(hash_secret(token), purpose, email, tenant, member, "STAFF" if tenant else None),
    )
    return token


async def seen() -> list[UUID]:
    return [UUID(str(row["id"])) for row in await Tenant.raw("SELECT id FROM tenants")]


@pytest.mark.usefixtures("as_role")
async def test_a_session_opens_its_own_members_guard_as_the_member_is_now(
    owner, ids, member, database_url
):
    show_session(await begin_session(database_url, tenant_id=ids[0], member_id=member))
    async with session_transaction() as opened:
        assert opened == Opened(member_id=member, tenant_id=ids[0])
        assert await seen() == [ids[0]]
    await owner.execute("UPDATE users SET tenant = $1 WHERE id = $2", ids[1], member)
    with pytest.raises(NoProofError):
        await tenant_transaction(ids[0]).__aenter__()
    async with member_transaction(member, tenant_id=ids[1]):
        assert await seen() == [ids[1]]
    await owner.execute("DELETE FROM browser_sessions")
    async with session_transaction() as opened:
        assert (opened, await seen()) == (None, [])


@pytest.mark.usefixtures("as_role")
@pytest.mark.parametrize("token", ["", "fhs_unknown", "x" * 300, "\0", "\ud800", "é", "a|b"])
async def test_what_is_no_token_of_ours_opens_nothing(token):
    show_session(token)
    async with session_transaction() as opened:
        assert (opened, await seen()) == (None, [])
    async with link_transaction(token):
        assert await seen() == []


@pytest.mark.usefixtures("as_role")
async def test_a_password_opens_the_account_that_it_is_of(owner, ids, member):
    async with account_transaction("ASHA@x.de", "kept"):
        assert await seen() == [ids[0]]
    await owner.execute("UPDATE users SET role = 'STAFF' WHERE id = $1", member)
    for email, shown in (("asha@x.de", "other"), ("other@x.de", "kept"), ("asha@x.de", "")):
        with pytest.raises(NoProofError):
            await account_transaction(email, shown).__aenter__()


@pytest.mark.usefixtures("as_role")
async def test_a_link_opens_what_it_is_about_once(owner, ids, member):
    reset = await mail_link(owner, "RESET", member=member)
    invitation = await mail_link(owner, "INVITE", tenant=ids[1], email="n@x.de")
    for token, opened in (
        (reset, [ids[0]]),
        (invitation, [ids[1]]),
        (await mail_link(owner, "CHANGE_EMAIL", member=member), []),
        (await mail_link(owner, "SIGN_UP", email="n@x.de"), []),
        # Whoever holds it may be nobody yet, and is not a colleague of the same address.
        (await mail_link(owner, "SIGN_UP"), []),
    ):
        async with link_transaction(token):
            assert await seen() == opened
    await owner.execute("UPDATE mail_proofs SET used_at = now()")
    for token in (reset, invitation):
        async with link_transaction(token):
            assert await seen() == []


@pytest.mark.usefixtures("as_role")
async def test_a_member_without_a_business_begins_one_that_is_nobodys(owner, ids, database_url):
    show_session(await begin_session(database_url, tenant_id=None))
    async with session_transaction() as opened:
        assert opened is not None
        with pytest.raises(NoProofError):
            await open_business(ids[0])
    async with member_transaction(opened.member_id, tenant_id=None):
        await open_business(new_tenant_id())
    await owner.execute("UPDATE users SET tenant = $1 WHERE id = $2", ids[0], opened.member_id)
    async with member_transaction(opened.member_id, tenant_id=ids[0]):
        with pytest.raises(NoProofError):
            await open_business(new_tenant_id())


async def test_a_ticket_is_good_for_a_minute_and_while_its_keys_are(owner, ids, database_url):
    portal = await asyncpg.connect(as_portal(database_url))
    try:
        for life, opened in ((-1, None), (1, ids[0])):
            async with portal.transaction():
                await open_guard(portal, tenant=ids[0], life=life)
                assert await portal.fetchval("SELECT flowhq_tenant()") == opened
        token = await begin_session(database_url, tenant_id=ids[0])
        for _ in range(2):
            async with portal.transaction():
                await portal.fetch("SELECT * FROM flowhq_open_session($1)", token)
                assert await portal.fetchval("SELECT flowhq_tenant()") == ids[0]
                # Whoever has reason to: the next ticket is sealed with new ones.
                await owner.execute("DELETE FROM guard_keys")
                await owner.execute("SELECT flowhq_make_keys()")
                assert await portal.fetchval("SELECT flowhq_tenant()") is None
    finally:
        await portal.close()


async def test_the_portals_role_neither_sees_the_keys_nor_seals_anything(database_url):
    portal = await asyncpg.connect(as_portal(database_url))
    try:
        for statement in (
            "SELECT * FROM guard_keys",
            "DELETE FROM guard_keys",
            "SELECT flowhq_seal('x')",
            "SELECT flowhq_let_in(gen_random_uuid(), gen_random_uuid())",
            "SELECT flowhq_make_keys()",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await portal.execute(statement)
    finally:
        await portal.close()


async def test_policies_ask_for_the_ticket_once_a_statement_and_not_once_a_row(owner):
    """Verifying takes 8 µs: a sub-select is asked once."""
    policies = await owner.fetch(
        "SELECT tablename, policyname, concat(qual, ' ', with_check) AS said FROM pg_policies"
        " WHERE 'flowhq_portal' = ANY (roles)"
    )
    asked_each_time = {
        f"{row['policyname']} ON {row['tablename']}"
        for row in policies
        if ASKS.search(ASKED_ONCE.sub("", row["said"]))
    }
    assert (len(policies) > 20, asked_each_time) == (True, set())


async def test_of_a_password_the_portals_role_learns_what_to_hash_it_with_and_whether_it_is_right(
    owner, ids, database_url
):
    kept = QUICK.hash("three good words")
    member = await add_member(owner, "asha@x.de", ids[0])
    await owner.execute("UPDATE users SET password_hash = $1", kept)
    await owner.execute("INSERT INTO users (id, email, role, password_hash) VALUES"
                        " (gen_random_uuid(), 'ops@x.de', 'ADMIN', $1)", kept)  # fmt: skip
    portal = await asyncpg.connect(as_portal(database_url))
    try:
        [found] = await portal.fetch("SELECT * FROM flowhq_find_account('ASHA@x.de')")
        assert (found["id"], f"{found['salt']}$") == (member, kept[: kept.rindex("$") + 1])
        assert await portal.fetch("SELECT * FROM flowhq_find_account('ops@x.de')") == []
        for email, shown, is_right in (
            ("asha@x.de", kept, True),
            ("asha@x.de", found["salt"], False),
            ("ops@x.de", kept, False),
        ):
            asked = "SELECT flowhq_is_password($1, $2)"
            assert await portal.fetchval(asked, email, shown) is is_right
        async with portal.transaction():
            await open_guard(portal, tenant=ids[0], member=member)
            assert await portal.fetchval("SELECT email FROM users") == "asha@x.de"
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await portal.fetch("SELECT password_hash FROM users")
        # What is no hash of ours is not half of one either.
        await owner.execute("UPDATE users SET password_hash = 'plain$text'")
        [found] = await portal.fetch("SELECT * FROM flowhq_find_account('asha@x.de')")
        assert found["salt"] is None
    finally:
        await portal.close()
