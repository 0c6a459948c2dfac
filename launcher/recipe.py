"""What goes into an image, and the name that follows from it: same inputs, same tag."""

import hashlib
import io
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path

TAG_LENGTH = 12
SKIPPED_PARTS = frozenset({"__pycache__"})
EXECUTABLE = 0o755
PLAIN = 0o644

Files = dict[str, bytes]


def read_tree(root: Path, names: Iterable[str], *, without: Iterable[str] = ()) -> Files:
    """The files under `root` at `names` (files or directories), by their path in the context."""
    left_out = tuple(f"{name}/" for name in without)
    files: Files = {}
    for name in names:
        start = root / name
        for path in [start] if start.is_file() else sorted(start.rglob("*")):
            inside = path.relative_to(root).as_posix()
            if path.is_file() and _belongs(path, inside, left_out):
                files[inside] = path.read_bytes()
    return files


def digest(files: Mapping[str, bytes], facts: Mapping[str, str]) -> str:
    """Twelve hex digits over names, contents and whatever else decides what comes out."""
    total = hashlib.sha256()
    for name, content in sorted(files.items()):
        _add(total, name.encode(), content)
    for name, value in sorted(facts.items()):
        _add(total, f"={name}".encode(), value.encode())
    return total.hexdigest()[:TAG_LENGTH]


def to_context(files: Mapping[str, bytes]) -> io.BytesIO:
    """A build context in which only contents count: times and owners are the same for all."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in sorted(files.items()):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            entry.mode = EXECUTABLE if content.startswith(b"#!") else PLAIN
            archive.addfile(entry, io.BytesIO(content))
    buffer.seek(0)
    return buffer


def _belongs(path: Path, inside: str, left_out: tuple[str, ...]) -> bool:
    return (
        not f"{inside}/".startswith(left_out)
        and SKIPPED_PARTS.isdisjoint(path.parts)
        and path.suffix != ".pyc"
    )


def _add(total: "hashlib._Hash", name: bytes, content: bytes) -> None:
    # Lengths first: no other split of the same bytes may give the same digest.
    total.update(f"{len(name)}:{len(content)}:".encode())
    total.update(name)
    total.update(content)
