"""How far root's PostgreSQL may see: as far as it must, and no directory is opened for it."""

from pathlib import Path

import pytest

from launcher import accounts
from launcher.accounts import Account

ACCOUNT = Account(60732, 60732)


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    (tmp_path / "closed").mkdir(mode=0o700)
    return tmp_path / "closed" / "data"


def test_a_plain_users_command_is_left_as_it_is(closed: Path) -> None:
    assert accounts.as_account(None, ["postgres"], reaching=[closed]) == ["postgres"]


def test_behind_a_closed_directory_it_may_look_but_not_write(closed: Path) -> None:
    command = accounts.as_account(ACCOUNT, ["postgres"], reaching=[closed])
    assert "--ambient-caps=+dac_read_search" in command
    assert not any("dac_override" in argument for argument in command)
    assert closed.parent.stat().st_mode & 0o777 == 0o700


def test_in_the_open_it_has_no_capability() -> None:
    command = accounts.as_account(ACCOUNT, ["postgres"], reaching=[Path("/usr/bin")])
    assert not any("caps" in argument for argument in command)
    assert command[-2:] == ["--", "postgres"]
