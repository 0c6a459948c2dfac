"""Queues messages to be sent by a tenant's worker: all of a request or none of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

import msgspec

from controlplane.services.acting import Caller, Dispatch, leave_trace
from shared.clock import Clock
from shared.db.engine import transaction
from shared.errors import InvalidInputError
from shared.ids import TenantId
from shared.instants import to_instant
from shared.phone import parse_phone
from shared.stores import outbound, tenants
from shared.structs.outbound import OutboundAccepted, SendMessageInput

# Further ahead is somebody's calendar, not a queue.
LONGEST_AHEAD = timedelta(days=30)


async def queue_messages(
    tenant_id: TenantId,
    given: Sequence[SendMessageInput],
    *,
    batch: bool,
    key: str | None,
    caller: Caller,
    dispatch: Dispatch,
    clock: Clock,
) -> list[OutboundAccepted]:
    """batch: whether `given` came as a list, so that a wrong value is named with its index.

    Raises InvalidInputError, IdempotencyKeyReusedError, NotFoundError for the tenant.
    """
    messages = [
        _normalise(each, prefix=f"messages[{index}]." if batch else "")
        for index, each in enumerate(given)
    ]
    fingerprint = _fingerprint(messages, batch=batch)
    now = clock.now()
    async with transaction():
        await tenants.get(tenant_id)
        if key is not None:
            # Before the times are judged: a request that is repeated late is still the same.
            known = await outbound.find_by_key(tenant_id, key, fingerprint=fingerprint)
            if known is not None:
                return known
        for index, each in enumerate(messages):
            _check_times(each, prefix=f"messages[{index}]." if batch else "", now=now)
        queued = await outbound.enqueue(
            tenant_id, messages, fingerprint=fingerprint, key=key, now=now
        )
        if caller.tenant_id is None:
            await leave_trace(
                caller,
                "messages.queued",
                tenant_id=tenant_id,
                count=len(queued),
                first_id=str(queued[0].id),
            )
    dispatch(tenant_id)
    return queued


def _normalise(given: SendMessageInput, *, prefix: str) -> SendMessageInput:
    return msgspec.structs.replace(
        given,
        to=parse_phone(f"{prefix}to", given.to),
        send_at=to_instant(f"{prefix}send_at", given.send_at),
        expires_at=to_instant(f"{prefix}expires_at", given.expires_at),
    )


def _check_times(message: SendMessageInput, *, prefix: str, now: datetime) -> None:
    if message.send_at is not None and message.send_at > now + LONGEST_AHEAD:
        raise InvalidInputError(
            f"{prefix}send_at", f"must be at most {LONGEST_AHEAD.days} days ahead"
        )
    if message.expires_at is None:
        return
    if message.send_at is not None and message.expires_at <= message.send_at:
        raise InvalidInputError(f"{prefix}expires_at", "must be after send_at")
    if message.expires_at <= now:
        raise InvalidInputError(f"{prefix}expires_at", "must be in the future")


def _fingerprint(messages: Sequence[SendMessageInput], *, batch: bool) -> str:
    return sha256(msgspec.json.encode((batch, messages))).hexdigest()
