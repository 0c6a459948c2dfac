"""Runs the groups: side by side where they do not disturb each other, each check in its time."""

import asyncio
import time
from collections.abc import Callable, Sequence

from attack.checks import Check, Group, Outcome, Result, Verdict
from attack.errors import NotTriedError
from attack.ground import Ground

# More lines than that say nothing new.
MOST_BREACHES = 60
# Groups side by side: more of them only take each other's time.
AT_ONCE = 2

Told = Callable[[Result], None]


async def run_groups(groups: Sequence[Group], ground: Ground, *, tell: Told) -> list[Result]:
    """The results in the order of the groups. tell: called as each check ends."""
    quiet = [group for group in groups if not group.disturbs]
    turn = asyncio.Semaphore(AT_ONCE)

    async def run(group: Group) -> list[Result]:
        async with turn:
            return await _run_group(group, ground, tell=tell)

    done = dict(
        zip(
            [group.name for group in quiet],
            await asyncio.gather(*(run(group) for group in quiet)),
            strict=True,
        )
    )
    for group in groups:
        if group.disturbs:
            done[group.name] = await _run_group(group, ground, tell=tell)
    return [result for group in groups for result in done[group.name]]


async def run_check(check: Check, ground: Ground) -> Result:
    """Raises nothing: a check that fails by itself was not tried."""
    began = time.monotonic()
    outcome, why = await _attempt(check, ground)
    died = await ground.watch.describe_end()
    breaches = outcome.breaches + ([died] if died else [])
    if breaches:
        verdict = Verdict.BREACHED
    else:
        verdict = Verdict.NOT_TRIED if why or outcome.untried else Verdict.HELD
    return Result(
        name=check.name,
        fence=check.fence,
        expects=check.expects,
        verdict=verdict,
        saw="; ".join(filter(None, (outcome.saw, outcome.untried, why))),
        breaches=_shorten(breaches),
        took=round(time.monotonic() - began, 2),
    )


async def _run_group(group: Group, ground: Ground, *, tell: Told) -> list[Result]:
    results = []
    for check in group.checks:
        result = await run_check(check, ground)
        tell(result)
        results.append(result)
    return results


async def _attempt(check: Check, ground: Ground) -> tuple[Outcome, str]:
    """What it found, and why it was not tried, if it was not."""
    nothing = Outcome(saw="")
    try:
        async with asyncio.timeout(check.budget.total_seconds()):
            return await check.attack(ground), ""
    except NotTriedError as error:
        return nothing, str(error)
    except TimeoutError:
        return nothing, f"it did not end within {check.budget.total_seconds():.0f} s"
    except Exception as error:  # noqa: BLE001  whatever a broken platform answers is told, not raised
        return nothing, f"the attack itself failed: {type(error).__name__}: {error}"


def _shorten(breaches: list[str]) -> list[str]:
    more = len(breaches) - MOST_BREACHES
    return breaches if more <= 0 else [*breaches[:MOST_BREACHES], f"and {more} more"]
