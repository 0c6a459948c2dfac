"""Every kind of message that a customer can send, as the real worker reports it."""

import pytest

from shared.enums import MessageKind

pytestmark = pytest.mark.timeout(120)

FILE = {"size": 1000}
CONTENTS = [
    ({"kind": "TEXT", "text": "Habari"}, "Habari"),
    ({"kind": "IMAGE", "file": FILE, "caption": "Picha"}, "Picha"),
    ({"kind": "VIDEO", "file": FILE, "caption": "Video"}, "Video"),
    ({"kind": "VOICE", "file": FILE}, ""),
    ({"kind": "AUDIO", "file": FILE}, ""),
    ({"kind": "DOCUMENT", "file": FILE, "caption": "Bei"}, "Bei"),
    ({"kind": "STICKER", "file": FILE}, ""),
    ({"kind": "LOCATION", "latitude": -6.8, "longitude": 39.3, "name": "Duka"}, "Duka"),
    ({"kind": "CONTACT", "name": "Neema", "phone_number": "+255741000077"}, "Neema"),
    ({"kind": "POLL", "question": "Lini?", "options": ["Leo", "Kesho"]}, "Lini?"),
    ({"kind": "REACTION", "target": "AC01", "emoji": "👍"}, "👍"),
    ({"kind": "EDIT", "target": "AC01", "text": "Habari yako"}, "Habari yako"),
    ({"kind": "DELETE", "target": "AC01"}, ""),
    ({"kind": "CALL"}, ""),
]


async def test_every_kind_is_reported_with_its_words_and_its_author(linked, sandbox, gateway):
    path = f"/customers/{linked.customer}/messages"
    ids = [
        (await sandbox.call("POST", path, {"to": linked.phone, "content": content}))["id"]
        for content, _ in CONTENTS
    ]

    await gateway.until(lambda: len(gateway.received) == len(CONTENTS))

    reported = {message.wa_message_id: message for message in gateway.received}
    seen = [(reported[one].kind, reported[one].text) for one in ids]
    assert seen == [(MessageKind(content["kind"]), words) for content, words in CONTENTS]
    assert [reported[one].in_reply_to for one in ids] == [
        content.get("target") for content, _ in CONTENTS
    ]
    assert {message.contact.phone for message in gateway.received} == {linked.customer}


async def test_a_reply_is_reported_as_its_own_text_and_names_what_it_answers(
    linked, sandbox, gateway
):
    await sandbox.call(
        "POST",
        f"/customers/{linked.customer}/messages",
        {"to": linked.phone, "text": "Ndiyo", "reply_to": "AC01"},
    )

    await gateway.until(lambda: bool(gateway.received))

    [reply] = gateway.received
    assert (reply.kind, reply.text, reply.in_reply_to) == (MessageKind.TEXT, "Ndiyo", "AC01")


async def test_history_is_neither_reported_nor_answered(linked, sandbox, gateway):
    past = {"text": "Habari", "at": "2026-01-01T08:00:00Z"}
    chats = [{"with": linked.customer, "messages": [past, past]}]
    await sandbox.call("POST", f"/phones/{linked.phone}/history", {"chats": chats})

    sent = await sandbox.write(linked.customer, linked.phone, "Habari")

    await gateway.until(lambda: bool(gateway.sent))
    assert [message.wa_message_id for message in gateway.received] == [sent]
    assert [answer.in_reply_to for answer in gateway.sent] == [sent]
    assert len(await sandbox.answers(linked.customer, 1)) == 1


@pytest.mark.parametrize(
    "chat",
    ["120363000000000001@g.us", "120363000000000002@newsletter", "status@broadcast"],
)
async def test_what_is_written_elsewhere_is_not_answered(linked, sandbox, gateway, chat):
    path = f"/customers/{linked.customer}/messages"
    await sandbox.call("POST", path, {"to": linked.phone, "text": "Habari zenu", "chat": chat})

    sent = await sandbox.write(linked.customer, linked.phone, "Habari")

    await gateway.until(lambda: bool(gateway.sent))
    assert [message.text for message in gateway.received] == ["Habari"]
    assert [answer.in_reply_to for answer in gateway.sent] == [sent]
    assert len(await sandbox.answers(linked.customer, 1)) == 1
