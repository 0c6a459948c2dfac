"""Typing is shown where it can be, and never in anybody's way."""

import asyncio
from threading import Event

import pytest

from shared.tasks import TaskGroup
from shared.wire.events import Party
from tests.fakes.inbound import ASHA
from worker.whatsapp.outcomes import NotSentError
from worker.whatsapp.translate import read_jid
from worker.whatsapp.typing import MOST_UNDER_WAY, Typing

LID = "31775@lid"


class Line:
    """A client and its library in one: what goes out, how it fails, and how it hangs."""

    def __init__(self):
        self.shown = []
        self.problem = ""
        self.is_down = False
        self.free = Event()
        self.free.set()

    async def complete(self, contact):
        return Party(phone=contact.phone, lid=LID)

    async def call(self, question, *, pool):
        if self.is_down:
            raise NotSentError("there is no connection")
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(pool, question, self, b"round-1")

    def show_typing(self, client, jid, *, is_typing):
        assert client == b"round-1"
        self.free.wait(10)
        self.shown.append((read_jid(jid), is_typing))
        return self.problem


@pytest.fixture
def line():
    return Line()


@pytest.fixture
async def tasks():
    async with TaskGroup() as made:
        yield made


@pytest.fixture
def typing(line, tasks):
    made = Typing(line, tasks)
    yield made
    line.free.set()
    made.aclose()


async def over(tasks):
    async with asyncio.timeout(10):
        await asyncio.gather(*tasks._tasks)


async def test_it_is_shown_in_order_and_by_the_address_that_whatsapp_uses(line, typing, tasks):
    typing.show(Party(phone=ASHA), is_typing=True)
    typing.show(Party(phone=ASHA), is_typing=False)
    await over(tasks)
    assert [(jid.user, jid.server, now) for jid, now in line.shown] == [
        ("31775", "lid", True),
        ("31775", "lid", False),
    ]


@pytest.mark.parametrize("is_down", [True, False], ids=["no connection", "an error"])
async def test_that_it_cannot_be_shown_is_nobodys_trouble(line, typing, tasks, is_down):
    line.is_down, line.problem = is_down, "websocket not connected"
    typing.show(Party(phone=ASHA), is_typing=True)
    await over(tasks)
    line.is_down, line.problem = False, ""
    typing.show(Party(phone=ASHA), is_typing=False)
    await over(tasks)
    assert not line.shown[-1][1]


async def test_a_line_that_takes_nothing_is_not_waited_for_and_gets_no_more_of_it(
    line, typing, tasks
):
    line.free.clear()
    for _ in range(3 * MOST_UNDER_WAY):
        typing.show(Party(phone=ASHA), is_typing=True)
    line.free.set()
    await over(tasks)
    assert len(line.shown) == MOST_UNDER_WAY
