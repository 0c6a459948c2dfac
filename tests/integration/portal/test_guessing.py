"""Strangers keep nobody out, and guess no password; nobody fills an inbox, or keeps it empty."""

from contextlib import suppress
from datetime import timedelta

import pytest

from portal.mail_limits import ASKS, FROM_ADDRESS, RESETS, find_life
from shared.web import limits
from shared.web.guesses import IN_PORTAL
from shared.web.limits import Limit, TooManyAttemptsError
from shared.web.origin import Origin
from tests.fakes.pages import Browser
from tests.integration.portal.conftest import ADDRESS, PASSWORD, Portal
from tests.integration.portal.test_accounts import EMAIL, OTHER, ask
from tests.integration.portal.test_start import describe, rows

TRIES = IN_PORTAL.of_account.tries
HOME, STRANGER = "198.51.100.1", "203.0.113.9"


async def sign_in(
    portal: Portal, *, address: str = HOME, password: str = PASSWORD, browser: Browser | None = None
):
    browser = browser or portal.another_browser(address)
    await browser.go("/sign-in")
    return await browser.send("/sign-in", email=EMAIL, password=password)


def is_in(answer) -> bool:
    return answer.url.path in {"/start", "/home"}


async def guess(portal: Portal, times: int, address: str = STRANGER) -> list[int]:
    answers = [await sign_in(portal, address=address, password=OTHER) for _ in range(times)]
    return [answer.status_code for answer in answers]


async def guess_from_everywhere(portal: Portal, times: int) -> None:
    """Until it takes a while before the next one, whoever asks."""
    for number in range(times):
        await guess(portal, 1, address=f"10.0.{number >> 8}.{number & 255}")


async def use_up(portal: Portal, limit: Limit, address: str) -> None:
    """As many requests would, and sooner."""
    with suppress(TooManyAttemptsError):
        while True:
            await limits.count(limit, address, clock=portal.clock)


async def test_who_guesses_keeps_the_owner_out_of_nothing(portal):
    await portal.sign_up()
    assert await guess(portal, TRIES + 2) == [*[422] * TRIES, 429, 429]
    assert is_in(await sign_in(portal)), "from elsewhere"
    portal.clock.advance(IN_PORTAL.of_account.window)
    assert is_in(await sign_in(portal, address=STRANGER))


async def test_one_who_goes_on_guessing_from_one_place_slows_nobody_down(portal):
    await portal.sign_up()
    for _ in range(14):
        await guess(portal, 4)
        portal.clock.advance(timedelta(minutes=15))
    assert is_in(await sign_in(portal))


@pytest.mark.parametrize("address", [HOME, STRANGER])
async def test_a_browser_that_was_signed_in_before_is_not_held_up(portal, address):
    """Not even where it shares a network with who guesses."""
    browser = portal.another_browser(address)
    await portal.sign_up()
    await sign_in(portal, browser=browser)
    await browser.send("/sign-out")
    await guess_from_everywhere(portal, 52)
    await use_up(portal, IN_PORTAL.from_address, STRANGER)
    await guess(portal, 2)
    assert (await sign_in(portal, address=address)).status_code == 429, "another browser"
    assert is_in(await sign_in(portal, browser=browser))


async def test_a_browser_is_known_for_its_own_account(portal):
    juma = await portal.sign_up("juma@example.com")
    await juma.send("/sign-out")
    await portal.sign_up()
    await guess(portal, TRIES, address=ADDRESS)
    assert (await sign_in(portal, browser=juma)).status_code == 429
    assert juma.cookies["device"].count(".") == 1


async def test_a_browser_that_is_known_guesses_no_more_than_another(portal):
    browser = await portal.sign_up()
    await browser.send("/sign-out")
    found = [
        (await sign_in(portal, browser=browser, password=OTHER)).status_code
        for _ in range(2 * TRIES + 2)
    ]
    # Its own, and then what anybody has from there.
    assert found == [*[422] * 2 * TRIES, 429, 429]


async def test_a_cookie_that_is_made_up_makes_no_browser_known(portal):
    real = await portal.sign_up()
    await guess(portal, TRIES, address=HOME)
    for cookie in ("x", f"{'a' * 22}.20000-{'a' * 22}", real.cookies["device"][:-1] + "!"):
        browser = portal.another_browser(HOME)
        browser.cookies.set("device", cookie)
        assert (await sign_in(portal, browser=browser)).status_code == 429


async def test_the_cookie_of_a_known_browser_is_out_of_reach_of_scripts(portal):
    await portal.sign_up()
    browser = portal.another_browser()
    await sign_in(portal, browser=browser)
    [cookie] = [
        value
        for value in browser.at.history[0].headers.get_list("set-cookie")
        if value.startswith("device=")
    ]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert EMAIL not in cookie


async def test_from_everywhere_it_gets_slower_and_never_closes(portal):
    await portal.sign_up()
    await guess_from_everywhere(portal, 50)
    refused = await sign_in(portal)
    assert refused.status_code == 429
    wait = int(refused.headers["retry-after"])
    assert 0 < wait <= 10
    assert "choose a new password by mail" in refused.text
    portal.clock.advance(timedelta(seconds=wait))
    assert is_in(await sign_in(portal))


@pytest.mark.parametrize("where", [HOME, STRANGER])
async def test_a_new_password_by_mail_lifts_it_wherever_one_is(portal, where):
    await portal.sign_up()
    await guess(portal, TRIES + 1, address=where)
    await guess_from_everywhere(portal, 52)
    await ask(portal, "/forgotten", EMAIL)
    browser = portal.another_browser(where)
    await browser.go(portal.link())
    assert is_in(await browser.send(portal.link(), password=OTHER))
    # That browser, and any other one.
    await browser.send("/sign-out")
    assert is_in(await sign_in(portal, browser=browser, password=OTHER))
    assert is_in(await sign_in(portal, address=where, password=OTHER))


async def test_an_ipv6_customer_is_one_source(portal):
    await portal.sign_up()
    for number in range(TRIES):
        await guess(portal, 1, address=f"2001:db8:1:2::{number + 1}")
    assert (await sign_in(portal, address="2001:db8:1:2::ffff")).status_code == 429
    assert is_in(await sign_in(portal, address="2001:db8:1:3::1"))


async def test_an_address_without_an_account_is_held_up_alike(portal):
    """Else it would be known where there is one."""
    await portal.sign_up()
    answers = []
    for email in (EMAIL, "juma@example.com"):
        said = []
        for number in range(56):
            browser = portal.another_browser(f"10.1.{number}.1")
            await browser.go("/sign-in")
            answer = await browser.send("/sign-in", email=email, password=OTHER)
            said.append((answer.status_code, answer.headers.get("retry-after")))
        answers.append(said)
    assert answers[0] == answers[1]


async def test_strangers_hold_up_no_member_who_shows_the_password_once_more(portal):
    browser = await portal.sign_up()
    await use_up(portal, IN_PORTAL.from_address, ADDRESS)
    await guess_from_everywhere(portal, 52)
    await browser.go("/account")
    answer = await browser.send("/account/password", old_password=PASSWORD, new_password=OTHER)
    assert "Your password is changed." in answer.text


async def test_who_borrows_a_browser_guesses_for_that_browser_alone(portal):
    borrowed, owners = await portal.sign_up(), portal.another_browser()
    await sign_in(portal, browser=owners)
    for browser, expected in ((borrowed, 429), (owners, 200)):
        await browser.go("/account")
        for _ in range(IN_PORTAL.in_session.tries if browser is borrowed else 0):
            await browser.send("/account/password", old_password=OTHER, new_password=OTHER)
        values = {"email": "new@example.com", "password": PASSWORD}
        assert (await browser.send("/account/email", **values)).status_code == expected


async def request_link(portal: Portal, address: str, path: str = "/forgotten", email: str = EMAIL):
    browser = portal.another_browser(address)
    await browser.go(path)
    return await browser.send(path, email=email)


async def opens(portal: Portal, mail) -> bool:
    link = next(word for word in mail.text.split() if word.startswith("http"))
    return (await portal.another_browser().go(link.partition("8080")[2])).status_code == 200


@pytest.mark.parametrize("path", ["/forgotten", "/sign-up"])
async def test_whoever_asks_for_others_keeps_no_owner_from_a_mail(portal, path):
    if path == "/forgotten":
        await portal.sign_up()
    portal.mails.clear()
    asked = [(await request_link(portal, STRANGER, path)).status_code for _ in range(10)]
    assert asked == [*[200] * ASKS.tries, 429, 429]
    assert len(portal.mails) == 3
    assert (await request_link(portal, HOME, path)).status_code == 200
    assert len(portal.mails) == 4
    assert await opens(portal, portal.mails[-1])


async def test_whoever_asks_for_a_link_and_gets_none_has_a_good_one(portal):
    """Through three days, in which somebody asks all the time, also from the owner's network."""
    links, mailed = [], []
    begun = portal.clock.now()
    for minute in range(0, 3 * 24 * 60, 20):
        now = portal.clock.now()
        networks = [f"10.{minute >> 8 & 255}.{minute & 255}.{n}" for n in range(2)]
        for network in (*networks, HOME, HOME):
            life = await find_life(
                RESETS, EMAIL, origin=Origin(network=network), device=None, clock=portal.clock
            )
            if life is not None:
                links.append(now + life)
                mailed.append(now)
            assert max(links) >= now + timedelta(minutes=30), f"after {now - begun}"
        portal.clock.advance(timedelta(minutes=20))
    assert len(mailed) <= 3 * 13
    in_an_hour = max(
        sum(each <= other < each + timedelta(hours=1) for other in mailed) for each in mailed
    )
    assert in_an_hour <= 7


async def test_a_browser_that_is_known_gets_a_mail_whoever_asked_before(portal):
    browser = await portal.sign_up()
    for number in range(12):
        await request_link(portal, f"10.0.{number}.1")
    await use_up(portal, FROM_ADDRESS, ADDRESS)
    assert (await request_link(portal, ADDRESS)).status_code == 429
    portal.mails.clear()
    await browser.send("/sign-out")
    await browser.go("/forgotten")
    assert (await browser.send("/forgotten", email=EMAIL)).status_code == 200
    assert len(portal.mails) == 1
    assert await opens(portal, portal.mails[-1])


async def test_who_has_no_account_is_written_to_a_few_times(portal):
    for number in range(20):
        await request_link(portal, f"10.0.{number}.1")
    assert len(portal.mails) == 3


async def test_after_a_reset_the_next_mail_comes_at_once(portal):
    """For the links of before are over."""
    await portal.sign_up()
    for number in range(20):
        await request_link(portal, f"10.0.{number}.1")
    browser = portal.another_browser()
    await browser.go(portal.link())
    await browser.send(portal.link(), password=OTHER)
    portal.mails.clear()
    await request_link(portal, HOME)
    assert len(portal.mails) == 1


async def test_who_tried_is_told_to_the_business_once_an_hour(portal, database_url):
    browser = await portal.sign_up()
    await describe(browser)
    await guess(portal, 5)
    told = "SELECT payload_json ->> 'network' FROM portal_event_logs WHERE event_type = '{}'"
    assert await rows(database_url, told.format("sign_in_failed")) == [(STRANGER,)]
    text = (await browser.go("/activity")).text
    assert f"Somebody tried to sign in as {EMAIL} with a wrong password" in text
    await browser.go("/account")
    await browser.send("/language", language="SW")
    assert "nenosiri lisilo sahihi" in (await browser.go("/activity")).text


async def test_a_sign_in_from_a_new_browser_is_told_and_a_first_one_is_none(portal, database_url):
    browser = await portal.sign_up()
    await describe(browser)
    for _ in range(2):
        await browser.go("/sign-in")
        await browser.send("/sign-in", email=EMAIL, password=PASSWORD)
    await sign_in(portal, address=STRANGER)
    kinds = "SELECT event_type FROM portal_event_logs ORDER BY created_at, id"
    assert [kind for (kind,) in await rows(database_url, kinds)] == [
        *("business_described", "signed_in", "signed_in"),
        "signed_in_new_device",
    ]
    text = (await browser.go("/activity")).text
    assert f"{EMAIL} signed in from a new browser ({STRANGER})" in text
