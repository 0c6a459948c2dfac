"""One sender per chat, answers first."""

import asyncio

from worker.outbox import turns as turns_module
from worker.outbox.turns import Turns


async def test_a_chat_has_one_sender_at_a_time():
    turns, order = Turns(), []

    async def send(name):
        async with turns.take("A"):
            order.append(f"{name} begins")
            await asyncio.sleep(0)
            order.append(f"{name} ends")

    await asyncio.gather(send("x"), send("y"))
    assert order == ["x begins", "x ends", "y begins", "y ends"]


async def test_a_queued_message_waits_for_the_answers_of_its_chat_alone():
    turns, order = Turns(), []
    turns.begin_answering("A")

    async def queue(chat):
        async with turns.take_after_answers(chat):
            order.append(chat)

    waiting = asyncio.ensure_future(queue("A"))
    await queue("B")
    turns.end_answering("A")
    await waiting
    assert order == ["B", "A"]


async def test_a_chat_that_is_always_answered_is_written_to_all_the_same(monkeypatch):
    monkeypatch.setattr(turns_module, "LONGEST_WAIT", turns_module.LONGEST_WAIT / 1000)
    turns = Turns()
    turns.begin_answering("A")
    async with asyncio.timeout(5), turns.take_after_answers("A"):
        assert turns.is_answering("A")


async def test_nothing_is_kept_of_a_chat_that_is_done():
    turns, freed = Turns(), []
    turns.on_free = freed.append
    turns.begin_answering("A")
    async with turns.take("A"):
        pass
    turns.end_answering("A")
    assert not turns._locks
    assert not turns._wanted
    assert freed == ["A"]
