"""One tenant: its three states with their evidence, what befell it, what it said and was told."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.params import FromPath
from litestar.response import ServerSentEvent

from controlplane.api.parameters import DEFAULT_LIMIT, Acting, Timing
from controlplane.dashboard.moments import Sayer
from controlplane.dashboard.problems import Wrong
from controlplane.dashboard.streams import stream_of
from controlplane.dashboard.texts.audit import ACTIONS
from controlplane.dashboard.visitor import FOLLOWS, may, provide_caller, provide_operator
from controlplane.rights import Right, needs
from controlplane.services.reading import Reading, trace_code, trace_reading
from controlplane.services.show_tenant import show_tenant
from shared.clock import Clock
from shared.enums import Direction
from shared.errors import InvalidInputError, NotFoundError
from shared.ids import TenantId
from shared.stores import incidents, messages, tenants
from shared.web.rendering import page, render
from shared.web.requests import PageRequest

PACE = timedelta(seconds=1)
# What a page may say was done, for the address may say anything.
DONE = {"start", "stop", "restart", "force_restart", "new_qr", "reset", "number"}
DIRECTIONS = {"all": None, "in": Direction.IN, "out": Direction.OUT}


@get("/tenants/{tenant_id:uuid}", opt=needs(Right.LOOK))
async def show(request: PageRequest, tenant_id: FromPath[UUID], clock: Timing) -> Response[str]:
    done = request.query_params.get("done", "")
    return await tenant_page(
        request, TenantId(tenant_id), clock=clock, done=done if done in DONE else ""
    )


@get("/tenants/{tenant_id:uuid}/stream", opt=FOLLOWS | needs(Right.LOOK))
async def stream(request: PageRequest, tenant_id: FromPath[UUID], clock: Timing) -> ServerSentEvent:
    tenant = TenantId((await tenants.get(TenantId(tenant_id))).id)

    async def look() -> str:
        return render(request, "tenant_live.html", **await _look(request, tenant, clock=clock))

    return stream_of(request, tenant, look, pace=PACE)


@get("/tenants/{tenant_id:uuid}/incidents", opt=needs(Right.LOOK))
async def list_incidents(
    request: PageRequest, tenant_id: FromPath[UUID], clock: Timing
) -> Response[str]:
    tenant = await tenants.get(TenantId(tenant_id))
    cursor = request.query_params.get("cursor") or None
    try:
        found = await incidents.list_page(TenantId(tenant.id), limit=DEFAULT_LIMIT, cursor=cursor)
    except InvalidInputError as error:
        raise NotFoundError("there is no such part of the list") from error
    return page(
        request, "tenant_incidents.html", tenant=tenant, found=found, say=Sayer(clock.now())
    )


@get("/tenants/{tenant_id:uuid}/messages", opt=needs(Right.READ))
async def list_messages(
    request: PageRequest, tenant_id: FromPath[UUID], caller: Acting, clock: Timing
) -> Response[str]:
    tenant = await tenants.get(TenantId(tenant_id))
    chosen = request.query_params.get("direction", "")
    shown = chosen if chosen in DIRECTIONS else "all"
    try:
        found = await messages.list_page(
            TenantId(tenant.id),
            limit=DEFAULT_LIMIT,
            cursor=request.query_params.get("cursor") or None,
            direction=DIRECTIONS[shown],
        )
    except InvalidInputError as error:
        raise NotFoundError("there is no such part of the list") from error
    await trace_reading(Reading.MESSAGES, TenantId(tenant.id), caller=caller, clock=clock)
    return page(
        request,
        "tenant_messages.html",
        tenant=tenant,
        found=found,
        shown=shown,
        directions=list(DIRECTIONS),
    )


async def tenant_page(
    request: PageRequest,
    tenant_id: TenantId,
    *,
    clock: Clock,
    status: int = HTTPStatus.OK,
    done: str = "",
    refused: str = "",
    wrong: dict[str, Wrong] | None = None,
) -> Response[str]:
    """done, refused: what came of what was asked. wrong: by the form in which it is."""
    seen = await _look(request, tenant_id, clock=clock)
    return page(
        request,
        "tenant.html",
        status=status,
        done=done,
        refused=refused,
        wrong=wrong or {},
        **seen,
    )


async def _look(request: PageRequest, tenant_id: TenantId, *, clock: Clock) -> dict[str, Any]:
    glance = await show_tenant(tenant_id, clock=clock)
    if not may(provide_operator(request), Right.LINK):
        glance = msgspec.structs.replace(glance, code=None)
    await trace_code(glance.code, tenant_id, caller=provide_caller(request), clock=clock)
    return {
        "glance": glance,
        "tenant": glance.tenant,
        "actions": ACTIONS,
        "say": Sayer(clock.now()),
    }
