"""The way of a queued message after it is queued: handed to a worker, settled by its events.

States only move forward, so everything here may be repeated, late or in another order.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from shared.enums import OutboundState
from shared.errors import NotFoundError
from shared.ids import TenantId
from shared.stores.content import parse_content
from shared.stores.rows import read_each, to_uuid
from shared.stores.text import to_key, to_storable_or_none
from shared.structs.outbound import Handover, NotSent, Receipt, Sent
from shared.tables import EarlyReceipt, OutboundMessage

_LOST = "What this message says cannot be read."
# A `Send` is answered within a disk write; one that is not was lost, or is not understood.
UNANSWERED_AFTER = timedelta(seconds=60)
# Receipts outlive the outage of a control plane; those of messages we never sent do not pile up.
EARLY_RECEIPTS_KEPT = timedelta(days=7)

# As the index `outbound_due` has it: what is to be sent at once, what has a time of its own.
_AT_ONCE, _TIMED = (f"CASE WHEN send_at IS NULL THEN 0 ELSE 1 END = {each}" for each in (0, 1))
# The epoch's row is held, and before any message is: a newer epoch begins when the claims of older
# ones have ended, so that it neither passes over what they hold nor hands over what comes after it.
_CLAIM = f"""
    WITH current AS MATERIALIZED (
        SELECT 1 FROM worker_processes WHERE tenant = {{}} AND epoch = {{}} FOR SHARE
    ), again AS (
        SELECT id FROM outbound_messages
         WHERE EXISTS (SELECT FROM current) AND tenant = {{}} AND state = 'SENDING'
           AND (claimed_epoch < {{}} OR (taken_at IS NULL AND claimed_at < {{}})
                OR claimed_at < cancel_requested_at)
           FOR UPDATE SKIP LOCKED
    ), room AS (
        SELECT GREATEST({{}} - count(*), 0) AS rows FROM outbound_messages
         WHERE tenant = {{}} AND state = 'SENDING'
    ), next AS (
        SELECT id FROM (
            (SELECT id, due_at, seq FROM outbound_messages
              WHERE tenant = {{}} AND state = 'QUEUED' AND {_AT_ONCE}
                AND (expires_at IS NULL OR expires_at > {{}})
              ORDER BY due_at, seq LIMIT (SELECT rows FROM room))
            UNION ALL
            (SELECT id, due_at, seq FROM outbound_messages
              WHERE tenant = {{}} AND state = 'QUEUED' AND {_TIMED}
                AND due_at <= {{}} AND (expires_at IS NULL OR expires_at > {{}})
              ORDER BY due_at, seq LIMIT (SELECT rows FROM room))
        ) either ORDER BY due_at, seq LIMIT (SELECT rows FROM room)
    ), fresh AS (
        SELECT o.id FROM outbound_messages o JOIN next ON next.id = o.id
         WHERE EXISTS (SELECT FROM current) AND o.state = 'QUEUED'
           FOR UPDATE OF o SKIP LOCKED
    )
    UPDATE outbound_messages o
       SET state = 'SENDING', claimed_epoch = {{}}, attempts = attempts + 1,
           -- Not before it was asked back: else it would be told of that again and again.
           claimed_at = GREATEST({{}}, o.cancel_requested_at)
      FROM (SELECT id, false AS is_fresh FROM again UNION ALL SELECT id, true FROM fresh) AS picked
     WHERE o.id = picked.id
    RETURNING o.id, o.to_phone, o.content_json, o.expires_at, o.due_at, o.seq, o.taken_at,
              o.cancel_requested_at, picked.is_fresh
"""

# The worker saw it go: that is true whatever was thought before.
_SETTLE_SENT = """
    UPDATE outbound_messages o
       SET state = 'SENT', wa_message_id = s.wa_message_id, sent_at = s.at, reason = NULL
      FROM unnest({}::uuid[], {}::text[], {}::timestamptz[]) AS s (id, wa_message_id, at)
     WHERE o.tenant = {} AND o.id = s.id AND o.state NOT IN ('SENT', 'DELIVERED', 'READ')
"""
_SETTLE_NOT_SENT = """
    UPDATE outbound_messages o
       SET state = s.state, reason = s.reason
      FROM unnest({}::uuid[], {}::text[], {}::text[]) AS s (id, state, reason)
     WHERE o.tenant = {} AND o.id = s.id AND o.state IN ('QUEUED', 'SENDING')
"""
# Kept only until its message is known: what is in the log already will not be told again.
_KEEP_EARLY = """
    INSERT INTO early_receipts (id, tenant, wa_message_id, kind, at)
    SELECT gen_random_uuid(), {}, r.wa_message_id, r.kind, r.at
      FROM unnest({}::text[], {}::text[], {}::timestamptz[]) AS r (wa_message_id, kind, at)
     WHERE NOT EXISTS (SELECT 1 FROM message_logs l WHERE l.tenant = {} AND l.direction = 'OUT'
                          AND l.wa_message_id = r.wa_message_id)
    ON CONFLICT DO NOTHING
"""
_TAKE_EARLY = """
    DELETE FROM early_receipts WHERE tenant = {} AND wa_message_id = ANY({}::text[])
    RETURNING wa_message_id, kind, at
"""
_APPLY_RECEIPTS = """
    WITH heard AS (
        SELECT wa_message_id, min(at) AS delivered_at,
               min(at) FILTER (WHERE kind = 'READ') AS read_at
          FROM unnest({}::text[], {}::text[], {}::timestamptz[]) AS r (wa_message_id, kind, at)
         GROUP BY wa_message_id
    )
    UPDATE outbound_messages o
       SET state = CASE WHEN h.read_at IS NOT NULL OR o.state = 'READ' THEN 'READ'
                        ELSE 'DELIVERED' END,
           delivered_at = LEAST(o.delivered_at, h.delivered_at),
           read_at = LEAST(o.read_at, h.read_at)
      FROM heard h
     WHERE o.tenant = {} AND o.wa_message_id = h.wa_message_id
       AND o.state IN ('SENT', 'DELIVERED', 'READ')
"""


async def claim(tenant_id: TenantId, *, epoch: int, now: datetime, limit: int) -> list[Handover]:
    """What to hand to the worker now, in the order it is due; SENDING under `epoch` from here on.

    First of all what an earlier connection was handed, whatever became of it: a worker knows by
    the id what it has. Then new ones, until `limit` are unsettled: what has no time to be sent at
    whatever the clock says. Nothing for an epoch that is not the newest. What cannot be read
    FAILS: it could never be handed over.
    """
    rows = await OutboundMessage.raw(
        _CLAIM,
        *(tenant_id, epoch),
        *(tenant_id, epoch, now - UNANSWERED_AFTER),
        *(limit, tenant_id),
        *(tenant_id, now),
        *(tenant_id, now, now),
        *(epoch, now),
    )
    rows.sort(key=lambda row: (row["is_fresh"], row["due_at"], row["seq"]))
    readable = read_each(rows, _to_handover, of="queued message")
    if len(readable) < len(rows):
        known = {each.id for each in readable}
        lost = [_to_lost(row) for row in rows if to_uuid(row["id"]) not in known]
        await settle(tenant_id, sent=[], not_sent=lost)
    return readable


async def record_taken(
    tenant_id: TenantId, message_id: UUID, *, cancelled: bool, now: datetime
) -> None:
    """The worker has it on its volume, or has struck it off unsent."""
    await OutboundMessage.raw(
        "UPDATE outbound_messages SET taken_at = COALESCE(taken_at, {}),"
        " state = CASE WHEN {} AND state = 'SENDING' THEN 'CANCELLED' ELSE state END"
        " WHERE tenant = {} AND id = {}",
        now,
        cancelled,
        tenant_id,
        message_id,
    )


async def settle(tenant_id: TenantId, *, sent: Sequence[Sent], not_sent: Sequence[NotSent]) -> None:
    """Call it in the transaction of the message log's rows. Ids of other tenants match nothing."""
    if sent:
        await OutboundMessage.raw(
            _SETTLE_SENT,
            [each.id for each in sent],
            [to_key(each.wa_message_id) for each in sent],
            [each.at for each in sent],
            tenant_id,
        )
    if not_sent:
        await OutboundMessage.raw(
            _SETTLE_NOT_SENT,
            [each.id for each in not_sent],
            [each.state.value for each in not_sent],
            [to_storable_or_none(each.reason) for each in not_sent],
            tenant_id,
        )


async def settle_receipts(
    tenant_id: TenantId, receipts: Sequence[Receipt], *, logged: Collection[str]
) -> None:
    """Applies receipts, and those that waited for the messages in `logged` (WhatsApp ids).

    Call it after `settle` and the log's rows, in their transaction. A receipt for a message
    that nobody has told of yet waits. Raises NotFoundError when the tenant's rows are gone.
    """
    due = [(to_key(each.wa_message_id), each.kind.value, each.at) for each in receipts]
    if due:
        try:
            await EarlyReceipt.raw(
                _KEEP_EARLY, tenant_id, *(list(c) for c in zip(*due, strict=True)), tenant_id
            )
        except asyncpg.ForeignKeyViolationError as error:
            raise NotFoundError("there is no such tenant") from error
    if logged:
        rows = await EarlyReceipt.raw(_TAKE_EARLY, tenant_id, [to_key(each) for each in logged])
        due += [(row["wa_message_id"], row["kind"], row["at"]) for row in rows]
    if due:
        columns = [list(column) for column in zip(*due, strict=True)]
        await OutboundMessage.raw(_APPLY_RECEIPTS, *columns, tenant_id)


async def expire(*, now: datetime) -> int:
    """What was not handed over in time never will be. What a worker has, it expires itself."""
    rows = await OutboundMessage.raw(
        "WITH expired AS (UPDATE outbound_messages SET state = 'EXPIRED'"
        " WHERE state = 'QUEUED' AND expires_at <= {} RETURNING 1)"
        " SELECT count(*) AS count FROM expired",
        now,
    )
    return int(rows[0]["count"])


async def forget_early_receipts() -> None:
    """By the clock of the database, which dates them."""
    await EarlyReceipt.raw(
        "DELETE FROM early_receipts WHERE created_at < now() - {}::interval", EARLY_RECEIPTS_KEPT
    )


async def list_due(tenant_ids: Collection[TenantId], *, now: datetime) -> list[TenantId]:
    """Those of `tenant_ids` that have something to hand over."""
    rows = await OutboundMessage.raw(
        "SELECT t.id FROM unnest({}::uuid[]) AS t (id) WHERE EXISTS ("
        "SELECT 1 FROM outbound_messages o WHERE o.tenant = t.id AND o.state = 'QUEUED'"
        f" AND {_AT_ONCE}) OR EXISTS ("
        "SELECT 1 FROM outbound_messages o WHERE o.tenant = t.id AND o.state = 'QUEUED'"
        f" AND {_TIMED} AND o.due_at <= {{}}) OR EXISTS ("
        "SELECT 1 FROM outbound_messages o WHERE o.tenant = t.id AND o.state = 'SENDING'"
        " AND o.taken_at IS NULL AND o.claimed_at < {})",
        list(tenant_ids),
        now,
        now - UNANSWERED_AFTER,
    )
    return [TenantId(to_uuid(row["id"])) for row in rows]


def _to_lost(row: dict[str, Any]) -> NotSent:
    """What a worker has already, it may have sent."""
    is_taken = row["taken_at"] is not None
    state = OutboundState.UNCERTAIN if is_taken else OutboundState.FAILED
    return NotSent(id=to_uuid(row["id"]), state=state, reason=_LOST)


def _to_handover(row: dict[str, Any]) -> Handover:
    return Handover(
        id=to_uuid(row["id"]),
        to=row["to_phone"],
        content=parse_content(row["content_json"]),
        expires_at=row["expires_at"],
        taken=row["taken_at"] is not None,
        withdrawn=row["cancel_requested_at"] is not None,
    )
