"""What is made of a message that a request gives, and what is said against it."""

from datetime import timedelta

import msgspec
import pytest

from controlplane.services.judge_target import DELETABLE, EDITABLE, find_problem
from controlplane.services.read_message import (
    EARLIEST,
    LONGEST_AHEAD,
    LONGEST_LIFE,
    LONGEST_QUOTE,
    Item,
    check_times,
    find_named,
    find_upload,
    normalise,
    to_new,
)
from shared.enums import Direction, MessageKind, OutboundState
from shared.errors import InvalidInputError
from shared.structs.content import (
    AudioContent,
    ContactContent,
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
)
from shared.structs.media import Upload
from shared.structs.outbound import SendMessageInput
from shared.structs.targets import Logged, Named, NotLogged
from tests.fakes.businesses import NOW

SECOND = timedelta(seconds=1)
TO = "+255754000001"


def given(**values) -> Item:
    return normalise(Item(msgspec.convert({"to": TO, **values}, SendMessageInput)))


def content(kind, **values):
    return given(content={"type": kind, **values})


def logged(direction=Direction.OUT, kind=MessageKind.TEXT, at=NOW, text="Bei gani?") -> Logged:
    return Logged(wa_message_id="WA1", direction=direction, kind=kind, text=text, at=at)


THEIRS = logged(Direction.IN)
OURS = logged()
EDIT = {"message_id": "WA1", "text": "Kesho"}


@pytest.mark.parametrize(
    ("item", "target", "expected"),
    [
        pytest.param(given(text="hi"), None, TextContent(text="hi"), id="text"),
        pytest.param(content("text", text="hi"), None, TextContent(text="hi"), id="text in full"),
        pytest.param(
            content("location", latitude=1, longitude=2),
            None,
            LocationContent(latitude=1, longitude=2),
            id="location",
        ),
        pytest.param(
            content("contact", name="Asha", phones=[TO]),
            None,
            ContactContent(name="Asha", phones=[TO]),
            id="contact",
        ),
        pytest.param(
            given(text="300", reply_to="WA1"),
            THEIRS,
            TextContent(
                text="300", quote=Quote(wa_message_id="WA1", from_me=False, text="Bei gani?")
            ),
            id="answer to theirs",
        ),
        pytest.param(
            content("reaction", message_id="WA1", emoji="👍"),
            THEIRS,
            ReactionContent(wa_message_id="WA1", from_me=False, emoji="👍"),
            id="reaction to theirs",
        ),
        pytest.param(
            content("reaction", message_id="WA1", emoji=""),
            OURS,
            ReactionContent(wa_message_id="WA1", from_me=True, emoji=""),
            id="reaction to ours taken back",
        ),
        pytest.param(
            content("edit", **EDIT), OURS, EditContent(wa_message_id="WA1", text="Kesho"), id="edit"
        ),
        pytest.param(
            content("delete", message_id="WA1"),
            OURS,
            DeleteContent(wa_message_id="WA1"),
            id="delete",
        ),
    ],
)
def test_a_request_becomes_what_is_sent(item, target, expected):
    assert to_new(item, target, now=NOW).content == expected


def test_a_long_text_is_not_quoted_whole():
    item = given(text="x", reply_to="WA1")
    message = to_new(item, logged(text="y" * (LONGEST_QUOTE + 1)), now=NOW)
    assert message.content.quote.text == "y" * LONGEST_QUOTE


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        pytest.param(given(text="x"), None, id="about nothing"),
        pytest.param(given(text="x", reply_to="WA1"), Named(to=TO, message_id="WA1"), id="answer"),
        pytest.param(content("edit", **EDIT), Named(to=TO, message_id="WA1"), id="edit"),
    ],
)
def test_what_a_request_names_is_to_be_found_in_its_chat(item, expected):
    assert find_named(item) == expected


@pytest.mark.parametrize(
    ("values", "field"),
    [
        pytest.param({}, "text", id="nothing to say"),
        pytest.param(
            {"text": "x", "content": {"type": "text", "text": "x"}}, "text", id="said twice"
        ),
        pytest.param(
            {"content": {"type": "contact", "name": "x", "phones": [TO, "+999123456789"]}},
            "content.phones[1]",
            id="no such country",
        ),
        pytest.param(
            {"content": {"type": "delete", "message_id": "WA1"}, "reply_to": "WA1"},
            "reply_to",
            id="a delete that answers",
        ),
    ],
)
def test_what_contradicts_itself_is_refused_by_field(values, field):
    with pytest.raises(InvalidInputError) as caught:
        given(**values)
    assert caught.value.field == field


TEXT, REACT, CHANGE, TAKE_BACK = (
    given(text="x", reply_to="WA1").content,
    content("reaction", message_id="WA1", emoji="👍").content,
    content("edit", **EDIT).content,
    content("delete", message_id="WA1").content,
)


@pytest.mark.parametrize(
    ("wish", "target", "at", "problem"),
    [
        pytest.param(TEXT, None, NOW, "no message of this chat", id="unknown"),
        pytest.param(
            CHANGE, NotLogged(state=OutboundState.QUEUED), NOW, "is QUEUED", id="not sent yet"
        ),
        pytest.param(
            TEXT, NotLogged(state=OutboundState.UNCERTAIN), NOW, "is UNCERTAIN", id="perhaps sent"
        ),
        pytest.param(TEXT, logged(kind=MessageKind.REACTION), NOW, "a REACTION", id="no message"),
        pytest.param(TEXT, logged(kind=MessageKind.EDIT), NOW, "a EDIT", id="an edit"),
        pytest.param(TEXT, logged(Direction.IN, MessageKind.CALL), NOW, "a CALL", id="a call"),
        pytest.param(TAKE_BACK, logged(kind=MessageKind.DELETE), NOW, "a DELETE", id="twice"),
        pytest.param(CHANGE, THEIRS, NOW, "of the contact", id="edit of theirs"),
        pytest.param(TAKE_BACK, THEIRS, NOW, "of the contact", id="delete of theirs"),
        pytest.param(CHANGE, logged(kind=MessageKind.LOCATION), NOW, "only a TEXT", id="no text"),
        pytest.param(TAKE_BACK, logged(kind=MessageKind.LOCATION), NOW, "", id="delete a place"),
        pytest.param(CHANGE, OURS, NOW + EDITABLE - SECOND, "", id="edit in time"),
        pytest.param(CHANGE, OURS, NOW + EDITABLE, "15 minutes", id="edit too late"),
        pytest.param(TAKE_BACK, OURS, NOW + DELETABLE - SECOND, "", id="delete in time"),
        pytest.param(TAKE_BACK, OURS, NOW + DELETABLE, "two days", id="delete too late"),
        pytest.param(REACT, OURS, NOW + timedelta(days=300), "", id="reaction at any time"),
        pytest.param(TEXT, THEIRS, NOW + timedelta(days=300), "", id="answer at any time"),
    ],
)
def test_a_target_is_judged_by_what_is_wished(wish, target, at, problem):
    said = find_problem(target, wish, at=at)
    assert problem in said if problem else said == ""


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(None, NOW + EDITABLE, id="without an end"),
        pytest.param(NOW + SECOND, NOW + SECOND, id="with an earlier end"),
        pytest.param(NOW + 2 * EDITABLE, NOW + EDITABLE, id="with a later end"),
    ],
)
def test_an_edit_expires_when_it_would_come_too_late(asked, expected):
    end = {"expires_at": asked.isoformat()} if asked else {}
    item = given(content={"type": "edit", **EDIT}, **end)
    assert to_new(item, OURS, now=NOW).expires_at == expected


def test_an_edit_for_later_is_judged_by_when_it_goes_out():
    later = (NOW + EDITABLE).isoformat()
    with pytest.raises(InvalidInputError) as caught:
        to_new(given(content={"type": "edit", **EDIT}, send_at=later), OURS, now=NOW)
    assert caught.value.field == "content.message_id"


UPLOAD = Upload(sha256="ab" * 32, mime_type="image/jpeg", size=3)


def with_file(kind, **values):
    return content(kind, media=UPLOAD.sha256, **values)


@pytest.mark.parametrize(
    ("item", "mime_type", "expected"),
    [
        pytest.param(with_file("image", caption="x"), "image/jpeg", ImageContent, id="image"),
        pytest.param(with_file("video", duration=7), "video/mp4", VideoContent, id="video"),
        pytest.param(with_file("audio"), "audio/mpeg", AudioContent, id="audio"),
        pytest.param(with_file("voice", duration=3), "audio/ogg", VoiceContent, id="voice"),
        pytest.param(with_file("document", file_name="a"), "x/y", DocumentContent, id="document"),
        pytest.param(with_file("sticker"), "image/webp", StickerContent, id="sticker"),
    ],
)
def test_a_file_becomes_what_is_sent_with_its_upload(item, mime_type, expected):
    upload = msgspec.structs.replace(UPLOAD, mime_type=mime_type)
    assert find_upload(item) == UPLOAD.sha256
    made = to_new(item, None, now=NOW, upload=upload).content
    assert isinstance(made, expected)
    said = {"sha256": UPLOAD.sha256, "mime_type": mime_type, "size": 3} | {
        field: value
        for field in ("caption", "duration", "file_name")
        if (value := getattr(item.message.content, field, None)) is not None
    }
    assert msgspec.structs.asdict(made).items() >= said.items()


@pytest.mark.parametrize("kind", ["video", "audio", "voice", "sticker"])
def test_a_file_of_another_type_is_refused(kind):
    with pytest.raises(InvalidInputError) as caught:
        to_new(with_file(kind), None, now=NOW, upload=UPLOAD)
    assert caught.value.field == "content.media"
    assert "image/jpeg; it must be" in caught.value.problem


def test_a_file_that_is_no_upload_is_refused():
    with pytest.raises(InvalidInputError, match="names no upload"):
        to_new(with_file("image"), None, now=NOW)


def test_a_file_may_answer_a_message():
    item = given(content={"type": "image", "media": UPLOAD.sha256}, reply_to="WA1")
    made = to_new(item, THEIRS, now=NOW, upload=UPLOAD).content
    assert made.quote == Quote(wa_message_id="WA1", from_me=False, text="Bei gani?")


HOUR = timedelta(hours=1)
# In UTC the year before the first.
YEAR_ZERO = "0001-01-01T00:00:00+03:00"


@pytest.mark.parametrize(
    ("send_at", "expires_at", "field", "problem"),
    [
        pytest.param(None, None, None, "", id="at once and for ever"),
        pytest.param(EARLIEST, None, None, "", id="as early as may be"),
        pytest.param(EARLIEST - SECOND, None, "send_at", "before 2000", id="too early"),
        pytest.param(None, NOW + LONGEST_LIFE, None, "", id="as long as may be"),
        pytest.param(None, NOW + LONGEST_LIFE + SECOND, "expires_at", "days ahead", id="too long"),
        pytest.param(NOW + LONGEST_AHEAD, None, None, "", id="as late as may be"),
        pytest.param(NOW + LONGEST_AHEAD + SECOND, None, "send_at", "days ahead", id="too late"),
        pytest.param(None, NOW + SECOND, None, "", id="a moment is left"),
        pytest.param(None, NOW, "expires_at", "in the future", id="over now"),
        pytest.param(NOW + HOUR, NOW + HOUR + SECOND, None, "", id="a moment between"),
        pytest.param(NOW + HOUR, NOW + HOUR, "expires_at", "after send_at", id="no moment between"),
        pytest.param(NOW + HOUR, NOW + SECOND, "expires_at", "after send_at", id="over before"),
        pytest.param(NOW - 2 * HOUR, NOW - HOUR, "expires_at", "in the future", id="both past"),
    ],
)
def test_a_message_must_have_a_moment_in_which_it_may_go(send_at, expires_at, field, problem):
    times = {"send_at": send_at, "expires_at": expires_at}
    item = given(text="hi", **{name: at.isoformat() for name, at in times.items() if at})
    if field is None:
        check_times(item, now=NOW)
        return
    with pytest.raises(InvalidInputError) as caught:
        check_times(item, now=NOW)
    assert (caught.value.field, problem in caught.value.problem) == (field, True)


def test_what_is_queued_goes_where_and_when_it_was_asked_to_go():
    later, end = NOW + HOUR, NOW + 2 * HOUR
    times = {"send_at": later.isoformat(), "expires_at": end.isoformat()}
    made = to_new(given(text="hi", **times), None, now=NOW)
    assert (made.to, made.send_at, made.expires_at) == (TO, later, end)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        pytest.param({"to": "+1234567"}, "to", id="number"),
        pytest.param({"send_at": YEAR_ZERO}, "send_at", id="before all calendars"),
        pytest.param({"expires_at": YEAR_ZERO}, "expires_at", id="an end before them"),
        pytest.param(
            {"content": {"type": "edit", **EDIT}, "reply_to": "WA2"}, "reply_to", id="two targets"
        ),
        pytest.param(
            {"content": {"type": "contact", "name": "A", "phones": [TO, "+1234567"]}},
            "content.phones[1]",
            id="a number of a card",
        ),
    ],
)
def test_a_problem_is_said_with_its_place_in_the_request(values, field):
    message = {"to": TO, **({} if "content" in values else {"text": "hi"}), **values}
    with pytest.raises(InvalidInputError) as caught:
        normalise(Item(msgspec.convert(message, SendMessageInput), "messages[3]."))
    assert caught.value.field == f"messages[3].{field}"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        pytest.param({"text": "hi", "reply_to": "WA9"}, "reply_to", id="an answer"),
        pytest.param({"content": {"type": "edit", **EDIT}}, "content.message_id", id="an edit"),
    ],
)
def test_a_message_that_is_not_there_is_said_where_it_was_named(values, field):
    item = normalise(Item(msgspec.convert({"to": TO, **values}, SendMessageInput), "messages[0]."))
    with pytest.raises(InvalidInputError) as caught:
        to_new(item, None, now=NOW)
    assert caught.value.field == f"messages[0].{field}"
    assert "names no message of this chat" in caught.value.problem


@pytest.mark.parametrize(
    "values",
    [
        {"type": "location", "latitude": 1, "longitude": 2, "name": "Duka", "address": "Samora"},
        {"type": "contact", "name": "Asha", "phones": [TO]},
    ],
    ids=["location", "contact"],
)
def test_a_place_and_a_card_may_answer_a_message_and_keep_what_is_said_of_them(values):
    made = to_new(given(content=values, reply_to="WA1"), THEIRS, now=NOW).content
    assert made.quote == Quote(wa_message_id="WA1", from_me=False, text="Bei gani?")
    said = msgspec.structs.asdict(made)
    assert {name: said[name] for name in values if name != "type"} == {
        name: value for name, value in values.items() if name != "type"
    }


def test_what_sends_no_file_names_no_upload():
    assert find_upload(given(text="hi")) is None
    assert find_upload(content("location", latitude=1, longitude=2)) is None
