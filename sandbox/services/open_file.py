"""A customer opens a file that was sent."""

import asyncio

from sandbox.exchange import Exchange
from sandbox.media.addresses import file_name
from sandbox.media.sealing import UnopenableFileError, open_sealed, purpose_of
from shared.errors import ConflictError, NotFoundError


async def open_file(exchange: Exchange, *, reader: str, n: int) -> bytes:
    """Of the reader's message `n`, fetched, checked and opened as an official client would.

    Raises NotFoundError when there is none, or when it is not stored (any more); ConflictError
    when it is not what the message describes.
    """
    customer = exchange.directory.get_customer(reader)
    received = exchange.inboxes.of(customer.number).after(n - 1)[:1]
    if not received or received[0].media is None:
        raise NotFoundError(f"+{customer.number} has no message {n} with a file")
    media, kind = received[0].media, received[0].kind
    stored = await exchange.files.find(file_name(media.seal.direct_path))
    if stored is None:
        raise NotFoundError(f"no file is stored under {media.seal.direct_path!r}")
    try:
        return await asyncio.to_thread(open_sealed, stored, media.seal, purpose_of(kind))
    except UnopenableFileError as error:
        raise ConflictError(str(error)) from error
