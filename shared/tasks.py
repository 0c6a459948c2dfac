"""Background tasks with a name, an owner and an end.

A loop that ends takes its group with it: a process whose watcher died must not live on
looking healthy.
"""

import asyncio
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self

import structlog

log = structlog.get_logger(__name__)


class TaskGroup:
    """Supervises named tasks; the first failure cancels the others and surfaces in `join`."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._failed: asyncio.Future[None] | None = None

    async def __aenter__(self) -> Self:
        self._failed = asyncio.get_running_loop().create_future()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    def supervise(self, name: str, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Runs `work` as a task of this group. Its failure ends the group."""
        task = asyncio.create_task(work, name=name)  # noqa: TID251  this is the supervisor
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def join(self, *, until: asyncio.Event | None = None) -> None:
        """Waits until a task fails, and raises its error; returns once `until` is set."""
        assert self._failed is not None, "enter the group first"
        if until is not None:
            self.supervise("until", self._return_from_join(until))
        await self._failed

    async def _return_from_join(self, until: asyncio.Event) -> None:
        await until.wait()
        if self._failed is not None and not self._failed.done():
            self._failed.set_result(None)

    async def aclose(self) -> None:
        """Cancels what still runs and waits for its end."""
        mine = asyncio.current_task()
        tasks = [task for task in self._tasks if task is not mine]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._failed is not None and self._failed.done() and not self._failed.cancelled():
            self._failed.exception()  # seen: asyncio need not warn about it

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is None:
            return
        # First of all, so that even a log that cannot be written does not hide it.
        if self._failed is not None and not self._failed.done():
            self._failed.set_exception(error)
        log.error("task.failed", task=task.get_name(), exc_info=error)
