"""The end of a server, in order."""

import asyncio

import httpx
from litestar import Litestar, get

from shared.tasks import TaskGroup
from shared.web.serving import listening_socket, serve


async def test_what_was_asked_before_the_end_is_answered() -> None:
    asked, answer = asyncio.Event(), asyncio.Event()

    @get("/")
    async def ask() -> str:
        asked.set()
        await answer.wait()
        return "yes"

    with listening_socket("127.0.0.1", 0) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with httpx.AsyncClient() as client, TaskGroup() as tasks:
            serving = tasks.supervise("server", serve(Litestar([ask]), listening))
            asking = tasks.supervise("client", client.get(url))
            await asked.wait()
            serving.cancel()
            await asyncio.sleep(0)
            answer.set()
            assert (await asking).text == "yes"
            await serving
