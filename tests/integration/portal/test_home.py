"""Home: one true sentence with its time, today in numbers, plots, and what happened lately."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from portal.services.show_history import list_hours
from shared.clock import SystemClock
from tests.fakes.pages import Browser
from tests.integration.portal.conftest import Portal
from tests.integration.portal.test_start import LINKED, describe, execute, rows

ZONE = ZoneInfo("Africa/Dar_es_Salaam")
HOUR = timedelta(hours=1)
RUNNING = (
    "UPDATE worker_processes SET desired_state = 'RUNNING', generation = 1, status = 'RUNNING'"
)


@pytest.fixture
async def linked(portal: Portal, database_url: str) -> Browser:
    browser = await portal.sign_up()
    await describe(browser)
    await execute(database_url, LINKED)
    # Noon in the zone: the hours around it are of the same day.
    now = portal.clock.now()
    portal.clock.advance(now.replace(hour=9, minute=0, second=0, microsecond=0) - now)
    return browser


async def say(url: str, name: str, at: datetime, *, answered_after: float | None = None) -> None:
    """A message in, and perhaps its answer; counted as the store counts them."""
    [(tenant_id,)] = await rows(url, "SELECT id FROM tenants")
    said = [(name, "IN", at, None)]
    if answered_after is not None:
        said.append((f"re {name}", "OUT", at + timedelta(seconds=answered_after), name))
    for wa_id, direction, when, to in said:
        reply = "NULL" if to is None else f"'{to}'"
        await execute(
            url,
            "INSERT INTO message_logs (tenant, direction, kind, from_number, to_number,"  # noqa: S608  a test's own
            " message_text, wa_message_id, in_reply_to, occurred_at, created_at)"
            f" VALUES ('{tenant_id}', '{direction}', 'TEXT', '+255712000001', '', '',"
            f" '{wa_id}', {reply}, '{when.isoformat()}', '{when.isoformat()}')",
            "INSERT INTO message_hours (tenant, hour, direction, messages)"  # noqa: S608  a test's own
            f" VALUES ('{tenant_id}', date_trunc('hour', '{when.isoformat()}'::timestamptz, 'UTC'),"
            f" '{direction}', 1) ON CONFLICT (tenant, hour, direction)"
            " DO UPDATE SET messages = message_hours.messages + 1",
        )


async def set_since(url: str, at: datetime) -> None:
    await execute(
        url,
        f"UPDATE whatsapp_sessions SET state_changed_at = '{at.isoformat()}'",  # noqa: S608  a test's own
    )


def numbers(page: str) -> dict[str, str]:
    return dict(re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", page))


async def test_it_says_since_when_the_bot_answers_in_the_business_own_time(
    portal, linked, database_url
):
    since = portal.clock.now() - 2 * HOUR
    await set_since(database_url, since)
    assert "Answering since 10:00" in (await linked.go("/home")).text
    await execute(database_url, "UPDATE tenant_configs SET time_zone = 'Africa/Lagos'")
    assert "Answering since 08:00" in (await linked.go("/home")).text
    await set_since(database_url, since - timedelta(days=1))
    assert "Answering since yesterday 08:00" in (await linked.go("/home")).text


async def test_it_says_until_when_whatsapp_has_paused_the_number(portal, linked, database_url):
    until = portal.clock.now() + 2 * HOUR
    await execute(
        database_url,
        "UPDATE whatsapp_sessions SET state = 'BANNED', reason = 'TEMPORARY_BAN',"  # noqa: S608  a test's own
        f" ban_ends_at = '{until.isoformat()}'",
    )
    assert "WhatsApp has paused this number until 14:00" in (await linked.go("/home")).text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("state = 'QR_EXPIRED', reason = 'LINKING_FAILED'", "too many linked devices"),
        ("state = 'QR_EXPIRED', reason = 'QR_ROUND_OVER'", "The codes have run out"),
        ("state = 'QR_EXPIRED', reason = 'PASSKEY_REQUIRED'", "asks for a passkey"),
        ("state = 'LOGGED_OUT', reason = 'DEVICE_REMOVED'", "has unlinked the bot"),
        ("state = 'CONNECTING', reason = 'LOGGING_IN'", "Scanned: logging in"),
        ("state = 'DISCONNECTED', reason = 'CONNECTION_LOST'", "No connection to WhatsApp since"),
    ],
)
async def test_a_failure_is_named(linked, database_url, change, words):
    await execute(database_url, f"UPDATE whatsapp_sessions SET {change}")  # noqa: S608  a test's own
    page = (await linked.go("/home")).text
    assert words in page
    is_over = "QR_EXPIRED" in change or "LOGGED_OUT" in change
    assert ('value="QR_ROUND"' in page) == is_over


async def test_today_is_told_in_numbers_and_yesterday_is_not(portal, linked, database_url):
    page = (await linked.go("/home")).text
    assert numbers(page) == {"Messages in": "0", "Messages out": "0"}
    assert "No answers yet today." in page
    midnight = portal.clock.now().astimezone(ZONE).replace(hour=0, minute=0).astimezone(UTC)
    await say(database_url, "yesterday", midnight - timedelta(seconds=1), answered_after=500)
    for n in range(3):
        await say(database_url, f"m{n}", midnight + n * HOUR, answered_after=n)
    await say(database_url, "unanswered", midnight + HOUR)
    assert numbers((await linked.go("/home")).text) == {
        "Messages in": "4",
        "Messages out": "4",  # the answer to yesterday's came today
        "Half are answered within": "1.5 s",
        "19 of 20 within": "7 min",
    }


async def test_plots_draw_what_was_counted_and_say_it_too(portal, linked, database_url):
    assert "Nothing was written yet." in (await linked.go("/home")).text
    now = portal.clock.now()
    for n in range(3):
        await say(database_url, f"now{n}", now)
    await say(database_url, "past", now - timedelta(days=30), answered_after=1)
    await say(database_url, "too long ago", now - timedelta(days=90), answered_after=1)
    page = (await linked.go("/home")).text
    described = re.findall(r"<desc[^>]*>([^<]+)</desc>", page)
    assert described == [
        "3 came in, 0 went out. The most at once: 3, 12:00.",
        "4 came in, 1 went out. The most at once: 3, Today.",
    ]
    bars = re.findall(r'class="plot-(brand|soft)" d="([^"]*)"', page)
    assert [(tone, path.count("M")) for tone, path in bars] == [
        *(("brand", 1), ("brand", 2), ("soft", 1)),
    ]
    assert re.findall(r"<strong>(\d+)</strong> ([a-z ]+)", page) == [
        *(("3", "came in"), ("1", "went out"), ("4", "came in")),
    ]
    assert not re.search(r" style=|<style", page)


@pytest.mark.usefixtures("brief_streams")
async def test_an_open_page_that_comes_again_is_sent_what_went_on_meanwhile(
    portal, linked, database_url
):
    await say(database_url, "now", portal.clock.now())
    fresh = (await linked.go("/home/stream")).text
    assert "Answering since" in fresh
    assert "event: history" not in fresh
    again = (await linked.go("/home/stream", **{"Last-Event-ID": "1"})).text
    assert "event: history" in again
    assert "1 came in, 0 went out." in again
    assert "described the business" in again


async def test_lately_tells_what_befell_the_bot_beside_what_members_did(linked, database_url):
    await execute(
        database_url,
        "INSERT INTO worker_incidents (tenant, kind, detail, reason, at, restored_at)"
        " SELECT id, 'LINK_LOST', '', 'CONNECTION_LOST', now() + interval '1 min',"
        " now() + interval '2 min' FROM tenants",
        "INSERT INTO worker_incidents (tenant, kind, detail, at)"
        " SELECT id, 'OOM', 'out of memory', now() + interval '3 min' FROM tenants",
    )
    page = (await linked.go("/home")).text
    stopped, lost, described = (
        page.index(words)
        for words in (
            "The bot stopped by itself",
            "The connection to WhatsApp was lost. Back ",
            "described the business",
        )
    )
    assert stopped < lost < described
    assert "out of memory" not in page


async def test_a_business_has_no_numbers_until_a_phone_is_linked(portal, database_url):
    browser = await portal.sign_up()
    await describe(browser)
    for statement in ("SELECT 1", RUNNING):
        await execute(database_url, statement)
        page = (await browser.go("/home")).text
        assert numbers(page) == {}
        assert 'id="plots"' not in page
    # It was linked, and is to be linked again.
    await execute(database_url, "UPDATE whatsapp_sessions SET last_seen_at = now()")
    assert numbers((await browser.go("/home")).text).keys() == {"Messages in", "Messages out"}


async def test_another_businesss_messages_are_not_counted(portal, linked, database_url):
    await say(database_url, "a", portal.clock.now())
    # Mails are good by the database's own clock.
    noon = portal.clock.now()
    portal.clock.advance(SystemClock().now() - noon)
    other = await portal.sign_up("juma@example.com")
    await describe(other, name="Juma Salon", phone="+255712345679")
    await execute(database_url, LINKED)
    portal.clock.advance(noon - portal.clock.now())
    assert numbers((await other.go("/home")).text)["Messages in"] == "0"
    assert numbers((await linked.go("/home")).text)["Messages in"] == "1"


def test_a_day_on_which_clocks_change_has_the_hours_that_it_has():
    berlin = ZoneInfo("Europe/Berlin")
    begins, ends = (datetime(2026, 3, day, tzinfo=berlin).astimezone(UTC) for day in (29, 30))
    assert len(list_hours(begins, ends)) - 1 == 23
