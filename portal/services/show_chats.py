"""Who wrote to the business, and what was said last."""

import asyncio
from datetime import datetime

import msgspec

from portal.excerpts import one_line
from portal.moments import load_zone, to_moment
from shared.clock import Clock
from shared.db.guard import tenant_transaction
from shared.enums import Direction, Language, MessageKind, MessageOrigin
from shared.ids import TenantId
from shared.stores import chats, takeovers, tenants
from shared.structs.chats import ChatSummary

# Of lines in a page, and of bytes in a line: a whole page of them is below 60 kB.
LINES = 30
NAME_BYTES, WORDS_BYTES = 160, 400


class ChatLine(msgspec.Struct, frozen=True, kw_only=True):
    """person: the phone or the LID, by which the chat is found. name: empty when nobody told.

    is_ours: whether the last words were ours; else they wait to be answered. is_bots: whether
    they were the bot's.
    is_taken: whether the bot leaves the chat to people.
    """

    person: str
    name: str
    phone: str | None
    kind: MessageKind
    words: str
    is_ours: bool
    is_bots: bool
    is_taken: bool
    at: datetime
    when: str


class ChatList(msgspec.Struct, frozen=True, kw_only=True):
    lines: list[ChatLine]
    next_cursor: str | None


async def show_chats(
    tenant_id: TenantId, *, language: Language, clock: Clock, cursor: str | None = None
) -> ChatList:
    """Raises InvalidInputError for a cursor that is none."""
    async with tenant_transaction(tenant_id):
        config = await tenants.get_config(tenant_id)
        page = await chats.list_page(tenant_id, limit=LINES, cursor=cursor)
        now = clock.now()
        held = await takeovers.list_held(tenant_id, now=now)
    zone = await asyncio.to_thread(load_zone, config.time_zone)

    def to_line(chat: ChatSummary) -> ChatLine:
        contact = chat.contact
        return ChatLine(
            person=contact.phone or contact.lid or "",
            name=one_line(contact.push_name or "", NAME_BYTES),
            phone=contact.phone,
            kind=chat.kind,
            words=one_line(chat.beginning, WORDS_BYTES),
            is_ours=chat.direction is Direction.OUT,
            is_bots=chat.origin is MessageOrigin.BOT,
            is_taken=not held.isdisjoint({contact.phone, contact.lid}),
            at=chat.at,
            when=to_moment(chat.at, now=now, zone=zone, language=language),
        )

    return ChatList(lines=[to_line(each) for each in page.items], next_cursor=page.next_cursor)
