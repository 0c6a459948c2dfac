"""How long the neighbours of an attacker wait, in calm and while it attacks."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import msgspec

from attack.ground import Ground
from shared.tasks import TaskGroup

# As the issue of it says: no tenant slows another one down by more than half.
MOST_RATIO = 1.5
# Two quick answers differ by that on a machine that does other things as well.
LEAST_SECONDS = 0.05
PAUSE = 0.02
TOO_LONG = 8.0
CALM_SECONDS = 3.0
ROUNDS = 3

Ask = Callable[[], Awaitable[object]]


class Waits(msgspec.Struct, kw_only=True):
    """seconds: of each answer, in order. failures: what did not answer."""

    seconds: list[float] = []
    failures: list[str] = []

    @property
    def p95(self) -> float:
        ordered = sorted(self.seconds)
        return ordered[int(0.95 * (len(ordered) - 1))] if ordered else TOO_LONG

    def describe(self) -> str:
        return f"p95 {1000 * self.p95:.0f} ms of {len(self.seconds)}"


@asynccontextmanager
async def measuring(asks: dict[str, Ask]) -> AsyncIterator[dict[str, Waits]]:
    """Asks each of them again and again for as long as the context lasts."""
    waits = {name: Waits() for name in asks}
    # What fails within is told as what it is, and not as a group of one.
    async with TaskGroup() as tasks:
        for name, ask in asks.items():
            tasks.supervise(f"neighbour {name}", _ask_on(ask, waits[name]))
        yield waits


async def measure(asks: dict[str, Ask], *, seconds: float) -> dict[str, Waits]:
    async with measuring(asks) as waits:
        await asyncio.sleep(seconds)
    return waits


def compare(calm: dict[str, Waits], attacked: dict[str, Waits]) -> list[str]:
    """A line for each who waited too long, or in vain."""
    found = []
    for name, waits in attacked.items():
        allowed = max(MOST_RATIO * calm[name].p95, calm[name].p95 + LEAST_SECONDS)
        if waits.failures:
            found.append(f"{name} failed {len(waits.failures)} times: {waits.failures[0]}")
        elif waits.p95 > allowed:
            found.append(f"{name}: {waits.describe()}, in calm {calm[name].describe()}")
    return found


def sites(ground: Ground) -> dict[str, Ask]:
    """What neighbours ask of the control plane and of the portal."""
    beta = ground.beta
    # As the operator, whom no limit of a tenant's requests holds up.
    key = {"authorization": f"Bearer {ground.target.admin_key}"}
    asks: dict[str, Ask] = {
        "the API": lambda: _get(ground, f"{ground.target.api}/admin/tenants/{beta.id}", key),
        "the health check": lambda: _get(ground, f"{ground.target.api}/readyz", {}),
    }
    owner = ground.browsers.get("beta-owner")
    if owner is not None:
        asks["the portal"] = lambda: _page(owner.client, "/home")
    return asks


def with_answers(ground: Ground, asks: dict[str, Ask]) -> dict[str, Ask]:
    """And what a neighbour's customer waits for: the bot's answer to a message."""
    beta, sandbox = ground.beta, ground.platform.sandbox
    if not beta.is_linked:
        return asks
    inbox = f"/customers/{beta.customer}/messages"
    last = 0

    async def converse() -> None:
        nonlocal last
        seen = await sandbox.get(inbox, params={"after": last})
        last = max((item["n"] for item in seen.json()["items"]), default=last)
        written = await sandbox.post(inbox, json={"to": beta.phone_number, "text": "Hello"})
        written.raise_for_status()
        answered = await sandbox.get(inbox, params={"after": last, "wait": TOO_LONG})
        if not answered.json()["items"]:
            raise TimeoutError("no answer")

    return {**asks, "the bot": converse}


async def disturb(
    ground: Ground, asks: dict[str, Ask], act: Callable[[], Awaitable[list[str]]]
) -> tuple[list[str], str]:
    """What is wrong while it acts, and how long the neighbours waited.

    Where they waited too long it is done again, with calm measured before and after: a machine that
    is busy with something else is so now and then, and an attack each time. What `act` itself
    finds counts at once.
    """
    calm = await find_calm(ground)
    breaches: list[str] = []
    told = ""
    for _ in range(ROUNDS):
        async with measuring(asks) as waits:
            found = await act()
        told = ", ".join(f"{name} {each.describe()}" for name, each in waits.items())
        breaches = found + compare(calm, waits)
        if found or not breaches:
            break
        calm = _worse(calm, await find_calm(ground, again=True))
        breaches = compare(calm, waits)
        if not breaches:
            break
    return breaches, told


async def find_calm(ground: Ground, *, again: bool = False) -> dict[str, Waits]:
    """How long neighbours wait while nothing is attacked; measured once unless asked again."""
    if again or "calm" not in ground.store:
        asks = with_answers(ground, sites(ground))
        ground.store["calm"] = await measure(asks, seconds=CALM_SECONDS)
    calm: dict[str, Waits] = ground.store["calm"]
    return calm


def _worse(one: dict[str, Waits], other: dict[str, Waits]) -> dict[str, Waits]:
    return {name: max(one[name], other[name], key=lambda each: each.p95) for name in one}


async def _ask_on(ask: Ask, waits: Waits) -> None:
    while True:
        began = time.monotonic()
        try:
            async with asyncio.timeout(TOO_LONG):
                await ask()
        except Exception as error:  # noqa: BLE001  whatever a neighbour is answered instead
            waits.failures.append(f"{type(error).__name__} {error}")
        waits.seconds.append(time.monotonic() - began)
        await asyncio.sleep(PAUSE)


async def _get(ground: Ground, url: str, headers: dict[str, str]) -> None:
    answer = await ground.http.get(url, headers=headers)
    answer.raise_for_status()


async def _page(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    if answer.is_server_error:
        answer.raise_for_status()
