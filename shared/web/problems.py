"""Every error as a page in the house's style, in the visitor's language."""

from http import HTTPStatus
from typing import Any

import structlog
from litestar import Response
from litestar.exceptions import HTTPException

from shared.clock import Clock
from shared.errors import ConflictError, InvalidInputError, NotFoundError, TransientError
from shared.web.limits import TooManyAttemptsError, to_retry_headers
from shared.web.rendering import page
from shared.web.requests import PageRequest

log = structlog.get_logger(__name__)

# What a person can do about it; any other error of the browser's is "bad_request".
_KINDS = {403: "forbidden", 404: "not_found", 405: "not_found", 413: "too_large", 429: "too_many"}
RETRY_AFTER = "2"


def answer_http(request: PageRequest, error: HTTPException) -> Response[str]:
    if error.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return answer_unexpected(request, error)
    return _answer(request, error.status_code, _KINDS.get(error.status_code, "bad_request"))


def answer_not_found(request: PageRequest, _error: NotFoundError) -> Response[str]:
    return _answer(request, HTTPStatus.NOT_FOUND, "not_found")


def answer_conflict(request: PageRequest, _error: ConflictError) -> Response[str]:
    return _answer(request, HTTPStatus.CONFLICT, "conflict")


def answer_invalid(request: PageRequest, _error: InvalidInputError) -> Response[str]:
    """Of an address: what is wrong in a form is said in the form."""
    return _answer(request, HTTPStatus.BAD_REQUEST, "bad_request")


def answer_transient(request: PageRequest, error: TransientError) -> Response[str]:
    log.warning("page.postponed", page=_name(request), error=str(error))
    return _answer(request, HTTPStatus.SERVICE_UNAVAILABLE, "unavailable")


def answer_too_many(request: PageRequest, error: TooManyAttemptsError) -> Response[str]:
    clock: Clock = request.app.state.clock
    return page(
        request,
        "problem.html",
        status=HTTPStatus.TOO_MANY_REQUESTS,
        headers=to_retry_headers(error, now=clock.now()),
        kind="too_many",
        number=HTTPStatus.TOO_MANY_REQUESTS.value,
    )


def answer_unexpected(request: PageRequest, error: Exception) -> Response[str]:
    log.error("page.failed", method=request.method, page=_name(request), exc_info=error)
    return _answer(request, HTTPStatus.INTERNAL_SERVER_ERROR, "defect")


# Of every site; each adds where it sends who is not signed in.
HANDLERS: dict[int | type[Exception], Any] = {
    HTTPException: answer_http,
    NotFoundError: answer_not_found,
    ConflictError: answer_conflict,
    InvalidInputError: answer_invalid,
    TransientError: answer_transient,
    TooManyAttemptsError: answer_too_many,
    Exception: answer_unexpected,
}


def _answer(request: PageRequest, status: int, kind: str) -> Response[str]:
    headers = {"Retry-After": RETRY_AFTER} if status == HTTPStatus.SERVICE_UNAVAILABLE else None
    return page(request, "problem.html", status=status, headers=headers, kind=kind, number=status)


def _name(request: PageRequest) -> str:
    """The address as we wrote it: as it was asked for it may hold the token of a mail."""
    return str(request.scope.get("path_template", ""))
