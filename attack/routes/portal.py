"""The portal: every route as strangers, as staff, and as the owner of another business."""

from attack.checks import Check, Outcome
from attack.errors import NotTriedError
from attack.ground import PORTAL_SIGN_IN, Ground
from attack.routes.knocking import Knock, find_breaches, knock_all
from attack.routes.listing import list_closed
from attack.routes.naming import FIXED, fill, fill_with_each
from attack.sites.browser import Browser
from shared.web.routes import Route

FENCE = "sessions and roles (portal/visitor.py, portal/insider.py)"
POLICIES = "row policies of the portal's role (shared/db/guard.py, shared/db/migrations)"
# What staff may change, and each member of their own account.
FOR_STAFF = frozenset(
    {
        *("POST /messages/{person}", "POST /messages/{person}/bot", "POST /start"),
        *("POST /account/password", "POST /account/email", "POST /confirm-email/{token}"),
    }
)
# Of a request that is right but for who makes it.
FORM = {
    "text": "From another tenant",
    "key": "attack",
    "wish": "TAKE_OVER",
    "role": "STAFF",
    "email": "nobody@attack.example",
}


async def strangers(ground: Ground) -> Outcome:
    """Who is not signed in, or not any more, or with something that is no session."""
    routes = await list_closed(ground, "portal")
    doors = {PORTAL_SIGN_IN}
    browsers = {"nobody": await ground.browser("nobody")}
    for name, cookies in _bad_sessions(ground).items():
        browsers[name] = await ground.browser(name)
        for cookie, value in cookies.items():
            browsers[name].client.cookies.set(cookie, value)
    browsers |= {
        f"a member who was {name}": browser
        for name in ("signed-out", "removed")
        if (browser := ground.browsers.get(name)) is not None
    }
    knocks = [
        _knock(who, browser, route, fill(route, ground.alpha.ids))
        for who, browser in browsers.items()
        for route in routes
    ]
    attempts = await knock_all(knocks)
    return Outcome(
        saw=f"{len(attempts)} attempts at {len(routes)} routes as {', '.join(browsers)}",
        breaches=find_breaches(attempts, doors=doors),
    )


async def staff(ground: Ground) -> Outcome:
    """A member who is no owner, at what only owners may do; and one who was an owner before."""
    routes = [
        route
        for route in await list_closed(ground, "portal")
        if "owner" in route.needs or (route.method != "GET" and route.name not in FOR_STAFF)
    ]
    knocks = [
        _knock(name, ground.known(name), route, fill(route, ground.alpha.ids))
        for name in ("alpha-staff", "demoted")
        for route in routes
    ]
    attempts = await knock_all(knocks)
    breaches = find_breaches(attempts, doors=(), own=ground.alpha.own, refusals={403, 404})
    saw = f"{len(attempts)} attempts at {len(routes)} routes as staff and as a former owner"
    return Outcome(saw=saw, breaches=breaches)


async def foreign_ids(ground: Ground) -> Outcome:
    """The owner of another business, with ids of this one."""
    routes = [route for route in await list_closed(ground, "portal") if _names_a_row(route)]
    browser = ground.known("beta-owner")
    if not ground.alpha.ids.get("person"):
        raise NotTriedError("nobody wrote to the tenants, so there is no chat to name")
    knocks = [
        _knock("the owner of another business", browser, route, path)
        for route in routes
        for path in {*fill_with_each(route, ground.alpha.ids), *_mixed(ground, route)}
    ]
    attempts = await knock_all(knocks)
    breaches = find_breaches(attempts, doors=(), own=ground.beta.own, refusals={404})
    return Outcome(
        saw=f"{len(attempts)} attempts at {len(routes)} routes as the owner of another business",
        breaches=breaches,
    )


async def own_pages(ground: Ground) -> Outcome:
    """What the owner of another business sees where an address names nothing at all."""
    routes = [
        route
        for route in await list_closed(ground, "portal")
        if route.method == "GET" and not route.parameters
    ]
    browser = ground.known("beta-owner")
    attempts = await knock_all([_knock("beta's owner", browser, r, r.path) for r in routes])
    breaches = [
        f"{attempt.route.name}: shows {', '.join(sorted(seen))}"
        for attempt in attempts
        if attempt.answer is not None and (seen := attempt.answer.canaries() - ground.beta.own)
    ]
    shown = sum(
        attempt.answer is not None and bool(ground.beta.own & attempt.answer.canaries())
        for attempt in attempts
    )
    if not shown and ground.beta.is_linked:
        breaches.append("no page showed the business its own canary: nothing was looked at")
    return Outcome(
        saw=f"{len(attempts)} pages, {shown} of them with its own canary", breaches=breaches
    )


def _mixed(ground: Ground, route: Route) -> list[str]:
    """Another's row below a person that the asking business has too."""
    if "person" not in route.parameters or len(route.parameters) < 2:
        return []
    ids = {**ground.alpha.ids, "person": ground.beta.customer}
    return fill_with_each(route, ids)


def _names_a_row(route: Route) -> bool:
    return any(name not in FIXED for name in route.parameters)


def _bad_sessions(ground: Ground) -> dict[str, dict[str, str]]:
    """Cookies under the portal's own name for a session, by what is in them."""
    known = ground.browsers.get("alpha-owner")
    name = next(iter(known.session_cookies()), "session") if known else "session"
    operator = ground.browsers.get("operator")
    tokens = {
        "an unknown session": f"fhs_{'A' * 43}",
        "an empty session": "",
        "odd bytes": "%00%ff'--",
    }
    if operator is not None and operator.session_cookies():
        tokens["an operator's session"] = next(iter(operator.session_cookies().values()))
    return {who: {name: token} for who, token in tokens.items()}


def _knock(who: str, browser: Browser, route: Route, path: str) -> Knock:
    return Knock(who=who, route=route, act=lambda: browser.knock(route.method, path, FORM))


CHECKS = [
    Check(
        name="routes.portal-strangers",
        fence=FENCE,
        expects="the door, or a refusal, for whoever is not signed in, at every route",
        attack=strangers,
    ),
    Check(
        name="routes.portal-staff",
        fence=FENCE,
        expects="403 for staff, and for a former owner, at whatever only owners may do",
        attack=staff,
    ),
    Check(
        name="routes.portal-foreign-ids",
        fence=POLICIES,
        expects="404 for an owner who names chats, messages, members of another business",
        attack=foreign_ids,
    ),
    Check(
        name="routes.portal-own-pages",
        fence=POLICIES,
        expects="pages, lists and exports that show the own business alone",
        attack=own_pages,
    ),
]
