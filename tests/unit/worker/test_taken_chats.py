"""Who answers a chat: the newest word counts, in whichever order words come."""

from datetime import timedelta
from itertools import permutations

import pytest

from shared.structs.takeovers import REMEMBERED, TAKEN_FOR, ChatTaken
from shared.wire.events import Party
from tests.fakes.inbound import ASHA, NOW
from worker.inbox import taken_chats

LID = "77001@lid"
MINUTE = timedelta(minutes=1)


def word(chat, *, at, lasting=TAKEN_FOR):
    return ChatTaken(chat=chat, until=at + lasting, changed_at=at)


async def learn(database, *words):
    await database.run(lambda db: taken_chats.learn(db, words))


async def is_taken(database, *, now, **names):
    contact = Party(**names)
    return await database.run(lambda db: taken_chats.is_taken(db, contact, now=now))


@pytest.mark.parametrize("order", [*permutations(range(3))])
async def test_the_newest_word_counts_in_whichever_order_words_come(database, order):
    words = [
        word(LID, at=NOW),
        word(LID, at=NOW + MINUTE, lasting=timedelta(0)),
        word(LID, at=NOW + 2 * MINUTE),
    ]
    for place in order:
        await learn(database, words[place])
    late = NOW + TAKEN_FOR + MINUTE
    assert await is_taken(database, lid=LID, now=late)
    assert not await is_taken(database, lid=LID, now=late + MINUTE)


async def test_a_word_below_one_name_counts_for_who_has_both(database):
    await learn(database, word(ASHA, at=NOW))
    assert await is_taken(database, phone=ASHA, lid=LID, now=NOW)
    assert not await is_taken(database, lid=LID, now=NOW)
    await learn(database, word(LID, at=NOW + MINUTE, lasting=timedelta(0)))
    assert not await is_taken(database, phone=ASHA, lid=LID, now=NOW + MINUTE)


async def test_nobody_is_taken_over_by_having_no_name(database):
    await learn(database, word("", at=NOW))
    assert not await is_taken(database, now=NOW)


async def test_a_word_is_forgotten_once_no_older_one_can_come_that_matters(database):
    await learn(database, word(LID, at=NOW), word(ASHA, at=NOW, lasting=10 * REMEMBERED))
    query = "SELECT name FROM taken_chats ORDER BY name"

    async def kept(now):
        await database.run(lambda db: taken_chats.prune(db, now=now))
        return [name for (name,) in await database.run(lambda db: db.execute(query).fetchall())]

    assert await kept(NOW + REMEMBERED) == [ASHA, LID]
    assert await kept(NOW + REMEMBERED + MINUTE) == [ASHA]
