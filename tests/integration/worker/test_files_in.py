"""Files that come in: the real process, the real client library, the sandbox's media server."""

import asyncio
import signal
import sqlite3
from base64 import b64encode
from contextlib import closing
from hashlib import sha256

import msgspec
import pytest

from shared.enums import FileProblem, MessageKind, SessionState
from shared.wire.files import (
    PIECE_BYTES,
    AskPiece,
    FetchFile,
    FileDone,
    FileMissing,
    FileReady,
    Piece,
)
from worker.inbox import file_rows

pytestmark = pytest.mark.timeout(120)

# More than a piece, and not a round number of them.
CONTENT = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 1500
GIVEN = {"base64": b64encode(CONTENT).decode()}
LIMIT = 16 << 20


async def send(sandbox, linked, kind="IMAGE", **content):
    body = {"to": linked.phone, "content": {"kind": kind, "file": GIVEN} | content}
    return (await sandbox.call("POST", f"/customers/{linked.customer}/messages", body))["id"]


async def told(gateway, wa_message_id):
    """The message as the control plane is told of it."""

    def find():
        return next((m for m in gateway.received if m.wa_message_id == wa_message_id), None)

    await gateway.until(lambda: find() is not None)
    return find()


async def fetch(gateway, wa_message_id, *, name="t1", max_bytes=LIMIT, within=60):
    await gateway.send(FetchFile(id=name, wa_message_id=wa_message_id, max_bytes=max_bytes))

    def find():
        frames = gateway.of(FileReady) + gateway.of(FileMissing)
        return next((frame for frame in frames if frame.id == name), None)

    await gateway.until(lambda: find() is not None, within=within)
    return find()


async def pull(gateway, ready):
    content = b""
    while len(content) < ready.size:
        count = len(gateway.of(Piece))
        await gateway.send(AskPiece(id=ready.id, offset=len(content)))
        await gateway.until(lambda known=count: len(gateway.of(Piece)) > known)
        content += gateway.of(Piece)[-1].data
    return content


@pytest.mark.parametrize(
    ("kind", "mime_type"),
    [
        (MessageKind.IMAGE, "image/jpeg"),
        (MessageKind.VIDEO, "video/mp4"),
        (MessageKind.VOICE, "audio/ogg; codecs=opus"),
        (MessageKind.AUDIO, "audio/mpeg"),
        (MessageKind.DOCUMENT, "application/pdf"),
        (MessageKind.STICKER, "image/webp"),
    ],
)
async def test_a_file_of_each_kind_is_told_of_at_once_and_sent_up_when_asked_for(
    linked, sandbox, gateway, kind, mime_type
):
    message = await told(gateway, await send(sandbox, linked, kind, mime_type=mime_type))
    assert message.kind is kind
    assert message.media.mime_type == mime_type
    assert (message.media.size, message.media.sha256) == (
        len(CONTENT),
        sha256(CONTENT).hexdigest(),
    )
    ready = await fetch(gateway, message.wa_message_id)
    assert ready == FileReady(id="t1", size=len(CONTENT))
    assert await pull(gateway, ready) == CONTENT
    assert max(len(piece.data) for piece in gateway.of(Piece)) == PIECE_BYTES


async def test_a_document_keeps_its_name_and_caption(linked, sandbox, gateway):
    message = await told(
        gateway,
        await send(sandbox, linked, "DOCUMENT", file_name="bei za mwezi.pdf", caption="Bei"),
    )
    assert (message.media.file_name, message.text) == ("bei za mwezi.pdf", "Bei")


async def test_a_file_can_be_fetched_after_the_worker_was_killed(
    linked, sandbox, gateway, start_worker, tmp_path
):
    message_id = await send(sandbox, linked)
    await told(gateway, message_id)
    assert isinstance(await fetch(gateway, message_id, name="before"), FileReady)
    await linked.worker.kill()
    gateway.frames.clear()
    await start_worker()
    await gateway.until_state(SessionState.CONNECTED)
    assert list((tmp_path / "data" / "files").iterdir()) == []
    assert await pull(gateway, await fetch(gateway, message_id, name="after")) == CONTENT
    await gateway.send(FileDone(id="after"))


async def test_a_file_that_whatsapp_has_no_longer_is_gone(linked, sandbox, gateway):
    message_id = await send(sandbox, linked)
    await told(gateway, message_id)
    refused = {"media": {"download_refused": {"every": 1, "code": 404}}}
    await sandbox.call("PUT", f"/phones/{linked.phone}/faults", refused)
    missing = await fetch(gateway, message_id)
    assert missing.problem is FileProblem.GONE
    await sandbox.call("DELETE", f"/phones/{linked.phone}/faults")
    assert await pull(gateway, await fetch(gateway, message_id, name="t2")) == CONTENT


@pytest.mark.parametrize("fault", ["corrupted", "truncated"])
async def test_a_file_that_comes_damaged_is_not_taken_for_the_file(linked, sandbox, gateway, fault):
    message_id = await send(sandbox, linked)
    await told(gateway, message_id)
    script = {"media": {fault: {"every": 1}}}
    await sandbox.call("PUT", f"/phones/{linked.phone}/faults", script)
    missing = await fetch(gateway, message_id)
    assert (missing.problem, missing.id) == (FileProblem.CORRUPT, "t1")


async def test_a_file_beyond_the_limit_is_not_downloaded(linked, sandbox, gateway):
    message_id = await send(sandbox, linked)
    await told(gateway, message_id)
    missing = await fetch(gateway, message_id, max_bytes=len(CONTENT) - 1)
    assert missing.problem is FileProblem.TOO_LARGE


async def test_a_file_that_lies_about_its_size_is_not_taken(linked, sandbox, gateway, tmp_path):
    """No phone sends such a message, but whoever writes his own client may."""
    message_id = await send(sandbox, linked)
    await told(gateway, message_id)
    await asyncio.to_thread(pretend_size, tmp_path / "data" / "worker.db", message_id, 5)
    missing = await fetch(gateway, message_id, max_bytes=10)
    assert missing.problem in {FileProblem.CORRUPT, FileProblem.TOO_LARGE}
    assert list((tmp_path / "data" / "files").iterdir()) == []


async def test_a_file_that_ends_the_worker_twice_does_not_end_it_a_third_time(
    linked, sandbox, gateway, start_worker
):
    """Played by a kill in the middle of the download, as the engine does when memory runs out."""
    message_id = await send(sandbox, linked)
    await told(gateway, message_id)
    faults, worker = f"/phones/{linked.phone}/faults", linked.worker
    await sandbox.call("PUT", faults, {"media": {"download_rate": 1000}})
    for number in range(file_rows.MAX_ATTEMPTS):
        name = f"fatal {number}"
        await gateway.send(FetchFile(id=name, wa_message_id=message_id, max_bytes=LIMIT))
        begun = f"counted=media.download_refused&times={number + 1}&wait=30"
        await sandbox.call("GET", f"{faults}?{begun}")
        await worker.kill()
        gateway.frames.clear()
        worker = await start_worker()
        await gateway.until_state(SessionState.CONNECTED)
    missing = await fetch(gateway, message_id, name="last")
    assert missing.problem is FileProblem.TOO_LARGE
    assert "not tried for a day" in missing.detail


async def test_a_stop_in_the_middle_of_a_download_is_prompt_and_not_held_against_the_file(
    linked, sandbox, gateway, tmp_path
):
    message_id = await send(sandbox, linked)
    await told(gateway, message_id)
    faults = f"/phones/{linked.phone}/faults"
    await sandbox.call("PUT", faults, {"media": {"download_rate": 1000}})
    await gateway.send(FetchFile(id="slow", wa_message_id=message_id, max_bytes=LIMIT))
    await sandbox.call("GET", f"{faults}?counted=media.download_refused&times=1&wait=30")
    linked.worker.signal(signal.SIGTERM)
    assert await linked.worker.ended() == 0
    attempts = await asyncio.to_thread(read_attempts, tmp_path / "data" / "worker.db")
    assert attempts == [(0,)]


def read_attempts(database):
    with closing(sqlite3.connect(database)) as db:
        return db.execute("SELECT attempts FROM media").fetchall()


def pretend_size(database, wa_message_id, size):
    with closing(sqlite3.connect(database)) as db:
        source = msgspec.structs.replace(file_rows.find(db, wa_message_id), size=size)
        db.execute("UPDATE media SET payload = ?", (msgspec.msgpack.encode(source),))
        db.commit()


async def test_a_slow_download_holds_up_no_answer(linked, sandbox, gateway):
    message_id = await send(sandbox, linked)
    await told(gateway, message_id)
    faults = f"/phones/{linked.phone}/faults"
    await sandbox.call("PUT", faults, {"media": {"download_rate": 1000}})  # minutes
    await gateway.send(FetchFile(id="slow", wa_message_id=message_id, max_bytes=LIMIT))
    await sandbox.call("GET", f"{faults}?counted=media.download_refused&times=1&wait=30")
    written = await sandbox.write(linked.customer, linked.phone, "hello")
    await gateway.until(lambda: any(e.in_reply_to == written for e in gateway.sent))
    assert not gateway.of(FileReady) + gateway.of(FileMissing)


async def test_no_key_and_no_address_of_a_file_is_logged_or_told(linked, sandbox, gateway):
    message_id = await send(sandbox, linked)
    await told(gateway, message_id)
    refused = {"media": {"download_refused": {"every": 1, "code": 410}}}
    await sandbox.call("PUT", f"/phones/{linked.phone}/faults", refused)
    missing = await fetch(gateway, message_id)
    said = f"{missing} {linked.worker.lines} {gateway.received}"
    assert "mmg.whatsapp.net" not in said
    assert "oh=" not in said
