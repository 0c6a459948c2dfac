"""The chats of a business: all of them, one of them, and one message of it."""

from datetime import timedelta
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import ServerSentEvent

from portal.pages.live import stream_of
from portal.rendering import page, render
from portal.services.show_chats import show_chats
from portal.services.show_thread import show_thread, show_whole_text
from portal.visitor import PageRequest, house_of, visitor_of
from shared.ids import TenantId

# What a busy business's page takes of a phone's data: one picture of it in this time.
PACE = timedelta(seconds=1)


@get("/messages")
async def list_chats(
    request: PageRequest, tenant_id: NamedDependency[TenantId], before: FromQuery[str | None] = None
) -> Response[str]:
    chats = await show_chats(
        tenant_id,
        language=visitor_of(request).language,
        clock=house_of(request).clock,
        cursor=before,
    )
    return page(request, "messages.html", chats=chats, is_first=before is None)


@get("/messages/stream")
async def stream_chats(
    request: PageRequest, tenant_id: NamedDependency[TenantId]
) -> ServerSentEvent:
    language, clock = visitor_of(request).language, house_of(request).clock

    async def look() -> str:
        chats = await show_chats(tenant_id, language=language, clock=clock)
        return render(request, "chats.html", chats=chats, is_first=True)

    return stream_of(request, tenant_id, look, pace=PACE)


@get("/messages/{person:str}")
async def open_chat(
    request: PageRequest,
    tenant_id: NamedDependency[TenantId],
    person: FromPath[str],
    before: FromQuery[str | None] = None,
) -> Response[str]:
    thread = await show_thread(
        tenant_id,
        person,
        language=visitor_of(request).language,
        clock=house_of(request).clock,
        cursor=before,
    )
    return page(request, "thread.html", thread=thread, is_newest=before is None)


@get("/messages/{person:str}/stream")
async def stream_chat(
    request: PageRequest, tenant_id: NamedDependency[TenantId], person: FromPath[str]
) -> ServerSentEvent:
    language, clock = visitor_of(request).language, house_of(request).clock

    async def look() -> str:
        thread = await show_thread(tenant_id, person, language=language, clock=clock)
        return render(request, "bubbles.html", thread=thread)

    await look()  # of nobody there is no stream, which a browser would ask for again and again
    return stream_of(request, tenant_id, look, pace=PACE)


@get("/messages/{person:str}/{message_id:uuid}")
async def read_whole(
    request: PageRequest,
    tenant_id: NamedDependency[TenantId],
    person: FromPath[str],
    message_id: FromPath[UUID],
    part: FromQuery[int] = 1,
) -> Response[str]:
    whole = await show_whole_text(tenant_id, person, message_id, part=part)
    return page(request, "whole_text.html", whole=whole, message_id=message_id)
