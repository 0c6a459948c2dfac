"""What an installation remembers, and who may touch it at a time."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from launcher import instance, leftovers, locking, logkeeper, modes, orphans, postgres, processes
from launcher.down import _refuse_foreign
from launcher.errors import LauncherError
from launcher.instance import Running
from launcher.logview import LogView
from launcher.orphans import Seen
from launcher.paths import ROOT, Paths
from launcher.settings import LauncherSettings
from launcher.waiting import wait_for


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    paths = Paths(root=ROOT, state=tmp_path / "state")
    paths.prepare()
    return paths


def test_an_installation_keeps_its_id(paths: Paths) -> None:
    made = instance.ensure_id(paths)
    assert len(made) == 8
    assert instance.ensure_id(paths) == made


def test_how_it_was_started_is_remembered(paths: Paths) -> None:
    running = Running(live=True, settings=LauncherSettings(state_dir=paths.state, port=9000))
    instance.write_running(paths, running)
    assert instance.find_running(paths) == running


def test_a_second_launcher_is_told_to_wait(paths: Paths) -> None:
    with (
        locking.exclusive(paths),
        pytest.raises(LauncherError, match="is at work on"),
        locking.exclusive(paths),
    ):
        pass


def test_a_killed_launcher_lets_go(paths: Paths) -> None:
    code = (
        "import os, sys, pathlib; from launcher import locking; from launcher.paths import Paths\n"
        "paths = Paths(root=pathlib.Path('.'), state=pathlib.Path(sys.argv[1]))\n"
        "with locking.exclusive(paths): os.kill(os.getpid(), 9)"
    )
    command = [sys.executable, "-c", code, str(paths.state)]
    subprocess.run(command, cwd=ROOT, check=False)  # noqa: S603  our own code, above
    with locking.exclusive(paths):
        pass


def test_images_are_remembered_once_and_in_order(paths: Paths) -> None:
    leftovers.remember(paths, ["base:1", "worker:1"])
    leftovers.remember(paths, ["base:1", "worker:2"])
    assert leftovers.list_remembered(paths) == ["base:1", "worker:1", "worker:2"]


def test_a_directory_that_is_not_ours_is_not_emptied(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(LauncherError, match="does not look like FlowHQ's"):
        _refuse_foreign(tmp_path)


def test_a_checkout_is_not_emptied(paths: Paths) -> None:
    (paths.state / ".git").mkdir()
    with pytest.raises(LauncherError):
        _refuse_foreign(paths.state)


class TestLogView:
    def test_only_whole_new_lines_are_shown(self, tmp_path: Path) -> None:
        log = tmp_path / "one.log"
        log.write_text("old\n")
        view = LogView(files={"one": log}).from_now()
        with log.open("a") as file:
            file.write("new\nhal")
            file.flush()
            assert view.read() == [("one", "new")]
            file.write("f\n")
        assert view.read() == [("one", "half")]

    def test_a_log_begun_anew_is_shown_from_its_start(self, tmp_path: Path) -> None:
        log = tmp_path / "one.log"
        log.write_text("a long line of before\n")
        view = LogView(files={"one": log}).from_now()
        log.write_text("short\n")
        assert view.read() == [("one", "short")]

    def test_a_letter_cut_in_two_is_put_together(self, tmp_path: Path) -> None:
        log = tmp_path / "one.log"
        view = LogView(files={"one": log})
        log.write_bytes("é".encode()[:1])
        assert view.read() == []
        log.write_bytes("é\n".encode())
        assert view.read() == [("one", "é")]


def test_a_log_is_bounded_while_its_process_writes(paths: Paths) -> None:
    log = processes.log_path(paths, "one")
    logkeeper.start(paths, ["one", "none"], max_bytes=100, pause_seconds=0.05)
    try:
        with log.open("ab", buffering=0) as process:
            process.write(b"x" * 1000)
            kept = log.with_suffix(".log.1")
            assert wait_for(lambda: kept.exists() or None, within=timedelta(seconds=20))
            assert wait_for(lambda: log.stat().st_size == 0 or None, within=timedelta(seconds=20))
            process.write(b"after\n")
        assert log.read_bytes() == b"after\n"
        assert kept.stat().st_size == 50
    finally:
        processes.stop(paths, logkeeper.PROCESS)


def test_practice_and_the_real_whatsapp_never_share_tenants(paths: Paths) -> None:
    instance.ensure_mode(paths, live=False)
    instance.ensure_mode(paths, live=False)
    with pytest.raises(LauncherError, match="was made for practice"):
        instance.ensure_mode(paths, live=True)


class TestOrphans:
    def seen(self, command: list[str], state: Path) -> Seen:
        return Seen(pid=1, command=command, environ={"FLOWHQ_STATE_DIR": str(state)})

    def test_a_control_plane_of_this_state_is_known_again(self, paths: Paths) -> None:
        seen = self.seen(["python", "-P", "-m", "controlplane"], paths.state)
        assert orphans.part_of(seen, paths) == "controlplane"

    def test_one_of_another_state_is_not(self, paths: Paths, tmp_path: Path) -> None:
        seen = self.seen(["python", "-P", "-m", "controlplane"], tmp_path / "other")
        assert orphans.part_of(seen, paths) is None

    def test_a_postgres_is_known_by_its_data(self, paths: Paths) -> None:
        data = str(paths.postgres / "data")
        seen = Seen(pid=1, command=["postgres", "-D", data, "-c", "x=y"], environ={})
        assert orphans.part_of(seen, paths) == "postgres"


class TestSocket:
    def test_it_lies_beside_the_data(self, paths: Paths) -> None:
        cluster = postgres.cluster_of(Paths(root=ROOT, state=Path("/short")), "abcd1234")
        assert cluster.socket == Path("/short/postgres/socket")

    @pytest.mark.parametrize("name", ["x" * 100, "a,b"], ids=["too long", "comma"])
    def test_a_path_that_a_client_cannot_take_is_avoided(self, name: str) -> None:
        cluster = postgres.cluster_of(Paths(root=ROOT, state=Path("/") / name), "abcd1234")
        assert name not in str(cluster.socket)
        assert "abcd1234" in str(cluster.socket)

    def test_a_space_survives_in_the_address(self) -> None:
        cluster = postgres.cluster_of(Paths(root=ROOT, state=Path("/a b")), "abcd1234")
        assert cluster.url == "postgresql://postgres@/flowhq?host=%2Fa%20b%2Fpostgres%2Fsocket"


class TestModes:
    @pytest.fixture
    def exposed(self, paths: Paths) -> list[Path]:
        """As installations of before left them."""
        files = [paths.state / name for name in ("admin.key", "logs/portal.log", "logs")]
        paths.state.chmod(0o755)
        for file in files[:2]:
            file.touch(mode=0o600)
            file.chmod(0o644)
        files[2].chmod(0o755)
        return sorted([paths.state, *files])

    def test_what_is_open_to_others_is_named(self, paths: Paths, exposed: list[Path]) -> None:
        assert modes.list_open(paths.state) == exposed

    def test_a_start_closes_it(self, paths: Paths, exposed: list[Path]) -> None:
        paths.prepare()
        assert modes.list_open(paths.state) == []

    def test_what_a_link_leads_to_is_left_alone(self, paths: Paths, tmp_path: Path) -> None:
        outside = tmp_path / "outside"
        outside.touch(mode=0o644)
        outside.chmod(0o644)
        (paths.logs / "link").symlink_to(outside)
        paths.prepare()
        assert outside.stat().st_mode & 0o777 == 0o644

    def test_a_process_makes_files_for_its_owner_alone(self, paths: Paths) -> None:
        made = paths.state / "made"
        program = f"import signal; open({str(made)!r}, 'w').close(); signal.pause()"
        command = [sys.executable, "-c", program]
        processes.start(paths, processes.ProcessSpec(name="one", command=command, environ={}))
        try:
            wait_for(lambda: made.exists() or None, within=timedelta(seconds=20))
            assert made.stat().st_mode & 0o777 == 0o600
        finally:
            processes.stop(paths, "one")
