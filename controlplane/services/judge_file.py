"""Whether an upload can be sent as what a message says it is. Pure.

Phones show nothing, or a broken frame, for a file of a type that they do not expect there.
"""

from typing import Any

from shared.structs.content import (
    AudioContent,
    DocumentContent,
    FileContent,
    ImageContent,
    Quote,
    StickerContent,
    VideoContent,
    VoiceContent,
)
from shared.structs.content_input import (
    AudioInput,
    DocumentInput,
    FileInput,
    ImageInput,
    StickerInput,
    VideoInput,
    VoiceInput,
)
from shared.structs.media import Upload

# A document may be anything.
_TYPES: dict[type, tuple[str, ...]] = {
    ImageInput: ("image/jpeg", "image/png"),
    VideoInput: ("video/mp4", "video/3gpp"),
    AudioInput: ("audio/mpeg", "audio/mp4", "audio/aac", "audio/amr", "audio/ogg"),
    VoiceInput: ("audio/ogg",),
    StickerInput: ("image/webp",),
}


def find_file_problem(upload: Upload | None, wish: FileInput) -> str:
    """Empty when nothing speaks against it."""
    if upload is None:
        return "names no upload"
    types = _TYPES.get(type(wish))
    if types is None or upload.mime_type in types:
        return ""
    return f"names a file of the type {upload.mime_type}; it must be {' or '.join(types)}"


def to_file_content(given: FileInput, upload: Upload, quote: Quote | None) -> FileContent:
    file: dict[str, Any] = {
        "sha256": upload.sha256,
        "mime_type": upload.mime_type,
        "size": upload.size,
        "quote": quote,
    }
    match given:
        case ImageInput():
            return ImageContent(**file, caption=given.caption or "")
        case VideoInput():
            return VideoContent(**file, caption=given.caption or "", duration=given.duration or 0)
        case AudioInput():
            return AudioContent(**file, duration=given.duration or 0)
        case VoiceInput():
            return VoiceContent(**file, duration=given.duration or 0)
        case DocumentInput():
            return DocumentContent(**file, file_name=given.file_name, caption=given.caption or "")
        case StickerInput():
            return StickerContent(**file)
