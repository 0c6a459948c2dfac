"""The file of a message: whether it is this member's to open."""

from uuid import UUID

import msgspec

from portal.services.show_thread import find_logged
from shared.db.guard import tenant_transaction
from shared.enums import MessageKind
from shared.errors import NotFoundError
from shared.ids import TenantId
from shared.stores import contacts
from shared.structs.media import Media


class FoundFile(msgspec.Struct, frozen=True, kw_only=True):
    log_id: UUID
    kind: MessageKind
    media: Media


async def find_file(tenant_id: TenantId, name: str, message_id: UUID) -> FoundFile:
    """Raises NotFoundError, also for another tenant's, another chat's, and what has no file."""
    async with tenant_transaction(tenant_id):
        contact = await contacts.get_named(tenant_id, name)
        message = await find_logged(tenant_id, contact, message_id)
    if message.media is None or message.media.sha256 is None:
        raise NotFoundError("the message has no file")
    return FoundFile(log_id=message.id, kind=message.kind, media=message.media)
