"""`/admin/tenants/{id}/logs` and `/v1/logs`: messages that went in and out, and their files."""

from litestar import Router, get
from litestar.di import Provide
from litestar.openapi.datastructures import ResponseSpec
from litestar.response import Stream

from controlplane.api.messages import Sender, provide_named_sender, provide_own_sender
from controlplane.api.parameters import (
    DEFAULT_LIMIT,
    Acting,
    Bringing,
    Cursor,
    DirectionFilter,
    Filing,
    Limit,
    LogPath,
    Since,
    Timing,
)
from controlplane.api.problems import documented
from controlplane.media.kinds import UNKNOWN
from controlplane.rights import Right, needs
from controlplane.services.reading import Reading, trace_reading
from controlplane.services.show_media import SharedFile, show_media
from shared.ids import TenantId
from shared.instants import to_instant
from shared.stores import messages, tenants
from shared.structs.messages import MessageLogView
from shared.structs.pages import Page
from shared.web.downloads import to_disposition

_FILE = ResponseSpec(
    bytes, media_type=UNKNOWN, description="The file, to be saved", generate_examples=False
)


@get("/", summary="Messages, newest first", responses=documented(404), opt=needs(Right.READ))
async def list_all(
    *,
    sender: Sender,
    caller: Acting,
    clock: Timing,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    direction: DirectionFilter = None,
    since: Since = None,
) -> Page[MessageLogView]:
    tenant = TenantId((await tenants.get(sender)).id)
    found = await messages.list_page(
        tenant,
        limit=limit,
        cursor=cursor,
        direction=direction,
        since=to_instant("since", since),
    )
    await trace_reading(Reading.MESSAGES, tenant, caller=caller, clock=clock)
    return found


@get(
    "/{log_id:str}/media",
    summary="The file of a message, fetched from WhatsApp when it is not here yet",
    responses={200: _FILE, **documented(404, 410, 413, 502, 503)},
    opt=needs(Right.READ),
)
async def show_file(
    *,
    log_id: LogPath,
    sender: Sender,
    files: Filing,
    fetching: Bringing,
    caller: Acting,
    clock: Timing,
) -> Stream:
    file = await show_media(sender, log_id, files=files, fetching=fetching)
    await trace_reading(Reading.FILE, sender, caller=caller, clock=clock)
    return _to_download(file)


def _to_download(file: SharedFile) -> Stream:
    """To be saved and never shown in place: it comes from whoever wrote to the tenant."""
    return Stream(
        file.read(),
        media_type=file.mime_type,
        headers={
            "Content-Length": str(file.size),
            "Content-Disposition": to_disposition(file.name),
        },
    )


_HANDLERS = [list_all, show_file]
named_logs_router = Router(
    "/tenants/{tenant_id:str}/logs",
    route_handlers=_HANDLERS,
    dependencies={"sender": Provide(provide_named_sender, sync_to_thread=False)},
    tags=["Message log"],
)
own_logs_router = Router(
    "/logs",
    route_handlers=_HANDLERS,
    dependencies={"sender": Provide(provide_own_sender, sync_to_thread=False)},
    tags=["Message log, with a tenant's key"],
)
