"""What the server does with each kind of stanza of a logged-in companion."""

from collections.abc import Callable

import structlog

from sandbox.streams import stanzas
from sandbox.streams.device_stream import DeviceStream
from sandbox.streams.iqs import IQ_HANDLERS
from sandbox.streams.outgoing import take_message
from sandbox.streams.receipts import take_acknowledgement, take_receipt
from sandbox.streams.typing import take_typing
from sandbox.wire.nodes import Node
from shared.errors import PermanentError

log = structlog.get_logger(__name__)

_PINGS = "w:p"


def handle(stream: DeviceStream, node: Node) -> None:
    """Never raises for what a client can say: a refused stanza is logged, an iq answered."""
    handler = _HANDLERS.get(node.tag)
    if handler is None:
        log.warning("stanza.unhandled", tag=node.tag, attrs=_names(node))
        return
    try:
        handler(stream, node)
    except PermanentError as error:
        log.warning("stanza.refused", tag=node.tag, attrs=_names(node), error=str(error))
        if node.tag == "iq":
            stream.channel.send(stanzas.error_result(node, code=400, text="bad-request"))


def _iq(stream: DeviceStream, node: Node) -> None:
    if node.text("type") not in ("get", "set"):
        return
    if node.text("xmlns") == _PINGS and stream.faults.script.ignore_pings:
        return
    handler = IQ_HANDLERS.get((node.text("xmlns"), node.text("type")))
    if handler is None:
        log.warning("iq.unhandled", xmlns=node.text("xmlns"), type=node.text("type"))
        answer = stanzas.error_result(node, code=501, text="feature-not-implemented")
    else:
        answer = handler(stream, node)
    stream.channel.send(answer)
    if answer.text("type") == "result" and _asks_to_be_active(node):
        stream.activate()


def _asks_to_be_active(node: Node) -> bool:
    return node.text("xmlns") == "passive" and node.find("active") is not None


def _ignore(stream: DeviceStream, node: Node) -> None:
    """Presence: nobody here watches."""


def _names(node: Node) -> list[str]:
    return sorted(node.attrs)


_HANDLERS: dict[str, Callable[[DeviceStream, Node], None]] = {
    "iq": _iq,
    "message": take_message,
    "receipt": take_receipt,
    "ack": take_acknowledgement,
    "presence": _ignore,
    "chatstate": take_typing,
    "ib": _ignore,
}
