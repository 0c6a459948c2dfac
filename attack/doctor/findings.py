"""What the doctor says of one fence, and of all of them."""

import os
from collections.abc import Sequence
from enum import StrEnum

import msgspec

from shared.clock import SystemClock


class State(StrEnum):
    """warning: it holds, and something beside it could be better. unknown: it cannot be told."""

    OK = "ok"
    WARNING = "warning"
    DOWN = "down"
    UNKNOWN = "unknown"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """fence: its name. means: what was seen. do: what helps, empty where nothing is to be done."""

    fence: str
    state: State
    means: str
    do: str = ""


def ok(fence: str, means: str) -> Finding:
    return Finding(fence=fence, state=State.OK, means=means)


def warning(fence: str, means: str, do: str) -> Finding:
    return Finding(fence=fence, state=State.WARNING, means=means, do=do)


def down(fence: str, means: str, do: str) -> Finding:
    return Finding(fence=fence, state=State.DOWN, means=means, do=do)


def unknown(fence: str, means: str, do: str = "") -> Finding:
    return Finding(fence=fence, state=State.UNKNOWN, means=means, do=do)


def judge(fence: str, problems: Sequence[str], *, fine: str, do: str) -> Finding:
    """Down where there are problems."""
    return down(fence, some(problems), do) if problems else ok(fence, fine)


def some(each: Sequence[str], most: int = 4) -> str:
    """The first of them, and how many more there are."""
    more = f", and {len(each) - most} more" if len(each) > most else ""
    return "; ".join(each[:most]) + more


def choose_exit(findings: Sequence[Finding]) -> int:
    """1: something is down. 2: nothing is, and something could not be told. Warnings are 0."""
    states = {each.state for each in findings}
    if State.DOWN in states:
        return 1
    return 2 if State.UNKNOWN in states else 0


def to_text(findings: Sequence[Finding]) -> str:
    lines = []
    for each in findings:
        lines.append(f"{each.state:<8} {each.fence}: {each.means}")
        if each.do:
            lines.append(f"         → {each.do}")
    counts = [f"{sum(1 for f in findings if f.state is state)} {state}" for state in State]
    return "\n".join([*lines, ", ".join(counts)])


def to_json(findings: Sequence[Finding]) -> bytes:
    report = {
        "at": SystemClock().now(),
        "is_root": os.geteuid() == 0,
        "exit_code": choose_exit(findings),
        "findings": findings,
    }
    return msgspec.json.format(msgspec.json.encode(report))
