"""Search and tables in the portal."""

import csv
import re
from datetime import timedelta
from html import unescape
from io import StringIO
from urllib.parse import quote_plus

import pytest

from portal.services import find_messages
from shared.stores import message_search
from tests.integration.portal.test_messages import (
    ASHA,
    HOSTILE,
    LID,
    MAX_BYTES,
    business_of,
    chat,
    sent_from_the_queue,
    write,
)
from tests.integration.portal.test_start import execute, rows

JUMA = "+255754000002"


async def exported(browser, query: str = "") -> list[list[str]]:
    answer = await browser.go(f"/messages/export.csv?{query}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/csv; charset=utf-8")
    assert re.fullmatch(
        r'attachment; filename="messages-\d{4}-\d\d-\d\d\.csv"',
        answer.headers["content-disposition"],
    )
    text = answer.content.decode("utf-8-sig")
    return list(csv.reader(StringIO(text, newline=""), strict=True))


async def test_a_word_is_found_marked_and_leads_to_its_place_in_the_chat(portal, database_url):
    browser, tenant_id = await business_of(portal, database_url)
    await write(database_url, tenant_id, "Mna <b>unga</b>?", ago=timedelta(days=3))
    for number in reversed(range(25)):
        await write(database_url, tenant_id, f"M{number}", ago=timedelta(hours=number + 1))
    page = (await browser.go("/messages/search?q=UNG")).text
    assert "Mna &lt;b&gt;<mark>ung</mark>a&lt;/b&gt;?" in page
    assert "M24" not in page
    place = unescape(re.search(rf'href="({re.escape(chat(ASHA))}\?before=[^"#]+)#newest"', page)[1])
    page = (await browser.go(place)).text
    assert "unga" in page
    assert "M24" not in page


async def test_people_are_found_by_number_and_by_name(portal, database_url):
    browser, tenant_id = await business_of(portal, database_url)
    await write(database_url, tenant_id, "Habari", name="Asha Mwinyi")
    await write(database_url, tenant_id, "Mambo", person=JUMA, name="Juma")
    for asked in ("0754 000 001", "mwinyi"):
        page = (await browser.go(f"/messages/search?q={quote_plus(asked)}")).text
        assert f'href="{chat(ASHA)}#newest"' in page
        assert f'href="{chat(JUMA)}#newest"' not in page
    # A number brings what was said with it; a name is not in what was said.
    assert "Mambo" in (await browser.go("/messages/search?q=754000002")).text
    assert "Mambo" not in (await browser.go("/messages/search?q=Juma")).text


async def test_what_is_not_there_is_said_and_what_is_wrong_is_named(portal, database_url):
    browser, tenant_id = await business_of(portal, database_url)
    await write(database_url, tenant_id, "Habari")
    assert "Nothing was found" in (await browser.go("/messages/search?q=canary")).text
    for path in ("search", "export.csv"):
        answer = await browser.go(f"/messages/{path}?first=2026-11-24&last=2026-11-23")
        assert answer.status_code == 422
        assert "before the first one" in answer.text
        assert 'value="2026-11-23"' in answer.text
    assert (await browser.go("/messages/search?before=x")).status_code == 400
    assert (await browser.go("/messages/search?q=%00%ff")).status_code == 200


async def test_days_are_those_of_the_business(portal, database_url):
    browser, tenant_id = await business_of(portal, database_url)
    await execute(database_url, "UPDATE tenant_configs SET time_zone = 'Pacific/Kiritimati'")
    await write(database_url, tenant_id, "Habari")
    # It is tomorrow there for the greater part of a day.
    # Written down at once: a search leaves out what was written long after it was said.
    said = "UPDATE message_logs SET occurred_at = '2026-11-20T23:30:00Z'"
    await execute(database_url, said, "UPDATE message_logs SET created_at = occurred_at")
    there, here = "first=2026-11-21&last=2026-11-21", "first=2026-11-20&last=2026-11-20"
    assert "Habari" in (await browser.go(f"/messages/search?{there}")).text
    assert "Habari" not in (await browser.go(f"/messages/search?{here}")).text
    assert (await exported(browser, there))[1][:2] == ["2026-11-21", "13:30"]


async def test_another_tenants_words_people_and_tables_are_not_there(portal, database_url):
    browser, _ = await business_of(portal, database_url)
    _, theirs = await business_of(
        portal, database_url, email="juma@example.com", phone="+255712345679"
    )
    await write(database_url, theirs, "canary", name="canary")
    for asked in ("canary", "754000001", "", str(theirs)):
        page = (await browser.go(f"/messages/search?q={asked}")).text
        assert chat(ASHA) not in page
        assert "canary</" not in page
        assert len(await exported(browser, f"q={asked}")) == 1


async def test_strangers_search_nothing(portal):
    for path in ("/messages/search?q=a", "/messages/export.csv"):
        assert (await portal.browser.go(path)).url.path == "/sign-in"


async def test_a_table_holds_every_row_once_also_when_it_is_read_in_parts(
    portal, database_url, monkeypatch
):
    monkeypatch.setattr(find_messages, "ROWS", 4)
    browser, tenant_id = await business_of(portal, database_url)
    await execute(database_url, "UPDATE users SET role = 'STAFF'")
    for number in range(11):
        out = number % 2 == 1
        await write(database_url, tenant_id, f"bei {number:02}", out=out, ago=timedelta(days=1))
    await write(
        database_url, tenant_id, "", person=LID, lid=LID, name="Siri", kind="DOCUMENT",
        media='{"mime_type": "application/pdf", "size": 81920, "file_name": "=1.pdf"}',
    )  # fmt: skip
    head, *found = await exported(browser)
    assert head == [
        "Date",
        "Time",
        "Direction",
        "Name",
        "Number",
        "Kind",
        "Text",
        "File",
        "Written by",
    ]
    assert [row[6] for row in found] == [
        "",
        *(f"bei {number:02}" for number in reversed(range(11))),
    ]
    assert found[0][3:] == ["Siri", LID, "Document", "", "'=1.pdf · 82 kB", "Customer"]
    assert found[1][2:6] == ["Received", "Asha", f"'{ASHA}", "Text"]
    assert [row[6] for row in await exported(browser, "q=bei&direction=OUT")] == [
        "Text", *(f"bei {number:02}" for number in (9, 7, 5, 3, 1)),
    ]  # fmt: skip
    events = "SELECT count(*) FROM portal_event_logs WHERE event_type = 'messages_exported'"
    assert await rows(database_url, events) == [(2,)]


async def test_a_table_says_who_wrote_each_row(portal, database_url):
    browser, tenant_id = await business_of(portal, database_url)
    await write(database_url, tenant_id, "Habari", ago=timedelta(minutes=1))
    for origin in ("BOT", "PHONE", None):
        await write(database_url, tenant_id, "", out=True, origin=origin)
    await sent_from_the_queue(database_url, tenant_id, "", None)
    await sent_from_the_queue(database_url, tenant_id, "", "juma@example.com")
    assert [row[8] for row in (await exported(browser))[1:]] == [
        *("juma@example.com", "A program (API)", "", "From the phone", "Bot", "Customer"),
    ]


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in HOSTILE.items()])
async def test_hostile_words_break_neither_results_nor_tables(portal, database_url, text):
    browser, tenant_id = await business_of(portal, database_url)
    for _ in range(25):
        await write(database_url, tenant_id, f"bei {text}", name=text[:200])
    await write(database_url, tenant_id, f"={text}", name=f"@{text[:100]}")
    page = await browser.go("/messages/search?q=bei")
    assert page.status_code == 200
    assert len(page.content) < MAX_BYTES
    assert "<script>alert" not in page.text
    assert "onerror=alert(1)>" not in page.text
    assert (await browser.go(f"/messages/search?q={quote_plus(text[:3000])}")).status_code == 200
    _, first, *others = await exported(browser)
    assert first[6] == f"'={text}"
    assert [row[6] for row in others] == [f"bei {text}"] * 25


async def test_a_table_breaks_off_when_whoever_saves_it_is_out(portal, database_url, monkeypatch):
    browser, tenant_id = await business_of(portal, database_url)
    for number in range(3):
        await write(database_url, tenant_id, f"M{number}")
    monkeypatch.setattr(find_messages, "ROWS", 2)
    read = message_search.search

    async def search(*given, **more):
        page = await read(*given, **more)
        await execute(database_url, "DELETE FROM browser_sessions")
        return page

    monkeypatch.setattr(message_search, "search", search)
    await browser.go("/messages/export.csv")
    said = browser.at.text
    assert ("M2" in said, "M0" in said) == (True, False)
