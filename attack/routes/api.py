"""The REST API: every route as whom it is not for, and with what is somebody else's."""

from collections.abc import Mapping
from typing import Any

import msgspec

from attack.checks import Check, Outcome
from attack.ground import Ground
from attack.routes.bodies import Bodies
from attack.routes.knocking import Knock, find_breaches, knock_all
from attack.routes.listing import list_closed
from attack.routes.naming import fill_with_each, is_about_one
from attack.routes.powers import OF_SCOPE
from attack.sites.answers import Answer, fetch
from shared.web.routes import Route

FENCE = "API keys (controlplane/api/authentication.py)"
RIGHTS = "rights of scopes (controlplane/rights.py)"
UNKNOWN = "fhk_" + "A" * 43
EVERY = 6
ODD_HEADERS = {
    "an empty header": "",
    "a scheme alone": "Bearer",
    "basic authentication": "Basic YWRtaW46YWRtaW4=",
    "an endless key": "Bearer " + "x" * 20_000,
}


async def strangers(ground: Ground) -> Outcome:
    """Nobody, and keys that are no good."""
    identities: dict[str, dict[str, str]] = {
        "nobody": {},
        "an unknown key": _bearer(UNKNOWN),
        "a revoked key": _bearer(ground.keys["admin-revoked"]),
        "an expired key": _bearer(ground.keys["admin-expired"]),
    }
    routes = await list_closed(ground, "api")
    outcome = await _try(ground, identities, routes, refusals={401, 429})
    odd = {name: {"authorization": value} for name, value in ODD_HEADERS.items()}
    # What reads a header is one place for all routes: each of these tries another few of them.
    for number, (name, headers) in enumerate({**odd, **_cookies_of(ground)}.items()):
        more = await _try(ground, {name: headers}, routes[number::EVERY], refusals={401, 429})
        outcome = msgspec.structs.replace(
            outcome, saw=f"{outcome.saw}; {more.saw}", breaches=outcome.breaches + more.breaches
        )
    return outcome


async def wrong_kind(ground: Ground) -> Outcome:
    """A tenant's key at the operators' routes, and an operator's at the tenants'."""
    routes = await list_closed(ground, "api")
    admin = [route for route in routes if route.path.startswith("/admin")]
    own = [route for route in routes if route.path.startswith("/v1")]
    first = await _try(
        ground, {"another tenant's key": _bearer(ground.beta.key)}, admin, refusals={403}
    )
    second = await _try(
        ground, {"the admin key": _bearer(ground.target.admin_key)}, own, refusals={403}
    )
    return Outcome(saw=f"{first.saw}; {second.saw}", breaches=first.breaches + second.breaches)


async def readers(ground: Ground) -> Outcome:
    """A key that may only look, at whatever takes more."""
    return await _try_scope(ground, "read", "a key that may only look")


async def helpers(ground: Ground) -> Outcome:
    """A key of the scope `support`, at whatever is for who administers."""
    return await _try_scope(ground, "support", "a key of support")


async def _try_scope(ground: Ground, scope: str, who: str) -> Outcome:
    routes = [r for r in await list_closed(ground, "api") if r.path.startswith("/admin")]
    beyond = [route for route in routes if route.name not in OF_SCOPE[scope]]
    identity = {who: _bearer(ground.keys[f"admin-{scope}"])}
    return await _try(ground, identity, beyond, refusals={403})


async def foreign_ids(ground: Ground) -> Outcome:
    """A tenant's own key, with ids of another tenant's."""
    routes = [
        route
        for route in await list_closed(ground, "api")
        if route.path.startswith("/v1") and is_about_one(route)
    ]
    identity = {"another tenant's key": _bearer(ground.beta.key)}
    return await _try(ground, identity, routes, refusals={404}, own=ground.beta.own)


async def nested_ids(ground: Ground) -> Outcome:
    """The admin key, one tenant in the address and a row of another one behind it."""
    routes = [
        route
        for route in await list_closed(ground, "api")
        if "{tenant_id}" in route.path and len(route.parameters) > 1
    ]
    mixed = {**ground.alpha.ids, "tenant_id": ground.beta.id}
    identity = {"the admin key": _bearer(ground.target.admin_key)}
    return await _try(ground, identity, routes, ids=mixed, refusals={404}, own=ground.beta.own)


async def names_in_bodies(ground: Ground) -> Outcome:
    """A tenant's own key, and a body that names what is another tenant's, or nobody's."""
    alpha, beta = ground.alpha, ground.beta
    foreign = _contents(alpha.ids.get("sha256", "0" * 64), alpha.ids.get("wa_message_id", "0"))
    absent = _contents("0" * 64, "0" * len(alpha.ids.get("wa_message_id", "0")))
    breaches = []
    for name, content in foreign.items():
        answers = [
            await fetch(
                ground.http,
                "POST",
                f"{ground.target.api}/v1/messages",
                json={"to": beta.customer or beta.phone_number, **each},
                headers=_bearer(beta.key),
            )
            for each in (content, absent[name])
        ]
        first, second = answers
        if first.status not in {400, 404, 409, 422} or first.canaries() - beta.own:
            breaches.append(f"POST /v1/messages with {name}: answered {first.status}")
        elif (first.status, first.text) != (second.status, second.text):
            breaches.append(f"POST /v1/messages with {name}: not answered as for nobody's")
    return Outcome(saw=f"{len(foreign)} bodies that name what is another's", breaches=breaches)


def _contents(file: str, message: str) -> dict[str, dict[str, Any]]:
    return {
        "its file": {"content": {"type": "image", "media": file}},
        "an answer to its message": {"text": "Hello", "reply_to": message},
        "a reaction to its message": {
            "content": {"type": "reaction", "message_id": message, "emoji": "👍"}
        },
        "an edit of its message": {
            "content": {"type": "edit", "message_id": message, "text": "Hello"}
        },
        "a deletion of its message": {"content": {"type": "delete", "message_id": message}},
    }


async def _try(
    ground: Ground,
    identities: Mapping[str, Mapping[str, str]],
    routes: list[Route],
    *,
    refusals: set[int],
    ids: Mapping[str, str] | None = None,
    own: set[str] | None = None,
) -> Outcome:
    bodies = Bodies((await ground.http.get(f"{ground.target.api}/schema/openapi.json")).json())
    ids = ground.alpha.ids if ids is None else ids
    knocks = [
        _knock(ground, who=who, headers=headers, route=route, path=path, bodies=bodies)
        for who, headers in identities.items()
        for route in routes
        for path in fill_with_each(route, ids)
    ]
    attempts = await knock_all(knocks)
    breaches = find_breaches(attempts, doors=(), own=own or (), refusals=refusals)
    who = ", ".join(identities) if len(identities) < 3 else f"{len(identities)} identities"
    return Outcome(
        saw=f"{len(attempts)} attempts at {len(routes)} routes as {who}", breaches=breaches
    )


def _knock(
    ground: Ground,
    *,
    who: str,
    headers: Mapping[str, str],
    route: Route,
    path: str,
    bodies: Bodies,
) -> Knock:
    async def act() -> Answer:
        body = bodies.find(route.method, route.path)
        options: dict[str, Any] = {} if body is None else {"json": body}
        # Bad keys are counted by address: each attempt is another stranger's.
        source = {"x-forwarded-for": ground.new_address()}
        return await fetch(
            ground.http,
            route.method,
            ground.target.api + path,
            headers={**headers, **source},
            **options,
        )

    return Knock(who=who, route=route, act=act)


def _bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def _cookies_of(ground: Ground) -> dict[str, dict[str, str]]:
    """Whoever is signed in at a site of pages has no key by that."""
    found = {}
    for name in ("operator", "alpha-owner"):
        browser = ground.browsers.get(name)
        if browser is not None:
            pairs = [f"{key}={value}" for key, value in browser.session_cookies().items()]
            found[f"the cookies of {name}"] = {"cookie": "; ".join(pairs)}
    return found


CHECKS = [
    Check(
        name="routes.api-strangers",
        fence=FENCE,
        expects="401 for whoever has no good key, at every route, and nothing of a tenant",
        attack=strangers,
    ),
    Check(
        name="routes.api-wrong-kind",
        fence=FENCE,
        expects="403 for a tenant's key at /admin and for an operator's at /v1",
        attack=wrong_kind,
    ),
    Check(
        name="routes.api-readers",
        fence=RIGHTS,
        expects="403 for a key that may only look, at every route that takes more",
        attack=readers,
    ),
    Check(
        name="routes.api-helpers",
        fence=RIGHTS,
        expects="403 for a key of support, at every route that is for who administers",
        attack=helpers,
    ),
    Check(
        name="routes.api-foreign-ids",
        fence="stores that take the tenant first (shared/stores)",
        expects="404 for ids of another tenant, as for ids of nobody",
        attack=foreign_ids,
    ),
    Check(
        name="routes.api-nested-ids",
        fence="stores that take the tenant first (shared/stores)",
        expects="404 where a row is not of the tenant that the address names",
        attack=nested_ids,
    ),
    Check(
        name="routes.api-names-in-bodies",
        fence="stores that take the tenant first (shared/stores)",
        expects="the refusal that a name of nobody's gets, for a file or message of another's",
        attack=names_in_bodies,
    ),
]
