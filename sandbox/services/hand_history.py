"""The phone hands its past chats to its linked devices, as it does when it links one."""

import asyncio

import structlog

from sandbox.exchange import Exchange
from sandbox.media.sealing import HISTORY, Seal, seal
from sandbox.messages.history import PastChat, write_history, write_notification
from sandbox.services.attach import keep
from sandbox.services.tell_device import tell_device
from shared.errors import ConflictError

log = structlog.get_logger(__name__)


async def hand_history(exchange: Exchange, number: str, chats: list[PastChat]) -> None:
    """Raises NotFoundError for the phone, ConflictError when it has no device."""
    owner, _ = exchange.directory.get_phone(number)
    if not exchange.devices.list_of(number):
        raise ConflictError(f"+{number} has no linked device")
    stored, described = await asyncio.to_thread(_sealed, chats)
    found = await keep(exchange, stored, described, recipient=number)
    for device in exchange.devices.list_of(number):
        tell_device(exchange, owner, device.key, write_notification(found))
    exchange.store.commit()
    log.info("history.handed", phone=number, chats=len(chats))


def _sealed(chats: list[PastChat]) -> tuple[bytes, Seal]:
    return seal(write_history(chats), HISTORY)
