"""Queues messages to be sent by a tenant's worker: all of a request or none of it."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

import msgspec

from controlplane.services.acting import Caller, Dispatch, leave_trace
from controlplane.services.read_message import (
    Item,
    check_times,
    find_named,
    find_upload,
    normalise,
    to_new,
)
from shared.clock import Clock
from shared.db.engine import transaction
from shared.ids import TenantId
from shared.stores import outbound, targets, tenants, uploads
from shared.structs.outbound import NewOutbound, OutboundAccepted, SendMessageInput


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
    items = [
        normalise(Item(each, f"messages[{index}]." if batch else ""))
        for index, each in enumerate(given)
    ]
    fingerprint = _fingerprint(items, batch=batch)
    now = clock.now()
    async with transaction():
        await tenants.get(tenant_id)
        if key is not None:
            # Before the times are judged: a request that is repeated late is still the same.
            known = await outbound.find_by_key(tenant_id, key, fingerprint=fingerprint)
            if known is not None:
                return known
        for item in items:
            check_times(item, now=now)
        messages = await _complete(tenant_id, items, now=now)
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


async def _complete(
    tenant_id: TenantId, items: Sequence[Item], *, now: datetime
) -> list[NewOutbound]:
    """With what the messages that they are about say, and the files that they send."""
    named = {index: each for index, item in enumerate(items) if (each := find_named(item))}
    found = await targets.find_targets(tenant_id, list(named.values()))
    target_of = dict(zip(named, found, strict=True))
    names = {name for item in items if (name := find_upload(item))}
    files = await uploads.use(tenant_id, names, now=now)
    return [
        to_new(item, target_of.get(index), now=now, upload=files.get(find_upload(item) or ""))
        for index, item in enumerate(items)
    ]


def _fingerprint(items: Sequence[Item], *, batch: bool) -> str:
    messages = [item.message for item in items]
    return sha256(msgspec.json.encode((batch, messages))).hexdigest()
