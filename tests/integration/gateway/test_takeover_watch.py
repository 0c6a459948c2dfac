"""Who answers a chat is the same on both ends, whoever said it and whoever was away."""

import asyncio
from datetime import timedelta

import pytest

from controlplane.gateway.takeover_watch import TakeoverWatch, serve_takeover_watch
from shared.clock import SystemClock
from shared.stores import announcements, messages, takeovers
from shared.structs.takeovers import REMEMBERED, TAKEN_FOR, ChatTaken
from shared.tasks import TaskGroup
from shared.wire.events import MessageSent
from shared.wire.frames import Ack, Events, Numbered, Takeovers, Welcome, encode
from tests.integration.gateway.test_listener import (
    CUSTOMER,
    NOW,
    _next,
    _sent,
    _tenant,
    bench,
    tenant,
    tenant_files,
)

__all__ = ["bench", "tenant", "tenant_files"]
SOON = 10
LID, PHONE = CUSTOMER.lid, CUSTOMER.phone


def word(chat: str = LID, *, ago: timedelta = timedelta(0), lasting=TAKEN_FOR) -> ChatTaken:
    at = SystemClock().now() - ago
    return ChatTaken(chat=chat, until=at + lasting, changed_at=at)


async def told(socket) -> list[ChatTaken]:
    async with asyncio.timeout(SOON):
        frame = await _next(socket)
    assert isinstance(frame, Takeovers), frame
    return frame.chats


@pytest.fixture
async def watched(bench, database_url):
    dispatched = []
    async with TaskGroup() as tasks:
        watch = TakeoverWatch(
            bench.gateway.connections, dispatch=dispatched.append, clock=SystemClock()
        )
        tasks.supervise("takeovers", serve_takeover_watch(database_url, watch))
        bench.dispatched = dispatched
        yield bench


async def test_what_is_asked_in_the_portal_is_told_to_the_own_worker_at_once(watched, tenant):
    other = await _tenant("Salon", "+255754000002")
    async with watched.worker(tenant[1]) as ours, watched.worker(other[1]) as theirs:
        for socket in (ours, theirs):
            assert isinstance(await _next(socket), Welcome)
        given = word()
        await takeovers.record(tenant[0], [given])
        await announcements.ask(tenant[0])
        assert await told(ours) == [given]
        assert tenant[0] in watched.dispatched
        foreign = word("1@lid")
        await takeovers.record(other[0], [foreign])
        await announcements.ask(other[0])
        assert await told(theirs) == [foreign]


async def test_a_worker_that_was_away_is_told_with_its_welcome_what_still_matters(bench, tenant):
    back = word("2@lid", ago=timedelta(hours=1), lasting=timedelta(0))
    over = word("3@lid", ago=REMEMBERED + timedelta(hours=1))
    await takeovers.record(tenant[0], [word(LID), back, over])
    async with bench.worker(tenant[1]) as socket:
        assert isinstance(await _next(socket), Welcome)
        assert {each.chat for each in await told(socket)} == {LID, "2@lid"}


def own(name: str, **changes) -> MessageSent:
    given = {"in_reply_to": None, "bot_waits_until": NOW + TAKEN_FOR} | changes
    sent = _sent(name, "")
    return MessageSent(**{field: getattr(sent, field) for field in sent.__struct_fields__} | given)


async def send(socket, *events) -> None:
    numbered = [Numbered(number, event) for number, event in enumerate(events, start=1)]
    await socket.send(encode(Events(events=numbered)))
    while not isinstance(await _next(socket), Ack):
        pass


async def test_what_the_owner_wrote_on_the_phone_is_logged_and_known_as_taken(bench, tenant):
    async with bench.worker(tenant[1]) as socket:
        await _next(socket)
        later = NOW + timedelta(minutes=5)
        await send(socket, own("A"), own("B", at=later, bot_waits_until=later + TAKEN_FOR))
    assert len((await messages.list_page(tenant[0], limit=5)).items) == 2
    for names in ([LID], [PHONE], [PHONE, LID]):
        found = await takeovers.find(tenant[0], names)
        assert (found.until, found.changed_at) == (later + TAKEN_FOR, later)


async def test_a_late_word_of_the_phone_does_not_undo_a_newer_one_of_the_portal(bench, tenant):
    back = ChatTaken(
        chat=LID, until=NOW + timedelta(minutes=1), changed_at=NOW + timedelta(minutes=1)
    )
    await takeovers.record(tenant[0], [back])
    async with bench.worker(tenant[1]) as socket:
        await _next(socket)
        await send(socket, own("A"))
    assert await takeovers.find(tenant[0], [LID, PHONE]) == back
