"""The message log: written once per tenant, direction and WhatsApp id, however often it is told.

Its order is `seq` alone (docs/adr/0011-rows-have-an-order-of-their-own.md).
"""

from collections.abc import Sequence
from datetime import datetime
from secrets import randbits
from time import time_ns  # noqa: TID251  for ids, not for times
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from shared.enums import Direction, MessageKind, MessageOrigin
from shared.errors import NotFoundError
from shared.ids import TenantId
from shared.stores.cursors import Cursor, parse_cursor, seq_of, to_page
from shared.stores.rows import read, to_uuid
from shared.stores.text import to_key, to_storable, to_storable_or_none
from shared.structs.media import Media
from shared.structs.messages import MessageLogInput, MessageLogView
from shared.structs.pages import Page
from shared.tables import MessageLog

_LIST = "messages"

# One array per column: one statement and one plan for any number of rows.
_INSERT = """
    WITH inserted AS (
        INSERT INTO message_logs AS m (tenant, id, direction, kind, from_number, to_number,
                                       message_text, wa_message_id, contact_lid, in_reply_to,
                                       media_json, origin, occurred_at)
        SELECT {}, id, direction, kind, from_number, to_number, message_text, wa_message_id,
               contact_lid, in_reply_to, media_json, origin, occurred_at
          FROM unnest({}::uuid[], {}::text[], {}::text[], {}::text[], {}::text[], {}::text[],
                      {}::text[], {}::text[], {}::text[], {}::jsonb[], {}::text[],
                      {}::timestamptz[])
               WITH ORDINALITY
            AS t (id, direction, kind, from_number, to_number, message_text, wa_message_id,
                  contact_lid, in_reply_to, media_json, origin, occurred_at, told)
         -- `seq` is given out row by row, above this sort.
         ORDER BY told
        ON CONFLICT (tenant, direction, wa_message_id) DO UPDATE
        SET kind = excluded.kind, message_text = excluded.message_text,
            from_number = excluded.from_number, contact_lid = excluded.contact_lid,
            in_reply_to = excluded.in_reply_to, media_json = excluded.media_json
        WHERE m.kind IN (STAND_INS) AND excluded.kind NOT IN (STAND_INS)
        -- A row that was there has a deleter: the statement itself.
        RETURNING direction, occurred_at, xmax = 0 AS is_new
    ), counted AS (
        INSERT INTO message_hours AS h (id, tenant, hour, direction, messages)
        SELECT gen_random_uuid(), {}, date_trunc('hour', occurred_at, 'UTC'), direction, count(*)
          FROM inserted WHERE is_new GROUP BY 3, 4 ORDER BY 3, 4
        ON CONFLICT (tenant, hour, direction) DO UPDATE
        SET messages = h.messages + excluded.messages
    )
    SELECT count(*) AS count FROM inserted
""".replace("STAND_INS", ", ".join(f"'{kind}'" for kind in MessageKind if kind.is_stand_in))

# The number of a row is the LID where no phone was known: only then is the contact looked up.
SELECT = """
    SELECT m.id, m.direction, m.kind, m.message_text, m.wa_message_id, m.contact_lid,
           m.in_reply_to, m.media_json, m.origin, m.occurred_at, m.created_at,
           CASE WHEN m.from_number = m.contact_lid THEN COALESCE(c.phone, m.from_number)
                ELSE m.from_number END AS from_number,
           CASE WHEN m.to_number = m.contact_lid THEN COALESCE(c.phone, m.to_number)
                ELSE m.to_number END AS to_number
      FROM message_logs m
      LEFT JOIN contacts c ON c.tenant = m.tenant AND c.lid = m.contact_lid
                          AND m.contact_lid IN (m.from_number, m.to_number)
"""


async def append_messages(tenant_id: TenantId, messages: Sequence[MessageLogInput]) -> int:
    """Inserts those that are not there yet, all in one statement; answers how many those were,
    with the rows of stand-ins that became the message they stood in for.

    Order is kept: a later element is a newer row, and newer than all that were committed before.
    A message has the place of what stood in for it. Safe to repeat after any failure. What
    PostgreSQL cannot store is replaced by U+FFFD. Raises NotFoundError when the tenant's rows
    are gone.
    """
    if not messages:
        return 0
    try:
        rows = await MessageLog.raw(
            _INSERT, tenant_id, *_to_columns(_put_together(messages)), tenant_id
        )
    except asyncpg.ForeignKeyViolationError as error:
        raise NotFoundError("there is no such tenant") from error
    return int(rows[0]["count"])


async def list_page(
    tenant_id: TenantId,
    *,
    limit: int,
    cursor: str | None = None,
    direction: Direction | None = None,
    since: datetime | None = None,
) -> Page[MessageLogView]:
    """Newest first, in the order in which rows were written, so that a page never shifts.

    since: rows written at or after it, by the database's clock. A row of somebody who was known by
    LID alone shows the phone once it is learned.
    """
    after = parse_cursor(cursor, of=_LIST)
    where, values = ["m.tenant = {}"], list[Any]([tenant_id])
    if direction is not None:
        where.append("m.direction = {}")
        values.append(direction.value)
    if since is not None:
        where.append("m.created_at >= {}")
        values.append(since)
    if after is not None:
        seq, named = seq_of(after, "message_logs", at="created_at", tenant_id=tenant_id)
        where.append(f"m.seq < {seq}")
        values += named
    return await list_where(where, values, limit=limit, of=_LIST)


async def list_where(
    where: Sequence[str], values: Sequence[Any], *, limit: int, of: str
) -> Page[MessageLogView]:
    """What meets all conditions, newest first. of: which list it is, for its cursors."""
    rows = await MessageLog.raw(
        f"{SELECT} WHERE {' AND '.join(where)} ORDER BY m.seq DESC LIMIT {{}}",
        *values,
        limit + 1,
    )
    return to_page(
        rows,
        limit=limit,
        item=to_view,
        cursor=lambda row: Cursor(of, row["created_at"], to_uuid(row["id"])),
    )


async def get(tenant_id: TenantId, message_id: UUID) -> MessageLogView:
    """Raises NotFoundError, also for another tenant's; UnreadableRowError."""
    rows = await MessageLog.raw(
        f"{SELECT} WHERE m.tenant = {{}} AND m.id = {{}}", tenant_id, message_id
    )
    if not rows:
        raise NotFoundError("there is no such message")
    return read(rows[0], to_view, of="message")


def ascending_ids(count: int) -> list[UUID]:
    """`count` version 7 UUIDs (RFC 9562), each greater than the one before: neighbours in the
    index. No order of rows, for the clock steps back and is asked in several processes.
    """
    stamp = (time_ns() // 1_000_000) << 80 | 0x7 << 76 | 0x2 << 62
    # 74 bits are free; the top one starts clear, so that counting up never overflows.
    first = randbits(73)
    return [UUID(int=stamp | (n >> 62) << 64 | n & _LOW) for n in range(first, first + count)]


_LOW = (1 << 62) - 1


_Key = tuple[Direction, str]


def _put_together(messages: Sequence[MessageLogInput]) -> dict[_Key, MessageLogInput]:
    """One of each, where the first stood: a statement cannot change a row twice. Of a message and
    what stood in for it, the former.
    """
    once: dict[_Key, MessageLogInput] = {}
    for message in messages:
        key = (message.direction, to_key(message.wa_message_id))
        known = once.get(key)
        if known is None or (known.kind.is_stand_in and not message.kind.is_stand_in):
            once[key] = message
    return once


def _to_columns(once: dict[_Key, MessageLogInput]) -> tuple[list[Any], ...]:
    messages = once.values()
    return (
        ascending_ids(len(messages)),
        [message.direction.value for message in messages],
        [message.kind.value for message in messages],
        [to_key(message.from_number) for message in messages],
        [to_key(message.to_number) for message in messages],
        [to_storable(message.message_text) for message in messages],
        [wa_message_id for _, wa_message_id in once],
        [to_key(each) if (each := message.contact_lid) else None for message in messages],
        [to_key(each) if (each := message.in_reply_to) else None for message in messages],
        [_encode_media(message.media) for message in messages],
        [each.value if (each := message.origin) else None for message in messages],
        [message.occurred_at for message in messages],
    )


def _encode_media(media: Media | None) -> str | None:
    if media is None:
        return None
    storable = msgspec.structs.replace(
        media,
        mime_type=to_storable(media.mime_type),
        file_name=to_storable_or_none(media.file_name),
    )
    return msgspec.json.encode(storable).decode()


def decode_media(text: str | None) -> Media | None:
    """A row of before workers were held to bounds may hold anything: what is out of them is left
    out, and the message stays where it is. Raises msgspec.DecodeError for what is no object.
    """
    if text is None:
        return None
    try:
        return msgspec.json.decode(text, type=Media)
    except msgspec.ValidationError:
        given = msgspec.json.decode(text, type=dict[str, Any])
        fitting = {name: value for name, value in given.items() if _fits(name, value)}
        return Media(**(_NO_MEDIA | fitting))


_NO_MEDIA: dict[str, Any] = {"mime_type": "application/octet-stream", "size": 0}
_MEDIA_FIELDS = {field.name: field.type for field in msgspec.structs.fields(Media)}


def _fits(name: str, value: object) -> bool:
    try:
        msgspec.convert(value, _MEDIA_FIELDS[name])
    except (KeyError, msgspec.ValidationError):
        return False
    return True


def parse_origin(text: str | None) -> MessageOrigin | None:
    return None if text is None else MessageOrigin(text)


def to_view(row: dict[str, Any]) -> MessageLogView:
    return MessageLogView(
        id=to_uuid(row["id"]),
        direction=Direction(row["direction"]),
        kind=MessageKind(row["kind"]),
        from_number=row["from_number"],
        to_number=row["to_number"],
        message_text=row["message_text"],
        wa_message_id=row["wa_message_id"],
        contact_lid=row["contact_lid"],
        in_reply_to=row["in_reply_to"],
        occurred_at=row["occurred_at"],
        created_at=row["created_at"],
        media=decode_media(row["media_json"]),
        origin=parse_origin(row["origin"]),
    )
