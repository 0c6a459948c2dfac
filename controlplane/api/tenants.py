"""`/admin/tenants`: the businesses, their contacts and incidents."""

from litestar import Router, delete, get, patch, post, put
from litestar.params import JSONBody

from controlplane.api.parameters import (
    DEFAULT_LIMIT,
    Acting,
    ActorFilter,
    Configuring,
    CountingRequests,
    Cursor,
    DesiredFilter,
    Instructing,
    Limit,
    NumberFilter,
    Order,
    SessionFilter,
    Sort,
    TenantPath,
    TenantSearch,
    TenantStatusFilter,
    Timing,
    Waking,
    WorkerFilter,
)
from controlplane.api.problems import documented
from controlplane.rights import Right, needs
from controlplane.services.create_tenant import create_tenant
from controlplane.services.reading import Reading, trace_code, trace_reading
from controlplane.services.remove_tenant import remove_tenant
from controlplane.services.set_config import set_config
from controlplane.services.set_limits import set_limits
from controlplane.services.set_number import set_number
from controlplane.services.set_quiet_hours import set_quiet_hours
from controlplane.services.show_limits import show_limits as list_limits
from controlplane.services.show_qr import show_qr
from shared.contacts import to_digits
from shared.enums import SortOrder, TenantSort
from shared.ids import TenantId
from shared.stores import contacts, incidents, tenant_lists, tenants
from shared.structs.contacts import ContactView
from shared.structs.incidents import IncidentView
from shared.structs.limits import LimitsView
from shared.structs.pages import Page
from shared.structs.sessions import QrView
from shared.structs.tenants import (
    CreateTenantInput,
    QuietHours,
    RemovalView,
    TenantConfigInput,
    TenantFilter,
    TenantWithRelations,
    UpdateTenantInput,
)


@post("/", summary="Create a tenant", responses=documented(409, 413), opt=needs(Right.ADMINISTER))
async def create(data: JSONBody[CreateTenantInput], caller: Acting) -> TenantWithRelations:
    return await create_tenant(data, caller=caller)


@get(
    "/",
    summary="List tenants, oldest first unless asked otherwise",
    responses=documented(),
    opt=needs(Right.LOOK),
)
async def list_all(
    *,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    search: TenantSearch = None,
    status: TenantStatusFilter = None,
    worker: WorkerFilter = None,
    session: SessionFilter = None,
    desired: DesiredFilter = None,
    actor: ActorFilter = None,
    sort: Sort = TenantSort.CREATED,
    order: Order = SortOrder.ASC,
) -> Page[TenantWithRelations]:
    chosen = TenantFilter(
        search=search,
        status=status,
        worker=worker,
        session=session,
        desired=desired,
        actor=actor,
    )
    return await tenant_lists.list_page(
        limit=limit, cursor=cursor, chosen=chosen, sort=sort, order=order
    )


@get("/{tenant_id:str}", summary="One tenant", responses=documented(404), opt=needs(Right.LOOK))
async def show(tenant_id: TenantPath) -> TenantWithRelations:
    return await tenants.get(TenantId(tenant_id))


@patch(
    "/{tenant_id:str}",
    summary="Change a tenant's number, and what it may use; of that null returns to the default",
    responses=documented(404, 409, 413),
    opt=needs(Right.ADMINISTER),
)
async def update(
    tenant_id: TenantPath,
    data: JSONBody[UpdateTenantInput],
    caller: Acting,
    wake: Waking,
    instruct: Instructing,
) -> TenantWithRelations:
    if data.phone_number is not None:
        await set_number(
            TenantId(tenant_id), data.phone_number, caller=caller, wake=wake, instruct=instruct
        )
    return await set_limits(TenantId(tenant_id), data.limits, caller=caller, wake=wake)


@get(
    "/{tenant_id:str}/limits",
    summary="What a tenant may use, and what it uses",
    responses=documented(404),
    opt=needs(Right.LOOK),
)
async def show_limits(
    tenant_id: TenantPath, request_rate: CountingRequests, clock: Timing
) -> LimitsView:
    return await list_limits(TenantId(tenant_id), request_rate=request_rate, clock=clock)


@delete(
    "/{tenant_id:str}",
    status_code=202,
    summary="Remove a tenant with its container, session and rows",
    responses=documented(404),
    opt=needs(Right.ADMINISTER),
)
async def remove(tenant_id: TenantPath, caller: Acting, wake: Waking, clock: Timing) -> RemovalView:
    return await remove_tenant(TenantId(tenant_id), caller=caller, wake=wake, clock=clock)


@get(
    "/{tenant_id:str}/qr",
    summary="The QR to scan or the code to type, if one is awaited",
    # Whoever has the code may link a phone of their own.
    opt=needs(Right.LINK),
    responses=documented(404),
)
async def qr(tenant_id: TenantPath, caller: Acting, clock: Timing) -> QrView:
    code = await show_qr(TenantId(tenant_id), clock=clock)
    await trace_code(code, TenantId(tenant_id), caller=caller, clock=clock)
    return code


@get(
    "/{tenant_id:str}/contacts",
    summary="People who wrote or were written to, newest first",
    responses=documented(404),
    opt=needs(Right.READ),
)
async def list_contacts(
    *,
    tenant_id: TenantPath,
    caller: Acting,
    clock: Timing,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    number: NumberFilter = None,
) -> Page[ContactView]:
    tenant = TenantId((await tenants.get(TenantId(tenant_id))).id)
    digits = None if number is None else to_digits(number)
    await trace_reading(Reading.CONTACTS, tenant, caller=caller, clock=clock)
    return await contacts.list_page(tenant, limit=limit, cursor=cursor, digits=digits)


@get(
    "/{tenant_id:str}/incidents",
    summary="What befell the worker, newest first",
    responses=documented(404),
    opt=needs(Right.LOOK),
)
async def list_incidents(
    tenant_id: TenantPath, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[IncidentView]:
    tenant = TenantId((await tenants.get(TenantId(tenant_id))).id)
    return await incidents.list_page(tenant, limit=limit, cursor=cursor)


@put(
    "/{tenant_id:str}/quiet-hours",
    summary="Let queued messages wait at night; a worker that runs is told at once",
    responses=documented(404, 413),
    opt=needs(Right.CONFIGURE),
)
async def put_quiet_hours(
    tenant_id: TenantPath, data: JSONBody[QuietHours], caller: Acting, configure: Configuring
) -> TenantWithRelations:
    return await set_quiet_hours(TenantId(tenant_id), data, caller=caller, configure=configure)


@put(
    "/{tenant_id:str}/config",
    summary="Set all that the bot is told: template, language, hours, holidays, texts; at once",
    responses=documented(404, 413),
    opt=needs(Right.CONFIGURE),
)
async def put_config(
    tenant_id: TenantPath,
    data: JSONBody[TenantConfigInput],
    caller: Acting,
    configure: Configuring,
) -> TenantWithRelations:
    return await set_config(TenantId(tenant_id), data, caller=caller, configure=configure)


@delete(
    "/{tenant_id:str}/quiet-hours",
    status_code=200,
    summary="Let queued messages go out at any hour",
    responses=documented(404),
    opt=needs(Right.CONFIGURE),
)
async def remove_quiet_hours(
    tenant_id: TenantPath, caller: Acting, configure: Configuring
) -> TenantWithRelations:
    return await set_quiet_hours(TenantId(tenant_id), None, caller=caller, configure=configure)


tenants_router = Router(
    "/tenants",
    route_handlers=[
        create,
        list_all,
        show,
        update,
        show_limits,
        remove,
        qr,
        put_config,
        put_quiet_hours,
        remove_quiet_hours,
        list_contacts,
        list_incidents,
    ],
    tags=["Tenants"],
)
