"""A template and what it shows, made into an answer.

A site keeps in its state `pages` and `frame`: what every page of it shows, for a request.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from litestar import MediaType, Response
from litestar.response import Redirect
from litestar.template.base import csrf_token

from shared.web.pages import Pages
from shared.web.requests import PageRequest

# `language`, and whatever else the templates of the site take for granted.
Frame = Callable[[PageRequest], dict[str, Any]]


def page(
    request: PageRequest,
    template: str,
    *,
    status: int = HTTPStatus.OK,
    headers: dict[str, str] | None = None,
    **values: Any,
) -> Response[str]:
    text = render(request, template, **values)
    return Response(text, status_code=status, media_type=MediaType.HTML, headers=headers)


def render(request: PageRequest, template: str, **values: Any) -> str:
    state = request.app.state
    pages: Pages = state.pages
    frame: Frame = state.frame
    return pages.render(
        template,
        # Empty on errors from before the token was there: such a page shows no form.
        token=csrf_token({"request": request}),
        here=request.url.path,
        **frame(request),
        **values,
    )


def go_to(path: str) -> Redirect:
    """303: whatever was posted, the next page is fetched, and a reload posts nothing."""
    return Redirect(path, status_code=303)
