"""What a queued message says, one struct for each type: in rows, on the wire, and as it is shown.

Only ever add to them: what is written down, here and on workers' volumes, stays readable.
"""

import msgspec

from shared.enums import MessageKind


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """The message that is answered. text: what the recipient's phone shows of it.

    from_me: we wrote it, and not the contact.
    """

    wa_message_id: str
    from_me: bool
    text: str


class TextContent(msgspec.Struct, frozen=True, kw_only=True, tag="text"):
    text: str
    quote: Quote | None = None


class LocationContent(msgspec.Struct, frozen=True, kw_only=True, tag="location"):
    """Degrees, WGS 84. name, address: empty when there is none."""

    latitude: float
    longitude: float
    name: str = ""
    address: str = ""
    quote: Quote | None = None


class ContactContent(msgspec.Struct, frozen=True, kw_only=True, tag="contact"):
    """phones: E.164, at least one."""

    name: str
    phones: list[str]
    quote: Quote | None = None


class ReactionContent(msgspec.Struct, frozen=True, kw_only=True, tag="reaction"):
    """emoji: empty takes an earlier reaction back. from_me: to a message that we wrote."""

    wa_message_id: str
    from_me: bool
    emoji: str


class EditContent(msgspec.Struct, frozen=True, kw_only=True, tag="edit"):
    """Another text for one that we wrote."""

    wa_message_id: str
    text: str


class DeleteContent(msgspec.Struct, frozen=True, kw_only=True, tag="delete"):
    """Takes back, for everyone, a message that we wrote."""

    wa_message_id: str


Content = (
    TextContent | LocationContent | ContactContent | ReactionContent | EditContent | DeleteContent
)
# The words by which a worker says what it can send.
CONTENT_TYPES = ("text", "location", "contact", "reaction", "edit", "delete")

_KINDS: dict[type[Content], MessageKind] = {
    TextContent: MessageKind.TEXT,
    LocationContent: MessageKind.LOCATION,
    ContactContent: MessageKind.CONTACT,
    ReactionContent: MessageKind.REACTION,
    EditContent: MessageKind.EDIT,
    DeleteContent: MessageKind.DELETE,
}


def type_of(content: Content) -> str:
    """One of CONTENT_TYPES."""
    return str(content.__struct_config__.tag)


def kind_of(content: Content) -> MessageKind:
    return _KINDS[type(content)]


def words_of(content: Content) -> str:
    """What the log shows of it; only some of it was typed by a person."""
    match content:
        case TextContent(text=text) | EditContent(text=text):
            return text
        case LocationContent(name=name, address=address):
            return ", ".join(filter(None, (name, address))) or to_place(content)
        case ContactContent(name=name, phones=phones):
            return f"{name}: {', '.join(phones)}"
        case ReactionContent(emoji=emoji):
            return emoji
        case DeleteContent():
            return ""


def target_of(content: Content) -> str | None:
    """The WhatsApp id of the message that it answers, reacts to, edits or deletes."""
    match content:
        case TextContent(quote=quote) | LocationContent(quote=quote) | ContactContent(quote=quote):
            return quote.wa_message_id if quote is not None else None
        case ReactionContent() | EditContent() | DeleteContent():
            return content.wa_message_id


def to_place(location: LocationContent) -> str:
    """As maps read it: `-6.816100, 39.280300`, to a tenth of a metre."""
    return f"{location.latitude:.6f}, {location.longitude:.6f}"
