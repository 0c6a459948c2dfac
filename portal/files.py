"""A file as its sender declared it, in a few words, and as a browser may have it. Pure."""

from pathlib import PurePosixPath
from uuid import UUID

import msgspec

from shared.enums import MessageKind
from shared.structs.media import Media
from shared.web.downloads import without_hiding

_UNITS = ("B", "kB", "MB", "GB")
UNKNOWN = "application/octet-stream"
_ALIASES = {
    "image/jpg": "image/jpeg",
    "audio/mp3": "audio/mpeg",
    "audio/m4a": "audio/mp4",
    "audio/x-m4a": "audio/mp4",
    "audio/opus": "audio/ogg",
}
# What a browser is told of, and how such a file's name ends.
_PICTURES = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/gif": ".gif",
}
_PLAYED = {"audio/ogg": ".ogg", "audio/mpeg": ".mp3", "audio/mp4": ".m4a", "video/mp4": ".mp4"}
_SAVED = {"application/pdf": ".pdf"}
_SUFFIXES = _PICTURES | _PLAYED | _SAVED
# Nothing in a file runs, asks for anything, or is of this site. A browser's own page around a
# picture has styles in place.
_FENCE = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
# What is played is fetched once more, in ranges, by the page that the browser puts around it: in
# a sandbox that would be another site's page, and come without a session.
_PLAYER = "default-src 'none'; media-src 'self'; frame-ancestors 'none'"
_NAME_LENGTH, _SUFFIX_LENGTH = 100, 12


class Showing(msgspec.Struct, frozen=True, kw_only=True):
    """inline: in the browser, and not to be saved. policy: what the browser may do with it."""

    mime_type: str
    inline: bool
    policy: str


def to_showing(mime_type: str) -> Showing:
    """mime_type: as far as it is known to be true. What is on no list is bytes, to be saved."""
    known = _ALIASES.get(mime_type, mime_type)
    if known in _PLAYED:
        return Showing(mime_type=known, inline=True, policy=_PLAYER)
    if known in _PICTURES:
        return Showing(mime_type=known, inline=True, policy=_FENCE)
    return Showing(mime_type=known if known in _SAVED else UNKNOWN, inline=False, policy=_FENCE)


def to_file_name(media: Media, *, kind: MessageKind, message_id: UUID, mime_type: str) -> str:
    """What it is saved as: what its sender called it, without what could hide what it is."""
    given = without_hiding(media.file_name or "").strip()
    if not given.strip("._"):
        return f"{kind.lower()}-{message_id}{_SUFFIXES.get(mime_type, '')}"
    if len(given) <= _NAME_LENGTH:
        return given
    suffix = PurePosixPath(given).suffix
    suffix = suffix if len(suffix) <= _SUFFIX_LENGTH else ""
    return given[: _NAME_LENGTH - len(suffix)] + suffix


def describe_file(media: Media) -> str:
    """`orodha.pdf · 82 kB`, `0:07`: what is known of it."""
    duration = None if media.duration is None else to_duration(media.duration)
    return " · ".join(filter(None, (media.file_name, duration, to_size(media.size))))


def to_size(size: int) -> str:
    """Empty where nothing was said."""
    if size <= 0:
        return ""
    amount, unit = float(size), 0
    while amount >= 999.5 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    digits = f"{amount:.1f}" if unit and amount < 9.95 else f"{amount:.0f}"
    return f"{digits} {_UNITS[unit]}"


def to_duration(seconds: int) -> str:
    return f"{seconds // 60}:{seconds % 60:02}"
