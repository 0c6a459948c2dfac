"""A container's log as it grows, from one engine."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from docker.api.client import APIClient
from docker.errors import APIError, DockerException
from docker.types.daemon import CancellableStream

from controlplane.containers.engine_stream import EngineStream
from controlplane.containers.log_lines import LogLines
from shared.errors import ContainerRuntimeError

# More than a page shows: a reader that falls further behind sees that it did.
KEPT_LINES = 1000


async def follow_log(
    base_url: str, container: str, *, lines: int, quiet: timedelta
) -> AsyncGenerator[list[str], None]:
    """As the driver's `follow_log`. Close it: it holds a thread and a connection."""
    read, arrived = LogLines(KEPT_LINES), asyncio.Event()

    def open_log(client: APIClient) -> CancellableStream:
        # docker-py opens the stream before it asks for the container, and where that is gone it
        # leaves the stream's socket open.
        client.inspect_container(container)
        stream: CancellableStream = client.logs(
            container, stdout=True, stderr=True, stream=True, follow=True, tail=lines
        )
        return stream

    def tell(piece: bytes) -> None:
        read.add(piece)
        arrived.set()

    def finish(_: Any) -> None:
        read.end()
        arrived.set()

    stream = EngineStream(base_url, open_log, parse=bytes, tell=tell)
    stream.ended.add_done_callback(finish)
    try:
        while True:
            try:
                async with asyncio.timeout(quiet.total_seconds()):
                    await arrived.wait()
            except TimeoutError:
                yield []
            arrived.clear()
            is_over = stream.ended.done()
            if taken := read.take():
                yield taken
            if is_over:
                _raise_for(stream.ended.exception())
                return
    finally:
        stream.close()


def _raise_for(error: BaseException | None) -> None:
    if error is None or _is_gone(error):
        return
    if isinstance(error, OSError | DockerException):
        raise ContainerRuntimeError(f"the engine did not answer: {error}") from error
    raise error


def _is_gone(error: BaseException) -> bool:
    return isinstance(error, APIError) and error.status_code == HTTPStatus.NOT_FOUND
