"""Shows "typing…" on the other side's screen. Nothing waits for it, and nothing fails with it."""

from concurrent.futures import ThreadPoolExecutor

import structlog

from shared.tasks import TaskGroup
from shared.wire.events import Party
from worker.whatsapp.neonize_client import NeonizeClient, encode_jid
from worker.whatsapp.outcomes import NotSentError

log = structlog.get_logger(__name__)

# On a line that takes nothing they would pile up, and soon none of them is true any more.
MOST_UNDER_WAY = 8


class Typing:
    def __init__(self, client: NeonizeClient, tasks: TaskGroup) -> None:
        self._client = client
        self._tasks = tasks
        # Not the client's own, whose threads send; and one, so that they go out in order.
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="typing")
        self._under_way = 0

    def show(self, to: Party, *, is_typing: bool) -> None:
        if self._under_way < MOST_UNDER_WAY:
            self._under_way += 1
            self._tasks.supervise("typing", self._show(to, is_typing=is_typing))

    def aclose(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _show(self, to: Party, *, is_typing: bool) -> None:
        try:
            contact = await self._client.complete(to)
            jid = encode_jid(contact.lid or contact.phone or "")
            problem = await self._client.call(
                lambda library, name: library.show_typing(name, jid, is_typing=is_typing),
                pool=self._pool,
            )
        except NotSentError as error:
            problem = str(error)
        finally:
            self._under_way -= 1
        if problem:
            log.info("typing.unseen", problem=problem)
