"""Knocks at routes as somebody, and judges what came back."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence

import httpx
import msgspec

from attack.sites.answers import Answer
from shared.web.routes import Route

AT_ONCE = 8
# 429: who comes with one bad key after another is told nothing more.
REFUSALS = frozenset({401, 403, 404, 429})


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """who: the identity, for a person. answer: None when the connection broke, for `problem`."""

    who: str
    route: Route
    answer: Answer | None
    problem: str = ""


class Knock(msgspec.Struct, frozen=True, kw_only=True):
    """act: makes the request. Raises httpx.HTTPError."""

    who: str
    route: Route
    act: Callable[[], Awaitable[Answer]]


async def knock_all(knocks: Iterable[Knock], *, at_once: int = AT_ONCE) -> list[Attempt]:
    """Some at a time. What only reads goes first: a door that is open then still leads to
    something.
    """
    turn = asyncio.Semaphore(at_once)

    async def one(knock: Knock) -> Attempt:
        async with turn:
            return await _knock(knock)

    by_method = sorted(knocks, key=lambda knock: _ORDER.get(knock.route.method, 1))
    return list(await asyncio.gather(*(one(knock) for knock in by_method)))


def find_breaches(
    attempts: Sequence[Attempt],
    *,
    doors: Collection[str],
    own: Collection[str] = (),
    refusals: Collection[int] = REFUSALS,
) -> list[str]:
    """A line for each attempt that was not refused, or that was told a canary of somebody else.

    doors: where it is also right to be sent to. own: canaries that the one who asks may see.
    """
    found = []
    for attempt in attempts:
        wrong = _judge(attempt, doors=doors, own=own, refusals=refusals)
        if wrong:
            found.append(f"{attempt.route.name} as {attempt.who}: {wrong}")
    return found


def _judge(
    attempt: Attempt, *, doors: Collection[str], own: Collection[str], refusals: Collection[int]
) -> str:
    answer = attempt.answer
    if answer is None:
        return f"no answer: {attempt.problem}"
    seen = answer.canaries() - set(own)
    if seen:
        return f"answered {answer.status} with {', '.join(sorted(seen))}"
    is_sent_away = answer.status in {302, 303} and answer.location.split("?")[0] in doors
    if answer.status in refusals or is_sent_away:
        return ""
    return f"answered {answer.status}" + (f" to {answer.location}" if answer.location else "")


async def _knock(knock: Knock) -> Attempt:
    try:
        return Attempt(who=knock.who, route=knock.route, answer=await knock.act())
    except httpx.HTTPError as error:
        return Attempt(
            who=knock.who, route=knock.route, answer=None, problem=f"{type(error).__name__} {error}"
        )


_ORDER = {"GET": 0, "HEAD": 0, "DELETE": 2}
