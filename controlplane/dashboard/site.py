"""Puts the dashboard's pages together."""

from pathlib import Path
from typing import Any

from litestar import Litestar, Router, get
from litestar.datastructures import State
from litestar.di import Provide
from litestar.response import Redirect

from controlplane.dashboard.desk import PREFIX, Desk
from controlplane.dashboard.pages import (
    account,
    audit,
    fleet,
    keys,
    limits,
    members,
    new_tenant,
    operators,
    provider,
    requests,
    second_step,
    security,
    sign_in,
    tenant,
    tenant_acts,
    worker_log,
)
from controlplane.dashboard.texts import TEXTS
from controlplane.dashboard.visitor import (
    EnrolmentNeededError,
    NotAllowedError,
    answer_not_allowed,
    frame_of,
    provide_caller,
    provide_operator,
    require_operator,
    send_to_enrol,
    send_to_sign_in,
)
from controlplane.services.acting import Configure, Disconnect, Instruct, ListAlarms, Wake
from controlplane.services.request_rate import RequestRate
from controlplane.services.worker_logs import WorkerLogs
from shared.enums import SecuritySite
from shared.web import assets, pages
from shared.web.assets import Assets, serve_asset
from shared.web.changes import Changes
from shared.web.csrf import guard_forms
from shared.web.headers import page_headers
from shared.web.holding import provide_held
from shared.web.pages import Pages
from shared.web.problems import HANDLERS
from shared.web.rendering import go_to
from shared.web.requests import SignInNeededError

TEMPLATES = Path(__file__).parent / "templates"
STATIC = Path(__file__).parent / "static"
# Forms are small.
MAX_BODY_BYTES = 64 * 1024
# For everybody.
OUTSIDE = (
    sign_in.show,
    sign_in.enter,
    sign_in.ask_code,
    sign_in.take_code,
    provider.leave_for,
    provider.come_back,
)
# For who is signed in, and nobody else.
INSIDE = (
    fleet.show,
    fleet.stream,
    tenant.show,
    tenant.stream,
    tenant.list_incidents,
    tenant.list_messages,
    tenant_acts.start,
    tenant_acts.stop,
    tenant_acts.restart,
    tenant_acts.force_restart,
    tenant_acts.new_qr,
    tenant_acts.reset,
    tenant_acts.change_number,
    tenant_acts.remove,
    worker_log.show,
    worker_log.stream,
    requests.show,
    requests.approve,
    requests.reject,
    new_tenant.show,
    new_tenant.create,
    limits.show,
    limits.change,
    members.show,
    members.add,
    members.remove,
    keys.show,
    keys.issue,
    keys.revoke,
    keys.show_of_tenant,
    keys.issue_to_tenant,
    keys.revoke_of_tenant,
    operators.show,
    operators.add,
    operators.show_one,
    operators.set_role,
    operators.reset_second_step,
    operators.remove,
    audit.show,
    security.show,
    account.show,
    account.set_password,
    second_step.begin,
    second_step.confirm,
    second_step.remove,
    sign_in.leave,
)


@get("/")
async def front() -> Redirect:
    return go_to(PREFIX)


def create_dashboard(
    desk: Desk,
    *,
    wake: Wake,
    disconnect: Disconnect,
    instruct: Instruct,
    configure: Configure,
    alarms: ListAlarms,
    worker_logs: WorkerLogs,
    changes: Changes,
    request_rate: RequestRate,
) -> Litestar:
    """The ASGI application; reads its templates and static files now.

    changes: where open pages wait for news. The others: as of `create_api`.
    """
    static = Assets([assets.DIRECTORY, STATIC])
    held: dict[str, Any] = {
        "wake": wake,
        "disconnect": disconnect,
        "instruct": instruct,
        "configure": configure,
        "alarms": alarms,
        "worker_logs": worker_logs,
        "request_rate": request_rate,
        "clock": desk.clock,
        "passwords": desk.passwords,
    }
    inside = Router("/", route_handlers=[*INSIDE], guards=[require_operator])
    return Litestar(
        route_handlers=[
            front,
            serve_asset,
            Router(PREFIX, route_handlers=[*OUTSIDE, inside]),
        ],
        dependencies={
            "operator": Provide(provide_operator, sync_to_thread=False),
            "caller": Provide(provide_caller, sync_to_thread=False),
            **provide_held(held),
        },
        exception_handlers={
            **HANDLERS,
            SignInNeededError: send_to_sign_in,
            NotAllowedError: answer_not_allowed,
            EnrolmentNeededError: send_to_enrol,
        },
        before_send=[page_headers(is_secure=desk.is_secure)],
        middleware=[guard_forms(desk.cookies, desk.secret, site=SecuritySite.DASHBOARD)],
        openapi_config=None,
        request_max_body_size=MAX_BODY_BYTES,
        state=State(
            {
                "assets": static,
                "pages": Pages([pages.DIRECTORY, TEMPLATES], assets=static, texts=TEXTS),
                "frame": frame_of,
                "desk": desk,
                "changes": changes,
                **held,
            }
        ),
        logging_config=None,
    )
