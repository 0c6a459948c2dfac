"""The switch between languages, on every page."""

from litestar import post
from litestar.datastructures import Cookie
from litestar.response import Redirect

from portal.forms import read_form
from portal.rendering import go_to
from portal.visitor import LANGUAGE_COOKIE, PageRequest
from shared.enums import Language

A_YEAR = 365 * 24 * 3600


@post("/language")
async def choose(request: PageRequest) -> Redirect:
    form = await read_form(request)
    chosen = Language.SW if form.get("language") == Language.SW else Language.EN
    answer = go_to(local_path(form.get("back", "")))
    answer.cookies.append(
        Cookie(
            LANGUAGE_COOKIE,
            value=chosen.value,
            max_age=A_YEAR,
            httponly=True,
            secure=request.app.state.settings.is_secure,
            samesite="lax",
        )
    )
    return answer


def local_path(path: str) -> str:
    """`path` when it stays on this site, else the front page."""
    is_local = path.startswith("/") and not path.startswith("//")
    return path if is_local and path.isascii() and path.isprintable() and "\\" not in path else "/"
