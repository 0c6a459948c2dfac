"""What a person writes as bytes, and what a person sees of bytes."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.media.sealing import Seal
from sandbox.messages import contents
from sandbox.messages.reading import read_message
from sandbox.messages.seen import Card, Media, Place, Seen
from sandbox.messages.writing import (
    Attachment,
    Target,
    kind_of,
    sent_elsewhere,
    write_message,
)
from sandbox.wire.nodes import Jid
from sandbox.wire.protobuf import Fields, ProtobufError, encode
from shared.enums import MessageKind

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PHONE, CUSTOMER = Jid("100000000000001", "lid"), Jid("100000000000002", "lid")
SEAL = Seal(
    key=bytes(32),
    sha256=b"a" * 32,
    sealed_sha256=b"b" * 32,
    size=7,
    direct_path="/v/x/y?ccb=1",
)
NOTHING = Media(mime_type="", seal=Seal(key=b"", sha256=b"", sealed_sha256=b"", size=0))
FILE = contents.FileInput(size=7)
TARGET = Target(id="AC01", chat=PHONE, sender=CUSTOMER, is_own=True)


@pytest.mark.parametrize(
    ("content", "seen"),
    [
        (contents.TextContent(text="Habari"), Seen(text="Habari")),
        (
            contents.LocationContent(latitude=-6.8, longitude=39.2, name="Duka"),
            Seen(
                kind=MessageKind.LOCATION,
                location=Place(latitude=-6.8, longitude=39.2, name="Duka"),
            ),
        ),
        (
            contents.PollContent(question="Lini?", options=["Leo", "Kesho"]),
            Seen(kind=MessageKind.POLL, text="Lini?", options=["Leo", "Kesho"]),
        ),
        (
            contents.ReactionContent(target="AC01", emoji=""),
            Seen(kind=MessageKind.REACTION, target="AC01", emoji=""),
        ),
        (
            contents.EditContent(target="AC01", text="new"),
            Seen(kind=MessageKind.EDIT, target="AC01", text="new"),
        ),
        (contents.DeleteContent(target="AC01"), Seen(kind=MessageKind.DELETE, target="AC01")),
    ],
    ids=lambda value: value.__struct_config__.tag if isinstance(value, contents.Content) else "",
)
def test_what_was_written_is_seen(content: contents.Content, seen: Seen) -> None:
    assert read_message(write_message(content, target=TARGET, now=NOW)) == seen


@pytest.mark.parametrize(
    ("content", "media"),
    [
        (
            contents.ImageContent(file=FILE, caption="Picha"),
            Media(mime_type="image/jpeg", caption="Picha", seal=SEAL),
        ),
        (
            contents.VideoContent(file=FILE, caption="Video", seconds=3),
            Media(mime_type="video/mp4", caption="Video", seconds=3, seal=SEAL),
        ),
        (
            contents.VoiceContent(file=FILE, seconds=4),
            Media(mime_type="audio/ogg; codecs=opus", seconds=4, seal=SEAL),
        ),
        (
            contents.AudioContent(file=FILE, seconds=5),
            Media(mime_type="audio/mpeg", seconds=5, seal=SEAL),
        ),
        (
            contents.DocumentContent(file=FILE, file_name="bei.pdf", caption="Bei"),
            Media(mime_type="application/pdf", file_name="bei.pdf", caption="Bei", seal=SEAL),
        ),
        (contents.DocumentContent(file=FILE, file_name="b.pdf"),
         Media(mime_type="application/pdf", file_name="b.pdf", seal=SEAL)),
        (contents.StickerContent(file=FILE), Media(mime_type="image/webp", seal=SEAL)),
    ],
)  # fmt: skip
def test_a_file_is_seen_with_all_that_opens_it(content: contents.FileContent, media: Media) -> None:
    attachment = Attachment(SEAL, "https://mmg.whatsapp.net/v/x/y?ccb=1")

    seen = read_message(write_message(content, attachment=attachment, quoted=TARGET, now=NOW))

    assert seen == Seen(kind=kind_of(content), media=media, reply_to="AC01")


def test_a_card_names_the_number_twice_as_phones_do() -> None:
    content = contents.ContactContent(name="Neema", phone_number="+255741000077")

    seen = read_message(write_message(content, now=NOW))

    assert seen is not None
    assert seen.contacts[0].name == "Neema"
    assert "waid=255741000077:+255741000077" in seen.contacts[0].vcard


@pytest.mark.parametrize(
    "content",
    [
        contents.TextContent(text="Ndiyo"),
        contents.LocationContent(latitude=1.0, longitude=2.0),
        contents.ContactContent(name="Neema", phone_number="+255741000077"),
    ],
    ids=lambda content: content.__struct_config__.tag,
)
def test_a_reply_names_what_it_quotes(content: contents.Quoting) -> None:
    seen = read_message(write_message(content, quoted=TARGET, now=NOW))

    assert seen is not None
    assert seen.reply_to == "AC01"


@pytest.mark.parametrize(
    ("chat", "is_own", "participant"),
    [
        pytest.param(PHONE, False, "", id="two people: nobody else could be meant"),
        pytest.param(Jid("1203", "g.us"), False, str(CUSTOMER), id="in a group it is said who"),
        pytest.param(Jid("1203", "g.us"), True, "", id="an own message in a group"),
    ],
)
def test_a_key_says_in_a_group_whose_message_it_is(
    *, chat: Jid, is_own: bool, participant: str
) -> None:
    target = Target(id="AC01", chat=chat, sender=CUSTOMER, is_own=is_own)

    content = contents.ReactionContent(target="AC01", emoji="👍")
    message = Fields.decode(write_message(content, target=target, now=NOW))

    assert message.get_message(46).get_message(1).text(4) == participant


@pytest.mark.parametrize(
    ("message", "seen"),
    [
        pytest.param({1: "plain"}, Seen(text="plain"), id="conversation"),
        pytest.param({6: encode({1: "extended"})}, Seen(text="extended"), id="extended text"),
        pytest.param({3: b""}, Seen(kind=MessageKind.IMAGE, media=NOTHING), id="empty image"),
        pytest.param({66: b""}, Seen(kind=MessageKind.VIDEO, media=NOTHING), id="video note"),
        pytest.param(
            {13: encode({2: [encode({1: "a", 16: "A"}), encode({1: "b", 16: "B"})]})},
            Seen(
                kind=MessageKind.CONTACT,
                contacts=[Card(name="a", vcard="A"), Card(name="b", vcard="B")],
            ),
            id="several cards",
        ),
        pytest.param({12: b""}, None, id="protocol messages show nothing"),
        pytest.param({12: encode({2: 6})}, None, id="keys show nothing"),
        pytest.param({40: encode({1: encode({1: "x"})})}, Seen(text="x"), id="ephemeral"),
        pytest.param({999: b""}, Seen(kind=MessageKind.OTHER), id="unknown"),
        pytest.param({}, Seen(kind=MessageKind.OTHER), id="empty"),
    ],
)
def test_a_person_sees_what_a_message_shows(message: dict, seen: Seen | None) -> None:
    assert read_message(encode(message)) == seen


@given(st.binary(max_size=200))
def test_nonsense_is_refused_with_our_own_error(data: bytes) -> None:
    with suppress(ProtobufError):
        read_message(data)


def test_a_copy_for_companions_shows_the_message_itself() -> None:
    assert read_message(sent_elsewhere(encode({1: "own"}), chat=CUSTOMER)) == Seen(text="own")


def test_a_coordinate_that_is_no_double_is_refused() -> None:
    with pytest.raises(ProtobufError, match="no double"):
        read_message(encode({5: encode({1: b"123"})}))
