"""`/admin/tenants/{id}/messages` and `/v1/messages`: what a tenant's worker is to send.

The two differ in where the tenant comes from: the path for an operator, the key for a tenant.
"""

from litestar import Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody

from controlplane.api.parameters import (
    DEFAULT_LIMIT,
    Acting,
    Cursor,
    Dispatching,
    IdempotencyKey,
    Limit,
    MessagePath,
    OutboundFilter,
    TenantPath,
    Timing,
)
from controlplane.api.problems import documented
from controlplane.rights import Right, needs
from controlplane.services.cancel_message import cancel_message
from controlplane.services.queue_messages import queue_messages
from controlplane.services.reading import Reading, trace_reading
from shared.ids import TenantId
from shared.stores import outbound, tenants
from shared.structs.outbound import (
    BatchAccepted,
    OutboundAccepted,
    OutboundView,
    SendBatchInput,
    SendMessageInput,
)
from shared.structs.pages import Page

Sender = NamedDependency[TenantId]


@post(
    "/",
    status_code=202,
    summary="Queue a message",
    responses=documented(404, 413, 422),
    opt=needs(Right.SEND),
)
async def send(
    *,
    data: JSONBody[SendMessageInput],
    sender: Sender,
    caller: Acting,
    dispatch: Dispatching,
    clock: Timing,
    idempotency_key: IdempotencyKey = None,
) -> OutboundAccepted:
    (queued,) = await queue_messages(
        sender,
        [data],
        batch=False,
        key=idempotency_key,
        caller=caller,
        dispatch=dispatch,
        clock=clock,
    )
    return queued


@post(
    "/batch",
    status_code=202,
    summary="Queue up to 1000 messages, all or none",
    responses=documented(404, 413, 422),
    opt=needs(Right.SEND),
)
async def send_batch(
    *,
    data: JSONBody[SendBatchInput],
    sender: Sender,
    caller: Acting,
    dispatch: Dispatching,
    clock: Timing,
    idempotency_key: IdempotencyKey = None,
) -> BatchAccepted:
    queued = await queue_messages(
        sender,
        data.messages,
        batch=True,
        key=idempotency_key,
        caller=caller,
        dispatch=dispatch,
        clock=clock,
    )
    return BatchAccepted(items=queued)


@get(
    "/",
    summary="List queued and sent messages, newest first",
    responses=documented(404),
    opt=needs(Right.READ),
)
async def list_all(
    *,
    sender: Sender,
    caller: Acting,
    clock: Timing,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    wanted: OutboundFilter = None,
) -> Page[OutboundView]:
    tenant = TenantId((await tenants.get(sender)).id)
    found = await outbound.list_page(tenant, limit=limit, cursor=cursor, state=wanted)
    await trace_reading(Reading.MESSAGES, tenant, caller=caller, clock=clock)
    return found


@get(
    "/{message_id:str}",
    summary="One message and its state",
    responses=documented(404),
    opt=needs(Right.READ),
)
async def show(
    message_id: MessagePath, sender: Sender, caller: Acting, clock: Timing
) -> OutboundView:
    tenant = TenantId((await tenants.get(sender)).id)
    found = await outbound.get(tenant, message_id)
    await trace_reading(Reading.MESSAGES, tenant, caller=caller, clock=clock)
    return found


@post(
    "/{message_id:str}/cancel",
    status_code=200,
    summary="Cancel a message that is not sent yet; one that a worker has is asked back",
    responses=documented(404, 409),
    opt=needs(Right.SEND),
)
async def cancel(
    message_id: MessagePath, sender: Sender, caller: Acting, dispatch: Dispatching, clock: Timing
) -> OutboundView:
    return await cancel_message(sender, message_id, caller=caller, dispatch=dispatch, clock=clock)


def provide_named_sender(tenant_id: TenantPath) -> TenantId:
    return TenantId(tenant_id)


def provide_own_sender(caller: Acting) -> TenantId:
    assert caller.tenant_id is not None, "the guard lets no other key in"
    return caller.tenant_id


_HANDLERS = [send, send_batch, list_all, show, cancel]
named_messages_router = Router(
    "/tenants/{tenant_id:str}/messages",
    route_handlers=_HANDLERS,
    dependencies={"sender": Provide(provide_named_sender, sync_to_thread=False)},
    tags=["Messages to send"],
)
own_messages_router = Router(
    "/messages",
    route_handlers=_HANDLERS,
    dependencies={"sender": Provide(provide_own_sender, sync_to_thread=False)},
    tags=["Messages to send, with a tenant's key"],
)
