"""Every column that the portal's role may write, with values that it was not made for."""

from collections import defaultdict
from collections.abc import Iterator

import asyncpg
import msgspec

from attack.checks import Check, Outcome
from attack.ground import Ground
from attack.sql.catalogue import Column, list_columns
from attack.sql.session import REFUSALS, as_owner, as_portal, say, undone
from attack.sql.values import ORDER, Person, Wrong, list_wrong, to_insert, to_row
from shared.clock import SystemClock


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A value that the database took. verb: INSERT or UPDATE."""

    verb: str
    column: Column
    wrong: Wrong


class Tried(msgspec.Struct, kw_only=True):
    attempts: int = 0
    taken: list[Taken] = []
    untried: list[str] = []


async def domains(ground: Ground) -> Outcome:
    """What the database takes; nothing of it stays."""
    tried = await try_all(ground)
    ground.store["taken"] = tried.taken
    by_column: dict[str, list[str]] = defaultdict(list)
    for each in tried.taken:
        if each.wrong.must_refuse:
            by_column[f"{each.column.table}.{each.column.name}"].append(each.wrong.name)
    return Outcome(
        saw=f"{tried.attempts} values, {len(tried.taken)} of them taken",
        breaches=[
            f"{column} takes {', '.join(dict.fromkeys(names))}"
            for column, names in by_column.items()
        ],
        untried="; ".join(tried.untried),
    )


async def try_all(ground: Ground) -> Tried:
    """Raises NotTriedError."""
    async with as_owner(ground) as owner:
        columns = await list_columns(owner)
    tried, person = Tried(), Person()
    async with as_portal(ground) as portal, undone(portal):
        await say(portal, **person.words)
        for table in _order(columns):
            await _try_table(portal, table, columns, person, tried)
        for column in columns:
            if column.updates:
                for wrong in list_wrong(column):
                    statement = f"UPDATE {column.table} SET {column.name} = {wrong.sql}"
                    attempt = Taken(verb="UPDATE", column=column, wrong=wrong)
                    await _try(portal, statement, attempt, tried)
    return tried


def _order(columns: list[Column]) -> Iterator[str]:
    """Tables that a row may be put into; those that are new come last."""
    known = {column.table for column in columns if column.inserts}
    yield from (table for table in ORDER if table in known)
    yield from sorted(known - {*ORDER})


async def _try_table(
    portal: asyncpg.Connection,
    table: str,
    columns: list[Column],
    person: Person,
    tried: Tried,
) -> None:
    """Rows with one value wrong; then the good one, which later tables refer to."""
    row = to_row(table, columns, person, SystemClock().now())
    for column in columns:
        if column.table != table or not column.inserts:
            continue
        for wrong in list_wrong(column):
            statement = to_insert(table, row, wrong={column.name: wrong.sql})
            attempt = Taken(verb="INSERT", column=column, wrong=wrong)
            await _try(portal, statement, attempt, tried)
    try:
        async with portal.transaction():
            await portal.execute(to_insert(table, row))
            if table == "users":
                # As a new member who describes a business: no other guard is made up.
                await portal.fetch("SELECT flowhq_open_link($1)", person.proof)
                await portal.fetch("SELECT flowhq_open_business($1)", person.tenant)
            if table == "tenants":
                await portal.execute("UPDATE users SET tenant = $1", person.tenant)
    except REFUSALS as error:
        tried.untried.append(f"no good row of {table} was taken: {error}")


async def _try(portal: asyncpg.Connection, statement: str, attempt: Taken, tried: Tried) -> None:
    tried.attempts += 1
    savepoint = portal.transaction()
    await savepoint.start()
    try:
        done = await portal.execute(statement)
    except REFUSALS:
        return
    finally:
        await savepoint.rollback()
    if not done.endswith(" 0"):
        tried.taken.append(attempt)


CHECKS = [
    Check(
        name="sql.domains",
        fence="CHECK constraints (shared/db/migrations)",
        expects="a refusal of words that are none, of shapes that are none, of a megabyte",
        attack=domains,
    ),
]
