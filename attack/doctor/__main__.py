"""`scripts/doctor`: the state of every fence on this machine."""

import argparse
import asyncio
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from attack.doctor import containers, database, machine
from attack.doctor.findings import Finding, choose_exit, to_json, to_text
from attack.doctor.scene import open_scene
from launcher import environment
from launcher.settings import LauncherSettings
from shared.settings import read_settings


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    options = _parse(arguments)
    state = options.state_dir or read_settings(LauncherSettings, environ).state_dir
    findings = examine(state, environ, project=options.compose)
    if options.json:
        sys.stdout.write(to_json(findings).decode() + "\n")
    else:
        sys.stdout.write(to_text(findings) + "\n")
    return choose_exit(findings)


def examine(state: Path, environ: Mapping[str, str], *, project: str | None) -> list[Finding]:
    with open_scene(state, environ, project=project) as scene:
        return [*machine.look(scene), *containers.look(scene), *asyncio.run(database.look(scene))]


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/doctor",
        description="Tells the state of every fence on this machine, whether the platform runs or"
        " not. Nothing is changed.",
        epilog="Exit 0: none is down (warnings are). Exit 1: one is down, or the platform. Exit 2:"
        " none is down, and of some it could not be told.",
    )
    parser.add_argument("--state-dir", type=Path, metavar="DIR", help="default: .flowhq")
    parser.add_argument("--compose", metavar="PROJECT", help="compose's, not ./scripts/up's")
    parser.add_argument("--json", action="store_true", help="for programs")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], environment.current()))
