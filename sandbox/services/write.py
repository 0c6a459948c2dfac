"""A customer writes to a phone."""

from datetime import datetime

import msgspec

from sandbox.devices.mailboxes import Letter
from sandbox.exchange import Exchange
from sandbox.people.message_ids import new_message_id
from sandbox.wire import protobuf
from sandbox.wire.nodes import Node
from shared.errors import ConflictError

_CONVERSATION = 1


class Written(msgspec.Struct, frozen=True):
    id: str
    at: datetime


def write(exchange: Exchange, *, author: str, to: str, text: str) -> Written:
    """Puts the message in the mailbox of each of the phone's devices, to stay until received.

    Raises NotFoundError for either person, ConflictError when the phone has no device.
    """
    customer = exchange.directory.get_customer(author)
    exchange.directory.get_phone(to)
    devices = exchange.devices.list_of(to)
    if not devices:
        raise ConflictError(f"+{to} has no linked device")
    written = Written(new_message_id(), exchange.clock.now())
    stanza = Node(
        "message",
        {
            "from": customer.lid_jid,
            "addressing_mode": "lid",
            "sender_pn": customer.pn_jid,
            "id": written.id,
            "t": str(int(written.at.timestamp())),
            "type": "text",
            "notify": customer.name,
        },
    )
    letter = Letter(customer.number, protobuf.encode({_CONVERSATION: text}))
    for device in devices:
        exchange.mailboxes.of(device.key).add(stanza, letter=letter)
    exchange.store.commit()
    return written
