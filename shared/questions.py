"""Questions put to the other end of a connection, waiting for their answers."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Generic, TypeVar

from shared.errors import TransientError

AnswerT = TypeVar("AnswerT")


class NoAnswerError(TransientError):
    """The connection ended, or the other end was silent for too long."""


class Questions(Generic[AnswerT]):
    """Of one connection: an answer that comes over another one answers nothing here."""

    def __init__(self) -> None:
        self._waiting: dict[str, asyncio.Future[AnswerT]] = {}
        self._closed = False

    async def ask(
        self, name: str, send: Callable[[], Awaitable[None]], *, within: timedelta
    ) -> AnswerT:
        """Sends, and waits for the answer of that name. One question per name at a time.

        Raises NoAnswerError.
        """
        if self._closed:
            raise NoAnswerError("the connection has ended")
        assert name not in self._waiting, "asked already"
        answer: asyncio.Future[AnswerT] = asyncio.get_running_loop().create_future()
        self._waiting[name] = answer
        try:
            async with asyncio.timeout(within.total_seconds()):
                await send()
                return await answer
        except TimeoutError as error:
            raise NoAnswerError("the other end does not answer") from error
        finally:
            del self._waiting[name]
            if answer.done() and not answer.cancelled():
                answer.exception()  # seen: who asked may have gone in the same moment

    def answer(self, name: str, answer: AnswerT) -> bool:
        """False when nobody waits for it (any more)."""
        waiting = self._waiting.get(name)
        if waiting is None or waiting.done():
            return False
        waiting.set_result(answer)
        return True

    def close(self) -> None:
        """Nobody will answer any more."""
        self._closed = True
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(NoAnswerError("the connection has ended"))
