"""Files that the gateway asks for, with the library's end played by a dictionary of files."""

import asyncio

import msgspec
import pytest

from shared.clock import SystemClock
from shared.enums import FileProblem, MessageKind
from shared.wire.files import PIECE_BYTES, AskPiece, FetchFile, FileMissing, FileReady
from tests.fakes.clocks import ManualClock
from tests.fakes.inbound import NOW, message
from worker.files.lending import MAX_LENT, Lending
from worker.inbox import file_rows, rows
from worker.inbox.file_rows import MAX_ATTEMPTS
from worker.whatsapp.file_client import FileError, classify_download_error
from worker.whatsapp.files import FileKind, FileSource

CONTENT = bytes(range(256)) * 2000  # a piece and a bit
SOURCE = FileSource(
    kind=FileKind.IMAGE, path="/v/1?x", key=b"k" * 32, sha256=b"p" * 32, sealed_sha256=b"s" * 32,
    size=len(CONTENT),
)  # fmt: skip


class Host:
    """WhatsApp's media host: what is at each path, or why it is not."""

    def __init__(self):
        self.at = {SOURCE.path: CONTENT}
        self.open = asyncio.Event()
        self.open.set()
        self.downloads = 0
        self.asked = asyncio.Event()

    async def download(self, source, path, *, max_bytes):
        self.downloads += 1
        self.asked.set()
        await self.open.wait()
        there = self.at[source.path]
        if isinstance(there, BaseException):
            raise there
        if len(there) > max_bytes:
            raise FileError(FileProblem.TOO_LARGE, "larger than it said")
        await asyncio.to_thread(path.write_bytes, there)
        return len(there)


@pytest.fixture
def host():
    return Host()


@pytest.fixture
def connected():
    event = asyncio.Event()
    event.set()
    return event


@pytest.fixture
async def lending(host, database, tmp_path, connected):
    made = Lending(host, database, tmp_path / "files", ManualClock(NOW), connected=connected)
    await made.open()
    await add(database, "ID1", SOURCE)
    return made


async def add(database, wa_message_id, source):
    inbound = msgspec.structs.replace(
        message(1, kind=MessageKind.IMAGE), wa_message_id=wa_message_id
    )
    await database.run(lambda db: rows.record(db, inbound))
    await database.run(lambda db: file_rows.add(db, inbound, source))


def request(name="f1", wa_message_id="ID1", max_bytes=1 << 20):
    return FetchFile(id=name, wa_message_id=wa_message_id, max_bytes=max_bytes)


def left(tmp_path):
    return list((tmp_path / "files").iterdir())


async def test_a_file_is_lent_in_pieces_that_make_up_the_whole(lending):
    assert await lending.fetch(request()) == FileReady(id="f1", size=len(CONTENT))
    pieces = [
        (await lending.read_piece(AskPiece(id="f1", offset=offset))).data
        for offset in range(0, len(CONTENT), PIECE_BYTES)
    ]
    assert b"".join(pieces) == CONTENT
    assert max(map(len, pieces)) == PIECE_BYTES


async def test_a_file_leaves_the_volume_when_it_is_done_with(lending, tmp_path):
    await lending.fetch(request())
    await lending.done("f1")
    assert left(tmp_path) == []
    assert isinstance(await lending.read_piece(AskPiece(id="f1", offset=0)), FileMissing)


async def test_a_file_leaves_the_volume_with_the_connection(lending, tmp_path):
    await lending.fetch(request())
    await lending.take_back()
    assert left(tmp_path) == []


async def test_a_download_that_outlives_its_connection_leaves_nothing(lending, host, tmp_path):
    host.open.clear()
    waiting = asyncio.ensure_future(lending.fetch(request()))
    await asyncio.sleep(0)
    await lending.take_back()
    host.open.set()
    assert isinstance(await waiting, FileMissing)
    assert left(tmp_path) == []


async def test_what_an_earlier_process_left_is_removed(host, database, tmp_path, connected):
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "in-9").touch()
    lending = Lending(host, database, tmp_path / "files", SystemClock(), connected=connected)
    await lending.open()
    assert left(tmp_path) == []


async def test_a_message_without_a_record_is_unknown(lending):
    answer = await lending.fetch(request(wa_message_id="ID2"))
    assert answer.problem is FileProblem.UNKNOWN


async def test_a_file_that_says_it_is_too_large_is_not_downloaded(lending, host):
    answer = await lending.fetch(request(max_bytes=len(CONTENT) - 1))
    assert (answer.problem, host.downloads) == (FileProblem.TOO_LARGE, 0)


async def test_a_file_that_lies_about_its_size_is_refused_all_the_same(lending, host, database):
    await add(database, "ID2", msgspec.structs.replace(SOURCE, size=1))
    answer = await lending.fetch(request(wa_message_id="ID2", max_bytes=10))
    assert (answer.problem, host.downloads) == (FileProblem.TOO_LARGE, 1)


async def test_without_a_connection_to_whatsapp_nothing_is_asked(lending, host, connected):
    connected.clear()
    answer = await lending.fetch(request())
    assert (answer.problem, host.downloads) == (FileProblem.OFFLINE, 0)


async def test_what_whatsapp_no_longer_has_is_told_and_may_be_asked_again(lending, host):
    host.at[SOURCE.path] = FileError(FileProblem.GONE, "status code 404")
    for _ in range(MAX_ATTEMPTS + 1):
        assert (await lending.fetch(request())).problem is FileProblem.GONE


async def die_fetching(database, now):
    await database.run(lambda db: file_rows.begin(db, "ID1", now=now))  # and no `end`


async def test_a_file_that_ended_the_worker_twice_is_left_alone_for_a_day(lending, host, database):
    for _ in range(MAX_ATTEMPTS):
        await die_fetching(database, NOW)
    for _ in range(2):
        answer = await lending.fetch(request())
        assert (answer.problem, host.downloads) == (FileProblem.TOO_LARGE, 0)
    lending._clock.advance(file_rows.FORGOTTEN_AFTER)
    assert isinstance(await lending.fetch(request()), FileReady)


async def test_a_file_that_ended_the_worker_once_is_tried_again(lending, database):
    for number in range(3):
        await die_fetching(database, NOW)
        assert isinstance(await lending.fetch(request(f"f{number}")), FileReady)
        await lending.done(f"f{number}")


async def test_a_stop_in_the_middle_is_not_held_against_the_file(lending, host, database):
    host.open.clear()
    waiting = asyncio.ensure_future(lending.fetch(request()))
    await host.asked.wait()
    await lending.stop()
    attempts = "SELECT attempts FROM media"
    assert await database.run(lambda db: db.execute(attempts).fetchone()) == (0,)
    host.open.set()
    await waiting


async def test_more_than_a_few_files_at_once_are_refused(lending, host):
    host.open.clear()
    waiting = [asyncio.ensure_future(lending.fetch(request(f"f{n}"))) for n in range(MAX_LENT)]
    await asyncio.sleep(0)
    assert (await lending.fetch(request("one more"))).problem is FileProblem.BUSY
    host.open.set()
    assert all([isinstance(await each, FileReady) for each in waiting])


@pytest.mark.parametrize("offset", [-1, 1 << 70])
async def test_a_place_outside_the_file_is_no_piece_of_it(lending, offset):
    await lending.fetch(request())
    answer = await lending.read_piece(AskPiece(id="f1", offset=offset))
    assert answer.problem is FileProblem.FAILED


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        ("download failed with status code 404", FileProblem.GONE),
        ("download failed with status code 410", FileProblem.GONE),
        ("download failed with status code 403", FileProblem.GONE),
        ("failed to download media from last host: hash of media plaintext doesn't match",
         FileProblem.CORRUPT),
        ("invalid media hmac", FileProblem.CORRUPT),
        ("failed to refresh media connections: websocket not connected", FileProblem.OFFLINE),
        ("download failed with status code 500", FileProblem.FAILED),
        ("context deadline exceeded", FileProblem.FAILED),
    ],
)  # fmt: skip
def test_the_librarys_words_say_whether_trying_again_may_help(error, problem):
    assert classify_download_error(error) is problem
