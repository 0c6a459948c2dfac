"""What the portal asks of us: the file of one message, for a slip and a session, and
nothing else (ADR 10).

On a socket of its own, where no other address exists: the portal has no way to `/admin`.
"""

import asyncio
from typing import Any
from uuid import UUID

from litestar import Litestar, Request, get
from litestar.datastructures import State
from litestar.di import Provide
from litestar.exceptions import NotAuthorizedException
from litestar.params import FromPath
from litestar.response import Stream

from controlplane.api.headers import add_security_headers
from controlplane.api.parameters import Bringing, Filing
from controlplane.api.problems import HANDLERS
from controlplane.media.fetching import Fetching
from controlplane.media.files import MediaFiles
from controlplane.media.ranges import find_span
from controlplane.services.show_media import SharedFile, show_media
from shared.clock import Clock
from shared.file_slips import SESSION, SlipWindow, is_good_slip
from shared.ids import TenantId
from shared.socket_files import bind_file
from shared.stores import browser_sessions
from shared.stores.secrets import hash_secret
from shared.web.serving import serve

_SCHEME = "FlowHQ-Slip"


@get("/files/{tenant_id:uuid}/{log_id:uuid}")
async def give(
    request: Request[Any, Any, Any],
    tenant_id: FromPath[UUID],
    log_id: FromPath[UUID],
    files: Filing,
    fetching: Bringing,
) -> Stream:
    tenant = TenantId(tenant_id)
    _check_slip(request, tenant, log_id)
    await _check_session(request, tenant)
    file = await show_media(tenant, log_id, files=files, fetching=fetching)
    return _to_answer(file, request.headers.get("range", ""))


def create_slip_app(
    secret: str, *, files: MediaFiles, fetching: Fetching, clock: Clock
) -> Litestar:
    """The ASGI application. secret: what the portal signs slips with."""
    return Litestar(
        route_handlers=[give],
        dependencies={
            "files": Provide(lambda: files, sync_to_thread=False),
            "fetching": Provide(lambda: fetching, sync_to_thread=False),
        },
        exception_handlers=HANDLERS,
        before_send=[add_security_headers],
        openapi_config=None,
        state=State({"secret": secret, "clock": clock}),
        logging_config=None,
    )


async def serve_slips(
    window: SlipWindow, *, files: MediaFiles, fetching: Fetching, clock: Clock
) -> None:
    """Until cancelled."""
    app = create_slip_app(window.secret, files=files, fetching=fetching, clock=clock)
    with await asyncio.to_thread(bind_file, window.socket) as listening:
        await serve(app, listening)


def _check_slip(request: Request[Any, Any, Any], tenant_id: TenantId, log_id: UUID) -> None:
    scheme, _, slip = request.headers.get("authorization", "").partition(" ")
    state = request.app.state
    is_good = is_good_slip(slip, state.secret, tenant_id, log_id, now=state.clock.now())
    if scheme != _SCHEME or not is_good:
        raise NotAuthorizedException("The slip is not good.")


async def _check_session(request: Request[Any, Any, Any], tenant_id: TenantId) -> None:
    """The portal signs slips for whom it likes: the browser's session it cannot make up."""
    session = hash_secret(request.headers.get(SESSION, ""))
    found = await browser_sessions.find(session, now=request.app.state.clock.now())
    if found is None or found[0].tenant_id != tenant_id:
        raise NotAuthorizedException("The slip comes without a session of the tenant's.")


def _to_answer(file: SharedFile, asked: str) -> Stream:
    span = find_span(asked, file.size)
    if span is None:
        headers = {"Content-Length": str(file.size)}
    else:
        headers = {
            "Content-Length": str(span.length),
            "Content-Range": f"bytes {span.first}-{span.last}/{file.size}",
        }
    return Stream(
        file.read(span),
        status_code=200 if span is None else 206,
        media_type=file.mime_type,
        headers=headers,
    )
