"""A file on its way into a message: made, sealed, stored."""

import asyncio

import msgspec

from sandbox.exchange import Exchange
from sandbox.media.addresses import MEDIA_HOST, direct_path
from sandbox.media.samples import make_sample
from sandbox.media.sealing import Seal, purpose_of, seal
from sandbox.messages.contents import Content, FileContent
from sandbox.messages.writing import Attachment, kind_of


async def attach(exchange: Exchange, content: Content, *, recipient: str) -> Attachment | None:
    """recipient: the number of the phone that fetches it. None when the content has no file."""
    if not isinstance(content, FileContent):
        return None
    stored, described = await asyncio.to_thread(_sealed, content)
    found = await keep(exchange, stored, described, recipient=recipient)
    return Attachment(found, f"https://{MEDIA_HOST}{found.direct_path}")


async def keep(exchange: Exchange, stored: bytes, described: Seal, *, recipient: str) -> Seal:
    """The seal of a file that the media server now has."""
    path = direct_path(await exchange.files.put(stored), recipient=recipient)
    return msgspec.structs.replace(described, direct_path=path)


def _sealed(content: FileContent) -> tuple[bytes, Seal]:
    given, purpose = content.file, purpose_of(kind_of(content))
    if given.base64 is not None:
        return seal(given.base64, purpose)
    assert given.size is not None, "a draft has one or the other"
    return seal(make_sample(content.mime_type, size=given.size, seed=given.seed), purpose)
