"""A portal that could read what is not its own is found out."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest

from attack.machine.portal_process import SECRETS, read_as_portal
from launcher import accounts
from launcher.accounts import View
from launcher.paths import ROOT
from tests.fakes.attack_ground import StandingInstallation, make_ground

pytestmark = pytest.mark.skipif(not accounts.may_hide(), reason="only root becomes another user")
WAITING = "print('ready', flush=True); input()"


class Running(StandingInstallation):
    def __init__(self, **pids: int) -> None:
        super().__init__()
        self._pids = pids

    def find_pid(self, part: str) -> int | None:
        return self._pids.get(part)


@pytest.fixture
def state() -> Iterator[Path]:
    """Not below pytest's own directory: a test opens it, and what runs beside lies there closed."""
    with TemporaryDirectory() as own:
        made = Path(own) / "state"
        made.mkdir(mode=0o700)
        for name in SECRETS:
            (made / name).touch(mode=0o600)
        yield made


@pytest.fixture
def control_plane() -> Iterator[int]:
    yield from run([sys.executable, "-IS", "-c", WAITING])


@pytest.fixture
def confined(state: Path) -> Iterator[int]:
    """A process like the portal's, as the launcher starts it."""
    (state / "mail").mkdir()
    seen = View(
        place=Path("/"),
        reads=(ROOT, Path(sys.prefix), Path(sys.base_prefix)),
        writes=(state / "mail",),
    )
    command = [sys.executable, "-IS", "-c", WAITING]
    yield from run(
        accounts.confine(accounts.portal_account(), command, view=seen, port=8080, variables={})
    )


def run(command) -> Iterator[int]:
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield process.pid
        process.kill()


async def attack(state: Path, *, portal: int, control_plane: int) -> list[str]:
    ground = make_ground()
    installation = Running(portal=portal, controlplane=control_plane)
    ground.target = msgspec.structs.replace(
        ground.target, installation=installation, state_dir=state
    )
    return (await read_as_portal(ground)).breaches


async def test_a_portal_as_it_should_be_holds(state, confined, control_plane) -> None:
    assert await attack(state, portal=confined, control_plane=control_plane) == []


async def test_a_portal_that_is_root_is_found(state, control_plane) -> None:
    breaches = await attack(state, portal=control_plane, control_plane=control_plane)
    assert "it is root" in breaches
    assert f"it can open {state / 'admin.key'}" in breaches


async def test_a_state_directory_that_is_open_is_found_where_it_is_not_hidden(
    state, control_plane
) -> None:
    key = state / "admin.key"
    key.chmod(0o644)
    for directory in (state, state.parent):
        directory.chmod(0o755)
    for pid in run([*plain_user(), "/bin/sh", "-c", "echo ready; read _"]):
        breaches = await attack(state, portal=pid, control_plane=control_plane)
    assert breaches == [f"it can open {key}"]


def plain_user() -> list[str]:
    number = accounts.PORTAL_ID
    who = [f"--reuid={number}", f"--regid={number}", "--clear-groups", "--no-new-privs"]
    return ["setpriv", *who, "--"]
