"""What a message says stays readable wherever it is kept, and can be shown as words."""

from typing import get_args

import msgspec
import pytest

from shared.enums import MessageKind
from shared.stores.content import parse_content, to_json
from shared.structs.content import (
    CONTENT_TYPES,
    AudioContent,
    ContactContent,
    Content,
    DeleteContent,
    DocumentContent,
    EditContent,
    ImageContent,
    LocationContent,
    Quote,
    ReactionContent,
    StickerContent,
    TextContent,
    VideoContent,
    VoiceContent,
    kind_of,
    media_of,
    target_of,
    type_of,
    words_of,
)
from shared.structs.content_input import ContentInput

K = MessageKind
FILE = {"sha256": "ab" * 32, "mime_type": "image/jpeg", "size": 3}
HERE = {"latitude": -6.8161, "longitude": 39.2803}

SHOWN = [
    pytest.param(TextContent(text="Karibu"), MessageKind.TEXT, "Karibu", id="text"),
    pytest.param(
        LocationContent(**HERE, name="Duka", address="Samora Avenue"),
        MessageKind.LOCATION,
        "Duka, Samora Avenue",
        id="location",
    ),
    pytest.param(LocationContent(**HERE, name="Duka"), MessageKind.LOCATION, "Duka", id="name"),
    pytest.param(
        LocationContent(**HERE), MessageKind.LOCATION, "-6.816100, 39.280300", id="place alone"
    ),
    pytest.param(
        ContactContent(name="Asha", phones=["+255700000001", "+255700000002"]),
        MessageKind.CONTACT,
        "Asha: +255700000001, +255700000002",
        id="contact",
    ),
    pytest.param(
        ReactionContent(wa_message_id="IN1", from_me=False, emoji="👍"),
        MessageKind.REACTION,
        "👍",
        id="reaction",
    ),
    pytest.param(
        EditContent(wa_message_id="OUT1", text="Kesho"), MessageKind.EDIT, "Kesho", id="edit"
    ),
    pytest.param(DeleteContent(wa_message_id="OUT1"), MessageKind.DELETE, "", id="delete"),
    pytest.param(ImageContent(**FILE, caption="Picha"), MessageKind.IMAGE, "Picha", id="image"),
    pytest.param(VideoContent(**FILE, caption="Filamu"), MessageKind.VIDEO, "Filamu", id="video"),
    pytest.param(AudioContent(**FILE), MessageKind.AUDIO, "", id="audio"),
    pytest.param(VoiceContent(**FILE, duration=3), MessageKind.VOICE, "", id="voice"),
    pytest.param(
        DocumentContent(**FILE, file_name="a.pdf", caption="Bei"),
        MessageKind.DOCUMENT,
        "Bei",
        id="document",
    ),
    pytest.param(StickerContent(**FILE), MessageKind.STICKER, "", id="sticker"),
]
QUOTE = Quote(wa_message_id="IN1", from_me=False, text="Bei?")


@pytest.mark.parametrize(("content", "kind", "words"), SHOWN)
def test_a_content_has_a_kind_and_words(content, kind, words):
    assert (kind_of(content), words_of(content)) == (kind, words)


@pytest.mark.parametrize(("content", "_kind", "_words"), SHOWN)
def test_a_content_survives_its_row(content, _kind, _words):
    assert parse_content(to_json(content)) == content


@pytest.mark.parametrize(
    ("content", "target"),
    [
        pytest.param(TextContent(text="x"), None, id="text"),
        pytest.param(TextContent(text="x", quote=QUOTE), "IN1", id="answer"),
        pytest.param(LocationContent(**HERE, quote=QUOTE), "IN1", id="place as an answer"),
        pytest.param(ContactContent(name="x", phones=[], quote=QUOTE), "IN1", id="contact"),
        pytest.param(DeleteContent(wa_message_id="OUT1"), "OUT1", id="delete"),
    ],
)
def test_a_content_names_the_message_it_is_about(content, target):
    assert target_of(content) == target


def test_every_type_that_can_be_asked_for_can_be_announced_and_sent():
    announced = sorted(CONTENT_TYPES)
    assert sorted(each.__struct_config__.tag for each in get_args(Content)) == announced
    assert sorted(each.__struct_config__.tag for each in get_args(ContentInput)) == announced


def test_the_type_is_what_the_wire_says():
    content = LocationContent(**HERE)
    assert msgspec.to_builtins(content)["type"] == type_of(content)


def test_a_row_of_before_there_were_types_beside_text_is_read():
    assert parse_content('{"type": "text", "text": "Karibu"}') == TextContent(text="Karibu")


def test_what_cannot_be_stored_is_replaced_and_not_refused():
    stored = parse_content(to_json(LocationContent(**HERE, name="a\0b\ud800")))
    assert stored.name == "a\ufffdb\ufffd"


@pytest.mark.parametrize(("content", "kind", "_words"), SHOWN)
def test_a_content_with_a_file_says_what_it_is(content, kind, _words):
    media = media_of(content)
    files = {K.IMAGE, K.VIDEO, K.AUDIO, K.VOICE, K.DOCUMENT, K.STICKER}
    assert (media is not None) is (kind in files)
    if media is not None:
        assert media.sha256 == FILE["sha256"]
        assert (media.file_name, media.duration) == (
            "a.pdf" if kind is K.DOCUMENT else None,
            3 if kind is K.VOICE else None,
        )
