"""Chats in the portal: what is shown, what is not, and what hostile words cannot do."""

import re
from datetime import timedelta
from html import unescape
from urllib.parse import quote

import asyncpg
import pytest

from shared.enums import MessageKind
from shared.ids import TenantId
from shared.stores.messages import ascending_ids
from tests.fakes.pages import Browser, forms_of
from tests.integration.portal.conftest import Portal
from tests.integration.portal.test_start import APPROVED, describe, execute, rows

ASHA, LID = "+255754000001", "77001@lid"
MAX_BYTES = 60_000
HOSTILE = {
    "script": "<script>alert(1)</script><img src=x onerror=alert(1)>\"'",
    "right to left": "\u202eevil\u2066 \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "line breaks": "one\ntwo\r\nthree\rfour\u2028five\n\ndata: six\n\nevent: seven",
    "64 kB": "&" * 65_536,
    "emoji": "👩🏽‍🌾" * 3000,
    "template": "{{ 7 * 7 }}{% if 1 %}",
}


async def business_of(portal: Portal, url: str, **changes: str) -> tuple[Browser, TenantId]:
    browser = await portal.sign_up(changes.pop("email", "asha@example.com"))
    await describe(browser, **changes)
    await execute(url, APPROVED)
    phone = changes.get("phone", "+255712345678")
    [(tenant_id,)] = await rows(url, f"SELECT id FROM tenants WHERE phone_number = '{phone}'")  # noqa: S608  a test's own
    return browser, TenantId(tenant_id)


async def write(url: str, tenant_id: TenantId, text: str, **changes) -> str:
    """What a customer wrote, with the owner's rights, as the gateway commits it."""
    given = {"person": ASHA, "lid": None, "name": "Asha", "out": False, "kind": "TEXT",
             "ago": timedelta(0), "media": None, "origin": None} | changes  # fmt: skip
    ends = ("+255712345678", given["person"])
    if not given["out"]:
        ends = ends[::-1]
    phone = None if given["person"].endswith("@lid") else given["person"]
    [row_id] = ascending_ids(1)
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(
            "INSERT INTO message_logs (id, tenant, direction, kind, from_number, to_number,"
            " message_text, wa_message_id, contact_lid, media_json, occurred_at, origin)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, now() - $11::interval, $12)",
            row_id, tenant_id, "OUT" if given["out"] else "IN", given["kind"], *ends,
            text, str(row_id), given["lid"], given["media"], given["ago"], given["origin"],
        )  # fmt: skip
        await connection.execute(
            "INSERT INTO contacts (tenant, phone, lid, push_name, last_seen_at)"
            " VALUES ($1, $2, $3, $4, now()) ON CONFLICT DO NOTHING",
            tenant_id, phone, given["lid"], given["name"],
        )  # fmt: skip
    finally:
        await connection.close()
    return str(row_id)


def chat(person: str) -> str:
    return f"/messages/{quote(person, safe='')}"


async def test_a_new_business_reads_that_nobody_has_written(portal, database_url):
    browser, _ = await business_of(portal, database_url)
    page = await browser.go("/messages")
    assert page.status_code == 200
    assert "Nobody has written yet" in page.text


async def test_strangers_sign_in_and_members_without_a_business_describe_it(portal):
    assert (await portal.browser.go("/messages")).url.path == "/sign-in"
    browser = await portal.sign_up()
    for path in ("/messages", "/messages/stream", chat(ASHA)):
        assert (await browser.go(path)).url.path == "/start"


async def test_the_list_shows_each_person_with_the_last_words(portal, database_url):
    browser, tenant_id = await business_of(portal, database_url)
    await write(database_url, tenant_id, "Bei gani?", ago=timedelta(hours=2))
    await write(database_url, tenant_id, "Mia tatu", out=True, ago=timedelta(hours=1))
    await write(
        database_url, tenant_id, "", person=LID, lid=LID, name="", kind=MessageKind.VOICE.value
    )
    page = (await browser.go("/messages")).text
    assert page.index("Voice message") < page.index("Mia tatu")
    assert "Bei gani?" not in page
    assert "Number not known" in page
    assert page.count("Not answered yet</span>") == 1
    assert chat(LID) in page


async def test_a_thread_shows_bubbles_in_order_and_files_by_kind_and_size(portal, database_url):
    browser, tenant_id = await business_of(portal, database_url)
    await write(database_url, tenant_id, "Habari", ago=timedelta(minutes=3))
    await write(database_url, tenant_id, "Karibu", out=True, ago=timedelta(minutes=2))
    media = '{"mime_type": "image/jpeg", "size": 81920}'
    await write(database_url, tenant_id, "hii", kind="IMAGE", media=media)
    page = (await browser.go(chat(ASHA))).text
    assert page.index("Habari") < page.index("Karibu") < page.index("Photo")
    assert "82 kB" in page
    assert "image/jpeg" not in page


async def sent_from_the_queue(url: str, tenant_id: TenantId, text: str, author: str | None) -> None:
    """As what was queued is logged and settled; by a program where it has no author."""
    row_id = await write(url, tenant_id, text, out=True, origin="QUEUE")
    by = "NULL" if author is None else f"'{author}'"
    await execute(
        url,
        "INSERT INTO outbound_messages (tenant, fingerprint, to_phone, content_json, state,"  # noqa: S608  a test's own
        f" wa_message_id, author) VALUES ('{tenant_id}', '', '{ASHA}',"
        f' \'{{"type": "text", "text": ""}}\', \'SENT\', \'{row_id}\', {by})',
    )


async def test_what_went_out_says_who_wrote_it(portal, database_url):
    browser, tenant_id = await business_of(portal, database_url)
    for origin in ("BOT", "PHONE", None):
        await write(database_url, tenant_id, f"from {origin}", out=True, origin=origin)
    await sent_from_the_queue(database_url, tenant_id, "from API", None)
    await sent_from_the_queue(database_url, tenant_id, "from juma", "juma@example.com")
    await browser.go(chat(ASHA))
    page = (await browser.send(chat(ASHA), text="from me")).text
    bubbles = re.findall(
        r'dir="auto">from (\S+)</p>\s*<p class="mark"><time.*?</time>(.*?)</p>', page
    )
    assert dict(bubbles) == {
        "BOT": " · Bot",
        "PHONE": " · From the phone",
        "None": "",
        "API": " · A program (API) · Sent",
        "juma": " · <bdi>juma@example.com</bdi> · Sent",
        "me": " · You · Waiting to be sent",
    }
    await browser.go("/account")
    await browser.send("/language", language="SW")
    assert "</time> · Kupitia simu</p>" in (await browser.go(chat(ASHA))).text


@pytest.mark.parametrize(("origin", "whose"), [("BOT", "Bot:"), ("PHONE", "You:")])
async def test_the_list_tells_the_bots_last_words_from_the_peoples(
    portal, database_url, origin, whose
):
    browser, tenant_id = await business_of(portal, database_url)
    await write(database_url, tenant_id, "Karibu", out=True, origin=origin)
    for path in ("/messages", "/messages/search?q=karibu"):
        assert f'class="you">{whose}</span>' in (await browser.go(path)).text


@pytest.mark.usefixtures("brief_streams")
@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in HOSTILE.items()])
async def test_hostile_words_break_neither_list_nor_thread_nor_stream(portal, database_url, text):
    browser, tenant_id = await business_of(portal, database_url)
    for number in range(35):
        await write(
            database_url, tenant_id, text, person=f"+2557540001{number:02}", name=text[:200]
        )
    for _ in range(25):
        await write(database_url, tenant_id, text, name=text[:200])
    for path in ("/messages", chat(ASHA)):
        page = await browser.go(path)
        assert page.status_code == 200
        assert len(page.content) < MAX_BYTES
        assert "<script>alert" not in page.text
        assert "onerror=alert(1)>" not in page.text
        assert ("{{ 7 * 7 }}" in page.text) == (text == HOSTILE["template"])
    for path in ("/messages/stream", f"{chat(ASHA)}/stream"):
        lines = re.split(r"\r\n|\r|\n", (await browser.go(path)).text)
        assert any(line.startswith("data: ") for line in lines)
        assert all(line.startswith(("data: ", "retry: ", ":")) or not line for line in lines)


async def test_a_long_text_is_cut_and_read_as_a_whole_in_parts(portal, database_url):
    browser, tenant_id = await business_of(portal, database_url)
    text = "".join(f"{number:06} & <b>\n" for number in range(4000))
    row_id = await write(database_url, tenant_id, text)
    page = (await browser.go(chat(ASHA))).text
    assert f'href="{chat(ASHA)}/{row_id}"' in page
    whole, path = "", f"{chat(ASHA)}/{row_id}"
    while path:
        page = await browser.go(path)
        assert len(page.content) < MAX_BYTES
        found = re.search(r'<p class="said" dir="auto">(.*?)</p>', page.text, re.DOTALL)
        whole += unescape(found[1])
        following = re.search(rf'href="({re.escape(chat(ASHA))}/{row_id}\?part=\d+)"', page.text)
        path = following[1] if following else None
    assert whole == text
    assert (await browser.go(f"{chat(ASHA)}/{row_id}?part=99")).status_code == 404


async def test_older_chats_and_earlier_messages_are_pages_of_their_own(portal, database_url):
    browser, tenant_id = await business_of(portal, database_url)
    for number in reversed(range(31)):
        ago = timedelta(minutes=number)
        await write(database_url, tenant_id, f"P{number:02}", person=f"+2557540001{number:02}",
                    name=f"N{number}", ago=ago)  # fmt: skip
    for number in reversed(range(21)):
        await write(database_url, tenant_id, f"M{number:02}", ago=timedelta(hours=number + 1))
    page = (await browser.go("/messages")).text
    assert "P00" in page
    assert "M00" not in page
    older = unescape(re.search(r'href="(/messages\?before=[^"]+)"', page)[1])
    page = (await browser.go(older)).text
    assert "M00" in page
    assert "P00" not in page
    assert "data-stream" not in page
    page = (await browser.go(chat(ASHA))).text
    assert "M20" not in page
    earlier = unescape(re.search(rf'href="({re.escape(chat(ASHA))}\?before=[^"]+)"', page)[1])
    page = (await browser.go(earlier)).text
    assert "M20" in page
    assert "M00" not in page


async def test_anothers_people_and_messages_are_not_there(portal, database_url):
    browser, _ = await business_of(portal, database_url)
    _, theirs = await business_of(
        portal, database_url, email="juma@example.com", phone="+255712345679"
    )
    row_id = await write(database_url, theirs, "canary")
    for path in (
        *(chat(ASHA), f"{chat(ASHA)}/stream", f"{chat(ASHA)}/{row_id}"),
        *(chat("+255754999999"), chat("\0"), chat("%00"), chat("😀" * 500), chat(LID)),
        f"{chat(ASHA)}/not-an-id",
    ):
        page = await browser.go(path)
        assert page.status_code == 404, path
        assert "canary" not in page.text


async def test_a_message_of_another_chat_is_not_shown_below_this_one(portal, database_url):
    browser, tenant_id = await business_of(portal, database_url)
    await write(database_url, tenant_id, "mine")
    row_id = await write(database_url, tenant_id, "canary", person="+255754000002")
    assert (await browser.go(f"{chat(ASHA)}/{row_id}")).status_code == 404


async def test_a_bad_page_is_a_bad_request(portal, database_url):
    browser, tenant_id = await business_of(portal, database_url)
    await write(database_url, tenant_id, "Habari")
    for path in ("/messages?before=x", f"{chat(ASHA)}?before=x", f"{chat(ASHA)}?before=%00"):
        assert (await browser.go(path)).status_code == 400
    assert (await browser.go(f"{chat(ASHA)}/{TenantId(tenant_id)}?part=x")).status_code == 400


async def test_a_message_that_was_not_sent_says_why_in_the_readers_language(portal, database_url):
    browser, tenant_id = await business_of(portal, database_url)
    await write(database_url, tenant_id, "Habari")
    await execute(
        database_url,
        "INSERT INTO outbound_messages (tenant, fingerprint, to_phone, content_json, state, reason)"  # noqa: S608  a test's own
        f" VALUES ('{tenant_id}', '', '{ASHA}', '{{\"type\": \"text\", \"text\": \"Karibu\"}}',"
        " 'FAILED', 'This number is not on WhatsApp.')",
    )
    assert "Not sent: this number is not on WhatsApp." in (await browser.go(chat(ASHA))).text
    await browser.go("/account")
    await browser.send("/language", language="SW")
    assert "Haukutumwa: namba hii haipo kwenye WhatsApp." in (await browser.go(chat(ASHA))).text


QUEUE = "SELECT to_phone, content_json ->> 'text', state FROM outbound_messages ORDER BY id"


async def test_a_reply_is_queued_and_seen_as_waiting_and_its_page_is_shown_again(
    portal, database_url
):
    browser, tenant_id = await business_of(portal, database_url)
    await write(database_url, tenant_id, "Habari", ago=timedelta(minutes=1))
    await browser.go(chat(ASHA))
    page = await browser.send(chat(ASHA), text="  Karibu\r\nsana 👋🏽 ")
    assert (page.status_code, page.url.path) == (200, f"/messages/{ASHA}")
    assert "Waiting to be sent" in page.text
    assert await rows(database_url, QUEUE) == [(ASHA, "Karibu\nsana 👋🏽", "QUEUED")]
    told = "SELECT payload_json ->> 'chat' FROM portal_event_logs WHERE event_type = 'replied'"
    assert await rows(database_url, told) == [(ASHA,)]


async def test_who_writes_in_quiet_hours_is_told_when_it_goes_out(portal, database_url):
    browser, tenant_id = await business_of(portal, database_url)
    await write(database_url, tenant_id, "Habari")
    now = portal.clock.now()
    portal.clock.advance(now.replace(hour=20, minute=0) - now)
    assert "Quiet hours" not in (await browser.go(chat(ASHA))).text
    await execute(
        database_url,
        "UPDATE tenant_configs SET quiet_hours_json ="
        ' \'{"begins": "22:30", "ends": "06:30", "time_zone": "Africa/Nairobi"}\'',
    )
    page = (await browser.go(chat(ASHA))).text
    assert "Quiet hours: what you write now goes out at 06:30." in page
    portal.clock.advance(timedelta(hours=8))
    assert "Quiet hours" not in (await browser.go(chat(ASHA))).text


async def test_a_form_that_is_sent_twice_is_one_reply_and_another_text_in_it_is_refused(
    portal, database_url
):
    browser, tenant_id = await business_of(portal, database_url)
    await write(database_url, tenant_id, "Habari")
    form = await browser.go(chat(ASHA))
    for _ in range(2):
        browser.at = form
        assert (await browser.send(chat(ASHA), text="Karibu")).status_code == 200
    browser.at = form
    assert (await browser.send(chat(ASHA), text="Kwaheri")).status_code == 409
    await browser.go(chat(ASHA))
    await browser.send(chat(ASHA), text="Karibu")
    assert [text for _, text, _ in await rows(database_url, QUEUE)] == ["Karibu", "Karibu"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(" \r\n ", "Write something first.", id="nothing"),
        pytest.param("x" * 4001, "Too long", id="too much"),
        pytest.param("a\0b", "cannot be sent", id="a character that no phone shows"),
    ],
)
async def test_a_reply_that_cannot_be_sent_is_said_where_it_was_typed(
    portal, database_url, text, said
):
    browser, tenant_id = await business_of(portal, database_url)
    await write(database_url, tenant_id, "Habari")
    await browser.go(chat(ASHA))
    page = await browser.send(chat(ASHA), text=text)
    assert page.status_code == 422
    assert said in page.text
    assert await rows(database_url, QUEUE) == []


async def test_the_longest_reply_of_the_largest_characters_is_taken(portal, database_url):
    browser, tenant_id = await business_of(portal, database_url)
    await write(database_url, tenant_id, "Habari")
    await browser.go(chat(ASHA))
    assert (await browser.send(chat(ASHA), text="👩" * 4000)).status_code == 200
    assert len(await rows(database_url, QUEUE)) == 1


async def test_who_told_no_number_is_answered_by_lid(portal, database_url):
    browser, tenant_id = await business_of(portal, database_url)
    await write(database_url, tenant_id, "Habari", person=LID, lid=LID)
    await browser.go(chat(LID))
    await browser.send(chat(LID), text="Karibu")
    assert await rows(database_url, QUEUE) == [(LID, "Karibu", "QUEUED")]


async def test_no_reply_goes_to_anothers_contact_nor_without_a_form_of_ours(portal, database_url):
    _, tenant_id = await business_of(portal, database_url)
    await write(database_url, tenant_id, "Habari")
    other, theirs = await business_of(
        portal, database_url, email="juma@example.com", phone="+255712345679"
    )
    await write(database_url, theirs, "Mambo", person="+255754000002")
    page = await other.go(chat("+255754000002"))
    token = forms_of(page.text)[chat("+255754000002")]
    assert (await other.post(chat(ASHA), text="canary", **token)).status_code == 404
    assert (await other.post(chat("+255754000002"), text="canary", key="k")).status_code == 403
    for key in ("", "k" * 65, "\0", "ш"):
        bad = token | {"key": key}
        assert (await other.post(chat("+255754000002"), text="x", **bad)).status_code == 400
    assert await rows(database_url, QUEUE) == []


async def test_staff_may_reply(portal, database_url):
    browser, tenant_id = await business_of(portal, database_url)
    await execute(database_url, "UPDATE users SET role = 'STAFF'")
    await write(database_url, tenant_id, "Habari")
    await browser.go(chat(ASHA))
    await browser.send(chat(ASHA), text="Karibu")
    assert len(await rows(database_url, QUEUE)) == 1


TAKEN = "SELECT chat, until > now() FROM takeovers ORDER BY chat"


async def test_a_chat_is_taken_over_and_handed_back_and_both_are_recorded(portal, database_url):
    browser, tenant_id = await business_of(portal, database_url)
    await write(database_url, tenant_id, "Habari", lid=LID)
    page = await browser.go(chat(ASHA))
    assert "The bot answers here." in page.text
    page = await browser.send(f"{chat(ASHA)}/bot", wish="TAKE_OVER")
    assert "The bot is silent here until" in page.text
    assert await rows(database_url, TAKEN) == [(ASHA, True), (LID, True)]
    assert "You answer" in (await browser.go("/messages")).text
    await browser.go(chat(ASHA))
    portal.clock.advance(timedelta(seconds=1))
    page = await browser.send(f"{chat(ASHA)}/bot", wish="HAND_BACK")
    assert "The bot answers here." in page.text
    assert "You answer" not in (await browser.go("/messages")).text
    events = "SELECT event_type FROM portal_event_logs WHERE event_type LIKE 'chat%' ORDER BY id"
    assert sorted(await rows(database_url, events)) == [("chat_handed_back",), ("chat_taken",)]


async def test_a_chat_is_handed_back_also_when_the_phones_clock_is_ahead(portal, database_url):
    """The later word counts, and what is said now is later than what was said before."""
    browser, tenant_id = await business_of(portal, database_url)
    await write(database_url, tenant_id, "Habari")
    ahead = portal.clock.now() + timedelta(minutes=5)
    await execute(
        database_url,
        "INSERT INTO takeovers (tenant, chat, until, changed_at)"  # noqa: S608  a test's own
        f" SELECT id, '{ASHA}', '{ahead + timedelta(hours=8)}', '{ahead}' FROM tenants",
    )
    await browser.go(chat(ASHA))
    page = await browser.send(f"{chat(ASHA)}/bot", wish="HAND_BACK")
    assert "The bot answers here." in page.text


async def test_a_reply_takes_the_chat_over_until_eight_hours_after_the_last_one(
    portal, database_url
):
    browser, tenant_id = await business_of(portal, database_url)
    await write(database_url, tenant_id, "Habari")
    for _ in range(2):
        await browser.go(chat(ASHA))
        await browser.send(chat(ASHA), text="Karibu")
        portal.clock.advance(timedelta(hours=7))
    assert "The bot is silent" in (await browser.go(chat(ASHA))).text
    portal.clock.advance(timedelta(hours=1))
    assert "The bot answers here." in (await browser.go(chat(ASHA))).text


async def test_nobody_takes_over_anothers_chat_nor_wishes_what_we_do_not_know(portal, database_url):
    _, tenant_id = await business_of(portal, database_url)
    await write(database_url, tenant_id, "Habari")
    other, theirs = await business_of(
        portal, database_url, email="juma@example.com", phone="+255712345679"
    )
    await write(database_url, theirs, "Mambo", person="+255754000002")
    page = await other.go(chat("+255754000002"))
    token = forms_of(page.text)[f"{chat('+255754000002')}/bot"]
    for wish in ("TAKE_OVER", "HAND_BACK"):
        answer = await other.post(f"{chat(ASHA)}/bot", wish=wish, **token)
        assert answer.status_code == 404
    await other.post(f"{chat('+255754000002')}/bot", wish="LOG_OUT", **token)
    assert await rows(database_url, TAKEN) == []
