"""One tenant's pages: what is known of it, what befell it, and what an operator can ask of it."""

import re
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest

from controlplane.dashboard import streams
from controlplane.dashboard.pages import worker_log
from controlplane.services import worker_logs
from shared.enums import DesiredState, Direction, IncidentKind, SessionReason, SessionState
from shared.errors import DatabaseUnavailableError
from shared.ids import TenantId, new_tenant_id
from shared.stores import accounts, fleet, messages, sessions, setup_requests, tenants, workers
from shared.structs.fleet import Incident
from shared.tables import WorkerProcess
from shared.wire.frames import NEW_QR_ROUND, SessionReport
from tests.fakes.businesses import NOW, business, message
from tests.fakes.traces import list_newest, redate
from tests.fakes.worker_containers import add_container
from tests.integration.dashboard.conftest import EMAIL
from tests.integration.portal.conftest import PASSWORD

HOSTILE = "<script>alert(1)</script>\u202e{{ 7 * 7 }}"
PAGES = ("", "/incidents", "/messages", "/log", "/keys")


def path(tenant_id, rest=""):
    return f"/dashboard/tenants/{tenant_id}{rest}"


async def link(tenant_id, state, reason, at=NOW, **more):
    report = SessionReport(state=state, reason=reason, **more)
    await sessions.record_session(tenant_id, report, at)


async def set_worker(tenant_id, **values):
    await WorkerProcess.update(values).where(WorkerProcess.tenant == tenant_id)


async def desired(tenant_id):
    return (await tenants.get(tenant_id)).worker.desired_state


async def test_the_three_states_are_shown_with_their_evidence(browser, tenant_id):
    await set_worker(
        tenant_id,
        desired_state="RUNNING",
        generation=1,
        status="RUNNING",
        image="flowhq-worker:7",
        container_id="abcdef0123456789",
        started_at=NOW - timedelta(hours=3),
        last_heartbeat_at=NOW - timedelta(seconds=9),
        memory_bytes=28 << 20,
    )
    await link(
        tenant_id,
        SessionState.BANNED,
        SessionReason.TEMPORARY_BAN,
        NOW - timedelta(minutes=20),
        detail="too many, until 14:00",
    )
    page = (await browser.go(path(tenant_id))).text
    for shown in (
        *("Banned", "WhatsApp paused this number", "too many, until 14:00", "20 min ago"),
        *("Running", "flowhq-worker:7", "abcdef012345", "3 h", "9 s ago", "28.0 MB"),
        *("To run", "Error"),
    ):
        assert shown in page, shown


async def test_who_must_act_is_said_of_the_tenant_and_not_of_its_link_alone(browser, tenant_id):
    await set_worker(tenant_id, desired_state="RUNNING", generation=1, status="ERROR")
    await link(tenant_id, SessionState.DISCONNECTED, SessionReason.WORKER_STOPPED)
    page = (await browser.go(path(tenant_id))).text
    assert "An operator must act" in page
    assert "Nobody has to act" not in page


async def test_it_is_said_until_when_whatsapp_paused_the_number(browser, tenant_id):
    await set_worker(tenant_id, desired_state="RUNNING", generation=1, status="RUNNING")
    ends = NOW + timedelta(hours=3)
    await link(tenant_id, SessionState.BANNED, SessionReason.TEMPORARY_BAN, ban_ends_at=ends)
    for page in (path(tenant_id), "/dashboard"):
        assert "2026-11-23 11:00:00 UTC" in (await browser.go(page)).text


async def test_a_code_is_shown_while_a_phone_is_awaited(browser, tenant_id):
    await link(
        tenant_id,
        SessionState.QR_READY,
        SessionReason.WAITING_FOR_SCAN,
        qr="2@abc",
        qr_attempt=2,
        qr_attempts=6,
    )
    assert "Code 2 of 6" in (await browser.go(path(tenant_id))).text
    assert "data:image/png" in browser.at.text
    await link(tenant_id, SessionState.CONNECTED, SessionReason.LINKED)
    assert "data:image/png" not in (await browser.go(path(tenant_id))).text


async def test_what_befell_it_is_told_with_who_must_act(browser, tenant_id):
    crash = Incident(
        kind=IncidentKind.OOM,
        detail="The worker was killed.",
        generation=0,
        finished_at=NOW,
        container_id="c1",
        exit_code=137,
    )
    await fleet.record_incident(tenant_id, crash)
    await link(tenant_id, SessionState.DISCONNECTED, SessionReason.CONNECTION_LOST)
    back = NOW + timedelta(seconds=12)
    await link(tenant_id, SessionState.CONNECTED, SessionReason.LINKED, back)
    await link(tenant_id, SessionState.LOGGED_OUT, SessionReason.DEVICE_REMOVED, back)
    for page in ("", "/incidents"):
        text = (await browser.go(path(tenant_id, page))).text
        assert "The worker ran out of memory" in text
        assert "back after 12 s" in text
        assert "The phone removed this device" in text
        assert "The business must act" in text


async def test_nobody_must_act_about_an_end_that_was_followed_by_a_start(browser, tenant_id):
    end = Incident(kind=IncidentKind.CONFIGURATION, detail="refused", generation=0, finished_at=NOW)
    await fleet.record_incident(tenant_id, end)
    await set_worker(tenant_id, desired_state="RUNNING", status="ERROR")
    for page in ("", "/incidents"):
        text = (await browser.go(path(tenant_id, page))).text
        assert '<span class="tag bad">An operator must act' in text
    later = datetime.now(UTC) + timedelta(minutes=1)  # noqa: TID251  the incident's clock
    await set_worker(tenant_id, status="RUNNING", started_at=later)
    for page in ("", "/incidents"):
        text = (await browser.go(path(tenant_id, page))).text
        assert "started again" in text
        assert "tag bad" not in text


async def test_many_incidents_go_on_on_a_page_of_their_own(browser, tenant_id):
    for number in range(60):
        at = NOW + timedelta(minutes=number)
        await link(tenant_id, SessionState.CONNECTED, SessionReason.LINKED, at)
        await link(tenant_id, SessionState.DISCONNECTED, SessionReason.CONNECTION_LOST, at)
    assert "All incidents" in (await browser.go(path(tenant_id))).text
    page = (await browser.go(path(tenant_id, "/incidents"))).text
    assert page.count("The link was lost") == 50
    [further] = [part.split('"')[0] for part in page.split('href="') if "cursor=" in part[:200]]
    assert (await browser.go(further)).text.count("The link was lost") == 10


@pytest.mark.parametrize("action", ["worker/start", "worker/restart", "worker/force-restart"])
async def test_a_worker_is_asked_to_run_and_the_trace_says_by_whom(
    dashboard, browser, tenant_id, action
):
    await browser.go(path(tenant_id))
    answer = await browser.send(path(tenant_id, f"/{action}"))
    assert answer.url.path == path(tenant_id)
    assert 'role="status"' in answer.text
    row = await WorkerProcess.select().where(WorkerProcess.tenant == tenant_id).first()
    assert (row["desired_state"], row["generation"]) == ("RUNNING", 1)
    assert (row["kill_below_generation"] == 1) == (action == "worker/force-restart")
    assert dashboard.woken == [tenant_id]
    [trace, *_] = await list_newest(limit=1, tenant_id=tenant_id)
    assert trace.who == EMAIL


async def test_a_running_worker_is_asked_to_stop(dashboard, browser, tenant_id):
    await workers.set_desired(tenant_id, DesiredState.RUNNING)
    await browser.go(path(tenant_id))
    answer = await browser.send(path(tenant_id, "/worker/stop"))
    assert "asked to stop" in answer.text
    # The database dates what operators did, by a clock of its own.
    await redate(dashboard.clock.now())
    page = (await browser.go(path(tenant_id))).text
    said = f"stopped the worker<small><bdi>{EMAIL}</bdi>, just now"
    assert said in re.sub("</?time[^>]*>", "", page)
    assert await desired(tenant_id) is DesiredState.STOPPED


@pytest.mark.parametrize("action", ["session/reset", "remove"])
@pytest.mark.parametrize("typed", ["", "duka 1", "Duka 2", "x" * 3000])
async def test_what_cannot_be_undone_is_not_done_without_the_name(
    dashboard, browser, tenant_id, action, typed
):
    await browser.go(path(tenant_id))
    answer = await browser.send(path(tenant_id, f"/{action}"), name=typed)
    assert answer.status_code == 422
    assert "That is not the name of this tenant." in answer.text
    assert "<details open>" in answer.text
    assert dashboard.woken == []
    row = await WorkerProcess.select().where(WorkerProcess.tenant == tenant_id).first()
    assert (row["session_generation"], row["desired_state"]) == (0, "STOPPED")


@pytest.mark.parametrize("action", ["session/reset", "remove"])
@pytest.mark.parametrize("current", ["", "other good words"])
async def test_what_cannot_be_undone_is_not_done_in_a_borrowed_browser(
    dashboard, browser, tenant_id, action, current
):
    await browser.go(path(tenant_id))
    answer = await browser.send(path(tenant_id, f"/{action}"), name="Duka 1", current=current)
    assert answer.status_code == 422
    assert "Is not your password." in answer.text
    assert dashboard.woken == []


async def test_a_session_is_reset_by_who_types_the_name(browser, tenant_id):
    await browser.go(path(tenant_id))
    answer = await browser.send(
        path(tenant_id, "/session/reset"), name=" Duka  1 ", current=PASSWORD
    )
    assert "The session is reset" in answer.text
    row = await WorkerProcess.select().where(WorkerProcess.tenant == tenant_id).first()
    assert row["session_generation"] == 1


async def test_a_tenant_is_removed_by_who_types_the_name_and_is_then_not_found(browser, tenant_id):
    await browser.go(path(tenant_id))
    answer = await browser.send(path(tenant_id, "/remove"), name="Duka 1", current=PASSWORD)
    assert answer.url.path == "/dashboard"
    assert "The tenant is removed" in answer.text
    assert "Duka 1" not in answer.text
    assert (await browser.go(path(tenant_id))).status_code == 404


async def test_new_codes_are_asked_of_a_worker_that_is_there(dashboard, browser, tenant_id):
    await link(tenant_id, SessionState.QR_EXPIRED, SessionReason.QR_ROUND_OVER)
    await browser.go(path(tenant_id))
    answer = await browser.send(path(tenant_id, "/session/new-qr"))
    assert answer.status_code == 409
    assert "The worker is not connected" in answer.text
    dashboard.commands[tenant_id] = []
    await browser.go(path(tenant_id))
    assert (
        "New codes are asked for" in (await browser.send(path(tenant_id, "/session/new-qr"))).text
    )
    assert [command.kind for command in dashboard.commands[tenant_id]] == [NEW_QR_ROUND]


@pytest.mark.parametrize(
    "action",
    [
        *("worker/start", "worker/stop", "worker/restart", "worker/force-restart"),
        *("session/new-qr", "session/reset", "remove"),
    ],
)
async def test_nothing_is_asked_from_another_site_nor_by_a_stranger(
    dashboard, browser, tenant_id, action
):
    assert (await browser.post(path(tenant_id, f"/{action}"), name="Duka 1")).status_code == 403
    stranger = dashboard.stranger()
    await stranger.go("/dashboard/sign-in")
    await stranger.post(path(tenant_id, f"/{action}"), name="Duka 1")
    assert dashboard.woken == []
    assert await desired(tenant_id) is DesiredState.STOPPED


async def test_messages_are_listed_newest_first_and_by_their_way(browser, tenant_id):
    out = message(
        "OUT",
        direction=Direction.OUT,
        message_text="Karibu",
        from_number="+255712300001",
        to_number="+255754000009",
    )
    await messages.append_messages(tenant_id, [message(message_text="Habari gani"), out])
    text = (await browser.go(path(tenant_id, "/messages"))).text
    assert text.index("Karibu") < text.index("Habari gani")
    assert "+255754000009" in text
    text = (await browser.go(path(tenant_id, "/messages?direction=in"))).text
    assert "Habari gani" in text
    assert "Karibu" not in text
    none = await browser.go(path(tenant_id, "/messages?cursor=abc"))
    assert none.status_code == 404


async def test_hostile_words_are_text_on_every_page(dashboard, browser):
    tenant_id = (await tenants.create(business(1, name=HOSTILE))).id
    await setup_requests.create(tenant_id, note=HOSTILE)
    await link(tenant_id, SessionState.DISCONNECTED, SessionReason.LOGIN_LOST, detail=HOSTILE)
    await messages.append_messages(tenant_id, [message(message_text=HOSTILE + "x" * 64_000)])
    name = await add_container(dashboard.engine, dashboard.driver, tenant_id)
    dashboard.engine.say(name, HOSTILE)
    for rest in PAGES:
        page = await browser.go(path(tenant_id, rest))
        assert page.status_code == 200, rest
        assert "<script>alert" not in page.text
        assert "{{ 7 * 7 }}" in page.text
        assert len(page.text) < 60_000


@pytest.mark.parametrize("rest", [*PAGES, "/stream", "/log/stream"])
async def test_an_unknown_tenant_is_not_found(browser, rest):
    assert (await browser.go(path(uuid4(), rest))).status_code == 404
    assert (await browser.go(path("x", rest))).status_code == 404


async def test_an_unknown_tenant_is_asked_nothing(browser, tenant_id):
    await browser.go(path(tenant_id))
    token = browser.hidden(path(tenant_id, "/remove"))["_csrf_token"]
    for action in ("worker/start", "worker/restart", "session/reset", "remove"):
        where = path(new_tenant_id(), f"/{action}")
        answer = await browser.post(where, _csrf_token=token, name="Duka 1")
        assert answer.status_code == 404


@pytest.mark.usefixtures("brief_streams")
async def test_an_open_page_is_pushed_its_own_part(browser, tenant_id):
    answer = await browser.go(path(tenant_id, "/stream"))
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "Disconnected" in answer.text
    assert "<html" not in answer.text


async def test_the_log_is_read_as_people_read_and_pushed_as_it_grows(
    dashboard, browser, tenant_id, monkeypatch
):
    monkeypatch.setattr(worker_log, "PACE", timedelta(0))
    name = await add_container(dashboard.engine, dashboard.driver, tenant_id)
    line = '{"at": "2026-11-23T08:00:01Z", "level": "warning", "event": "link.lost", "tries": 2}'
    dashboard.engine.say(name, line)
    page = (await browser.go(path(tenant_id, "/log"))).text
    assert "08:00:01" in page
    assert "link.lost tries=2" in page
    dashboard.engine.end(name, 0)
    pushed = await browser.go(path(tenant_id, "/log/stream"))
    assert "link.lost tries=2" in pushed.text


@pytest.mark.parametrize("away", ["engine", "database"])
async def test_a_log_ends_in_order_while_what_it_needs_is_away(
    dashboard, browser, tenant_id, monkeypatch, away
):
    async def find_out_nothing(*_, **__) -> None:
        raise DatabaseUnavailableError("the database does not answer")

    monkeypatch.setattr(worker_log, "PACE", timedelta(0))
    name = await add_container(dashboard.engine, dashboard.driver, tenant_id)
    dashboard.engine.say(name, "a line")
    if away == "database":
        monkeypatch.setattr(streams, "find_operator", find_out_nothing)
    dashboard.engine.down = away == "engine"
    dashboard.transport.raise_app_exceptions = True
    answer = await browser.go(path(tenant_id, "/log/stream"))
    assert answer.status_code == 200
    assert "a line" not in answer.text


async def test_who_signed_out_is_shown_no_more_of_the_log(dashboard, browser, monkeypatch):
    async def say() -> AsyncGenerator[list[str], None]:
        yield ["one"]
        await browser.send("/dashboard/sign-out")
        yield ["two"]

    monkeypatch.setattr(worker_log, "render", lambda *_, rows: rows[-1].text)
    request = SimpleNamespace(app=dashboard.transport.app, cookies=dict(browser.cookies))
    seen = [each.data async for each in worker_log.follow_log(request, say())]
    assert seen == ["one"]


async def test_a_log_that_cannot_be_had_says_why(dashboard, browser, tenant_id, monkeypatch):
    assert "There is no container" in (await browser.go(path(tenant_id, "/log"))).text
    dashboard.engine.down = True
    page = await browser.go(path(tenant_id, "/log"))
    assert (page.status_code, "The engine does not answer" in page.text) == (200, True)
    monkeypatch.setattr(worker_logs, "FOLLOWERS", 0)
    assert (await browser.go(path(tenant_id, "/log/stream"))).status_code == 429


async def test_a_number_is_changed_and_what_that_does_is_said_before(browser, tenant_id):
    assert "is unlinked" in (await browser.go(path(tenant_id))).text
    await tenants.create(business(2))
    for typed, said in (("0712", "E.164"), ("+255712300002", "another tenant")):
        given = {"phone_number": typed, "current": PASSWORD}
        answer = await browser.send(path(tenant_id, "/number"), **given)
        assert (answer.status_code, said in answer.text) == (422, True)
    answer = await browser.send(path(tenant_id, "/number"), phone_number="+255712399999")
    assert "Is not your password." in answer.text
    given = {"phone_number": "+255 712 399 999", "current": PASSWORD}
    answer = await browser.send(path(tenant_id, "/number"), **given)
    assert "The number is changed" in answer.text
    assert (await tenants.get(tenant_id)).phone_number == "+255712399999"


async def test_of_a_phone_that_is_taken_the_tenant_that_it_serves_is_shown(browser, tenant_id):
    holder = TenantId((await tenants.create(business(2))).id)
    account = accounts.Account(phone="+255712300002", lid="1234@lid")
    assert await accounts.claim(holder, account, now=NOW) is None
    taken = SessionReport(
        state=SessionState.LOGGED_OUT,
        reason=SessionReason.PHONE_TAKEN,
        refused_phone="+255712300001",
    )
    await sessions.record_session(tenant_id, taken, NOW, refused_lid="1234@lid")
    text = (await browser.go(path(tenant_id))).text
    assert f'href="/dashboard/tenants/{holder}"' in text
    assert "serves another tenant" in text
