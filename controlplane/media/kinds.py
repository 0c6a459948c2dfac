"""What a file is: as it was declared, held against how it begins. Pure."""

import re

# Enough of a file to tell all of these apart.
HEAD_BYTES = 64
UNKNOWN = "application/octet-stream"

_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}")
# A browser that was made to open one of these would run what is in it.
_ACTIVE = re.compile(
    r"text/(html|xml|xsl|javascript|ecmascript|css|vbscript)|"
    r"application/(xhtml\+xml|xml|javascript|ecmascript|x-javascript|x-shockwave-flash|wasm|"
    r"mathml\+xml|rdf\+xml|vnd\.mozilla\.xul\+xml|x-xpinstall|hta)|image/svg.*|.*\+xml|multipart/.*"
)
# Offset and bytes of a beginning → the types that begin so.
_ISO_MEDIA = (
    "video/mp4", "audio/mp4", "video/3gpp", "audio/3gpp", "video/quicktime", "audio/x-m4a",
    "audio/m4a", "image/heic", "image/heif", "image/avif", "video/x-m4v", "video/3gpp2",
    "audio/aac",
)  # fmt: skip
_MP3 = ("audio/mpeg", "audio/mp3")
_AAC = ("audio/aac", "audio/aacp", "audio/x-aac")
_BEGINNINGS: tuple[tuple[int, bytes, tuple[str, ...]], ...] = (
    (0, b"\xff\xd8\xff", ("image/jpeg", "image/jpg")),
    (0, b"\x89PNG\r\n\x1a\n", ("image/png",)),
    (0, b"GIF87a", ("image/gif",)),
    (0, b"GIF89a", ("image/gif",)),
    (8, b"WEBP", ("image/webp",)),
    (4, b"ftyp", _ISO_MEDIA),
    (0, b"OggS", ("audio/ogg", "audio/opus", "video/ogg", "application/ogg")),
    (0, b"#!AMR", ("audio/amr", "audio/amr-wb")),
    (0, b"ID3", (*_MP3, *_AAC)),
    (0, b"\xff\xfb", _MP3),
    (0, b"\xff\xf3", _MP3),
    (0, b"\xff\xf2", _MP3),
    (0, b"\xff\xfa", _MP3),
    (0, b"\xff\xf1", _AAC),
    (0, b"\xff\xf9", _AAC),
    (8, b"WAVE", ("audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave")),
    (0, b"\x1a\x45\xdf\xa3", ("video/webm", "audio/webm", "video/x-matroska")),
    (0, b"%PDF-", ("application/pdf",)),
)
_CHECKED = frozenset(name for _, _, names in _BEGINNINGS for name in names)


def find_essence(declared: str) -> str | None:
    """`image/jpeg` of `Image/JPEG; x=1`; None when it names no type."""
    essence = declared.partition(";")[0].strip().lower()
    return essence if _TYPE.fullmatch(essence) else None


def contradicts(essence: str, head: bytes) -> bool:
    """True when a file that begins so is not of that type. Types without a beginning of their own
    are only held against those that have one.
    """
    begun = {
        name for at, mark, names in _BEGINNINGS if head[at:].startswith(mark) for name in names
    }
    if essence in _CHECKED:
        return essence not in begun
    return _is_page(head) and essence != UNKNOWN and not _ACTIVE.fullmatch(essence)


def choose_type(declared: str, head: bytes) -> str:
    """The type to give a file out as: nothing that a browser runs, and nothing that it is not."""
    essence = find_essence(declared)
    if essence is None or _ACTIVE.fullmatch(essence) or contradicts(essence, head):
        return UNKNOWN
    return essence


def _is_page(head: bytes) -> bool:
    return re.match(rb"\s*<(!doctype|html|svg|script|\?xml)", head, re.IGNORECASE) is not None
