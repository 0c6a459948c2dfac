"""Files in messages: what a message says about one, and what is needed to fetch it. Pure.

Field numbers are those of WhatsApp's `WAWebProtobufsE2E`.
"""

import re
from enum import StrEnum

import msgspec

from shared.bounds import MAX_EXACT, MAX_INTEGER
from shared.stored_text import cut
from shared.structs.media import Media
from worker.whatsapp.protobuf import Fields, Value, number, read, text

# The sender chooses all of this: what is longer or larger is no name, and breaks encoders.
_LONGEST_TEXT = 255
_KEY_LENGTH = 32
# ASCII without spaces and control characters, at a length that a request line can have.
_PATH = re.compile(r"/[!-~]{1,2000}")


class FileKind(StrEnum):
    """What a file is sealed and stored as; a sticker is an image, a voice message an audio."""

    IMAGE = "IMAGE"
    VIDEO = "VIDEO"
    AUDIO = "AUDIO"
    DOCUMENT = "DOCUMENT"


class FileSource(msgspec.Struct, frozen=True, kw_only=True):
    """Where a file is, and the key to it: kept on the worker's volume and told to nobody.

    path: below WhatsApp's media host. sha256: of the plain file; sealed_sha256: as it is stored.
    size: bytes, plain, as declared.
    """

    kind: FileKind
    path: str
    key: bytes
    sha256: bytes
    sealed_sha256: bytes
    size: int


class Uploaded(msgspec.Struct, frozen=True, kw_only=True):
    """A file that WhatsApp's media host took. url: what older phones fetch it by."""

    url: str
    source: FileSource


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """Field numbers of one kind of file message; 0 where it has no such field."""

    kind: FileKind
    url: int = 1
    mime_type: int = 2
    sha256: int
    size: int
    key: int
    sealed_sha256: int
    path: int
    uploaded_at: int
    caption: int = 0
    file_name: int = 0
    duration: int = 0
    width: int = 0
    height: int = 0


_VIDEO = Layout(
    kind=FileKind.VIDEO, sha256=3, size=4, key=6, sealed_sha256=11, path=13, uploaded_at=14,
    caption=7, duration=5, width=10, height=9,
)  # fmt: skip
# Field of waE2E.Message → the layout of what is in it.
LAYOUTS = {
    3: Layout(
        kind=FileKind.IMAGE, sha256=4, size=5, key=8, sealed_sha256=9, path=11, uploaded_at=12,
        caption=3, width=7, height=6,
    ),
    7: Layout(
        kind=FileKind.DOCUMENT, sha256=4, size=5, key=7, sealed_sha256=9, path=10, uploaded_at=11,
        caption=20, file_name=8,
    ),
    8: Layout(
        kind=FileKind.AUDIO, sha256=3, size=4, key=7, sealed_sha256=8, path=9, uploaded_at=10,
        duration=5,
    ),
    9: _VIDEO,
    26: Layout(
        kind=FileKind.IMAGE, mime_type=5, sha256=2, size=9, key=4, sealed_sha256=3, path=8,
        uploaded_at=10, width=7, height=6,
    ),
    66: _VIDEO,
}  # fmt: skip


def read_file(message: Fields) -> tuple[Media, FileSource | None] | None:
    """Of an unwrapped waE2E.Message; None when it holds no file. The source is None when the
    message lacks what it takes to fetch the file.
    """
    for field, layout in LAYOUTS.items():
        if field in message:
            fields = read(message[field])
            source = _read_source(fields, layout)
            return _read_media(fields, layout), source
    return None


def _read_media(fields: Fields, layout: Layout) -> Media:
    digest = fields.get(layout.sha256)
    return Media(
        mime_type=cut(text(fields.get(layout.mime_type)), _LONGEST_TEXT),
        size=_size(fields, layout),
        sha256=digest.hex() if isinstance(digest, bytes) and len(digest) == _KEY_LENGTH else None,
        file_name=cut(text(fields.get(layout.file_name)), _LONGEST_TEXT) or None,
        duration=_small(fields.get(layout.duration)),
        width=_small(fields.get(layout.width)),
        height=_small(fields.get(layout.height)),
    )


def _read_source(fields: Fields, layout: Layout) -> FileSource | None:
    path = text(fields.get(layout.path))
    parts = [fields.get(n) for n in (layout.key, layout.sha256, layout.sealed_sha256)]
    key, sha256, sealed = (part if isinstance(part, bytes) else b"" for part in parts)
    # The library fetches `https://<WhatsApp's host><path>`. Nothing but a path may follow the
    # host, and the message's own URL, which may name any host, is never used.
    if not _PATH.fullmatch(path):
        return None
    if any(len(part) != _KEY_LENGTH for part in (key, sha256, sealed)):
        return None
    return FileSource(
        kind=layout.kind,
        path=path,
        key=key,
        sha256=sha256,
        sealed_sha256=sealed,
        size=_size(fields, layout),
    )


def _size(fields: Fields, layout: Layout) -> int:
    return min(number(fields.get(layout.size)), MAX_EXACT)


def _small(value: Value | None) -> int | None:
    return min(number(value), MAX_INTEGER) or None
