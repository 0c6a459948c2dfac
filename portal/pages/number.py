"""The number that the business's phone has: shown, and changed by an owner."""

from http import HTTPStatus

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect

from portal.insider import Insider
from portal.services.change_number import change_number, get_number
from portal.visitor import house_of
from shared.web.fields import FormError
from shared.web.forms import read_form
from shared.web.rendering import go_to, page
from shared.web.requests import PageRequest

PATH = "/settings/number"


@get(PATH)
async def show(request: PageRequest, insider: NamedDependency[Insider]) -> Response[str]:
    return await _page(request, insider)


@post(PATH)
async def change(request: PageRequest, owner: NamedDependency[Insider]) -> Response[str] | Redirect:
    form = await read_form(request)
    try:
        await change_number(owner, form.get("phone", ""), clock=house_of(request).clock)
    except FormError as error:
        return await _page(request, owner, typed=form.get("phone", ""), wrong=error.wrong)
    return go_to(f"{PATH}?saved=1")


async def _page(
    request: PageRequest,
    insider: Insider,
    *,
    typed: str = "",
    wrong: dict[str, str] | None = None,
) -> Response[str]:
    return page(
        request,
        "settings_number.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK,
        path=PATH,
        insider=insider,
        number=await get_number(insider),
        typed=typed,
        wrong=wrong or {},
        is_tried=False,
        is_saved="saved" in request.query_params and not wrong,
    )
