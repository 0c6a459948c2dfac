"""What is done once the answer is given, and must not end in an error that nobody is told."""

from collections.abc import Awaitable, Callable
from typing import ParamSpec

import structlog
from litestar.background_tasks import BackgroundTask

from shared.errors import NotFoundError, TransientError

log = structlog.get_logger(__name__)
GivenT = ParamSpec("GivenT")


def afterwards(
    work: Callable[GivenT, Awaitable[None]], *args: GivenT.args, **kwargs: GivenT.kwargs
) -> BackgroundTask:
    """For traces: one that cannot be left, while the database is away, is not left."""

    async def do() -> None:
        try:
            await work(*args, **kwargs)
        except (TransientError, NotFoundError) as error:
            log.warning("afterwards.postponed", work=work.__name__, error=str(error))

    return BackgroundTask(do)
