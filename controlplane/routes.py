"""Every route of the API and of the dashboard, without a database, an engine or a setting."""

from typing import Any

from litestar import Litestar

from controlplane.api.app import create_api
from controlplane.dashboard.desk import Desk
from controlplane.dashboard.site import create_dashboard
from shared.clock import SystemClock
from shared.web.changes import Changes
from shared.web.routes import Route, list_routes

# Handlers are listed and none is called: what they would act through is never touched.
_UNUSED: Any = None


def create_listed_api() -> Litestar:
    return create_api(
        checks={},
        wake=_UNUSED,
        disconnect=_UNUSED,
        instruct=_UNUSED,
        configure=_UNUSED,
        dispatch=_UNUSED,
        request_rate=_UNUSED,
        alarms=_UNUSED,
        worker_logs=_UNUSED,
        clock=SystemClock(),
        passwords=_UNUSED,
        files=_UNUSED,
        fetching=_UNUSED,
        open_url=_UNUSED,
    )


def list_all_routes() -> list[Route]:
    clock = SystemClock()
    dashboard = create_dashboard(
        Desk(secret="", is_secure=False, clock=clock, passwords=_UNUSED),
        wake=_UNUSED,
        disconnect=_UNUSED,
        instruct=_UNUSED,
        configure=_UNUSED,
        request_rate=_UNUSED,
        alarms=_UNUSED,
        worker_logs=_UNUSED,
        changes=Changes(),
    )
    return [*list_routes("api", create_listed_api()), *list_routes("dashboard", dashboard)]
