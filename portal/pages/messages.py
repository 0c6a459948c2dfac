"""The chats of a business: all of them, one of them, and one message of it."""

from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from secrets import token_urlsafe
from types import MappingProxyType
from urllib.parse import quote
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, ServerSentEvent

from portal.insider import Insider
from portal.pages.live import stream_of
from portal.search_form import SearchForm
from portal.services.reply import MAX_REPLY, reply
from portal.services.show_chats import show_chats
from portal.services.show_thread import Thread, show_thread, show_whole_text
from portal.services.take_over import hand_back, take_over
from portal.visitor import house_of, visitor_of
from shared.ids import TenantId
from shared.web.changes import Changes
from shared.web.fields import FormError
from shared.web.forms import read_form
from shared.web.rendering import go_to, page, render
from shared.web.requests import PageRequest

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
    return page(
        request,
        "messages.html",
        chats=chats,
        is_first=before is None,
        form=SearchForm(),
        wrong={},
    )


@get("/messages/stream")
async def stream_chats(
    request: PageRequest, tenant_id: NamedDependency[TenantId]
) -> ServerSentEvent:
    language, clock = visitor_of(request).language, house_of(request).clock
    changes: Changes = request.app.state.changes

    async def look() -> str:
        chats = await show_chats(tenant_id, language=language, clock=clock)
        return render(request, "chats.html", chats=chats, is_first=True)

    # With nothing of the person who looks: no form, so no token of one.
    async def share() -> str:
        return await changes.looks.see(tenant_id, ("chats", language), look)

    return stream_of(request, tenant_id, share, pace=PACE)


@get("/messages/{person:str}")
async def open_chat(
    request: PageRequest,
    tenant_id: NamedDependency[TenantId],
    person: FromPath[str],
    before: FromQuery[str | None] = None,
) -> Response[str]:
    return await _chat_page(request, tenant_id, person, before=before)


@post("/messages/{person:str}")
async def write(
    request: PageRequest,
    insider: NamedDependency[Insider],
    person: FromPath[str],
) -> Response[str] | Redirect:
    form = await read_form(request, longest=2 * MAX_REPLY)
    text, key = form.get("text", ""), form.get("key", "")
    clock = house_of(request).clock
    try:
        await reply(insider, person, text, key=key, clock=clock)
    except FormError as error:
        return await _chat_page(request, insider.tenant_id, person, text=text, wrong=error.wrong)
    return go_to(f"/messages/{quote(person, safe='')}#newest")


@post("/messages/{person:str}/bot")
async def say_who_answers(
    request: PageRequest,
    insider: NamedDependency[Insider],
    person: FromPath[str],
) -> Redirect:
    """A wish that we do not know comes to nothing."""
    wish, clock = (await read_form(request)).get("wish"), house_of(request).clock
    if wish == "TAKE_OVER":
        await take_over(insider, person, clock=clock)
    elif wish == "HAND_BACK":
        await hand_back(insider, person, clock=clock)
    return go_to(f"/messages/{quote(person, safe='')}#newest")


@get("/messages/{person:str}/stream")
async def stream_chat(
    request: PageRequest, tenant_id: NamedDependency[TenantId], person: FromPath[str]
) -> ServerSentEvent:
    language, clock = visitor_of(request).language, house_of(request).clock
    changes: Changes = request.app.state.changes

    async def find() -> Thread:
        return await show_thread(tenant_id, person, language=language, clock=clock)

    async def look() -> str:
        thread = await changes.looks.see(tenant_id, ("chat", person, language), find)
        return _bubbles(request, thread)

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


def _bubbles(request: PageRequest, thread: Thread) -> str:
    gives_files = house_of(request).files.is_there
    return render(request, "bubbles.html", thread=thread, gives_files=gives_files, is_newest=True)


async def _chat_page(
    request: PageRequest,
    tenant_id: TenantId,
    person: str,
    *,
    before: str | None = None,
    text: str = "",
    wrong: Mapping[str, str] = MappingProxyType({}),
) -> Response[str]:
    thread = await show_thread(
        tenant_id,
        person,
        language=visitor_of(request).language,
        clock=house_of(request).clock,
        cursor=before,
    )
    return page(
        request,
        "thread.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK,
        thread=thread,
        gives_files=house_of(request).files.is_there,
        is_newest=before is None,
        text=text,
        key=token_urlsafe(16),
        most=MAX_REPLY,
        wrong=wrong,
    )
