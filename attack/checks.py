"""What a check is, and what one run of it found."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from enum import StrEnum

import msgspec

from attack.ground import Ground

# What one check may take on a busy machine; those that need longer say so.
BUDGET = timedelta(seconds=60)


class Verdict(StrEnum):
    """NOT_TRIED: what the attack needs is not there, or it did not end in its time."""

    HELD = "HELD"
    BREACHED = "BREACHED"
    NOT_TRIED = "NOT_TRIED"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """saw: one sentence on what was tried and what came back. breaches: one line for each.

    untried: why a part of the attack could not be made; the rest still counts.
    """

    saw: str
    breaches: list[str] = []
    untried: str = ""


Attack = Callable[[Ground], Awaitable[Outcome]]


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """name: `group.what`. fence: what is attacked, with the file that holds it. expects: what a
    platform does whose fence stands.
    """

    name: str
    fence: str
    expects: str
    attack: Attack
    budget: timedelta = BUDGET


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Checks that run one after the other.

    disturbs: they take the machine's or the platform's time, so that nothing else may be measured
    beside them. Groups that do not disturb run at the same time.
    """

    name: str
    checks: list[Check]
    disturbs: bool = False


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """took: seconds."""

    name: str
    fence: str
    expects: str
    verdict: Verdict
    saw: str
    breaches: list[str]
    took: float
