"""A simulated person who cannot read a message asks the sender for it once more."""

from sandbox.people.person import Person, give_bundle
from sandbox.streams import stanzas
from sandbox.streams.bundles import bundle_nodes, registration_node
from sandbox.streams.device_stream import DeviceStream
from sandbox.wire.nodes import Jid, Node

_MOST_ATTEMPTS = 5


def ask_again(stream: DeviceStream, reader: Person, message: Node) -> None:
    """Asks up to five times a message; encloses fresh keys where the old ones are of no use."""
    message_id = message.text("id")
    attempt = stream.retries[reader.number, message_id] + 1
    if attempt > _MOST_ATTEMPTS:
        return
    stream.retries[reader.number, message_id] = attempt
    exchange = stream.exchange
    now = stanzas.unix(exchange.clock.now())
    content = [
        Node("retry", {"count": str(attempt), "id": message_id, "t": now, "v": "1"}),
        registration_node(reader.registration_id),
    ]
    if attempt > 1 or not exchange.ratchets.has_session(reader, stream.device.key):
        content.append(Node("keys", {}, bundle_nodes(give_bundle(reader))))
        exchange.directory.save(reader)
    attrs: dict[str, str | Jid] = {"from": reader.lid_jid, "id": message_id, "t": now}
    attrs["type"] = "retry"
    chat = exchange.directory.find(message.get_jid("to"))
    if reader.number == stream.owner.number and chat is not None:
        attrs["recipient"] = chat.lid_jid  # the phone asks about a message to somebody else
    stream.mailbox.add(Node("receipt", attrs, tuple(content)))
