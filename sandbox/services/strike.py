"""Something happens to a phone's linked devices, once and now."""

from enum import StrEnum

import structlog

from sandbox.exchange import Exchange
from sandbox.services.unlink import unlink
from sandbox.streams.connections import Connection
from shared.errors import ConflictError

log = structlog.get_logger(__name__)


class Strike(StrEnum):
    """CLOSE ends the TCP connection, RESET with a TCP reset. REPLACE: as if the device had
    connected from elsewhere. UNLINK: the owner removes all linked devices. PREKEYS: others have
    taken all their one-time prekeys, which they are told.
    """

    CLOSE = "CLOSE"
    RESET = "RESET"
    STREAM_ERROR = "STREAM_ERROR"
    REPLACE = "REPLACE"
    UNLINK = "UNLINK"
    PREKEYS = "PREKEYS"


def strike(exchange: Exchange, number: str, kind: Strike, *, code: int) -> None:
    """Raises NotFoundError for the phone, ConflictError when there is nothing to hit."""
    exchange.directory.get_phone(number)
    devices = exchange.devices.list_of(number)
    if kind is Strike.UNLINK:
        for device in devices:
            unlink(exchange, device.key)
        return
    found = [exchange.connections.find(device.key) for device in devices]
    streams = [stream for stream in found if stream is not None]
    if not streams:
        raise ConflictError(f"+{number} has no connected device")
    log.info("device.struck", phone=number, strike=kind)
    if kind is Strike.PREKEYS:
        for device in devices:
            exchange.devices.drop_prekeys(device.key)
    for stream in streams:
        _hit(stream, kind, code)


def _hit(stream: Connection, kind: Strike, code: int) -> None:
    match kind:
        case Strike.CLOSE:
            stream.abort()
        case Strike.RESET:
            stream.reset()
        case Strike.STREAM_ERROR:
            stream.fail(code)
        case Strike.REPLACE:
            stream.replace()
        case Strike.UNLINK:
            stream.remove()
        case Strike.PREKEYS:
            stream.mention_prekeys()
