"""SQL of CHECK constraints, for migrations. Pure.

`hold` mends the rows of before, and makes constraints `NOT VALID`, which reads no row; `settle`,
in a transaction of its own, has PostgreSQL look at all rows while others read and write. What was
mended is told in the audit log, with what stood there.
"""

from collections.abc import Collection, Iterator, Sequence

import msgspec

MENDED = "row.mended"


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """instead: an SQL expression for rows of before that do not meet `condition`; None where such
    a row is of no use and goes. also: further assignments to such a row. tenant: of the row, for
    the audit log.
    """

    table: str
    column: str
    name: str
    condition: str
    instead: str | None = None
    also: str = ""
    tenant: str = "NULL"


def known(
    table: str,
    column: str,
    words: Collection[str],
    *,
    instead: str | None = None,
    tenant: str = "NULL",
) -> Check:
    """A column that holds one of `words`, which are the values of the enum that reads it."""
    listed = ", ".join(f"'{word}'" for word in sorted(words))
    return Check(
        table=table,
        column=column,
        name=f"{table}_{column}_known",
        condition=f"{column} IN ({listed})",
        instead=None if instead is None else f"'{instead}'",
        tenant=tenant,
    )


def hold(checks: Sequence[Check]) -> Iterator[str]:
    """Holds for what is written from now on. Rows of before are mended while nobody writes: with
    its constraints made, a row that broke two of them could be mended in none.
    """
    tables = sorted({check.table for check in checks})
    yield f"LOCK TABLE {', '.join(tables)} IN SHARE ROW EXCLUSIVE MODE"
    yield from map(_mend, checks)
    # What was told becomes a link of the audit log now: no table with a trigger ahead is altered.
    yield "SET CONSTRAINTS ALL IMMEDIATE"
    for table in tables:
        made = ", ".join(
            f"ADD CONSTRAINT {check.name} CHECK ({check.condition}) NOT VALID"
            for check in checks
            if check.table == table
        )
        yield f"ALTER TABLE {table} {made}"


def settle(check: Check) -> str:
    """Looks at every row, while others read and write. In a migration after the one of `hold`."""
    return f"ALTER TABLE {check.table} VALIDATE CONSTRAINT {check.name}"


def drop(check: Check) -> str:
    return f"ALTER TABLE {check.table} DROP CONSTRAINT {check.name}"


def extend(check: Check) -> Iterator[str]:
    """For an enum that got more words: no row of before breaks it."""
    yield f"ALTER TABLE {check.table} DROP CONSTRAINT IF EXISTS {check.name}"
    yield f"ALTER TABLE {check.table} ADD CONSTRAINT {check.name} CHECK ({check.condition})"


def _mend(check: Check) -> str:
    # The rows as they were: a statement does not see what it changes itself.
    bad = f"NOT ({check.condition})"
    if check.instead is None:
        act = f"DELETE FROM {check.table} WHERE {bad}"
    else:
        act = f"UPDATE {check.table} SET {check.column} = {check.instead}{check.also} WHERE {bad}"
    return f"""
        WITH bad AS (
            SELECT {check.tenant}::uuid AS tenant_id, left({check.column}::text, 200) AS was,
                   count(*) AS rows
              FROM {check.table} WHERE {bad} GROUP BY 1, 2
        ), told AS (
            INSERT INTO admin_audit_logs (id, kind, who, action, tenant_id, detail_json, address)
            SELECT gen_random_uuid(), 'KEY', 'migration', '{MENDED}', tenant_id,
                   jsonb_build_object('name', '{check.table}.{check.column}', 'was', was,
                                      'count', rows), ''
              FROM bad
        )
        {act}
    """
