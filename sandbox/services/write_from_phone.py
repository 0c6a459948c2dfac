"""The owner writes on the phone itself; linked devices see it."""

from sandbox.devices.mailboxes import Letter
from sandbox.exchange import Exchange
from sandbox.people.message_ids import new_message_id
from sandbox.services.write import Written, text_message
from sandbox.streams import stanzas
from sandbox.wire import protobuf
from sandbox.wire.nodes import Node

_DEVICE_SENT = 31


def write_from_phone(exchange: Exchange, *, author: str, to: str, text: str) -> Written:
    """Raises NotFoundError for either person."""
    owner, _ = exchange.directory.get_phone(author)
    customer = exchange.directory.get_customer(to)
    written = Written(new_message_id(), exchange.clock.now())
    stanza = Node(
        "message",
        {
            "from": owner.lid_jid,
            "addressing_mode": "lid",
            "recipient": customer.lid_jid,
            "id": written.id,
            "t": stanzas.unix(written.at),
            "type": "text",
            "notify": owner.name,
        },
    )
    if not customer.hides_number:
        stanza.attrs["peer_recipient_pn"] = customer.pn_jid
    sent = protobuf.encode({1: str(customer.lid_jid), 2: text_message(text)})
    letter = Letter(owner.number, protobuf.encode({_DEVICE_SENT: sent}))
    for device in exchange.devices.list_of(author):
        exchange.mailboxes.of(device.key).add(stanza, letter=letter)
    exchange.inboxes.of(to).add(
        message_id=written.id, sender=owner.number, text=text, at=written.at
    )
    exchange.store.commit()
    return written
