"""Who runs what root starts, and what those users see."""

import subprocess
import sys
from pathlib import Path

import pytest

from launcher import accounts, confined
from launcher.accounts import Account, View
from launcher.paths import ROOT

ACCOUNT = Account(60732, 60732)


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    (tmp_path / "closed/data").mkdir(mode=0o700, parents=True)
    (tmp_path / "closed").chmod(0o700)
    return tmp_path / "closed" / "data"


def view(*writes: Path) -> View:
    return View(place=Path("/"), writes=writes)


def test_a_plain_users_database_is_left_as_it_is(closed: Path) -> None:
    assert accounts.as_account(None, ["postgres"], view=view(closed)) == ["postgres"]


class TestWhereNothingCanBeHidden:
    @pytest.fixture(autouse=True)
    def nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(accounts, "may_hide", lambda: False)

    def test_behind_a_closed_directory_it_may_look_but_not_write(self, closed: Path) -> None:
        command = accounts.as_account(ACCOUNT, ["postgres"], view=view(closed))
        assert "--ambient-caps=-all,+dac_read_search" in command
        assert not any("dac_override" in argument for argument in command)
        assert closed.parent.stat().st_mode & 0o777 == 0o700

    def test_in_the_open_it_has_no_capability(self) -> None:
        command = accounts.as_account(ACCOUNT, ["postgres"], view=view(Path("/usr/bin")))
        assert not any("caps" in argument for argument in command)
        assert command[-2:] == ["--", "postgres"]

    def test_portal_and_sandbox_stay_who_starts_them(self) -> None:
        assert accounts.portal_account() is None
        assert accounts.sandbox_account() is None


def test_a_shells_variables_stay_with_the_shell() -> None:
    shell = {"DATABASE_URL": "postgresql://owner:secret@db", "PATH": "/bin", "FLOWHQ_PORT": "1"}
    chosen = confined.choose(shell, {"PYTHONPYCACHEPREFIX": "/cache"})
    assert chosen == {"PATH": "/bin", "FLOWHQ_PORT": "1", "PYTHONPYCACHEPREFIX": "/cache"}


def test_what_is_closed_on_the_way_is_found_and_the_goal_itself_is_not(closed: Path) -> None:
    closed.chmod(0o700)
    found = confined.list_closed([closed])
    assert closed.parent in found
    assert closed not in found
    assert Path("/usr") not in found


def test_where_there_is_no_other_user_the_command_still_gets_nothing_of_the_shells(
    tmp_path: Path,
) -> None:
    code = "import os; print(os.getcwd(), sorted(n for n in os.environ if n.startswith('SHELL')))"
    command = accounts.confine(
        None,
        [sys.executable, "-c", code],
        view=View(place=tmp_path, reads=(tmp_path / "gone",)),
        port=8080,
        variables={"SHELL_OF_OURS": "1"},
    )
    environ = {"PATH": "/bin", "SHELL_SECRET": "x"}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout == f"{tmp_path} ['SHELL_OF_OURS']\n"


@pytest.mark.skipif(not accounts.may_hide(), reason="only root has users to give")
@pytest.mark.parametrize(("port", "said"), [(1021, "bound"), (8080, "PermissionError")])
def test_a_port_below_1024_is_for_who_was_told_to_listen_there(port: int, said: str) -> None:
    code = (
        "import socket\n"
        "try: socket.create_server(('127.0.0.1', 1021)); print('bound')\n"
        "except OSError as error: print(type(error).__name__)"
    )
    account = accounts.portal_account()
    seen = View(place=Path("/"), reads=(ROOT, Path(sys.prefix), Path(sys.base_prefix)))
    command = accounts.confine(
        account, [sys.executable, "-IS", "-c", code], view=seen, port=port, variables={}
    )
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.strip() == said


@pytest.mark.skipif(not accounts.may_hide(), reason="only root has mount namespaces")
def test_in_a_closed_directory_only_what_was_named_is_there(closed: Path) -> None:
    (closed / "file").write_text("to read")
    closed.chmod(0o755)
    for name in ("secret", "other"):
        (closed.parent / name).mkdir()
    code = (
        "import os, sys\n"
        "data = sys.argv[1]; above = os.path.dirname(data)\n"
        "print(os.listdir(above), open(data + '/file').read())\n"
        "try: open(data + '/new', 'w')\n"
        "except OSError as error: print(error.strerror)"
    )
    seen = View(place=Path("/"), reads=(closed, ROOT, Path(sys.prefix), Path(sys.base_prefix)))
    command = accounts.confine(
        accounts.portal_account(),
        [sys.executable, "-IS", "-c", code, str(closed)],
        view=seen,
        port=8080,
        variables={},
    )
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.splitlines() == ["['data'] to read", "Read-only file system"]
    assert closed.parent.stat().st_mode & 0o777 == 0o700
