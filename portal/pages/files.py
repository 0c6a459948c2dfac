"""The file of a message, as it came: nothing of it is loaded before somebody asks."""

import re
from http import HTTPStatus
from urllib.parse import quote
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream

from portal.file_window import GivenFile, NoFileError, WhyNot
from portal.files import to_file_name, to_showing
from portal.services.find_file import FoundFile, find_file
from portal.visitor import house_of
from shared.ids import TenantId
from shared.web.downloads import to_disposition
from shared.web.rendering import page
from shared.web.requests import PageRequest

_RANGE = re.compile(r"bytes=[0-9]{0,15}-[0-9]{0,15}", re.ASCII)
_STATUSES = {
    WhyNot.GONE: HTTPStatus.GONE,
    WhyNot.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    WhyNot.BROKEN: HTTPStatus.BAD_GATEWAY,
    WhyNot.RANGE: HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
    WhyNot.BUSY: HTTPStatus.TOO_MANY_REQUESTS,
    WhyNot.NOT_YET: HTTPStatus.SERVICE_UNAVAILABLE,
    WhyNot.AWAY: HTTPStatus.SERVICE_UNAVAILABLE,
}
_MAY_COME = {WhyNot.BUSY, WhyNot.NOT_YET, WhyNot.AWAY}
_RETRY_AFTER = "5"


@get("/messages/{person:str}/{message_id:uuid}/file")
async def give_file(
    request: PageRequest,
    tenant_id: NamedDependency[TenantId],
    person: FromPath[str],
    message_id: FromPath[UUID],
) -> Stream | Response[None]:
    found = await find_file(tenant_id, person, message_id)
    tag = f'"{found.media.sha256}"'
    headers = {
        # Kept by the browser, and asked about each time: data is dear, and so is who looks.
        "Cache-Control": "private, no-cache",
        "ETag": tag,
    }
    if request.headers.get("if-none-match") == tag:
        return Response(None, status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    house = house_of(request)
    given = await house.files.ask(
        tenant_id,
        found.log_id,
        session=request.cookies.get(house.cookies.session, ""),
        span=_read_span(request, tag),
        now=house.clock.now(),
    )
    return _to_answer(found, given, headers)


def answer_no_file(request: PageRequest, error: NoFileError) -> Response[str]:
    status = _STATUSES[error.why]
    may_come = error.why in _MAY_COME
    chat = f"/messages/{quote(request.path_params['person'], safe='')}"
    return page(
        request,
        "no_file.html",
        status=status,
        headers={"Retry-After": _RETRY_AFTER} if may_come else None,
        why=error.why.lower(),
        again=f"{chat}/{request.path_params['message_id']}/file" if may_come else None,
        chat=chat,
    )


def _read_span(request: PageRequest, tag: str) -> str | None:
    """None for the whole file: also where the browser has a part of another one."""
    asked = request.headers.get("range", "")
    is_ours = request.headers.get("if-range", tag) == tag
    return asked if is_ours and _RANGE.fullmatch(asked) else None


def _to_answer(found: FoundFile, given: GivenFile, headers: dict[str, str]) -> Stream:
    showing = to_showing(given.mime_type)
    name = to_file_name(
        found.media,
        kind=found.kind,
        message_id=found.log_id,
        mime_type=showing.mime_type,
    )
    part = {} if given.span is None else {"Content-Range": given.span}
    return Stream(
        given.content,
        status_code=HTTPStatus.OK if given.span is None else HTTPStatus.PARTIAL_CONTENT,
        media_type=showing.mime_type,
        headers={
            **headers,
            **part,
            "Accept-Ranges": "bytes",
            "Content-Disposition": to_disposition(name, inline=showing.inline),
            "Content-Length": given.length,
            "Content-Security-Policy": showing.policy,
        },
    )
