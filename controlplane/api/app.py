"""Puts the admin API together."""

from collections.abc import Mapping
from typing import Any

from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.di import Provide

from controlplane.api.alarms import alarms_router
from controlplane.api.audit import audit_router
from controlplane.api.authentication import (
    provide_caller,
    require_admin_key,
    require_tenant_key,
)
from controlplane.api.documentation import close_inputs, describe
from controlplane.api.fleet import fleet_router
from controlplane.api.headers import add_security_headers
from controlplane.api.keys import keys_router, tenant_keys_router
from controlplane.api.limits import own_limits
from controlplane.api.logs import named_logs_router, own_logs_router
from controlplane.api.media import named_media_router, own_media_router
from controlplane.api.members import members_router
from controlplane.api.messages import named_messages_router, own_messages_router
from controlplane.api.operators import operators_router
from controlplane.api.problems import HANDLERS
from controlplane.api.requests import (
    MAX_BODY_BYTES,
    ApiRequest,
    refuse_large_body,
    refuse_loose_query,
    refuse_unknown_query,
)
from controlplane.api.security import security_router
from controlplane.api.setup_requests import setup_requests_router
from controlplane.api.tenants import tenants_router
from controlplane.api.worker_logs import worker_logs_router
from controlplane.api.workers import workers_router
from controlplane.media.fetching import Fetching
from controlplane.media.files import MediaFiles
from controlplane.media.remote import OpenUrl
from controlplane.services.acting import (
    Configure,
    Disconnect,
    Dispatch,
    Instruct,
    ListAlarms,
    Wake,
)
from controlplane.services.request_rate import RequestRate
from controlplane.services.worker_logs import WorkerLogs
from shared.clock import Clock
from shared.web.health import Check, healthz, readyz
from shared.web.holding import provide_held
from shared.web.passwords import Passwords

# Of every request, once it is known who asks.
_REQUESTS = (refuse_large_body, refuse_unknown_query, refuse_loose_query)


def create_api(
    *,
    wake: Wake,
    disconnect: Disconnect,
    instruct: Instruct,
    configure: Configure,
    dispatch: Dispatch,
    alarms: ListAlarms,
    worker_logs: WorkerLogs,
    checks: Mapping[str, Check],
    clock: Clock,
    passwords: Passwords,
    files: MediaFiles,
    fetching: Fetching,
    open_url: OpenUrl,
    request_rate: RequestRate,
) -> Litestar:
    """The ASGI application; the stores must be bound before it is called.

    wake: called after each change with the tenant's id; must not block.
    disconnect: cuts off the tenant's worker until it has shown its token again.
    instruct: sends a command to the tenant's worker, if it is connected.
    configure: tells the tenant's worker its configuration, if it is connected.
    dispatch: called when something was queued to be sent; must not block.
    alarms: what keeps many links of the fleet down at once.
    worker_logs: what workers log, from the engine.
    passwords: hashes them, a few at once.
    files, fetching: tenants' files, and the way to those that only a worker can get.
    request_rate: counts what tenants' programs ask.
    open_url: reads files from URLs, or says that this is switched off.
    checks: for `/readyz`, by name; each raises when its part does not answer.
    """
    # In this order: who has no key learns nothing more than that.
    caller = {"caller": Provide(provide_caller, sync_to_thread=False)}
    admin = Router(
        "/admin",
        route_handlers=[
            tenants_router,
            workers_router,
            worker_logs_router,
            named_logs_router,
            named_messages_router,
            named_media_router,
            tenant_keys_router,
            members_router,
            keys_router,
            setup_requests_router,
            operators_router,
            audit_router,
            security_router,
            alarms_router,
            fleet_router,
        ],
        guards=[require_admin_key, *_REQUESTS],
        dependencies=caller,
    )
    own = Router(
        "/v1",
        route_handlers=[own_messages_router, own_media_router, own_logs_router, own_limits],
        guards=[require_tenant_key, *_REQUESTS],
        dependencies=caller,
    )
    held: dict[str, Any] = {
        "wake": wake,
        "disconnect": disconnect,
        "instruct": instruct,
        "configure": configure,
        "dispatch": dispatch,
        "alarms": alarms,
        "worker_logs": worker_logs,
        "files": files,
        "fetching": fetching,
        "open_url": open_url,
        "clock": clock,
        "passwords": passwords,
        "checks": checks,
        "request_rate": request_rate,
    }
    api = Litestar(
        route_handlers=[healthz, readyz, admin, own],
        dependencies=provide_held(held),
        exception_handlers=HANDLERS,
        before_send=[add_security_headers],
        openapi_config=describe(),
        request_class=ApiRequest,
        request_max_body_size=MAX_BODY_BYTES,
        state=State(held),
        logging_config=None,
    )
    close_inputs(api)
    return api
