"""Alive, and ready: for whoever starts and watches this process. No key is asked for."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Literal

import msgspec
import structlog
from litestar import Response, get
from litestar.di import NamedDependency

from shared.errors import FlowHQError

log = structlog.get_logger(__name__)

# A probe that takes longer would be given up by whoever asks.
CHECK_TIMEOUT = timedelta(seconds=2)
Check = Callable[[], Awaitable[object]]
_OK = "ok"


class Health(msgspec.Struct, frozen=True, kw_only=True):
    status: Literal["ok"] = "ok"


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """checks: `ok`, or what is wrong, for each of `database`, `engine` and `gateway`."""

    status: Literal["ready", "not ready"]
    checks: dict[str, str]


@get("/healthz", summary="The process lives", tags=["Health"], security=[{}])
async def healthz() -> Health:
    return Health()


@get("/readyz", summary="Everything it needs answers (503 if not)", tags=["Health"], security=[{}])
async def readyz(checks: NamedDependency[Mapping[str, Check]]) -> Response[Readiness]:
    outcomes = await asyncio.gather(*(_run(name, check) for name, check in checks.items()))
    results = dict(zip(checks, outcomes, strict=True))
    ready = all(outcome == _OK for outcome in outcomes)
    return Response(
        Readiness(status="ready" if ready else "not ready", checks=results),
        status_code=HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE,
    )


async def _run(name: str, check: Check) -> str:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT.total_seconds()):
            await check()
    except TimeoutError:
        return f"no answer within {CHECK_TIMEOUT.total_seconds():g} s"
    except FlowHQError as error:
        return str(error) or "not available"
    except Exception as error:
        log.warning("check.failed", check=name, exc_info=error)
        return type(error).__name__
    return _OK
