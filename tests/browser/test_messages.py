"""Conversations on a screen: in both languages, on a phone and at a desk, live and hostile."""

from datetime import timedelta

import pytest
from playwright.async_api import expect

from shared.ids import TenantId
from tests.browser.test_accounts import walk  # noqa: F401  the fixture
from tests.browser.walking import PICTURES, Portal, Walk
from tests.integration.portal.test_messages import ASHA, HOSTILE, chat, write
from tests.integration.portal.test_start import execute, rows

WALKS = [
    pytest.param(("en", "phone", "light", True), id="English on a phone"),
    pytest.param(("sw", "desk", "dark", True), id="Swahili at a desk at night"),
    pytest.param(("sw", "phone", "dark", False), id="Swahili on a phone, without scripts"),
]


async def enter(portal: Portal, walk: Walk, url: str) -> TenantId:  # noqa: F811  the fixture
    """A member with a business, signed in."""
    await walk.page.goto(f"{portal.url}/sign-up")
    await walk.fill(email="asha@example.com")
    await walk.page.goto(await portal.newest_link(after=0))
    await walk.fill(password="three good words")
    await walk.page.select_option("#template", "SUPPORT")
    await walk.page.fill("#name", "Duka la Asha")
    await walk.fill(phone="+255 712 345 678")
    await walk.page.wait_for_url("**/home")
    [(tenant_id,)] = await rows(url, "SELECT id FROM tenants")
    return TenantId(tenant_id)


async def converse(url: str, tenant_id: TenantId) -> None:
    """A day of a small shop."""
    said = [
        (ASHA, "Asha Mwinyi", False, "Habari! Mna unga wa sembe?", 1500),
        (ASHA, "Asha Mwinyi", True, "Karibu Duka la Asha.\n1. Bei\n2. Oda\n3. Mawasiliano", 1500),
        (ASHA, "Asha Mwinyi", False, "2", 61),
        (ASHA, "Asha Mwinyi", True, "Andika unachohitaji, nasi tutakuandalia.", 61),
        (ASHA, "Asha Mwinyi", False, "Kilo 5 za unga na lita 2 za mafuta, tafadhali", 60),
        ("+255754000002", "Juma", True, "Asante, oda yako imepokelewa.", 200),
        ("+255754000003", "", False, "Mko wazi leo?", 12 * 60),
        ("+255754000004", "Mheshimiwa Bwana " * 5, False, "Karibuni", 13 * 60),
        ("+447700900123", "\u202e\u05e9\u05dc\u05d5\u05dd", False, HOSTILE["script"], 2880),
        ("+255754000005", "Neema 👩🏽‍🌾", False, HOSTILE["emoji"][:80], 4000),
    ]
    for person, name, out, text, ago in said:
        await write(
            url, tenant_id, text, person=person, name=name, out=out, ago=timedelta(minutes=ago)
        )
    media = '{"mime_type": "image/jpeg", "size": 81920}'
    await write(url, tenant_id, "hii hapa", kind="IMAGE", media=media, ago=timedelta(minutes=59))


@pytest.mark.parametrize("walk", WALKS, indirect=True)
async def test_a_person_reads_conversations_and_replies(
    portal: Portal,
    walk: Walk,  # noqa: F811  the fixture
    database_url: str,
):
    page, walk.name = walk.page, f"messages-{walk.name}"
    tenant_id = await enter(portal, walk, database_url)
    await page.click("header a[href='/messages']")
    await walk.at("none")
    await converse(database_url, tenant_id)
    await write(database_url, tenant_id, HOSTILE["64 kB"], ago=timedelta(minutes=58))
    await page.goto(f"{portal.url}/messages")
    await walk.at("list")
    await page.fill("#q", "unga")
    await page.press("#q", "Enter")
    await page.wait_for_selector("mark")
    await page.click("summary")
    await walk.at("search")
    await page.go_back()
    await page.click(f"a[href='{chat(ASHA)}#newest']")
    await walk.at("thread")
    await page.click(".bubble a")
    await walk.at("long")
    await page.go_back()
    await page.fill("#text", "Tayari! Karibu uchukue 👋🏽\nTupo hadi saa 12.")
    await page.click(".write button")
    await page.wait_for_selector("#newest.ours")
    await expect(page.locator("#newest")).to_contain_text("Tupo hadi saa 12.")
    await expect(page.locator(".taken")).to_contain_text(":")
    await walk.at("replied")
    await page.screenshot(path=PICTURES / f"{walk.name}-view.png")
    await page.click(".taken button[value=HAND_BACK]")
    await page.wait_for_selector(".taken button[value=TAKE_OVER]")
    await walk.at("handed-back")
    kept = "SELECT content_json ->> 'text', state FROM outbound_messages"
    assert await rows(database_url, kept) == [
        ("Tayari! Karibu uchukue 👋🏽\nTupo hadi saa 12.", "QUEUED")
    ]


@pytest.mark.parametrize("walk", WALKS[:1], indirect=True)
async def test_a_new_message_appears_by_itself_in_list_and_thread(
    portal: Portal,
    walk: Walk,  # noqa: F811  the fixture
    database_url: str,
):
    page = walk.page
    await page.clock.install()
    tenant_id = await enter(portal, walk, database_url)
    await converse(database_url, tenant_id)
    told = f"SELECT pg_notify('flowhq_tenant', '{tenant_id}')"
    await page.goto(f"{portal.url}/messages")
    await write(database_url, tenant_id, "Mpo?", person="+255754000002", name="Juma")
    await execute(database_url, told)
    await expect(page.locator(".chats li").first).to_contain_text("Mpo?")
    await page.goto(f"{portal.url}{chat(ASHA)}#newest")
    await page.focus(".taken button")
    await page.evaluate("kept = [document.activeElement, document.querySelector('.bubble')]")
    for name, text in HOSTILE.items():
        await write(database_url, tenant_id, text)
        await execute(database_url, told)
        await expect(page.locator("#newest .said")).to_contain_text(text.split()[0][:20])
        assert (
            await page.evaluate("document.querySelectorAll('#live img, #live script').length") == 0
        ), name
    # Who is at a button stays there, and what was there stays marked.
    stays = "kept.every((each) => each.isConnected) && document.activeElement === kept[0]"
    assert await page.evaluate(stays)
    # Who reads at the end is kept there.
    await expect(page.locator("#newest")).to_be_in_viewport()
    # Whoever is signed out looks at the past, and is told so.
    async with page.expect_event("response", lambda answer: "/sign-in" in answer.url):
        await execute(database_url, "DELETE FROM browser_sessions", told)
    await expect(page.locator("#stale")).to_be_hidden()
    await page.clock.fast_forward(7000)
    await expect(page.locator("#stale")).to_be_visible()
    assert ["text/html" in each for each in walk.complaints] == [True]
    walk.complaints.clear()
