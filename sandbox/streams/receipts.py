"""What companions say about what they were sent."""

import structlog

from sandbox.devices.mailboxes import Letter, parcel_kind
from sandbox.ratchet.opening import open_as_alice
from sandbox.streams import stanzas
from sandbox.streams.bundles import read_retry_bundle
from sandbox.streams.device_stream import DeviceStream
from sandbox.wire.nodes import Node, StanzaError

log = structlog.get_logger(__name__)

_MOST_ATTEMPTS = 5


def take_receipt(stream: DeviceStream, node: Node) -> None:
    """Settles what arrived, or encrypts anew what could not be read."""
    if node.text("type") == "retry":
        _again(stream, node)
    else:
        for message_id in _ids(node):
            _settle(stream, "message", message_id)
    stream.channel.send(stanzas.acknowledgement(node, now=stream.exchange.clock.now()))


def take_acknowledgement(stream: DeviceStream, node: Node) -> None:
    """The client took a stanza. Of a message it says this only when it could not read it."""
    tag = node.text("class")
    kind = parcel_kind(node.text("type"), node.text("to"))
    parcel = stream.mailbox.find(tag, node.text("id"), kind=kind)
    if parcel is None:
        return
    if tag == "message" and parcel.attempt:
        return  # it asks again at the same time, and either may come first: this is of the old copy
    if tag == "message":
        stream.mailbox.take(parcel, now=stream.exchange.clock.now())
    else:
        stream.mailbox.settle(parcel)
    stream.exchange.store.commit()


def _settle(stream: DeviceStream, tag: str, stanza_id: str) -> None:
    parcel = stream.mailbox.find(tag, stanza_id)
    if parcel is not None:
        stream.mailbox.settle(parcel)


def _ids(node: Node) -> list[str]:
    listed = node.find("list")
    more = () if listed is None else listed.children
    return [node.text("id"), *(item.text("id") for item in more)]


def _again(stream: DeviceStream, node: Node) -> None:
    parcel = stream.mailbox.find("message", node.text("id"))
    attempt = _count(node)
    log.warning("message.asked_again", message=node.text("id"), attempt=attempt)
    if parcel is None or parcel.letter is None or attempt > _MOST_ATTEMPTS:
        return
    _renew_session(stream, node, parcel.letter)
    stream.mailbox.renew(parcel, attempt=attempt)


def _count(node: Node) -> int:
    count = node.get("retry").text("count")
    if not count.isdecimal():
        raise StanzaError("a retry without a count")
    return int(count)


def _renew_session(stream: DeviceStream, node: Node, letter: Letter) -> None:
    """With keys enclosed, the author begins a new session; else the old one goes on."""
    author = stream.exchange.directory.find_number(letter.author)
    bundle = read_retry_bundle(node)
    if author is not None and bundle is not None:
        session = open_as_alice(author.identity, bundle)
        stream.exchange.ratchets.begin(author, stream.device.key, session)
