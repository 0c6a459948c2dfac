"""A form's token is of the session that the page was shown in, and of no other."""

import pytest

from tests.fakes.pages import Browser
from tests.integration.portal.conftest import PASSWORD, Portal


def token_of(browser: Browser, action: str = "/language") -> str:
    return browser.hidden(action)["_csrf_token"]


async def plant(browser: Browser, token: str):
    """What a neighbour of the domain can do: it sets a cookie, and sends a form with the same."""
    browser.cookies.delete("csrf")
    browser.cookies.set("csrf", token, domain="portal.test")
    return await browser.post("/language", language="SW", _csrf_token=token)


async def test_a_strangers_token_is_good_for_no_session(portal: Portal):
    thief, victim = portal.another_browser(), await portal.sign_up()
    await thief.go("/sign-in")
    assert (await plant(victim, token_of(thief))).status_code == 403
    assert '<html lang="en">' in (await victim.go("/account")).text


async def test_another_members_token_is_good_for_no_session_but_its_own(portal: Portal):
    thief, victim = await portal.sign_up("thief@example.com"), await portal.sign_up()
    await thief.go("/account")
    token = token_of(thief)
    assert (await plant(victim, token)).status_code == 403
    assert (await thief.post("/language", language="SW", _csrf_token=token)).status_code == 200


async def test_a_token_ends_with_its_session(portal: Portal):
    browser = await portal.sign_up()
    await browser.go("/account")
    token = token_of(browser)
    await browser.send("/sign-out")
    await browser.send("/sign-in", email="asha@example.com", password=PASSWORD)
    assert browser.at.url.path == "/start"
    assert (await plant(browser, token)).status_code == 403


@pytest.mark.parametrize("cookie", ["x", "0" * 128, ""])
async def test_a_page_is_shown_with_a_good_token_whatever_cookie_there_is(portal: Portal, cookie):
    browser = await portal.sign_up()
    browser.cookies.delete("csrf")
    browser.cookies.set("csrf", cookie, domain="portal.test")
    await browser.go("/account")
    assert token_of(browser) != cookie
    browser.cookies.delete("csrf", domain="portal.test")
    await browser.go("/account")
    assert (await browser.send("/language", language="EN")).status_code == 200


@pytest.mark.parametrize("token", ["", "0" * 128, "\u0660" * 128])
async def test_a_token_that_we_did_not_make_is_good_for_nobody(portal: Portal, token):
    browser = portal.another_browser()
    await browser.go("/sign-in")
    assert (await browser.post("/language", language="SW", _csrf_token=token)).status_code == 403
