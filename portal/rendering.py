"""A template and what it shows, made into an answer."""

from http import HTTPStatus
from typing import Any

from litestar import MediaType, Response
from litestar.response import Redirect
from litestar.template.base import csrf_token

from portal.visitor import PageRequest, visitor_of
from shared.web.pages import Pages


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
    visitor = visitor_of(request)
    pages: Pages = request.app.state.pages
    return pages.render(
        template,
        language=visitor.language,
        visitor=visitor,
        # Empty on errors from before the token was there: such a page shows no form.
        token=csrf_token({"request": request}),
        here=request.url.path,
        **values,
    )


def go_to(path: str) -> Redirect:
    """303: whatever was posted, the next page is fetched, and a reload posts nothing."""
    return Redirect(path, status_code=303)
