"""A message as one of two people writes it to the other."""

import msgspec

from sandbox.exchange import Exchange
from sandbox.messages import contents
from sandbox.messages.writing import (
    Attachment,
    Letterhead,
    Target,
    disappearing,
    letterhead,
    with_secret,
    write_message,
)
from sandbox.people.person import Person
from sandbox.wire.nodes import Jid
from shared.errors import InvalidInputError


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """chat: the group, newsletter or status it is written in; the two people's own when None.
    disappears: the chat is one whose messages are kept for a while only. is_withheld: linked
    devices must ask the phone for it.

    Raises InvalidInputError when made with a quotation that its kind cannot have, or with a file
    that is not given in exactly one way.
    """

    content: contents.Content
    reply_to: str | None = None
    chat: Jid | None = None
    disappears: bool = False
    is_withheld: bool = False

    def __post_init__(self) -> None:
        if self.reply_to is not None and not isinstance(self.content, contents.Quoting):
            raise InvalidInputError("reply_to", "this kind of message quotes nothing")
        if isinstance(self.content, contents.FileContent):
            given = self.content.file
            if (given.base64 is None) == (given.size is None):
                raise InvalidInputError("content.file", "either base64 or size is required")


class Composed(msgspec.Struct, frozen=True):
    """is_view_once: linked devices do not get it."""

    head: Letterhead
    plaintext: bytes
    is_view_once: bool


def compose(
    exchange: Exchange,
    draft: Draft,
    *,
    author: Person,
    partner: Person,
    attachment: Attachment | None,
) -> Composed:
    """attachment: as `attach` gave it for the draft's content.

    Raises InvalidInputError for an edit or a delete of what the partner wrote.
    """
    content = draft.content

    def find(message_id: str) -> Target:
        return _find(exchange, message_id, draft.chat, author=author, partner=partner)

    target = find(content.target) if isinstance(content, contents.Targeting) else None
    if isinstance(content, contents.OwnTargeting) and target is not None and not target.is_own:
        raise InvalidInputError("content.target", "somebody else wrote that message")
    plaintext = write_message(
        content,
        target=target,
        quoted=None if draft.reply_to is None else find(draft.reply_to),
        attachment=attachment,
        now=exchange.clock.now(),
    )
    if draft.disappears and isinstance(content, contents.Quoting):
        plaintext = disappearing(plaintext)
    if not isinstance(content, contents.Targeting):
        plaintext = with_secret(plaintext)
    is_view_once = isinstance(content, contents.Fleeting) and content.view_once
    return Composed(letterhead(content), plaintext, is_view_once)


def _find(
    exchange: Exchange, message_id: str, chat: Jid | None, *, author: Person, partner: Person
) -> Target:
    """What a customer has not received from the phone, the customer wrote: nobody keeps that."""
    phone, customer = (partner, author) if author.phone is None else (author, partner)
    received = exchange.inboxes.of(customer.number).find(phone.number, message_id)
    sender = customer if received is None else phone
    return Target(
        id=message_id,
        chat=chat or partner.lid_jid,
        sender=sender.lid_jid,
        is_own=sender is author,
        text="" if received is None else received.text,
    )
