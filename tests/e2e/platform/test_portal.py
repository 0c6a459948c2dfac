"""A business serves itself: from the front page to a bot that answers its customers."""

import asyncio

import pytest
from playwright.async_api import Browser, expect

from tests.browser.conftest import chromium  # noqa: F401  the fixture
from tests.browser.walking import Portal, Walk
from tests.e2e.platform.running import Platform, wait_for

pytestmark = pytest.mark.e2e

A_START = 60_000  # a container, and the library's first code, on a machine with work to do


async def test_a_business_signs_up_links_its_phone_and_is_answered_for(
    platform: Platform,
    chromium: Browser,  # noqa: F811  the fixture
):
    portal = Portal(
        url=platform.portal_url,
        mails=platform.state_dir / "mail",
        log=platform.state_dir / "logs" / "portal.log",
    )
    phone = platform.sandbox.post("/phones", json={"name": "Asha"}).raise_for_status().json()
    context = await chromium.new_context(viewport={"width": 360, "height": 740})
    page = await context.new_page()
    walk = Walk(page, "journey-en-phone-light")
    before = len(list(portal.mails.glob("*.eml")))
    await page.goto(f"{portal.url}/sign-up")
    await walk.fill(email=f"asha{phone['phone_number'][1:]}@example.com")
    await page.goto(await portal.newest_link(after=before))
    await walk.fill(password="three good words")
    await page.select_option("#template", "SUPPORT")
    await page.fill("#name", "Duka la Asha")
    await walk.fill(phone=phone["phone_number"])
    await expect(page.locator("h1")).to_have_text("Your request is with us")
    await walk.at("submitted")
    # From here on nobody loads the page: all that it shows is pushed to it.
    await asyncio.to_thread(approve_newest, platform)
    picture = page.locator("#live img.qr")
    await expect(picture).to_be_visible(timeout=A_START)
    await walk.at("code")
    await page.click("#live button[value=PAIRING_CODE]")
    await expect(page.locator("#live .typed")).to_be_visible(timeout=A_START)
    await expect(picture).to_be_visible()
    await walk.at("typed")
    await asyncio.to_thread(scan, platform, phone["phone_number"], await walk.read_code())
    await expect(page.locator("h1")).to_have_text("Your bot answers", timeout=A_START)
    await walk.at("linked")
    await context.close()
    assert walk.complaints == []
    customer = await asyncio.to_thread(platform.new_customer)
    await asyncio.to_thread(platform.write, customer, phone, "Hello")
    assert await asyncio.to_thread(wait_for, lambda: platform.received(customer), "an answer")


def approve_newest(platform: Platform) -> None:
    newest = platform.call("GET", "/admin/setup-requests")["items"][0]
    platform.call("POST", f"/admin/setup-requests/{newest['id']}/approve", json={})


def scan(platform: Platform, phone: str, qr: str) -> None:
    platform.sandbox.post(f"/phones/{phone}/scan", json={"qr": qr}).raise_for_status()
