"""What a customer's phone shows of each type of content, sent through the real library."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from shared.clock import SystemClock
from shared.enums import MessageKind, ReceiptKind
from shared.structs.content import (
    ContactContent,
    DeleteContent,
    EditContent,
    LocationContent,
    Quote,
    ReactionContent,
    TextContent,
)
from shared.structs.tenants import QuietHours
from shared.wire.events import Party, ReceiptReceived
from shared.wire.frames import Config, Send
from tests.fakes.worker_gateway import CONFIG

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def worker_settings():
    """The rates are pacing's business, and nobody here types."""
    return {
        "outbound_a_minute_per_chat": "1000",
        "outbound_typing_shortest": "0",
        "outbound_typing_longest": "0",
    }


class Chat:
    """A linked worker and one customer, who has written and was answered by the bot."""

    def __init__(self, gateway, sandbox, customer, theirs):
        self.gateway = gateway
        self.sandbox = sandbox
        self.customer = customer
        self.theirs = theirs
        self.shown = 1

    async def send(self, content):
        """What the customer's phone shows of it, and the event that tells it."""
        before = len(self.gateway.sent)
        to = Party(phone=self.customer)
        await self.gateway.send(Send(id=f"O{before}", to=to, content=content))
        await self.gateway.until(lambda: len(self.gateway.sent) > before)
        self.shown += 1
        items = await self.sandbox.received(self.customer, self.shown)
        assert len(items) == self.shown
        event = self.gateway.sent[-1]
        assert items[-1]["id"] == event.wa_message_id
        return items[-1], event


@pytest.fixture
async def chat(linked, sandbox, gateway):
    theirs = await sandbox.write(linked.customer, linked.phone, "Bei gani?")
    await sandbox.received(linked.customer, 1)
    await gateway.until(lambda: len(gateway.sent) == 1)
    return Chat(gateway, sandbox, linked.customer, theirs)


async def test_a_place_is_shown_where_it_is(chat):
    place = {"latitude": -6.8161, "longitude": 39.2803, "name": "Duka", "address": "Samora Ave"}
    shown, event = await chat.send(LocationContent(**place))
    assert (shown["kind"], shown["location"]) == (MessageKind.LOCATION, place)
    assert (event.kind, event.text) == (MessageKind.LOCATION, "Duka, Samora Ave")


async def test_a_card_names_its_numbers(chat):
    shown, event = await chat.send(ContactContent(name="Asha, Duka", phones=["+255712000001"]))
    [card] = shown["contacts"]
    assert (shown["kind"], card["name"]) == (MessageKind.CONTACT, "Asha, Duka")
    assert "waid=255712000001:+255712000001" in card["vcard"]
    assert event.kind is MessageKind.CONTACT


async def test_an_answer_quotes_theirs_and_ours(chat):
    theirs = Quote(wa_message_id=chat.theirs, from_me=False, text="Bei gani?")
    shown, first = await chat.send(TextContent(text="300", quote=theirs))
    assert (shown["text"], shown["reply_to"]) == ("300", chat.theirs)
    assert first.in_reply_to == chat.theirs
    ours = Quote(wa_message_id=first.wa_message_id, from_me=True, text="300")
    shown, _ = await chat.send(LocationContent(latitude=1, longitude=2, quote=ours))
    assert (shown["kind"], shown["reply_to"]) == (MessageKind.LOCATION, first.wa_message_id)


async def test_a_reaction_is_put_and_taken_back(chat):
    for emoji in ("👍", ""):
        reaction = ReactionContent(wa_message_id=chat.theirs, from_me=False, emoji=emoji)
        shown, event = await chat.send(reaction)
        assert (shown["kind"], shown["target"]) == (MessageKind.REACTION, chat.theirs)
        assert shown["emoji"] == emoji
        assert (event.kind, event.text, event.in_reply_to) == (
            MessageKind.REACTION,
            emoji,
            chat.theirs,
        )


async def test_a_text_is_edited_and_then_deleted(chat):
    _, sent = await chat.send(TextContent(text="leo"))
    target = sent.wa_message_id
    shown, edit = await chat.send(EditContent(wa_message_id=target, text="kesho"))
    assert (shown["kind"], shown["target"], shown["text"]) == (MessageKind.EDIT, target, "kesho")
    assert (edit.kind, edit.text, edit.in_reply_to) == (MessageKind.EDIT, "kesho", target)
    shown, delete = await chat.send(DeleteContent(wa_message_id=target))
    assert (shown["kind"], shown["target"]) == (MessageKind.DELETE, target)
    assert (delete.kind, delete.text, delete.in_reply_to) == (MessageKind.DELETE, "", target)


async def test_in_quiet_hours_the_bot_answers_and_queued_messages_wait(chat, linked):
    _, sent = await chat.send(TextContent(text="leo"))
    await configure(chat.gateway, quiet_around_now())
    to = Party(phone=chat.customer)
    await chat.gateway.send(Send(id="LATER", to=to, content=TextContent(text="baadaye")))
    await chat.sandbox.write(chat.customer, linked.phone, "Bei gani?")
    edit = EditContent(wa_message_id=sent.wa_message_id, text="kesho")
    await chat.gateway.send(Send(id="EDIT", to=to, content=edit))
    shown = [item["text"] for item in (await chat.sandbox.received(chat.customer, 4))[2:]]
    assert "kesho" in shown
    assert "baadaye" not in shown
    await chat.gateway.until(lambda: "quiet hours" in chat.gateway.session.detail)
    await configure(chat.gateway, None)
    assert (await chat.sandbox.received(chat.customer, 5))[-1]["text"] == "baadaye"
    await chat.gateway.until(lambda: "quiet hours" not in chat.gateway.session.detail)


async def configure(gateway, quiet_hours):
    await gateway.send(Config(config=msgspec.structs.replace(CONFIG, quiet_hours=quiet_hours)))


def quiet_around_now():
    """In Nairobi, which knows no summer time."""
    now = SystemClock().now().astimezone(ZoneInfo("Africa/Nairobi"))
    hour = timedelta(hours=1)
    return QuietHours(
        begins=f"{now - hour:%H:%M}", ends=f"{now + hour:%H:%M}", time_zone="Africa/Nairobi"
    )


async def test_delivery_is_told_of_every_type(chat):
    _, sent = await chat.send(TextContent(text="leo"))
    for content in (
        LocationContent(latitude=1, longitude=2),
        ReactionContent(wa_message_id=chat.theirs, from_me=False, emoji="👍"),
        EditContent(wa_message_id=sent.wa_message_id, text="kesho"),
        DeleteContent(wa_message_id=sent.wa_message_id),
    ):
        await chat.send(content)
    queued = sorted(event.wa_message_id for event in chat.gateway.sent if event.outbound_id)
    await chat.gateway.until(lambda: sorted(delivered(chat.gateway)) == queued)


def delivered(gateway):
    return [
        message_id
        for event in gateway.events.values()
        if isinstance(event, ReceiptReceived) and event.kind is ReceiptKind.DELIVERED
        for message_id in event.wa_message_ids
    ]


async def test_nothing_of_a_content_reaches_the_log(chat, linked):
    quote = Quote(wa_message_id=chat.theirs, from_me=False, text="canary quoted")
    await chat.send(TextContent(text="canary text", quote=quote))
    await chat.send(LocationContent(latitude=12.345678, longitude=2, name="canary place"))
    await chat.send(ContactContent(name="canary card", phones=["+255712345679"]))
    lines = str(linked.worker.lines)
    assert not [word for word in ("canary", "12.345678", "712345679") if word in lines]
