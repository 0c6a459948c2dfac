"""Canaries in files: on a worker's volume, and on the control plane's disk."""

from pathlib import Path

from docker.api.client import APIClient

from attack.sites.answers import CANARY

# Of one file; what the attack itself uploads is smaller.
MOST_BYTES = 8 * 1024 * 1024
# How a file of SQLite begins.
DATABASE = "SQLite format 3"
_LENGTH = 31  # of a canary, which two pieces of a stream may share


def find_in_volume(engine: APIClient, tenant_id: str) -> tuple[set[str], bool]:
    """Every canary in any file of the worker's volume; and whether its database was read at all."""
    pieces, _ = engine.get_archive(f"flowhq-worker-{tenant_id}", "/data")
    found: set[str] = set()
    tail, is_read = "", False
    for piece in pieces:
        text = tail + piece.decode("latin-1")
        found |= set(CANARY.findall(text))
        is_read = is_read or DATABASE in text
        tail = text[-_LENGTH:]
    return found, is_read


def find_in_media(directory: Path, canary: str) -> list[Path]:
    """The files that hold it, relative to the directory."""
    wanted = canary.encode()
    return [
        path.relative_to(directory)
        for path in sorted(directory.rglob("*"))
        if path.is_file() and path.stat().st_size <= MOST_BYTES and wanted in path.read_bytes()
    ]
