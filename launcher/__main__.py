"""`python -m launcher`: what the scripts in `scripts/` call once the environment stands."""

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec
import requests
from docker.errors import DockerException

from launcher import (
    audit_log,
    browser,
    client_libraries,
    engine,
    environment,
    images,
    operators,
    pins,
)
from launcher.console import complain, say
from launcher.down import down
from launcher.errors import NotReadyError
from launcher.paths import ROOT, Paths
from launcher.settings import LauncherSettings, UpOptions
from launcher.supervisor import supervise
from launcher.up import up
from shared.errors import FlowHQError
from shared.settings import read_settings

PORTS = (
    "port",
    "portal_port",
    "gateway_port",
    "sandbox_port",
    "sandbox_tls_port",
    "sandbox_proxy_port",
)
INTERRUPTED = 130


def main(arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    chosen = _parser().parse_args(arguments)
    try:
        settings = settings_of(chosen, environ)
        paths = Paths(root=ROOT, state=settings.state_dir.resolve())
        return run(chosen, settings, paths, environ)
    except KeyboardInterrupt:
        complain("Interrupted.")
        return INTERRUPTED
    except NotReadyError as error:
        complain(f"{error}" + (f"\n{error.log}" if error.log else ""))
    except FlowHQError as error:
        complain(str(error))
    except (DockerException, requests.RequestException) as error:
        complain(f"The Docker engine did not do what was asked: {error}")
    return 1


def run(
    chosen: argparse.Namespace,
    settings: LauncherSettings,
    paths: Paths,
    environ: Mapping[str, str],
) -> int:
    if chosen.command == "up":
        options = UpOptions(
            settings=settings,
            detach=chosen.detach,
            live=chosen.live,
            demo=chosen.demo,
            supervised=chosen.supervised,
            database_url=environ.get("DATABASE_URL"),
        )
        return up(paths, options, environ)
    acts: dict[str, Callable[[], int]] = {
        "down": lambda: down(paths, environ, purge=chosen.purge),
        "supervise": lambda: supervise(paths, environ),
        "doctor": lambda: _run_doctor(chosen, environ),
        "pin": lambda: _pin(environ),
        "audit-log": lambda: audit_log.verify(paths, environ, expected=chosen.expect),
        "operator": lambda: operators.manage(paths, chosen.action, chosen.email, chosen.role),
    }
    if chosen.command in acts:
        return acts[chosen.command]()
    prepared = images.prepare(paths, environ, practice=chosen.practice)
    if chosen.command == "image":
        say(prepared.worker.tag)
    else:
        client_libraries.ensure(paths)
        browser.ensure(paths)
    return 0


def _run_doctor(chosen: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """It stands beside the attack, which knows us and not the other way round."""
    given = ["--json"] if chosen.json else []
    given += ["--compose", chosen.compose] if chosen.compose else []
    given += ["--state-dir", str(chosen.state_dir)] if chosen.state_dir else []
    command = [sys.executable, "-P", "-m", "attack.doctor", *given]
    return subprocess.run(command, env=dict(environ), check=False).returncode


def _pin(environ: Mapping[str, str]) -> int:
    found = pins.look_up(engine.address_of(environ))
    (ROOT / pins.FILE).write_text(pins.render(found), encoding="utf-8")
    for image in found.values():
        say(image)
    return 0


def settings_of(chosen: argparse.Namespace, environ: Mapping[str, str]) -> LauncherSettings:
    """Options win over `FLOWHQ_*` variables, those over the defaults."""
    given = {
        name: getattr(chosen, name)
        for name in ("state_dir", *PORTS)
        if getattr(chosen, name, None) is not None
    }
    return msgspec.structs.replace(read_settings(LauncherSettings, environ), **given)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts", description="Runs FlowHQ on this machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    start = commands.add_parser("up", prog="scripts/up", help="start everything")
    start.add_argument("--detach", action="store_true", help="return once all is healthy")
    start.add_argument("--live", action="store_true", help="the real WhatsApp, no sandbox")
    start.add_argument("--no-demo", dest="demo", action="store_false", help="no demo tenants")
    start.add_argument(
        "--no-supervisor",
        dest="supervised",
        action="store_false",
        help="with --detach: leave down what ends by itself",
    )
    for name in PORTS:
        start.add_argument(f"--{name.replace('_', '-')}", type=_port, metavar="N")
    stop = commands.add_parser("down", prog="scripts/down", help="stop everything")
    stop.add_argument("--purge", action="store_true", help="and remove all that it made")
    people = commands.add_parser(
        "operator", prog="scripts/operator", help="accounts for the dashboard"
    )
    people.add_argument("action", choices=operators.ACTIONS, help="add and password print one")
    people.add_argument("email", nargs="?", default="", help="of the operator; not for list")
    people.add_argument(
        "--role", choices=operators.ROLES, help="for add (admin unless said) and role"
    )
    log = commands.add_parser("audit-log", prog="scripts/audit-log", help="look over the audit log")
    log.add_argument("action", choices=("verify",), help="whether it is as it was written")
    log.add_argument("--expect", metavar="HASH", help="of a row that was the last one once")
    health = commands.add_parser("doctor", help="the state of every fence, as scripts/doctor")
    health.add_argument("--compose", metavar="PROJECT", help="compose's, not ./scripts/up's")
    health.add_argument("--json", action="store_true", help="for programs")
    commands.add_parser("pin", help="write down the digests of the images from a registry")
    image = commands.add_parser("image", help="make the worker image and say its name")
    image.add_argument("--practice", action="store_true", help="the one that trusts the sandbox")
    prepare = commands.add_parser("prepare", help="engine and all images, for the tests")
    prepare.set_defaults(practice=True)
    watch = commands.add_parser("supervise", help="start again what ends, until stopped")
    for command in (start, stop, people, log, health, image, prepare, watch):
        command.add_argument("--state-dir", type=Path, metavar="DIR", help="default: .flowhq")
    return parser


def _port(text: str) -> int:
    number = int(text)
    if not 0 < number < 65536:
        raise argparse.ArgumentTypeError(f"{text} is no port")
    return number


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main(sys.argv[1:], environment.current()))
