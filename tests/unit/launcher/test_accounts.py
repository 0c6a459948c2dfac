"""Who runs what root starts, and what those users see."""

from pathlib import Path

import pytest

from launcher import accounts, confined
from launcher.accounts import Account, View

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
