"""An open page sees what changes, at once, and only of its own tenant."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from portal.pages.live import follow
from shared.db.engine import transaction
from shared.db.listening import ASKED, CHANGED, Listener
from shared.enums import LinkWish, SessionReason, SessionState
from shared.errors import DatabaseUnavailableError, NotFoundError
from shared.ids import TenantId, new_tenant_id
from shared.stores import link_requests, sessions, tenants
from shared.tasks import TaskGroup
from shared.web.changes import PAGES_PER_TENANT, Changes, TooManyPagesError
from shared.web.live import Beside
from shared.wire.frames import SessionReport
from tests.fakes.businesses import NOW, business
from tests.fakes.pages import forms_of
from tests.integration.portal.test_start import describe, execute, rows

SOON = timedelta(seconds=10)
AT_ONCE = {"life": timedelta(0), "quiet": timedelta(0)}
RUNNING = (
    "UPDATE worker_processes SET desired_state = 'RUNNING', generation = 1, status = 'RUNNING'"
)


def code(qr: str, *, life: str = "20 seconds", attempt: int = 1) -> str:
    return (
        "UPDATE whatsapp_sessions SET state = 'QR_READY', reason = 'WAITING_FOR_SCAN',"  # noqa: S608  a test's own
        f" last_qr = '{qr}', qr_expires_at = now() + interval '{life}', qr_attempt = {attempt},"
        " qr_attempts = 6"
    )


@pytest.fixture
async def heard(database_url, database):  # noqa: ARG001  the stores are bound
    """Which tenants were named since the listener was there."""
    names: asyncio.Queue[TenantId | None] = asyncio.Queue()
    listener = Listener(
        database_url, CHANGED, changed=names.put_nowait, missed=lambda: names.put_nowait(None)
    )
    async with TaskGroup() as tasks:
        tasks.supervise("listener", listener.run())
        assert await within(names.get()) is None
        yield names


async def within(work):
    async with asyncio.timeout(SOON.total_seconds()):
        return await work


def report(state: SessionState, reason: SessionReason) -> SessionReport:
    return SessionReport(state=state, reason=reason)


async def test_a_change_of_the_link_is_told_once_and_a_repeated_report_is_not(heard):
    tenant_id = TenantId((await tenants.create(business())).id)
    waiting = report(SessionState.CONNECTED, SessionReason.LINKED)
    await sessions.record_session(tenant_id, waiting, NOW)
    await sessions.record_session(tenant_id, waiting, NOW + timedelta(seconds=1))
    assert await within(heard.get()) == tenant_id
    other = TenantId((await tenants.create(business(2))).id)
    await sessions.record_session(other, waiting, NOW)
    assert await within(heard.get()) == other


async def test_what_was_undone_is_not_told(heard):
    tenant_id = TenantId((await tenants.create(business())).id)
    with pytest.raises(ZeroDivisionError):
        await fail_after(tenant_id, report(SessionState.BANNED, SessionReason.TEMPORARY_BAN))
    linked = report(SessionState.CONNECTED, SessionReason.LINKED)
    await sessions.record_session(tenant_id, linked, NOW)
    assert await within(heard.get()) == tenant_id
    assert heard.empty()


async def fail_after(tenant_id: TenantId, told: SessionReport) -> None:
    async with transaction():
        await sessions.record_session(tenant_id, told, NOW)
        raise ZeroDivisionError


async def test_a_listener_that_was_cut_off_says_that_it_may_have_missed_something(
    heard, database_url
):
    connection = await asyncpg.connect(database_url)
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND query LIKE 'LISTEN%'"
    )
    await connection.close()
    assert await within(heard.get()) is None


async def test_a_page_gets_what_there_is_and_then_every_change_and_nothing_twice():
    changes, tenant_id, now = Changes(), new_tenant_id(), ["one"]
    seen = follow(changes, tenant_id, lambda: as_soon_as(now[0]))
    assert (await within(anext(seen))).data == "one"
    changes.tell(tenant_id)  # nothing to see: the same as before
    now[0] = "two"
    changes.tell(new_tenant_id())
    changes.tell(tenant_id)
    assert (await within(anext(seen))).data == "two"
    await seen.aclose()


async def test_who_waits_for_news_of_anybody_is_told_of_every_tenant():
    changes = Changes()
    with changes.of(None) as anybody, changes.of(new_tenant_id()) as another:
        changes.tell(new_tenant_id())
        assert (anybody.is_set(), another.is_set()) == (True, False)
        anybody.clear()
        changes.tell_all()
        assert (anybody.is_set(), another.is_set()) == (True, True)


def beside(said: list[str], **changes) -> Beside:
    """Says how often it was looked at, in a span that does not end."""

    async def look() -> str:
        said.append(f"look {len(said) + 1}")
        return said[-1]

    return Beside(**{"event": "slow", "look": look, "pace": timedelta(days=36500)} | changes)


async def test_a_large_part_is_sent_once_in_a_span_and_not_before_something_changed():
    changes, tenant_id, now, looks = Changes(), new_tenant_id(), ["one"], list[str]()
    seen = follow(changes, tenant_id, lambda: as_soon_as(now[0]), beside=beside(looks))
    assert (await within(anext(seen))).data == "one"
    for word, slow in (("two", "look 1"), ("three", None)):
        now[0] = word
        changes.tell(tenant_id)
        assert (await within(anext(seen))).data == word
        if slow:
            message = await within(anext(seen))
            assert (message.event, message.data) == ("slow", slow)
    await seen.aclose()
    assert looks == ["look 1"]


async def test_a_browser_that_comes_again_gets_the_large_part_at_once():
    seen = follow(
        Changes(), new_tenant_id(), lambda: as_soon_as("x"), beside=beside([], is_stale=True)
    )
    messages = [await within(anext(seen)) for _ in range(2)]
    assert [(each.event, each.data) for each in messages] == [(None, "x"), ("slow", "look 1")]
    assert all(each.id for each in messages)  # else browsers do not say that they come again
    await seen.aclose()


async def test_a_large_part_that_cannot_be_looked_at_costs_the_page_nothing():
    async def look() -> str:
        raise DatabaseUnavailableError("the database does not answer")

    failing = beside([], look=look, is_stale=True)
    seen = follow(Changes(), new_tenant_id(), lambda: as_soon_as("x"), **AT_ONCE, beside=failing)
    assert [message.data async for message in seen] == ["x", None]


async def as_soon_as(text: str) -> str:
    return text


async def test_a_quiet_page_gets_a_sign_of_life_and_is_closed_after_a_while():
    long = {"life": timedelta(hours=1), "quiet": timedelta(0)}
    living = follow(Changes(), new_tenant_id(), lambda: as_soon_as("x"), **long)
    assert [(await within(anext(living))).data for _ in range(4)] == ["x", None, None, None]
    await living.aclose()
    ended = follow(Changes(), new_tenant_id(), lambda: as_soon_as("x"), **AT_ONCE)
    assert [message.data async for message in ended] == ["x", None]


async def test_what_there_is_to_see_is_shown_however_late_the_first_look_comes():
    """As when this process stood still for longer than a page lives."""
    changes, tenant_id = Changes(), new_tenant_id()
    seen = follow(changes, tenant_id, lambda: as_soon_as("x"), life=timedelta(seconds=-1))
    assert (await within(anext(seen))).data == "x"
    changes.tell(tenant_id)
    assert [message async for message in seen] == []


async def test_an_open_page_ends_when_the_portal_does():
    changes = Changes()
    seen = follow(changes, new_tenant_id(), lambda: as_soon_as("x"))
    await within(anext(seen))
    changes.end()
    assert [each async for each in seen] == []


async def test_a_page_of_a_tenant_that_is_gone_ends():
    async def look() -> str:
        raise NotFoundError("there is no such tenant")

    assert [each async for each in follow(Changes(), new_tenant_id(), look)] == []


async def test_a_database_that_is_away_leaves_a_page_as_it_is():
    changes, tenant_id, answers = Changes(), new_tenant_id(), iter(["one", None, "two"])

    async def look() -> str:
        answer = next(answers)
        if answer is None:
            raise DatabaseUnavailableError("the database does not answer")
        return answer

    seen = follow(changes, tenant_id, look, quiet=timedelta(milliseconds=1))
    messages = []
    async for message in seen:
        messages.append(message.data)
        if message.data == "two":
            break
    await seen.aclose()
    assert [data for data in messages if data is not None] == ["one", "two"]


async def test_a_tenants_pages_are_bounded_and_a_closed_one_makes_room():
    changes, tenant_id = Changes(), new_tenant_id()
    pages = [follow(changes, tenant_id, lambda: as_soon_as("x")) for _ in range(PAGES_PER_TENANT)]
    for page in pages:
        await anext(page)
    with pytest.raises(TooManyPagesError):
        await anext(follow(changes, tenant_id, lambda: as_soon_as("x")))
    await pages[0].aclose()
    again = follow(changes, tenant_id, lambda: as_soon_as("x"))
    await anext(again)
    for page in (*pages, again):
        await page.aclose()


async def test_the_code_is_shown_with_its_attempt_while_it_is_good(portal, database_url):
    browser = await portal.sign_up()
    await describe(browser)
    await execute(database_url, RUNNING, code("2@abc", attempt=2))
    page = (await browser.go("/home")).text
    assert "Code 2 of 6" in page
    assert 'src="data:image/png;base64,' in page
    assert "2@abc" not in page
    portal.clock.advance(timedelta(seconds=40))
    assert "data:image/png" not in (await browser.go("/home")).text


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("UPDATE worker_processes SET status = 'STOPPED'", id="the worker is gone"),
        pytest.param("UPDATE worker_processes SET desired_state = 'STOPPED'", id="switched off"),
    ],
)
async def test_a_code_that_nobody_would_take_is_not_shown(portal, database_url, statement):
    browser = await portal.sign_up()
    await describe(browser)
    await execute(database_url, RUNNING, code("2@abc"), statement)
    assert "data:image/png" not in (await browser.go("/home")).text


async def test_a_stranger_and_a_member_without_a_business_are_told_nothing(portal):
    assert (await portal.browser.go("/home/stream")).url.path == "/sign-in"
    browser = await portal.sign_up()
    assert (await browser.go("/home/stream")).status_code == 404


TYPED = (
    "UPDATE whatsapp_sessions SET pairing_code = 'ABCD-1234', pairing_phone = '+255712345678',"
    " pairing_expires_at = now() + interval '2 minutes'"
)
OVER = "UPDATE whatsapp_sessions SET state = 'QR_EXPIRED', reason = 'QR_ROUND_OVER'"


async def test_new_codes_are_asked_for_once_they_ran_out(portal, database_url):
    browser = await portal.sign_up()
    await describe(browser)
    await execute(database_url, RUNNING, OVER)
    assert "Show new codes" in (await browser.go("/home")).text
    assert (await browser.send("/link", wish="QR_ROUND")).url.path == "/home"
    asked = "SELECT wish, t.name FROM link_requests r JOIN tenants t ON t.id = r.tenant"
    assert await rows(database_url, asked) == [("QR_ROUND", "Duka la Asha")]


async def test_a_code_to_type_is_asked_for_and_shown_while_it_is_good(portal, database_url):
    browser = await portal.sign_up()
    await describe(browser)
    await execute(database_url, RUNNING, code("2@abc"))
    await browser.go("/home")
    await browser.send("/link", wish="PAIRING_CODE")
    assert await rows(database_url, "SELECT wish FROM link_requests") == [("PAIRING_CODE",)]
    await execute(database_url, TYPED)
    assert "ABCD-1234" in (await browser.go("/home")).text


async def test_an_unknown_wish_and_a_member_without_a_business_ask_for_nothing(
    portal, database_url
):
    browser = await portal.sign_up()
    page = await browser.go("/account")
    token = {"_csrf_token": forms_of(page.text)["/sign-out"]["_csrf_token"]}
    for wish in ("QR_ROUND", "LOG_OUT", ""):
        assert (await browser.post("/link", wish=wish, **token)).status_code == 200
    assert await rows(database_url, "SELECT 1 FROM link_requests") == []


async def test_asking_is_told_to_the_control_plane(database_url, database):  # noqa: ARG001  bound
    tenant_id = TenantId((await tenants.create(business())).id)
    told: asyncio.Queue[TenantId | None] = asyncio.Queue()
    listener = Listener(
        database_url, ASKED, changed=told.put_nowait, missed=lambda: told.put_nowait(None)
    )
    async with TaskGroup() as tasks:
        tasks.supervise("listener", listener.run())
        assert await within(told.get()) is None
        for _ in range(2):
            await link_requests.ask(tenant_id, LinkWish.QR_ROUND, now=NOW)
            assert await within(told.get()) == tenant_id
