"""Stopping: take nothing new, finish what is under way, tell the control plane, let go.

The engine kills after 20 s; the sum of the graces stays well below.
"""

import asyncio
from datetime import timedelta

import structlog

from worker.database import Database
from worker.files.lending import Lending
from worker.inbox.intake import Intake
from worker.inbox.receipts import Receipts
from worker.local import LocalWorker
from worker.outbox.answering import Answering
from worker.outbox.outbound import Outbound
from worker.session.link import PhoneLink
from worker.uplink.room import Room
from worker.uplink.uplink import Uplink

log = structlog.get_logger(__name__)

SENDING_GRACE = timedelta(seconds=6)
DISCONNECT_GRACE = timedelta(seconds=3)
INTAKE_GRACE = timedelta(seconds=1)
FLUSH_GRACE = timedelta(seconds=4)
HANG_UP_GRACE = timedelta(seconds=1)


async def drain(
    *,
    room: Room,
    answering: Answering,
    outbound: Outbound,
    link: PhoneLink,
    intake: Intake,
    receipts: Receipts,
    local: LocalWorker,
    uplink: Uplink,
    lending: Lending,
    database: Database,
) -> None:
    room.give_up()
    finished = all(
        await asyncio.gather(
            answering.stop(grace=SENDING_GRACE), outbound.stop(grace=SENDING_GRACE)
        )
    )
    local.is_stopping = True
    uplink.wake()
    await _disconnect(link)
    await _settle_intake(intake, receipts, local)
    flushed = await uplink.flush(grace=FLUSH_GRACE)
    await _hang_up(uplink)
    await lending.stop()
    await database.aclose()
    log.info("worker.drained", sends_finished=finished, events_delivered=flushed)


async def _disconnect(link: PhoneLink) -> None:
    try:
        async with asyncio.timeout(DISCONNECT_GRACE.total_seconds()):
            await link.stop()
    except TimeoutError:
        log.warning("session.abandoned", grace=DISCONNECT_GRACE.total_seconds())


async def _hang_up(uplink: Uplink) -> None:
    try:
        async with asyncio.timeout(HANG_UP_GRACE.total_seconds()):
            await uplink.aclose()
    except TimeoutError:
        log.warning("uplink.abandoned", grace=HANG_UP_GRACE.total_seconds())


async def _settle_intake(intake: Intake, receipts: Receipts, local: LocalWorker) -> None:
    """What the library handed over before it stopped is made durable, and answered after the
    next start.
    """
    try:
        async with asyncio.timeout(INTAKE_GRACE.total_seconds()):
            await intake.settled()
            await receipts.settled()
    except TimeoutError:
        log.warning("inbox.unsettled")
    await local.keep_skipped()
