"""A customer writes to a phone."""

from datetime import datetime

import msgspec

from sandbox.devices.mailboxes import Letter
from sandbox.exchange import Exchange
from sandbox.people.message_ids import new_message_id
from sandbox.people.person import Person
from sandbox.wire import protobuf
from sandbox.wire.nodes import Jid, Node
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
    letter = Letter(customer.number, text_message(text))
    for device in devices:
        exchange.mailboxes.of(device.key).add(_stanza(customer, written), letter=letter)
    exchange.store.commit()
    return written


def text_message(text: str) -> bytes:
    return protobuf.encode({_CONVERSATION: text})


def _stanza(customer: Person, written: Written) -> Node:
    attrs: dict[str, str | Jid] = {
        "from": customer.lid_jid,
        "addressing_mode": "lid",
        "id": written.id,
        "t": str(int(written.at.timestamp())),
        "type": "text",
        "notify": customer.name,
    }
    if not customer.hides_number:
        attrs["sender_pn"] = customer.pn_jid
    return Node("message", attrs)
