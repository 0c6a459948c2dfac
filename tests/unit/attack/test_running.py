"""What a run of checks comes to: verdicts, times, exit codes, and a report that names itself."""

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import msgspec
import pytest

from attack.checks import Check, Group, Outcome, Result, Verdict
from attack.errors import NotTriedError
from attack.report.report import (
    Report,
    choose_exit,
    count,
    hash_of,
    seal,
    to_html,
    to_json,
    to_line,
)
from attack.running import MOST_BREACHES, run_check, run_groups

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)


class Quiet:
    """A watch over processes: ended is what it tells of next."""

    def __init__(self, ended: str = "") -> None:
        self.ended = ended

    async def describe_end(self) -> str:
        told, self.ended = self.ended, ""
        return told


def ground(ended: str = ""):
    return SimpleNamespace(watch=Quiet(ended))


def check(attack, name: str = "a.b", budget: float = 5) -> Check:
    return Check(name=name, fence="f", expects="e", attack=attack, budget=timedelta(seconds=budget))


def finding(**outcome):
    async def attack(_):
        return Outcome(**{"saw": "seen"} | outcome)

    return attack


def raising(error: Exception):
    async def attack(_):
        raise error

    return attack


def result(verdict: Verdict) -> Result:
    return Result(
        name="a.b", fence="f", expects="e", verdict=verdict, saw="s", breaches=[], took=0.1
    )


async def test_a_fence_that_holds_is_held():
    seen = await run_check(check(finding()), ground())
    assert (seen.verdict, seen.saw, seen.breaches) == (Verdict.HELD, "seen", [])


async def test_a_breach_is_told_whatever_could_not_be_tried():
    seen = await run_check(check(finding(breaches=["b"], untried="half of it")), ground())
    assert (seen.verdict, seen.breaches) == (Verdict.BREACHED, ["b"])
    assert "half of it" in seen.saw


@pytest.mark.parametrize(
    ("attack", "why"),
    [
        (finding(untried="no root"), "no root"),
        (raising(NotTriedError("no sandbox")), "no sandbox"),
        (raising(ValueError("a mistake")), "ValueError: a mistake"),
    ],
)
async def test_what_could_not_be_tried_is_no_fence_that_held(attack, why):
    seen = await run_check(check(attack), ground())
    assert seen.verdict is Verdict.NOT_TRIED
    assert why in seen.saw


async def test_a_check_that_does_not_end_in_its_time_was_not_tried():
    async def attack(_):
        await asyncio.sleep(60)

    seen = await run_check(check(attack, budget=0.05), ground())
    assert seen.verdict is Verdict.NOT_TRIED
    assert "did not end" in seen.saw


@pytest.mark.parametrize(
    "attack", [finding(), raising(OSError("gone"))], ids=["that is made", "that fails over it"]
)
async def test_a_process_that_ended_meanwhile_is_a_breach(attack):
    seen = await run_check(check(attack), ground("controlplane ended, for every tenant"))
    assert seen.verdict is Verdict.BREACHED
    assert seen.breaches == ["controlplane ended, for every tenant"]


async def test_a_thousand_breaches_are_told_in_a_few_lines():
    seen = await run_check(check(finding(breaches=["b"] * 1000)), ground())
    assert len(seen.breaches) == MOST_BREACHES + 1
    assert seen.breaches[-1] == f"and {1000 - MOST_BREACHES} more"


async def test_groups_that_disturb_run_alone_and_after_the_others():
    running, most, order = 0, {}, []

    def attack_of(name):
        async def attack(_):
            nonlocal running
            running += 1
            await asyncio.sleep(0.02)
            most[name] = running
            running -= 1
            order.append(name)
            return Outcome(saw="")

        return attack

    groups = [
        Group(name="loud", checks=[check(attack_of("loud"), "loud.a")], disturbs=True),
        *(Group(name=n, checks=[check(attack_of(n), f"{n}.a")]) for n in ("one", "two")),
    ]
    seen = await run_groups(groups, ground(), tell=lambda _: None)
    assert [each.name for each in seen] == ["loud.a", "one.a", "two.a"]
    assert order[-1] == "loud"
    assert most["loud"] == 1
    assert max(most.values()) == 2


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        ([Verdict.HELD], 0),
        ([Verdict.HELD, Verdict.NOT_TRIED], 2),
        ([Verdict.NOT_TRIED, Verdict.BREACHED], 1),
        ([], 2),
    ],
)
def test_the_exit_code_tells_a_breach_before_what_was_not_tried(verdicts, code):
    assert choose_exit([result(each) for each in verdicts]) == code


def report() -> Report:
    checks = [result(Verdict.HELD), result(Verdict.BREACHED)]
    return Report(
        started_at=NOW,
        took=1.0,
        exit_code=1,
        counts=count(checks),
        versions={"flowhq": "1"},
        host={"name": "<host>"},
        platform={"kind": "up"},
        suite_sha256="0" * 64,
        notes=["a note"],
        checks=checks,
    )


def test_a_report_names_its_own_hash_which_no_change_of_it_keeps():
    sealed = seal(report())
    read = msgspec.json.decode(to_json(sealed), type=Report)
    assert read.sha256 == hash_of(read)
    forged = msgspec.structs.replace(read, exit_code=0)
    assert forged.sha256 != hash_of(forged)


def test_the_page_says_what_the_report_says_and_runs_nothing_of_it():
    breach = msgspec.structs.replace(
        result(Verdict.BREACHED), breaches=["<script>alert(1)</script>"]
    )
    page = to_html(seal(msgspec.structs.replace(report(), checks=[breach])))
    assert "A fence is down." in page
    assert "&lt;script&gt;" in page
    assert "<script>" not in page
    assert "&lt;host&gt;" in page


def test_a_line_names_each_breach():
    line = to_line(msgspec.structs.replace(result(Verdict.BREACHED), breaches=["one", "two"]))
    assert line.splitlines()[1:] == ["      BREACH one", "      BREACH two"]
