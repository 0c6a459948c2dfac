"""The file of a logged message: from this machine, else from WhatsApp by way of the worker."""

import asyncio
import mimetypes
import os
import weakref
from collections.abc import AsyncIterator
from typing import BinaryIO
from uuid import UUID

from controlplane.media.fetching import Fetching, FileGoneError
from controlplane.media.files import MediaFiles, Shelf
from controlplane.media.kinds import HEAD_BYTES, choose_type
from controlplane.media.ranges import Span
from shared.enums import Direction
from shared.errors import NotFoundError
from shared.ids import TenantId
from shared.stores import messages, tenants
from shared.structs.media import Media
from shared.structs.messages import MessageLogView

READ_BYTES = 64 * 1024


class SharedFile:
    """An open file and what to call it. It is closed when nobody holds it any more: whoever reads
    it for a client that goes away is dropped in the middle, and told nothing.
    """

    def __init__(self, descriptor: int, *, size: int, mime_type: str, name: str) -> None:
        self._descriptor = descriptor
        self.close = weakref.finalize(self, os.close, descriptor)
        self.size = size
        self.mime_type = mime_type
        self.name = name

    async def read(self, span: Span | None = None) -> AsyncIterator[bytes]:
        """In pieces, all of it or so much; it is closed then."""
        at, end = (0, self.size) if span is None else (span.first, span.last + 1)
        try:
            while at < end and (data := await self._read_at(at, min(READ_BYTES, end - at))):
                yield data
                at += len(data)
        finally:
            self.close()

    async def _read_at(self, offset: int, length: int) -> bytes:
        return await asyncio.to_thread(os.pread, self._descriptor, length, offset)


async def show_media(
    tenant_id: TenantId, log_id: UUID, *, files: MediaFiles, fetching: Fetching
) -> SharedFile:
    """Raises NotFoundError for a message that has no file or is not the tenant's, FileGoneError,
    and whatever `Fetching.fetch` does.
    """
    await tenants.get(tenant_id)
    message = await messages.get(tenant_id, log_id)
    if message.media is None:
        raise NotFoundError("this message has no file")
    file = await _find(tenant_id, message, message.media, files)
    if file is None and message.direction is Direction.IN:
        await fetching.fetch(tenant_id, message.wa_message_id, message.media)
        file = await _find(tenant_id, message, message.media, files)
    if file is None:
        raise FileGoneError("The file is not kept any more.")
    return await asyncio.to_thread(_describe, file, message, message.media)


async def _find(
    tenant_id: TenantId, message: MessageLogView, media: Media, files: MediaFiles
) -> BinaryIO | None:
    shelf = Shelf.RECEIVED if message.direction is Direction.IN else Shelf.UPLOADED
    return await files.find(tenant_id, shelf, media.sha256 or "")


def _describe(file: BinaryIO, message: MessageLogView, media: Media) -> SharedFile:
    with file:
        mime_type = choose_type(media.mime_type, file.read(HEAD_BYTES))
        descriptor = os.dup(file.fileno())
    extension = mimetypes.guess_extension(mime_type) or ""
    return SharedFile(
        descriptor,
        size=os.fstat(descriptor).st_size,
        mime_type=mime_type,
        name=media.file_name or f"{message.kind.lower()}-{message.id}{extension}",
    )
