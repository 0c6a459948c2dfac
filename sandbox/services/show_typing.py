"""A customer types, for whoever looks at this moment."""

from enum import StrEnum

from sandbox.exchange import Exchange
from sandbox.wire.nodes import Node


class Typing(StrEnum):
    COMPOSING = "COMPOSING"
    RECORDING = "RECORDING"
    PAUSED = "PAUSED"


_CHATSTATES = {
    Typing.COMPOSING: Node("composing"),
    Typing.RECORDING: Node("composing", {"media": "audio"}),
    Typing.PAUSED: Node("paused"),
}


def show_typing(exchange: Exchange, *, author: str, to: str, state: Typing) -> None:
    """Raises NotFoundError for either person."""
    customer = exchange.directory.get_customer(author)
    exchange.directory.get_phone(to)
    chatstate = Node("chatstate", {"from": customer.lid_jid}, (_CHATSTATES[state],))
    for device in exchange.devices.list_of(to):
        if exchange.connections.is_connected(device.key):
            stream = exchange.connections.find(device.key)
            assert stream is not None
            stream.say(chatstate)
