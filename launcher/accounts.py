"""Who runs what root starts: PostgreSQL, the portal and the sandbox are users of their own.

Numbers that no user of the machine has, as in a container: nothing is added to /etc/passwd,
and nobody else's processes share them. A plain user has no others to give: all is that user's then.
"""

import functools
import os
import pwd
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from launcher import confined, host
from launcher.errors import LauncherError

# systemd's table of user ids (uids-gids.md) lists 60578-61183 as used by nothing.
SERVER_ID, PORTAL_ID, SANDBOX_ID = 60732, 60733, 60734
NAMED_USER = "nobody"  # initdb asks for its own name, which a bare number has not
ENVIRON: Mapping[str, str] = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC"}
FIRST_FREE_PORT = 1024
# Where there can be no mount namespace. The last is for access(2), by which PostgreSQL looks for
# its own programs: without it that call judges a plain user without the capability.
REACH = [
    "--inh-caps=-all,+dac_read_search",
    "--ambient-caps=-all,+dac_read_search",
    "--securebits=+no_setuid_fixup",
]
PORTS = ["--inh-caps=-all,+net_bind_service", "--ambient-caps=-all,+net_bind_service"]
NOTHING = ["--inh-caps=-all", "--bounding-set=-all"]


class Account(msgspec.Struct, frozen=True):
    uid: int
    gid: int


class View(msgspec.Struct, frozen=True, kw_only=True):
    """What a process sees of directories that are closed to others. place: where it works."""

    place: Path
    reads: tuple[Path, ...] = ()
    writes: tuple[Path, ...] = ()


def server_account() -> Account | None:
    """None for a plain user: PostgreSQL then runs as that."""
    return Account(SERVER_ID, SERVER_ID) if host.is_root() else None


def portal_account() -> Account | None:
    """None where the portal runs as who starts it: a plain user, or where nothing can be hidden."""
    return Account(PORTAL_ID, PORTAL_ID) if may_hide() else None


def sandbox_account() -> Account | None:
    """Likewise."""
    return Account(SANDBOX_ID, SANDBOX_ID) if may_hide() else None


def named_account() -> Account | None:
    if not host.is_root():
        return None
    entry = pwd.getpwnam(NAMED_USER)
    return Account(entry.pw_uid, entry.pw_gid)


@functools.cache
def may_hide() -> bool:
    """Whether we may make mount namespaces: as root, and not in every container."""
    if not host.is_root():
        return False
    probe = _confine(["/bin/true"], View(place=Path("/")), hides=True, variables={})
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


def as_account(account: Account | None, command: Sequence[str], *, view: View) -> Sequence[str]:
    """PostgreSQL's command as that account.

    Where nothing can be hidden, a closed directory on the way (/root) is passed by a capability:
    opening the directory instead would open it to everybody.
    """
    if account is None:
        return command
    if may_hide():
        dropped = [*_identity(account), *NOTHING, "--", *command]
        return _confine(dropped, view, hides=True, variables={})
    is_closed = confined.list_closed([*view.reads, *view.writes])
    return [*_identity(account), *(REACH if is_closed else []), "--", *command]


def confine(
    account: Account | None,
    command: Sequence[str],
    *,
    view: View,
    port: int,
    variables: Mapping[str, str],
) -> Sequence[str]:
    """The portal's or the sandbox's command, without what a shell's variables hold.

    port: where it listens; for one below 1024 it is let.
    """
    if account is None:
        return _confine(command, view, hides=False, variables=variables)
    rights = PORTS if port < FIRST_FREE_PORT else NOTHING
    dropped = [*_identity(account), *rights, "--", *command]
    return _confine(dropped, view, hides=True, variables=variables)


def give(directory: Path, account: Account | None) -> None:
    """Makes the directory and everything in it that account's."""
    if account is None:
        return
    for parent, _, names in os.walk(directory):
        os.chown(parent, account.uid, account.gid)
        for name in names:
            os.chown(Path(parent) / name, account.uid, account.gid, follow_symlinks=False)


def share(directory: Path, *, owner: Account | None, group: int, can_list: bool = False) -> None:
    """Makes a directory of that account's, and what is made in it the group's as well.

    can_list: otherwise the group must know the names.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if owner is not None:
        os.chown(directory, owner.uid, group)
        directory.chmod(0o2750 if can_list else 0o2710)


def _identity(account: Account) -> list[str]:
    setpriv = host.find_tool("setpriv")
    if setpriv is None:
        raise LauncherError("setpriv is missing: run sudo apt-get install util-linux")
    who = [f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups"]
    return [setpriv, *who, "--no-new-privs"]


def _confine(
    command: Sequence[str], view: View, *, hides: bool, variables: Mapping[str, str]
) -> list[str]:
    wanted = {
        "hides": hides,
        "place": str(view.place),
        "reads": _unique(view.reads),
        "writes": _unique(view.writes),
        "variables": dict(variables),
    }
    program = [sys.executable, "-IS", str(confined.__file__)]
    return [*program, msgspec.json.encode(wanted).decode(), *command]


def _unique(paths: Iterable[Path]) -> list[str]:
    return sorted({str(path) for path in paths})
