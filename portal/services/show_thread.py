"""One chat, message by message; and one message as a whole."""

import asyncio
from datetime import datetime
from uuid import UUID

import msgspec

from portal.excerpts import cut, one_line, parts_of
from portal.files import describe_file
from portal.moments import load_zone, to_clock, to_day
from portal.reasons import find_reason
from portal.services.show_chats import NAME_BYTES
from shared.clock import Clock
from shared.db.guard import tenant_transaction
from shared.enums import Direction, Language, MessageKind, MessageOrigin, OutboundState
from shared.errors import NotFoundError
from shared.ids import TenantId
from shared.quiet_hours import find_end, to_quiet
from shared.stores import chats, contacts, messages, outbound, takeovers, tenants
from shared.structs.chats import ChatMessage
from shared.structs.contacts import ContactView
from shared.structs.messages import MessageLogView
from shared.structs.tenants import TenantConfig

# Of bubbles in a page, and of bytes in a bubble: a whole page of them is below 60 kB.
BUBBLES = 20
TEXT_BYTES, FILE_BYTES = 1500, 300
PART_BYTES = 40_000
FILES = frozenset({
    MessageKind.IMAGE, MessageKind.VIDEO, MessageKind.VOICE, MessageKind.AUDIO,
    MessageKind.DOCUMENT, MessageKind.STICKER,
})  # fmt: skip


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """person: by which the chat is found. name: empty when nobody told."""

    person: str
    name: str
    phone: str | None


class Bubble(msgspec.Struct, frozen=True, kw_only=True):
    """day: of the first one of a day. is_cut: there is more of its text than is shown.

    file: what is known of it; has_file: whether it may be asked for.
    reason: the key of why it was not sent. author: as `ChatMessage` has it.
    """

    id: UUID
    is_ours: bool
    kind: MessageKind
    text: str
    is_cut: bool
    file: str
    has_file: bool
    origin: MessageOrigin | None
    author: str | None
    state: OutboundState | None
    reason: str | None
    at: datetime
    clock: str
    day: str | None = None


class Thread(msgspec.Struct, frozen=True, kw_only=True):
    """Oldest first. earlier: where the page before it is found.

    taken_until: when the bot answers here again; None while it does.
    quiet_until: when what is queued now goes out; None while that is at once.
    """

    person: Person
    bubbles: list[Bubble]
    earlier: str | None
    taken_until: str | None
    quiet_until: str | None


class WholeText(msgspec.Struct, frozen=True, kw_only=True):
    """part: the one that is shown, of `parts`."""

    person: Person
    text: str
    part: int
    parts: int


async def show_thread(
    tenant_id: TenantId,
    name: str,
    *,
    language: Language,
    clock: Clock,
    cursor: str | None = None,
) -> Thread:
    """Raises NotFoundError, also for another tenant's; InvalidInputError for a bad cursor."""
    async with tenant_transaction(tenant_id):
        contact = await contacts.get_named(tenant_id, name)
        config = await tenants.get_config(tenant_id)
        page = await chats.list_messages(
            tenant_id, contact, limit=BUBBLES, length=TEXT_BYTES, cursor=cursor
        )
        taken = await takeovers.find(tenant_id, [*filter(None, (contact.lid, contact.phone))])
    zone, now = await asyncio.to_thread(load_zone, config.time_zone), clock.now()
    quiet_until = await _find_quiet_end(config, now)
    bubbles, last_day = list[Bubble](), ""
    for message in reversed(page.items):
        day = to_day(message.at, now=now, zone=zone, language=language)
        bubble = _to_bubble(message, to_clock(message.at, zone))
        bubbles.append(bubble if day == last_day else msgspec.structs.replace(bubble, day=day))
        last_day = day
    return Thread(
        person=to_person(contact),
        bubbles=bubbles,
        earlier=page.next_cursor,
        taken_until=to_clock(taken.until, zone) if taken and taken.until > now else None,
        quiet_until=to_clock(quiet_until, zone) if quiet_until else None,
    )


async def show_whole_text(
    tenant_id: TenantId, name: str, message_id: UUID, *, part: int
) -> WholeText:
    """part: from 1. Raises NotFoundError."""
    async with tenant_transaction(tenant_id):
        contact = await contacts.get_named(tenant_id, name)
        text = await _find_text(tenant_id, contact, message_id)
    parts = await asyncio.to_thread(parts_of, text, PART_BYTES)
    if not 1 <= part <= len(parts):
        raise NotFoundError("the text has no such part")
    return WholeText(person=to_person(contact), text=parts[part - 1], part=part, parts=len(parts))


def to_person(contact: ContactView) -> Person:
    return Person(
        person=contact.phone or contact.lid or "",
        name=one_line(contact.push_name or "", NAME_BYTES),
        phone=contact.phone,
    )


async def _find_quiet_end(config: TenantConfig, now: datetime) -> datetime | None:
    hours = config.quiet_hours
    if hours is None:
        return None
    return find_end(to_quiet(hours, await asyncio.to_thread(load_zone, hours.time_zone)), now)


async def find_logged(
    tenant_id: TenantId, contact: ContactView, message_id: UUID
) -> MessageLogView:
    """Of this chat: raises NotFoundError for any other message. Inside a guard's transaction."""
    logged = await messages.get(tenant_id, message_id)
    names = {contact.phone, contact.lid} - {None}
    if not names & {logged.from_number, logged.to_number, logged.contact_lid}:
        raise NotFoundError("there is no such message in this chat")
    return logged


async def _find_text(tenant_id: TenantId, contact: ContactView, message_id: UUID) -> str:
    try:
        return (await find_logged(tenant_id, contact, message_id)).message_text
    except NotFoundError:
        queued = await outbound.get(tenant_id, message_id)
        if queued.to not in {contact.phone, contact.lid} - {None}:
            raise
        return queued.text


def _has_file(message: ChatMessage) -> bool:
    """Not of what was not sent: the log alone says what a chat holds."""
    is_named = message.media is not None and message.media.sha256 is not None
    return is_named and message.is_logged and message.kind in FILES


def _to_bubble(message: ChatMessage, at_clock: str) -> Bubble:
    text, is_cut = cut(message.beginning, TEXT_BYTES)
    return Bubble(
        id=message.id,
        is_ours=message.direction is Direction.OUT,
        kind=message.kind,
        text=text,
        is_cut=is_cut,
        file=one_line(describe_file(message.media), FILE_BYTES) if message.media else "",
        has_file=_has_file(message),
        origin=message.origin,
        author=one_line(message.author, NAME_BYTES) if message.author else None,
        state=message.state,
        reason=find_reason(message.state, message.reason),
        at=message.at,
        clock=at_clock,
    )
