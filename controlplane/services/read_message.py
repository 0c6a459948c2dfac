"""Reads a message that a request gives, and says what is wrong with it. Pure."""

from datetime import UTC, datetime, timedelta

import msgspec

from controlplane.services.judge_file import find_file_problem, to_file_content
from controlplane.services.judge_target import find_problem, find_window
from shared.enums import Direction
from shared.errors import InvalidInputError
from shared.instants import to_instant
from shared.phone import parse_phone
from shared.structs.content import (
    ContactContent,
    Content,
    DeleteContent,
    EditContent,
    LocationContent,
    Quote,
    ReactionContent,
    TextContent,
)
from shared.structs.content_input import (
    AboutAnother,
    ContactInput,
    ContentInput,
    DeleteInput,
    EditInput,
    FileInput,
    LocationInput,
    ReactionInput,
    TextInput,
)
from shared.structs.media import Upload
from shared.structs.outbound import NewOutbound, SendMessageInput
from shared.structs.targets import Logged, Named, Target

# Further ahead is somebody's calendar, not a queue.
LONGEST_AHEAD = timedelta(days=30)
# A message that is worth sending after so long was forgotten by whoever wrote it.
LONGEST_LIFE = timedelta(days=366)
# An earlier time is a mistake of units. The database has the same bound.
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
# A phone shows some lines of what is quoted, and finds the rest in its own chat.
LONGEST_QUOTE = 1000


class Item(msgspec.Struct, frozen=True):
    """One message of a request. place: its path in the request, in front of its fields."""

    message: SendMessageInput
    place: str = ""

    @property
    def content(self) -> ContentInput:
        """Raises InvalidInputError unless there is exactly one."""
        text, content = self.message.text, self.message.content
        if isinstance(text, str) and isinstance(content, msgspec.UnsetType):
            return TextInput(text=text)
        if isinstance(text, msgspec.UnsetType) and not isinstance(content, msgspec.UnsetType):
            return content
        given = "must not be given beside content" if isinstance(text, str) else "is required"
        raise self.wrong("text", f"{given}: a message has either text or content")

    def wrong(self, field: str, problem: str) -> InvalidInputError:
        return InvalidInputError(f"{self.place}{field}", problem)


def normalise(item: Item) -> Item:
    """Everything that can be judged by itself. Raises InvalidInputError."""
    given, place = item.message, item.place
    message = msgspec.structs.replace(
        given,
        to=parse_phone(f"{place}to", given.to),
        send_at=to_instant(f"{place}send_at", given.send_at),
        expires_at=to_instant(f"{place}expires_at", given.expires_at),
    )
    content = item.content
    if isinstance(content, ContactInput):
        for index, phone in enumerate(content.phones):
            parse_phone(f"{place}content.phones[{index}]", phone)
    if isinstance(content, AboutAnother) and isinstance(given.reply_to, str):
        raise item.wrong("reply_to", "must not be given: this content names its message itself")
    return Item(message, place)


def find_upload(item: Item) -> str | None:
    """The SHA-256 of the file that this one sends, if it sends one."""
    content = item.content
    return content.media if isinstance(content, FileInput) else None


def check_times(item: Item, *, now: datetime) -> None:
    """Raises InvalidInputError."""
    message = item.message
    if message.send_at is not None and message.send_at < EARLIEST:
        raise item.wrong("send_at", f"must not be before {EARLIEST:%Y}")
    if message.send_at is not None and message.send_at > now + LONGEST_AHEAD:
        raise item.wrong("send_at", f"must be at most {LONGEST_AHEAD.days} days ahead")
    if message.expires_at is None:
        return
    if message.send_at is not None and message.expires_at <= message.send_at:
        raise item.wrong("expires_at", "must be after send_at")
    if message.expires_at <= now:
        raise item.wrong("expires_at", "must be in the future")
    if message.expires_at > now + LONGEST_LIFE:
        raise item.wrong("expires_at", f"must be at most {LONGEST_LIFE.days} days ahead")


def find_named(item: Item) -> Named | None:
    """The message that this one is about, if it is about one."""
    content, reply_to = item.content, item.message.reply_to
    if isinstance(content, AboutAnother):
        return Named(to=item.message.to, message_id=content.message_id)
    return Named(to=item.message.to, message_id=reply_to) if isinstance(reply_to, str) else None


def to_new(
    item: Item, target: Target | None, *, now: datetime, upload: Upload | None = None
) -> NewOutbound:
    """target, upload: what was found of `find_named`, `find_upload`. Raises InvalidInputError."""
    message, content = item.message, item.content
    logged = _judge(item, target, now=now)
    expires_at, window = message.expires_at, find_window(content)
    if logged is not None and window is not None:
        # In the queue it may become too late as well: it then expires, and is seen to.
        end = logged.at + window
        expires_at = min(expires_at or end, end)
    return NewOutbound(
        to=message.to,
        content=_to_content(item, logged, upload),
        send_at=message.send_at,
        expires_at=expires_at,
    )


def _judge(item: Item, target: Target | None, *, now: datetime) -> Logged | None:
    """The message that this one is about; None when it is about none."""
    if find_named(item) is None:
        return None
    problem = find_problem(target, item.content, at=item.message.send_at or now)
    if problem:
        about = isinstance(item.content, AboutAnother)
        raise item.wrong("content.message_id" if about else "reply_to", problem)
    assert isinstance(target, Logged), "anything else is a problem"
    return target


def _to_content(item: Item, target: Logged | None, upload: Upload | None) -> Content:
    given = item.content
    if not isinstance(given, AboutAnother):
        quote = _to_quote(target) if target is not None else None
        if not isinstance(given, FileInput):
            return _to_saying(given, quote)
        problem = find_file_problem(upload, given)
        if problem:
            raise item.wrong("content.media", problem)
        assert upload is not None, "that is a problem"
        return to_file_content(given, upload, quote)
    assert target is not None, "what is about another message has found it"
    match given:
        case ReactionInput(emoji=emoji):
            return ReactionContent(
                wa_message_id=target.wa_message_id,
                from_me=target.direction is Direction.OUT,
                emoji=emoji,
            )
        case EditInput(text=text):
            return EditContent(wa_message_id=target.wa_message_id, text=text)
        case DeleteInput():
            return DeleteContent(wa_message_id=target.wa_message_id)


def _to_saying(given: TextInput | LocationInput | ContactInput, quote: Quote | None) -> Content:
    match given:
        case TextInput(text=text):
            return TextContent(text=text, quote=quote)
        case LocationInput():
            return LocationContent(
                latitude=given.latitude,
                longitude=given.longitude,
                name=given.name or "",
                address=given.address or "",
                quote=quote,
            )
        case ContactInput(name=name, phones=phones):
            return ContactContent(name=name, phones=phones, quote=quote)


def _to_quote(target: Logged) -> Quote:
    return Quote(
        wa_message_id=target.wa_message_id,
        from_me=target.direction is Direction.OUT,
        text=target.text[:LONGEST_QUOTE],
    )
