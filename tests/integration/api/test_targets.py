"""Answers, reactions, edits and deletes over the API: what they name is checked at once."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from shared.enums import Direction, MessageKind
from shared.ids import TenantId
from shared.stores import contacts, messages, outbound_work, tenants, workers
from shared.structs.contacts import Sighting
from shared.structs.outbound import Sent
from tests.fakes.businesses import NOW, business, message

ASHA, BARAKA = "+255754000001", "+255754000002"
OWN = "+255712300001"
LID = "100@lid"


def incoming(wa_message_id, sender=ASHA, **changes):
    return message(wa_message_id, from_number=sender, to_number=OWN, **changes)


def outgoing(wa_message_id, to=ASHA, **changes):
    values = {"direction": Direction.OUT, "from_number": OWN, "to_number": to, **changes}
    return message(wa_message_id, **values)


WISHES = [
    pytest.param({"text": "Ndiyo", "reply_to": "{id}"}, "reply_to", id="answer"),
    pytest.param(
        {"content": {"type": "reaction", "message_id": "{id}", "emoji": "👍"}},
        "content.message_id",
        id="reaction",
    ),
    pytest.param(
        {"content": {"type": "edit", "message_id": "{id}", "text": "Kesho"}},
        "content.message_id",
        id="edit",
    ),
    pytest.param(
        {"content": {"type": "delete", "message_id": "{id}"}}, "content.message_id", id="delete"
    ),
]


def wish(body, message_id, to=ASHA):
    """`body` with the id in its place."""
    content = body.get("content", {})
    filled = {**body, "to": to}
    if "reply_to" in body:
        filled["reply_to"] = str(message_id)
    if content:
        filled["content"] = {**content, "message_id": str(message_id)}
    return filled


class Shop:
    def __init__(self, api, tenant_id):
        self.api = api
        self.tenant_id = tenant_id
        self.path = f"/admin/tenants/{tenant_id}/messages"

    async def log(self, *rows):
        assert await messages.append_messages(self.tenant_id, rows) == len(rows)

    async def ask(self, body):
        return await self.api.client.post(self.path, json=body)

    async def content(self, body):
        answer = await self.ask(body)
        assert answer.status_code == 202, answer.text
        shown = await self.api.client.get(f"{self.path}/{answer.json()['id']}")
        return shown.json()["content"]

    async def send(self, body, wa_message_id):
        """As a worker would have: its id, once it is in the log."""
        queued = UUID((await self.ask(body)).json()["id"])
        epoch = await workers.next_epoch(self.tenant_id)
        now = self.api.clock.now()
        await outbound_work.claim(self.tenant_id, epoch=epoch, now=now, limit=9)
        await self.log(outgoing(wa_message_id, to=body["to"], occurred_at=now))
        sent = Sent(id=queued, wa_message_id=wa_message_id, at=now)
        await outbound_work.settle(self.tenant_id, sent=[sent], not_sent=[])
        return queued


@pytest.fixture
def shop(api, tenant_id):
    return Shop(api, tenant_id)


def assert_refused(answer, field):
    assert answer.status_code == 400, answer.text
    [error] = answer.json()["errors"]
    assert error["field"] == field
    return error["message"]


@pytest.mark.parametrize(("body", "_field"), WISHES)
async def test_ours_is_named_by_any_of_its_three_ids(shop, body, _field):
    queued = await shop.send({"to": ASHA, "text": "Karibu"}, "3EB0AA")
    log_id = (await messages.list_page(shop.tenant_id, limit=1)).items[0].id
    contents = [await shop.content(wish(body, one)) for one in (queued, log_id, "3EB0AA")]
    assert contents[0] == contents[1] == contents[2]
    quote = contents[0].get("quote")
    assert (quote or contents[0])["wa_message_id"] == "3EB0AA"


async def test_an_answer_quotes_what_the_log_says(shop):
    await shop.log(incoming("IN1", message_text="Bei gani?"))
    content = await shop.content({"to": ASHA, "text": "300", "reply_to": "IN1"})
    assert content["quote"] == {"wa_message_id": "IN1", "from_me": False, "text": "Bei gani?"}


@pytest.mark.parametrize(("body", "field"), WISHES)
async def test_what_is_not_in_this_chat_is_not_told_from_what_is_not_there(shop, body, field):
    other = TenantId((await tenants.create(business(2))).id)
    await messages.append_messages(other, [outgoing("THEIRS")])
    [theirs] = (await messages.list_page(other, limit=1)).items
    await shop.log(outgoing("BARAKA", to=BARAKA))
    [elsewhere] = (await messages.list_page(shop.tenant_id, limit=1)).items
    said = set()
    before = await shop.api.counts()
    for message_id in ("THEIRS", theirs.id, "BARAKA", elsewhere.id, uuid4(), "x", uuid4().hex):
        said.add(assert_refused(await shop.ask(wish(body, message_id)), field))
    assert said == {"names no message of this chat"}
    assert await shop.api.counts() == before


@pytest.mark.parametrize(("body", "field"), WISHES)
async def test_what_is_queued_and_not_sent_cannot_be_named(shop, body, field):
    queued = (await shop.ask({"to": ASHA, "text": "Karibu"})).json()["id"]
    assert "is QUEUED" in assert_refused(await shop.ask(wish(body, queued)), field)
    elsewhere = wish(body, queued, to=BARAKA)
    assert "names no message" in assert_refused(await shop.ask(elsewhere), field)


@pytest.mark.parametrize(
    "message_id",
    [
        pytest.param("", id="empty"),
        pytest.param("x" * 201, id="too long"),
        pytest.param("a b", id="a space"),
        pytest.param(7, id="a number"),
        pytest.param(None, id="null"),
    ],
)
@pytest.mark.parametrize("kind", ["reply_to", "delete"])
async def test_what_cannot_be_an_id_is_refused_by_field(shop, kind, message_id):
    if kind == "reply_to":
        body, field = {"to": ASHA, "text": "x", "reply_to": message_id}, "reply_to"
    else:
        content = {"type": "delete", "message_id": message_id}
        body, field = {"to": ASHA, "content": content}, "content.message_id"
    assert_refused(await shop.ask(body), field)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        pytest.param(
            {"content": {"type": "reaction", "message_id": "IN1", "emoji": "sawa"}},
            "content.emoji",
            id="words for an emoji",
        ),
        pytest.param(
            {"content": {"type": "reaction", "message_id": "IN1"}}, "content.emoji", id="no emoji"
        ),
        pytest.param(
            {"content": {"type": "edit", "message_id": "OUT1", "text": ""}},
            "content.text",
            id="edited to nothing",
        ),
        pytest.param(
            {"content": {"type": "edit", "message_id": "IN1", "text": "x"}},
            "content.message_id",
            id="edit of theirs",
        ),
        pytest.param(
            {"content": {"type": "delete", "message_id": "IN1"}},
            "content.message_id",
            id="delete of theirs",
        ),
        pytest.param(
            {"content": {"type": "contact", "name": "Asha", "phones": []}},
            "content.phones",
            id="a card without a number",
        ),
        pytest.param(
            {"content": {"type": "contact", "name": "Asha", "phones": ["0754"]}},
            "content.phones[0]",
            id="a national number",
        ),
        pytest.param(
            {"content": {"type": "contact", "name": "Asha", "phones": [ASHA] * 11}},
            "content.phones",
            id="eleven numbers",
        ),
    ],
)
async def test_a_bad_wish_is_refused_by_field_alone_and_in_a_batch(shop, body, field):
    await shop.log(incoming("IN1"), outgoing("OUT1"))
    before = await shop.api.counts()
    good = {"to": ASHA, "text": "x", "reply_to": "IN1"}
    assert_refused(await shop.ask({"to": ASHA, **body}), field)
    batch = {"messages": [good, {"to": ASHA, **body}]}
    answer = await shop.api.client.post(f"{shop.path}/batch", json=batch)
    assert_refused(answer, f"messages[1].{field}")
    assert await shop.api.counts() == before


async def test_a_batch_names_each_its_own(shop):
    await shop.log(incoming("IN1", message_text="moja"), incoming("IN2", message_text="mbili"))
    wanted = [
        {"to": ASHA, "text": "a", "reply_to": "IN2"},
        {"to": ASHA, "text": "b"},
        {"to": ASHA, "text": "c", "reply_to": "IN1"},
        {"to": ASHA, "content": {"type": "reaction", "message_id": "IN2", "emoji": "👍"}},
    ]
    answer = await shop.api.client.post(f"{shop.path}/batch", json={"messages": wanted})
    assert answer.status_code == 202
    listed = (await shop.api.client.get(shop.path)).json()["items"]
    texts = [(item["content"].get("quote") or {}).get("text") for item in reversed(listed)]
    assert texts == ["mbili", None, "moja", None]


async def test_an_edit_and_a_delete_come_too_late(shop):
    await shop.send({"to": ASHA, "text": "Karibu"}, "OUT1")
    edit = {"to": ASHA, "content": {"type": "edit", "message_id": "OUT1", "text": "Kesho"}}
    delete = {"to": ASHA, "content": {"type": "delete", "message_id": "OUT1"}}
    shop.api.clock.advance(timedelta(minutes=14))
    answer = await shop.ask(edit)
    shown = await shop.api.client.get(f"{shop.path}/{answer.json()['id']}")
    assert shown.json()["expires_at"] == (NOW + timedelta(minutes=15)).isoformat().replace(
        "+00:00", "Z"
    )
    shop.api.clock.advance(timedelta(minutes=1))
    assert "15 minutes" in assert_refused(await shop.ask(edit), "content.message_id")
    shop.api.clock.advance(timedelta(days=2))
    assert (await shop.ask(delete)).status_code == 202
    shop.api.clock.advance(timedelta(days=1))
    assert "two days" in assert_refused(await shop.ask(delete), "content.message_id")


async def test_a_repeat_that_would_come_too_late_by_now_is_the_same_request(shop):
    await shop.send({"to": ASHA, "text": "Karibu"}, "OUT1")
    edit = {"to": ASHA, "content": {"type": "edit", "message_id": "OUT1", "text": "Kesho"}}
    headers = {"idempotency-key": "k"}
    first = await shop.api.client.post(shop.path, json=edit, headers=headers)
    shop.api.clock.advance(timedelta(days=1))
    again = await shop.api.client.post(shop.path, json=edit, headers=headers)
    assert (again.status_code, again.json()) == (202, first.json())


async def test_a_message_that_came_under_a_lid_is_of_the_chat_once_the_phone_is_known(shop):
    react = {"to": ASHA, "content": {"type": "reaction", "message_id": "IN1", "emoji": "👍"}}
    await shop.log(incoming("IN1", sender=LID, contact_lid=LID))
    assert_refused(await shop.ask(react), "content.message_id")
    seen = Sighting(phone=ASHA, lid=LID, first_at=NOW, last_at=NOW)
    await contacts.record(shop.tenant_id, [seen])
    assert (await shop.ask(react)).status_code == 202


async def test_ours_is_meant_when_a_contact_takes_its_id(shop):
    await shop.log(incoming("WA1"), outgoing("WA1"))
    content = await shop.content(
        {"to": ASHA, "content": {"type": "reaction", "message_id": "WA1", "emoji": "👍"}}
    )
    assert content["from_me"] is True


async def test_a_deleted_place_and_an_edited_answer_of_the_bot_are_ours(shop):
    place = outgoing("PLACE", kind=MessageKind.LOCATION)
    await shop.log(place, outgoing("ANSWER", in_reply_to="IN1"))
    delete = {"to": ASHA, "content": {"type": "delete", "message_id": "PLACE"}}
    edit = {"to": ASHA, "content": {"type": "edit", "message_id": "ANSWER", "text": "x"}}
    assert [(await shop.ask(one)).status_code for one in (delete, edit)] == [202, 202]
