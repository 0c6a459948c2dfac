"""The audit log's chain: whatever somebody with the whole database does to it is found."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from functools import partial

import asyncpg
import msgspec
import pytest

from controlplane.services.verify_audit import verify_audit
from launcher import audit_log as launched
from launcher import parts
from launcher.paths import ROOT, Paths
from shared.clock import SystemClock
from shared.stores import audit, audit_chain
from shared.structs.keys import AuditEntry
from tests.another_time import same_time

SOON = 20
ROWS = 5
# As whoever has the database can: no trigger is asked.
AS_SUPERUSER = "SET session_replication_role = replica"
REMOVE = "DELETE FROM admin_audit_logs WHERE id = $1::text::uuid"
CHANGE = "UPDATE admin_audit_logs SET {} WHERE id = $1::text::uuid"
SWAP = (
    "UPDATE admin_audit_logs SET who = CASE who WHEN 'key 1' THEN 'key 3' ELSE 'key 1' END"
    " WHERE who IN ('key 1', 'key 3')"
)
ADD = (
    "INSERT INTO admin_audit_logs (id, kind, who, action, address)"
    " VALUES (gen_random_uuid(), 'KEY', 'x', 'tenant.removed', '')"
)


@pytest.fixture
async def owner(database_url: str, database) -> AsyncIterator[asyncpg.Connection]:  # noqa: ARG001  bound
    opened = await asyncpg.connect(database_url)
    yield opened
    await opened.close()


@pytest.fixture
async def rows(owner) -> list[str]:
    """Ids, in the order of the chain; the third is of what was only looked at."""
    for number in range(ROWS):
        entry = AuditEntry(
            who=f"key {number}", action="config.set", address="::1", detail={"é": [number, None]}
        )
        if number == 2:
            await audit.record_hourly(entry, now=SystemClock().now())
        else:
            await audit.record(entry)
    found = await owner.fetch("SELECT entry::text FROM audit_links ORDER BY position")
    return [row["entry"] for row in found]


async def find_faults(expected: str | None = None, *, later: timedelta = timedelta(0)) -> list[str]:
    verdict = await verify_audit(expected=expected, now=SystemClock().now() + later)
    return verdict.faults


async def tamper(owner: asyncpg.Connection, statements: Sequence[str], row: str) -> None:
    await owner.execute(AS_SUPERUSER)
    for statement in statements:
        await owner.execute(statement, *([row] if "$1" in statement else []))


async def test_a_log_that_nobody_touched_is_intact(owner, rows):
    assert (len(rows), await find_faults()) == (ROWS, [])
    hashes = await owner.fetch("SELECT hash FROM audit_links ORDER BY position")
    for row in hashes:
        assert await find_faults(row["hash"]) == []
    assert (await audit.list_page(limit=1)).items[0].hash == hashes[-1]["hash"]
    assert (await audit_chain.find_head()).hash == hashes[-1]["hash"]


@pytest.mark.parametrize(
    ("statements", "named"),
    [
        pytest.param(
            [CHANGE.format("who = 'other'")],
            "position 2 has a row that was changed: row {}",
            id="a row is changed",
        ),
        pytest.param(
            [CHANGE.format("detail_json = '{}'")],
            "position 2 has a row that was changed: row {}",
            id="what it says is changed",
        ),
        pytest.param(
            [CHANGE.format("at = at - interval '1 us'")],
            "position 2 has a row that was changed: row {}",
            id="when it was is changed",
        ),
        pytest.param([REMOVE], "position 2 has lost its row: row {}", id="a row is removed"),
        pytest.param(
            [REMOVE, "UPDATE audit_links SET is_hourly = true, at = at - interval '2 years'"],
            "position 1 was changed",
            id="a row is removed and all are said to be some that may be",
        ),
        pytest.param(
            [REMOVE, "DELETE FROM audit_links WHERE position = 2"],
            "position 2 is missing; 3 is next",
            id="a row is removed with its link",
        ),
        pytest.param(
            [
                REMOVE,
                "DELETE FROM audit_links WHERE position = 2",
                "UPDATE audit_links SET position = 2 WHERE position = 3",
                "UPDATE audit_links SET position = 3 WHERE position = 4",
                "UPDATE audit_links SET position = 4 WHERE position = 5",
            ],
            "position 2 was changed, or one before it was removed",
            id="and the gap is closed",
        ),
        pytest.param(
            [SWAP],
            "position 2 has a row that was changed",
            id="two rows are swapped",
        ),
        pytest.param(
            [
                "UPDATE audit_links SET position = -position WHERE position IN (2, 4)",
                "UPDATE audit_links SET position = 6 + position WHERE position < 0",
            ],
            "position 2 was changed",
            id="two links are swapped",
        ),
        pytest.param([ADD], "is no link of the chain: it was put in", id="a row is put in"),
        pytest.param(
            [
                "DELETE FROM admin_audit_logs WHERE who = 'key 4'",
                "DELETE FROM audit_links WHERE position = 5",
            ],
            "the chain ends at 4, and the newest row was at 5",
            id="the last is removed",
        ),
        pytest.param(["DELETE FROM audit_heads"], "the newest row was at 0", id="the end is lost"),
        pytest.param(
            ["DELETE FROM admin_audit_logs", "DELETE FROM audit_links"],
            "the chain ends at 0, and the newest row was at 5",
            id="all is removed",
        ),
    ],
)
async def test_what_somebody_did_to_it_is_found_and_named(owner, rows, statements, named):
    await tamper(owner, statements, rows[1])
    faults = await find_faults()
    assert named.replace("{}", rows[1]) in faults[0]


async def test_a_last_row_that_was_removed_without_a_trace_is_missed_by_its_hash(owner, rows):
    """Which somebody kept elsewhere: in the database nothing is wrong."""
    kept = (await audit_chain.find_head()).hash
    forge = (
        "UPDATE audit_heads SET (position, hash) ="
        " (SELECT position, hash FROM audit_links WHERE position = 4)"
    )
    await tamper(owner, [REMOVE, "DELETE FROM audit_links WHERE position = 5", forge], rows[-1])
    assert await find_faults() == []
    [fault] = await find_faults(kept)
    assert fault.startswith("no row has the hash that is expected")


async def test_what_was_looked_at_long_ago_may_be_gone_and_what_was_done_may_not(owner, rows):
    later = audit.HOURLY_KEPT + timedelta(hours=1)
    await audit.sweep_hourly(now=SystemClock().now() + later)
    assert await owner.fetchval("SELECT count(*) FROM admin_audit_logs") == ROWS - 1
    assert await find_faults(later=later) == []
    # Too early, that is.
    assert (await find_faults())[0].startswith(f"position 3 has lost its row: row {rows[2]}")


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE admin_audit_logs SET who = 'x'",
        "DELETE FROM admin_audit_logs WHERE once_key IS NULL",
        "TRUNCATE admin_audit_logs",
        "UPDATE audit_links SET hash = digest",
        "DELETE FROM audit_links",
        "TRUNCATE audit_links",
        "UPDATE audit_heads SET position = 1",
        "DELETE FROM audit_heads",
        "TRUNCATE audit_heads",
    ],
)
async def test_the_platform_itself_changes_and_removes_nothing_of_it(owner, statement):
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="stays written down"):
        await owner.execute(statement)


async def test_rows_of_many_at_once_are_one_chain_and_nobody_waits_for_what_comes_after(
    owner, database_url
):
    """A row is a link when its transaction ends: one that goes on holds up nobody."""
    others = [await asyncpg.connect(database_url) for _ in range(5)]

    async def add(connection: asyncpg.Connection) -> None:
        for _ in range(10):
            await connection.execute(ADD)

    try:
        async with asyncio.timeout(SOON), owner.transaction():
            await owner.execute(ADD)
            await asyncio.gather(*map(add, others))
            # What is undone leaves no gap.
            undone = others[0].transaction()
            await undone.start()
            await others[0].execute(ADD)
            await undone.rollback()
        assert await owner.fetchval("SELECT position FROM audit_heads") == 51
        assert await find_faults() == []
    finally:
        for each in others:
            await each.close()


async def run_command(url: str | None, *arguments: str) -> tuple[int, str]:
    given = {} if url is None else {"FLOWHQ_DATABASE_URL": url}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "controlplane", "audit", *arguments),
        cwd=ROOT,
        env={**same_time(), "PYTHONPATH": str(ROOT), **given},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()


async def test_the_command_ends_with_what_it_found(owner, rows, database_url):
    head = await audit_chain.find_head()
    assert await run_command(database_url, "verify", "--expect", head.hash) == (
        0,
        f"audit: 5 rows are as they were written; the last: {head.hash}\n",
    )
    await tamper(owner, [CHANGE.format("who = 'x'")], rows[1])
    code, said = await run_command(database_url, "verify")
    assert (code, rows[1] in said, "config.set" in said) == (1, True, True)
    assert re.fullmatch(r"audit: position 2 has a row that was changed: row .+\n", said)
    nowhere = f"{database_url.partition('?')[0]}?host=/nowhere"
    for url, arguments in ((nowhere, ["verify"]), (None, ["verify"]), (database_url, ["burn"])):
        code, said = await run_command(url, *arguments)
        assert (code, "Traceback" in said) == (2, False), said


@pytest.mark.usefixtures("rows")
async def test_the_script_asks_the_database_that_the_control_plane_was_started_with(
    owner, database_url, tmp_path
):
    paths, environ = Paths(root=ROOT, state=tmp_path), same_time() | {"PYTHONPATH": str(ROOT)}
    verify = partial(asyncio.to_thread, launched.verify, paths, environ, expected=None)
    assert await verify() == launched.UNKNOWN
    settings = {"FLOWHQ_DATABASE_URL": database_url, "FLOWHQ_PORT": "8000"}
    started = [sys.executable, "-P", "-m", "controlplane"]
    paths.records.mkdir(parents=True)
    recipe = msgspec.json.encode({"command": started, "settings": settings})
    (paths.records / f"{parts.CONTROL_PLANE}.recipe").write_bytes(recipe)
    assert await verify() == 0
    await owner.execute(AS_SUPERUSER)
    await owner.execute("DELETE FROM audit_links")
    assert await verify() == 1
