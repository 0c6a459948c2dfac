import asyncio
import gc
from datetime import timedelta

import pytest

from shared.questions import NoAnswerError, Questions

LONG = timedelta(seconds=30)


async def test_an_answer_goes_to_who_asked():
    questions = Questions()

    async def send():
        assert questions.answer("b", 2)
        assert not questions.answer("c", 3)

    assert await questions.ask("b", send, within=LONG) == 2


async def test_silence_ends_a_question_and_a_late_answer_says_nothing():
    questions = Questions()

    async def send():
        pass

    with pytest.raises(NoAnswerError, match="does not answer"):
        await questions.ask("a", send, within=timedelta(milliseconds=1))
    assert not questions.answer("a", 1)


async def test_the_end_of_the_connection_ends_every_question():
    questions = Questions()

    async def send():
        questions.close()

    with pytest.raises(NoAnswerError, match="has ended"):
        await questions.ask("a", send, within=LONG)
    with pytest.raises(NoAnswerError, match="has ended"):
        await questions.ask("b", send, within=LONG)


async def test_a_send_that_hangs_is_silence_too():
    questions = Questions()
    with pytest.raises(NoAnswerError):
        await questions.ask("a", asyncio.Event().wait, within=timedelta(milliseconds=1))


async def test_who_goes_while_it_still_sends_leaves_nothing_unseen():
    """A future whose error nobody took is reported by asyncio when it is collected."""
    unseen = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unseen.append(context))
    questions = Questions()
    asking = asyncio.ensure_future(questions.ask("a", asyncio.Event().wait, within=LONG))
    await asyncio.sleep(0)
    questions.close()
    asking.cancel()
    await asyncio.wait([asking])
    del asking, questions
    gc.collect()
    assert unseen == []
