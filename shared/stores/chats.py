"""Chats, put together from contacts, the message log and what is queued.

A chat is in the order in which its rows were written, as its worker told of them: times come from
WhatsApp's clock, the worker's and ours. Chats are listed by the time of their newest message.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.contacts import PRECISION
from shared.enums import Direction, MessageKind, OutboundState
from shared.ids import TenantId
from shared.stores import contacts
from shared.stores.content import parse_content
from shared.stores.cursors import Cursor, encode_cursor, parse_cursor, seq_of, to_page
from shared.stores.messages import decode_media, parse_origin
from shared.stores.rows import to_uuid
from shared.structs.chats import ChatMessage, ChatSummary
from shared.structs.contacts import ContactView
from shared.structs.content import kind_of, media_of, words_of
from shared.structs.pages import Page
from shared.tables import MessageLog

_LIST, _CHAT = "chats", "chat"
# Of a list's line.
BEGINNING = 200
# How many contacts are looked at for a page of chats, at first: some were seen since as readers.
WINDOW = 80

# Whose chat a row is in, as the index `message_logs_chat` has it. With nothing that could leak:
# row policies keep every other expression from the index.
_OF = (
    "CASE WHEN m.contact_lid IS NOT NULL THEN m.contact_lid"
    " WHEN m.direction = 'IN' THEN m.from_number ELSE m.to_number END"
)
# A person's rows are below the LID, and below the phone those of before the LID was known.
_NEWEST = f"""
    SELECT m.id, m.direction, m.kind, left(m.message_text, {BEGINNING}) AS beginning, m.occurred_at,
           m.origin, m.seq
      FROM message_logs m WHERE m.tenant = {{}} AND {_OF} = c.name
     ORDER BY m.seq DESC LIMIT 1
"""
_HEADS = f"""
    SELECT c.place, l.*
      FROM unnest({{}}::integer[], {{}}::text[], {{}}::text[]) AS c (place, phone, lid)
     CROSS JOIN LATERAL (
        SELECT * FROM (
            ({_NEWEST.replace("c.name", "c.lid")})
            UNION ALL
            ({_NEWEST.replace("c.name", "c.phone")})
        ) either ORDER BY seq DESC LIMIT 1
     ) l
"""
_LOGGED = f"""
    SELECT m.id, m.occurred_at AS at, m.direction, m.kind, left(m.message_text, {{}}) AS text,
           m.media_json, NULL::jsonb AS content_json, o.state, o.reason, m.origin, o.author,
           m.seq
      FROM message_logs m
      LEFT JOIN LATERAL (
          SELECT state, reason, author FROM outbound_messages
           WHERE m.direction = 'OUT' AND tenant = {{}} AND wa_message_id = m.wa_message_id LIMIT 1
      ) o ON true
     WHERE m.tenant = {{}} AND {_OF} = {{}}
"""
_QUEUED = """
    SELECT id, created_at AS at, 'OUT' AS direction, NULL AS kind, NULL AS text,
           NULL::jsonb AS media_json, content_json, state, reason, 'QUEUE' AS origin, author, seq
      FROM outbound_messages WHERE tenant = {} AND to_phone = {} AND wa_message_id IS NULL
"""
# Where a page ended. The logged and the queued share one sequence. `cursor_after` names an id that
# comes after that of a row. Of a row that is gone, what was written before its time.
_BEFORE = """
    (SELECT COALESCE(
        (SELECT seq FROM message_logs WHERE tenant = {} AND id = {}),
        (SELECT seq FROM outbound_messages WHERE tenant = {} AND id = {}),
        (SELECT seq + 1 FROM message_logs WHERE tenant = {} AND id = {}),
        (SELECT seq + 1 FROM outbound_messages WHERE tenant = {} AND id = {}),
        (SELECT seq + 1 FROM message_logs WHERE tenant = {} AND created_at <= {}
          ORDER BY created_at DESC, seq DESC LIMIT 1), 0))
"""


async def list_page(
    tenant_id: TenantId, *, limit: int, cursor: str | None = None
) -> Page[ChatSummary]:
    """One for each contact who wrote or was written to, by the newest message.

    Contacts are seen when they write, but also when they read, so that looking at the last ones
    seen is mostly enough, and where it is not, more are looked at.
    """
    before, window = parse_cursor(cursor, of=_LIST), WINDOW
    since = before.at if before is not None else None
    while True:
        seen = await contacts.list_seen(tenant_id, limit=window, since=since)
        rows = await _find_heads(tenant_id, seen, before=before, limit=limit + 1)
        unseen_from = seen[-1].last_seen_at if len(seen) >= window else None
        if unseen_from is None or _is_settled(rows, limit, unseen_from):
            break
        window *= 8
    return to_page(
        rows,
        limit=limit,
        item=lambda row: _to_summary(seen[row["place"]], row),
        cursor=lambda row: Cursor(_LIST, row["occurred_at"], to_uuid(row["id"])),
    )


async def list_messages(
    tenant_id: TenantId,
    contact: ContactView,
    *,
    limit: int,
    length: int,
    cursor: str | None = None,
) -> Page[ChatMessage]:
    """Newest first: what was said, what waits to be sent, and what was not sent.

    length: of which a text's beginning may be.
    """
    before = parse_cursor(cursor, of=_CHAT)
    ends = [] if before is None else _to_place(tenant_id, before)
    parts, values = [], list[Any]()
    for name in filter(None, (contact.lid, contact.phone)):
        for query, named in (
            (_LOGGED, (length + 1, tenant_id, tenant_id, name)),
            (_QUEUED, (tenant_id, name)),
        ):
            earlier = f"AND seq < {_BEFORE}" if ends else ""
            parts.append(f"({query} {earlier} ORDER BY seq DESC LIMIT {{}})")
            values += [*named, *ends, limit + 1]
    rows = await MessageLog.raw(
        f"SELECT * FROM ({' UNION ALL '.join(parts)}) every ORDER BY seq DESC LIMIT {{}}",
        *values,
        limit + 1,
    )
    return to_page(
        rows,
        limit=limit,
        item=lambda row: _to_message(row, length),
        cursor=lambda row: Cursor(_CHAT, row["at"], to_uuid(row["id"])),
    )


def cursor_after(at: datetime, message_id: UUID) -> str:
    """Of the page of a chat that ends with this message."""
    return encode_cursor(Cursor(_CHAT, at, UUID(int=message_id.int + 1)))


def _to_place(tenant_id: TenantId, cursor: Cursor) -> list[Any]:
    """The values of `_BEFORE`."""
    before = UUID(int=max(cursor.id.int - 1, 0))
    ids = (cursor.id, cursor.id, before, before)
    return [value for each in (*ids, cursor.at) for value in (tenant_id, each)]


async def _find_heads(
    tenant_id: TenantId, seen: Sequence[ContactView], *, before: Cursor | None, limit: int
) -> list[dict[str, Any]]:
    earlier, ends = "", list[Any]()
    if before is not None:
        seq, ends = seq_of(before, "message_logs", at="created_at", tenant_id=tenant_id)
        earlier, ends = f"WHERE (l.occurred_at, l.seq) < ({{}}, {seq})", [before.at, *ends]
    rows: list[dict[str, Any]] = await MessageLog.raw(
        f"{_HEADS} {earlier} ORDER BY l.occurred_at DESC, l.seq DESC LIMIT {{}}",
        list(range(len(seen))),
        [contact.phone for contact in seen],
        [contact.lid for contact in seen],
        *(tenant_id, tenant_id),
        *ends,
        limit,
    )
    return rows


def _is_settled(rows: Sequence[dict[str, Any]], limit: int, unseen_from: datetime) -> bool:
    """Whether nobody who was not looked at belongs on the page, or after it is another."""
    return len(rows) > limit and rows[limit - 1]["occurred_at"] > unseen_from + PRECISION


def _to_summary(contact: ContactView, row: dict[str, Any]) -> ChatSummary:
    return ChatSummary(
        contact=contact,
        direction=Direction(row["direction"]),
        kind=MessageKind(row["kind"]),
        beginning=row["beginning"],
        at=row["occurred_at"],
        origin=parse_origin(row["origin"]),
    )


def _to_message(row: dict[str, Any], length: int) -> ChatMessage:
    content = None if row["content_json"] is None else parse_content(row["content_json"])
    return ChatMessage(
        id=to_uuid(row["id"]),
        at=row["at"],
        direction=Direction(row["direction"]),
        kind=MessageKind(row["kind"]) if content is None else kind_of(content),
        beginning=row["text"] if content is None else words_of(content)[: length + 1],
        is_logged=content is None,
        media=decode_media(row["media_json"]) if content is None else media_of(content),
        state=None if row["state"] is None else OutboundState(row["state"]),
        reason=row["reason"],
        origin=parse_origin(row["origin"]),
        author=row["author"],
    )
