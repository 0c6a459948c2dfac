"""Whose pages a browser sends an operator's session to, by the rules of a real cookie jar."""

from collections.abc import AsyncIterator

import httpx
import pytest

from controlplane.dashboard.desk import PREFIX, Desk
from controlplane.dashboard.site import create_dashboard
from tests.fakes.pages import forms_of
from tests.integration.dashboard.conftest import EMAIL, Dashboard, _held
from tests.integration.portal.conftest import PASSWORD

HOST = "127.0.0.1"
DASHBOARD, PORTAL = f"http://{HOST}:8000", f"http://{HOST}:8080"


class Sent(httpx.AsyncBaseTransport):
    """What a browser sent along, by the place it sent it to."""

    def __init__(self, site: httpx.AsyncBaseTransport) -> None:
        self.site = site
        self.cookies: dict[str, str] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.cookies[request.url.path] = request.headers.get("cookie", "")
        return await self.site.handle_async_request(request)


@pytest.fixture
async def sites(dashboard: Dashboard) -> dict[str, Sent]:
    """The portal is whatever answers there: also one that is not ours any more."""
    anybody = httpx.MockTransport(lambda _: httpx.Response(200))
    return {DASHBOARD: Sent(dashboard.transport), PORTAL: Sent(anybody)}


@pytest.fixture
async def browser(sites: dict[str, Sent]) -> AsyncIterator[httpx.AsyncClient]:
    """One for both sites, as a person has, who is signed in to the dashboard."""
    async with httpx.AsyncClient(mounts=sites, follow_redirects=True) as client:
        yield client


async def sign_in(browser: httpx.AsyncClient) -> httpx.Response:
    path = f"{PREFIX}/sign-in"
    page = await browser.get(f"{DASHBOARD}{path}")
    form = forms_of(page.text)[path] | {"email": EMAIL, "password": PASSWORD}
    return await browser.post(f"{DASHBOARD}{path}", data=form)


async def test_on_one_host_the_portals_pages_are_sent_nothing_of_the_dashboards(browser, sites):
    assert (await sign_in(browser)).url.path == PREFIX
    for path in ("/", "/sign-in", "/account", "/static/x", "/dashboards", "/home?x=/dashboard"):
        await browser.get(f"{PORTAL}{path}")
    sent = sites[PORTAL].cookies
    assert len(sent) >= 6
    assert [value for value in sent.values() if "dashboard" in value] == []
    assert "dashboard-session=" in sites[DASHBOARD].cookies[PREFIX]


async def test_a_session_of_before_that_went_everywhere_is_taken_away(browser, sites):
    browser.cookies.set("dashboard-session", "of-before", domain=HOST, path="/")
    assert (await sign_in(browser)).url.path == PREFIX
    assert (await browser.get(f"{DASHBOARD}{PREFIX}/account")).url.path == f"{PREFIX}/account"
    await browser.get(f"{PORTAL}/sign-in")
    assert "of-before" not in str(sites[PORTAL].cookies)
    assert "dashboard" not in sites[PORTAL].cookies["/sign-in"]


async def test_who_signs_out_keeps_no_cookie_of_a_session(browser):
    await sign_in(browser)
    page = await browser.get(f"{DASHBOARD}{PREFIX}/account")
    path = f"{PREFIX}/sign-out"
    await browser.post(f"{DASHBOARD}{path}", data=forms_of(page.text)[path])
    assert "dashboard-session" not in browser.cookies


async def test_by_https_a_cookie_is_for_its_host_alone(dashboard, blockbuster):
    """Every rule that browsers ask of `__Host-` (RFC 6265bis, 4.1.3.2), or they drop it."""
    held = _held(dashboard)
    desk = Desk(
        secret="of the tests",
        is_secure=True,
        clock=dashboard.clock,
        passwords=dashboard.passwords,
    )
    blockbuster.deactivate()  # it reads its templates, before it serves
    site = create_dashboard(desk, **{name: each for name, each in held.items() if name != "desk"})
    blockbuster.activate()
    transport = httpx.ASGITransport(site, client=("192.0.2.7", 4711))
    url = "https://ops.example.com"
    async with httpx.AsyncClient(transport=transport, base_url=url) as client:
        path = f"{PREFIX}/sign-in"
        page = await client.get(path)
        form = forms_of(page.text)[path] | {"email": EMAIL, "password": PASSWORD}
        entered = await client.post(path, data=form)
    cookies = [*page.headers.get_list("set-cookie"), *entered.headers.get_list("set-cookie")]
    names = {cookie.partition("=")[0] for cookie in cookies}
    assert names >= {"__Host-dashboard-session", "__Host-dashboard-csrf"}
    assert [name for name in names if not name.startswith("__Host-dashboard-")] == []
    for cookie in cookies:
        attributes = {each.strip().lower() for each in cookie.split(";")[1:]}
        assert {"secure", "httponly", "path=/", "samesite=lax"} <= attributes, cookie
        assert not [each for each in attributes if each.startswith("domain")]
