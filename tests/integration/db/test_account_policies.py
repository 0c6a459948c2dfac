"""Accounts under row policies: also a portal with a defect makes, sees and changes no other's."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
from asyncpg.transaction import Transaction

from shared.clock import SystemClock
from shared.stores import tenants
from tests.fakes.businesses import business
from tests.fakes.tickets import open_guard
from tests.integration.db.test_portal_role import as_portal

NEW_OWNER = "INSERT INTO users (id, email, role) VALUES ($1, $2, $3)"


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


async def add_user(owner: asyncpg.Connection, email: str, role: str = "OWNER") -> UUID:
    user_id = uuid4()
    await owner.execute(NEW_OWNER, user_id, email, role)
    return user_id


async def add_proof(
    owner: asyncpg.Connection, purpose: str, email: str, member: UUID | None = None, life: int = 60
) -> None:
    await owner.execute(
        "INSERT INTO mail_proofs (token_hash, purpose, email, member, expires_at)"
        " VALUES (flowhq_hash('hash'), $1, $2, $3, now() + make_interval(mins => $4))",
        purpose,
        email,
        member,
        life,
    )


async def run(
    portal: asyncpg.Connection, words: dict[str, object], statement: str, *values: object
) -> str:
    async with portal.transaction():
        await open_guard(portal, **words)
        return await portal.execute(statement, *values)


async def refused(
    portal: asyncpg.Connection, words: dict[str, object], statement: str, *values: object
) -> bool:
    try:
        await run(portal, words, statement, *values)
    except asyncpg.InsufficientPrivilegeError:
        return True
    return False


async def test_an_account_is_made_with_a_fresh_proof_of_its_address_alone(owner, portal):
    account = (NEW_OWNER, uuid4(), "a@x.de", "OWNER")
    assert await refused(portal, {}, *account)
    await add_proof(owner, "SIGN_UP", "a@x.de", life=-1)
    assert await refused(portal, {"proof": "hash"}, *account)
    await owner.execute("UPDATE mail_proofs SET expires_at = now() + interval '1 hour'")
    assert await refused(portal, {"proof": "hash"}, NEW_OWNER, uuid4(), "b@x.de", "OWNER")
    assert await refused(portal, {"proof": "hash"}, NEW_OWNER, uuid4(), "a@x.de", "ADMIN")
    assert await run(portal, {"proof": "hash"}, *account) == "INSERT 0 1"


async def test_a_used_proof_makes_no_account(owner, portal):
    await add_proof(owner, "SIGN_UP", "a@x.de")
    await owner.execute("UPDATE mail_proofs SET used_at = now()")
    assert await refused(portal, {"proof": "hash"}, NEW_OWNER, uuid4(), "a@x.de", "OWNER")


async def test_a_member_sees_and_changes_the_own_account_alone(owner, portal):
    asha, _ = await add_user(owner, "asha@x.de"), await add_user(owner, "juma@x.de")
    changed = await run(portal, {"member": asha}, "UPDATE users SET language = 'SW'")
    assert changed == "UPDATE 1"
    assert await run(portal, {"member": asha}, "SELECT 1 FROM users") == "SELECT 1"
    assert await run(portal, {}, "SELECT 1 FROM users") == "SELECT 0"
    assert await run(portal, {"email": "juma@x.de"}, "UPDATE users SET language = 'SW'") == (
        "UPDATE 0"
    )


@pytest.mark.usefixtures("database")
async def test_nobody_moves_into_a_tenant_that_the_transaction_is_not_for(owner, portal):
    asha, tenant = await add_user(owner, "asha@x.de"), (await tenants.create(business())).id
    move = ("UPDATE users SET tenant = $1", tenant)
    assert await refused(portal, {"member": asha}, *move)
    assert await refused(portal, {"member": asha, "tenant": uuid4()}, *move)
    assert await run(portal, {"member": asha, "tenant": tenant}, *move) == "UPDATE 1"


async def test_an_operator_is_invisible_whatever_is_named(owner, portal):
    admin = await add_user(owner, "admin@x.de", "ADMIN")
    await add_proof(owner, "SIGN_UP", "admin@x.de")
    for words in ({"member": admin}, {"email": "admin@x.de"}, {"proof": "hash"}):
        assert await run(portal, words, "SELECT 1 FROM users") == "SELECT 0"
        assert await run(portal, words, "UPDATE users SET password_hash = 'x'") == "UPDATE 0"


async def test_a_session_is_its_members_and_its_holders(owner, portal):
    asha, juma = await add_user(owner, "asha@x.de"), await add_user(owner, "juma@x.de")
    begin = (
        (
            "INSERT INTO browser_sessions (member, token_hash, expires_at)"
            " VALUES ($1, flowhq_hash('mine'), $2)"
        ),
        asha,
        SystemClock().now() + timedelta(days=7),
    )
    assert await refused(portal, {"member": juma}, *begin)
    await run(portal, {"member": asha}, *begin)
    for words, seen in (
        ({"member": asha}, 1),
        ({"proof": "mine"}, 1),
        ({"member": juma}, 0),
        ({"proof": "other"}, 0),
        ({}, 0),
    ):
        assert await run(portal, words, "SELECT 1 FROM browser_sessions") == f"SELECT {seen}"


async def test_a_proof_is_seen_by_its_holder_and_not_by_its_address(owner, portal):
    await add_proof(owner, "SIGN_UP", "a@x.de")
    assert await run(portal, {"proof": "hash"}, "SELECT 1 FROM mail_proofs") == "SELECT 1"
    assert await run(portal, {"email": "a@x.de"}, "SELECT 1 FROM mail_proofs") == "SELECT 0"


@pytest.fixture
async def team(owner, database) -> dict[str, UUID]:  # noqa: ARG001  the stores are bound
    """Two businesses: an owner and staff in the first, an owner in the second."""
    ids: dict[str, UUID] = {}
    for number, names in ((1, ("asha", "staff")), (2, ("juma",))):
        tenant_id = ids[f"tenant{number}"] = (await tenants.create(business(number))).id
        for name in names:
            role = "STAFF" if name == "staff" else "OWNER"
            ids[name] = await add_user(owner, f"{name}@x.de", role)
            await owner.execute("UPDATE users SET tenant = $1 WHERE id = $2", tenant_id, ids[name])
    return ids


def as_member(team: dict[str, UUID], name: str, **more: object) -> dict[str, object]:
    return {
        "member": team[name],
        "tenant": team["tenant2" if name == "juma" else "tenant1"],
        **more,
    }


async def test_only_an_owner_manages_and_only_the_own_team(portal, owner, team):
    role = "SELECT flowhq_set_role($1, 'OWNER')"
    remove = "SELECT flowhq_remove_member($1)"
    for statement in (role, remove):
        assert await refused(portal, as_member(team, "staff"), statement, team["staff"])
        assert await refused(portal, {"tenant": team["tenant1"]}, statement, team["staff"])
        # An owner, in the name of another business.
        words = {"member": team["juma"], "tenant": team["tenant1"]}
        assert await refused(portal, words, statement, team["staff"])
        await run(portal, as_member(team, "juma"), statement, team["staff"])
    kept = await owner.fetch("SELECT role FROM users WHERE id = $1", team["staff"])
    assert [row["role"] for row in kept] == ["STAFF"]
    assert await refused(
        portal, as_member(team, "asha"), "SELECT flowhq_set_role($1, 'ADMIN')", team["staff"]
    )


async def test_the_last_owner_stays_whatever_the_portal_does(portal, owner, team):
    for statement in ("SELECT flowhq_remove_member($1)", "SELECT flowhq_set_role($1, 'STAFF')"):
        with pytest.raises(asyncpg.RestrictViolationError):
            await run(portal, as_member(team, "asha"), statement, team["asha"])
    assert await owner.fetchval("SELECT role FROM users WHERE id = $1", team["asha"]) == "OWNER"


async def test_an_owner_invites_into_the_own_business_alone(portal, team):
    invite = (
        "INSERT INTO mail_proofs (token_hash, purpose, email, tenant, role, inviter, expires_at)"
        " VALUES (flowhq_hash('hash'), 'INVITE', 'n@x.de', $1, 'OWNER', $2, now() + interval '1 h')"
    )
    for name, tenant, inviter in (
        ("staff", "tenant1", "staff"),
        ("asha", "tenant2", "asha"),
        ("asha", "tenant1", "staff"),
    ):
        words = as_member(team, name, proof="hash")
        assert await refused(portal, words, invite, team[tenant], team[inviter])
    words = as_member(team, "asha", proof="hash")
    assert await run(portal, words, invite, team["tenant1"], team["asha"]) == "INSERT 0 1"
    for name, seen in (("staff", 1), ("juma", 0)):
        assert await run(portal, as_member(team, name), "SELECT 1 FROM mail_proofs") == (
            f"SELECT {seen}"
        )
    for name, gone in (("staff", 0), ("juma", 0), ("asha", 1)):
        assert await run(portal, as_member(team, name), "DELETE FROM mail_proofs") == (
            f"DELETE {gone}"
        )


async def test_an_invitation_is_good_for_what_it_offers_and_nothing_else(portal, owner, team):
    await owner.execute(
        "INSERT INTO mail_proofs (token_hash, purpose, email, tenant, role, expires_at)"
        " VALUES (flowhq_hash('hash'), 'INVITE', 'n@x.de', $1, 'STAFF', now() + interval '1 hour')",
        team["tenant1"],
    )
    account = "INSERT INTO users (id, email, role, tenant) VALUES ($1, $2, $3, $4)"
    for email, role, tenant in (
        ("other@x.de", "STAFF", "tenant1"),
        ("n@x.de", "OWNER", "tenant1"),
        ("n@x.de", "STAFF", "tenant2"),
    ):
        values = (uuid4(), email, role, team[tenant])
        assert await refused(portal, {"proof": "hash"}, account, *values)
    values = (uuid4(), "n@x.de", "STAFF", team["tenant1"])
    assert await run(portal, {"proof": "hash"}, account, *values) == "INSERT 0 1"
    # Nor does it move somebody who has a business.
    take = "SELECT 1 WHERE flowhq_take_invitation($1)"
    assert await run(portal, {"proof": "hash"}, take, team["juma"]) == "SELECT 0"


@pytest.mark.parametrize(
    "statement", ["SELECT flowhq_set_role($1, 'STAFF')", "SELECT flowhq_remove_member($1)"]
)
async def test_of_two_owners_who_act_on_each_other_the_second_is_refused(
    portal, owner, database_url, team, statement
):
    await owner.execute("UPDATE users SET role = 'OWNER'")
    other = await asyncpg.connect(as_portal(database_url))
    try:
        first = portal.transaction()
        await first.start()
        await choose_as(portal, team, "asha")
        await portal.execute(statement, team["staff"])
        second, _ = await asyncio.gather(
            refused(other, as_member(team, "staff"), statement, team["asha"]),
            commit_when_waited_for(first, owner),
        )
        assert second
    finally:
        await other.close()
    kept = await owner.fetch(
        "SELECT id FROM users WHERE tenant = $1 AND role = 'OWNER'", team["tenant1"]
    )
    assert [row["id"] for row in kept] == [team["asha"]]


async def choose_as(portal: asyncpg.Connection, team: dict[str, UUID], name: str) -> None:
    await open_guard(portal, **as_member(team, name))


async def commit_when_waited_for(first: Transaction, owner: asyncpg.Connection) -> None:
    waiting = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    async with asyncio.timeout(10):
        while not await owner.fetchval(waiting):
            await owner.execute("SELECT pg_sleep(0.01)")
    await first.commit()


async def test_a_proof_moves_and_renames_no_account_and_is_not_made_good_again(portal, owner, team):
    await add_proof(owner, "RESET", "asha@x.de", team["asha"])
    words = {"proof": "hash", "tenant": team["tenant2"]}
    for statement, value in (
        ("UPDATE users SET tenant = $1", team["tenant2"]),
        ("UPDATE users SET email = $1", "thief@x.de"),
    ):
        assert await run(portal, words, statement, value) == "UPDATE 0"
    use = "UPDATE mail_proofs SET used_at = $1"
    assert await run(portal, words, use, datetime(2026, 1, 1, tzinfo=UTC)) == "UPDATE 1"
    assert await refused(portal, words, use, None)


async def test_a_member_ends_links_about_the_own_account_alone(portal, owner, team):
    await add_proof(owner, "RESET", "asha@x.de", team["asha"])
    use = "UPDATE mail_proofs SET used_at = now()"
    assert await run(portal, as_member(team, "juma"), use) == "UPDATE 0"
    assert await run(portal, as_member(team, "asha"), use) == "UPDATE 1"
