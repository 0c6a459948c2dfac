"""Takes a file that messages are to send, from a request or from wherever it is fetched."""

from collections.abc import AsyncIterator

from controlplane.media.files import MediaFiles, Shelf
from controlplane.media.kinds import contradicts, find_essence
from controlplane.media.remote import OpenUrl
from controlplane.services.acting import Caller, leave_trace
from shared.clock import Clock
from shared.db.engine import transaction
from shared.errors import InvalidInputError
from shared.ids import TenantId
from shared.stores import tenants, uploads
from shared.structs.media import Upload

# What browsers and curl send when nobody says better: the file would be in an envelope.
_FORMS = {"multipart/form-data", "application/x-www-form-urlencoded"}
_SAYS = "says {}, and the file does not begin like one"


async def take_upload(
    tenant_id: TenantId,
    content: AsyncIterator[bytes],
    *,
    declared: str,
    length: int | None,
    files: MediaFiles,
    caller: Caller,
    clock: Clock,
) -> Upload:
    """declared: the type, as its sender names it. length: bytes, if it is known before.

    Raises InvalidInputError, TooLargeError, NoRoomError, NotFoundError for the tenant.
    """
    await tenants.get(tenant_id)
    essence = find_essence(declared)
    if essence is None:
        raise InvalidInputError("Content-Type", "must name the type of the file, like image/jpeg")
    if essence in _FORMS:
        raise InvalidInputError("Content-Type", f"says {essence}: the body is the file, no form")
    needed = files.limits.file if length is None else length
    async with files.receive(tenant_id, Shelf.UPLOADED, size=needed) as incoming:
        async for data in content:
            await incoming.write(data)
        if incoming.size == 0:
            raise InvalidInputError("body", "must not be empty")
        if contradicts(essence, incoming.head):
            raise InvalidInputError("Content-Type", _SAYS.format(essence))
        await incoming.keep()
    # The file first: one without a row is swept away, a row without a file would be a promise.
    upload = Upload(sha256=incoming.sha256, mime_type=essence, size=incoming.size)
    async with transaction():
        await uploads.record(tenant_id, upload, now=clock.now())
        if caller.tenant_id is None:
            await leave_trace(caller, "media.uploaded", tenant_id=tenant_id, sha256=upload.sha256)
    return upload


async def take_from_url(
    tenant_id: TenantId,
    url: str,
    *,
    open_url: OpenUrl,
    files: MediaFiles,
    caller: Caller,
    clock: Clock,
) -> Upload:
    """As `take_upload`; also UrlsSwitchedOffError, and InvalidInputError for the URL."""
    await tenants.get(tenant_id)
    async with open_url(url) as remote:
        return await take_upload(
            tenant_id,
            remote.content,
            declared=remote.declared,
            length=remote.length,
            files=files,
            caller=caller,
            clock=clock,
        )
