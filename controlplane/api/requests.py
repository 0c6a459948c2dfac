"""Requests that are checked more strictly than Litestar does by itself."""

import re
from collections import Counter
from datetime import datetime
from typing import Any

import msgspec
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.handlers.base import BaseRouteHandler
from litestar.params import QueryParameter

from controlplane.api.bodies import WHOLE, FieldProblem, InvalidBodyError, find_problems
from shared.errors import InvalidInputError

MAX_BODY_BYTES = 1 << 20
# Of a handler whose body is a file, which has a limit of its own.
TAKES_FILES = {"takes_files": True}
# How values of a query are written; whether one is in its bounds is checked afterwards.
_STRICT = {
    int: (re.compile(r"-?\d+", re.ASCII), "must be a whole number"),
    # With an offset, or whole seconds since 1970.
    datetime: (
        re.compile(r"\d{4}-\d\d-\d\d[Tt ].+|\d{1,12}", re.ASCII),
        "must be a time like 2026-11-23T08:00:00Z",
    ),
}


class ApiRequest(Request[Any, Any, Any]):
    """Reads a body as the struct that its handler takes, or says all that is wrong with it."""

    async def json(self) -> Any:
        body = _decode(await self.body())
        field = self.route_handler.parsed_data_field
        if field is None or (body is None and field.is_optional):
            return body
        kinds = [kind.annotation for kind in field.inner_types] or [field.annotation]
        problems = [
            problem
            for kind in kinds
            if isinstance(kind, type) and issubclass(kind, msgspec.Struct)
            for problem in find_problems(body, kind)
        ]
        if problems:
            raise InvalidBodyError(problems)
        return body


def read_length(connection: ASGIConnection[Any, Any, Any, Any]) -> int | None:
    """Of the body, as far as the request says."""
    length = connection.headers.get("content-length", "")
    return int(length) if length.isdecimal() else None


def refuse_large_body(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> None:
    """Also where no handler would read the body, and so notice."""
    if (read_length(connection) or 0) > MAX_BODY_BYTES and not handler.opt.get("takes_files"):
        raise RequestEntityTooLarge(f"The body must be at most {MAX_BODY_BYTES} bytes long.")


def refuse_unknown_query(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> None:
    """A misspelt filter that is ignored answers another question than was asked."""
    given = Counter(name for name, _ in connection.query_params.multi_items())
    known = {
        field.kwarg_definition.name or name
        for name, field in handler.parsed_fn_signature.parameters.items()
        if isinstance(field.kwarg_definition, QueryParameter)
    }
    for name, count in given.items():
        if name not in known:
            raise InvalidInputError(name, "is not a query parameter of this request")
        if count > 1:
            raise InvalidInputError(name, "is given more than once")


def refuse_loose_query(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> None:
    """Litestar also reads `limit=1e1` as a number, and `since=0.5` as half a second after 1970."""
    for name, field in handler.parsed_fn_signature.parameters.items():
        if not isinstance(field.kwarg_definition, QueryParameter):
            continue
        sent_as = field.kwarg_definition.name or name
        given = connection.query_params.get(sent_as)
        if given is None:
            continue
        kinds = {field.annotation, *(each.annotation for each in field.inner_types)}
        for kind in kinds & _STRICT.keys():
            pattern, problem = _STRICT[kind]
            if not pattern.fullmatch(given):
                raise InvalidInputError(sent_as, problem)


def _decode(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except UnicodeDecodeError as error:
        # Not one of msgspec's own errors: it comes from the text inside a JSON string.
        raise InvalidBodyError([FieldProblem(WHOLE, "is not UTF-8")]) from error
    except msgspec.DecodeError as error:
        raise InvalidBodyError([FieldProblem(WHOLE, f"is not JSON: {error}")]) from error
    except RecursionError as error:
        raise InvalidBodyError([FieldProblem(WHOLE, "is nested too deeply")]) from error
