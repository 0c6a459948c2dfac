"""The machine itself: who runs us, which tools it has, and Debian's packages."""

import os
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from launcher import environment
from launcher.errors import LauncherError

# Packages, images and an engine are for all of the machine, unlike what is ours.
UMASK = 0o022
SYSTEMD_RUNS = Path("/run/systemd/system")


def is_root() -> bool:
    return os.geteuid() == 0


def has_systemd() -> bool:
    return SYSTEMD_RUNS.is_dir()


def find_tool(name: str) -> str | None:
    return shutil.which(name, path=environment.for_tools(environment.current())["PATH"])


def install_command(packages: Sequence[str]) -> str:
    return f"sudo apt-get install --no-install-recommends {' '.join(packages)}"


def install_packages(packages: Sequence[str], *, log: Path, purpose: str) -> None:
    """Installs Debian packages; raises LauncherError with the command to type otherwise."""
    wanted = ", ".join(packages)
    if find_tool("apt-get") is None:
        raise LauncherError(
            f"{purpose} needs {wanted}, and this is no Debian or Ubuntu: "
            "install them with your own package tool and run this again"
        )
    if not is_root():
        raise LauncherError(f"{purpose} needs {wanted}: run {install_command(packages)}")
    install = [
        *("apt-get", "install", "-y", "-q", "--no-install-recommends"),
        *("-o", "DPkg::Lock::Timeout=300"),
        *packages,
    ]
    if run_logged(install, log) == 0:
        return
    # A bare machine has empty package lists, an old one stale ones.
    run_logged(["apt-get", "update", "-q"], log)
    if run_logged(install, log) != 0:
        raise LauncherError(
            f"{wanted} could not be installed (see {log}): run {install_command(packages)}"
        )


def run_logged(command: Sequence[str], log: Path) -> int:
    log.parent.mkdir(parents=True, exist_ok=True)
    environ = environment.for_tools(environment.current())
    with log.open("ab") as output:
        output.write(f"$ {shlex.join(command)}\n".encode())
        output.flush()
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**environ, "DEBIAN_FRONTEND": "noninteractive"},
            umask=UMASK,
            check=False,
        ).returncode
