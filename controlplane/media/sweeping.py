"""Uploads that no message needs any more leave the disk."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import structlog

from controlplane.containment import contained
from controlplane.media.files import MediaFiles, Shelf
from shared.clock import Clock
from shared.errors import TransientError
from shared.stores import uploads

log = structlog.get_logger(__name__)

SWEEP = timedelta(hours=1)
# A file is there before its row: for a moment when all goes well, for ever when we ended between.
ROW_FOLLOWS = timedelta(hours=1)


async def sweep_uploads(files: MediaFiles, *, clock: Clock) -> None:
    while True:
        with suppress(TransientError):  # the next sweep sees the same and more
            async with contained("sweep of uploads"):
                await sweep_once(files, clock=clock)
        await asyncio.sleep(SWEEP.total_seconds())


async def sweep_once(files: MediaFiles, *, clock: Clock) -> int:
    """Answers how many files were removed."""
    now = clock.now()
    await uploads.forget_unused(now=now)
    known = await uploads.list_all()
    removed = await files.remove_unknown(Shelf.UPLOADED, known, before=now - ROW_FOLLOWS)
    if removed:
        log.info("media.swept", count=removed)
    return removed
