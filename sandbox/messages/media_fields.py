"""Where each kind of media message keeps what. Field numbers of `WAWebProtobufsE2E`."""

import msgspec

from shared.enums import MessageKind


class MediaFields(msgspec.Struct, frozen=True, kw_only=True):
    """message: the field of waE2E.Message; the others are fields of that one. 0: it has none.

    label: the `mediatype` that the server is told.
    """

    message: int
    label: str
    url: int = 1
    mime_type: int = 2
    sha256: int
    size: int
    key: int
    sealed_sha256: int
    direct_path: int
    key_timestamp: int
    caption: int = 0
    file_name: int = 0
    seconds: int = 0


_AUDIO = MediaFields(
    message=8, label="audio", sha256=3, size=4, seconds=5,
    key=7, sealed_sha256=8, direct_path=9, key_timestamp=10,
)  # fmt: skip
VOICE_FLAG = 6

MEDIA_FIELDS = {
    MessageKind.IMAGE: MediaFields(
        message=3, label="image", caption=3, sha256=4, size=5,
        key=8, sealed_sha256=9, direct_path=11, key_timestamp=12,
    ),
    MessageKind.VIDEO: MediaFields(
        message=9, label="video", sha256=3, size=4, seconds=5,
        key=6, caption=7, sealed_sha256=11, direct_path=13, key_timestamp=14,
    ),
    MessageKind.AUDIO: _AUDIO,
    MessageKind.VOICE: msgspec.structs.replace(_AUDIO, label="ptt"),
    MessageKind.DOCUMENT: MediaFields(
        message=7, label="document", sha256=4, size=5, key=7,
        file_name=8, sealed_sha256=9, direct_path=10, key_timestamp=11, caption=20,
    ),
    MessageKind.STICKER: MediaFields(
        message=26, label="sticker", sha256=2, sealed_sha256=3,
        key=4, mime_type=5, direct_path=8, size=9, key_timestamp=10,
    ),
}  # fmt: skip
