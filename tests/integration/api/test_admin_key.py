"""The first key: made once, kept from others, and made anew only when it is lost."""

import asyncio
import stat
from pathlib import Path

import pytest

from controlplane.services.ensure_admin_key import ensure_admin_key
from shared.stores import api_keys
from tests.fakes.businesses import NOW
from tests.fakes.clocks import ManualClock

pytestmark = pytest.mark.usefixtures("database")


async def ensure(state_dir):
    return await ensure_admin_key(state_dir, clock=ManualClock())


async def test_the_first_start_makes_a_key_that_works_and_only_the_owner_reads(tmp_path):
    key = await ensure(tmp_path / "state")
    file = tmp_path / "state" / "admin.key"
    assert await asyncio.to_thread(file.read_text) == f"{key}\n"
    assert stat.S_IMODE((await asyncio.to_thread(file.stat)).st_mode) == 0o600
    found = await api_keys.authenticate(key, now=NOW)
    assert (found.name, found.scopes) == ("admin", ["admin"])


async def test_a_second_start_makes_none(tmp_path):
    await ensure(tmp_path)
    assert await ensure(tmp_path) is None


@pytest.mark.parametrize("content", [None, "", "fhk_wrong\n", "\xff\xfe"])
async def test_a_lost_file_revokes_the_old_key_and_makes_a_new_one(tmp_path, content):
    lost = await ensure(tmp_path)
    file = tmp_path / "admin.key"
    await asyncio.to_thread(file.unlink)
    if content is not None:
        await asyncio.to_thread(file.write_bytes, content.encode("latin-1"))
    key = await ensure(tmp_path)
    assert await api_keys.authenticate(lost, now=NOW) is None
    assert await api_keys.authenticate(key, now=NOW) is not None


async def test_two_that_start_at_once_agree_on_one_key(tmp_path):
    made = await asyncio.gather(*(ensure(tmp_path) for _ in range(4)))
    (key,) = [each for each in made if each is not None]
    assert await asyncio.to_thread((tmp_path / "admin.key").read_text) == f"{key}\n"


async def test_a_key_is_not_written_into_what_another_put_in_its_way(tmp_path, monkeypatch):
    """Who may write there gets the key neither by a link nor by a file of the own."""
    elsewhere, draft = tmp_path / "elsewhere", tmp_path / "admin.new"
    unlink = Path.unlink

    def unlink_too_early(path, missing_ok=False):  # noqa: FBT002  as pathlib has it
        unlink(path, missing_ok=missing_ok)
        if path == draft:
            draft.symlink_to(elsewhere)

    monkeypatch.setattr(Path, "unlink", unlink_too_early)
    with pytest.raises(FileExistsError):
        await ensure(tmp_path)
    assert not elsewhere.exists()
    assert await api_keys.revoke("admin") is False


async def test_a_key_is_not_made_when_it_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        await ensure(tmp_path / "file")
    assert await api_keys.revoke("admin") is False
