"""The switch between languages, on every page."""

from litestar import post
from litestar.response import Redirect

from portal.services.choose_language import choose_language
from portal.visitor import house_of, to_language_cookie, visitor_of
from shared.enums import Language
from shared.web.forms import read_form
from shared.web.rendering import go_to
from shared.web.requests import PageRequest, local_path


@post("/language")
async def choose(request: PageRequest) -> Redirect:
    form = await read_form(request)
    chosen = Language.SW if form.get("language") == Language.SW else Language.EN
    await choose_language(visitor_of(request).member, chosen)
    answer = go_to(local_path(form.get("back", "")))
    answer.cookies.append(to_language_cookie(house_of(request), chosen))
    return answer
