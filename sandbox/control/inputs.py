"""What the control API takes."""

from datetime import datetime
from typing import Annotated

import msgspec

from sandbox.exchange import Exchange
from sandbox.messages.contents import (
    LARGEST_GIVEN,
    Content,
    EditContent,
    MessageId,
    TextContent,
)
from sandbox.messages.history import PastChat, PastMessage
from sandbox.services.compose import Draft
from sandbox.services.show_typing import Typing
from sandbox.services.strike import Strike
from sandbox.wire.nodes import Jid
from shared.errors import InvalidInputError
from shared.structs.text import Name

# The look-ahead: a bare `$` would let a line feed follow.
_E164 = r"^\+[1-9][0-9]{6,14}$(?!\n)"
PhoneNumber = Annotated[str, msgspec.Meta(pattern=_E164, description="E.164, with the plus.")]
_CHAT = r"^([0-9-]{5,40}@(g\.us|newsletter|broadcast)|status@broadcast)$(?!\n)"
_LONGEST_TEXT_BYTES = 65536
_LONGEST_QR = 2000
# Base64 takes four bytes for three, and there is a caption or a text beside it.
LARGEST_MESSAGE = LARGEST_GIVEN * 4 // 3 + (1 << 20)
_LONGEST_CODE = 20


class _Input(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class CreatePersonInput(_Input, frozen=True, kw_only=True):
    """Number and name are made up where they are not given."""

    phone_number: PhoneNumber | None = None
    name: Name | None = None


class CreateCustomerInput(CreatePersonInput, frozen=True, kw_only=True):
    """hides_number: phones learn the customer's LID alone, until the number is shown. hides_lid:
    the number alone. Not both.
    """

    hides_number: bool = False
    hides_lid: bool = False


class ChangeCustomerInput(_Input, frozen=True, kw_only=True):
    """What is not given stays."""

    hides_number: bool | None = None
    hides_lid: bool | None = None


class ScanInput(_Input, frozen=True, kw_only=True):
    qr: Annotated[str, msgspec.Meta(min_length=1, max_length=_LONGEST_QR)]


class PairInput(_Input, frozen=True, kw_only=True):
    """code: as the worker shows it, with or without the dash."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=_LONGEST_CODE)]


class WriteInput(_Input, frozen=True, kw_only=True):
    """to: the partner's number. text: short for a content of the kind TEXT; texts have at most
    65536 bytes of UTF-8. reply_to: the id of a quoted message of the chat. disappears: the
    chat's messages are kept for a while only.
    """

    to: PhoneNumber
    text: Annotated[str, msgspec.Meta(min_length=1)] | None = None
    content: Content | None = None
    reply_to: MessageId | None = None
    disappears: bool = False

    @property
    def draft(self) -> Draft:
        """Raises InvalidInputError unless there is exactly one content, and not too long."""
        return Draft(
            content=self._only_content(), reply_to=self.reply_to, disappears=self.disappears
        )

    def _only_content(self) -> Content:
        if self.content is None and self.text is None:
            raise InvalidInputError("text", "a text or a content is required")
        if self.content is not None and self.text is not None:
            raise InvalidInputError("content", "a text is given already")
        if self.text is not None:
            _check_text("text", self.text)
            return TextContent(text=self.text)
        assert self.content is not None
        if isinstance(self.content, TextContent | EditContent):
            _check_text("content.text", self.content.text)
        return self.content


class CustomerWriteInput(WriteInput, frozen=True, kw_only=True):
    """chat: the JID of a group, a newsletter or a broadcast list, or `status@broadcast`, that
    the message is written in; straight to the phone when not given. withheld: the server gives
    it to the phone alone, and tells linked devices no more than that it is there.
    """

    withheld: bool = False
    chat: Annotated[str, msgspec.Meta(pattern=_CHAT)] | None = None

    @property
    def draft(self) -> Draft:
        user, _, server = (self.chat or "").partition("@")
        chat = Jid(user, server) if server else None
        return msgspec.structs.replace(super().draft, chat=chat, is_withheld=self.withheld)


class PastMessageInput(_Input, frozen=True, kw_only=True):
    """own: the owner wrote it."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=_LONGEST_TEXT_BYTES)]
    own: bool = False
    at: Annotated[datetime, msgspec.Meta(tz=True)]


class PastChatInput(_Input, frozen=True, kw_only=True):
    partner: PhoneNumber = msgspec.field(name="with")
    messages: Annotated[list[PastMessageInput], msgspec.Meta(min_length=1, max_length=1000)]


class HistoryInput(_Input, frozen=True, kw_only=True):
    chats: Annotated[list[PastChatInput], msgspec.Meta(min_length=1, max_length=100)]


class ReadInput(_Input, frozen=True, kw_only=True):
    """to: the phone that wrote. ids: of its messages; all of them when not given."""

    to: PhoneNumber
    ids: Annotated[list[str], msgspec.Meta(min_length=1, max_length=1000)] | None = None


class ReinstallInput(_Input, frozen=True, kw_only=True):
    """silently: nobody is told."""

    silently: bool = False


class TypingInput(_Input, frozen=True, kw_only=True):
    to: PhoneNumber
    state: Typing = Typing.COMPOSING


class StrikeInput(_Input, frozen=True, kw_only=True):
    """code: of a STREAM_ERROR."""

    strike: Strike
    code: Annotated[int, msgspec.Meta(ge=400, le=599)] = 503


class LoginRefusalInput(_Input, frozen=True, kw_only=True):
    """reason: WhatsApp's code: 401, 403 and 406 end the session, 402 is a temporary ban, 405
    an outdated client; 500 and 503 make the client try again. times: how many logins; all when
    not given. ban_code, ban_seconds: what is said with a 402.
    """

    reason: Annotated[int, msgspec.Meta(ge=400, le=599)]
    times: Annotated[int, msgspec.Meta(ge=1)] | None = None
    ban_code: Annotated[int, msgspec.Meta(ge=0, le=999)] = 101
    ban_seconds: Annotated[int, msgspec.Meta(ge=0, le=31_536_000)] = 3600


class PasskeyDemandInput(_Input, frozen=True, kw_only=True):
    wanted: bool


def digits(number: str, field: str = "number") -> str:
    """The number without its plus. Raises InvalidInputError unless it is E.164."""
    try:
        return msgspec.convert(number, PhoneNumber)[1:]
    except msgspec.ValidationError as error:
        raise InvalidInputError(field, "not a phone number in E.164, like +255741234567") from error


def _check_text(field: str, text: str) -> None:
    if len(text.encode(errors="surrogatepass")) > _LONGEST_TEXT_BYTES:
        raise InvalidInputError(field, f"longer than {_LONGEST_TEXT_BYTES} bytes")


def check_hiding(*, number: bool, lid: bool) -> None:
    """Raises InvalidInputError when nothing would be left to show."""
    if number and lid:
        raise InvalidInputError("hides_lid", "either the number or the LID must be seen")


def past_chats(exchange: Exchange, data: HistoryInput) -> list[PastChat]:
    """Raises NotFoundError for a partner that is no customer."""
    return [
        PastChat(
            exchange.directory.get_customer(digits(chat.partner, "with")),
            [PastMessage(text=one.text, is_own=one.own, at=one.at) for one in chat.messages],
        )
        for chat in data.chats
    ]
