"""Every error as a problem document (RFC 9457): the one place that knows HTTP statuses."""

from collections.abc import Mapping
from http import HTTPStatus
from math import ceil
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import HeaderParameter, QueryParameter

from controlplane.api.bodies import WHOLE, FieldProblem, InvalidBodyError, to_problem
from controlplane.api.traces import trace_foreign
from controlplane.media.fetching import FileGoneError
from controlplane.media.files import NoRoomError, TooLargeError, WrongContentError
from controlplane.media.ranges import UnsatisfiableRangeError
from controlplane.services.worker_logs import TooManyFollowersError
from shared.errors import (
    ConflictError,
    InvalidInputError,
    LimitReachedError,
    NotFoundError,
    TransientError,
)
from shared.stores.api_keys import KeyNameTakenError
from shared.stores.members import EmailTakenError
from shared.stores.outbound import IdempotencyKeyReusedError
from shared.stores.tenants import PhoneNumberTakenError
from shared.structs.keys import ApiKeyView
from shared.web.afterwards import afterwards
from shared.web.limits import TooManyAttemptsError, to_retry_headers

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER = "1"
# What is at fault where the status alone says it.
_FIELDS = {401: "authorization", 403: "authorization", 413: WHOLE}
# What somebody else has already.
TAKEN: dict[type[ConflictError], FieldProblem] = {
    KeyNameTakenError: FieldProblem("name", "is the name of a live key"),
    PhoneNumberTakenError: FieldProblem("phone_number", "belongs to another tenant"),
    EmailTakenError: FieldProblem("email", "belongs to another account"),
}
_UNUSABLE = "The request holds values that cannot be used."


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """`errors` names the values at fault, where the fault is with values."""

    title: str
    status: int
    detail: str
    instance: str
    type: str = "about:blank"
    errors: list[FieldProblem] = []


def documented(*statuses: int) -> dict[int, ResponseSpec]:
    """The problem answers of a handler, for the API's description."""
    return {
        status: ResponseSpec(
            Problem,
            generate_examples=False,
            description=HTTPStatus(status).phrase,
            media_type=MEDIA_TYPE,
        )
        for status in sorted({400, 401, 403, 429, *statuses})
    }


def answer_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """Errors that Litestar finds: unknown paths, wrong methods, sizes, path and query values."""
    if error.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return answer_unexpected(request, error)
    errors = _read_extra(request, error.extra)
    detail = _UNUSABLE if errors else str(error.detail)
    if error.status_code in _FIELDS:
        errors = [FieldProblem(_FIELDS[error.status_code], detail)]
    return _answer(request, error.status_code, detail, errors, headers=error.headers)


def answer_body(request: Request[Any, Any, Any], error: InvalidBodyError) -> Response[bytes]:
    return _answer(request, 400, _UNUSABLE, error.problems)


def answer_invalid(request: Request[Any, Any, Any], error: InvalidInputError) -> Response[bytes]:
    return _answer(request, 400, _UNUSABLE, [FieldProblem(error.field, error.problem)])


def answer_not_found(request: Request[Any, Any, Any], error: NotFoundError) -> Response[bytes]:
    # Whatever was not found was asked for by the id in the path or, without one, in the body.
    fields = list(request.path_params) or ["tenant_id"]
    answer = _answer(
        request, 404, str(error), [FieldProblem(field, "is unknown") for field in fields]
    )
    key = request.scope.get("user")
    if isinstance(key, ApiKeyView) and key.tenant_id is not None:
        # Afterwards: the answer must not take longer where there is such an id.
        answer.background = afterwards(trace_foreign, request, key)
    return answer


def answer_too_many_tries(
    request: Request[Any, Any, Any], error: TooManyAttemptsError
) -> Response[bytes]:
    detail = "Too many API keys from this network were not good."
    headers = to_retry_headers(error, now=request.app.state.clock.now())
    return _answer(request, 429, detail, headers=headers)


def answer_conflict(request: Request[Any, Any, Any], error: ConflictError) -> Response[bytes]:
    return _answer(request, 409, str(error), [TAKEN[type(error)]] if type(error) in TAKEN else [])


def answer_reused_key(
    request: Request[Any, Any, Any], error: IdempotencyKeyReusedError
) -> Response[bytes]:
    problem = FieldProblem("Idempotency-Key", "was used for a request with another body")
    return _answer(request, 422, str(error), [problem])


def answer_gone(request: Request[Any, Any, Any], error: FileGoneError) -> Response[bytes]:
    return _answer(request, 410, str(error))


def answer_too_large(request: Request[Any, Any, Any], error: TooLargeError) -> Response[bytes]:
    return _answer(request, 413, str(error))


def answer_range(
    request: Request[Any, Any, Any], error: UnsatisfiableRangeError
) -> Response[bytes]:
    return _answer(request, 416, str(error), headers={"Content-Range": f"bytes */{error.size}"})


def answer_wrong_content(
    request: Request[Any, Any, Any], error: WrongContentError
) -> Response[bytes]:
    return _answer(request, 502, str(error))


def answer_no_room(request: Request[Any, Any, Any], error: NoRoomError) -> Response[bytes]:
    log.warning("request.refused", path=request.url.path, error=str(error))
    return _answer(request, 507, str(error))


def answer_too_many(
    request: Request[Any, Any, Any], error: TooManyFollowersError
) -> Response[bytes]:
    return _answer(request, 429, str(error))


def answer_limit(request: Request[Any, Any, Any], error: LimitReachedError) -> Response[bytes]:
    problem = FieldProblem(error.limit, f"is {error.allowed}, and used up")
    # At least a second: a client that comes back at once would only be refused again.
    wait = max(1, ceil(error.retry_after.total_seconds()))
    return _answer(request, 429, str(error), [problem], headers={"Retry-After": str(wait)})


def answer_transient(request: Request[Any, Any, Any], error: TransientError) -> Response[bytes]:
    log.warning("request.postponed", path=request.url.path, error=str(error))
    return _answer(request, 503, str(error), headers={"Retry-After": RETRY_AFTER})


def answer_unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    log.error("request.failed", method=request.method, path=request.url.path, exc_info=error)
    return _answer(request, 500, "This is a defect of the server; its log says more.")


HANDLERS: dict[int | type[Exception], Any] = {
    HTTPException: answer_http,
    InvalidBodyError: answer_body,
    InvalidInputError: answer_invalid,
    NotFoundError: answer_not_found,
    IdempotencyKeyReusedError: answer_reused_key,
    ConflictError: answer_conflict,
    FileGoneError: answer_gone,
    TooLargeError: answer_too_large,
    UnsatisfiableRangeError: answer_range,
    WrongContentError: answer_wrong_content,
    NoRoomError: answer_no_room,
    TooManyFollowersError: answer_too_many,
    LimitReachedError: answer_limit,
    TooManyAttemptsError: answer_too_many_tries,
    TransientError: answer_transient,
    Exception: answer_unexpected,
}


def _read_extra(request: Request[Any, Any, Any], extra: object) -> list[FieldProblem]:
    """Litestar's list of what is wrong with the arguments of a handler."""
    if not isinstance(extra, list):
        return []
    problems = []
    for item in extra:
        field = _to_sent_name(request, str(item.get("key", WHOLE)))
        if field == "data":  # the argument's name in our code; only an absent body gets here
            problems.append(FieldProblem(WHOLE, "is required"))
        else:
            problems.append(to_problem(field, str(item["message"])))
    return problems


def _to_sent_name(request: Request[Any, Any, Any], argument: str) -> str:
    """What a client calls the argument, where that is not what our code calls it."""
    parameter = request.route_handler.parsed_fn_signature.parameters.get(argument)
    kwarg = None if parameter is None else parameter.kwarg_definition
    if isinstance(kwarg, QueryParameter | HeaderParameter) and kwarg.name:
        return kwarg.name
    return argument


def _answer(
    request: Request[Any, Any, Any],
    status: int,
    detail: str,
    errors: list[FieldProblem] | None = None,
    *,
    headers: Mapping[str, str] | None = None,
) -> Response[bytes]:
    problem = Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        instance=request.url.path,
        errors=errors or [],
    )
    return Response(
        msgspec.json.encode(problem),
        status_code=status,
        media_type=MEDIA_TYPE,
        headers=dict(headers or {}),
    )
