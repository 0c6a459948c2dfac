"""A companion says that its owner types to somebody."""

from sandbox.streams.device_stream import DeviceStream
from sandbox.wire.nodes import Node


def take_typing(stream: DeviceStream, node: Node) -> None:
    """Shown while it is true, and not kept for anybody who is away."""
    reader = stream.exchange.directory.find(node.get_jid("to"))
    if reader is not None:
        is_typing = node.find("composing") is not None
        inbox = stream.exchange.inboxes.of(reader.number)
        inbox.show_typing(sender=stream.owner.number, is_typing=is_typing)
