"""Every route of the dashboard, by the application's own list: for operators alone."""

import asyncio
from uuid import UUID

import pytest

from shared.enums import Language
from shared.stores import browser_sessions, members
from tests.fakes.pages import Browser
from tests.fakes.routes import list_routes

# All else is for who is signed in; a route that is new is tried without being named here.
FOR_ANYBODY = {
    *("GET /", "GET /static/{digest}/{name}"),
    *("GET /dashboard/sign-in/provider", "GET /dashboard/sign-in/provider/back"),
    *(f"{method} /dashboard/sign-in{rest}" for method in ("GET", "POST") for rest in ("", "/code")),
}
NAMES = ("tenant_id", "member_id", "key_id", "request_id", "operator_id")
IDS = {name: str(UUID(int=1)) for name in NAMES}
# Of a request that is right but for what it names.
FORM = {"name": "A key", "email": "n@example.com", "role": "STAFF", "language": "SW", "note": ""}


async def try_all(browser: Browser, routes: set[str]) -> dict[str, tuple[int, str | None]]:
    answers = {}
    for route in sorted(routes):
        method, path = route.split(" ")
        async with asyncio.timeout(10):  # one that lets in where it should not may be a stream
            answer = await browser.knock(method, path.format(**IDS), **FORM)
        place = answer.headers.get("location")
        answers[route] = (answer.status_code, place and place.split("?")[0])
    return answers


@pytest.fixture
def inside(dashboard) -> set[str]:
    routes = list_routes(dashboard.transport.app)
    assert routes > FOR_ANYBODY
    return routes - FOR_ANYBODY


async def test_who_is_not_signed_in_is_sent_to_the_door(dashboard, inside):
    answers = await try_all(dashboard.stranger(), inside)
    assert answers == dict.fromkeys(inside, (303, "/dashboard/sign-in"))


async def test_who_was_signed_out_and_who_is_a_member_of_the_portal_is_sent_there_too(
    dashboard, browser, inside
):
    signed_out = browser.cookies["dashboard-session"]
    await browser.send("/dashboard/sign-out")
    member = await members.create_owner("a@x.de", password_hash="x", language=Language.EN)
    for token in (signed_out, await browser_sessions.begin(member, now=dashboard.clock.now())):
        somebody = dashboard.stranger()
        somebody.cookies.set("dashboard-session", token)
        answers = await try_all(somebody, inside)
        assert answers == dict.fromkeys(inside, (303, "/dashboard/sign-in"))


async def test_what_is_not_there_is_told_so(browser, inside):
    named = {route for route in inside if "{" in route}
    assert await try_all(browser, named) == dict.fromkeys(named, (404, None))


async def test_no_form_of_another_site_is_taken(dashboard, browser):
    posts = {route for route in list_routes(dashboard.transport.app) if route[:4] == "POST"}
    for somebody in (browser, dashboard.stranger()):
        await somebody.go("/dashboard/sign-in")
        answers = {
            route: (await somebody.post(route.split(" ")[1].format(**IDS), **FORM)).status_code
            for route in posts
        }
        assert answers == dict.fromkeys(posts, 403)
