"""What portal and sandbox have to themselves where root starts them: a user, a few directories, and
no sight of anything else that is closed to others.
"""

import functools
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec

from launcher import accounts
from launcher.accounts import Account, View
from launcher.paths import Paths
from launcher.processes import ProcessSpec

PROBE_SECONDS = 60


def confine_portal(paths: Paths, spec: ProcessSpec, *, database_url: str, port: int) -> ProcessSpec:
    """It reads the code, and reaches two sockets: the database's and the one for files."""
    account = _find_usable(paths, accounts.portal_account())
    sandbox = accounts.sandbox_account()
    accounts.share(paths.files_socket.parent, owner=_root(account), group=accounts.PORTAL_ID)
    accounts.give(paths.mail, account)
    accounts.share(
        paths.mail,
        owner=account,
        group=accounts.PORTAL_ID if sandbox is None else sandbox.gid,
        can_list=True,
    )
    (named,) = parse_qs(urlsplit(database_url).query).get("host", [""])
    sockets = [Path(named)] if named.startswith("/") else []
    view = _view(paths, reads=[*sockets, paths.files_socket.parent], writes=[paths.mail])
    return _confine(paths, spec, account, view=view, port=port)


def confine_sandbox(paths: Paths, spec: ProcessSpec, *, port: int) -> ProcessSpec:
    """It shows the portal's mails."""
    account = _find_usable(paths, accounts.sandbox_account())
    paths.sandbox.mkdir(mode=0o700, exist_ok=True)
    accounts.give(paths.sandbox, account)
    view = _view(paths, reads=[paths.mail], writes=[paths.sandbox])
    return _confine(paths, spec, account, view=view, port=port)


def find_obstacle(paths: Paths) -> str:
    """Why portal and sandbox run as who starts them; empty where they are users of their own."""
    account = accounts.portal_account()
    if account is None:
        return "only root has users to give, and mount namespaces to hide files in"
    if _find_usable(paths, account) is None:
        return f"other users may not read {paths.root}: run chmod -R o+rX on it, not on .flowhq"
    return ""


def _confine(
    paths: Paths, spec: ProcessSpec, account: Account | None, *, view: View, port: int
) -> ProcessSpec:
    variables = {}
    if account is not None:
        cache = _cache(paths, account)
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        accounts.give(cache, account)
        view = msgspec.structs.replace(view, writes=(*view.writes, cache))
        variables = {**_code(paths), "PYTHONPYCACHEPREFIX": str(cache)}
    command = accounts.confine(account, spec.command, view=view, port=port, variables=variables)
    return msgspec.structs.replace(spec, command=command)


def _find_usable(paths: Paths, account: Account | None) -> Account | None:
    """None where that account could not even load the code: it may be closed in itself."""
    return account if account is not None and _loads(paths, account) else None


@functools.cache
def _loads(paths: Paths, account: Account) -> bool:
    command = [sys.executable, "-P", "-c", "import msgspec, portal.settings, sandbox.settings"]
    probe = accounts.confine(account, command, view=_view(paths), port=0, variables=_code(paths))
    done = subprocess.run(
        probe,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=PROBE_SECONDS,
        check=False,
    )
    return done.returncode == 0


def _view(
    paths: Paths, *, reads: list[Path] | None = None, writes: list[Path] | None = None
) -> View:
    code = (paths.root, Path(sys.prefix), Path(sys.base_prefix))
    return View(place=paths.root, reads=(*code, *(reads or [])), writes=tuple(writes or []))


def _code(paths: Paths) -> dict[str, str]:
    """Where it lies: the environment may know it by a link, which is not seen there."""
    return {"PYTHONPATH": str(paths.root)}


def _cache(paths: Paths, account: Account) -> Path:
    """Bytecode of the account's own: it may not write what others run."""
    return paths.root / ".flowhq/cache" / f"pycache-{account.uid}"


def _root(account: Account | None) -> Account | None:
    return None if account is None else Account(0, 0)
