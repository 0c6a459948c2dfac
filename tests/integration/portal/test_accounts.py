"""Accounts: what a person can do with them, and what nobody can find out about them."""

import asyncio
import re
from datetime import timedelta

import asyncpg
import pytest

from portal.mail_limits import CHANGES_OF_MEMBER
from portal.sweep import sweep
from shared.stores.browser_sessions import MEMBERS
from shared.web import limits
from shared.web.guesses import IN_PORTAL
from shared.web.limits import PASSWORDS_FOR_LINK
from tests.fakes.pages import Browser
from tests.integration.portal.conftest import PASSWORD, Portal, after_each_check
from tests.integration.portal.test_start import APPROVED, describe, execute, rows

EMAIL = "asha@example.com"
OTHER = "other good words"
THIEF = "thief@example.com"


async def sign_in(portal: Portal, email: str = EMAIL, password: str = PASSWORD) -> Browser:
    browser = portal.another_browser()
    await browser.go("/sign-in")
    await browser.send("/sign-in", email=email, password=password)
    return browser


def is_in(browser: Browser) -> bool:
    return browser.at is not None and browser.at.url.path == "/start"


async def ask(portal: Portal, path: str, email: str) -> str:
    browser = portal.another_browser()
    await browser.go(path)
    answer = await browser.send(path, email=email)
    assert answer.status_code == 200
    return re.sub(r'value="[0-9a-f]{128}"', "", answer.text).replace(email, "")


async def test_a_person_signs_up_out_and_in_again(portal):
    browser = await portal.sign_up()
    assert EMAIL in (await browser.go("/account")).text
    await browser.send("/sign-out")
    assert (await browser.go("/home")).url.path == "/sign-in"
    assert is_in(await sign_in(portal))
    assert is_in(await sign_in(portal, email=EMAIL.upper()))


async def test_a_wrong_password_and_a_wrong_address_get_the_same_answer(portal):
    await portal.sign_up()
    wrong = await sign_in(portal, password=OTHER)
    unknown = await sign_in(portal, email="juma@example.com")
    assert (wrong.at.status_code, unknown.at.status_code) == (422, 422)
    texts = [re.sub(r'value="[^"]*"', "", each.at.text) for each in (wrong, unknown)]
    assert texts[0] == texts[1]
    assert "do not belong together" in texts[0]


@pytest.mark.parametrize("path", ["/sign-up", "/forgotten"])
async def test_asking_for_a_link_gets_the_same_answer_whoever_has_an_account(portal, path):
    await portal.sign_up()
    answers = {await ask(portal, path, email) for email in (EMAIL, "juma@example.com")}
    assert len(answers) == 1
    assert [mail.to for mail in portal.mails[-2:]] == [EMAIL, "juma@example.com"]


async def test_the_owner_of_an_address_with_an_account_gets_no_second_one(portal):
    await portal.sign_up()
    await ask(portal, "/sign-up", EMAIL)
    assert portal.link() == "/sign-in"


async def test_a_link_works_once(portal):
    await portal.sign_up()
    again = portal.another_browser()
    assert (await again.go(portal.link())).status_code == 410


async def test_looking_at_a_link_uses_nothing(portal):
    await ask(portal, "/sign-up", EMAIL)
    for _ in range(2):
        assert (await portal.another_browser().go(portal.link())).status_code == 200


async def test_a_link_that_is_too_old_is_over(portal):
    await ask(portal, "/sign-up", EMAIL)
    portal.clock.advance(timedelta(hours=1, seconds=1))
    assert (await portal.browser.go(portal.link())).status_code == 410


@pytest.mark.parametrize("path", ["/sign-up/", "/reset/", "/join/"])
async def test_a_link_that_was_never_ours_is_over(portal, path):
    answer = await portal.browser.go(f"{path}fhm_{'x' * 43}")
    assert answer.status_code == 410
    assert "no longer good" in answer.text


async def test_a_link_is_good_for_nothing_else(portal):
    browser = await portal.sign_up()
    await ask(portal, "/forgotten", EMAIL)
    token = portal.link().rpartition("/")[2]
    for path in ("confirm-email", "sign-up", "join"):
        assert (await browser.go(f"/{path}/{token}")).status_code == 410


async def test_of_two_sign_ups_of_one_address_the_first_counts(portal):
    for _ in range(2):
        await ask(portal, "/sign-up", EMAIL)
    first, second = (re.search(r"/sign-up/\S+", mail.text)[0] for mail in portal.mails)
    for link, status in ((first, 200), (second, 410)):
        browser = portal.another_browser()
        await browser.go(link)
        assert (await browser.send(link, password=PASSWORD)).status_code == status


@pytest.mark.parametrize(
    "password",
    [
        *("short", "x" * 201, EMAIL.upper(), "password12", "P@ssword12", "qwertyuiop"),
        *("flowhq12345", "FlowHQ-flowhq", "asha.example1"),
    ],
)
async def test_a_bad_new_password_is_refused_and_the_link_stays_good(portal, password):
    await ask(portal, "/sign-up", EMAIL)
    await portal.browser.go(portal.link())
    answer = await portal.browser.send(portal.link(), password=password)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert is_in_after(await portal.browser.send(portal.link(), password=PASSWORD))


def is_in_after(answer) -> bool:
    return answer.url.path == "/start"


async def test_a_reset_changes_the_password_and_signs_out_everybody_else(portal):
    old = await portal.sign_up()
    await ask(portal, "/forgotten", EMAIL)
    await portal.browser.go(portal.link())
    assert is_in_after(await portal.browser.send(portal.link(), password=OTHER))
    assert (await old.go("/home")).url.path == "/sign-in"
    assert not is_in(await sign_in(portal))
    assert is_in(await sign_in(portal, password=OTHER))


async def test_signing_in_again_ends_the_session_of_before(portal):
    browser = await portal.sign_up()
    before = browser.cookies["session"]
    await browser.go("/sign-in")
    await browser.send("/sign-in", email=EMAIL, password=PASSWORD)
    assert browser.cookies["session"] != before
    thief = portal.another_browser()
    thief.cookies.set("session", before)
    assert (await thief.go("/home")).url.path == "/sign-in"


async def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(portal):
    await portal.browser.go("/sign-up")
    await portal.sign_up()
    browser = portal.another_browser()
    await browser.go("/sign-in")
    await browser.send("/sign-in", email=EMAIL, password=PASSWORD)
    cookie = next(
        value
        for value in browser.at.history[0].headers.get_list("set-cookie")
        if value.startswith("session=")
    )
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


async def test_a_session_ends_when_it_is_not_used(portal):
    browser = await portal.sign_up()
    portal.clock.advance(MEMBERS.idle + timedelta(seconds=1))
    assert (await browser.go("/home")).url.path == "/sign-in"


async def test_a_session_that_is_used_ends_after_a_month(portal):
    browser = await portal.sign_up()
    for _ in range(6):
        portal.clock.advance(timedelta(days=4, hours=20))
        assert (await browser.go("/home")).url.path == "/start"
    portal.clock.advance(MEMBERS.whole - timedelta(days=29))
    assert (await browser.go("/home")).url.path == "/sign-in"


async def test_guessing_a_password_is_stopped_also_with_the_right_one(portal):
    await portal.sign_up()
    for _ in range(IN_PORTAL.of_account.tries):
        assert (await sign_in(portal, password=OTHER)).at.status_code == 422
    refused = (await sign_in(portal)).at
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 900
    portal.clock.advance(IN_PORTAL.of_account.window)
    assert is_in(await sign_in(portal))


async def test_an_address_that_has_no_account_is_stopped_alike(portal):
    for _ in range(IN_PORTAL.of_account.tries):
        await sign_in(portal, email="juma@example.com")
    assert (await sign_in(portal, email="juma@example.com")).at.status_code == 429


async def test_an_address_is_changed_with_password_and_proof_and_the_old_one_is_told(portal):
    browser = await portal.sign_up()
    await browser.go("/account")
    await browser.send("/account/email", email="new@example.com", password=PASSWORD)
    assert portal.mails[-1].to == "new@example.com"
    assert is_in(await sign_in(portal)), "not before the proof"
    link = portal.link()
    await browser.go(link)
    assert (await browser.send(link)).url.path == "/account"
    assert "new@example.com" in browser.at.text
    assert portal.mails[-1].to == EMAIL
    assert is_in(await sign_in(portal, email="new@example.com"))
    assert not is_in(await sign_in(portal))


async def ask_to_change(browser: Browser, email: str = THIEF) -> None:
    await browser.go("/account")
    assert (await browser.send("/account/email", email=email, password=PASSWORD)).status_code == 200


async def test_only_the_member_who_asked_confirms_another_address(portal):
    """Who mistyped it must not give the account to the owner of what was typed."""
    browser, juma = await portal.sign_up(), await portal.sign_up("juma@example.com")
    await ask_to_change(browser)
    link = portal.link()
    assert (await portal.browser.go(link)).url.path == "/sign-in"
    assert (await portal.browser.knock("POST", link)).headers["location"] == "/sign-in"
    assert (await juma.go(link)).status_code == 410
    assert (await juma.force(link)).status_code == 410
    assert is_in(await sign_in(portal))
    await browser.go(link)
    assert (await browser.send(link)).url.path == "/account"


async def test_an_address_that_another_account_takes_meanwhile_is_not_given_twice(portal):
    browser = await portal.sign_up()
    await ask_to_change(browser, "new@example.com")
    link = portal.link()
    await portal.sign_up("new@example.com")
    await browser.go(link)
    assert (await browser.send(link)).status_code == 410
    assert is_in(await sign_in(portal))


@pytest.mark.parametrize("way", ["change", "reset"])
async def test_a_new_password_ends_every_link_that_was_mailed_before(portal, way):
    """Also the one by which a thief, who knew the old one, would take the account away."""
    browser, thief = await portal.sign_up(), await sign_in(portal)
    await ask(portal, "/forgotten", EMAIL)
    reset = portal.link()
    await ask_to_change(thief)
    confirm = portal.link()
    if way == "change":
        await browser.go("/account")
        await browser.send("/account/password", old_password=PASSWORD, new_password=OTHER)
    else:
        await ask(portal, "/forgotten", EMAIL)
        await browser.go(portal.link())
        await browser.send(portal.link(), password=OTHER)
    assert (await browser.go(confirm)).status_code == 410
    assert (await portal.another_browser().go(reset)).status_code == 410


async def test_who_reads_mail_at_the_address_of_before_gets_in_no_more(portal):
    browser = await portal.sign_up()
    await ask(portal, "/forgotten", EMAIL)
    reset = portal.link()
    await ask_to_change(browser, "new@example.com")
    await browser.go(portal.link())
    await browser.send(portal.link())
    assert (await portal.another_browser().go(reset)).status_code == 410


async def test_one_link_that_is_used_twice_at_once_sets_one_password(portal):
    await portal.sign_up()
    await ask(portal, "/forgotten", EMAIL)
    first, second, link = portal.another_browser(), portal.another_browser(), portal.link()
    for each in (first, second):
        await each.go(link)
    answers = await asyncio.gather(
        first.send(link, password=OTHER), second.send(link, password="quite other words")
    )
    assert sorted(answer.status_code for answer in answers) == [200, 410]


async def test_nobody_is_in_with_a_password_that_was_changed_while_it_was_checked(
    portal, database_url, monkeypatch
):
    browser = await portal.sign_up()
    sessions = "SELECT token_hash FROM browser_sessions"
    before = await rows(database_url, sessions)
    after_each_check(portal, monkeypatch, database_url)
    assert (await sign_in(portal)).at.status_code == 422
    assert await rows(database_url, sessions) == before
    assert browser.cookies["session"]


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("/account/password", {"old_password": PASSWORD, "new_password": OTHER}),
        ("/account/email", {"email": THIEF, "password": PASSWORD}),
    ],
)
async def test_nothing_is_changed_by_a_password_that_was_changed_while_it_was_checked(
    portal, database_url, monkeypatch, path, values
):
    browser = await portal.sign_up()
    mails = len(portal.mails)
    after_each_check(portal, monkeypatch, database_url)
    await browser.go("/account")
    await browser.send(path, **values)
    assert await rows(database_url, "SELECT password_hash FROM users") == [("another",)]
    assert len(portal.mails) == mails


async def test_passwords_are_not_hashed_without_end_for_who_has_a_link(portal):
    """Counted by link: a network may be one of many people, and one of them a nuisance."""
    await ask(portal, "/sign-up", EMAIL)
    link = portal.link()
    passwords = portal.transport.app.state.house.passwords
    for _ in range(PASSWORDS_FOR_LINK.tries):
        await limits.count(PASSWORDS_FOR_LINK, link.rpartition("/")[2], clock=portal.clock)
    passwords.hash = None  # which would be a defect
    browser = portal.another_browser()
    await browser.go(link)
    assert (await browser.send(link, password=OTHER)).status_code == 429


async def test_a_member_writes_to_no_crowd(portal):
    browser = await portal.sign_up()
    for number in range(CHANGES_OF_MEMBER.tries):
        await ask_to_change(browser, f"x{number}@example.com")
    mails = len(portal.mails)
    values = {"email": "x@example.com", "password": PASSWORD}
    assert (await browser.force("/account/email", **values)).status_code == 429
    assert len(portal.mails) == mails


async def test_an_address_is_not_changed_without_the_password(portal):
    browser = await portal.sign_up()
    await browser.go("/account")
    answer = await browser.send("/account/email", email="new@example.com", password=OTHER)
    assert answer.status_code == 422
    assert "not your password" in answer.text
    assert portal.mails[-1].to == EMAIL


async def test_a_password_is_changed_by_who_knows_it_and_other_browsers_are_out(portal):
    browser, other = await portal.sign_up(), await sign_in(portal)
    before = browser.cookies["session"]
    await browser.go("/account")
    await browser.send("/account/password", old_password=PASSWORD, new_password=OTHER)
    assert "Your password is changed." in browser.at.text
    assert browser.cookies["session"] != before
    assert (await other.go("/home")).url.path == "/sign-in"
    assert not is_in(await sign_in(portal))
    assert is_in(await sign_in(portal, password=OTHER))


@pytest.mark.parametrize("way", ["reset", "change", "join"])
async def test_the_name_of_the_business_is_no_password(portal, database_url, way):
    browser = await portal.sign_up()
    await describe(browser, name="Juma Hardware")
    guess = "jumahardware26"
    if way == "change":
        await browser.go("/account")
        values = {"old_password": PASSWORD, "new_password": guess}
        answer = await browser.send("/account/password", **values)
    else:
        path = "/forgotten"
        if way == "reset":
            await ask(portal, path, EMAIL)
        else:
            await execute(database_url, APPROVED)
            await browser.go("/team")
            await browser.send("/team", email="neema@example.com", role="STAFF")
        other = portal.another_browser()
        await other.go(portal.link())
        answer = await other.send(portal.link(), password=guess)
    assert answer.status_code == 422
    assert "your business" in answer.text


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [(OTHER, OTHER, "old_password"), ("", OTHER, "old_password"),
     (PASSWORD, "short", "new_password"), (PASSWORD, EMAIL, "new_password"),
     (PASSWORD, "password12", "new_password")],
)  # fmt: skip
async def test_a_password_is_not_changed_without_the_old_one_or_to_a_bad_one(
    portal, old, new, field
):
    browser, other = await portal.sign_up(), await sign_in(portal)
    await browser.go("/account")
    answer = await browser.send("/account/password", old_password=old, new_password=new)
    assert (answer.status_code, f'aria-describedby="{field}-more"' in answer.text) == (422, True)
    assert (await other.go("/home")).url.path == "/start"
    assert is_in(await sign_in(portal))


async def test_guessing_the_old_password_is_stopped(portal):
    browser = await portal.sign_up()
    await browser.go("/account")
    for _ in range(IN_PORTAL.of_account.tries):
        await browser.send("/account/password", old_password=OTHER, new_password=OTHER)
    answer = await browser.send("/account/password", old_password=PASSWORD, new_password=OTHER)
    assert answer.status_code == 429


@pytest.mark.parametrize(
    "email", ["", "asha", "a@b", "a b@c.de", "a@b.de\r\nBcc: x@y.de", "<script>@x.de", "a" * 300]
)
async def test_what_is_no_address_is_refused_at_its_field(portal, email):
    await portal.browser.go("/sign-up")
    answer = await portal.browser.send("/sign-up", email=email)
    assert answer.status_code == 422
    assert 'aria-describedby="email-more"' in answer.text
    assert "<script>" not in answer.text
    assert portal.mails == []


@pytest.mark.parametrize("path", ["/home", "/account"])
async def test_a_stranger_is_sent_to_the_door(portal, path):
    assert (await portal.browser.go(path)).url.path == "/sign-in"


async def test_a_members_language_follows_to_another_browser_and_into_mails(portal):
    browser = await portal.sign_up()
    await browser.go("/account")
    await browser.send("/language", language="SW")
    assert '<html lang="sw">' in (await sign_in(portal)).at.text
    await ask(portal, "/forgotten", EMAIL)
    assert portal.mails[-1].subject == "Nenosiri jipya la FlowHQ"


async def test_hostile_values_break_nothing(portal):
    await portal.sign_up()
    for email in ("\0", "asha@example.com\0", "💥" * 500, "a" * 64_000):
        assert (await sign_in(portal, email=email)).at.status_code == 422
    for password in ("\0", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"), "💥" * 500):
        assert (await sign_in(portal, password=password)).at.status_code in {422, 429}
    for token in ("%00", "%ff", "x" * 5000):
        answer = await portal.browser.go(f"/reset/{token}")
        assert answer.status_code in {400, 404, 410}


async def test_what_is_over_is_swept_away_and_what_is_not_stays(portal, database_url):
    browser = await portal.sign_up()
    await sweep(portal.clock)
    assert (await browser.go("/home")).url.path == "/start"
    for table in ("browser_sessions", "mail_proofs"):
        await execute(database_url, f"UPDATE {table} SET expires_at = now() - interval '8 d'")  # noqa: S608
    await sweep(portal.clock)
    for table in ("browser_sessions", "mail_proofs"):
        assert await rows(database_url, f"SELECT 1 FROM {table}") == []  # noqa: S608


async def test_an_operator_is_nobody_in_the_portal(portal, database_url):
    await portal.sign_up()
    assert is_in(await sign_in(portal))
    connection = await asyncpg.connect(database_url)
    await connection.execute(
        "CREATE TEMPORARY TABLE were AS SELECT * FROM users; DELETE FROM users;"
        " UPDATE were SET role = 'ADMIN';"
        " INSERT INTO users OVERRIDING SYSTEM VALUE SELECT * FROM were"
    )
    await connection.close()
    assert not is_in(await sign_in(portal))


async def test_whom_an_operator_added_chooses_a_password_by_mail(portal, database_url):
    await portal.sign_up()
    connection = await asyncpg.connect(database_url)
    await connection.execute("UPDATE users SET password_hash = NULL")
    await connection.close()
    assert not is_in(await sign_in(portal))
    await ask(portal, "/forgotten", EMAIL)
    await portal.browser.go(portal.link())
    assert is_in_after(await portal.browser.send(portal.link(), password=OTHER))
    assert is_in(await sign_in(portal, password=OTHER))
