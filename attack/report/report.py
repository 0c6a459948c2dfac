"""The report: one struct, written as JSON and as one page of HTML."""

import hashlib
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import jinja2
import msgspec

from attack.checks import Result, Verdict

TEMPLATES = Path(__file__).parent


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """took: seconds. suite_sha256: of the attack's code. sha256: of this report, as JSON with
    sorted keys and an empty text in its own place. notes: what could not be set up.
    """

    started_at: datetime
    took: float
    exit_code: int
    counts: dict[str, int]
    versions: dict[str, str]
    host: dict[str, Any]
    platform: dict[str, Any]
    suite_sha256: str
    notes: list[str]
    checks: list[Result]
    sha256: str = ""


def count(results: list[Result]) -> dict[str, int]:
    found = Counter(result.verdict for result in results)
    return {verdict.value: found[verdict] for verdict in Verdict}


def choose_exit(results: list[Result]) -> int:
    """1: a fence is down. 2: not everything was tried. 0: every fence held."""
    verdicts = {result.verdict for result in results}
    if Verdict.BREACHED in verdicts:
        return 1
    return 2 if Verdict.NOT_TRIED in verdicts or not results else 0


def seal(report: Report) -> Report:
    """With its own hash."""
    return msgspec.structs.replace(report, sha256=hash_of(report))


def hash_of(report: Report) -> str:
    plain = msgspec.structs.replace(report, sha256="")
    return hashlib.sha256(msgspec.json.encode(plain, order="sorted")).hexdigest()


def to_json(report: Report) -> bytes:
    return msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n"


def to_html(report: Report) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined
    )
    return environment.get_template("report.html").render(report=report, verdicts=list(Verdict))


def to_line(result: Result) -> str:
    """For a person who watches."""
    marks = {Verdict.HELD: "✓", Verdict.BREACHED: "✗", Verdict.NOT_TRIED: "?"}
    head = f"  {marks[result.verdict]} {result.name:<34} {result.took:>6.1f} s  {result.saw}"
    return "\n".join([head, *(f"      BREACH {each}" for each in result.breaches)])
