"""Rows of another tenant, asked for and written as the portal's role."""

import asyncpg

from attack.checks import Check, Outcome
from attack.ground import Ground
from attack.sites.answers import CANARY
from attack.sql.catalogue import Table, list_tables, picture
from attack.sql.session import REFUSALS, as_owner, as_portal, open_guard, signed_in, undone

FENCE = "row policies (shared/db/guard.py, shared/db/migrations)"
# Of hashes and numbers, which name nobody.
NAMELESS = {"attempt_counts"}


async def without_guard(ground: Ground) -> Outcome:
    """A transaction that was opened for nobody."""
    async with as_owner(ground) as owner, as_portal(ground) as portal:
        tables = [each for each in await list_tables(owner) if each.reads]
        breaches = []
        for table in tables:
            seen = await _count(portal, f"SELECT count(*) FROM {table.name}")
            if seen and table.name not in NAMELESS and await _has_owner(owner, table):
                breaches.append(f"{table.name}: {seen} rows without a guard")
    return Outcome(saw=f"{len(tables)} tables that the role reads", breaches=breaches)


async def with_own_guard(ground: Ground) -> Outcome:
    """A transaction that was opened for one tenant, and asks for another one's."""
    alpha, beta = ground.alpha, ground.beta
    async with (
        as_owner(ground) as owner,
        as_portal(ground) as portal,
        signed_in(owner, beta.ids["owner_id"]) as token,
    ):
        tables = await list_tables(owner)
        before = await picture(owner, tables, alpha.id)
        breaches, tried, own = [], 0, 0
        for table in tables:
            for name, statement in _statements(table, alpha.id):
                tried += 1
                wrong = await _try(portal, statement, token, name, alpha.own)
                breaches += [f"{table.name}: {wrong}"] if wrong else []
            own += await _sees_own(portal, table, token, beta.own)
        after = await picture(owner, tables, alpha.id)
    breaches += [
        f"{t}: a row of another tenant was changed" for t in before if before[t] != after[t]
    ]
    if not own:
        breaches.append("the tenant does not see its own rows either: nothing was looked at")
    return Outcome(
        saw=f"{tried} statements at {len(tables)} tables, {own} with its own rows",
        breaches=breaches,
    )


def _statements(table: Table, foreign: str) -> list[tuple[str, str]]:
    """By what a success would mean."""
    found = []
    if table.reads:
        found.append(("read", f"SELECT {table.as_text} FROM {table.name}"))
    if table.owner_column is None:
        return found
    whose = f"{table.owner_column} = '{foreign}'"
    if table.reads:
        found.append(("read", f"SELECT {table.as_text} FROM {table.name} WHERE {whose}"))
        found.append(("counted", f"SELECT 1 FROM {table.name} WHERE {whose}"))
    column = table.updates[0] if table.updates else table.owner_column
    same = f"{column} = {column}"
    found.append(("changed", f"UPDATE {table.name} SET {same} WHERE {whose} RETURNING 1"))
    found.append(("removed", f"DELETE FROM {table.name} WHERE {whose} RETURNING 1"))
    if table.name != "tenants":
        row = f"({table.owner_column}) VALUES ('{foreign}')"
        found.append(("written", f"INSERT INTO {table.name} {row} RETURNING 1"))
    return found


async def _try(
    portal: asyncpg.Connection, statement: str, token: str, name: str, foreign: set[str]
) -> str:
    """What is wrong; empty when nothing is."""
    try:
        async with undone(portal):
            await open_guard(portal, token)
            rows = await portal.fetch(statement)
    except REFUSALS:
        return ""
    if name != "read":
        return f"{len(rows)} rows of another tenant were {name}" if rows else ""
    seen = {canary for row in rows for canary in CANARY.findall(str(row[0]))}
    return f"a row of another tenant was read, with {seen & foreign}" if seen & foreign else ""


async def _sees_own(portal: asyncpg.Connection, table: Table, token: str, own: set[str]) -> bool:
    if not table.reads:
        return False
    async with undone(portal):
        await open_guard(portal, token)
        rows = await portal.fetch(f"SELECT {table.as_text} FROM {table.name} LIMIT 50")
    return any(own & {*CANARY.findall(str(row[0]))} for row in rows)


async def _count(portal: asyncpg.Connection, statement: str) -> int:
    try:
        return int(await portal.fetchval(statement))
    except REFUSALS:
        return 0


async def _has_owner(owner: asyncpg.Connection, table: Table) -> bool:
    """Whether its rows are somebody's: a tenant's or a person's."""
    if table.owner_column is not None or "member" in table.names:
        return True
    is_guarded = await owner.fetchval(
        "SELECT relrowsecurity FROM pg_class WHERE oid = $1::regclass", table.name
    )
    return bool(is_guarded) or table.name == "users"


CHECKS = [
    Check(
        name="sql.without-guard",
        fence=FENCE,
        expects="no row of anybody for the portal's role without a guard",
        attack=without_guard,
    ),
    Check(
        name="sql.other-tenants-rows",
        fence=FENCE,
        expects="no row of another tenant read, counted, changed, removed or written",
        attack=with_own_guard,
    ),
]
