"""What we write against the library's own generated protobuf modules."""

import pytest

from shared.structs.content import (
    ContactContent,
    DeleteContent,
    EditContent,
    LocationContent,
    Quote,
    ReactionContent,
    TextContent,
    kind_of,
)
from shared.wire.events import Party
from tests.fakes.inbound import NOW
from tests.fakes.library_protobuf import e2e
from worker.whatsapp import compose as module
from worker.whatsapp.compose import compose_text, to_vcard
from worker.whatsapp.translate import read_content

OWN = "255754000001@s.whatsapp.net"
ASHA = Party(phone="+255700000001", lid="100@lid")
BARAKA = Party(phone="+255700000002")
NOW_MS = int(NOW.timestamp()) * 1000


def compose(content, chat=ASHA):
    return module.compose(content, chat=chat, own_phone="+255754000001", now=NOW)


def key(message_id, *, from_me, chat="100@lid"):
    return {"remoteJID": chat, "fromMe": from_me, "ID": message_id}


def context(message_id, participant, text):
    return e2e.ContextInfo(
        stanzaID=message_id,
        participant=participant,
        quotedMessage=e2e.Message(conversation=text),
    )


def protocol(**values):
    return e2e.Message(protocolMessage=e2e.ProtocolMessage(**values))


DUKA = LocationContent(
    latitude=-6.8161, longitude=39.2803, name="Duka la Asha", address="Samora Avenue"
)

CASES = [
    pytest.param(
        TextContent(text="Karibu 😀\n"),
        e2e.Message(extendedTextMessage=e2e.ExtendedTextMessage(text="Karibu 😀\n")),
        id="text",
    ),
    pytest.param(
        DUKA,
        e2e.Message(
            locationMessage=e2e.LocationMessage(
                degreesLatitude=-6.8161,
                degreesLongitude=39.2803,
                name="Duka la Asha",
                address="Samora Avenue",
            )
        ),
        id="location",
    ),
    pytest.param(
        LocationContent(latitude=0.0, longitude=-180.0),
        e2e.Message(
            locationMessage=e2e.LocationMessage(degreesLatitude=0.0, degreesLongitude=-180.0)
        ),
        id="place without a name",
    ),
    pytest.param(
        ContactContent(name="Asha", phones=["+255700000001"]),
        e2e.Message(
            contactMessage=e2e.ContactMessage(
                displayName="Asha", vcard=to_vcard("Asha", ["+255700000001"])
            )
        ),
        id="contact",
    ),
    pytest.param(
        TextContent(text="Ndiyo", quote=Quote(wa_message_id="IN1", from_me=False, text="Bei?")),
        e2e.Message(
            extendedTextMessage=e2e.ExtendedTextMessage(
                text="Ndiyo", contextInfo=context("IN1", "100@lid", "Bei?")
            )
        ),
        id="answer to the contact",
    ),
    pytest.param(
        LocationContent(
            latitude=1.5, longitude=2.5, quote=Quote(wa_message_id="OUT1", from_me=True, text="")
        ),
        e2e.Message(
            locationMessage=e2e.LocationMessage(
                degreesLatitude=1.5, degreesLongitude=2.5, contextInfo=context("OUT1", OWN, "")
            )
        ),
        id="place as an answer to ourselves",
    ),
    pytest.param(
        ReactionContent(wa_message_id="IN1", from_me=False, emoji="👍"),
        e2e.Message(
            reactionMessage=e2e.ReactionMessage(
                key=key("IN1", from_me=False), text="👍", senderTimestampMS=NOW_MS
            )
        ),
        id="reaction",
    ),
    pytest.param(
        ReactionContent(wa_message_id="OUT1", from_me=True, emoji=""),
        e2e.Message(
            reactionMessage=e2e.ReactionMessage(
                key=key("OUT1", from_me=True), text="", senderTimestampMS=NOW_MS
            )
        ),
        id="reaction taken back",
    ),
    pytest.param(
        EditContent(wa_message_id="OUT1", text="Kesho"),
        e2e.Message(
            editedMessage=e2e.FutureProofMessage(
                message=protocol(
                    key=key("OUT1", from_me=True),
                    type=e2e.ProtocolMessage.MESSAGE_EDIT,
                    editedMessage=e2e.Message(
                        extendedTextMessage=e2e.ExtendedTextMessage(text="Kesho")
                    ),
                    timestampMS=NOW_MS,
                )
            )
        ),
        id="edit",
    ),
    pytest.param(
        DeleteContent(wa_message_id="OUT1"),
        protocol(key=key("OUT1", from_me=True), type=e2e.ProtocolMessage.REVOKE),
        id="delete",
    ),
]


@pytest.mark.parametrize(("content", "expected"), CASES)
def test_a_content_is_the_message_that_the_library_knows(content, expected):
    assert e2e.Message.FromString(compose(content)) == expected


@pytest.mark.parametrize(("content", "_"), CASES)
def test_what_we_send_we_would_log_as_the_same_kind(content, _):
    assert read_content(compose(content))[0] is kind_of(content)


def test_a_chat_without_a_lid_is_named_by_its_phone():
    reaction = e2e.Message.FromString(
        compose(ReactionContent(wa_message_id="IN1", from_me=False, emoji="👍"), BARAKA)
    )
    assert reaction.reactionMessage.key.remoteJID == "255700000002@s.whatsapp.net"


def test_a_card_escapes_what_would_break_it_and_names_every_number():
    assert to_vcard("Duka; Asha, \\ Co", ["+255700000001", "+255700000002"]).split("\n") == [
        "BEGIN:VCARD",
        "VERSION:3.0",
        r"N:;Duka\; Asha\, \\ Co;;;",
        r"FN:Duka\; Asha\, \\ Co",
        "TEL;type=CELL;type=VOICE;waid=255700000001:+255700000001",
        "TEL;type=CELL;type=VOICE;waid=255700000002:+255700000002",
        "END:VCARD",
    ]


def test_an_answer_of_the_bot_is_a_text():
    assert compose_text("Karibu") == compose(TextContent(text="Karibu"))
