"""`/admin/tenants/{id}/media` and `/v1/media`: files to be sent, uploaded or fetched from a URL."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

from litestar import Router, post
from litestar.di import Provide
from litestar.exceptions import InternalServerException
from litestar.openapi.spec import (
    OpenAPIFormat,
    OpenAPIMediaType,
    OpenAPIType,
    Operation,
    RequestBody,
    Schema,
)
from litestar.params import JSONBody

from controlplane.api.bodies import WHOLE
from controlplane.api.messages import Sender, provide_named_sender, provide_own_sender
from controlplane.api.parameters import Acting, Filing, FromUrls, Timing
from controlplane.api.problems import documented
from controlplane.api.requests import TAKES_FILES, ApiRequest, read_length
from controlplane.rights import Right, needs
from controlplane.services.take_upload import take_from_url, take_upload
from shared.errors import InvalidInputError
from shared.structs.media import FromUrlInput, Upload

# At a megabit a second the largest file there may be is here in time.
PATIENCE = timedelta(minutes=3)


@dataclass
class _TakesFile(Operation):
    """Litestar describes a body by the argument that holds it; a file is in none."""

    def __post_init__(self) -> None:
        file = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
        self.request_body = RequestBody({"*/*": OpenAPIMediaType(schema=file)}, required=True)


@post(
    "/",
    summary="Upload a file: the body is the file, Content-Type its type",
    description="The answer's `sha256` is what messages name the file by.",
    responses=documented(404, 413, 507),
    request_max_body_size=None,  # while it is read: see `MediaFiles`
    opt=TAKES_FILES | needs(Right.SEND),
    operation_class=_TakesFile,
)
async def upload(
    request: ApiRequest, sender: Sender, files: Filing, caller: Acting, clock: Timing
) -> Upload:
    return await take_upload(
        sender,
        _read(request),
        declared=request.headers.get("content-type", ""),
        length=read_length(request),
        files=files,
        caller=caller,
        clock=clock,
    )


@post(
    "/from-url",
    summary="Fetch a file from a URL of the public internet",
    description="Off unless the control plane's setting FLOWHQ_MEDIA_FROM_URLS is on.",
    responses=documented(404, 409, 413, 507),
    opt=needs(Right.SEND),
)
async def fetch(
    *,
    data: JSONBody[FromUrlInput],
    sender: Sender,
    files: Filing,
    caller: Acting,
    clock: Timing,
    open_url: FromUrls,
) -> Upload:
    return await take_from_url(
        sender, data.url, open_url=open_url, files=files, caller=caller, clock=clock
    )


async def _read(request: ApiRequest) -> AsyncIterator[bytes]:
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            async for data in request.stream():
                yield data
    except TimeoutError as error:
        problem = f"did not arrive within {PATIENCE.total_seconds():.0f} s"
        raise InvalidInputError(WHOLE, problem) from error
    except InternalServerException as error:  # Litestar's word for a client that went away
        raise InvalidInputError(WHOLE, "broke off") from error


_HANDLERS = [upload, fetch]
named_media_router = Router(
    "/tenants/{tenant_id:str}/media",
    route_handlers=_HANDLERS,
    dependencies={"sender": Provide(provide_named_sender, sync_to_thread=False)},
    tags=["Files to send"],
)
own_media_router = Router(
    "/media",
    route_handlers=_HANDLERS,
    dependencies={"sender": Provide(provide_own_sender, sync_to_thread=False)},
    tags=["Files to send, with a tenant's key"],
)
