"""Every refusal as an RFC 9457 problem document."""

import re
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException

from shared.errors import ConflictError, FlowHQError, InvalidInputError, NotFoundError

log = structlog.get_logger(__name__)

_STATUS = {NotFoundError: 404, ConflictError: 409, InvalidInputError: 422}
_TITLES = {400: "Bad request", 404: "Not found", 405: "Method not allowed", 409: "Conflict"}
_NAMED = re.compile(r"(?:unknown|required) field `([^`]+)`")
_TITLES |= {413: "Too large", 422: "Invalid input", 500: "Internal error"}


class FieldProblem(msgspec.Struct, frozen=True):
    field: str
    problem: str


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] = []


_Request = Request[Any, Any, Any]


def flowhq_problem(request: _Request, error: FlowHQError) -> Response[Problem]:
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
    errors = []
    if isinstance(error, InvalidInputError):
        errors = [FieldProblem(error.field, error.problem)]
    if status == 500:
        log.error("request.failed", path=request.url.path, exc_info=error)
    return _problem(status, str(error), errors)


def http_problem(_: _Request, error: HTTPException) -> Response[Problem]:
    errors = _fields(error) if isinstance(error, ValidationException) else []
    status = 422 if errors else error.status_code
    if status == 400:
        errors = [FieldProblem("body", error.detail)]
    return _problem(status, error.detail, errors)


def encoding_problem(_: _Request, error: UnicodeDecodeError) -> Response[Problem]:
    """Litestar lets this one through: the JSON decoder's only error that is not its own."""
    return _problem(400, "the body is not UTF-8", [FieldProblem("body", str(error))])


def unexpected_problem(request: _Request, error: Exception) -> Response[Problem]:
    log.error("request.failed", path=request.url.path, exc_info=error)
    return _problem(500, "the sandbox made a mistake; its log says which", [])


def _fields(error: ValidationException) -> list[FieldProblem]:
    extra = error.extra if isinstance(error.extra, list) else []
    return [_field(item) for item in extra if isinstance(item, dict)]


def _field(item: dict[str, Any]) -> FieldProblem:
    """The decoder names unknown and missing fields in its message alone, and the body is `data`."""
    key, message = str(item.get("key", "data")), str(item.get("message", ""))
    if key == "data" and message == "'data'":
        return FieldProblem("body", "a JSON object is required")
    named = _NAMED.search(message)
    path = [*([] if key == "data" else [key]), *([named[1]] if named else [])]
    return FieldProblem(".".join(path) or "body", message)


def _problem(status: int, detail: str, errors: list[FieldProblem]) -> Response[Problem]:
    return Response(
        Problem(title=_TITLES.get(status, "Refused"), status=status, detail=detail, errors=errors),
        status_code=status,
        media_type="application/problem+json",
    )


PROBLEM_HANDLERS: dict[int | type[Exception], Any] = {
    FlowHQError: flowhq_problem,
    HTTPException: http_problem,
    UnicodeDecodeError: encoding_problem,
    500: unexpected_problem,
}
