"""Whether the time of an answer tells what the answer does not."""

import statistics
from collections.abc import Awaitable, Callable
from uuid import uuid4

from attack.checks import Check, Outcome
from attack.ground import DASHBOARD_SIGN_IN, PORTAL_SIGN_IN, Ground
from attack.sites.answers import Answer, fetch

SAMPLES = 25
SIGN_INS = 5
WRONG = {"password": "not the password of anybody"}
# What a busy machine differs by anyway. A row that is read and then refused differs by less.
LEAST_SECONDS = 0.004
LEAST_RATIO = 1.5

Ask = Callable[[bool], Awaitable[Answer]]


async def foreign_or_absent(ground: Ground) -> Outcome:
    """An id of another tenant's, beside an id of nobody."""
    beta, ids = ground.beta, ground.alpha.ids
    headers = {"authorization": f"Bearer {beta.key}"}
    base = ground.target.api
    asks: dict[str, Ask] = {}
    for name, path in (
        ("message_id", "/v1/messages/{}"),
        ("log_id", "/v1/logs/{}/media"),
    ):
        if ids.get(name):
            asks[path] = _asker(ground, f"{base}{path}", ids[name], headers)
    browser = ground.browsers.get("beta-owner")
    if browser is not None and ids.get("log_id"):
        path = f"/messages/{ground.beta.customer}/{{}}"

        async def open_page(is_foreign: bool) -> Answer:  # noqa: FBT001  one of two
            row = ids["log_id"] if is_foreign else str(uuid4())
            return await browser.knock("GET", path.format(row))

        asks[path] = open_page
    return await _compare(asks, samples=SAMPLES, what="an id of another tenant's")


async def known_or_unknown_account(ground: Ground) -> Outcome:
    """A wrong password of an account that there is, and of one that there is not."""
    asks: dict[str, Ask] = {
        f"POST {door}": _guesser(ground, door, name=name, is_operator=is_operator)
        for door, name, is_operator in (
            (PORTAL_SIGN_IN, "alpha-owner", False),
            (DASHBOARD_SIGN_IN, "operator", True),
        )
    }
    return await _compare(asks, samples=SIGN_INS, what="an account that exists")


def _guesser(ground: Ground, door: str, *, name: str, is_operator: bool) -> Ask:
    """Each guess is a stranger's of a network of its own: who guesses twice is slowed down."""

    async def guess(is_known: bool) -> Answer:  # noqa: FBT001  one of two
        browser = await ground.browser(f"guesser {uuid4().hex[:8]}", is_operator=is_operator)
        who = name if is_known else "nobody"
        return await browser.send(door, email=f"{who}-{ground.run_id}@attack.example", **WRONG)

    return guess


def _asker(ground: Ground, url: str, foreign: str, headers: dict[str, str]) -> Ask:
    async def ask(is_foreign: bool) -> Answer:  # noqa: FBT001  one of two
        row = foreign if is_foreign else str(uuid4())
        return await fetch(ground.http, "GET", url.format(row), headers=headers)

    return ask


async def _compare(asks: dict[str, Ask], *, samples: int, what: str) -> Outcome:
    saw, breaches = [], []
    for path, ask in asks.items():
        first, second = await _measure(ask, samples)
        if _differ(first, second):
            first, second = await _measure(ask, 2 * samples)  # a busy machine does so once
            if _differ(first, second):
                breaches.append(f"{path}: {what} takes {first:.4f} s, another {second:.4f} s")
        saw.append(f"{path}: {1000 * first:.1f} and {1000 * second:.1f} ms")
    return Outcome(saw="; ".join(saw), breaches=breaches)


async def _measure(ask: Ask, samples: int) -> tuple[float, float]:
    """The medians of both, asked in turns, so that what the machine does meets both alike."""
    times: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(samples):
        for is_first in (True, False):
            times[is_first].append((await ask(is_first)).took)
    return statistics.median(times[True]), statistics.median(times[False])


def _differ(first: float, second: float) -> bool:
    slow, fast = max(first, second), min(first, second)
    return slow - fast > LEAST_SECONDS and slow > LEAST_RATIO * fast


CHECKS = [
    Check(
        name="routes.timing-of-ids",
        fence="stores that take the tenant first (shared/stores)",
        expects="an answer about another tenant's row takes as long as one about none",
        attack=foreign_or_absent,
    ),
    Check(
        name="routes.timing-of-accounts",
        fence="passwords (shared/web/passwords.py)",
        expects="a wrong password takes as long without an account",
        attack=known_or_unknown_account,
    ),
]
