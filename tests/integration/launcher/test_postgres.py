"""The embedded PostgreSQL lives by itself, wherever it lies, and comes back after a kill."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from launcher import accounts, host, modes, postgres, processes, records
from launcher.accounts import View
from launcher.errors import NotReadyError
from launcher.paths import ROOT, Paths
from launcher.postgres import Cluster
from launcher.waiting import wait_for

pytestmark = pytest.mark.postgres


@pytest.fixture
def paths(tmp_path: Path) -> Iterator[Paths]:
    paths = Paths(root=ROOT, state=tmp_path / "a state")
    paths.prepare()
    yield paths
    postgres.stop(paths, cluster(paths))


def cluster(paths: Paths) -> Cluster:
    return postgres.cluster_of(paths, "0000beef")


def start_in_another_process(paths: Paths) -> None:
    code = (
        "import sys, pathlib; from launcher import paths, postgres\n"
        "here = paths.Paths(root=paths.ROOT, state=pathlib.Path(sys.argv[1]))\n"
        "postgres.start(here, postgres.cluster_of(here, '0000beef'))"
    )
    command = [sys.executable, "-c", code, str(paths.state)]
    subprocess.run(command, cwd=ROOT, check=True)  # noqa: S603  our own code, above


async def ask(address: str, question: str) -> object:
    connection = await asyncpg.connect(address)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def test_a_started_server_answers_at_its_address(paths: Paths) -> None:
    assert postgres.start(paths, cluster(paths))
    assert await ask(cluster(paths).url, "SELECT lower('ÀBC')") == "àbc"


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT '{}'::int",
        "SELECT no_such_column FROM (SELECT '{}') t",
        "DO $$BEGIN RAISE unique_violation USING detail = '{}'; END$$",
        "DO $$BEGIN CREATE TABLE t (x text UNIQUE); INSERT INTO t SELECT '{}' FROM pg_am; END$$",
    ],
)
async def test_what_stands_in_a_statement_that_fails_is_not_logged(
    paths: Paths, statement: str
) -> None:
    postgres.start(paths, cluster(paths))
    with pytest.raises(asyncpg.PostgresError):
        await ask(cluster(paths).url, statement.format("what-a-customer-said"))
    log = (paths.logs / "postgres.log").read_text(encoding="utf-8")
    assert "ready to accept connections" in log
    assert "what-a-customer-said" not in log


async def test_it_outlives_the_process_that_started_it(paths: Paths) -> None:
    start_in_another_process(paths)
    assert await ask(cluster(paths).url, "SELECT 1") == 1


def test_a_second_start_finds_it_running(paths: Paths) -> None:
    postgres.start(paths, cluster(paths))
    assert not postgres.start(paths, cluster(paths))


async def test_a_killed_server_comes_back_with_what_was_committed(paths: Paths) -> None:
    postgres.start(paths, cluster(paths))
    await ask(cluster(paths).url, "CREATE TABLE kept AS SELECT 7 AS n")
    record = records.find_record(paths.records, postgres.PROCESS)
    assert record is not None
    os.kill(record.pid, signal.SIGKILL)
    assert wait_for(lambda: processes.is_gone(record) or None, within=timedelta(seconds=10))
    assert postgres.start(paths, cluster(paths))
    assert await ask(cluster(paths).url, "SELECT n FROM kept") == 7


async def test_no_second_server_starts_while_a_backend_has_outlived_the_first(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgres.start(paths, cluster(paths))
    record = records.find_alive(paths.records, postgres.PROCESS)
    assert record is not None
    connection = await asyncpg.connect(cluster(paths).url)
    backend = connection.get_server_pid()
    os.kill(backend, signal.SIGSTOP)  # it cannot notice that its server is gone
    os.kill(record.pid, signal.SIGKILL)
    assert wait_for(lambda: processes.is_gone(record) or None, within=timedelta(seconds=10))
    monkeypatch.setattr(postgres, "ORPHAN_TIME", timedelta(seconds=0.3))
    with pytest.raises(NotReadyError, match=str(backend)):
        postgres.start(paths, cluster(paths))
    os.kill(backend, signal.SIGCONT)
    connection.terminate()
    monkeypatch.setattr(postgres, "ORPHAN_TIME", timedelta(seconds=30))
    assert postgres.start(paths, cluster(paths))


def test_one_whose_record_was_lost_is_adopted_and_stopped(paths: Paths) -> None:
    postgres.start(paths, cluster(paths))
    record = records.find_record(paths.records, postgres.PROCESS)
    assert record is not None
    records.forget(paths.records, postgres.PROCESS)
    assert postgres.stop(paths, cluster(paths))
    assert wait_for(lambda: processes.is_gone(record) or None, within=timedelta(seconds=10))


async def test_a_beginning_that_was_cut_short_is_begun_again(paths: Paths) -> None:
    draft = cluster(paths).data.with_name("data.new")
    draft.mkdir(parents=True)
    (draft / "PG_VERSION").write_text("18")
    assert postgres.start(paths, cluster(paths))
    assert await ask(cluster(paths).url, "SELECT 1") == 1


def test_it_stops_though_a_client_is_connected(paths: Paths) -> None:
    postgres.start(paths, cluster(paths))
    code = (
        "import asyncio, sys, asyncpg\n"
        "async def stay():\n"
        "    await asyncpg.connect(sys.argv[1]); print('in', flush=True)\n"
        "    await asyncio.sleep(600)\n"
        "asyncio.run(stay())"
    )
    command = [sys.executable, "-c", code, cluster(paths).url]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as client:  # noqa: S603  our own code
        try:
            assert client.stdout is not None
            assert client.stdout.readline() == b"in\n"
            assert postgres.stop(paths, cluster(paths))
        finally:
            client.kill()


@pytest.mark.skipif(not host.is_root(), reason="a plain user's server runs as that user")
def test_roots_server_runs_as_a_user_that_nobody_else_is(paths: Paths) -> None:
    postgres.start(paths, cluster(paths))
    record = records.find_record(paths.records, postgres.PROCESS)
    assert record is not None
    assert Path(f"/proc/{record.pid}").stat().st_uid == accounts.SERVER_ID
    assert modes.list_open(paths.state) == []


async def test_every_role_has_to_show_who_it_is(paths: Paths) -> None:
    postgres.start(paths, cluster(paths))
    await ask(cluster(paths).url, "CREATE ROLE flowhq_portal LOGIN PASSWORD 'right'")
    portal = cluster(paths).url.replace("postgres@", "flowhq_portal{}@", 1)
    assert await ask(portal.format(":right"), "SELECT current_user") == "flowhq_portal"
    for address in (
        portal.format(""),
        portal.format(":wrong"),
        portal.replace("flowhq_portal{}", "x"),
    ):
        with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
            await ask(address, "SELECT 1")
    rules = "SELECT string_agg(auth_method, ' ') FROM pg_hba_file_rules"
    assert await ask(cluster(paths).url, rules) == "peer scram-sha-256"


async def test_a_cluster_of_before_that_trusted_everybody_does_so_no_more(paths: Paths) -> None:
    postgres.start(paths, cluster(paths))
    await ask(cluster(paths).url, "CREATE ROLE flowhq_portal LOGIN")
    postgres.stop(paths, cluster(paths))
    ways = cluster(paths).data / "pg_hba.conf"
    ways.write_text("local all all trust\n", encoding="utf-8")
    postgres.start(paths, cluster(paths))
    with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError):
        await ask(cluster(paths).url.replace("postgres@", "flowhq_portal@", 1), "SELECT 1")


@pytest.mark.skipif(not accounts.may_hide(), reason="only root has users to give")
def test_the_portals_user_reaches_the_socket_and_is_not_taken_for_the_owner(paths: Paths) -> None:
    postgres.start(paths, cluster(paths))
    code = "import asyncio, asyncpg, sys; asyncio.run(asyncpg.connect(sys.argv[1]))"
    view = View(
        place=ROOT,
        reads=(ROOT, Path(sys.prefix), Path(sys.base_prefix), cluster(paths).socket),
    )
    said = {}
    for account in (accounts.portal_account(), accounts.sandbox_account()):
        command = [sys.executable, "-P", "-c", code, cluster(paths).url]
        probe = accounts.confine(account, command, view=view, port=8080, variables={})
        done = subprocess.run(probe, capture_output=True, text=True, check=False)  # noqa: S603
        said[account.uid if account else 0] = done.stderr.splitlines()[-1]
    assert "authentication failed" in said[accounts.PORTAL_ID]
    assert "PermissionError" in said[accounts.SANDBOX_ID]


@pytest.mark.skipif(not host.is_root(), reason="only root's server is another user")
async def test_a_closed_directory_above_stays_closed(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    paths = Paths(root=ROOT, state=closed / "state")
    paths.prepare()
    try:
        postgres.start(paths, cluster(paths))
        assert await ask(cluster(paths).url, "SELECT 1") == 1
        assert closed.stat().st_mode & 0o777 == 0o700
    finally:
        postgres.stop(paths, cluster(paths))
