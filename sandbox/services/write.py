"""A customer writes to a phone."""

from datetime import datetime

import msgspec

from sandbox.devices.mailboxes import Letter
from sandbox.exchange import Exchange
from sandbox.messages.contents import CallContent
from sandbox.messages.writing import Letterhead
from sandbox.people.message_ids import new_message_id
from sandbox.people.person import Person
from sandbox.people.withheld import Withheld
from sandbox.services.attach import attach
from sandbox.services.compose import Composed, Draft, compose
from sandbox.streams import stanzas
from sandbox.wire.nodes import NEWSLETTER_SERVER, Jid, Node
from shared.errors import ConflictError


class Written(msgspec.Struct, frozen=True):
    id: str
    at: datetime


async def write(exchange: Exchange, draft: Draft, *, author: str, to: str) -> Written:
    """Puts the message in the mailbox of each of the phone's devices, to stay until received.

    Raises NotFoundError for either person, ConflictError when the phone has no device, and
    InvalidInputError for what `compose` refuses.
    """
    customer = exchange.directory.get_customer(author)
    phone, _ = exchange.directory.get_phone(to)
    if not exchange.devices.list_of(to):
        raise ConflictError(f"+{to} has no linked device")
    attachment = await attach(exchange, draft.content, recipient=phone.number)
    written = Written(new_message_id(), exchange.clock.now())
    if isinstance(draft.content, CallContent):
        stanza, letter = _call(customer, draft.content, written), None
    else:
        composed = compose(exchange, draft, author=customer, partner=phone, attachment=attachment)
        stanza, letter = _parcel(customer, draft, composed, written)
        if draft.is_withheld:
            withheld = Withheld(
                id=written.id, author=customer.number, plaintext=composed.plaintext, at=written.at
            )
            exchange.withheld.add(phone.number, withheld)
    for device in exchange.devices.list_of(to):
        exchange.mailboxes.of(device.key).add(stanza, letter=letter)
    exchange.store.commit()
    return written


def _parcel(
    customer: Person, draft: Draft, composed: Composed, written: Written
) -> tuple[Node, Letter | None]:
    chat = draft.chat
    if chat is not None and chat.server == NEWSLETTER_SERVER:
        return _newsletter(chat, composed.head, composed.plaintext, written), None
    stanza = _stanza(customer, composed.head, chat, written)
    if composed.is_view_once:
        return stanzas.unavailable(stanza, kind="view_once"), None
    if draft.is_withheld:
        return stanzas.unavailable(stanza), None
    return stanza, Letter(customer.number, composed.plaintext, composed.head.media_type)


def _stanza(customer: Person, head: Letterhead, chat: Jid | None, written: Written) -> Node:
    attrs = _attrs(head, written) | {"notify": customer.name}
    attrs["addressing_mode"] = "pn" if customer.hides_lid else "lid"
    sender = customer.pn_jid if customer.hides_lid else customer.lid_jid
    attrs |= {"from": sender} if chat is None else {"from": chat, "participant": sender}
    if not customer.hides_number and not customer.hides_lid:
        attrs["sender_pn" if chat is None else "participant_pn"] = customer.pn_jid
    return Node("message", attrs)


def _newsletter(chat: Jid, head: Letterhead, plaintext: bytes, written: Written) -> Node:
    """Everybody may read it, so nothing is encrypted, and its author is the newsletter."""
    attrs = _attrs(head, written) | {"from": chat, "server_id": "1"}
    content = Node(
        "plaintext", {"mediatype": head.media_type} if head.media_type else {}, plaintext
    )
    return Node("message", attrs, (content,))


def _attrs(head: Letterhead, written: Written) -> dict[str, str | Jid]:
    attrs: dict[str, str | Jid] = {
        "id": written.id,
        "t": stanzas.unix(written.at),
        "type": head.type,
    }
    if head.edit:
        attrs["edit"] = head.edit
    return attrs


def _call(customer: Person, content: CallContent, written: Written) -> Node:
    offered = [Node("audio", {"enc": "opus", "rate": "16000"})]
    if content.video:
        offered.append(Node("video", {"enc": "h264", "dec": "h264"}))
    offer = Node("offer", {"call-id": written.id, "call-creator": customer.lid_jid}, tuple(offered))
    if not customer.hides_number:
        offer.attrs["caller_pn"] = customer.pn_jid
    attrs: dict[str, str | Jid] = {"from": customer.lid_jid, "id": written.id}
    attrs |= {"t": stanzas.unix(written.at), "notify": customer.name}
    return Node("call", attrs | {"platform": "android", "version": "2.26.10.10"}, (offer,))
