"""`scripts/chaos`: strikes a platform of its own with one fault at a time, and judges each round.

Exit 0: nothing lost, nothing doubled, and every gap explained. Exit 1: violations, listed.
Exit 2: could not be measured.
"""

import argparse
import os
import random
import secrets
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Never

import httpx
import msgspec
from docker.errors import DockerException

from tests.e2e.chaos.catalogue import FAULTS
from tests.e2e.chaos.faults import Fault
from tests.e2e.chaos.ground import Ground
from tests.e2e.chaos.report import render_table
from tests.e2e.chaos.rounds import Round, play

# What a fault or a wait says when the platform could not be brought to where a round begins.
UNMEASURED = (
    AssertionError,
    RuntimeError,
    LookupError,
    OSError,
    httpx.HTTPError,
    DockerException,
)


def run(options: argparse.Namespace) -> int:
    say(f"seed {options.seed}")
    rounds: list[Round] = []
    problem: BaseException | None = None
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="flowhq-chaos-")))
        ground = Ground(options.state_dir or directory / "state")
        stack.callback(lambda: ground.close(keep_logs=options.logs))
        try:
            ground.open(with_small_disk=any(fault.is_of_small_disk for fault in options.faults))
            for each in play_all(ground, options):
                rounds.append(each)
                say(describe(each))
        except UNMEASURED as error:
            problem = error
    say(render_table(rounds))
    if options.json:
        options.json.write_bytes(msgspec.json.format(to_json(rounds, options), indent=1))
    if problem is not None:
        print(f"could not be measured: {problem!r}", file=sys.stderr)  # noqa: T201
        return 2
    return 1 if any(each.verdict.violations for each in rounds) else 0


def play_all(ground: Ground, options: argparse.Namespace) -> Any:
    """All faults once, in an order that is drawn, then all again: what a long run of one fault
    wears out, others find.
    """
    rng = random.Random(options.seed)  # noqa: S311  drawn again from the same seed
    run_id = secrets.token_hex(3)
    ends_at = time.monotonic() + options.minutes * 60
    for number in range(1, options.rounds + 1):
        for fault in rng.sample(options.faults, len(options.faults)):
            if time.monotonic() > ends_at:
                return
            label = f"{run_id}-{fault.name}-{number}"
            yield play(ground, fault, number=number, label=label, rng=rng)


def describe(each: Round) -> str:
    figures = each.verdict.figures
    recovery = "-" if figures.recovery is None else f"{figures.recovery:.1f} s"
    outcome = f"{len(each.verdict.violations)} VIOLATIONS" if each.verdict.violations else "ok"
    return (
        f"{each.fault:<20} {each.number:>3}  {outcome:<14} sent {figures.sent:>4}  "
        f"answered {figures.answered:>4}  recovery {recovery:<7} "
        f"in {sum(each.took.values()):.0f} s: {_longest(each.took)}"
    )


def _longest(took: dict[str, float]) -> str:
    name = max(took, key=took.__getitem__)
    return f"{name} {took[name]:.0f}"


def to_json(rounds: list[Round], options: argparse.Namespace) -> bytes:
    return msgspec.json.encode(
        {
            "at": datetime.now(UTC),  # noqa: TID251  a report names its day
            "seed": options.seed,
            "cores": os.cpu_count(),
            "faults": {fault.name: fault.what for fault in options.faults},
            "rounds": rounds,
        }
    )


def parse_options(arguments: list[str]) -> argparse.Namespace:
    known = {fault.name: fault for fault in FAULTS}
    listed = "; ".join(f"{fault.name}: {fault.what}" for fault in FAULTS)
    parser = argparse.ArgumentParser(
        prog="scripts/chaos", description=__doc__.split("\n")[0], epilog=f"Faults: {listed}."
    )
    parser.add_argument("--rounds", type=int, default=1, metavar="N", help="of each fault")
    parser.add_argument(
        "--minutes", type=float, default=float("inf"), metavar="M", help="no new round after that"
    )
    parser.add_argument("--fault", action="append", choices=known, metavar="NAME")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--json", type=Path, metavar="FILE", help="every round's verdict")
    parser.add_argument("--logs", type=Path, metavar="DIR", help="keep the platform's logs here")
    parser.add_argument("--state-dir", type=Path, metavar="DIR", help="of the platform; purged")
    parser.add_argument(
        "--engine-restart",
        action="store_true",
        help="also restart the machine's Docker engine, which all that runs on it feels",
    )
    options = parser.parse_args(arguments)
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")
    options.faults = choose(known, options.fault, engine_restart=options.engine_restart)
    return options


def choose(
    known: dict[str, Fault], names: list[str] | None, *, engine_restart: bool
) -> list[Fault]:
    chosen = [known[name] for name in names or known]
    return [fault for fault in chosen if engine_restart or not fault.is_asked_for]


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201  it speaks to a person


def _end(_number: int, _frame: object) -> Never:
    """A polite kill, too, lifts the fault and purges the platform."""
    raise SystemExit(2)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    sys.exit(run(parse_options(sys.argv[1:])))
