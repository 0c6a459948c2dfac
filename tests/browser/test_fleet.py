"""Operators at the fleet's page: they find, order, and see it change while it is open."""

import pytest
from playwright.async_api import expect

from shared.enums import SessionReason, SessionState
from shared.stores import operator_sessions, operators, sessions
from shared.wire.frames import SessionReport
from tests.browser.test_accounts import walk  # noqa: F401  the fixture
from tests.browser.walking import Walk
from tests.fakes.businesses import NOW
from tests.fakes.varied_fleet import add_past_day, add_varied_fleet
from tests.integration.dashboard.conftest import EMAIL, Dashboard
from tests.integration.portal.conftest import PASSWORD

TENANTS = 24


async def sign_in(walk: Walk, url: str) -> None:  # noqa: F811  the fixture's
    walk.name = f"dashboard-{walk.name}"
    await walk.page.goto(f"{url}/dashboard")
    await walk.fill(email=EMAIL, password=PASSWORD)
    await walk.page.wait_for_url("**/dashboard")


LOOKS = [
    pytest.param(("en", "phone", "dark", True), id="on a phone at night"),
    pytest.param(("en", "desk", "light", True), id="at a desk"),
    pytest.param(("en", "desk", "light", False), id="at a desk, without scripts"),
]


@pytest.mark.parametrize("walk", LOOKS, indirect=True)
async def test_a_tenant_is_found_among_many(dashboard_url: str, walk: Walk):  # noqa: F811  the fixture
    await add_varied_fleet(TENANTS, now=NOW)
    await add_past_day(now=NOW)
    await sign_in(walk, dashboard_url)
    page = walk.page
    await walk.at("fleet")
    rows = page.locator(".rows tbody tr")
    await expect(rows).to_have_count(TENANTS)
    await page.click(".counts a:has-text('Error')")
    await walk.at("fleet-errors")
    await expect(page.locator(".rows tbody")).to_contain_text("Logged out")
    await expect(page.locator(".rows tbody")).not_to_contain_text("Connected")
    await page.select_option("#status", "")
    await page.fill("#search", "neema")
    await page.press("#search", "Enter")
    await expect(rows).to_have_count(3)
    await page.fill("#search", "nobody at all")
    await page.press("#search", "Enter")
    await walk.at("fleet-nobody")
    await page.click("text=Show all")
    await page.click(".rows thead a:has-text('Memory')")
    await expect(rows.first).to_contain_text("31.")
    await page.click("text=7 days")
    assert "sort=MEMORY" in page.url


@pytest.mark.parametrize("walk", LOOKS[1:2], indirect=True)
async def test_an_open_page_changes_and_who_is_at_a_row_stays_there(
    dashboard_url: str,
    walk: Walk,  # noqa: F811  the fixture
    dashboard: Dashboard,
):
    tenant_id, *_ = await add_varied_fleet(3, now=NOW)
    await sign_in(walk, dashboard_url)
    page = walk.page
    await page.focus(".rows tbody a >> nth=0")
    place = "document.activeElement.textContent"
    focused = await page.evaluate(place)
    report = SessionReport(state=SessionState.BANNED, reason=SessionReason.TEMPORARY_BAN)
    await sessions.record_session(tenant_id, report, NOW)
    dashboard.changes.tell(tenant_id)
    await expect(page.locator(".rows tbody tr >> nth=0")).to_contain_text("Banned")
    assert await page.evaluate(place) == focused


@pytest.mark.parametrize("walk", LOOKS[1:2], indirect=True)
async def test_a_page_to_which_nothing_is_pushed_any_more_says_so(
    dashboard_url: str,
    walk: Walk,  # noqa: F811  the fixture
    dashboard: Dashboard,
):
    tenant_id, *_ = await add_varied_fleet(1, now=NOW)
    page = walk.page
    await page.clock.install()
    await sign_in(walk, dashboard_url)
    await expect(page.locator(".rows")).to_be_visible()
    [operator] = await operators.list_all()
    # The browser asks again, and is told to sign in.
    async with page.expect_event("response", lambda answer: "/sign-in" in answer.url):
        await operator_sessions.end_all(operator.id)
        dashboard.changes.tell(tenant_id)
    await expect(page.locator("#stale")).to_be_hidden()
    await page.clock.fast_forward(7000)
    await expect(page.locator("#stale")).to_be_visible()
    elsewhere = await page.context.new_page()
    await sign_in(Walk(elsewhere, walk.name), dashboard_url)
    await page.clock.fast_forward(10_000)
    await expect(page.locator("#stale")).to_be_hidden()
    # Of the answer that was no stream.
    assert ["text/html" in each for each in walk.complaints] == [True]
    walk.complaints.clear()
