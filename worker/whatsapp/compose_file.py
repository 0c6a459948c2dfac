"""A file that was uploaded, as a part of WhatsApp's own message (waE2E.Message). Pure."""

from datetime import datetime

from shared.structs.content import (
    AudioContent,
    DocumentContent,
    FileContent,
    ImageContent,
    StickerContent,
    VideoContent,
    VoiceContent,
)
from worker.whatsapp.files import LAYOUTS, FileKind, Uploaded
from worker.whatsapp.protobuf import Writable

_FIELDS: dict[type[FileContent], int] = {
    ImageContent: 3,
    DocumentContent: 7,
    AudioContent: 8,
    VoiceContent: 8,
    VideoContent: 9,
    StickerContent: 26,
}
_PUSH_TO_TALK = 6
# Phones play as a voice message what says its codec as well.
_VOICE_TYPE = "audio/ogg; codecs=opus"
_TITLE = 3  # of a document: what older phones show as its name


def kind_of_file(content: FileContent) -> FileKind:
    """What it is uploaded as."""
    return LAYOUTS[_FIELDS[type(content)]].kind


def compose_file(
    content: FileContent, file: Uploaded, *, now: datetime
) -> tuple[int, dict[int, Writable]]:
    """The field of the message, and what is in it."""
    field = _FIELDS[type(content)]
    layout, source = LAYOUTS[field], file.source
    fields: dict[int, Writable] = {
        layout.url: file.url,
        layout.path: source.path,
        layout.mime_type: content.mime_type,
        layout.size: source.size,
        layout.key: source.key,
        layout.sha256: source.sha256,
        layout.sealed_sha256: source.sealed_sha256,
        layout.uploaded_at: int(now.timestamp()),
    }
    match content:
        case ImageContent() if content.caption:
            fields[layout.caption] = content.caption
        case VideoContent():
            fields |= _present({layout.caption: content.caption, layout.duration: content.duration})
        case AudioContent():
            fields |= _present({layout.duration: content.duration})
        case VoiceContent():
            fields |= {layout.mime_type: _VOICE_TYPE, _PUSH_TO_TALK: True}
            fields |= _present({layout.duration: content.duration})
        case DocumentContent():
            fields |= {layout.file_name: content.file_name, _TITLE: content.file_name}
            fields |= _present({layout.caption: content.caption})
        case _:
            pass
    return field, fields


def _present(fields: dict[int, Writable]) -> dict[int, Writable]:
    return {field: value for field, value in fields.items() if value}
