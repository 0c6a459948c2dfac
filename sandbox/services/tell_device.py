"""What the phone tells one of its linked devices, and nobody else."""

from sandbox.devices.device import DeviceKey
from sandbox.devices.mailboxes import Letter
from sandbox.exchange import Exchange
from sandbox.people.message_ids import new_message_id
from sandbox.people.person import Person
from sandbox.streams import stanzas
from sandbox.wire.nodes import Jid, Node


def tell_device(exchange: Exchange, owner: Person, key: DeviceKey, plaintext: bytes) -> None:
    attrs: dict[str, str | Jid] = {"from": owner.pn_jid, "category": "peer", "type": "text"}
    attrs |= {"id": new_message_id(), "t": stanzas.unix(exchange.clock.now())}
    letter = Letter(owner.number, plaintext)
    exchange.mailboxes.of(key).add(Node("message", attrs), letter=letter)
