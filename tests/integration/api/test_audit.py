"""Who did what, when and from where: of everything that changes something."""

from uuid import UUID, uuid4

import pytest

from shared.enums import CallerKind, SessionReason, SessionState
from shared.stores import audit, audit_chain, operators, sessions
from shared.structs.keys import AuditEntry
from shared.wire.frames import SessionReport
from tests.fakes.businesses import NOW
from tests.fakes.traces import list_newest
from tests.integration.api.test_tenants import BODY
from tests.integration.api.test_uploads import JPEG, Web

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 16
TENANT = "/admin/tenants/{tenant_id}"
QUIET = {"begins": "21:00", "ends": "07:00", "time_zone": "Africa/Nairobi"}
MESSAGE = {"to": "+255712000001", "text": "Karibu"}
OPERATOR = {"email": "amina@example.com", "password": "three good words"}
# Every change that the API offers, in an order in which each can be made. What an answer names
# "id" fills in the placeholders of those after it.
CHANGES = [
    ("POST", "/admin/tenants", {"json": BODY}),
    (
        "PUT",
        f"{TENANT}/config",
        {"json": {"template_type": "SUPPORT", "business_name": "A", "language": "EN"}},
    ),
    ("PUT", f"{TENANT}/quiet-hours", {"json": QUIET}),
    ("DELETE", f"{TENANT}/quiet-hours", {}),
    ("POST", "/admin/setup-requests", {"json": {"tenant_id": "{tenant_id}"}}),
    ("POST", "/admin/setup-requests/{request_id}/approve", {}),
    ("POST", "/admin/setup-requests", {"json": {"tenant_id": "{tenant_id}"}}),
    ("POST", "/admin/setup-requests/{request_id}/reject", {}),
    *(
        ("POST", f"{TENANT}/worker/{deed}", {})
        for deed in ("start", "restart", "force-restart", "revoke-token", "stop")
    ),
    ("POST", f"{TENANT}/session/new-qr", {}),
    ("POST", f"{TENANT}/pairing-code", {}),
    ("POST", f"{TENANT}/account/award", {}),
    ("POST", f"{TENANT}/session/reset", {}),
    ("POST", f"{TENANT}/messages/batch", {"json": {"messages": [MESSAGE]}}),
    ("POST", f"{TENANT}/messages", {"json": MESSAGE}),
    ("POST", f"{TENANT}/messages/{{message_id}}/cancel", {}),
    ("POST", f"{TENANT}/media", {"content": PNG, "headers": {"content-type": "image/png"}}),
    ("POST", f"{TENANT}/media/from-url", {"json": {"url": "https://example.com/a.png"}}),
    ("POST", f"{TENANT}/api-keys", {"json": {"name": "shop"}}),
    ("DELETE", f"{TENANT}/api-keys/{{key_id}}", {}),
    ("POST", f"{TENANT}/members", {"json": {"email": "asha@example.com", "role": "OWNER"}}),
    ("DELETE", f"{TENANT}/members/{{member_id}}", {}),
    ("POST", "/admin/api-keys", {"json": {"name": "k", "scopes": ["read"]}}),
    ("DELETE", "/admin/api-keys/{key_id}", {}),
    ("POST", "/admin/operators", {"json": OPERATOR}),
    ("PATCH", "/admin/operators/{operator_id}", {"json": {"role": "SUPPORT"}}),
    ("PUT", "/admin/operators/{operator_id}/password", {"json": {"password": "other good words"}}),
    ("DELETE", "/admin/operators/{operator_id}/second-step", {}),
    ("DELETE", "/admin/operators/{operator_id}", {}),
    ("PATCH", TENANT, {"json": {"limits": {"pids": 64}}}),
    ("DELETE", TENANT, {}),
]
NAMES = {
    "/admin/tenants": "tenant_id",
    "/admin/setup-requests": "request_id",
    f"{TENANT}/messages": "message_id",
    f"{TENANT}/api-keys": "key_id",
    f"{TENANT}/members": "member_id",
    "/admin/api-keys": "key_id",
    "/admin/operators": "operator_id",
}


def filled(value, known):
    if isinstance(value, dict):
        return {name: filled(each, known) for name, each in value.items()}
    return value.format(**known) if isinstance(value, str) else value


async def test_every_change_leaves_who_made_it_and_from_where(api):
    described = (await api.client.get("/schema/openapi.json")).json()["paths"]
    offered = {
        (method.upper(), path)
        for path, methods in described.items()
        for method in methods
        if path.startswith("/admin/") and method != "get"
    }
    assert {(method, path) for method, path, _ in CHANGES} == offered
    api.urls.open = Web(JPEG).open
    await operators.create("zawadi@example.com", password_hash="x")  # else nobody would administer
    known, before = {}, 0
    for method, path, options in CHANGES:
        if path.endswith("/new-qr"):  # a link that is ready for what comes now
            api.commands[tenant_of(known)] = []
            report = SessionReport(
                state=SessionState.QR_EXPIRED, reason=SessionReason.WAITING_FOR_SCAN
            )
            await sessions.record_session(tenant_of(known), report, NOW)
        if path.endswith("/award"):  # an account that was refused
            refused = SessionReport(
                state=SessionState.LOGGED_OUT,
                reason=SessionReason.PHONE_TAKEN,
                refused_phone=BODY["phone_number"],
            )
            await sessions.record_session(tenant_of(known), refused, NOW)
        answer = await api.client.request(method, path.format(**known), **filled(options, known))
        assert answer.is_success, (path, answer.text)
        if method == "POST" and path in NAMES:
            known[NAMES[path]] = answer.json()["id"]
        traces = await list_newest(limit=100)
        assert len(traces) == before + 1, path
        before = len(traces)
        assert (traces[0].kind, traces[0].who) == (CallerKind.KEY, "admin")
        assert traces[0].address == "192.0.2.7"
        concerned = str(traces[0].tenant_id) if traces[0].tenant_id else None
        assert concerned == (None if is_of_the_platform(path) else known["tenant_id"]), path


def tenant_of(known):
    return UUID(known["tenant_id"])


def is_of_the_platform(path):
    return path.startswith(("/admin/api-keys", "/admin/operators"))


async def record(**values):
    entry = {"who": "admin", "action": "tenant.created", "address": "::1"} | values
    await audit.record(AuditEntry(**entry))


async def test_the_log_is_filtered_by_tenant_action_and_who(api, tenant_id):
    await record(tenant_id=tenant_id)
    await record(action="worker.start_requested", tenant_id=tenant_id)
    await record(who="amina@example.com", kind=CallerKind.OPERATOR, action="operator.signed_in")

    async def actions(**filters):
        found = (await api.client.get("/admin/audit", params=filters)).json()
        return [item["action"] for item in found["items"]]

    assert await actions() == ["operator.signed_in", "worker.start_requested", "tenant.created"]
    assert await actions(tenant_id=str(tenant_id)) == ["worker.start_requested", "tenant.created"]
    assert await actions(who="amina@example.com") == ["operator.signed_in"]
    assert await actions(who="admin", action="tenant.created") == ["tenant.created"]
    assert await actions(tenant_id=str(uuid4())) == []
    assert await actions(action="tenant.created", who="amina@example.com") == []


async def test_an_entry_says_everything(api, tenant_id):
    await record(tenant_id=tenant_id, detail={"name": "Duka"})
    [item] = (await api.client.get("/admin/audit")).json()["items"]
    assert item == {
        "id": item["id"],
        "at": item["at"],
        "kind": "KEY",
        "who": "admin",
        "action": "tenant.created",
        "address": "::1",
        "tenant_id": str(tenant_id),
        "tenant_name": "Duka 1",
        "detail": {"name": "Duka"},
        "hash": (await audit_chain.find_head()).hash,
    }


async def test_the_log_has_pages(api):
    for number in range(5):
        await record(detail={"number": number})
    seen, cursor = [], None
    while True:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        found = (await api.client.get("/admin/audit", params=params)).json()
        seen += [item["detail"]["number"] for item in found["items"]]
        cursor = found.get("next_cursor")
        if not cursor:
            break
    assert seen == [4, 3, 2, 1, 0]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("tenant_id=x", "tenant_id"),
        ("cursor=x", "cursor"),
        ("limit=0", "limit"),
        ("who=" + "x" * 255, "who"),
        ("since=2026-11-23T08:00:00Z", "since"),
    ],
)
async def test_a_bad_filter_is_refused_by_name(api, query, field):
    answer = await api.client.get(f"/admin/audit?{query}")
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_nobody_did_what_no_row_can_hold(api):
    for query in ("action=a%00b", "who=a%00b"):
        answer = await api.client.get(f"/admin/audit?{query}")
        assert (answer.status_code, answer.json()["items"]) == (200, [])


async def test_what_was_done_is_known_when_the_tenant_is_gone(api, tenant_id):
    await api.client.delete(f"/admin/tenants/{tenant_id}")
    [item] = (await api.client.get("/admin/audit")).json()["items"]
    assert (item["tenant_id"], item["tenant_name"]) == (str(tenant_id), None)


async def test_a_change_that_is_refused_leaves_no_trace(api, tenant_id):
    refused = [
        await api.client.post("/admin/tenants", json={}),
        await api.client.post("/admin/api-keys", json={"name": "admin", "scopes": ["read"]}),
        await api.client.post(f"/admin/tenants/{uuid4()}/worker/start"),
        await api.client.post(f"/admin/tenants/{tenant_id}/session/new-qr"),
    ]
    assert {answer.status_code for answer in refused} == {400, 404, 409}
    assert await list_newest(limit=9) == []
