import asyncio
import sqlite3

import pytest

from worker.database import Database, StorageError


def count(db):
    return db.execute("SELECT count(*) FROM meta").fetchone()[0]


def put(key, value=b"x"):
    return lambda db: db.execute("INSERT INTO meta (key, value) VALUES (?, ?)", (key, value))


async def test_work_is_durable_for_another_reader_when_its_call_returns(database, tmp_path):
    await database.run(put("a"))
    other = sqlite3.connect(tmp_path / "worker.db")
    try:
        assert count(other) == 1
    finally:
        other.close()


async def test_a_burst_is_done_in_order(database):
    seen = []
    await asyncio.gather(*[database.run(lambda _, n=n: seen.append(n)) for n in range(500)])
    assert seen == list(range(500))


async def test_one_failing_piece_of_work_leaves_the_joined_rest(database):
    def breaks(db):
        put("half")(db)
        raise ValueError("no")

    results = await asyncio.gather(
        database.run(put("a")), database.run(breaks), database.run(put("b")),
        return_exceptions=True,
    )  # fmt: skip
    assert isinstance(results[1], ValueError)
    assert await database.run(count) == 2


async def test_a_broken_constraint_is_the_works_own_error(database):
    await database.run(put("a"))
    with pytest.raises(sqlite3.IntegrityError):
        await database.run(put("a"))


def limit_pages(db):
    pages = db.execute("PRAGMA page_count").fetchone()[0]
    db.execute(f"PRAGMA max_page_count = {pages}")


def lift_limit(db):
    db.execute("PRAGMA max_page_count = 1000000")


async def test_a_full_disk_is_a_storage_error_and_nothing_is_half_done(database):
    await database.run(limit_pages)
    with pytest.raises(StorageError):
        await database.run(put("big", b"x" * 100_000))
    assert await database.run(count) == 0


async def test_what_must_not_be_given_up_waits_until_there_is_room(database):
    await database.run(limit_pages)
    waiting = asyncio.ensure_future(database.run_patiently(put("big", b"x" * 100_000)))
    with pytest.raises(StorageError):
        await database.run(put("big", b"x" * 100_000))
    await database.run(lift_limit)
    await waiting
    assert await database.run(count) == 1


async def test_a_file_that_cannot_be_opened_is_said_at_once(tmp_path):
    database = Database(tmp_path / "missing" / "worker.db")
    with pytest.raises(StorageError, match="cannot be opened"):
        await database.open()


async def test_everything_is_there_after_closing_and_opening_again(tmp_path):
    first = Database(tmp_path / "again.db")
    await first.open()
    await first.run(put("a"))
    await first.aclose()
    second = Database(tmp_path / "again.db")
    await second.open()
    assert await second.run(count) == 1
    await second.aclose()
