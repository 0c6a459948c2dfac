"""Who answers a chat, with the real library: the bot, or the person who took it over."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.enums import MessageKind
from shared.structs.content import TextContent
from shared.structs.takeovers import TAKEN_FOR, ChatTaken
from shared.wire.events import Party
from shared.wire.frames import LogLines, Send, Takeovers
from tests.integration.worker.queueing import UNPACED

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def worker_settings():
    return UNPACED


@pytest.fixture
def acts(linked, sandbox, gateway):
    return Acts(linked, sandbox, gateway)


class Acts:
    def __init__(self, linked, sandbox, gateway):
        self.linked = linked
        self.sandbox = sandbox
        self.gateway = gateway

    async def customer_writes(self, text: str = "hello", customer: str = "") -> str:
        """Returns once the worker has told of it."""
        customer = customer or self.linked.customer
        written = await self.sandbox.write(customer, self.linked.phone, text)
        await self.gateway.until(
            lambda: written in {event.wa_message_id for event in self.gateway.received}
        )
        return written

    async def owner_writes(self, text: str = "Nakuja", **more) -> None:
        """On the phone. Returns once the worker has told of it."""
        body = {"to": self.linked.customer, **(more or {"text": text})}
        path = f"/phones/{self.linked.phone}/messages"
        written = (await self.sandbox.call("POST", path, body))["id"]
        await self.gateway.until(
            lambda: written in {event.wa_message_id for event in self.gateway.sent}
        )

    async def platform_says(self, takeovers: Takeovers) -> None:
        await self.gateway.send(takeovers)
        await self.gateway.until_taken()

    async def bot_answers(self) -> None:
        written = await self.customer_writes()
        await self.gateway.until(lambda: written in self.answered())

    async def bot_is_silent(self) -> None:
        """To be called when all that was written before is answered, or was left."""
        before = self.left()
        written = await self.customer_writes()
        await self.gateway.until(lambda: self.left() > before)
        assert written not in self.answered()

    def left(self) -> int:
        """How often the bot said that it leaves a message to a person."""
        lines = [line for frame in self.gateway.of(LogLines) for line in frame.lines]
        return sum('"reply.left"' in line for line in lines)

    def answered(self) -> list[str]:
        return [event.in_reply_to for event in self.gateway.sent if event.in_reply_to]

    def lid(self) -> str:
        return self.gateway.received[-1].contact.lid


def word(chat: str, *, lasting: timedelta, later: timedelta = timedelta(0)) -> Takeovers:
    now = datetime.now(UTC)  # noqa: TID251  as the platform's clock says
    return Takeovers(chats=[ChatTaken(chat=chat, until=now + lasting, changed_at=now + later)])


async def test_the_bot_is_silent_once_the_owner_answers_on_the_phone_and_logging_goes_on(acts):
    await acts.bot_answers()
    await acts.owner_writes("Nakuja")
    [own] = [event for event in acts.gateway.sent if event.bot_waits_until]
    assert (own.text, own.kind, own.outbound_id) == ("Nakuja", MessageKind.TEXT, None)
    assert own.contact.phone == acts.linked.customer
    assert own.contact.lid == acts.lid()
    assert own.bot_waits_until == own.at + TAKEN_FOR
    await acts.bot_is_silent()
    await acts.customer_writes("Sawa")
    assert acts.gateway.received[-1].text == "Sawa"
    # The menu that the bot sent at first, and what the owner wrote.
    assert len(await acts.sandbox.answers(acts.linked.customer, 2)) == 2


async def test_a_reaction_of_the_owners_is_logged_and_is_no_answer(acts):
    await acts.bot_answers()
    target = acts.gateway.received[0].wa_message_id
    await acts.owner_writes(content={"kind": "REACTION", "target": target, "emoji": "👍"})
    assert acts.gateway.sent[-1].kind is MessageKind.REACTION
    assert acts.gateway.sent[-1].bot_waits_until is None
    await acts.bot_answers()


async def test_a_silence_outlives_a_kill_and_an_absent_platform(acts, start_worker):
    await acts.bot_answers()
    await acts.owner_writes()
    await acts.linked.worker.kill()
    await acts.gateway.stop()
    await start_worker(**UNPACED)
    # While nobody is there to tell, it is written and not answered all the same.
    written = await acts.sandbox.write(acts.linked.customer, acts.linked.phone, "Uko wapi?")
    await acts.gateway.start()
    await acts.gateway.until(lambda: acts.left() == 1, within=60)
    assert acts.gateway.received[-1].wa_message_id == written
    assert written not in acts.answered()
    await acts.bot_is_silent()


async def test_a_chat_is_taken_over_and_handed_back_from_the_platform(acts):
    await acts.bot_answers()
    await acts.platform_says(word(acts.lid(), lasting=TAKEN_FOR))
    await acts.bot_is_silent()
    await acts.platform_says(word(acts.lid(), lasting=timedelta(0)))
    await acts.bot_answers()


async def test_the_later_word_counts_whoever_says_it(acts):
    await acts.bot_answers()
    await acts.owner_writes()
    hour = timedelta(hours=1)
    await acts.platform_says(word(acts.lid(), lasting=timedelta(0), later=-hour))
    await acts.bot_is_silent()
    await acts.platform_says(word(acts.linked.customer, lasting=timedelta(0), later=hour))
    await acts.bot_answers()


async def test_who_told_no_number_is_written_to_by_lid(acts):
    hidden = await acts.sandbox.call("POST", "/customers", {"name": "Siri", "hides_number": True})
    await acts.customer_writes(customer=hidden["phone_number"])
    contact = acts.gateway.received[-1].contact
    assert contact.phone is None
    await acts.gateway.send(
        Send(id="O1", to=Party(lid=contact.lid), content=TextContent(text="Karibu"))
    )
    await acts.gateway.until(lambda: any(e.outbound_id == "O1" for e in acts.gateway.sent))
    assert "Karibu" in await acts.sandbox.answers(hidden["phone_number"], 2)
