"""`scripts/stress_test.py --attack`: attacks a running platform, and says which fences held."""

import argparse
import asyncio
import resource
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from attack import footprint
from attack.catalogue import GROUPS, choose
from attack.checks import Group, Result, Verdict
from attack.errors import NotTriedError
from attack.ground import Ground
from attack.platform.composed import find_composed
from attack.platform.local import find_local
from attack.platform.target import Target
from attack.report import facts
from attack.report.report import Report, choose_exit, count, seal, to_html, to_json, to_line
from attack.running import run_groups
from attack.settling import settle
from launcher import environment
from shared.clock import SystemClock

# Sockets of the attack itself; a flood of connections takes more than a shell's usual limit.
FILES = 8192
INTERRUPTED = 130


def main(arguments: Sequence[str]) -> int:
    options = parse_options(arguments)
    if options.list:
        list_checks()
        return 0
    raise_file_limit()
    try:
        return asyncio.run(_attack_until_ended(options))
    except (KeyboardInterrupt, asyncio.CancelledError):
        print("Interrupted: everything that the attack made was removed.", file=sys.stderr)
        return INTERRUPTED
    except NotTriedError as error:
        print(f"not tried: {error}", file=sys.stderr)
        return 2


def parse_options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/stress_test.py --attack",
        description="Attacks a running platform as its enemies would: strangers, tenants, a hostile"
        " worker, the portal's database role, customers. Everything it makes is removed again.",
        epilog="Exit 0: every fence held. Exit 1: a fence is down. Exit 2: not all was tried.",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report here")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write it as a page here")
    parser.add_argument("--state-dir", type=Path, default=Path(".flowhq"), metavar="DIR")
    parser.add_argument("--compose", metavar="PROJECT", help="attack compose's, not ./scripts/up's")
    parser.add_argument(
        "--sandbox", metavar="URL", help="with --compose: the sandbox that workers are led to"
    )
    parser.add_argument(
        "--only", action="append", default=[], metavar="PATTERN", help="as 'routes.*'; repeatable"
    )
    parser.add_argument("--list", action="store_true", help="what is attacked, and do nothing")
    return parser.parse_args(arguments)


def list_checks() -> None:
    for group in GROUPS:
        for check in group.checks:
            print(f"{check.name}\n  fence    {check.fence}\n  expects  {check.expects}")


def raise_file_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


async def attack(target: Target, groups: Sequence[Group]) -> Report:
    """The report of one whole attack. Raises NotTriedError when it cannot even begin."""
    started_at, began = SystemClock().now(), time.monotonic()
    ground = Ground(target)
    before = await _take_footprint(ground)
    async with ground:
        await settle(ground)
        results = await run_groups(
            groups, ground, tell=lambda each: print(to_line(each), flush=True)
        )
    results.append(await _check_footprint(Ground(target), before))
    print(to_line(results[-1]), flush=True)
    return seal(
        Report(
            started_at=started_at,
            took=round(time.monotonic() - began, 1),
            exit_code=choose_exit(results),
            counts=count(results),
            versions=facts.describe_versions(),
            host=await asyncio.to_thread(facts.describe_host, ground.engine),
            platform=await asyncio.to_thread(facts.describe_platform, target, ground.engine),
            suite_sha256=facts.hash_suite(),
            notes=ground.notes,
            checks=results,
        )
    )


async def _attack_until_ended(options: argparse.Namespace) -> int:
    """A polite kill, too, removes what was made."""
    task = asyncio.current_task()
    assert task is not None, "it runs in one"
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    target = await asyncio.to_thread(_find_target, options)
    report = await attack(target, choose(options.only))
    if options.json:
        options.json.write_bytes(to_json(report))
    if options.html:
        options.html.write_text(to_html(report), encoding="utf-8")
    counted = ", ".join(f"{number} {name}" for name, number in report.counts.items())
    print(f"{len(report.checks)} checks in {report.took:.0f} s: {counted}")
    for note in report.notes:
        print(f"  note: {note}")
    return report.exit_code


def _find_target(options: argparse.Namespace) -> Target:
    """Raises NotTriedError."""
    environ = environment.current()
    if options.compose:
        return find_composed(options.compose, environ, sandbox=options.sandbox)
    return find_local(options.state_dir, environ)


async def _take_footprint(ground: Ground) -> set[str]:
    try:
        return await footprint.take(ground.platform, ground.engine)
    except Exception as error:
        raise NotTriedError(f"the platform cannot be attacked: {error}") from error


async def _check_footprint(ground: Ground, before: set[str]) -> Result:
    began = time.monotonic()
    left = await footprint.await_clean(ground.platform, ground.engine, before)
    await ground.platform.aclose()
    return Result(
        name="left-as-found",
        fence="the attack itself",
        expects="no tenant, account, key, container, volume or network more than before",
        verdict=Verdict.BREACHED if left else Verdict.HELD,
        saw=f"{len(before)} things before, {len(left)} more afterwards",
        breaches=sorted(left),
        took=round(time.monotonic() - began, 2),
    )
