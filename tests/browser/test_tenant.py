"""Operators at one tenant: they see why it is as it is, act on it, and read its worker's log."""

from datetime import timedelta

import pytest
from playwright.async_api import expect

from shared.enums import Direction, SessionReason, SessionState
from shared.ids import TenantId
from shared.stores import messages, sessions, setup_requests, tenants
from shared.wire.frames import SessionReport
from tests.browser.test_accounts import walk  # noqa: F401  the fixture
from tests.browser.test_fleet import LOOKS, sign_in
from tests.browser.walking import Walk
from tests.fakes.businesses import NOW, message
from tests.fakes.varied_fleet import add_varied_fleet
from tests.fakes.worker_containers import add_container
from tests.integration.dashboard.conftest import Dashboard
from tests.integration.portal.conftest import PASSWORD

STORY = (
    (SessionState.CONNECTED, SessionReason.LINKED, 300),
    (SessionState.DISCONNECTED, SessionReason.CONNECTION_LOST, 200),
    (SessionState.CONNECTED, SessionReason.LINKED, 199),
    (SessionState.BANNED, SessionReason.TEMPORARY_BAN, 90),
    (SessionState.CONNECTED, SessionReason.LINKED, 60),
    (SessionState.LOGGED_OUT, SessionReason.DEVICE_REMOVED, 12),
)
LOG = (
    '{"at": "2026-11-23T07:47:58Z", "level": "info", "event": "worker.started", "image": "7c1f"}',
    '{"at": "2026-11-23T07:48:01Z", "level": "warning", "event": "link.lost", "tries": 2}',
    "whatsmeow: a line of the library's own",
)


async def add_story(dashboard: Dashboard) -> TenantId:
    tenant_id, *_ = await add_varied_fleet(1, now=NOW)
    await setup_requests.create(tenant_id, note="by phone, on Monday")
    for state, reason, minutes in STORY:
        report = SessionReport(state=state, reason=reason, detail="")
        await sessions.record_session(tenant_id, report, NOW - timedelta(minutes=minutes))
    out = message("B", direction=Direction.OUT, message_text="Karibu! Tunafungua saa mbili.")
    question = message("A", message_text="Habari, mnafungua saa ngapi? \u202e <b>")
    await messages.append_messages(tenant_id, [question, out])
    name = await add_container(dashboard.engine, dashboard.driver, tenant_id)
    for line in LOG:
        dashboard.engine.say(name, line)
    return tenant_id


@pytest.mark.parametrize("walk", LOOKS, indirect=True)
async def test_a_tenants_session_is_reset_after_a_look_at_why(
    dashboard_url: str,
    walk: Walk,  # noqa: F811  the fixture
    dashboard: Dashboard,
):
    tenant_id = await add_story(dashboard)
    await sign_in(walk, dashboard_url)
    page = walk.page
    walk.name = walk.name.replace("dashboard", "dashboard-tenant")
    await page.click(".rows tbody a")
    await expect(page.locator(".timeline")).to_contain_text("The phone removed this device")
    await walk.at("overview")
    await page.click("main nav a:has-text('Messages')")
    await walk.at("messages")
    await page.click("main nav a:has-text('log')")
    await expect(page.locator("#live")).to_contain_text("link.lost tries=2")
    await walk.at("log")
    await page.click("main nav a:has-text('Overview')")
    await page.click("summary:has-text('Reset')")
    await page.fill("#reset-name", "Duka")
    await page.press("#reset-name", "Enter")
    await expect(page.locator("#reset-wrong")).to_be_visible()
    await walk.at("wrong-name")
    await page.fill("#reset-name", "Duka la Asha")
    await page.fill("#reset-current", PASSWORD)
    await page.press("#reset-name", "Enter")
    await expect(page.locator("[role=status]")).to_contain_text("The session is reset")
    await walk.at("reset")
    assert (await tenants.get(tenant_id)).session.state is SessionState.DISCONNECTED


@pytest.mark.parametrize("walk", LOOKS[1:2], indirect=True)
async def test_the_log_grows_on_the_open_page(
    dashboard_url: str,
    walk: Walk,  # noqa: F811  the fixture
    dashboard: Dashboard,
):
    tenant_id = await add_story(dashboard)
    await sign_in(walk, dashboard_url)
    await walk.page.goto(f"{dashboard_url}/dashboard/tenants/{tenant_id}/log")
    await expect(walk.page.locator("#live > div")).to_have_count(len(LOG))
    [container] = dashboard.engine.containers
    dashboard.engine.say(container, '{"event": "outbox.sent", "chat": "x"}')
    await expect(walk.page.locator("#live")).to_contain_text("outbox.sent chat=x")
