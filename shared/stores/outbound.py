"""What is queued to be sent: rows are put in, taken back, and read. `outbound_work` moves them.

Listed by `seq`, which it shares with the message log; sent by `due_at` and `seq`.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from shared.enums import OutboundState
from shared.errors import ConflictError, NotFoundError
from shared.ids import TenantId
from shared.stores.content import parse_content, to_json
from shared.stores.cursors import Cursor, parse_cursor, seq_of, to_page
from shared.stores.limits import to_limit_error
from shared.stores.messages import ascending_ids
from shared.stores.rows import read, to_uuid
from shared.structs.content import kind_of, words_of
from shared.structs.outbound import NewOutbound, OutboundAccepted, OutboundView
from shared.structs.pages import Page
from shared.tables import OutboundMessage

_LIST = "outbound"
_COLUMNS = (
    "id, to_phone, content_json, state, reason, send_at, expires_at, attempts,"
    " cancel_requested_at, wa_message_id, created_at, sent_at, delivered_at, read_at"
)

# One array per column: one statement for one message or a thousand. What is to go at once is due no
# earlier than what was queued so before it and waits still: then the clock was set back since.
_INSERT = """
    INSERT INTO outbound_messages (tenant, idempotency_key, fingerprint, author, created_at, id,
                                   position, to_phone, content_json, send_at, due_at, expires_at)
    SELECT {}, {}::text, {}, {}::text, {}, m.id, m.position, m.to_phone, m.content_json,
           m.send_at,
           CASE WHEN m.send_at IS NOT NULL THEN m.due_at ELSE GREATEST(m.due_at, (
               SELECT max(due_at) FROM outbound_messages
                WHERE tenant = {} AND state = 'QUEUED'
                  AND CASE WHEN send_at IS NULL THEN 0 ELSE 1 END = 0)) END,
           m.expires_at
      FROM unnest({}::uuid[], {}::integer[], {}::text[], {}::jsonb[],
                  {}::timestamptz[], {}::timestamptz[], {}::timestamptz[])
           AS m (id, position, to_phone, content_json, send_at, due_at, expires_at)
     -- `seq` is given out row by row, above this sort.
     ORDER BY m.position
    ON CONFLICT (tenant, idempotency_key, position) WHERE idempotency_key IS NOT NULL DO NOTHING
    RETURNING id
"""


class IdempotencyKeyReusedError(ConflictError):
    """The key was used before, and for another request."""


async def enqueue(
    tenant_id: TenantId,
    messages: Sequence[NewOutbound],
    *,
    fingerprint: str,
    key: str | None,
    now: datetime,
    author: str | None = None,
) -> list[OutboundAccepted]:
    """All or none, in one statement; in the order given. Call it in a transaction.

    author: the address of the member who wrote them; None for a program.

    For a key that was used before with the same fingerprint: what that use answered, as it is
    now. Raises IdempotencyKeyReusedError for another fingerprint, NotFoundError when the
    tenant's rows are gone, LimitReachedError beyond what the tenant may queue.
    """
    ids = ascending_ids(len(messages))
    try:
        rows = await OutboundMessage.raw(
            _INSERT,
            *(tenant_id, key, fingerprint, author, now, tenant_id),
            *(ids, *_to_columns(messages, now)),
        )
    except asyncpg.ForeignKeyViolationError as error:
        raise NotFoundError("there is no such tenant") from error
    except asyncpg.PostgresError as error:
        raise (to_limit_error(error) or error) from error
    if len(rows) == len(messages):
        return [OutboundAccepted(id=each, state=OutboundState.QUEUED) for each in ids]
    assert key is not None, "only a key can be in the way"
    # Somebody used the key at the same moment and has committed: PostgreSQL waited for that.
    found = await find_by_key(tenant_id, key, fingerprint=fingerprint)
    if found is None:
        raise ConflictError("the key is in use by a request that has just ended: try again")
    return found


async def find_by_key(
    tenant_id: TenantId, key: str, *, fingerprint: str
) -> list[OutboundAccepted] | None:
    """What an earlier request queued with this key, in its order; None when there was none.

    Raises IdempotencyKeyReusedError when that request was another.
    """
    rows = await OutboundMessage.raw(
        "SELECT id, state, fingerprint FROM outbound_messages"
        " WHERE tenant = {} AND idempotency_key = {} ORDER BY position",
        tenant_id,
        key,
    )
    if not rows:
        return None
    if rows[0]["fingerprint"] != fingerprint:
        raise IdempotencyKeyReusedError("the idempotency key was used for another request")
    return [
        OutboundAccepted(id=to_uuid(row["id"]), state=OutboundState(row["state"])) for row in rows
    ]


async def list_authors(tenant_id: TenantId, wa_message_ids: Collection[str]) -> dict[str, str]:
    """By WhatsApp's id, of those among them that a member wrote."""
    rows = await OutboundMessage.raw(
        "SELECT wa_message_id, author FROM outbound_messages"
        " WHERE tenant = {} AND wa_message_id = ANY ({}) AND author IS NOT NULL",
        tenant_id,
        list(wa_message_ids),
    )
    return {row["wa_message_id"]: row["author"] for row in rows}


async def get(tenant_id: TenantId, message_id: UUID) -> OutboundView:
    """Raises NotFoundError, also for another tenant's; UnreadableRowError."""
    rows = await OutboundMessage.raw(
        f"SELECT {_COLUMNS} FROM outbound_messages WHERE tenant = {{}} AND id = {{}}",
        tenant_id,
        message_id,
    )
    if not rows:
        raise NotFoundError("there is no such message")
    return read(rows[0], _to_view, of="queued message")


async def list_page(
    tenant_id: TenantId,
    *,
    limit: int,
    cursor: str | None = None,
    state: OutboundState | None = None,
) -> Page[OutboundView]:
    """Newest first, in the order in which they were queued."""
    after = parse_cursor(cursor, of=_LIST)
    where, values = ["tenant = {}"], list[Any]([tenant_id])
    if state is not None:
        where.append("state = {}")
        values.append(state.value)
    if after is not None:
        seq, named = seq_of(after, "outbound_messages", at="created_at", tenant_id=tenant_id)
        where.append(f"seq < {seq}")
        values += named
    rows = await OutboundMessage.raw(
        f"SELECT {_COLUMNS} FROM outbound_messages WHERE {' AND '.join(where)}"
        " ORDER BY seq DESC LIMIT {}",
        *values,
        limit + 1,
    )
    return to_page(
        rows,
        limit=limit,
        item=_to_view,
        cursor=lambda row: Cursor(_LIST, row["created_at"], to_uuid(row["id"])),
    )


async def cancel(tenant_id: TenantId, message_id: UUID, *, now: datetime) -> OutboundView:
    """CANCELLED at once while QUEUED. What a worker has is asked back: it stays SENDING until
    the worker says whether that came in time. Safe to repeat.

    Raises NotFoundError, or ConflictError for what is sent or settled already.
    """
    rows = await OutboundMessage.raw(
        f"""
        UPDATE outbound_messages
           SET state = CASE WHEN state = 'QUEUED' THEN 'CANCELLED' ELSE state END,
               cancel_requested_at = COALESCE(
                   cancel_requested_at, GREATEST({{}}, claimed_at + interval '1 microsecond'))
         WHERE tenant = {{}} AND id = {{}} AND state IN ('QUEUED', 'SENDING')
        RETURNING {_COLUMNS}
        """,
        now,
        tenant_id,
        message_id,
    )
    if rows:
        return read(rows[0], _to_view, of="queued message")
    found = await get(tenant_id, message_id)
    if found.state is not OutboundState.CANCELLED:
        raise ConflictError(f"a message that is {found.state} cannot be cancelled")
    return found


def _to_columns(messages: Sequence[NewOutbound], now: datetime) -> tuple[list[Any], ...]:
    return (
        list(range(len(messages))),
        [message.to for message in messages],
        [to_json(message.content) for message in messages],
        [message.send_at for message in messages],
        [message.send_at or now for message in messages],
        [message.expires_at for message in messages],
    )


def _to_view(row: dict[str, Any]) -> OutboundView:
    content = parse_content(row["content_json"])
    return OutboundView(
        id=to_uuid(row["id"]),
        to=row["to_phone"],
        kind=kind_of(content),
        text=words_of(content),
        content=content,
        state=OutboundState(row["state"]),
        reason=row["reason"],
        send_at=row["send_at"],
        expires_at=row["expires_at"],
        attempts=row["attempts"],
        cancel_requested_at=row["cancel_requested_at"],
        wa_message_id=row["wa_message_id"],
        created_at=row["created_at"],
        sent_at=row["sent_at"],
        delivered_at=row["delivered_at"],
        read_at=row["read_at"],
    )
