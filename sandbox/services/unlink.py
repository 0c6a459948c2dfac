"""A phone, or the companion itself, ends a link."""

import structlog

from sandbox.devices.device import DeviceKey
from sandbox.exchange import Exchange
from shared.errors import NotFoundError

log = structlog.get_logger(__name__)


def unlink(exchange: Exchange, key: DeviceKey) -> None:
    """Raises NotFoundError. A companion that is away learns it when it logs in."""
    exchange.directory.get_phone(key.number)
    if exchange.devices.find(key) is None:
        raise NotFoundError(f"+{key.number} has no device {key.device}")
    forget_device(exchange, key)
    exchange.store.commit()
    stream = exchange.connections.find(key)
    if stream is not None:
        stream.remove()


def forget_device(exchange: Exchange, key: DeviceKey) -> None:
    exchange.devices.remove(key)
    exchange.mailboxes.remove(key)
    exchange.ratchets.forget_device(key)
    log.info("device.unlinked", phone=key.number, device=key.device)
