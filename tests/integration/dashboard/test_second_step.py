"""The second step of operators: set up, asked for, lost, and demanded of everybody."""

import asyncio
import re
from datetime import timedelta

import msgspec
import pyotp
import pytest

from controlplane.totp import STEP_SECONDS
from shared.enums import OperatorRole
from shared.stores import operator_sessions, operators, second_steps
from shared.tables import OperatorAccount, RecoveryCode
from shared.web.guesses import IN_DASHBOARD
from tests.fakes.pages import Browser
from tests.fakes.routes import list_routes
from tests.fakes.traces import list_newest
from tests.integration.dashboard.conftest import EMAIL, Dashboard
from tests.integration.dashboard.test_roles import enter_as
from tests.integration.dashboard.test_routes import FOR_ANYBODY, try_all
from tests.integration.portal.conftest import PASSWORD

ACCOUNT = "/dashboard/account"
STEP = "/dashboard/account/second-step"
CODE = "/dashboard/sign-in/code"
A_STEP = timedelta(seconds=STEP_SECONDS)


class Phone:
    """With an authenticator, and a clock that is right."""

    def __init__(self, dashboard: Dashboard, secret: str) -> None:
        self._dashboard = dashboard
        self._totp = pyotp.TOTP(secret)

    def look(self) -> str:
        """The next one that nobody has seen yet."""
        self._dashboard.clock.advance(A_STEP)
        return self.see()

    def see(self) -> str:
        return self._totp.at(self._dashboard.clock.now())


async def enrol(dashboard: Dashboard, browser: Browser) -> tuple[Phone, list[str]]:
    await browser.go(ACCOUNT)
    page = (await browser.send(STEP, current=PASSWORD)).text
    [secret] = re.findall(r'class="secret">([A-Z2-7]{32})<', page)
    assert "data:image/png" in page
    phone = Phone(dashboard, secret)
    page = (await browser.send(f"{STEP}/confirm", code=phone.look())).text
    codes = re.findall(r'class="secret">([a-z2-7-]{19})<', page)
    assert len(codes) == 10
    return phone, codes


@pytest.fixture
async def enrolled(dashboard, browser) -> tuple[Phone, list[str]]:
    return await enrol(dashboard, browser)


def is_in(browser: Browser) -> bool:
    return browser.at.url.path == "/dashboard"


async def test_with_an_authenticator_the_password_alone_opens_nothing(dashboard, enrolled):
    phone, _ = enrolled
    browser = await dashboard.sign_in()
    assert browser.at.url.path == CODE
    for path in ("/dashboard", ACCOUNT, "/dashboard/keys"):
        assert (
            (await browser.knock("GET", path)).headers["location"].startswith("/dashboard/sign-in")
        )
    before = browser.cookies["dashboard-session"]
    await browser.go(CODE)
    await browser.send(CODE, code=phone.look())
    assert is_in(browser)
    assert browser.cookies["dashboard-session"] != before
    assert [each.action for each in await list_newest(limit=2)] == [
        "operator.signed_in",
        "operator.second_step_set",
    ]


@pytest.mark.usefixtures("enrolled")
async def test_a_session_that_waits_for_its_code_opens_no_page_at_all(dashboard):
    browser = await dashboard.sign_in()
    inside = list_routes(dashboard.transport.app) - FOR_ANYBODY
    waiting = browser.cookies["dashboard-session"]
    browser._door = CODE
    assert await try_all(browser, inside) == dict.fromkeys(inside, (303, "/dashboard/sign-in"))
    assert browser.cookies["dashboard-session"] == waiting


async def test_where_one_wanted_to_is_kept_through_both_steps(dashboard, enrolled):
    phone, _ = enrolled
    browser = dashboard.stranger()
    await browser.go("/dashboard/security")
    await browser.send("/dashboard/sign-in", email=EMAIL, password=PASSWORD)
    await browser.send(CODE, code=phone.look())
    assert browser.at.url.path == "/dashboard/security"


async def test_a_code_is_taken_once(dashboard, enrolled):
    phone, _ = enrolled
    code = phone.look()
    first, second = await dashboard.sign_in(), await dashboard.sign_in()
    answers = await asyncio.gather(first.send(CODE, code=code), second.send(CODE, code=code))
    assert sorted(answer.status_code for answer in answers) == [200, 422]
    third = await dashboard.sign_in()
    answer = await third.send(CODE, code=code)
    assert "used already" in answer.text
    assert not is_in(third)


async def test_the_code_that_set_it_up_signs_nobody_in(dashboard, enrolled):
    phone, _ = enrolled
    browser = await dashboard.sign_in()
    assert (await browser.send(CODE, code=phone.see())).status_code == 422


async def test_an_earlier_code_is_not_taken_after_a_later_one(dashboard, enrolled):
    phone, _ = enrolled
    early = phone.look()
    late = phone.look()
    await (await dashboard.sign_in()).send(CODE, code=late)
    browser = await dashboard.sign_in()
    assert (await browser.send(CODE, code=early)).status_code == 422


@pytest.mark.parametrize("code", ["", "000000", "abcd-efgh-ijkl-mnop", "x" * 3000, "\x00", "'"])
@pytest.mark.usefixtures("enrolled")
async def test_what_is_no_code_lets_nobody_in_and_is_seen(dashboard, code):
    browser = await dashboard.sign_in()
    for _ in range(2):
        assert (await browser.send(CODE, code=code)).status_code == 422
    traces = [each.action for each in await list_newest(limit=9)]
    assert traces.count("operator.second_step_failed") == 1
    assert "operator.signed_in" not in traces[:1]


async def test_codes_are_not_guessed_at_for_long_and_the_owner_is_not_held_up(dashboard, enrolled):
    """As for passwords: by account and network; who comes from elsewhere is let in."""
    phone, _ = enrolled
    thief = dashboard.stranger("198.51.100.9")
    answers = []
    for _ in range(IN_DASHBOARD.of_account.tries + 1):
        await thief.go("/dashboard/sign-in")
        await thief.send("/dashboard/sign-in", email=EMAIL, password=PASSWORD)
        answers.append((await thief.send(CODE, code="000000")).status_code)
    assert answers == [422] * IN_DASHBOARD.of_account.tries + [429]
    owner = await dashboard.sign_in()
    await owner.send(CODE, code=phone.look())
    assert is_in(owner)


async def test_who_waits_too_long_begins_anew(dashboard, enrolled):
    phone, _ = enrolled
    browser = await dashboard.sign_in()
    dashboard.clock.advance(operator_sessions.WAITING)
    await browser.send(CODE, code=phone.look())
    assert browser.at.url.path == "/dashboard/sign-in"


async def test_another_password_ends_what_waits_for_a_code(dashboard, enrolled):
    phone, _ = enrolled
    browser = await dashboard.sign_in()
    [one] = await operators.list_all()
    await operator_sessions.end_all(one.id)
    await browser.send(CODE, code=phone.look())
    assert browser.at.url.path == "/dashboard/sign-in"


async def test_there_is_no_second_step_without_a_first(dashboard, browser):
    for somebody in (dashboard.stranger(), browser):
        answer = await somebody.knock("GET", CODE)
        assert answer.headers["location"].startswith("/dashboard/sign-in?next=")
        assert (await somebody.force(CODE, code="000000")).url.path != CODE


async def test_a_recovery_code_lets_in_once(dashboard, enrolled):
    _, codes = enrolled
    browser = await dashboard.sign_in()
    await browser.send(CODE, code=codes[0].upper().replace("-", " "))
    assert is_in(browser)
    assert "Recovery codes left: 9." in (await browser.go(ACCOUNT)).text
    assert "operator.recovery_code_used" in [each.action for each in await list_newest(limit=2)]
    again = await dashboard.sign_in()
    assert (await again.send(CODE, code=codes[0])).status_code == 422


async def test_of_two_who_use_a_recovery_code_at_once_one_is_let_in(dashboard, enrolled):
    _, codes = enrolled
    both = [await dashboard.sign_in() for _ in range(2)]
    answers = await asyncio.gather(*(each.send(CODE, code=codes[0]) for each in both))
    assert sorted(answer.status_code for answer in answers) == [200, 422]


async def test_nothing_of_it_can_be_read_from_the_database(enrolled):
    phone, codes = enrolled
    rows = str(await OperatorAccount.raw("SELECT * FROM operator_accounts"))
    rows += str(await RecoveryCode.raw("SELECT * FROM operator_recovery_codes"))
    assert phone._totp.secret not in rows
    assert not [code for code in codes if code in rows]


async def test_a_secret_that_no_key_opens_locks_out_nobody_who_has_a_recovery_code(
    dashboard, enrolled
):
    phone, codes = enrolled
    state = dashboard.transport.app.state
    state.desk = msgspec.structs.replace(state.desk, secret="another file")
    browser = await dashboard.sign_in()
    assert (await browser.send(CODE, code=phone.look())).status_code == 422
    await browser.send(CODE, code=codes[3])
    assert is_in(browser)


async def test_setting_it_up_takes_the_password_and_a_code_and_ends_other_sessions(
    dashboard, browser
):
    other = await dashboard.sign_in()
    for current in ("", "other good words"):
        await browser.go(ACCOUNT)
        assert (await browser.send(STEP, current=current)).status_code == 422
    await browser.go(ACCOUNT)
    page = (await browser.send(STEP, current=PASSWORD)).text
    again = (await browser.send(f"{STEP}/confirm", code="000000")).text
    [secret] = re.findall(r'class="secret">([A-Z2-7]{32})<', page)
    assert secret in again, "the same is shown again, for it may have been scanned"
    assert secret not in (await browser.go(ACCOUNT)).text
    [one] = await operators.list_all()
    assert not one.second_step, "nothing is in force before a code was shown"
    assert is_in(await dashboard.sign_in())
    await enrol(dashboard, browser)
    assert (await other.go("/dashboard")).url.path == "/dashboard/sign-in"
    assert (await browser.go("/dashboard")).url.path == "/dashboard"


async def test_nobody_puts_another_in_the_place_of_one_that_is_in_force(browser, enrolled):
    phone, _ = enrolled
    [one] = await operators.list_all()
    before = await second_steps.find(one.id)
    answer = await browser.force(STEP, current=PASSWORD, code=phone.look())
    assert "set up already" in answer.text
    assert (await browser.force(f"{STEP}/confirm", code=phone.look())).status_code == 422
    assert (await second_steps.find(one.id)).sealed == before.sealed


async def test_confirming_what_was_never_begun_does_nothing(browser):
    answer = await browser.force(f"{STEP}/confirm", code="000000")
    assert answer.status_code == 422
    assert "Nothing was begun" in answer.text


async def test_it_is_removed_with_password_and_code(dashboard, browser, enrolled):
    phone, _ = enrolled
    for wrong in ({"current": PASSWORD, "code": "000000"}, {"current": "x", "code": phone.look()}):
        await browser.go(ACCOUNT)
        assert (await browser.send(f"{STEP}/remove", **wrong)).status_code == 422
    await browser.go(ACCOUNT)
    await browser.send(f"{STEP}/remove", current=PASSWORD, code=phone.look())
    assert browser.at.url.path == "/dashboard/sign-in"
    assert is_in(await dashboard.sign_in())
    assert (await RecoveryCode.count()) == 0


async def test_dangerous_acts_take_a_code_too(browser, enrolled, tenant_id):
    phone, _ = enrolled
    tenant = f"/dashboard/tenants/{tenant_id}"
    for page, path, given in (
        ("/dashboard/keys", "/dashboard/keys", {"name": "k", "scope": "read", "expires_at": ""}),
        (tenant, f"{tenant}/remove", {"name": "Duka 1"}),
    ):
        await browser.go(page)
        answer = await browser.send(path, current=PASSWORD, **given)
        assert answer.status_code == 422
        assert "used already: wait for the next one" in answer.text
        await browser.go(page)
        answer = await browser.send(path, current=PASSWORD, code=phone.look(), **given)
        assert answer.status_code == 200


async def test_an_admin_resets_it_for_who_has_lost_it(dashboard, browser):
    theirs, one = await enter_as(dashboard, OperatorRole.SUPPORT)
    await enrol(dashboard, theirs)
    path = f"/dashboard/operators/{one.id}"
    await browser.go(path)
    assert (await browser.send(f"{path}/second-step/reset", current="x")).status_code == 422
    await browser.go(path)
    await browser.send(f"{path}/second-step/reset", current=PASSWORD)
    assert (await theirs.go("/dashboard")).url.path == "/dashboard/sign-in"
    assert is_in(await dashboard.sign_in(one.email))
    assert "operator.second_step_removed" in [each.action for each in await list_newest(limit=2)]


@pytest.fixture
def demanding(dashboard) -> None:
    state = dashboard.transport.app.state
    state.desk = msgspec.structs.replace(state.desk, needs_second_step=True)


@pytest.mark.usefixtures("demanding")
async def test_where_it_is_demanded_who_has_none_can_do_nothing_else(dashboard, browser, tenant_id):
    assert "Every operator of this platform needs an authenticator" in browser.at.text
    for path in ("/dashboard", f"/dashboard/tenants/{tenant_id}", "/dashboard/stream"):
        assert (await browser.knock("GET", path)).headers["location"] == ACCOUNT
    stop = f"/dashboard/tenants/{tenant_id}/worker/start"
    assert (await browser.knock("POST", stop)).headers["location"] == ACCOUNT
    assert dashboard.woken == []
    assert 'href="/dashboard/keys"' not in (await browser.go(ACCOUNT)).text
    await enrol(dashboard, browser)
    assert (await browser.go("/dashboard")).url.path == "/dashboard"


@pytest.mark.usefixtures("demanding")
async def test_where_it_is_demanded_one_may_still_leave(browser):
    await browser.send("/dashboard/sign-out")
    assert browser.at.url.path == "/dashboard/sign-in"
