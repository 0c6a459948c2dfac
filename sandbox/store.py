"""What must outlive the process: one SQLite table of small documents.

Everything is also in memory; this is written, and read once at the start. The rule that keeps
the double ratchet safe across a kill: nothing is shown to anybody before `commit`. A commit
goes to the page cache and no further, so it costs microseconds; a killed process loses
nothing, a machine that loses power may.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from shared.errors import SettingsError

_encoder = msgspec.msgpack.Encoder()
DocumentT = TypeVar("DocumentT")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    kind TEXT NOT NULL, key TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (kind, key)
) WITHOUT ROWID
"""


class Store:
    """Documents by kind and key. Keys sort as text: pad the numbers in them."""

    def __init__(self, path: Path) -> None:
        """Raises SettingsError when the file cannot be used, or another process uses it."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, isolation_level=None, timeout=1)
            path.chmod(0o600)
            # Exclusive: two sandboxes on one state would both advance the same ratchets.
            self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = OFF")
            self._database.execute(_SCHEMA)
        except (sqlite3.Error, OSError) as error:
            raise SettingsError(f"the sandbox's state in {path} is not usable: {error}") from error

    def load(self, kind: str, shape: type[DocumentT]) -> Iterator[tuple[str, DocumentT]]:
        """Every document of a kind, in the order of its keys."""
        decoder = msgspec.msgpack.Decoder(shape)
        rows = self._database.execute(
            "SELECT key, body FROM documents WHERE kind = ? ORDER BY key", (kind,)
        )
        for key, body in rows:
            yield key, decoder.decode(body)

    def put(self, kind: str, key: str, document: Any) -> None:
        self._begin()
        self._database.execute(
            "INSERT OR REPLACE INTO documents VALUES (?, ?, ?)",
            (kind, key, _encoder.encode(document)),
        )

    def delete(self, kind: str, key: str) -> None:
        self._begin()
        self._database.execute("DELETE FROM documents WHERE kind = ? AND key = ?", (kind, key))

    def commit(self) -> None:
        """Makes all puts and deletes since the last commit last."""
        if self._database.in_transaction:
            self._database.execute("COMMIT")

    def close(self) -> None:
        self.commit()
        self._database.close()

    def _begin(self) -> None:
        if not self._database.in_transaction:
            self._database.execute("BEGIN")
