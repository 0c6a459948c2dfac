"""Files in messages, as everybody may see them."""

import msgspec


class Media(msgspec.Struct, frozen=True, kw_only=True):
    """A file as its sender declared it; nothing here is checked before the file is there.

    size: bytes. sha256: of the plain file, in hexadecimal; None when the message did not say,
    and the file can then not be had. duration: seconds. width, height: pixels.
    """

    mime_type: str
    size: int
    sha256: str | None = None
    file_name: str | None = None
    duration: int | None = None
    width: int | None = None
    height: int | None = None
