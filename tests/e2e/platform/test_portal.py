"""A business serves itself: from the front page to a bot that answers its customers."""

import asyncio
import struct
import zlib
from base64 import b64encode

import pytest
from playwright.async_api import Browser, expect

from tests.browser.conftest import chromium, devtools  # noqa: F401  the fixtures
from tests.browser.walking import Portal, Walk
from tests.e2e.platform.running import Platform, wait_for

pytestmark = pytest.mark.e2e

A_START = 60_000  # a container, and the library's first code, on a machine with work to do


SIZES = {"phone": {"width": 360, "height": 740}, "desk": {"width": 1280, "height": 800}}
# Below what went out: whose it was, and how far it is.
SAID = {"en": ("Bot", "You", "Delivered"), "sw": ("Boti", "Wewe", "Umefika")}
PASSWORD = "three good words"
PHOTO_WIDTH = 3


def _png(width: int) -> bytes:
    """One row of black."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, 1, 8, 0, 0, 0, 0)
    row = zlib.compress(b"\0" * (width + 1))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", row) + chunk(b"IEND", b"")


PHOTO = _png(PHOTO_WIDTH)


@pytest.mark.parametrize(
    ("language", "size"),
    [pytest.param("en", "phone", id="English"), pytest.param("sw", "desk", id="Swahili")],
)
async def test_a_business_serves_itself_from_the_front_page_to_a_reply(
    platform: Platform,
    chromium: Browser,  # noqa: F811  the fixture
    language: str,
    size: str,
):
    phone = platform.sandbox.post("/phones", json={"name": "Asha"}).raise_for_status().json()
    business = f"Duka {phone['phone_number'][-6:]}"
    context = await chromium.new_context(
        viewport=SIZES[size], locale={"en": "en-GB", "sw": "sw-TZ"}[language]
    )
    walk = await Walk.begin(context, f"journey-{language}-{size}-light")
    page = walk.page
    await sign_up(platform, walk, phone, business)
    await expect(page.locator("#live .standing")).to_be_visible()
    await walk.at("submitted")
    # From here on nobody loads the page: all that it shows is pushed to it.
    await approve(platform, chromium, business)
    picture = page.locator("#live img.qr")
    await expect(picture).to_be_visible(timeout=A_START)
    await walk.at("code")
    await page.click("#live button[value=PAIRING_CODE]")
    await expect(page.locator("#live .typed")).to_be_visible(timeout=A_START)
    await expect(picture).to_be_visible()
    await walk.at("typed")
    await asyncio.to_thread(scan, platform, phone["phone_number"], await walk.read_code())
    await expect(page.locator("#live .standing.good")).to_be_visible(timeout=A_START)
    await walk.at("linked")
    await talk(platform, walk, phone)
    await context.close()
    assert walk.complaints == []


async def sign_up(platform: Platform, walk: Walk, phone: dict[str, str], business: str) -> None:
    page = walk.page
    portal = Portal(
        url=platform.portal_url,
        mails=platform.state_dir / "mail",
        log=platform.state_dir / "logs" / "portal.log",
    )
    before = len(list(portal.mails.glob("*.eml")))
    await page.goto(f"{portal.url}/sign-up")
    await walk.fill(email=f"asha{phone['phone_number'][1:]}@example.com")
    await page.goto(await portal.newest_link(after=before))
    await walk.fill(password=PASSWORD)
    await page.select_option("#template", "SUPPORT")
    await page.fill("#name", business)
    await walk.fill(phone=phone["phone_number"])


async def approve(platform: Platform, browser: Browser, business: str) -> None:
    """As an operator does, in the dashboard."""
    email = f"{business.split()[1]}@example.com"
    body = {"email": email, "password": PASSWORD}
    await asyncio.to_thread(platform.call, "POST", "/admin/operators", json=body)
    context = await browser.new_context(viewport=SIZES["desk"])
    walk = await Walk.begin(context, "journey-dashboard-desk-light")
    await walk.page.goto(f"{platform.api_url}/")
    await walk.fill(email=email, password=PASSWORD)
    await walk.page.click("header a[href='/dashboard/requests']")
    request = walk.page.locator("article", has_text=business)
    await walk.at("request")
    await request.locator("button:not([formaction])").click()
    await expect(walk.page.locator(".notice.good")).to_contain_text(business)
    await walk.at("approved")
    await context.close()
    assert walk.complaints == []


async def talk(platform: Platform, walk: Walk, phone: dict[str, str]) -> None:
    """A customer writes, the bot answers, and a person goes on in the portal."""
    page = walk.page
    customer = await asyncio.to_thread(platform.new_customer)
    await page.click("header a[href='/messages']")
    await asyncio.to_thread(platform.write, customer, phone, "Habari, mna unga?")
    # The list stands open, and is not loaded again.
    await page.click("#live .chats a")
    await expect(page.locator(".bubble.ours")).to_have_count(1)
    await asyncio.to_thread(platform.write, customer, phone, "Kilo tano <b>leo</b>")
    await expect(page.locator(".bubble:not(.ours)").last).to_contain_text("Kilo tano <b>leo</b>")
    await walk.at("written")
    await page.fill("#text", "Ndiyo, tunazo.")
    await page.click("form.write button")
    received = await asyncio.to_thread(
        wait_for,
        lambda: [item for item in platform.received(customer) if item["text"] == "Ndiyo, tunazo."],
        "the reply at the customer",
    )
    assert len(received) == 1
    reply = page.locator(".bubble.ours", has_text="Ndiyo, tunazo.")
    await expect(reply).to_have_count(1)
    bot, you, delivered = SAID[walk.name.split("-")[1]]
    await expect(page.locator(".bubble.ours").first).to_contain_text(f"· {bot}")
    await expect(reply).to_contain_text(f"· {you} · {delivered}")
    await walk.at("replied")
    await open_photo(platform, walk, phone, customer)


async def open_photo(platform: Platform, walk: Walk, phone: dict[str, str], customer: str) -> None:
    """A customer sends a photo, and a member opens it from the thread that stands open."""
    page = walk.page
    content = {
        "kind": "IMAGE",
        "mime_type": "image/png",
        "file": {"base64": b64encode(PHOTO).decode()},
    }
    body = {"to": phone["phone_number"], "content": content}
    await asyncio.to_thread(
        lambda: platform.sandbox.post(
            f"/customers/{customer}/messages", json=body
        ).raise_for_status()
    )
    link = page.locator(".bubble:not(.ours) a[href$='/file']")
    await expect(link).to_have_count(1)
    await walk.at("photo")
    async with page.expect_response(lambda answer: answer.url.endswith("/file")) as opening:
        await link.click()
    answer = await opening.value
    assert (answer.status, await answer.body()) == (200, PHOTO)
    assert answer.headers["content-type"] == "image/png"
    # The browser shows it, and its own page around it breaks none of our rules.
    assert await page.evaluate("document.images[0].naturalWidth") == PHOTO_WIDTH


def scan(platform: Platform, phone: str, qr: str) -> None:
    platform.sandbox.post(f"/phones/{phone}/scan", json={"qr": qr}).raise_for_status()
