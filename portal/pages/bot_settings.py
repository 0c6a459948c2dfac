"""What the bot is told: three forms, each with what a customer would see of it."""

import asyncio
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect

from portal.bot_forms import (
    bot_to_form,
    hours_of,
    list_answered,
    list_titled,
    read_bot,
    read_opening,
    read_texts,
    texts_to_form,
)
from portal.hours_form import list_rows
from portal.insider import Insider
from portal.moments import load_zone
from portal.preview import play_hours, play_menu
from portal.services.change_settings import change_settings, get_settings
from portal.visitor import house_of, visitor_of
from portal.zones import find_city, list_choices
from shared.enums import TemplateType, Weekday, WhenClosed
from shared.flows.engine import TEXTS
from shared.structs.tenants import TenantConfig
from shared.web.fields import FormError
from shared.web.forms import read_form
from shared.web.rendering import go_to, page
from shared.web.requests import PageRequest

# Six texts of the greatest length, of characters that take twelve bytes each in a form.
MAX_BODY_BYTES = 128 * 1024
Form = Mapping[str, str]
Read = Callable[[Form, TenantConfig], TenantConfig]


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """One of the forms: how it is filled in, read, and shown."""

    path: str
    template: str
    to_form: Callable[[TenantConfig], dict[str, str]]
    read: Read


BOT = Section(path="/settings", template="settings_bot.html", to_form=bot_to_form, read=read_bot)
HOURS = Section(
    path="/settings/hours",
    template="settings_hours.html",
    to_form=hours_of,
    read=read_opening,
)
TEXT = Section(
    path="/settings/texts",
    template="settings_texts.html",
    to_form=texts_to_form,
    read=read_texts,
)


@get(BOT.path)
async def show_bot(request: PageRequest, insider: NamedDependency[Insider]) -> Response[str]:
    return await _show(request, insider, BOT)


@post(BOT.path)
async def change_bot(
    request: PageRequest, owner: NamedDependency[Insider]
) -> Response[str] | Redirect:
    return await _change(request, owner, BOT)


@get(HOURS.path)
async def show_hours(request: PageRequest, insider: NamedDependency[Insider]) -> Response[str]:
    return await _show(request, insider, HOURS)


@post(HOURS.path)
async def change_hours(
    request: PageRequest, owner: NamedDependency[Insider]
) -> Response[str] | Redirect:
    return await _change(request, owner, HOURS)


@get(TEXT.path)
async def show_texts(request: PageRequest, insider: NamedDependency[Insider]) -> Response[str]:
    return await _show(request, insider, TEXT)


@post(TEXT.path, request_max_body_size=MAX_BODY_BYTES)
async def change_texts(
    request: PageRequest, owner: NamedDependency[Insider]
) -> Response[str] | Redirect:
    return await _change(request, owner, TEXT)


async def _show(request: PageRequest, insider: Insider, section: Section) -> Response[str]:
    config = await get_settings(insider)
    return await _page(request, insider, section, config, section.to_form(config))


async def _change(
    request: PageRequest, owner: Insider, section: Section
) -> Response[str] | Redirect:
    form = await read_form(request)
    try:
        if form.get("do") == "preview":
            config = section.read(form, await get_settings(owner))
            return await _page(request, owner, section, config, form, is_tried=True)
        await change_settings(owner, lambda config: section.read(form, config))
    except FormError as error:
        config = await get_settings(owner)
        form = section.to_form(config) | form
        return await _page(request, owner, section, config, form, wrong=error.wrong)
    return go_to(f"{section.path}?saved=1")


async def _page(
    request: PageRequest,
    insider: Insider,
    section: Section,
    config: TenantConfig,
    form: Form,
    *,
    wrong: dict[str, str] | None = None,
    is_tried: bool = False,
) -> Response[str]:
    return page(
        request,
        section.template,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK,
        path=section.path,
        insider=insider,
        form=form,
        wrong=wrong or {},
        is_tried=is_tried,
        is_saved="saved" in request.query_params and not is_tried and not wrong,
        **await _values_of(request, section, config, form),
    )


async def _values_of(
    request: PageRequest, section: Section, config: TenantConfig, form: Form
) -> dict[str, Any]:
    now = house_of(request).clock.now()
    words = TEXTS[config.language]
    if section is BOT:
        return {
            "templates": [each.value for each in TemplateType],
            "zones": list_choices(form["time_zone"]),
        }
    if section is HOURS:
        zone = await asyncio.to_thread(load_zone, config.time_zone)
        return {
            "days": [day.value for day in Weekday],
            "rows": list_rows(form),
            "modes": [each.value for each in WhenClosed],
            "ours": words.closed_now,
            "scenes": play_hours(config, now=now, zone=zone),
            "quiet": config.quiet_hours,
            "quiet_city": find_city(config),
        }
    called = TEXTS[visitor_of(request).language].topics
    return {
        "ours": words,
        "kind": config.template_type,
        "called": called,
        "titled": list_titled(config),
        "answered": list_answered(config),
        "scenes": [play_menu(config, now=now)],
    }
