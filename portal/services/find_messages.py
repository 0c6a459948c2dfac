"""Messages by what was said, by whom and when: a page of them, or all as a table."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from datetime import datetime, tzinfo
from uuid import UUID

import msgspec

from portal.csv_rows import MARK, to_lines
from portal.excerpts import cut, one_line
from portal.files import describe_file
from portal.highlight import find_excerpt, split_marked
from portal.insider import Insider
from portal.moments import load_zone, to_clock, to_moment
from portal.search_form import SearchForm, find_digits, read_search
from portal.services.show_chats import NAME_BYTES
from portal.services.show_thread import Person, to_person
from portal.services.tracing import leave_trace
from portal.texts import TEXTS
from shared.clock import Clock
from shared.db.guard import member_transaction, tenant_transaction
from shared.enums import Direction, Language, MessageKind, MessageOrigin
from shared.ids import TenantId
from shared.stores import chats, contacts, message_search, outbound, tenants
from shared.structs.contacts import ContactView
from shared.structs.messages import MessageLogView
from shared.structs.search import MessageSearch

# Of messages and people in a page, and of bytes in a message: a whole page is below 60 kB.
HITS, PEOPLE = 20, 8
WORDS_BYTES = 900
EXCERPT = 300
# Of rows that are in memory at once while a table is sent.
ROWS = 250
_COLUMNS = (
    *("search.column_date", "search.column_time", "search.column_direction"),
    *("search.column_name", "search.column_number", "search.column_kind"),
    *("search.column_text", "search.column_file", "search.column_author"),
)


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """pieces: of the text around what was found, each with whether it is that. place: the page of
    the chat that ends with this message.
    """

    id: UUID
    person: Person
    is_ours: bool
    is_bots: bool
    kind: MessageKind
    pieces: list[tuple[str, bool]]
    file: str
    at: datetime
    when: str
    place: str


class Hits(msgspec.Struct, frozen=True, kw_only=True):
    people: list[Person]
    hits: list[Hit]
    next_cursor: str | None


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A search that is ready: with the people that it names, and in whose time its days are."""

    search: MessageSearch
    people: list[ContactView]
    zone: tzinfo


async def prepare(tenant_id: TenantId, form: SearchForm) -> Wanted:
    """Within a guard. Raises FormError."""
    config = await tenants.get_config(tenant_id)
    zone = await asyncio.to_thread(load_zone, config.time_zone)
    digits, people = find_digits(form), list[ContactView]()
    if digits is not None:
        people = (await contacts.list_page(tenant_id, limit=PEOPLE, digits=digits)).items
    names = tuple(name for each in people for name in (each.phone, each.lid) if name)
    search = read_search(form, zone=zone, names=names)
    if form.q and digits is None:
        people = await contacts.list_called(tenant_id, form.q, limit=PEOPLE)
    return Wanted(search=search, people=people, zone=zone)


async def find_messages(
    tenant_id: TenantId,
    form: SearchForm,
    *,
    language: Language,
    clock: Clock,
    cursor: str | None = None,
) -> Hits:
    """Raises FormError, and InvalidInputError for a cursor that is none."""
    async with tenant_transaction(tenant_id):
        wanted = await prepare(tenant_id, form)
        page = await message_search.search(tenant_id, wanted.search, limit=HITS, cursor=cursor)
        known = await _find_people(tenant_id, page.items)
    now = clock.now()

    def to_hit(message: MessageLogView) -> Hit:
        excerpt, _ = cut(find_excerpt(message.message_text, form.q, EXCERPT), WORDS_BYTES)
        return Hit(
            id=message.id,
            person=known[message.id],
            is_ours=message.direction is Direction.OUT,
            is_bots=message.origin is MessageOrigin.BOT,
            kind=message.kind,
            pieces=split_marked(" ".join(excerpt.split()), form.q),
            file=one_line(describe_file(message.media), NAME_BYTES) if message.media else "",
            at=message.occurred_at,
            when=to_moment(message.occurred_at, now=now, zone=wanted.zone, language=language),
            place=chats.cursor_after(message.occurred_at, message.id),
        )

    return Hits(
        people=[to_person(each) for each in wanted.people] if cursor is None else [],
        hits=[to_hit(each) for each in page.items],
        next_cursor=page.next_cursor,
    )


async def begin_export(insider: Insider, form: SearchForm) -> Wanted:
    """Raises FormError."""
    async with member_transaction(insider.member.id, tenant_id=insider.tenant_id):
        wanted = await prepare(insider.tenant_id, form)
        await leave_trace(insider, "messages_exported")
    return wanted


async def export_messages(
    tenant_id: TenantId,
    wanted: Wanted,
    *,
    language: Language,
    ensure_in: Callable[[], Awaitable[None]],
) -> AsyncIterator[bytes]:
    """All of them as a table, newest first; a part at a time, each read by itself.

    ensure_in: asked before each part; what it raises breaks the table off, and the browser
    says that it is not whole.
    """
    yield (MARK + to_lines([[TEXTS[each].in_(language) for each in _COLUMNS]])).encode()
    cursor: str | None = None
    while True:
        await ensure_in()
        async with tenant_transaction(tenant_id):
            page = await message_search.search(tenant_id, wanted.search, limit=ROWS, cursor=cursor)
            known = await _find_people(tenant_id, page.items)
            queued = [each for each in page.items if each.origin is MessageOrigin.QUEUE]
            members = await outbound.list_authors(tenant_id, [q.wa_message_id for q in queued])
        authors = {
            each.id: _say_author(each, members.get(each.wa_message_id), language)
            for each in page.items
        }
        rows = [
            _to_row(each, known[each.id], authors[each.id], wanted.zone, language)
            for each in page.items
        ]
        yield to_lines(rows).encode()
        cursor = page.next_cursor
        if cursor is None:
            return


async def _find_people(
    tenant_id: TenantId, messages: Iterable[MessageLogView]
) -> dict[UUID, Person]:
    """Whom each is from or to."""
    names = {each.id: each.contact_lid or _number_of(each) for each in messages}
    known = await contacts.list_named(tenant_id, set(names.values()))
    by_name = {name: each for each in known for name in (each.phone, each.lid) if name}
    return {
        each.id: to_person(contact)
        if (contact := by_name.get(names[each.id]))
        else Person(person=names[each.id], name="", phone=_phone_or_none(_number_of(each)))
        for each in messages
    }


def _number_of(message: MessageLogView) -> str:
    return message.from_number if message.direction is Direction.IN else message.to_number


def _phone_or_none(number: str) -> str | None:
    return number if number.startswith("+") else None


def _say_author(message: MessageLogView, member: str | None, language: Language) -> str:
    """member: who wrote it, where it was one. Empty where nobody knows."""
    if message.direction is Direction.IN:
        return TEXTS["messages.by_customer"].in_(language)
    if message.origin is None or member is not None:
        return member or ""
    return TEXTS[f"messages.by_{message.origin.lower()}"].in_(language)


def _to_row(
    message: MessageLogView, person: Person, author: str, zone: tzinfo, language: Language
) -> list[str]:
    at = message.occurred_at
    direction = "search.in" if message.direction is Direction.IN else "search.out"
    return [
        at.astimezone(zone).date().isoformat(),
        to_clock(at, zone),
        TEXTS[direction].in_(language),
        person.name,
        person.phone or person.person,
        TEXTS[f"messages.kind_{message.kind.lower()}"].in_(language),
        message.message_text,
        describe_file(message.media) if message.media else "",
        author,
    ]
