"""Home of a business that is busy: the sentence, the numbers and the plots, in light and dark."""

from datetime import timedelta

import pytest
from playwright.async_api import expect

from shared.clock import SystemClock
from tests.browser.test_accounts import walk  # noqa: F401  the fixture
from tests.browser.walking import Portal, Walk
from tests.integration.portal.test_start import LINKED, execute

BUSY = """
    INSERT INTO message_hours (tenant, hour, direction, messages)
    SELECT t.id, date_trunc('hour', now() - n * interval '1 h', 'UTC'), d,
           (40 + 35 * sin(n / 3.8) + n % 7)::integer / CASE d WHEN 'IN' THEN 1 ELSE 2 END
      FROM tenants t, generate_series(0, 90 * 24) n, unnest(ARRAY['IN', 'OUT']) d
    ON CONFLICT DO NOTHING
"""
ANSWERED = """
    INSERT INTO message_logs (tenant, direction, kind, from_number, to_number, message_text,
                              wa_message_id, in_reply_to, occurred_at)
    SELECT t.id, d, 'TEXT', '', '', '', CASE d WHEN 'IN' THEN 'i' ELSE 'o' END || n,
           CASE d WHEN 'OUT' THEN 'i' || n END,
           now() + CASE d WHEN 'OUT' THEN n * interval '0.1 s' ELSE interval '0' END
      FROM tenants t, generate_series(1, 20) n, unnest(ARRAY['IN', 'OUT']) d
"""


@pytest.mark.parametrize(
    "walk",
    [
        pytest.param(("en", "phone", "light", True), id="English on a phone"),
        pytest.param(("sw", "desk", "dark", True), id="Swahili at a desk at night"),
    ],
    indirect=True,
)
async def test_a_busy_business_sees_its_day_at_a_glance(
    portal: Portal,
    walk: Walk,  # noqa: F811  the fixture
    database_url: str,
):
    page, walk.name = walk.page, f"home-{walk.name}"
    await page.goto(f"{portal.url}/sign-up")
    await walk.fill(email="asha@example.com")
    await page.goto(await portal.newest_link(after=0))
    await walk.fill(password="three good words")
    await page.select_option("#template", "BOOKING")
    await page.fill("#name", "Salon Amani")
    await walk.fill(phone="+255 712 345 678")
    await page.wait_for_selector("#live .standing")
    await execute(
        database_url,
        LINKED,
        BUSY,
        ANSWERED,
        "INSERT INTO worker_incidents (tenant, kind, detail, reason, at, restored_at)"
        " SELECT id, 'LINK_LOST', '', 'CONNECTION_LOST', now() - interval '1 h', now()"
        " FROM tenants",
    )
    await page.goto(f"{portal.url}/home")
    await expect(page.locator(".plot svg")).to_have_count(2)
    await expect(page.locator(".numbers dd")).to_have_count(4)
    await walk.at("busy")
    top = await page.locator("#season-title ~ .plot-box .plot-top").inner_text()
    until = SystemClock().now() + timedelta(hours=2)
    await execute(
        database_url,
        "UPDATE message_hours SET messages = 9 * messages",
        "UPDATE whatsapp_sessions SET state = 'BANNED', reason = 'TEMPORARY_BAN',"  # noqa: S608  a test's own
        f" ban_ends_at = '{until.isoformat()}'",
    )
    await page.wait_for_selector("#live .standing.bad")
    await expect(page.locator("#season-title ~ .plot-box .plot-top")).not_to_have_text(top)
    await walk.at("banned")
