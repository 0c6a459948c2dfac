"""The worker's own SQLite file, used from one thread, with the commits of a burst joined.

Everything the worker has promised is in here: what came in, how far its answer is, what is to
be sent, and what the control plane has not acknowledged.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

import structlog

from shared.backoff import Backoff
from shared.errors import TransientError
from worker.schema import migrate

log = structlog.get_logger(__name__)

ResultT = TypeVar("ResultT")
Work = Callable[[sqlite3.Connection], Any]

# How many pieces of work share one fsync at most.
JOINED = 256
# A full disk is watched patiently; meanwhile the client's own bound slows WhatsApp down.
_AGAIN = Backoff(first=timedelta(seconds=1), ceiling=timedelta(seconds=30))


class StorageError(TransientError):
    """The volume did not take a write (full, or failing): nothing of it happened."""


class _Job:
    __slots__ = ("error", "future", "result", "work")

    def __init__(self, work: Work, future: "asyncio.Future[Any]") -> None:
        self.work = work
        self.future = future
        self.result: Any = None
        self.error: Exception | None = None


class Database:
    """Work is a function of a connection; it runs in order, each in its own savepoint, and is
    durable when its call returns. It may be run again when a shared commit failed. on_refused
    is called, on a thread, with what the volume said when it refused.
    """

    def __init__(self, path: Path, *, on_refused: Callable[[str], None] = lambda _: None) -> None:
        self._loop = asyncio.get_running_loop()
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._path = path
        self._on_refused = on_refused
        self._thread = Thread(target=self._serve, name="database", daemon=True)
        self._opened: asyncio.Future[None] = self._loop.create_future()

    async def open(self) -> None:
        """Raises StorageError when the file cannot be used."""
        self._thread.start()
        await self._opened

    async def run(self, work: Callable[[sqlite3.Connection], ResultT]) -> ResultT:
        """Raises StorageError when the volume refused; other errors of `work` as they are."""
        job = _Job(work, self._loop.create_future())
        self._jobs.put(job)
        result: ResultT = await job.future
        return result

    async def run_patiently(self, work: Callable[[sqlite3.Connection], ResultT]) -> ResultT:
        """As `run`, for what must not be given up: waits until the volume takes it."""
        failures = 0
        while True:
            try:
                return await self.run(work)
            except StorageError as error:
                failures += 1
                log.warning("storage.refused", problem=str(error), failures=failures)
                await asyncio.sleep(_AGAIN.delay(failures).total_seconds())

    async def aclose(self) -> None:
        self._jobs.put(None)
        while self._thread.is_alive():
            await self._loop.run_in_executor(None, self._thread.join, 1.0)

    def _serve(self) -> None:
        try:
            connection = _connect(self._path)
        except sqlite3.Error as error:
            problem = StorageError(f"{self._path.name} cannot be opened: {error}")
            self._loop.call_soon_threadsafe(_fail, self._opened, problem)
            return
        self._loop.call_soon_threadsafe(self._opened.set_result, None)
        open_ = True
        while open_:
            jobs, open_ = self._take()
            if jobs:
                _commit_together(connection, jobs)
                for job in jobs:
                    if isinstance(job.error, StorageError):
                        self._on_refused(str(job.error))
                self._loop.call_soon_threadsafe(_settle, jobs)
        connection.close()

    def _take(self) -> tuple[list[_Job], bool]:
        jobs: list[_Job] = []
        while len(jobs) < JOINED and (not jobs or not self._jobs.empty()):
            job = self._jobs.get()
            if job is None:
                return jobs, False
            jobs.append(job)
        return jobs, True


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")  # a commit survives a power cut
    connection.execute("PRAGMA cache_size = -256")  # kB: rows are written once and read once
    migrate(connection)
    return connection


def _commit_together(connection: sqlite3.Connection, jobs: list[_Job]) -> None:
    try:
        connection.execute("BEGIN IMMEDIATE")
        for job in jobs:
            _run_one(connection, job)
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        if len(jobs) == 1:
            jobs[0].error = StorageError(str(error))
            return
        # What found no room must not keep out what needs none, or makes some.
        for job in jobs:
            _commit_together(connection, [job])


def _run_one(connection: sqlite3.Connection, job: _Job) -> None:
    job.error = None
    connection.execute("SAVEPOINT job")
    try:
        job.result = job.work(connection)
    except sqlite3.OperationalError:
        raise  # the disk, not the work: none of the joined work is durable
    except Exception as error:  # noqa: BLE001  handed to the caller, who awaits it
        connection.execute("ROLLBACK TO job")
        job.error = error
    connection.execute("RELEASE job")


def _settle(jobs: list[_Job]) -> None:
    for job in jobs:
        if job.future.done():  # the caller was cancelled meanwhile
            continue
        if job.error is not None:
            job.future.set_exception(job.error)
        else:
            job.future.set_result(job.result)


def _fail(future: "asyncio.Future[None]", error: Exception) -> None:
    future.set_exception(error)
