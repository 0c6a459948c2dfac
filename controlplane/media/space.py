"""Which kept files make room for a new one. Pure."""

from collections.abc import Iterable
from pathlib import Path

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes: of one file, of all of one tenant, of all there are."""

    file: int = 16 * 1024 * 1024
    tenant: int = 256 * 1024 * 1024
    total: int = 4 * 1024 * 1024 * 1024


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A file on disk. can_go: it can be had again, or nobody needs it."""

    path: Path
    tenant: str
    size: int
    used_at: float
    can_go: bool


def plan_room(
    kept: Iterable[Kept], needed: int, *, tenant: str, limits: Limits
) -> list[Kept] | None:
    """What to remove so that `needed` bytes fit, longest unused first; None when they never do.

    A tenant's own files make room for it before those of others.
    """
    files = sorted(kept, key=lambda file: file.used_at)
    own = [file for file in files if file.tenant == tenant]
    removed = _free(own, sum(file.size for file in own) + needed - limits.tenant)
    if removed is None:
        return None
    left = [file for file in files if file not in removed]
    more = _free(left, sum(file.size for file in left) + needed - limits.total)
    return None if more is None else removed + more


def _free(files: Iterable[Kept], excess: int) -> list[Kept] | None:
    removed = []
    for file in files:
        if excess <= 0:
            break
        if file.can_go:
            removed.append(file)
            excess -= file.size
    return removed if excess <= 0 else None
