"""The owner writes on the phone itself; linked devices see it."""

from sandbox.devices.mailboxes import Letter
from sandbox.exchange import Exchange
from sandbox.messages.contents import CallContent
from sandbox.messages.reading import read_message
from sandbox.messages.writing import sent_elsewhere
from sandbox.people.message_ids import new_message_id
from sandbox.services.attach import attach
from sandbox.services.compose import Draft, compose
from sandbox.services.write import Written
from sandbox.streams import stanzas
from sandbox.wire.nodes import Node
from shared.errors import InvalidInputError


async def write_from_phone(exchange: Exchange, draft: Draft, *, author: str, to: str) -> Written:
    """Raises NotFoundError for either person, InvalidInputError for a call and for what
    `compose` refuses.
    """
    owner, _ = exchange.directory.get_phone(author)
    customer = exchange.directory.get_customer(to)
    if isinstance(draft.content, CallContent):
        raise InvalidInputError("content.kind", "linked devices see no call of the phone's own")
    attachment = await attach(exchange, draft.content, recipient=owner.number)
    composed = compose(exchange, draft, author=owner, partner=customer, attachment=attachment)
    written = Written(new_message_id(), exchange.clock.now())
    stanza = Node(
        "message",
        {
            "from": owner.lid_jid,
            "addressing_mode": "lid",
            "recipient": customer.lid_jid,
            "id": written.id,
            "t": stanzas.unix(written.at),
            "type": composed.head.type,
            "notify": owner.name,
        },
    )
    if composed.head.edit:
        stanza.attrs["edit"] = composed.head.edit
    if not customer.hides_number:
        stanza.attrs["peer_recipient_pn"] = customer.pn_jid
    letter = None
    if composed.is_view_once:
        stanza = stanzas.unavailable(stanza, kind="view_once")
    else:
        copy = sent_elsewhere(composed.plaintext, chat=customer.lid_jid)
        letter = Letter(owner.number, copy, composed.head.media_type)
    for device in exchange.devices.list_of(author):
        exchange.mailboxes.of(device.key).add(stanza, letter=letter)
    seen = read_message(composed.plaintext)
    assert seen is not None, "a person wrote it"
    exchange.inboxes.of(to).add(
        message_id=written.id, sender=owner.number, seen=seen, at=written.at
    )
    exchange.store.commit()
    return written
