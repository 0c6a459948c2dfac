"""Which message another one is about, against the library's own generated protobuf modules."""

import pytest

from shared.enums import MessageKind
from tests.fakes.library_protobuf import e2e
from worker.whatsapp.targets import find_target
from worker.whatsapp.translate import read_content, unwrap

_FIELDS = {field.name: field for field in e2e.Message.DESCRIPTOR.fields}


def target_of(message):
    return find_target(unwrap(message.SerializePartialToString()))


def naming(content, word, **values):
    """A message of the kind `content` whose `word` holds the values."""
    message = e2e.Message()
    part = getattr(getattr(message, content), word)
    for name, value in values.items():
        setattr(part, name, value)
    return message


QUOTING = [
    name
    for name, field in _FIELDS.items()
    if field.message_type is not None
    and "contextInfo" in field.message_type.fields_by_name
    and read_content(naming(name, "contextInfo", stanzaID="WA1").SerializePartialToString())
    not in (None, (MessageKind.OTHER, ""), (MessageKind.CALL, ""))
]


def test_there_are_contents_that_quote():
    assert {"extendedTextMessage", "imageMessage", "pollCreationMessageV3"} <= set(QUOTING)


@pytest.mark.parametrize("content", QUOTING)
def test_every_content_that_we_log_is_known_to_quote_what_it_quotes(content):
    assert target_of(naming(content, "contextInfo", stanzaID="WA1")) == "WA1"


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("protocolMessage", "key"),
        ("reactionMessage", "key"),
        ("encReactionMessage", "targetMessageKey"),
        ("pollUpdateMessage", "pollCreationMessageKey"),
    ],
)
def test_what_is_about_another_message_names_it(content, word):
    assert target_of(naming(content, word, ID="WA1", fromMe=True)) == "WA1"


def test_an_edit_names_its_message_also_in_its_wrapping():
    protocol = e2e.ProtocolMessage(
        key={"ID": "WA1"}, type=e2e.ProtocolMessage.MESSAGE_EDIT, editedMessage={}
    )
    inner = e2e.FutureProofMessage(message=e2e.Message(protocolMessage=protocol))
    assert target_of(e2e.Message(editedMessage=inner)) == "WA1"
    assert target_of(e2e.Message(ephemeralMessage=inner)) == "WA1"


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(e2e.Message(conversation="x"), id="plain text"),
        pytest.param(naming("extendedTextMessage", "contextInfo", stanzaID=""), id="empty id"),
        pytest.param(naming("extendedTextMessage", "contextInfo", stanzaID="x" * 201), id="no id"),
        pytest.param(naming("extendedTextMessage", "contextInfo", participant="x"), id="a mention"),
    ],
)
def test_what_names_no_message_is_about_none(message):
    assert target_of(message) is None
