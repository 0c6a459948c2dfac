"""What a key of each scope may do, at every route of the operators.

No copy of the table in the code: a route that is new is for `admin` alone until it is said here.
"""

from uuid import UUID

import pytest
from litestar.routes import HTTPRoute

from controlplane.rights import OF_ROLE, OF_SCOPE, Right, right_of, rights_of_scopes
from shared.enums import OperatorRole
from shared.stores import api_keys
from shared.structs.keys import AdminScope
from tests.fakes.routes import list_routes
from tests.fakes.traces import list_newest

TENANT = "/admin/tenants/{tenant_id}"
LOOKING = {
    *(f"GET /admin/{name}" for name in ("tenants", "setup-requests", "audit", "alarms", "fleet")),
    *("GET /admin/fleet/history", "GET /admin/security/events", "GET /admin/security/totals"),
    "GET /admin/setup-requests/{request_id}",
    *(f"GET {TENANT}{rest}" for rest in ("", "/limits", "/incidents", "/members", "/account")),
}
READING = {
    *(f"GET {TENANT}/{name}" for name in ("contacts", "logs", "messages", "worker-log")),
    *(f"GET {TENANT}/{name}" for name in ("logs/{log_id}/media", "messages/{message_id}")),
    f"GET {TENANT}/worker-log/stream",
}
ACCESS = {
    *("GET /admin/operators", "GET /admin/api-keys", "GET /admin/api-keys/of-tenants"),
    f"GET {TENANT}/api-keys",
}
HELPING = {
    f"GET {TENANT}/qr",
    f"POST {TENANT}/pairing-code",
    f"POST {TENANT}/session/new-qr",
    *(f"POST {TENANT}/worker/{act}" for act in ("start", "stop", "restart", "force-restart")),
    *(f"{act} {TENANT}/quiet-hours" for act in ("PUT", "DELETE")),
    f"PUT {TENANT}/config",
    "POST /admin/setup-requests",
    *(f"POST /admin/setup-requests/{{request_id}}/{act}" for act in ("approve", "reject")),
}
MAY = {
    ("read",): LOOKING | READING | ACCESS,
    ("support",): LOOKING | READING | HELPING,
    ("read", "support"): LOOKING | READING | HELPING | ACCESS,
    ("messages",): set(),
    ("something",): set(),
}


def admin_routes(api) -> set[str]:
    return {name for name in list_routes(application(api)) if " /admin/" in name}


def application(api):
    return api.client._transport.app


def test_every_route_of_operators_declares_what_it_needs(api):
    undeclared = [
        route.path
        for route in application(api).routes
        if isinstance(route, HTTPRoute) and route.path.startswith("/admin")
        for handler in route.route_handlers
        if handler.http_methods != {"OPTIONS"} and right_of(handler.opt) is None
    ]
    assert undeclared == []


@pytest.mark.parametrize("scopes", MAY, ids=" ".join)
async def test_a_scope_is_refused_whatever_is_not_for_it(api, scopes):
    _, key = await api_keys.create("k", scopes=scopes)
    headers, let_in = {"authorization": f"Bearer {key}"}, set()
    for route in admin_routes(api):
        method, path = route.split(" ")
        names = ("tenant_id", "log_id", "message_id", "request_id", "key_id", "operator_id")
        ids = dict.fromkeys((*names, "member_id"), UUID(int=1))
        answer = await api.client.request(method, path.format(**ids), headers=headers, json={})
        if answer.status_code != 403:
            let_in.add(route)
    assert let_in == MAY[scopes]


async def test_an_admin_key_is_refused_nothing(api):
    for route in admin_routes(api):
        method, path = route.split(" ")
        names = ("tenant_id", "log_id", "message_id", "request_id", "key_id", "operator_id")
        ids = dict.fromkeys((*names, "member_id"), UUID(int=1))
        answer = await api.client.request(method, path.format(**ids), json={})
        assert answer.status_code != 403, route


async def test_a_refusal_names_the_right_and_leaves_a_trace(api, tenant_id):
    _, key = await api_keys.create("helper", scopes=["support"])
    answer = await api.client.delete(
        f"/admin/tenants/{tenant_id}", headers={"authorization": f"Bearer {key}"}
    )
    assert answer.status_code == 403
    assert "ADMINISTER" in answer.json()["detail"]
    [trace] = await list_newest(limit=1)
    assert (trace.who, trace.action) == ("helper", "api_key.scope_refused")


def test_every_role_and_every_scope_has_rights_and_each_right_is_somebodys():
    assert OF_ROLE.keys() == {*OperatorRole}
    assert OF_SCOPE.keys() == {*AdminScope}
    assert OF_ROLE[OperatorRole.ADMIN] == {*Right}
    assert rights_of_scopes([]) == rights_of_scopes(["messages", "nonsense"]) == frozenset()
