"""An owner invites somebody, who joins on a phone of their own; everything is written down."""

import pytest
from playwright.async_api import expect

from tests.browser.test_accounts import walk  # noqa: F401  the fixture
from tests.browser.walking import Portal, Walk
from tests.databases import run_statement
from tests.integration.portal.test_start import APPROVED

PASSWORD = "three good words"


async def begin(portal: Portal, walk: Walk) -> None:  # noqa: F811  the fixture
    """An account, and a business that waits to be accepted."""
    page = walk.page
    await page.goto(f"{portal.url}/sign-up")
    await walk.fill(email="asha@example.com")
    await page.goto(await portal.newest_link(after=0))
    await walk.fill(password=PASSWORD)
    await page.select_option("#template", "BOOKING")
    await page.fill("#name", "Salon Amani")
    await walk.fill(phone="+255 712 345 678")
    await page.wait_for_url("**/home")


@pytest.mark.parametrize(
    "walk",
    [
        pytest.param(("en", "phone", "dark", False), id="English on a phone, without scripts"),
        pytest.param(("sw", "desk", "light", True), id="Swahili at a desk"),
    ],
    indirect=True,
)
async def test_a_colleague_is_invited_joins_is_promoted_and_removed(
    portal: Portal,
    walk: Walk,  # noqa: F811  the fixture
    database_url: str,
):
    page, walk.name = walk.page, f"team-{walk.name}"
    await begin(portal, walk)
    await page.click("header a[href='/team']")
    await walk.at("not-accepted")
    await run_statement(database_url, APPROVED)
    await page.reload()
    await walk.at("alone")
    await walk.fill(email="juma@example.com")
    await expect(page.locator(".rows li")).to_have_count(2)
    await walk.at("invited")
    link = await portal.newest_link(after=1)
    await page.click("form[action='/sign-out'] button")
    await page.goto(link)
    await walk.at("join")
    await walk.fill(password=PASSWORD)
    await page.wait_for_url("**/home")
    await page.goto(f"{portal.url}/team")
    await expect(page.locator("main form")).to_have_count(0)
    await walk.at("staff")
    await page.click("form[action='/sign-out'] button")
    await walk.fill(email="asha@example.com", password=PASSWORD)
    await page.wait_for_url("**/home")
    await page.goto(f"{portal.url}/team")
    await page.click("button[value=OWNER]")
    await expect(page.locator("button[value=STAFF]")).to_have_count(2)
    await page.locator(".rows li", has_text="juma").locator("a").click()
    await walk.at("remove")
    await page.click("main .button:not(.second)")
    await expect(page.locator(".rows li")).to_have_count(1)
    await page.click("header a[href='/activity']")
    await walk.at("activity")
    await page.goto(f"{portal.url}/account")
    await page.fill("#old_password", PASSWORD)
    await walk.fill(new_password="other good words")
    await expect(page.locator(".notice.good")).to_be_visible()
    await walk.at("account")
