"""Tenants' files on a real disk."""

import asyncio
from datetime import timedelta
from hashlib import sha256

import pytest

from controlplane.media.files import MediaFiles, NoRoomError, Shelf, TooLargeError
from controlplane.media.space import Limits
from shared.errors import TransientError
from shared.ids import new_tenant_id
from tests.fakes.clocks import ManualClock

TENANT, OTHER = new_tenant_id(), new_tenant_id()
LIMITS = Limits(file=100, tenant=150, total=250)


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
async def files(tmp_path, clock):
    made = MediaFiles(tmp_path / "media", LIMITS, clock=clock)
    await made.open()
    return made


async def put(files, content, *, tenant=TENANT, shelf=Shelf.RECEIVED):
    async with files.receive(tenant, shelf, size=len(content)) as incoming:
        await incoming.write(content)
        await incoming.keep()
    return sha256(content).hexdigest()


async def content_of(files, name, *, tenant=TENANT, shelf=Shelf.RECEIVED):
    file = await files.find(tenant, shelf, name)
    if file is None:
        return None
    try:
        return await asyncio.to_thread(file.read)
    finally:
        file.close()


def on_disk(tmp_path):
    return sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file())


async def test_a_file_is_found_by_its_content(files):
    name = await put(files, b"habari")
    assert await content_of(files, name) == b"habari"


async def test_another_tenant_who_knows_the_hash_finds_nothing(files):
    name = await put(files, b"habari")
    assert await content_of(files, name, tenant=OTHER) is None
    assert await files.read_piece(OTHER, Shelf.RECEIVED, name, offset=0, length=9) is None


@pytest.mark.parametrize("name", ["../../admin.key", "", "a" * 63, "A" * 64, "a" * 64 + "\n"])
async def test_a_name_that_is_no_hash_leads_nowhere(files, name):
    assert await files.find(TENANT, Shelf.RECEIVED, name) is None


async def test_what_is_not_kept_leaves_nothing(files, tmp_path):
    async with files.receive(TENANT, Shelf.RECEIVED, size=3) as incoming:
        await incoming.write(b"abc")
    assert on_disk(tmp_path) == []


async def test_a_file_that_grows_beyond_its_limit_is_stopped_and_removed(files, tmp_path):
    async with files.receive(TENANT, Shelf.RECEIVED, size=10) as incoming:
        await incoming.write(b"x" * 100)
        with pytest.raises(TooLargeError):
            await incoming.write(b"x")
    assert on_disk(tmp_path) == []


async def test_a_file_that_says_it_is_too_large_is_not_begun(files):
    with pytest.raises(TooLargeError):
        async with files.receive(TENANT, Shelf.RECEIVED, size=101):
            pass


async def test_what_was_received_makes_room_for_the_new(files):
    first = await put(files, b"1" * 100)
    second = await put(files, b"2" * 100)
    assert await content_of(files, first) is None
    assert await content_of(files, second) == b"2" * 100


async def test_uploads_stay_and_the_next_is_refused(files):
    first = await put(files, b"1" * 100, shelf=Shelf.UPLOADED)
    with pytest.raises(NoRoomError):
        await put(files, b"2" * 100, shelf=Shelf.UPLOADED)
    assert await content_of(files, first, shelf=Shelf.UPLOADED) == b"1" * 100


async def test_two_at_once_do_not_take_the_same_room(files):
    async with files.receive(TENANT, Shelf.UPLOADED, size=100):
        with pytest.raises(NoRoomError):
            await put(files, b"2" * 100, shelf=Shelf.UPLOADED)
    await put(files, b"2" * 100, shelf=Shelf.UPLOADED)


async def test_a_file_that_makes_room_can_be_read_to_its_end(files):
    name = await put(files, b"1" * 100)
    file = await files.find(TENANT, Shelf.RECEIVED, name)
    await put(files, b"2" * 100)
    with file:
        assert await asyncio.to_thread(file.read) == b"1" * 100


async def test_pieces_are_read_where_they_are_asked_for(files):
    name = await put(files, b"habari")
    read = [
        await files.read_piece(TENANT, Shelf.RECEIVED, name, offset=n, length=4)
        for n in (0, 4, 6, -1)
    ]
    assert read == [b"haba", b"ri", None, None]


async def test_what_was_used_last_is_the_last_to_make_room(files, clock):
    first = await put(files, b"1" * 60)
    clock.advance(timedelta(minutes=1))
    second = await put(files, b"2" * 60)
    clock.advance(timedelta(minutes=1))
    assert await content_of(files, first) == b"1" * 60  # used once more
    await put(files, b"3" * 60)
    assert await content_of(files, second) is None
    assert await content_of(files, first) == b"1" * 60


@pytest.mark.parametrize("years", [-20, 20], ids=["a clock far behind", "a clock far ahead"])
async def test_the_age_of_a_file_is_told_by_the_clock_that_asks_for_it(files, clock, years):
    clock.advance(years * timedelta(days=365))
    name = await put(files, b"habari", shelf=Shelf.UPLOADED)
    moment = clock.now()
    assert await files.remove_unknown(Shelf.UPLOADED, [], before=moment) == 0
    clock.advance(timedelta(hours=2))
    assert await content_of(files, name, shelf=Shelf.UPLOADED) == b"habari"  # used now
    assert await files.remove_unknown(Shelf.UPLOADED, [], before=clock.now()) == 0
    later = clock.now() + timedelta(seconds=1)
    assert await files.remove_unknown(Shelf.UPLOADED, [(TENANT, name)], before=later) == 0
    assert await files.remove_unknown(Shelf.UPLOADED, [], before=later) == 1


async def test_what_is_being_received_is_not_swept_however_long_it_takes(files, clock):
    async with files.receive(TENANT, Shelf.UPLOADED, size=6) as incoming:
        await incoming.write(b"habari")
        century = clock.now() + timedelta(days=36_500)
        assert await files.remove_unknown(Shelf.UPLOADED, [], before=century) == 0
        await incoming.keep()
    name = sha256(b"habari").hexdigest()
    assert await content_of(files, name, shelf=Shelf.UPLOADED) == b"habari"


async def test_a_removed_tenant_leaves_no_file(files, tmp_path):
    await put(files, b"one")
    await put(files, b"two", tenant=OTHER)
    await files.remove_tenant(TENANT)
    assert on_disk(tmp_path) == [f"media/{OTHER}/in/{sha256(b'two').hexdigest()}"]


async def test_a_tenant_without_files_is_removed_all_the_same(files):
    await files.remove_tenant(TENANT)


async def test_files_that_the_disk_keeps_are_said_to_be_there_still(files, monkeypatch):
    def refuse(path):
        raise PermissionError(path)

    monkeypatch.setattr("controlplane.media.files.shutil.rmtree", refuse)
    with pytest.raises(TransientError, match="still there"):
        await files.remove_tenant(TENANT)


async def test_a_start_removes_what_was_half_written_and_nothing_else(files, tmp_path):
    name = await put(files, b"habari")
    (tmp_path / "media" / str(TENANT) / "in" / ".unfinished-1").touch()
    await files.open()
    assert on_disk(tmp_path) == [f"media/{TENANT}/in/{name}"]


async def test_files_are_their_owners_alone(files, tmp_path):
    await put(files, b"habari")
    modes = {oct(path.stat().st_mode & 0o077) for path in (tmp_path / "media").rglob("*")}
    assert modes == {"0o0"}
