"""Messages that companions send: to simulated people, and to other companions."""

from datetime import timedelta

import structlog

from sandbox.devices.device import DeviceKey
from sandbox.messages.reading import read_message
from sandbox.people.person import Person
from sandbox.ratchet.session import UsedKeyError
from sandbox.streams import stanzas
from sandbox.streams.asking_again import ask_again
from sandbox.streams.device_stream import DeviceStream
from sandbox.streams.resending import answer_device
from sandbox.wire.nodes import Jid, Node
from shared.errors import PermanentError

log = structlog.get_logger(__name__)

_NO_SUCH_RECIPIENT = 404


def take_message(stream: DeviceStream, node: Node) -> None:
    """Takes a message over and says so; the client waits for that."""
    recipient = stream.exchange.directory.find(node.get_jid("to"))
    if recipient is None:  # a group, a newsletter, or a number that nobody has
        log.warning("message.refused", phone=stream.owner.number, to=str(node.get_jid("to")))
        _acknowledge(stream, node, error=_NO_SUCH_RECIPIENT)
        return
    faults, script = stream.faults, stream.faults.script.sends
    if faults.strikes("sends.refused", script.refused):
        log.info("message.refused", phone=stream.owner.number, code=script.refused.code)
        _acknowledge(stream, node, error=script.refused.code)
        return
    if faults.strikes("sends.swallowed", script.swallowed):
        log.info("message.swallowed", phone=stream.owner.number, message=node.text("id"))
        return
    _hand_over(stream, node)
    if faults.strikes("sends.unacknowledged", script.unacknowledged):
        log.info("message.unacknowledged", phone=stream.owner.number, message=node.text("id"))
        return
    _acknowledge(stream, node)


def _hand_over(stream: DeviceStream, node: Node) -> None:
    for jid, enc in _copies(node):
        person = stream.exchange.directory.find(jid)
        if person is None:
            log.warning("message.misaddressed", phone=stream.owner.number)
        elif jid.device:
            _forward(stream, node, enc, DeviceKey(person.number, jid.device))
        else:
            _read(stream, node, enc, person)


def _acknowledge(stream: DeviceStream, node: Node, *, error: int | None = None) -> None:
    said = stanzas.acknowledgement(node, now=stream.exchange.clock.now(), error=error)
    delay = timedelta(seconds=stream.faults.script.sends.ack_delay)
    stream.acknowledgements.put(lambda: stream.channel.send(said), delay=delay)


def _copies(node: Node) -> list[tuple[Jid, Node]]:
    """One `enc` per device; a message that is sent again has it without `participants`."""
    enc = node.find("enc")
    if enc is not None:
        return [(node.get_jid("participant" if "participant" in node.attrs else "to"), enc)]
    return [(to.get_jid("jid"), to.get("enc")) for to in node.get("participants").children]


def _read(stream: DeviceStream, node: Node, enc: Node, reader: Person) -> None:
    """A simulated person's own phone decrypts, as an official client would."""
    inbox = stream.exchange.inboxes.of(reader.number)
    sender, message_id = stream.device, node.text("id")
    if inbox.find(sender.key.number, message_id) is not None:
        return
    is_other = reader.number != stream.owner.number
    if is_other and stream.faults.strikes("sends.unread", stream.faults.script.sends.unread):
        _cannot_read(stream, reader, node)
        return
    try:
        plaintext = stream.exchange.ratchets.open(reader, sender.key, enc, identity=sender.identity)
        seen = read_message(plaintext)
    except UsedKeyError:
        # Official clients take it for a message they have, and drop it in silence.
        log.warning("message.dropped", message=message_id, reader=reader.number)
        inbox.drop(message_id)
        return
    except PermanentError as error:
        log.warning("message.undecryptable", message=message_id, error=str(error))
        _cannot_read(stream, reader, node)
        return
    if not is_other:
        # The phone's own copy of what a companion wrote is for its screen: nobody looks at that.
        answer_device(stream, plaintext, request_id=message_id)
    elif seen is not None:
        now = stream.exchange.clock.now()
        inbox.add(message_id=message_id, sender=sender.key.number, seen=seen, at=now)
        _confirm(stream, reader, message_id)


def _cannot_read(stream: DeviceStream, reader: Person, node: Node) -> None:
    stream.exchange.inboxes.of(reader.number).drop(node.text("id"))
    ask_again(stream, reader, node)


def _confirm(stream: DeviceStream, reader: Person, message_id: str) -> None:
    """The delivery receipt, which waits like everything else when the companion is away."""
    receipt = Node(
        "receipt",
        {
            "from": reader.lid_jid,
            "id": message_id,
            "t": stanzas.unix(stream.exchange.clock.now()),
        },
    )
    stream.mailbox.add(receipt)


def _forward(stream: DeviceStream, node: Node, enc: Node, to: DeviceKey) -> None:
    """To another companion, of the same phone or of another one."""
    exchange, sender = stream.exchange, stream.device
    if exchange.devices.find(to) is None:
        return
    attrs: dict[str, str | Jid] = {
        "from": sender.jid("lid"),
        "addressing_mode": "lid",
        "sender_pn": sender.jid("s.whatsapp.net"),
        "id": node.text("id"),
        "t": stanzas.unix(exchange.clock.now()),
        "type": node.text("type") or "text",
        "notify": stream.owner.name,
    }
    if to.number == stream.owner.number:
        chat = exchange.directory.find(node.get_jid("to"))
        assert chat is not None
        attrs |= {"recipient": chat.lid_jid, "peer_recipient_pn": chat.pn_jid}
    identity = node.find("device-identity")
    exchange.mailboxes.of(to).add(
        Node("message", attrs, () if identity is None else (identity,)), sealed=enc
    )
