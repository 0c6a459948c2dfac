"""A worker's events into the database: all of a batch together, or each by itself where one of them
would keep the others (ADR 12).
"""

import asyncio
from collections.abc import Sequence

import msgspec
import structlog

from controlplane.containment import contained, note_incident, tell_contained
from controlplane.gateway.translate import Told, to_told
from shared.clock import Clock
from shared.db.engine import transaction
from shared.enums import IncidentKind, RefusalOutcome
from shared.errors import NotFoundError, TransientError
from shared.ids import TenantId
from shared.stores import contacts, messages, outbound_work, refused_events, takeovers
from shared.stores.refused_events import Refusal
from shared.wire.events import Event
from shared.wire.mending import Mended, Unread, are_dated, mend, read_strictly

log = structlog.get_logger(__name__)

# Events that are mended before others have the loop: a few milliseconds' worth.
AT_ONCE = 16


class Committed(msgspec.Struct, frozen=True, kw_only=True):
    """unknown_ids: of queued messages that no control plane can have named so. receipts: of single
    messages. apart: how many events had to be looked at one by one.
    """

    has_settled: bool = False
    unknown_ids: list[str] = []
    receipts: int = 0
    apart: int = 0


class Committer:
    """Raises TransientError, and nothing is to be acknowledged; NotFoundError when the tenant is
    gone. Of everything else each event is settled: logged, mended and logged, or kept as it came.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def commit(self, tenant_id: TenantId, events: Sequence[Event]) -> Committed:
        """Of events that are within bounds, their instants included."""
        told = await self._commit_halves(tenant_id, events)
        return _to_committed(told, apart=0 if len(told) == 1 else len(events))

    async def commit_unread(self, tenant_id: TenantId, unread: Sequence[Unread]) -> Committed:
        """Of a frame that was out of bounds as a whole."""
        events, refusals = list[Event](), list[Refusal]()
        now = self._clock.now()
        for place, each in enumerate(unread):
            if place % AT_ONCE == 0:
                await asyncio.sleep(0)  # the neighbours' turn: mending takes a while
            payload = bytes(each.event)
            good = read_strictly(payload)
            if good is not None and are_dated([good], now=now):
                events.append(good)
                continue
            outcome = mend(payload, now=now)
            if isinstance(outcome, Mended):
                events.append(outcome.event)
                refusals.append(_refusal(payload, "; ".join(outcome.notes), is_mended=True))
            else:
                refusals.append(_refusal(payload, outcome.problem))
        told = await self._commit_halves(tenant_id, events)
        await self._keep(tenant_id, refusals)
        return _to_committed(told, apart=len(unread))

    async def _commit_halves(self, tenant_id: TenantId, events: Sequence[Event]) -> list[Told]:
        """All together; where that fails for another reason than that the database is away, the
        two halves, down to the one that it fails for.
        """
        if not events:
            return []
        try:
            told = to_told(events)
            await _commit(tenant_id, told)
        except (TransientError, NotFoundError):
            raise
        except Exception as error:  # noqa: BLE001  told, or tried again in halves
            if len(events) > 1:
                middle = len(events) // 2
                first = await self._commit_halves(tenant_id, events[:middle])
                return first + await self._commit_halves(tenant_id, events[middle:])
            # The database's own words repeat what it was given.
            await tell_contained("commit of an event", error, tenant_id, is_private=True)
            payload = msgspec.msgpack.encode(events[0])
            problem = f"The database refused it: {type(error).__name__}"
            await self._keep(tenant_id, [_refusal(payload, problem)])
            return []
        return [told]

    async def _keep(self, tenant_id: TenantId, refusals: Sequence[Refusal]) -> None:
        await refused_events.keep(tenant_id, refusals, now=self._clock.now())
        kept = sum(each.outcome is RefusalOutcome.KEPT for each in refusals)
        log.warning(
            "events.refused",
            tenant_id=tenant_id,
            mended=len(refusals) - kept,
            kept=kept,
            problem=refusals[0].problem[:300],
        )
        if kept:
            detail = f"{kept} events could not be logged, and are kept: {refusals[0].problem}"
            await note_incident(tenant_id, IncidentKind.FRAMES_REFUSED, detail)


def _to_committed(told: Sequence[Told], *, apart: int) -> Committed:
    return Committed(
        has_settled=any(each.has_settled for each in told),
        unknown_ids=[unknown for each in told for unknown in each.unknown_ids],
        receipts=sum(len(each.receipts) for each in told),
        apart=apart,
    )


def _refusal(payload: bytes, problem: str, *, is_mended: bool = False) -> Refusal:
    outcome = RefusalOutcome.MENDED if is_mended else RefusalOutcome.KEPT
    return Refusal(outcome=outcome, problem=problem, payload=payload)


async def _commit(tenant_id: TenantId, told: Told) -> None:
    if told.is_log_alone:  # most are: one statement needs no transaction of ours
        await messages.append_messages(tenant_id, told.log)
    else:
        await _commit_together(tenant_id, told)
    # A crash in between leaves the events unacknowledged: they come again. A contact that cannot
    # be written keeps no message from being logged.
    async with contained("contacts", tenant_id):
        await contacts.record(tenant_id, told.sightings)


async def _commit_together(tenant_id: TenantId, told: Told) -> None:
    """A queued message is SENT exactly when its row is in the log."""
    async with transaction():
        await messages.append_messages(tenant_id, told.log)
        await outbound_work.settle(tenant_id, sent=told.sent, not_sent=told.not_sent)
        await outbound_work.settle_receipts(
            tenant_id, told.receipts, logged=[each.wa_message_id for each in told.sent]
        )
        await takeovers.record(tenant_id, told.taken)
