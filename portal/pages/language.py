"""The switch between languages, on every page."""

from litestar import post
from litestar.response import Redirect

from portal.forms import read_form
from portal.rendering import go_to
from portal.services.choose_language import choose_language
from portal.visitor import PageRequest, house_of, to_language_cookie, visitor_of
from shared.enums import Language


@post("/language")
async def choose(request: PageRequest) -> Redirect:
    form = await read_form(request)
    chosen = Language.SW if form.get("language") == Language.SW else Language.EN
    await choose_language(visitor_of(request).member, chosen)
    answer = go_to(local_path(form.get("back", "")))
    answer.cookies.append(to_language_cookie(house_of(request), chosen))
    return answer


def local_path(path: str) -> str:
    """`path` when it stays on this site, else the front page."""
    is_local = path.startswith("/") and not path.startswith("//")
    return path if is_local and path.isascii() and path.isprintable() and "\\" not in path else "/"
