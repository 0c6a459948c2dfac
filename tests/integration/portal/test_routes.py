"""Who may do what: every route of the portal, by the application's own list."""

import asyncio
from uuid import UUID

import asyncpg
import pytest

from tests.fakes.pages import Browser
from tests.fakes.routes import list_routes
from tests.integration.db.test_portal_role import OWNERS as TENANTS_TABLES
from tests.integration.portal.test_messages import ASHA, business_of, write
from tests.integration.portal.test_start import describe, rows
from tests.integration.portal.test_team import invite, member, staff_of

# A route that is new belongs into one of these, and is then tried by whom it is not for.
FOR_ANYBODY = {
    *("GET /", "POST /language", "GET /healthz", "GET /readyz", "GET /static/{digest}/{name}"),
    *("GET /sign-in", "POST /sign-in", "POST /sign-out"),
    *("GET /sign-up", "POST /sign-up", "GET /forgotten", "POST /forgotten"),
    *("GET /sign-up/{token}", "POST /sign-up/{token}", "GET /reset/{token}", "POST /reset/{token}"),
    *("GET /join/{token}", "POST /join/{token}"),
}
FOR_MEMBERS = {
    *("GET /account", "POST /account/password", "POST /account/email"),
    *("GET /confirm-email/{token}", "POST /confirm-email/{token}"),
    *("GET /start", "POST /start", "GET /home", "GET /home/stream"),
}
FOR_INSIDERS = {
    *("GET /messages", "GET /messages/stream", "GET /messages/search", "GET /messages/export.csv"),
    *("GET /messages/{person}", "POST /messages/{person}", "POST /messages/{person}/bot"),
    *("GET /messages/{person}/stream", "GET /messages/{person}/{message_id}"),
    "GET /messages/{person}/{message_id}/file",
    *("GET /settings", "GET /settings/hours", "GET /settings/texts", "GET /team", "GET /activity"),
    "GET /settings/number",
}
FOR_OWNERS = {
    *("POST /settings", "POST /settings/hours", "POST /settings/texts", "POST /link"),
    "POST /settings/number",
    *("POST /team", "POST /team/invitations/{invitation_id}/withdraw"),
    *("POST /team/{member_id}/role", "GET /team/{member_id}/remove"),
    "POST /team/{member_id}/remove",
}
# Of a request that is right but for who makes it.
FORM = {"text": "Habari", "key": "k1", "wish": "TAKE_OVER", "role": "STAFF", "email": "n@x.de"}
IDS = {
    "person": ASHA,
    "token": f"fhm_{'x' * 43}",
    "message_id": str(UUID(int=1)),
    "member_id": str(UUID(int=2)),
    "invitation_id": str(UUID(int=3)),
}


async def try_all(
    browser: Browser, routes: set[str], ids: dict[str, str] = IDS
) -> dict[str, tuple[int, str | None]]:
    """What each route answers, and where it leads."""
    answers = {}
    for route in sorted(routes):
        method, path = route.split(" ")
        async with asyncio.timeout(10):  # one that lets in where it should not may be a stream
            answer = await browser.knock(method, path.format(**ids), **FORM)
        answers[route] = (answer.status_code, answer.headers.get("location"))
    return answers


async def test_every_route_is_for_somebody(portal):
    kinds = (FOR_ANYBODY, FOR_MEMBERS, FOR_INSIDERS, FOR_OWNERS)
    assert list_routes(portal.transport.app) == set().union(*kinds)
    assert sum(map(len, kinds)) == len(set().union(*kinds))


async def test_who_is_not_signed_in_is_sent_to_the_door(portal):
    routes = FOR_MEMBERS | FOR_INSIDERS | FOR_OWNERS
    answers = await try_all(portal.browser, routes)
    assert answers == dict.fromkeys(routes, (303, "/sign-in"))


async def test_who_was_signed_out_is_sent_to_the_door(portal):
    browser = await portal.sign_up()
    token = browser.cookies["session"]
    await browser.send("/sign-out")
    browser.cookies.set("session", token)
    routes = FOR_MEMBERS | FOR_INSIDERS | FOR_OWNERS
    assert await try_all(browser, routes) == dict.fromkeys(routes, (303, "/sign-in"))


async def test_who_has_no_business_describes_one(portal):
    browser = await portal.sign_up()
    routes = FOR_INSIDERS | FOR_OWNERS
    assert await try_all(browser, routes) == dict.fromkeys(routes, (303, "/start"))


async def test_staff_can_do_nothing_of_what_owners_can(portal, database_url):
    owner, tenant_id = await business_of(portal, database_url)
    staff = await staff_of(portal, owner)
    ids = IDS | {"member_id": await member(database_url, "asha@example.com")}
    before = await picture(database_url, tenant_id)
    assert await try_all(staff, FOR_OWNERS, ids) == dict.fromkeys(FOR_OWNERS, (403, None))
    after = await picture(database_url, tenant_id)
    # But for that it is told to the owner, who sees it among what happened.
    told = [after.pop("portal_event_logs"), before.pop("portal_event_logs")]
    assert [log.count("owners_only") for log in told] == [1, 0]
    assert after == before


async def test_what_is_another_businesss_is_not_there(portal, database_url):
    """Not even for an owner, who may do all of this in a business of their own."""
    owner, tenant_id = await business_of(portal, database_url)
    await staff_of(portal, owner)
    written = await write(database_url, tenant_id, "Bei gani?")
    await invite(owner, "someone@example.com")
    [(invitation,)] = await rows(
        database_url, "SELECT id FROM mail_proofs WHERE email = 'someone@example.com'"
    )
    ids = IDS | {
        "message_id": written,
        "member_id": await member(database_url),
        "invitation_id": str(invitation),
    }
    stranger = await portal.sign_up("neema@example.com")
    await describe(stranger, name="Neema Salon", phone="+255712345679")
    routes = {route for route in FOR_INSIDERS | FOR_OWNERS if "{" in route}
    before = await picture(database_url, tenant_id)
    assert await try_all(stranger, routes, ids) == dict.fromkeys(routes, (404, None))
    assert await picture(database_url, tenant_id) == before
    # And it is there for its own.
    assert (await owner.go(f"/messages/{ASHA}/{written}")).status_code == 200


@pytest.mark.parametrize("is_in", [True, False])
async def test_no_form_of_another_site_is_taken(portal, is_in):
    browser = await portal.sign_up() if is_in else portal.browser
    await browser.go("/")
    posts = [route for route in sorted(list_routes(portal.transport.app)) if route[:4] == "POST"]
    answers = {
        route: (await browser.post(route.split(" ")[1].format(**IDS), **FORM)).status_code
        for route in posts
    }
    assert answers == dict.fromkeys(posts, 403)


async def picture(url: str, tenant_id: UUID) -> dict[str, str]:
    """Of all that a business has."""
    connection = await asyncpg.connect(url)
    try:
        return {
            table: await connection.fetchval(
                f"SELECT string_agg(t::text, E'\\n' ORDER BY t::text) FROM {table} t"  # noqa: S608
                f" WHERE {column} = $1",
                tenant_id,
            )
            for table, column in TENANTS_TABLES.items()
        }
    finally:
        await connection.close()
