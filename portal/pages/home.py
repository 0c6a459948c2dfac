"""How the bot is; and, before there is one, what kind of business it is for."""

from http import HTTPStatus

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect

from portal.business_form import blank_form, read_business
from portal.services.describe_business import describe_business
from portal.services.show_history import show_history
from portal.services.show_home import show_home
from portal.visitor import house_of
from shared.enums import TemplateType, Weekday
from shared.structs.members import Member
from shared.web.fields import FormError
from shared.web.forms import read_form
from shared.web.rendering import go_to, page
from shared.web.requests import PageRequest


@get("/home")
async def show_own(
    request: PageRequest, member: NamedDependency[Member]
) -> Response[str] | Redirect:
    if member.tenant_id is None:
        return go_to("/start")
    clock = house_of(request).clock
    home = await show_home(member.tenant_id, language=member.language, clock=clock)
    history = await show_history(member.tenant_id, language=member.language, clock=clock)
    return page(request, "home.html", home=home, history=history)


@get("/start")
async def show_form(
    request: PageRequest, member: NamedDependency[Member]
) -> Response[str] | Redirect:
    if member.tenant_id is not None:
        return go_to("/home")
    return _form(request, blank_form(member.language), wrong={})


@post("/start")
async def start(request: PageRequest, member: NamedDependency[Member]) -> Response[str] | Redirect:
    if member.tenant_id is not None:
        return go_to("/home")
    form = await read_form(request)
    try:
        await describe_business(read_business(form), member=member)
    except FormError as error:
        return _form(request, blank_form(member.language) | form, wrong=error.wrong)
    return go_to("/home")


def _form(request: PageRequest, form: dict[str, str], *, wrong: dict[str, str]) -> Response[str]:
    return page(
        request,
        "start.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK,
        form=form,
        wrong=wrong,
        days=[day.value for day in Weekday],
        templates=[each.value for each in TemplateType],
    )
