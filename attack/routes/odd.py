"""Bodies and queries that no program sends by mistake, with a key that may do everything."""

from collections.abc import Iterator
from typing import Any

from attack.checks import Check, Outcome
from attack.ground import Ground
from attack.routes.knocking import Attempt, Knock, knock_all
from attack.routes.listing import list_closed
from attack.routes.naming import fill
from attack.sites.answers import Answer, fetch
from shared.web.routes import Route

FENCE = "reading of requests (controlplane/api/bodies.py, controlplane/api/problems.py)"
JSON = {"content-type": "application/json"}
BODIES: dict[str, bytes] = {
    "no UTF-8": b'{"name": "\xff\xfe"}',
    "half a surrogate": b'{"name": "\\ud800"}',
    "a NUL": b'{"name": "a\\u0000b"}',
    "deep lists": b"[" * 50_000,
    "a number without end": b'{"limit": 1e999}',
    "no number": b'{"limit": NaN}',
    "a key that comes twice": b'{"name": "a", "name": "b"}',
    "a list": b"[]",
    "half of it": b'{"name": "a',
    "nothing": b"",
}
QUERIES = (
    *("limit=0.5", "limit=1e999", "limit=-1", "limit=%00", "limit=%ff", "limit=1&limit=2"),
    *("cursor=%00", "cursor=AAAA", "cursor=%ff%fe", "cursor=" + "A" * 5000),
    *("since=0.5", "since=0001-01-01T00:00:00Z", "since=9999-12-31T23:59:59-23:59", "since=%00"),
    *("search=%00", "search=%ff", "search=" + "x" * 5000, "search=%ed%a0%80"),
    *("hours=1e9", "hours=99999999999999999999", "lines=0.5", "direction=EVIL", "state=%00"),
    *("number=%00", "tenant_id=x", "action=%00", "who=%ff", "sort=EVIL", "unknown=1"),
)


async def bodies(ground: Ground) -> Outcome:
    routes = [r for r in await list_closed(ground, "api") if r.method in {"POST", "PUT", "PATCH"}]
    knocks = [
        _knock(ground, route, what, path=fill(route, {}), content=body)
        for route in routes
        for what, body in BODIES.items()
    ]
    return _judge(await knock_all(knocks), f"{len(BODIES)} bodies at {len(routes)} routes")


async def queries(ground: Ground) -> Outcome:
    routes = [r for r in await list_closed(ground, "api") if r.method == "GET"]
    knocks = [
        _knock(ground, route, what, path=f"{fill(route, {'tenant_id': ground.beta.id})}?{what}")
        for route in routes
        for what in _that_it_reads(route)
    ]
    return _judge(await knock_all(knocks), f"{len(knocks)} queries at {len(routes)} routes")


def _that_it_reads(route: Route) -> Iterator[str]:
    """Of names that the handler takes; two more names go to every one."""
    known = {*route.needs, "unknown", *({"state"} if "wanted" in route.needs else set())}
    yield from (each for each in QUERIES if each.partition("=")[0] in known)


def _knock(ground: Ground, route: Route, what: str, *, path: str, content: bytes = b"") -> Knock:
    key = ground.beta.key if route.path.startswith("/v1") else ground.target.admin_key

    async def act() -> Answer:
        options: dict[str, Any] = {"headers": {"authorization": f"Bearer {key}"}}
        if route.method != "GET":
            options = {"headers": {**options["headers"], **JSON}, "content": content}
        return await fetch(ground.http, route.method, ground.target.api + path, **options)

    return Knock(who=what, route=route, act=act)


def _judge(attempts: list[Attempt], saw: str) -> Outcome:
    breaches = []
    for attempt in attempts:
        status = None if attempt.answer is None else attempt.answer.status
        if status is None or (status >= 500 and status != 503):
            breaches.append(
                f"{attempt.route.name} with {attempt.who[:60]}: {status or 'no answer'}"
            )
    return Outcome(saw=saw, breaches=breaches)


CHECKS = [
    Check(
        name="routes.odd-bodies",
        fence=FENCE,
        expects="an answer that says what is wrong, and no error of ours",
        attack=bodies,
    ),
    Check(
        name="routes.odd-queries",
        fence=FENCE,
        expects="an answer that says what is wrong, and no error of ours",
        attack=queries,
    ),
]
