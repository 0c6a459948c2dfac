"""`scripts/up`: everything, from nothing to demo tenants that answer."""

import signal
from collections.abc import Mapping
from types import FrameType
from typing import Never

from launcher import demo, foreground, locking, logins, parts, platform, processes
from launcher.console import say, step
from launcher.errors import LauncherError, NotReadyError
from launcher.paths import Paths
from launcher.platform import Platform
from launcher.settings import UpOptions


def up(paths: Paths, options: UpOptions, environ: Mapping[str, str]) -> int:
    signal.signal(signal.SIGTERM, _interrupt)
    with locking.exclusive(paths):
        running = platform.find_running(paths, environ)
        if running is not None:
            return _already(running, options, environ)
        paths.prepare()
        had_key = paths.admin_key.exists()
        say("FlowHQ, with the real WhatsApp" if options.live else "FlowHQ, in practice")
        up_now = platform.bring_up(paths, options, environ)
        if options.demo and not options.live:
            _ensure_demo(up_now)
    _describe(up_now)
    if not had_key and up_now.control_plane.token is not None:
        say(f"  Admin key, shown this once: {up_now.control_plane.token}")
    if options.detach:
        return 0
    return foreground.follow(up_now, environ)


def _ensure_demo(up_now: Platform) -> None:
    try:
        with step("Demo tenants") as outcome:
            outcome.detail = demo.ensure_demo(up_now)
    except LauncherError as error:
        log = processes.log_path(up_now.paths, parts.CONTROL_PLANE)
        message = f"{error}. The platform itself runs: ./scripts/down stops it"
        raise NotReadyError(message, processes.tail(log)) from error


def _already(running: Platform, options: UpOptions, environ: Mapping[str, str]) -> int:
    if running.live != options.live:
        mode = "with the real WhatsApp" if running.live else "in practice"
        raise LauncherError(f"FlowHQ already runs {mode}: run ./scripts/down first")
    say("FlowHQ is already running.")
    if options.detach and platform.ensure_supervision(running.paths, options, environ):
        say("Its supervisor was not: it is now.")
    _describe(running)
    return 0


def _describe(running: Platform) -> None:
    site = running.control_plane.url
    say()
    known = None if running.live else logins.find_logins(running.paths)
    say(f"  Dashboard   {site}/dashboard")
    _describe_login(logins.OPERATOR, known.operator if known else None)
    say(f"  Portal      {running.portal.url}")
    if known:
        _describe_login(logins.OWNER, known.owner)
    say(f"  Admin API   {site}/schema")
    if not running.live:
        say(f"  Sandbox     {running.sandbox.url}, with the mails of the portal")
    say(f"  Admin key   {running.paths.admin_key}")
    say(f"  Logs        {running.paths.logs}")
    say("  Stop with   ./scripts/down")
    say()


def _describe_login(email: str, password: str | None) -> None:
    login = f"{email}  {password}" if password else "./scripts/operator add you@example.com"
    say(f"              {login}")


def _interrupt(_number: int, _frame: FrameType | None) -> Never:
    """A polite kill ends the launcher the way Ctrl-C does: with everything stopped."""
    raise KeyboardInterrupt
