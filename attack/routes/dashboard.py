"""The dashboard: every route as whoever is no operator."""

from attack.checks import Check, Outcome
from attack.ground import DASHBOARD_SIGN_IN, Ground
from attack.routes.knocking import Knock, find_breaches, knock_all
from attack.routes.listing import list_closed, list_routes
from attack.routes.naming import fill
from attack.routes.powers import OF_ROLE
from attack.settling import add_operator
from attack.sites.browser import Browser
from shared.web.routes import Route

FENCE = "operators' sessions (controlplane/dashboard/visitor.py)"
RIGHTS = "rights of roles (controlplane/rights.py)"
# By the name under which each is signed in.
ROLES = {"reader": "READ_ONLY", "helper": "SUPPORT"}
FORM = {
    "name": "Attack",
    "email": "nobody@attack.example",
    "role": "STAFF",
    "language": "SW",
    "note": "",
    "password": "long-enough-to-be-one",
}


async def strangers(ground: Ground) -> Outcome:
    """Nobody, members of the portal, and what was an operator's session once."""
    routes = await list_closed(ground, "dashboard")
    browsers = {"nobody": await ground.browser("nobody at the dashboard", is_operator=True)}
    for name, token in _tokens(ground).items():
        browsers[name] = await ground.browser(name, is_operator=True)
        browsers[name].client.cookies.set(_cookie_name(ground), token)
    former = await _make_former(ground)
    if former is not None:
        browsers["an operator who was removed"] = former
    knocks = [
        _knock(who, browser, route, fill(route, ground.alpha.ids))
        for who, browser in browsers.items()
        for route in routes
    ]
    attempts = await knock_all(knocks)
    return Outcome(
        saw=f"{len(attempts)} attempts at {len(routes)} routes as {', '.join(browsers)}",
        breaches=find_breaches(attempts, doors={DASHBOARD_SIGN_IN}),
    )


async def roles(ground: Ground) -> Outcome:
    """Operators who may not do everything: at whatever is beyond their role, and whether the pages
    that are for them show what is not.
    """
    routes = await list_closed(ground, "dashboard")
    knocks, breaches, shown = [], [], 0
    for name, role in ROLES.items():
        browser, own = ground.known(name), OF_ROLE[role]
        who = f"an operator who is {role}"
        knocks += [
            _knock(who, browser, route, fill(route, ground.alpha.ids))
            for route in routes
            if route.name not in own
        ]
        if role == "READ_ONLY":
            pages = [r for r in routes if r.name in own and r.method == "GET" and not _goes_on(r)]
            shown += len(pages)
            breaches += [each for page in pages for each in await _look(ground, browser, page)]
    attempts = await knock_all(knocks)
    breaches += find_breaches(attempts, doors=(), refusals={403})
    return Outcome(
        saw=f"{len(attempts)} attempts beyond a role, {shown} pages of who may only look",
        breaches=breaches,
    )


async def _look(ground: Ground, browser: Browser, route: Route) -> list[str]:
    """What of messages, and of codes that link a phone, the page shows."""
    answer = await browser.knock("GET", fill(route, ground.alpha.ids))
    seen = []
    if answer.canaries() & {ground.alpha.said, ground.beta.said}:
        seen.append("what a customer wrote")
    if "data:image/png" in answer.text:
        seen.append("a code that links a phone")
    return [f"{route.name} as an operator who is READ_ONLY: shows {each}" for each in seen]


def _goes_on(route: Route) -> bool:
    return route.path.endswith("/stream")


async def forged_forms(ground: Ground) -> Outcome:
    """Forms of another site: sent by a browser that is signed in, without a token of ours."""
    knocks = []
    sites = (("dashboard", "operator"), ("portal", "alpha-owner"))
    for site, name in sites:
        browser = ground.known(name)
        knocks += [
            Knock(
                who=f"{name} of another site's form",
                route=route,
                act=lambda b=browser, r=route: b.forge(fill(r, ground.alpha.ids), FORM),  # type: ignore[misc]
            )
            for route in await list_routes(ground, site)
            if route.method == "POST"
        ]
    attempts = await knock_all(knocks)
    return Outcome(
        saw=f"{len(attempts)} forms without a token of the site",
        breaches=find_breaches(attempts, doors=(), refusals={403}),
    )


async def cookies(ground: Ground) -> Outcome:
    """Whether a browser would show an operator's session to the portal."""
    operator = ground.known("operator")
    breaches = []
    for cookie in operator.client.cookies.jar:
        if "session" not in cookie.name:
            continue
        is_host_bound = cookie.name.startswith("__Host-") and cookie.secure
        if not is_host_bound and not cookie.path.startswith("/dashboard"):
            breaches.append(
                f"{cookie.name} is for the path {cookie.path} of the host, on every port: "
                "a browser sends it to the portal"
            )
        if not cookie.has_nonstandard_attr("HttpOnly"):
            breaches.append(f"{cookie.name} can be read by scripts")
    return Outcome(
        saw=f"cookies {[c.name for c in operator.client.cookies.jar]}", breaches=breaches
    )


async def _make_former(ground: Ground) -> Browser | None:
    made = await add_operator(ground, "former-operator", role="SUPPORT")
    browser = ground.browsers.get("former-operator")
    await ground.call("DELETE", f"/admin/operators/{made}")
    return browser


def _tokens(ground: Ground) -> dict[str, str]:
    found = {"an unknown session": f"fhs_{'A' * 43}", "an empty session": ""}
    for name in ("alpha-owner", "beta-owner"):
        browser = ground.browsers.get(name)
        if browser is not None and browser.session_cookies():
            found[f"the session of {name}"] = next(iter(browser.session_cookies().values()))
    return found


def _cookie_name(ground: Ground) -> str:
    operator = ground.browsers.get("operator")
    return next(iter(operator.session_cookies()), "") if operator else "dashboard-session"


def _knock(who: str, browser: Browser, route: Route, path: str) -> Knock:
    return Knock(who=who, route=route, act=lambda: browser.knock(route.method, path, FORM))


CHECKS = [
    Check(
        name="routes.dashboard-strangers",
        fence=FENCE,
        expects="the door for whoever is no operator, at every route",
        attack=strangers,
    ),
    Check(
        name="routes.dashboard-roles",
        fence=RIGHTS,
        expects="403 for an operator beyond their role; no message and no code for who only looks",
        attack=roles,
    ),
    Check(
        name="routes.forged-forms",
        fence="tokens in forms (shared/web/csrf.py)",
        expects="403 for every form without a token of the site",
        attack=forged_forms,
    ),
    Check(
        name="routes.cookies",
        fence="cookies (shared/web/cookies.py)",
        expects="an operator's session that no browser sends to the portal, or shows to a script",
        attack=cookies,
    ),
]
