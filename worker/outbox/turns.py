"""One sender per chat, and the bot's answers first."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

# A contact who writes without a pause is always being answered: a queued message then goes
# between two answers.
LONGEST_WAIT = timedelta(seconds=5)


class Turns:
    """`on_free` is called with a chat when its last answer is done with."""

    def __init__(self) -> None:
        self._locks: dict[str, asyncio.Lock] = {}
        self._wanted: Counter[str] = Counter()
        self._answered: dict[str, asyncio.Event] = {}
        self.on_free: Callable[[str], None] = lambda _: None

    def is_answering(self, chat: str) -> bool:
        return chat in self._answered

    def begin_answering(self, chat: str) -> None:
        self._answered.setdefault(chat, asyncio.Event())

    def end_answering(self, chat: str) -> None:
        answered = self._answered.pop(chat, None)
        if answered is not None:
            answered.set()
            self.on_free(chat)

    @asynccontextmanager
    async def take(self, chat: str) -> AsyncIterator[None]:
        self._wanted[chat] += 1
        lock = self._locks.setdefault(chat, asyncio.Lock())
        try:
            async with lock:
                yield
        finally:
            self._wanted[chat] -= 1
            if not self._wanted[chat]:
                del self._wanted[chat], self._locks[chat]

    @asynccontextmanager
    async def take_after_answers(self, chat: str) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(LONGEST_WAIT.total_seconds()):
                while (answered := self._answered.get(chat)) is not None:
                    await answered.wait()
        except TimeoutError:
            pass
        async with self.take(chat):
            yield
