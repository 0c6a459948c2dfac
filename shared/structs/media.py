"""Files in messages, as everybody may see them."""

from typing import Annotated

import msgspec

from shared.bounds import Bytes, Count, FileText
from shared.structs.text import SHA256_PATTERN, VISIBLE_ASCII

Url = Annotated[str, msgspec.Meta(min_length=1, max_length=2000, pattern=VISIBLE_ASCII)]


class Media(msgspec.Struct, frozen=True, kw_only=True):
    """A file as its sender declared it; nothing here is checked before the file is there.

    size: bytes. sha256: of the plain file, in hexadecimal; None when the message did not say,
    and the file can then not be had. duration: seconds. width, height: pixels.
    """

    mime_type: FileText
    size: Bytes
    sha256: Annotated[str, msgspec.Meta(pattern=SHA256_PATTERN)] | None = None
    file_name: FileText | None = None
    duration: Count | None = None
    width: Count | None = None
    height: Count | None = None


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was uploaded to be sent; `sha256` is its name. size: bytes."""

    sha256: str
    mime_type: str
    size: int


class FromUrlInput(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """url: http or https, of a host on the public internet."""

    url: Url
