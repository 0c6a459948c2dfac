"""`python -m controlplane audit verify`: whether the audit log is as it was written.

Also while the platform runs, and as any role of the database that may read the log.
"""

import argparse
import asyncio
import os
import sys

from controlplane.services.verify_audit import Verdict, verify_audit
from shared.clock import SystemClock
from shared.db.engine import DATABASE_URL, open_database
from shared.errors import FlowHQError

INTACT, BROKEN, UNKNOWN = 0, 1, 2


def audit(arguments: list[str]) -> int:
    chosen = _parser().parse_args(arguments)
    url = os.environ.get(DATABASE_URL)  # noqa: TID251  a command that needs nothing else
    if not url:
        sys.stderr.write(f"audit: {DATABASE_URL} is required and not set\n")
        return UNKNOWN
    try:
        verdict = asyncio.run(_verify(url, chosen.expect))
    except (FlowHQError, OSError) as error:
        sys.stderr.write(f"audit: {error}\n")
        return UNKNOWN
    for fault in verdict.faults:
        sys.stdout.write(f"audit: {fault}\n")
    if verdict.faults:
        return BROKEN
    head = verdict.head
    sys.stdout.write(
        f"audit: {head.position} rows are as they were written; the last: {head.hash}\n"
    )
    return INTACT


async def _verify(url: str, expected: str | None) -> Verdict:
    async with open_database(url, min_size=1, max_size=1):
        return await verify_audit(expected=expected, now=SystemClock().now())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m controlplane audit")
    verify = parser.add_subparsers(required=True).add_parser("verify")
    verify.add_argument(
        "--expect", metavar="HASH", help="of a row that was the last one at some time"
    )
    return parser
