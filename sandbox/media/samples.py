"""Made-up files: any size, the same bytes for the same seed, and a beginning that fits the type."""

from random import Random

# Enough for whoever looks at a file's first bytes; a player would find nothing behind them.
_BEGINNINGS = {
    "image/jpeg": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00",
    "image/png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    "image/webp": b"RIFF\x00\x00\x00\x00WEBPVP8 ",
    "image/gif": b"GIF89a",
    "video/mp4": b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom",
    "video/3gpp": b"\x00\x00\x00\x18ftyp3gp5\x00\x00\x00\x00isom3gp5",
    "audio/ogg": b"OggS\x00\x02" + bytes(20) + b"\x01\x13OpusHead",
    "audio/mpeg": b"ID3\x04\x00\x00\x00\x00\x00\x00",
    "audio/mp4": b"\x00\x00\x00\x18ftypM4A \x00\x00\x00\x00M4A mp42",
    "audio/aac": b"\xff\xf1\x50\x80",
    "application/pdf": b"%PDF-1.7\n",
    "application/zip": b"PK\x03\x04",
}


def make_sample(mime_type: str, *, size: int, seed: int) -> bytes:
    """`size` bytes; of a type without a known beginning, all are arbitrary."""
    beginning = _BEGINNINGS.get(mime_type.partition(";")[0].strip(), b"")[:size]
    body = Random(f"{mime_type}:{seed}").randbytes(size - len(beginning))  # noqa: S311  no secret
    return beginning + body
