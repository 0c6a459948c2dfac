"""Answers to bursts, from the real library: none may be encrypted with a key that was used."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.integration.worker.conftest import Linked, Sandbox

CUSTOMERS, MESSAGES = 3, 60


async def _write_all(sandbox: Sandbox, customer: str, phone: str) -> None:
    """Each message meets the answer to the one before it: that is when keys were used twice."""
    for number in range(MESSAGES):
        await sandbox.write(customer, phone, f"message {number}")


async def _received(sandbox: Sandbox, customer: str) -> tuple[int, list[str]]:
    """How many answers could be read, and the ids of those that could not, once all are there."""
    async with asyncio.timeout(60):
        while True:
            path = f"/customers/{customer}/messages"
            view = await sandbox.call("GET", path)
            if len(view["items"]) + len(view["dropped"]) >= MESSAGES:
                return len(view["items"]), view["dropped"]
            await sandbox.call("GET", f"{path}?after={len(view['items'])}&wait=2")


@pytest.mark.timeout(120)
async def test_every_answer_to_a_burst_can_be_read(linked: Linked, sandbox: Sandbox):
    customers = [linked.customer, *[await sandbox.customer() for _ in range(CUSTOMERS - 1)]]
    await asyncio.gather(*(_write_all(sandbox, each, linked.phone) for each in customers))
    assert [await _received(sandbox, each) for each in customers] == [(MESSAGES, [])] * CUSTOMERS


async def test_the_guard_understands_what_the_library_stores(
    linked: Linked, sandbox: Sandbox, tmp_path: Path
):
    await sandbox.write(linked.customer, linked.phone, "hello")
    await sandbox.answers(linked.customer, 1)
    # This is another process than the library's: its locks are its own.
    with closing(sqlite3.connect(tmp_path / "data" / "session.db")) as db:
        (guard,) = db.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger'").fetchone()
        chain = "json_extract(CAST(session AS TEXT), '$.SessionState.SenderChain."
        assert f"{chain.replace('session', 'NEW.session')}ChainKey.Index')" in guard
        wanted = f"{chain}SenderRatchetKeyPublic'), {chain}ChainKey.Index')"
        rows = db.execute(f"SELECT {wanted} FROM whatsmeow_sessions").fetchall()  # noqa: S608
    assert rows
    assert all(isinstance(key, str) and isinstance(index, int) for key, index in rows)
