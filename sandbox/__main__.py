"""`python -m sandbox` runs it; `python -m sandbox patch` makes the practice library."""

import argparse
import asyncio
import os
import sys
from pathlib import Path

from sandbox.app import run
from sandbox.keys import load_keys
from sandbox.patch import write_patched
from sandbox.settings import SandboxSettings
from shared.clock import SystemClock
from shared.errors import FlowHQError
from shared.log import configure_logging
from shared.settings import read_settings

_FAILED = 1


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    commands = parser.add_subparsers(dest="command")
    patch = commands.add_parser("patch", help="write a client library that trusts this sandbox")
    patch.add_argument("--library", type=Path, required=True, help="the library as installed")
    patch.add_argument("--out", type=Path, required=True, help="directory for library and ca.pem")
    given = parser.parse_args(arguments)
    try:
        settings = read_settings(SandboxSettings)
        configure_logging(json=settings.log_json, level=settings.log_level)
        if given.command == "patch":
            keys = load_keys(settings.state_dir, now=SystemClock().now())
            sys.stdout.write(f"{write_patched(given.library, given.out, keys)}\n")
        else:
            asyncio.run(run(settings))
    except (FlowHQError, OSError) as error:
        sys.stderr.write(f"sandbox: {error}\n")
        return _FAILED
    return 0


if __name__ == "__main__":
    os.umask(0o077)  # logs, files and keys are their owner's alone
    sys.exit(main(sys.argv[1:]))
