"""The first API key: made when there is none that works, and written to a file of the owner's."""

import asyncio
import os
from pathlib import Path

from shared.clock import Clock
from shared.db.engine import transaction
from shared.stores import api_keys
from shared.structs.keys import AdminScope

FILE_NAME = "admin.key"
KEY_NAME = "admin"
SCOPES = (AdminScope.ADMIN.value,)


async def ensure_admin_key(state_dir: Path, *, clock: Clock) -> str | None:
    """The new key, to be shown once; None when the file holds one that works.

    A lost file cannot be filled again, for only the hash is stored: a new key is made and
    the old one of the same name revoked.
    """
    path = state_dir / FILE_NAME
    async with transaction():
        await api_keys.hold_lock()
        known = await asyncio.to_thread(_read, path)
        if known and await api_keys.authenticate(known, now=clock.now()) is not None:
            return None
        _, key = await api_keys.replace(KEY_NAME, scopes=SCOPES)
        # Before the commit: a file whose key is unknown is replaced at the next start, while
        # a key that nobody was told would lock everybody out until then.
        await asyncio.to_thread(_write, path, key)
    return key


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii").strip() or None
    except (FileNotFoundError, UnicodeDecodeError):
        return None


def _write(path: Path, key: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{key}\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
