"""Every kind of message, in and out, through the real client."""

from typing import Any

import pytest

from tests.integration.sandbox.acts import new_customer, read, received, send

GROUP = "120363000000000001@g.us"
LOCATION = {"degreesLatitude": -6.8165, "degreesLongitude": 39.2893}
VCARD = (
    "BEGIN:VCARD\nVERSION:3.0\nN:;Neema;;;\nFN:Neema\n"
    "TEL;type=CELL;waid=255741000077:+255741000077\nEND:VCARD"
)


@pytest.fixture
def scene(shared_scene):
    return shared_scene


def arrived(companion: Any, message_id: str) -> dict[str, Any]:
    return companion.expect("message", id=message_id)["content"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param({"kind": "TEXT", "text": "quiet"}, {"conversation": "quiet"}, id="text"),
        pytest.param(
            {
                "kind": "LOCATION",
                "latitude": -6.8165,
                "longitude": 39.2893,
                "name": "Kariakoo",
                "address": "Dar es Salaam",
            },
            {"locationMessage": LOCATION | {"name": "Kariakoo", "address": "Dar es Salaam"}},
            id="location",
        ),
        pytest.param(
            {"kind": "CONTACT", "name": "Neema", "phone_number": "+255741000077"},
            {"contactMessage": {"displayName": "Neema", "vcard": VCARD}},
            id="contact",
        ),
        pytest.param(
            {"kind": "DELETE", "target": "AC01"},
            {"protocolMessage": {"type": "REVOKE"}},
            id="delete",
        ),
    ],
)
def test_what_a_customer_writes_arrives(scene, content: dict, expected: dict) -> None:
    sandbox, phone, companion, customer, _ = scene

    seen = arrived(companion, send(sandbox, customer, phone, content=content))

    [(name, inner)] = expected.items()
    assert seen[name] == inner or inner.items() <= seen[name].items()


def test_a_poll_arrives_with_its_options(scene) -> None:
    sandbox, phone, companion, customer, _ = scene
    poll = {"kind": "POLL", "question": "Lini?", "options": ["Leo", "Kesho"]}

    seen = arrived(companion, send(sandbox, customer, phone, content=poll))

    assert seen["pollCreationMessageV3"]["name"] == "Lini?"
    options = seen["pollCreationMessageV3"]["options"]
    assert [option["optionName"] for option in options] == ["Leo", "Kesho"]


def test_a_reaction_names_a_message_of_the_phone_or_of_the_customer(scene) -> None:
    sandbox, phone, companion, customer, _ = scene
    companion.order(to=customer[1:], send="Karibu")
    theirs = received(sandbox, customer)["id"]
    own = send(sandbox, customer, phone, text="quiet own")

    keys = []
    for target in (theirs, own):
        content = {"kind": "REACTION", "target": target, "emoji": "👍"}
        seen = arrived(companion, send(sandbox, customer, phone, content=content))
        assert seen["reactionMessage"]["text"] == "👍"
        keys.append(seen["reactionMessage"]["key"])

    assert [(key["ID"], key["fromMe"]) for key in keys] == [(theirs, False), (own, True)]
    assert keys[0]["remoteJID"] == sandbox.call("GET", f"/phones/{phone}")["lid"]


def test_an_edit_brings_the_new_text(scene) -> None:
    sandbox, phone, companion, customer, _ = scene
    target = send(sandbox, customer, phone, text="quiet Habri")

    content = {"kind": "EDIT", "target": target, "text": "quiet Habari"}
    edit = send(sandbox, customer, phone, content=content)

    event = companion.expect("message", id=edit)
    assert event["edit"]
    protocol = event["content"]["protocolMessage"]
    assert protocol["key"]["ID"] == target
    assert protocol["editedMessage"]["conversation"] == "quiet Habari"


def test_a_reply_quotes_what_the_phone_wrote(scene) -> None:
    sandbox, phone, companion, customer, _ = scene
    companion.order(to=customer[1:], send="Saa ngapi?")
    quoted = received(sandbox, customer)["id"]

    seen = arrived(companion, send(sandbox, customer, phone, text="quiet Saa nne", reply_to=quoted))

    context = seen["extendedTextMessage"]["contextInfo"]
    assert context["stanzaID"] == quoted
    assert context["participant"] == sandbox.call("GET", f"/phones/{phone}")["lid"]
    assert context["quotedMessage"] == {"conversation": "Saa ngapi?"}


def test_a_call_rings(scene) -> None:
    sandbox, phone, companion, customer, _ = scene

    call = send(sandbox, customer, phone, content={"kind": "CALL"})

    event = companion.expect("CallOffer")
    lid = sandbox.call("GET", f"/customers/{customer}")["lid"]
    assert event == {"kind": "CallOffer", "id": call, "caller": lid.removesuffix("@lid")}


@pytest.mark.parametrize(
    ("chat", "server"),
    [
        (GROUP, "g.us"),
        ("status@broadcast", "broadcast"),
        ("255741000009@broadcast", "broadcast"),
        ("120363000000000002@newsletter", "newsletter"),
    ],
)
def test_a_message_can_be_written_elsewhere(scene, chat: str, server: str) -> None:
    sandbox, phone, companion, customer, _ = scene

    message_id = send(sandbox, customer, phone, text="quiet all", chat=chat)

    event = companion.expect("message", id=message_id)
    assert (event["chat"], event["server"]) == (chat.partition("@")[0], server)
    assert event["text"] == "quiet all"
    assert event["phone"] == ("" if server == "newsletter" else customer[1:])


def test_a_message_of_a_chat_whose_messages_disappear_is_unwrapped(scene) -> None:
    sandbox, phone, companion, customer, _ = scene
    place = {"kind": "LOCATION", "latitude": 1, "longitude": 2}

    seen = arrived(companion, send(sandbox, customer, phone, content=place, disappears=True))

    assert seen["locationMessage"]["degreesLongitude"] == 2


@pytest.mark.parametrize("kind", ["IMAGE", "VIDEO", "VOICE"])
def test_of_what_may_be_seen_once_the_client_learns_that_it_was_there(scene, kind: str) -> None:
    sandbox, phone, companion, customer, _ = scene
    content = {"kind": kind, "file": {"size": 100}, "view_once": True}

    sent = send(sandbox, customer, phone, content=content)

    companion.expect("UndecryptableMessage", id=sent, unavailable=True)
    send(sandbox, customer, phone, text="quiet next")
    assert companion.next()["text"] == "quiet next"


def test_what_only_the_phone_was_given_comes_once_the_client_has_asked_for_it(scene) -> None:
    sandbox, phone, companion, customer, _ = scene

    sent = send(sandbox, customer, phone, text="quiet Habari", withheld=True)

    companion.expect("UndecryptableMessage", id=sent, unavailable=True)
    assert companion.expect("message", id=sent)["text"] == "quiet Habari"


def test_history_is_told_apart_from_messages(scene) -> None:
    sandbox, phone, companion, customer, _ = scene
    messages = [
        {"text": "Habari", "at": "2026-01-01T08:00:00Z"},
        {"text": "Nzuri", "own": True, "at": "2026-01-01T08:01:00+03:00"},
    ]

    chats = [{"with": customer, "messages": messages}]
    sandbox.call("POST", f"/phones/{phone}/history", {"chats": chats})

    assert companion.expect("HistorySync")["chats"] == [2]
    send(sandbox, customer, phone, text="quiet next")
    assert companion.expect("message", text="quiet next")


@pytest.mark.parametrize(
    "content",
    [
        {"kind": "LOCATION", "latitude": 1, "longitude": 2},
        {"kind": "CONTACT", "name": "Neema", "phone_number": "+255741000077"},
        {"kind": "POLL", "question": "Lini?", "options": ["Leo", "Kesho"]},
        {"kind": "VOICE", "file": {"size": 100}},
        {"kind": "REACTION", "target": "AC01", "emoji": "👍"},
    ],
    ids=lambda content: content["kind"],
)
def test_what_the_owner_writes_on_the_phone_is_seen_by_both(scene, content: dict) -> None:
    sandbox, phone, companion, customer, _ = scene

    body = {"to": customer, "content": content}
    written = sandbox.call("POST", f"/phones/{phone}/messages", body)["id"]

    assert companion.expect("message", id=written)["own"]
    item = received(sandbox, customer)
    assert (item["id"], item["kind"]) == (written, content["kind"])


def test_the_owner_edits_and_deletes_what_was_written_on_the_phone(scene) -> None:
    sandbox, phone, companion, customer, _ = scene

    def write(**message: object) -> str:
        body = {"to": customer, **message}
        return sandbox.call("POST", f"/phones/{phone}/messages", body)["id"]

    target = write(text="Bei 4000")
    edit = write(content={"kind": "EDIT", "target": target, "text": "Bei 5000"})
    delete = write(content={"kind": "DELETE", "target": target})

    assert companion.expect("message", id=edit)["own"]
    protocol = companion.expect("message", id=delete)["content"]["protocolMessage"]
    assert (protocol["key"]["ID"], protocol["key"]["fromMe"]) == (target, True)
    shown = [(item["kind"], item["target"]) for item in read(sandbox, customer)["items"]]
    assert shown == [("TEXT", None), ("EDIT", target), ("DELETE", target)]


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        pytest.param(
            {"locationMessage": LOCATION | {"name": "Duka"}},
            {
                "kind": "LOCATION",
                "location": {
                    "latitude": -6.8165, "longitude": 39.2893, "name": "Duka", "address": "",
                },
            },
            id="location",
        ),
        pytest.param(
            {"contactMessage": {"displayName": "Neema", "vcard": VCARD}},
            {"kind": "CONTACT", "contacts": [{"name": "Neema", "vcard": VCARD}]},
            id="contact",
        ),
        pytest.param(
            {"reactionMessage": {"key": {"ID": "AC01"}, "text": "❤"}},
            {"kind": "REACTION", "target": "AC01", "emoji": "❤"},
            id="reaction",
        ),
        pytest.param(
            {"extendedTextMessage": {"text": "Ndiyo", "contextInfo": {"stanzaID": "AC02"}}},
            {"kind": "TEXT", "text": "Ndiyo", "reply_to": "AC02"},
            id="reply",
        ),
        pytest.param(
            {"pollCreationMessageV3": {"name": "Lini?", "options": [{"optionName": "Leo"}]}},
            {"kind": "POLL", "text": "Lini?", "options": ["Leo"]},
            id="poll",
        ),
    ],
)  # fmt: skip
def test_a_customer_sees_what_the_client_sends(scene, message: dict, shown: dict) -> None:
    sandbox, _, companion, customer, _ = scene

    companion.order(to=customer[1:], send=message)

    assert shown.items() <= received(sandbox, customer).items()


def test_a_customer_sees_the_client_edit_and_delete(scene) -> None:
    sandbox, _, companion, customer, _ = scene
    companion.order(to=customer[1:], send="Bei 4000")
    target = companion.expect("sent")["id"]

    companion.order(to=customer[1:], edit=target, text="Bei 5000")
    companion.expect("sent")
    companion.order(to=customer[1:], delete=target)
    companion.expect("sent")

    items = read(sandbox, customer)["items"]
    assert [(item["kind"], item["text"], item["target"]) for item in items] == [
        ("TEXT", "Bei 4000", None),
        ("EDIT", "Bei 5000", target),
        ("DELETE", "", target),
    ]


def test_nobody_edits_what_somebody_else_wrote(scene) -> None:
    sandbox, phone, companion, customer, _ = scene
    companion.order(to=customer[1:], send="Bei 4000")
    target = received(sandbox, customer)["id"]

    body = {"to": phone, "content": {"kind": "EDIT", "target": target, "text": "Bei 1"}}
    answer = sandbox.http.post(f"/customers/{customer}/messages", json=body)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "content.target"


def test_a_group_message_hides_the_number_of_who_hides_it(sandbox, linked) -> None:
    phone, companion, _ = linked()
    customer = new_customer(sandbox, hides_number=True)

    send(sandbox, customer, phone, text="quiet", chat=GROUP)

    assert companion.expect("message", text="quiet")["phone"] == ""
