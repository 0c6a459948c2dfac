"""Files that we send, against the library's own generated protobuf modules."""

import pytest

from shared.structs.content import (
    AudioContent,
    DocumentContent,
    ImageContent,
    Quote,
    StickerContent,
    VideoContent,
    VoiceContent,
    kind_of,
    media_of,
)
from shared.wire.events import Party
from tests.fakes.inbound import NOW
from tests.fakes.library_protobuf import e2e
from worker.whatsapp.compose import compose
from worker.whatsapp.compose_file import kind_of_file
from worker.whatsapp.files import FileKind, FileSource, Uploaded, read_file
from worker.whatsapp.translate import read_content, unwrap

PLAIN = b"p" * 32
FILE = {"sha256": PLAIN.hex(), "size": 1234}
ASHA = Party(phone="+255700000001", lid="100@lid")
URL = "https://mmg.whatsapp.net/v/1?x"
COMMON = {
    "URL": URL, "directPath": "/v/1?x", "mediaKey": b"k" * 32, "fileSHA256": PLAIN,
    "fileEncSHA256": b"s" * 32, "fileLength": 1234, "mediaKeyTimestamp": int(NOW.timestamp()),
}  # fmt: skip

CASES = [
    pytest.param(
        ImageContent(**FILE, mime_type="image/jpeg", caption="Picha"), FileKind.IMAGE,
        e2e.Message(imageMessage=e2e.ImageMessage(
            **COMMON, mimetype="image/jpeg", caption="Picha")), id="image",
    ),
    pytest.param(
        ImageContent(**FILE, mime_type="image/png"), FileKind.IMAGE,
        e2e.Message(imageMessage=e2e.ImageMessage(**COMMON, mimetype="image/png")),
        id="image without a caption",
    ),
    pytest.param(
        VideoContent(**FILE, mime_type="video/mp4", caption="Filamu", duration=7), FileKind.VIDEO,
        e2e.Message(videoMessage=e2e.VideoMessage(
            **COMMON, mimetype="video/mp4", caption="Filamu", seconds=7)), id="video",
    ),
    pytest.param(
        AudioContent(**FILE, mime_type="audio/mpeg", duration=9), FileKind.AUDIO,
        e2e.Message(audioMessage=e2e.AudioMessage(**COMMON, mimetype="audio/mpeg", seconds=9)),
        id="audio",
    ),
    pytest.param(
        VoiceContent(**FILE, mime_type="audio/ogg", duration=3), FileKind.AUDIO,
        e2e.Message(audioMessage=e2e.AudioMessage(
            **COMMON, mimetype="audio/ogg; codecs=opus", seconds=3, PTT=True)), id="voice",
    ),
    pytest.param(
        DocumentContent(**FILE, mime_type="application/pdf", file_name="bei.pdf", caption="Bei"),
        FileKind.DOCUMENT,
        e2e.Message(documentMessage=e2e.DocumentMessage(
            **COMMON, mimetype="application/pdf", fileName="bei.pdf", title="bei.pdf",
            caption="Bei")), id="document",
    ),
    pytest.param(
        StickerContent(**FILE, mime_type="image/webp"), FileKind.IMAGE,
        e2e.Message(stickerMessage=e2e.StickerMessage(**COMMON, mimetype="image/webp")),
        id="sticker",
    ),
]  # fmt: skip


def uploaded(kind):
    source = FileSource(
        kind=kind, path="/v/1?x", key=b"k" * 32, sha256=PLAIN, sealed_sha256=b"s" * 32, size=1234
    )
    return Uploaded(url=URL, source=source)


def composed(content, kind):
    data = compose(content, chat=ASHA, own_phone="+255754000001", now=NOW, file=uploaded(kind))
    return data, e2e.Message.FromString(data)


@pytest.mark.parametrize(("content", "kind", "message"), CASES)
def test_a_file_is_said_as_official_clients_say_it(content, kind, message):
    assert kind_of_file(content) is kind
    assert composed(content, kind)[1] == message


@pytest.mark.parametrize(("content", "kind", "_message"), CASES)
def test_what_we_send_we_would_read_as_the_same(content, kind, _message):
    data, _ = composed(content, kind)
    media, source = read_file(unwrap(data))
    assert source == uploaded(kind).source
    assert (media.sha256, media.size) == (content.sha256, content.size)
    assert media.file_name == media_of(content).file_name
    assert read_content(data) == (kind_of(content), getattr(content, "caption", ""))


def test_a_picture_can_be_an_answer():
    quote = Quote(wa_message_id="IN1", from_me=False, text="Onyesha")
    content = ImageContent(**FILE, mime_type="image/jpeg", quote=quote)
    _, message = composed(content, FileKind.IMAGE)
    context = message.imageMessage.contextInfo
    assert (context.stanzaID, context.participant) == ("IN1", "100@lid")
