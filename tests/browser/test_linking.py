"""The code appears by itself, is read from the page's own picture, and gives way to the bot."""

import re

import asyncpg
import pytest
from playwright.async_api import expect

from tests.browser.test_accounts import walk  # noqa: F401  the fixture
from tests.browser.walking import Portal, Walk
from tests.integration.portal.test_live import OVER, RUNNING, TYPED, code
from tests.integration.portal.test_start import LINKED


@pytest.mark.parametrize(
    "walk",
    [
        pytest.param(("en", "phone", "light", True), id="English on a phone"),
        pytest.param(("sw", "desk", "dark", True), id="Swahili at a desk at night"),
    ],
    indirect=True,
)
async def test_an_open_page_shows_each_code_and_then_that_the_bot_answers(
    portal: Portal,
    walk: Walk,  # noqa: F811  the fixture
    database_url: str,
):
    page, walk.name = walk.page, f"link-{walk.name}"
    await page.goto(f"{portal.url}/sign-up")
    await walk.fill(email="asha@example.com")
    await page.goto(await portal.newest_link(after=0))
    await walk.fill(password="three good words")
    await page.select_option("#template", "SUPPORT")
    await page.fill("#name", "Duka la Asha")
    await walk.fill(phone="+255 712 345 678")
    await page.wait_for_selector("#live .standing")
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(RUNNING)
        await connection.execute(code("2@first", life="20 seconds"))
        await page.wait_for_selector("#live img.qr")
        first = await page.get_attribute("#live img.qr", "src")
        await walk.at("code")
        assert await walk.read_code() == "2@first"
        # Its 20 seconds are counted down between two pushes.
        await expect(page.locator("[data-seconds]")).to_have_text(re.compile(r"^(1[0-8]|\d)$"))
        await connection.execute(code("2@second", attempt=2))
        await expect(page.locator("#live img.qr")).not_to_have_attribute("src", first)
        await page.click("#live button[value=PAIRING_CODE]")
        await connection.execute(TYPED)
        await expect(page.locator(".typed")).to_have_text("ABCD-1234")
        await walk.at("typed")
        await connection.execute(OVER)
        await page.wait_for_selector("#live button[value=QR_ROUND]")
        await walk.at("round")
        await page.click("#live button[value=QR_ROUND]")
        await connection.execute(LINKED)
        await page.wait_for_selector("#live .standing.good")
        await walk.at("linked")
    finally:
        await connection.close()
