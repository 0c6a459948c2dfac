"""Files that go out: the real process, the real client library, what the customer's phone gets."""

from hashlib import sha256

import pytest

from shared.enums import MessageKind
from shared.structs.content import (
    AudioContent,
    DocumentContent,
    ImageContent,
    StickerContent,
    VideoContent,
    VoiceContent,
)
from shared.wire.events import MessageSent, Party, SendFailed
from shared.wire.files import AskPiece
from shared.wire.frames import Send, SendTaken

pytestmark = pytest.mark.timeout(120)

CONTENT = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 1500
NAME = sha256(CONTENT).hexdigest()
FILE = {"sha256": NAME, "size": len(CONTENT)}


@pytest.fixture
def worker_settings():
    return {
        "outbound_a_minute_per_chat": "1000",
        "outbound_typing_shortest": "0",
        "outbound_typing_longest": "0",
    }


@pytest.fixture
async def chat(linked, gateway):
    gateway.files[NAME] = CONTENT
    return linked


async def queue(gateway, linked, content, *, number=1):
    send = Send(id=f"O{number}", to=Party(phone=linked.customer), content=content)
    await gateway.send(send)


async def ended(gateway, number=1):
    def find():
        return next(
            (e for e in gateway.events.values() if getattr(e, "outbound_id", "") == f"O{number}"),
            None,
        )

    await gateway.until(lambda: find() is not None, within=60)
    return find()


CASES = [
    pytest.param(ImageContent(**FILE, mime_type="image/jpeg", caption="Picha"),
                 MessageKind.IMAGE, "image/jpeg", id="image"),
    pytest.param(VideoContent(**FILE, mime_type="video/mp4", caption="Filamu", duration=7),
                 MessageKind.VIDEO, "video/mp4", id="video"),
    pytest.param(AudioContent(**FILE, mime_type="audio/mpeg", duration=9),
                 MessageKind.AUDIO, "audio/mpeg", id="audio"),
    pytest.param(VoiceContent(**FILE, mime_type="audio/ogg", duration=3),
                 MessageKind.VOICE, "audio/ogg; codecs=opus", id="voice"),
    pytest.param(DocumentContent(**FILE, mime_type="application/pdf", file_name="bei.pdf",
                                 caption="Bei"),
                 MessageKind.DOCUMENT, "application/pdf", id="document"),
    pytest.param(StickerContent(**FILE, mime_type="image/webp"),
                 MessageKind.STICKER, "image/webp", id="sticker"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "kind", "mime_type"), CASES)
async def test_a_file_of_each_kind_arrives_whole(
    chat, sandbox, gateway, *, content, kind, mime_type
):
    await queue(gateway, chat, content)
    event = await ended(gateway)
    assert isinstance(event, MessageSent)
    assert (event.kind, event.media.sha256) == (kind, NAME)
    [shown] = await sandbox.received(chat.customer, 1)
    media = shown["media"]
    assert (shown["id"], shown["kind"]) == (event.wa_message_id, kind)
    assert (media["mime_type"], media["size"], media["sha256"]) == (mime_type, len(CONTENT), NAME)
    assert (media["caption"] or "") == getattr(content, "caption", "")
    assert (media["file_name"] or "") == getattr(content, "file_name", "")
    assert (media["seconds"] or 0) == getattr(content, "duration", 0)
    assert await sandbox.download(media["path"]) == CONTENT


async def test_a_file_is_brought_in_pieces_and_leaves_the_volume(chat, gateway, tmp_path):
    await queue(gateway, chat, ImageContent(**FILE, mime_type="image/jpeg"))
    await ended(gateway)
    asked = [frame.offset for frame in gateway.of(AskPiece)]
    assert asked == [0, 256 * 1024]
    assert list((tmp_path / "data" / "files").iterdir()) == []


async def test_an_upload_that_whatsapp_refuses_once_is_tried_again(chat, sandbox, gateway):
    # The library itself asks each of WhatsApp's hosts once.
    script = {"media": {"upload_refused": {"nth": [1], "code": 500}}}
    await sandbox.call("PUT", f"/phones/{chat.phone}/faults", script)
    await queue(gateway, chat, ImageContent(**FILE, mime_type="image/jpeg"))
    assert isinstance(await ended(gateway), MessageSent)
    assert len(await sandbox.received(chat.customer, 1)) == 1


async def test_an_upload_that_whatsapp_always_refuses_fails_and_says_so(chat, sandbox, gateway):
    script = {"media": {"upload_refused": {"every": 1, "code": 500}}}
    await sandbox.call("PUT", f"/phones/{chat.phone}/faults", script)
    await queue(gateway, chat, ImageContent(**FILE, mime_type="image/jpeg"))
    event = await ended(gateway)
    assert isinstance(event, SendFailed)
    assert "500" in event.reason
    assert "mmg.whatsapp.net" not in event.reason


async def test_a_file_that_the_control_plane_has_no_more_fails_its_message_alone(chat, gateway):
    lost = ImageContent(sha256="0" * 64, size=10, mime_type="image/jpeg")
    await queue(gateway, chat, lost)
    await queue(gateway, chat, ImageContent(**FILE, mime_type="image/jpeg"), number=2)
    event = await ended(gateway)
    assert isinstance(event, SendFailed)
    assert "nobody has it" in event.reason
    assert isinstance(await ended(gateway, 2), MessageSent)


async def test_another_file_than_was_queued_is_not_sent(chat, gateway):
    gateway.files[NAME] = b"\0" + CONTENT[1:]
    await queue(gateway, chat, ImageContent(**FILE, mime_type="image/jpeg"))
    event = await ended(gateway)
    assert isinstance(event, SendFailed)
    assert "not the file that was queued" in event.reason


async def test_a_message_waits_for_its_file_while_the_control_plane_is_away(chat, sandbox, gateway):
    await queue(gateway, chat, ImageContent(**FILE, mime_type="image/jpeg"))
    await gateway.until(lambda: bool(gateway.of(SendTaken)))
    await gateway.stop()
    await gateway.start()
    assert isinstance(await ended(gateway), MessageSent)
    assert len(await sandbox.received(chat.customer, 1)) == 1
