"""An owner sets hours and words, and sees at once what a customer will see."""

import pytest
from playwright.async_api import expect

from tests.browser.test_accounts import walk  # noqa: F401  the fixture
from tests.browser.walking import Portal, Walk
from tests.integration.portal.test_start import execute


@pytest.mark.parametrize(
    "walk",
    [
        pytest.param(("en", "phone", "light", True), id="English on a phone"),
        pytest.param(("sw", "phone", "dark", False), id="Swahili on a phone, without scripts"),
        pytest.param(("sw", "desk", "dark", True), id="Swahili at a desk at night"),
    ],
    indirect=True,
)
async def test_an_owner_changes_hours_and_words(
    portal: Portal,
    walk: Walk,  # noqa: F811  the fixture
    database_url: str,
):
    page, walk.name = walk.page, f"settings-{walk.name}"
    await page.goto(f"{portal.url}/sign-up")
    await walk.fill(email="asha@example.com")
    await page.goto(await portal.newest_link(after=0))
    await walk.fill(password="three good words")
    await page.select_option("#template", "BOOKING")
    await page.fill("#name", "Salon Amani")
    await walk.fill(phone="+255 712 345 678")
    await page.wait_for_url("**/home")
    await page.click("header a[href='/settings']")
    await page.select_option("#time_zone", "Africa/Nairobi")
    await page.click(".button")
    await expect(page.locator(".notice.good")).to_be_visible()
    await walk.at("bot")
    await page.click(".tabs a[href='/settings/hours']")
    await page.fill("#holiday_0", "Krismasi")
    await page.fill("#first_0", "2026-12-25")
    await page.fill("#last_0", "2026-12-24")
    await page.check("input[value=TELL]")
    await page.click(".button:not(.second)")
    await walk.at("hours-wrong")
    await page.fill("#last_0", "2026-12-26")
    await page.click(".button:not(.second)")
    await expect(page.locator(".bubble")).to_have_count(4)
    await walk.at("hours")
    await page.click(".tabs a[href='/settings/texts']")
    await page.fill("#title_SERVICES", "Kusuka na kucha")
    await page.fill("#answer_SERVICES", "Rasta ni *20,000*.\nKucha ni 10,000.")
    await page.click(".button.second")
    await expect(page.locator(".bubble", has_text="Rasta ni 20,000")).to_be_visible()
    await walk.at("tried")
    await page.click(".button:not(.second)")
    await expect(page.locator(".notice.good")).to_be_visible()
    await walk.at("texts")
    await execute(database_url, "UPDATE users SET role = 'STAFF'")
    await page.goto(f"{portal.url}/settings/hours")
    await expect(page.locator("#opens_MON")).to_be_disabled()
    await walk.at("staff")
