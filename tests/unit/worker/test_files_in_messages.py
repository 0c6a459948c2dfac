"""Files in messages, against the library's own generated protobuf modules."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.structs.media import Media
from tests.fakes.library_protobuf import e2e
from worker.whatsapp.files import FileKind, FileSource, read_file
from worker.whatsapp.translate import unwrap

KEY, PLAIN, SEALED = b"k" * 32, b"p" * 32, b"s" * 32
PATH = "/v/t62.7118-24/1_n.enc?ccb=11-4&oh=01_Q5"
COMMON = {
    "mediaKey": KEY, "fileSHA256": PLAIN, "fileEncSHA256": SEALED, "fileLength": 1234,
    "directPath": PATH, "URL": "http://169.254.169.254/latest",
}  # fmt: skip


def file_of(content):
    return read_file(unwrap(content.SerializeToString()))


def image(**changes):
    values = {**COMMON, "mimetype": "image/jpeg", "width": 640, "height": 480, **changes}
    return e2e.Message(imageMessage=e2e.ImageMessage(**values))


def described(mime_type, **more):
    return Media(mime_type=mime_type, size=1234, sha256=PLAIN.hex(), **more)


KINDS = [
    pytest.param(image(), FileKind.IMAGE, described("image/jpeg", width=640, height=480),
                 id="image"),
    pytest.param(
        e2e.Message(videoMessage=e2e.VideoMessage(
            **COMMON, mimetype="video/mp4", seconds=7, width=320, height=240)),
        FileKind.VIDEO, described("video/mp4", duration=7, width=320, height=240), id="video",
    ),
    pytest.param(
        e2e.Message(ptvMessage=e2e.VideoMessage(**COMMON, mimetype="video/mp4", seconds=7)),
        FileKind.VIDEO, described("video/mp4", duration=7), id="round video",
    ),
    pytest.param(
        e2e.Message(audioMessage=e2e.AudioMessage(
            **COMMON, mimetype="audio/ogg; codecs=opus", seconds=3, PTT=True)),
        FileKind.AUDIO, described("audio/ogg; codecs=opus", duration=3), id="voice",
    ),
    pytest.param(
        e2e.Message(documentMessage=e2e.DocumentMessage(
            **COMMON, mimetype="application/pdf", fileName="bei.pdf", pageCount=2)),
        FileKind.DOCUMENT, described("application/pdf", file_name="bei.pdf"), id="document",
    ),
    pytest.param(
        e2e.Message(stickerMessage=e2e.StickerMessage(
            **COMMON, mimetype="image/webp", width=512, height=511)),
        FileKind.IMAGE, described("image/webp", width=512, height=511), id="sticker",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("content", "kind", "media"), KINDS)
def test_each_kind_is_described_and_can_be_fetched(content, kind, media):
    source = FileSource(
        kind=kind, path=PATH, key=KEY, sha256=PLAIN, sealed_sha256=SEALED, size=1234
    )
    assert file_of(content) == (media, source)


def test_a_file_in_a_wrapped_message_is_found():
    wrapped = e2e.Message(viewOnceMessageV2=e2e.FutureProofMessage(message=image()))
    assert file_of(wrapped) == file_of(image())


def test_a_message_without_a_file_has_none():
    assert file_of(e2e.Message(conversation="Habari")) is None


UNFETCHABLE = [
    pytest.param({"mediaKey": b""}, id="no key"),
    pytest.param({"mediaKey": b"k" * 31}, id="a key too short"),
    pytest.param({"fileSHA256": b""}, id="no hash"),
    pytest.param({"fileEncSHA256": b""}, id="no hash of the sealed file"),
    pytest.param({"directPath": ""}, id="no path, though a URL"),
    pytest.param({"directPath": ".evil.example/x"}, id="a path that would extend the host's name"),
    pytest.param({"directPath": "@evil.example/x"}, id="a path that would become the host"),
    pytest.param({"directPath": "/x HTTP/1.1\r\nHost: evil"}, id="a path with a line break"),
    pytest.param({"directPath": "/" + "x" * 3000}, id="a path too long"),
]


@pytest.mark.parametrize("changes", UNFETCHABLE)
def test_what_cannot_be_fetched_safely_is_described_and_not_fetched(changes):
    media, source = file_of(image(**changes))
    assert (media.mime_type, source) == ("image/jpeg", None)


@given(size=st.integers(0, 2**64 - 1), width=st.integers(0, 2**32 - 1))
def test_whatever_size_a_sender_claims_can_be_written_down(size, width):
    media, source = file_of(image(fileLength=size, width=width))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(media), type=Media) == media
    assert source is not None
    assert msgspec.json.decode(msgspec.json.encode(media), type=Media).size == source.size


def test_a_sender_cannot_make_names_long():
    content = e2e.Message(
        documentMessage=e2e.DocumentMessage(fileName="n" * 9999, mimetype="m" * 999)
    )
    media, _ = file_of(content)
    assert len(media.file_name) == len(media.mime_type) == 255
