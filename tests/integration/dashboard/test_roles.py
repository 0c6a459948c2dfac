"""What each role of an operator may do, and what pages offer it.

The lists here are no copy of the table in the code: a route that is new is refused to all but ADMIN
until somebody says here that it is for more.
"""

import re
from uuid import UUID, uuid4

import pytest
from litestar.routes import HTTPRoute

from controlplane.rights import right_of
from shared.enums import OperatorRole, SecurityKind, SecuritySite, SessionReason, SessionState
from shared.security import write_down
from shared.stores import messages, operators, sessions, tenants
from shared.structs.operators import OperatorView
from shared.wire.frames import SessionReport
from tests.fakes.businesses import NOW, message
from tests.fakes.pages import Browser, forms_of
from tests.fakes.routes import list_routes
from tests.fakes.traces import list_newest
from tests.integration.dashboard.conftest import ADDRESS, Dashboard
from tests.integration.dashboard.test_routes import FOR_ANYBODY, FORM, IDS
from tests.integration.portal.conftest import PASSWORD

TENANT = "/dashboard/tenants/{tenant_id}"
FOR_ALL = {
    *("GET /dashboard", "GET /dashboard/stream", "GET /dashboard/requests"),
    *("GET /dashboard/audit", "GET /dashboard/security"),
    *("GET /dashboard/account", "POST /dashboard/account/password", "POST /dashboard/sign-out"),
    *(f"POST /dashboard/account/second-step{rest}" for rest in ("", "/confirm", "/remove")),
    *(f"GET {TENANT}{rest}" for rest in ("", "/stream", "/incidents", "/members", "/limits")),
}
FOR_SUPPORT = {
    *(f"GET {TENANT}{rest}" for rest in ("/messages", "/log", "/log/stream")),
    *(f"POST {TENANT}/worker/{act}" for act in ("start", "stop", "restart", "force-restart")),
    f"POST {TENANT}/session/new-qr",
    *(f"POST /dashboard/requests/{{request_id}}/{act}" for act in ("approve", "reject")),
}
MAY = {OperatorRole.READ_ONLY: FOR_ALL, OperatorRole.SUPPORT: FOR_ALL | FOR_SUPPORT}
LEAVING = ("POST /dashboard/sign-out", "POST /dashboard/account/password")


async def enter_as(dashboard: Dashboard, role: OperatorRole) -> tuple[Browser, OperatorView]:
    kept = await dashboard.passwords.hash(PASSWORD)
    made = await operators.create(f"{role.lower()}@example.com", password_hash=kept, role=role)
    return await dashboard.sign_in(made.email), made


async def await_scan(tenant_id) -> None:
    report = SessionReport(
        state=SessionState.QR_READY,
        reason=SessionReason.WAITING_FOR_SCAN,
        qr="2@of-the-tests",
        qr_expires_at=NOW.replace(year=2100),
    )
    await sessions.record_session(tenant_id, report, NOW)


def test_every_route_declares_what_it_needs(dashboard):
    undeclared = {
        f"{method} {route.path_format}"
        for route in dashboard.transport.app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for method in handler.http_methods
        if method != "OPTIONS" and right_of(handler.opt) is None
    }
    assert undeclared == FOR_ANYBODY


@pytest.mark.usefixtures("brief_streams")
@pytest.mark.parametrize("role", MAY)
async def test_a_role_is_refused_whatever_is_not_for_it(dashboard, role):
    browser, _ = await enter_as(dashboard, role)
    routes = list_routes(dashboard.transport.app) - FOR_ANYBODY
    let_in = set()
    for route in sorted(routes - {*LEAVING}):
        method, path = route.split(" ")
        answer = await browser.knock(method, path.format(**IDS), **FORM)
        if answer.status_code != 403:
            let_in.add(route)
    assert let_in == MAY[role] - {*LEAVING}


async def test_an_admin_is_refused_nothing(dashboard, browser):
    for route in sorted(list_routes(dashboard.transport.app) - FOR_ANYBODY - {*LEAVING}):
        method, path = route.split(" ")
        if "stream" not in path:
            answer = await browser.knock(method, path.format(**IDS), **FORM)
            assert answer.status_code != 403, route


async def test_a_refusal_says_why_does_nothing_and_is_seen(dashboard, tenant_id):
    browser, _ = await enter_as(dashboard, OperatorRole.READ_ONLY)
    for _ in range(2):
        answer = await browser.force(f"/dashboard/tenants/{tenant_id}/worker/stop")
    assert answer.status_code == 403
    assert "You may not do this" in answer.text
    assert "read-only" in answer.text
    assert (await tenants.get(tenant_id)).worker.desired_state == "STOPPED"  # as it was made
    assert dashboard.woken == []
    traces = await list_newest(limit=2)
    assert [trace.action for trace in traces] == ["operator.role_refused", "operator.signed_in"]
    counted = []

    async def keep(counts):
        counted.extend((each.site, each.kind, each.source, each.times) for each in counts)

    await write_down(keep)
    assert (SecuritySite.DASHBOARD, SecurityKind.SCOPE_REFUSED, ADDRESS, 2) in counted


@pytest.mark.parametrize("role", OperatorRole)
async def test_pages_lead_only_where_one_may_go_and_offer_only_what_one_may_do(
    dashboard, tenant_id, role
):
    browser, _ = await enter_as(dashboard, role)
    await operators.create("zawadi@example.com", password_hash="x")
    await await_scan(tenant_id)
    seen, waiting = set(), ["/dashboard", f"/dashboard/tenants/{tenant_id}"]
    routes = {
        route: re.compile(re.sub(r"\{[^}]+\}", "[^/]+", route) + "$")
        for route in list_routes(dashboard.transport.app)
    }
    offered = set()
    while waiting:
        path = waiting.pop().split("?")[0].split("#")[0]
        if path in seen or not path.startswith("/dashboard"):
            continue
        seen.add(path)
        answer = await browser.go(path)
        assert answer.status_code == 200, path
        waiting += re.findall(r'<a [^>]*href="([^"]+)"', answer.text)
        actions = {*forms_of(answer.text)} | {*re.findall(r'formaction="([^"]+)"', answer.text)}
        for action in actions - {"/dashboard", "/dashboard/audit"}:  # to search and to filter
            offered |= {route for route, of in routes.items() if of.match(f"POST {action}")}
    assert len(seen) > 8
    may = MAY.get(role, routes.keys())
    assert offered <= may
    if role is not OperatorRole.READ_ONLY:
        assert f"POST {TENANT}/worker/restart" in offered


@pytest.mark.usefixtures("brief_streams")
async def test_the_code_that_links_a_phone_is_for_who_may_link(dashboard, tenant_id):
    await await_scan(tenant_id)
    for role in OperatorRole:
        browser, _ = await enter_as(dashboard, role)
        for path in ("", "/stream"):
            page = (await browser.go(f"/dashboard/tenants/{tenant_id}{path}")).text
            assert ("data:image/png" in page) is (role is not OperatorRole.READ_ONLY)
    reads = [(each.who, each.action) for each in await list_newest(limit=20)]
    assert ("read_only@example.com", "code.read") not in reads
    assert ("support@example.com", "code.read") in reads


async def test_support_reads_messages_and_that_is_written_down(dashboard, tenant_id):
    await messages.append_messages(tenant_id, [message(message_text="Habari ya asubuhi")])
    browser, _ = await enter_as(dashboard, OperatorRole.SUPPORT)
    path = f"/dashboard/tenants/{tenant_id}/messages"
    assert "Habari ya asubuhi" in (await browser.go(path)).text
    [trace] = await list_newest(limit=1)
    assert (trace.who, trace.action) == ("support@example.com", "messages.read")


@pytest.mark.usefixtures("brief_streams")
async def test_another_role_is_in_force_at_once(dashboard, browser):
    theirs, one = await enter_as(dashboard, OperatorRole.ADMIN)
    path = f"/dashboard/operators/{one.id}"
    await browser.go(path)
    answer = await browser.send(f"{path}/role", role="READ_ONLY", current=PASSWORD)
    assert "Read-only" in answer.text
    assert (await theirs.go("/dashboard")).url.path == "/dashboard/sign-in"
    again = await dashboard.sign_in(one.email)
    assert (await again.go("/dashboard/keys")).status_code == 403


async def test_an_operator_is_added_with_a_password_shown_once_and_removed(dashboard, browser):
    await browser.go("/dashboard/operators")
    given = {"email": "asha@example.com", "role": "SUPPORT", "current": PASSWORD}
    answer = await browser.send("/dashboard/operators", **given)
    [password] = re.findall(r'class="secret">([^<]+)<', answer.text)
    theirs = await dashboard.sign_in("asha@example.com", password)
    assert theirs.at.url.path == "/dashboard"
    assert password not in (await browser.go("/dashboard/operators")).text
    one = next(each for each in await operators.list_all() if each.email == "asha@example.com")
    assert one.role is OperatorRole.SUPPORT
    await browser.go(f"/dashboard/operators/{one.id}")
    await browser.send(f"/dashboard/operators/{one.id}/remove", current=PASSWORD)
    assert (await theirs.go("/dashboard")).url.path == "/dashboard/sign-in"


@pytest.mark.parametrize("act", ["role", "remove"])
async def test_the_last_admin_stays_and_the_page_says_so(browser, act):
    [one] = await operators.list_all()
    await browser.go(f"/dashboard/operators/{one.id}")
    given = {"role": "SUPPORT"} if act == "role" else {}
    answer = await browser.send(f"/dashboard/operators/{one.id}/{act}", current=PASSWORD, **given)
    assert answer.status_code == 422
    assert "The last admin stays" in answer.text
    assert await operators.list_all() == [one]


@pytest.mark.parametrize("current", ["", "other good words"])
async def test_without_the_own_password_nobody_is_let_in_promoted_or_removed(
    dashboard, browser, current
):
    _, one = await enter_as(dashboard, OperatorRole.SUPPORT)
    before = await operators.list_all()
    for path, given in (
        ("/dashboard/operators", {"email": "x@example.com", "role": "ADMIN"}),
        (f"/dashboard/operators/{one.id}/role", {"role": "ADMIN"}),
        (f"/dashboard/operators/{one.id}/remove", {}),
    ):
        assert (await browser.force(path, current=current, **given)).status_code == 422
    assert await operators.list_all() == before


async def test_what_is_wrong_with_a_new_operator_is_told_at_its_field(browser):
    for given in ({"email": "x"}, {"role": "OWNER"}, {"email": "amina@example.com"}):
        await browser.go("/dashboard/operators")
        good = {"email": "x@example.com", "role": "SUPPORT", "current": PASSWORD}
        answer = await browser.send("/dashboard/operators", **(good | given))
        assert answer.status_code == 422
        assert 'aria-invalid="true"' in answer.text


async def test_what_is_no_operator_has_no_page(browser):
    for one in (uuid4(), UUID(int=0)):
        assert (await browser.go(f"/dashboard/operators/{one}")).status_code == 404
