"""Whether a port can be had, and who has it otherwise."""

import errno
import socket
import sys
from collections.abc import Iterable
from pathlib import Path

import msgspec

from launcher.errors import LauncherError

TCP_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
LISTENING = "0A"  # TCP_LISTEN, as /proc/net/tcp writes it
LOCAL_ADDRESS, STATE, INODE = 1, 3, 9  # columns of that table


class Listener(msgspec.Struct, frozen=True, kw_only=True):
    """purpose: what would listen there, in words. option: what chooses another port."""

    purpose: str
    host: str
    port: int
    option: str


def require_free(listeners: Iterable[Listener]) -> None:
    """Raises LauncherError that names the port, and its holder where the machine tells."""
    for listener in listeners:
        if is_taken(listener.host, listener.port):
            holder = find_holder(listener.port)
            by = f" by {holder}" if holder else ""
            raise LauncherError(
                f"Port {listener.port} ({listener.purpose}) is taken{by}: "
                f"stop that, or choose another port with {listener.option}"
            )


def is_taken(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a port whose last connections are only winding down can be had.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return True
            raise LauncherError(f"Nothing can listen at {host}:{port}: {error.strerror}") from error
    return False


def find_holder(port: int) -> str | None:
    """`program (pid N)`; None when it belongs to another user or another machine's namespace."""
    wanted = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    for directory in Path("/proc").glob("[0-9]*"):
        if wanted and _holds(directory, wanted):
            program = (directory / "comm").read_text(encoding="utf-8").strip()
            return f"{program} (pid {directory.name})"
    return None


def parse_listening(table: str, port: int) -> list[str]:
    """The socket inodes that listen on `port` in the text of /proc/net/tcp."""
    rows = [line.split() for line in table.splitlines()[1:]]
    return [
        row[INODE]
        for row in rows
        if row[STATE] == LISTENING and int(row[LOCAL_ADDRESS].rpartition(":")[2], 16) == port
    ]


def list_listening() -> list[tuple[str, int]]:
    """Every IPv4 address and port where something listens; `[::]` and the like as 0.0.0.0."""
    texts = [table.read_text(encoding="utf-8") for table in TCP_TABLES if table.exists()]
    rows = [line.split() for text in texts for line in text.splitlines()[1:]]
    return [_to_address(row[LOCAL_ADDRESS]) for row in rows if row[STATE] == LISTENING]


def _to_address(text: str) -> tuple[str, int]:
    """`0100007F:1F40`: the kernel writes each 32 bits in the machine's own order."""
    address, _, port = text.rpartition(":")
    last = int(address[-8:], 16).to_bytes(4, sys.byteorder)
    return socket.inet_ntoa(last), int(port, 16)


def _listening_inodes(port: int) -> list[str]:
    texts = [table.read_text(encoding="utf-8") for table in TCP_TABLES if table.exists()]
    return [inode for text in texts for inode in parse_listening(text, port)]


def _holds(directory: Path, wanted: set[str]) -> bool:
    try:
        return any(str(link.readlink()) in wanted for link in (directory / "fd").iterdir())
    except OSError:  # gone meanwhile, or another user's
        return False
