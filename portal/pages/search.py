"""Looking for messages, and taking them along as a table."""

from http import HTTPStatus

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.response import Stream

from portal.insider import Insider
from portal.search_form import SearchForm, to_form
from portal.services.find_messages import Hits, begin_export, export_messages, find_messages
from portal.visitor import ensure_signed_in, house_of, visitor_of
from shared.ids import TenantId
from shared.web.fields import FormError
from shared.web.rendering import page
from shared.web.requests import PageRequest


@get("/messages/search")
async def search(request: PageRequest, tenant_id: NamedDependency[TenantId]) -> Response[str]:
    form = to_form(request.query_params)
    try:
        found = await find_messages(
            tenant_id,
            form,
            language=visitor_of(request).language,
            clock=house_of(request).clock,
            cursor=request.query_params.get("before"),
        )
    except FormError as error:
        return _wrong(request, form, error)
    return _page(request, form, found)


@get("/messages/export.csv")
async def export(request: PageRequest, insider: NamedDependency[Insider]) -> Response[str] | Stream:
    form = to_form(request.query_params)
    try:
        wanted = await begin_export(insider, form)
    except FormError as error:
        return _wrong(request, form, error)
    today = house_of(request).clock.now().astimezone(wanted.zone).date()
    return Stream(
        export_messages(
            insider.tenant_id,
            wanted,
            language=visitor_of(request).language,
            ensure_in=lambda: ensure_signed_in(request),
        ),
        media_type="text/csv; charset=utf-8; header=present",
        headers={"Content-Disposition": f'attachment; filename="messages-{today}.csv"'},
    )


def _wrong(request: PageRequest, form: SearchForm, error: FormError) -> Response[str]:
    nothing = Hits(people=[], hits=[], next_cursor=None)
    return _page(request, form, nothing, wrong=error.wrong)


def _page(
    request: PageRequest, form: SearchForm, found: Hits, wrong: dict[str, str] | None = None
) -> Response[str]:
    return page(
        request,
        "search.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK,
        form=form,
        found=found,
        wrong=wrong or {},
    )
