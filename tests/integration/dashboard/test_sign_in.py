"""Who gets into the dashboard, for how long, and what is known of it afterwards."""

import re
from contextlib import suppress
from datetime import timedelta

import pytest

from shared.enums import CallerKind, Language
from shared.stores import browser_sessions, members, operators
from shared.stores.browser_sessions import OPERATORS
from shared.structs.keys import AuditEntry
from shared.tables import OperatorSession, User
from shared.web import guesses
from shared.web.guesses import IN_DASHBOARD, IN_PORTAL, Guess
from shared.web.limits import TooManyAttemptsError
from tests.fakes.pages import Browser
from tests.fakes.traces import list_newest
from tests.integration.dashboard.conftest import ADDRESS, EMAIL
from tests.integration.portal.conftest import PASSWORD

OTHER = "other good words"
PLACES = (
    "/dashboard",
    "/dashboard/account",
    "/dashboard/tenants/3fa85f64-5717-4562-b3fc-2c963f66afa6",
)


def is_in(browser: Browser) -> bool:
    return browser.at.url.path == "/dashboard"


async def test_the_root_leads_a_browser_to_the_dashboard(dashboard, browser):
    assert (await browser.go("/")).url.path == "/dashboard"
    assert is_in(browser)
    assert (await dashboard.stranger().go("/")).url.path == "/dashboard/sign-in"


@pytest.mark.parametrize("path", PLACES)
async def test_a_stranger_is_sent_to_the_door_and_then_where_they_wanted(dashboard, path):
    browser = dashboard.stranger()
    answer = await browser.go(f"{path}?cursor=x%26y")
    assert answer.url.path == "/dashboard/sign-in"
    assert f'name="next" value="{path}?cursor=x%26y"' in answer.text


async def test_after_signing_in_one_is_where_one_wanted(dashboard):
    browser = dashboard.stranger()
    await browser.go("/dashboard/account")
    await browser.send("/dashboard/sign-in", email=EMAIL, password=PASSWORD)
    assert browser.at.url.path == "/dashboard/account"


@pytest.mark.parametrize("wanted", ["//evil.test", "https://evil.test", "/\\evil.test", "x"])
async def test_the_door_leads_to_no_other_site(dashboard, wanted):
    browser = dashboard.stranger()
    await browser.go("/dashboard/sign-in")
    await browser.send("/dashboard/sign-in", email=EMAIL, password=PASSWORD, next=wanted)
    assert str(browser.at.url) == "http://portal.test/dashboard"


async def test_a_wrong_password_and_a_wrong_address_get_the_same_answer(dashboard):
    wrong = await dashboard.sign_in(password=OTHER)
    unknown = await dashboard.sign_in(email="juma@example.com")
    assert (wrong.at.status_code, unknown.at.status_code) == (422, 422)
    texts = [re.sub(r'value="[^"]*"', "", each.at.text) for each in (wrong, unknown)]
    assert texts[0] == texts[1]
    assert "Does not belong to this address." in texts[0]


async def test_a_member_of_the_portal_is_nobody_here(dashboard):
    password_hash = await dashboard.passwords.hash(PASSWORD)
    member = await members.create_owner(
        "asha@example.com", password_hash=password_hash, language=Language.EN
    )
    assert (await dashboard.sign_in(email="asha@example.com")).at.status_code == 422
    browser = dashboard.stranger()
    token = await browser_sessions.begin(member, now=dashboard.clock.now())
    browser.cookies.set("dashboard-session", token)
    assert (await browser.go("/dashboard")).url.path == "/dashboard/sign-in"


async def test_guessing_a_password_is_stopped_also_with_the_right_one(dashboard):
    for _ in range(IN_DASHBOARD.of_account.tries):
        assert (await dashboard.sign_in(password=OTHER)).at.status_code == 422
    refused = (await dashboard.sign_in()).at
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 900
    dashboard.clock.advance(IN_DASHBOARD.of_account.window)
    assert is_in(await dashboard.sign_in())


async def test_whoever_guesses_at_the_portal_keeps_no_operator_out(dashboard):
    [(_, kept)] = [await members.find_by_email(EMAIL)]
    guess = Guess(brakes=IN_PORTAL, account=EMAIL, network=ADDRESS, device=None, kept=kept)
    for _ in range(IN_PORTAL.from_address.tries + 1):
        with suppress(TooManyAttemptsError):
            await guesses.begin(guess, clock=dashboard.clock)
    assert is_in(await dashboard.sign_in())


async def test_strangers_hold_up_no_operator(dashboard, browser):
    """Neither from elsewhere, nor in a browser of before, nor where the password is asked again."""
    await browser.send("/dashboard/sign-out")
    for address in (ADDRESS, "203.0.113.9"):
        for _ in range(IN_DASHBOARD.of_account.tries + 1):
            await dashboard.sign_in(password=OTHER, address=address)
    assert (await dashboard.sign_in()).at.status_code == 429
    assert is_in(await dashboard.sign_in(address="198.51.100.1"))
    await browser.go("/dashboard/sign-in")
    await browser.send("/dashboard/sign-in", email=EMAIL, password=PASSWORD)
    assert is_in(browser)
    for number in range(60):
        await dashboard.sign_in(password=OTHER, address=f"10.0.{number}.1")
    assert (await dashboard.sign_in(address="198.51.100.2")).at.status_code == 429
    await browser.go("/dashboard/account")
    answer = await browser.send("/dashboard/account/password", current=PASSWORD, password=OTHER)
    assert answer.url.path == "/dashboard/sign-in"
    # A new password begins all counts anew, also one that was set through the API.
    assert is_in(await dashboard.sign_in(password=OTHER))


async def test_who_borrows_an_operators_browser_guesses_little(browser):
    await browser.go("/dashboard/account")
    for _ in range(IN_DASHBOARD.in_session.tries):
        await browser.send("/dashboard/account/password", current=OTHER, password=OTHER)
    answer = await browser.send("/dashboard/account/password", current=PASSWORD, password=OTHER)
    assert answer.status_code == 429


async def test_who_tried_in_vain_and_who_came_from_elsewhere_is_in_the_audit_log(
    dashboard, browser
):
    for _ in range(5):
        await dashboard.sign_in(password=OTHER, address="203.0.113.9")
    await dashboard.sign_in(email="juma@example.com")
    await browser.go("/dashboard/sign-in")
    await browser.send("/dashboard/sign-in", email=EMAIL, password=PASSWORD)
    await dashboard.sign_in(address="203.0.113.9")
    found = [(each.action, each.detail, each.address) for each in await list_newest(limit=10)]
    assert found == [
        ("operator.signed_in", {"new_device": True}, "203.0.113.9"),
        ("operator.signed_in", {}, ADDRESS),
        ("operator.sign_in_failed", {}, "203.0.113.9"),
        ("operator.signed_in", {}, ADDRESS),
    ]
    dashboard.clock.advance(timedelta(hours=1))
    await dashboard.sign_in(password=OTHER, address="203.0.113.9")
    assert (await list_newest(limit=1))[0].action == "operator.sign_in_failed"
    await browser.go("/dashboard/audit")
    assert "somebody tried a wrong password" in browser.at.text
    assert "From a new browser." in browser.at.text


async def test_nobody_is_in_with_a_password_that_was_changed_while_it_was_checked(
    dashboard, browser, monkeypatch
):
    check = dashboard.passwords.is_right

    async def is_right(password: str, kept: str | None) -> bool:
        right = await check(password, kept)
        await User.update({User.password_hash: "another"}, force=True)
        return right

    monkeypatch.setattr(dashboard.passwords, "is_right", is_right)
    before = await OperatorSession.count()
    assert (await dashboard.sign_in()).at.status_code == 422
    assert await OperatorSession.count() == before
    await User.update({User.password_hash: await dashboard.passwords.hash(PASSWORD)}, force=True)
    await browser.go("/dashboard/account")
    await browser.send("/dashboard/account/password", current=PASSWORD, password=OTHER)
    assert browser.at.status_code == 409
    [kept] = await User.select(User.password_hash)
    assert kept == {"password_hash": "another"}


async def test_hostile_addresses_break_nothing(dashboard):
    for email in ("\0", f"{EMAIL}\0", "💥" * 500):
        assert (await dashboard.sign_in(email=email)).at.status_code == 422


async def test_signing_in_again_ends_the_session_of_before(dashboard, browser):
    before = browser.cookies["dashboard-session"]
    await browser.go("/dashboard/sign-in")
    await browser.send("/dashboard/sign-in", email=EMAIL, password=PASSWORD)
    assert browser.cookies["dashboard-session"] != before
    thief = dashboard.stranger()
    thief.cookies.set("dashboard-session", before)
    assert (await thief.go("/dashboard")).url.path == "/dashboard/sign-in"


async def test_who_signs_out_is_out(browser):
    token = browser.cookies["dashboard-session"]
    assert (await browser.send("/dashboard/sign-out")).url.path == "/dashboard/sign-in"
    assert "dashboard-session" not in browser.cookies
    browser.cookies.set("dashboard-session", token)
    assert (await browser.go("/dashboard")).url.path == "/dashboard/sign-in"


async def test_a_session_that_nobody_uses_ends_after_half_a_day(dashboard, browser):
    dashboard.clock.advance(OPERATORS.idle - timedelta(minutes=1))
    assert is_in(browser)
    assert (await browser.go("/dashboard")).url.path == "/dashboard"
    dashboard.clock.advance(OPERATORS.idle + timedelta(seconds=1))
    assert (await browser.go("/dashboard")).url.path == "/dashboard/sign-in"


@pytest.mark.usefixtures("brief_streams")
async def test_a_page_that_is_left_open_is_nobody_who_uses_it(dashboard, browser, tenant_id):
    dashboard.clock.advance(OPERATORS.idle - timedelta(hours=1))
    tenant = f"/dashboard/tenants/{tenant_id}"
    for stream in ("/dashboard/stream", f"{tenant}/stream", f"{tenant}/log/stream"):
        answer = await browser.go(stream)
        assert answer.headers["content-type"].startswith("text/event-stream")
    dashboard.clock.advance(timedelta(hours=1, seconds=1))
    assert (await browser.go("/dashboard")).url.path == "/dashboard/sign-in"


async def test_a_session_that_is_used_ends_after_a_week(dashboard, browser):
    for _ in range(16):
        dashboard.clock.advance(timedelta(hours=10))
        assert (await browser.go("/dashboard")).url.path == "/dashboard"
    dashboard.clock.advance(timedelta(hours=9))
    assert (await browser.go("/dashboard")).url.path == "/dashboard/sign-in"


async def test_an_operator_who_is_removed_is_out_at_once(browser):
    [operator] = await operators.list_all()
    await operators.create("zawadi@example.com", password_hash="x")
    await operators.remove(operator.id)
    assert (await browser.go("/dashboard")).url.path == "/dashboard/sign-in"


async def test_a_new_password_signs_out_every_browser(dashboard, browser):
    other = await dashboard.sign_in()
    await browser.go("/dashboard/account")
    answer = await browser.send("/dashboard/account/password", current=PASSWORD, password=OTHER)
    assert answer.url.path == "/dashboard/sign-in"
    assert (await other.go("/dashboard")).url.path == "/dashboard/sign-in"
    assert not is_in(await dashboard.sign_in())
    assert is_in(await dashboard.sign_in(password=OTHER))


@pytest.mark.parametrize(
    ("current", "new", "complaint"),
    [
        pytest.param(OTHER, OTHER, "Is not your password.", id="the old one is wrong"),
        pytest.param(PASSWORD, "short", "Must be at least 10 characters long.", id="too short"),
        pytest.param(PASSWORD, "x" * 201, "Must be at most 200 characters long.", id="too long"),
        pytest.param(PASSWORD, EMAIL, "Must not be the e-mail address.", id="the address"),
        pytest.param(PASSWORD, "password12", "Is too easy to guess", id="what many take"),
        pytest.param(PASSWORD, "flowhq-2026", "Must not be made of the name", id="our name"),
    ],
)
async def test_a_bad_new_password_is_refused_at_its_field(
    dashboard, browser, current, new, complaint
):
    await browser.go("/dashboard/account")
    answer = await browser.send("/dashboard/account/password", current=current, password=new)
    assert answer.status_code == 422
    assert complaint in answer.text
    assert is_in(await dashboard.sign_in())


async def test_who_came_and_went_is_in_the_audit_log(browser):
    await browser.send("/dashboard/sign-out")
    common = {"kind": CallerKind.OPERATOR, "who": EMAIL, "address": ADDRESS}
    assert await list_newest(limit=10) == [
        AuditEntry(action="operator.signed_out", **common),
        AuditEntry(action="operator.signed_in", **common),
    ]


async def test_a_form_that_is_not_ours_is_refused(browser):
    answer = await browser.post("/dashboard/sign-out")
    assert answer.status_code == 403
    assert "That did not work" in answer.text
    assert (await browser.go("/dashboard")).url.path == "/dashboard"


async def test_no_secret_of_a_session_is_stored(browser):
    rows = await OperatorSession.select()
    assert rows
    assert browser.cookies["dashboard-session"] not in str(rows)


async def test_who_has_loaded_the_pages_stylesheets_signs_in_all_the_same(dashboard):
    """They lie outside the paths that the cookies go to: none of their answers may set another."""
    browser = dashboard.stranger()
    page = await browser.go("/dashboard/sign-in")
    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)
    assert files
    for file in files:
        await browser.knock("GET", file)
    browser.at = page
    entered = await browser.send("/dashboard/sign-in", email=EMAIL, password=PASSWORD)
    assert (entered.status_code, entered.url.path) == (200, "/dashboard")
