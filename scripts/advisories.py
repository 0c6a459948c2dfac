"""Asks an advisory service about every locked package, and says so where it cannot be asked.

    ./scripts/audit [--lock NAME] [-- options of pip-audit]

Each name and version goes to the service, and nothing else. What was not asked is not safe.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("platform", "worker")
FOUND, NOT_ASKED = 1, 2


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="scripts/audit", description=__doc__)
    parser.add_argument("--lock", action="append", metavar="NAME", help=f"of {', '.join(LOCKS)}")
    parser.add_argument("more", nargs="*", metavar="OPTION", help="of pip-audit, after --")
    options = parser.parse_args(arguments)
    codes = {audit(name, options.more) for name in options.lock or LOCKS}
    return FOUND if FOUND in codes else max(codes)


def audit(lock: str, more: list[str]) -> int:
    """The lock is the whole set, with hashes: nothing is resolved, nothing is installed."""
    file = ROOT / "requirements" / f"{lock}.lock"
    command = [sys.executable, "-P", "-m", "pip_audit", "--progress-spinner", "off"]
    command += ["--format", "json", "--disable-pip", "--require-hashes"]
    command += ["--requirement", str(file), *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  ours
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        said = done.stderr.strip().splitlines() or ["it said nothing"]
        return tell_unasked(lock, f"the service could not be asked: {said[-1]}")
    return judge(lock, packages)


def judge(lock: str, packages: list[dict[str, Any]]) -> int:
    """By what pip-audit says of each. What it skipped it calls no failure; here it is one."""
    vulnerable = [each for each in packages if each.get("vulns")]
    for each in vulnerable:
        for found in each["vulns"]:
            mended = ", ".join(found.get("fix_versions") or []) or "no version yet"
            print(f"{lock}: {each['name']} {each['version']}: {found['id']}, mended in {mended}")
    if vulnerable:
        return FOUND
    skipped = [each for each in packages if "skip_reason" in each]
    if skipped:
        why = (
            f"{len(skipped)} of {len(packages)} packages got no answer: {skipped[0]['skip_reason']}"
        )
        return tell_unasked(lock, why)
    print(f"{lock}: {len(packages)} packages, none known to be vulnerable")
    return 0


def tell_unasked(lock: str, why: str) -> int:
    print(
        f"{lock}: NOT AUDITED. {why}\nThis says nothing about the packages: run it where the "
        "service can be reached.",
        file=sys.stderr,
    )
    return NOT_ASKED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
