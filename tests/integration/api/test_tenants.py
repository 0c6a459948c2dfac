"""What operators do with tenants and workers."""

from datetime import timedelta
from uuid import uuid4

import pytest

from shared.enums import Direction, SessionReason, SessionState
from shared.stores import accounts, credentials, messages, sessions, tenants
from shared.structs.keys import AuditEntry
from shared.tables import WorkerProcess
from shared.wire.frames import LOG_OUT, NEW_QR_ROUND, PAIRING_CODE, Command, SessionReport
from tests.fakes.businesses import NOW, business, message
from tests.fakes.traces import list_newest

BODY = {
    "name": "Mama Ntilie",
    "phone_number": "+255712345678",
    "template_type": "BOOKING",
    "language": "SW",
    "hours": {"MON": {"opens": "08:00", "closes": "17:00"}},
}
ACTIONS = ("start", "stop", "restart", "force-restart", "revoke-token")


async def test_a_created_tenant_is_answered_whole(api):
    answer = await api.client.post("/admin/tenants", json=BODY)
    assert answer.status_code == 201
    made = answer.json()
    assert made.keys() == {
        "id",
        "name",
        "phone_number",
        "status",
        "config",
        "session",
        "worker",
        "who_must_act",
        "unreadable",
        "created_at",
    }
    assert made["status"] == "NEW"
    assert made["config"] == {
        "template_type": "BOOKING",
        "business_name": "Mama Ntilie",
        "language": "SW",
        "hours": {"MON": {"opens": "08:00", "closes": "17:00"}},
        "quiet_hours": None,
        "time_zone": "Africa/Dar_es_Salaam",
        "holidays": [],
        "when_closed": "MENU",
        "texts": {},
    }
    assert made["session"].keys() >= {"state", "reason", "last_seen_at"}
    assert made["worker"].keys() >= {
        "desired_state",
        "status",
        "container_name",
        "container_id",
        "image",
        "last_heartbeat_at",
        "last_error",
        "restarts",
    }
    assert (await api.client.get(f"/admin/tenants/{made['id']}")).json() == made


async def test_tenants_are_listed_in_pages(api):
    for number in range(3):
        await tenants.create(business(number))
    first = (await api.client.get("/admin/tenants?limit=2")).json()
    second = (await api.client.get(f"/admin/tenants?limit=2&cursor={first['next_cursor']}")).json()
    assert [item["name"] for item in first["items"] + second["items"]] == [
        "Duka 0",
        "Duka 1",
        "Duka 2",
    ]
    assert second["next_cursor"] is None


async def test_a_taken_phone_number_is_a_conflict_that_names_the_field(api):
    await api.client.post("/admin/tenants", json=BODY)
    before = await api.counts()
    answer = await api.client.post("/admin/tenants", json={**BODY, "name": "Other"})
    assert answer.status_code == 409
    assert answer.json()["errors"] == [
        {"field": "phone_number", "message": "belongs to another tenant"}
    ]
    assert await api.counts() == before


async def test_a_start_is_asked_once_and_wakes_the_reconciler(api, tenant_id):
    answers = [await api.client.post(f"/admin/tenants/{tenant_id}/worker/start") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[1].json()["worker"]["desired_state"] == "RUNNING"
    assert await generation_of(tenant_id) == 1
    assert tenant_id in api.woken


async def test_a_stop_of_a_stopped_worker_succeeds_and_changes_nothing(api, tenant_id):
    answer = await api.client.post(f"/admin/tenants/{tenant_id}/worker/stop")
    assert answer.status_code == 200
    assert await generation_of(tenant_id) == 0


@pytest.mark.parametrize("action", ["worker/restart", "worker/force-restart", "session/reset"])
async def test_a_restart_raises_the_generation_each_time(api, tenant_id, action):
    for _ in range(2):
        answer = await api.client.post(f"/admin/tenants/{tenant_id}/{action}")
        assert answer.status_code == 200
    assert await generation_of(tenant_id) == 2


async def test_a_revoked_token_is_known_as_revoked(api, tenant_id):
    token = await credentials.issue(tenant_id, 1)
    path = f"/admin/tenants/{tenant_id}/worker/revoke-token"
    assert (await api.client.post(path)).json() == {"revoked": True}
    assert api.dropped == [tenant_id]
    assert (await api.client.post(path)).json() == {"revoked": False}
    assert (await credentials.find_tenant(token)).revoked


async def test_a_removed_tenant_is_accepted_and_then_not_found(api, tenant_id):
    answer = await api.client.delete(f"/admin/tenants/{tenant_id}")
    assert answer.status_code == 202
    assert api.woken == [tenant_id]
    assert (await api.client.get(f"/admin/tenants/{tenant_id}")).status_code == 404
    assert (await api.client.delete(f"/admin/tenants/{tenant_id}")).status_code == 404


async def test_a_foreign_id_is_not_found_wherever_it_is_used(api):
    path = f"/admin/tenants/{uuid4()}"
    answers = [
        await api.client.get(path),
        await api.client.delete(path),
        *[await api.client.get(f"{path}/{what}") for what in ("qr", "logs", "incidents")],
        *[await api.client.post(f"{path}/worker/{action}") for action in ACTIONS],
        await api.client.post(f"{path}/session/reset"),
        await api.client.post(f"{path}/session/new-qr"),
        await api.client.post(f"{path}/pairing-code"),
    ]
    assert {answer.status_code for answer in answers} == {404}
    for answer in answers:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["errors"] == [{"field": "tenant_id", "message": "is unknown"}]


async def test_a_qr_comes_as_text_and_picture_while_a_scan_is_awaited(api, tenant_id):
    report = SessionReport(
        state=SessionState.QR_READY,
        reason=SessionReason.WAITING_FOR_SCAN,
        qr="2@" + "x" * 230,
        qr_expires_at=NOW + timedelta(seconds=60),
        qr_attempt=1,
        qr_attempts=6,
    )
    await sessions.record_session(tenant_id, report, NOW)
    view = (await api.client.get(f"/admin/tenants/{tenant_id}/qr")).json()
    assert view.pop("png").startswith("data:image/png;base64,")
    assert view == {
        "state": "QR_READY",
        "reason": "WAITING_FOR_SCAN",
        "who_must_act": "TENANT",
        "qr": report.qr,
        "expires_at": "2026-11-23T08:01:00Z",
        "attempt": 1,
        "attempts": 6,
        "detail": "",
        "phone_number": "+255712300001",
        "refused_phone": None,
        "pairing": None,
    }


async def test_there_is_no_qr_when_no_scan_is_awaited(api, tenant_id):
    view = (await api.client.get(f"/admin/tenants/{tenant_id}/qr")).json()
    assert (view["state"], view["qr"], view["png"]) == ("DISCONNECTED", None, None)


async def test_logs_are_newest_first_in_pages_and_filtered(api, tenant_id):
    await messages.append_messages(
        tenant_id, [message("a"), message("b"), message("c", direction=Direction.OUT)]
    )
    path = f"/admin/tenants/{tenant_id}/logs"
    first = (await api.client.get(path, params={"limit": 2})).json()
    rest = (await api.client.get(path, params={"cursor": first["next_cursor"]})).json()
    assert [item["wa_message_id"] for item in first["items"] + rest["items"]] == ["c", "b", "a"]
    inbound = (await api.client.get(path, params={"direction": "IN"})).json()
    assert [item["wa_message_id"] for item in inbound["items"]] == ["b", "a"]
    later = (await api.client.get(path, params={"since": "2100-01-01T00:00:00Z"})).json()
    assert later["items"] == []


async def test_logs_hold_nothing_of_another_tenant(api, tenant_id):
    other = (await tenants.create(business(2))).id
    await messages.append_messages(other, [message()])
    assert (await api.client.get(f"/admin/tenants/{tenant_id}/logs")).json()["items"] == []


async def test_every_write_leaves_who_did_it_and_from_where(api, tenant_id):
    await api.client.post(f"/admin/tenants/{tenant_id}/worker/start")
    await api.client.delete(f"/admin/tenants/{tenant_id}")
    assert await list_newest(limit=10) == [
        AuditEntry(
            who="admin",
            action="tenant.removal_requested",
            address="192.0.2.7",
            tenant_id=tenant_id,
        ),
        AuditEntry(
            who="admin",
            action="worker.start_requested",
            address="192.0.2.7",
            tenant_id=tenant_id,
            detail={"changed": True},
        ),
    ]


async def generation_of(tenant_id) -> int:
    row = await WorkerProcess.select().where(WorkerProcess.tenant == tenant_id).first()
    return row["generation"]


@pytest.mark.parametrize("state", [SessionState.QR_EXPIRED, SessionState.LOGGED_OUT])
async def test_new_codes_are_asked_of_the_worker_when_a_round_ran_out(api, tenant_id, state):
    api.commands[tenant_id] = []
    report = SessionReport(state=state, reason=SessionReason.QR_ROUND_OVER)
    await sessions.record_session(tenant_id, report, NOW)
    answer = await api.client.post(f"/admin/tenants/{tenant_id}/session/new-qr")
    assert answer.status_code == 200
    assert [command.kind for command in api.commands[tenant_id]] == [NEW_QR_ROUND]


async def test_new_codes_are_not_asked_for_while_codes_are_shown(api, tenant_id):
    api.commands[tenant_id] = []
    report = SessionReport(state=SessionState.QR_READY, reason=SessionReason.WAITING_FOR_SCAN)
    await sessions.record_session(tenant_id, report, NOW)
    answer = await api.client.post(f"/admin/tenants/{tenant_id}/session/new-qr")
    assert answer.status_code == 200
    assert api.commands[tenant_id] == []


@pytest.mark.parametrize(
    ("state", "is_connected"),
    [
        pytest.param(SessionState.CONNECTED, True, id="a linked phone needs no code"),
        pytest.param(SessionState.BANNED, True, id="a banned one would not get any"),
        pytest.param(SessionState.QR_EXPIRED, False, id="no worker is there to make one"),
    ],
)
async def test_new_codes_that_cannot_be_had_are_a_conflict(api, tenant_id, state, is_connected):
    if is_connected:
        api.commands[tenant_id] = []
    report = SessionReport(state=state, reason=SessionReason.LINKED)
    await sessions.record_session(tenant_id, report, NOW)
    answer = await api.client.post(f"/admin/tenants/{tenant_id}/session/new-qr")
    assert answer.status_code == 409


async def link_is(tenant_id, state, **more):
    report = SessionReport(state=state, reason=SessionReason.WAITING_FOR_SCAN, **more)
    await sessions.record_session(tenant_id, report, NOW)


@pytest.mark.parametrize(
    "state",
    [
        SessionState.CONNECTING,
        SessionState.QR_READY,
        SessionState.QR_EXPIRED,
        SessionState.LOGGED_OUT,
    ],
)
async def test_a_pairing_code_is_asked_of_the_worker_for_the_tenants_number(api, tenant_id, state):
    api.commands[tenant_id] = []
    await link_is(tenant_id, state)
    answer = await api.client.post(f"/admin/tenants/{tenant_id}/pairing-code")
    assert (answer.status_code, answer.json()["state"]) == (202, state)
    [command] = api.commands[tenant_id]
    number = (await tenants.get(tenant_id)).phone_number
    assert command == Command(id=command.id, kind=PAIRING_CODE, phone_number=number)


async def test_a_pairing_code_for_another_number_is_refused_at_once(api, tenant_id):
    api.commands[tenant_id] = []
    await link_is(tenant_id, SessionState.QR_READY)
    answer = await api.client.post(
        f"/admin/tenants/{tenant_id}/pairing-code", json={"phone_number": "+255712345678"}
    )
    assert answer.status_code == 409
    assert all(each in answer.json()["detail"] for each in ("+255712345678", "+255712300001"))
    assert api.commands[tenant_id] == []


async def test_a_phone_that_was_refused_is_named_beside_the_tenants_number(api, tenant_id):
    refused = SessionReport(
        state=SessionState.LOGGED_OUT,
        reason=SessionReason.WRONG_PHONE,
        refused_phone="+255712345678",
    )
    await sessions.record_session(tenant_id, refused, NOW)
    for path in (f"/admin/tenants/{tenant_id}", f"/admin/tenants/{tenant_id}/qr"):
        view = (await api.client.get(path)).json()
        session = view.get("session", view)
        assert (session["reason"], session["who_must_act"]) == ("WRONG_PHONE", "TENANT")
        assert session["refused_phone"] == "+255712345678"
        assert view["phone_number"] == "+255712300001"


async def test_a_pairing_code_is_shown_beside_the_qr_until_it_expires(api, tenant_id):
    await link_is(
        tenant_id,
        SessionState.QR_READY,
        qr="2@abc",
        pairing_code="ABCD-1234",
        pairing_phone="+255712345678",
        pairing_expires_at=NOW + timedelta(seconds=160),
    )
    path = f"/admin/tenants/{tenant_id}/qr"
    assert (await api.client.get(path)).json()["pairing"] == {
        "code": "ABCD-1234",
        "phone_number": "+255712345678",
        "expires_at": "2026-11-23T08:02:40Z",
    }
    api.clock.advance(timedelta(seconds=160))
    assert (await api.client.get(path)).json()["pairing"] is None


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"phone_number": "0712345678"}, id="a national number"),
        pytest.param({"phone_number": 255712345678}, id="a JSON number"),
        pytest.param({"phone": "+255712345678"}, id="a misspelt field"),
        pytest.param([], id="no object"),
    ],
)
async def test_a_pairing_code_for_no_number_is_refused_by_name(api, tenant_id, body):
    api.commands[tenant_id] = []
    await link_is(tenant_id, SessionState.QR_READY)
    answer = await api.client.post(f"/admin/tenants/{tenant_id}/pairing-code", json=body)
    assert answer.status_code == 400
    assert answer.json()["errors"]
    assert api.commands[tenant_id] == []


@pytest.mark.parametrize(
    ("state", "is_connected"),
    [
        pytest.param(SessionState.CONNECTED, True, id="a linked phone needs no code"),
        pytest.param(SessionState.REPLACED, True, id="a replaced one must be reset first"),
        pytest.param(SessionState.QR_READY, False, id="no worker is there to make one"),
    ],
)
async def test_a_pairing_code_that_cannot_be_had_is_a_conflict(api, tenant_id, state, is_connected):
    if is_connected:
        api.commands[tenant_id] = []
    await link_is(tenant_id, state)
    answer = await api.client.post(f"/admin/tenants/{tenant_id}/pairing-code")
    assert answer.status_code == 409


async def test_who_asked_for_a_pairing_code_is_known_and_the_code_is_not(api, tenant_id):
    api.commands[tenant_id] = []
    await link_is(
        tenant_id,
        SessionState.QR_READY,
        qr="2@abc",
        pairing_code="ABCD-1234",
        pairing_phone="+255712345678",
        pairing_expires_at=NOW + timedelta(seconds=160),
    )
    await api.client.post(f"/admin/tenants/{tenant_id}/pairing-code")
    [entry] = await list_newest(limit=10)
    number = (await tenants.get(tenant_id)).phone_number
    assert (entry.action, entry.detail) == ("pairing_code.requested", {"phone_number": number})


async def linked_to(api, tenant_id):
    number = (await tenants.get(tenant_id)).phone_number
    api.commands[tenant_id] = []
    assert await accounts.claim(tenant_id, accounts.Account(phone=number), now=NOW) is None


async def test_another_number_unlinks_the_phone_that_is_linked(api, tenant_id):
    await linked_to(api, tenant_id)
    answer = await api.client.patch(
        f"/admin/tenants/{tenant_id}", json={"phone_number": "+255712399999"}
    )
    assert (answer.status_code, answer.json()["phone_number"]) == (200, "+255712399999")
    assert await accounts.find(tenant_id) is None
    assert [command.kind for command in api.commands[tenant_id]] == [LOG_OUT]
    audit = (await api.client.get("/admin/audit")).json()["items"]
    [act] = [each for each in audit if each["action"] == "number.changed"]
    assert act["detail"]["after"] == "+255712399999"


async def test_the_same_number_unlinks_nothing(api, tenant_id):
    await linked_to(api, tenant_id)
    number = (await tenants.get(tenant_id)).phone_number
    await api.client.patch(f"/admin/tenants/{tenant_id}", json={"phone_number": number})
    assert (await accounts.find(tenant_id)).phone == number
    assert api.commands[tenant_id] == []


@pytest.mark.parametrize(("number", "status"), [("+255712300002", 409), ("12", 400)])
async def test_a_number_that_cannot_be_had_changes_nothing(api, tenant_id, number, status):
    await tenants.create(business(2))
    await linked_to(api, tenant_id)
    body = {"phone_number": number, "limits": {"pids": 64}}
    answer = await api.client.patch(f"/admin/tenants/{tenant_id}", json=body)
    assert answer.status_code == status
    assert answer.json()["errors"][0]["field"] == "phone_number"
    assert await accounts.find(tenant_id) is not None
