"""Who PostgreSQL runs as when root starts it: PostgreSQL refuses to be root.

A number that no user of the machine has, as in a container: nothing is added to /etc/passwd,
and nobody else's processes share it.
"""

import os
import pwd
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from launcher import host
from launcher.errors import LauncherError

# systemd's table of user ids (uids-gids.md) lists 60578-61183 as used by nothing.
SERVER_ID = 60732
NAMED_USER = "nobody"  # initdb asks for its own name, which a bare number has not
ENVIRON: Mapping[str, str] = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "UTC"}
OTHERS_MAY_PASS = 0o001
# The last is for access(2), by which PostgreSQL looks for its own programs: without it that call
# judges a plain user without the capability.
REACH = [
    "--inh-caps=+dac_read_search",
    "--ambient-caps=+dac_read_search",
    "--securebits=+no_setuid_fixup",
]


class Account(msgspec.Struct, frozen=True):
    uid: int
    gid: int


def server_account() -> Account | None:
    """None for a plain user: PostgreSQL then runs as that."""
    return Account(SERVER_ID, SERVER_ID) if host.is_root() else None


def named_account() -> Account | None:
    if not host.is_root():
        return None
    entry = pwd.getpwnam(NAMED_USER)
    return Account(entry.pw_uid, entry.pw_gid)


def as_account(
    account: Account | None, command: Sequence[str], *, reaching: Iterable[Path]
) -> Sequence[str]:
    """The command as that account, which may pass through closed directories (/root) on the way.

    The capability is given only where a directory above `reaching` is closed; opening those
    directories instead would open them to everybody.
    """
    if account is None:
        return command
    setpriv = host.find_tool("setpriv")
    if setpriv is None:
        raise LauncherError("setpriv is missing: run sudo apt-get install util-linux")
    reach = REACH if _is_closed(reaching) else []
    identity = [f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups"]
    return [setpriv, *identity, *reach, "--", *command]


def give(directory: Path, account: Account | None) -> None:
    """Makes the directory and everything in it that account's."""
    if account is None:
        return
    for parent, _, names in os.walk(directory):
        os.chown(parent, account.uid, account.gid)
        for name in names:
            os.chown(Path(parent) / name, account.uid, account.gid, follow_symlinks=False)


def _is_closed(paths: Iterable[Path]) -> bool:
    above = {parent for path in paths for parent in path.parents}
    return any(parent.exists() and not parent.stat().st_mode & OTHERS_MAY_PASS for parent in above)
