"""Values that the database took, committed one batch at a time: whether everybody is still served.

The rows are a tenant's of the attack's own, whose worker connects meanwhile; each batch is taken
away again by the owner before the next one.
"""

import asyncio
import time
from collections import defaultdict
from datetime import timedelta
from uuid import UUID

import asyncpg
import httpx
import msgspec

from attack.checks import Check, Outcome
from attack.ground import DASHBOARD_SIGN_IN, Ground
from attack.settling import add_member
from attack.sql.catalogue import Column, list_columns
from attack.sql.domains import Taken, try_all
from attack.sql.session import REFUSALS, as_owner, as_portal, open_guard, say, signed_in
from attack.sql.values import BUCKET, Person, to_insert, to_literal, to_row
from attack.worker.line import CLOSED, Hostile, Line, make_hostile
from shared.clock import SystemClock

# Told by NOTIFY, and read at once.
HEARD = 0.3
MOST_ENDS = 2
TIME = 60.0
SERVED = ("/admin/tenants?limit=500", "/admin/fleet", "/admin/alarms", "/admin/setup-requests")
PAGES = ("/dashboard", "/dashboard/requests")
# Of a tenant there is one row each, which its owner restores; of others any number.
SINGLE = ("tenant_configs", "users", "tenants")


class Victim(msgspec.Struct, frozen=True, kw_only=True):
    """Whose rows are poisoned."""

    hostile: Hostile
    person: Person


async def poison(ground: Ground) -> Outcome:
    taken: list[Taken] = ground.store.get("taken") or (await try_all(ground)).taken
    victim = await _choose_victim(ground)
    batches = _to_batches([each for each in taken if not _is_of_another_row(each)])
    breaches: list[str] = []
    tried, ends, deadline = 0, 0, time.monotonic() + TIME
    async with as_owner(ground) as owner:
        columns = await list_columns(owner)
        for name, batch in batches.items():
            if ends >= MOST_ENDS or time.monotonic() > deadline:
                break
            tried += 1
            found = await _try_batch(ground, owner, columns, victim, batch=batch)
            ends += any("ended" in each for each in found)
            breaches += [f"{name}: {each}" for each in found]
    left = 0 if ends >= MOST_ENDS else len(batches) - tried
    return Outcome(
        saw=f"{tried} of {len(batches)} batches of {len(taken)} values that the database took",
        breaches=breaches,
        untried=f"for {left} batches there was no time" if left else "",
    )


def _is_of_another_row(each: Taken) -> bool:
    """A row that nothing of the control plane reads for this tenant."""
    return each.verb == "INSERT" and each.column.table in {*SINGLE, "mail_proofs"}


def _to_batches(taken: list[Taken]) -> dict[str, list[Taken]]:
    """By table and value: all columns of a table with the same one at once."""
    batches: dict[str, list[Taken]] = defaultdict(list)
    for each in taken:
        batches[f"{each.verb} {each.column.table} with {each.wrong.name}"].append(each)
    return batches


async def _choose_victim(ground: Ground) -> Victim:
    hostile = (await make_hostile(ground, 1))[0]
    members = await ground.call("GET", f"/admin/tenants/{hostile.business.id}/members")
    known = [each["id"] for each in members["items"]]
    member = known[0] if known else await add_member(ground, "poisoned", hostile.business, "OWNER")
    person = Person(tenant=UUID(hostile.business.id), member=UUID(member))
    return Victim(hostile=hostile, person=person)


async def _try_batch(
    ground: Ground,
    owner: asyncpg.Connection,
    columns: list[Column],
    victim: Victim,
    *,
    batch: list[Taken],
) -> list[str]:
    table = batch[0].column.table
    undo = await _prepare(owner, table, victim, [each.column.name for each in batch])
    line = Line(ground, victim.hostile.token)
    try:
        await _try_open(line)
        async with signed_in(owner, str(victim.person.member)) as token:
            if not await _write(ground, columns, victim, batch, token=token):
                return []
            await asyncio.sleep(HEARD)
            found = await _look(ground, line)
    finally:
        await line.aclose()
        for statement in undo:
            await owner.execute(statement)
    if found:
        await ground.watch.await_return()
    return found


async def _prepare(
    owner: asyncpg.Connection, table: str, victim: Victim, names: list[str]
) -> list[str]:
    """Statements that make it as it was; of a table with many rows, the victim's are taken away."""
    key, value = _key_of(table, victim)
    if table not in SINGLE:
        emptied = f"DELETE FROM {table} WHERE {key} = {value}"
        await owner.execute(emptied)
        return [emptied]
    row = await owner.fetchrow(
        f"SELECT {', '.join(f'{name}::text' for name in names)} FROM {table} WHERE {key} = {value}"
    )
    if row is None:
        return []
    types = ", ".join(f"{name} = {to_literal(row[name])}" for name in names)
    return [f"UPDATE {table} SET {types} WHERE {key} = {value}"]


def _key_of(table: str, victim: Victim) -> tuple[str, str]:
    tenant, member = str(victim.person.tenant), str(victim.person.member)
    if table == "users":
        return "id", f"'{member}'"
    if table == "tenants":
        return "id", f"'{tenant}'"
    if table == "browser_sessions":
        return "member", f"'{member}'"
    if table == "attempt_counts":
        return "bucket", to_literal(BUCKET)
    return "tenant", f"'{tenant}'"


async def _write(
    ground: Ground, columns: list[Column], victim: Victim, batch: list[Taken], *, token: str
) -> bool:
    """As the portal. False when together they are refused."""
    table, verb = batch[0].column.table, batch[0].verb
    wrong = {each.column.name: each.wrong.sql for each in batch}
    key, value = _key_of(table, victim)
    if verb == "INSERT":
        now = SystemClock().now()
        row = to_row(table, columns, victim.person, now)
        statement = to_insert(table, row, wrong=wrong)
    else:
        values = ", ".join(f"{name} = {sql}" for name, sql in wrong.items())
        statement = f"UPDATE {table} SET {values} WHERE {key} = {value}"
    async with as_portal(ground) as portal:
        try:
            async with portal.transaction():
                await say(portal, **victim.person.words)
                await open_guard(portal, token)
                done = await portal.execute(statement)
        except REFUSALS:
            return False
    return not done.endswith(" 0")


async def _try_open(line: Line) -> None:
    try:
        await line.open()
    except CLOSED:
        await line.aclose()


async def _look(ground: Ground, line: Line) -> list[str]:
    """Whether the worker's own connection, a new one, the neighbours and the operators live on."""
    await line.aclose()
    await _try_open(line)
    died = await ground.watch.describe_end()
    found = [died] if died else []
    for path in SERVED:
        found += await _ask(ground, path)
    for path in PAGES:
        found += await _open_page(ground, path)
    return found


async def _open_page(ground: Ground, path: str) -> list[str]:
    operator = ground.browsers.get("operator")
    if operator is None:
        return []
    try:
        answer = await operator.knock("GET", path)
    except httpx.HTTPError as error:
        return [f"GET {path}: {type(error).__name__}"]
    is_shown = answer.status == httpx.codes.OK or DASHBOARD_SIGN_IN in answer.location
    return [] if is_shown else [f"GET {path}: answered {answer.status} for everybody"]


async def _ask(ground: Ground, path: str) -> list[str]:
    try:
        answer = await ground.platform.api.get(path)
    except httpx.HTTPError as error:
        return [f"GET {path}: {type(error).__name__}"]
    return [] if answer.is_success else [f"GET {path}: answered {answer.status_code} for everybody"]


CHECKS = [
    Check(
        name="sql.poison",
        fence="readers that survive what they cannot read (shared/stores, controlplane)",
        expects="every other tenant served, and processes that live on",
        attack=poison,
        budget=timedelta(seconds=150),
    ),
]
