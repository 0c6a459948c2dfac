"""A customer reads what a phone wrote."""

from sandbox.exchange import Exchange
from sandbox.streams import stanzas
from sandbox.wire.nodes import Node
from shared.errors import InvalidInputError


def read(exchange: Exchange, *, reader: str, to: str, ids: list[str] | None) -> list[str]:
    """Gives the ids of the messages that now count as read: `ids`, or all from the phone.

    Raises NotFoundError for either person, InvalidInputError for an id the reader never got.
    """
    customer = exchange.directory.get_customer(reader)
    exchange.directory.get_phone(to)
    received = [item.id for item in exchange.inboxes.of(reader).after(0) if item.sender == to]
    wanted = received if ids is None else list(dict.fromkeys(ids))
    for message_id in wanted:
        if message_id not in received:
            raise InvalidInputError("ids", f"{message_id} never came from +{to}")
    if not wanted:
        return []
    attrs = {"id": wanted[0], "t": stanzas.unix(exchange.clock.now()), "type": "read"}
    more = tuple(Node("item", {"id": message_id}) for message_id in wanted[1:])
    content = (Node("list", {}, more),) if more else None
    receipt = Node("receipt", {"from": customer.lid_jid, **attrs}, content)
    for device in exchange.devices.list_of(to):
        exchange.mailboxes.of(device.key).add(receipt)
    exchange.store.commit()
    return wanted
